"""A condition as text for ``DataFrame.query``, so that its rows can be looked at in pandas."""

from __future__ import annotations

import datetime
import keyword
import math
import re
import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from modelcheck.conditions.tree import And, Comparison, Condition, Membership, Missing, Not, Or, Value

__all__ = ["pandas_query"]

_EXACT = 2**53  # whole numbers up to here are the same as float64
# pandas takes these for its own, whatever the columns are called.
_TAKEN = ("inf", "Inf")
_LOCAL = "__pd_eval_local_"
_BREAKS = "\x85\u2028\u2029"


class _Dtypes(Protocol):
    def items(self) -> Iterable[tuple[Any, Any]]: ...


def pandas_query(condition: Condition, dtypes: _Dtypes | None = None) -> str:
    """Return text for which ``frame.query(text)`` keeps exactly the rows that meet the condition.

    Comparisons with a missing value are false here, but not all are in pandas (``NaN != 1`` is true there), so ``!=``,
    ``not in`` and whatever stands under ``not`` ask ``notna()`` too. Text that reads like a date is compared by ``>=``
    and ``<=``, because ``==`` with text finds no date in pandas. Dates count in microseconds, as modelcheck reads them:
    a frame with finer ones may differ within the microsecond.

    Parameters
    ----------
    condition : Condition
        From `modelcheck.conditions.parse_condition`.
    dtypes : Series or mapping of str to dtype, or None
        ``frame.dtypes``. Without them the text is right for columns of numbers, truth values, text, categories (but
        for text that reads like a date) and dates without a zone. They are needed where a column is float32 (pandas
        rounds the number it is compared with), where categories are compared by order or dates have a zone (pandas
        raises), and to see that two columns' names look alike to pandas.

    Returns
    -------
    str
        One line, for pandas 3; right with and without ``engine="python"``.

    Raises
    ------
    ValueError
        A column that no query can name: its name has a line break or control character, is ``inf``, or looks to
        pandas like another column's. ``frame[modelcheck's mask]`` remains.

    Examples
    --------
    >>> from modelcheck.conditions import parse_condition
    >>> pandas_query(parse_condition("age >= 25 and `work class` != 'Private'"))
    "age >= 25 and (`work class` != 'Private' and `work class`.notna())"
    """
    kinds = {str(name): str(kind) for name, kind in (() if dtypes is None else dtypes.items())}
    return _Writer(kinds=kinds).write(condition, sure=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """Writes conditions on a frame with columns of these dtypes."""

    kinds: dict[str, str]

    def write(self, condition: Condition, *, sure: bool) -> str:
        """Return the text; with `sure` it is false, and not pandas' NA, where a value is missing."""
        match condition:
            case And(parts=parts):
                return " and ".join(self._inner(part, Or, sure=sure) for part in parts)
            case Or(parts=parts):
                return " or ".join(self._inner(part, And, sure=sure) for part in parts)
            case Not(part=part):
                return f"not ({self.write(part, sure=True)})"
            case Missing(column=column, negated=negated):
                return f"{self._name(column)}.{'notna' if negated else 'isna'}()"
            case Comparison(column=column, operator=operator, value=value):
                text = self._compared(column, operator, value)
                return f"({text} and {self._name(column)}.notna())" if sure or operator == "!=" else text
            case Membership(column=column, values=values, negated=negated):
                return self._listed(column, values, negated=negated, sure=sure)
        raise TypeError(f"not a condition: {condition!r}")

    def _inner(self, part: Condition, compound: type[Condition], *, sure: bool) -> str:
        text = self.write(part, sure=sure)
        return f"({text})" if isinstance(part, compound) else text

    def _compared(self, column: str, operator: str, value: Value) -> str:
        name, kind = self._name(column), self.kinds.get(column, "")
        if isinstance(value, bool):
            return f"{name} {operator} {value}"
        if isinstance(value, str):
            return self._text_compared(name, kind, operator, value)
        unsafe = kind.lower().startswith("float32") and not _same_in_float32(operator, value)
        if unsafe or (kind == "category" and operator not in ("==", "!=")):
            name = f"{name}.astype('float64')"
        return f"{name} {operator} {value!r}"

    def _text_compared(self, name: str, kind: str, operator: str, value: str) -> str:
        stored = kind.startswith(("datetime64", "timestamp", "date"))
        text = _literal(_moment(value, zoned="," in kind or "tz=" in kind) if stored else value)
        if operator not in ("==", "!="):
            return f"{name}.astype('str') {operator} {text}" if kind == "category" else f"{name} {operator} {text}"
        if not stored and (kind or not _is_date(value)):
            return f"{name} {operator} {text}"
        if operator == "==":
            return f"({name} >= {text} and {name} <= {text})"
        return f"({name} < {text} or {name} > {text})"

    def _listed(self, column: str, values: tuple[Value, ...], *, negated: bool, sure: bool) -> str:
        name = self._name(column)
        together: dict[type, list[str]] = {}
        alone: list[str] = []
        for value in values:
            text = self._compared(column, "==", value)
            if isinstance(value, bool) or text.startswith("(") or (isinstance(value, int) and abs(value) > _EXACT):
                alone.append(text)
            else:
                together.setdefault(type(value), []).append(_literal(value) if isinstance(value, str) else repr(value))
        lists = [f"[{', '.join(texts)}]" for texts in together.values()]
        if negated and not alone and len(lists) == 1:
            return f"({name} not in {lists[0]} and {name}.notna())"
        parts = [*(f"{name} in {one}" for one in lists), *alone]
        found = parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"
        if negated:
            return f"(not {found} and {name}.notna())"
        return f"({found} and {name}.notna())" if sure else found

    def _name(self, column: str) -> str:
        plain = column.isidentifier() and not keyword.iskeyword(column)
        if plain:
            # Python reads names in their NFKC form.
            lost = column in _TAKEN or _LOCAL in column or unicodedata.normalize("NFKC", column) != column
            # pandas' own tokenizer takes word characters for names; Python allows a few more.
            lost = lost or re.fullmatch(r"\w+", column) is None
        else:
            lost = not column or any(letter < " " or letter == "\x7f" or letter in _BREAKS for letter in column)
            lost = lost or any(_alike(column, other) for other in self.kinds)
        if lost:
            raise ValueError(
                f"pandas has no way to name the column {column!a} in a query. Rename it, or select the rows by "
                "modelcheck's own mask."
            )
        return column if plain else "`" + column.replace("`", "``") + "`"


def _alike(column: str, other: str) -> bool:
    return other != column and not other.isidentifier() and other.replace(" ", "_") == column.replace(" ", "_")


def _literal(text: str) -> str:
    quote = '"' if "'" in text and '"' not in text else "'"
    return quote + "".join(_escaped(letter, quote) for letter in text) + quote


def _escaped(letter: str, quote: str) -> str:
    # A backslash before the closing quote, or a backtick, would mislead pandas' own search for names.
    if letter.isprintable() and letter not in (quote, "\\", "`"):
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _same_in_float32(operator: str, value: float) -> bool:
    """Return whether float32 numbers compare with the rounded value as with the value itself."""
    try:
        number = float(value)
        rounded = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return False
    if operator in (">=", "<"):
        return bool(number <= rounded < math.inf)
    if operator in ("<=", ">"):
        return bool(number >= rounded > -math.inf)
    return bool(number == rounded)


def _is_date(text: str) -> bool:
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _moment(text: str, *, zoned: bool) -> str:
    """Return a date as a column with or without a zone can be compared with it; one without counts as UTC."""
    moment = datetime.datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC)
    if zoned:
        return moment.isoformat()
    day = moment.date().isoformat()
    return day if text == day else moment.replace(tzinfo=None).isoformat()
