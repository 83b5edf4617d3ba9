"""What a search for weak slices found, and what it could have found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.conditions import And, Condition, pandas_query
from modelcheck.record.numbers import format_value
from modelcheck.slices.axes import Feature

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SearchResult", "WeakSlice", "condition_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakSlice:
    """One slice with a mean loss above that of the rest.

    Attributes
    ----------
    words : str
        Its conditions for people, e.g. ``age < 25 & workclass = Private``.
    condition : Condition or None
        The same as modelcheck's configuration takes it; None for features that are codes without levels.
    runs : tuple of (int, int, int)
        Place of the feature, first and last code of each condition.
    rows : int
        Rows in the slice, of those it is judged on: with `confirm` the ones held out.
    n : int
        Those of them that the loss is about: all, without `among`.
    loss, rest : float
        Mean loss in the slice and in all other rows.
    effect : float
        Their difference, as seen. The slice was chosen because this is large: see `corrected`.
    corrected : float
        The difference corrected for that choice; from held-out rows where some were held out.
    low, high : float or None
        Limits of the difference that hold together for all slices looked at.
    p, p_adjusted : float or None
        One-sided p-value of the slice alone, and adjusted over everything that was eligible.
    score : float
        By the objective of the search.
    proved : bool
        Whether `p_adjusted` is at most ``(1 - confidence) / 2``.
    """

    words: str
    condition: Condition | None
    runs: tuple[tuple[int, int, int], ...]
    rows: int
    n: int
    loss: float
    rest: float
    effect: float
    corrected: float
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None
    score: float
    proved: bool

    @property
    def query(self) -> str:
        """The conditions as ``DataFrame.query`` takes them (with ``engine="python"``); empty without levels."""
        return "" if self.condition is None else pandas_query(self.condition)

    def __str__(self) -> str:
        return (
            f"{self.words}: {self.n:,} rows, mean loss {format_value(self.loss)} against {format_value(self.rest)}"
            + ("" if self.p_adjusted is None else f", adjusted p {self.p_adjusted:.2g}")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """Slices, the highest score first, and how they were looked for.

    Attributes
    ----------
    slices : tuple of WeakSlice
        At most so many as were asked for.
    rows : int
        Rows that were searched.
    eligible : tuple of int
        Slices that were looked at, by number of conditions, from 1; empty where some were left out unseen because they
        could not be among the best.
    least, most : int
        Rows that a slice had to have, and could have.
    confidence : float
        Level of all intervals together.
    method : str
        How slices are judged.
    findable : float or None
        Smallest excess that a slice of `least` rows would have shown with 80 % power, with as many conditions as
        the search allows; None where nothing would have, or nothing is judged.
    notes : tuple of str
        What else one has to know: features left out, why there is nothing.
    """

    slices: tuple[WeakSlice, ...]
    rows: int
    eligible: tuple[int, ...]
    least: int
    most: int
    confidence: float
    method: str
    findable: float | None = None
    notes: tuple[str, ...] = ()
    features: tuple[Feature, ...] = field(default=(), repr=False, compare=False)

    @property
    def proved(self) -> tuple[WeakSlice, ...]:
        """The slices that are worse than the rest by more than chance."""
        return tuple(one for one in self.slices if one.proved)

    def mask(self, found: WeakSlice) -> NDArray[np.bool_]:
        """Return which rows of the table, those held out included, are in a slice, shape (n_rows,)."""
        inside = np.ones(self.rows, dtype=np.bool_)
        for place, first, last in found.runs:
            inside &= self.features[place].mask(first, last)
        return inside

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each slice."""
        import pandas as pd

        columns = ("words", "rows", "n", "loss", "rest", "effect", "corrected", "low", "high", "p", "p_adjusted")
        lines: list[dict[str, Any]] = [
            {
                **{name: getattr(one, name) for name in columns},
                "score": one.score,
                "proved": one.proved,
                "query": one.query,
            }
            for one in self.slices
        ]
        return pd.DataFrame(lines, columns=[*columns, "score", "proved", "query"])

    def __str__(self) -> str:
        looked = f"{sum(self.eligible):,} slices" if self.eligible else "Slices"
        head = f"{looked} of {self.least:,} to {self.most:,} of {self.rows:,} rows; {self.method}."
        lines = [f"  {one}" for one in self.slices] or ["  no slice is worse than the rest"]
        if self.findable is not None:
            lines.append(
                f"With 80 % power {format_value(self.findable)} more in {self.least:,} rows would have been found."
            )
        return "\n".join([head, *lines, *self.notes])


def condition_of(runs: tuple[tuple[int, int, int], ...], features: tuple[Feature, ...]) -> Condition | None:
    """Return runs of codes as one condition; None where a feature has no levels."""
    parts: list[Condition] = []
    for place, first, last in runs:
        levels = features[place].levels
        if levels is None:
            return None
        part = levels.condition(first, last)
        parts += part.parts if isinstance(part, And) else [part]
    return parts[0] if len(parts) == 1 else And(parts=tuple(parts))
