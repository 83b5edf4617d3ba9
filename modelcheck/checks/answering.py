"""A model asked about rows that it may not survive: what it can answer is answered, and the rest is named."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.in_time import OutOfTime, in_time
from modelcheck.errors import AnswerRefused, ModelError, ModelRaised, WorkerDied, WorkerSpent, WorkerTimedOut
from modelcheck.perturb.outcomes import ANSWERED, HUNG, INVALID, RAISED, UNASKED, Outcomes
from modelcheck.scoring.predictor import Answer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CALL_ROWS", "UNNAMED", "Answering", "Askable"]

CALL_ROWS = 1 << 14
UNNAMED = "which one was not found out"
_PATIENCE_S = 30.0  # a call may take this long, and twenty times what its rows took before
_SLOWER = 20.0
_MOST_HUNG = 3
_MOST_DEATHS = 200  # of the model's process: starting another one takes a moment
_MOST_DEADLY_SPLITS = 14  # enough for one row of `CALL_ROWS`
_FRUITLESS = 15  # of them, where not a single part got an answer
_MOST_IN_ALL = 500
_MOST_SPLITS = 128  # failing calls of one piece, before what is left of it stays unasked


class Askable(Protocol):
    """Whoever answers, e.g. ``modelcheck.scoring.asking.Asking``."""

    def answer(self, rows: pd.DataFrame) -> Answer:
        """Return validated answers, or raise ModelError."""
        ...


class Answering:
    """Answers to pieces of rows, stacked into few calls.

    A call that raises is asked again piece by piece, and the piece that raises is halved until the rows are known. A
    call that takes too long is broken off; after three of them nothing more is asked that hangs. Where the model's
    process dies, one row of a piece is found, and nothing more is asked after 200 deaths.

    Parameters
    ----------
    asking : Askable
        The model.
    most_rows : int or None
        How many rows may be asked about, those asked again included; None: any number. Rows beyond it are `UNASKED`.
    patience_s : float
        Seconds that any call may take.
    """

    def __init__(self, asking: Askable, *, most_rows: int | None = None, patience_s: float = _PATIENCE_S) -> None:
        self._asking = asking
        self._most_rows = most_rows
        self._patience_s = patience_s
        self._seconds_a_row = 0.0
        self._hung = 0
        self._died = 0
        self._splits = 0
        self.rows = 0
        self.calls = 0

    def ask(self, pieces: Sequence[pd.DataFrame], apart: Sequence[str] | None = None) -> list[Outcomes]:
        """Return the outcomes of each piece.

        Parameters
        ----------
        pieces : sequence of DataFrame
            Those whose columns have the same names and types are asked about together.
        apart : sequence of str or None
            A word for each piece: those of different words are not asked about together, so that what is likely to
            raise takes nothing else with it.
        """
        found: dict[int, Outcomes] = {}
        for places in _packed(pieces, apart):
            found |= dict(zip(places, self._together([pieces[place] for place in places]), strict=True))
        return [found[place] for place in range(len(pieces))]

    def one(self, rows: pd.DataFrame) -> Outcomes:
        """Return the outcomes of one frame."""
        return self.ask([rows])[0]

    def _together(self, pieces: list[pd.DataFrame]) -> list[Outcomes]:
        import pandas as pd

        sizes = [len(piece) for piece in pieces]
        stacked = pieces[0] if len(pieces) == 1 else pd.concat(pieces, ignore_index=True)
        outcomes = self._try(stacked)
        if isinstance(outcomes, Outcomes):
            ends = np.cumsum(sizes)
            return [outcomes.take(np.arange(end - size, end)) for size, end in zip(sizes, ends, strict=True)]
        if len(pieces) == 1:
            return [self._halved(stacked, outcomes)]
        middle = len(pieces) // 2
        if isinstance(outcomes, OutOfTime | _Spent):
            return [*self._together(pieces[:middle]), *self._together(pieces[middle:])]
        found = [self._together([piece])[0] for piece in pieces]
        if all(bool(np.isin(one.state, (ANSWERED, UNASKED)).all()) for one in found):
            # The call raised, and what was asked again doesn't show where: one of the rows left unasked it is.
            unasked = [place for place, one in enumerate(found) if (one.state == UNASKED).any()]
            if unasked:
                found[unasked[0]] = _one_of(pieces[unasked[0]], outcomes)
        return found

    def _try(self, rows: pd.DataFrame) -> Outcomes | ModelError | OutOfTime | _Spent:
        """Ask once; what was raised comes back as a value."""
        if len(rows) == 0:
            return _blank(rows, ANSWERED, "")
        if self._hung >= _MOST_HUNG:
            return _Spent(f"not asked: {self._hung} calls before got no answer in time.")
        if self._died >= _MOST_DEATHS:
            return _Spent(f"not asked: the model's process died {self._died} times before.")
        if not self._affords(len(rows)):
            return _Spent("not asked: the budget of rows is spent.")
        self.rows += len(rows)
        self.calls += 1
        started = time.perf_counter()
        limit = self._patience_s + _SLOWER * self._seconds_a_row * len(rows)
        try:
            answer = in_time(lambda: self._asking.answer(rows), limit)
        except OutOfTime as error:
            self._hung += 1
            return error
        except WorkerTimedOut as error:
            self._hung += 1
            return OutOfTime(str(error))
        except WorkerSpent as error:
            self._died = _MOST_DEATHS
            return _Spent(f"not asked: {error}")
        except WorkerDied as error:
            self._died += 1
            return error
        except AnswerRefused as error:
            return self._without(rows, np.asarray(error.rows, dtype=bool), error)
        except ModelError as error:
            return error
        self._seconds_a_row = max(self._seconds_a_row, (time.perf_counter() - started) / len(rows))
        return Outcomes(
            state=np.zeros(len(rows), dtype=np.int8), score=answer.score, decision=answer.decision, messages={}
        )

    def _without(
        self, rows: pd.DataFrame, bad: NDArray[np.bool_], error: ModelError
    ) -> Outcomes | ModelError | OutOfTime | _Spent:
        """Ask about the rows with a valid answer alone; which have none is known."""
        if len(bad) != len(rows) or not bad.any():
            return error
        refused = _blank(rows, INVALID, str(error))
        if bad.all():
            return refused
        good = np.flatnonzero(~bad)
        rest = self._try(rows.take(good).reset_index(drop=True))
        if not isinstance(rest, Outcomes):
            return rest
        # First the good ones, then the bad, and each back to its place.
        both = joined([rest, refused.take(np.flatnonzero(bad))])
        order = np.empty(len(rows), dtype=np.intp)
        order[np.concatenate([good, np.flatnonzero(bad)])] = np.arange(len(rows))
        found = both.take(order)
        found.messages.setdefault(int(np.argmax(bad)), str(error))
        return found

    def _halved(self, rows: pd.DataFrame, error: ModelError | OutOfTime | _Spent) -> Outcomes:
        """Find the rows that a failing piece fails for."""
        n = len(rows)
        if n == 1 or isinstance(error, OutOfTime | _Spent):
            return _blank(rows, _state(error), str(error))
        ends = sorted({0, n // 2, n - 1})
        if not self._affords(len(ends)):
            return _one_of(rows, error)
        probes = [self._try(rows.iloc[[place]].reset_index(drop=True)) for place in ends]
        if not any(isinstance(probe, Outcomes) for probe in probes):
            # Whatever row is asked about: no need to ask about each.
            return _blank(rows, _state(error), str(error))
        parts: dict[int, Outcomes] = {}
        left: list[tuple[int, int, ModelError | OutOfTime | _Spent]] = [(0, n, error)]
        splits, answered = 0, False
        # Where every failing call costs a process, one row of a piece is found and the others aren't looked for.
        deadly = isinstance(error, WorkerDied)
        most = _MOST_DEADLY_SPLITS if deadly else _MOST_SPLITS
        while left:
            begin, end, reason = left.pop(-1 if deadly else 0)
            size = end - begin
            if size == 1 or isinstance(reason, OutOfTime | _Spent):
                parts[begin] = _blank(rows.iloc[begin:end], _state(reason), str(reason))
                continue
            hopeless = splits >= _FRUITLESS and not answered
            if splits >= most or hopeless or self._splits >= _MOST_IN_ALL or not self._affords(size):
                parts[begin] = _one_of(rows.iloc[begin:end], reason)
                continue
            splits += 1
            self._splits += 1
            middle = (begin + end) // 2
            for first, last in ((begin, middle), (middle, end)):
                outcome = self._try(rows.iloc[first:last].reset_index(drop=True))
                if isinstance(outcome, Outcomes):
                    parts[first], answered = outcome, True
                else:
                    left.append((first, last, outcome))
        return joined([parts[begin] for begin in sorted(parts)])

    def _affords(self, rows: int) -> bool:
        return self._most_rows is None or self.rows + rows <= self._most_rows


class _Spent(Exception):
    """No rows are left to ask with."""


def joined(parts: Sequence[Outcomes]) -> Outcomes:
    """Return outcomes one after the other; those without any answer have the columns of the others.

    Parameters
    ----------
    parts : sequence of Outcomes
        At least one.
    """
    answered = next((part for part in parts if part.score is not None or part.decision is not None), parts[0])
    messages: dict[int, str] = {}
    start = 0
    for part in parts:
        messages |= {start + place: text for place, text in part.messages.items()}
        start += len(part)
    return Outcomes(
        state=np.concatenate([part.state for part in parts]),
        score=None if answered.score is None else np.concatenate([scores_like(part, answered.score) for part in parts]),
        decision=None if answered.decision is None else np.concatenate([decisions_like(part) for part in parts]),
        messages=messages,
    )


def scores_like(outcomes: Outcomes, model: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scores, NaN where a frame got no answer at all, with as many columns as `model` has."""
    if outcomes.score is not None:
        return outcomes.score
    return np.full((len(outcomes), *model.shape[1:]), np.nan)


def decisions_like(outcomes: Outcomes) -> NDArray[np.int16]:
    """Return the decisions, -1 where a frame got no answer at all."""
    return np.full(len(outcomes), -1, dtype=np.int16) if outcomes.decision is None else outcomes.decision


def _packed(pieces: Sequence[pd.DataFrame], apart: Sequence[str] | None) -> list[list[int]]:
    """Return which pieces are asked about together: the same columns and types, at most `CALL_ROWS` rows."""
    groups: dict[tuple[str, ...], list[list[int]]] = {}
    filled: dict[tuple[str, ...], int] = {}
    for place, piece in enumerate(pieces):
        word = "" if apart is None else apart[place]
        key = (word, *map(str, piece.columns), *map(_type_name, piece.dtypes))
        packs = groups.setdefault(key, [])
        if not packs or filled[key] + len(piece) > CALL_ROWS:
            packs.append([])
            filled[key] = 0
        packs[-1].append(place)
        filled[key] += len(piece)
    return [pack for packs in groups.values() for pack in packs]


def _type_name(kind: object) -> str:
    # Categories of another list are another type, and stacked they would be none.
    categories = getattr(kind, "categories", None)
    return f"{kind!s} {hash(tuple(categories)) if categories is not None else ''}"


def _state(error: ModelError | OutOfTime | _Spent) -> int:
    if isinstance(error, _Spent):
        return UNASKED
    if isinstance(error, OutOfTime):
        return HUNG
    return RAISED if isinstance(error, ModelRaised) else INVALID


def _one_of(rows: pd.DataFrame, error: ModelError | OutOfTime | _Spent) -> Outcomes:
    """Return what is known where a call failed and nothing is left to find out for which row: it is one at least."""
    state = np.full(len(rows), UNASKED, dtype=np.int8)
    state[0] = _state(error)
    text = f"one of {len(rows):,} rows, {UNNAMED}: {error}"
    return Outcomes(state=state, score=None, decision=None, messages={0: text})


def _blank(rows: pd.DataFrame, state: int, message: str) -> Outcomes:
    return Outcomes(
        state=np.full(len(rows), state, dtype=np.int8),
        score=None,
        decision=None,
        messages={0: message} if message else {},
    )
