"""Which adapter loads which format: a table. A new kind of model file is one module and one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modelcheck.errors import ModelError
from modelcheck.models.adapters.request import LoadRequest
from modelcheck.models.adapters.third_party import foreign_adapters
from modelcheck.models.reference import import_here

__all__ = ["ADAPTERS", "Adapter", "adapter_of", "built_in_formats"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """How one kind of model file becomes something that predicts.

    Attributes
    ----------
    title : str
        What a message calls such a file, e.g. ``XGBoost model``.
    load : str or callable
        A function, or ``package.module:function`` (imported when needed), from a `LoadRequest` to a fitted object with
        scikit-learn's API (``predict``, and ``predict_proba``, ``classes_``, ``feature_names_in_`` where it knows
        them), a `NativeModel`, a `Model`, or a `Loaded` with one of them.
    formats : tuple of str
        The `Inspection.format` values that it loads; the part before `` in `` counts for compressed ones.
    extra : str
        The extra of modelcheck that brings its library, empty for what the core has.
    """

    title: str
    load: str | Callable[[LoadRequest], Any]
    formats: tuple[str, ...]
    extra: str = ""

    def loader(self) -> Callable[[LoadRequest], Any]:
        """Return the function, importing it now."""
        found: Callable[[LoadRequest], Any] = import_here(self.load) if isinstance(self.load, str) else self.load
        return found


_HERE = "modelcheck.models.adapters"

ADAPTERS: tuple[Adapter, ...] = (
    Adapter(title="skops file", load=f"{_HERE}.python_objects:load_skops", formats=("skops",)),
    Adapter(title="pickle", load=f"{_HERE}.python_objects:load_pickle", formats=("pickle", "joblib")),
    Adapter(title="TorchScript archive", load=f"{_HERE}.pytorch:load_script", formats=("torchscript",), extra="torch"),
    Adapter(
        title="exported program of PyTorch",
        load=f"{_HERE}.pytorch:load_exported",
        formats=("torch_export",),
        extra="torch",
    ),
    Adapter(
        title="weights of PyTorch",
        load=f"{_HERE}.pytorch:load_weights",
        formats=("torch", "safetensors"),
        extra="torch",
    ),
    Adapter(title="Keras model", load=f"{_HERE}.keras_file:load_keras", formats=("keras",), extra="keras"),
    Adapter(title="MLflow model", load=f"{_HERE}.mlflow_folder:load_mlflow", formats=("mlflow",), extra="mlflow"),
    Adapter(
        title="text classifier of Hugging Face",
        load=f"{_HERE}.huggingface:load_text_classifier",
        formats=("huggingface",),
        extra="huggingface",
    ),
    Adapter(title="XGBoost model", load=f"{_HERE}.xgboost_booster:load", formats=("xgboost",), extra="xgboost"),
    Adapter(title="LightGBM model", load=f"{_HERE}.lightgbm_booster:load", formats=("lightgbm",), extra="lightgbm"),
    Adapter(title="CatBoost model", load=f"{_HERE}.catboost_model:load", formats=("catboost",), extra="catboost"),
    Adapter(title="ONNX model", load=f"{_HERE}.onnx_graph:load", formats=("onnx",), extra="onnx"),
)


def built_in_formats() -> frozenset[str]:
    """Return the formats that no other package may claim."""
    return frozenset(form for adapter in ADAPTERS for form in adapter.formats) | {"npy", "npz", "zip", "onnx"}


def adapter_of(form: str, source: str) -> Adapter:
    """Return the adapter for a format.

    Parameters
    ----------
    form : str
        As `Inspection.format` names it.
    source : str
        The file as the user wrote it, for the message.

    Raises
    ------
    ModelError
        Nothing loads such a file.
    """
    plain = form.partition(" in ")[0]
    found = next((adapter for adapter in ADAPTERS if plain in adapter.formats), None) or _foreign(form)
    if found is None:
        what = {"npy": "an array", "zip": "a zip archive, not a skops file"}.get(plain, f"in the format {plain!r}")
        kinds = ", ".join(dict.fromkeys(adapter.title for adapter in ADAPTERS))
        raise ModelError(f"The model file {source} is {what}. Allowed: a file of one model, of the kinds: {kinds}.")
    return found


def _foreign(form: str) -> Adapter | None:
    """Return another package's adapter for a format of its own."""
    for one in foreign_adapters(built_in_formats()).adapters:
        if form in one.adapter.formats:
            return Adapter(title=one.adapter.title, load=one.adapter.load, formats=one.adapter.formats)
    return None
