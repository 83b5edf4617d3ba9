"""Where what happens differs from what the probabilities promise."""

from __future__ import annotations

import math

from modelcheck.checks.context import Context
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.performance.forest import forest_chart
from modelcheck.checks.performance.weakness.places import FoundSlice, Looked, look_and_judge, support
from modelcheck.checks.performance.weakness.promised import Promised, promised_rates
from modelcheck.checks.performance.weakness.told import LONGEST, examples_of, reproduce, slices_table
from modelcheck.checks.performance.words import number, short
from modelcheck.record.evidence import Evidence, Finding, Severity

__all__ = ["miscalibrated_slices"]

_LIMIT = 0.10
_NO_LINE = "no line can be fitted to the probabilities of these rows: there is one outcome only, or they separate it."


def miscalibrated_slices(context: Context) -> Evidence:
    """Search the slices in which what happens differs most from what is promised.

    Parameters
    ----------
    context : Context
        Of a classification with probabilities. `limit` is the difference that is allowed on either side (None: 0.10).

    Returns
    -------
    Evidence
        `groups` holds the slices that the search chose, with the size of the mean of outcome less probability, after
        one recalibration of all rows by Cox's line: probabilities that are wrong everywhere are the affair of
        ``performance.calibration``. `findings` are those proved to break the limit at ``(1 - confidence) / 2``,
        adjusted over all slices that were eligible and both sides.

    References
    ----------
    Hebert-Johnson, U., Kim, M. P., Reingold, O. and Rothblum, G. N. (2018). Multicalibration: calibration for the
    (computationally-identifiable) masses. ICML 2018, 1939-1948. Holm, S. (1979). Scandinavian Journal of Statistics 6,
    65-70. Error rates and power are measured in ``tests/quality/test_weak_slices.py``.
    """
    rows = context.rows
    reason = unusable("brier_score", rows)
    if reason:
        return Evidence(not_applicable=reason)
    promised = promised_rates(rows)
    if promised is None:
        return Evidence(not_applicable=_NO_LINE)
    limit = _LIMIT if context.limit is None else context.limit
    # Too much and too little are two questions to every slice.
    looked = look_and_judge(
        rows, promised.sums(), promised.goal(limit), promised.find, limit=limit, confidence=context.confidence, part=0.5
    )
    groups = {one.words: one.estimate for one in looked.slices if not one.estimate.unproven}
    if looked.eligible and not groups:
        groups = {"all rows": promised.find(looked.everywhere)(context.confidence)}
    chart = forest_chart(
        groups, metric="outcome against promise", overall=None, limit=limit, title="The least kept promises"
    )
    return Evidence(
        estimate=next(iter(groups.values()), None),
        groups=groups,
        looked_at=sum(looked.eligible),
        findings=tuple(_finding(one, promised, limit) for one in looked.broken),
        tables=slices_table(
            looked,
            promised.means,
            ("observed", "promised"),
            quantity="a difference between outcome and promise",
            confidence=context.confidence,
        ),
        charts=() if chart is None else (chart,),
        reading=_reading(looked, promised),
        searched=_searched(looked, promised, limit),
        predicted_rows=len(rows),
    )


def _sentence(promised: Promised, one: FoundSlice) -> str:
    came, said = promised.means(one.rows)
    what = "are positive" if len(promised.rows.classes) == 2 else "are decided rightly"
    return f"{number(100.0 * came)} of 100 rows {what}, {number(100.0 * said)} were promised"


def _reading(looked: Looked, promised: Promised) -> str:
    after = "Probabilities were recalibrated once, for all rows together, before slices were compared."
    if not looked.broken:
        return f"In no slice is what happens proved to differ from what is promised by over the limit. {after}"
    worst = looked.broken[0]
    what = "1 slice" if len(looked.broken) == 1 else f"{len(looked.broken)} slices"
    return (
        f"{what} with probabilities that don't hold. Where {short(worst.words, LONGEST)}: "
        f"{_sentence(promised, worst)}. {after}"
    )


def _searched(looked: Looked, promised: Promised, limit: float) -> str:
    if not looked.eligible:
        return looked.why_none
    n = len(looked.everywhere)
    sizes = dict.fromkeys((support(n), math.ceil(n / 10)))
    found = [f"{number(promised.findable(size, limit=limit, level=looked.level))} in {size:,} rows" for size in sizes]
    return f"{looked.scope} With 80 % power a difference of {' and of '.join(found)} would have been found."


def _finding(one: FoundSlice, promised: Promised, limit: float) -> Finding:
    rows = promised.rows
    return Finding(
        title=f"Probabilities don't hold: {_sentence(promised, one)} where {one.words}",
        slice=one.words,
        n=len(one.rows),
        effect=one.corrected,
        low=one.estimate.low,
        high=one.estimate.high,
        p_adjusted=one.p_adjusted,
        severity=Severity.BLOCKING,
        examples=examples_of(rows, one, promised.sign(one.rows) * (promised.outcome - promised.promise)),
        reproduce=reproduce(one, "calibration", "max", limit),
    )
