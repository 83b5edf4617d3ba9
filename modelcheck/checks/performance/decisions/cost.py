"""What wrong decisions cost, in the declared unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of, design_of
from modelcheck.checks.context import Context
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.performance.everywhere import everywhere, note_on_baseline
from modelcheck.checks.words import count, level, number, with_interval
from modelcheck.record.evidence import Estimate, Evidence, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.decisions import row_costs
from modelcheck.stats.design import Design
from modelcheck.stats.means import mean_of

__all__ = ["NO_COSTS", "cost"]

NO_COSTS = "no costs are declared. Add [cost] with fp and fn."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decider:
    """Somebody's decisions on some rows: the candidate's, the baseline's, or all the same."""

    name: str
    positive: NDArray[np.bool_]
    decided: NDArray[np.bool_]
    design: Design
    costs: tuple[float, float]

    def take(self, members: NDArray[np.intp] | None) -> _Decider:
        if members is None:
            return self
        design = self.design.take(members)
        return replace(self, positive=self.positive[members], decided=self.decided[members], design=design)

    def mean(self, confidence: float) -> Estimate:
        values = row_costs(self.positive, self.decided, fp=self.costs[0], fn=self.costs[1])
        highest = max(self.costs)
        return mean_of(values, metric="cost", confidence=confidence, design=self.design, lowest=0.0, highest=highest)

    def errors(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which rows are false positives and which false negatives."""
        return self.decided & ~self.positive, self.positive & ~self.decided


def cost(context: Context) -> Evidence:
    """Measure the mean cost of a row: a false positive costs `fp`, a false negative `fn`, the rest nothing.

    Parameters
    ----------
    context : Context
        With decisions and declared costs. With `by` every group of that attribute is measured; `groups` then holds
        intervals that are simultaneous over its groups.

    Returns
    -------
    Evidence
        The mean cost with its interval, not negative; with few errors it is unproven. Beside it the baseline's, and
        what deciding all rows alike would cost. Not applicable without costs or decisions.

    References
    ----------
    Elkan, C. (2001). The foundations of cost-sensitive learning. Proceedings of IJCAI-01, 973-978.
    """
    if context.costs is None:
        return Evidence(not_applicable=NO_COSTS)
    reason = _unusable(context.rows)
    if reason:
        return Evidence(not_applicable=reason)
    whole = _decider("candidate", context.rows, context.costs)
    found = everywhere(
        context, context.rows, lambda part, confidence: whole.take(part).mean(confidence), higher_is_better=False
    )
    confidence = found.judged.confidence
    own = whole.take(found.within(context.rows))
    models, words, baseline = [own], "", None
    if context.baseline is not None:
        words = _unusable(context.baseline)
        if words:
            words = f"The baseline can't be compared: {words}"
        else:
            members = found.within(context.compared)
            models.append(_decider("baseline", context.baseline, context.costs).take(members))
            baseline = models[1].mean(confidence)
            which = "the same rows" if context.paired is None else f"the {count(baseline.n, 'row')} that it has scored"
            words = f"The baseline on {which}: {with_interval(baseline)}. {note_on_baseline(context)}".strip()
    alike = [
        replace(own, name=f"{word} positive", decided=np.full(len(own.decided), word == "all"))
        for word in ("all", "none")
    ]
    sentences = [found.head + _sentence(own, found.judged)]
    if found.judged.value is not None:
        rival = min(alike, key=lambda one: one.mean(confidence).value or 0.0)
        sentences.append(f"Deciding {rival.name} would cost {number(rival.mean(confidence).value)} a row.")
    return Evidence(
        estimate=found.judged,
        groups=found.groups,
        baseline=baseline,
        tables=(_errors(models), _deciders([*models, *alike], confidence), *found.tables),
        charts=found.charts,
        reading=" ".join(part for part in (*sentences, words) if part),
        predicted_rows=len(context.rows) + (0 if context.baseline is None else len(context.baseline)),
    )


def _unusable(rows: ScoredRows) -> str:
    return unusable("accuracy", rows).replace("accuracy", "cost", 1)


def _decider(name: str, rows: ScoredRows, costs: tuple[float, float]) -> _Decider:
    return _Decider(
        name=name, positive=rows.target == 1, decided=decisions_of(rows) == 1, design=design_of(rows), costs=costs
    )


def _sentence(own: _Decider, found: Estimate) -> str:
    if found.value is None:
        return f"The cost could not be measured: {found.unproven}."
    alarms, misses = (int(np.count_nonzero(rows)) for rows in own.errors())
    return (
        f"A row costs {with_interval(found)} on average: {count(alarms, 'false positive')} at {number(own.costs[0])} "
        f"and {count(misses, 'false negative')} at {number(own.costs[1])} in {count(found.n, 'row')}."
    )


def _errors(models: Sequence[_Decider]) -> Table:
    lines: list[tuple[object, ...]] = []
    for model in models:
        errors = model.errors()
        spent = [each * model.design.total(rows) for each, rows in zip(model.costs, errors, strict=True)]
        for kind, rows, each, total in zip(
            ("false positive", "false negative"), errors, model.costs, spent, strict=True
        ):
            share = total / sum(spent) if sum(spent) else None
            lines.append((model.name, kind, int(np.count_nonzero(rows)), each, total, share))
    return Table(
        name="errors by kind",
        columns=("decided by", "kind", "rows", "cost of one", "cost", "share of cost"),
        rows=tuple(lines),
        note="" if models[0].design.weight is None else "Rows are counted, costs are by weight.",
    )


def _deciders(deciders: Sequence[_Decider], confidence: float) -> Table:
    lines = []
    for one in deciders:
        found = one.mean(confidence)
        wrong = [int(np.count_nonzero(rows)) for rows in one.errors()]
        doubt = f"unproven: {found.unproven}" if found.unproven else ""
        lines.append((one.name, found.n, *wrong, found.value, found.low, found.high, doubt))
    return Table(
        name="deciders",
        columns=("decided by", "n", "false positives", "false negatives", "mean cost", "low", "high", "note"),
        rows=tuple(lines),
        note=f"Each interval on its own at {level(confidence)}.",
    )
