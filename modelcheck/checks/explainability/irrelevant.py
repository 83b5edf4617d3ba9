"""Columns that say nothing must not move the answers more than those that earn something."""

from __future__ import annotations

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import nothing
from modelcheck.checks.explainability.earned import Earned, earned
from modelcheck.checks.explainability.explained import Explained, explained
from modelcheck.checks.judging import JudgedPlace, judge_places
from modelcheck.checks.words import number, short
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.design import too_few
from modelcheck.stats.holm import AtConfidence
from modelcheck.stats.linearised import paired_difference, undefined

__all__ = ["irrelevant"]

_LEVEL = 0.95
_NOTHING = 0.1  # of what the best column earns: one that is proved to earn less says next to nothing
_METRIC = "movement_share_above_best"
_FEWEST = 30


def irrelevant(context: Context) -> Evidence:
    """Compare the attribution of each column that says nothing with that of the column that earns most.

    Parameters
    ----------
    context : Context
        With `asking`; `canary` names columns that are known to say nothing.

    Returns
    -------
    Evidence
        ``attribution_share_above_best``: the column's share of attribution less that of the column with the largest
        proven earnings, in [-1, 1], by Holm over all columns. A column says nothing when it is declared a canary, or
        when what the candidate loses without it is proved to be under a tenth of what it loses without the best one.

    References
    ----------
    Kursa, M. B. and Rudnicki, W. R. (2010). Feature selection with the Boruta package. Journal of Statistical Software
    36 (11) (shuffled columns as a yardstick of importance).
    """
    found, gains = explained(context), earned(context)
    if isinstance(found, str) or isinstance(gains, str):
        return nothing(found if isinstance(found, str) else str(gains))
    estimates = gains.estimates_scaled(_LEVEL)
    real = {
        name: one.value
        for name, one in estimates.items()
        if one.value is not None and one.low is not None and one.low > 0.0 and not one.unproven
        if name not in context.canary
    }
    if not real:
        return Evidence(
            searched="No column is proved to earn anything, so there is nothing to compare with.",
            reading="No column is proved to earn anything on these rows: does the candidate beat a trivial one?",
            predicted_rows=gains.predicted,
        )
    best = max(real, key=lambda name: real[name])
    silent = [name for name in gains.columns if name != best and _says_nothing(context, name, estimates, real[best])]
    judged = _judge(context, gains, silent, best)
    groups = {short(one.label): one.estimate for one in judged}
    broken = [one for one in judged if one.broken]
    worst = max(judged, key=lambda one: one.estimate.value or -1.0, default=None)
    table = _table(context, found, gains, estimates, best, silent)
    if worst is None:
        reading = (
            f"Every column earns something, or too few rows say that it doesn't; {short(best)} earns most. Nothing is "
            "left to compare."
        )
        return Evidence(
            searched="A column counts as silent where its earnings are proved to be under a tenth of the largest.",
            proved="" if context.canary else "no column that the candidate is given is proved to say nothing.",
            tables=(table,),
            reading=reading,
            predicted_rows=gains.predicted,
        )
    reading = (
        f"{short(worst.label)} says next to nothing, and has {number(abs(worst.estimate.value or 0.0))} "
        f"{'more' if (worst.estimate.value or 0.0) > 0 else 'less'} of the attribution than {short(best)}, which earns "
        "most."
    )
    return Evidence(
        estimate=worst.estimate,
        groups=groups,
        looked_at=len(groups),
        findings=tuple(_finding(found, one, best, estimates[one.label]) for one in broken),
        tables=(table,),
        searched=f"{len(groups)} of {len(gains.columns)} columns say next to nothing; the others aren't judged.",
        reading=reading,
        predicted_rows=gains.predicted,
    )


def _says_nothing(context: Context, name: str, estimates: dict[str, Estimate], most: float) -> bool:
    if name in context.canary:
        return True
    one = estimates[name]
    return one.value is not None and one.high is not None and not one.unproven and one.high < _NOTHING * most


def _judge(context: Context, gains: Earned, silent: list[str], best: str) -> list[JudgedPlace]:
    top = gains.movement(gains.columns.index(best))
    design = gains.moved.design.take(gains.known)
    units = design.units(len(gains.known))
    few = too_few(units, "row") if units < _FEWEST else ""

    def place(name: str) -> AtConfidence:
        own = gains.movement(gains.columns.index(name))

        def at(confidence: float) -> Estimate:
            if own is None or top is None:
                return undefined(_METRIC, confidence, "nothing moves the answers", n=len(gains.known))
            return paired_difference(
                own,
                top,
                design,
                metric=_METRIC,
                confidence=confidence,
                unproven=few,
                n_needed=_FEWEST if few else None,
            )

        return at

    limit = 0.0 if context.limit is None else context.limit
    # Every column could have been silent: the error is shared by all of them, whoever is left.
    share = 1.0 - (1.0 - context.confidence) * max(len(silent), 1) / max(len(gains.columns) - 1, 1)
    return judge_places({name: place(name) for name in silent}, limit=limit, confidence=share)


def _table(
    context: Context,
    found: Explained,
    gains: Earned,
    estimates: dict[str, Estimate],
    best: str,
    silent: list[str],
) -> Table:
    shares = found.attributions.shares
    lines = []
    for name in sorted(gains.columns, key=lambda one: -float(shares[found.columns.index(one)])):
        one = estimates[name]
        role = "canary" if name in context.canary else "earns most" if name == best else ""
        role = role or ("says next to nothing" if name in silent else "")
        lines.append((short(name), float(shares[found.columns.index(name)]), one.value, one.low, one.high, role))
    return Table(
        name="what moves the answers and what earns",
        columns=("column", "share of attribution", "earns", "low", "high", "role"),
        rows=tuple(lines),
        note=(
            f"Earns: growth of the {gains.loss} when the column is shuffled, as a share of what the best constant "
            f"answer loses; {gains.rows:,} rows, {100 * _LEVEL:g} % intervals."
        ),
    )


def _finding(found: Explained, one: JudgedPlace, best: str, earns: Estimate) -> Finding:
    name = short(one.label)
    return Finding(
        title=f"{name} says next to nothing and moves the answers more than {short(best)}",
        n=one.estimate.n,
        effect=one.estimate.value,
        low=one.estimate.low,
        high=one.estimate.high,
        p_adjusted=one.p_adjusted,
        severity=Severity.BLOCKING,
        reproduce=(
            f"Shuffle {name}: the loss grows by {number(earns.value)} of what a constant answer loses. Fit without it, "
            "or with a stronger penalty; if it told the truth in training, find out why it no longer does."
        ),
    )
