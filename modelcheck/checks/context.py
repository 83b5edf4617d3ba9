"""What a check is given: rows that are already scored, and how sure the gate wants to be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from numpy.random import Generator, default_rng

from modelcheck.models.facts import ArtifactFacts
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.deployed import Deployed
from modelcheck.scoring.rows import ScoredRows

__all__ = ["NO_BASELINE", "Context", "Sharing"]

_T = TypeVar("_T")

NO_BASELINE = (
    'first run, no baseline: declare [baseline] model = "...", or accept a candidate as the baseline with '
    "`pytest --modelcheck --modelcheck-baseline=accept`."
)


class Sharing(Protocol):
    """Results by name, each made once a run, e.g. ``modelcheck.scoring.store.Store``."""

    def get(self, name: str, make: Callable[[], _T]) -> _T:
        """Return the result of `make`; `name` is a plain word."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything a check may look at.

    Attributes
    ----------
    check : str
        The check's full name, ``suite.check``, e.g. ``performance.roc_auc``.
    confidence : float
        Level of the equal-tailed interval that the gate is judged by, in (0, 1).
    rows : ScoredRows
        The dataset scored by the candidate, already restricted to the gate's slice.
    slice : str or None
        Name of that slice; None for the whole dataset.
    reference : ScoredRows or None
        The reference scored by the candidate, with the same feature coding as `rows`.
    find_reference : callable or None
        Scores the reference when it is called, for a check that seldom needs it.
    baseline : ScoredRows or None
        The rows of `compared`, in the same order, scored by the baseline; None without one.
    paired : ScoredRows or None
        The rows that both scored, scored by the candidate, where a stored baseline knows only some; None: `rows`.
    baseline_note : str
        Why there is no baseline, or what a comparison with it has to say of its rows (often nothing).
    threshold : float or None
        The declared threshold; None where the model decides by itself.
    costs : tuple of float or None
        Declared cost of a false positive and of a false negative.
    interval : float or None
        Level that a regression's prediction intervals promise.
    by : str or None
        Name of a protected attribute when the gate's slice is one: every one of its groups must then hold.
    protected_columns : tuple of str
        The columns that make the attribute `by`: two of them for ``sex*race``.
    follows : mapping of str to str
        Column to the protected column that it follows.
    rng : numpy.random.Generator
        The only source of randomness.
    limit : float or None
        The gate's limit, for drawing only.
    declared : bool
        Whether the user declared that limit: then everybody must keep it. A default limit is broken by proof alone.
    seed : int
        The run's seed, for what several gates share; see `generator`.
    shared : Sharing or None
        Keeps what several gates of a run need; None: everybody makes their own.
    asking, asking_baseline : Asking or None
        Candidate and baseline, for rows that were changed; None where nobody can be asked.
    find_retrained : callable or None
        Loads the models of other seeds when it is called, by their names; None: none are declared.
    monotonic : mapping of str to str
        Columns in which the score is declared ``increasing`` or ``decreasing``.
    signs : mapping of str to str
        The same, asked from one end of the column's range to the other.
    canary : tuple of str
        Columns that are known to say nothing.
    forbidden : tuple of str
        Columns that are declared not to matter.
    unchangeable : tuple of str
        Columns that nobody can change: what would change an answer never offers them.
    budget : int
        How many changed rows may be predicted in the run, for all gates of the suite together.
    examples : Path or None
        Folder of the counterexamples that earlier runs found; None: none are kept.
    deployed : Deployed or None
        The candidate as it will be deployed; None where its answers lie in the table.
    wanted : tuple of int
        Positions of rows that a check of single rows is asked about; empty: it chooses.
    find_artifact : callable or None
        Returns what is known of the file of ``candidate`` or ``baseline``; None where nobody can look.

    Raises
    ------
    ValueError
        When `confidence` is outside (0, 1), `by` isn't an attribute of `rows`, or the baseline has other rows.
    """

    check: str
    confidence: float
    rows: ScoredRows
    slice: str | None = None
    reference: ScoredRows | None = None
    find_reference: Callable[[], ScoredRows | None] | None = None
    baseline: ScoredRows | None = None
    paired: ScoredRows | None = None
    baseline_note: str = NO_BASELINE
    threshold: float | None = None
    costs: tuple[float, float] | None = None
    interval: float | None = None
    by: str | None = None
    protected_columns: tuple[str, ...] = ()
    follows: Mapping[str, str] = field(default_factory=dict)
    rng: Generator
    limit: float | None = None
    declared: bool = False
    seed: int = 0
    shared: Sharing | None = None
    asking: Asking | None = None
    asking_baseline: Asking | None = None
    find_retrained: Callable[[], Mapping[str, Asking]] | None = None
    monotonic: Mapping[str, str] = field(default_factory=dict)
    signs: Mapping[str, str] = field(default_factory=dict)
    canary: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    unchangeable: tuple[str, ...] = ()
    budget: int = 300_000
    examples: Path | None = None
    deployed: Deployed | None = None
    wanted: tuple[int, ...] = ()
    find_artifact: Callable[[str], ArtifactFacts] | None = None

    def __post_init__(self) -> None:
        """Refuse what no check could work with."""
        if not 0.0 < self.confidence < 1.0:
            raise ValueError(f"confidence is {self.confidence!r}; it must lie between 0 and 1, e.g. 0.95.")
        if self.by is not None and self.by not in self.rows.groups:
            known = ", ".join(self.rows.groups) or "none"
            raise ValueError(f"by is {self.by!r}, which is no protected attribute of these rows (declared: {known}).")
        if self.baseline is not None and self.baseline_note == NO_BASELINE:
            object.__setattr__(self, "baseline_note", "")
        if self.baseline is not None and len(self.baseline) != len(self.compared):
            raise ValueError(
                f"the baseline scored {len(self.baseline)} rows and the candidate {len(self.compared)}; "
                "a comparison needs the same rows in the same order."
            )

    @property
    def compared(self) -> ScoredRows:
        """The rows that candidate and baseline both scored, scored by the candidate."""
        return self.rows if self.paired is None else self.paired

    def generator(self, purpose: str) -> Generator:
        """Return a new generator for what several gates share: the same in each of them."""
        key = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "little")
        return default_rng([self.seed, key])

    def share(self, name: str, make: Callable[[], _T]) -> _T:
        """Return what `make` makes, once a run.

        Only for what depends on nothing but the run's tables and models: not on the gate's slice, level or limit.
        """
        return make() if self.shared is None else self.shared.get(name, make)

    @property
    def name(self) -> str:
        """The check's name within its suite, e.g. ``roc_auc``."""
        return self.check.partition(".")[2]
