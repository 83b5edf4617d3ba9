"""statsmodels: fitted results, out of a pickle or live."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.adapters.settled import Tells, settle
from modelcheck.models.native import NativeModel

if TYPE_CHECKING:
    import pandas as pd

    from modelcheck.config.tables import ModelTable

__all__ = ["from_results"]

_FAMILIES = ("GLM", "GLMGam", "GEE")
_PROBABILITY = frozenset({"Logit", "Probit"})
_MANY = frozenset({"MNLogit"})
_RAW = frozenset({"OrderedModel", "ConditionalLogit", "ConditionalMNLogit", "PHReg"})
_LEVEL = re.compile(r".+\[(?:T\.)?(.+)\]\Z", re.DOTALL)


def from_results(results: Any, table: ModelTable, task: str | None, *, title: str) -> NativeModel:
    """Return fitted results as a model.

    Parameters
    ----------
    results : statsmodels results
        Of OLS, GLM, Logit, Probit, MNLogit, count models and others with ``predict(exog)``.
    table : ModelTable
        `output` and `classes`.
    task : str or None
        The declared task.
    title : str
        Subject of the messages.

    Returns
    -------
    NativeModel
        Logit, Probit and a binomial GLM give the probability of the second class, MNLogit those of all; others give
        values. A constant that was added to the columns (``sm.add_constant``) is added here too; a formula picks its
        columns by itself.

    Raises
    ------
    ModelError
        It doesn't predict from columns (a time series), or what it answers has to be declared.
    """
    module = type(getattr(results, "model", None)).__module__
    if module.startswith("statsmodels.tsa.") or not hasattr(getattr(results, "model", None), "exog_names"):
        raise ModelError(
            f"{title} is statsmodels' {type(results).__name__}, which doesn't predict from columns. Results of "
            "regressions (OLS, GLM, Logit, ...) can be checked."
        )
    model = results.model
    kind = type(model).__name__
    family = type(model.family).__name__ if kind in _FAMILIES else ""
    binomial = family == "Binomial"
    told = f"{kind} ({family})" if family else kind
    tells: Tells = "probability" if binomial or kind in _PROBABILITY | _MANY else "raw" if kind in _RAW else "value"
    labels = _labels(model) if tells == "probability" else None
    outputs = len(labels) if labels and kind in _MANY else 2
    settled = settle(
        title,
        tells,
        objective=f"is a fitted {told}",
        outputs=outputs if tells == "probability" else 1,
        stored=labels,
        usual=tuple(range(outputs)),
        table=table,
        task=task,
    )
    columns = _Columns(model, len(np.atleast_1d(results.params)))

    def answers(X: pd.DataFrame) -> NDArray[Any]:
        return np.asarray(results.predict(columns.given(X)))

    return NativeModel(
        name=f"statsmodels {told}",
        task=settled.task,
        gives=settled.gives,
        answers=answers,
        classes=settled.classes,
        features=columns.names,
        width=columns.width,
        reads_any=columns.formula,
    )


class _Columns:
    """Which columns a fitted model needs, and where its constant stands."""

    def __init__(self, model: Any, parameters: int) -> None:
        self.formula = hasattr(model, "formula")
        self.names: tuple[str, ...] | None = None
        self.width: int | None = None
        if self.formula:
            return
        # Results that were saved without their data know no names, only where the constant stands.
        every = [str(name) for name in model.exog_names or [f"x{at}" for at in range(parameters)]]
        self._constant = getattr(model.data, "const_idx", None) if getattr(model, "k_constant", 0) else None
        self._added = self._constant is not None and (model.exog_names is None or every[self._constant] == "const")
        exog = getattr(model, "exog", None)
        self._value = 1.0 if exog is None or not self._added else float(np.asarray(exog)[0, self._constant])
        own = [name for at, name in enumerate(every) if not (self._added and at == self._constant)]
        if _unnamed(own):
            self.width = len(own)
        else:
            self.names = tuple(own)

    def given(self, X: pd.DataFrame) -> Any:
        if self.formula:
            return X
        from modelcheck.models.adapters.columns import as_trained

        given = as_trained(X, {}, new=False).to_numpy(dtype=np.float64)
        if not self._added or self._constant is None:
            return given
        return np.insert(given, int(self._constant), self._value, axis=1)


def _unnamed(names: list[str]) -> bool:
    """Whether these are the names that statsmodels gives to the columns of an array."""
    return bool(names) and all(re.fullmatch(r"x\d+", name) for name in names)


def _labels(model: Any) -> tuple[Any, ...] | None:
    """Return the labels in the order of the probabilities, where the results have them."""
    named = getattr(model, "_ynames_map", None)
    if isinstance(named, dict) and named:
        return tuple(_plain(named[at]) for at in sorted(named))
    names = getattr(model, "endog_names", None)
    if isinstance(names, list | tuple) and len(names) == 2:
        # A formula made two columns of a text: statsmodels takes the first one for the event.
        found = [_LEVEL.match(str(name)) for name in names]
        if all(found):
            event, other = (match.group(1) for match in found if match is not None)
            return (other, event)
    return None


def _plain(label: Any) -> Any:
    text = str(label)
    number = re.fullmatch(r"-?\d+(\.0)?", text)
    return int(text.partition(".")[0]) if number else label
