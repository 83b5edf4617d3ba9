"""A row and a change that break a property: as an object, as readable JSON, as the rows of a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelcheck.errors import RecordError
from modelcheck.perturb.falsify.change import Change, apply_change, plain_cell, plain_cells
from modelcheck.perturb.falsify.properties import Property
from modelcheck.perturb.falsify.simplify import Kept
from modelcheck.perturb.outcomes import Outcomes
from modelcheck.record.decoding import Reader
from modelcheck.record.plain import number, plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SCHEMA", "Counterexample", "Said", "said_of"]

SCHEMA = "modelcheck/example/1"
_MOST_CATEGORIES = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a model said of one row.

    Attributes
    ----------
    decision : str, int, float, bool or None
        The label; None for a regression or without an answer.
    score : float, tuple of float or None
        The probability, the value, or one probability for each class; None without.
    message : str
        What was said in place of an answer; may be empty.
    """

    decision: Any = None
    score: float | tuple[float | None, ...] | None = None
    message: str = ""

    def __str__(self) -> str:
        if self.message:
            return self.message
        if self.score is None:
            return "no answer" if self.decision is None else str(self.decision)
        scores = self.score if isinstance(self.score, tuple) else (self.score,)
        text = ", ".join("no number" if score is None else f"{score:.6g}" for score in scores)
        return text if self.decision is None else f"{self.decision} ({text})"

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        score = list(self.score) if isinstance(self.score, tuple) else self.score
        return {"decision": self.decision, "score": score, "message": self.message}


def said_of(outcomes: Outcomes | None, labels: Sequence[object] | None) -> Said | None:
    """Return what was said of the first row of some outcomes; None without outcomes."""
    if outcomes is None:
        return None
    if not outcomes.answered[0]:
        return Said(message=str(outcomes.messages.get(0, "")) or "no answer")
    score: float | tuple[float | None, ...] | None = None
    if outcomes.score is not None:
        score = number(outcomes.score[0]) if outcomes.score.ndim == 1 else tuple(map(number, outcomes.score[0]))
    if outcomes.decision is None:
        return Said(score=score)
    code = int(outcomes.decision[0])
    known = labels is not None and 0 <= code < len(labels)
    return Said(decision=plain_cell(labels[code]) if labels is not None and known else code, score=score)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """A row and a change that break a property.

    Attributes
    ----------
    name : str
        The property's name.
    title : str
        What should hold, for readers.
    rule : mapping of str to object
        The property as plain JSON; empty for one that can't be said so.
    row : int
        Position of the row among those that were searched.
    values : mapping of str to object
        The whole row before the change, plain: None for missing, ISO text for dates, ``inf`` for infinities.
    dtypes : mapping of str to str
        The pandas types of its columns.
    categories : mapping of str to list
        The categories of columns of that type, up to 255.
    context : mapping of str to tuple
        Columns that were changed before and after alike: the row's own value, and the value in `values`.
    changes : mapping of str to tuple
        Column to its value before and after.
    before, after : Said or None
        What the model said; None where nobody asked.
    alone : bool
        Whether it also happens when the model is asked about this row alone.
    """

    name: str
    title: str
    rule: Mapping[str, Any]
    row: int
    values: Mapping[str, Any]
    dtypes: Mapping[str, str]
    categories: Mapping[str, list[Any]] = field(default_factory=dict)
    context: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    changes: Mapping[str, tuple[Any, Any]]
    before: Said | None = None
    after: Said | None = None
    alone: bool = True

    @classmethod
    def of(
        cls, prop: Property, rows: pd.DataFrame, row: int, kept: Kept, *, labels: Sequence[object] | None = None
    ) -> Counterexample:
        """Write down what a search kept.

        Parameters
        ----------
        prop : Property
            What it breaks.
        rows : DataFrame
            The rows that were searched.
        row : int
            The position in them.
        kept : Kept
            The change.
        labels : sequence or None
            What class codes stand for.
        """
        import pandas as pd

        own = rows.iloc[[row]].reset_index(drop=True)
        before = apply_change(own, kept.shared)
        values = {str(name): plain_cell(before[name].iloc[0]) for name in before.columns}
        categories = {}
        for name in before.columns:
            dtype = before[name].dtype
            if isinstance(dtype, pd.CategoricalDtype) and len(dtype.categories) <= _MOST_CATEGORIES:
                categories[str(name)] = plain_cells(dtype.categories)
        return cls(
            name=prop.name,
            title=prop.title,
            rule=plain(prop.rule),
            row=row,
            values=values,
            dtypes={str(name): str(before[name].dtype) for name in before.columns},
            categories=categories,
            context={name: (plain_cell(own[name].iloc[0]), values[name]) for name in kept.shared.columns},
            changes={name: (values[name], value) for name, value in kept.change.values.items()},
            before=said_of(kept.before, labels),
            after=said_of(kept.after, labels),
            alone=kept.alone,
        )

    @property
    def change(self) -> Change:
        """The change that is judged."""
        return Change(values={name: after for name, (_, after) in self.changes.items()})

    def as_check(self, model_name: str, *, score_column: int = 1) -> str:
        """Return a check to paste; see `modelcheck.perturb.falsify.regression_check.as_check`."""
        from modelcheck.perturb.falsify.regression_check import as_check

        return as_check(self, model_name, score_column=score_column)

    def table_rows(self) -> list[tuple[str, Any, Any]]:
        """Return column, value before and value after: of the changed columns, then of the others."""
        rest = [(name, value, value) for name, value in self.values.items() if name not in self.changes]
        return [*((name, was, now) for name, (was, now) in self.changes.items()), *rest]

    def sentence(self, quote: Callable[[str], str] = str) -> str:
        """Return what happens, in one sentence; `quote` is given every entry of the row."""
        changed = " and ".join(
            f"{name} from {quote(_told(was))} to {quote(_told(now))}" for name, (was, now) in self.changes.items()
        )
        said = ""
        if self.before is not None and self.after is not None:
            said = f": {self.before} became {self.after}"
        return f"Row {self.row:,}, {changed}{said}." if changed else f"Row {self.row:,} as it is{said}."

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON; the keys stand in a fixed order."""
        return {
            "schema": SCHEMA,
            "property": self.name,
            "title": self.title,
            "rule": dict(self.rule),
            "row": self.row,
            "changes": {name: list(pair) for name, pair in self.changes.items()},
            "before": None if self.before is None else self.before.as_json(),
            "after": None if self.after is None else self.after.as_json(),
            "alone": self.alone,
            "context": {name: list(pair) for name, pair in self.context.items()},
            "values": dict(self.values),
            "dtypes": dict(self.dtypes),
            "categories": {name: list(values) for name, values in self.categories.items()},
        }

    def dump(self) -> str:
        """Return the text of the JSON, for people to read: same example, same text."""
        return json.dumps(self.as_json(), indent=1, ensure_ascii=True, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, data: Any) -> Counterexample:
        """Read what `as_json` wrote.

        Raises
        ------
        RecordError
            Anything else, named by its path.
        """
        source = Reader(data)
        if source.text("schema") != SCHEMA:
            raise RecordError(f"The schema is {source.text('schema')[:60]!r}, {SCHEMA!r} was expected.")
        values = {name: _cell(value, f"values.{name}") for name, value in source.mapping("values").items()}
        dtypes = source.mapping("dtypes")
        if list(dtypes) != list(values) or not all(isinstance(name, str) for name in dtypes.values()):
            raise RecordError("The stored example can't be read: dtypes must name one type for each of the values.")
        changes = _pairs(source, "changes", values, 0)
        if not isinstance(data.get("alone"), bool):
            raise RecordError("The stored example can't be read: alone must be true or false.")
        categories = source.mapping("categories", {})
        for name, known in categories.items():
            if name not in values or not isinstance(known, list):
                raise RecordError(f"The stored example can't be read: categories.{name[:60]} isn't a list of a column.")
        return cls(
            name=source.text("property"),
            title=source.text("title"),
            rule=source.mapping("rule"),
            row=source.whole("row"),
            values=values,
            dtypes=dtypes,
            categories={
                name: [_cell(one, f"categories.{name}") for one in known] for name, known in categories.items()
            },
            context=_pairs(source, "context", values, 1),
            changes=changes,
            before=_read_said(data.get("before"), "before"),
            after=_read_said(data.get("after"), "after"),
            alone=data["alone"],
        )


def _told(value: Any) -> str:
    return "missing" if value is None else repr(value) if isinstance(value, str) else str(value)


def _cell(value: Any, where: str) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        if isinstance(value, float) and number(value) is None:
            raise RecordError(f"The stored example can't be read: {where[:80]} is no finite number.")
        return value
    raise RecordError(f"The stored example can't be read: {where[:80]} is {type(value).__name__}, a cell was expected.")


def _pairs(source: Reader, key: str, values: Mapping[str, Any], same: int) -> dict[str, tuple[Any, Any]]:
    """Read columns with two cells each, of which one is the row's."""
    pairs = {}
    for name, pair in source.mapping(key, {}).items():
        if name not in values or not isinstance(pair, list) or len(pair) != 2:
            raise RecordError(f"The stored example can't be read: {key}.{name[:60]} isn't two cells of a column.")
        cells = (_cell(pair[0], f"{key}.{name}"), _cell(pair[1], f"{key}.{name}"))
        if cells[same] != values[name]:
            raise RecordError(f"The stored example can't be read: {key}.{name[:60]} contradicts the row's values.")
        pairs[name] = cells
    return pairs


def _read_said(data: Any, where: str) -> Said | None:
    if data is None:
        return None
    source = Reader(data, where)
    score = data.get("score")
    if isinstance(score, list):
        score = tuple(_score(one, f"{where}.score") for one in score)
    else:
        score = _score(score, f"{where}.score")
    return Said(
        decision=_cell(data.get("decision"), f"{where}.decision"), score=score, message=source.text("message", "")
    )


def _score(value: Any, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RecordError(f"The stored example can't be read: {where} is no number.")
    return float(_cell(value, where))
