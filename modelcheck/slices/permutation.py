"""The largest score that chance alone brings: whole searches on shuffled losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.slices.axes import Axis
from modelcheck.slices.cells import Slices
from modelcheck.slices.channels import Channels
from modelcheck.slices.walk import Progress, walk_both

__all__ = ["Maxima", "largest_by_chance"]

_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Maxima:
    """The largest standardised excess of any eligible slice, for each shuffle of the losses.

    Attributes
    ----------
    values : tuple of float
        Sorted, the smallest first.
    """

    values: tuple[float, ...]

    def p_adjusted(self, score: float) -> float:
        """Return the share of shuffles, the data as they are included, whose largest score is at least this one.

        References
        ----------
        Westfall, P. H. and Young, S. S. (1993). Resampling-Based Multiple Testing. Wiley (the single-step max-T
        procedure). Phipson, B. and Smyth, G. K. (2010). Permutation p-values should never be zero. Statistical
        Applications in Genetics and Molecular Biology 9, article 39 (why one is added).

        Examples
        --------
        >>> Maxima(values=(1.0, 2.0, 3.0)).p_adjusted(2.5)
        0.5
        """
        beyond = len(self.values) - int(np.searchsorted(self.values, score * (1.0 - 1e-9), side="left"))
        return (1 + beyond) / (1 + len(self.values))

    def threshold(self, alpha: float) -> float:
        """Return the smallest score whose adjusted p-value is at most `alpha`; infinite with too few shuffles.

        Examples
        --------
        >>> Maxima(values=tuple(range(1, 40))).threshold(0.05), Maxima(values=(1.0,)).threshold(0.05)
        (38.0, inf)
        """
        allowed = int(np.floor(alpha * (1 + len(self.values)) + 1e-9)) - 1
        if allowed < 0:
            return float("inf")
        # Just above the value that one more shuffle must not reach.
        return float(self.values[len(self.values) - 1 - allowed]) if allowed < len(self.values) else 0.0


class _Largest:
    """Keeps the largest standardised sum of each channel."""

    def __init__(self, rows: int, most: int, sums: int) -> None:
        self._rows = rows
        self._most = most
        self.found = np.full(sums, -np.inf)

    def take(self, slices: Slices) -> None:
        n = slices.table[0]
        spread = np.sqrt(n * (1.0 - n / self._rows))
        allowed = (n <= self._most) & (spread > 0.0)
        if not allowed.any():
            return
        weight = np.divide(1.0, spread, out=np.zeros_like(spread), where=allowed)
        scores = slices.table[1:] * weight
        if not allowed.all():
            scores[:, ~allowed] = -np.inf
        np.maximum(self.found, scores.max(axis=1), out=self.found)

    def worth(self, table: NDArray[np.float64]) -> NDArray[np.bool_] | None:
        return None


def largest_by_chance(
    axes: Sequence[Axis],
    coarse: Sequence[Axis],
    loss: NDArray[np.float64],
    *,
    least: int,
    most: int,
    depth: int,
    permutations: int,
    rng: np.random.Generator,
    progress: Progress | None = None,
) -> Maxima:
    """Search shuffled losses for their largest standardised excess.

    Parameters
    ----------
    axes, coarse : sequence of Axis
        The columns of the search, for one and two conditions, and for more.
    loss : ndarray of float64, shape (n_rows,)
        With some spread.
    least, most, depth
        As in the search.
    permutations : int
        How many shuffles.
    rng : numpy.random.Generator
        Shuffles.
    progress : callable or None
        Called with what is done and what there is to do.

    Returns
    -------
    Maxima
    """
    rows = len(loss)
    centred = (loss - loss.mean()) / loss.std(ddof=1)
    found: list[float] = []
    for start in range(0, permutations, _AT_ONCE):
        some = min(_AT_ONCE, permutations - start)
        shuffled = np.stack([rng.permutation(centred) for _ in range(some)])
        largest = _Largest(rows, most, some)
        walk_both(axes, coarse, Channels(n_sums=some, values=shuffled), largest, rows=rows, least=least, depth=depth)
        found += largest.found.tolist()
        if progress is not None:
            progress(start + some, permutations)
    return Maxima(values=tuple(sorted(found)))
