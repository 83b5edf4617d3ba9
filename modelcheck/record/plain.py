"""Any value a check may hand in, as plain JSON: what a record is made of."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Any

__all__ = ["number", "plain"]

_MISSING = frozenset({"NAType", "NaTType"})


def number(value: Any) -> float | None:
    """Return a finite float, or None for None, NaN, infinities and whole numbers that no float can hold.

    Parameters
    ----------
    value : number or None
        Python or numpy scalar.

    Returns
    -------
    float or None
        What JSON can say.

    Examples
    --------
    >>> number(0.5), number(float("inf")), number(None)
    (0.5, None, None)
    """
    if value is None:
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


def plain(value: Any) -> Any:
    """Return `value` built of None, bool, int, float, str, list and dict only.

    Numbers that JSON lacks (NaN, infinities) and missing values become None, numpy scalars and arrays their Python
    counterparts, dates ISO text, sets sorted lists. Anything else is written as its text.

    Parameters
    ----------
    value : object
        A scalar, sequence, mapping or array; nested as deep as needed.

    Returns
    -------
    object
        The plain value; the order of mappings is kept.

    Examples
    --------
    >>> plain({"when": datetime.date(2027, 1, 31), "share": float("nan"), 3: (1, True)})
    {'when': '2027-01-31', 'share': None, '3': [1, True]}
    """
    # Plain scalars first: a record's charts hold many thousands of them.
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return number(value)
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, AbstractSet):
        return [plain(item) for item in sorted(value, key=lambda item: (type(item).__name__, str(item)))]
    if isinstance(value, (bool, int, str)):
        return int(value) if isinstance(value, int) else str(value)
    if type(value).__name__ in _MISSING:
        return None
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "backslashreplace")
    return _foreign(value)


def _foreign(value: Any) -> Any:
    """Values of numpy and of classes that JSON has never heard of."""
    cls: Any = type(value)
    if cls.__module__.partition(".")[0] == "numpy":
        kind = getattr(getattr(value, "dtype", None), "kind", "")
        if getattr(value, "ndim", 0):
            return [plain(item) for item in value.tolist()] if kind not in "mM" else [str(item) for item in value]
        if kind == "b":
            return bool(value)
        if kind in "iu":
            return int(value)
        if kind == "f":
            return number(value)
        if kind in "mM":
            return None if str(value) == "NaT" else str(value)
    if cls.__str__ is object.__str__ and cls.__repr__ is object.__repr__:
        # The default text holds a memory address, which would differ between equal runs.
        return f"<{cls.__module__}.{cls.__qualname__}>"
    return str(value)


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str(key)
    value = plain(key)
    return value if isinstance(value, str) else str(value)
