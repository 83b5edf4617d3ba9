"""Shapley values of any model by walks from background rows to the row: columns are switched one by one, both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.explain.attributions import PERMUTATION, Attributions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["asked_by_walks", "parts_of", "walk"]

_CALL_ROWS = 1 << 14
_ROUNDING = 1e-13  # of the answer: less than that is left over by sums in floating point


def parts_of(background: int, walks: int) -> int:
    """Return into how many parts a background is parted: each has two walks of every row; 1 where it can't be."""
    return next((k for k in (4, 2) if walks >= 2 * k and background // k >= -(-walks // k)), 1)


def asked_by_walks(n_columns: int, walks: int) -> int:
    """Return how many rows the model is asked about for one explained row, the row and its background aside."""
    return 2 * (n_columns - 1) * walks


def walk(
    ask: Callable[[Any], NDArray[np.float64]],
    rows: pd.DataFrame,
    background: pd.DataFrame,
    columns: tuple[str, ...],
    *,
    walks: int,
    rng: np.random.Generator,
    scale: str,
    why: str = "",
) -> Attributions:
    """Return Shapley values of some rows, by antithetic walks.

    Parameters
    ----------
    ask : callable
        From raw rows to answers, shape (n_rows,) or (n_rows, n_outputs); NaN where there is none.
    rows, background : DataFrame
        With `columns`, and any others that the model is given: those stay the explained row's.
    columns : tuple of str
        What the answer is shared out to.
    walks : int
        Walks a row, each from another row of the background, each there and back: at least 2.
    rng : numpy.random.Generator
        Draws orders of columns and background rows.
    scale : str
        Of the answers.
    why : str
        Why the model isn't looked into.

    Returns
    -------
    Attributions
        They add up to the answer exactly: what the few background rows of a row leave over from the mean of the whole
        background is shared out by how unsteady each column is (in the other rows, where all walks of a row are alike).
        Columns that are the same in both rows get 0 of a walk; those that never move an answer get 0.

    References
    ----------
    Castro, J., Gomez, D. and Tejada, J. (2009). Polynomial calculation of the Shapley value based on sampling.
    Computers and Operations Research 36, 1726-1730. Mitchell, R. et al. (2022). Sampling permutations for Shapley value
    estimation. JMLR 23, 1-46 (antithetic orders). Strumbelj, E. and Kononenko, I. (2014). Knowledge and Information
    Systems 41, 647-665 (the explained row against drawn background rows).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rows, far = pd.DataFrame({"a": [3.0], "b": [1.0]}), pd.DataFrame({"a": [1.0, 1.0], "b": [0.0, 2.0]})
    >>> found = walk(lambda frame: (2 * frame["a"] + frame["b"]).to_numpy(), rows, far, ("a", "b"), walks=2,
    ...              rng=np.random.default_rng(0), scale="value")
    >>> found.values[0, :, 0].tolist(), found.base.tolist()
    ([4.0, 0.0], [3.0])
    """
    import pandas as pd

    n, d, m = len(rows), len(columns), min(walks, len(background))
    start = _outputs(ask(background))
    output = _outputs(ask(rows))
    known = np.isfinite(start)
    count = known.sum(axis=0)
    base = np.divide(
        np.where(known, start, 0.0).sum(axis=0), count, out=np.full(start.shape[1], np.nan), where=count > 0
    )
    both = pd.concat([rows, background], ignore_index=True)
    k = parts_of(len(background), m)
    origin = np.stack([_origins(rng, len(background), m, k) for _ in range(n)]) if n else np.zeros((0, m), np.intp)
    order = rng.permuted(np.broadcast_to(np.arange(d), (n * m, d)), axis=1)
    rank = np.argsort(order, axis=1)
    reached = np.empty((n * m, 2, d + 1, output.shape[1]))
    reached[:, :, 0] = start[origin.ravel()][:, None]
    reached[:, :, d] = np.repeat(output, m, axis=0)[:, None]
    asked = len(background) + n
    steps = np.arange(1, d)
    at_once = max(_CALL_ROWS // max(2 * (d - 1), 1), 1)
    for first in range(0, n * m, at_once) if d > 1 else ():
        part = slice(first, min(first + at_once, n * m))
        # There: the first s columns of the order are the row's. Back: the last s.
        there = rank[part, None, :] < steps[None, :, None]
        back = rank[part, None, :] >= d - steps[None, :, None]
        taken = np.stack([there, back], axis=1).reshape(-1, d)
        row = np.repeat(np.arange(part.start, part.stop) // m, 2 * (d - 1))
        far = n + np.repeat(origin.ravel()[part], 2 * (d - 1))
        frame = rows.take(row).reset_index(drop=True)
        for place, name in enumerate(columns):
            frame[name] = both[name].array.take(np.where(taken[:, place], row, far))
        answers = _outputs(ask(frame))
        asked += len(frame)
        reached[part, :, 1:d] = answers.reshape(part.stop - part.start, 2, d - 1, -1)
    gained = np.diff(reached, axis=2)
    # Step s of the way there switches the s-th column of the order, on the way back the s-th from its end.
    forward = np.take_along_axis(gained[:, 0], rank[:, :, None], axis=1)
    backward = np.take_along_axis(gained[:, 1], (d - 1 - rank)[:, :, None], axis=1)
    each = (0.5 * (forward + backward)).reshape(n, m, d, output.shape[1])
    values = each.mean(axis=1)
    spread = each.var(axis=1, ddof=1) / m if m > 1 else np.ones_like(values)
    left = output - base - values.sum(axis=1)
    left[np.abs(left) <= _ROUNDING * np.maximum(np.abs(output), np.abs(base))] = 0.0
    weight = spread.sum(axis=1, keepdims=True)
    # A row whose walks were all alike: what moved any other row's answer may have moved its own.
    moved = np.where(np.isfinite(spread), spread, 0.0) + np.where(np.isfinite(values), values, 0.0) ** 2
    usual = moved.sum(axis=0)
    whole = usual.sum(axis=0)
    usual = np.divide(usual, whole, out=np.full_like(usual, 1.0 / d), where=whole > 0.0)
    part_of = np.divide(spread, weight, out=np.broadcast_to(usual, spread.shape).copy(), where=weight > 0.0)
    shared_out = part_of * left[:, None, :]
    return Attributions(
        columns=columns,
        values=values + shared_out,
        base=base,
        output=output,
        scale=scale,
        explainer=PERMUTATION,
        why=why,
        background=len(background),
        asked=asked,
        # What is shared out takes its part of each column's error with it.
        noise=np.sqrt(spread * (1.0 - part_of)) if m > 1 else None,
        walks=m,
        parts=None if k < 2 else np.stack([each[:, at::k].mean(axis=1) + shared_out for at in range(k)]),
    )


def _origins(rng: np.random.Generator, n: int, m: int, k: int) -> NDArray[np.intp]:
    """Draw m of n rows of the background without repetition; the j-th comes from its part j modulo k."""
    if k < 2:
        return rng.permutation(n)[:m]
    drawn = [at + k * rng.permutation((n - at + k - 1) // k)[: (m - at + k - 1) // k] for at in range(k)]
    found = np.empty(m, dtype=np.intp)
    for at, part in enumerate(drawn):
        found[at::k] = part
    return found


def _outputs(answers: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.asarray(answers, dtype=np.float64)
    return found[:, None] if found.ndim == 1 else found
