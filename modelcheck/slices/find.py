"""Find the slices on which a loss is high: the public search."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelcheck.slices.asked import Asked, read
from modelcheck.slices.cover import PATIENCE
from modelcheck.slices.evidence import judge
from modelcheck.slices.goals import goal_of, refuse_arguments
from modelcheck.slices.result import SearchResult
from modelcheck.slices.search import search
from modelcheck.slices.waiting import waiting

__all__ = ["find"]

# How many slices in a row may tell nothing new: each costs as many bits as there are rows.
_FEW_TRIED, _BITS_TRIED = 2_000, 10**9


def find(
    table: Any,
    loss: ArrayLike,
    *,
    among: ArrayLike | None = None,
    depth: int = 3,
    top: int = 10,
    least: int | None = None,
    most: int | None = None,
    objective: Literal["significance", "excess", "effect", "sliceline"] = "significance",
    alpha: float = 0.95,
    bins: int = 10,
    fine_bins: int = 20,
    ranges: bool = True,
    max_overlap: float = 0.5,
    tolerance: float = 0.1,
    inference: bool = True,
    confirm: float = 0.0,
    confidence: float = 0.95,
    permutations: int = 200,
    weight: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    seed: int = 0,
    progress: bool | None = None,
) -> SearchResult:
    """Find the slices of a table on which a loss is high, exactly, and say which are worse by more than chance.

    Every conjunction of up to `depth` conditions is looked at, one condition for a column: a category, a run of
    neighbouring bins of numbers, or missing.

    Parameters
    ----------
    table : DataFrame, mapping of str to array, ndarray of shape (n_rows, n_features), or sequence of Feature
        What conditions are made of. Numbers and dates are put into at most 20 bins at quantiles.
    loss : array-like of float, shape (n_rows,)
        At least 0 and finite: 0 and 1 for right and wrong, or any other loss.
    among : array-like of bool, shape (n_rows,), or None
        Rows that the loss is about, for rates: with ``loss = y_pred == 1`` and ``among = y_true == 0`` false positives.
        The size of a slice still counts all its rows. None: all rows.
    depth : int
        Largest number of conditions, at least 1.
    top : int
        How many slices are returned at most.
    least, most : int or None
        Rows that a slice must have, and may have; None: the larger of 50 and 2 %, and half of the rows.
    objective : {"significance", "excess", "effect", "sliceline"}
        What the best slices are best by: standard deviations above what chance brings, total loss beyond the average,
        mean loss above the rest, or SliceLine's score.
    alpha : float
        Weight of the loss in SliceLine's score, in (0, 1].
    bins, fine_bins : int
        Most bins of one column in slices of three and more conditions, and in those of one or two; 2 to 20. Where a
        column has more, neighbours are taken together so that bins weigh about the same.
    ranges : bool
        Whether neighbouring bins may be taken together; False: every bin is a condition of its own.
    max_overlap : float
        Largest Jaccard index of two slices that are returned, in [0, 1]; below 1 a slice also needs half of its
        excess outside those before it. 1 returns the plain top list, with all its near copies.
    tolerance : float
        A condition is dropped where that costs at most this share of the excess per row; in [0, 1). 0 with
        ``max_overlap=1``.
    inference : bool
        Whether slices are judged. Without it slices that can't be among the best are left out unseen, which is faster.
    confirm : float
        Share of rows (or clusters) held out: slices are found on the others and judged on these alone. 0: all rows do
        both, and p-values are adjusted for everything that was looked at.
    confidence : float
        Level of all intervals together; a slice is `proved` at ``(1 - confidence) / 2``.
    permutations : int
        Shuffles for losses that aren't 0 and 1; the smallest adjusted p-value is ``1 / (permutations + 1)``.
    weight, cluster : array-like or None
        Row weights, and what rows belong together; either is judged by linearised standard errors.
    seed : int
        Of the shuffles and of the rows held out.
    progress : bool or None
        Whether a bar is shown; None: on a terminal, after two seconds.

    Returns
    -------
    SearchResult
        Perhaps without slices; its notes then say why.

    Raises
    ------
    ValueError
        Losses that are negative, NaN or infinite, arguments out of range, or a search that would not end.

    Notes
    -----
    Judging: losses of 0 and 1 by exact hypergeometric tails, adjusted by Holm's procedure over all eligible slices,
    an equal part of the error for each number of conditions. Other losses by the largest score that shuffled losses
    reach (max-T). False alarms and power are measured in ``tests/quality/test_weak_slices.py``.

    References
    ----------
    Sagadeeva, S. and Boehm, M. (2021). SliceLine: fast, linear-algebra-based slice finding for ML model debugging.
    SIGMOD 2021, 2290-2299. Chung, Y., Kraska, T., Polyzotis, N., Tae, K. H. and Whang, S. E. (2019). Slice Finder:
    automated data slicing for model validation. ICDE 2019, 1550-1553. Pastor, E., de Alfaro, L. and Baralis, E.
    (2021). Looking for trouble: analyzing classifier behavior via pattern divergence. SIGMOD 2021, 1400-1412.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> city, age = rng.choice(["a", "b", "c"], 4000), rng.integers(18, 80, 4000)
    >>> wrong = rng.random(4000) < np.where((city == "b") & (age >= 60), 0.4, 0.1)
    >>> found = find({"city": city, "age": age}, wrong)
    >>> found.proved[0].condition.columns
    ('city', 'age')
    """
    refuse_arguments(
        depth, top, objective, alpha, bins, fine_bins, max_overlap, tolerance, confirm, confidence, permutations
    )
    asked = read(table, loss, among=among, weight=weight, cluster=cluster, least=least, most=most)
    if not asked.design.simple and objective != "significance":
        raise ValueError(f"objective is {objective!r}; weighted or clustered rows are searched by 'significance' only.")
    rng = np.random.default_rng(seed)
    held: Asked | None = None
    searched = asked
    if confirm and inference:
        out = _held_out(asked, confirm, rng)
        searched, held = asked.take(~out, 1.0 - confirm), asked.take(out, confirm)
        if not len(held.judged_rows()[0]):
            return _nothing(asked, confidence, "No row that the loss is about is held out to judge on.")
    values, goal = goal_of(searched, objective, alpha)
    if values is None or goal is None:
        return _nothing(asked, confidence, _why(searched))
    if searched.most < searched.least:
        return _nothing(asked, confidence, _no_size(searched))
    with waiting(progress) as report:
        found = search(
            searched.features,
            values,
            goal,
            least=searched.least,
            most=searched.most,
            depth=depth,
            top=top,
            bins=bins,
            fine_bins=fine_bins,
            ranges=ranges,
            max_overlap=max_overlap,
            tolerance=tolerance,
            patience=max(_FEW_TRIED, min(PATIENCE, _BITS_TRIED // max(len(searched), 1))),
            # Weighted deviations have both signs: no bound holds for their parts.
            standard=objective == "significance",
            exhaustive=inference or asked.design.weight is not None,
            progress=report,
        )
        if not found.axes:
            return _nothing(asked, confidence, _no_condition(searched))
        slices, method, findable = judge(
            found,
            searched,
            held,
            confidence=confidence,
            inference=inference,
            permutations=permutations,
            rng=rng,
            progress=report,
        )
    return SearchResult(
        slices=slices,
        rows=len(asked),
        eligible=found.eligible,
        least=searched.least,
        most=searched.most,
        confidence=confidence,
        method=method,
        findable=findable,
        notes=found.notes,
        features=asked.features,
    )


def _held_out(asked: Asked, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose rows, or whole clusters, to judge on."""
    if asked.design.cluster is None:
        return np.asarray(rng.permutation(len(asked)) < round(share * len(asked)))
    clusters = int(asked.design.cluster.max()) + 1
    chosen: NDArray[np.bool_] = (rng.permutation(clusters) < round(share * clusters))[asked.design.cluster]
    return chosen


def _nothing(asked: Asked, confidence: float, note: str) -> SearchResult:
    return SearchResult(
        slices=(),
        rows=len(asked),
        eligible=(),
        least=asked.least,
        most=asked.most,
        confidence=confidence,
        method="nothing was searched",
        notes=(note,),
        features=asked.features,
    )


def _why(asked: Asked) -> str:
    loss = asked.judged_rows()[0]
    if not len(loss):
        return "No row that the loss is about is left to search."
    level = float(loss[0])
    return f"The loss is {level:g} in each of {len(loss):,} rows: no slice can be worse than the rest."


def _no_size(asked: Asked) -> str:
    return (
        f"No slice of {len(asked):,} rows can have at least {asked.least:,} and at most {asked.most:,} rows; "
        "pass a smaller `least` or a larger `most`."
    )


def _no_condition(asked: Asked) -> str:
    return (
        f"No condition on any of {len(asked.features):,} features selects {asked.least:,} rows and leaves others: they "
        "are constant, or every level is too rare."
    )
