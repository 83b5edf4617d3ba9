"""How far a run is: predicted rows and gates, done and planned. Counted at each batch; nothing here draws or judges."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

__all__ = ["Standing", "Tally"]

_FEW = 3  # gates; before, what they take besides predicting is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a run is at one moment.

    Attributes
    ----------
    gate : str
        Id of the gate that runs; empty between gates.
    gates_done, gates : int
        Finished, and planned.
    rows : int
        Predicted so far, each time that a row was asked about.
    most_rows : int or None
        How many it will be at most; None while a table's length isn't known.
    seconds_left : float or None
        Estimated from the speed so far, as if all of `most_rows` were needed; None while too little is known.
    """

    gate: str
    gates_done: int
    gates: int
    rows: int
    most_rows: int | None
    seconds_left: float | None


class Tally:
    """Counts what a run predicts, for whoever shows it.

    Parameters
    ----------
    suites : sequence of str
        The suite of each planned gate.
    allowed : mapping of str to int
        How many changed rows a suite may ask about.
    again : mapping of str to int
        How often a suite may ask about every row of the dataset, beside that.

    Notes
    -----
    What a suite was allowed and did not use is no longer planned once its last gate is done, so the bound only falls.
    Counting takes a microsecond a batch. Threads may count at the same time.
    """

    def __init__(
        self,
        suites: Sequence[str] = (),
        *,
        allowed: Mapping[str, int] | None = None,
        again: Mapping[str, int] | None = None,
    ) -> None:
        self._lock = Lock()
        self._gates = len(suites)
        self._waiting = Counter(suites)
        self._allowed = dict(allowed or {})
        self._again = dict(again or {})
        self._tables: dict[str, int] = {}
        self._used: Counter[str] = Counter()
        self._gate = self._suite = ""
        self._done = 0
        self._predicting = 0.0
        self._started = self._heard = 0.0

    def begin(self, gate: str, suite: str) -> None:
        """Note that a gate begins; rows that are asked about count for its suite."""
        with self._lock:
            self._gate, self._suite = gate, suite
            self._heard = time.perf_counter()
            self._started = self._started or self._heard

    def end(self) -> None:
        """Note that the gate is done."""
        with self._lock:
            self._waiting[self._suite] -= 1
            self._gate = self._suite = ""
            self._done += 1
            self._heard = time.perf_counter()

    @contextmanager
    def during(self, gate: str, suite: str) -> Iterator[None]:
        """Note that a gate begins, and that it is done, however it ends."""
        self.begin(gate, suite)
        try:
            yield
        finally:
            self.end()

    def plan(self, table: str, rows: int, models: int = 1) -> None:
        """Note how long a table is, and how many models predict each of its rows once.

        Parameters
        ----------
        table : str
            ``dataset`` or ``reference``.
        rows, models : int
            `models` is 0 where the predictions lie in the table.
        """
        with self._lock:
            self._tables[table] = rows * models

    def predicted(self, rows: int, seconds: float, table: str = "") -> None:
        """Count rows that a model has answered about.

        Parameters
        ----------
        rows : int
            How many.
        seconds : float
            How long it took.
        table : str
            Whose rows they are; empty for rows that a gate has changed.
        """
        with self._lock:
            self._used[table or f"asked by {self._suite}"] += rows
            self._predicting += seconds
            self._heard = time.perf_counter()

    def standing(self) -> Standing:
        """Return how far the run is now."""
        with self._lock:
            rows = self._used.total()
            left = self._rows_left()
            return Standing(
                gate=self._gate,
                gates_done=self._done,
                gates=max(self._gates, self._done),
                rows=rows,
                most_rows=None if left is None else rows + left,
                seconds_left=None if left is None else self._seconds_left(rows, left),
            )

    def _rows_left(self) -> int | None:
        if "dataset" not in self._tables:
            return None
        left = sum(max(most - self._used[table], 0) for table, most in self._tables.items())
        for suite, gates in self._waiting.items():
            if gates > 0:
                most = self._allowed.get(suite, 0) + self._again.get(suite, 0) * self._tables["dataset"]
                left += max(most - self._used[f"asked by {suite}"], 0)
        return left

    def _seconds_left(self, rows: int, left: int) -> float | None:
        others = max(self._heard - self._started - self._predicting, 0.0)
        if not rows or (self._done < _FEW and others > self._predicting):
            return None
        each = others / self._done if self._done >= _FEW else 0.0
        estimated = left * self._predicting / rows + max(self._gates - self._done, 0) * each
        # What was counted last is the latest that is known; since then time has only passed.
        remaining = estimated - (time.perf_counter() - self._heard)
        return remaining if remaining > 0.0 else None
