"""A weak slice as people read it: who is in it, and how to keep an eye on it from now on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of
from modelcheck.checks.performance.weakness.judged import FoundSlice
from modelcheck.checks.performance.weakness.looked import Looked
from modelcheck.checks.words import level, short
from modelcheck.conditions import pandas_query
from modelcheck.config.toml_text import toml_value
from modelcheck.record.evidence import Table
from modelcheck.scoring.rows import ScoredRows

__all__ = ["EXAMPLES", "LONGEST", "examples_of", "findable_of", "query_of", "reproduce", "slices_table"]

EXAMPLES = 10
LONGEST = 200  # characters of a slice in a sentence
_MOST_FEATURES = 6
_LONGEST_NAME = 100
_PLAIN = {"[": "(", "]": ")"}


def examples_of(
    rows: ScoredRows,
    found: FoundSlice,
    worst: NDArray[np.float64],
    extra: Mapping[str, NDArray[Any]] | None = None,
) -> tuple[dict[str, Any], ...]:
    """Return ten rows of a slice.

    Parameters
    ----------
    rows : ScoredRows
        All rows, scored by the candidate.
    found : FoundSlice
        The slice.
    worst : ndarray of float64, shape (n_rows,)
        What is wrong with each row; the largest come first, ties by row id.
    extra : mapping of str to ndarray of shape (n_rows,), or None
        What else is shown of each row, e.g. the challenger's answer (class codes of a classification become labels).

    Returns
    -------
    tuple of dict
        Row id, truth, the candidate's answer and score, `extra`, and the levels of up to 6 features, those that the
        slice's conditions name first.
    """
    ids = found.rows if rows.row_id is None else rows.row_id[found.rows]
    chosen = np.lexsort((ids, -worst[found.rows]))[:EXAMPLES]
    classes = rows.task != "regression"
    decided = decisions_of(rows) if classes and (rows.decision is not None or rows.score is not None) else None
    examples = []
    for place in chosen.tolist():
        at = int(found.rows[place])
        example: dict[str, Any] = {"row": int(ids[place]), "truth": _answer(rows, rows.target[at], classes)}
        if decided is not None:
            example["candidate"] = _answer(rows, decided[at], classes)
        if rows.score is not None:
            score = rows.score[at]
            name = "candidate's score" if classes else "candidate"
            example[name] = float(score if rows.score.ndim == 1 else score[int(np.argmax(score))])
        for name, values in (extra or {}).items():
            example[name] = _answer(rows, values[at], classes and np.issubdtype(values.dtype, np.integer))
        example.update(_levels(rows, found, at))
        examples.append(example)
    return tuple(examples)


def _answer(rows: ScoredRows, value: Any, classes: bool) -> Any:
    return short(rows.classes[int(value)]) if classes else float(value)


def _levels(rows: ScoredRows, found: FoundSlice, at: int) -> dict[str, str]:
    if rows.features is None:
        return {}
    places = list(dict.fromkeys([*found.features, *range(len(rows.features.levels))]))[:_MOST_FEATURES]
    return {
        f"{rows.features.levels[place].name} (level)": rows.features.levels[place].labels[
            int(rows.features.values[place, at])
        ]
        for place in places
    }


def query_of(found: FoundSlice) -> str:
    """Return the slice as text for ``DataFrame.query``; where pandas can't name a column, why."""
    if found.condition is None:
        return ""
    try:
        return pandas_query(found.condition)
    except ValueError as error:
        return f"(no pandas query: {error})"


def reproduce(found: FoundSlice, metric: str, side: str, limit: float) -> str:
    """Return how to see the slice in pandas, and the gate that watches it from now on.

    Parameters
    ----------
    found : FoundSlice
        The slice.
    metric : str
        Metric of the gate, e.g. ``accuracy``.
    side : {"min", "max"}
        Which limit.
    limit : float
        Proposed value.

    Returns
    -------
    str
        Lines for a person, a query, and TOML to paste.
    """
    if found.condition is None:
        return ""
    name = toml_value(_name(found.words))
    return "\n".join(
        [
            f"# rows: frame.query({query_of(found)!r})",
            "# in modelcheck.toml:",
            "[slices]",
            f"{name} = {toml_value(found.condition.text())}",
            "",
            f'[gates."performance.{metric}"]',
            f"slices.{name}.{side} = {limit:g}",
        ]
    )


def _name(words: str) -> str:
    """Return words as a configuration takes them for a slice's name."""
    text = "".join(_PLAIN.get(letter, letter if letter.isprintable() else " ") for letter in words)
    return " ".join(text.replace("::", ":").lstrip(":").split())[:_LONGEST_NAME].strip() or "slice"


def findable_of(quantity: str, values: Mapping[int, str | None], note: str = "") -> str:
    """Return the sentence that says what a search would have found.

    Parameters
    ----------
    quantity : str
        What was measured, in words.
    values : mapping of int to str or None
        For a number of rows what a slice of so many would have shown with 80 % power; None: nothing.
    note : str
        Stands behind them, e.g. in brackets.

    Returns
    -------
    str

    Examples
    --------
    >>> findable_of("a recall", {50: None, 200: "0.4 or less"})
    'With 80 % power a recall of 0.4 or less in 200 rows would have been found; in 50 rows none would.'
    >>> findable_of("a recall", {50: None})
    'With 80 % power nothing would have been found in 50 rows.'
    """
    known = [f"{value} in {size:,} rows" for size, value in values.items() if value is not None]
    blind = " or in ".join(f"{size:,} rows" for size, value in values.items() if value is None)
    if not known:
        return f"With 80 % power nothing would have been found in {blind}."
    rest = f"; in {blind} none would" if blind else ""
    return f"With 80 % power {quantity} of {' and of '.join(known)}{note and ' ' + note} would have been found{rest}."


def slices_table(
    looked: Looked,
    means: Callable[[NDArray[np.intp]], tuple[float, ...]],
    sides: tuple[str, ...],
    *,
    quantity: str,
    confidence: float,
    measured: str = "difference",
    note: str = "",
) -> tuple[Table, ...]:
    """Return the slices that a search chose as a table; nothing where it chose none.

    Parameters
    ----------
    looked : Looked
        The search.
    means : callable
        From positions of rows to the numbers that stand before the quantity, such as the two whose difference it is.
    sides : tuple of str
        What these numbers are.
    quantity : str
        What was measured, in words.
    confidence : float
        Of the gate.
    measured : str
        The quantity's column.
    note : str
        Stands below in place of what is said of slices that were judged by a limit; nothing is marked then.
    """
    if not looked.slices:
        return ()
    lines = []
    for one in looked.slices:
        found = one.estimate
        doubt = f"unproven: {found.unproven}" if found.unproven else ""
        mark = "beyond the limit" if one.broken and not note else doubt
        lines.append(
            (
                one.words,
                len(one.rows),
                *means(one.rows),
                found.value,
                one.corrected,
                found.low,
                found.high,
                one.p_adjusted,
                mark,
                query_of(one),
            )
        )
    columns = ("where", "rows", *sides, measured, "corrected", "low", "high", "adjusted p", "note", "pandas query")
    note = note or (
        f"The slices that came nearest to {quantity} beyond the limit, each different from those above it, of "
        f"{sum(looked.eligible):,} that were looked at. Intervals and one-sided p-values are Holm's over all of them, "
        f"at {level(confidence)} together. Corrected: put right for the slice having been chosen because it is large."
    )
    return (Table(name="slices", columns=columns, rows=tuple(lines), note=note),)
