"""The rows that are explained, those that stand for nothing known, and the model as explainers ask it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.answering import Answering
from modelcheck.checks.columns import design_of, lean
from modelcheck.checks.context import Context
from modelcheck.perturb.outcomes import ANSWERED
from modelcheck.record.evidence import Evidence
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import Design

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "NOBODY",
    "NO_BUDGET",
    "PARTS",
    "Decisions",
    "Drawn",
    "Scores",
    "drawn",
    "nothing",
    "rows_for",
    "scores_of",
    "support_scored",
]

NOBODY = "the candidate's predictions lie in the table, so nothing can be found out about its reasons."
NO_BUDGET = "the budget (--modelcheck-budget) leaves no rows for this."
MOST_ROWS = 2_000
_FEWEST_BACKGROUND = 50
_MOST_BACKGROUND = 1_000
_A_BACKGROUND = 200  # of the suite's budget's rows pay for one row of the background, which every explainer asks about
_SUPPORT = 2_000
_PILOT = 16

PARTS = {
    "attribution": 0.20,
    "reference": 0.08,
    "baseline": 0.08,
    "examples": 0.16,
    "shuffled": 0.15,
    "shuffled reference": 0.08,
    "dependence": 0.08,
    "direction": 0.04,
    "interactions": 0.05,
    "stability": 0.04,
    "faithfulness": 0.04,
}
"""How the suite's rows are shared out: at most these parts of its budget are asked about for each purpose."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """A sample of the dataset, and what it is compared with.

    Attributes
    ----------
    positions : ndarray of int, shape (n_drawn,)
        Places in the scored rows, in random order.
    everyone : int
        Rows that they were drawn from.
    rows : DataFrame
        The sample as the candidate is given it.
    scored : ScoredRows
        The same rows with truth and answers, without features.
    background : DataFrame
        50 to 1,000 rows, as the budget affords, that stand for "nothing known of this row".
    support : DataFrame
        Up to 2,000 rows in random order that show which values each column takes; what `source` holds.
    support_positions : ndarray of int, shape (n_support,)
        Where the rows of `support` stand in their table.
    source : str
        Whose rows `background` and `support` are: ``reference`` or ``dataset``.
    kinds : mapping of str to str
        Kind of each column that the candidate is given as a feature, in their order.
    """

    positions: NDArray[np.intp]
    everyone: int
    rows: pd.DataFrame
    scored: ScoredRows
    background: pd.DataFrame
    support: pd.DataFrame
    support_positions: NDArray[np.int64]
    source: str
    kinds: dict[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the features."""
        return tuple(self.kinds)

    def is_number(self, name: str) -> bool:
        """Return whether a column holds numbers that have an order; no booleans."""
        from pandas.api.types import is_bool_dtype, is_numeric_dtype

        return bool(is_numeric_dtype(self.support[name])) and not is_bool_dtype(self.support[name])

    @property
    def design(self) -> Design:
        """Sampling design of the drawn rows."""
        return design_of(self.scored)

    def described(self, n: int) -> str:
        """Say how many of how many rows were used."""
        return f"all {n:,} rows" if n == self.everyone else f"{n:,} of {self.everyone:,} rows, drawn at random"


class Scores:
    """A model as explainers ask it: from rows to scores, NaN where it gives no answer.

    Parameters
    ----------
    asking : Asking
        The model.
    rows : ScoredRows
        Scored by it: what kind of answers it gives.
    most_rows : int or None
        How many rows may be asked about.
    """

    def __init__(self, asking: Asking, rows: ScoredRows, *, most_rows: int | None = None) -> None:
        self._answering = Answering(asking, most_rows=most_rows)
        self._scored = rows.score is not None
        self._classes = len(rows.classes)

    @property
    def asked(self) -> int:
        """Rows that were asked about."""
        return self._answering.rows

    def __call__(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return scores, shape (n_rows,) or (n_rows, n_classes); of a model that only decides, 1 for its decision."""
        found = self._answering.one(rows)
        answered = found.state == ANSWERED
        if self._scored:
            if found.score is None:
                return np.full(len(rows), np.nan)
            scores = np.array(found.score, dtype=np.float64)
            scores[~answered] = np.nan
            return scores
        if found.decision is None:
            return np.full(len(rows), np.nan)
        return _decided(found.decision, answered, self._classes)


class Decisions:
    """The same for decisions: codes of classes as floats, NaN where there is none.

    Parameters
    ----------
    asking : Asking
        The model, of a classification task.
    """

    def __init__(self, asking: Asking) -> None:
        self._answering = Answering(asking)

    @property
    def asked(self) -> int:
        """Rows that were asked about."""
        return self._answering.rows

    def __call__(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return codes, shape (n_rows,)."""
        found = self._answering.one(rows)
        if found.decision is None:
            return np.full(len(rows), np.nan)
        return np.where(found.state == ANSWERED, found.decision.astype(np.float64), np.nan)


def scores_of(rows: ScoredRows) -> NDArray[np.float64]:
    """Return the scores of scored rows in the same form as `Scores`."""
    if rows.score is not None:
        return np.asarray(rows.score, dtype=np.float64)
    if rows.decision is None:
        raise ValueError("scored rows have scores or decisions.")
    return _decided(rows.decision, np.ones(len(rows), dtype=bool), len(rows.classes))


def drawn(context: Context) -> Drawn | str:
    """Return the sample; nothing is predicted.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Drawn or str
        A sentence where nobody can be asked.
    """
    asking = context.asking
    if asking is None:
        return NOBODY
    if context.budget <= 0:
        return NO_BUDGET
    return context.share("explainability-rows", lambda: _draw(context, asking))


def rows_for(context: Context, part: str, *, explainers: int = 0, background: int | None = None) -> int:
    """Return how many rows may be asked about for a purpose of `PARTS`.

    Parameters
    ----------
    context : Context
        With the suite's budget.
    part : str
        Key of `PARTS`.
    explainers : int
        How many explainers are made for it: each asks about its background, and proves itself on a few rows.
    background : int or None
        Rows of that; None: as many as of the run's.
    """
    asked = (_background(context) if background is None else background) + _PILOT
    return max(int(PARTS[part] * context.budget) - explainers * asked, 0)


def _background(context: Context) -> int:
    return min(max(context.budget // _A_BACKGROUND, _FEWEST_BACKGROUND), _MOST_BACKGROUND)


def support_scored(context: Context, ready: Drawn) -> ScoredRows | None:
    """Return the rows of `support` scored by the candidate; None where they aren't the reference's."""
    reference = None if context.find_reference is None or ready.source != "reference" else context.find_reference()
    return None if reference is None else lean(reference).take(ready.support_positions.astype(np.intp))


def nothing(reason: str) -> Evidence:
    """Return the evidence of a check that could not ask: it doesn't apply, or the budget leaves it open.

    Parameters
    ----------
    reason : str
        A sentence.
    """
    if reason.startswith(NO_BUDGET):
        return Evidence(searched=reason, reading=reason)
    return Evidence(not_applicable=reason)


def _draw(context: Context, asking: Asking) -> Drawn | str:
    kinds = asking.kinds
    if not kinds:
        return "the candidate is given no features, so there is nothing to explain its answers by."
    rng = context.generator("explainability sample")
    chosen = rng.permutation(len(context.rows))[:MOST_ROWS].astype(np.intp)
    ids = context.rows.row_id
    if context.wanted:
        asked = np.array(context.wanted, dtype=np.intp)
        first = asked if ids is None else np.flatnonzero(np.isin(ids, asked))
        chosen = np.concatenate([first, chosen[~np.isin(chosen, first)]])
    places = chosen if ids is None else ids[chosen].astype(np.intp)
    order = np.argsort(places)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    rows = asking.rows(places[order]).take(back).reset_index(drop=True)
    known = asking.support_rows()
    drawn_support = rng.permutation(len(known))[:_SUPPORT]
    given = known.iloc[drawn_support].reset_index(drop=True)
    background = given.take(rng.permutation(len(given))[: _background(context)]).reset_index(drop=True)
    return Drawn(
        positions=chosen,
        everyone=len(context.rows),
        rows=rows,
        scored=lean(context.rows).take(chosen),
        background=_completed(background, rows),
        support=_completed(given, rows),
        support_positions=asking.support_positions()[drawn_support],
        source=asking.support,
        kinds=kinds,
    )


def _completed(some: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Give rows of the support the columns that the model is given beside its features."""
    import pandas as pd

    extra = {
        name: rows[name].take(np.arange(len(some)) % len(rows)).reset_index(drop=True)
        for name in rows.columns
        if name not in some.columns
    }
    return pd.concat([some, pd.DataFrame(extra)], axis=1)[list(rows.columns)] if extra else some[list(rows.columns)]


def _decided(decision: NDArray[np.int16], answered: NDArray[np.bool_], classes: int) -> NDArray[np.float64]:
    codes = decision.astype(np.intp)
    if classes == 2:
        return np.where(answered, codes.astype(np.float64), np.nan)
    found = np.zeros((len(codes), classes))
    found[np.arange(len(codes)), np.clip(codes, 0, classes - 1)] = 1.0
    found[~answered] = np.nan
    return found
