"""What a model answered, checked before anything is measured: length, shape, range, known labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import AnswerRefused, ModelError

__all__ = ["check_intervals", "check_labels", "check_probabilities", "check_values"]

_EDGE = 1e-6
_SUM = 1e-3


def check_probabilities(
    raw: object, n_rows: int, n_classes: int, where: str = "The model", *, first_row: int = 0
) -> NDArray[np.float64]:
    """Return probabilities as an array of one column per class.

    Parameters
    ----------
    raw : array-like of shape (n_rows, n_classes) or, for two classes, (n_rows,)
        What the model gave; one column is the probability of the second class.
    n_rows, n_classes : int
        What is expected.
    where : str
        Subject of the error message, e.g. ``The candidate``.
    first_row : int
        Position of the first row in its table, for messages.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_classes)
        Values in [0, 1]; rows sum to one within 1e-3 and aren't rescaled.

    Raises
    ------
    ModelError
        Wrong length or shape, not numbers, not finite, outside [0, 1] by more than 1e-6, or rows that don't sum to one.

    Examples
    --------
    >>> check_probabilities([0.25, 1.0], 2, 2)
    array([[0.75, 0.25],
           [0.  , 1.  ]])
    """
    values = _numbers(raw, f"{where} gave probabilities that aren't numbers")
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if len(values) != n_rows if values.ndim else True:
        raise ModelError(
            f"{where} gave {_shape(values)} probabilities for {n_rows:,} rows. One row of them per row is needed."
        )
    single = values.ndim == 1 and n_classes == 2
    if not single and values.shape != (n_rows, n_classes):
        raise ModelError(
            f"{where} gave probabilities of shape {_shape(values)}. Allowed: ({n_rows}, {n_classes}), a column for "
            f"each of its {n_classes} classes"
            + (", or one value a row, the probability of the second class." if n_classes == 2 else ".")
        )
    _refuse(~np.isfinite(values), values, f"{where} gave probabilities that are NaN or infinite", first_row)
    outside = (values < -_EDGE) | (values > 1 + _EDGE)
    _refuse(outside, values, f"{where} gave probabilities outside 0 to 1", first_row)
    if single:
        positive = np.clip(values, 0.0, 1.0)
        return np.column_stack((1.0 - positive, positive))
    sums = values.sum(axis=1)
    _refuse(
        np.abs(sums - 1.0) > _SUM, sums, f"{where} gave probabilities that don't sum to one over the classes", first_row
    )
    if values.size and (values.min() < 0.0 or values.max() > 1.0):
        values = np.clip(values, 0.0, 1.0)
    return values


def check_labels(
    raw: object, n_rows: int, classes: Sequence[Any], where: str = "The model", *, first_row: int = 0
) -> NDArray[np.int16]:
    """Return predicted labels as codes.

    Parameters
    ----------
    raw : array-like of shape (n_rows,)
        What the model gave.
    n_rows : int
        What is expected.
    classes : sequence
        Known labels in code order; 1, 1.0 and True are the same label, ``"1"`` is another.
    where : str
        Subject of the error message.
    first_row : int
        Position of the first row in its table, for messages.

    Returns
    -------
    ndarray of int16, shape (n_rows,)
        Index of each label in `classes`.

    Raises
    ------
    ModelError
        Wrong length or shape, missing labels, or labels that aren't among the classes.

    Examples
    --------
    >>> check_labels(["yes", "no"], 2, ("no", "yes"))
    array([1, 0], dtype=int16)
    """
    import pandas as pd

    try:
        values = np.asarray(raw)
    except ValueError as error:
        raise ModelError(f"{where} gave labels of unequal shapes. One label per row is needed.") from error
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.shape != (n_rows,):
        raise ModelError(f"{where} gave {_shape(values)} labels for {n_rows:,} rows. One label per row is needed.")
    known = {_plain(label): code for code, label in enumerate(classes)}
    try:
        found, distinct = pd.factorize(values)
        table = np.array([known.get(_plain(label), -1) for label in distinct] + [-1], dtype=np.int16)
    except TypeError as error:
        raise ModelError(
            f"{where} gave labels that can't be compared ({error}). One plain label per row is needed."
        ) from error
    codes: NDArray[np.int16] = table[found]
    bad = codes < 0
    if bad.any():
        shown = ", ".join(_show(label) for label in list(classes)[:20]) + (" and more" if len(classes) > 20 else "")
        _refuse(bad, values, f"{where} gave labels that aren't among its {len(classes)} classes ({shown})", first_row)
    return codes


def check_values(raw: object, n_rows: int, where: str = "The model", *, first_row: int = 0) -> NDArray[np.float64]:
    """Return predicted values of a regression.

    Parameters
    ----------
    raw : array-like of shape (n_rows,)
        What the model gave.
    n_rows : int
        What is expected.
    where : str
        Subject of the error message.
    first_row : int
        Position of the first row in its table, for messages.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        Finite values.

    Raises
    ------
    ModelError
        Wrong length or shape, not numbers, NaN or infinite.

    Examples
    --------
    >>> check_values([1, 2.5], 2)
    array([1. , 2.5])
    """
    values = _numbers(raw, f"{where} gave values that aren't numbers")
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.shape != (n_rows,):
        raise ModelError(f"{where} gave {_shape(values)} values for {n_rows:,} rows. One value per row is needed.")
    _refuse(~np.isfinite(values), values, f"{where} gave values that are NaN or infinite", first_row)
    return values


def check_intervals(raw: object, n_rows: int, where: str = "The model", *, first_row: int = 0) -> NDArray[np.float64]:
    """Return prediction intervals of a regression.

    Parameters
    ----------
    raw : array-like of shape (n_rows, 2) or (n_rows, 2, 1)
        What the model gave: lower and upper end of each row.
    n_rows : int
        What is expected.
    where : str
        Subject of the error message.
    first_row : int
        Position of the first row in its table, for messages.

    Returns
    -------
    ndarray of float64, shape (n_rows, 2)
        Ends may be infinite; no lower end lies above its upper one.

    Raises
    ------
    ModelError
        Wrong shape, not numbers, NaN, or ends in the wrong order.

    Examples
    --------
    >>> check_intervals([[1, 2], [0, float("inf")]], 2).tolist()
    [[1.0, 2.0], [0.0, inf]]
    """
    values = _numbers(raw, f"{where} gave intervals that aren't numbers")
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.shape != (n_rows, 2):
        raise ModelError(
            f"{where} gave intervals of shape {values.shape} for {n_rows:,} rows. Allowed: ({n_rows}, 2), the lower and"
            " the upper end of each row, at one level."
        )
    _refuse(np.isnan(values), values, f"{where} gave intervals with NaN", first_row)
    _refuse(values[:, 0] > values[:, 1], values[:, 0], f"{where} gave intervals whose lower end is above", first_row)
    return values


def _numbers(raw: object, problem: str) -> NDArray[np.float64]:
    try:
        values = np.asarray(raw)
        if values.dtype.kind in "SUmM" or np.iscomplexobj(values):
            raise TypeError(f"they are of type {values.dtype}")
        return values.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise ModelError(f"{problem}: {error}. Finite numbers are needed.") from error


def _refuse(bad: NDArray[np.bool_], values: NDArray[Any], problem: str, first_row: int) -> None:
    if not bad.any():
        return
    rows: NDArray[np.bool_] = np.asarray(bad.any(axis=1)) if bad.ndim == 2 else bad
    first = int(np.argmax(rows))
    value = values[first]
    if bad.ndim == 2:
        value = value[int(np.argmax(bad[first]))]
    count = int(rows.sum())
    raise AnswerRefused(
        f"{problem}: {count:,} of {len(rows):,} rows, first row {first_row + first:,} with {_show(value)}.",
        rows.tolist(),
    )


def _plain(label: object) -> object:
    return label.item() if isinstance(label, np.generic) else label


def _show(value: object) -> str:
    text = repr(_plain(value))
    return text if len(text) <= 80 else f"{text[:77]}..."


def _shape(values: NDArray[Any]) -> str:
    return f"{len(values):,}" if values.ndim == 1 else str(values.shape)
