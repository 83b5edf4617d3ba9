"""Whether explanations stay the same when nothing that matters has changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.agreement import mean_agreement, spearman
from modelcheck.checks.explainability.drawn import NO_BUDGET, Drawn, Scores, drawn, nothing, rows_for
from modelcheck.checks.explainability.explained import Explained, explained
from modelcheck.checks.explainability.explainers import explain_with, explainer_of
from modelcheck.checks.explainability.retrained import Again, explain_again, reading_of
from modelcheck.checks.words import number
from modelcheck.explain.attributions import LINEAR, PATHS, PERMUTATION
from modelcheck.record.evidence import Evidence, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["stability"]

_ROWS = 60
_WALKS = 4
_FEWEST = 10
_BACKGROUND = 50  # rows: explanations are compared with each other here, none is told
_NOISE = 0.01  # of a number's robust standard deviation
_DRAWS = 200
_TOP = 5
_ROBUST = 1.349  # interquartile range of a normal variable over its standard deviation

Line = tuple[str, float | None, float | None, float | None, str]


def stability(context: Context) -> Evidence:
    """Explain rows again: a little noise in numbers, other background rows, other rows, models of other seeds.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Evidence
        ``rank_agreement``: Spearman's correlation, in [-1, 1], between a row's attributions and those of the same row
        with noise of a hundredth of each number's spread, mean over rows with its interval. Beside it: how the order of
        columns agrees when rows are drawn again (200 times), when other rows are the background, and with each model
        that ``[candidate] retrained`` names, of which it is told too how much it moves the same way.

    References
    ----------
    Alvarez-Melis, D. and Jaakkola, T. (2018). On the robustness of interpretability methods (arXiv:1806.08049).
    Spearman, C. (1904). American Journal of Psychology 15, 72-101.
    """
    ready, found = drawn(context), explained(context)
    if isinstance(ready, str) or isinstance(found, str):
        return nothing(str(ready) if isinstance(ready, str) else str(found))
    if len(found.columns) < 3 or not found.attributions.shares.any():
        return Evidence(not_applicable="an order of columns needs three of them that can move an answer.")
    assert context.asking is not None  # noqa: S101 - `drawn` answered otherwise
    scores = Scores(context.asking, ready.scored)
    columns = tuple(name for name in found.columns if name not in found.still)
    inside = found.attributions.explainer != PERMUTATION
    retrained = {} if context.find_retrained is None else context.find_retrained()
    choose = partial(
        explainer_of,
        context,
        ready=ready,
        columns=columns,
        background=ready.background.iloc[:_BACKGROUND],
        inside=inside,
        walks=_WALKS,
        purpose="stability",
    )
    explainer = choose(context.asking, scores=scores)
    times = 3 + len(retrained)
    n = min(_ROWS, len(found.rows))
    if explainer.asks_a_row:
        n = min(
            n,
            rows_for(context, "stability", explainers=times, background=_BACKGROUND)
            // (times * (explainer.asks_a_row + 1)),
        )
    if n < min(_FEWEST, len(found.rows)):
        return nothing(f"{NO_BUDGET} {_FEWEST} rows explained {times} times are needed.")
    rows = ready.rows.take(found.rows[:n]).reset_index(drop=True)
    first, kept = explain_with(explainer, rows)
    noisy = _noisy(context, ready, rows)
    # The same walks again: what differs is the noise alone.
    moved, also = explain_with(choose(context.asking, scores=scores), noisy)
    same = (rows == noisy) | (rows.isna() & noisy.isna())
    touched = np.flatnonzero(~same.to_numpy(dtype=bool, na_value=False).all(axis=1))
    both = np.intersect1d(np.intersect1d(kept, also), touched)
    before, after = first.take(np.searchsorted(kept, both)).size, moved.take(np.searchsorted(also, both)).size
    agreement = spearman(before, after)
    estimate = mean_agreement(agreement, context.confidence, found.design.take(both))
    lines: list[Line] = [
        ("a row with a little noise", estimate.value, estimate.low, estimate.high, f"{len(both):,} rows"),
        _resampled(context, found),
    ]
    if explainer.name in (LINEAR, PATHS):
        told = "needs no background" if explainer.name == PATHS else "a background only moves the base value"
        lines.append(("other background rows", None, None, None, told))
    else:
        lines.append(_other_background(context, ready, scores, rows, first.size, columns, walked=explainer.name))
    others = explain_again(
        retrained,
        lambda one, its: choose(one, scores=its, scale=first.scale),
        rows=rows.take(kept).reset_index(drop=True),
        scored=ready.scored,
        first=first,
        design=found.design.take(kept),
        confidence=context.confidence,
    )
    told = (
        f"With noise of {100 * _NOISE:g} % of each number's spread, a row's columns keep their order to "
        f"{number(estimate.value)} (1: the same order)."
        if len(both)
        else "No number of these rows moves by a hundredth of its spread: whole numbers take no smaller steps."
    )
    return Evidence(
        estimate=estimate if len(both) else None,
        tables=(
            Table(
                name="agreement of explanations",
                columns=("explained again with", "agreement", "low", "high", "how"),
                rows=(*lines, *(line for one in others for line in _lines_of(one))),
                note="Of an order: Spearman's correlation of the sizes of attributions, 1: the same order of columns. "
                "Of a direction: the share of attribution that is moved the same way.",
            ),
        ),
        reading=f"{told} Drawing rows again keeps the order of columns to {number(lines[1][1])}.{reading_of(others)}",
        predicted_rows=scores.asked + sum(one.asked for one in others),
    )


def _lines_of(one: Again) -> tuple[Line, Line]:
    order, direction = one.order, one.direction
    return (
        (f"retrained: {one.name}", order.value, order.low, order.high, one.how),
        (f"retrained: {one.name}, direction", direction.value, direction.low, direction.high, "the same rows"),
    )


def _noisy(context: Context, ready: Drawn, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a little noise in numbers; whole ones move by whole steps, if that is little."""
    rng = context.generator("explainability noise")
    changed = rows.copy()
    for name in ready.columns:
        if not ready.is_number(name):
            continue
        known = ready.support[name].dropna().to_numpy(dtype=np.float64)
        if not len(known):
            continue
        low, high = np.quantile(known, (0.25, 0.75))
        step = _NOISE * (float(high - low) / _ROBUST or float(np.std(known)))
        noise = rng.normal(0.0, step, len(rows))
        if rows[name].dtype.kind in "iu":
            changed[name] = rows[name] + np.rint(noise).astype(np.int64)
        else:
            changed[name] = rows[name] + noise
    return changed


def _resampled(context: Context, found: Explained) -> tuple[str, float, float, float, str]:
    rng = context.generator("explainability rows again")
    size = found.attributions.size
    whole = size.sum(axis=0)
    n = len(size)
    counts = rng.multinomial(n, np.full(n, 1.0 / n), _DRAWS)
    drawn_again = counts @ size
    agreement = spearman(np.broadcast_to(whole, drawn_again.shape), drawn_again)
    top = np.argsort(-whole, kind="stable")[:_TOP]
    same = np.isin(np.argsort(-drawn_again, axis=1, kind="stable")[:, :_TOP], top).sum(axis=1).mean()
    low, high = np.quantile(agreement, (0.025, 0.975))
    told = f"{_DRAWS} draws of {n:,} rows; of the first {len(top)} columns {same:.1f} stay among them"
    return "other rows", float(agreement.mean()), float(low), float(high), told


def _other_background(
    context: Context,
    ready: Drawn,
    scores: Scores,
    rows: pd.DataFrame,
    before: NDArray[np.float64],
    columns: tuple[str, ...],
    *,
    walked: str,
) -> tuple[str, float, None, None, str]:
    rng = context.generator("explainability background")
    other = ready.support.take(rng.permutation(len(ready.support))[:_BACKGROUND]).reset_index(drop=True)
    assert context.asking is not None  # noqa: S101 - `drawn` answered otherwise
    explainer = explainer_of(
        context,
        context.asking,
        ready,
        scores,
        columns=columns,
        background=other,
        inside=walked != PERMUTATION,
        walks=_WALKS,
        purpose="background",
    )
    again, _ = explain_with(explainer, rows)
    told = f"other {len(other)} rows as background, the order of columns over {len(again):,} rows"
    return (
        "other background rows",
        float(spearman(before.sum(axis=0)[None], again.size.sum(axis=0)[None])[0]),
        None,
        None,
        told,
    )
