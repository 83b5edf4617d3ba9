"""Objects of libraries without scikit-learn's API, live or out of a pickle, found by their class."""

from __future__ import annotations

from typing import Any

from modelcheck.config.tables import ModelTable
from modelcheck.models.native import NativeModel
from modelcheck.models.reference import import_here

__all__ = ["as_native"]

_HERE = "modelcheck.models.adapters"

# Class, or one that it inherits from, to a function as `from_booster`.
_BY_CLASS = {
    "xgboost.core.Booster": f"{_HERE}.xgboost_booster:from_booster",
    "lightgbm.basic.Booster": f"{_HERE}.lightgbm_booster:from_booster",
    "statsmodels.base.model.Results": f"{_HERE}.statsmodels_results:from_results",
    "statsmodels.base.wrapper.ResultsWrapper": f"{_HERE}.statsmodels_results:from_results",
}
# Its subclasses have scikit-learn's API.
_BY_EXACT_CLASS = {"catboost.core.CatBoost": f"{_HERE}.catboost_model:from_model"}


def as_native(obj: Any, table: ModelTable, task: str | None, *, source: str) -> NativeModel | None:
    """Return an object as a model, where it is of a library that an adapter knows.

    Parameters
    ----------
    obj : object
        Anything.
    table : ModelTable
        `output` and `classes`.
    task : str or None
        The declared task.
    source : str
        Where it came from, for messages.

    Returns
    -------
    NativeModel or None
        None for everything else.

    Raises
    ------
    ModelError
        What it answers has to be declared.
    """
    names = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(obj).__mro__]
    found = _BY_EXACT_CLASS.get(names[0]) or next((_BY_CLASS[name] for name in names if name in _BY_CLASS), None)
    if found is None:
        return None
    made: NativeModel = import_here(found)(obj, table, task, title=f"The model of {source}")
    return made
