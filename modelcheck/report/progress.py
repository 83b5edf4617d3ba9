"""A line that tells how far a run is, shown while it runs."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from modelcheck.record.numbers import format_count, format_duration
from modelcheck.report.text import shorten

__all__ = ["LiveLine", "Screen", "Standing", "progress_line"]

_EVERY_S = 0.25
_SPINNER = "|/-\\"
_NAME = 60


class Standing(Protocol):
    """How far a run is, as `modelcheck.scoring.progress.Standing` tells it."""

    @property
    def gate(self) -> str:
        """Id of the gate that runs; empty between gates."""
        ...

    @property
    def gates_done(self) -> int:
        """Gates that are finished."""
        ...

    @property
    def gates(self) -> int:
        """Gates that are planned."""
        ...

    @property
    def rows(self) -> int:
        """Rows predicted so far."""
        ...

    @property
    def most_rows(self) -> int | None:
        """How many it will be at most; None while that isn't known."""
        ...

    @property
    def seconds_left(self) -> float | None:
        """About how long it takes if all of them are needed; None while that isn't known."""
        ...


class Screen(Protocol):
    """Where a line is shown."""

    def show(self, line: str) -> None:
        """Show a line in the place of the one before."""
        ...

    def clear(self) -> None:
        """Take the line away; called once, also when none was shown."""
        ...


def progress_line(standing: Standing) -> str:
    """Return how far a run is, in a line; what matters least stands last, where a narrow screen cuts it off.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> known = {"gates_done": 4, "gates": 61, "rows": 2_000, "most_rows": 13_000, "seconds_left": 65.0}
    >>> progress_line(SimpleNamespace(gate="robustness::noise", **known))
    'gate 5 of 61, 2,000 of at most 13,000 rows predicted, about 1 min 5 s left or less, robustness::noise'
    """
    number = min(standing.gates_done + bool(standing.gate), standing.gates)
    most = "" if standing.most_rows is None else f" of at most {format_count(standing.most_rows)}"
    parts = [
        f"gate {format_count(number)} of {format_count(standing.gates)}",
        f"{format_count(standing.rows)}{most} rows predicted",
    ]
    if standing.seconds_left is not None:
        parts.append(f"about {_left(standing.seconds_left)} left or less")
    if standing.gate:
        parts.append(shorten(standing.gate, _NAME, "..."))
    return ", ".join(parts)


def _left(seconds: float) -> str:
    whole = math.ceil(seconds)
    return f"{whole} s" if whole < 60 else format_duration(whole)


class LiveLine:
    """Shows a line again and again, from a thread of its own, until it is stopped.

    Parameters
    ----------
    look : callable
        Returns the line, without arguments; an empty one shows nothing.
    screen : Screen
        Where.
    after_s : float
        What is over sooner shows nothing at all.
    """

    def __init__(self, look: Callable[[], str], screen: Screen, *, after_s: float = 2.0) -> None:
        self._look = look
        self._screen = screen
        self._after_s = after_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="modelcheck-progress", daemon=True)

    def __enter__(self) -> LiveLine:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._screen.clear()

    def _run(self) -> None:
        turn = 0
        waiting = self._after_s
        while not self._over.wait(waiting):
            waiting = _EVERY_S
            if line := self._look():
                try:
                    self._screen.show(f"{_SPINNER[turn % len(_SPINNER)]} {line}")
                except OSError:
                    return  # the terminal is gone, and whatever runs goes on without
                turn += 1
