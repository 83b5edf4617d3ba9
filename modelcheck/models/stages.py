"""A fitted pipeline taken apart: what it makes of raw rows, and the estimator that decides on that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Stages", "StagesElsewhere", "stages_of"]

_SEARCHES = ("GridSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV", "RandomizedSearchCV")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stages:
    """A model as a transformation of raw rows and a final estimator.

    Attributes
    ----------
    transform : callable
        From raw rows (a DataFrame) to the final estimator's input: a DataFrame, an array or a sparse matrix with one
        row each.
    final : object
        The fitted final estimator.
    names : tuple of str
        Classes of the steps before it.
    blocks : mapping of int to str
        Output column of `transform` to the raw column that it is made from, as far as the pipeline says so; empty where
        it says nothing.
    untouched : bool
        Whether `transform` hands the columns on as they are.
    """

    transform: Callable[[pd.DataFrame], Any]
    final: Any
    names: tuple[str, ...] = ()
    blocks: dict[int, str] = field(default_factory=dict)
    untouched: bool = False

    @property
    def kind(self) -> str:
        """Class of the final estimator."""
        return type(self.final).__name__


class Reply(Protocol):
    """What comes back from another process."""

    @property
    def told(self) -> Any:
        """What JSON can hold."""
        ...

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The rest."""
        ...


class Run(Protocol):
    """Runs a function of modelcheck, by its name, where a model lives; it is given the model and these."""

    def __call__(self, reference: str, frames: Sequence[pd.DataFrame] = (), given: Any = None) -> Reply:
        """Return what it returned."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StagesElsewhere:
    """A model that lives in another process and can be taken apart there.

    Attributes
    ----------
    run : Run
        Runs whatever looks inside.
    kind : str
        Class of the final estimator.
    """

    run: Run
    kind: str


def stages_of(estimator: Any, given: Callable[[pd.DataFrame], Any], *, prepared: bool) -> Stages | None:
    """Take an estimator apart.

    Parameters
    ----------
    estimator : object
        Fitted; a Pipeline, a search over one, or a single estimator.
    given : callable
        From raw rows to what `estimator` is handed.
    prepared : bool
        Whether `given` does more than to choose columns.

    Returns
    -------
    Stages or None
        None where a step of the pipeline offers no ``transform``.
    """
    steps: list[Any] = []
    final = estimator
    while True:
        if type(final).__name__ in _SEARCHES and hasattr(final, "best_estimator_"):
            final = final.best_estimator_
        elif _is_pipeline(final):
            steps += [step for _, step in final.steps[:-1] if step not in (None, "passthrough")]
            final = final.steps[-1][1]
        else:
            break
    if final in (None, "passthrough") or not all(hasattr(step, "transform") for step in steps):
        return None

    def transform(rows: pd.DataFrame) -> Any:
        value = given(rows)
        for step in steps:
            value = step.transform(value)
        return value

    blocks = _blocks(steps[0]) if len(steps) == 1 and not prepared else {}
    return Stages(
        transform=transform,
        final=final,
        names=tuple(type(step).__name__ for step in steps),
        blocks=blocks,
        untouched=not steps and not prepared,
    )


def _is_pipeline(estimator: Any) -> bool:
    steps = getattr(estimator, "steps", None)
    return (
        type(estimator).__name__ == "Pipeline"
        and isinstance(steps, list)
        and bool(steps)
        and all(isinstance(step, tuple) and len(step) == 2 for step in steps)
    )


def _blocks(step: Any) -> dict[int, str]:
    """Return what a fitted ColumnTransformer says about its outputs: those that a single column is made into."""
    outputs = getattr(step, "output_indices_", None)
    fitted = getattr(step, "transformers_", None)
    if type(step).__name__ != "ColumnTransformer" or not isinstance(outputs, dict) or not isinstance(fitted, list):
        return {}
    found: dict[int, str] = {}
    for name, _, columns in fitted:
        one = columns if isinstance(columns, str) else None
        if one is None and isinstance(columns, list) and len(columns) == 1 and isinstance(columns[0], str):
            one = columns[0]
        part = outputs.get(name)
        if one is not None and isinstance(part, slice):
            found |= dict.fromkeys(range(part.start, part.stop), one)
    return found
