"""Every measure of a task in every group of an attribute, each measure's intervals together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.bias.group_rates import base_rates, group_rates, shares
from modelcheck.checks.columns import decisions_of, design_of, lean, scores_of
from modelcheck.checks.performance.calibration.promises import promises_of
from modelcheck.checks.performance.catalogue import estimate, unusable
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.calibration.error import calibration_error
from modelcheck.stats.calibration.slope import recalibration
from modelcheck.stats.means import mean_of

__all__ = ["GroupMeasures", "measures_of"]

_PROBABILITIES = "log loss and calibration"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupMeasures:
    """What was measured in every group.

    Attributes
    ----------
    found : dict of str to tuple of Estimate
        By the measure's name, in an order to read them; one estimate for each group.
    left_out : tuple of str
        What this model's outputs don't allow, as sentences.
    """

    found: dict[str, tuple[Estimate, ...]]
    left_out: tuple[str, ...]


def measures_of(rows: ScoredRows, attribute: Attribute, confidence: float) -> GroupMeasures:
    """Measure every group by everything that the task and the outputs allow.

    Parameters
    ----------
    rows : ScoredRows
        At least one row.
    attribute : Attribute
        Of these rows.
    confidence : float
        Level of each interval.

    Returns
    -------
    GroupMeasures
        Binary: base rate, selection rate, error rates, predictive values, accuracy, mean score, log loss, calibration
        slope, expected calibration error. Multiclass: accuracy, log loss, calibration of the largest probability.
        Regression: mean error, absolute and squared error, mean prediction, mean target.
    """
    narrow = lean(rows)
    parts = [narrow.take(attribute.rows(place)) for place in range(len(attribute))]

    def each(measure: Callable[[ScoredRows], Estimate]) -> tuple[Estimate, ...]:
        return tuple(measure(part) for part in parts)

    if rows.task == "regression":
        return GroupMeasures(found=_of_values(each, confidence), left_out=())
    found: dict[str, tuple[Estimate, ...]] = {}
    left_out = []
    if rows.task == "binary":
        found["base_rate"] = base_rates(rows, attribute, 1, confidence)
    reason = unusable("accuracy", rows)
    if reason:
        left_out.append(reason.replace("accuracy needs", "rates of decisions need", 1))
    else:
        if rows.task == "binary":
            found |= group_rates(rows, attribute, 1, confidence)
        right = decisions_of(rows) == rows.target
        found["accuracy"] = shares(right, attribute, design_of(rows), "accuracy", confidence)
    if rows.task == "binary" and rows.score is not None:
        bounds = (0.0, 1.0) if rows.probabilistic else (-float("inf"), float("inf"))
        found["mean_score"] = each(lambda part: _mean("mean_score", scores_of(part), part, confidence, *bounds))
    reason = unusable("log_loss", rows)
    if reason:
        left_out.append(reason.replace("log_loss needs", f"{_PROBABILITIES} need", 1))
    else:
        found["log_loss"] = each(lambda part: estimate("log_loss", part, confidence))
        found |= _calibration(parts, confidence)
    return GroupMeasures(found=found, left_out=tuple(left_out))


def _of_values(
    each: Callable[[Callable[[ScoredRows], Estimate]], tuple[Estimate, ...]], confidence: float
) -> dict[str, tuple[Estimate, ...]]:
    return {
        "mean_error": each(lambda part: _mean("mean_error", scores_of(part) - part.target, part, confidence)),
        "mean_absolute_error": each(lambda part: estimate("mean_absolute_error", part, confidence)),
        "root_mean_squared_error": each(lambda part: estimate("root_mean_squared_error", part, confidence)),
        "mean_prediction": each(lambda part: _mean("mean_prediction", scores_of(part), part, confidence)),
        "mean_target": each(lambda part: _mean("mean_target", part.target, part, confidence)),
    }


def _mean(
    metric: str,
    values: NDArray[np.float64],
    part: ScoredRows,
    confidence: float,
    lowest: float = -math.inf,
    highest: float = math.inf,
) -> Estimate:
    # With a lowest value of 0 the values would be taken as losses.
    found = mean_of(values.astype(np.float64, copy=False), metric=metric, confidence=confidence, design=design_of(part))
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(found.low, lowest), high=min(found.high, highest))


def _calibration(parts: list[ScoredRows], confidence: float) -> dict[str, tuple[Estimate, ...]]:
    slopes, errors = [], []
    for part in parts:
        promises, design = promises_of(part), design_of(part)
        slopes.append(recalibration(promises.outcome, promises.score, confidence=confidence, design=design).slope)
        errors.append(
            calibration_error(promises.outcome, promises.score, confidence=confidence, design=design).estimate
        )
    return {"calibration_slope": tuple(slopes), "expected_calibration_error": tuple(errors)}
