"""From results to the published files: Parquet for who computes, Markdown and HTML for who reads."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.proving_ground.bases import BASES
from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.costs import read_costs, read_environments
from benchmarks.proving_ground.goals import page_goal
from benchmarks.proving_ground.page_html import render_page
from benchmarks.proving_ground.page_markdown import render_markdown
from benchmarks.proving_ground.results import read_runs, write_parquet
from benchmarks.proving_ground.setting import machine
from benchmarks.proving_ground.trial import Base, Case
from benchmarks.proving_ground.view import ROOMS, Facts, Room, view
from modelcheck.record.store import write_text_atomically
from modelcheck.report.room import MOST_BYTES

__all__ = ["MARKDOWN_ROOM", "NAME", "render", "write_page"]

NAME = "proving_ground"
MARKDOWN_ROOM = Room(missed=60, crashes=8, traceback=1200, drawn=0)


def write_page(
    results: Path,
    speed: Path | None,
    environments: Path | None,
    out: Path,
    *,
    command: str,
    sample: Sequence[Mapping[str, object]] = (),
    left: int = 0,
    cases: Mapping[str, Case] = CASES,
    bases: Mapping[str, Base] = BASES,
    date: datetime.date | None = None,
) -> list[Path]:
    """Write ``proving_ground.parquet``, ``.md`` and ``.html``, each whole or not at all.

    Parameters
    ----------
    results : Path
        One run a line, as the runner writes them.
    speed, environments : Path or None
        One object a line: what each piece of work cost (``what``, ``tool``, ``rows``, ``model``, ``task``, ``cpu_s``,
        ``wall_s``, ``peak_mb``, ``note``, ``failed``), and each tool's environment (``tool``, ``packages``, ``mb``),
        which may stand among the former as ``environment``. The page says what wasn't measured.
    out : Path
        The folder; made if it doesn't exist.
    command : str
        What makes the page again; printed on it.
    sample : sequence of mapping
        Cells run by scan and as a user, see `proving_ground.sample`.
    left : int
        How many runs of the plan have no result yet.
    cases, bases : mapping
        The catalogue.
    date : date, optional
        Printed on the page; by default today, in UTC.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ValueError
        A line of the results can't be read.
    """
    facts = Facts(
        runs=read_runs(results),
        costs=read_costs(speed),
        environments=read_environments(environments, speed),
        cases=cases,
        bases=bases,
        command=command,
        date=date or datetime.datetime.now(datetime.UTC).date(),
        machine=machine(),
        sample=sample,
        left=left,
    )
    # All are made before any is written, so that a fault in one leaves the old ones together.
    markdown, html = render(facts)
    return [
        write_parquet(facts.runs, out / f"{NAME}.parquet"),
        write_text_atomically(out / f"{NAME}.md", markdown),
        write_text_atomically(out / f"{NAME}.html", html),
    ]


def render(facts: Facts) -> tuple[str, str]:
    """Return the page as Markdown and as HTML, both with the size of the latter among the goals."""
    html, size = "", 0
    for room in ROOMS:
        shown = view(facts, room)
        # The size is a figure on the page itself: a draft with some size tells it to the byte or nearly so.
        size = len(render_page(replace(shown, goals=(*shown.goals, page_goal(MOST_BYTES)))).encode())
        html = render_page(replace(shown, goals=(*shown.goals, page_goal(size))))
        if len(html.encode()) <= MOST_BYTES:
            break
    text = view(facts, MARKDOWN_ROOM)
    return render_markdown(replace(text, goals=(*text.goals, page_goal(size)))), html
