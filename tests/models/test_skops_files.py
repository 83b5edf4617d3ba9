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
from sklearn import (
    compose,
    decomposition,
    ensemble,
    feature_extraction,
    feature_selection,
    impute,
    linear_model,
    model_selection,
    neighbors,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from sklearn.datasets import make_classification

from modelcheck.config.tables import CandidateTable, ModelTable
from modelcheck.errors import ArtifactRefused, ModelError
from modelcheck.models.artifact import load_artifact, take_artifact
from modelcheck.models.inspection import Bounds, inspect_bytes
from modelcheck.models.inspection.allow_list import Use, allowed_names
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


GAPS = np.where(np.arange(400).reshape(100, 4) % 7 == 0, np.nan, ROWS)
KINDS = np.array(["x", "y", "z"], dtype=object)[np.arange(100) % 3].reshape(-1, 1)
TEXTS = ["call me now", "see you later, bring milk"] * 50
CODES = np.column_stack([np.arange(100) % 5, GAPS])
STEPS = {
    "SimpleImputer": (impute.SimpleImputer(add_indicator=True), GAPS),
    "KNNImputer": (impute.KNNImputer(), GAPS),
    "MissingIndicator": (impute.MissingIndicator(), GAPS),
    "OneHotEncoder": (preprocessing.OneHotEncoder(handle_unknown="ignore"), KINDS),
    "OneHotEncoder, rare": (preprocessing.OneHotEncoder(min_frequency=40, handle_unknown="ignore"), KINDS),
    "OrdinalEncoder": (
        preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32),
        KINDS,
    ),
    "TargetEncoder": (preprocessing.TargetEncoder(), KINDS),
    "CountVectorizer": (feature_extraction.text.CountVectorizer(), TEXTS),
    "TfidfVectorizer": (feature_extraction.text.TfidfVectorizer(dtype=np.float32), TEXTS),
    "HashingVectorizer": (feature_extraction.text.HashingVectorizer(n_features=64), TEXTS),
    "PCA": (decomposition.PCA(2), ROWS),
    "TruncatedSVD": (decomposition.TruncatedSVD(2), ROWS),
    "SelectKBest": (feature_selection.SelectKBest(k=2), ROWS),
    "SelectFromModel": (feature_selection.SelectFromModel(linear_model.LogisticRegression()), ROWS),
    "VarianceThreshold": (feature_selection.VarianceThreshold(), ROWS),
} | {
    name: (getattr(preprocessing, name)(), ROWS)
    for name in [
        "Binarizer",
        "FunctionTransformer",
        "KBinsDiscretizer",
        "MaxAbsScaler",
        "MinMaxScaler",
        "Normalizer",
        "PolynomialFeatures",
        "PowerTransformer",
        "QuantileTransformer",
        "RobustScaler",
        "SplineTransformer",
        "StandardScaler",
    ]
}


@pytest.mark.filterwarnings("ignore:n_quantiles:UserWarning")
@pytest.mark.parametrize("name", sorted(STEPS))
def test_every_common_step_before_a_model_is_allowed_and_predicts_the_same(name, tmp_path):
    step, X = STEPS[name]
    model = pipeline.make_pipeline(step, linear_model.LogisticRegression()).fit(X, LABELS)
    content = skops.io.dumps(model)
    inspection = inspect_bytes(content)
    assert inspection.answer == "allowed", inspection
    (tmp_path / "m.skops").write_bytes(content)
    with take_artifact(tmp_path / "m.skops", "m.skops") as artifact:
        loaded = load_artifact(artifact, ModelTable(), tmp_path).model
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_a_dtype_that_a_fitted_step_holds_is_loaded_whether_or_not_it_is_trusted(tmp_path):
    model = pipeline.make_pipeline(impute.SimpleImputer(), linear_model.LogisticRegression()).fit(GAPS, LABELS)
    content = skops.io.dumps(model)
    assert "numpy.dtype" in skops.io.get_untrusted_types(data=content)
    for trusted in ((), ("numpy.dtype",)):
        loaded = _load(content, tmp_path, trusted=trusted)
        np.testing.assert_array_equal(loaded.predict(GAPS), model.predict(GAPS))


def test_boosting_with_declared_categories_and_a_search_over_a_pipeline_are_allowed():
    boosted = ensemble.HistGradientBoostingClassifier(max_iter=3, categorical_features=[0]).fit(CODES, LABELS)
    searched = model_selection.GridSearchCV(
        pipeline.make_pipeline(impute.SimpleImputer(), linear_model.LogisticRegression()),
        {"logisticregression__C": [0.1, 1.0]},
        cv=2,
    ).fit(GAPS, LABELS)
    for model in (boosted, searched):
        assert inspect_bytes(skops.io.dumps(model)).answer == "allowed"


@pytest.mark.parametrize("name", ["numpy.dtype", "numpy.ndarray"])
def test_an_array_class_as_a_function_stays_refused_and_trusting_it_is_not_advised(name, tmp_path):
    cls = {"numpy.dtype": np.dtype, "numpy.ndarray": np.ndarray}[name]
    content = skops.io.dumps(preprocessing.FunctionTransformer(cls))
    for trusted in ((), (name,)):
        with pytest.raises(ArtifactRefused) as caught:
            _load(content, tmp_path, trusted=trusted)
        assert "where a model could call it" in str(caught.value)
        assert "trusted = " not in str(caught.value)


def _node(name, loader, **more):
    module, _, cls = name.rpartition(".")
    return {"__class__": cls, "__module__": module, "__loader__": loader, **more}


_EMPTY = {"type": "json", "content": [], "shape": _node("builtins.tuple", "TupleNode", content=[])}


@pytest.mark.parametrize(
    "node",
    [
        _node("numpy.dtype", "TypeNode"),
        _node("numpy.dtype", "FunctionNode"),
        _node("numpy.dtype", "ObjectNode"),
        _node("numpy.dtype", "NdArrayNode", **_EMPTY),
        _node("numpy.dtype", "DTypeNode", content=_node("numpy.ndarray", "TypeNode")),
        _node("numpy.dtype", "DTypeNode", content=_node("sklearn.dummy.DummyClassifier", "ObjectNode")),
        _node("numpy.dtype", "DTypeNode", content=_node("numpy.float64", "NdArrayNode", **_EMPTY)),
        _node("sklearn.dummy.DummyClassifier", "DTypeNode", content=_node("numpy.ndarray", "NdArrayNode", **_EMPTY)),
    ],
)
@pytest.mark.parametrize("trusted", [(), ("numpy.dtype", "numpy.ndarray")])
def test_a_dtype_in_another_form_than_skops_writes_is_refused(node, trusted, plain):
    def change(schema):
        schema["content"]["content"]["extra"] = node

    assert inspect_bytes(_edited(plain, change), trusted).answer == "refused"


def test_a_function_that_may_only_be_held_is_not_called_with_an_array_of_the_file(plain):
    def change(schema):
        schema["content"]["content"]["extra"] = _node(name, "NdArrayNode", **_EMPTY)

    name = "sklearn.utils.validation.check_array"
    assert allowed_names()[name] is Use.VALUE
    assert inspect_bytes(_edited(plain, change)).refused == (name,)


def test_what_is_advised_is_enough_even_when_one_name_hides_another(tmp_path):
    Own.__module__ = __name__
    content = skops.io.dumps(pipeline.make_pipeline(preprocessing.FunctionTransformer(_own), Own()))
    with pytest.raises(ArtifactRefused) as caught:
        _load(content, tmp_path)
    line = next(line for line in str(caught.value).splitlines() if line.strip().startswith("trusted = "))
    assert inspect_bytes(content, json.loads(line.partition(" = ")[2])).answer == "allowed"


def test_advice_that_would_not_help_is_not_given_and_a_name_already_trusted_is_said_to_be(plain, tmp_path):
    def change(schema):
        schema["content"]["content"]["extra"] = _call("os", "system", "true")
        schema["content"]["content"]["more"] = _node("numpy.ndarray", "TypeNode")

    evil = _edited(plain, change)
    for trusted in ((), ("os.system",)):
        with pytest.raises(ArtifactRefused) as caught:
            _load(evil, tmp_path, trusted=trusted)
        assert "trusted = " not in str(caught.value)
        assert "No line of configuration allows this" in str(caught.value)
    assert "where a model could call it" in str(caught.value)


def _own(values):
    return values


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
