"""Whether a regression's errors grow with its predictions, and whether they are off on average."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.columns import design_of, scores_of
from modelcheck.checks.context import Context
from modelcheck.checks.performance.calibration.groups import split
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.words import level, number, short, with_interval
from modelcheck.record.evidence import Estimate, Evidence, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats import regression
from modelcheck.stats.calibration.bars import student_bars
from modelcheck.stats.calibration.bins import equal_mass_bins
from modelcheck.stats.calibration.residuals import breusch_pagan, spread_ratio
from modelcheck.stats.linearised import undefined

__all__ = ["residual_spread"]

_METRIC = "residual_spread_ratio"
_TENTHS = 10
_FIFTHS = 5


def residual_spread(context: Context) -> Evidence:
    """Compare the errors of the highest fifth of predictions with those of the lowest.

    Parameters
    ----------
    context : Context
        Of a regression.

    Returns
    -------
    Evidence
        The ratio of root mean squared errors; 1 is even. It describes: where errors follow the prediction, one figure
        for all rows promises too much for some and too little for others. A table by tenth of the prediction, and, for
        independent rows that count the same, Koenker's form of the Breusch-Pagan test.

    References
    ----------
    Koenker, R. (1981). A note on studentizing a test for heteroscedasticity. Journal of Econometrics 17, 107-112.
    """
    rows, confidence = context.rows, context.confidence
    if rows.task != "regression":
        return Evidence(not_applicable=f"residual_spread is a measure of regression; the task here is {rows.task}.")
    reason = unusable("mean_bias", rows)
    if reason:
        return Evidence(not_applicable=reason)
    if len(rows) == 0:
        where = f" in {short(context.slice)}" if context.slice else ""
        empty = undefined(_METRIC, confidence, f"there are no rows{where}")
        return Evidence(estimate=empty, reading=f"There are no rows{where}, so nothing was measured.")
    parts = split(context, _ratio, _ratio(rows, confidence))
    return Evidence(
        estimate=parts.judged,
        groups=parts.groups,
        tables=(_tenths(rows, confidence), *_test(rows), *parts.tables),
        charts=parts.charts,
        reading=parts.words + _reading(parts.rows, parts.judged),
        predicted_rows=len(rows),
    )


def _ratio(rows: ScoredRows, confidence: float) -> Estimate:
    design, predicted = design_of(rows), scores_of(rows)
    units = None if design.cluster is None else design.units(len(rows))
    fifths = equal_mass_bins(predicted, units=units, most=_FIFTHS)
    return spread_ratio(rows.target - predicted, fifths, confidence=confidence, design=design)


def _reading(rows: ScoredRows, found: Estimate) -> str:
    predicted, design = scores_of(rows), design_of(rows)
    bias = regression.measure("mean_bias", rows.target, predicted, confidence=found.confidence, design=design)
    off = f"Predictions minus observations are {with_interval(bias)} on average."
    if found.value is None:
        return f"The spread of errors could not be compared: {found.unproven}. {off}"
    return (
        f"The root mean squared error of the highest predictions is {with_interval(found)} times that of the lowest. "
        f"{off}"
    )


def _tenths(rows: ScoredRows, confidence: float) -> Table:
    design, predicted = design_of(rows), scores_of(rows)
    units = None if design.cluster is None else design.units(len(rows))
    tenths = equal_mass_bins(predicted, units=units, most=_TENTHS)
    residual = rows.target - predicted
    mean, low, high = student_bars(tenths, residual, design, confidence)
    across = tenths.means(predicted, design)
    root = np.sqrt(tenths.means(np.square(residual, out=residual), design))
    lines = tuple(
        (
            k + 1,
            int(tenths.rows[k]),
            float(across[k]),
            float(mean[k]),
            *(float(end) if np.isfinite(end) else None for end in (low[k], high[k])),
            float(root[k]),
        )
        for k in range(len(tenths))
    )
    return Table(
        name="by prediction",
        columns=("bin", "rows", "mean prediction", "mean residual", "low", "high", "root mean squared error"),
        rows=lines,
        note=(
            "Residuals are observed minus predicted. Limits: Student's t of the mean residual, each bin on its own "
            f"at {level(confidence)}."
        ),
    )


def _test(rows: ScoredRows) -> tuple[Table, ...]:
    if not design_of(rows).simple:
        return ()
    predicted = scores_of(rows)
    found = breusch_pagan(rows.target - predicted, predicted)
    if found.lm is None:
        return ()
    return (
        Table(
            name="Breusch-Pagan test",
            columns=("statistic", "p", "rows"),
            rows=((found.lm, found.p, len(rows)),),
            note=(
                "Koenker's studentised form, of squared residuals on the prediction; "
                f"{number(100.0 * found.lm / len(rows))} % of their variance follows it."
            ),
        ),
    )
