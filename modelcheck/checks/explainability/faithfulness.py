"""Whether the columns that an explanation puts first are those that move the answer when they change."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import NO_BUDGET, Scores, drawn, nothing, rows_for
from modelcheck.checks.explainability.explained import explained
from modelcheck.checks.words import number
from modelcheck.explain.ordering import Orders, order_gains
from modelcheck.record.evidence import Chart, Evidence
from modelcheck.stats.means import mean_of

__all__ = ["faithfulness"]

_ROWS = 200
_FEWEST = 20
_REPEATS = 3
_STEPS = 10


def faithfulness(context: Context) -> Evidence:
    """Delete and insert columns in the order of their attributions, and in random orders.

    Parameters
    ----------
    context : Context
        Of a binary or regression task, with `asking`.

    Returns
    -------
    Evidence
        ``faithfulness_gain``: area under the curve of how far the score moves, the most positive first, less by random
        orders, in units of the random area; mean of deletion and insertion, over rows with its interval. Above 0 where
        attributions name what moves the score.

    References
    ----------
    Petsiuk, V., Das, A. and Saenko, K. (2018). RISE. BMVC. Samek, W. et al. (2017). IEEE Transactions on Neural
    Networks and Learning Systems 28, 2660-2673.
    """
    ready, found = drawn(context), explained(context)
    if isinstance(ready, str) or isinstance(found, str):
        return nothing(str(ready) if isinstance(ready, str) else str(found))
    if len(found.columns) < 3 or not found.attributions.shares.any():
        return Evidence(not_applicable="an order of columns needs three of them that can move an answer.")
    assert context.asking is not None  # noqa: S101 - `drawn` answered otherwise
    scores = Scores(context.asking, ready.scored)
    each = 2 + (min(_STEPS, len(found.columns) - 1)) * (2 + _REPEATS)
    n = min(_ROWS, len(found.rows), rows_for(context, "faithfulness") // each)
    if n < min(_FEWEST, len(found.rows)):
        return nothing(f"{NO_BUDGET} {_FEWEST} rows at {each:,} questions each are needed.")
    rng = context.generator("explainability faithfulness")
    far = ready.support.take(rng.integers(0, len(ready.support), n)).reset_index(drop=True)
    orders = order_gains(
        scores,
        ready.rows.take(found.rows[:n]).reset_index(drop=True),
        far,
        found.attributions.values[:n, :, 0],
        found.columns,
        rng=rng,
        repeats=_REPEATS,
        most=_STEPS,
        signed=True,
    )
    known = np.flatnonzero(np.isfinite(orders.gain))
    if orders.scale <= 0.0 or not len(known):
        return Evidence(not_applicable="the score of these rows never moves.", predicted_rows=scores.asked)
    estimate = mean_of(
        orders.gain[known],
        metric="faithfulness_gain",
        confidence=context.confidence,
        design=found.design.take(known),
    )
    gain = estimate.value or 0.0
    reading = (
        f"Changed in the order of their attributions, columns move the score {number(100.0 * abs(gain))} % "
        f"{'sooner' if gain > 0.0 else 'later'} than in random order."
    )
    if orders.unanswered:
        reading += f" {orders.unanswered:,} rows without an answer on the way are left out."
    return Evidence(
        estimate=estimate,
        charts=(_chart(orders, reading),),
        reading=reading,
        predicted_rows=scores.asked,
    )


def _chart(orders: Orders, reading: str) -> Chart:
    lines = (
        ("by attribution, deleted", orders.deletion),
        ("at random, deleted", orders.random_deletion),
        ("by attribution, inserted", orders.insertion),
        ("at random, inserted", orders.random_insertion),
    )
    return Chart(
        name="orders",
        kind="line",
        title="How far the score has moved as columns are changed",
        x="columns changed",
        y="move of the score",
        reading=reading,
        data=tuple(
            {"x": float(x), "y": float(y), "series": series}
            for series, line in lines
            for x, y in zip(orders.steps, np.nanmean(line, axis=0), strict=True)
        ),
    )
