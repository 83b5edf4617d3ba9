"""What a check is given that looks at model files: nothing was loaded, read or scored for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import Generator

from modelcheck.checks.context import Context
from modelcheck.models.facts import ArtifactFacts

__all__ = ["FileContext"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContext:
    """Everything that a check with ``needs_rows=False`` may look at.

    Attributes
    ----------
    check : str
        The check's full name, ``suite.check``.
    confidence : float
        Level of the equal-tailed interval that the gate is judged by, in (0, 1).
    find_artifact : callable
        Returns what is known of the file of one of `models`, whether or not it may be loaded.
    models : tuple of str
        ``candidate``, ``baseline`` where one is declared, and the names of models of other seeds.
    find_context : callable or None
        Loads the models, reads and scores the tables, and returns the usual `Context`; raises what keeps them from
        being opened. None where nobody can.
    profile : str
        ``dev``, ``ci`` or ``release``.
    limit : float or None
        The gate's limit, for drawing only.
    declared : bool
        Whether the user declared that limit.
    rng : numpy.random.Generator
        The only source of randomness.
    seed : int
        The run's seed.
    """

    check: str
    confidence: float = 0.95
    find_artifact: Callable[[str], ArtifactFacts]
    models: tuple[str, ...] = ("candidate",)
    find_context: Callable[[], Context] | None = None
    profile: str = "ci"
    limit: float | None = None
    declared: bool = False
    rng: Generator
    seed: int = 0
