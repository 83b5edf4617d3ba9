"""Which columns say nothing, and which may: what they earn and tell alone beside the column that earns most."""

from __future__ import annotations

from dataclasses import replace

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.earnings import FEWEST, Earned, doubted
from modelcheck.checks.explainability.stand_ins import alone_by
from modelcheck.checks.words import number, short, with_interval
from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import too_few
from modelcheck.stats.holm import AtConfidence
from modelcheck.stats.linearised import paired_difference, undefined
from modelcheck.stats.power import rows_needed

__all__ = ["METRIC", "above_best", "earns", "silent_columns"]

METRIC = "movement_share_above_best"
_NOTHING = 0.1  # of what the best column earns, or tells alone: one that has less says next to nothing
_LITTLE = 0.25  # of what the best column earns by moving the answers as far
_LEAST = 0.01  # of the loss of knowing nothing: what a column may tell alone by chance
_MOST_ROWS = 20_000


def earns(one: Estimate) -> bool:
    """Return whether it is proved that a column earns something."""
    return not one.unproven and one.low is not None and one.low > 0.0


def silent_columns(
    context: Context, gains: Earned, estimates: dict[str, Estimate], best: str
) -> tuple[list[str], dict[str, Estimate]]:
    """Return the columns that say nothing, and those that move most while it is open what they earn.

    Parameters
    ----------
    context : Context
        With codes; `canary` names columns that are known to say nothing.
    gains : Earned
        What columns move and earn.
    estimates : dict of str to Estimate
        What they earn.
    best : str
        The column with the largest proven earnings.

    Returns
    -------
    silent : list of str
        Canaries, and columns that tell little alone and are proved to earn little.
    unclear : dict of str to Estimate
        By name as in sentences: columns that tell little alone, are proved to move more than the best one, and are
        neither proved to earn something nor to earn little; with what it takes to know.
    """
    enough, most = _enough(gains, estimates, best), estimates[best].value or 0.0
    limit = 0.0 if context.limit is None else context.limit

    def alone(name: str) -> float:
        rng = context.generator(f"explainability alone {name}")
        return alone_by(context.rows, name, rng, most_rows=_MOST_ROWS) or 0.0

    least = max(_NOTHING * alone(best), _LEAST)
    silent: list[str] = []
    unclear: dict[str, Estimate] = {}
    for name in gains.columns:
        own = estimates[name]
        if name in context.canary and name != best:
            silent.append(name)
        elif name == best or (earns(own) and not _earns_less(own, enough[name], most)):
            continue
        elif _earns_less(own, enough[name], most):
            if alone(name) < least:
                silent.append(name)
        else:
            above = above_best(gains, name, best)(context.confidence)
            # Where too many rows lost their answers nothing is proved, this neither.
            if above.low is not None and above.low > limit and alone(name) < least:
                unclear[short(name)] = _left_open(above, own, enough[name])
    return silent, unclear


def _enough(gains: Earned, estimates: dict[str, Estimate], best: str) -> dict[str, float]:
    """Return what each column earns at least where it says something."""
    moved = {name: gains.movement_size(place) for place, name in enumerate(gains.columns)}
    most = estimates[best].value or 0.0
    return {name: max(_NOTHING, _LITTLE * moved[name] / moved[best]) * most for name in moved}


def _earns_less(one: Estimate, enough: float, most: float) -> bool:
    """Return whether a column is proved to earn less than enough, and isn't seen to earn more than the best one."""
    if one.value is None or one.high is None or one.unproven:
        return False
    return one.high < enough and one.value < most


def above_best(gains: Earned, name: str, best: str) -> AtConfidence:
    """Return how much more of what moves the answers a column has than the best one, at any confidence."""
    own, top = (gains.movement(gains.columns.index(one)) for one in (name, best))
    units = gains.design.units(len(gains.known))
    few = too_few(units, "row") if units < FEWEST else ""

    def at(confidence: float) -> Estimate:
        if own is None or top is None:
            return undefined(METRIC, confidence, "nothing moves the answers", n=len(gains.known))
        found = paired_difference(
            own,
            top,
            gains.design,
            metric=METRIC,
            confidence=confidence,
            unproven=few,
            n_needed=FEWEST if few else None,
        )
        return doubted(found, gains.doubt)

    return at


def _left_open(above: Estimate, own: Estimate, enough: float) -> Estimate:
    """Say of a column that moves more than the best one what it takes to know whether it says anything."""
    if own.value is None or own.unproven:
        return replace(above, unproven=f"what it earns isn't known: {own.unproven}", n_needed=own.n_needed)
    more = rows_needed(own, own.value, side="low", power=0.5) if own.value > 0.0 else None
    less = rows_needed(own, enough - own.value, side="high", power=0.5) if own.value < enough else None
    return replace(
        above,
        unproven=(
            f"it earns {with_interval(own)} of what a constant answer loses, which proves neither that it earns "
            f"something nor that it earns under {number(enough)}; {own.n:,} rows were asked about"
        ),
        n_needed=min((one for one in (more, less) if one and one > own.n), default=None),
    )
