"""Every measure of calibration with its interval, overall and for each class against the rest."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.columns import design_of, scores_of
from modelcheck.checks.performance.calibration.promises import Promises
from modelcheck.checks.words import count, level
from modelcheck.record.evidence import Estimate, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.calibration.error import CalibrationError, calibration_error
from modelcheck.stats.calibration.parts import brier_parts
from modelcheck.stats.calibration.slope import Recalibration, recalibration
from modelcheck.stats.calibration.z import spiegelhalter
from modelcheck.stats.design import Design
from modelcheck.stats.losses import brier_score
from modelcheck.stats.means import mean_of

__all__ = ["class_table", "measures_table", "overall_gap"]

_CLASSES_SHOWN = 20
Line = tuple[object, ...]


def overall_gap(promises: Promises, design: Design, confidence: float) -> Estimate:
    """Return the mean promise minus the mean outcome (calibration in the large).

    Parameters
    ----------
    promises : Promises
        At least one row.
    design : Design
        Design of the rows.
    confidence : float
        Level of the interval.

    Returns
    -------
    Estimate
        0 is calibrated; in the outcome's unit.
    """
    gap = np.subtract(promises.score, promises.outcome, dtype=np.float64)
    bound = 1.0 if promises.probability else float("inf")
    return mean_of(
        gap, metric="calibration_in_the_large", confidence=confidence, design=design, lowest=-bound, highest=bound
    )


def measures_table(
    promises: Promises,
    found: CalibrationError,
    line: Recalibration | None,
    gap: Estimate,
    *,
    design: Design,
    confidence: float,
) -> Table:
    """Return all measures of calibration of the same rows.

    Parameters
    ----------
    promises : Promises
        At least one row.
    found : CalibrationError
        Their expected calibration error.
    line : Recalibration or None
        Slope and intercept; None for values.
    gap : Estimate
        From `overall_gap`.
    design : Design
        Design of the rows.
    confidence : float
        Level of the intervals, each on its own.

    Returns
    -------
    Table
        Columns measure, value, low, high, p, method.
    """
    error = "expected calibration error"
    lines: list[Line] = [
        _line(f"{error}, debiased", found.estimate),
        (f"{error}, plain", found.plain, None, None, None, "biased upwards: above 0 for a perfect model"),
        (f"{error}, plain, if perfectly calibrated", found.chance, None, None, None, "expectation, normal gaps"),
        _line("mean promised minus mean observed", gap),
    ]
    note = f"Intervals each on their own at {level(confidence)}."
    if line is not None and found.bins is not None:
        brier = brier_score(promises.outcome, promises.score, confidence=confidence, design=design)
        lines.append(_line("Brier score", brier))
        parts = brier_parts(promises.outcome, promises.score, found.bins, design=design)
        part_of = "part of the Brier score (Murphy; Stephenson, Coelho and Jolliffe)"
        lines += [
            (name, value, None, None, None, part_of)
            for name, value in (
                ("+ reliability", parts.reliability),
                ("- resolution", parts.resolution),
                ("+ uncertainty", parts.uncertainty),
                ("+ variance within bins", parts.within_variance),
                ("- covariance within bins", parts.within_covariance),
            )
        ]
        test = spiegelhalter(promises.outcome, promises.score, design=design)
        lines.append(("Spiegelhalter's z", test.z, None, None, test.p, test.method))
        lines += [_line("calibration slope", line.slope), _line("calibration intercept", line.intercept)]
        note += " The five parts add up to the Brier score; they are of these rows, without an interval."
        if line.at_edge:
            note += f" For slope and intercept {count(line.at_edge, 'promise')} of 0 or 1 moved to 1e-6 or 1 - 1e-6."
    return Table(
        name="calibration", columns=("measure", "value", "low", "high", "p", "method"), rows=tuple(lines), note=note
    )


def class_table(rows: ScoredRows, confidence: float) -> Table:
    """Return the calibration of every class against the rest.

    Parameters
    ----------
    rows : ScoredRows
        Of more than two classes, with probabilities.
    confidence : float
        Level of each interval on its own.

    Returns
    -------
    Table
        The 20 largest classes; the note says when there are more.
    """
    score, design = scores_of(rows), design_of(rows)
    sizes = np.bincount(rows.target, minlength=len(rows.classes))
    shown = np.sort(np.argsort(-sizes, kind="stable")[:_CLASSES_SHOWN])
    lines: list[Line] = []
    for code in shown.tolist():
        outcome, promised = rows.target == code, np.ascontiguousarray(score[:, code])
        error = calibration_error(outcome, promised, confidence=confidence, design=design).estimate
        line = recalibration(outcome, promised, confidence=confidence, design=design)
        cells: list[object] = [str(rows.classes[code]), int(sizes[code]), design.mean(promised), design.mean(outcome)]
        for item in (error, line.slope, line.intercept):
            cells += [item.value, item.low, item.high]
        doubts = {item.unproven for item in (error, line.slope) if item.unproven}
        lines.append((*cells, f"unproven: {'; '.join(sorted(doubts))}" if doubts else ""))
    note = f"Each class against the rest; error is debiased. Each interval on its own at {level(confidence)}."
    if len(shown) < len(sizes):
        note += f" Shown are the {len(shown)} largest of {len(sizes)} classes."
    columns = ["class", "rows", "mean promised", "observed rate"]
    for name in ("error", "slope", "intercept"):
        columns += [name, f"{name} low", f"{name} high"]
    return Table(name="by class", columns=(*columns, "note"), rows=tuple(lines), note=note)


def _line(name: str, item: Estimate) -> Line:
    doubt = f"; unproven: {item.unproven}" if item.unproven else ""
    return name, item.value, item.low, item.high, None, f"{item.method}{doubt}"
