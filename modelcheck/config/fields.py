"""A reader of one TOML table: asks for one key after the other and notes every mistake instead of stopping."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from modelcheck.config.toml_text import shorten, table_name, toml_key, toml_value
from modelcheck.config.words import KEY_SYNONYMS, VALUE_SYNONYMS, did_you_mean, listed
from modelcheck.errors import Mistake

__all__ = ["Fields", "as_number", "kind_of"]

_KINDS: tuple[tuple[type, str], ...] = (
    (str, "text"),
    (int, "a whole number"),
    (float, "a number"),
    (Mapping, "a table"),
    (list, "a list"),
)


def kind_of(value: object) -> str:
    """Return what TOML calls a value: text, whole number, number, true or false, list, table or date."""
    if isinstance(value, bool):
        return "true or false"
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "a date or time")


def as_number(value: object) -> float | None:
    """Return a finite float, or None when `value` is no finite number (true and false are none)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


class Fields:
    """The keys of one table, read one by one.

    Each reading method returns the value, or a neutral one (None, an empty tuple) after it has noted a mistake;
    a caller goes on and `mistakes` holds all of them in the end. `close` reports the keys nobody asked for.

    Parameters
    ----------
    values : mapping
        The table as ``tomllib`` reads it.
    file : str
        The file as the user knows it.
    section : str
        Name of the table as the user would write it between brackets; empty for the top level.
    mistakes : list of Mistake
        Where mistakes are added; shared by all tables of a run.
    """

    def __init__(self, values: Mapping[str, Any], *, file: str, section: str, mistakes: list[Mistake]) -> None:
        self.values = values
        self.file = file
        self.section = section
        self.mistakes = mistakes
        self._known: list[str] = []
        self._refused: set[str] = set()

    def wrong(self, key: str, problem: str, hint: str = "", *, value: object = None) -> None:
        """Note a mistake; the value shown is that of `key` unless another is given."""
        shown = self.values.get(key) if value is None else value
        self.mistakes.append(
            Mistake(
                file=self.file,
                section=self.section,
                key=shorten(toml_key(key)) if key else "",
                value="" if shown is None or not key else shorten(toml_value(shown)),
                problem=problem,
                hint=hint,
            )
        )

    def has(self, key: str) -> bool:
        """Return whether the table holds `key`, and count it as known."""
        self._known.append(key)
        return key in self.values

    def refuse(self, key: str, problem: str) -> None:
        """Note that a key can't be used here, when it is there; `close` neither repeats nor offers it."""
        self._refused.add(key)
        if key in self.values:
            self.wrong(key, problem)

    def inside(self, key: str, values: Mapping[str, Any]) -> Fields:
        """Return a reader of a table within this one."""
        section = ".".join(part for part in (self.section, shorten(table_name(key))) if part)
        return Fields(values, file=self.file, section=section, mistakes=self.mistakes)

    def text(self, key: str, *, choices: Sequence[str] = (), required: str = "") -> str | None:
        """Return a text that isn't empty, or None.

        Parameters
        ----------
        key : str
            The key.
        choices : sequence of str
            The allowed values; any text when empty.
        required : str
            What the key is for; when given, a missing key is a mistake.
        """
        if not self.has(key):
            if required:
                self.wrong(key, f"is missing; it is required: {required}")
            return None
        value = self.values[key]
        if choices and value not in choices:
            allowed = listed(map(toml_value, choices))
            self.wrong(key, f"must be {allowed}.", did_you_mean(str(value), choices, VALUE_SYNONYMS))
            return None
        if not isinstance(value, str):
            self.wrong(key, f"must be text, not {kind_of(value)}.")
            return None
        if not value.strip():
            self.wrong(key, "must not be empty; leave the key out instead.")
            return None
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of distinct texts; empty when the key is silent."""
        if not self.has(key):
            return ()
        value = self.values[key]
        if not isinstance(value, list):
            hint = f"Write {toml_key(key)} = {shorten(toml_value([value]))}" if isinstance(value, str) else ""
            self.wrong(key, f"must be a list of texts, not {kind_of(value)}.", hint)
            return ()
        bad = [item for item in value if not isinstance(item, str) or not item.strip()]
        if bad:
            self.wrong(key, f"must hold texts only; {shorten(toml_value(bad[0]), 40)} is not one.")
            return ()
        twice = next((item for number, item in enumerate(value) if item in value[:number]), None)
        if twice is not None:
            self.wrong(key, f"holds {shorten(toml_value(twice), 40)} twice; name each once.")
            return ()
        return tuple(value)

    def number(
        self, key: str, *, low: float = -math.inf, high: float = math.inf, open_ends: bool = False
    ) -> float | None:
        """Return a finite number within ``[low, high]`` (``(low, high)`` with `open_ends`), or None."""
        if not self.has(key):
            return None
        value = self.values[key]
        number = as_number(value)
        if number is None:
            what = toml_value(value) if kind_of(value).endswith("number") else kind_of(value)
            unquoted = f"Write it without quotes: {toml_key(key)} = {value}" if _reads_as_number(value) else ""
            self.wrong(key, f"must be a finite number, not {shorten(what, 40)}.", unquoted)
            return None
        inside = low < number < high if open_ends else low <= number <= high
        if not inside:
            self.wrong(key, f"must be {_range(low, high, open_ends)}.")
            return None
        return number

    def scalar(self, key: str) -> str | int | float | bool | None:
        """Return a text, a finite number or true or false, or None."""
        if not self.has(key):
            return None
        value = self.values[key]
        if isinstance(value, (str, bool)) or as_number(value) is not None:
            return value  # type: ignore[no-any-return]
        self.wrong(key, f"must be text, a finite number, true or false, not {kind_of(value)}.")
        return None

    def table(self, key: str, *, required: str = "") -> Fields | None:
        """Return a reader of the table `key`, or None when it is silent or no table."""
        if not self.has(key):
            if required:
                self.wrong(key, f"is missing; it is required: {required}")
            return None
        value = self.values[key]
        if not isinstance(value, Mapping):
            self.wrong(key, f"must be a table, not {kind_of(value)}.")
            return None
        return self.inside(key, value)

    def close(
        self,
        *,
        advice: Mapping[str, str] | None = None,
        synonyms: Mapping[str, Sequence[str]] = KEY_SYNONYMS,
    ) -> None:
        """Note every key that nobody asked for.

        Parameters
        ----------
        advice : mapping of str to str, optional
            Keys that need a sentence of their own instead of the closest name.
        synonyms : mapping
            Other words for the known keys.
        """
        known = list(dict.fromkeys(self._known))
        for key in self.values:
            if key in known or key in self._refused:
                continue
            own = (advice or {}).get(key)
            hint = own if own is not None else did_you_mean(key, known, synonyms)
            self.wrong(key, f"is not known here; allowed: {_sentence(known)}.", hint)


def _sentence(names: Iterable[str]) -> str:
    return listed(names, limit=30)


def _reads_as_number(value: object) -> bool:
    if not isinstance(value, str) or len(value) > 40:
        return False
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _range(low: float, high: float, open_ends: bool) -> str:
    if open_ends and math.isinf(high):
        return f"above {low:g}"
    if math.isinf(high):
        return f"{low:g} or more"
    if math.isinf(low):
        return f"{high:g} or less"
    ends = ", both excluded" if open_ends else ""
    return f"between {low:g} and {high:g}{ends}"
