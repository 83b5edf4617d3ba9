"""Columns that say nothing must not move the answers more than those that earn something."""

from __future__ import annotations

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import nothing
from modelcheck.checks.explainability.earned import FEWEST, Earned, earned
from modelcheck.checks.explainability.explained import Explained, explained
from modelcheck.checks.explainability.stand_ins import alone_by
from modelcheck.checks.judging import JudgedPlace, judge_places
from modelcheck.checks.words import number, short
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.design import too_few
from modelcheck.stats.holm import AtConfidence
from modelcheck.stats.linearised import paired_difference, undefined

__all__ = ["irrelevant"]

_LEVEL = 0.95
_NOTHING = 0.1  # of what the best column earns, or tells alone: one that has less says next to nothing
_LITTLE = 0.25  # of what the best column earns by moving the answers as far
_LEAST = 0.01  # of the loss of knowing nothing: what a column may tell alone by chance
_MOST_ROWS = 20_000
_METRIC = "movement_share_above_best"


def irrelevant(context: Context) -> Evidence:
    """Compare how far each column that says nothing moves the answers with the column that earns most.

    Parameters
    ----------
    context : Context
        With `asking`; `canary` names columns that are known to say nothing.

    Returns
    -------
    Evidence
        ``movement_share_above_best``: the column's part in how far the answers move, squared, when columns hold other
        rows' entries, less that of the column with the largest proven earnings, in [-1, 1], by Holm over all columns.
        Movement and earnings come from the same shuffles of the same rows: in a candidate that makes the best of its
        columns they go together, which attributions don't (on the scale of log-odds a column counts that no answer
        hangs on, and one that is the same in all rows counts by its distance from the reference).

        A column says nothing when it is declared a canary; or when its levels alone tell the truth by under a tenth of
        what that of the best one tells, and what the candidate loses without it is proved to be under a tenth of what
        it loses without the best one (of a column that moves the answers further than the best one: under a quarter of
        what the best one earns by as much movement, as the loss of such a column is uncertain by as much).

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
    silent = _silent(context, gains, estimates, best)
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
            searched=(
                "A column counts as silent where it tells little alone and its earnings are proved to be under a tenth "
                "of the largest."
            ),
            proved="" if context.canary else "no column that the candidate is given is proved to say nothing.",
            tables=(table,),
            reading=reading,
            predicted_rows=gains.predicted,
        )
    reading = (
        f"{short(worst.label)} says next to nothing beside the other columns, and has "
        f"{number(abs(worst.estimate.value or 0.0))} "
        f"{'more' if (worst.estimate.value or 0.0) > 0 else 'less'} of what moves the answers than {short(best)}, "
        "which earns most."
    )
    return Evidence(
        estimate=worst.estimate,
        groups=groups,
        looked_at=len(groups),
        findings=tuple(_finding(one, best, estimates[one.label]) for one in broken),
        tables=(table,),
        searched=f"{len(groups)} of {len(gains.columns)} columns say next to nothing; the others aren't judged.",
        reading=reading,
        predicted_rows=gains.predicted,
    )


def _silent(context: Context, gains: Earned, estimates: dict[str, Estimate], best: str) -> list[str]:
    """Return the columns that say nothing."""
    moved = {name: gains.movement_size(place) for place, name in enumerate(gains.columns)}
    most = estimates[best].value or 0.0

    def alone(name: str) -> float:
        rng = context.generator(f"explainability alone {name}")
        return alone_by(context.rows, name, rng, most_rows=_MOST_ROWS) or 0.0

    least = max(_NOTHING * alone(best), _LEAST)
    found = []
    for name in gains.columns:
        if name == best:
            continue
        enough = max(_NOTHING, _LITTLE * moved[name] / moved[best]) * most
        if name in context.canary or (_earns_less(estimates[name], enough, most) and alone(name) < least):
            found.append(name)
    return found


def _earns_less(one: Estimate, enough: float, most: float) -> bool:
    """Return whether a column is proved to earn less than enough, and isn't seen to earn more than the best one."""
    if one.value is None or one.high is None or one.unproven:
        return False
    return one.high < enough and one.value < most


def _judge(context: Context, gains: Earned, silent: list[str], best: str) -> list[JudgedPlace]:
    top = gains.movement(gains.columns.index(best))
    design = gains.moved.design.take(gains.known)
    units = design.units(len(gains.known))
    few = too_few(units, "row") if units < FEWEST else ""

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
                n_needed=FEWEST if few else None,
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
    shares = dict(zip(found.columns, found.attributions.shares.tolist(), strict=True))
    parts = {name: gains.movement(place) for place, name in enumerate(gains.columns)}
    lines = []
    for name in sorted(gains.columns, key=lambda one: -shares[one]):
        one, part = estimates[name], parts[name]
        role = "canary" if name in context.canary else "earns most" if name == best else ""
        role = role or ("says next to nothing" if name in silent else "")
        moves = None if part is None else part.value
        lines.append((short(name), shares[name], moves, one.value, one.low, one.high, role))
    return Table(
        name="what moves the answers and what earns",
        columns=("column", "share of attribution", "share of movement", "earns", "low", "high", "role"),
        rows=tuple(lines),
        note=(
            f"When the column is shuffled, {gains.rows:,} rows. Movement: of the answers, squared. Earns: growth of "
            f"the {gains.loss} (answers put on the straight line that is nearest to the truth) as a share of what the "
            f"best constant answer loses, {100 * _LEVEL:g} % intervals."
        ),
    )


def _finding(one: JudgedPlace, best: str, earns: Estimate) -> Finding:
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
