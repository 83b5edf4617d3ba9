"""A neural network as an estimator: rows in batches of numbers, and what its outputs mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.adapters.request import LoadRequest

__all__ = ["BATCH", "Meaning", "Network", "meaning_of", "network", "numbers"]

BATCH = 4096
_EDGE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What the outputs of a network are.

    Attributes
    ----------
    output : str
        ``probability``, ``logit``, ``label`` (a class's position in `classes`) or ``value``.
    classes : tuple
        Labels in the order of the outputs; empty for a regression.
    """

    output: str
    classes: tuple[Any, ...] = ()


def meaning_of(request: LoadRequest) -> Meaning:
    """Return what the configuration says about a network's outputs, which the file doesn't tell.

    Raises
    ------
    ModelError
        `output` or `classes` is missing, or contradicts the task.
    """
    table, task, source = request.table, request.task, request.source
    output = table.output or ("value" if task == "regression" else "probability" if table.classes else None)
    if output is None:
        raise ModelError(
            f"The network in {source} doesn't say what it gives. Declare it beside the model: output = "
            '"probability", "logit", "label" or "value", and for a classifier its classes in the order of the outputs: '
            "classes = [0, 1]."
        )
    if task is not None and (output == "value") != (task == "regression"):
        raise ModelError(
            f'The network in {source} gives a {output} (output = "{output}"), but the declared task is {task!r}.'
        )
    if output == "value":
        return Meaning(output=output)
    if len(table.classes) < 2:
        raise ModelError(
            f"The network in {source} doesn't say which classes its outputs stand for. Name them in the order of the "
            "outputs, for a single one the class that it is the probability of last: classes = [0, 1]."
        )
    return Meaning(output=output, classes=table.classes)


def network(forward: Callable[[Any], NDArray[Any]], meaning: Meaning, source: str) -> Network:
    """Return a network as an estimator with what its outputs allow.

    Parameters
    ----------
    forward : callable
        From at most `BATCH` rows (a DataFrame, or what `prepare` made of one) to outputs of shape (n_rows,) or
        (n_rows, n_outputs).
    meaning : Meaning
        What they are.
    source : str
        The file, for messages.

    Returns
    -------
    Network
        It has `predict_proba` only where it gives probabilities.

    Examples
    --------
    >>> two = network(lambda X: np.asarray(X), Meaning(output="logit", classes=("no", "yes")), "m.pt")
    >>> two.predict_proba(np.array([0.0, 4.0])).round(3).tolist()
    [[0.5, 0.5], [0.018, 0.982]]
    """
    kind = {"value": _Regressor, "label": Network}.get(meaning.output, _Classifier)
    return kind(forward, meaning, source)


class Network:
    """A network that gives labels; the base of those that give more.

    Parameters
    ----------
    forward, meaning, source
        See `network`.
    """

    _estimator_type = "classifier"
    # Its input has no names: the order of the columns is all that tells them apart.
    by_position_ = True

    def __init__(self, forward: Callable[[Any], NDArray[Any]], meaning: Meaning, source: str) -> None:
        self._forward = forward
        self._meaning = meaning
        self._source = source
        if meaning.classes:
            self.classes_ = np.array(meaning.classes, dtype=_kind(meaning.classes))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return labels, shape (n_rows,)."""
        outputs = self._outputs(X)
        if outputs.ndim == 2 and outputs.shape[1] == 1:
            outputs = outputs[:, 0]
        known = len(self._meaning.classes)
        if outputs.ndim != 1:
            self._refuse_width(outputs, 'one column of class positions (output = "label")')
        codes = outputs.astype(np.float64)
        if ((codes != np.round(codes)) | (codes < 0) | (codes >= known)).any():
            raise ModelError(
                f'The network in {self._source} gave labels (output = "label") that aren\'t whole numbers from 0 to '
                f'{known - 1}, the positions in `classes`. If they are scores: output = "logit" or "probability".'
            )
        labels: NDArray[Any] = self.classes_[codes.astype(np.intp)]
        return labels

    def _outputs(self, X: Any) -> NDArray[Any]:
        """Return the outputs of all rows, in batches, so that a wide network needs no memory for every row at once."""
        count = _rows(X)
        parts = []
        for start in range(0, max(count, 1), BATCH):
            batch = _cut(X, start, start + BATCH)
            rows = min(BATCH, count - start)
            outputs = self._forward(batch)
            if outputs.ndim not in (1, 2) or len(outputs) != rows:
                raise ModelError(
                    f"The network in {self._source} gave outputs of shape {outputs.shape} for {rows:,} rows. Allowed: "
                    "(rows,) or (rows, outputs)."
                )
            parts.append(outputs)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _refuse_width(self, outputs: NDArray[Any], allowed: str) -> None:
        wide = outputs.shape[1] if outputs.ndim == 2 else 1
        raise ModelError(f"The network in {self._source} gave {wide} outputs a row. Allowed: {allowed}.")


class _Classifier(Network):
    """A network that gives probabilities, or logits that become some."""

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the class of largest probability; of two classes the second from 0.5 on."""
        likely = self.predict_proba(X)
        two = likely.shape[1] == 2
        codes = likely[:, 1] >= 0.5 if two else likely.argmax(axis=1)
        labels: NDArray[Any] = self.classes_[codes.astype(np.intp)]
        return labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities, shape (n_rows, n_classes)."""
        from scipy.special import expit, softmax

        classes = len(self._meaning.classes)
        raw = self._outputs(X).astype(np.float64)
        single = raw.ndim == 1 or raw.shape[1] == 1
        if (single and classes != 2) or (not single and raw.shape[1] != classes):
            one = ", or one, that of the second class" if classes == 2 else ""
            self._refuse_width(raw, f"one for each of the {classes} classes{one}")
        if self._meaning.output == "logit":
            raw = expit(raw) if single else softmax(raw, axis=1)
        elif ((raw < -_EDGE) | (raw > 1 + _EDGE)).any():
            raise ModelError(
                f"The network in {self._source} gave outputs from {np.nanmin(raw):.6g} to {np.nanmax(raw):.6g}, which "
                "are "
                'no probabilities (output = "probability"). If they are logits, declare it: output = "logit".'
            )
        if single:
            second = raw.reshape(-1)
            raw = np.column_stack((1.0 - second, second))
        likely: NDArray[np.float64] = raw
        return likely


class _Regressor(Network):
    """A network that gives values."""

    _estimator_type = "regressor"

    def predict(self, X: Any) -> NDArray[Any]:
        """Return values, shape (n_rows,)."""
        outputs = self._outputs(X)
        if outputs.ndim == 2 and outputs.shape[1] != 1:
            self._refuse_width(outputs, 'one, the value (output = "value")')
        return outputs.reshape(len(outputs)).astype(np.float64)


def numbers(X: Any, dtype: Any) -> NDArray[Any]:
    """Return what a network is handed as an array of numbers.

    Parameters
    ----------
    X : DataFrame or array
        A table becomes numbers of type `dtype`, missing entries NaN. In an array that `prepare` made whole numbers stay
        as they are, because they may be positions in an embedding.
    dtype : dtype
        Of the network's weights.

    Raises
    ------
    TypeError
        Something isn't a number; the message names the columns.
    """
    import pandas as pd
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if isinstance(X, pd.Series):
        X = X.to_frame()
    if isinstance(X, pd.DataFrame):
        other = [str(name) for name in X.columns if not (is_numeric_dtype(X[name]) or is_bool_dtype(X[name]))]
        if other:
            shown = ", ".join(map(repr, other[:10])) + (f" and {len(other) - 10} more" if len(other) > 10 else "")
            raise TypeError(
                f"a network takes numbers, and these columns hold none: {shown}. Leave them out with `columns`, or map "
                'the rows with prepare = "package.module:function"'
            )
        return X.to_numpy(dtype=dtype, na_value=np.nan)
    array = np.asarray(X)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"a network takes numbers, and `prepare` gave an array of type {array.dtype}")
    return array.astype(np.int64 if array.dtype.kind in "iu" else dtype, copy=False)


def _rows(X: Any) -> int:
    return len(next(iter(X.values()))) if isinstance(X, Mapping) else len(X)


def _cut(X: Any, start: int, stop: int) -> Any:
    if isinstance(X, Mapping):
        return {name: _cut(part, start, stop) for name, part in X.items()}
    return X.iloc[start:stop] if hasattr(X, "iloc") else X[start:stop]


def _kind(classes: tuple[Any, ...]) -> Any:
    """Return the type that keeps labels as they are: numpy would make texts of 1 and "one" alike."""
    return None if len({type(label) for label in classes}) == 1 else object
