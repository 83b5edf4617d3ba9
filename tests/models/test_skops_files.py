"""skops files: what scikit-learn users write is allowed; anything else is refused by name."""

from __future__ import annotations

import io
import json
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn import compose, ensemble, linear_model, neighbors, pipeline, preprocessing, svm, tree
from sklearn.datasets import make_classification

from modelcheck.config.tables import CandidateTable
from modelcheck.errors import ArtifactRefused, ModelError
from modelcheck.models.inspection import Bounds, inspect_bytes
from modelcheck.models.loading import load_model

ROWS, LABELS = make_classification(100, 4, random_state=0)
FRAME = pd.DataFrame(ROWS, columns=list("abcd"))
FRAME["kind"] = pd.Categorical(np.where(ROWS[:, 0] > 0, "x", "y"))
NUMBERS = list("abcd")
MODELS = {
    "logistic": linear_model.LogisticRegression(),
    "columns": pipeline.make_pipeline(
        compose.make_column_transformer((preprocessing.OneHotEncoder(), ["kind"]), remainder="passthrough"),
        linear_model.LogisticRegression(),
    ),
    "tree": tree.DecisionTreeClassifier(max_depth=3),
    "forest": ensemble.RandomForestClassifier(4),
    "hist": ensemble.HistGradientBoostingClassifier(max_iter=4),
    "hist categories": ensemble.HistGradientBoostingClassifier(max_iter=4, categorical_features="from_dtype"),
    "hist regression": ensemble.HistGradientBoostingRegressor(max_iter=4),
    "boosting": ensemble.GradientBoostingRegressor(n_estimators=4),
    "sgd": linear_model.SGDClassifier(loss="log_loss"),
    "neighbours": neighbors.KNeighborsClassifier(algorithm="kd_tree"),
    "svc": svm.SVC(),
    "function": pipeline.make_pipeline(preprocessing.FunctionTransformer(np.arctan), linear_model.Ridge()),
}


def _load(content, tmp_path, **table):
    (tmp_path / "m.skops").write_bytes(content)
    return load_model(CandidateTable(model="m.skops", **table), tmp_path)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_fitted_models_are_allowed_and_predict_the_same(name, tmp_path):
    X = FRAME if name in ("columns", "hist categories") else FRAME[NUMBERS]
    model = MODELS[name].fit(X, LABELS)
    content = skops.io.dumps(model)
    inspection = inspect_bytes(content)
    assert inspection.answer == "allowed", inspection
    assert inspection.format == "skops"
    assert {"scikit-learn", "skops"} <= set(inspection.versions)
    np.testing.assert_array_equal(_load(content, tmp_path).predict(X), model.predict(X))


class Own(linear_model.LogisticRegression):
    pass


def test_a_class_of_the_users_own_is_refused_by_name_and_allowed_by_trusted(tmp_path):
    Own.__module__ = __name__
    content = skops.io.dumps(Own().fit(FRAME[NUMBERS], LABELS))
    name = next(name for name in skops.io.get_untrusted_types(data=content))
    with pytest.raises(ArtifactRefused) as caught:
        _load(content, tmp_path)
    assert caught.value.names == (name,)
    assert f'trusted = ["{name}"]' in str(caught.value)
    assert inspect_bytes(content, trusted=[name]).answer == "allowed"


def _edited(content, change):
    source = zipfile.ZipFile(io.BytesIO(content))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for member in source.namelist():
            data = source.read(member)
            if member == "schema.json":
                schema = json.loads(data)
                data = json.dumps(change(schema) or schema).encode()
            archive.writestr(member, data)
    return target.getvalue()


@pytest.fixture(scope="module")
def plain():
    return skops.io.dumps(linear_model.LogisticRegression().fit(ROWS, LABELS))


def _call(module, name, *args):
    items = [
        {
            "__class__": "str",
            "__module__": "builtins",
            "__loader__": "JsonNode",
            "content": json.dumps(a),
            "is_json": True,
        }
        for a in args
    ]
    return {
        "__class__": name,
        "__module__": module,
        "__loader__": "ConstructorFromReduceNode",
        "content": {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "content": items},
    }


@pytest.mark.parametrize(
    ("module", "name"), [("os", "system"), ("builtins", "eval"), ("numpy", "memmap"), ("sklearn.pipeline", "Pipeline")]
)
def test_a_node_that_calls_something_is_refused(module, name, plain, tmp_path):
    marker = tmp_path / "marker"

    def change(schema):
        schema["content"]["content"]["extra"] = _call(module, name, f"touch {marker}")

    evil = _edited(plain, change)
    assert f"{module}.{name}" in inspect_bytes(evil).refused
    with pytest.raises(ArtifactRefused):
        _load(evil, tmp_path)
    assert not marker.exists()


@pytest.mark.parametrize("loader", ["MethodNode", "OperatorFuncNode"])
def test_nodes_that_reach_into_objects_are_refused(loader, plain):
    def change(schema):
        schema["content"]["content"]["C"]["__loader__"] = loader

    assert inspect_bytes(_edited(plain, change)).answer != "allowed"


def test_an_array_of_objects_among_the_members_is_refused(plain):
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}], dtype=object), allow_pickle=True)
    source = zipfile.ZipFile(io.BytesIO(plain))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for member in source.namelist():
            archive.writestr(member, buffer.getvalue() if member.endswith(".npy") else source.read(member))
    inspection = inspect_bytes(target.getvalue())
    assert inspection.answer == "refused"
    assert "pickle" in inspection.reason


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: [1],
        lambda schema: schema.pop("protocol") and None,
        lambda schema: schema.update(protocol=10**6),
        lambda schema: schema.pop("__loader__") and None,
        lambda schema: schema.update(__loader__="NoSuchNode"),
    ],
)
def test_a_broken_schema_is_not_analysable(change, plain, tmp_path):
    evil = _edited(plain, change)
    assert inspect_bytes(evil).answer == "not_analysable"
    with pytest.raises(ModelError):
        _load(evil, tmp_path)


def test_a_deeply_nested_schema_is_not_analysable():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", "[" * 200_000 + "]" * 200_000)
    assert inspect_bytes(target.getvalue()).answer == "not_analysable"


def test_a_zip_bomb_and_a_truncated_file_are_not_analysable(plain):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", "{}")
        archive.writestr("1.npy", bytes(20_000_000))
    bounds = Bounds(ratio_free_bytes=2**20)
    inspection = inspect_bytes(target.getvalue(), bounds=bounds)
    assert inspection.answer == "not_analysable"
    assert "grows" in inspection.reason
    assert inspect_bytes(plain[:-40]).answer == "not_analysable"


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_two_members_of_one_name_are_not_analysable(plain):
    target = io.BytesIO(plain)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("schema.json", "{}")
    assert inspect_bytes(target.getvalue()).answer == "not_analysable"


def test_a_pickle_named_schema_is_not_run(tmp_path):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("schema.json", pickle.dumps([1]))
    with pytest.raises(ArtifactRefused):
        _load(target.getvalue(), tmp_path)
