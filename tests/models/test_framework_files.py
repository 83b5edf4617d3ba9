"""Files of other libraries, as those libraries write them: told by content, allowed, and whole files only."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modelcheck.models.content import take_content, take_folder
from modelcheck.models.inspected import inspect_content
from modelcheck.models.inspection import BOUNDS, inspect_bytes, inspect_file, inspect_folder, inspect_path

ROWS = np.random.default_rng(0).normal(size=(200, 4))
LABELS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)


def _saved(save, tmp_path, name):
    path = tmp_path / name
    save(str(path))
    return path


def _is(path, form, **versions):
    """Look at a file, at its bytes, and at what is left of it when it is cut short."""
    inspection = inspect_file(path)
    assert (inspection.answer, inspection.format) == ("allowed", form), inspection
    assert inspection.refused == ()
    for library, version in versions.items():
        assert inspection.versions[library.replace("_", " ")] == version
    content = Path(path).read_bytes()
    # The name says nothing.
    assert inspect_bytes(content) == inspection
    for cut in (1, 20, len(content) // 2):
        short = inspect_bytes(content[:-cut])
        assert short.answer != "allowed", (cut, short)
        assert short.reason
    return content


@pytest.fixture(scope="module")
def xgboost():
    return pytest.importorskip("xgboost", reason="needs xgboost")


@pytest.mark.parametrize("extension", ["json", "ubj"])
@pytest.mark.parametrize("booster", ["gbtree", "dart", "gblinear"])
def test_xgboost(xgboost, booster, extension, tmp_path):
    model = xgboost.XGBClassifier(n_estimators=3, booster=booster).fit(ROWS, LABELS)
    path = _saved(model.save_model, tmp_path, f"m.{extension}")
    content = path.read_bytes()
    inspection = inspect_file(path)
    assert (inspection.answer, inspection.format) == ("allowed", "xgboost"), inspection
    assert inspection.versions["xgboost"] == xgboost.__version__
    for cut in (2, 20, len(content) // 2):
        assert inspect_bytes(content[:-cut]).answer == "not_analysable"


def test_xgboost_with_categories_several_classes_and_multi_output_trees(xgboost, tmp_path):
    frame = pd.DataFrame(ROWS, columns=list("abcd")).assign(e=pd.Categorical(np.where(LABELS, "x", "y")))
    models = [
        xgboost.XGBClassifier(n_estimators=3, enable_categorical=True).fit(frame, LABELS),
        xgboost.XGBClassifier(n_estimators=3).fit(ROWS, np.arange(200) % 3),
        xgboost.XGBRegressor(n_estimators=3, multi_strategy="multi_output_tree").fit(ROWS, ROWS[:, :2]),
        xgboost.XGBRFRegressor(n_estimators=3).fit(ROWS, LABELS),
    ]
    for model in models:
        for extension in ("json", "ubj"):
            inspection = inspect_file(_saved(model.save_model, tmp_path, f"m.{extension}"))
            assert inspection.answer == "allowed", (model, extension, inspection)


def test_xgboost_trees_that_point_outside_are_not_analysable(xgboost, tmp_path):
    model = xgboost.XGBClassifier(n_estimators=1, max_depth=1).fit(ROWS, LABELS)
    whole = json.loads(_saved(model.save_model, tmp_path, "m.json").read_text())
    for key, value in {"left_children": [7, -1, -1], "split_indices": [99, 0, 0], "default_left": [0]}.items():
        broken = json.loads(json.dumps(whole))
        broken["learner"]["gradient_booster"]["model"]["trees"][0][key] = value
        assert inspect_bytes(json.dumps(broken).encode()).answer == "not_analysable", key


@pytest.mark.parametrize("categories", [False, True])
def test_lightgbm(categories, tmp_path):
    lightgbm = pytest.importorskip("lightgbm", reason="needs lightgbm")
    frame = pd.DataFrame(ROWS, columns=list("abcd"))
    if categories:
        frame["e"] = pd.Categorical(np.where(ROWS[:, 2] > 0, "x", "y"))
    for options in ({}, {"linear_tree": True}, {"objective": "multiclass", "num_class": 3}):
        labels = np.arange(200) % 3 if "num_class" in options else LABELS
        booster = lightgbm.train({"verbose": -1, **options}, lightgbm.Dataset(frame, labels), 3)
        path = _saved(booster.save_model, tmp_path, "m.txt")
        content = path.read_bytes()
        assert inspect_file(path).format == "lightgbm"
        assert inspect_file(path).answer == "allowed", inspect_file(path)
        assert inspect_bytes(content[: content.index(b"end of trees")]).answer == "not_analysable"
        assert inspect_bytes(content.replace(b"left_child=", b"left_child=99 ", 1)).answer == "not_analysable"
        assert inspect_bytes(content + b"\x00").answer == "not_analysable"


@pytest.mark.parametrize("form", ["cbm", "json"])
def test_catboost(form, tmp_path):
    catboost = pytest.importorskip("catboost", reason="needs catboost")
    kinds = np.where(ROWS[:, 2] > 0, "x", "y")
    for model in (
        catboost.CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False).fit(ROWS, LABELS),
        catboost.CatBoostRegressor(iterations=3, verbose=0, allow_writing_files=False).fit(
            pd.DataFrame(ROWS, columns=list("abcd")).assign(e=kinds), LABELS, cat_features=["e"]
        ),
        catboost.CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False, grow_policy="Lossguide").fit(
            ROWS, LABELS
        ),
    ):
        path = tmp_path / f"m.{form}"
        try:
            model.save_model(str(path), format=form)
        except catboost.CatBoostError:
            assert form == "json"  # not every model can be written as JSON
            continue
        inspection = inspect_file(path)
        assert (inspection.answer, inspection.format) == ("allowed", "catboost"), inspection
        assert inspection.versions["catboost"] == catboost.__version__
        assert inspect_bytes(path.read_bytes()[: path.stat().st_size // 3]).answer == "not_analysable"


def test_safetensors(tmp_path):
    numpy = pytest.importorskip("safetensors.numpy", reason="needs safetensors")
    arrays = {"a": ROWS.astype("f4"), "b": np.arange(3), "c": np.zeros((0, 3)), "d": np.array(True)}
    _is(_saved(lambda path: numpy.save_file(arrays, path), tmp_path, "m.safetensors"), "safetensors")


# -- ONNX --------------------------------------------------------------------------------------------------------------


def test_onnx(tmp_path):
    skl2onnx = pytest.importorskip("skl2onnx", reason="needs skl2onnx")
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    for model in (make_pipeline(StandardScaler(), LogisticRegression()), RandomForestClassifier(20)):
        converted = skl2onnx.to_onnx(model.fit(ROWS, LABELS), ROWS[:1].astype("f4"))
        (tmp_path / "m.onnx").write_bytes(converted.SerializeToString())
        inspection = inspect_file(tmp_path / "m.onnx")
        assert (inspection.answer, inspection.format) == ("allowed", "onnx"), inspection
        assert inspection.versions["skl2onnx"] == skl2onnx.__version__
        assert inspection.versions["onnx ir"] == str(converted.ir_version)
        content = converted.SerializeToString()
        for cut in (1, 20, len(content) // 2):
            assert inspect_bytes(content[:-cut]).answer != "allowed"


def test_onnx_weights_beside_the_model_are_allowed_in_a_folder_only(tmp_path):
    onnx = pytest.importorskip("onnx", reason="needs onnx")
    pytest.importorskip("yaml", reason="reading MLmodel needs PyYAML")
    weights = onnx.numpy_helper.from_array(ROWS.astype("f4"), "w")
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [None, 200])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [None, 4])],
        [weights],
    )
    (tmp_path / "ml").mkdir()
    onnx.save_model(
        onnx.helper.make_model(graph), tmp_path / "ml" / "model.onnx", save_as_external_data=True, location="w.data",
        size_threshold=0,
    )  # fmt: skip
    inspection = inspect_file(tmp_path / "ml" / "model.onnx")
    assert inspection.answer == "refused"
    assert "'w.data'" in inspection.reason
    (tmp_path / "ml" / "MLmodel").write_text(
        "flavors:\n  python_function: {loader_module: mlflow.onnx, data: model.onnx}\n  onnx: {data: model.onnx}\n"
    )
    assert inspect_folder(tmp_path / "ml").answer == "allowed", inspect_folder(tmp_path / "ml")
    (tmp_path / "ml" / "w.data").unlink()
    assert inspect_folder(tmp_path / "ml").answer == "refused"


# -- torch -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def torch():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("torch", reason="needs torch")


def _networks(torch):
    nn = torch.nn
    return {
        "dense": (nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2)), (3, 4)),
        "convolution": (
            nn.Sequential(
                nn.Conv2d(3, 4, 3), nn.GELU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(196, 2), nn.Softmax(-1)
            ),
            (2, 3, 16, 16),
        ),
        "attention": (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (2, 3, 8)),
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["dense", "convolution", "attention"])
def test_torch(torch, name, tmp_path):
    network, shape = _networks(torch)[name]
    network.eval()
    example = torch.zeros(shape)
    _is(_saved(lambda path: torch.save(network.state_dict(), path), tmp_path, "w.pt"), "torch")
    optimiser = torch.optim.Adam(network.parameters())
    checkpoint = {"model": network.state_dict(), "optimizer": optimiser.state_dict(), "epoch": 3, "loss": 0.5}
    _is(_saved(lambda path: torch.save(checkpoint, path), tmp_path, "c.pt"), "torch")
    _is(_saved(torch.jit.script(network).save, tmp_path, "s.pt"), "torchscript")
    traced = torch.jit.trace(network, example, check_trace=False)
    _is(_saved(traced.save, tmp_path, "t.pt"), "torchscript")
    _is(_saved(torch.jit.freeze(torch.jit.script(network)).save, tmp_path, "f.pt"), "torchscript")
    program = torch.export.export(network, (example,), dynamic_shapes=({0: torch.export.Dim("rows", max=99)},))
    path = _saved(lambda path: torch.export.save(program, path), tmp_path, "e.pt2")
    _is(path, "torch_export", torch=torch.__version__)


@pytest.mark.filterwarnings("ignore")
def test_a_whole_torch_module_is_refused_and_the_old_format_says_how_to_save_again(torch, tmp_path):
    network = _networks(torch)["dense"][0]
    whole = inspect_file(_saved(lambda path: torch.save(network, path), tmp_path, "m.pt"))
    assert (whole.answer, whole.format) == ("refused", "torch")
    assert "torch.nn.modules.linear.Linear" in whole.refused
    old = inspect_file(
        _saved(
            lambda path: torch.save(network.state_dict(), path, _use_new_zipfile_serialization=False), tmp_path, "o.pt"
        )
    )
    assert old.answer == "not_analysable"
    assert "torch.save it again" in old.reason


# -- Keras -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keras():
    import os

    os.environ.setdefault("KERAS_BACKEND", "torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("torch", reason="needs torch, Keras' backend here")
        return pytest.importorskip("keras", reason="needs keras")


@pytest.mark.filterwarnings("ignore")
def test_keras(keras, tmp_path):
    layers = keras.layers
    inputs = keras.Input((4,))
    hidden = layers.Dense(8, activation="relu", kernel_regularizer="l2")(inputs)
    hidden = layers.BatchNormalization()(layers.Dropout(0.1)(hidden))
    both = keras.ops.add(hidden, keras.ops.relu(hidden))
    functional = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(both))
    functional.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)),
        loss=keras.losses.BinaryCrossentropy(),
        metrics=["accuracy", keras.metrics.AUC()],
    )
    functional.fit(ROWS, LABELS, verbose=0)
    sequence = keras.Sequential(
        [keras.Input((5,)), layers.Embedding(9, 4), layers.Bidirectional(layers.LSTM(3)), layers.Dense(2, "softmax")]
    )
    image = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.MaxPooling2D(), layers.Flatten()])
    for model in (functional, sequence, image):
        _is(_saved(model.save, tmp_path, "m.keras"), "keras", keras=keras.__version__)
    plain = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x + 1)])
    inspection = inspect_file(_saved(plain.save, tmp_path, "m.keras"))
    assert inspection.answer == "refused"
    assert "Lambda" in inspection.reason


@pytest.mark.filterwarnings("ignore")
def test_keras_weights_that_lead_out_of_the_file_are_refused(keras, tmp_path):
    import zipfile

    h5py = pytest.importorskip("h5py", reason="needs h5py")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    members = zipfile.ZipFile(_saved(model.save, tmp_path, "m.keras"))

    def changed(change):
        path = tmp_path / "w.h5"
        path.write_bytes(members.read("model.weights.h5"))
        with h5py.File(path, "a") as weights:
            change(weights)
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for name in members.namelist():
                archive.writestr(name, path.read_bytes() if name.endswith(".h5") else members.read(name))
        return inspect_bytes(target.getvalue())

    def external_link(weights):
        weights["x"] = h5py.ExternalLink("/etc/passwd", "/x")

    def external_data(weights):
        weights.create_dataset("x", (4,), "f4", external=[("/etc/passwd", 0, 16)])

    def virtual(weights):
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
        weights.create_virtual_dataset("x", layout)

    assert changed(lambda weights: None).answer == "allowed"
    assert changed(lambda weights: weights.create_dataset("x", (4,), "f4", compression="gzip")).answer == "allowed"
    for change in (external_link, external_data, virtual):
        assert changed(change).answer != "allowed", change


# -- folders -----------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
def test_a_hugging_face_folder(tmp_path):
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    pytest.importorskip("torch", reason="needs torch")
    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad"]))
    tokenizer = transformers.BertTokenizerFast(vocab_file=str(tmp_path / "vocab.txt"))
    config = transformers.BertConfig(
        vocab_size=7, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    transformers.BertForSequenceClassification(config).save_pretrained(tmp_path / "hf")
    tokenizer.save_pretrained(tmp_path / "hf")
    inspection = inspect_path(tmp_path / "hf")
    assert (inspection.answer, inspection.format) == ("allowed", "huggingface"), inspection
    assert inspection.versions["transformers"] == transformers.__version__


_KINDS = ("cloudpickle", "pickle", "skops", "xgboost", "lightgbm", "statsmodels", "onnx", "catboost")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", _KINDS)
def test_a_folder_of_mlflow(kind, tmp_path):
    pytest.importorskip("mlflow", reason="needs mlflow-skinny")
    from sklearn.linear_model import LogisticRegression

    library = kind if kind not in ("cloudpickle", "pickle", "skops") else "sklearn"
    options = {} if library != "sklearn" else {"serialization_format": kind}
    if library == "sklearn":
        model = LogisticRegression().fit(ROWS, LABELS)
    elif library == "xgboost":
        model = pytest.importorskip("xgboost", reason="needs xgboost").XGBClassifier(n_estimators=2).fit(ROWS, LABELS)
    elif library == "lightgbm":
        module = pytest.importorskip("lightgbm", reason="needs lightgbm")
        model = module.train({"verbose": -1}, module.Dataset(ROWS, LABELS), 2)
    elif library == "catboost":
        module = pytest.importorskip("catboost", reason="needs catboost")
        model = module.CatBoostClassifier(iterations=2, verbose=0, allow_writing_files=False).fit(ROWS, LABELS)
    elif library == "statsmodels":
        model = pytest.importorskip("statsmodels.api", reason="needs statsmodels").OLS(LABELS, ROWS).fit()
    else:
        skl2onnx = pytest.importorskip("skl2onnx", reason="needs skl2onnx")
        model = skl2onnx.to_onnx(LogisticRegression().fit(ROWS, LABELS), ROWS[:1].astype("f4"))
    import importlib

    flavor = importlib.import_module(f"mlflow.{library}")
    # Without requirements MLflow starts a process that loads the model and looks what it imports.
    flavor.save_model(model, str(tmp_path / "ml"), pip_requirements=[library], **options)
    inspection = inspect_path(tmp_path / "ml")
    assert (inspection.answer, inspection.format) == ("allowed", "mlflow"), inspection
    # Code beside it must be trusted file by file.
    (tmp_path / "ml" / "code").mkdir()
    (tmp_path / "ml" / "code" / "own.py").write_text("x = 1")
    assert inspect_path(tmp_path / "ml").refused == ("code/own.py",)
    assert inspect_path(tmp_path / "ml", trusted=["code/own.py"]).answer == "allowed"


def _folder(tmp_path):
    from .malicious import huggingface_folder

    huggingface_folder(tmp_path / "m")
    (tmp_path / "m" / "README.md").write_text("words")
    return tmp_path / "m"


def test_a_folder_is_taken_as_a_private_copy_with_a_hash_of_its_own(tmp_path):
    import hashlib

    place = _folder(tmp_path)
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in place.iterdir()}
    lines = "".join(f"{name}\0{digest}\n" for name, digest in sorted(hashes.items()))
    with take_folder(place, "m") as content:
        assert content.files == hashes
        assert content.sha256 == hashlib.sha256(lines.encode()).hexdigest()
        assert content.size == sum(path.stat().st_size for path in place.iterdir())
        # What happens to the folder afterwards doesn't matter.
        (place / "modeling.py").write_text("x")
        (place / "README.md").write_text("other words")
        assert (content.folder / "README.md").read_text() == "words"
        assert inspect_content(content).answer == "allowed"
        private = content.folder
    assert not private.exists()
    with take_folder(place, "m") as content:
        assert content.sha256 != hashlib.sha256(lines.encode()).hexdigest()
        assert inspect_content(content).refused == ("modeling.py",)


def test_folders_with_links_pipes_or_too_many_files_are_not_taken(tmp_path):
    from dataclasses import replace

    from modelcheck.errors import ModelError

    place = _folder(tmp_path)
    (place / "link").symlink_to(place / "README.md")
    with pytest.raises(ModelError, match="holds the link 'link'"):
        take_folder(place, "m")
    (place / "link").unlink()
    tight = replace(BOUNDS, files=2)
    assert "more than 2 files" in inspect_folder(place, bounds=tight).reason
    assert "larger than 10 bytes" in inspect_folder(place, bounds=replace(BOUNDS, file_bytes=10)).reason
    with pytest.raises(ModelError, match="can't be read"):
        inspect_folder(tmp_path / "none")
    shutil.rmtree(place)
    place.mkdir()
    assert "neither MLflow" in inspect_folder(place).reason


def test_content_that_was_taken_is_mapped_and_inspected_like_the_file(tmp_path):
    from .malicious import onnx_model, onnx_node, part

    path = tmp_path / "m"
    path.write_bytes(onnx_model(part(10, "x" * 3_000_000) + onnx_node("Relu")))
    with take_content(path, "m") as content:
        assert inspect_content(content) == inspect_file(path)
        assert inspect_content(content).answer == "allowed"


# -- nothing heavy -----------------------------------------------------------------------------------------------------


def test_no_library_is_imported_for_a_look(tmp_path):
    """Every kind of file is looked at in one process, which then has imported numpy at most."""
    from .malicious import FILES

    for number, name in enumerate(sorted(FILES)):
        if not name.startswith("bomb"):
            (tmp_path / str(number)).write_bytes(FILES[name](tmp_path / "marker"))
    code = (
        "import sys, pathlib\n"
        "from modelcheck.models.inspection import inspect_path\n"
        f"for path in sorted(pathlib.Path({str(tmp_path)!r}).iterdir()):\n"
        "    assert inspect_path(path).answer != 'allowed'\n"
        "heavy = {'torch', 'onnx', 'keras', 'sklearn', 'scipy', 'pandas', 'joblib', 'skops', 'h5py', 'xgboost'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
