"""How far scores move, in units of how far two people's scores lie apart; and how many decisions change."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.counterfactual.asked import Asked
from modelcheck.checks.columns import design_of
from modelcheck.checks.spread import distance_from_others, spread_of
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import Design, too_few
from modelcheck.stats.linearised import Linearised, undefined
from modelcheck.stats.means import FEWEST_UNITS, mean_of, skewed_interval
from modelcheck.stats.rates import rate

__all__ = [
    "METRIC",
    "changed_decisions",
    "decision_shift",
    "mean_shift",
    "nobody_moved",
    "quantile_of",
    "signed_shift",
]

METRIC = "mean_score_shift"
_ALIKE = 1e-9
_LEAST_UNIT = 0.2


def mean_shift(asked: Asked, rows: ScoredRows, *, most: float, confidence: float) -> Estimate:
    """Return the mean shift of the score over the spread of the scores.

    Parameters
    ----------
    asked : Asked
        The answers.
    rows : ScoredRows
        The asked rows, as they are.
    most : float
        The largest shift that a row could have, in the output's own unit; infinite where nothing bounds it.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Estimate
        As `modelcheck.stats.means.skewed_interval`, of a ratio of two means. Where rows were drawn, the spread comes
        from more rows than the shift: the interval is then the wider of those with a spread of the asked rows and with
        a spread that is known. Where all rows shift alike (a model of sex alone), limits are at least as far off as
        what n rows alike may hide: a share of ``1 - tail ** (1 / n)`` may shift otherwise, from not at all to by
        `most`.

    References
    ----------
    The interval's papers stand with :func:`modelcheck.stats.means.skewed_interval`; Hoeffding, W. (1948), Annals of
    Mathematical Statistics 19, 293-325 (the spread's influence); Clopper, C. J. and Pearson, E. S. (1934), Biometrika
    26, 404-413 (none in n).
    """
    if asked.spread <= 0.0:
        return undefined(METRIC, confidence, "the scores don't vary, so there is nothing to measure a shift in")
    design = design_of(rows)
    shift = asked.by_row(asked.distance) / asked.spread
    value = design.mean(shift)
    moved = shift - value
    apart = distance_from_others(rows)
    typical = design.mean(apart)
    influences = [moved - 2.0 * value * (apart / typical - 1.0)] if typical > 0.0 else [moved]
    if len(shift) < asked.everyone:
        influences.append(moved)
    found = _wider([_ratio(value, one, design, confidence) for one in influences])
    if float(np.ptp(shift)) > _ALIKE * value:
        return found
    units = design.units(len(shift))
    doubt, needed = design.doubt(units)
    if not doubt and units < FEWEST_UNITS and design.cluster is None:
        doubt, needed = too_few(units, "row"), FEWEST_UNITS
    hidden = 1.0 - ((1.0 - confidence) / 2.0) ** (1.0 / max(design.effective_units(len(shift)), 1.0))
    room = max(most / asked.spread - value, 0.0)
    high = value + hidden * room if math.isfinite(room) else math.inf
    return replace(
        found,
        low=min(value if found.low is None else found.low, value * (1.0 - hidden)),
        high=max(value if found.high is None else found.high, high),
        method=f"{found.method}; all rows shift alike: at least what they may hide (Clopper-Pearson)",
        unproven=doubt,
        n_needed=needed,
    )


def _ratio(value: float, influence: NDArray[np.float64], design: Design, confidence: float) -> Estimate:
    return skewed_interval(
        Linearised(value=value, influence=influence),
        design,
        metric=METRIC,
        confidence=confidence,
        lowest=0.0,
        method="ratio to Gini's mean difference, ",
    )


def _wider(found: list[Estimate]) -> Estimate:
    """Return the first estimate with the outer limits of all, and with the doubts of any."""
    doubted = next((one for one in found if one.unproven), found[0])
    lows = [one.low for one in found if one.low is not None]
    highs = [one.high for one in found if one.high is not None]
    return replace(doubted, low=min(lows, default=None), high=max(highs, default=None))


def signed_shift(asked: Asked, which: NDArray[np.bool_], design: Design, *, confidence: float) -> Estimate:
    """Return the mean of after less before over some of the changes, in the score's own unit.

    Parameters
    ----------
    asked : Asked
        With `signed` shifts; of several probabilities the distance is taken, which has no sign.
    which : ndarray of bool, shape (n_changes,)
        The changes.
    design : Design
        Of the asked rows.
    confidence : float
        Level of the equal-tailed interval.
    """
    values = asked.distance if asked.signed is None else asked.signed
    return mean_of(
        values[which],
        metric="score_shift",
        confidence=confidence,
        design=_of_changes(asked, design).take(which),
    )


def changed_decisions(
    asked: Asked, design: Design, *, confidence: float, which: NDArray[np.bool_] | None = None, to: int | None = None
) -> Estimate | None:
    """Return the share of changes after which the candidate decides otherwise.

    Parameters
    ----------
    asked : Asked
        The answers.
    design : Design
        Of the asked rows.
    confidence : float
        Level of the equal-tailed interval.
    which : ndarray of bool, shape (n_changes,), or None
        Among these changes; None: all.
    to : int or None
        Counts changes to this class only.

    Returns
    -------
    Estimate or None
        Clopper-Pearson where each row is changed once, else by row as `modelcheck.stats.rates.rate` does for clusters.
        None without decisions.
    """
    if asked.was is None or asked.now is None:
        return None
    changed = asked.now != asked.was[asked.changes.source]
    if to is not None:
        changed &= asked.now == to
    each = _of_changes(asked, design)
    if which is not None:
        changed, each = changed[which], each.take(which)
    return rate(changed, metric="changed_decision_rate", confidence=confidence, design=each, of="changes")


def decision_shift(decided: Estimate, rows: ScoredRows) -> Estimate:
    """Return the share of changed decisions over how often two rows are decided otherwise.

    Parameters
    ----------
    decided : Estimate
        From `changed_decisions`.
    rows : ScoredRows
        All rows, with decisions.

    Returns
    -------
    Estimate
        Like the score's shift 0 where the entry doesn't matter, and above 1 where it decides alone. Where hardly
        anybody is decided otherwise than the rest, the unit is 0.2: a few decisions near a threshold are no
        discrimination.
    """
    unit = max(spread_of(replace(rows, score=None)), _LEAST_UNIT)

    def over(value: float | None) -> float | None:
        return None if value is None else value / unit

    return replace(
        decided, metric="decision_shift", value=over(decided.value), low=over(decided.low), high=over(decided.high)
    )


def nobody_moved(asked: Asked, design: Design, *, most: float, confidence: float) -> Estimate:
    """Return a shift of 0 with what the rows that weren't asked about may hide.

    Parameters
    ----------
    asked : Asked
        Without any shift.
    design : Design
        Of the asked rows.
    most : float
        The largest shift that a row could have, in the output's own unit; infinite where nothing bounds it.
    confidence : float
        Level of the equal-tailed interval.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934). Biometrika 26, 404-413 (none in n).
    """
    none = np.zeros(len(asked.rows), dtype=np.bool_)
    moved = rate(none, metric=METRIC, confidence=confidence, design=design)
    share = 1.0 if moved.high is None else moved.high
    room = most / asked.spread if asked.spread > 0.0 else math.inf
    return replace(moved, value=0.0, low=0.0, high=share * room)


def quantile_of(
    values: NDArray[np.float64], share: float, design: Design, *, confidence: float
) -> tuple[float, float, float]:
    """Return a quantile with Woodruff's limits.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows,)
        At least one.
    share : float
        In (0, 1).
    design : Design
        Of the rows.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    value, low, high : float

    References
    ----------
    Woodruff, R. S. (1952). Confidence intervals for medians and other position measures. Journal of the American
    Statistical Association 47, 635-646.

    Examples
    --------
    >>> quantile_of(np.arange(1.0, 101.0), 0.5, Design(), confidence=0.95)
    (50.0, 40.0, 61.0)
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(np.ones(len(values)) if design.weight is None else design.weight[order])
    reached /= reached[-1]

    def at(part: float) -> float:
        place = int(np.searchsorted(reached, part - 1e-12))
        return float(values[order[min(place, len(order) - 1)]])

    value = at(share)
    inside = rate(values <= value, metric="", confidence=confidence, design=design)
    low, high = inside.low or 0.0, 1.0 if inside.high is None else inside.high
    # Ties: the limits hold for the share that the value stands for, not for all that reach it.
    over = (inside.value or share) - share
    return value, at(max(low - over, 0.0)), at(min(high, 1.0))


def _of_changes(asked: Asked, design: Design) -> Design:
    """Return the design of the changes: those of one row hang together."""
    source = asked.changes.source
    weight = None if design.weight is None else design.weight[source]
    if len(source) == len(np.unique(source)):
        return Design(weight=weight, cluster=None if design.cluster is None else design.cluster[source])
    weight = asked.changes.share if weight is None else weight * asked.changes.share
    return Design(weight=weight, cluster=source if design.cluster is None else design.cluster[source])
