"""Whether the same recipe, trained with other seeds, has the same reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from modelcheck.checks.explainability.agreement import mean_agreement, spearman
from modelcheck.checks.explainability.drawn import Scores
from modelcheck.checks.explainability.explainers import explain_with
from modelcheck.checks.words import number, short
from modelcheck.explain.attributions import Attributions
from modelcheck.explain.subject import Explainer
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import Design

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Line", "retrained_lines"]

Line = tuple[str, float | None, float | None, float | None, str]
_TOP = 5


def retrained_lines(
    models: Mapping[str, Asking],
    explainer_for: Callable[[Asking, Scores], Explainer],
    *,
    rows: pd.DataFrame,
    scored: ScoredRows,
    first: Attributions,
    design: Design,
    confidence: float,
) -> tuple[list[Line], int]:
    """Explain the same rows by models of other seeds, and compare the order of each row's columns.

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
        Of the interval of each mean agreement, in (0, 1).

    Returns
    -------
    lines : list of tuple
        One a model: its name, the mean of Spearman's correlation over rows in [-1, 1] with its interval, and how.
    asked : int
        Rows that the models were asked about.

    Raises
    ------
    ModelError
        A model answers none of the rows.
    """
    lines: list[Line] = []
    asked = 0
    for name, asking in models.items():
        scores = Scores(asking, scored)
        again, kept = explain_with(explainer_for(asking, scores), rows)
        asked += scores.asked
        before = first.take(kept).size
        agreement = spearman(before, again.size)
        mean = mean_agreement(agreement, confidence, design.take(kept))
        whole, other = before.sum(axis=0), again.size.sum(axis=0)
        top, now = (np.argsort(-size, kind="stable")[:_TOP] for size in (whole, other))
        over = float(spearman(whole[None], other[None])[0])
        told = (
            f"{len(kept):,} rows, by {again.explainer}; over all of them the order agrees to {number(over)}, and of "
            f"the first {len(top)} columns {int(np.isin(now, top).sum())} are the same"
        )
        mark = f"; sha256 {asking.sha256[:12]}" if asking.sha256 else ""
        lines.append((f"retrained: {short(name)}", mean.value, mean.low, mean.high, told + mark))
    return lines, asked
