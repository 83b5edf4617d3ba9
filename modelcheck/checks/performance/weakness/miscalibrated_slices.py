"""Where what happens differs from what the probabilities promise."""

from __future__ import annotations

from dataclasses import replace

from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.performance.weakness.attainable import linear_yardstick
from modelcheck.checks.performance.weakness.judged import FoundSlice
from modelcheck.checks.performance.weakness.looked import Looked
from modelcheck.checks.performance.weakness.places import look_and_judge
from modelcheck.checks.performance.weakness.promised import Promised, promised_rates
from modelcheck.checks.performance.weakness.told import LONGEST, examples_of, findable_of, reproduce, slices_table
from modelcheck.checks.words import number, short
from modelcheck.record.evidence import Evidence, Finding, Severity

__all__ = ["miscalibrated_slices"]

_LIMIT = 0.10
_ALIKE = 0.5  # share of the candidate's difference that a linear model has too
_NO_LINE = "no line can be fitted to the probabilities of these rows: there is one outcome only, or they separate it."


def miscalibrated_slices(context: Context) -> Evidence:
    """Search the slices in which what happens differs most from what is promised.

    Parameters
    ----------
    context : Context
        Of a classification with probabilities. `limit` is the difference that is allowed on either side (None: 0.10).
        With a reference, slices are left out in which a linear model fitted on it fails alike, unless the candidate is
        proved better than such a model on the whole.

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
    looked, allowed = _allow_for_a_linear_model(looked, promised, context)
    groups = looked.groups
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
        reading=f"{_reading(looked, promised)} {allowed}".strip(),
        searched=_searched(looked, promised, limit),
        predicted_rows=len(rows),
    )


def _allow_for_a_linear_model(looked: Looked, promised: Promised, context: Context) -> tuple[Looked, str]:
    """Leave out slices in which a linear model's promises fail alike, if the candidate isn't proved better than one.

    It then may be one on purpose, and what no such model can promise is the price of that choice.
    """
    rows = promised.rows
    if not looked.broken or rows.decision is None:
        return looked, ""
    simple = linear_yardstick(context)
    if simple is None:
        return looked, ""
    other = promised_rates(replace(rows, score=simple[0].score, probabilistic=True))
    if other is None:
        return looked, ""

    def alike(one: FoundSlice) -> bool:
        own, came = promised.residual(one.rows), other.residual(one.rows)
        return own * came > 0.0 and abs(came) >= _ALIKE * abs(own)

    kept = tuple(one for one in looked.slices if not (one.broken and alike(one)))
    left = len(looked.slices) - len(kept)
    if not left:
        return looked, ""
    where = "1 slice" if left == 1 else f"{left} slices"
    text = (
        f"Left out: {where} where the promises of {simple[0].words} fail alike, as the candidate isn't proved better "
        "than such a model on the whole."
    )
    return replace(looked, slices=kept), text


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
    found = {size: promised.findable(size, limit=limit, level=looked.level) for size in looked.sizes}
    told = {size: f"{number(one)} or more" if one < 1.0 else None for size, one in found.items()}
    return f"{looked.scope} {findable_of('a difference', told)}"


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
