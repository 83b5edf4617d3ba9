"""Rows of a dataset and the stored outputs of a baseline, put side by side by their row keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.data.names import shown_list
from modelcheck.data.row_keys import RowKeys
from modelcheck.errors import BaselineError
from modelcheck.history.baseline import StoredBaseline
from modelcheck.history.outputs import Outputs
from modelcheck.record.numbers import format_share
from modelcheck.scoring.rows import ScoredRows

__all__ = ["Pairing", "columns_gone", "pair"]

_MEND = (
    "Accept a baseline on these rows with `pytest --modelcheck --modelcheck-baseline=accept --modelcheck-force`, or "
    "run without one: --modelcheck-baseline=ignore."
)
# Two of n random names of 64 bits agree with probability n squared / 2 ** 65; more than a few never do.
_MOST_TIES = 4
# Labels get corrected, but not every tenth of them: then another column, or turned classes, pose as the truth.
_MOST_RELABELLED = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Candidate and stored baseline on the same rows.

    Attributes
    ----------
    candidate : ScoredRows
        The rows that both have answers for, in the dataset's order.
    baseline : ScoredRows
        The same rows with the stored answers; truth, groups, slices and weights are the dataset's.
    positions : ndarray of int64 or None
        Position of each of them in the dataset; None: every row is paired.
    note : str
        What a reader must know, in one or a few sentences; empty when every row is paired and nothing has changed.
    """

    candidate: ScoredRows
    baseline: ScoredRows
    positions: NDArray[np.int64] | None = None
    note: str = ""


def pair(rows: ScoredRows, keys: RowKeys, stored: StoredBaseline, *, threshold: float | None = None) -> Pairing:
    """Pair the rows of a dataset with the stored outputs of a baseline.

    Parameters
    ----------
    rows : ScoredRows
        The whole dataset scored by the candidate, in the table's order.
    keys : RowKeys
        Of the same rows.
    stored : StoredBaseline
        The accepted baseline.
    threshold : float or None
        The candidate's; the baseline inherits it where it gave probabilities.

    Returns
    -------
    Pairing
        At least one row.

    Raises
    ------
    BaselineError
        Another task, other classes, rows named otherwise, other columns, no unchanged row in common, too many labels
        that changed, or a damaged store.
    """
    _refuse_another_question(rows, keys, stored)
    outputs = stored.read_outputs()
    found = _Found.of(keys, outputs)
    if not found.known:
        within = f" ({shown_list(keys.columns)})" if keys.kind == "content" else ""
        raise BaselineError(
            f"None of the {len(rows):,} rows of this dataset has a stored output: the baseline was accepted on "
            f"{len(outputs):,} other rows. Rows are told by their {keys.kind}{within}. {_MEND}"
        )
    if found.changed == found.known:
        raise BaselineError(
            f"All {found.known:,} rows of this dataset that have a stored output hold other values than when the "
            f"baseline answered (in {shown_list(keys.columns)}): the same keys name other rows. {_MEND}"
        )
    candidate = rows if found.positions is None else rows.take(found.positions)
    turned = _Turned.of(outputs, found.places, _order_of_classes(rows.classes, stored.facts.classes), rows.task)
    decision, inherited = _decide(turned, stored, rows.task, threshold)
    told = (
        _overlap(len(rows), found, len(outputs), stored),
        _labels_changed(candidate.target, turned.target, stored),
        inherited,
    )
    return Pairing(
        candidate=candidate,
        baseline=replace(candidate, score=turned.score, decision=decision),
        positions=found.positions,
        note=" ".join(filter(None, told)),
    )


def columns_gone(stored: StoredBaseline, gone: Sequence[str]) -> BaselineError:
    """Return why a table without some columns of the stored baseline can't be paired with it."""
    return BaselineError(
        f"The stored baseline {stored.place} tells rows by columns that this dataset lacks: {shown_list(gone)}. Bring "
        f"them back; as columns that no model reads they do no harm. Or: {_MEND}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Which rows are the same ones: `positions` in the dataset and `places` in the store, None for all in order."""

    positions: NDArray[np.int64] | None
    places: NDArray[np.intp] | None
    known: int
    changed: int

    @classmethod
    def of(cls, keys: RowKeys, stored: Outputs) -> _Found:
        places = _places(keys.values, stored.keys)
        positions = None
        if places is not None and len(places) and places.min() < 0:
            positions = np.flatnonzero(places >= 0).astype(np.int64)
            places = places[positions]
        known = len(keys) if positions is None else len(positions)
        same = _unchanged(keys.content, positions, stored.content, places)
        if same is None:
            return cls(positions=positions, places=places, known=known, changed=0)
        kept = np.flatnonzero(same)
        return cls(
            positions=kept.astype(np.int64) if positions is None else positions[kept],
            places=kept if places is None else places[kept],
            known=known,
            changed=known - len(kept),
        )


def _unchanged(
    now: NDArray[np.uint64] | None,
    positions: NDArray[np.int64] | None,
    then: NDArray[np.uint64] | None,
    places: NDArray[np.intp] | None,
) -> NDArray[np.bool_] | None:
    """Return which paired rows hold what they held; None when all do, or rows are told by that anyway."""
    if now is None or then is None:
        return None
    same: NDArray[np.bool_] | None = None
    for lane in (0, 1):
        left = now[:, lane] if positions is None else now[positions, lane]
        equal = left == (then[:, lane] if places is None else then[places, lane])
        same = equal if same is None else np.logical_and(same, equal, out=same)
    return None if same is None or same.all() else same


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turned:
    """Stored outputs in the order of the dataset's rows and of the candidate's classes."""

    target: NDArray[Any]
    score: NDArray[np.float64] | None
    decision: NDArray[np.int16] | None
    reordered: bool

    @classmethod
    def of(cls, stored: Outputs, places: NDArray[np.intp] | None, order: NDArray[np.intp] | None, task: str) -> _Turned:
        def taken(values: Any) -> Any:
            return values if values is None or places is None else values[places]

        target, score, decision = taken(stored.target), taken(stored.score), taken(stored.decision)
        if order is not None:
            codes = np.argsort(order).astype(np.int16)
            target, decision = codes[target], codes[decision]
            if score is not None:
                score = score[:, order] if task == "multiclass" else 1.0 - score
        return cls(target=target, score=score, decision=decision, reordered=order is not None)


def _refuse_another_question(rows: ScoredRows, keys: RowKeys, stored: StoredBaseline) -> None:
    facts = stored.facts
    if facts.task != rows.task:
        raise BaselineError(
            f"The stored baseline {stored.place} is for a {facts.task} task, and the task here is {rows.task}: they "
            f"can't be compared. {_MEND}"
        )
    if set(facts.classes) != set(rows.classes):
        raise BaselineError(
            f"The stored baseline {stored.place} knows the classes {shown_list(facts.classes)}, the labels here are "
            f"{shown_list(rows.classes)}: they can't be compared. {_MEND}"
        )
    if facts.key_kind != keys.kind:
        raise BaselineError(
            f"The stored baseline {stored.place} tells rows by their {facts.key_kind}, this run by their {keys.kind}. "
            f"{'Write' if facts.key_kind == 'key' else 'Remove'} `key` under [dataset] as it was then. Or: {_MEND}"
        )


def _places(wanted: NDArray[np.uint64], stored: NDArray[np.uint64]) -> NDArray[np.intp] | None:
    """Return for each wanted key its position among the stored ones, or -1; None when both are the same throughout."""
    if np.array_equal(wanted, stored):
        # The ordinary run: the same file again. Wanted keys are distinct, so these are too.
        return None
    order = np.argsort(stored[:, 0], kind="stable")
    first = stored[order, 0]
    ties = _longest_run(first)
    if ties > 1:
        order = np.lexsort((stored[:, 1], stored[:, 0]))
        ordered = stored[order]
        if ties > _MOST_TIES or (ordered[1:] == ordered[:-1]).all(axis=1).any():
            raise BaselineError(f"The stored outputs repeat row keys: they were not written by modelcheck. {_MEND}")
    # Sorted needles keep the search within the cache.
    needles = np.argsort(wanted[:, 0])
    start = np.searchsorted(first, wanted[needles, 0])
    places = np.full(len(wanted), -1, dtype=np.intp)
    for step in range(ties):
        near = order[np.minimum(start + step, len(order) - 1)]
        hit = (stored[near] == wanted[needles]).all(axis=1)
        places[needles[hit]] = near[hit]
    return places


def _longest_run(ordered: NDArray[np.uint64]) -> int:
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return int(np.diff(np.append(starts, len(ordered))).max())


def _order_of_classes(here: tuple[Any, ...], there: tuple[Any, ...]) -> NDArray[np.intp] | None:
    """Return for each class here its code in the store; None when they are the same."""
    order = np.array([there.index(label) for label in here], dtype=np.intp)
    return None if (order == np.arange(len(order))).all() else order


def _decide(
    turned: _Turned, stored: StoredBaseline, task: str, threshold: float | None
) -> tuple[NDArray[np.int16] | None, str]:
    """Return the decisions that a live baseline would make here, and what was changed for that."""
    then = stored.facts.threshold
    if task != "binary" or (threshold == then and (then is None or not turned.reordered)):
        return turned.decision, ""
    was = "by itself" if then is None else f"at the threshold {then:g}"
    if turned.score is None:
        return turned.decision, f"The stored baseline decided {was} and gave no scores: its decisions are kept."
    now = 0.5 if threshold is None else threshold
    decision = (turned.score >= now).astype(np.int16)
    return decision, f"The stored baseline decided {was}; its decisions are made again at {now:g}, as the candidate's."


def _overlap(rows: int, found: _Found, outputs: int, stored: StoredBaseline) -> str:
    parts, paired = [], found.known - found.changed
    if rows > found.known:
        parts.append(f"{_count(rows - found.known, 'row has', 'rows have')} no stored output")
    if found.changed:
        changed = _count(found.changed, "row has", "rows have")
        parts.append(f"{changed} changed since the baseline was accepted on {stored.facts.created[:10]}")
    if outputs > found.known:
        parts.append(f"{_count(outputs - found.known, 'stored row is', 'stored rows are')} not in this dataset")
    if not parts:
        return ""
    return f"Compared on {f'{paired:,} of' if rows > paired else 'all'} {rows:,} rows: {'; '.join(parts)}."


def _labels_changed(now: NDArray[Any], then: NDArray[Any], stored: StoredBaseline) -> str:
    changed = int(np.count_nonzero(now != then))
    if not changed:
        return ""
    if stored.facts.classes and changed > _MOST_RELABELLED * len(now):
        raise BaselineError(
            f"The labels are others than those the stored baseline {stored.place} was accepted with: "
            f"{format_share(changed / len(now))} of the {len(now):,} paired rows have another class. Make sure that "
            f"`target`, `positive` and `labels` under [dataset] are as they were. If they are meant to differ: {_MEND}"
        )
    return (
        f"{_count(changed, 'label has', 'labels have')} changed since the baseline was accepted on "
        f"{stored.facts.created[:10]}; both models are judged by today's."
    )


def _count(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"
