"""What a search is asked for, checked before anything is counted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelcheck.slices.axes import Feature
from modelcheck.slices.tables import features_of
from modelcheck.stats.design import Design

__all__ = ["OBJECTIVES", "Asked", "read"]

OBJECTIVES = ("significance", "excess", "effect", "sliceline")
FEWEST = 50
_SHARE = 0.02
_LARGEST_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """A checked question.

    Attributes
    ----------
    features : tuple of Feature
        What conditions are made of.
    loss : ndarray of float64, shape (n_rows,)
        Not negative; 0 in rows outside `among`.
    among : ndarray of bool or None
        Rows that the loss is about; None: all.
    design : Design
        Of all rows.
    least, most : int
        Rows that a slice must have, and may have.
    """

    features: tuple[Feature, ...]
    loss: NDArray[np.float64]
    among: NDArray[np.bool_] | None
    design: Design
    least: int
    most: int

    def __len__(self) -> int:
        return len(self.loss)

    def take(self, rows: NDArray[Any], share: float) -> Asked:
        """Return the same question about some of the rows, with limits of the size as a share of those."""
        return Asked(
            features=tuple(
                Feature(name=one.name, codes=one.codes[rows], size=one.size, order=one.order, levels=one.levels)
                for one in self.features
            ),
            loss=self.loss[rows],
            among=None if self.among is None else self.among[rows],
            design=self.design.take(rows),
            least=max(1, math.ceil(self.least * share)),
            most=math.floor(self.most * share),
        )

    def judged_rows(self) -> tuple[NDArray[np.float64], Design]:
        """Return the losses, and the design, of the rows that the loss is about."""
        return (self.loss, self.design) if self.among is None else (self.loss[self.among], self.design.take(self.among))


def read(
    table: Any,
    loss: ArrayLike,
    *,
    among: ArrayLike | None,
    weight: ArrayLike | None,
    cluster: ArrayLike | None,
    least: int | None,
    most: int | None,
) -> Asked:
    """Check a table and its losses.

    Raises
    ------
    ValueError
        What is wrong, with counts and values, and what is allowed.
    """
    losses = _numbers("loss", loss)
    rows = len(losses)
    if rows == 0:
        raise ValueError("there are no rows to search.")
    features = tuple(features_of(table))
    for feature in features:
        if len(feature.codes) != rows:
            raise ValueError(
                f"there are {rows:,} losses and {len(feature.codes):,} rows of features; one loss per row."
            )
    chosen = None if among is None else _mask(among, rows)
    if chosen is not None:
        losses = np.where(chosen, losses, 0.0)
    bad = ~np.isfinite(losses)
    if bad.any():
        first = int(bad.argmax())
        raise ValueError(
            f"{int(bad.sum()):,} of {rows:,} losses are NaN or infinite (the first in row {first:,}, counted from 0: "
            f"{losses[first]}). Each row needs a finite loss: leave such rows out, or give them one."
        )
    if losses.min() < 0.0:
        first = int((losses < 0.0).argmax())
        raise ValueError(
            f"{int((losses < 0.0).sum()):,} of {rows:,} losses are negative (the first in row {first:,}, counted from "
            f"0: {losses[first]}). A loss is at least 0. Of a signed residual r search the positive part, then the "
            "negative one: np.maximum(r, 0) and np.maximum(-r, 0)."
        )
    design = Design(
        weight=None if weight is None else _weights(weight, rows),
        cluster=None if cluster is None else _clusters(cluster, rows),
    )
    fewest = max(FEWEST, math.ceil(_SHARE * rows)) if least is None else least
    largest = math.floor(_LARGEST_SHARE * rows) if most is None else most
    if fewest < 1:
        raise ValueError(f"least is {least!r}; a slice needs at least 1 row.")
    return Asked(features=features, loss=losses, among=chosen, design=design, least=fewest, most=min(largest, rows - 1))


def _numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers, one for each row: {error}.") from error
    if found.ndim != 1:
        raise ValueError(f"{name} must have the shape (n_rows,), not {found.shape}.")
    return found


def _mask(among: ArrayLike, rows: int) -> NDArray[np.bool_]:
    found = np.asarray(among)
    if found.dtype != np.bool_ or found.shape != (rows,):
        raise ValueError(f"among must be {rows:,} booleans, not {found.dtype} of shape {found.shape}.")
    if not found.any():
        raise ValueError("among selects no row: there is no loss to look at.")
    return found


def _weights(weight: ArrayLike, rows: int) -> NDArray[np.float64]:
    found = _numbers("weight", weight)
    if len(found) != rows:
        raise ValueError(f"there are {rows:,} rows and {len(found):,} weights.")
    if not (np.isfinite(found).all() and found.min() > 0.0):
        raise ValueError(
            f"weights must be positive and finite; the smallest is {found.min()}, the largest {found.max()}."
        )
    return found


def _clusters(cluster: ArrayLike, rows: int) -> NDArray[Any]:
    import pandas as pd

    values = np.asarray(cluster)
    if values.shape != (rows,):
        raise ValueError(f"cluster must have one value for each of {rows:,} rows, not the shape {values.shape}.")
    codes = pd.factorize(values)[0]
    if codes.min() < 0:
        raise ValueError(f"the cluster is missing in {int((codes < 0).sum()):,} rows; every row belongs to a cluster.")
    return codes
