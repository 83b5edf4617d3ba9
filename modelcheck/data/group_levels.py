"""The groups of one column as levels: what each of them means as a condition on the table."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.conditions import Value
from modelcheck.data.levels import OTHER, Levels

__all__ = ["levels_of"]

_TRUTHS = ("False", "True")


def levels_of(
    name: str, keys: Sequence[tuple[int, float, str]], cuts: Sequence[float], bands: Sequence[str], empty: str
) -> tuple[Levels, tuple[int, ...]]:
    """Return a column's groups as levels, and the code of each group in them.

    Parameters
    ----------
    name : str
        The column.
    keys : sequence of (int, float, str)
        The groups in their order: rank (0 band, 1 number or truth value, 2 text, 3 missing), number, label.
    cuts, bands : sequence
        Cut points and the names of the bands between them; empty where values are groups.
    empty : str
        Label of the empty text.

    Returns
    -------
    levels : Levels
        All bands, whether they have rows or not; else the values, and ``other`` for what is none of them.
    codes : tuple of int
        For each key its code in the levels; 0 is missing.

    Examples
    --------
    >>> levels, codes = levels_of("sex", [(2, 0.0, "F"), (2, 0.0, "M"), (3, 0.0, "(missing)")], (), (), "(empty)")
    >>> codes, levels.condition(2, 2).text()
    ((1, 2, 0), "sex == 'M'")
    """
    if bands:
        levels = Levels(name=name, labels=("missing", *bands), ordered=True, edges=tuple(cuts))
        return levels, tuple(0 if rank == 3 else int(number) + 1 for rank, number, _ in keys)
    present = [key for key in keys if key[0] != 3]
    values = tuple(_value(key, empty) for key in present)
    labels = ("missing", *(label for _, _, label in present), OTHER)
    levels = Levels(name=name, labels=labels, ordered=False, values=values)
    return levels, tuple(0 if key[0] == 3 else present.index(key) + 1 for key in keys)


def _value(key: tuple[int, float, str], empty: str) -> Value:
    rank, number, text = key
    if rank == 1:
        if text in _TRUTHS:
            return bool(number)
        return int(number) if number.is_integer() else number
    if text == empty:
        return ""
    # A text that reads like a label of ours is shown in quotes.
    quoted = len(text) > 2 and text[0] == text[-1] == "'" and text[1] == "("
    return text[1:-1] if quoted else text
