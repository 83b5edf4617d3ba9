"""ONNX: graphs run by ONNX Runtime on the processor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.adapters.onnx_labels import labels_of
from modelcheck.models.adapters.request import LoadRequest
from modelcheck.models.adapters.settled import Settled, Tells, settle
from modelcheck.models.native import NativeModel
from modelcheck.models.threads import thread_count

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load"]

_TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(int16)": np.int16,
    "tensor(int8)": np.int8,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
    "tensor(string)": object,
}
_MAPS = re.compile(r"seq\(map\((int64|string),tensor\((float|double)\)\)\)")
_SHORT = {np.float32: "float32", np.float16: "float16"}


def load(request: LoadRequest) -> NativeModel:
    """Load a graph; nothing but its bytes is read, so that weights in other files are refused by ONNX Runtime.

    Inputs are one tensor of all columns, or one tensor for each column under its name. Outputs are a label,
    probabilities (a tensor, or a dictionary for each row) or values.

    Raises
    ------
    ModelError
        ONNX Runtime can't read it, its inputs aren't columns, or what it answers has to be declared.
    """
    import onnxruntime

    content = request.content.read()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    title = f"The ONNX model {request.source}"
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has no class of its own above its exceptions
        raise request.unreadable("ONNX", onnxruntime.__version__, str(error)) from error
    inputs = _inputs(title, session)
    outputs = _outputs(title, session)
    settled = _settled(title, outputs, content, request)
    names = None if inputs.together else tuple(inputs.names)

    def answers(X: pd.DataFrame) -> NDArray[Any]:
        wanted = outputs.scores if settled.gives != "label" else outputs.label
        found = session.run([wanted], inputs.feed(X))[0]
        if outputs.maps and settled.gives == "probability":
            return _from_maps(found, settled.classes or ())
        found = np.asarray(found)
        return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found

    def decides(X: pd.DataFrame) -> NDArray[Any]:
        return np.ravel(np.asarray(session.run([outputs.label], inputs.feed(X))[0]))

    return NativeModel(
        name="ONNX model",
        task=settled.task,
        gives=settled.gives,
        answers=answers,
        # A graph may decide otherwise than by its probabilities.
        decides=decides if outputs.label is not None and settled.gives == "probability" else None,
        classes=settled.classes,
        features=names,
        width=inputs.width if names is None else None,
        notes=inputs.notes(),
    )


# What converters call an input that they were given no name for: a table's column of one feature is not called so.
_ANY = {"x", "input", "inputs", "input_1", "float_input"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inputs:
    """The graph's inputs: names, types, and how many columns the only one takes where it takes all."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    flat: tuple[bool, ...]
    together: bool
    width: int | None

    def feed(self, X: pd.DataFrame) -> dict[str, NDArray[Any]]:
        """Return the rows as the graph declares them."""
        if self.together:
            parts = [_cast(X.iloc[:, at], self.types[0]) for at in range(X.shape[1])]
            return {self.names[0]: np.column_stack(parts) if parts else np.empty((len(X), 0), np.float32)}
        given = {}
        for at, (name, kind, flat) in enumerate(zip(self.names, self.types, self.flat, strict=True)):
            values = _cast(X.iloc[:, at], kind)
            given[name] = values if flat else values[:, None]
        return given

    def notes(self) -> tuple[str, ...]:
        """Say what rounding the declared types mean."""
        short = sorted({_SHORT[_TYPES[kind]] for kind in self.types if _TYPES[kind] in _SHORT})
        if not short:
            return ()
        return (
            f"The graph takes {' and '.join(short)}: numbers are rounded to it before it computes, so answers differ "
            "from those of the model that it was made from by about that rounding.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outputs:
    """The graph's outputs: names of label and scores, whether these are dictionaries, and their number of columns."""

    label: str | None
    scores: str | None
    maps: bool
    width: int | None
    others: tuple[str, ...]


def _inputs(title: str, session: Any) -> _Inputs:
    found = session.get_inputs()
    for one in found:
        if one.type not in _TYPES:
            raise ModelError(
                f"{title} has the input {one.name!r} of type {one.type}. Tensors of numbers or texts are allowed."
            )
    shapes = [tuple(one.shape) for one in found]
    if len(found) == 1 and len(shapes[0]) == 2 and (shapes[0][1] != 1 or found[0].name.lower() in _ANY):
        wide = shapes[0][1]
        return _Inputs(
            names=(found[0].name,),
            types=(found[0].type,),
            flat=(False,),
            together=True,
            width=wide if isinstance(wide, int) else None,
        )
    odd = {
        one.name: shape for one, shape in zip(found, shapes, strict=True) if not shape or shape[1:] not in ((), (1,))
    }
    if odd or not found:
        raise ModelError(
            f"{title} has inputs that aren't a table's columns: {list(odd)[:5]!r} of shapes {list(odd.values())[:5]!r}."
            " Allowed: one input of shape (rows, columns), or one of shape (rows, 1) for each column, under its name."
        )
    return _Inputs(
        names=tuple(one.name for one in found),
        types=tuple(one.type for one in found),
        flat=tuple(len(shape) == 1 for shape in shapes),
        together=False,
        width=None,
    )


def _outputs(title: str, session: Any) -> _Outputs:
    label = scores = width = None
    maps = False
    others = []
    for one in session.get_outputs():
        if _MAPS.fullmatch(one.type) and scores is None:
            scores, maps = one.name, True
        elif one.type in ("tensor(int64)", "tensor(string)", "tensor(bool)") and label is None:
            label = one.name
        elif one.type in ("tensor(float)", "tensor(double)", "tensor(float16)") and scores is None:
            scores = one.name
            width = one.shape[1] if len(one.shape) == 2 and isinstance(one.shape[1], int) else None
            if len(one.shape) == 1:
                width = 1
        else:
            others.append(one.name)
    if label is None and scores is None:
        raise ModelError(f"{title} has no output that is a label, probabilities or values: {others[:10]!r}.")
    return _Outputs(label=label, scores=scores, maps=maps, width=width, others=tuple(others))


def _settled(title: str, outputs: _Outputs, content: bytes, request: LoadRequest) -> Settled:
    table, task = request.table, request.task
    stored = labels_of(content) if outputs.label is not None else None
    tells: Tells
    if outputs.label is not None:
        tells = "probability" if outputs.scores is not None and table.output != "label" else "label"
        count = len(stored or table.classes) or outputs.width or 2
    elif outputs.width in (None, 1) and task in (None, "regression") and table.output in (None, "value"):
        tells, count = "value", 1
    else:
        tells, count = "raw", outputs.width or len(table.classes) or 2
    what = "gives " + (
        f"labels in {outputs.label!r}" if outputs.label is not None else f"numbers in {outputs.scores!r}"
    )
    return settle(title, tells, objective=what, outputs=count, stored=stored, table=table, task=task)


def _from_maps(rows: Sequence[dict[Any, float]], classes: Sequence[Any]) -> NDArray[np.float64]:
    try:
        return np.array([[row[label] for label in classes] for row in rows], dtype=np.float64).reshape(len(rows), -1)
    except KeyError as error:
        raise ValueError(f"probabilities of {sorted(map(repr, rows[0]))}, and not of the class {error}") from error


def _cast(column: pd.Series, kind: str) -> NDArray[Any]:
    """Return a column in a graph's type; what doesn't fit is said by the column's name."""
    wanted = _TYPES[kind]
    if wanted is object:
        missing = column.isna()
        if missing.any():
            raise TypeError(
                f"column {column.name!r} misses {int(missing.sum()):,} entries, and ONNX has no missing texts"
            )
        return np.array([str(value) for value in column.tolist()], dtype=object)
    try:
        values = (
            column.to_numpy(dtype=np.float64, na_value=np.nan) if column.dtype.kind not in "biu" else column.to_numpy()
        )
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"column {column.name!r} isn't made of numbers ({error}); the graph takes {kind} there"
        ) from error
    if np.issubdtype(wanted, np.integer) or wanted is np.bool_:
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise TypeError(f"column {column.name!r} misses entries or is infinite, and the graph takes {kind} there")
        cast = values.astype(wanted)
        if (cast != values).any():
            raise TypeError(f"column {column.name!r} holds numbers that {kind} can't hold")
        return cast
    with np.errstate(over="ignore"):
        return values.astype(wanted)
