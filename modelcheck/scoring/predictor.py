"""Who answers for a model: the model itself, or a column of the table. One call a batch, every answer validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelcheck.config.tables import CandidateTable, Config, ModelTable
from modelcheck.data.dataset import Dataset
from modelcheck.errors import ModelError
from modelcheck.models.decisions import decide
from modelcheck.models.outputs import check_intervals, check_labels, check_probabilities, check_values
from modelcheck.models.protocol import Model
from modelcheck.models.stages import Stages, StagesElsewhere

__all__ = ["Answer", "ColumnPredictor", "ModelPredictor", "Predictor", "bind_to"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Outputs for one batch; see `ScoredRows` for shapes and meaning."""

    score: NDArray[np.float64] | None
    decision: NDArray[np.int16] | None
    interval: NDArray[np.float64] | None = None


class Predictor(Protocol):
    """What the streaming pass asks for."""

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """Class labels that the model knows; None when it doesn't say."""
        ...

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """Columns of the raw table that the model reads; None for all features."""
        ...

    def columns(self, dataset: Dataset) -> list[str]:
        """Return the columns of the table that `answer` is to be given."""
        ...

    def bind(self, classes: tuple[Any, ...]) -> None:
        """Fix the order of classes in which answers are given: ``(negative, positive)`` for a binary task."""
        ...

    def answer(self, rows: pd.DataFrame, first_row: int) -> Answer:
        """Return validated outputs for some rows; `first_row` is their position, for messages."""
        ...

    def facts(self) -> dict[str, Any]:
        """Return what the record says about the model."""
        ...

    def stages(self) -> Stages | StagesElsewhere | None:
        """Return the model taken apart, here or where it lives; None where only its answers are known."""
        ...


class _Deciding:
    """What both predictors share: from probabilities or labels in the model's order to scores and decisions in ours."""

    def __init__(self, table: ModelTable, config: Config, task: str) -> None:
        self._table = table
        self._task = task
        self._threshold = config.candidate.threshold
        self._classes: tuple[Any, ...] = ()
        if self._threshold is not None and task != "binary":
            raise ModelError(
                f"threshold = {self._threshold} is for binary tasks; this task is {task}. Remove the line."
            )

    def bind(self, classes: tuple[Any, ...]) -> None:
        """Fix the order of classes in which answers are given."""
        self._classes = classes

    def _from_probabilities(
        self, probabilities: NDArray[np.float64], decision: NDArray[np.int16] | None = None
    ) -> Answer:
        """Take probabilities with columns in our order; `decision` where the model decides by itself."""
        if self._task == "binary":
            score = np.ascontiguousarray(probabilities[:, 1])
            if self._threshold is not None or decision is None:
                decision = (score >= (0.5 if self._threshold is None else self._threshold)).astype(np.int16)
        else:
            score = probabilities
        if decision is None:
            decision = probabilities.argmax(axis=1).astype(np.int16)
        return Answer(score=score, decision=decision)


class ModelPredictor(_Deciding):
    """A live model.

    Parameters
    ----------
    model : Model
        Any adapter.
    table : ModelTable
        Its configuration.
    config : Config
        The run's configuration (threshold).
    task : str
        ``binary``, ``multiclass`` or ``regression``.

    Raises
    ------
    ModelError
        The model is one for another task.
    """

    def __init__(self, model: Model, table: ModelTable, config: Config, task: str) -> None:
        super().__init__(table, config, task)
        self._model = model
        self._described = model.describe()
        self._order: NDArray[np.intp] | None = None
        self._offers_intervals = isinstance(table, CandidateTable) and table.interval is not None
        says = self._described.task
        if says is not None and says != task:
            raise ModelError(
                f"the model {self._described.name} is for a {says} task, and the task here is {task}. "
                f'Name the right model file or target, or write task = "{says}" under [{config.prefix}candidate].'
            )
        if self._threshold is not None and self._described.gives == "label":
            raise ModelError(
                f"threshold = {self._threshold} needs probabilities, and {self._described.name} gives labels only. "
                "Remove the line, or give a model with predict_proba."
            )

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """Class labels in the model's own order."""
        return self._described.classes

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The model's own feature names, unless a `prepare` function makes them."""
        return None if self._table.prepare is not None else self._described.feature_names

    def columns(self, dataset: Dataset) -> list[str]:
        """Return the model's features; where a function prepares them, every column but the truth and stored scores."""
        if self._table.prepare is not None:
            return [name for name in dataset.columns if name != dataset.table.target and name not in dataset.scores]
        wanted = self.feature_names or dataset.schema().features
        known = set(dataset.columns)
        if known.issuperset(wanted):
            return list(wanted)
        # The model then says what is missing, and which of the columns that there are come closest.
        return [name for name in dataset.columns if name != dataset.table.target]

    def bind(self, classes: tuple[Any, ...]) -> None:
        """Fix the order of classes; columns of the model's probabilities are permuted to it."""
        super().bind(classes)
        own = self._described.classes
        if own is not None and list(own) != list(classes):
            self._order = np.array([list(own).index(label) for label in classes], dtype=np.intp)

    def answer(self, rows: pd.DataFrame, first_row: int) -> Answer:
        """Predict once; ask for labels too only where they don't follow from the probabilities."""
        size = len(rows)
        if self._task == "regression":
            values = check_values(self._model.predict(rows), size, "The model", first_row=first_row)
            return Answer(score=values, decision=None, interval=self._intervals(rows, first_row))
        if self._described.gives == "label":
            labels = check_labels(self._model.predict(rows), size, self._classes, "The model", first_row=first_row)
            return Answer(score=None, decision=labels)
        known = self._described.classes or self._classes
        raw = check_probabilities(self._model.predict_proba(rows), size, len(known), "The model", first_row=first_row)
        probabilities = raw if self._order is None else raw[:, self._order]
        decided = None
        if self._threshold is None and self._described.kind == "estimator":
            decided = decide(self._model, rows, raw, known)
            if self._order is not None:
                decided = np.argsort(self._order)[decided].astype(np.int16)
        return self._from_probabilities(probabilities, decided)

    def _intervals(self, rows: pd.DataFrame, first_row: int) -> NDArray[np.float64] | None:
        if not self._offers_intervals:
            return None
        ask = getattr(self._model, "predict_interval", None)
        if ask is None:
            raise ModelError(
                f"the model {self._described.name} offers no intervals: it has no predict_interval. Remove `interval` "
                "under [candidate], or give a model that has it."
            )
        return check_intervals(ask(rows), len(rows), "The model", first_row=first_row)

    def stages(self) -> Stages | StagesElsewhere | None:
        """Return the model taken apart, where its adapter can."""
        take_apart = getattr(self._model, "stages", None)
        return None if take_apart is None else take_apart()

    @property
    def model(self) -> Model:
        """Return the model itself."""
        return self._model

    def facts(self) -> dict[str, Any]:
        """Return the model's description as it stands now: a service may have changed meanwhile."""
        return {**asdict(self._model.describe()), "threshold": self._threshold}

    def traffic(self) -> dict[str, int] | None:
        """Return how much a service was asked, or None where the model is none."""
        count = getattr(self._model, "traffic", None)
        return None if count is None else dict(count())


class ColumnPredictor(_Deciding):
    """Predictions that lie in the table (``score = "column"``).

    Parameters
    ----------
    table : ModelTable
        Names the column and, by ``output``, what it holds; default: the probability of the positive class for a binary
        task, the predicted value for regression, the predicted label for a multiclass task.
    config, task
        As for `ModelPredictor`.
    """

    classes = None
    feature_names = None

    def __init__(self, table: ModelTable, config: Config, task: str) -> None:
        super().__init__(table, config, task)
        self.column = table.score or ""
        ends = (table.lower, table.upper) if isinstance(table, CandidateTable) else ()
        self._ends = [name for name in ends if name is not None]
        default = {"binary": "probability", "multiclass": "label", "regression": "value"}[task]
        self.output = table.output or default
        allowed = {"binary": ("probability", "label"), "multiclass": ("label",), "regression": ("value",)}[task]
        if self.output not in allowed:
            raise ModelError(
                f'output = "{self.output}" does not fit a {task} task when predictions lie in one column; '
                f"allowed: {', '.join(allowed)}."
            )
        if self._threshold is not None and self.output == "label":
            raise ModelError(
                f"threshold = {self._threshold} needs probabilities, and column {self.column!r} holds labels."
            )

    def columns(self, dataset: Dataset) -> list[str]:
        """Return the score column, and those with the ends of its intervals."""
        return [self.column, *self._ends]

    def answer(self, rows: pd.DataFrame, first_row: int) -> Answer:
        """Read the column."""
        where = f"The column {self.column!r}"
        values = rows[self.column].to_numpy()
        if self._task == "regression":
            score = check_values(values, len(rows), where, first_row=first_row)
            interval = None
            if self._ends:
                both = f"The columns {self._ends[0]!r} and {self._ends[1]!r}"
                interval = check_intervals(rows[self._ends].to_numpy(), len(rows), both, first_row=first_row)
            return Answer(score=score, decision=None, interval=interval)
        if self.output == "label":
            labels = check_labels(values, len(rows), self._classes, where, first_row=first_row)
            return Answer(score=None, decision=labels)
        return self._from_probabilities(check_probabilities(values, len(rows), 2, where, first_row=first_row))

    def stages(self) -> None:
        """Return None: answers in a table have no inside."""

    def facts(self) -> dict[str, Any]:
        """Return what is known of a column."""
        facts: Mapping[str, Any] = {
            "name": f"column {self.column}",
            "kind": "column",
            "source": self.column,
            "sha256": None,
            "gives": self.output,
            "threshold": self._threshold,
        }
        return dict(facts)


def bind_to(predictor: Predictor, classes: tuple[Any, ...], who: str) -> None:
    """Bind a predictor to the run's classes.

    Raises
    ------
    ModelError
        It knows other classes; `who` says in the message whose they are.
    """
    known = predictor.classes
    if known is not None and set(known) != set(classes):
        raise ModelError(
            f"the {who} knows the classes {list(known)}, the labels have {list(classes)}. "
            "Map the table's labels with `labels` under [dataset]; name the labels of a booster's file, which knows "
            "their codes only, with `classes` beside the model; or name the right model."
        )
    predictor.bind(classes)
