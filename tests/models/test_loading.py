"""From a configuration line to a model, and what is said when it doesn't work."""

from __future__ import annotations

import hashlib
import os
import pickle
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelcheck.config.tables import CandidateTable
from modelcheck.errors import ArtifactRefused, ModelError
from modelcheck.models.loading import load_model, wrap_model
from modelcheck.models.protocol import Model

X = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0]})
Y = ["no", "no", "yes", "yes"]
PLAIN = CandidateTable()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


@pytest.fixture(scope="module")
def fitted():
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)


def _load(folder, model, task=None, **table):
    return load_model(CandidateTable(model=model, **table), folder, task=task)


def _says(folder, model, *words, task=None, **table):
    with pytest.raises(ModelError) as caught:
        _load(folder, model, task, **table)
    for word in words:
        assert word in str(caught.value), str(caught.value)
    return caught.value


def test_a_file_is_described_with_its_hash_and_versions(folder, fitted):
    joblib.dump(fitted, folder / "m.joblib")
    model = _load(folder, "m.joblib")
    assert isinstance(model, Model)
    description = model.describe()
    content = (folder / "m.joblib").read_bytes()
    assert description.sha256 == hashlib.sha256(content).hexdigest()
    assert description.bytes == len(content)
    assert description.source == "m.joblib"
    assert description.name == "Pipeline(StandardScaler, LogisticRegression)"
    assert (description.task, description.classes, description.feature_names) == ("binary", ("no", "yes"), ("a", "b"))
    assert (description.gives, description.decides_by_probability) == ("probability", True)
    assert description.versions["scikit-learn"]
    np.testing.assert_array_equal(model.predict(X), fitted.predict(X))
    np.testing.assert_array_equal(model.predict_proba(X), fitted.predict_proba(X))


def test_a_subfolder_and_an_absolute_path_work(folder, fitted):
    (folder / "models").mkdir()
    joblib.dump(fitted, folder / "models" / "m.joblib")
    assert _load(folder, "models/m.joblib").describe().task == "binary"
    assert _load(folder, str(folder / "models" / "m.joblib")).describe().task == "binary"


def test_a_missing_file_names_the_closest_one(folder):
    (folder / "income.joblib").write_bytes(b"x")
    _says(folder, "incom.joblib", "no model file", "income.joblib")


def test_a_folder_an_empty_and_a_special_file_are_errors(folder):
    (folder / "models").mkdir()
    (folder / "empty.pkl").write_bytes(b"")
    os.mkfifo(folder / "pipe.pkl")
    _says(folder, "models", "is a folder")
    _says(folder, "empty.pkl", "empty")
    _says(folder, "pipe.pkl", "not a regular file")


@pytest.mark.parametrize("keep", [1, 10, 0.5, 0.99])
def test_a_truncated_file_is_refused_as_such(folder, fitted, keep):
    content = pickle.dumps(fitted)
    (folder / "m.pkl").write_bytes(content[: keep if isinstance(keep, int) else int(len(content) * keep)])
    assert isinstance(_says(folder, "m.pkl", "truncated"), ArtifactRefused)


def test_text_an_array_and_a_zip_are_not_models(folder):
    (folder / "m.pkl").write_text("not a model")
    np.save(folder / "m.npy", np.arange(3))
    np.savez(folder / "m.npz", a=np.arange(3))
    joblib.dump({"a": 1}, folder / "dict.joblib")
    _says(folder, "m.pkl", "can't be told")
    _says(folder, "m.npy", "an array")
    _says(folder, "m.npz", "zip archive")
    _says(folder, "dict.joblib", "a dict", "predict")


@pytest.mark.parametrize("source", ["s3://b/m", "ftp://host/m.skops"])
def test_a_store_is_refused_with_what_is_read(folder, source):
    _says(folder, source, "store or registry", "files", "address")


@pytest.mark.parametrize("source", ["models:/income/3", "runs:/abc/model"])
def test_a_registry_is_refused_with_how_to_download(folder, source):
    _says(folder, source, "MLflow registry", f"mlflow artifacts download --artifact-uri {source}")


@pytest.mark.parametrize("source", ["https://x.org/models/m.pkl", "http://x.org/m.skops?version=3"])
def test_the_address_of_a_file_is_no_served_model(folder, source):
    _says(folder, source, "address of a file", "Download")


def test_an_address_that_tells_no_protocol_is_not_asked(folder):
    _says(folder, "http://x.org:80/m", "protocol")


def test_a_model_class_of_the_users_own_loads_only_when_trusted(folder):
    (folder / "own_model.py").write_text("class Half:\n    def predict(self, X):\n        return X.iloc[:, 0] / 2\n")
    sys.path.insert(0, str(folder))
    import own_model

    (folder / "m.pkl").write_bytes(pickle.dumps(own_model.Half()))
    refusal = _says(folder, "m.pkl", 'trusted = ["own_model.Half"]')
    assert refusal.names == ("own_model.Half",)
    _says(folder, "m.pkl", "own_model.Half", trusted=("own_model",))
    model = _load(folder, "m.pkl", "regression", trusted=("own_model.Half", "unused.name"))
    assert model.describe().trusted_names == ("own_model.Half",)
    assert model.predict(X).tolist() == [0.0, 0.5, 1.0, 1.5]


def test_what_a_trusted_class_unpickles_by_itself_must_be_trusted_too(folder):
    (folder / "nested_model.py").write_text(
        "import pickle\n"
        "class Nested:\n"
        "    def predict(self, X):\n        return X\n"
        "    def __setstate__(self, state):\n        self.inner = pickle.loads(state)\n"
        "    def __getstate__(self):\n        return pickle.dumps(pickle.Pickler)\n"
    )
    sys.path.insert(0, str(folder))
    import nested_model

    (folder / "m.pkl").write_bytes(pickle.dumps(nested_model.Nested()))
    assert isinstance(_says(folder, "m.pkl", "_pickle.Pickler", trusted=("nested_model.Nested",)), ArtifactRefused)
    assert _load(folder, "m.pkl", trusted=("nested_model.Nested", "_pickle.Pickler"))


def test_a_missing_library_is_named(folder):
    (folder / "m.pkl").write_bytes(b"cno_such_library.sub\nThing\n.")
    _says(folder, "m.pkl", "no_such_library", "isn't installed", trusted=("no_such_library.sub.Thing",))


def test_another_version_of_scikit_learn_becomes_one_note(folder, fitted):
    import sklearn

    content = pickle.dumps(fitted)
    old = "0.0.0".ljust(len(sklearn.__version__), "0")
    assert sklearn.__version__.encode() in content
    (folder / "m.pkl").write_bytes(content.replace(sklearn.__version__.encode(), old.encode()))
    notes = _load(folder, "m.pkl").describe().notes
    assert len(notes) == 1
    assert old in notes[0]
    assert sklearn.__version__ in notes[0]


MODULE = """
import numpy as np
calls = []
class Estimator:
    classes_ = np.array([0, 1])
    def predict(self, X):
        return (X["a"] > 1).astype(int)
estimator = Estimator()
def factory(scale=1):
    calls.append(scale)
    return Estimator()
def chance(X):
    return X["a"] / 3
def two(X, y):
    return X
def broken():
    raise RuntimeError("no weights")
def nothing():
    return None
number = 3
class Holder:
    model = Estimator()
"""


@pytest.fixture
def module(folder):
    (folder / "live_models.py").write_text(MODULE)
    return folder


def test_an_estimator_a_class_a_factory_and_an_attribute_are_models(module):
    for name in ("estimator", "Estimator", "factory", "Holder.model"):
        model = _load(module, f"live_models:{name}")
        assert model.describe().kind == "estimator"
        assert model.describe().sha256 is None
        assert model.predict(X).tolist() == [0, 0, 1, 1]
    assert sys.modules["live_models"].calls == [1]
    assert sys.path[0] == str(module)


def test_a_function_needs_its_output_declared(module):
    _says(module, "live_models:chance", "output")
    model = _load(module, "live_models:chance", output="probability", classes=("no", "yes"))
    assert model.describe().kind == "function"
    assert (model.describe().task, model.describe().classes) == ("binary", ("no", "yes"))
    assert model.predict(X).tolist() == ["no", "no", "yes", "yes"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("live_models:estimater", ("estimator", "Did you mean")),
        ("live_model:estimator", ("no module", "live_model")),
        ("live_models:two", ("2 arguments",)),
        ("live_models:broken", ("RuntimeError", "no weights")),
        ("live_models:nothing", ("NoneType",)),
        ("live_models:number", ("int",)),
        ("crashing:x", ("ZeroDivisionError",)),
        ("leaving:x", ("SystemExit",)),
        ("needing:x", ("no_such_library", "isn't installed")),
    ],
)
def test_a_reference_that_leads_to_no_model_says_why(module, name, words):
    (module / "crashing.py").write_text("1 / 0")
    (module / "leaving.py").write_text("raise SystemExit(3)")
    (module / "needing.py").write_text("import no_such_library")
    _says(module, name, *words)


def test_two_folders_with_a_module_of_one_name_are_an_error_not_a_mix_up(tmp_path, module):
    other = tmp_path / "other"
    other.mkdir()
    (other / "live_models.py").write_text("estimator = None")
    _load(module, "live_models:estimator")
    _says(other, "live_models:estimator", "loaded already", "rename")


def test_prepare_maps_raw_rows_and_hides_the_models_column_names(module, fitted):
    joblib.dump(fitted, module / "m.joblib")
    (module / "rows.py").write_text(
        "def prepare(X):\n    return X.rename(columns={'A': 'a', 'B': 'b'})\n"
        "def drop(X):\n    return X.iloc[1:]\n"
        "def fail(X):\n    return X['zz']\n"
        "def none():\n    return 1\n"
    )
    raw = X.rename(columns=str.upper)
    model = _load(module, "m.joblib", prepare="rows:prepare")
    assert model.describe().feature_names is None
    assert model.predict(raw).tolist() == fitted.predict(X).tolist()
    assert list(raw.columns) == ["A", "B"]
    with pytest.raises(ModelError, match="keep every row"):
        _load(module, "m.joblib", prepare="rows:drop").predict(X)
    with pytest.raises(ModelError, match="`prepare` raised KeyError on rows 0 to 3"):
        _load(module, "m.joblib", prepare="rows:fail").predict(X)
    _says(module, "m.joblib", "one argument", prepare="rows:none")
    _says(module, "m.joblib", "package.module:function", prepare="rows.prepare")


def test_live_objects_are_wrapped(fitted):
    model = wrap_model(fitted, PLAIN)
    assert model.describe().source == "live object"
    assert model.describe().sha256 is None
    assert wrap_model(model, PLAIN) is model
    function = wrap_model(lambda X: X["a"], CandidateTable(output="value"), task="regression")
    assert function.predict(X).tolist() == [0, 1, 2, 3]
    for thing in (LogisticRegression, 3, None, "text"):
        with pytest.raises(ModelError):
            wrap_model(thing, PLAIN)


def test_a_column_of_scores_is_no_model(folder):
    _says(folder, None, "score")


def test_a_file_is_not_reread_after_its_inspection(folder, fitted, monkeypatch):
    """What is loaded are the bytes that were inspected, even if the file changes in between."""
    from modelcheck.models import artifact

    path = folder / "m.pkl"
    path.write_bytes(pickle.dumps(LinearRegression().fit(X, [0, 1, 2, 3])))
    real = artifact.inspect_content

    def inspect_then_swap(content, trusted=()):
        answer = real(content, trusted)
        path.write_bytes(b"cposix\nsystem\n(Vtouch swapped\ntR.")
        return answer

    monkeypatch.setattr(artifact, "inspect_content", inspect_then_swap)
    assert _load(folder, "m.pkl").describe().name == "LinearRegression"
