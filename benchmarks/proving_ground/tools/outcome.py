"""What a tool said of a trial, in words that all tools share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.proving_ground.trial import Trial

__all__ = ["NotCovered", "Said", "Tool"]


class NotCovered(Exception):
    """The tool has no way to express this case; counted apart, never as missed. Its message says why."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a tool said.

    Attributes
    ----------
    found : tuple of str
        Names of what it complains about: gates of modelcheck that fail or err as ``suite.check``, a peer's own names.
    blocking : tuple of str
        Those of them that stop a promotion.
    errors : tuple of str
        Gates or checks that ended in an error of their own; never counted as found unless the case says so.
    verdict : str
        The tool's verdict in its own word.
    predicted_rows : int or None
        Rows that the models were asked about, where the tool or a counter can tell.
    notes : str
        What a reader of the results should know.
    """

    found: tuple[str, ...]
    blocking: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    verdict: str = ""
    predicted_rows: int | None = None
    notes: str = ""
    details: dict[str, object] = field(default_factory=dict)


class Tool(Protocol):
    """A module of `tools`: one tool."""

    NAME: str
    PACKAGES: tuple[str, ...]  # distributions whose versions are recorded, first the tool's own
    PRELOAD: tuple[str, ...]  # modules that a warm worker has imported before a trial begins
    examine: Callable[[Trial], Said]
    # The names among `Said.found` that mean this case, for a peer: any of them counts as found by the right check.
    right: Callable[[str], frozenset[str]]
