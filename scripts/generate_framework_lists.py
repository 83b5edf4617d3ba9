"""Write what files of torch, Keras and skops may name, from the installed libraries.

    python scripts/generate_framework_lists.py

Beside allowed_names.txt, which holds for every pickle, these lists hold within one format each: the globals that
``torch.load(weights_only=True)`` accepts, torch's own operators without those that reach files, other machines or
Python, Keras' own classes without those that hold code or open files, and the types that skops trusts by itself.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "modelcheck" / "models" / "inspection"

# Operators of torch by namespace; the rest of torch's namespaces talk to other processes, or are for its own compilers.
TORCH_NAMESPACES = ("aten", "quantized", "_quantized", "sparse", "prim")
# They read or write files, call Python, reach other machines, or hand out addresses.
TORCH_LEFT_OUT = re.compile(
    r"from_file|save|load|rpc_|PythonOp|data_ptr|_record|profile|dlpack|StaticRuntime|BailOut|Bailout|"
    r"_validate_|set_source|resize_storage|record_stream"
)

TORCH_PRIMITIVES = {
    "EnumName",
    "EnumValue",
    "ModuleContainerIndex",
    "NumToTensor",
    "Print",
    "RaiseException",
    "StringIndex",
    "TupleIndex",
    "TupleUnpack",
    "Uninitialized",
}

# Keras classes that run code of the file's choice, or open what it names.
KERAS_LEFT_OUT = {
    "Lambda",
    "TFSMLayer",
    "TorchModuleWrapper",
    "JaxLayer",
    "FlaxLayer",
    "Map",
    "Scan",
    "AssociativeScan",
    "ForiLoop",
    "WhileLoop",
    "Cond",
    "Switch",
    "VectorizedMap",
    "Vectorize",
    "CustomGradient",
    "SearchSorted",
}
KERAS_MODULES = (
    "layers",
    "initializers",
    "regularizers",
    "constraints",
    "losses",
    "metrics",
    "optimizers",
    "optimizers.schedules",
    "activations",
    "dtype_policies",
    "quantizers",
    "random",
)
KERAS_TOP = ("Model", "Sequential", "DTypePolicy", "FloatDTypePolicy")
KERAS_OPERATIONS = ("numpy", "nn", "math", "core", "image", "linalg", "einops", "node")


def torch_names() -> Iterator[str]:
    """Yield what a file of weights may import."""
    from torch._weights_only_unpickler import _get_allowed_globals

    yield from _get_allowed_globals()


def torch_operators() -> Iterator[str]:
    """Yield ``namespace.operator``."""
    import torch

    for schema in torch._C._jit_get_all_schemas():
        namespace, _, name = schema.name.partition("::")
        # In capitals: steps of the optimiser, which no saved code holds, but for a few.
        spoken = namespace != "prim" or name[0].islower() or name in TORCH_PRIMITIVES
        if namespace in TORCH_NAMESPACES and spoken and not TORCH_LEFT_OUT.search(name):
            yield f"{namespace}.{name}"


def keras_names() -> Iterator[str]:
    """Yield the public and the defining name of every class and function that a .keras file may name."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    found: list[tuple[str, object]] = [(f"keras.{name}", getattr(keras, name)) for name in KERAS_TOP]
    for part in KERAS_MODULES:
        module = importlib.import_module(f"keras.{part}")
        found += [(f"keras.{part}.{name}", value) for name, value in vars(module).items() if not name.startswith("_")]
    for part in KERAS_OPERATIONS:
        try:
            module = importlib.import_module(f"keras.src.ops.{part}")
        except ImportError:
            continue
        for name, value in vars(module).items():
            if inspect.isclass(value) and issubclass(value, keras.Operation) and value.__module__ == module.__name__:
                found.append((f"{module.__name__}.{name}", value))
    from keras.src.models.functional import Functional

    found.append(("keras.src.models.functional.Functional", Functional))
    for public, value in found:
        is_function = inspect.isfunction(value) and public.split(".")[1] in ("activations", "losses", "metrics")
        if not inspect.isclass(value) and not is_function:
            continue
        if value.__name__ in KERAS_LEFT_OUT or value.__name__ in ("get", "serialize", "deserialize"):
            continue
        if not value.__module__.startswith("keras."):
            continue
        yield public
        yield f"{value.__module__}.{value.__name__}"
        # An optimiser's class says which backend it was made with.
        if value.__module__.startswith("keras.src.optimizers.") and ".schedules" not in value.__module__:
            name = value.__module__.rpartition(".")[2]
            yield f"keras.src.backend.torch.optimizers.torch_{name}.{value.__name__}"
            yield f"keras.src.backend.tensorflow.optimizer_distribute.{value.__name__}"


def skops_names() -> Iterator[str]:
    """Yield the types that skops loads without being told, functions as values only."""
    from skops.io import _trusted_types as trusted

    for group in sorted(name for name in vars(trusted) if name.endswith("_TYPE_NAMES")):
        use = "value" if "UFUNC" in group else "new"
        yield from (f"{use} {name}" for name in getattr(trusted, group) if name != "builtins.map")


LISTS: dict[str, tuple[str, str, Callable[[], Iterator[str]]]] = {
    "torch_names.txt": ("torch", "call", torch_names),
    "torch_operators.txt": ("torch", "call", torch_operators),
    "keras_names.txt": ("keras", "new", keras_names),
    "skops_names.txt": ("skops", "", skops_names),
}


def render(name: str) -> str:
    """Return the whole text of one list."""
    library, use, collect = LISTS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = sorted(set(collect()))
    head = (
        f"# Written by scripts/generate_framework_lists.py from {library} {version(library)}; change that, not this.",
        *(f"{use} {name}".strip() for name in names),
    )
    return "\n".join(head) + "\n"


if __name__ == "__main__":
    for file in LISTS:
        text = render(file)
        (FOLDER / file).write_text(text, encoding="utf-8")
        print(f"{file}: {text.count(chr(10)) - 1} names")
