"""Which columns act together."""

from __future__ import annotations

import itertools
import math

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import NO_BUDGET, Scores, drawn, nothing, rows_for
from modelcheck.checks.explainability.explained import explained
from modelcheck.checks.words import number, short
from modelcheck.explain.interactions import Interaction, questions, strength
from modelcheck.record.evidence import Evidence, Table

__all__ = ["interactions"]

_COLUMNS = 4
_POINTS = 200
_FEWEST = 15


def interactions(context: Context) -> Evidence:
    """Measure how much the four columns with the largest shares interact, pair by pair.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Evidence
        A table: the size of what each pair does beyond the sum of both (in the score's unit) and Friedman and
        Popescu's H squared, with two standard errors of the jackknife.

    References
    ----------
    Friedman, J. H. and Popescu, B. E. (2008). Annals of Applied Statistics 2, 916-954.
    """
    ready, found = drawn(context), explained(context)
    if isinstance(ready, str) or isinstance(found, str):
        return nothing(str(ready) if isinstance(ready, str) else str(found))
    shares = found.attributions.shares
    order = [place for place in np.argsort(-shares, kind="stable").tolist() if shares[place] > 0.0][:_COLUMNS]
    if len(order) < 2:
        return Evidence(not_applicable="fewer than two columns move any answer.")
    pairs = list(itertools.combinations([found.columns[place] for place in order], 2))
    allowed = rows_for(context, "interactions")
    n = min(_POINTS, len(ready.rows), math.isqrt(allowed // (len(pairs) + len(order))))
    while len(pairs) > 1 and n < _FEWEST:
        pairs = pairs[:-1]
        n = min(_POINTS, len(ready.rows), math.isqrt(allowed // (len(pairs) + len(order))))
    if n < min(_FEWEST, len(ready.rows)):
        needed = questions(_FEWEST, len(pairs), len(order))
        return nothing(f"{NO_BUDGET} {_FEWEST} points would take {needed:,} rows.")
    assert context.asking is not None  # noqa: S101 - `drawn` answered otherwise
    scores = Scores(context.asking, ready.scored)
    seen = strength(scores, ready.rows, pairs, points=np.arange(n))
    seen.sort(key=lambda one: -(one.size if math.isfinite(one.size) else -1.0))
    return Evidence(
        tables=(_table(seen, n),),
        reading=_reading(seen),
        predicted_rows=scores.asked,
    )


def _table(seen: list[Interaction], n: int) -> Table:
    def limits(value: float, error: float) -> tuple[float | None, float | None]:
        if not (math.isfinite(value) and math.isfinite(error)):
            return None, None
        return max(value - 2.0 * error, 0.0), value + 2.0 * error

    return Table(
        name="pairs",
        columns=("first", "second", "strength", "low", "high", "size"),
        rows=tuple(
            (
                short(one.first),
                short(one.second),
                one.share if math.isfinite(one.share) else None,
                *limits(one.share, one.share_error),
                one.size if math.isfinite(one.size) else None,
            )
            for one in seen
        ),
        note=(
            f"The {len({name for one in seen for name in (one.first, one.second)})} columns with the largest shares, "
            f"{n} rows as points and as background. Strength: H squared, the part of what both do together that is no "
            "sum of what each does; low and high by two standard errors. Size: the same as a standard deviation, in "
            "the "
            "score's unit; the table is sorted by it."
        ),
    )


def _reading(seen: list[Interaction]) -> str:
    top = seen[0]
    if not math.isfinite(top.size) or top.size <= 0.0:
        return "The columns with the largest shares act one beside the other: none of their pairs interacts."
    return (
        f"{short(top.first)} and {short(top.second)} interact most: what one does to the score depends on the other by "
        f"{number(top.size)}."
    )
