"""The page as Markdown: the same words and numbers, tables in place of drawings."""

from __future__ import annotations

from benchmarks.proving_ground.goals import MET, NOT_MEASURED, NOT_MET, TOO_FEW
from benchmarks.proving_ground.tables import Cell, Table
from benchmarks.proving_ground.view import READING, View, headline
from modelcheck.report.markdown import code, fenced, prose, prose_lines

__all__ = ["render_markdown"]

_SIGNS = {MET: "✓", NOT_MET: "✕", TOO_FEW: "?", NOT_MEASURED: "○"}


def render_markdown(view: View) -> str:
    """Return the page; names and messages are shown as they are, without markup, links or mentions."""
    lines = [f"# {prose(view.title)}", "", f"**{prose(headline(view))}**", ""]
    lines += [f"- {prose(name)}: {prose(value)}" for name, value in view.about]
    lines += [
        "",
        f"Made again by {code(view.command)}. Each run is a row of `proving_ground.parquet` beside this page.",
        "",
    ]
    lines += ["## Goals of modelcheck", "", *_goals(view)]
    lines += ["## All tools side by side", "", *_table(view.beside)]
    lines += ["## Planted defects", ""]
    for family, table in view.families.items():
        lines += [f"### {prose(family)}", "", *_table(table)]
    lines += ["## Clean twins", "", *_table(view.twins), *_table(view.alarms), *_table(view.true_of_twins)]
    lines += ["## Power: how strong a defect must be", "", *_table(view.strengths)]
    lines += ["## Missed by modelcheck", "", *_table(view.missed), *_left(view.missed_left, "missed runs")]
    lines += ["## Crashes", "", *_crashes(view)]
    lines += ["## Speed", "", *_table(view.speed)]
    lines += ["## The tools", "", *_table(view.installed), *_table(view.not_covered)]
    for asked in view.mappings:
        lines += [f"**{prose(asked.tool)}**  \n{prose_lines(asked.told, 3000)}", ""]
    lines += ["Which of their findings count for which case stands in `proving_ground.html`.", ""]
    lines += ["## How to read this page", "", *(f"- {prose(point)}" for point in READING)]
    return "\n".join(lines).rstrip() + "\n"


def _goals(view: View) -> list[str]:
    lines = ["| | Goal | Target | Figure | 95 % interval | Runs |", "| --- | --- | --- | --- | --- | --- |"]
    for goal in view.goals:
        title = goal.title + (f" ({goal.note})" if goal.note else "")
        cells = (title, goal.target, goal.figure, goal.interval, goal.runs)
        lines.append(_line([f"{_SIGNS[goal.verdict]} {goal.verdict}", *(prose(cell, inside=True) for cell in cells)]))
    return [*lines, ""]


def _table(table: Table) -> list[str]:
    if not table.rows:
        return [f"{prose(table.caption)}: none.", ""]
    lines = [f"{prose(table.caption)}.", "", _line([prose(name, inside=True) for name in table.columns])]
    lines.append(_line(["---"] * len(table.columns)))
    lines += [
        _line([_cell(cell, strong=place in table.wholes) for cell in row]) for place, row in enumerate(table.rows)
    ]
    return [*lines, ""]


def _cell(cell: Cell, *, strong: bool) -> str:
    text = prose(cell.text, inside=True)
    shown = f"**{text}**" if strong and text.strip() else text
    # The lines of a note are ours, those of a name or a message were made visible when it was read.
    note = prose(cell.note.replace("\n", "; "), inside=True)
    return f"{shown} ({note})" if note else shown


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _left(count: int, what: str) -> list[str]:
    return [f"And {count:,} further {what}, all in `proving_ground.parquet`.", ""] if count else []


def _crashes(view: View) -> list[str]:
    lines = [] if view.crashes else ["No run crashed.", ""]
    for crash in view.crashes:
        lines += [
            f"{prose(crash.tool)}, {crash.runs:,} runs: {code(crash.error)}, at {prose(crash.where, inside=True)}",
            "",
        ]
        lines += fenced(crash.traceback) if crash.traceback else []
    return [*lines, *_left(view.crashes_left, "crashed runs")]
