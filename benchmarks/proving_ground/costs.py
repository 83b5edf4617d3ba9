"""What the tools cost, as measured by the speed program: medians over repetitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.proving_ground.results import json_lines
from modelcheck.report.text import without_folders

__all__ = ["Cost", "compared", "costs_of", "read_costs", "read_environments"]

_ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One piece of work of one tool.

    Attributes
    ----------
    what : str
        ``import``, ``plugin start``, ``default scan``, ``common work`` or another.
    rows : int or None
        Rows of the table; None where there is none.
    cpu_s, wall_s, peak_mb : float or None
        Medians over the repetitions that came to an end; None if none did.
    runs, failed : int
        Repetitions, and those among them that didn't come to an end.
    """

    what: str
    tool: str
    rows: int | None
    model: str
    task: str
    cpu_s: float | None
    wall_s: float | None
    peak_mb: float | None
    runs: int
    failed: int
    note: str = ""


def read_costs(path: Path | None) -> list[Cost]:
    """Read what the speed program wrote; nothing where it didn't run."""
    return costs_of(row for row in _rows(path) if row.get("what") != _ENVIRONMENT)


def read_environments(path: Path | None, speed: Path | None) -> list[Mapping[str, Any]]:
    """Read the sizes of the tools' environments, from a file of their own or from what the speed program wrote."""
    return [*(row for row in _rows(speed) if row.get("what") == _ENVIRONMENT), *_rows(path)]


def _rows(path: Path | None) -> list[dict[str, Any]]:
    return json_lines(path) if path is not None and path.exists() else []


def costs_of(rows: Iterable[Mapping[str, Any]]) -> list[Cost]:
    """Return one figure for each tool and piece of work, in the order in which they come up."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        key = (str(row["what"]), str(row["tool"]), row.get("rows"), row.get("model") or "", row.get("task") or "")
        groups.setdefault(key, []).append(row)
    return [_cost(key, group) for key, group in groups.items()]


def _cost(key: tuple[Any, ...], rows: Sequence[Mapping[str, Any]]) -> Cost:
    done = [row for row in rows if not row.get("failed")]

    def middle(name: str) -> float | None:
        values = [float(row[name]) for row in done if row.get(name) is not None]
        return median(values) if values else None

    told = [*(row.get("note") for row in rows), *(row.get("failed") for row in rows)]
    notes = dict.fromkeys(str(one) for one in told if one and one is not True)
    what, tool, size, model, task = key
    return Cost(
        what=what,
        tool=tool,
        rows=size,
        model=str(model),
        task=str(task),
        cpu_s=middle("cpu_s"),
        wall_s=middle("wall_s"),
        peak_mb=middle("peak_mb"),
        runs=len(rows),
        failed=len(rows) - len(done),
        note=without_folders("; ".join(notes)),
    )


def compared(costs: Sequence[Cost], what: str, one: str, other: str, rows: int) -> dict[str, tuple[float, float]]:
    """Return the CPU seconds of two tools by model, in words, for the models that both were measured on.

    A model on which the second tool failed is left out; one on which only the first failed took it infinitely long.
    """
    mine, theirs = ({(c.model, c.task): c for c in costs if (c.what, c.tool, c.rows) == (what, tool, rows)}
                    for tool in (one, other))  # fmt: skip
    pairs = {}
    for key, cost in theirs.items():
        if cost.cpu_s is not None and key in mine:
            own = mine[key].cpu_s
            pairs[" ".join(filter(None, key))] = (float("inf") if own is None else own, cost.cpu_s)
    return pairs
