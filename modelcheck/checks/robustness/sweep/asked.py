"""The answers to changed rows beside those to the rows as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.robustness.sweep.questions import Plan, Question
from modelcheck.perturb.outcomes import ANSWERED, Outcomes
from modelcheck.perturb.profile import TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Answered", "Prepared", "Sweep"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """The rows that are changed and what will be asked about them; nothing is predicted yet.

    Attributes
    ----------
    positions : ndarray of int, shape (n_sampled,)
        The sample: places in the scored rows, in random order.
    everyone : int
        Rows that it was drawn from.
    rows : DataFrame
        The sample as the candidate is given it.
    profile : TableProfile
        Of the reference.
    plan : Plan
        The questions.
    """

    positions: NDArray[np.intp]
    everyone: int
    rows: pd.DataFrame
    profile: TableProfile
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answered:
    """The answers to one question.

    Attributes
    ----------
    question : Question
        What was asked.
    rows : ndarray of int, shape (n_changed,)
        Places in the sample.
    after : Outcomes
        What became of the changed rows.
    baseline : Outcomes or None
        What the baseline says of the same changed rows, where it was asked.
    """

    question: Question
    rows: NDArray[np.intp]
    after: Outcomes
    baseline: Outcomes | None = None

    def among(self, places: NDArray[np.bool_]) -> Answered:
        """Return the answers about some of the changed rows, by a mask of shape (n_changed,)."""
        at = np.flatnonzero(places)
        return replace(
            self,
            rows=self.rows[at],
            after=self.after.take(at),
            baseline=None if self.baseline is None else self.baseline.take(at),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sweep:
    """Every answer of the run about changed rows.

    Attributes
    ----------
    positions : ndarray of int, shape (n_sampled,)
        The sample: places in the scored rows.
    everyone : int
        Rows that it was drawn from.
    before : Outcomes
        Answers to the sample as it is.
    again : Outcomes
        Answers to the sample as it is, asked a second time.
    baseline : Outcomes or None
        The baseline's answers to the sample.
    answered : tuple of Answered
        One for each question of the plan, in its order.
    predicted, calls : int
        Rows and calls that the candidate and the baseline were asked, the sample as it is included.
    """

    positions: NDArray[np.intp]
    everyone: int
    before: Outcomes
    again: Outcomes
    baseline: Outcomes | None
    answered: tuple[Answered, ...]
    predicted: int
    calls: int

    def about(self, *perturbations: str, severity: float | None = None) -> list[Answered]:
        """Return the answers about some perturbations of the catalogue."""
        return [
            one
            for one in self.answered
            if one.question.perturbation in perturbations and severity in (None, one.question.severity)
        ]

    def family(self, *families: str) -> list[Answered]:
        """Return the answers about some families of perturbations."""
        return [one for one in self.answered if one.question.how.family in families]

    def sound(self, one: Answered) -> Answered:
        """Return the part of an answer in which the row got a prediction before and after."""
        return one.among((self.before.state[one.rows] == ANSWERED) & one.after.answered)
