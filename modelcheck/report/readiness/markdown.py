"""The ML Test Score as Markdown: for a pull request or a page of a wiki."""

from __future__ import annotations

from modelcheck.record.store import PAGE_MARK
from modelcheck.report.markdown import code, prose
from modelcheck.report.readiness.proof import declared, foundation, headline, points, result, shown_gates, state, sums
from modelcheck.report.readiness.rubric import SOURCE
from modelcheck.report.readiness.scoring import Readiness, Scored
from modelcheck.report.readiness.steps import steps, what_it_takes
from modelcheck.report.text import shorten

__all__ = ["render_markdown"]


def render_markdown(readiness: Readiness) -> str:
    """Render a score as Markdown.

    Parameters
    ----------
    readiness : Readiness
        A score.

    Returns
    -------
    str
        Ends with a newline. What comes from files brings in no markup, links or mentions.
    """
    lines = [
        f"<!-- {PAGE_MARK} -->",
        f"## {prose(shorten(readiness.name, 80))}: ML Test Score {points(readiness.score)} of 7",
        "",
        f"{headline(readiness)} {sums(readiness)}",
        "",
    ]
    if cheapest := steps(readiness):
        lines += ["To raise it, cheapest first:", ""]
        for number, step in enumerate(cheapest, 1):
            lines.append(f"{number}. {', '.join(step.items)} (+{points(step.gain)}): {prose(step.text, inside=True)}")
        lines.append("")
    lines += ["| Item | Points | State | What it rests on, or what it takes |", "| --- | --- | --- | --- |"]
    for one in readiness.items:
        _, icon, word = state(one)
        title = prose(one.item.title, inside=True)
        lines.append(f"| {one.item.id}: {title} | {points(one.points)} | {icon} {word} | {_rests(one)} |")
    lines += ["", f"{prose(readiness.basis)} {prose(foundation(readiness))}", "", f"Rubric: {prose(SOURCE)}"]
    return "\n".join(lines) + "\n"


def _rests(one: Scored) -> str:
    gates, more = shown_gates(one)
    told = [f"{code(shorten(gate.id, 120))} {result(gate)}" for gate in gates]
    if more:
        told.append(more)
    how, evidence, by = declared(one)
    if how and not one.doubt:
        told.append(f"{how}: {prose(evidence, inside=True)} ({prose(by, inside=True)})")
    if todo := what_it_takes(one):
        told.append(prose(todo, inside=True))
    return "; ".join(told)
