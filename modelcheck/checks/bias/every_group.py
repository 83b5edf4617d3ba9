"""Every group of an attribute held to one limit: which can be judged, which break it, what would have been found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.judging import JudgedPlace, judge_places
from modelcheck.checks.words import count, level, number, short
from modelcheck.record.evidence import Chart, Estimate, Finding, Severity, Table
from modelcheck.stats.holm import AtConfidence

__all__ = ["FEWEST_ROWS", "EveryGroup", "judge_groups"]

FEWEST_ROWS = 50

Smallest = Callable[[Estimate], float | None]
"""From a group's judged estimate to the smallest breach that would have been shown with 80 % power; None: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryGroup:
    """The groups of an attribute, judged together.

    Attributes
    ----------
    context : Context
        Of the gate.
    attribute : Attribute
        Its groups.
    limit : float
        What the quantity is allowed to be.
    side : {"max", "min"}
        Whether the quantity may be at most, or has to be at least as large.
    places : tuple of JudgedPlace
        The groups with at least 50 rows, with Holm's intervals.
    small : mapping of str to Estimate
        The others, each unproven.
    """

    context: Context
    attribute: Attribute
    limit: float
    side: str
    places: tuple[JudgedPlace, ...]
    small: Mapping[str, Estimate]

    @property
    def broken(self) -> tuple[JudgedPlace, ...]:
        """The groups that are proved to break the limit, the worst first."""
        return tuple(sorted((one for one in self.places if one.broken), key=lambda one: self._standing(one.estimate)))

    @property
    def worst(self) -> Estimate | None:
        """The group that is proved worst; without one the worst value, those that prove nothing last."""
        every = [one.estimate for one in self.places] or list(self.small.values())
        return min(every, key=self._standing, default=None)

    @property
    def label(self) -> str:
        """Of the group that `worst` is of."""
        worst, every = self.worst, {one.label: one.estimate for one in self.places} or dict(self.small)
        return next((label for label, found in every.items() if found is worst), "")

    @property
    def groups(self) -> dict[str, Estimate]:
        """What the judge looks at: all groups where the limit was declared, else those that can prove something."""
        judged = {one.label: one.estimate for one in self.places}
        if self.context.declared:
            every = judged | dict(self.small)
            return {label: every[label] for label in map(self.attribute.where, range(len(self.attribute)))}
        return {label: found for label, found in judged.items() if not found.unproven}

    def searched(self, smallest: Smallest, what: str) -> str:
        """Say what was looked at and what would have been found; empty where the limit was declared.

        Parameters
        ----------
        smallest : callable
            What would have been found in a group.
        what : str
            The quantity, with its article, e.g. ``a drop``.

        Returns
        -------
        str
            A default limit is broken by proof alone; a limit that somebody declared must be kept by every group.
        """
        if self.context.declared:
            return ""
        by = f"by {short(self.attribute.name)}"
        if not self.places:
            every = f"None of {count(len(self.attribute), 'group')}"
            return f"{every} {by} has the {FEWEST_ROWS} rows it takes to judge."
        together = ", adjusted together by Holm" if len(self.places) > 1 else ""
        were = "was" if len(self.places) == 1 else "were"
        looked = f"{count(len(self.places), 'group')} {by} {were} looked at{together}"
        if self.small:
            looked += f" ({len(self.small):,} with under {FEWEST_ROWS} rows left unjudged)"
        proving = [one.estimate for one in self.places if not one.estimate.unproven]
        if not proving:
            return f"{looked}; none allows a judgement: {self.places[0].estimate.unproven}."
        ends = [max(proving, key=lambda one: one.n), min(proving, key=lambda one: one.n)]
        drops = [smallest(one) for one in ends]
        told = [
            f"{what} of {number(drop)} or more" if drop is not None else f"no {what.partition(' ')[2]} for sure"
            for drop in drops
        ]
        power = f"with 80 % power {told[0]} would have been found in the largest of them"
        if len(proving) > 1:
            power += f", and {told[1]} in the smallest that was judged"
        return f"{looked}; {power}."

    def table(self, columns: Sequence[str], cells: Sequence[Sequence[object]], *, note: str) -> Table:
        """Return every group, those that can't be judged too.

        Parameters
        ----------
        columns : sequence of str
            Names of more columns, that stand after the rows of a group.
        cells : sequence of sequence
            Their cells, for each group of the attribute in order.
        note : str
            What the columns are, as a sentence.

        Returns
        -------
        Table
            Columns group, rows, (more), value, low, high, adjusted p, note.
        """
        known = {one.label: one for one in self.places}
        lines: list[tuple[object, ...]] = []
        for place, more in enumerate(cells):
            label, rows = self.attribute.where(place), int(self.attribute.sizes[place])
            one = known.get(label)
            found = self.small[label] if one is None else one.estimate
            p = None if one is None else one.p_adjusted
            doubt = f"unproven: {found.unproven}" if found.unproven else ""
            lines.append((self.attribute.labels[place], rows, *more, found.value, found.low, found.high, p, doubt))
        judged = f"{count(len(self.places), 'interval')} and the one-sided p-values are Holm's"
        return Table(
            name="groups",
            columns=("group", "rows", *columns, "value", "low", "high", "adjusted p", "note"),
            rows=tuple(lines),
            note=f"{note} The {judged}, at {level(self.context.confidence)} for all together.",
        )

    def chart(self, metric: str, title: str) -> tuple[Chart, ...]:
        """Return the groups beside each other; none where fewer than two have a value."""
        every = {one.label: one.estimate for one in self.places}
        chart = forest_chart(every, metric=metric, overall=None, limit=self.limit, title=title)
        return () if chart is None else (chart,)

    def findings(self, title: Callable[[JudgedPlace], str], key: str) -> tuple[Finding, ...]:
        """Return a finding for every group that is proved to break the limit.

        Parameters
        ----------
        title : callable
            From the group to what is wrong there.
        key : str
            The limit's key in the configuration: ``max`` or ``margin``.
        """
        name = self.attribute.name.replace("\\", "\\\\").replace('"', '\\"')
        allowed = number(abs(self.limit))
        return tuple(
            Finding(
                title=title(one),
                slice=one.label,
                n=one.estimate.n,
                effect=one.estimate.value,
                low=one.estimate.low,
                high=one.estimate.high,
                p_adjusted=one.p_adjusted,
                severity=Severity.BLOCKING,
                reproduce=f'in modelcheck.toml: [gates."{self.context.check}"] slices."{name}".{key} = {allowed}',
            )
            for one in self.broken
        )

    def _standing(self, found: Estimate) -> tuple[int, float]:
        sign = 1.0 if self.side == "max" else -1.0
        if found.unproven or found.low is None or found.high is None:
            return 2, np.inf if found.value is None else -sign * found.value
        near = found.low if self.side == "max" else found.high
        proved = near > self.limit if self.side == "max" else near < self.limit
        return (0, -sign * near) if proved else (1, -sign * (found.value or 0.0))


def judge_groups(
    context: Context, attribute: Attribute, finds: Sequence[AtConfidence], *, limit: float, side: str = "max"
) -> EveryGroup:
    """Hold every group to a limit.

    Parameters
    ----------
    context : Context
        Of a gate about `attribute`.
    attribute : Attribute
        Its groups.
    finds : sequence of callable
        For each group a function from a confidence to its estimate.
    limit : float
        What is allowed.
    side : {"max", "min"}
        Whether the quantity may be at most, or has to be at least as large.

    Returns
    -------
    EveryGroup
        Groups with fewer than 50 rows are measured, not judged: which they are was known before anything was measured.
    """
    judged: dict[str, AtConfidence] = {}
    small: dict[str, Estimate] = {}
    for place, find in enumerate(finds):
        rows = int(attribute.sizes[place])
        if rows >= FEWEST_ROWS:
            judged[attribute.where(place)] = find
            continue
        reason = f"{count(rows, 'row')} {'is' if rows == 1 else 'are'} too few to judge (needs {FEWEST_ROWS})"
        found = find(context.confidence)
        doubt = found.unproven if found.value is None else reason
        small[attribute.where(place)] = replace(found, unproven=doubt, n_needed=FEWEST_ROWS)
    places = judge_places(judged, limit=limit, confidence=context.confidence, side=side)
    return EveryGroup(context=context, attribute=attribute, limit=limit, side=side, places=tuple(places), small=small)
