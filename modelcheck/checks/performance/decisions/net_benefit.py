"""Whether the model's decisions are worth more than treating everybody alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of, lean, scores_of
from modelcheck.checks.context import Context
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.performance.everywhere import everywhere, note_on_baseline, note_on_curves
from modelcheck.checks.words import count, level, number, with_interval
from modelcheck.record.evidence import Chart, Estimate, Evidence, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.decisions import net_benefit as benefit_of
from modelcheck.stats.decisions import row_benefits, threshold_sums
from modelcheck.stats.gains import gain_over_alike
from modelcheck.stats.means import mean_of

__all__ = ["net_benefit"]

_SHOWN = (0.05, 0.1, 0.2, 0.3, 0.5)
_POINTS = 99


def net_benefit(context: Context) -> Evidence:
    """Measure what the decisions at a threshold probability add to the better of treating all and treating none.

    Parameters
    ----------
    context : Context
        With probabilities. The threshold probability is the declared threshold, else ``fp / (fp + fn)`` of the declared
        costs, else 0.5. With `by` every group of that attribute is measured; `groups` then holds intervals that are
        simultaneous over its groups.

    Returns
    -------
    Evidence
        Net benefit of ``score >= t`` less that of the better of the two, paired by row, in true positives a row: above
        0 where the model helps. Not applicable without probabilities, or at a threshold of 1.

    References
    ----------
    Vickers, A. J. and Elkin, E. B. (2006). Decision curve analysis: a novel method for evaluating prediction models.
    Medical Decision Making 26, 565-574.
    """
    rows = context.rows
    reason = _unusable(rows)
    if reason or not len(rows):
        return Evidence(not_applicable=reason or "There are no rows to measure the net benefit on.")
    at, why = _threshold(context)
    if not 0.0 <= at < 1.0:
        return Evidence(
            not_applicable=f"net_benefit needs a threshold probability from 0 to below 1; {why} is {number(at)}."
        )
    found = everywhere(context, rows, lambda part, confidence: _gain(rows, at, part, confidence), higher_is_better=True)
    baseline, words, other = None, "", context.baseline
    if other is not None:
        words = _unusable(other)
        if words:
            words, other = f"The baseline can't be compared: {words}", None
        else:
            baseline = _gain(other, at, found.within(context.compared), found.judged.confidence)
            which = "the same rows" if context.paired is None else f"the {count(baseline.n, 'row')} that it has scored"
            words = f"The baseline on {which}: {with_interval(baseline)}. {note_on_baseline(context)}".strip()
    members = found.within(rows)
    part = lean(rows) if members is None else lean(rows).take(members)
    reading = found.head + _sentence(part, at, why, found.judged)
    return Evidence(
        estimate=found.judged,
        groups=found.groups,
        baseline=baseline,
        tables=(_table(rows, other, at, context.confidence), *found.tables),
        charts=(_chart(rows, other, at, "" if other is None else note_on_curves(context)), *found.charts),
        reading=f"{reading} {words}".strip(),
        predicted_rows=len(rows) + (0 if context.baseline is None else len(context.baseline)),
    )


def _unusable(rows: ScoredRows) -> str:
    return unusable("brier_score", rows).replace("brier_score", "net_benefit", 1)


def _threshold(context: Context) -> tuple[float, str]:
    """Return the threshold probability and where it is from."""
    if context.threshold is not None:
        return context.threshold, "the declared threshold"
    if context.costs is not None:
        return context.costs[0] / sum(context.costs), "which the declared costs ask for"
    return 0.5, "the default (no threshold and no costs are declared)"


def _gain(rows: ScoredRows, at: float, part: NDArray[np.intp] | None, confidence: float) -> Estimate:
    score, target = scores_of(rows), rows.target
    if part is not None:
        score, target = score[part], target[part]
    return gain_over_alike(target == 1, score >= at, at, confidence=confidence, design=design_of(rows).take(part))


def _sentence(rows: ScoredRows, at: float, why: str, found: Estimate) -> str:
    if found.value is None:
        return f"The net benefit could not be measured: {found.unproven}."
    share = design_of(rows).mean(rows.target == 1)
    alike = "all" if benefit_of(share, 1.0 - share, 1.0, at) > 0.0 else "none"
    word = "more" if found.value >= 0.0 else "fewer"
    return (
        f"Deciding at a probability of {number(at)}, {why}, the model's net benefit less that of treating {alike} (the "
        f"better of treating all and none) is {with_interval(found)}: worth {number(100.0 * abs(found.value))} true "
        f"positives {word} in 100 rows with the false positives unchanged."
    )


def _model(rows: ScoredRows, at: float, confidence: float) -> Estimate:
    values = row_benefits(rows.target == 1, at)
    values[scores_of(rows) < at] = 0.0
    return mean_of(values, metric="net_benefit", confidence=confidence, design=design_of(rows))


def _table(rows: ScoredRows, baseline: ScoredRows | None, at: float, confidence: float) -> Table:
    lines = []
    share = design_of(rows).mean(rows.target == 1)
    for cut in sorted({*_SHOWN, at}):
        own, gain = _model(rows, cut, confidence), _gain(rows, cut, None, confidence)
        other = None if baseline is None else _model(baseline, cut, confidence).value
        doubt = gain.unproven and f"unproven: {gain.unproven}"
        treat_all = benefit_of(share, 1.0 - share, 1.0, cut)
        lines.append((cut, own.value, own.low, own.high, other, treat_all, gain.value, gain.low, gain.high, doubt))
    columns = ("threshold", "model", "low", "high", "baseline", "treat all", "gain", "gain low", "gain high", "note")
    return Table(
        name="net benefit",
        columns=columns,
        rows=tuple(lines),
        note=f"Treating none has net benefit 0. Each interval on its own at {level(confidence)}.",
    )


def _chart(rows: ScoredRows, baseline: ScoredRows | None, at: float, note: str) -> Chart:
    cuts = np.unique(np.append(np.linspace(0.01, 0.99, _POINTS), at if at > 0.0 else 0.01))
    curves: dict[str, NDArray[np.float64]] = {}
    for series, side in (("candidate", rows), ("baseline", baseline)):
        if side is not None and len(side):
            sums = threshold_sums(side.target == 1, scores_of(side), weight=side.weight)
            curves[series] = benefit_of(*sums.at(cuts), sums.total, cuts)
    share = design_of(rows).mean(rows.target == 1)
    curves["treat all"] = benefit_of(share, 1.0 - share, 1.0, cuts)
    curves["treat none"] = np.zeros(len(cuts))
    # Far below treating none nothing is left to compare.
    floor = -max(share, 0.01) / 2.0
    data: list[dict[str, Any]] = []
    for series, curve in curves.items():
        data += [
            {"x": float(x), "y": float(y), "series": series} for x, y in zip(cuts, curve, strict=True) if y >= floor
        ]
    return Chart(
        name="decision_curve",
        kind="line",
        title="Decision curve",
        x="threshold probability",
        y="net benefit",
        reading=(
            f"The model helps at a threshold where its curve is the highest; in use is {number(at)}. "
            f"Points below {number(floor)} are left out.{note}"
        ),
        data=tuple(data),
    )
