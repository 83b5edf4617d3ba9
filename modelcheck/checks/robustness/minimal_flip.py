"""The smallest plausible change of one entry that flips a decision, for rows near the boundary and far from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.answering import Answering
from modelcheck.checks.cells import cell
from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.robustness.measuring import Measured, measured, nothing
from modelcheck.checks.robustness.sweep.asked import Prepared
from modelcheck.checks.robustness.sweep.asking import NO_BUDGET, positions_of, prepared
from modelcheck.checks.words import count, number, short
from modelcheck.perturb.falsify.change import Change, apply_change
from modelcheck.perturb.outcomes import Outcomes
from modelcheck.perturb.profile import ColumnProfile
from modelcheck.record.evidence import Evidence, Finding, Severity, Table
from modelcheck.stats.design import Design
from modelcheck.stats.rates import rate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["minimal_flip"]

_SHARE = 0.06  # of the budget
_ROWS = 120  # half of them nearest to the boundary, half drawn from the others
_FEWEST = 10
_POINTS = 9
_LEVELS = 6
_EXAMPLES = 5
_LEVEL = 0.95
_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Move:
    """One value that a column may take instead."""

    column: ColumnProfile
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Flips:
    """Which moves flip which rows.

    Attributes
    ----------
    rows : ndarray of int, shape (n_rows,)
        Places in the sample.
    near : ndarray of bool, shape (n_rows,)
        Whether a row is one of those nearest to the boundary.
    moves : tuple of _Move
        What was tried.
    flipped : ndarray of bool, shape (n_moves, n_rows)
        Whether the decision is another one.
    distance : ndarray of float64, shape (n_moves, n_rows)
        How far the entry moved: robust standard deviations of a number, 1 for another category; NaN where it is the
        same.
    """

    rows: NDArray[np.intp]
    near: NDArray[np.bool_]
    moves: tuple[_Move, ...]
    flipped: NDArray[np.bool_]
    distance: NDArray[np.float64]

    @property
    def smallest(self) -> NDArray[np.float64]:
        """Smallest distance that flips each row by one number; infinite where none does."""
        numeric = np.array([move.column.numeric for move in self.moves])
        reached = np.where(self.flipped & numeric[:, None], self.distance, np.inf)
        return reached.min(axis=0) if len(reached) else np.full(len(self.rows), np.inf)


def minimal_flip(context: Context) -> Evidence:
    """Look for the smallest change of one entry, within the reference's support, that flips the decision.

    Parameters
    ----------
    context : Context
        Of a classification task, with `asking`.

    Returns
    -------
    Evidence
        ``one_entry_flip_rate``: the share of rows whose decision some other value of one column flips, of rows drawn at
        random (those nearest to the boundary are shown beside them). Tables of columns and of the smallest flips. The
        baseline's share beside it where it can be asked.

    References
    ----------
    Wachter, S., Mittelstadt, B. and Russell, C. (2018). Counterfactual explanations without opening the black box.
    Harvard Journal of Law & Technology 31, 841-887 (distances scaled by a robust spread).
    """
    found = measured(context)
    ready = prepared(context)
    if isinstance(found, str) or isinstance(ready, str):
        return nothing(str(found))
    if found.sweep.before.decision is None:
        return Evidence(not_applicable="the candidate gives no decisions that could flip.")
    moves = _moves(ready)
    if not moves:
        return Evidence(not_applicable="no column can take another value.")
    sides = 2 if context.asking_baseline is not None else 1
    wanted = min(_ROWS, int(_SHARE * context.budget) // (sides * len(moves)))
    if wanted < _FEWEST:
        return nothing(
            f"{NO_BUDGET} Of {context.budget:,} rows it has {wanted} for each of {len(moves):,} values; "
            f"{_FEWEST} are needed."
        )
    rows, near = _chosen(context, found, wanted)
    asking = context.asking
    assert asking is not None  # noqa: S101 - `measured` answered otherwise
    most = int(_SHARE * context.budget) // sides
    own = Answering(asking, most_rows=most)
    flips = _flips(ready, found, own, rows, near, moves, found.sweep.before)
    base, asked = None, own.rows
    if context.asking_baseline is not None and found.sweep.baseline is not None:
        rival = Answering(context.asking_baseline, most_rows=most)
        theirs = _flips(ready, found, rival, rows, near, moves, found.sweep.baseline)
        base = _rate(found, theirs)
        asked += rival.rows
    return _evidence(context, found, ready, flips, base, asked)


def _moves(ready: Prepared) -> list[_Move]:
    moves = []
    for column in ready.profile.columns.values():
        if column.numeric:
            places = np.unique(np.linspace(0, len(column.points) - 1, _POINTS).round().astype(np.intp))
            moves += [_Move(column=column, value=_plain(column, float(value))) for value in column.points[places]]
        elif len(column.levels) > 1:
            moves += [_Move(column=column, value=value) for value in column.levels[:_LEVELS]]
    return moves


def _plain(column: ColumnProfile, value: float) -> float | int:
    return int(value) if column.kind == "integer" and value.is_integer() else value


def _chosen(context: Context, found: Measured, wanted: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the rows nearest to the boundary, and as many of the others; the sample is in random order."""
    distance = _from_boundary(context, found.sweep.before)
    half = min(wanted // 2, len(distance) // 2)
    close = np.argsort(distance, kind="stable")[:half]
    is_close = np.zeros(len(distance), dtype=bool)
    is_close[close] = True
    rows = np.sort(np.concatenate([close, np.flatnonzero(~is_close)[: wanted - half]]))
    return rows, is_close[rows]


def _from_boundary(context: Context, before: Outcomes) -> NDArray[np.float64]:
    score = before.score
    if score is None:
        return np.zeros(len(before))
    if score.ndim == 1:
        threshold = 0.5 if context.threshold is None else context.threshold
        return np.abs(score - threshold)
    ordered = np.sort(score, axis=1)
    margin: NDArray[np.float64] = ordered[:, -1] - ordered[:, -2]
    return margin


def _flips(
    ready: Prepared,
    found: Measured,
    answering: Answering,
    rows: NDArray[np.intp],
    near: NDArray[np.bool_],
    moves: list[_Move],
    before: Outcomes,
) -> _Flips:
    taken: pd.DataFrame = ready.rows.take(rows).reset_index(drop=True)
    was = before.take(rows)
    flipped = np.zeros((len(moves), len(rows)), dtype=bool)
    distance = np.full((len(moves), len(rows)), np.nan)
    pieces, at = [], []
    for number_, move in enumerate(moves):
        distance[number_] = _distance(taken[move.column.name], move)
        differs = np.flatnonzero(np.isfinite(distance[number_]))
        if len(differs):
            piece = taken.take(differs).reset_index(drop=True)
            pieces.append(apply_change(piece, Change(values={move.column.name: move.value})))
            at.append((number_, differs))
    for (number_, differs), outcomes in zip(at, answering.ask(pieces), strict=True):
        flipped[number_, differs] = found.measures.flipped(was.take(differs), outcomes) & outcomes.answered
    return _Flips(rows=rows, near=near, moves=tuple(moves), flipped=flipped, distance=distance)


def _distance(values: pd.Series, move: _Move) -> NDArray[np.float64]:
    gone = values.isna().to_numpy()
    if move.column.numeric:
        spread = move.column.spread or 1.0
        found = np.abs(values.to_numpy(dtype=np.float64, na_value=np.nan) - float(move.value)) / spread
    else:
        found = (values.to_numpy(dtype=object) != move.value).astype(np.float64)
    found[gone | (found == 0.0)] = np.nan
    return np.asarray(found, dtype=np.float64)


def _rate(found: Measured, flips: _Flips) -> Any:
    far = ~flips.near
    any_ = np.asarray(flips.flipped.any(axis=0))[far]
    design: Design = design_of(found.measures.rows).take(flips.rows[far])
    return rate(any_, metric="one_entry_flip_rate", confidence=_LEVEL, design=design)


def _evidence(context: Context, found: Measured, ready: Prepared, flips: _Flips, base: Any, asked: int) -> Evidence:
    estimate = _rate(found, flips)
    any_near = float(np.asarray(flips.flipped.any(axis=0))[flips.near].mean()) if flips.near.any() else float("nan")
    lines = _by_column(flips)
    smallest = flips.smallest[~flips.near]
    reached = smallest[np.isfinite(smallest)]
    reading = (
        f"Another plausible value of one column flips {number(100.0 * (estimate.value or 0.0))} of 100 decisions "
        f"away from the boundary, and {number(100.0 * any_near)} of 100 of those nearest to it."
    )
    if len(reached):
        reading += f" Where one number does it, half need at most {number(float(np.median(reached)))} robust spreads."
    if base is not None:
        reading += f" The baseline: {number(100.0 * (base.value or 0.0))} of 100."
    if lines:
        reading += f" Most often it is {lines[0][0]}."
    reading += (
        f" {count(len(flips.rows), 'row')}, {len(flips.moves):,} values; what is shown describes, and accuses nobody."
    )
    return Evidence(
        estimate=estimate,
        baseline=base,
        findings=_findings(context, found, ready, flips),
        tables=(
            Table(
                name="by column",
                columns=("column", "values tried", "share of rows it flips", "median smallest move", "of rows near"),
                rows=tuple(lines[:_SHOWN]),
                note=(
                    "Rows away from the boundary, then the rows nearest to it. Moves in robust spreads; a category "
                    "has no size." + (f" The first {_SHOWN} of {len(lines)}." if len(lines) > _SHOWN else "")
                ),
            ),
        ),
        reading=reading,
        predicted_rows=asked,
    )


def _by_column(flips: _Flips) -> list[tuple[Any, ...]]:
    lines: list[tuple[Any, ...]] = []
    names = list(dict.fromkeys(move.column.name for move in flips.moves))
    for name in names:
        mine = np.array([move.column.name == name for move in flips.moves])
        numeric = next(move.column.numeric for move in flips.moves if move.column.name == name)
        hit = np.asarray(flips.flipped[mine].any(axis=0))
        moved = np.where(flips.flipped[mine], flips.distance[mine], np.inf).min(axis=0)
        reached = moved[~flips.near & np.isfinite(moved)]
        lines.append(
            (
                short(name),
                int(mine.sum()),
                float(hit[~flips.near].mean()) if not flips.near.all() else None,
                float(np.median(reached)) if numeric and len(reached) else None,
                float(hit[flips.near].mean()) if flips.near.any() else None,
            )
        )
    return sorted(lines, key=lambda line: -(line[2] or 0.0))


def _findings(context: Context, found: Measured, ready: Prepared, flips: _Flips) -> tuple[Finding, ...]:
    """Tell the smallest flips of rows away from the boundary, one a row, the smallest first."""
    numeric = np.array([move.column.numeric for move in flips.moves])
    reached = np.where(flips.flipped & numeric[:, None] & ~flips.near, flips.distance, np.inf)
    best = reached.argmin(axis=0)
    size = reached[best, np.arange(len(flips.rows))]
    order = [row for row in np.argsort(size, kind="stable")[:_EXAMPLES].tolist() if np.isfinite(size[row])]
    if not order:
        return ()
    examples = []
    for row in order:
        move = flips.moves[int(best[row])]
        was = ready.rows[move.column.name].iloc[int(flips.rows[row])]
        own = found.sweep.before
        decision = "" if own.decision is None else short(context.rows.classes[int(own.decision[flips.rows[row]])])
        examples.append(
            {
                "row": int(positions_of(context, found.sweep.positions[[int(flips.rows[row])]])[0]),
                "column": short(move.column.name),
                "change": f"{cell(was)} -> {cell(move.value)}",
                "robust spreads": float(size[row]),
                "decision before": decision,
            }
        )
    return (
        Finding(
            title="Smallest changes of one number that flip a decision away from the boundary",
            n=int((~flips.near).sum()),
            effect=float(size[order[0]]),
            severity=Severity.INFO,
            examples=tuple(examples),
            reproduce="Set the column of a row shown to the second value and ask the candidate again.",
        ),
    )
