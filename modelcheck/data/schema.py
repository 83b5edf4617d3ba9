"""What each column is for and what it holds, with the reason for every inference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from modelcheck.config.tables import DatasetTable
from modelcheck.data.kinds import Guess, guess_kind
from modelcheck.data.names import shown, with_closest
from modelcheck.data.sample import Sample
from modelcheck.errors import DataError

__all__ = ["ROLES", "Column", "Schema", "infer_schema"]

ROLES = ("feature", "target", "cluster", "weight", "key", "time", "dropped", "score", "unused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column as it was understood.

    Attributes
    ----------
    name : str
        Whole, as in the table.
    role : str
        One of `ROLES`.
    kind : str
        ``number``, ``integer``, ``boolean``, ``category``, ``date``, ``text``, ``identifier`` or ``constant``.
    reason : str
        Why this kind and role.
    declared : bool
        Whether the configuration (or the model) says so, rather than inference.
    distinct : int
        Different values in the rows looked at.
    missing_share : float
        Share of missing values in the rows looked at, in [0, 1].
    marks : tuple of str
        ``protected``, ``forbidden``, ``monotonic increasing``, ...
    description : str
        What it holds, in the user's words; empty where nobody said.
    """

    name: str
    role: str
    kind: str
    reason: str
    declared: bool
    distinct: int
    missing_share: float
    marks: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """All columns of a table.

    Attributes
    ----------
    columns : tuple of Column
        In the table's order.
    features : tuple of str
        Names in the order in which the model takes them.
    looked_at : str
        Which rows the inference rests on, e.g. ``all 1,000 rows``.
    """

    columns: tuple[Column, ...]
    features: tuple[str, ...]
    looked_at: str

    def column(self, name: str) -> Column:
        """Return one column by its name."""
        return next(column for column in self.columns if column.name == name)

    def as_record(self) -> list[dict[str, Any]]:
        """Return plain dictionaries for the record; names longer than 200 characters are shortened."""
        return [
            {
                "name": column.name if len(column.name) <= 200 else column.name[:197] + "...",
                "role": column.role,
                "kind": column.kind,
                "reason": column.reason,
                "declared": column.declared,
                "distinct": column.distinct,
                "missing_share": round(column.missing_share, 6),
                "marks": list(column.marks),
                **({"description": column.description} if column.description else {}),
            }
            for column in self.columns
        ]


def infer_schema(
    sample: Sample,
    table: DatasetTable,
    *,
    feature_names: Sequence[str] | None = None,
    scores: Sequence[str] = (),
    guesses: dict[str, Guess] | None = None,
) -> Schema:
    """Infer role and kind of every column.

    Parameters
    ----------
    sample : Sample
        The rows to look at.
    table : DatasetTable
        What the user declares; it always wins.
    feature_names : sequence of str or None
        The features that the model names. None: every column without another role. Protected columns stay features.
    scores : sequence of str
        Columns that hold predictions.
    guesses : dict of str to Guess, or None
        What was guessed from this sample before, by column; filled here, so that no column is looked at twice.

    Returns
    -------
    Schema
        See `modelcheck.data.kinds.guess_kind` for the rules.

    Raises
    ------
    DataError
        The model names features that the table lacks (all are listed), or names the target.
    """
    names = sample.table.column_names
    roles = _declared_roles(table, scores)
    if feature_names is not None:
        _refuse_features(feature_names, names, table, scores)
    columns = []
    guesses = {} if guesses is None else guesses
    for name in names:
        if name not in guesses:
            guesses[name] = guess_kind(name, sample.table.column(name).combine_chunks(), sample.positions)
        column = _column(name, guesses[name], table)
        if name in roles:
            column = replace(column, role=roles[name], reason=f"declared as {_key(roles[name])}; {column.reason}")
            column = replace(column, declared=True)
            if feature_names is not None and name in feature_names:
                column = replace(column, marks=(*column.marks, "feature of the model"))
        elif feature_names is not None and name not in feature_names:
            column = replace(column, role="unused", reason=f"the model doesn't name it; {column.reason}")
        columns.append(column)
    features = (
        tuple(feature_names) if feature_names is not None else tuple(c.name for c in columns if c.role == "feature")
    )
    return Schema(columns=tuple(columns), features=features, looked_at=sample.text)


def _column(name: str, guess: Guess, table: DatasetTable) -> Column:
    declared = name in table.categorical and guess.kind != "constant"
    marks = []
    if any(name in attribute for attribute in table.protected):
        marks.append("protected")
    if name in table.control:
        marks.append("control")
    if name in table.follows:
        marks.append(f"follows {table.follows[name]}")
    if name in table.forbidden:
        marks.append("forbidden")
    if name in table.monotonic:
        marks.append(f"monotonic {table.monotonic[name]}")
    if name in table.signs:
        marks.append(f"expected {table.signs[name]}")
    if name in table.canary:
        marks.append("canary")
    if name in table.unchangeable:
        marks.append("unchangeable")
    return Column(
        name=name,
        role="feature",
        kind="category" if declared else guess.kind,
        reason="declared categorical" if declared else guess.reason,
        declared=declared,
        distinct=guess.distinct,
        missing_share=guess.missing_share,
        marks=tuple(marks),
        description=table.descriptions.get(name, ""),
    )


def _declared_roles(table: DatasetTable, scores: Sequence[str]) -> dict[str, str]:
    roles = dict.fromkeys(table.drop, "dropped")
    roles.update(dict.fromkeys(scores, "score"))
    for role in ("time", "key", "weight", "cluster", "target"):
        name = getattr(table, role)
        if name is not None:
            roles[name] = role
    return roles


def _key(role: str) -> str:
    return "drop" if role == "dropped" else role


def _refuse_features(features: Sequence[str], names: Sequence[str], table: DatasetTable, scores: Sequence[str]) -> None:
    known = set(names)
    lacking = [name for name in features if name not in known]
    if lacking:
        listed = ", ".join(with_closest(name, names) for name in lacking[:20])
        more = f" and {len(lacking) - 20} more" if len(lacking) > 20 else ""
        raise DataError(f"The table lacks {len(lacking)} of the model's {len(features)} features: {listed}{more}.")
    if table.target in features:
        raise DataError(
            f"The model names the target {shown(table.target)} as a feature: it would predict what it is given. "
            "Name another target, or fit the model without this column."
        )
