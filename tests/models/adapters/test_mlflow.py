"""MLflow folders by configuration alone: through our own adapters or pyfunc, with the signature as schema."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelcheck.errors import ModelError, ModelRaised

from .conftest import COLUMNS

yaml = pytest.importorskip("yaml", reason="MLmodel is YAML")
pytest.importorskip("mlflow", reason="the extra mlflow isn't installed")

# MLflow's advice to authors of models, some of it given while it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:.*type hint:UserWarning", "ignore:.*input example:UserWarning")


@pytest.fixture(autouse=True)
def _offline(monkeypatch, tmp_path):
    """Nothing is sent, and what MLflow writes lands in the test's own folder."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("DO_NOT_TRACK", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.chdir(tmp_path)
    logging.getLogger("mlflow").setLevel(logging.ERROR)


PINS = ["scikit-learn==1.9.1", "numpy==2.4.6", "pandas>=3"]


def _save(model, path, rows=None, **options):
    import mlflow.sklearn
    from mlflow.models import infer_signature

    signature = None if rows is None else infer_signature(rows, model.predict(rows))
    mlflow.sklearn.save_model(model, path, signature=signature, pip_requirements=PINS, **options)


def _edit(folder, change):
    path = folder / "MLmodel"
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(described)
    path.write_text(yaml.safe_dump(described), encoding="utf-8")


@pytest.fixture(scope="module")
def fitted(train):
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(train[COLUMNS], train.outcome)


@pytest.mark.parametrize("form", ["pickle", "cloudpickle", "skops"])
def test_a_scikit_learn_folder_answers_with_the_probabilities_of_its_model(folder, fitted, holdout, form):
    _save(fitted, folder.path / "income", holdout[COLUMNS], serialization_format=form)
    model = folder.load("income", "binary")
    description = model.describe()
    assert description.format == "mlflow"
    assert description.name == "Pipeline(StandardScaler, LogisticRegression)"
    assert (description.classes, description.feature_names) == (("no", "yes"), tuple(COLUMNS))
    assert description.decides_by_probability
    assert "through its sklearn file" in " ".join(description.notes)
    assert description.versions["scikit-learn"] == "1.9.1"
    assert description.versions["numpy"] == "2.4.6"
    assert "pandas" not in description.versions
    assert {"python", "mlflow"} <= set(description.versions)
    np.testing.assert_array_equal(model.predict_proba(holdout), fitted.predict_proba(holdout[COLUMNS]))
    np.testing.assert_array_equal(model.predict(holdout), fitted.predict(holdout[COLUMNS]))


def test_a_gate_runs_on_a_folder(folder, fitted, holdout):
    _save(fitted, folder.path / "income", holdout[COLUMNS])
    record = folder.gate('model = "income"', holdout[[*COLUMNS, "outcome"]])
    assert record["candidate"]["format"] == "mlflow"
    assert record["candidate"]["sha256"]


def test_the_signature_names_the_columns_of_a_model_that_does_not(folder, train, holdout):
    bare = LogisticRegression().fit(train[COLUMNS].to_numpy(), train.outcome)
    import mlflow.sklearn
    from mlflow.models import infer_signature

    signature = infer_signature(train[COLUMNS], train.outcome)
    mlflow.sklearn.save_model(bare, folder.path / "bare", signature=signature, pip_requirements=PINS)
    model = folder.load("bare")
    assert model.describe().feature_names == tuple(COLUMNS)
    turned = holdout[["amount", "score", "hours", "age"]]
    # Sums run through memory in another order: the last digit differs.
    own = bare.predict_proba(holdout[COLUMNS].to_numpy())
    np.testing.assert_allclose(model.predict_proba(turned), own, rtol=1e-12, atol=0)
    with pytest.raises(ModelError, match="1 of them are not in the table: 'hours'"):
        model.predict(holdout.drop(columns="hours"))
    assert "signature" in folder.refusal("bare", columns=("age", "hours"))


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_a_booster_in_a_folder_answers_as_its_own_library(folder, train, holdout, library):
    import importlib

    import mlflow
    from mlflow.models import infer_signature

    made = pytest.importorskip(library, reason=f"{library} isn't installed")
    kind, options = {"xgboost": ("XGBClassifier", {}), "lightgbm": ("LGBMClassifier", {"verbose": -1})}[library]
    fitted = getattr(made, kind)(n_estimators=8, n_jobs=1, **options)
    fitted.fit(train[COLUMNS], (train.outcome == "yes").astype(int))
    flavor = importlib.import_module(f"mlflow.{library}")
    assert flavor is getattr(mlflow, library)
    signature = infer_signature(train[COLUMNS])
    bare = fitted.booster_ if library == "lightgbm" else fitted
    flavor.save_model(bare, folder.path / "boost", signature=signature, pip_requirements=PINS)
    model = folder.load("boost", "binary")
    assert f"through its {library} file" in " ".join(model.describe().notes)
    assert model.describe().feature_names == tuple(COLUMNS)
    np.testing.assert_allclose(model.predict_proba(holdout), fitted.predict_proba(holdout[COLUMNS]), rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    ("kind", "made", "words"),
    [
        ("double", ["x"] * 5, "'age' must be double: it holds str"),
        ("long", [0.5] * 5, "'age' must be long: it holds fractions"),
        ("long", [1.0, np.nan, 1.0, 1.0, 1.0], "entries are missing"),
        ("integer", [2**40] * 5, "outside -2,147,483,648 to 2,147,483,647"),
        ("string", [1] * 5, "'age' must be string: it holds integer"),
        ("boolean", [1] * 5, "'age' must be boolean: it holds int64"),
        ("datetime", ["soon"] * 5, "'age' must be datetime"),
    ],
)
def test_rows_that_break_the_signature_are_told_by_column(folder, train, kind, made, words):
    _save(LinearRegression().fit(train[COLUMNS], train.amount), folder.path / "value", train[COLUMNS])
    _edit(folder.path / "value", lambda one: one["signature"].update(inputs=_typed(kind)))
    model = folder.load("value", "regression")
    with pytest.raises(ModelRaised) as caught:
        model.predict(train[COLUMNS][:5].assign(age=made))
    assert words in str(caught.value)
    assert "signature" in str(caught.value)


def _typed(kind):
    import json

    kinds = [kind, "double", "double"]
    return json.dumps([{"type": one, "name": name, "required": True} for name, one in zip(COLUMNS, kinds, strict=True)])


def test_whole_numbers_are_handed_over_in_the_types_of_the_signature(folder, train):
    """A table from CSV doesn't tell 1 from 1.0: MLflow's server is sent the same numbers in the declared types."""
    from modelcheck.models.adapters.mlflow_signature import Signature

    signature = Signature(names=("a", "b", "c"), types=("long", "double", "float"))
    rows = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4], "c": [0.5, 1.5]})
    given = signature.enforce(rows)
    assert [str(dtype) for dtype in given.dtypes] == ["int64", "float64", "float32"]
    assert rows.a.dtype == np.float64
    same = pd.DataFrame({"a": [1], "b": [3.0], "c": np.array([0.5], np.float32)})
    assert signature.enforce(same) is same


# MLflow pickles what it found out about the class along with it.
HINTS = "mlflow.models.signature._TypeHints"
OURS = """
import mlflow.pyfunc
import numpy as np
import pandas as pd

class Rule(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: pd.DataFrame, params=None):
        likely = 1.0 / (1.0 + np.exp(-(1.5 * model_input["age"] - model_input["hours"])))
        return np.column_stack((1.0 - likely, likely))

class Labels(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: pd.DataFrame, params=None):
        return np.where(model_input["age"] > 0, "yes", "no")
"""


@pytest.fixture
def rules(folder, monkeypatch):
    folder.module("rules", OURS)
    monkeypatch.syspath_prepend(str(folder.path))
    import rules

    return rules


def _save_rule(rule, path, rows):
    import mlflow.pyfunc
    from mlflow.models import infer_signature

    signature = infer_signature(rows)
    mlflow.pyfunc.save_model(path, python_model=rule, signature=signature, pip_requirements=PINS)


def test_a_class_of_ones_own_runs_through_pyfunc_once_it_is_trusted(folder, rules, holdout):
    _save_rule(rules.Rule(), folder.path / "rule", holdout[COLUMNS])
    assert "rules.Rule" in folder.refusal("rule", output="probability", classes=("no", "yes"))
    model = folder.load("rule", "binary", output="probability", classes=("no", "yes"), trusted=("rules.Rule", HINTS))
    assert model.describe().feature_names == tuple(COLUMNS)
    assert "through MLflow's pyfunc" in " ".join(model.describe().notes)
    own = rules.Rule().predict(None, holdout[COLUMNS])
    np.testing.assert_array_equal(model.predict_proba(holdout), own)
    with pytest.raises(ModelRaised, match="Incompatible input types"):
        model.predict_proba(holdout.assign(age="old"))
    _save_rule(rules.Labels(), folder.path / "labels", holdout[COLUMNS])
    labels = folder.load("labels", "binary", trusted=("rules.Labels", HINTS))
    assert labels.describe().gives == "label"
    np.testing.assert_array_equal(labels.predict(holdout), np.where(holdout.age > 0, "yes", "no"))


def test_nothing_is_written_beside_the_model(folder, fitted, holdout):
    _save(fitted, folder.path / "income", holdout[COLUMNS])
    before = {path for path in folder.path.rglob("*") if "__pycache__" not in path.parts}
    folder.load("income").predict(holdout)
    assert {path for path in folder.path.rglob("*") if "__pycache__" not in path.parts} == before


def test_code_in_the_folder_never_runs(folder, fitted, holdout):
    _save(fitted, folder.path / "income", holdout[COLUMNS])
    marker = folder.path / "marker"
    (folder.path / "income" / "code").mkdir()
    (folder.path / "income" / "code" / "loader.py").write_text(
        f"open({str(marker)!r}, 'w').close()\n_load_pyfunc = print\n", encoding="utf-8"
    )

    def own_loader(described):
        described["flavors"].pop("sklearn")
        described["flavors"]["python_function"].update(loader_module="loader", code="code")

    _edit(folder.path / "income", own_loader)
    said = folder.refusal("income")
    assert "was not loaded" in said or "isn't run" in said
    assert not marker.exists()


def test_a_file_that_the_flavor_names_lies_in_the_folder(folder, fitted, holdout):
    import joblib

    _save(fitted, folder.path / "income", holdout[COLUMNS])
    joblib.dump(fitted, folder.path / "outside.pkl")
    _edit(folder.path / "income", lambda one: one["flavors"]["sklearn"].update(pickled_model="../outside.pkl"))
    said = folder.refusal("income")
    assert "was not loaded" in said or "outside.pkl" in said


def test_a_path_out_of_the_folder_is_refused_wherever_it_stands():
    from modelcheck.models.adapters.mlflow_folder import _refuse_outside

    for value in ("../outside.pkl", "/etc/passwd", "a/../../b"):
        with pytest.raises(ModelError, match="out of the folder"):
            _refuse_outside({"flavors": {"python_function": {"artifacts": {"a": {"path": value}}}}}, "income")
    loop: dict = {"artifacts": {"a": {"path": "inside/file", "uri": "/where/it/came/from"}}}
    loop["loop"] = loop
    _refuse_outside({"flavors": {"python_function": loop}}, "income")


@pytest.mark.parametrize("text", ["", "[1, 2]", "flavors: 7", "a: [", "flavors: &a [*a]"])
def test_a_broken_description_is_told(folder, fitted, text):
    _save(fitted, folder.path / "income")
    (folder.path / "income" / "MLmodel").write_text(text, encoding="utf-8")
    assert "MLmodel" in folder.refusal("income")


def test_a_folder_without_a_signature_says_so(folder, fitted, holdout):
    _save(fitted, folder.path / "income")
    assert "no signature" in " ".join(folder.load("income").describe().notes)


def test_registries_say_how_to_download(folder):
    assert "mlflow artifacts download" in folder.refusal("models:/income/3")
