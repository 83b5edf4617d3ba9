"""Where the runs took place and what they cost: machine, versions, environments, seconds."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.proving_ground.costs import Cost
from benchmarks.proving_ground.rates import tools_of
from benchmarks.proving_ground.results import Run
from benchmarks.proving_ground.tables import Cell, Table, name_of
from modelcheck.record.numbers import format_value
from modelcheck.report.text import paragraph, shorten, without_folders

__all__ = ["installed", "machine", "speed"]


def machine() -> str:
    """Return what the CPU seconds depend on, without a name that is anyone's."""
    facts = [f"{os.cpu_count()} cores"]
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        facts[0] += f" of {names[0]}" if names else ""
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        facts.append(f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GB memory")
    return ", ".join([*facts, platform.system(), f"Python {platform.python_version()}"])


def installed(runs: Sequence[Run], environments: Sequence[Mapping[str, object]]) -> Table:
    """Return the tools' versions as recorded by their runs, and the size of their environments."""
    sizes = {str(row.get("tool")): row for row in environments}
    rows = []
    for tool in dict.fromkeys([*tools_of(runs), *sizes]):
        versions: dict[str, list[str]] = {}
        for run in runs:
            for name, version in run.versions.items() if run.tool == tool else ():
                if version not in versions.setdefault(name, []):
                    versions[name].append(str(version))
        told = ", ".join(f"{name_of(name)} {' and '.join(map(name_of, some))}" for name, some in versions.items())
        size = sizes.get(tool, {})
        if size.get("failed"):
            told = f"not run: {paragraph(without_folders(str(size['failed'])), 400)}"
        rows.append((Cell(name_of(tool)), Cell(told), _number(size.get("packages")), _number(size.get("mb"))))
    columns = ("Tool", "Versions", "Packages", "Environment, MB")
    return Table(caption="Each tool ran in an environment of its own", columns=columns, rows=tuple(rows))


def speed(costs: Sequence[Cost]) -> Table:
    """Return what each piece of work cost each tool."""
    rows = []
    for cost in costs:
        size = f"{cost.rows:,} rows" if cost.rows is not None else ""
        on = ", ".join(part for part in (cost.model, cost.task, size) if part)
        failed = f"{cost.failed:,} of {cost.runs:,} failed" if cost.failed else ""
        note = "; ".join(part for part in (failed, cost.note) if part)
        rows.append(
            (
                Cell(name_of(cost.what), shorten(on, 120)),
                Cell(name_of(cost.tool)),
                *(_number(value) for value in (cost.cpu_s, cost.wall_s, cost.peak_mb)),
                Cell(shorten(note, 300), tone="bad" if cost.failed else ""),
            )
        )
    columns = ("Work", "Tool", "CPU, s", "Wall, s", "Peak memory, MB", "Note")
    caption = "Medians over repetitions, one process at a time. CPU seconds are steadier than wall times"
    return Table(caption=caption, columns=columns, rows=tuple(rows))


def _number(value: object) -> Cell:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return Cell("n/a", tone="none")
    return Cell(
        f"{value:,.0f}"
        if value >= 100 or isinstance(value, int)
        else format_value(float(value), 1 if value >= 10 else 2)
    )
