"""Whether every group is large enough for a gap to the others to show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from modelcheck.checks.bias.attribute import Attribute, attribute_of
from modelcheck.checks.bias.compared import Compared, compared_by
from modelcheck.checks.context import Context
from modelcheck.checks.performance.groups import joint_confidence
from modelcheck.checks.words import count, level, number, short
from modelcheck.record.evidence import Evidence, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import FEWEST_CLUSTERS

__all__ = ["representation"]

_LIMIT = 0.20
_GAP = 0.10
_CONFIDENCE = 0.998  # of a parity gate
_SMALL = 0.02
_NAMED = 5


def representation(context: Context) -> Evidence:
    """Say how large a gap between each group and the rest must be to be found reliably.

    A group that is too small is neither cleared nor accused by the other gates: they had no chance.

    Parameters
    ----------
    context : Context
        Any task; `by` names the attribute. `limit` is the gap that has to show (None: 0.20).

    Returns
    -------
    Evidence
        A plain fact, no statistic: `disproved` names the groups in which only a gap above `limit` would be proved with
        80 % power, else `proved` says that none is so small. The gap is one of selection rates (several classes:
        accuracy; values: mean errors in standard deviations of the errors), at 99.8 % over all groups together
        (Bonferroni), the level of a parity gate. Of two sides the smaller is named. Table: rows, shares of dataset and
        reference, positives and negatives, the gaps that would be proved, and the rows that 0.10 would take.

    Notes
    -----
    Weighted rows count by Kish's effective number, rows of clusters by the design effect that the quantity has on all
    rows; a group of fewer than 10 clusters proves nothing.

    References
    ----------
    New York City Local Law 144 of 2021 and its rules, 6 RCNY 5-301 (groups under 2 % may be left out of an audit).
    """
    attribute = attribute_of(context)
    if isinstance(attribute, str):
        return Evidence(not_applicable=attribute)
    rows, limit = context.rows, _LIMIT if context.limit is None else context.limit
    each = joint_confidence(_CONFIDENCE, len(attribute))
    quantities = compared_by(rows, attribute)
    main = quantities[0]
    gaps = [main.gap(place, each) for place in range(len(attribute))]
    small = [place for place, gap in enumerate(gaps) if (gap is None or gap > limit) and main.smaller(place)]
    unit = f"{main.name}" if rows.task != "regression" else "mean error, in standard deviations of the errors"
    how = (
        f"Gaps are those that would be proved with 80 % power at {level(each)}, the level of a parity gate "
        f"({level(_CONFIDENCE)} over {count(len(attribute), 'group')})."
    )
    if small:
        disproved, proved = _too_small(attribute, main, gaps, small, limit, unit, each), ""
    else:
        disproved, proved = "", _large_enough(attribute, gaps, limit, unit)
    return Evidence(
        tables=(_table(context, attribute, quantities, each, limit),),
        reading=f"{disproved or proved} {how}",
        proved=proved,
        disproved=disproved,
        predicted_rows=len(rows),
    )


def _too_small(
    attribute: Attribute,
    main: Compared,
    gaps: Sequence[float | None],
    small: Sequence[int],
    limit: float,
    unit: str,
    each: float,
) -> str:
    told = []
    for place in sorted(small, key=lambda one: int(attribute.sizes[one]))[:_NAMED]:
        rows, gap = int(attribute.sizes[place]), gaps[place]
        # Power is a promise about most tests: a smaller gap may be proved all the same.
        shows = (
            "any gap could be missed"
            if gap is None
            else f"a gap under {number(gap)} could be missed, one of {number(gap)} is found in 8 of 10 tests at "
            f"{level(each)}"
        )
        needed = _rows_needed(attribute, main, place, limit, each)
        takes = "more rows of the others too" if needed is None else f"about {needed:,} rows"
        told.append(
            f"{short(attribute.labels[place])} ({count(rows, 'row')}: {shows}; a gap of {number(limit)} takes {takes})"
        )
    more = f" and {len(small) - _NAMED:,} more" if len(small) > _NAMED else ""
    verb = "is" if len(small) == 1 else "are"
    larger = [place for place, gap in enumerate(gaps) if (gap is None or gap > limit) and place not in small]
    uncounted = "".join(
        f" {short(attribute.where(place))} isn't counted: its gap to the others is the same from both sides, and it "
        "is the smaller side's rows that are missing."
        for place in larger
    )
    return (
        f"{len(small):,} of {count(len(attribute), 'group')} by {short(attribute.name)} {verb} too small for a gap of "
        f"{number(limit)} to the others to be found reliably ({unit}): {', '.join(told)}{more}.{uncounted}"
    )


def _large_enough(attribute: Attribute, gaps: Sequence[float | None], limit: float, unit: str) -> str:
    least = int(np.argmin(attribute.sizes))
    gap = gaps[least]
    told = "" if gap is None else f", where one of {number(gap)} would show"
    return (
        f"All {count(len(attribute), 'group')} by {short(attribute.name)} are large enough for a gap of "
        f"{number(limit)} to the others to show ({unit}); the smallest is {short(attribute.labels[least])} with "
        f"{count(int(attribute.sizes[least]), 'row')}{told}."
    )


def _rows_needed(attribute: Attribute, quantity: Compared, place: int, gap: float, each: float) -> int | None:
    """Return how many rows like these a group needs; None where it alone can't help."""
    needed, counted = quantity.needed(place, gap, each), float(quantity.counts[place])
    if needed is None:
        return None
    return int(np.ceil(needed * (int(attribute.sizes[place]) / counted if counted > 0.0 else 1.0)))


def _table(context: Context, attribute: Attribute, quantities: Sequence[Compared], each: float, limit: float) -> Table:
    rows, total = context.rows, int(attribute.sizes.sum())
    reference = {} if context.reference is None else _reference_sizes(context.reference, attribute.name)
    before = sum(reference.values())
    positives = np.bincount(attribute.codes[rows.target == 1], minlength=len(attribute))
    lines: list[tuple[object, ...]] = []
    for place, label in enumerate(attribute.labels):
        size = int(attribute.sizes[place])
        truth = (int(positives[place]), size - int(positives[place])) if rows.task == "binary" else ()
        gaps = [one.gap(place, each) for one in quantities]
        share = reference.get(label, 0) / before if before else None
        needed = _rows_needed(attribute, quantities[0], place, _GAP, each)
        note = _note(size / total, truth, quantities, place)
        lines.append((label, size, size / total, share, *truth, *gaps, needed, note))
    classes = ("positives", "negatives") if rows.task == "binary" else ()
    return Table(
        name="groups",
        columns=(
            *("group", "rows", "share of rows", "share of reference", *classes),
            *(f"smallest gap in {one.name}" for one in quantities),
            *(f"rows for a gap of {number(_GAP)}", "note"),
        ),
        rows=tuple(lines),
        note=(
            f"Smallest gap to all other groups that would be proved with 80 % power at {level(each)} for each group; "
            f"{number(limit)} has to show. n/a: no gap that can be is found so often; as a number of rows: however "
            "many the group has, the others have too few."
        ),
    )


def _note(share: float, truth: tuple[int, ...], quantities: Sequence[Compared], place: int) -> str:
    told = []
    if share < _SMALL:
        told.append("under 2 % of rows: New York City's Local Law 144 lets such a group be left out")
    clusters = quantities[0].clusters
    if clusters is not None and quantities[0].short_of_clusters(place):
        told.append(f"{count(int(clusters[place]), 'cluster')} only, {FEWEST_CLUSTERS} are needed")
    told += [f"no {what} rows" for what, rows in zip(("positive", "negative"), truth, strict=False) if not rows]
    return "; ".join(told)


def _reference_sizes(reference: ScoredRows, name: str) -> dict[str, int]:
    groups = reference.groups.get(name)
    if groups is None:
        return {}
    sizes = np.bincount(groups.codes, minlength=len(groups.labels))
    return dict(zip(groups.labels, map(int, sizes), strict=True))
