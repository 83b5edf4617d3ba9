"""Answers timed beside the model; candidate and baseline take turns, so that a slow moment meets both."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.sample import Sample, sample_of
from modelcheck.models.protocol import Model
from modelcheck.record.evidence import Table
from modelcheck.scoring.deployed import Deployed, method_of

__all__ = ["ROUNDS", "Timed", "Timing", "machine_table", "timing_of"]

ROUNDS = 12
"""Rounds of candidate, baseline, baseline, candidate (ABBA): drift over time cancels within each."""
_TIMED = "modelcheck.models.probes.timing:timed"
_CALLS = {"one": 5, "batch": 1}
_BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timed:
    """Times of one model.

    Attributes
    ----------
    one, batch : ndarray of float64, shape (rounds, calls)
        Seconds of each call, for one row and for the batch.
    cpu_one, cpu_batch : float
        Seconds of the processor for a call, the median of the rounds.
    cold : float or None
        Seconds from an empty machine to the first answer: interpreter, imports, loading; None where nothing is started.
    """

    one: NDArray[np.float64]
    batch: NDArray[np.float64]
    cpu_one: float
    cpu_batch: float
    cold: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timing:
    """Times of the candidate and, in the same minutes, of the baseline.

    Attributes
    ----------
    candidate : Timed
        The candidate's.
    baseline : Timed or None
        The live baseline's.
    batch_rows : int
        Rows of the batch.
    machine : mapping of str to object
        What they were taken on.
    predicted_rows : int
        Rows that were asked about.
    """

    candidate: Timed
    baseline: Timed | None
    batch_rows: int
    machine: dict[str, Any]
    predicted_rows: int


def timing_of(context: Context, deployed: Deployed) -> Timing:
    """Return the run's times, taken once a run."""
    return context.share("deployment_timing", lambda: _timing(sample_of(context), deployed))


def machine_table(timing: Timing) -> Table:
    """Return what the times were taken on: they mean little elsewhere."""
    return Table(
        name="machine",
        columns=("what", "value"),
        rows=tuple((name, value) for name, value in timing.machine.items()),
        note="Times and memory differ between equal runs, and between machines by far more.",
    )


def _timing(sample: Sample, deployed: Deployed) -> Timing:
    batch = sample.rows.iloc[np.resize(np.arange(len(sample)), _BATCH)].reset_index(drop=True)
    one = sample.rows.iloc[:1].reset_index(drop=True)
    models: dict[str, Model] = {"candidate": deployed.model}
    if deployed.baseline is not None:
        models["baseline"] = deployed.baseline
    taken: dict[tuple[str, str], list[NDArray[np.float64]]] = {}
    cpu: dict[tuple[str, str], list[float]] = {}
    machine = _machine()
    rows = 0
    turns = ("candidate", "baseline", "baseline", "candidate")
    for turn in range(ROUNDS):
        for kind, frame in (("one", one), ("batch", batch)):
            round_of: dict[str, list[NDArray[np.float64]]] = {}
            for who in turns:
                if who not in models:
                    continue
                # The first call of all may import, compile or fill caches.
                warm = int(turn == 0 and who not in round_of)
                given = {"method": method_of(models[who]), "calls": _CALLS[kind], "warm": warm}
                asked = (_CALLS[kind] + warm) * len(frame)
                reply = deployed.beside(_TIMED, [frame], given, model=models[who], rows=asked)
                round_of.setdefault(who, []).append(reply.arrays[0])
                cpu.setdefault((who, kind), []).append(float(reply.told["cpu_seconds"]))
                rows += asked
            for who, parts in round_of.items():
                taken.setdefault((who, kind), []).append(np.concatenate(parts))
    machine["load after"] = _load()
    return Timing(
        candidate=_timed("candidate", taken, cpu, cold=_cold_start(deployed, one)),
        baseline=None if "baseline" not in models else _timed("baseline", taken, cpu, cold=None),
        batch_rows=len(batch),
        machine=machine,
        predicted_rows=rows,
    )


def _timed(
    who: str,
    taken: dict[tuple[str, str], list[NDArray[np.float64]]],
    cpu: dict[tuple[str, str], list[float]],
    *,
    cold: float | None,
) -> Timed:
    return Timed(
        one=np.stack(taken[who, "one"]),
        batch=np.stack(taken[who, "batch"]),
        cpu_one=float(np.median(cpu[who, "one"])),
        cpu_batch=float(np.median(cpu[who, "batch"])),
        cold=cold,
    )


def _cold_start(deployed: Deployed, row: Any) -> float | None:
    if deployed.stays:
        return None
    started = time.perf_counter()
    with deployed.fresh(hash_seed=1) as asking:
        asking.answer(row)
        return time.perf_counter() - started


def _machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "load before": _load(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.processor() or "unknown"


def _load() -> float | None:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
