"""XGBoost: model files in JSON and UBJSON, and live boosters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.adapters.columns import as_trained
from modelcheck.models.adapters.request import LoadRequest
from modelcheck.models.adapters.settled import Settled, Tells, settle
from modelcheck.models.native import NativeModel

if TYPE_CHECKING:
    import pandas as pd

    from modelcheck.config.tables import ModelTable

__all__ = ["from_booster", "load"]

_TELLS: dict[str, Tells] = {
    "binary:logistic": "probability",
    "binary:hinge": "label",
    "multi:softprob": "probability",
    "multi:softmax": "label",
    "reg:logistic": "share",
}
_VALUES = ("reg:", "count:", "survival:")


def load(request: LoadRequest) -> NativeModel:
    """Load a file of ``Booster.save_model``, or of ``save_model`` of XGBClassifier and XGBRegressor.

    Raises
    ------
    ModelError
        XGBoost can't read it, or what it answers has to be declared.
    """
    import xgboost

    booster = xgboost.Booster()
    try:
        booster.load_model(bytearray(request.content.read()))
        # What the file says is read only now, categories among it.
        return from_booster(booster, request.table, request.task, title=f"The XGBoost model {request.source}")
    except (xgboost.core.XGBoostError, ValueError, TypeError, SystemError) as error:
        raise request.unreadable("XGBoost", xgboost.__version__, _first_line(error)) from error


def from_booster(booster: Any, table: ModelTable, task: str | None, *, title: str) -> NativeModel:
    """Return a booster as a model.

    Parameters
    ----------
    booster : xgboost.Booster
        Trained.
    table : ModelTable
        `output` and `classes`.
    task : str or None
        The declared task.
    title : str
        Subject of the messages.

    Returns
    -------
    NativeModel
        Answers as the booster does. Labels are 0 to k - 1, the only ones that XGBoost trains on, unless `classes` are
        declared.

    Raises
    ------
    ModelError
        The objective tells nothing of what the answers are, and nothing is declared.
    """
    learner = json.loads(booster.save_config())["learner"]
    objective = learner["objective"]["name"]
    if int(learner["learner_model_param"].get("num_target", 1)) > 1:
        raise ModelError(f"{title} has several outputs. Models with one output can be checked.")
    settled = _settled(title, objective, learner, table, task)
    names, types = booster.feature_names, booster.feature_types or []
    ask = _Asking(booster, learner["gradient_booster"]["name"], _rounds(booster))

    def answers(X: pd.DataFrame) -> NDArray[Any]:
        found = ask(X)
        if settled.gives != "label" or settled.classes is None:
            return found
        labels: NDArray[Any] = np.array(settled.classes, dtype=object)[found.astype(np.intp)]
        return labels

    return NativeModel(
        name=f"XGBoost model ({objective})",
        task=settled.task,
        gives=settled.gives,
        answers=answers,
        classes=settled.classes,
        features=tuple(names) if names else None,
        width=None if names else booster.num_features(),
        # shap takes splits by category for thresholds.
        trees=None if "c" in types or ask.linear or ask.rounds else booster,
        notes=ask.notes,
    )


def _settled(title: str, objective: str, learner: dict[str, Any], table: ModelTable, task: str | None) -> Settled:
    tells = _TELLS.get(objective, "value" if objective.startswith(_VALUES) else "raw")
    outputs = max(int(learner["learner_model_param"].get("num_class", 0)), 1)
    classes = max(outputs, 2)
    return settle(
        title,
        tells,
        objective=f"has the objective {objective}",
        outputs=classes if tells in ("probability", "label") else outputs,
        usual=tuple(range(classes)),
        table=table,
        task=task,
    )


def _rounds(booster: Any) -> int:
    """Return how many rounds count: XGBClassifier and XGBRegressor stop at the best one, `Booster.predict` doesn't."""
    best = booster.attr("best_iteration")
    if best is None or booster.attr("scikit_learn") is None:
        return 0
    return int(best) + 1 if int(best) + 1 < booster.num_boosted_rounds() else 0


class _Asking:
    """One booster asked about rows of a DataFrame."""

    def __init__(self, booster: Any, kind: str, rounds: int) -> None:
        self._booster = booster
        self.linear = kind == "gblinear"
        # DART adds its trees up in another order for a matrix (2e-6 apart): as whoever saved the file would have it.
        self._by_matrix = self.linear or (kind == "dart" and booster.attr("scikit_learn") is None)
        self.rounds = rounds
        self._names = booster.feature_names
        self._types = booster.feature_types
        self._by_category = [index for index, kind in enumerate(self._types or []) if kind == "c"]
        self._categories = _categories(booster) if self._by_category else {}
        self.notes = self._notes()

    def __call__(self, X: pd.DataFrame) -> NDArray[Any]:
        import xgboost

        given = self._given(X)
        span = (0, self.rounds)
        if self._by_matrix or (self._by_category and not self._categories):
            matrix = xgboost.DMatrix(given, feature_names=self._names, feature_types=self._types)
            return np.asarray(self._booster.predict(matrix, iteration_range=span))
        return np.asarray(self._booster.inplace_predict(given, iteration_range=span))

    def _given(self, X: pd.DataFrame) -> Any:
        if not self._names:
            return as_trained(X, {}, new=True).to_numpy(dtype=np.float64)
        given = as_trained(X, self._categories, new=True)
        # A file from before XGBoost 3.1 knows codes only, and so the columns must hold them.
        return given if self._categories or not self._by_category else given.to_numpy(dtype=np.float64)

    def _notes(self) -> tuple[str, ...]:
        told = []
        best = self._booster.attr("best_iteration")
        if best is not None and self._booster.attr("scikit_learn") is None:
            told.append(
                f"The file names round {best} as the best one. `Booster.predict` uses all "
                f"{self._booster.num_boosted_rounds()} rounds, and so do these answers."
            )
        if self._by_category and not self._categories:
            told.append(
                "The file has columns of categories and doesn't say which (before XGBoost 3.1): the table must hold "
                "the codes that the model was trained on."
            )
        return tuple(told)


def _categories(booster: Any) -> dict[str, list[Any]]:
    """Return each column's categories in the order of their codes, as far as the file has them."""
    ask = getattr(booster, "get_categories", None)
    found = None if ask is None else ask(export_to_arrow=True)
    if found is None:
        return {}
    return {name: values.to_pylist() for name, values in found.to_arrow() if values is not None and len(values)}


def _first_line(error: Exception) -> str:
    text = str(error).strip().partition("\nStack trace")[0].partition("\n")[0]
    # [time] path of the build:line: what is wrong
    return text.rpartition(".cc:")[2].partition(": ")[2] or text.rpartition(".h:")[2].partition(": ")[2] or text
