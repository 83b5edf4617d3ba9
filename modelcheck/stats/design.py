"""How the rows were sampled: one by one, with weights, in clusters, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["APPROXIMATE_CLUSTERS", "FEWEST_CLUSTERS", "NO_WIDTH", "Design", "student_quantile", "too_few"]

NO_WIDTH = "the rows show no spread, so the interval has no width"

FEWEST_CLUSTERS = 10
APPROXIMATE_CLUSTERS = 30
_BLOCK = 1 << 13  # so few that a dot product isn't spread over threads, which costs more than it saves


def student_quantile(probability: float, degrees: float) -> float:
    """Return the quantile of Student's t distribution.

    Parameters
    ----------
    probability : float
        In (0, 1).
    degrees : float
        Degrees of freedom, above 0; may be infinite.

    Returns
    -------
    float
        The quantile.

    Examples
    --------
    >>> round(student_quantile(0.975, 9), 4)
    2.2622
    """
    from scipy.special import ndtri, stdtrit

    if not degrees < 1e9:
        return float(ndtri(probability))
    return float(stdtrit(degrees, probability))


def too_few(units: int, noun: str, which: str = "") -> str:
    """Return the clause that says why so few units prove nothing; how many would is said elsewhere.

    Parameters
    ----------
    units : int
        How many there are.
    noun : str
        What they are, in the singular, e.g. ``positive row``.
    which : str
        Words after the noun, e.g. ``with positive rows``.

    Returns
    -------
    str
        It can follow "ROC AUC is 0.81, but".

    Examples
    --------
    >>> too_few(7, "cluster")
    '7 clusters are too few for a trustworthy interval'
    >>> too_few(1, "row")
    '1 row is too few for a trustworthy interval'
    """
    what, verb = (noun, "is") if units == 1 else (f"{noun}s", "are")
    return f"{units:,} {what} {which + ' ' if which else ''}{verb} too few for a trustworthy interval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Sampling design of a set of rows.

    Attributes
    ----------
    weight : ndarray of float64, shape (n_rows,), or None
        Positive, finite row weights. Variances use the with-replacement form, which needs no more than the
        weights.
    cluster : ndarray of int, shape (n_rows,), or None
        Cluster codes, not negative. Rows of one cluster may depend on each other; clusters may not. Codes
        without rows are not counted.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys.
    International Statistical Review 51, 279-292.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.array([1.0, 1.0, 3.0, 3.0])
    >>> round(Design().standard_error(values - values.mean()), 4)
    0.5774
    >>> Design(cluster=np.array([0, 0, 1, 1])).standard_error(values - values.mean())
    1.0
    """

    weight: NDArray[np.float64] | None = None
    cluster: NDArray[Any] | None = None

    @property
    def simple(self) -> bool:
        """Whether rows are independent and count the same."""
        return self.weight is None and self.cluster is None

    def take(self, rows: NDArray[Any] | None) -> Design:
        """Return the design of a subset of rows.

        Parameters
        ----------
        rows : ndarray or None
            Boolean mask of shape (n_rows,) or positions; None keeps all rows.

        Returns
        -------
        Design
            The same design for fewer rows.
        """
        if rows is None or self.simple:
            return self
        return Design(
            weight=None if self.weight is None else self.weight[rows],
            cluster=None if self.cluster is None else self.cluster[rows],
        )

    def total(self, values: NDArray[Any]) -> float:
        """Return the (weighted) sum of `values`, shape (n_rows,)."""
        if self.weight is None:
            return float(np.sum(values, dtype=np.float64))
        return float(np.dot(self.weight, values))

    def mean(self, values: NDArray[Any]) -> float:
        """Return the (weighted) mean of `values`, shape (n_rows,)."""
        if self.weight is None:
            return float(np.mean(values, dtype=np.float64))
        return float(np.dot(self.weight, values) / np.sum(self.weight))

    def units(self, n: int) -> int:
        """Return the number of independent units among `n` rows: rows, or clusters that have rows."""
        if self.cluster is None:
            return n
        return int(np.count_nonzero(np.bincount(self.cluster))) if len(self.cluster) else 0

    def sums(self, influence: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one weighted sum of `influence` per independent unit (row or cluster that has rows)."""
        part = influence if self.weight is None else influence * self.weight
        if self.cluster is None:
            return part
        size = np.bincount(self.cluster)
        sums = np.bincount(self.cluster, weights=part, minlength=len(size))
        return sums[size > 0].astype(np.float64, copy=False)

    def variance_of_mean(self, influence: NDArray[np.float64]) -> float:
        """Return the linearised variance of a (weighted) mean of influence values.

        Parameters
        ----------
        influence : ndarray of float64, shape (n_rows,)
            Influence of each row; their weighted mean is (near) 0.

        Returns
        -------
        float
            ``U / (U - 1)`` times the sum of squared deviations of the unit sums, over the squared total weight,
            where U is the number of units. Infinite with fewer than two units.
        """
        sums = self.sums(influence)
        units = len(sums)
        if units < 2:
            return float("inf")
        mean = sums.mean()
        square = 0.0
        # In blocks, so that the deviations never stand beside all the sums.
        for start in range(0, units, _BLOCK):
            centred = sums[start : start + _BLOCK] - mean
            square += float(np.dot(centred, centred))
        total = float(len(influence)) if self.weight is None else float(np.sum(self.weight))
        return square * units / (units - 1) / (total * total)

    def standard_error(self, influence: NDArray[np.float64]) -> float:
        """Return the square root of `variance_of_mean`."""
        return float(np.sqrt(self.variance_of_mean(influence)))

    def effective_units(self, n: int) -> float:
        """Return the number of units that count: squared total weight over the sum of squared unit weights.

        Parameters
        ----------
        n : int
            Number of rows.

        Returns
        -------
        float
            Kish's effective number; `n` for simple random rows.
        """
        if self.simple or n == 0:
            return float(n)
        sums = self.sums(np.ones(n))
        return float(np.sum(sums) ** 2 / np.dot(sums, sums))

    def describe(self, method: str, units: int) -> str:
        """Return `method` with the words that the design adds to it."""
        if self.weight is not None:
            method += ", weighted"
        if self.cluster is not None:
            method += ", by cluster"
            if units < APPROXIMATE_CLUSTERS:
                method += f" (approximate: {units} clusters)"
        return method

    def doubt(self, units: int) -> tuple[str, int | None]:
        """Return why the design can't judge and how many clusters it needs; ("", None) when it can."""
        if self.cluster is not None and units < FEWEST_CLUSTERS:
            return too_few(units, "cluster"), FEWEST_CLUSTERS
        return "", None
