"""Columns that are a forbidden one under another name: found in the raw values of reference and dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import Drawn
from modelcheck.checks.explainability.telling import Seen, Telling, seen_of, telling
from modelcheck.checks.words import number, short

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NEAR_COPY", "NearCopies", "StandIn", "kept_columns", "near_copies", "unwanted"]

NEAR_COPY = 0.8
"""A column that tells this much of another one is counted as that column."""
_PROVED = 0.5  # what it tells at least, so that a handful of rows counts no column
_MOST_ROWS = 20_000
_FEWEST_ROWS = 4_000
_MOST_CELLS = 4_000_000
_PLAIN = 50  # levels: more of them tell rows apart, and so whatever is the same in all rows of one person
_ROWS_A_LEVEL = 5
_COPIED = 0.1  # of the rows: fewer different ones are what columns of few values have


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """What one column tells of an unwanted one.

    Attributes
    ----------
    column : str
        The unwanted column.
    told : Telling
        How much of it.
    open : str
        Why nobody knows whether it is a near-copy; empty where it is known.
    """

    column: str
    told: Telling
    open: str = ""

    @property
    def copy(self) -> bool:
        """Whether it counts as the unwanted column."""
        return self.told.value >= NEAR_COPY and not self.open


@dataclass(frozen=True, slots=True, kw_only=True)
class NearCopies:
    """What the columns that the candidate is given tell of the unwanted ones.

    Attributes
    ----------
    best : mapping of str to StandIn
        By column: the unwanted one that it may be a copy of, or tells most of. Unwanted columns aren't in it.
    constant : tuple of str
        Unwanted columns that are the same in all rows, so that nothing can be a copy of them.
    rows : int
        Rows that were compared.
    """

    best: Mapping[str, StandIn]
    constant: tuple[str, ...]
    rows: int

    @property
    def counted(self) -> tuple[str, ...]:
        """Columns that are near-copies."""
        return tuple(name for name, one in self.best.items() if one.copy)

    @property
    def open(self) -> tuple[str, ...]:
        """Columns of which nobody knows."""
        return tuple(name for name, one in self.best.items() if one.open)


def unwanted(context: Context) -> tuple[str, ...]:
    """Return the columns that must not drive answers: the forbidden ones, else the protected ones."""
    return context.forbidden or tuple(dict.fromkeys(context.rows.protected))


def near_copies(context: Context, ready: Drawn) -> NearCopies:
    """Compare every column that the candidate is given with every unwanted one; made once a run.

    Parameters
    ----------
    context : Context
        With `asking`.
    ready : Drawn
        The run's sample.
    """
    return context.share("explainability-near-copies", lambda: _compare(context, ready))


def kept_columns(context: Context, ready: Drawn) -> frozenset[str]:
    """Return the columns that are never left out of explanations: unwanted ones, their near-copies, and canaries."""
    wanted = {*context.forbidden, *context.rows.protected, *context.canary}
    if unwanted(context):
        found = near_copies(context, ready)
        wanted |= {*found.counted, *found.open}
    return frozenset(wanted & set(ready.columns))


def _compare(context: Context, ready: Drawn) -> NearCopies:
    wanted = unwanted(context)
    values = _values(context, ready, wanted)
    seen = {name: seen_of(values[name]) for name in values.columns}
    constant = tuple(name for name in wanted if seen[name].levels < 2)
    best: dict[str, StandIn] = {}
    for name in ready.columns:
        if name in wanted:
            continue
        for column in wanted:
            one = _stand_in(name, seen[name], column, seen[column], context.generator(f"telling {name} {column}"))
            if name not in best or _rank(one) > _rank(best[name]):
                best[name] = one
    return NearCopies(best=best, constant=constant, rows=len(values))


def _rank(one: StandIn) -> tuple[bool, bool, float]:
    return one.copy, bool(one.open), one.told.value


def _stand_in(name: str, by: Seen, column: str, of: Seen, rng: np.random.Generator) -> StandIn:
    told = telling(by, of, rng)
    return StandIn(column=column, told=told, open=_doubt(name, by, column, of, told, rng))


def _doubt(name: str, by: Seen, column: str, of: Seen, told: Telling, rng: np.random.Generator) -> str:
    """Say why nobody knows whether a column is a near-copy."""
    if by.levels < 2 or of.levels < 2 or told.high < NEAR_COPY:
        return ""  # a column without two values stands for nothing; of a constant one it is said elsewhere
    what, of_what = short(name), short(column)
    if told.value < NEAR_COPY or told.low < _PROVED:
        if by.place is None and by.repeated < 0.5:
            return f"{what} has too many values to be compared with {of_what}"
        return f"{what} tells {number(told.value)} of {of_what}, up to {number(told.high)}"
    plain = told.in_order or by.levels <= _PLAIN
    plain = plain or (by.place is None and len(by.level) >= _ROWS_A_LEVEL * by.levels)
    if plain or telling(of, by, rng).value >= NEAR_COPY:
        return ""
    return f"{what} has so many values that it tells rows apart, {of_what} with them (several of one person? cluster)"


def _values(context: Context, ready: Drawn, wanted: tuple[str, ...]) -> pd.DataFrame:
    """Return independent rows of the reference and the dataset, with given and unwanted columns."""
    import pandas as pd

    asking = context.asking
    assert asking is not None  # noqa: S101 - `drawn` answered otherwise
    rng = context.generator("explainability near-copies")
    known = asking.support_rows(wanted)
    absent = [name for name in wanted if name not in known.columns]
    names = list(dict.fromkeys((*ready.columns, *wanted)))
    most = min(_MOST_ROWS, max(_FEWEST_ROWS, _MOST_CELLS // max(len(names), 1)))
    drawn = rng.permutation(len(known))[: most - len(ready.rows)]
    parts, clusters = [], []
    if not absent:
        parts.append(known.take(drawn)[names])
        clusters.append(_cluster(context, asking.support_positions()[drawn], ready.source))
    if ready.source == "reference" or absent:
        ids = context.rows.row_id
        at = ready.positions if ids is None else ids[ready.positions].astype(np.intp)
        own = ready.rows[list(ready.columns)].assign(
            **{name: asking.column(name).take(at).array for name in names if name not in ready.columns}
        )
        parts.append(own[names])
        clusters.append(None if context.rows.cluster is None else context.rows.cluster[ready.positions])
    values = pd.concat(parts, ignore_index=True)
    order = rng.permutation(len(values))
    kept = np.ones(len(values), dtype=np.bool_)
    if all(one is not None for one in clusters):
        # Rows of one person are alike in anything: one of each says what columns tell.
        codes = np.concatenate([one for one in clusters if one is not None])
        kept[order] = ~pd.Series(codes[order]).duplicated().to_numpy()
    return values[kept & _first(values[list(ready.columns)])].reset_index(drop=True)


def _cluster(context: Context, positions: NDArray[np.int64], source: str) -> NDArray[Any] | None:
    if context.rows.cluster is None:
        return None
    scored = context.rows if source == "dataset" or context.find_reference is None else context.find_reference()
    if scored is None or scored.cluster is None:
        return None
    if scored.row_id is None:
        return scored.cluster[positions]
    at = np.clip(np.searchsorted(scored.row_id, positions), 0, len(scored) - 1)
    # A row that wasn't scored is nobody's: alone in its cluster.
    return np.where(scored.row_id[at] == positions, scored.cluster[at], -1 - np.arange(len(positions)))


def _first(given: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows aren't copies of an earlier one; all, where columns have so few values that rows coincide."""
    try:
        first = ~given.duplicated().to_numpy()
    except TypeError:  # lists and the like
        first = ~given.astype(str).duplicated().to_numpy()
    if not first.all() and first.mean() >= _COPIED:
        most = max(int(given.loc[first, name].astype(str).nunique()) for name in given.columns)
        if most > 0.5 * first.sum():
            return np.asarray(first)
    return np.ones(len(given), dtype=np.bool_)
