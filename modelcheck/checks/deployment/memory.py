"""How much memory a worker needs for the model, over one that holds a constant."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.sample import deployed_of, sample_of
from modelcheck.checks.words import count, number
from modelcheck.models.protocol import Model
from modelcheck.record.evidence import Evidence, Table
from modelcheck.scoring.deployed import Deployed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["memory"]

_MB = 1e6
_TIMES = 3
_TIMED = "modelcheck.models.probes.timing:timed"
_NOTHING = "modelcheck.models.probes.timing:nothing"


def memory(context: Context) -> Evidence:
    """Start workers, load the model, ask about up to 1,000 rows in one call, and look at their largest memory.

    Parameters
    ----------
    context : Context
        With `deployed`; its `limit` is in MB (10^6 bytes).

    Returns
    -------
    Evidence
        The largest of three workers' peaks of resident memory, less that of a worker with a constant for a model.
        Held against a declared limit as it is: the system hands memory out in pages, and equal runs differ by
        a few of them.
    """
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    if deployed.stays:
        return Evidence(not_applicable=f"memory is measured in workers, and this model has none: {deployed.stays}.")
    sample = sample_of(context)
    empty = _peak(deployed, deployed.empty, None)
    loaded = _peak(deployed, deployed.model_afresh, None)
    own = max(_peak(deployed, deployed.model_afresh, sample.rows) for _ in range(_TIMES)) - empty
    lines = [
        ("a worker with a constant for a model", round(empty / _MB, 1)),
        ("and the model, loaded", round(max(loaded - empty, 0) / _MB, 1)),
        (f"and the model, asked about {count(len(sample), 'row')}", round(max(own, 0) / _MB, 1)),
    ]
    value = max(own, 0) / _MB
    fact = f"The model adds at most {number(value)} MB to a worker's memory, {count(len(sample), 'row')} in one call."
    kept = context.limit is None or value <= context.limit
    limit = "" if context.limit is None else f" The limit is {number(context.limit)} MB."
    return Evidence(
        proved=f"{fact}{limit}" if kept else "",
        disproved="" if kept else f"{fact}{limit}",
        tables=(
            Table(
                name="memory",
                columns=("what", "MB"),
                rows=tuple(lines),
                note="Resident memory at its peak; the second and third line are over the first.",
            ),
        ),
        reading=fact,
        predicted_rows=_TIMES * len(sample),
    )


def _peak(deployed: Deployed, start: Callable[[], AbstractContextManager[Model]], rows: pd.DataFrame | None) -> int:
    with start() as model:
        if rows is not None:
            deployed.beside(
                _TIMED, [rows], {"method": deployed.method, "calls": 1, "warm": 0}, model=model, rows=len(rows)
            )
        return deployed.beside(_NOTHING, (), None, model=model).cost.peak_bytes
