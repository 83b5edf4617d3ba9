"""Which adapter loads which format: a table. A new kind of model file is one module and one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modelcheck.errors import ModelError
from modelcheck.models.adapters.request import LoadRequest
from modelcheck.models.reference import import_here

__all__ = ["ADAPTERS", "Adapter", "adapter_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """How one kind of model file becomes something that predicts.

    Attributes
    ----------
    title : str
        What a message calls such a file, e.g. ``XGBoost model``.
    load : str
        ``package.module:function`` from a `LoadRequest` to a fitted object with scikit-learn's API (``predict``, and
        ``predict_proba``, ``classes_``, ``feature_names_in_`` where it knows them) or to a `Model`. Imported late.
    formats : tuple of str
        The `Inspection.format` values that it loads; the part before `` in `` counts for compressed ones.
    extra : str
        The extra of modelcheck that brings its library, empty for what the core has.
    """

    title: str
    load: str
    formats: tuple[str, ...]
    extra: str = ""

    def loader(self) -> Callable[[LoadRequest], Any]:
        """Return the function, importing it now."""
        found: Callable[[LoadRequest], Any] = import_here(self.load)
        return found


_HERE = "modelcheck.models.adapters"

ADAPTERS: tuple[Adapter, ...] = (
    Adapter(title="skops file", load=f"{_HERE}.python_objects:load_skops", formats=("skops",)),
    Adapter(title="pickle", load=f"{_HERE}.python_objects:load_pickle", formats=("pickle", "joblib")),
)


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
    found = next((adapter for adapter in ADAPTERS if plain in adapter.formats), None)
    if found is None:
        what = {"npy": "an array", "zip": "a zip archive, not a skops file"}.get(plain, f"in the format {plain!r}")
        raise ModelError(f"The model file {source} is {what}. Allowed: .skops, .joblib and .pkl files of one model.")
    return found
