"""Candidate and baseline side by side in every group and slice, summed up so that any level's interval is cheap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of, design_of, scores_of
from modelcheck.checks.performance.comparison.findable import shown_as_broken
from modelcheck.checks.performance.everywhere import parts_of
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import Design
from modelcheck.stats.holm import AtConfidence
from modelcheck.stats.linearised import undefined
from modelcheck.stats.paired.changes import interval_of
from modelcheck.stats.paired.losses import compare_losses
from modelcheck.stats.paired.rates import discordance, share_difference

__all__ = ["PairedPlace", "paired_places"]

_SHARES = "accuracy_difference"
_VALUES = "share_of_variance_difference"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedPlace:
    """One group or slice.

    Attributes
    ----------
    label : str
        ``sex = female``, ``slice 65+``.
    name : str
        The attribute's or the slice's name.
    rows : ndarray of int
        Positions of its rows.
    candidate, baseline : float or None
        Accuracy of both; for values the mean squared error over the target's variance. None without rows.
    difference : float or None
        Above 0 where the candidate is better.
    find : callable
        From a confidence to the estimate of the difference.
    step : float
        How much of a drop one row can bring.
    most : float
        The largest drop that makes sense.
    """

    label: str
    name: str
    rows: NDArray[np.intp]
    candidate: float | None
    baseline: float | None
    difference: float | None
    find: AtConfidence
    step: float
    most: float

    @property
    def n(self) -> int:
        """Number of its rows."""
        return len(self.rows)

    def findable(self, found: Estimate, margin: float) -> float | None:
        """Return the smallest true drop here that would be shown broken beyond `margin` with 80 % power.

        Parameters
        ----------
        found : Estimate
            From `find`, or its interval adjusted for the other places.
        margin : float
            How much worse the candidate may be, at least 0.

        Returns
        -------
        float or None
            As `modelcheck.checks.performance.comparison.findable.findable_drop`.
        """
        return shown_as_broken(found, margin, self.step, self.most)


def paired_places(rows: ScoredRows, baseline: ScoredRows, attribute: str | None = None) -> list[PairedPlace]:
    """Sum up the paired difference in every group of every attribute and in every slice.

    Parameters
    ----------
    rows, baseline : ScoredRows
        The same rows, scored by the candidate and by the baseline; groups and slices are the candidate's.
    attribute : str or None
        The only attribute whose groups are wanted, without slices; None: everything.

    Returns
    -------
    list of PairedPlace
        Groups by attribute, then slices; those without rows too.
    """
    design, members = design_of(rows), _members(rows, attribute)
    if rows.task == "regression":
        own, other = (_shares_of_variance(side, design) for side in (rows, baseline))
        return [_of_values(label, name, own, other, part, design) for label, name, part in members]
    right, before = decisions_of(rows) == rows.target, decisions_of(baseline) == rows.target
    return [_of_shares(label, name, right, before, part, design) for label, name, part in members]


def _members(rows: ScoredRows, attribute: str | None) -> Iterator[tuple[str, str, NDArray[np.intp]]]:
    for name, groups in rows.groups.items():
        if attribute in (None, name):
            for label, part in parts_of(groups).items():
                yield f"{name} = {label}", name, part
    for name, mask in rows.slices.items() if attribute is None else ():
        yield f"slice {name}", name, np.flatnonzero(mask)


def _of_shares(
    label: str, name: str, right: NDArray[np.bool_], before: NDArray[np.bool_], part: NDArray[np.intp], design: Design
) -> PairedPlace:
    right, before, design = right[part], before[part], design.take(part)
    found = discordance(right, before, design)
    shares = (design.mean(right), design.mean(before)) if len(right) else None
    return PairedPlace(
        label=label,
        name=name,
        rows=part,
        candidate=None if shares is None else shares[0],
        baseline=None if shares is None else shares[1],
        difference=None if shares is None else shares[0] - shares[1],
        find=lambda confidence: share_difference(found, metric=_SHARES, confidence=confidence),
        step=1.0 / design.effective_units(len(right)) if len(right) else 0.0,
        most=1.0,
    )


def _shares_of_variance(rows: ScoredRows, design: Design) -> NDArray[np.float64]:
    """Return each row's squared error over the variance of the target on all rows; infinite where it doesn't vary."""
    spread = rows.target - design.mean(rows.target) if len(rows) else rows.target.copy()
    np.square(spread, out=spread)
    variance = design.mean(spread) if len(rows) else 0.0
    np.subtract(rows.target, scores_of(rows), out=spread)
    np.square(spread, out=spread)
    spread /= variance if variance > 0.0 else np.nan
    return spread


def _of_values(
    label: str,
    name: str,
    own: NDArray[np.float64],
    other: NDArray[np.float64],
    part: NDArray[np.intp],
    design: Design,
) -> PairedPlace:
    mine, theirs, design = own[part], other[part], design.take(part)
    known = len(part) > 0 and not np.isnan(mine[0])
    errors = (design.mean(mine), design.mean(theirs)) if known else (None, None)
    most = max(float(mine.max()), float(theirs.max())) if known else 0.0
    found = compare_losses(mine, theirs, design=design) if known else None
    reason = "the target does not vary on these rows" if len(part) else "there are no rows"
    return PairedPlace(
        label=label,
        name=name,
        rows=part,
        candidate=errors[0],
        baseline=errors[1],
        difference=None if found is None else found.value,
        find=(
            partial(undefined, _VALUES, reason=reason, n=len(part))
            if found is None
            else lambda confidence: interval_of(found, metric=_VALUES, confidence=confidence)
        ),
        step=most / design.effective_units(len(part)) if known else 0.0,
        most=most,
    )
