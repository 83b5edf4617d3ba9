"""From text to a tree: a few token kinds, one function per line of the grammar, errors that point at the place."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from modelcheck.conditions.tree import (
    HIDDEN,
    KEYWORDS,
    And,
    Comparison,
    Condition,
    Membership,
    Missing,
    Not,
    Or,
    Value,
)

__all__ = ["ConditionError", "parse_condition"]

MAX_LENGTH = 100_000
MAX_DEPTH = 50

_FLIPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_MENDS = {
    "=": "Write == to compare.",
    "&": "Write and.",
    "|": "Write or.",
    "!": "Write not, or != to compare.",
    "<>": "Write !=.",
}
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<name>[^\W\d]\w*(?:\.\w+)*)
      | (?P<quoted>`(?:[^`]|``)*`)
      | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<operator>==|!=|<=|>=|<(?!>)|>)
      | (?P<mark>[()\[\],])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


class ConditionError(ValueError):
    """A condition that can't be read; points at the place.

    Parameters
    ----------
    problem : str
        What is wrong and what is allowed.
    text : str
        The whole condition.
    position : int
        Index of the offending character in `text`, from 0.
    """

    def __init__(self, problem: str, text: str, position: int) -> None:
        self.problem = problem
        self.text = text
        self.position = position
        start = max(0, position - 50)
        shown = "".join(_plain(letter) for letter in text[start : position + 30])
        head, tail = ("..." if start else ""), ("..." if position + 30 < len(text) else "")
        caret = " " * (len(head) + position - start) + "^"
        super().__init__(f"{problem}\n  {head}{shown}{tail}\n  {caret}")


def parse_condition(text: str) -> Condition:
    r"""Read a slice condition.

    Parameters
    ----------
    text : str
        At most 100,000 characters, at most 50 levels of ``not`` and parentheses.

    Returns
    -------
    Condition
        Frozen; equal for equal meaning up to order and spelling.

    Raises
    ------
    ConditionError
        With the position of the first mistake.

    Examples
    --------
    >>> parse_condition("age>=65 and (sex == \"Female\")").text()
    "age >= 65 and sex == 'Female'"
    >>> parse_condition("`hours per week` is missing").columns
    ('hours per week',)
    """
    if len(text) > MAX_LENGTH:
        raise ConditionError(
            f"The condition has {len(text):,} characters; at most {MAX_LENGTH:,} are allowed.", text, MAX_LENGTH
        )
    return _Parser(text).whole()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    word: str
    position: int


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.place = 0
        self.depth = 0

    @property
    def now(self) -> _Token:
        return self.tokens[self.place]

    def fault(self, problem: str, position: int | None = None) -> ConditionError:
        return ConditionError(problem, self.text, self.now.position if position is None else position)

    def step(self) -> _Token:
        token = self.now
        if token.kind != "end":
            self.place += 1
        return token

    def take(self, word: str) -> bool:
        if self.now.kind in ("name", "mark") and self.now.word == word:
            self.place += 1
            return True
        return False

    def whole(self) -> Condition:
        if self.now.kind == "end":
            raise self.fault("The condition is empty. Write for example: age >= 65")
        condition = self.any()
        if self.now.kind != "end":
            hint = ""
            if self.now.kind == "name" and self.now.word.lower() in ("and", "or"):
                hint = f" Write {self.now.word.lower()} in lower case."
            elif self.now.kind == "operator":
                hint = " Chains are not allowed: write 18 <= age and age < 65."
            raise self.fault(f"Expected `and`, `or` or the end, found {self.now.word[:40]!r}.{hint}")
        return condition

    def any(self) -> Condition:
        return self._joined("or", self.all, Or)

    def all(self) -> Condition:
        return self._joined("and", self.one, And)

    def _joined(self, word: str, part: Callable[[], Condition], kind: type[And] | type[Or]) -> Condition:
        parts: list[Condition] = []
        while True:
            found = part()
            # Flat lists make equal conditions equal, however they were bracketed.
            parts.extend(found.parts if isinstance(found, kind) else (found,))
            if not self.take(word):
                return parts[0] if len(parts) == 1 else kind(parts=tuple(parts))

    def one(self) -> Condition:
        start = self.now.position
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fault(f"The condition is nested more than {MAX_DEPTH} levels deep.", start)
        if self.take("not"):
            inner = self.one()
            found: Condition = inner.part if isinstance(inner, Not) else Not(part=inner)
        elif self.take("("):
            found = self.any()
            if not self.take(")"):
                raise self.fault("Expected `)` to close the bracket.")
        else:
            found = self.comparison()
        self.depth -= 1
        return found

    def comparison(self) -> Condition:
        if self.now.kind in ("number", "string") or self.now.word in ("true", "false", "True", "False"):
            position = self.now.position
            value = self.value()
            sign = self.operator()
            column = self.column()
            return self._compared(column, _FLIPPED[sign], value, position)
        column = self.column()
        if self.take("is"):
            negated = self.take("not")
            if not self.take("missing"):
                raise self.fault("Expected `missing`: write `is missing` or `is not missing`.")
            return Missing(column=column, negated=negated)
        if self.take("in"):
            return Membership(column=column, values=self.values())
        if self.take("not"):
            if not self.take("in"):
                raise self.fault("Expected `in` after `not`.")
            return Membership(column=column, values=self.values(), negated=True)
        sign = self.operator()
        position = self.now.position
        return self._compared(column, sign, self.value(), position)

    def _compared(self, column: str, sign: str, value: Value, position: int) -> Condition:
        if isinstance(value, bool) and sign not in ("==", "!="):
            raise self.fault("true and false have no order; only == and != compare them.", position)
        return Comparison(column=column, operator=sign, value=value)

    def operator(self) -> str:
        if self.now.kind != "operator":
            raise self.fault("Expected a comparison: ==, !=, <, <=, >, >=, in, not in, is missing or is not missing.")
        return self.step().word

    def column(self) -> str:
        token = self.now
        if token.kind == "quoted":
            self.step()
            if token.word == "``":
                raise self.fault("A column name can't be empty.", token.position)
            return token.word[1:-1].replace("``", "`")
        if token.kind == "name" and token.word not in KEYWORDS:
            return self.step().word
        hint = f" Write `{token.word}` in backticks if it is a column." if token.kind == "name" else ""
        found = "the end" if token.kind == "end" else repr(token.word[:40])
        raise self.fault(f"Expected a column name, found {found}.{hint}")

    def values(self) -> tuple[Value, ...]:
        if not self.take("["):
            raise self.fault("Expected a list such as ['a', 'b'] after `in`.")
        values = [self.value()]
        while self.take(","):
            values.append(self.value())
        if not self.take("]"):
            raise self.fault("Expected `,` or `]` in the list.")
        return tuple(values)

    def value(self) -> Value:
        token = self.now
        if token.kind == "number":
            self.step()
            return self._number(token)
        if token.kind == "string":
            self.step()
            return self._string(token)
        if token.kind == "name" and token.word in ("true", "True", "false", "False"):
            return self.step().word.lower() == "true"
        hint = " Text is written in quotes." if token.kind == "name" else ""
        found = "the end" if token.kind == "end" else repr(token.word[:40])
        raise self.fault(f"Expected a number, a text in quotes, true or false, found {found}.{hint}")

    def _number(self, token: _Token) -> Value:
        # Python refuses to read integers of thousands of digits; no column holds them either.
        if len(token.word) > 400:
            raise self.fault("The number is too long; at most 400 characters are allowed.", token.position)
        if re.fullmatch(r"[+-]?\d+", token.word):
            return int(token.word)
        number = float(token.word)
        if not math.isfinite(number):
            raise self.fault("The number is too large.", token.position)
        return number

    def _string(self, token: _Token) -> str:
        def letter(match: re.Match[str]) -> str:
            code = match[1] or match[2] or match[3]
            if code is not None:
                point = int(code, 16)
                if point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF:
                    return chr(point)
            elif match[4] in _SIMPLE_ESCAPES:
                return _SIMPLE_ESCAPES[match[4]]
            raise self.fault(
                f"Unknown escape {match[0]!r}; allowed are \\n \\t \\r \\\\ \\' \\\" \\xHH \\uHHHH \\UHHHHHHHH.",
                token.position + 1 + match.start(),
            )

        return _ESCAPE.sub(letter, token.word[1:-1])


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            letter = text[place]
            if letter in "'\"`":
                raise ConditionError(f"The {letter} that opens here is never closed.", text, place)
            mend = _MENDS.get(text[place : place + 2]) or _MENDS.get(letter) or "Quote odd column names in `backticks`."
            raise ConditionError(f"Unexpected {letter!r}. {mend}", text, place)
        if match.lastgroup is not None and match.lastgroup != "space":
            yield _Token(match.lastgroup, match[0], place)
        place = match.end()
    yield _Token("end", "", len(text))


def _plain(letter: str) -> str:
    return " " if unicodedata.category(letter) in HIDDEN else letter
