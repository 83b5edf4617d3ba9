"""Which types skops loads without being told, by the kind of node that names them."""

from __future__ import annotations

from typing import Any

from modelcheck.models.inspection.allow_list import Use, framework_names
from modelcheck.models.inspection.outcome import NotAnalysable

__all__ = ["ARRAY", "DTYPE", "is_bare_dtype", "untrusted_type"]

ARRAY, DTYPE = "numpy.ndarray", "numpy.dtype"
# What skops lets each kind of node be without being told. skops itself is too slow to import for a look at a file;
# it judges again when it loads.
_OWN_TYPES = {
    "DictNode": {"builtins.dict", "collections.OrderedDict"},
    "DefaultDictNode": {"collections.defaultdict"},
    "ListNode": {"builtins.list"},
    "SetNode": {"builtins.set"},
    "TupleNode": {"builtins.tuple"},
    "SliceNode": {"builtins.slice"},
    "BytesNode": {"builtins.bytes"},
    "BytearrayNode": {"builtins.bytearray"},
    "NdArrayNode": {ARRAY},
    "MaskedArrayNode": {"numpy.ma.MaskedArray", "numpy.ma.core.MaskedArray"},
    "RandomStateNode": {"numpy.random.mtrand.RandomState", "numpy.random.RandomState"},
    "RandomGeneratorNode": {"numpy.random._generator.Generator", "numpy.random.Generator"},
    "DTypeNode": set(),
    "SparseMatrixNode": set(),
    "FunctionNode": set(),
    "TypeNode": set(),
    "ObjectNode": set(),
    "PartialNode": set(),
    "ConstructorFromReduceNode": set(),
    "LossNode": set(),
    "TreeNode": set(),
    "QuantileForestNode": set(),
    "MethodNode": set(),
    "OperatorFuncNode": set(),
}
_NO_TYPE = {"JsonNode", "CachedNode"}


def untrusted_type(node: dict[str, Any]) -> str | None:
    """Return the type of a node if skops would not load it without being told; None if it would.

    Raises
    ------
    NotAnalysable
        The node is of a kind that skops doesn't write, or doesn't say of which type it is.
    """
    loader = node.get("__loader__")
    if loader is None and not {"__module__", "__class__"} & set(node):
        return None
    if not isinstance(loader, str) or loader not in _OWN_TYPES.keys() | _NO_TYPE:
        raise NotAnalysable(f"its schema has a node of an unknown kind ({loader!r})")
    if loader in _NO_TYPE:
        return None
    module, name = node.get("__module__"), node.get("__class__")
    if not isinstance(module, str) or not isinstance(name, str):
        raise NotAnalysable("its schema has a node without a type")
    full = f"{module}.{name}"
    use = framework_names("skops_names").get(full)
    trusted = full in _OWN_TYPES[loader] or (
        use is not None
        and (
            (loader == "FunctionNode" and use is Use.VALUE)
            or (loader in ("TypeNode", "ObjectNode") and use is Use.NEW)
            or (loader == "NdArrayNode" and use is Use.NEW and module == "numpy")
        )
    )
    return None if trusted else full


def is_bare_dtype(node: dict[str, Any]) -> bool:
    """Whether a node may give the class ``numpy.dtype``, or is a dtype in another form than skops writes.

    A dtype as a value is an empty array, whose own type is the value. A node that only repeats an earlier one, by its
    id, is as good as that one.
    """
    loader = node.get("__loader__")
    if loader != "DTypeNode":
        return (node.get("__module__"), node.get("__class__")) == ("numpy", "dtype") and loader != "CachedNode"
    content = node.get("content")
    return (
        (node.get("__module__"), node.get("__class__")) != ("numpy", "dtype")
        or not isinstance(content, dict)
        or content.get("__loader__") != "NdArrayNode"
        or (content.get("__module__"), content.get("__class__")) != ("numpy", "ndarray")
        or (content.get("type") != "numpy" and content.get("content") != [])
    )
