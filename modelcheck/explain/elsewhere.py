"""Explainers that look inside, wherever the model lives: here, or in a process of its own, where they then run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError, ModelRaised
from modelcheck.explain.attributions import Attributions
from modelcheck.explain.inside import BUILDERS, Astray
from modelcheck.explain.sources import traced
from modelcheck.explain.subject import Explainer, Subject
from modelcheck.models.stages import Reply, Stages, StagesElsewhere

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Raised", "nearest", "sources_in"]

_THERE = "modelcheck.explain.beside"
_KEYS = itertools.count()
_NO_ANSWER = "The model's worker sent something that is no attribution."


class Raised(ModelRaised):
    """An explainer raised an exception in another process.

    Parameters
    ----------
    kind : str
        Class of the exception.
    text : str
        What it says.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"Explaining the model raised {kind}: {text}")
        self.kind = kind


def nearest(
    subject: Subject, stages: Stages | StagesElsewhere, scale: str | None, seconds: float
) -> Iterator[Explainer | str | None]:
    """Yield what each explainer that looks inside says to a model, the nearest first.

    Parameters
    ----------
    subject : Subject
        What is explained.
    stages : Stages or StagesElsewhere
        The model taken apart.
    scale : str or None
        The scale that is asked for; None: the model's own.
    seconds : float
        How long a row may take.

    Yields
    ------
    Explainer, str or None
        As `modelcheck.explain.inside.linear` returns it. Those of a model elsewhere are made and used there, from the
        same rows by the same functions.
    """
    if isinstance(stages, Stages):
        for build in BUILDERS:
            yield build(subject, stages, scale, seconds)
        return
    first = 0
    while first < len(BUILDERS):
        there = _There(subject, stages, scale, seconds, first)
        said = there.build()
        for one in said:
            yield there.explainer(one) if isinstance(one, dict) else one
        first += len(said)


def sources_in(
    stages: Stages | StagesElsewhere, support: pd.DataFrame, columns: tuple[str, ...]
) -> NDArray[np.intp] | str:
    """Return what `modelcheck.explain.sources.traced` does, wherever the model lives."""
    if isinstance(stages, Stages):
        return traced(stages, support, columns)
    reply = stages.run(f"{_THERE}:trace", [support], {"columns": list(columns)})
    if isinstance(reply.told, str):
        return reply.told
    found = reply.arrays[0] if len(reply.arrays) == 1 else np.empty((0, 0))
    if found.ndim != 1 or found.dtype.kind != "i" or (found >= len(columns)).any() or (found < -1).any():
        raise ModelError(_NO_ANSWER)
    return found.astype(np.intp)


class _There:
    """The explainers of one subject in the process of its model; made again where that process began anew."""

    def __init__(
        self, subject: Subject, stages: StagesElsewhere, scale: str | None, seconds: float, first: int
    ) -> None:
        self._subject = subject
        self._run = stages.run
        self._key = next(_KEYS)
        sources = subject.sources
        self._given: dict[str, Any] = {
            "key": self._key,
            "first": first,
            "scale": scale,
            "seconds": seconds,
            "columns": list(subject.columns),
            "task": subject.task,
            "order": list(subject.order),
            "probabilistic": bool(subject.probabilistic),
            "sources": sources.tolist() if isinstance(sources, np.ndarray) else sources,
        }

    def build(self) -> list[dict[str, Any] | str | None]:
        """Return what the explainers say, up to the first that can be had."""
        said = self._run(f"{_THERE}:build", [self._subject.background, self._subject.support], self._given).told
        known = isinstance(said, list) and 0 < len(said) <= len(BUILDERS) - self._given["first"]
        if not known or not all(one is None or isinstance(one, (str, dict)) for one in said):
            raise ModelError(_NO_ANSWER)
        return list(said)

    def explainer(self, told: dict[str, Any]) -> Explainer:
        """Return one that was made there."""
        try:
            return Explainer(
                name=str(told["name"]),
                scale=str(told["scale"]),
                why=str(told["why"]),
                explain=self._explain,
                seconds_a_row=float(told["seconds_a_row"]),
                asks_a_row=int(told["asks_a_row"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(_NO_ANSWER) from error

    def _explain(self, rows: pd.DataFrame) -> Attributions:
        reply = self._run(f"{_THERE}:explain", [rows], {"key": self._key})
        if reply.told == "unknown":
            self.build()
            reply = self._run(f"{_THERE}:explain", [rows], {"key": self._key})
        told = reply.told
        if not isinstance(told, dict):
            raise ModelError(_NO_ANSWER)
        if told.get("astray"):
            raise Astray
        if "raised" in told:
            raise Raised(str(told["raised"])[:200], str(told.get("text"))[:1_000])
        try:
            return _attributions(reply, self._subject.columns, len(rows))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ModelError(_NO_ANSWER) from error


def _attributions(reply: Reply, columns: tuple[str, ...], rows: int) -> Attributions:
    """Return attributions whose shapes fit each other; what another process says of them is checked."""
    told, (values, base, output, *parts) = reply.told, reply.arrays
    outputs = len(base)
    fits = (
        values.shape == (rows, len(columns), outputs)
        and base.shape == (outputs,)
        and output.shape == (rows, outputs)
        and all(part.ndim == 4 and part.shape[1:] == values.shape for part in parts)
        and len(parts) <= 1
        and all(one.dtype == np.float64 for one in reply.arrays)
    )
    if not fits:
        raise ValueError("shapes")
    return Attributions(
        columns=columns,
        values=values,
        base=base,
        output=output,
        scale=str(told["scale"]),
        explainer=str(told["explainer"]),
        why=str(told["why"]),
        background=int(told["background"]),
        parts=parts[0] if parts else None,
    )
