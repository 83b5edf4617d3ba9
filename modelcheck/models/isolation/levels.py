"""How far a model is kept away from the run, and what it may use up."""

from __future__ import annotations

from dataclasses import dataclass

from modelcheck.config.tables import WorkerTable

__all__ = ["LEVELS", "Limits", "at_least"]

LEVELS = ("none", "process", "sandbox")
"""``none``: in the run's own process. ``process``: in a worker, which may die or hang alone. ``sandbox``: in a worker
that reaches no network and writes no files but its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a worker may use up.

    Attributes
    ----------
    seconds : float
        For one question (a batch of rows, or loading); then the worker is ended.
    memory_bytes : int or None
        Address space beyond what the libraries take; None: all that the machine has.
    restarts : int
        How often a worker that died is started again in a run.
    """

    seconds: float = 600.0
    memory_bytes: int | None = None
    restarts: int = 400

    @classmethod
    def of(cls, table: WorkerTable) -> Limits:
        """Return what ``[worker]`` says."""
        memory = None if table.memory_gb is None else int(table.memory_gb * 1e9)
        return cls(seconds=table.seconds, memory_bytes=memory, restarts=table.restarts)


def at_least(reached: str, needed: str) -> bool:
    """Whether one level keeps a model as far away as another, or further.

    Examples
    --------
    >>> at_least("process", "sandbox")
    False
    """
    return LEVELS.index(reached) >= LEVELS.index(needed)
