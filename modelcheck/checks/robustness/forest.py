"""A second yardstick under noise: a forest on the numbers themselves, which feels what a healthy model may feel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.performance.weakness.fitting_rows import drawn, unseen
from modelcheck.checks.robustness.sweep.asking import prepared
from modelcheck.perturb.profile import ColumnProfile, TableProfile
from modelcheck.scoring.rows import ScoredRows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Forest", "forest_of"]

_ROWS = 5_000
_TREES = 60
_FEWEST = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forest:
    """A random forest fitted on reference rows, to be asked about changed ones.

    Attributes
    ----------
    model : estimator
        Fitted on `_table` of the columns.
    columns : tuple of ColumnProfile
        What it is given.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    n_classes : int
        Of the run; 0 for values.
    words : str
        The forest in words.
    """

    model: Any
    columns: tuple[ColumnProfile, ...]
    task: str
    n_classes: int
    words: str

    def score(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return its answers to rows, as `ScoredRows.score`."""
        table = _table(rows, self.columns)
        if self.task == "regression":
            return np.asarray(self.model.predict(table), dtype=np.float64)
        shares = np.zeros((len(rows), self.n_classes))
        shares[:, self.model.classes_] = self.model.predict_proba(table)
        return shares[:, 1] if self.task == "binary" else shares


def forest_of(context: Context) -> Forest | None:
    """Fit a random forest on the reference: numbers as they are, categories as codes by frequency.

    A boosting on bins hardly feels noise within a bin; a forest of full-grown trees splits wherever the numbers say so,
    as many healthy models do. Who loses no more than it under noise has no defect. The evaluation rows are never
    looked at; reference rows of clusters that are evaluated are left out.

    Parameters
    ----------
    context : Context
        With a reference and `asking`.

    Returns
    -------
    Forest or None
        None with fewer than 100 rows, with one class, or without numbers and categories. Made once a run.

    References
    ----------
    Breiman, L. (2001). Random forests. Machine Learning 45, 5-32.
    """
    reference, asking = context.reference, context.asking
    ready = prepared(context)
    if reference is None or asking is None or isinstance(ready, str):
        return None

    def make() -> Forest | None:
        rows, positions = asking.support_rows(), asking.support_positions()
        return _fit(context, reference, rows, positions, ready.profile)

    return context.share("robustness-forest", make)


def _fit(
    context: Context, reference: ScoredRows, rows: pd.DataFrame, positions: NDArray[np.int64], profile: TableProfile
) -> Forest | None:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    columns = tuple(column for column in profile.columns.values() if column.numeric or len(column.levels) > 1)
    usable = np.intersect1d(unseen(reference, context.rows), positions)
    chosen = drawn(usable, reference.cluster, _ROWS, context.generator("robustness forest"))
    target = reference.target[chosen]
    if len(chosen) < _FEWEST or not columns or len(np.unique(target)) < 2:
        return None
    made = RandomForestRegressor if reference.task == "regression" else RandomForestClassifier
    model = made(n_estimators=_TREES, random_state=0, n_jobs=1)
    weight = None if reference.weight is None else reference.weight[chosen]
    table = _table(rows.iloc[np.searchsorted(positions, chosen)], columns)
    model.fit(table, target, weight)
    return Forest(
        model=model,
        columns=columns,
        task=reference.task,
        n_classes=len(reference.classes),
        words=f"a forest of {_TREES} trees fitted on {len(chosen):,} reference rows",
    )


def _table(rows: pd.DataFrame, columns: tuple[ColumnProfile, ...]) -> NDArray[np.float32]:
    """Return numbers as they are and levels as their places by frequency; -1 for missing and unknown ones."""
    table = np.full((len(rows), len(columns)), -1.0, dtype=np.float32)
    for place, column in enumerate(columns):
        values = rows[column.name]
        if column.numeric:
            numbers = np.clip(values.to_numpy(dtype=np.float64, na_value=np.nan), -1e38, 1e38)
            table[:, place] = np.where(np.isnan(numbers), column.low - column.spread, numbers)
        else:
            codes = {level: code for code, level in enumerate(column.levels)}
            table[:, place] = [codes.get(value, -1) for value in values.to_numpy(dtype=object)]
    return table
