"""How long an answer takes, against a budget, and beside the baseline in the same minutes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.sample import deployed_of
from modelcheck.checks.deployment.timing import ROUNDS, Timed, Timing, machine_table, timing_of
from modelcheck.checks.words import number, with_interval
from modelcheck.record.evidence import Estimate, Evidence, Table
from modelcheck.stats.quantiles import median
from modelcheck.stats.signed_rank import hodges_lehmann

__all__ = ["latency", "latency_ratio"]

_MS = 1e3


def latency(context: Context) -> Evidence:
    """Time answers to one row and to a batch.

    Parameters
    ----------
    context : Context
        With `deployed`; a declared limit is in milliseconds for one row.

    Returns
    -------
    Evidence
        ``latency_p50_ms``: the median over rounds of each round's median time for one row, with limits by order
        statistics of the rounds, as calls within a round hang together. Highest percentiles are never judged: p99 of
        one model was 9.2, 1.3 and 1.3 ms in three runs after one another.
    """
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    timing = timing_of(context, deployed)
    estimate = median(
        _MS * np.median(timing.candidate.one, axis=1), metric="latency_p50_ms", confidence=context.confidence
    )
    estimate = replace(estimate, unproven=estimate.unproven.replace("row", "round"))
    batch = timing.candidate.batch
    reading = (
        f"One row is answered in {number(estimate.value)} ms (median), {timing.batch_rows:,} rows in "
        f"{number(_MS * float(np.median(batch)))} ms: {number(timing.batch_rows / float(np.median(batch)))} rows a "
        "second."
    )
    if timing.candidate.cold is not None:
        reading += f" From nothing to the first answer it takes {number(timing.candidate.cold)} s."
    return Evidence(
        estimate=estimate,
        tables=(_times(timing), machine_table(timing)),
        reading=reading,
        predicted_rows=timing.predicted_rows,
    )


def latency_ratio(context: Context) -> Evidence:
    """Compare the candidate's times with the baseline's, taken in turns.

    Parameters
    ----------
    context : Context
        With `deployed` and a live baseline.

    Returns
    -------
    Evidence
        ``latency_ratio``: the candidate's time for one row over the baseline's, the pseudo-median over rounds of
        candidate, baseline, baseline, candidate. Exact for rounds whose log ratios are symmetric about the same centre.
    """
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    if deployed.baseline is None:
        stored = "the baseline is stored answers: there is no model whose answers could be timed."
        return Evidence(not_applicable=context.baseline_note or stored if context.baseline is None else stored)
    timing = timing_of(context, deployed)
    assert timing.baseline is not None  # noqa: S101 - there is a live baseline
    one = _ratio(timing.candidate.one, timing.baseline.one, context.confidence)
    batch = _ratio(timing.candidate.batch, timing.baseline.batch, context.confidence)
    lines = tuple(
        (name, *(None if end is None else float(f"{end:.4g}") for end in (found.value, found.low, found.high)))
        for name, found in (("1 row", one), (f"{timing.batch_rows:,} rows", batch))
    )
    reading = (
        f"The candidate takes {with_interval(one)} times as long as the baseline for one row, "
        f"{with_interval(batch)} times for {timing.batch_rows:,}."
    )
    return Evidence(
        estimate=one,
        # Noise of a busy machine is no reason to leave a gate open: it speaks up on proof alone.
        groups={"1 row": one},
        looked_at=1,
        searched=reading,
        tables=(
            Table(
                name="candidate over baseline",
                columns=("asked about", "times as long", "low", "high"),
                rows=lines,
                note=f"{ROUNDS} rounds of candidate, baseline, baseline, candidate; {one.method}, on log ratios.",
            ),
            machine_table(timing),
        ),
        reading=reading,
        predicted_rows=timing.predicted_rows,
    )


def _ratio(candidate: NDArray[np.float64], baseline: NDArray[np.float64], confidence: float) -> Estimate:
    logs = np.log(np.median(candidate, axis=1)) - np.log(np.median(baseline, axis=1))
    found = hodges_lehmann(logs, metric="latency_ratio", confidence=confidence)
    low, high = (None if end is None else float(np.exp(end)) for end in (found.low, found.high))
    return replace(found, value=float(np.exp(found.value or 0.0)), low=low, high=high)


def _times(timing: Timing) -> Table:
    lines = []
    for who, one in (("candidate", timing.candidate), ("baseline", timing.baseline)):
        if one is not None:
            lines += _lines(who, one, timing.batch_rows)
    return Table(
        name="times",
        columns=("model", "asked about", "p50, ms", "p90, ms", "CPU, ms", "rows a second"),
        rows=tuple(lines),
        note="Taken beside the model; the way to it is not part of them. p90 is told and never judged.",
    )


def _lines(who: str, one: Timed, batch_rows: int) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for rows, seconds, cpu in ((1, one.one, one.cpu_one), (batch_rows, one.batch, one.cpu_batch)):
        middle, late = (float(np.quantile(seconds, share)) for share in (0.5, 0.9))
        told = [float(f"{value:.4g}") for value in (_MS * middle, _MS * late, _MS * cpu, rows / middle)]
        found.append((who, "1 row" if rows == 1 else f"{rows:,} rows", *told))
    if one.cold is not None:
        found.append((who, "cold start to the first answer", float(f"{_MS * one.cold:.4g}"), None, None, None))
    return found
