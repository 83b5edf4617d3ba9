"""Rows that the model is sure of, and rows that it can't decide between two classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of, scores_of
from modelcheck.checks.context import Context
from modelcheck.checks.performance.calibration.groups import split
from modelcheck.checks.performance.calibration.promises import top_label, unpromising
from modelcheck.checks.words import count, level, out_of_100, short, with_interval
from modelcheck.record.evidence import Estimate, Evidence, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.calibration.bars import wilson
from modelcheck.stats.design import Design, too_few
from modelcheck.stats.linearised import undefined
from modelcheck.stats.rates import rate

__all__ = ["overconfidence", "underconfidence"]

_SURE = 0.9
_NEAR = 0.1
_FEWEST = 30
_BANDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_MARGINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5)


def overconfidence(context: Context) -> Evidence:
    """Measure how much more often the model errs than it promises, among the rows it is sure of.

    Parameters
    ----------
    context : Context
        Of a classifier with probabilities. Sure means that the largest probability is at least .9.

    Returns
    -------
    Evidence
        Observed error rate less promised error rate (the mean of one minus the largest probability): above 0 is
        overconfident. Interval: the exact one of the observed rate, moved by the promise, which is taken as known;
        that is cautious, since promises that differ between rows make the rate less variable than equal ones.
        `unproven` with fewer than 30 sure rows; not applicable without any.

    References
    ----------
    Hoeffding, W. (1956). On the distribution of the number of successes in independent trials. Annals of Mathematical
    Statistics 27, 713-721 (unequal chances). The interval's paper stands with :func:`modelcheck.stats.rates.rate`.
    """
    empty = _nothing("overconfidence", context)
    if empty is not None:
        return empty
    overall = _excess(context.rows, context.confidence)
    if overall.value is None:
        return Evidence(not_applicable=_read_excess(context.rows, overall))
    parts = split(context, _excess, overall)
    reading = parts.words + _read_excess(parts.rows, parts.judged)
    confidence, right = top_label(context.rows)
    table = _bands(confidence, right, _BANDS, context, of="largest probability", promised=True)
    return Evidence(
        estimate=parts.judged,
        groups=parts.groups,
        tables=(table, *parts.tables),
        charts=parts.charts,
        reading=reading,
        predicted_rows=len(context.rows),
    )


def underconfidence(context: Context) -> Evidence:
    """Measure how many rows the model can't decide: its two largest probabilities differ by less than .1.

    Parameters
    ----------
    context : Context
        Of a classifier with probabilities.

    Returns
    -------
    Evidence
        The share of near ties with its exact interval. It describes: hard rows are near ties for the best of models.

    References
    ----------
    The interval's paper stands with :func:`modelcheck.stats.rates.rate`.
    """
    empty = _nothing("underconfidence", context)
    if empty is not None:
        return empty
    overall = _ties(context.rows, context.confidence)
    parts = split(context, _ties, overall)
    reading = parts.words + _read_ties(parts.rows, parts.judged)
    table = _bands(_margin(context.rows), top_label(context.rows)[1], _MARGINS, context, of="margin", promised=False)
    return Evidence(
        estimate=parts.judged,
        groups=parts.groups,
        tables=(table, *parts.tables),
        charts=parts.charts,
        reading=reading,
        predicted_rows=len(context.rows),
    )


def _nothing(check: str, context: Context) -> Evidence | None:
    reason = unpromising(check, context.rows)
    if reason:
        return Evidence(not_applicable=reason)
    if len(context.rows):
        return None
    where = f" in {short(context.slice)}" if context.slice else ""
    metric = "near_tie_share" if check == "underconfidence" else check
    found = undefined(metric, context.confidence, f"there are no rows{where}")
    return Evidence(estimate=found, reading=f"There are no rows{where}, so nothing was measured.")


def _sure(rows: ScoredRows) -> tuple[NDArray[np.float64], NDArray[np.bool_], Design]:
    """Promised chance of error, error, and design of the rows that the model is sure of."""
    confidence, right = top_label(rows)
    sure = confidence >= _SURE
    return 1.0 - confidence[sure], ~right[sure], design_of(rows).take(sure)


def _excess(rows: ScoredRows, confidence: float) -> Estimate:
    promised, wrong, design = _sure(rows)
    found = rate(wrong, metric="overconfidence", confidence=confidence, design=design, of=f"rows above {_SURE:g}")
    if found.value is None or found.low is None or found.high is None:
        return replace(found, n_needed=_FEWEST)
    known = design.mean(promised)
    doubt, needed = found.unproven, found.n_needed
    if not doubt and len(wrong) < _FEWEST:
        doubt, needed = too_few(len(wrong), "row", f"above {_SURE:g}"), _FEWEST
    return replace(
        found,
        value=found.value - known,
        low=found.low - known,
        high=found.high - known,
        method=f"{found.method}, less the promised error rate",
        unproven=doubt,
        n_needed=needed,
    )


def _read_excess(rows: ScoredRows, found: Estimate) -> str:
    if found.value is None:
        return f"The model gives no row a probability of {_SURE:g} or more."
    promised, wrong, design = _sure(rows)
    errors, interval = out_of_100(rate(wrong, metric="", confidence=found.confidence, design=design))
    return (
        f"Of 100 rows that the model is at least {100 * _SURE:.0f} % sure of, it gets {errors} wrong{interval} where "
        f"it promises {100.0 * design.mean(promised):.1f}: an excess of {with_interval(found)} over "
        f"{count(found.n, 'such row')}."
    )


def _margin(rows: ScoredRows) -> NDArray[np.float64]:
    score = scores_of(rows)
    if score.ndim == 1:
        margin: NDArray[np.float64] = np.abs(2.0 * score - 1.0)
        return margin
    # One running maximum a column: partitioning every row costs several times as much.
    first: NDArray[np.float64] = score[:, 0].copy()
    second = np.full(len(score), -np.inf)
    for code in range(1, score.shape[1]):
        np.maximum(second, np.minimum(first, score[:, code]), out=second)
        np.maximum(first, score[:, code], out=first)
    first -= second
    return first


def _ties(rows: ScoredRows, confidence: float) -> Estimate:
    return rate(_margin(rows) < _NEAR, metric="near_tie_share", confidence=confidence, design=design_of(rows))


def _read_ties(rows: ScoredRows, found: Estimate) -> str:
    share, interval = out_of_100(found)
    text = (
        f"Of 100 rows {share} are near ties, with less than {_NEAR:g} between the two largest probabilities{interval}"
    )
    near = _margin(rows) < _NEAR
    right = rate(top_label(rows)[1], near, metric="", confidence=found.confidence, design=design_of(rows))
    if right.value is None:
        return f"{text}."
    hits, limits = out_of_100(right)
    return f"{text}; of 100 of those the model gets {hits} right{limits}."


def _bands(
    values: NDArray[np.float64],
    right: NDArray[np.bool_],
    edges: tuple[float, ...],
    context: Context,
    *,
    of: str,
    promised: bool,
) -> Table:
    """Rows, promised and observed error rate by band of a value in [0, 1]."""
    design, band = design_of(context.rows), np.searchsorted(edges, values, side="right") - 1
    confidence = top_label(context.rows)[0] if promised else values
    lines: list[tuple[Any, ...]] = []
    for place, low in enumerate(edges):
        inside = band == place
        size = int(np.count_nonzero(inside))
        if size == 0:
            continue
        name = f"{low:g} to {edges[place + 1] if place + 1 < len(edges) else 1:g}"
        here, wrong = design.take(inside), ~right[inside]
        observed = here.mean(wrong)
        limits = wilson(observed, _counted(wrong, here), context.confidence)
        expected = (1.0 - here.mean(confidence[inside]),) if promised else ()
        lines.append((name, size, *expected, observed, *limits))
    columns = (of, "rows", *(("promised error rate",) if promised else ()), "observed error rate", "low", "high")
    return Table(
        name=f"by {of}",
        columns=columns,
        rows=tuple(lines),
        note=f"Limits: Wilson, each band on its own at {level(context.confidence)}. A band holds its lower end.",
    )


def _counted(wrong: NDArray[np.bool_], design: Design) -> float:
    """Effective number of rows: that which gives a plain share the variance of this one."""
    share = design.mean(wrong)
    if design.simple:
        return float(len(wrong))
    variance = design.variance_of_mean(np.subtract(wrong, share, dtype=np.float64))
    spread = share * (1.0 - share)
    known = 0.0 < variance < float("inf") and spread > 0.0
    return min(float(len(wrong)), spread / variance if known else design.effective_units(len(wrong)))
