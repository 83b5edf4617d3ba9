"""What an accepted model answered, row by row."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import BaselineError

__all__ = ["Outputs", "check_columns", "outputs_digest"]

_ROWS_AT_ONCE = 262_144
# As models' answers are checked, with room for what was clipped to 0 and 1 there.
_SUM, _CLIPPED = 1e-3, 2e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Answers and truth of each row.

    Attributes
    ----------
    keys : ndarray of uint64, shape (n_rows, 2)
        Row keys, no two alike (`modelcheck.data.row_keys`).
    content : ndarray of uint64, shape (n_rows, 2), or None
        Hash of each row's content where a key column names rows.
    target : ndarray, shape (n_rows,)
        int16 class codes, or float64 values for a regression.
    score : ndarray of float64 or None
        Shape (n_rows,), for a multiclass task (n_rows, n_classes); None where the model gives labels only.
    decision : ndarray of int16, shape (n_rows,), or None
        Class codes; None for a regression.
    """

    keys: NDArray[np.uint64]
    content: NDArray[np.uint64] | None = None
    target: NDArray[Any]
    score: NDArray[np.float64] | None = None
    decision: NDArray[np.int16] | None = None

    def __len__(self) -> int:
        return len(self.target)


def check_columns(columns: dict[str, NDArray[Any]], n_classes: int) -> None:
    """Refuse values that no model and no table can have given.

    Parameters
    ----------
    columns : dict of str to ndarray
        One-dimensional columns by their names in the file: ``target``, ``decision``, ``score``, ``score_0``, ...
    n_classes : int
        0 for a regression.

    Raises
    ------
    BaselineError
        A number that isn't finite, a class code out of range, a probability outside 0 to 1, or probabilities of several
        classes that don't sum to one within 1e-3.
    """
    for name, values in columns.items():
        if values.dtype.kind == "f":
            if not np.isfinite(values).all():
                raise BaselineError(f"column {name} holds values that are NaN or infinite")
        elif values.dtype.kind == "i" and len(values) and (values.min() < 0 or values.max() >= n_classes):
            raise BaselineError(
                f"column {name} holds codes from {values.min()} to {values.max()} for {n_classes} classes"
            )
    if n_classes:
        _check_probabilities({name: values for name, values in columns.items() if name.startswith("score")})


def _check_probabilities(columns: dict[str, NDArray[np.float64]]) -> None:
    total: Any = 0.0
    for name, values in columns.items():
        if len(values) and (values.min() < 0.0 or values.max() > 1.0):
            raise BaselineError(
                f"column {name} holds values from {values.min():g} to {values.max():g}, which are no probabilities"
            )
        total = values if len(columns) == 1 else total + values
    if len(columns) > 1 and len(total) and np.abs(total - 1.0).max() > _SUM + _CLIPPED * len(columns):
        raise BaselineError("probabilities of the classes don't sum to one in some rows")


def outputs_digest(score: NDArray[Any] | None, decision: NDArray[Any] | None) -> str:
    """Return a hash of a model's answers to one dataset; candidates that share it can't be told apart there.

    Parameters
    ----------
    score, decision : ndarray or None
        As in `Outputs`, in the dataset's order.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> import numpy as np
    >>> outputs_digest(np.array([0.5]), None) == outputs_digest(np.array([0.25]), None)
    False
    """
    digest = hashlib.sha256(b"modelcheck/outputs/1\n")
    for name, values, kind in (("score", score, "<f8"), ("decision", decision, "<i2")):
        digest.update(f"{name} {None if values is None else values.shape}\n".encode())
        if values is not None:
            for start in range(0, len(values), _ROWS_AT_ONCE):
                digest.update(np.ascontiguousarray(values[start : start + _ROWS_AT_ONCE], dtype=kind).data)
    return digest.hexdigest()
