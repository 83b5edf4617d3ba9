"""Hypothesis at work: blocks of rows are changed and judged until one breaks, then the change is shrunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelcheck.perturb.falsify.judged import Enough, Judge, Judged
from modelcheck.perturb.falsify.plans import Case
from modelcheck.perturb.falsify.schema import Schema
from modelcheck.perturb.falsify.strategies import cases

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BUDGET", "EXAMPLES", "EXHAUSTED", "FOUND", "Hunt", "hunt"]

FOUND = "a counterexample was found"
EXAMPLES = "all examples were tried"
EXHAUSTED = "every possible example was tried"
BUDGET = "the budget of rows was spent"


class _Broken(Exception):
    """A block holds a row that breaks the property: what Hypothesis shrinks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """What Hypothesis left.

    Attributes
    ----------
    case : Case or None
        The simplest case that breaks the property; None where none was found.
    judged : Judged or None
        How that case was judged.
    examples : int
        Different cases judged before one broke.
    stopped : str
        `FOUND`, `EXAMPLES`, `EXHAUSTED` or `BUDGET`.
    """

    case: Case | None
    judged: Judged | None
    examples: int
    stopped: str


class _Trial:
    """Judges each case once, and keeps the latest that broke: where Hypothesis ends, that is the simplest."""

    def __init__(self, blocks: Sequence[pd.DataFrame], schema: Schema, judge: Judge) -> None:
        self._blocks = blocks
        self._schema = schema
        self._judge = judge
        self._held: set[Case] = set()
        self._broke: dict[Case, Judged] = {}
        self.best: Case | None = None
        self.drawn = self.examples = 0
        self.error: BaseException | None = None

    def __call__(self, case: Case) -> bool:
        self.drawn += 1
        if case in self._held:
            return False
        if case not in self._broke:
            if self.best is None:
                self.examples += 1
            judged = self._judged(case)
            if not judged.broken.any():
                self._held.add(case)
                return False
            self._broke[case] = judged
        self.best = case
        return True

    @property
    def judged(self) -> Judged | None:
        """How the best case was judged."""
        return None if self.best is None else self._broke[self.best]

    def _judged(self, case: Case) -> Judged:
        try:
            before = case.before(self._blocks[case.block])
            after = case.plan.apply(before, self._schema)
            return self._judge(before, after, case.plan.columns, (case.block, case.shared))
        except BaseException as error:
            # No falsified property but the budget's end, or a mistake of ours or of the user: past Hypothesis with it,
            # which would shrink the mistake.
            self.error = error
            raise Enough from error


def hunt(
    blocks: Sequence[pd.DataFrame],
    schema: Schema,
    context: Schema | None,
    judge: Judge,
    *,
    seed: int,
    examples: int,
) -> Hunt:
    """Search for a case that breaks a property, and shrink it.

    Parameters
    ----------
    blocks : sequence of DataFrame
        Rows, in blocks that are judged in one call each.
    schema : Schema
        What the change that is judged draws from.
    context : Schema or None
        What the change that is the same before and after draws from.
    judge : callable
        See `modelcheck.perturb.falsify.judged.Judge`.
    seed : int
        Same seed, same search, whatever else the process did or imported.
    examples : int
        Most cases that are drawn, shrinking apart.

    Returns
    -------
    Hunt

    Raises
    ------
    Exception
        Whatever `judge` raises comes through as it is.
    """
    import hypothesis

    trial = _Trial(blocks, schema, judge)

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        backend="hypothesis",
        database=None,
        deadline=None,
        derandomize=False,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )
    @hypothesis.given(cases(schema, context, len(blocks)))
    def holds(case: Case) -> None:
        if trial(case):
            raise _Broken

    try:
        holds()
        stopped = EXAMPLES if trial.drawn >= examples else EXHAUSTED
    except _Broken:
        stopped = FOUND
    except Enough:
        if not isinstance(trial.error, Enough):
            raise (trial.error or RuntimeError("the search ended without a reason")) from None
        stopped = BUDGET
    return Hunt(case=trial.best, judged=trial.judged, examples=trial.examples, stopped=stopped)
