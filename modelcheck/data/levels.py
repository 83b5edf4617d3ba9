"""One feature's codes as people read them, and as conditions that any table can be asked."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

from modelcheck.conditions import And, Comparison, Condition, Membership, Missing, Or, Value

__all__ = ["OTHER", "Levels"]

OTHER = "other"
_LISTED = 3  # single values that words name one by one
# Texts that begin with a digit lie from here to there; every ISO 8601 date does.
_FIRST_DATE, _AFTER_DATES = "0", ":"


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """What the codes of one feature mean.

    Attributes
    ----------
    name : str
        The feature's column.
    labels : tuple of str
        Readable name of each code; code 0 is ``missing``.
    ordered : bool
        Whether codes 1, 2, ... are ordered (bins) or names (levels).
    edges : tuple of float, int or str
        Ordered codes: where codes 2, 3, ... begin, as a condition compares them. May end in infinity.
    values : tuple of str, float, int or bool
        Levels: the values of codes 1, 2, ...; the last code is whatever else is present.
    text : bool
        Whether the edges are dates of a column of text, where texts that don't begin with a digit are ``other``.
    largest : float
        Largest finite number that the column can hold; infinity is what lies above it.

    Examples
    --------
    >>> age = Levels(name="age", labels=("missing", "< 25", "25 to 45", ">= 45"), ordered=True, edges=(25, 45))
    >>> age.condition(2, 2).text(), age.words(2, 3)
    ('age >= 25 and age < 45', 'age >= 25')
    >>> job = Levels(name="job", labels=("missing", "Private", "other"), ordered=False, values=("Private",))
    >>> job.condition(2, 2).text(), job.words(2, 2)
    ("job not in ['Private']", 'job is other')
    """

    name: str
    labels: tuple[str, ...]
    ordered: bool
    edges: tuple[float | str, ...] = ()
    values: tuple[Value, ...] = ()
    text: bool = False
    largest: float = sys.float_info.max

    @property
    def order(self) -> tuple[int, int]:
        """Half-open range of the codes that are bins in order; ``(0, 0)`` where there are none."""
        return (1, self._top + 1) if self.ordered else (0, 0)

    def condition(self, first: int, last: int) -> Condition:
        """Return the condition that exactly the rows with codes `first` to `last` meet, whatever their values.

        Parameters
        ----------
        first, last : int
            Codes, both included. Equal where the codes aren't ordered; 0 stands alone.

        Returns
        -------
        Condition
            On one column. Open ends leave their side out; all ordered codes together are ``is not missing``.

        Raises
        ------
        ValueError
            Codes that don't exist or don't belong together, or levels that were made of labels alone.
        """
        self._refuse(first, last)
        if first == 0:
            return Missing(column=self.name)
        if self.ordered:
            return self._range(first, last)
        if len(self.labels) != len(self.values) + 2:
            raise ValueError(f"the levels of {self.name!r} have labels and no values: no condition can name them.")
        if first <= len(self.values):
            return Comparison(column=self.name, operator="==", value=self.values[first - 1])
        if not self.values:
            return Missing(column=self.name, negated=True)
        # Not true of missing cells.
        return Membership(column=self.name, values=self.values, negated=True)

    def words(self, first: int, last: int) -> str:
        """Return the same rows in a few words, with numbers rounded as in `labels`.

        Parameters
        ----------
        first, last : int
            As in `condition`.

        Returns
        -------
        str
            ``age < 25``, ``age 25 to 45`` (45 not included), ``children = 1, 2 or 3``, ``workclass is missing``.

        Raises
        ------
        ValueError
            Codes that don't exist or don't belong together.
        """
        self._refuse(first, last)
        return f"{self.name} {self._said(first, last)}"

    def _refuse(self, first: int, last: int) -> None:
        if not 0 <= first <= last < len(self.labels):
            raise ValueError(f"{self.name!r} has codes 0 to {len(self.labels) - 1}, not {first} to {last}.")
        if first < last and (first == 0 or not self.ordered):
            raise ValueError(f"codes {first} to {last} of {self.name!r} make no range: they have no order.")

    @property
    def _top(self) -> int:
        """The last code that is a bin: `other` may follow."""
        bins = len(self.labels) - 1
        return bins - 1 if bins > 1 and self.labels[-1] == OTHER else bins

    def _range(self, first: int, last: int) -> Condition:
        top = self._top
        if len(self.edges) != top - 1:
            raise ValueError(f"the levels of {self.name!r} have labels and no edges: no condition can name them.")
        whole = first == 1 and last == len(self.labels) - 1
        if whole or (first == 1 and last == top and not self.text):
            return Missing(column=self.name, negated=True)
        below, above = self._compare("<", _FIRST_DATE), self._compare(">=", _AFTER_DATES)
        if first > top:
            return _any(below, above) if self.text else self._nobody()
        low = self._at_least(first) if first > 1 else self._compare(">=", _FIRST_DATE) if self.text else None
        if last > top:
            return _any(low, below if self.text else None)
        high = self._below(last + 1) if last < top else self._compare("<", _AFTER_DATES) if self.text else None
        parts = tuple(part for part in (low, high) if part is not None)
        return parts[0] if len(parts) == 1 else And(parts=parts)

    def _at_least(self, code: int) -> Condition:
        edge = self.edges[code - 2]
        # The grammar has no word for infinity.
        return self._compare(">", self.largest) if edge == math.inf else self._compare(">=", edge)

    def _below(self, code: int) -> Condition:
        edge = self.edges[code - 2]
        return self._compare("<=", self.largest) if edge == math.inf else self._compare("<", edge)

    def _compare(self, operator: str, value: Value) -> Condition:
        return Comparison(column=self.name, operator=operator, value=value)

    def _nobody(self) -> Condition:
        return And(parts=(Missing(column=self.name), Missing(column=self.name, negated=True)))

    def _said(self, first: int, last: int) -> str:
        labels, top = self.labels, self._top
        if first == 0:
            return "is missing"
        if not self.ordered:
            rest = labels[first] == OTHER or labels[1:] == ("present",)
            return f"is {labels[first]}" if rest else f"= {labels[first]}"
        if first > top:
            return f"is {OTHER}"
        if first == 1 and last >= top:
            return f"is not {OTHER}" if self.text and last == top else "is present"
        if last > top:
            return f">= {_mark(labels[first])} or is {OTHER}"
        single = not labels[1].startswith("< ")
        inner = first > 1 and last < top
        if single and (first == last or (inner and last - first < _LISTED)):
            *others, final = labels[first : last + 1]
            return f"= {', '.join(others)} or {final}" if others else f"= {final}"
        low, high = _mark(labels[first]), _mark(labels[last + 1]) if last < top else ""
        if first == 1:
            return f"< {high}"
        if last == top:
            return f">= {low}"
        return f">= {low} and < {high}" if single else f"{low} to {high}"


def _any(*parts: Condition | None) -> Condition:
    kept = tuple(part for part in parts if part is not None)
    return kept[0] if len(kept) == 1 else Or(parts=kept)


def _mark(label: str) -> str:
    """Return where a bin begins: its label is one value, ``low to high`` or ``>= low``."""
    return label.removeprefix(">= ").split(" to ")[0]
