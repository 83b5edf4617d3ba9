"""The worst intersection of protected attributes, found by a search that answers for everything it looked at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.intersections.cells import Cells, cells_of, features_of_groups
from modelcheck.checks.bias.intersections.fates import Fate, fates_of
from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.judging import beyond
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.performance.weakness.judged import FoundSlice
from modelcheck.checks.performance.weakness.looked import Looked
from modelcheck.checks.performance.weakness.places import look_and_judge
from modelcheck.checks.performance.weakness.told import LONGEST, examples_of, query_of, slices_table
from modelcheck.checks.words import count, level, number, short
from modelcheck.config.toml_text import toml_value
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.power import detectable, half_width

__all__ = ["FEWEST_ROWS", "intersectional"]

FEWEST_ROWS = 50
_LIMIT = 0.1
_POOLED = 0.1  # part of each outcome's error that the small intersections, taken together, have
_MOST_LINES = 50
_ONE = "only one protected column has more than one group, so nothing meets; other gates compare its groups."


def intersectional(context: Context) -> Evidence:
    """Search the intersections of the protected columns for the one that fares most differently from all others.

    Parameters
    ----------
    context : Context
        `limit` is the largest distance from all other rows that is allowed (None: 0.1), in shares of people, or in
        standard deviations of the target.

    Returns
    -------
    Evidence
        `groups` holds the intersections that the search chose for each outcome (`fates_of`) and the small ones taken
        together, with intervals that hold for all that was looked at: all conjunctions of up to three columns with at
        least 50 rows. Those proved to break the limit at ``(1 - confidence) / 2`` are `findings`. Cells of the full
        crossing under 50 rows are judged as one place, and named. Not applicable with fewer than two columns.

    References
    ----------
    Crenshaw, K. (1989). Demarginalizing the intersection of race and sex. University of Chicago Legal Forum 1989,
    139-167. Buolamwini, J. and Gebru, T. (2018). Gender shades. FAT* 2018, 77-91. Holm, S. (1979). Scandinavian Journal
    of Statistics 6, 65-70.
    """
    rows = context.rows
    reason = unusable("root_mean_squared_error" if rows.task == "regression" else "accuracy", rows)
    if reason:
        return Evidence(not_applicable=reason)
    if not rows.protected:
        return Evidence(not_applicable="no protected attribute is declared: name columns under [dataset] protected.")
    columns = {name: one for name, one in rows.protected.items() if np.ptp(one.codes) > 0} if len(rows) else {}
    if len(columns) < 2:
        return Evidence(not_applicable=_ONE)
    crossed = replace(rows, features=features_of_groups(columns))
    cells = cells_of(columns)
    limit = _LIMIT if context.limit is None else context.limit
    fates = [fate for fate in fates_of(crossed) if _counted(fate)]
    if not fates:
        return Evidence(not_applicable="there is no outcome to compare: the target does not vary.")
    part = 1.0 / len(fates)
    looked = {fate.name: _look(fate, limit, context.confidence, part * (1.0 - _POOLED)) for fate in fates}
    pooled = _pooled(fates, cells, limit, context.confidence, part * _POOLED)
    groups = {
        f"{_spoken(fate)}: {one.words}": one.estimate
        for fate in fates
        for one in looked[fate.name].slices
        if not one.estimate.unproven
    } | pooled
    worst = _worst(groups, limit)
    chart = forest_chart(
        groups, metric="distance from all others", overall=None, limit=limit, title="Intersections that differ most"
    )
    severity = Severity.BLOCKING if context.declared else Severity.WARNING
    return Evidence(
        estimate=None if worst is None else groups[worst],
        groups=groups,
        looked_at=sum(sum(one.eligible) for one in looked.values()) + len(pooled),
        findings=tuple(
            _finding(one, fate, crossed, limit, informs=context.limit is None, severity=severity)
            for fate in fates
            for one in looked[fate.name].broken
        ),
        tables=(
            *(
                replace(table, name=_spoken(fate))
                for fate in fates
                for table in slices_table(
                    looked[fate.name],
                    fate.means,
                    ("these people", "all others"),
                    quantity=f"a distance in the {_spoken(fate)}",
                    confidence=context.confidence,
                )
            ),
            _small_table(cells, fates),
        ),
        charts=() if chart is None else (chart,),
        reading=_reading(fates, looked, cells),
        searched=_searched(looked, fates, pooled, cells, context.confidence, part),
        predicted_rows=len(rows),
    )


def _counted(fate: Fate) -> bool:
    return fate.among is None or bool(fate.among.any())


def _spoken(fate: Fate) -> str:
    return fate.name.replace("_", " ")


def _look(fate: Fate, limit: float, confidence: float, part: float) -> Looked:
    # Where nothing lies beyond the limit, what differs most is told.
    for beyond_what in (limit, 0.0):
        looked = look_and_judge(
            fate.rows,
            fate.sums(),
            fate.goal(beyond_what),
            fate.find,
            limit=limit,
            confidence=confidence,
            part=part,
            least=FEWEST_ROWS,
            above=-np.inf,
        )
        if looked.slices:
            break
    return looked


def _pooled(fates: list[Fate], cells: Cells, limit: float, confidence: float, part: float) -> dict[str, Estimate]:
    """Judge the intersections that are too small to be judged alone as one place."""
    small = cells.small(FEWEST_ROWS)
    rows = cells.rows(small)
    if not len(small) or len(rows) == len(cells.codes):
        return {}
    each = 1.0 - part * (1.0 - confidence)
    name = count(len(small), "small intersection") + (" together" if len(small) > 1 else "")
    found = {f"{_spoken(fate)}: {name}": fate.find(rows)(each) for fate in fates}
    return {name: one for name, one in found.items() if not one.unproven}


def _worst(groups: dict[str, Estimate], limit: float) -> str | None:
    return max(groups, key=lambda name: (beyond(groups[name], limit), groups[name].value or 0.0), default=None)


def _finding(
    one: FoundSlice, fate: Fate, rows: ScoredRows, limit: float, *, informs: bool, severity: Severity
) -> Finding:
    kept = f"at most {number(limit)} apart"
    allowed = f"a common convention: {kept}" if informs else f"{kept} is allowed"
    said = fate.sentence(one.rows, one.words)
    columns = [rows.features.levels[place].name for place in one.features] if rows.features is not None else []
    missed = fate.value if fate.among is None else np.where(fate.among, fate.value, -1.0)
    return Finding(
        title=f"{said[:1].upper()}{said[1:]} ({allowed})",
        slice=one.words,
        n=len(one.rows),
        effect=one.corrected,
        low=one.estimate.low,
        high=one.estimate.high,
        p_adjusted=one.p_adjusted,
        severity=severity,
        examples=examples_of(rows, one, np.abs(missed) if fate.name == "mean_error" else missed),
        reproduce="\n".join(
            [
                f"# rows: frame.query({query_of(one)!r})",
                "# in modelcheck.toml, to compare these groups in every run, under [dataset]:",
                f"# protected = [..., {toml_value(columns)}]",
            ]
        ),
    )


def _small_table(cells: Cells, fates: list[Fate]) -> Table:
    small = cells.small(FEWEST_ROWS)
    lines = []
    for cell in small[:_MOST_LINES].tolist():
        rows = cells.rows(np.array([cell]))
        lines.append((cells.labels[cell], int(cells.sizes[cell]), *(_mean(fate, rows) for fate in fates)))
    left = f" The smallest {_MOST_LINES} of {len(small):,}." if len(small) > _MOST_LINES else ""
    return Table(
        name="small intersections",
        columns=("who", "rows", *(_spoken(fate) for fate in fates)),
        rows=tuple(lines),
        note=(
            f"{len(small):,} of {len(cells.labels):,} intersections that have rows have fewer than {FEWEST_ROWS}: too "
            f"few to be judged alone. They are judged together as one place, and as parts of larger groups.{left}"
        ),
    )


def _mean(fate: Fate, rows: NDArray[np.intp]) -> float | None:
    own = rows if fate.among is None else rows[fate.among[rows]]
    return design_of(fate.rows).take(own).mean(fate.value[own]) if len(own) else None


def _reading(fates: list[Fate], looked: dict[str, Looked], cells: Cells) -> str:
    parts = []
    broken = sum(len(one.broken) for one in looked.values())
    if broken:
        # A group by one column alone is among what is searched, and no intersection.
        who = "group or intersection is" if broken == 1 else "groups and intersections are"
        parts.append(f"{broken:,} {who} proved to fare differently by over the limit.")
    else:
        parts.append("No intersection is proved to fare differently by over the limit.")
    for fate in fates:
        # What isn't proved is no reading: beside what is, it would be taken for it.
        if looked[fate.name].broken:
            first = looked[fate.name].broken[0]
            said = fate.sentence(first.rows, short(first.words, LONGEST))
            parts.append(f"{said[:1].upper()}{said[1:]}.")
    small = len(cells.small(FEWEST_ROWS))
    if small:
        parts.append(f"{small:,} of {len(cells.labels):,} intersections have under {FEWEST_ROWS} rows and are pooled.")
    return " ".join(parts)


def _searched(
    looked: dict[str, Looked],
    fates: list[Fate],
    pooled: dict[str, Estimate],
    cells: Cells,
    confidence: float,
    part: float,
) -> str:
    first = looked[fates[0].name]
    if not first.eligible:
        return first.why_none
    names = ", ".join(_spoken(fate) for fate in fates)
    text = f"{first.scope} Looked at by {names}, at {level(confidence)} for all of them together."
    if pooled:
        text += f" {count(len(cells.small(FEWEST_ROWS)), 'intersection')} with fewer rows were judged together."
    told = []
    for fate in fates:
        one = min(looked[fate.name].slices, key=lambda found: found.estimate.n, default=None)
        widths = [] if one is None else [half_width(one.estimate, end) for end in ("low", "high")]
        known = [width for width in widths if width is not None]
        if one is not None and known:
            gap = detectable(max(known), confidence=one.estimate.confidence)
            told.append(f"{number(gap)} in the {_spoken(fate)} of {one.estimate.n:,} people")
    if told:
        text += f" With 80 % power a distance beyond the limit of {', '.join(told)} would have been found."
    return text
