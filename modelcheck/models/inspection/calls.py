"""What a pickle may call, and what with: each function that could do more is held to the form that libraries write."""

from __future__ import annotations

from modelcheck.models.inspection.allow_list import PARTIAL, PARTIAL_OF, Use
from modelcheck.models.inspection.outcome import Forbidden
from modelcheck.models.inspection.seen import Seen
from modelcheck.models.inspection.states import COMPUTED, judge_state
from modelcheck.models.inspection.stubs import (
    SKIPPED,
    DType,
    Items,
    Listed,
    Made,
    Named,
    Pairs,
    Skipped,
    holds_array_class,
)

__all__ = ["judge_call", "judge_new", "judge_partial", "judge_reconstruction"]

# They call the class they are given with keywords; numpy.ndarray(dtype="O", buffer=...) would make pointers of bytes.
_PANDAS_FACTORIES = {"pandas.core.indexes.base._new_Index", "pandas.core.indexes.datetimes._new_DatetimeIndex"}
_TAKES_ARRAY_CLASS = {
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.ma.core._mareconstruct",
}
_TEXT_SCALARS = {"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"}
_ARRAY_MAKERS = {"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"}
_TEXT_TO_BYTES = {"_codecs.encode", "builtins.bytes", "builtins.bytearray"}
_PLAIN_BASES = {f"builtins.{name}" for name in ("object", "dict", "list", "set", "tuple", "int", "float", "str")}


def judge_call(function: Named, args: Items, seen: Seen) -> None:
    """Judge a call of an imported function.

    Parameters
    ----------
    function : Named
        What is called.
    args : Items
        What with.
    seen : Seen
        Collects what is noticed.

    Raises
    ------
    Forbidden
        It may only be named, or it is handed what it could do more with than make a model.
    """
    if function.use is not None and function.use < Use.CALL:
        seen.refused.add(function.full)
        raise Forbidden(f"it calls {function.full}, which may only be named")
    if holds_array_class(args) and function.full not in _TAKES_ARRAY_CLASS:
        raise Forbidden(f"it hands numpy.ndarray or numpy.dtype to {function.full}")
    if any(isinstance(arg, Named) and arg.full in ("numpy.dtype", PARTIAL) for arg in args):
        raise Forbidden("it hands numpy.dtype or functools.partial to a function")
    if function.full in _TEXT_SCALARS and args and isinstance(args[0], DType) and args[0].code == "U":
        seen.formula_words.add("?")  # a text that isn't looked into, and that could be an attribute
    if function.full == PARTIAL:
        judge_partial(args, 1, seen)
    if function.full in _PANDAS_FACTORIES and not (
        args and isinstance(args[0], Named) and args[0].full.startswith("pandas.")
    ):
        raise Forbidden(f"it calls {function.full} with something else than a class of pandas")
    _judge_plain(function.full, args)
    if function.full in _TEXT_TO_BYTES and args:
        # Older protocols write bytes as text.
        if type(args[0]) is str:
            seen.look(args[0].encode("utf-8", "surrogatepass"))
        elif isinstance(args[0], Skipped):
            seen.look(args[0].text)
    if function.full == "_codecs.encode" and (len(args) != 2 or args[1] not in ("latin1", "latin-1")):
        raise Forbidden("it encodes text by a codec other than latin1")
    if function.full in ("builtins.bytes", "builtins.bytearray") and (
        len(args) > 2 or any(not isinstance(arg, (str, Skipped)) and not _is_bytes(arg) for arg in args)
    ):
        raise Forbidden(f"it calls {function.full} with something else than bytes")


def judge_new(cls: Named, args: tuple[object, ...], seen: Seen) -> None:
    """Judge an instance that is made of an imported class without calling it; raise `Forbidden`."""
    if cls.use is not None and cls.use < Use.NEW:
        seen.refused.add(cls.full)
        raise Forbidden(f"it makes an instance of {cls.full}, which may only be named")
    if args and cls.use is Use.NEW:
        raise Forbidden(f"it hands arguments to the constructor of {cls.full}")


def judge_reconstruction(args: Items) -> None:
    """Judge what copyreg's function for objects of old protocols is handed: class, base and content."""
    if len(args) != 3 or not all(isinstance(arg, Named) for arg in args[:2]) or args[1].full not in _PLAIN_BASES:
        raise Forbidden("it makes an object in an unusual way (copyreg._reconstructor)")
    base, content = args[1].full, args[2]
    judge_state(content)
    if isinstance(content, Made) or (base == "builtins.dict" and not isinstance(content, Pairs)):
        raise Forbidden(COMPUTED)


def judge_partial(parts: object, length: int, seen: Seen) -> None:
    """Judge what a functools.partial is made of, or set to: scikit-learn's own check, in a tuple of this length."""
    if PARTIAL in seen.allowed:
        return
    function = parts[0] if isinstance(parts, Items) and len(parts) == length else None
    if not isinstance(function, Named) or function.full not in PARTIAL_OF:
        seen.refused.add(PARTIAL)
        raise Forbidden("it makes a functools.partial of something else than scikit-learn's own check")
    seen.partial_judged = True


def _judge_plain(name: str, args: Items) -> None:
    """Hold what fills a container, or makes an array, to the form in which it is written."""
    if name in _ARRAY_MAKERS:
        sound = len(args) == 3 and isinstance(args[1], Items) and args[1] == (0,)
    elif name == "collections.OrderedDict":
        sound = not args
    elif name == "collections.defaultdict":
        sound = len(args) < 2 and all(arg is None or isinstance(arg, Named) for arg in args)
    elif name in ("builtins.set", "builtins.frozenset"):
        sound = len(args) < 2 and all(arg is SKIPPED or isinstance(arg, (Listed, Items)) for arg in args)
    else:
        return
    if not sound:
        raise Forbidden(f"it calls {name} with something that is computed while loading, or of a size of its own")


def _is_bytes(value: object) -> bool:
    return isinstance(value, Made) and value.by in ("_codecs.encode", "builtins.bytes")
