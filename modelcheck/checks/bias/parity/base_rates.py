"""What can't be had together where the truth differs between groups."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.columns import design_of
from modelcheck.checks.words import level, short
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.between.groups import GroupValues
from modelcheck.stats.between.rates import rates_of

__all__ = ["why_not_all"]


def why_not_all(rows: ScoredRows, attribute: Attribute, confidence: float) -> str:
    """Return the warning that equal error rates and equal meaning of a decision can't both be had here.

    Parameters
    ----------
    rows : ScoredRows
        Of a classification.
    attribute : Attribute
        Of the same rows.
    confidence : float
        Level at which base rates have to differ.

    Returns
    -------
    str
        A sentence where the base rates of two groups are proved to differ, for the class where that is surest; else
        empty.

    References
    ----------
    Chouldechova, A. (2017). Fair prediction with disparate impact: a study of bias in recidivism prediction
    instruments. Big Data 5, 153-163. Kleinberg, J., Mullainathan, S. and Raghavan, M. (2017). Inherent trade-offs in
    the fair determination of risk scores. ITCS 2017, 43:1-43:23.
    """
    codes = [1] if len(rows.classes) == 2 else range(len(rows.classes))
    found = [rates_of(rows.target == code, None, attribute.codes, len(attribute), design_of(rows)) for code in codes]
    first, second = np.triu_indices(len(attribute), k=1)
    each = 1.0 - (1.0 - confidence) / (len(first) * len(found))
    surest: tuple[float, str] = (0.0, "")
    for code, base in zip(codes, found, strict=True):
        usable = np.array([not doubt for doubt in base.doubt])
        low, high = base.differences(first, second, each)
        gap = np.where(usable[first] & usable[second], np.maximum(low, -high), -np.inf)
        place = int(np.argmax(gap))
        if gap[place] > surest[0]:
            own = sorted((first[place], second[place]), key=lambda at: float(base.value[at]))
            surest = float(gap[place]), _shares(base, own, attribute, short(rows.classes[code]), each)
    if not surest[1]:
        return ""
    return (
        f"The truth itself differs: {surest[1]}. Then equal error rates and an equal meaning of the decision "
        "(predictive parity, calibration) can't both be had, unless the model is never wrong: choose which of them "
        "matters here."
    )


def _shares(base: GroupValues, places: list[np.intp], attribute: Attribute, label: str, confidence: float) -> str:
    low, high = base.limits(confidence)
    parts = [
        f"{100.0 * base.value[at]:.0f} of 100 ({100.0 * low[at]:.0f} to {100.0 * high[at]:.0f}) where "
        f"{short(attribute.where(int(at)))}"
        for at in places
    ]
    return f"{label} is the truth for {' and '.join(parts)} ({level(confidence)} intervals)"
