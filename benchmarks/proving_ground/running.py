"""All cells of a run on the cores there are: warm hosts, one line a result, resumable at any time."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.proving_ground.cells import TOOLS, Cell, code_of
from benchmarks.proving_ground.scoring import scored, true_names
from benchmarks.proving_ground.tools.outcome import NotCovered

__all__ = ["ROOT", "codes_of", "environment", "kept_results", "run"]

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 600.0
COSTS_NOTHING = {"cpu_s": None, "wall_s": None, "peak_mb": None}
PEER_BYTES = 10 * 2**30  # of address space: two of them fit into 24 GiB


def environment() -> dict[str, str]:
    """Return the variables that a tool's process gets: one thread, no telemetry, equal hashes."""
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",
        "PYTHONWARNINGS": "ignore",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "GSK_DISABLE_ANALYTICS": "True",
        "DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY": "True",
        "DO_NOT_TRACK": "1",
        "MODELCHECK_DATA": os.environ.get("MODELCHECK_DATA", str(ROOT.parent / "shared" / "data")),
    }


class _Host:
    """One warm process of one tool; started when first asked, and again after it died."""

    def __init__(self, tool: str, python: str) -> None:
        self.tool, self.python = tool, python
        self.process: subprocess.Popen[str] | None = None
        self.log = tempfile.NamedTemporaryFile("w+", prefix="proving-", suffix=".log")  # noqa: SIM115 closed with us

    def ask(self, cell: Cell) -> dict[str, Any]:
        """Run a cell; a host that dies is a crash of the tool, with the end of what it printed."""
        if self.process is None or self.process.poll() is not None:
            command = [self.python, "-m", "benchmarks.proving_ground.host", TOOLS[self.tool], str(TIMEOUT_S)]
            # modelcheck maps sealed memory of its workers many times over; what it uses is measured.
            command += [] if self.tool == "modelcheck" else [str(PEER_BYTES)]
            pipe = subprocess.PIPE
            # A session of its own: who breaks a run off with Ctrl-C doesn't crash the tool.
            self.process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=self.log, text=True, env=environment(), cwd=ROOT,
                start_new_session=True,
            )  # fmt: skip
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(asdict(cell)) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.process.wait()
        self.log.seek(0)
        said = self.log.read()[-2000:]
        return {"status": "crashed", "traceback": f"the tool's process ended:\n{said}", "versions": {}} | COSTS_NOTHING

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.communicate()
        self.log.close()


def kept_results(
    file: Path, cells: Sequence[Cell], codes: Mapping[tuple[str, str], str]
) -> tuple[list[dict[str, Any]], list[Cell]]:
    """Return the rows of an earlier run that this code would make again, and the cells that are left to run.

    What was said is kept; whether it was right is asked anew.
    """
    rows: dict[str, dict[str, Any]] = {}
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:  # the line that was being written when the run was broken off
                continue
            if isinstance(row, dict):
                rows[_key(row)] = row
    kept, left = [], []
    for cell in cells:
        row = rows.get(cell.key)
        if row is not None and row.get("code") == codes[cell.tool, cell.subject]:
            kept.append(_scored(cell, row, row["code"]))
        else:
            left.append(cell)
    return kept, left


def codes_of(cells: Sequence[Cell]) -> dict[tuple[str, str], str]:
    """Return the digest of the code behind each tool's look at each subject."""
    return {about: code_of(*about) for about in {(cell.tool, cell.subject) for cell in cells}}


def _key(row: Mapping[str, Any]) -> str:
    return "|".join(str(row.get(name)) for name in ("tool", "subject", "rows", "seed", "strength"))


def run(cells: Sequence[Cell], pythons: Mapping[str, str], file: Path, *, slots: int) -> list[dict[str, Any]]:
    """Run what is left of the cells and return the rows of all of them.

    Parameters
    ----------
    cells : sequence of Cell
        In the order in which they are begun.
    pythons : mapping
        The interpreter of each tool's environment.
    file : Path
        JSON lines; each result is appended as soon as it is there.
    slots : int
        How many run at once.
    """
    # Read once: what is edited while a run lasts doesn't count for it.
    codes = codes_of(cells)
    kept, left = kept_results(file, cells, codes)
    file.parent.mkdir(parents=True, exist_ok=True)
    waiting: queue.SimpleQueue[Cell] = queue.SimpleQueue()
    for cell in left:
        waiting.put(cell)
    fresh: list[dict[str, Any]] = []
    lock = threading.Lock()
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns) as progress, file.open("a", encoding="utf-8") as out:
        bars = {tool: progress.add_task(tool, total=sum(c.tool == tool for c in cells)) for tool in pythons}
        for row in kept:
            progress.advance(bars[row["tool"]])

        def work() -> None:
            with ExitStack() as closing:
                hosts: dict[str, _Host] = {}
                while True:
                    try:
                        cell = waiting.get_nowait()
                    except queue.Empty:
                        break
                    if cell.tool not in hosts:
                        hosts[cell.tool] = _Host(cell.tool, pythons[cell.tool])
                        closing.callback(hosts[cell.tool].close)
                    row = _row(cell, hosts[cell.tool], codes[cell.tool, cell.subject])
                    with lock:
                        fresh.append(row)
                        out.write(json.dumps(row) + "\n")
                        out.flush()
                        progress.advance(bars[cell.tool])

        with ThreadPoolExecutor(slots) as pool:
            works = [pool.submit(work) for _ in range(slots)]
            try:
                wait(works, return_when=FIRST_EXCEPTION)
            finally:
                # Broken off: what is being run is finished and kept, what waits is left for the next time.
                with suppress(queue.Empty):
                    while True:
                        waiting.get_nowait()
            for done in works:
                done.result()
    return [*kept, *fresh]


def _row(cell: Cell, host: _Host, code: str) -> dict[str, Any]:
    """Ask and score, but for what the tool can't express: its adapter, which can be imported without it, says that."""
    try:
        _right(cell)
    except NotCovered as reason:
        return _scored(cell, {"status": "not covered", "notes": str(reason), "versions": {}} | COSTS_NOTHING, code)
    return _scored(cell, host.ask(cell), code)


def _scored(cell: Cell, answer: Mapping[str, Any], code: str) -> dict[str, Any]:
    right = frozenset() if answer["status"] == "not covered" else _right(cell)
    return scored(cell, answer, right, true_names(cell, _tool(cell)), code)


def _right(cell: Cell) -> frozenset[str]:
    return frozenset() if cell.strength is None else frozenset(_tool(cell).right(cell.subject))


def _tool(cell: Cell) -> Any:
    return import_module(f"benchmarks.proving_ground.tools.{TOOLS[cell.tool]}")
