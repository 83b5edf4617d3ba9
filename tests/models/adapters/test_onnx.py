"""ONNX graphs: inputs and outputs in every usual form, answers equal to ONNX Runtime's, and what they can't take."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from modelcheck.errors import ModelError, ModelRaised

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime runs ONNX models: pip install onnxruntime onnx")
onnx = pytest.importorskip("onnx", reason="onnx reads the labels of ONNX models: pip install onnx")
skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx makes the ONNX models of these tests: pip install skl2onnx")

NUMBERS = ["age", "visits"]
# The graph computes in float32: that is what its answers may differ by from scikit-learn's.
SINGLE = 1e-6
IGNORED = pytest.mark.filterwarnings("ignore::DeprecationWarning:skl2onnx", "ignore::DeprecationWarning:onnx")
pytestmark = IGNORED


@pytest.fixture(scope="module")
def complete(rows):
    return rows.assign(age=rows.age.fillna(50.0))


def _save(model, path, first, **options):
    graph = skl2onnx.to_onnx(model, first, options=options or None)
    path.write_bytes(graph.SerializeToString())


def _matrix(rows):
    return rows[NUMBERS].to_numpy(np.float32)


def _run(path, given, at=1):
    # One thread as in these tests' environment: sums of trees depend on how many share them.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: given})[at]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.mark.parametrize("zipmap", [True, False])
def test_one_tensor_of_all_columns_with_probabilities_in_both_forms(tmp_path, load, complete, truth, zipmap):
    labels = np.where(truth.sick == 1, "sick", "fine")
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(_matrix(complete), labels)
    _save(fitted, tmp_path / "m.onnx", _matrix(complete)[:1], zipmap=zipmap)
    model = load("m.onnx")
    told = model.describe()
    assert (told.task, told.classes, told.gives, told.format) == ("binary", ("fine", "sick"), "probability", "onnx")
    assert (told.feature_names, told.by_position) == (None, True)
    assert "float32" in " ".join(told.notes)
    found = model.predict_proba(complete[NUMBERS])
    own = _run(tmp_path / "m.onnx", _matrix(complete))
    own = np.array([[row[label] for label in told.classes] for row in own]) if zipmap else own
    np.testing.assert_array_equal(found, own)
    np.testing.assert_allclose(found, fitted.predict_proba(_matrix(complete)), atol=SINGLE)
    np.testing.assert_array_equal(model.predict(complete[NUMBERS]), _run(tmp_path / "m.onnx", _matrix(complete), at=0))
    with pytest.raises(ModelError, match="2 unnamed columns; the table has 3"):
        model.predict(complete)


def test_an_input_for_each_column_with_its_declared_type(tmp_path, load, complete, truth):
    table = complete.assign(site=complete.site.astype(object))
    encode = make_column_transformer((StandardScaler(), NUMBERS), (OneHotEncoder(handle_unknown="ignore"), ["site"]))
    fitted = make_pipeline(encode, RandomForestClassifier(10, max_depth=4, random_state=0)).fit(table, truth.stage)
    _save(fitted, tmp_path / "m.onnx", table[:1], zipmap=False)
    model = load("m.onnx")
    told = model.describe()
    assert (told.task, told.classes, told.feature_names) == ("multiclass", (0, 1, 2), ("age", "visits", "site"))
    session = onnxruntime.InferenceSession((tmp_path / "m.onnx").read_bytes(), providers=["CPUExecutionProvider"])
    given = {one.name: table[[one.name]].to_numpy() for one in session.get_inputs()}
    label, probabilities = session.run(None, given)
    shuffled = complete[["site", "visits", "age"]]
    np.testing.assert_array_equal(model.predict_proba(shuffled), probabilities)
    np.testing.assert_array_equal(model.predict(shuffled), label)
    # As whole numbers or as floats: the graph says which it takes.
    np.testing.assert_array_equal(model.predict_proba(complete.assign(visits=complete.visits * 1.0)), probabilities)
    for odd, words in (
        ({"visits": 1.5}, "column 'visits' holds numbers that tensor.int64. can't hold"),
        ({"visits": np.nan}, "column 'visits' misses entries"),
        ({"age": "old"}, "column 'age' isn't made of numbers"),
        ({"site": None}, "column 'site' misses 300 entries"),
    ):
        with pytest.raises(ModelRaised, match=words):
            model.predict(complete.assign(**odd))
    with pytest.raises(ModelError, match=r"'visits' \(closest: 'visit'\)"):
        model.predict(complete.rename(columns={"visits": "visit"}))


def test_a_regression(tmp_path, load, complete, truth):
    fitted = RandomForestRegressor(5, max_depth=4, random_state=0).fit(_matrix(complete), truth.value)
    _save(fitted, tmp_path / "m.onnx", _matrix(complete)[:1])
    model = load("m.onnx")
    assert (model.describe().task, model.describe().gives) == ("regression", "value")
    found = model.predict(complete[NUMBERS])
    np.testing.assert_array_equal(found, _run(tmp_path / "m.onnx", _matrix(complete), at=0).ravel())
    np.testing.assert_allclose(found, fitted.predict(_matrix(complete)), rtol=1e-5)


def _network(path, width, activation="Sigmoid"):
    """One layer, as a deep learning library writes it: no label, no names of classes."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    weights = onnx.numpy_helper.from_array(np.linspace(-0.1, 0.1, 2 * width).reshape(2, width).astype(np.float32), "w")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"]), helper.make_node(activation, ["z"], ["p"])]
    inputs = [helper.make_tensor_value_info("x", kind, ["rows", 2])]
    outputs = [helper.make_tensor_value_info("p", kind, ["rows", width])]
    graph = helper.make_graph(nodes, "net", inputs, outputs, [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())


def test_a_tensor_of_one_column_goes_by_place_where_its_name_says_nothing(tmp_path, load, complete, truth):
    model = LinearRegression().fit(complete[NUMBERS[:1]].to_numpy(), truth.value)
    graph = skl2onnx.to_onnx(model, complete[NUMBERS[:1]].to_numpy(np.float32)[:1])
    (tmp_path / "m.onnx").write_bytes(graph.SerializeToString())
    loaded = load("m.onnx", task="regression")
    assert loaded.describe().feature_names is None
    assert np.allclose(
        loaded.predict(complete[NUMBERS[:1]]), model.predict(complete[NUMBERS[:1]].to_numpy()), rtol=1e-5
    )


def test_a_network_without_labels_has_to_be_declared(tmp_path, load, complete):
    _network(tmp_path / "m.onnx", 1)
    table = complete[NUMBERS]
    with pytest.raises(ModelError, match='output = "probability"'):
        load("m.onnx", task="binary")
    with pytest.raises(ModelError, match=r'classes = \["no", "yes"\]'):
        load("m.onnx", task="binary", output="probability")
    model = load("m.onnx", output="probability", classes=("fine", "sick"))
    found = model.predict_proba(table)
    np.testing.assert_array_equal(found[:, 1], _run(tmp_path / "m.onnx", _matrix(complete), at=0)[:, 0])
    assert set(model.predict(table)) <= {"fine", "sick"}
    _network(tmp_path / "many.onnx", 3, "Softmax")
    many = load("many.onnx", output="probability", classes=("a", "b", "c"))
    assert many.describe().task == "multiclass"
    np.testing.assert_array_equal(many.predict_proba(table), _run(tmp_path / "many.onnx", _matrix(complete), at=0))
    with pytest.raises(ModelError, match="answers for 3 classes, and 2 are declared"):
        load("many.onnx", output="probability", classes=("a", "b"))


def test_an_image_is_no_table(tmp_path, load):
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info("x", kind, ["rows", 3, 8, 8])]
    outputs = [helper.make_tensor_value_info("y", kind, ["rows", 3, 8, 8])]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match=r"aren't a table's columns: \['x'\]"):
        load("m.onnx")


@pytest.mark.parametrize("keep", [0.2, 0.95])
def test_a_truncated_file_is_an_error(tmp_path, load, complete, truth, keep):
    fitted = RandomForestClassifier(5, max_depth=3, random_state=0).fit(_matrix(complete), truth.sick)
    _save(fitted, tmp_path / "m.onnx", _matrix(complete)[:1])
    content = (tmp_path / "m.onnx").read_bytes()
    (tmp_path / "m.onnx").write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(ModelError, match=r"m\.onnx"):
        load("m.onnx")


def test_a_file_is_gated_by_configuration_alone(gated, pytester, complete, truth):
    labels = np.where(truth.sick == 1, "sick", "fine")
    table = complete.assign(site=complete.site.astype(object))
    encode = make_column_transformer((StandardScaler(), NUMBERS), (OneHotEncoder(handle_unknown="ignore"), ["site"]))
    fitted = make_pipeline(encode, LogisticRegression()).fit(table[:150], labels[:150])
    _save(fitted, pytester.path / "m.onnx", table[:1], zipmap=False)
    gate = '[gates."performance.roc_auc"]\nmin = 0.7'
    rows = table[150:].assign(state=labels[150:])
    code, record, verdicts = gated("m.onnx", rows, "state", gate, dataset='positive = "sick"')
    assert verdicts["performance::roc_auc"] == "pass"
    assert (code, record["verdict"]) == (0, "promoted")
