"""Columns that a configuration declares, against those that a table has."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from modelcheck.config.tables import DatasetTable
from modelcheck.data.names import closest, shown, shown_list
from modelcheck.errors import DataError

__all__ = ["refuse_undeclared"]


def refuse_undeclared(
    table: DatasetTable, columns: Sequence[str], name: str, scores: Sequence[str], optional: Collection[str]
) -> None:
    """Raise when a table lacks columns that the configuration declares.

    Parameters
    ----------
    table : DatasetTable
        What is declared.
    columns : sequence of str
        What the table has.
    name : str
        ``dataset`` or ``reference``, for the message.
    scores : sequence of str
        Columns that hold predictions.
    optional : collection of str
        Keys whose columns may be absent.

    Raises
    ------
    DataError
        Listing every absent column with its key and the closest name.
    """
    wanted: list[tuple[str, str]] = [("target", table.target)]
    wanted += [("protected", column) for attribute in table.protected for column in attribute]
    for key in (
        "forbidden",
        "categorical",
        "monotonic",
        "signs",
        "canary",
        "bands",
        "control",
        "follows",
        "drop",
        "unchangeable",
        "descriptions",
    ):
        wanted += [(key, column) for column in getattr(table, key)]
    for key in ("cluster", "weight", "key", "time"):
        column = getattr(table, key)
        wanted += [] if column is None else [(key, column)]
    wanted += [("score", column) for column in scores]
    known = set(columns)
    lacking = [(key, column) for key, column in dict.fromkeys(wanted) if column not in known and key not in optional]
    if lacking:
        lines = [f"  {key}: {shown(column)}.{closest(column, columns)}" for key, column in lacking]
        head = "a declared column" if len(lacking) == 1 else f"{len(lacking)} declared columns"
        raise DataError(
            f"The {name} lacks {head}:\n"
            + "\n".join(lines)
            + f"\nIts {len(columns)} columns: {shown_list(columns, limit=20)}"
        )
