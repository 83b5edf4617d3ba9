"""PyTorch: TorchScript archives, exported programs, and weights for a module that the user's factory builds."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.adapters.library import needed
from modelcheck.models.adapters.network import meaning_of, network, numbers
from modelcheck.models.adapters.request import Loaded, LoadRequest
from modelcheck.models.inspection.guard import only_allowed
from modelcheck.models.reference import import_object

__all__ = ["load_exported", "load_script", "load_weights"]

# Where training loops put the weights in a checkpoint.
_WITHIN = ("state_dict", "model_state_dict", "model")
_SHOWN = 5


def load_script(request: LoadRequest) -> Loaded:
    """Load a TorchScript archive (``torch.jit.save``)."""
    torch = _torch(request)
    _refuse_factory(request, "a TorchScript archive, which holds its own code")
    meaning = meaning_of(request)
    with _told(request), _quiet(), only_allowed(frozenset(request.inspection.names)), request.content.open() as stream:
        module = torch.jit.load(stream, map_location="cpu")
    notes = _to_evaluation(module)
    forward = _forward(torch, module, _dtype(torch, module.parameters()))
    return Loaded(
        model=network(forward, meaning, request.source),
        name=str(getattr(module, "original_name", "")) or None,
        notes=notes,
    )


def load_exported(request: LoadRequest) -> Loaded:
    """Load an exported program (``torch.export.save``)."""
    torch = _torch(request)
    _refuse_factory(request, "an exported program, which holds its own code")
    meaning = meaning_of(request)
    with _told(request), _quiet(), only_allowed(frozenset(request.inspection.names)), request.content.open() as stream:
        program = torch.export.load(stream)
        module = program.module()
    _refuse_fixed_rows(program, request.source)
    notes = (
        (
            "The program was exported in training mode: dropout and the like stay active in it, so that its answers "
            "vary. "
            "Call eval() on the module before it is exported.",
        )
        if _trains(program)
        else ()
    )
    order = tuple(str(name) for name in program.graph_signature.user_inputs)
    forward = _forward(torch, module, _dtype(torch, program.state_dict.values()), order=order)
    return Loaded(model=network(forward, meaning, request.source), name="ExportedProgram", notes=notes)


def load_weights(request: LoadRequest) -> Loaded:
    """Load weights (``torch.save(module.state_dict(), file)``) into the module that `factory` builds."""
    torch = _torch(request)
    meaning = meaning_of(request)
    if request.table.factory is None:
        raise ModelError(
            f"The model file {request.source} holds weights only. Name the function that builds the network for them: "
            'factory = "package.module:function", without required arguments, beside `model`. Or save the network '
            "together with its code: torch.export.save."
        )
    weights, notes = _weights(torch, request)
    module = _built(torch, request.table.factory, request)
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelError(
            f"The weights in {request.source} don't fit the {type(module).__name__} that {request.table.factory} "
            f"builds: {_short(error)}"
        ) from error
    # A new module is always in training mode: only a file can say otherwise, so there is nothing to tell here.
    _to_evaluation(module)
    forward = _forward(torch, module, _dtype(torch, module.parameters()))
    return Loaded(model=network(forward, meaning, request.source), name=type(module).__name__, notes=notes)


def _torch(request: LoadRequest) -> Any:
    # Before 2.10 weights_only could be got round.
    return needed("torch", package="torch", least="2.10", extra="torch", source=request.source)


def _weights(torch: Any, request: LoadRequest) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    if request.inspection.format == "safetensors":
        load = needed(
            "safetensors.torch", package="safetensors", least="0.4", extra="huggingface", source=request.source
        ).load
        with _told(request):
            found = load(request.content.read())
    else:
        names = frozenset(request.inspection.names)
        with _told(request), _quiet(), only_allowed(names), request.content.open() as stream:
            found = torch.load(stream, map_location="cpu", weights_only=True)
    notes: tuple[str, ...] = ()
    if isinstance(found, Mapping) and not _are_weights(torch, found):
        inner = next((key for key in _WITHIN if _are_weights(torch, found.get(key))), None)
        if inner is not None:
            found = found[inner]
            notes = (f"The file is a training checkpoint; its entry {inner!r} holds the weights that were used.",)
    if not _are_weights(torch, found):
        raise ModelError(
            f"The model file {request.source} holds {type(found).__name__}, no weights. Allowed: what "
            "torch.save(module.state_dict(), file) writes."
        )
    return found, notes


def _are_weights(torch: Any, found: Any) -> bool:
    return (
        isinstance(found, Mapping)
        and bool(found)
        and all(isinstance(name, str) for name in found)
        and any(isinstance(value, torch.Tensor) for value in found.values())
        and not any(isinstance(value, Mapping) for value in found.values())
    )


def _built(torch: Any, reference: str, request: LoadRequest) -> Any:
    factory = import_object(reference, request.folder)
    if not callable(factory):
        raise ModelError(f"{reference} is no function. `factory` names a function that builds the network.")
    try:
        module = factory()
    except (Exception, SystemExit) as error:
        raise ModelError(f"{reference}: calling it without arguments raised {type(error).__name__}: {error}") from error
    if not isinstance(module, torch.nn.Module):
        raise ModelError(f"{reference} built an object of type {type(module).__name__}. A torch.nn.Module is needed.")
    return module.to("cpu")


def _forward(torch: Any, module: Any, dtype: Any, order: tuple[str, ...] = ()) -> Callable[[Any], NDArray[Any]]:
    """Return the call of a module with numpy in and out.

    A mapping of inputs goes by name; an exported program takes them in the `order` of its own names.
    """

    def forward(X: Any) -> NDArray[Any]:
        given = X if isinstance(X, Mapping) else {"": X}
        arrays = {name: numbers(part, dtype) for name, part in given.items()}
        # Copies: a network may write into its input, and the rows aren't its own.
        tensors = {name: torch.from_numpy(np.array(array, order="C")) for name, array in arrays.items()}
        with torch.inference_mode():
            try:
                if "" in tensors:
                    output = module(tensors[""])
                elif order and set(order) == set(tensors):
                    output = module(*(tensors[name] for name in order))
                else:
                    output = module(**tensors)
            except (RuntimeError, AssertionError, IndexError, TypeError) as error:
                shapes = ", ".join(f"{name} {array.shape} {array.dtype}".strip() for name, array in arrays.items())
                raise ValueError(f"{_short(error)} (its input was {shapes})") from error
        if not isinstance(output, torch.Tensor):
            raise ModelError(
                f"The network gave a {type(output).__name__}. One tensor with a row of outputs for each row is needed."
            )
        output = output.detach().cpu()
        return np.asarray((output.float() if output.dtype in (torch.bfloat16, torch.float16) else output).numpy())

    return forward


def _dtype(torch: Any, tensors: Any) -> Any:
    """Return the numpy type of a network's weights: float32 unless all of them are of another."""
    found = {tensor.dtype for tensor in tensors if tensor.is_floating_point()}
    return np.float64 if found == {torch.float64} else np.float32


def _to_evaluation(module: Any) -> tuple[str, ...]:
    training = bool(module.training)
    module.eval()
    return (
        ("The network was saved in training mode; it is asked in evaluation mode (dropout off).",) if training else ()
    )


def _trains(program: Any) -> bool:
    """Whether a program has an operation that was told that it is in training."""
    for node in program.graph.nodes:
        name = str(node.target)
        if "dropout" in name and True in node.args:
            return True
        if "batch_norm" in name and (True in node.args[5:6] or ("training" in name and "no_training" not in name)):
            return True
    return False


def _refuse_fixed_rows(program: Any, source: str) -> None:
    """Refuse a program that takes one number of rows only."""
    inputs = set(program.graph_signature.user_inputs)
    for node in program.graph.nodes:
        if node.op != "placeholder" or node.name not in inputs:
            continue
        shape = tuple(getattr(node.meta.get("val"), "shape", ()))
        if shape and isinstance(shape[0], int):
            raise ModelError(
                f"The exported program {source} takes exactly {shape[0]} rows at once ({node.name} has the shape "
                f"{shape}). Export it for any number of rows: torch.export.export(module, (example,), "
                'dynamic_shapes=({0: torch.export.Dim("rows")},)).'
            )


def _refuse_factory(request: LoadRequest, what: str) -> None:
    if request.table.factory is not None:
        raise ModelError(f"The model file {request.source} is {what}. `factory` is for weights alone; leave it out.")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch's advice about its own formats out of the notes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`torch.jit", category=DeprecationWarning)
        yield


@contextmanager
def _told(request: LoadRequest) -> Iterator[None]:
    """Turn what reading raises into one message."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"The model file {request.source} could not be loaded: {type(error).__name__}: {_short(error)} It may be "
            "damaged, or written by a newer version of the library."
        ) from error


def _short(error: BaseException) -> str:
    """Return the lines of a message that say something: TorchScript puts them last, behind a trace."""
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    last = next((line for line in reversed(lines) if line.startswith("RuntimeError:")), None)
    chosen = [last.removeprefix("RuntimeError:").strip()] if last is not None else lines[: _SHOWN + 1]
    text = " ".join(chosen)
    return text if len(text) <= 600 else f"{text[:600]}..."
