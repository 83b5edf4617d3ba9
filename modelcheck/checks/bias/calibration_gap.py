"""Whether the promises of a model hold for every group: probabilities against what happened there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from modelcheck.checks.bias.attribute import Attribute, attribute_of
from modelcheck.checks.bias.every_group import EveryGroup, judge_groups
from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.judging import JudgedPlace
from modelcheck.checks.performance.calibration.charts import reliability
from modelcheck.checks.performance.calibration.promises import Promises, promises_of, unpromising
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.performance.groups import joint_confidence
from modelcheck.checks.performance.weakness.promised import promised_rates
from modelcheck.checks.words import level, number, short, with_interval
from modelcheck.record.evidence import Chart, Estimate, Evidence
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.calibration.error import CalibrationError, calibration_error
from modelcheck.stats.calibration.slope import Recalibration, recalibration
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import undefined
from modelcheck.stats.power import detectable, half_width

__all__ = ["calibration_gap"]

_LIMIT = 0.10
_MOST_CURVES = 3
_METRIC = "expected_calibration_error"
_FLAT = "the target doesn't vary, so it gives errors no unit"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Group:
    """One group's promises and what came of them; `scale` is that of all rows, so that groups can be compared."""

    promises: Promises
    design: Design
    scale: float

    def error(self, confidence: float) -> CalibrationError:
        if not self.scale > 0.0:
            n = len(self.promises.score)
            return CalibrationError(estimate=undefined(_METRIC, confidence, _FLAT, n=n, n_needed=None))
        return calibration_error(
            self.promises.outcome,
            self.promises.score,
            confidence=confidence,
            design=self.design,
            probability=self.promises.probability,
            scale=self.scale,
        )

    def line(self, confidence: float) -> Recalibration | None:
        if not self.promises.probability:
            return None
        return recalibration(self.promises.outcome, self.promises.score, confidence=confidence, design=self.design)


def calibration_gap(context: Context) -> Evidence:
    """Measure in every group how far promises and outcomes lie apart.

    A probability of 0.3 should mean three of ten for everybody. Where it doesn't, whoever acts on the score treats the
    group otherwise than is meant, whatever the threshold.

    Parameters
    ----------
    context : Context
        `by` names the attribute, `limit` is the error that is allowed (None: 0.10). Binary: the probability of the
        positive class; multiclass: the largest probability against being right; regression: mean residuals along the
        prediction, in standard deviations of the target on all rows.

    Returns
    -------
    Evidence
        `groups` holds the debiased expected calibration error of each group with Holm's intervals, under a default
        limit after one recalibration of all rows together; those proved to exceed `limit` at ``(1 - confidence) / 2``
        for all together are `findings`. Groups under 50 rows stand in the table. Reliability curves of the
        worst group and the two largest. Not applicable without probabilities or values.

    References
    ----------
    Pleiss, G., Raghavan, M., Wu, F., Kleinberg, J. and Weinberger, K. Q. (2017). On fairness and calibration. NeurIPS
    30. Crowson, C. S., Atkinson, E. J. and Therneau, T. M. (2016). Assessing calibration of prognostic risk scores.
    Statistical Methods in Medical Research 25, 1692-1706. The error: `modelcheck.stats.calibration.error`.
    """
    attribute = attribute_of(context)
    if isinstance(attribute, str):
        return Evidence(not_applicable=attribute)
    rows = context.rows
    reason = unusable("mean_bias", rows) if rows.task == "regression" else unpromising("calibration_gap", rows)
    if reason:
        return Evidence(not_applicable=reason)
    whole, note_of_line = _promises(rows, declared=context.declared)
    groups = [
        _Group(
            promises=replace(whole, outcome=whole.outcome[members], score=whole.score[members]),
            design=design_of(rows).take(members),
            scale=whole.scale,
        )
        for members in (attribute.rows(place) for place in range(len(attribute)))
    ]
    limit = _LIMIT if context.limit is None else context.limit
    measured = [cache(one.error) for one in groups]
    finds = [lambda at, find=find: find(at).estimate for find in measured]
    every = judge_groups(context, attribute, finds, limit=limit)
    each = joint_confidence(context.confidence, len(attribute))
    errors, lines = [find(each) for find in measured], [one.line(each) for one in groups]
    overall = _Group(promises=whole, design=design_of(rows), scale=whole.scale).error(context.confidence)
    columns, cells = _cells(groups, errors, lines)
    note = f"Value: debiased expected calibration error; plain and by chance: biased upwards. {_unit(whole)}"
    if whole.probability:
        note += f" Slopes at {level(each)} each, 1 is calibrated."

    def smallest(found: Estimate) -> float | None:
        widths = [width for width in (half_width(found, "low"), half_width(found, "high")) if width is not None]
        return limit + detectable(max(widths), confidence=found.confidence) if widths else None

    def title(one: JudgedPlace) -> str:
        place = next(k for k in range(len(attribute)) if attribute.where(k) == one.label)
        return f"Promises don't hold where {short(one.label)}: {_told(groups[place])}"

    return Evidence(
        estimate=every.worst,
        groups=every.groups,
        findings=every.findings(title, "max"),
        tables=(every.table(columns, cells, note=note),),
        charts=(
            *every.chart("calibration error", "Calibration by group"),
            *_curves(attribute, groups, errors, each, every.label),
        ),
        reading=f"{_reading(every, whole, overall.estimate)} {note_of_line}".strip(),
        searched=every.searched(smallest, "a calibration error"),
        predicted_rows=len(rows),
    )


def _promises(rows: ScoredRows, *, declared: bool) -> tuple[Promises, str]:
    """Return the promises that groups are judged by, and what was done to them.

    Probabilities that are wrong for everybody, as those of a model with balanced classes are on purpose, are told by
    ``performance.calibration``. So by default one line puts them right for all rows together, and what is left is a
    matter of groups. Who declares a limit means the probabilities as they are.
    """
    whole = promises_of(rows)
    fixed = None if declared or not whole.probability else promised_rates(rows)
    if fixed is None:
        return whole, ""
    return replace(whole, score=fixed.promise), "Promises are put right for all rows together first (Cox's line)."


def _unit(promises: Promises) -> str:
    return "" if promises.probability else "Unit: standard deviations of the target on all rows."


def _told(group: _Group) -> str:
    promises, design = group.promises, group.design
    promised, came = design.mean(promises.score), design.mean(promises.outcome)
    if promises.probability:
        return f"mean promised {number(promised)}, observed {number(came)}"
    return f"mean predicted {number(promised)}, observed {number(came)}"


def _cells(
    groups: Sequence[_Group], errors: Sequence[CalibrationError], lines: Sequence[Recalibration | None]
) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    columns = ("mean promised", "mean observed", "plain", "by chance", "slope", "slope low", "slope high")
    cells: list[tuple[object, ...]] = []
    for group, error, line in zip(groups, errors, lines, strict=True):
        slope = (None, None, None) if line is None else (line.slope.value, line.slope.low, line.slope.high)
        means = group.design.mean(group.promises.score), group.design.mean(group.promises.outcome)
        cells.append((*means, error.plain, error.chance, *slope))
    if all(line is None for line in lines):
        return columns[:4], [one[:4] for one in cells]
    return columns, cells


def _curves(
    attribute: Attribute,
    groups: Sequence[_Group],
    errors: Sequence[CalibrationError],
    confidence: float,
    worst: str | None,
) -> tuple[Chart, ...]:
    """Return the reliability curves of the worst group and of the largest."""
    first = sorted(range(len(attribute)), key=lambda at: (attribute.where(at) != worst, -int(attribute.sizes[at])))
    largest = first[:_MOST_CURVES]
    left = len(attribute) - len(largest)
    drawn: list[Chart] = []
    for place in sorted(largest):
        bins, group = errors[place].bins, groups[place]
        if bins is None:
            continue
        _, chart = reliability(group.promises, bins, group.design, confidence)
        more = f" Drawn are the worst and the largest of {len(attribute):,} groups." if left else ""
        where = attribute.where(place)
        drawn.append(
            replace(
                chart,
                name=f"reliability {place + 1}",
                title=f"Reliability curve where {short(where)}",
                reading=f"{chart.reading}{more}",
            )
        )
    return tuple(drawn)


def _reading(every: EveryGroup, whole: Promises, overall: Estimate) -> str:
    unit = "" if whole.probability else " standard deviations of the target"
    everywhere = f"On all rows together: {with_interval(overall)}{unit}."
    worst = every.worst
    if worst is None:
        return f"No group could be measured. {everywhere}"
    what = "probabilities and what happened" if whole.probability else "predictions and what was observed"
    head = f"Promises hold worst where {short(every.label)}: {what} lie {with_interval(worst)}{unit} apart."
    if every.broken and _keeps(overall, every.limit):
        everywhere += " The whole looks sound, so nobody would see it there."
    elif every.broken and not overall.unproven and overall.low is not None and overall.low > every.limit:
        everywhere += " Promises fail for everybody, not for a group alone: recalibrate the model as a whole first."
    return f"{head} {everywhere}"


def _keeps(found: Estimate, limit: float) -> bool:
    return not found.unproven and found.high is not None and found.high <= limit
