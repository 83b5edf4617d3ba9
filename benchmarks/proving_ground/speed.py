"""What the tools cost: imports, default runs, the work that they share, and pages. One fresh process each.

The processes run one at a time, tool by tool in turns. CPU seconds are those of the work alone, with its child
processes; libraries are imported, tables drawn and models fitted before. Peak memory is the whole process's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Work", "measure", "plan"]

TOOLS = ("modelcheck", "giskard", "deepchecks", "evidently")
SMALL, LARGE, PROBE = 10_000, 200_000, 2500
REPEATED = 3
PATIENCE_S = 600.0
"""CPU seconds beyond which a run of 200,000 rows is not begun."""

_SLOW = ("giskard", "deepchecks")
_SETUPS = tuple((model, task) for task in ("binary", "regression") for model in ("forest", "linear"))
_ROOT = Path(__file__).resolve().parents[2]
_LAUNCH = _ROOT / "benchmarks" / "proving_ground" / "launch.py"
_IMPORTS = {
    "modelcheck": "import modelcheck, modelcheck.plugin; modelcheck.scan",
    "giskard": "import giskard; giskard.scan",
    "deepchecks": "from deepchecks.tabular.suites import full_suite",
    "evidently": "from evidently import Report; from evidently.presets import DataDriftPreset",
}
_COMMON = {
    "modelcheck": "suites performance and bias",
    "giskard": "detectors performance and ethical_bias",
    "deepchecks": "suite model_evaluation",
}
_QUIET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "GSK_DISABLE_ANALYTICS": "True",
    "DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY": "True",
    "DO_NOT_TRACK": "1",
    "PYTHONPATH": str(_ROOT),
}


@dataclass(frozen=True, kw_only=True)
class Work:
    """One process to be timed.

    Attributes
    ----------
    what : str
        ``import``, ``plugin start``, ``pytest alone``, ``default scan``, ``common work``; ``page`` comes with a scan.
    tool : str
        Whose.
    rows : int or None
        Of the holdout, and as many of the training table.
    model, task : str
        As in `tools.timed`; empty where there is none.
    run : int
        Which repetition.
    """

    what: str
    tool: str
    rows: int | None = None
    model: str = ""
    task: str = ""
    run: int = 0

    @property
    def key(self) -> tuple[object, ...]:
        """What makes a row of the results this work's."""
        return self.what, self.tool, self.rows, self.model, self.task, self.run


def plan(tools: Sequence[str], *, quick: bool) -> Iterator[Work]:
    """Yield all work, small before large, the tools in turns."""
    for run in range(1 if quick else REPEATED):
        for tool in tools:
            yield Work(what="import", tool=tool, run=run)
            if tool == "modelcheck":
                yield Work(what="plugin start", tool=tool, run=run)
                yield Work(what="pytest alone", tool=tool, run=run)
    setups = _SETUPS[:1] if quick else _SETUPS
    for what in ("default scan", "common work"):
        for model, task in setups:
            for tool in tools:
                if what == "default scan" or tool in _COMMON:
                    yield Work(what=what, tool=tool, rows=SMALL, model=model, task=task)
    if quick:
        return
    for tool in tools:
        if tool in _SLOW:
            yield Work(what="default scan", tool=tool, rows=PROBE, model=_SETUPS[0][0], task=_SETUPS[0][1])
    for model, task in _SETUPS:
        for tool in tools:
            yield Work(what="default scan", tool=tool, rows=LARGE, model=model, task=task)


def measure(environments: Mapping[str, Path], out: Path, quick: bool = False) -> None:
    """Measure what is not in the results yet and append it, row by row.

    Parameters
    ----------
    environments : mapping
        Interpreter by tool; a tool that is left out is not measured.
    out : Path
        JSON lines: what, tool, rows, model, task, run, cpu_s, wall_s, peak_mb, note, failed (None or what went wrong),
        and kb for a page.
    quick : bool
        Only one model at 10,000 rows, and nothing repeated.
    """
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()] if out.exists() else []
    done = {_key(row) for row in rows}
    for work in plan([tool for tool in TOOLS if tool in environments], quick=quick):
        if work.key in done:
            continue
        began = time.monotonic()
        made = _measured(work, Path(environments[work.tool]), rows)
        rows += made
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in made)
        print(*[str(part) for part in work.key if part], f"{time.monotonic() - began:.0f} s", file=sys.stderr)


def _key(row: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(row[name] for name in ("what", "tool", "rows", "model", "task", "run"))


def _measured(work: Work, python: Path, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of one process, or one that says why it wasn't begun."""
    if work.what == "import":
        return [_row(work, **_timed([python, "-c", _IMPORTS[work.tool]])[0], note=_IMPORTS[work.tool])]
    if work.what in ("plugin start", "pytest alone"):
        words = f"pytest {'--modelcheck ' if work.what == 'plugin start' else ''}--collect-only -q -p no:cacheprovider"
        with tempfile.TemporaryDirectory() as folder:
            facts, _ = _timed([python, "-m", *words.split()], cwd=folder, right=(0, 4, 5))
        return [_row(work, **facts, note=f"{words} in an empty folder")]
    if work.rows == LARGE and work.tool in _SLOW:
        estimate = _estimate(work, rows)
        if estimate is None or estimate > PATIENCE_S or (work.model, work.task) != _SETUPS[0]:
            about = "not measured" if estimate is None else f"about {estimate:,.0f} CPU s"
            return [_row(work, note=f"not run to keep this short: {about} by what smaller tables took")]
    with tempfile.TemporaryDirectory() as folder:
        pages = work.what == "default scan" and work.rows == SMALL and work.model == "forest"
        words = ["-m", "benchmarks.proving_ground.tools.timed", work.tool, work.what, work.rows, work.model, work.task]
        facts, said = _timed([python, *words, folder if pages else ""])
    page = said.pop("page", None)
    broken = said.pop("broken", 0)
    notes = [_COMMON[work.tool]] if work.what == "common work" else []
    notes += [f"{broken} checks ended in an error"] if broken else []
    made = [_row(work, **(facts | said), note="; ".join(notes))]
    if page is not None:
        other = Work(what="page", tool=work.tool, rows=work.rows, model=work.model, task=work.task)
        made.append(_row(other, **page, note=f"{page['kb']:,} kB"))
    return made


def _row(work: Work, **facts: Any) -> dict[str, Any]:
    names = dict(zip(("what", "tool", "rows", "model", "task", "run"), work.key, strict=True))
    return names | {"cpu_s": None, "wall_s": None, "peak_mb": None, "note": "", "failed": None} | facts


def _timed(
    command: Sequence[object], cwd: str | None = None, right: Iterable[int] = (0,)
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a process and return what it took as a whole, and the JSON line that it printed last, if any."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as errors:
        took = Path(folder, "took.json")
        words = [sys.executable, "-I", "-S", _LAUNCH, took, *command]
        process = subprocess.run(
            [str(word) for word in words], stdout=told, stderr=errors, cwd=cwd or _ROOT, env=os.environ | _QUIET,
            check=False,
        )  # fmt: skip
        used = json.loads(took.read_text("utf-8")) if took.exists() else None
        told.seek(0)
        errors.seek(0)
        lines = [part.read().decode("utf-8", "replace").strip().splitlines() for part in (told, errors)]
    if used is None:
        raise RuntimeError(f"{command[0]} could not be started: {lines[1][-1] if lines[1] else process.returncode}")
    facts: dict[str, Any] = {
        "cpu_s": round(used["cpu_s"], 2),
        "wall_s": round(used["wall_s"], 2),
        "peak_mb": round(used["peak_bytes"] / 1e6),
        "failed": None,
    }
    if used["code"] not in right:
        said = lines[1][-1] if lines[1] else "nothing"
        return facts | {"failed": f"ended with {used['code']} and said: {said[:200]}"}, {}
    try:
        return facts, json.loads(lines[0][-1]) if lines[0] else {}
    except ValueError:
        return facts, {}


def _estimate(work: Work, rows: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the CPU seconds of the default scan of many rows: along the line through two smaller tables.

    Where only one smaller table was measured, as many times that as for the model on which both were.
    """
    took = {_key(row)[1:5]: row["cpu_s"] for row in rows if row["what"] == "default scan" and not row["failed"]}
    first = [took.get((work.tool, size, *_SETUPS[0])) for size in (PROBE, SMALL)]
    small = took.get((work.tool, SMALL, work.model, work.task))
    if small is None or first[0] is None or first[1] is None:
        return None
    whole = first[1] + max(0.0, first[1] - first[0]) / (SMALL - PROBE) * (LARGE - SMALL)
    return float(small * whole / first[1])
