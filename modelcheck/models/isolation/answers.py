"""What comes back from a worker: its words are the model's, and trusted no further than the model is."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from modelcheck import errors
from modelcheck.errors import ModelcheckError, ModelError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cost", "Reply", "cost_of", "error_of", "on_rows", "warn_again"]

_MOST_WARNINGS, _LONGEST_WARNING = 100, 2_000
_RAISED = ("ModelError", "ModelRaised", "AnswerRefused", "ArtifactRefused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one question cost the worker.

    Attributes
    ----------
    seconds, cpu_seconds : float
        Time on the clock, and of the processor, without the way there and back.
    peak_bytes : int
        The worker's largest memory so far.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back from a function that ran in the worker.

    Attributes
    ----------
    told : object
        What JSON can hold.
    arrays : tuple of ndarray
        The rest.
    cost : Cost
        Of the question.
    """

    told: Any
    arrays: tuple[NDArray[Any], ...]
    cost: Cost


def cost_of(told: Any) -> Cost:
    """Return what a question cost, as the worker tells it; KeyError, TypeError or ValueError where it tells none."""
    return Cost(
        seconds=float(told["seconds"]), cpu_seconds=float(told["cpu_seconds"]), peak_bytes=int(told["peak_bytes"])
    )


def on_rows(frames: Sequence[pd.DataFrame]) -> str:
    """Return the words that say what the model was asked about when something went wrong."""
    if not frames:
        return " while it was loaded"
    rows = sum(len(frame) for frame in frames)
    return f" on {rows:,} row{'s' if rows != 1 else ''}"


def warn_again(told: Any, frames: Sequence[pd.DataFrame]) -> None:
    """Warn of what the model warned of in its worker; where the run takes warnings for errors, the model raised one."""
    for one in told[:_MOST_WARNINGS] if isinstance(told, list) else ():
        if not isinstance(one, list) or len(one) != 2 or not all(isinstance(part, str) for part in one):
            continue
        kind = getattr(builtins, one[0], None)
        category = kind if isinstance(kind, type) and issubclass(kind, Warning) else UserWarning
        try:
            warnings.warn(one[1][:_LONGEST_WARNING], category, stacklevel=6)
        except Warning as error:
            text = f"The model raised {category.__name__}{on_rows(frames)}: {one[1][:_LONGEST_WARNING]}"
            raise errors.ModelRaised(text) from error


def _many(told: Any) -> list[Any]:
    return told if isinstance(told, list) else []


def error_of(told: Any) -> ModelcheckError:
    """Return the error that the worker told of; whatever it says, it is an error of the model."""
    if not isinstance(told, dict):
        return ModelError("The model's worker sent something that is no answer.")
    message = str(told.get("message", ""))
    kind = told.get("kind")
    if kind == "AnswerRefused":
        return errors.AnswerRefused(message, [bool(one) for one in _many(told.get("rows"))])
    if kind == "ArtifactRefused":
        return errors.ArtifactRefused(message, [str(one) for one in _many(told.get("names"))])
    if kind in _RAISED:
        found: type[ModelError] = getattr(errors, str(kind))
        return found(message)
    return ModelError(message if kind else f"The model's worker failed: {message}")
