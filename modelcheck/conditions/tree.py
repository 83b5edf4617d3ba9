"""Conditions as frozen trees, and how each is written: parsing what is written gives an equal tree."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["HIDDEN", "KEYWORDS", "And", "Comparison", "Condition", "Membership", "Missing", "Not", "Or", "Value"]

Value = bool | int | float | str

KEYWORDS = frozenset({"and", "or", "not", "in", "is", "missing", "true", "false", "True", "False"})
# Control and direction marks would make a condition read differently from what it does.
HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
_WRITTEN = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", "'": "\\'"}


class Condition:
    """A parsed condition: one of `Comparison`, `Membership`, `Missing`, `Not`, `And`, `Or`."""

    __slots__ = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it reads, each once, in order of appearance."""
        return tuple(dict.fromkeys(self._names()))

    def text(self) -> str:
        """Return the canonical text; parsing it gives an equal condition."""
        raise NotImplementedError

    def _names(self) -> Iterator[str]:
        raise NotImplementedError

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Condition):
    """``column operator value``."""

    column: str
    operator: str
    value: Value

    def text(self) -> str:
        """Return the canonical text."""
        return f"{_write_column(self.column)} {self.operator} {_write_value(self.value)}"

    def _names(self) -> Iterator[str]:
        yield self.column


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership(Condition):
    """``column in [...]``, or ``not in`` when `negated`."""

    column: str
    values: tuple[Value, ...]
    negated: bool = False

    def text(self) -> str:
        """Return the canonical text."""
        word = "not in" if self.negated else "in"
        return f"{_write_column(self.column)} {word} [{', '.join(map(_write_value, self.values))}]"

    def _names(self) -> Iterator[str]:
        yield self.column


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing(Condition):
    """``column is missing``, or ``is not missing`` when `negated`."""

    column: str
    negated: bool = False

    def text(self) -> str:
        """Return the canonical text."""
        return f"{_write_column(self.column)} is {'not ' if self.negated else ''}missing"

    def _names(self) -> Iterator[str]:
        yield self.column


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Condition):
    """The rows that `part` leaves out."""

    part: Condition

    def text(self) -> str:
        """Return the canonical text."""
        inner = self.part.text()
        return f"not ({inner})" if isinstance(self.part, And | Or) else f"not {inner}"

    def _names(self) -> Iterator[str]:
        yield from self.part._names()


@dataclass(frozen=True, slots=True, kw_only=True)
class And(Condition):
    """All of at least two parts; no part is an `And`."""

    parts: tuple[Condition, ...]

    def text(self) -> str:
        """Return the canonical text."""
        return " and ".join(f"({part.text()})" if isinstance(part, Or) else part.text() for part in self.parts)

    def _names(self) -> Iterator[str]:
        for part in self.parts:
            yield from part._names()


@dataclass(frozen=True, slots=True, kw_only=True)
class Or(Condition):
    """Any of at least two parts; no part is an `Or`."""

    parts: tuple[Condition, ...]

    def text(self) -> str:
        """Return the canonical text."""
        return " or ".join(part.text() for part in self.parts)

    def _names(self) -> Iterator[str]:
        for part in self.parts:
            yield from part._names()


def _write_column(name: str) -> str:
    if name not in KEYWORDS and re.fullmatch(r"[^\W\d]\w*(?:\.\w+)*", name):
        return name
    return "`" + name.replace("`", "``") + "`"


def _write_value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + "".join(map(_escaped, value)) + "'"
    return repr(value)


def _escaped(letter: str) -> str:
    if letter in _WRITTEN:
        return _WRITTEN[letter]
    if unicodedata.category(letter) in HIDDEN:
        return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"
    return letter
