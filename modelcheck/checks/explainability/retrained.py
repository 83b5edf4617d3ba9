"""Whether the same recipe, trained with other seeds, has the same reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelcheck.checks.explainability.agreement import mean_agreement, same_way, spearman
from modelcheck.checks.explainability.drawn import Scores
from modelcheck.checks.explainability.explainers import explain_with
from modelcheck.checks.words import number, short
from modelcheck.errors import ModelError, RetrainedError
from modelcheck.explain.attributions import Attributions
from modelcheck.explain.subject import Explainer
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import Design

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Again", "explain_again", "reading_of"]

_TOP = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """How one other model's reasons for the same rows agree with the candidate's.

    Attributes
    ----------
    name : str
        As it is declared.
    order : Estimate
        Spearman's correlation of the sizes of each row's attributions, in [-1, 1]; mean over rows.
    direction : Estimate
        Share of each row's attribution that the other model moves the same way, in [0, 1]; mean over rows.
    how : str
        Rows, explainer, and how the order over all rows agrees.
    asked : int
        Rows that it was asked about.
    """

    name: str
    order: Estimate
    direction: Estimate
    how: str
    asked: int


def explain_again(
    models: Mapping[str, Asking],
    explainer_for: Callable[[Asking, Scores], Explainer],
    *,
    rows: pd.DataFrame,
    scored: ScoredRows,
    first: Attributions,
    design: Design,
    confidence: float,
) -> tuple[Again, ...]:
    """Explain the same rows by models of other seeds, and compare each row's columns.

    Parameters
    ----------
    models : mapping of str to Asking
        The same recipe trained with other seeds, by name.
    explainer_for : callable
        Chooses how one of them is explained.
    rows : DataFrame, shape (n_rows, n_columns)
        What was explained for the candidate.
    scored : ScoredRows
        What kind of answers the candidate gives.
    first : Attributions
        The candidate's, of `rows`.
    design : Design
        Weights and clusters of `rows`.
    confidence : float
        Of the interval of each mean, in (0, 1).

    Returns
    -------
    tuple of Again
        One a model.

    Raises
    ------
    RetrainedError
        A model answers none of the rows.

    References
    ----------
    Krishna, S. et al. (2022). The disagreement problem in explainable machine learning (arXiv:2202.01602): rank and
    sign agreement.
    """
    found = []
    for name, asking in models.items():
        scores = Scores(asking, scored)
        try:
            again, kept = explain_with(explainer_for(asking, scores), rows)
        except ModelError as error:
            raise RetrainedError(f"[candidate] retrained names {name!r}, which can't be explained: {error}") from error
        own, part = first.take(kept), design.take(kept)
        whole, other = own.size.sum(axis=0), again.size.sum(axis=0)
        top, now = (np.argsort(-size, kind="stable")[:_TOP] for size in (whole, other))
        mark = f"; sha256 {asking.sha256[:12]}" if asking.sha256 else ""
        found.append(
            Again(
                name=short(name),
                order=mean_agreement(spearman(own.size, again.size), confidence, part),
                direction=mean_agreement(
                    same_way(own.values, again.values), confidence, part, metric="sign_agreement", lowest=0.0
                ),
                how=f"{len(kept):,} rows, by {again.explainer}; over all of them the order agrees to "
                f"{number(float(spearman(whole[None], other[None])[0]))}, and of the first {len(top)} columns "
                f"{int(np.isin(now, top).sum())} are the same{mark}",
                asked=scores.asked,
            )
        )
    return tuple(found)


def reading_of(others: Sequence[Again]) -> str:
    """Return what a reader should know of models of other seeds: the least agreement; empty without any."""
    if not others:
        return ""
    order, direction = (
        min(others, key=lambda one: 1.0 if one.order.value is None else one.order.value),
        min(others, key=lambda one: 1.0 if one.direction.value is None else one.direction.value),
    )
    several = len(others) > 1
    least, also = (f" at least (the least by {one.name})" if several else "" for one in (order, direction))
    return (
        f" Trained with other seeds, a row's columns keep their order to {_value(order.order)}{least}, and "
        f"{_value(direction.direction, 100.0)} %{also} of what moves an answer moves it the same way."
    )


def _value(one: Estimate, scale: float = 1.0) -> str:
    return "an unknown degree" if one.value is None else number(scale * one.value)
