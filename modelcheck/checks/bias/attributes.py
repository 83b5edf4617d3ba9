"""Who is in the data: the groups of every declared attribute, and columns that look protected and aren't declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.bias.protected_names import looks_protected
from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.performance.groups import joint_confidence
from modelcheck.checks.words import count, level, out_of_100, short
from modelcheck.record.evidence import Estimate, Evidence, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.rates import rate, rate_from_counts

__all__ = ["attributes"]

_NAMED = 20
_UNDECLARED = (
    "no protected attribute is declared, so nobody is compared with anybody. Name columns under [dataset], e.g. "
    'protected = ["sex", "race", ["sex", "race"]].'
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shares:
    """One attribute's groups with their shares of the rows, and of the reference."""

    attribute: Attribute
    found: tuple[Estimate, ...]
    reference: dict[str, int]

    def lines(self) -> Iterator[tuple[object, ...]]:
        total = sum(self.reference.values())
        for place, label in enumerate(self.attribute.labels):
            one, before = self.found[place], self.reference.get(label, 0)
            told = (before, before / total) if total else (None, None)
            ends = (one.value, one.low, one.high)
            yield (self.attribute.name, label, int(self.attribute.sizes[place]), *ends, *told, one.unproven)
        for label, before in self.reference.items():
            if before and label not in self.attribute.labels:
                yield (self.attribute.name, label, 0, 0.0, None, None, before, before / total, "not in the dataset")

    def words(self) -> str:
        least = int(np.argmin(self.attribute.sizes))
        share, inside = out_of_100(self.found[least])
        groups = count(len(self.attribute), "group")
        smallest = f"the smallest {short(self.attribute.labels[least])} with {share} of 100 rows{inside}"
        return f"{short(self.attribute.name)}: {groups}, {smallest}."


def attributes(context: Context) -> Evidence:
    """List the groups of every declared protected attribute, and columns that may be protected too.

    Parameters
    ----------
    context : Context
        About the whole dataset.

    Returns
    -------
    Evidence
        `estimate` is the share of the smallest group. Tables: each group with its rows and its share of dataset (with
        intervals that hold together for the groups of an attribute) and reference; columns whose names look like a
        protected attribute and that are not declared. Not applicable where none is declared.
    """
    rows = context.rows
    named = _undeclared(context)
    if not rows.groups:
        return Evidence(not_applicable=f"{_UNDECLARED} {_told(named)}".strip())
    if len(rows) == 0:
        return Evidence(not_applicable="there are no rows.")
    found = [
        _shares(rows, name, context.confidence, {} if context.reference is None else _sizes(context.reference, name))
        for name in rows.groups
    ]
    every = [one for part in found for one in part.found]
    return Evidence(
        estimate=min(every, key=lambda one: one.value or 0.0),
        tables=(_table(found, context), *_names_table(named)),
        reading=" ".join([*(part.words() for part in found), _told(named)]).strip(),
        predicted_rows=len(rows),
    )


def _shares(rows: ScoredRows, name: str, confidence: float, reference: dict[str, int]) -> _Shares:
    attribute = Attribute.of(name, rows.groups[name])
    each, design = joint_confidence(confidence, len(attribute)), design_of(rows)
    if design.simple:
        return _Shares(attribute=attribute, found=_of_sizes(attribute, each), reference=reference)
    found = tuple(
        rate(attribute.codes == place, metric="share_of_rows", confidence=each, design=design)
        for place in range(len(attribute))
    )
    return _Shares(attribute=attribute, found=found, reference=reference)


def _of_sizes(attribute: Attribute, confidence: float) -> tuple[Estimate, ...]:
    total = int(attribute.sizes.sum())
    return tuple(
        rate_from_counts(int(size), total, metric="share_of_rows", confidence=confidence) for size in attribute.sizes
    )


def _sizes(reference: ScoredRows, name: str) -> dict[str, int]:
    groups = reference.groups.get(name)
    if groups is None:
        return {}
    sizes = np.bincount(groups.codes, minlength=len(groups.labels))
    return dict(zip(groups.labels, map(int, sizes), strict=True))


def _undeclared(context: Context) -> list[str]:
    features = context.rows.features
    known = {*context.rows.protected, *context.rows.groups, *context.follows}
    return [
        name for name in (() if features is None else features.names) if name not in known and looks_protected(name)
    ]


def _told(named: list[str]) -> str:
    if not named:
        return ""
    more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
    listed = f"{', '.join(short(name) for name in named[:_NAMED])}{more}"
    return f"By their names these columns may be protected too, and are not declared: {listed}."


def _table(found: list[_Shares], context: Context) -> Table:
    each = {level(one.confidence) for part in found for one in part.found}
    levels = ", ".join(sorted(each))
    note = f"Shares of the dataset, with intervals that hold together for the groups of an attribute ({levels} each)."
    if context.reference is None:
        note += " There is no reference to compare with."
    return Table(
        name="groups",
        columns=("attribute", "group", "rows", "share", "low", "high", "reference rows", "reference share", "note"),
        rows=tuple(line for part in found for line in part.lines()),
        note=note,
    )


def _names_table(named: list[str]) -> tuple[Table, ...]:
    if not named:
        return ()
    return (
        Table(
            name="columns not declared",
            columns=("column",),
            rows=tuple((name,) for name in named),
            note="By their names alone. Declare those that are protected under [dataset] protected, or leave them.",
        ),
    )
