"""What stays of a table after the pass: a few narrow columns per row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.data.levels import Levels

__all__ = ["FeatureCodes", "Groups", "ScoredRows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Membership of each row in the groups of one protected attribute (or intersection).

    Attributes
    ----------
    labels : tuple of str
        Group names, in a stable order; missing values are a group of their own, ``(missing)``.
    codes : ndarray of int32, shape (n_rows,)
        Index into `labels`.
    levels : Levels or None
        What the groups of one column mean as conditions; None for an intersection.
    level_codes : tuple of int
        For each label its code in `levels`.
    """

    labels: tuple[str, ...]
    codes: NDArray[np.int32]
    levels: Levels | None = None
    level_codes: tuple[int, ...] = ()

    def take(self, rows: NDArray[Any]) -> Groups:
        """Return the same groups for a subset of rows (mask or positions)."""
        return replace(self, codes=self.codes[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureCodes:
    """One small integer per feature and row.

    Attributes
    ----------
    values : ndarray of uint8, shape (n_features, n_rows)
        Quantile bin or category of each cell. Code 0 is "missing".
    levels : tuple of Levels
        Name of each feature, and what its codes mean: labels for people and conditions on this table.
    edges_from : str
        Where the bins came from: ``reference`` or ``dataset (first pass)``.
    """

    values: NDArray[np.uint8]
    levels: tuple[Levels, ...]
    edges_from: str

    @property
    def names(self) -> tuple[str, ...]:
        """Feature names."""
        return tuple(one.name for one in self.levels)

    @property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """Readable name of each code, per feature (``labels[j][0]`` is ``"missing"``)."""
        return tuple(one.labels for one in self.levels)

    @property
    def ordered(self) -> tuple[bool, ...]:
        """Whether codes 1, 2, ... are ordered (numeric bins) or names (categories), per feature."""
        return tuple(one.ordered for one in self.levels)

    def take(self, rows: NDArray[Any]) -> FeatureCodes:
        """Return the codes of a subset of rows (mask or positions)."""
        return replace(self, values=self.values[:, rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRows:
    """Compact per-row columns of one table scored by one model.

    Attributes
    ----------
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    classes : tuple
        Labels in code order; for a binary task ``(negative, positive)``; empty for regression.
    target : ndarray, shape (n_rows,)
        int16 class codes, or float64 values for regression.
    score : ndarray or None
        Binary: probability (or monotone score) of the positive class, shape (n_rows,). Multiclass: shape
        (n_rows, n_classes). Regression: predicted value. None when a classifier gives labels only.
    decision : ndarray or None
        int16 class codes of the decisions; None for regression.
    interval : ndarray of float64, shape (n_rows, 2), or None
        Lower and upper end of a regression's prediction interval, where the model offers them.
    probabilistic : bool
        Whether `score` is a probability in [0, 1] (log loss, Brier and calibration need it).
    weight : ndarray of float64 or None
        Row weights (positive, finite).
    cluster : ndarray of int32 or None
        Cluster codes, not negative, the same in every table of a run: the dataset has 0 .. number of clusters - 1 by
        first appearance; in a reference a cluster that the dataset knows has the dataset's code, others have the codes
        that follow. So some codes of a reference (as of any subset) have no rows.
    row_id : ndarray of int or None
        Position of each row in its table, for subsets; None while rows are those of the table, in order.
    groups : mapping of str to Groups
        One entry per declared protected attribute, e.g. ``sex`` or ``sex*race``.
    protected : mapping of str to Groups
        One entry per column that is a protected attribute or part of one: what intersections are made of.
    strata : Groups or None
        The combinations of the declared control columns; None without any.
    slices : mapping of str to ndarray of bool
        One mask per declared slice.
    features : FeatureCodes or None
        Feature codes; None when the table has no features (``score`` column only).
    """

    task: str
    classes: tuple[Any, ...] = ()
    target: NDArray[Any]
    score: NDArray[np.float64] | None = None
    decision: NDArray[np.int16] | None = None
    interval: NDArray[np.float64] | None = None
    probabilistic: bool = True
    weight: NDArray[np.float64] | None = None
    cluster: NDArray[np.int32] | None = None
    row_id: NDArray[np.int64] | None = None
    groups: Mapping[str, Groups] = field(default_factory=dict)
    protected: Mapping[str, Groups] = field(default_factory=dict)
    strata: Groups | None = None
    slices: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    features: FeatureCodes | None = None

    def __len__(self) -> int:
        return len(self.target)

    def take(self, rows: NDArray[Any]) -> ScoredRows:
        """Return a subset of the rows.

        Parameters
        ----------
        rows : ndarray
            Boolean mask of shape (n_rows,) or integer positions.

        Returns
        -------
        ScoredRows
            Same columns, fewer rows.
        """
        changes: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                changes[item.name] = value[rows]
            elif isinstance(value, FeatureCodes | Groups):
                changes[item.name] = value.take(rows)
        if self.row_id is None:
            changes["row_id"] = np.arange(len(self))[rows]
        for name in ("groups", "protected"):
            changes[name] = {label: one.take(rows) for label, one in getattr(self, name).items()}
        changes["slices"] = {name: mask[rows] for name, mask in self.slices.items()}
        return replace(self, **changes)
