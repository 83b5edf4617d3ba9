"""What drives the model: the columns by their share, in sentences, drawings and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelcheck.record.numbers import format_level, format_value
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.cells import Grid, grid
from modelcheck.report.encodings import number_or_none
from modelcheck.report.explained.columns import described, description
from modelcheck.report.explained.decided import answer_word
from modelcheck.report.explained.driver_charts import curves_view, rows_drawn, shares_view, swarm_view
from modelcheck.report.explained.effects import effects
from modelcheck.report.explained.presence import SUITE, gate_of, rows_of, table_of
from modelcheck.report.explained.sentences import counted, listed, name, percent, places
from modelcheck.report.explained.verdict import Point, point
from modelcheck.report.figures import ChartView
from modelcheck.report.outline import is_gate, upper_first
from modelcheck.report.text import paragraph

__all__ = ["DriversView", "drivers_view", "rows_with_role"]

_MOST_SENTENCES = 5
_MOST_ROWS = 30
_MOST_PAIRS = 3
_MOST_ROLES = 12
# That contributions add up is a check of our own arithmetic: report.html has it.
_ENGINEERS = ("additivity",)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriversView:
    """Everything that the page says about the columns."""

    unknown: str
    sentences: tuple[str, ...]
    earns: str
    basis: str
    swarm: ChartView | None
    shares: ChartView | None
    table: Grid
    roles: tuple[str, ...]
    dependence: tuple[ChartView, ...]
    dependence_class: str
    dependence_note: str
    has_limit: bool
    together: tuple[str, ...]
    tests: tuple[Point, ...]
    word: str


def drivers_view(record: Record) -> DriversView:
    """Return what drives the model, or why nobody can say."""
    gate = gate_of(record, "importance")
    rows = _drivers(record)
    charts = {chart.name: chart for chart in (gate.charts if gate is not None else ())}
    curves = curves_view(record, [str(row.get("column", "")) for row in rows])
    how = effects(record, rows)
    return DriversView(
        word=answer_word(record),
        unknown="" if rows else _unknown(gate),
        sentences=tuple(_sentences(record, rows, how)),
        earns=_earns(rows, answer_word(record)),
        basis=_basis(record, gate),
        swarm=swarm_view(charts["beeswarm"]) if "beeswarm" in charts else None,
        shares=shares_view(charts["shares"]) if "shares" in charts else None,
        table=_table(record, rows, how),
        roles=tuple(_roles(record)),
        dependence=curves.views,
        dependence_class=curves.of_class,
        dependence_note=curves.note,
        has_limit=curves.has_limit,
        together=tuple(_together(record)),
        tests=tuple(
            point(one) for one in record.gates if one.suite == SUITE and is_gate(one) and one.check not in _ENGINEERS
        ),
    )


def _unknown(gate: GateRecord | None) -> str:
    said = "" if gate is None else upper_first(gate.reason or gate.reading)
    return f"What drives this model could not be found out. {paragraph(said, 600)}".strip()


def rows_with_role(record: Record, role: str) -> list[Mapping[str, Any]]:
    """Return the drivers that are ``protected`` or ``forbidden``."""
    return [row for row in _drivers(record) if row.get("role") == role]


def _drivers(record: Record) -> list[Mapping[str, Any]]:
    rows = rows_of(table_of(gate_of(record, "importance"), "drivers"))
    return sorted(rows, key=lambda row: -(number_or_none(row.get("share")) or 0.0))


def _sentences(record: Record, rows: Sequence[Mapping[str, Any]], how: Mapping[str, str]) -> list[str]:
    told = []
    for place, row in enumerate(rows[:_MOST_SENTENCES]):
        share = percent(row.get("share"), row.get("low"), row.get("high"))
        start = f"Of everything that moves the {answer_word(record)}, " if place == 0 else ""
        effect = how.get(str(row.get("column")), "")
        text = f"{start}{share} comes from {described(record, row.get('column'))}"
        told.append(f"{text}{f': {effect}' if effect else ''}.{_pays(row)}")
    rest = rows[_MOST_SENTENCES:]
    if rest:
        sum_of = sum(number_or_none(row.get("share")) or 0.0 for row in rest)
        told.append(
            f"The other {counted(len(rest), 'column')} together make up {format_value(100 * sum_of, 0)} %; each with "
            "its range is in the table."
        )
    return told


def _known(row: Mapping[str, Any]) -> bool:
    return None not in (number_or_none(row.get(key)) for key in ("pays", "pays low", "pays high"))


def _proved(row: Mapping[str, Any]) -> bool:
    return _known(row) and (number_or_none(row.get("pays low")) or 0.0) > 0.0


def _pays(row: Mapping[str, Any]) -> str:
    if not _proved(row):
        return ""
    pays, low, high = (number_or_none(row.get(key)) or 0.0 for key in ("pays", "pays low", "pays high"))
    decimals = places(pays, low, high)
    ends = f"{format_value(low, decimals)} to {format_value(high, decimals)}"
    return f" Shuffling it raises the loss by {format_value(pays, decimals)} ({ends}): the answers need it."


def _earns(rows: Sequence[Mapping[str, Any]], word: str) -> str:
    """Say once which columns make answers better: moving the score and being of use are two things."""
    proved = [str(row.get("column")) for row in rows if _proved(row)]
    others = [str(row.get("column")) for row in rows if _known(row) and not _proved(row)]
    if not others:
        return ""
    if not proved:
        return (
            "Of no column it is proved that answers get better by it: all of them move the "
            f"{word}, and that is another thing."
        )
    one = len(proved) == 1
    rest = f"the other {counted(len(others), 'column')}" if len(others) > 1 else f"{name(others[0])}"
    return (
        f"Only {listed(proved, 6)} {'is' if one else 'are'} proved to make answers better. For {rest} that isn't "
        "proved: "
        f"{'they move' if len(others) > 1 else 'it moves'} the {word}, and that is another thing."
    )


def _basis(record: Record, gate: GateRecord | None) -> str:
    """Say which rows the numbers rest on: a page with four different counts must tell why."""
    estimate = gate.estimate if gate is not None else None
    if estimate is None:
        return ""
    text = (
        f"In brackets: the range that the data can't rule out, at {format_level(estimate.confidence)} confidence, "
        f"from {counted(estimate.n, 'explained row')}."
    )
    rows, drawn = record.dataset.get("rows"), rows_drawn(record)
    if isinstance(rows, int) and rows > estimate.n:
        text += (
            " To explain a row, the model is asked about it many times, so not all "
            f"{counted(rows, 'row')} were explained but {estimate.n:,}, drawn at random"
        )
        text += f"; the curves below rest on {drawn}." if drawn else "."
    return text


def _table(record: Record, rows: Sequence[Mapping[str, Any]], how: Mapping[str, str]) -> Grid:
    shown = [
        (
            str(row.get("column", "")),
            description(record, row.get("column")),
            percent(row.get("share"), row.get("low"), row.get("high")),
            how.get(str(row.get("column")), "").removesuffix(", as its curve shows"),
            str(row.get("role") or ""),
        )
        for row in rows
    ]
    columns = ("column", "what it is", f"share of what moves the {answer_word(record)}", "how", "declared")
    return grid("All columns", columns, shown, most=_MOST_ROWS)


def _roles(record: Record) -> list[str]:
    """Say what columns carry that must not matter."""
    return [
        f"{described(record, row.get('column'))} must not drive decisions: it carries "
        f"{percent(row.get('share'), row.get('low'), row.get('high'))} of what moves the {answer_word(record)}."
        for row in rows_with_role(record, "forbidden")[:_MOST_ROLES]
    ]


def _together(record: Record) -> list[str]:
    gate = gate_of(record, "interactions")
    told = []
    for row in rows_of(table_of(gate, "pairs"))[:_MOST_PAIRS]:
        if number_or_none(row.get("strength")) is None:
            continue
        share = percent(row.get("strength"), row.get("low"), row.get("high"))
        told.append(
            f"What {name(row.get('first'))} does to the {answer_word(record)} depends on "
            f"{name(row.get('second'))}: {share} of what "
            "the two do comes about only by their meeting."
        )
    return told
