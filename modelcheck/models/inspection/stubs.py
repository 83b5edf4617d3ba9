"""Inert stand-ins for what a pickle would build: they remember where they came from and do nothing."""

from __future__ import annotations

import re
from typing import Any

from modelcheck.models.inspection.allow_list import Use
from modelcheck.models.inspection.attributes import METHOD_KEYS, is_method_word, is_special
from modelcheck.models.inspection.outcome import Forbidden

__all__ = [
    "SKIPPED",
    "ArrayWrapper",
    "DType",
    "Items",
    "Listed",
    "Made",
    "Named",
    "Pairs",
    "Skipped",
    "check_array_state",
    "holds_array_class",
]

_KEPT = 256
_ALWAYS_KEPT = {"_sklearn_version", "importance_getter", *METHOD_KEYS}
_SIMPLE = re.compile(r"[biufcOSUVmM]\d{1,9}|[mM]")
_WIDTHS = {
    "b": (1,),
    "i": (1, 2, 4, 8),
    "u": (1, 2, 4, 8),
    "f": (2, 4, 8, 12, 16),
    "c": (8, 16, 24, 32),
    "m": (8,),
    "M": (8,),
    "O": (8,),
}


class Skipped:
    """Content that is never needed: bytes, long text, sets."""

    __slots__ = ("text",)

    def __init__(self, text: bytes = b"") -> None:
        #: Of a long text with words that matter: the words, in case it becomes bytes.
        self.text = text


SKIPPED = Skipped()


class Named:
    """An import, by name only."""

    __slots__ = ("full", "use")

    def __init__(self, full: str, use: Use | None) -> None:
        self.full = full
        self.use = use


class Made:
    """What calling or instantiating an import would give."""

    __slots__ = ("by",)

    def __init__(self, by: str) -> None:
        self.by = by


class ArrayWrapper:
    """joblib's promise that raw array bytes follow."""

    __slots__ = ()


class Listed:
    """A list of which only the length matters, and whether it holds anything but names of methods that answer."""

    __slots__ = ("count", "methods_only", "only_methods_so_far")

    def __init__(self) -> None:
        self.count = 0
        self.only_methods_so_far = True
        self.methods_only = False

    def add(self, items: list[Any]) -> None:
        """Count more items."""
        self.count += len(items)
        self.only_methods_so_far = self.only_methods_so_far and all(map(is_method_word, items))
        if self.methods_only:
            self.hold_methods_only()

    def hold_methods_only(self) -> None:
        """Refuse every other item, now and later."""
        self.methods_only = True
        if not self.only_methods_so_far:
            raise Forbidden("a list of names of methods names something else than a method that answers")


class Pairs:
    """A dict: short text keys are kept (their hash can't be steered), other keys are counted."""

    __slots__ = ("computed", "kept", "others", "special")

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.others = 0
        self.computed = False
        self.special = False

    def put(self, key: object, value: object) -> None:
        """Store one item."""
        if type(key) is str and (len(self.kept) < _KEPT or key in _ALWAYS_KEPT):
            self.kept[key] = value
        else:
            self.others += 1
        if type(key) is not str:
            self.computed = True
        elif is_special(key):
            self.special = True


class Items(tuple[Any, ...]):
    """A tuple that knows how deep it nests and how many leaves hashing it would visit."""

    # Most tuples are flat: what these say of them is kept once, not in each.
    depth = 1
    leaves = 0
    holds_array_class = False

    @classmethod
    def of(cls, values: list[Any]) -> Items:
        """Build one; long tuples keep no values, only their measures."""
        if not values:
            return _EMPTY
        result = cls(values if len(values) <= _KEPT else ())
        inner = [value for value in values if isinstance(value, Items)]
        if inner:
            result.depth = 1 + max(value.depth for value in inner)
            result.leaves = len(values) + sum(value.leaves or len(value) for value in inner)
        elif len(values) > _KEPT:
            result.leaves = len(values)
        if any(map(holds_array_class, values)):
            result.holds_array_class = True
        return result


_EMPTY = Items()


def holds_array_class(value: object) -> bool:
    """Whether a value is, or a tuple holds, ``numpy.ndarray`` or ``numpy.dtype`` itself.

    Files need them only as arguments of numpy's own reconstructors. Held anywhere else they could be called when the
    model predicts, and ``numpy.ndarray(n, dtype="O", buffer=...)`` makes pointers of bytes.
    """
    if isinstance(value, Named):
        return value.full in ("numpy.ndarray", "numpy.dtype")
    return isinstance(value, Items) and value.holds_array_class


class DType:
    """A numpy dtype, accepted only in the form that numpy writes.

    numpy trusts a pickled dtype's flags and offsets: a crafted one turns array bytes into pointers. So its text,
    its state and its fields must agree with each other.
    """

    __slots__ = ("built", "code", "holds_text", "size")

    def __init__(self, args: object) -> None:
        if not isinstance(args, Items) or len(args) not in (1, 3):
            raise Forbidden("it makes a numpy dtype in an unusual way")
        code = args[0]
        if (
            not isinstance(code, str)
            or not _SIMPLE.fullmatch(code)
            or any(type(a) not in (int, bool) for a in args[1:])
        ):
            raise Forbidden("it makes a numpy dtype in an unusual way")
        width = int(code[1:] or 8)
        if code[0] in _WIDTHS and width not in _WIDTHS[code[0]]:
            raise Forbidden(f"it makes a numpy dtype that doesn't exist ({code})")
        self.code = code[0]
        self.size = width * 4 if code[0] == "U" else width
        self.holds_text = self.code in "US"
        self.built = False

    def build(self, state: object) -> None:
        """Check the state that numpy's ``dtype.__setstate__`` would take."""
        if self.built or not isinstance(state, Items) or len(state) not in (8, 9):
            raise Forbidden("it changes a numpy dtype in an unusual way")
        self.built = True
        version, order, subarray, names, fields, size, alignment, flags = state[:8]
        sound = (
            type(version) is int
            and version in (3, 4)
            and order in ("<", ">", "=", "|")
            and subarray is None
            and all(type(number) is int for number in (size, alignment, flags))
            and size == (self.size if self.code in "SUV" else -1)
            and -1 <= alignment <= 64
            # A time without its unit, or a unit in another form, is read beyond what is there.
            and (len(state) == 9) == (self.code in "mM")
            and (len(state) == 8 or _is_unit(state[8]))
        )
        # numpy's flags: 63 for objects, 8 for items that must be initialised, 16 for an aligned struct.
        allowed_flags = {"O": (63,), "U": (0, 8), "V": (0, 8, 16, 24)}.get(self.code, (0,))
        sound = sound and flags in allowed_flags and self._fields_fit(names, fields)
        if not sound:
            raise Forbidden("it changes a numpy dtype in an unusual way")

    def _fields_fit(self, names: object, fields: object) -> bool:
        if names is None and fields is None:
            return True
        if self.code != "V" or not isinstance(names, Items) or not isinstance(fields, Pairs):
            return False
        if fields.others or len(names) != len(fields.kept) or set(names) != set(fields.kept):
            return False
        for field in fields.kept.values():
            if not isinstance(field, Items) or len(field) not in (2, 3):
                return False
            dtype, offset = field[:2]
            if not isinstance(dtype, DType) or dtype.code == "O" or type(offset) is not int:
                return False
            if offset < 0 or offset + dtype.size > self.size:
                return False
            self.holds_text = self.holds_text or dtype.holds_text
        return True


def _is_unit(metadata: object) -> bool:
    """Whether a time's metadata are as numpy writes them: a dict or nothing, and (unit, number, denominator, event)."""
    if not isinstance(metadata, Items) or len(metadata) != 2 or not isinstance(metadata[0], (Pairs, type(None))):
        return False
    unit = metadata[1]
    return (
        isinstance(unit, Items)
        and len(unit) == 4
        and all(type(number) is int and 0 < number < 2**31 for number in unit[1:])
    )


def check_array_state(state: Items) -> None:
    """Check the state that numpy's ``ndarray.__setstate__`` would take: (..., shape, dtype, order, content, ...).

    numpy reads as many objects from the list as the shape says, also beyond the end of a shorter list.
    """
    place = next(index for index, part in enumerate(state) if isinstance(part, DType))
    if not 1 <= place <= 2 or len(state) not in (place + 3, place + 5):
        raise Forbidden("it fills an array in an unusual way")
    shape, dtype, content = state[place - 1], state[place], state[place + 2]
    if not isinstance(shape, Items) or any(type(length) is not int or length < 0 for length in shape):
        raise Forbidden("it fills an array of an unusual shape")
    count = 1
    for length in shape:
        count *= length
    if (dtype.code == "O") != isinstance(content, Listed) or (isinstance(content, Listed) and content.count != count):
        raise Forbidden("it fills an array with more or fewer objects than its shape says")
