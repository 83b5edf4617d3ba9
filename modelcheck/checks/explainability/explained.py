"""The candidate's answers shared out to columns: once a run, for every gate of the suite."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import NO_BUDGET, Drawn, Scores, drawn, rows_for, support_scored
from modelcheck.checks.explainability.moving import PROBE, moving
from modelcheck.checks.explainability.near_copies import kept_columns, unwanted
from modelcheck.explain.attributions import PERMUTATION, Attributions
from modelcheck.explain.inside import Astray
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import Design
from modelcheck.stats.shares import linearised_share, share, widened_by

if TYPE_CHECKING:
    import pandas as pd

from modelcheck.checks.explainability.explainers import FEWEST, SECONDS, WALKS, explain_with, explainer_of

__all__ = ["MOST_LOST", "Explained", "explained", "explained_in_reference"]

_PILOT = 200
_PRECISE = 0.01  # half of the interval of the largest share
_FEWEST_WALKED = 20
_MOST_WALKED = 400
_ROUNDING = 1e-6  # of the spread of the answers
_MANY_COLUMNS = 40
MOST_LOST = 0.01
"""A larger part of the rows that can't be explained leaves open what the others say of all."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explained:
    """Attributions of drawn rows.

    Attributes
    ----------
    attributions : Attributions
        Of the first rows of the sample that could be explained.
    rows : ndarray of int, shape (n_explained,)
        Their places in the sample.
    lost : int
        Rows that could not be explained, because the model gave no answer on the way.
    still : tuple of str
        Columns that moved no answer of 32 rows when they held another value, so that they were left out of walks;
        never forbidden, protected or canary ones, or near-copies of those that must not drive answers.
    scored : ScoredRows
        The explained rows with truth and answers.
    predicted : int
        Rows that the model was asked about.
    """

    attributions: Attributions
    rows: NDArray[np.intp]
    lost: int
    still: tuple[str, ...]
    scored: ScoredRows
    predicted: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Raw columns."""
        return self.attributions.columns

    @property
    def lost_share(self) -> float:
        """Which part of the rows that were to be explained is lost: they may have other reasons."""
        return self.lost / max(self.lost + len(self.rows), 1)

    @property
    def doubt(self) -> str:
        """Why shares prove nothing: too many rows are lost. Empty where they may judge."""
        if self.lost_share <= MOST_LOST:
            return ""
        return (
            f"{self.lost:,} of {self.lost + len(self.rows):,} rows could not be explained, as the candidate gives no "
            "answer when some of their columns hold another row's entry: these may have other reasons"
        )

    @property
    def design(self) -> Design:
        """Sampling design of the explained rows."""
        return Design(weight=self.scored.weight, cluster=self.scored.cluster)

    def share_of(self, weights: NDArray[np.float64], confidence: float, metric: str = "attribution_share") -> Estimate:
        """Return the share of all attribution that belongs to some columns.

        Parameters
        ----------
        weights : ndarray of float64, shape (n_columns,)
            How much of each column counts, 0 to 1.
        confidence : float
            Level of the equal-tailed interval: over rows, and over who was drawn into the background.
        metric : str
            Name of the quantity.
        """
        size = self.attributions.fair_size
        found = share(size @ weights, size.sum(axis=1), metric=metric, confidence=confidence, design=self.design)
        return widened_by(found, self._chance_of_the_background(weights))

    def _chance_of_the_background(self, weights: NDArray[np.float64]) -> list[float]:
        """Return the share without each part of the background in turn."""
        each = [
            linearised_share(size @ weights, size.sum(axis=1), self.design)
            for size in self.attributions.sizes_without_a_part
        ]
        return [one.value for one in each if one is not None]

    def shares(self, confidence: float) -> list[Estimate]:
        """Return the share of each column."""
        return [self.share_of(one, confidence) for one in np.eye(len(self.columns))]


def explained(context: Context) -> Explained | str:
    """Return the run's attributions of the candidate.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Explained or str
        A sentence where nobody can be asked, or the budget is too small.

    Raises
    ------
    ModelError
        Not a single row could be explained.
    """
    ready = drawn(context)
    if isinstance(ready, str):
        return ready
    asking = context.asking
    assert asking is not None  # noqa: S101 - `drawn` answered otherwise
    return context.share(
        "explainability-attributions",
        lambda: _explain(
            context, asking, ready, ready.rows, ready.scored, rows_for(context, "attribution", explainers=1)
        ),
    )


def explained_in_reference(context: Context) -> Explained | str:
    """Return the same for rows of the reference; a sentence where none is declared."""
    ready = drawn(context)
    if isinstance(ready, str):
        return ready
    asking, scored = context.asking, support_scored(context, ready)
    if scored is None:
        return "no reference is declared."
    assert asking is not None  # noqa: S101 - `drawn` answered otherwise
    return context.share(
        "explainability-attributions-reference",
        lambda: _explain(context, asking, ready, ready.support, scored, rows_for(context, "reference", explainers=1)),
    )


def _explain(
    context: Context, asking: Asking, ready: Drawn, rows: pd.DataFrame, scored: ScoredRows, allowed: int
) -> Explained | str:
    scores = Scores(asking, ready.scored)
    explainer = explainer_of(context, asking, ready, scores)
    if explainer.name == PERMUTATION:
        return _walked(context, asking, ready, scores, rows, scored, allowed, explainer.why)
    most = len(rows)
    if explainer.seconds_a_row > 0.0:
        most = max(min(most, int(SECONDS / explainer.seconds_a_row)), min(FEWEST, most))
    n = wanted = min(_PILOT, most)
    try:
        found, kept = explain_with(explainer, rows.iloc[:n])
        wanted = min(max(_wanted(found, design_of(scored).take(kept)), n), most)
        if wanted > n:
            more, also = explain_with(explainer, rows.iloc[n:wanted])
            found = found.followed_by(more)
            kept = np.concatenate([kept, also + n])
    except Astray as error:
        return _walked(context, asking, ready, scores, rows, scored, allowed, f"in some rows {error}")
    off = _off(found)
    if off:
        why = f"what {explainer.name} adds up to is off in {off:,} of {len(found):,} rows"
        return _walked(context, asking, ready, scores, rows, scored, allowed, why)
    return Explained(
        attributions=found,
        rows=kept,
        lost=wanted - len(kept),
        still=(),
        scored=scored.take(kept),
        predicted=scores.asked,
    )


def _walked(
    context: Context,
    asking: Asking,
    ready: Drawn,
    scores: Scores,
    rows: pd.DataFrame,
    scored: ScoredRows,
    allowed: int,
    why: str,
) -> Explained | str:
    """Explain a model from its answers alone, as many rows as are affordable."""
    columns = ready.columns
    if set(unwanted(context)) & set(columns):
        allowed -= min(2 * PROBE, allowed // 10)  # left for the question whether these do anything at all
    if len(columns) > _MANY_COLUMNS:
        columns = moving(context, ready, scores, allowed // 2, kept_columns(context, ready))
    left = allowed - scores.asked
    walks = next((some for some in WALKS if _affordable(left, len(columns), some) >= FEWEST), WALKS[-1])
    explainer = explainer_of(context, asking, ready, scores, columns=columns, walks=walks, inside=False)
    n = min(len(rows), _affordable(left, len(columns), walks), _MOST_WALKED)
    if n < min(_FEWEST_WALKED, len(rows)):
        return f"{NO_BUDGET} {_FEWEST_WALKED} rows to explain would take {_FEWEST_WALKED * explainer.asks_a_row:,}."
    found, kept = explain_with(explainer, rows.iloc[:n])
    return Explained(
        attributions=replace(_widened(found, ready.columns), why=why),
        rows=kept,
        lost=n - len(kept),
        still=tuple(name for name in ready.columns if name not in set(columns)),
        scored=scored.take(kept),
        predicted=scores.asked,
    )


def _off(found: Attributions) -> int:
    """Return in how many rows base and attributions aren't the model's own answer, by more than rounding."""
    unit = max(float(np.ptp(found.output)), float(np.abs(found.output).max(initial=0.0)) * 1e-3)
    return int((found.error > _ROUNDING * unit).sum())


def _affordable(allowed: int, n_columns: int, walks: int) -> int:
    return max(allowed, 0) // max(2 * (n_columns - 1) * walks + 1, 1)


def _wanted(found: Attributions, design: Design) -> int:
    """Return how many rows make the interval of the largest share as narrow as it has to be."""
    size = found.size
    top = linearised_share(size[:, int(found.shares.argmax())], size.sum(axis=1), design)
    if top is None:
        return len(size)
    half = 1.96 * design.standard_error(top.influence)
    return math.ceil(len(size) * (half / _PRECISE) ** 2) if math.isfinite(half) else len(size)


def _widened(found: Attributions, columns: tuple[str, ...]) -> Attributions:
    """Return attributions to all columns: 0 for those that were left out."""
    if found.columns == columns:
        return found
    at = [columns.index(name) for name in found.columns]
    values = np.zeros((len(found), len(columns), found.values.shape[2]))
    values[:, at] = found.values
    noise = None
    if found.noise is not None:
        noise = np.zeros_like(values)
        noise[:, at] = found.noise
    parts = None
    if found.parts is not None:
        parts = np.zeros((len(found.parts), *values.shape))
        parts[:, :, at] = found.parts
    return replace(found, columns=columns, values=values, noise=noise, parts=parts)
