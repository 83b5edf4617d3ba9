"""Small parts of a page: table cells, facts, interval marks. Text in, plain text or finished SVG out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelcheck.record.evidence import Table
from modelcheck.record.numbers import decimals_for, format_count, format_duration, format_share, format_value
from modelcheck.record.plain import number
from modelcheck.report.text import group_words, one_line, paragraph, shorten

__all__ = ["Cell", "Grid", "cell", "facts", "grid", "interval_mark", "table_grid"]

MOST_ROWS = 20
_MOST_COLUMNS = 30
_CELL = 120
_ESTIMATE = ("value", "low", "high")
_SHARES = ("share", "missing_share")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell as it is shown; `number` aligns it to the right."""

    text: str
    number: bool = False
    whole: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table as it is shown.

    Attributes
    ----------
    name, note : str
        Caption, and what was left out.
    columns : tuple of str
        Headings.
    rows : tuple of tuple of Cell
        At most `MOST_ROWS`, unless the caller asked for more.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def cell(value: object, decimals: int | None = None, *, share: bool = False) -> Cell:
    """Return a value of a table as a cell.

    Parameters
    ----------
    value : object
        A plain value.
    decimals : int, optional
        Fixed decimals of a float.
    share : bool
        Whether a float is a share, shown as percent.

    Returns
    -------
    Cell
    """
    if value is None:
        return Cell(text="n/a", number=True)
    if isinstance(value, bool):
        return Cell(text="yes" if value else "no")
    if isinstance(value, int):
        return Cell(text=format_count(value), number=True)
    if isinstance(value, float):
        return Cell(text=format_share(value) if share else format_value(value, decimals), number=True)
    if isinstance(value, (list, tuple)):
        text = ", ".join(str(item) for item in value[:MOST_ROWS])
    elif isinstance(value, Mapping):
        text = ", ".join(f"{key} {item}" for key, item in list(value.items())[:MOST_ROWS])
    else:
        text = group_words(str(value))
    shown = shorten(text, _CELL)
    return Cell(text=shown, whole=shorten(text, 400) if len(text) > _CELL else "")


def grid(
    name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], note: str = "", *, most: int = MOST_ROWS
) -> Grid:
    """Return a table as it is shown: capped, and saying so.

    Parameters
    ----------
    name : str
        Caption.
    columns : sequence of str
        Headings; a column whose cells are all empty text is left away. ``value``, ``low`` and ``high`` get the decimals
        that their interval supports, and a method that is the same in all rows is told once, below.
    rows : iterable of sequence
        Plain values.
    note : str
        A sentence below the table.
    most : int
        Rows shown.

    Returns
    -------
    Grid
    """
    rows = list(rows)
    columns, rows, shared = _without_shared_method(columns, rows)
    told = [place for place in range(len(columns)) if not rows or any(row[place] != "" for row in rows)]
    columns, rows = [columns[place] for place in told], [[row[place] for place in told] for row in rows]
    shown = tuple(
        _row(row, columns, decimals) for row, decimals in zip(rows[:most], _decimals(columns, rows[:most]), strict=True)
    )
    notes = [paragraph(note, 400)] if note else []
    if shared:
        notes.append(f"Method: {shorten(shared, 200)}.")
    if len(rows) > most:
        notes.append(f"{format_count(most)} of {format_count(len(rows))} rows, all in record.json.")
    if len(columns) > _MOST_COLUMNS:
        notes.append(f"{_MOST_COLUMNS} of {format_count(len(columns))} columns, all in record.json.")
    headings = tuple(shorten(str(column), 60).replace("_", " ") for column in columns[:_MOST_COLUMNS])
    return Grid(name=shorten(name, 120), columns=headings, rows=shown, note=" ".join(notes))


def _without_shared_method(
    columns: Sequence[str], rows: list[Sequence[Any]]
) -> tuple[Sequence[str], list[Sequence[Any]], str]:
    """Take out the column ``method`` where all rows have the same, and return it."""
    if "method" not in columns or not rows:
        return columns, rows, ""
    place = list(columns).index("method")
    shared = rows[0][place]
    if not isinstance(shared, str) or not shared or any(row[place] != shared for row in rows):
        return columns, rows, ""
    without = [[item for other, item in enumerate(row) if other != place] for row in rows]
    return [column for column in columns if column != "method"], list(without), shared


def _decimals(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[int | None]:
    """Return the decimals of each row's value, low and high: one number for all rows where one can serve all."""
    places = {column: place for place, column in enumerate(columns)}
    if "value" not in places:
        return [None] * len(rows)
    each = [decimals_for(*(_number(row[places[key]]) if key in places else None for key in _ESTIMATE)) for row in rows]
    # Rows of different quantities (an error in points, a share) keep their own.
    same = bool(each) and max(each) - min(each) <= 1
    return [max(each) if same else one for one in each]


def _row(row: Sequence[Any], columns: Sequence[str], decimals: int | None) -> tuple[Cell, ...]:
    cells = []
    for column, value in list(zip(columns, row, strict=True))[:_MOST_COLUMNS]:
        fixed = decimals if column in _ESTIMATE else None
        # In such a column a whole 1 is the float 1.0 that JSON wrote short.
        item = number(value) if fixed is not None and type(value) is int else value
        cells.append(cell(item, fixed, share=column in _SHARES))
    return tuple(cells)


def _number(value: object) -> float | None:
    return number(value) if isinstance(value, (int, float)) else None


def table_grid(table: Table, *, most: int = MOST_ROWS) -> Grid:
    """Return a table of evidence as it is shown."""
    return grid(table.name, table.columns, table.rows, table.note, most=most)


def facts(known: Mapping[str, Any] | None, *, leave_out: Iterable[str] = ()) -> tuple[tuple[str, Cell], ...]:
    """Return what is known of a model, table or run as (words, value) pairs, nested mappings flattened one level.

    Parameters
    ----------
    known : mapping or None
        A part of the record.
    leave_out : iterable of str
        Keys that are shown elsewhere.

    Returns
    -------
    tuple of (str, Cell)
    """
    hidden = set(leave_out)
    pairs: list[tuple[str, Cell]] = []
    for key, value in (known or {}).items():
        if key in hidden or value in (None, "", [], {}):
            continue
        words = shorten(str(key).replace("_", " "), 60)
        if isinstance(value, Mapping):
            inner = list(value.items())[: 2 * MOST_ROWS]
            text = ", ".join(f"{name} {item}" for name, item in inner if item not in (None, ""))
            pairs.append((words, Cell(text=shorten(text, 600))))
        elif isinstance(value, int) or (isinstance(value, float) and not str(key).endswith("_s")):
            pairs.append((words, cell(value)))
        elif isinstance(value, float):
            pairs.append((words.removesuffix(" s"), Cell(text=format_duration(value))))
        else:
            text = ", ".join(map(str, value[:MOST_ROWS])) if isinstance(value, (list, tuple)) else str(value)
            pairs.append((words, Cell(text=shorten(one_line(text), 300))))
    return tuple(pairs)


def interval_mark(
    value: float | None,
    low: float | None,
    high: float | None,
    ends: tuple[float, float],
    limits: Sequence[float] = (),
    *,
    zero: bool = False,
) -> str:
    """Return a small drawing of an interval with its limits, or nothing where there is no interval.

    Parameters
    ----------
    value, low, high : float or None
        The estimate.
    ends : tuple of float
        What the left and right edge stand for.
    limits : sequence of float
        Drawn as upright lines.
    zero : bool
        Whether 0 is marked too: where candidate and baseline are alike.

    Returns
    -------
    str
        An ``<svg>`` element made of numbers only. It repeats what the cell says and is hidden from screen readers.
    """
    if value is None or low is None or high is None or not all(map(math.isfinite, (value, low, high))):
        return ""
    left, right = ends
    if not right > left:
        return ""

    def place(number: float) -> float:
        return round(4 + 92 * (min(max(number, left), right) - left) / (right - left), 1)

    marked = f'<path class="s-mu" d="M{place(0.0)},3v10"/>' if zero else ""
    lines = marked + "".join(
        f'<path class="s-ba" d="M{place(limit)},1v14"/>' for limit in limits if math.isfinite(limit)
    )
    return (
        '<svg class="mark" width="100" height="16" aria-hidden="true">'
        f'<path class="s-gr" d="M4,8h92"/>{lines}'
        f'<path class="s-c1 thick" d="M{place(low)},8H{place(high)}"/>'
        f'<circle class="f-c1" cx="{place(value)}" cy="8" r="3.5"/></svg>'
    )
