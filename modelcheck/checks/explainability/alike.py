"""The rows of the reference that are most like a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

from typing import TYPE_CHECKING, Any

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import (
    Decisions,
    Drawn,
    Scores,
)
from modelcheck.checks.explainability.single import brief, class_of
from modelcheck.checks.words import short
from modelcheck.record.evidence import Table
from modelcheck.record.plain import plain

if TYPE_CHECKING:
    import pandas as pd

    from modelcheck.scoring.asking import Asking

__all__ = ["ALIKE", "alike", "distances", "truth_of_support"]


def distances(row: pd.Series, support: pd.DataFrame, weights: dict[str, float]) -> NDArray[np.float64]:
    """Return Gower's distance of every row of the support from one row.

    Parameters
    ----------
    row : Series
        One row, by column.
    support : DataFrame
        The rows.
    weights : mapping of str to float
        What each column counts, not negative; columns without a weight don't count.

    Returns
    -------
    ndarray of float64, shape (n_support,)
        In [0, 1]: numbers by their distance over the range from 1 to 99 % of the support (at most 1), anything else 0
        where equal and 1 otherwise; a missing value is equal to another missing one alone.

    References
    ----------
    Gower, J. C. (1971). A general coefficient of similarity and some of its properties. Biometrics 27, 857-871.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"age": [20.0, 60.0], "sex": ["f", "f"]})
    >>> distances(table.iloc[0], table, {"age": 1.0, "sex": 1.0}).tolist()
    [0.0, 0.5]
    """
    total = np.zeros(len(support))
    whole = 0.0
    for name, weight in weights.items():
        if weight <= 0.0:
            continue
        whole += weight
        total += weight * _one(row[name], support[name])
    return total / whole if whole > 0.0 else total


def _one(own: object, values: pd.Series) -> NDArray[np.float64]:
    missing = values.isna().to_numpy()
    if own is None or own != own:
        return np.where(missing, 0.0, 1.0)
    if values.dtype.kind not in "iuf" or not isinstance(own, int | float | np.number) or not np.isfinite(own):
        return np.where(missing, 1.0, (values != own).to_numpy(dtype=bool, na_value=True).astype(np.float64))
    known = values.to_numpy(dtype=np.float64, na_value=np.nan)
    present = known[np.isfinite(known)]
    low, high = np.quantile(present, (0.01, 0.99)) if len(present) else (0.0, 0.0)
    gap = np.abs(known - float(own))
    apart = np.minimum(gap / (high - low), 1.0) if high > low else (gap > 0.0).astype(np.float64)
    return np.where(np.isfinite(known), apart, 1.0)


ALIKE = 3
_SHOWN_ALIKE = 3


def truth_of_support(context: Context, ready: Drawn) -> NDArray[Any] | None:
    """Return the truth of the support's rows; None where nobody knows it."""
    places = ready.support_positions.astype(np.intp)
    if ready.source == "dataset":
        return context.rows.target[places]
    reference = None if context.find_reference is None else context.find_reference()
    return None if reference is None else reference.target[places]


def alike(
    context: Context,
    ready: Drawn,
    name: str,
    row: pd.Series,
    weights: dict[str, float],
    truth: NDArray[Any] | None,
    asking: Asking,
    scores: Scores,
) -> Table:
    """Return the rows of the support that are most like a row, weighted by what moves the answers."""
    apart = distances(row, ready.support, weights)
    order = np.argsort(apart, kind="stable")
    if ready.source == "dataset":
        # The row itself may be one of them.
        order = np.array([at for at in order.tolist() if apart[at] > 0.0], dtype=np.intp)
    nearest = order[:ALIKE]
    shown = sorted(weights, key=lambda column: -weights[column])[:_SHOWN_ALIKE]
    some = ready.support.take(nearest)
    decided = Decisions(asking)(some.reset_index(drop=True)) if ready.scored.decision is not None else None
    lines = []
    for at, place in enumerate(nearest.tolist()):
        said = "" if decided is None or not np.isfinite(decided[at]) else class_of(context, int(decided[at]))
        real: Any = None
        if truth is not None:
            real = plain(truth[place]) if ready.scored.task == "regression" else class_of(context, int(truth[place]))
        lines.append(
            (
                int(ready.support_positions[place]),
                float(apart[place]),
                real,
                said,
                *(brief(some[column].iloc[at]) for column in shown),
            )
        )
    return Table(
        name=f"similar to {name}",
        columns=("row", "distance", "truth", "decided", *(short(column) for column in shown)),
        private=(*(short(column) for column in shown), *(["truth"] if ready.scored.task == "regression" else [])),
        rows=tuple(lines),
        note=(
            f"Of {len(ready.support):,} rows of the {ready.source}; Gower's distance, 0 to 1, columns weighted by "
            f"their "
            "share of attribution."
        ),
    )
