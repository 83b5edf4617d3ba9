"""Which changed rows are asked about: planned, counted and cut to the budget before anything is predicted."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from numpy.random import Generator, default_rng

from modelcheck.perturb.catalogue import CATALOGUE
from modelcheck.perturb.perturbation import SEEN, WITHIN, Cells, Perturbation, perturb
from modelcheck.perturb.profile import TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CURVE", "DESCRIBED", "JUDGED", "MARGIN", "Plan", "Question", "plan_questions", "rows_for"]

MARGIN = 0.03
CURVE = 5  # degrees of noise in all columns at once, which the baseline is asked about too
_DESCRIBED_WIDTH = 0.05
_JUDGED_LEVEL = 0.9995  # of the blocking gate, shared by a dozen columns
_CHANGED = 0.08  # share of answers whose loss changes by 1 where a gate is to decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One way of changing one place, and how often it is asked about.

    Attributes
    ----------
    perturbation : str
        Name in the catalogue.
    columns : tuple of str
        What is changed.
    severity : float
        How much, in the perturbation's unit.
    rows : int
        Rows whose cells really change, all of which are asked about.
    of : int
        Rows that it was tried on.
    plausible : bool
        Whether the changed rows stay inside the reference's support.
    """

    perturbation: str
    columns: tuple[str, ...]
    severity: float
    rows: int
    of: int
    plausible: bool

    @property
    def how(self) -> Perturbation:
        """The entry of the catalogue."""
        return _BY_NAME[self.perturbation]

    @property
    def degree(self) -> str:
        """The severity in words; empty where there are no degrees."""
        how = self.how
        return f"{self.severity:g} {how.unit}" if how.unit else ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What will be asked.

    Attributes
    ----------
    questions : tuple of Question
        In the order of asking.
    cells : tuple of Cells
        What is changed, for each question.
    left_out : tuple of Question
        What the budget cut off, the least needed first.
    unchanged : int
        Questions that change no cell of these rows, and so are none.
    budget : int
        Rows that were allowed.
    """

    questions: tuple[Question, ...]
    cells: tuple[Cells, ...]
    left_out: tuple[Question, ...]
    unchanged: int
    budget: int

    @property
    def rows(self) -> int:
        """How many changed rows will be predicted."""
        return sum(question.rows for question in self.questions)


def rows_for(half_width: float, deviation: float, confidence: float) -> int:
    """Return how many rows make an interval of a mean so narrow.

    Parameters
    ----------
    half_width : float
        Of the interval, above 0.
    deviation : float
        Standard deviation of what is averaged.
    confidence : float
        Of the interval, in (0, 1).

    Examples
    --------
    >>> rows_for(0.05, 0.5, 0.95)
    385
    """
    from scipy.special import ndtri

    return math.ceil((float(ndtri(0.5 + confidence / 2.0)) * deviation / half_width) ** 2)


DESCRIBED = rows_for(_DESCRIBED_WIDTH, 0.5, 0.95)
JUDGED = rows_for(MARGIN, math.sqrt(_CHANGED), _JUDGED_LEVEL)

# What gates judge by a mean loss, and at which degree: asked first, of more rows.
_JUDGED: dict[str, tuple[float, ...] | None] = {
    "gaussian_noise": (0.1,),
    "missing_column": None,
    "unseen_category": None,
    "donor_value": None,
}
# What gates judge too, by effects so large that fewer rows show them.
_WARNED = frozenset({"trailing_space", "leading_space", "upper_case", "lower_case", "title_case", "to_high", "to_low"})
_WARNED_FAMILIES = frozenset({"units"})
# Left out first when the budget is small, in this order from the end.
_ORDER = (
    "noise", "donor", "edges", "missing", "categories", "spelling", "units", "types", "rounding", "range", "sentinel",
    "dates", "text", "swaps",
)  # fmt: skip


def plan_questions(
    rows: pd.DataFrame, profile: TableProfile, *, budget: int, stream: Callable[[str], Generator] | None = None
) -> Plan:
    """Plan every question of the catalogue about these rows.

    Questions that gates judge come first, with as many rows as bring the interval of a mean loss to within the margin
    of .03 where 8 % of the answers change (at 99.95 %); the others are asked about 385 rows, which gives a share of
    changed decisions to within .05 at 95 %. Then the budget cuts from the end.

    Parameters
    ----------
    rows : DataFrame
        The sample, in random order: a question takes its first rows.
    profile : TableProfile
        Of the reference.
    budget : int
        Rows that may be predicted.
    stream : callable or None
        From a question's name to its generator; None: generators that depend on the name alone.

    Returns
    -------
    Plan
        The same for the same arguments. What a question changes doesn't depend on the others.
    """
    stream = _own_generator if stream is None else stream
    kept: list[Question] = []
    cells: list[Cells] = []
    left_out: list[Question] = []
    unchanged, spent = 0, 0
    for how, columns, severity, wanted in sorted(_candidates(profile), key=_priority):
        part = rows.iloc[: min(wanted, len(rows))]
        made = perturb(how, part, columns, profile, severity, stream(f"{how.name} {severity!r} {columns!r}"))
        if not len(made.rows):
            unchanged += 1
            continue
        question = Question(
            perturbation=how.name,
            columns=columns,
            severity=severity,
            rows=len(made.rows),
            of=len(part),
            plausible=_plausible(how, columns, profile),
        )
        if spent + question.rows > budget:
            left_out.append(question)
            continue
        spent += question.rows
        kept.append(question)
        cells.append(made)
    return Plan(
        questions=tuple(kept), cells=tuple(cells), left_out=tuple(left_out[::-1]), unchanged=unchanged, budget=budget
    )


def _candidates(profile: TableProfile) -> Iterator[tuple[Perturbation, tuple[str, ...], float, int]]:
    for how in CATALOGUE:
        judged = _JUDGED.get(how.name, ())
        for columns in how.places(profile):
            for severity in how.severities:
                needed = judged is None or severity in judged or _on_curve(how, columns)
                yield how, columns, severity, JUDGED if needed else DESCRIBED


def _on_curve(how: Perturbation, columns: tuple[str, ...]) -> bool:
    """Whether a question is about noise in all columns at once, whose degrees make one curve."""
    return len(columns) > 1 and how.name == "gaussian_noise"


def _priority(candidate: tuple[Perturbation, tuple[str, ...], float, int]) -> tuple[int, int, int]:
    how, columns, severity, wanted = candidate
    order = _ORDER.index(how.family) if how.family in _ORDER else len(_ORDER)
    if _on_curve(how, columns):
        return (0, 0, 0)
    warned = how.name in _WARNED or how.family in _WARNED_FAMILIES
    return (1 if wanted == JUDGED else 2 if warned else 3, how.severities.index(severity), order)


def _plausible(how: Perturbation, columns: tuple[str, ...], profile: TableProfile) -> bool:
    if how.support == SEEN:
        return all(profile.columns[name].missing_share > 0.0 for name in columns)
    return how.support == WITHIN


def _own_generator(name: str) -> Generator:
    return default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little"))


_BY_NAME = {how.name: how for how in CATALOGUE}
