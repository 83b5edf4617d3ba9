"""MLflow's model folders: MLmodel says which loader runs, so what it says is judged like an import."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from modelcheck.models.inspection.file import inspect_file
from modelcheck.models.inspection.folder_files import Judgement, read_text
from modelcheck.models.inspection.outcome import Bounds, NotAnalysable

__all__ = ["MLMODEL", "judge_mlflow"]

MLMODEL = "MLmodel"
_MOST_TEXT = 16 * 2**20
_MOST_PARTS = 20_000
_LONGEST = 10_000
_LOADERS = {
    *(f"mlflow.{name}" for name in ("sklearn", "xgboost", "lightgbm", "catboost", "statsmodels", "onnx", "pytorch")),
    "mlflow.pyfunc.model",
}
_FLAVORS = {"python_function", "sklearn", "xgboost", "lightgbm", "catboost", "statsmodels", "onnx", "pytorch"}
# MLflow imports the class that the folder names.
_CLASSES = {
    "xgboost.core.Booster",
    *(f"xgboost.sklearn.XGB{name}" for name in ("Classifier", "Regressor", "Ranker", "RFClassifier", "RFRegressor")),
    "lightgbm.basic.Booster",
    *(f"lightgbm.sklearn.LGBM{name}" for name in ("Classifier", "Regressor", "Ranker", "Model")),
    *(f"CatBoost{name}" for name in ("", "Classifier", "Regressor", "Ranker")),
}
_LIBRARIES = {"sklearn": "scikit-learn", "xgb": "xgboost", "lgb": "lightgbm"}
_METHODS = {"predict", "predict_proba", "predict_log_proba", "decision_function", "transform", "score"}
_PROVIDERS = {"CPUExecutionProvider", "CUDAExecutionProvider"}
_SESSION = {"inter_op_num_threads", "intra_op_num_threads", "graph_optimization_level", "execution_mode"}
_PATHS = ("data", "model_path", "model_data", "pickled_model", "python_model", "code", "model_code_path")
# Written by MLflow around the model; read as text, never run.
_TEXTS = re.compile(
    r"(?:metadata/)?(?:MLmodel|conda\.yaml|python_env\.yaml|requirements\.txt|registered_model_meta|"
    r"environment_variables\.txt|(?:serving_)?input_example\.(?:json|csv))|README\.md"
)
_PICKLE_MODULE = re.compile(r"(?:.*/)?pickle_module_info\.txt")
# MLflow unpickles without joblib, which would take the raw bytes of joblib's arrays for opcodes.
_MODELS = (
    "pickle",
    "skops",
    "xgboost",
    "lightgbm",
    "catboost",
    "onnx",
    "torch",
    "torchscript",
    "torch_export",
)


def judge_mlflow(folder: Path, files: Mapping[str, int], judgement: Judgement, bounds: Bounds) -> None:
    """Judge MLmodel and every file.

    Parameters
    ----------
    folder : Path
        The folder.
    files : mapping of str to int
        As `folder_files` gives it.
    judgement : Judgement
        Takes in what is noticed.
    bounds : Bounds
        Limits.

    Raises
    ------
    NotAnalysable
        MLmodel can't be read.
    """
    about = _read(read_text(folder / MLMODEL, MLMODEL, 2**20 * 4))
    flavors = about.get("flavors")
    if not isinstance(flavors, dict) or not all(isinstance(flavor, dict) for flavor in flavors.values()):
        raise NotAnalysable("its MLmodel names no flavors")
    judgement.note("mlflow", about.get("mlflow_version"))
    if not isinstance(flavors.get("python_function"), dict):
        judgement.unknown("its MLmodel has no flavor python_function, which says how it is loaded")
    for name, flavor in flavors.items():
        if name not in _FLAVORS:
            judgement.use(str(name), f"its flavor {name!r} isn't one that is known")
        _judge_flavor(str(name), flavor, files, judgement)
    numbers: set[str] = set()
    for name in files:
        if name.endswith(".onnx"):
            numbers |= _judge_file(folder, name, files, judgement, bounds)
    for name in files:
        if _TEXTS.fullmatch(name):
            read_text(folder / name, name, _MOST_TEXT)
        elif _PICKLE_MODULE.fullmatch(name):
            module = read_text(folder / name, name, 1000).strip()
            if module != "mlflow.pytorch.pickle_module":
                judgement.use(module, f"its file {name!r} names a module that would unpickle the model")
        elif name.endswith((".py", ".so", ".pyc", ".pyd", ".dll")):
            judgement.use(name, f"it brings code of its own ({name})")
        elif not name.endswith(".onnx") and name not in numbers:
            _judge_file(folder, name, files, judgement, bounds)


def _judge_file(
    folder: Path, name: str, files: Mapping[str, int], judgement: Judgement, bounds: Bounds
) -> frozenset[str]:
    place = name.rpartition("/")[0]
    beside = {file.rpartition("/")[2] for file in files if file.rpartition("/")[0] == place and file != name}
    used: set[str] = set()
    inspection = inspect_file(folder / name, judgement.trusted, bounds=bounds, companions=beside, used=used)
    judgement.add(name, inspection, _MODELS)
    return frozenset(f"{place}/{file}" if place else file for file in used)


def _read(text: str) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise NotAnalysable('reading MLmodel needs PyYAML: pip install "modelcheck[mlflow]"') from error

    # The same in C, where it was built: much faster.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # References make a very large object of a short text; MLflow writes none.
        for count, event in enumerate(yaml.parse(text, Loader=loader)):
            if isinstance(event, yaml.events.AliasEvent):
                raise NotAnalysable("its MLmodel refers to parts of itself")
            if count > _MOST_PARTS:
                raise NotAnalysable(f"its MLmodel has more than {_MOST_PARTS:,} parts")
            # Long text is quoted; a number of many digits takes YAML minutes.
            if isinstance(event, yaml.events.ScalarEvent) and event.implicit[0] and len(event.value) > _LONGEST:
                raise NotAnalysable(f"its MLmodel holds a bare value of more than {_LONGEST:,} characters")
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise NotAnalysable(f"its MLmodel can't be read ({' '.join(str(error).split())[:200]})") from error
    if not isinstance(found, dict):
        raise NotAnalysable("its MLmodel isn't a table")
    return found


def _judge_flavor(name: str, flavor: dict[str, Any], files: Mapping[str, int], judgement: Judgement) -> None:
    for key in _PATHS:
        _judge_path(key, flavor.get(key), files, judgement)
    artifacts = flavor.get("artifacts")
    if isinstance(artifacts, dict):
        for artifact in artifacts.values():
            _judge_path("artifacts", artifact.get("path") if isinstance(artifact, dict) else artifact, files, judgement)
    if name == "python_function":
        loader = flavor.get("loader_module")
        if not isinstance(loader, str) or loader not in _LOADERS:
            judgement.use(str(loader), f"it is loaded by {loader!r}, which isn't one of MLflow's own loaders")
    cls = flavor.get("model_class")
    if cls is not None and (not isinstance(cls, str) or cls not in _CLASSES):
        judgement.use(str(cls), f"it imports the class {cls!r}")
    module = flavor.get("pickle_module_name")
    if module not in (None, "mlflow.pytorch.pickle_module"):
        judgement.use(str(module), f"it unpickles with the module {module!r}")
    method = flavor.get("predict_fn", flavor.get("pyfunc_predict_fn"))
    if method is not None and (not isinstance(method, str) or method not in _METHODS):
        judgement.use(str(method), f"it predicts with the method {method!r}")
    providers = flavor.get("providers")
    if isinstance(providers, list) and any(type(one) is not str or one not in _PROVIDERS for one in providers):
        judgement.forbid("it runs on a provider that may load libraries which the folder names")
    options = flavor.get("onnx_session_options")
    if options is not None and not (isinstance(options, dict) and options.keys() <= _SESSION):
        judgement.forbid("it sets options of ONNX Runtime that may make it read other files")
    for key, version in flavor.items():
        library = str(key).removesuffix("_version")
        if library != str(key) and isinstance(version, str):
            judgement.note(_LIBRARIES.get(library, library), version)


def _judge_path(key: str, value: object, files: Mapping[str, int], judgement: Judgement) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        judgement.unknown(f"its MLmodel gives {key} in an unusual way")
        return
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or "://" in value:
        judgement.forbid(f"its MLmodel leads out of the folder ({key}: {value!r})")
    elif str(path) not in files and not any(file.startswith(f"{path}/") or str(path) == "." for file in files):
        judgement.unknown(f"its MLmodel names {value!r}, which the folder doesn't hold")
