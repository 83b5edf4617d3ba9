"""Columns that say nothing must not move the answers more than those that earn something."""

from __future__ import annotations

from typing import Any

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import nothing
from modelcheck.checks.explainability.earned import earned
from modelcheck.checks.explainability.earnings import Earned
from modelcheck.checks.explainability.explained import Explained, explained
from modelcheck.checks.explainability.silent import above_best, earns, silent_columns
from modelcheck.checks.judging import JudgedPlace, judge_places
from modelcheck.checks.words import number, short
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table

__all__ = ["irrelevant"]

_LEVEL = 0.95
_SEARCHED = (
    "A column counts as silent where it is a canary, or tells little alone and its earnings are proved to be under a "
    "tenth of the largest."
)


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
        what the best one earns by as much movement, as the loss of such a column is uncertain by as much). A column
        that tells as little alone, is proved to move the answers further than the best one, and of which it is neither
        proved that it earns something nor that it earns little, is open.

    References
    ----------
    Kursa, M. B. and Rudnicki, W. R. (2010). Feature selection with the Boruta package. Journal of Statistical Software
    36 (11) (shuffled columns as a yardstick of importance).
    """
    # A model that nobody can explain is an error, here too; one that has too many columns for it isn't.
    found, gains = explained(context), earned(context)
    if isinstance(gains, str):
        return nothing(gains)
    estimates = gains.estimates_scaled(_LEVEL)
    real = {
        name: one.value
        for name, one in estimates.items()
        if one.value is not None and earns(one) and name not in context.canary
    }
    if not real:
        return Evidence(
            searched=f"No column is proved to earn anything, so there is nothing to compare with.{_because(gains)}",
            reading="No column is proved to earn anything on these rows: does the candidate beat a trivial one?",
            predicted_rows=gains.predicted,
        )
    best = max(real, key=lambda name: real[name])
    silent, unclear = silent_columns(context, gains, estimates, best)
    judged = _judge(context, gains, silent, best)
    groups = {short(one.label): one.estimate for one in judged} | unclear
    broken = [one for one in judged if one.broken]
    worst = max(groups, key=lambda name: -1.0 if groups[name].value is None else groups[name].value or 0.0, default="")
    table = _table(context, found, gains, estimates, best, silent)
    if not worst:
        proved = f"no column whose earnings are open is proved to move the answers more than {short(best)}."
        return Evidence(
            proved="" if context.canary or gains.doubt else proved,
            searched=f"{_SEARCHED}{_because(gains)}",
            tables=(table,),
            reading=f"No column that may say nothing moves the answers more than {short(best)}, which earns most.",
            predicted_rows=gains.predicted,
        )
    limit = 0.0 if context.limit is None else context.limit
    # What is left open must stay open: of a search only what fails would count.
    left = bool(unclear) or any(not one.broken and _open(one.estimate, limit) for one in judged)
    some = f"{len(judged)} of {len(gains.columns)} columns say next to nothing; the others aren't judged."
    return Evidence(
        estimate=groups[worst],
        groups=groups,
        looked_at=len(groups),
        findings=tuple(_finding(one, best, estimates[one.label]) for one in broken),
        tables=(table,),
        searched="" if left else some,
        reading=f"{_reading(worst, groups[worst], best, unclear)} {some}",
        predicted_rows=gains.predicted,
    )


def _open(found: Estimate, limit: float) -> bool:
    """Return whether a column seems to break the limit, or nothing can be said of it."""
    if found.value is None or found.value > limit:
        return True
    return bool(found.unproven) and found.low != found.high


def _because(gains: Earned) -> str:
    return f" {gains.doubt[:1].upper()}{gains.doubt[1:]}." if gains.doubt else ""


def _reading(name: str, found: Estimate, best: str, unclear: dict[str, Estimate]) -> str:
    moves = (
        f"has {number(abs(found.value or 0.0))} {'more' if (found.value or 0.0) > 0 else 'less'} of what moves the "
        f"answers than {short(best)}, which earns most."
    )
    if name in unclear:
        return f"{name} {moves} Whether it says anything is open on these rows."
    return f"{name} says next to nothing, and {moves}"


def _judge(context: Context, gains: Earned, silent: list[str], best: str) -> list[JudgedPlace]:
    limit = 0.0 if context.limit is None else context.limit
    # Every column could have been silent: the error is shared by all of them, whoever is left.
    share = 1.0 - (1.0 - context.confidence) * max(len(silent), 1) / max(len(gains.columns) - 1, 1)
    return judge_places({name: above_best(gains, name, best) for name in silent}, limit=limit, confidence=share)


def _table(
    context: Context,
    found: Explained | str,
    gains: Earned,
    estimates: dict[str, Estimate],
    best: str,
    silent: list[str],
) -> Table:
    shares = {} if isinstance(found, str) else dict(zip(found.columns, found.attributions.shares.tolist(), strict=True))
    moves = [gains.movement(place) for place in range(len(gains.columns))]
    parts = {name: None if one is None else one.value for name, one in zip(gains.columns, moves, strict=True)}
    lines: list[tuple[Any, ...]] = []
    for name in sorted(gains.columns, key=lambda one: -shares.get(one, parts[one] or 0.0)):
        one = estimates[name]
        role = "canary" if name in context.canary else "earns most" if name == best else ""
        role = role or ("says next to nothing" if name in silent else "")
        lines.append((short(name), shares.get(name), parts[name], one.value, one.low, one.high, role))
    return Table(
        name="what moves the answers and what earns",
        columns=("column", "share of attribution", "share of movement", "earns", "low", "high", "role"),
        rows=tuple(lines),
        note=(
            f"When the column is shuffled, {gains.rows:,} rows. Movement: of the answers, squared. Earns: growth of "
            f"the {gains.loss} (answers put on the straight line that is nearest to the truth) as a share of what the "
            f"best constant answer loses, {100 * _LEVEL:g} % intervals."
            + (f" Attributions: {found}" if isinstance(found, str) else "")
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
