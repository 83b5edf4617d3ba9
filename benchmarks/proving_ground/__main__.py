"""One command: environments, all cells, the sample as a user, speed, and the page.

``python -m benchmarks.proving_ground`` does everything anew, and goes on where it was broken off;
``python -m benchmarks.proving_ground --quick`` takes each case once: an hour instead of two and a half.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.proving_ground import environments, sample, speed
from benchmarks.proving_ground.bases import BASES
from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.cells import TOOLS, plan
from benchmarks.proving_ground.page import NAME, write_page
from benchmarks.proving_ground.results import read_parquet
from benchmarks.proving_ground.running import ROOT, codes_of, kept_results, run

__all__ = ["main"]

COMMAND = "python -m benchmarks.proving_ground"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is left to run and write the page; 1 where a run as a user and a scan disagree."""
    given = _given(arguments)
    pythons, weights = _environments(given.tools, given.work)
    _write(given.work / "environments.jsonl", weights)
    cells = [cell for cell in plan(given.tools, given.size, given.subjects) if cell.tool in pythons]
    results = given.work / "results.jsonl"
    published = given.out / f"{NAME}.parquet"
    if given.published and published.exists() and not results.exists():
        _write(results, read_parquet(published))
    if given.page_only:
        rows, left = kept_results(results, cells, codes_of(cells))
        print(f"{len(left):,} of {len(cells):,} cells have no result of this code", file=sys.stderr)
    else:
        rows = run(cells, pythons, results, slots=given.slots)
    _write(given.work / "current.jsonl", rows)
    compared = sample.compare(given.work / "as_user.jsonl", run=not given.page_only) if given.sample else []
    if given.speed and not given.page_only:
        speed.measure(
            {name: Path(python) for name, python in pythons.items()},
            given.work / "speed.jsonl",
            quick=given.size == "quick",
        )
    written = write_page(
        given.work / "current.jsonl",
        given.work / "speed.jsonl",
        given.work / "environments.jsonl",
        given.out,
        command=COMMAND,
        sample=compared,
        left=len(cells) - len(rows),
    )
    print(*written, sep="\n")
    faults = [fault for row in compared for fault in row["faults"]]
    print(f"as a user: {len(compared)} cells compared with their scans, {len(faults)} differences nothing explains")
    return 1 if faults else 0


def _given(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--quick", dest="size", action="store_const", const="quick", default="full")
    parser.add_argument("--tools", nargs="*", default=list(TOOLS), help=", ".join(TOOLS))
    parser.add_argument("--subjects", nargs="*", default=[], help="only these cases or bases")
    parser.add_argument("--slots", type=int, default=os.cpu_count() or 1, help="runs at once; default: one a core")
    parser.add_argument("--work", type=Path, default=ROOT / ".proving_ground", help="where results are kept")
    parser.add_argument(
        "--out",
        type=Path,
        help="where the page goes; default: benchmarks/results for all of it, the folder of --work for a part",
    )
    parser.add_argument("--page-only", action="store_true", help="run nothing; write the page of what is there")
    parser.add_argument(
        "--published", action="store_true", help="with no results yet, begin with those published for this very code"
    )
    parser.add_argument("--no-sample", dest="sample", action="store_false", help="without the runs as a user")
    parser.add_argument("--no-speed", dest="speed", action="store_false", help="without the speed table")
    given = parser.parse_args(arguments)
    given.tools = [_one_of(name, TOOLS, "tool", parser) for name in given.tools]
    given.subjects = [_one_of(name, {**CASES, **BASES}, "case or base", parser) for name in given.subjects]
    if given.out is None:
        # A part must not take the place of the published whole.
        whole = given.size == "full" and not given.subjects and set(given.tools) == set(TOOLS)
        given.out = ROOT / "benchmarks" / "results" if whole else given.work / "page"
    if given.slots < 1:
        parser.error(f"--slots is {given.slots}; at least 1 runs at once")
    return given


def _one_of(name: str, known: Mapping[str, Any], what: str, parser: argparse.ArgumentParser) -> str:
    if name not in known:
        parser.error(f"there is no {what} {name!r}; there are {', '.join(known)}")
    return name


def _environments(tools: Sequence[str], work: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return each tool's interpreter and what its environment weighs; a tool that can't be installed is told."""
    pythons, weights = {}, []
    for tool in tools:
        try:
            python, made = environments.prepare(tool.partition(",")[0], work / "environments")
        except environments.EnvironmentFailed as fault:
            print(f"{tool} can't be installed and is not run:\n{fault}", file=sys.stderr)
            weights.append({"tool": tool, "packages": None, "mb": None, "failed": str(fault)})
            continue
        # modelcheck runs from this checkout, in the environment of whoever started this; its own is only weighed.
        pythons[tool] = sys.executable if tool == "modelcheck" else str(python)
        about = asdict(made)
        weights.append({"tool": tool, "packages": about["packages"], "mb": about["megabytes"], "failed": ""})
    return pythons, weights


def _write(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".tmp")
    unfinished.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    unfinished.replace(file)


if __name__ == "__main__":
    sys.exit(main())
