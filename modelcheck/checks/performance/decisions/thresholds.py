"""The threshold in use against the one that the reference would have chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of, design_of, scores_of
from modelcheck.checks.context import Context
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.performance.everywhere import everywhere, note_on_curves
from modelcheck.checks.words import number, with_interval
from modelcheck.record.evidence import Chart, Estimate, Evidence, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.decisions import best_threshold, row_costs, threshold_sums
from modelcheck.stats.gains import mean_gain

__all__ = ["threshold"]

_POINTS = 101
_SAME = 1e-12
_ENDS = {-math.inf: "all positive", math.inf: "none positive"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scan:
    """What all thresholds cost on some rows, in brief."""

    best: float
    least: float
    cuts: NDArray[np.float64]
    curve: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The thresholds that are compared; `best` is None where it is the one in use."""

    costs: tuple[float, float]
    in_use: float | None
    best: float | None
    hindsight: _Scan
    theory: float | None


def threshold(context: Context) -> Evidence:
    """Compare the decisions in use with those of the threshold that costs least on the reference.

    Parameters
    ----------
    context : Context
        With scores, decisions and a reference. Without declared costs those count that the declared threshold implies
        for probabilities, ``fp / (fp + fn)``; without either both kinds of error cost 1. With `by` every group of that
        attribute is measured; `groups` then holds intervals that are simultaneous over its groups.

    Returns
    -------
    Evidence
        The mean cost of a row with the threshold in use less that with the best one on the reference, paired on the
        dataset's rows: above 0 where the threshold in use costs more. The best threshold is taken as given: its own
        chance is that of the reference, not of these rows. Not applicable without a reference.

    References
    ----------
    Elkan, C. (2001). The foundations of cost-sensitive learning. Proceedings of IJCAI-01, 973-978 (the threshold of
    calibrated probabilities is ``fp / (fp + fn)``). Sheng, V. S. and Ling, C. X. (2006). Thresholding for making
    classifiers cost-sensitive. Proceedings of AAAI-06, 476-481.
    """
    rows, reference = context.rows, context.reference
    if reference is None:
        return Evidence(
            not_applicable='No reference rows are declared. Add [reference] path = "..." to seek the best threshold on.'
        )
    for side in (rows, reference):
        reason = unusable("roc_auc", side).replace("roc_auc", "threshold", 1)
        reason = reason or unusable("accuracy", side).replace("accuracy", "threshold", 1)
        if reason or not len(side):
            return Evidence(not_applicable=reason or "There are no rows to compare thresholds on.")
    found = _thresholds(context, reference)
    values = _row_costs(rows, decisions_of(rows) == 1, found)
    if found.best is None:
        values[:] = 0.0
    else:
        values -= _row_costs(rows, scores_of(rows) >= found.best, found)
    design = design_of(rows)

    def measure(part: NDArray[np.intp] | None, confidence: float) -> Estimate:
        own = values if part is None else values[part]
        largest, metric = max(found.costs), "threshold_regret"
        return mean_gain(own, largest=largest, metric=metric, confidence=confidence, design=design.take(part))

    everyone = everywhere(context, rows, measure, higher_is_better=False)
    return Evidence(
        estimate=everyone.judged,
        groups=everyone.groups,
        tables=(_table(rows, found), *everyone.tables),
        charts=(_chart(context, found), *everyone.charts),
        reading=everyone.head + _reading(context, found, everyone.judged),
        predicted_rows=len(rows) + len(reference),
    )


def _thresholds(context: Context, reference: ScoredRows) -> _Found:
    costs = fp, fn = context.costs or _implied_costs(context)
    theory = fp / (fp + fn) if context.rows.probabilistic else None
    near = theory if context.threshold is None else context.threshold
    there = _scan(reference, costs, near)
    in_use = design_of(reference).mean(row_costs(reference.target == 1, decisions_of(reference) == 1, fp=fp, fn=fn))
    # Where none does better there than the decisions in use, they are the best, not one of their equals.
    best = None if in_use <= there.least + _SAME * max(costs) else there.best
    hindsight = _scan(context.rows, costs, near)
    return _Found(costs=costs, in_use=context.threshold, best=best, hindsight=hindsight, theory=theory)


def _implied_costs(context: Context) -> tuple[float, float]:
    """Return the costs at which a declared threshold is right for probabilities; equal ones where it says nothing."""
    cut = context.threshold
    if cut is None or not 0.0 < cut < 1.0 or not context.rows.probabilistic:
        return 1.0, 1.0
    return (1.0, (1.0 - cut) / cut) if cut <= 0.5 else (cut / (1.0 - cut), 1.0)


def _scan(rows: ScoredRows, costs: tuple[float, float], near: float | None) -> _Scan:
    fp, fn = costs
    sums = threshold_sums(rows.target == 1, scores_of(rows), weight=rows.weight)
    best = best_threshold(sums, fp=fp, fn=fn, near=near)
    cuts = np.linspace(0.0, 1.0, _POINTS) if rows.probabilistic else _spread(sums.scores)
    # The sums are as long as the rows; what is kept is not.
    return _Scan(
        best=best,
        least=float(sums.mean_costs(np.array(best), fp=fp, fn=fn)),
        cuts=cuts,
        curve=sums.mean_costs(cuts, fp=fp, fn=fn),
    )


def _row_costs(rows: ScoredRows, decided: NDArray[np.bool_], found: _Found) -> NDArray[np.float64]:
    return row_costs(rows.target == 1, decided, fp=found.costs[0], fn=found.costs[1])


def _reading(context: Context, found: _Found, regret: Estimate) -> str:
    used = "The model's own decisions" if found.in_use is None else f"The threshold in use, {number(found.in_use)},"
    if found.best is None:
        text = f"{used} cost least on the reference too; no other threshold does better there."
        text = text if found.in_use is None else text.replace(" cost ", " costs ", 1)
    else:
        best = _ENDS.get(found.best, number(found.best))
        verb = "cost" if found.in_use is None else "costs"
        if regret.value is None:
            text = f"{used} could not be compared with the best one on the reference, {best}: {regret.unproven}."
        else:
            side = "more" if regret.value > 0.0 else "less"
            text = (
                f"{used} {verb} {number(abs(regret.value))} a row {side} than the best one on the reference, {best}; "
                f"difference {with_interval(regret)}."
            )
    equal = ""
    if not context.costs and found.costs == (1.0, 1.0):
        equal = " No costs are declared ([cost] fp, fn), so both kinds of error count 1."
    elif not context.costs:
        equal = f" No costs are declared ([cost] fp, fn), so those count that the threshold implies. {_costs(found)}"
    theory = ""
    if found.theory is not None and context.costs:
        theory = f" Calibrated probabilities would be cut at {number(found.theory)}, fp / (fp + fn)."
    return f"{text}{theory}{equal} A model scores rows that it was trained on too well, which flatters the best one."


def _table(rows: ScoredRows, found: _Found) -> Table:
    positive, scores, design = rows.target == 1, scores_of(rows), design_of(rows)
    lines: list[tuple[object, ...]] = []

    def line(which: str, cut: float | None, decided: NDArray[np.bool_], note: str) -> None:
        hits, chosen = design.total(decided & positive), design.total(decided)
        positives = design.total(positive)
        shown = "the model's own" if cut is None else _ENDS.get(cut, cut)
        mean = design.mean(_row_costs(rows, decided, found))
        recall, precision = (hits / all_ if all_ else None for all_ in (positives, chosen))
        lines.append((which, shown, mean, design.mean(decided), recall, precision, note))

    used = decisions_of(rows) == 1
    line("in use", found.in_use, used, "")
    if found.best is None:
        line("best on the reference", found.in_use, used, "the one in use")
    else:
        line("best on the reference", found.best, scores >= found.best, "")
    flattering = "chosen on these very rows, so its cost is flattering"
    line("best in hindsight", found.hindsight.best, scores >= found.hindsight.best, flattering)
    if found.theory is not None:
        line("theory", found.theory, scores >= found.theory, "fp / (fp + fn), best where probabilities are calibrated")
    return Table(
        name="thresholds",
        columns=("which", "threshold", "mean cost", "decided positive", "recall", "precision", "note"),
        rows=tuple(lines),
        note="On the dataset. " + _costs(found),
    )


def _costs(found: _Found) -> str:
    return f"A false positive costs {number(found.costs[0])}, a false negative {number(found.costs[1])}."


def _chart(context: Context, found: _Found) -> Chart:
    drawn = [("candidate", found.hindsight)]
    other = context.baseline
    if other is not None and len(other) and context.rows.probabilistic and not unusable("brier_score", other):
        drawn.append(("baseline", _scan(other, found.costs, None)))
    data: list[dict[str, object]] = []
    for series, scan in drawn:
        data += [{"x": float(x), "y": float(y), "series": series} for x, y in zip(scan.cuts, scan.curve, strict=True)]
    lowest, highest = (float(end([end(scan.curve) for _, scan in drawn])) for end in (np.min, np.max))
    for series, cut in (("threshold in use", found.in_use), ("best on the reference", found.best)):
        if cut is not None and math.isfinite(cut):
            data += [{"x": cut, "y": y, "series": series} for y in (lowest, highest)]
    note = note_on_curves(context) if len(drawn) > 1 else ""
    best = "" if found.best is None else f", the best on the reference is {_ENDS.get(found.best, number(found.best))}"
    in_use = "the model's own decisions are in use" if found.in_use is None else f"in use is {number(found.in_use)}"
    return Chart(
        name="cost",
        kind="line",
        title="Mean cost by threshold",
        x="threshold",
        y="mean cost of a row",
        reading=f"The lower, the better; {in_use}{best}. {_costs(found)}{note}",
        data=tuple(data),
    )


def _spread(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a few of the distinct scores, so that a few far-out ones don't stretch the axis by much."""
    return scores[np.unique(np.linspace(0, len(scores) - 1, _POINTS).round().astype(np.intp))]
