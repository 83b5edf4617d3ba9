"""Means of a share over classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from modelcheck.record.evidence import Estimate
from modelcheck.stats.class_shares import DENOMINATORS
from modelcheck.stats.combined import Part, combine
from modelcheck.stats.confusion import Kind
from modelcheck.stats.design import Design, student_quantile
from modelcheck.stats.linearised import undefined

__all__ = ["mean_of_shares"]

_ROWS_PER_CLASS = 20
_MOVER = "MOVER (Zou and Donner) from Clopper-Pearson limits"
_SURVEY_MOVER = "MOVER (Zou and Donner) from Korn and Graubard's limits"


def mean_of_shares(
    metric: str,
    kind: Kind,
    shares: Mapping[int, Estimate],
    variance: Callable[[NDArray[np.int64]], float],
    *,
    confidence: float,
    n: int,
    design: Design,
) -> Estimate:
    """Return the mean of a share over classes.

    Parameters
    ----------
    metric : str
        Name of the mean.
    kind : str
        Which share.
    shares : mapping of int to Estimate
        The share of each class in the mean; one without value counts as 0 and spans 0 to 1.
    variance : callable
        Linearised variance of the mean over the classes given.
    confidence : float
        Level of the equal-tailed interval.
    n : int
        Number of rows.
    design : Design
        Their design.

    Returns
    -------
    Estimate
        MOVER. Near 0 or 1 the exact limit on the near side is closer than the share's own spread, and a sum of many
        such shares would miss; each side is therefore at least the share's linearised half-width. `unproven` under
        10 rows a class.

    References
    ----------
    Zou and Donner (2008), Statistics in Medicine 27, 1693-1702; with dependence, Zou, G. Y. (2008), On the
    estimation of additive interaction by use of the four-by-two table and beyond, American Journal of Epidemiology
    168, 212-224.
    """
    if not shares:
        return undefined(metric, confidence, f"there are no {DENOMINATORS[kind]}", n=n)
    parts: list[Part] = []
    separate = 0.0
    still = 0
    counted = [share for share in shares.values() if share.value is not None]
    clusters = [share.clusters for share in counted if share.clusters is not None]
    fewest = min(clusters, default=n)
    quantile = student_quantile(0.5 + confidence / 2.0, max(fewest - 1.0, 1.0))
    for code, share in shares.items():
        if share.value is None or share.low is None or share.high is None:
            parts.append((0.0, 0.0, 1.0))
            still += 1
            continue
        alone = variance(np.array([code]))
        separate += alone / len(shares) ** 2
        still += alone <= 0.0
        span = quantile * math.sqrt(alone)
        parts.append((share.value, min(share.low, share.value - span), max(share.high, share.value + span)))
    ratio = _dependence(kind, variance(np.array(list(shares))), separate, still, len(parts), design)
    value, low, high = combine(parts, ratio=ratio)
    doubt, needed = design.doubt(fewest)
    if not doubt and n < _ROWS_PER_CLASS * len(parts):
        needed = _ROWS_PER_CLASS * len(parts)
        doubt = f"{n:,} rows in {len(parts)} classes are too few for a trustworthy mean over classes"
    name = _MOVER if design.simple else _SURVEY_MOVER
    if len(counted) < len(shares):
        empty = len(shares) - len(counted)
        name += f"; {empty} of {len(shares)} classes without {DENOMINATORS[kind]} count as 0 and span 0 to 1"
    return Estimate(
        metric=metric,
        value=value,
        low=max(low, 0.0),
        high=min(high, 1.0),
        confidence=confidence,
        n=n,
        clusters=min(clusters, default=None),
        method=design.describe(name, fewest),
        unproven=doubt,
        n_needed=needed,
    )


def _dependence(kind: Kind, together: float, separate: float, still: int, parts: int, design: Design) -> float:
    """Return how much more the mean varies than it would if the classes were independent."""
    if separate <= 0.0:
        # Recalls of independent rows are independent given the truth, precisions given the decisions.
        independent = design.cluster is None and kind in ("recall", "false_negative_rate", "precision")
        return 1.0 if independent else float(parts)
    # A class without spread hides how it moves with the others.
    return max(together / separate, 1.0) if still else together / separate
