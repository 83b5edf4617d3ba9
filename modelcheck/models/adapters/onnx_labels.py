"""The class labels that lie in an ONNX graph."""

from __future__ import annotations

from typing import Any

__all__ = ["labels_of"]

_LABELS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints", "cats_strings", "cats_int64s")


def labels_of(content: bytes) -> tuple[Any, ...] | None:
    """Return a classifier's labels in the order of its probabilities.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    tuple or None
        As the nodes of scikit-learn's converter say them (``ZipMap``, else the last classifier, else the constant
        ``classes``); None where the graph says nothing, or different things.

    Raises
    ------
    ModuleNotFoundError
        The package onnx is missing.
    """
    import onnx

    graph = onnx.load_model_from_string(content).graph
    found: dict[str, tuple[Any, ...]] = {}
    for node in graph.node:
        labels = _of_node(node)
        if labels:
            found["zipmap" if node.op_type == "ZipMap" else "classifier"] = labels
    for one in graph.initializer:
        if one.name == "classes":
            values = onnx.numpy_helper.to_array(one).tolist()
            found["constant"] = tuple(value.decode() if isinstance(value, bytes) else value for value in values)
    return found.get("zipmap") or found.get("classifier") or found.get("constant")


def _of_node(node: Any) -> tuple[Any, ...]:
    if node.op_type != "ZipMap" and not node.op_type.endswith("Classifier"):
        return ()
    for attribute in node.attribute:
        if attribute.name in _LABELS:
            labels = [value.decode() for value in attribute.strings] or list(attribute.ints)
            if labels:
                return tuple(labels)
    return ()
