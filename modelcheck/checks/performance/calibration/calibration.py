"""Whether a model keeps its promises: probabilities against rates, predictions against means."""

from __future__ import annotations

from modelcheck.checks.columns import design_of, lean
from modelcheck.checks.context import Context
from modelcheck.checks.performance.calibration.charts import reliability
from modelcheck.checks.performance.calibration.groups import Split, split
from modelcheck.checks.performance.calibration.promises import Promises, promises_of, unpromising
from modelcheck.checks.performance.calibration.tables import class_table, measures_table, overall_gap
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.words import number, short, with_interval
from modelcheck.record.evidence import Estimate, Evidence
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.calibration.error import CalibrationError, calibration_error
from modelcheck.stats.calibration.slope import Recalibration, recalibration
from modelcheck.stats.linearised import undefined

__all__ = ["calibration"]

_METRIC = "expected_calibration_error"
_FLAT = "the target doesn't vary, so it gives errors no unit"


def calibration(context: Context) -> Evidence:
    """Measure the expected calibration error, and everything else that tells how promises fail.

    Parameters
    ----------
    context : Context
        Any task. Binary: the probability of the positive class; multiclass: the largest probability against being
        right; regression: mean residuals along the prediction, in standard deviations of the target. With `by` every
        group of that attribute is measured; `groups` then holds simultaneous intervals, and `estimate` is the worst.

    Returns
    -------
    Evidence
        Judged is the debiased error over bins of equal mass (`modelcheck.stats.calibration.error`). Tables: all
        measures, the reliability curve, groups, classes. Not applicable without probabilities or values.

    References
    ----------
    Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017). On calibration of modern neural networks. ICML,
    1321-1330. Van Calster, B. et al. (2019). Calibration: the Achilles heel of predictive analytics. BMC Medicine 17,
    230. The papers of each measure stand with the functions of :mod:`modelcheck.stats`.
    """
    rows, confidence = context.rows, context.confidence
    reason = _unusable(rows)
    if reason:
        return Evidence(not_applicable=reason)
    if len(rows) == 0:
        where = f" in {short(context.slice)}" if context.slice else ""
        empty = undefined(_METRIC, confidence, f"there are no rows{where}")
        return Evidence(estimate=empty, reading=f"There are no rows{where}, so nothing was measured.")
    design, promises = design_of(rows), promises_of(rows)
    found = _error(promises, rows, confidence)
    if found.bins is None:
        return Evidence(estimate=found.estimate, reading=f"Calibration could not be measured: {_FLAT}.")
    line = None
    if promises.probability:
        line = recalibration(promises.outcome, promises.score, confidence=confidence, design=design)
    gap = overall_gap(promises, design, confidence)
    tables = [measures_table(promises, found, line, gap, design=design, confidence=confidence)]
    curve, chart = reliability(promises, found.bins, design, confidence)
    tables.append(curve)
    if rows.task == "multiclass":
        tables.append(class_table(rows, confidence))
    parts = split(context, _estimate, found.estimate)
    baseline, words = _baseline(context, parts)
    reading = parts.words + _reading(promises, found, parts.judged, overall=context.by is None)
    return Evidence(
        estimate=parts.judged,
        groups=parts.groups,
        baseline=baseline,
        tables=(*tables, *parts.tables),
        charts=(chart, *parts.charts),
        reading=" ".join(part for part in (reading, _direction(promises, gap, line), words) if part),
        predicted_rows=len(rows) + (0 if context.baseline is None else len(context.baseline)),
    )


def _unusable(rows: ScoredRows) -> str:
    return unusable("mean_bias", rows) if rows.task == "regression" else unpromising("calibration", rows)


def _error(promises: Promises, rows: ScoredRows, confidence: float) -> CalibrationError:
    if not promises.scale > 0.0:
        return CalibrationError(estimate=undefined(_METRIC, confidence, _FLAT, n=len(rows), n_needed=None))
    return calibration_error(
        promises.outcome,
        promises.score,
        confidence=confidence,
        design=design_of(rows),
        probability=promises.probability,
        scale=promises.scale,
    )


def _estimate(rows: ScoredRows, confidence: float) -> Estimate:
    return _error(promises_of(rows), rows, confidence).estimate


def _baseline(context: Context, parts: Split) -> tuple[Estimate | None, str]:
    if context.baseline is None:
        return None, ""
    reason = _unusable(context.baseline)
    if reason:
        return None, f"The baseline can't be compared: {reason}"
    rows = lean(context.baseline)
    if context.by is not None:
        groups = context.rows.groups[context.by]
        worst = next(label for label, item in parts.groups.items() if item is parts.judged)
        rows = rows.take(groups.codes == groups.labels.index(worst))
    found = _estimate(rows, parts.judged.confidence)
    return found, f"The baseline on the same rows: {with_interval(found)}."


def _reading(promises: Promises, found: CalibrationError, judged: Estimate, *, overall: bool) -> str:
    if judged.value is None:
        return f"The calibration error could not be measured: {judged.unproven}."
    unit = "" if promises.probability else " standard deviations of the target"
    what = "Promised probabilities and observed rates" if promises.probability else "Predictions and observed means"
    text = f"{what} lie {with_interval(judged)}{unit} apart, averaged over bins and without the share of chance."
    if overall:
        text += (
            f" The plain figure is {number(found.plain)}, where a perfectly calibrated model would show "
            f"{number(found.chance)} by chance."
        )
    return text


def _direction(promises: Promises, gap: Estimate, line: Recalibration | None) -> str:
    """Which way the promises are off, where the rows prove it."""
    if line is None:
        return f"Predictions minus observations are {with_interval(gap)} on average."
    told = []
    if _proves(gap, 0.0):
        way = "too high" if (gap.value or 0.0) > 0.0 else "too low"
        told.append(f"The {promises.promised} is {way} by {with_interval(gap)} on average.")
    if _proves(line.slope, 1.0):
        way = "too extreme" if (line.slope.value or 0.0) < 1.0 else "too timid"
        told.append(f"Probabilities are {way}: calibration slope {with_interval(line.slope)}.")
    return " ".join(told)


def _proves(item: Estimate, even: float) -> bool:
    if item.unproven or item.low is None or item.high is None:
        return False
    return item.low > even or item.high < even
