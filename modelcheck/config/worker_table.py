"""``[worker]`` from TOML: what the process of a model may use up."""

from __future__ import annotations

from modelcheck.config.fields import Fields
from modelcheck.config.tables import WorkerTable

__all__ = ["read_worker"]

_MOST_SECONDS = 86_400.0
_LEAST_GB = 0.1
_MOST_RESTARTS = 10_000


def read_worker(fields: Fields) -> WorkerTable:
    """Read what the process of a model may use up.

    Parameters
    ----------
    fields : Fields
        The table; mistakes are noted there.

    Returns
    -------
    WorkerTable
        Only meaningful when no mistake was noted.
    """
    usual = WorkerTable()
    seconds = fields.number("seconds", low=0.1, high=_MOST_SECONDS)
    memory_gb = fields.number("memory_gb", low=_LEAST_GB, high=1e6)
    restarts = fields.number("restarts", low=0, high=_MOST_RESTARTS)
    if restarts is not None and restarts != int(restarts):
        fields.wrong("restarts", "must be a whole number: how often a worker that died is started again in a run.")
    fields.close()
    return WorkerTable(
        seconds=usual.seconds if seconds is None else float(seconds),
        memory_gb=None if memory_gb is None else float(memory_gb),
        restarts=usual.restarts if restarts is None else int(restarts),
    )
