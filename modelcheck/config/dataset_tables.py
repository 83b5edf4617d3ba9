"""``[dataset]`` and ``[reference]`` from TOML."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelcheck.config.fields import Fields, as_number, kind_of
from modelcheck.config.locations import check_data_path
from modelcheck.config.slices import name_problem
from modelcheck.config.tables import DatasetTable
from modelcheck.config.toml_text import shorten, toml_value
from modelcheck.config.words import VALUE_SYNONYMS, did_you_mean

__all__ = ["read_dataset", "read_reference"]

_DIRECTIONS = ("increasing", "decreasing")
_SHARES = "is the same for both tables: [reference] has `path` only and shares the rest with [dataset]."


def read_dataset(fields: Fields, folder: Path, *, task: str | None) -> DatasetTable:
    """Read the evaluation rows' table.

    Parameters
    ----------
    fields : Fields
        The table; mistakes are noted there.
    folder : Path
        Folder of the configuration.
    task : str or None
        The declared task, when there is one.

    Returns
    -------
    DatasetTable
        Only meaningful when no mistake was noted.
    """
    path = fields.text("path", required='a file, folder, glob or "package.module:function" with labelled rows.')
    target = fields.text("target", required="the column that holds the truth.")
    if path is not None:
        check_data_path(fields, "path", path, folder)
    protected = _read_protected(fields)
    columns = {column for one in protected for column in one}
    control = fields.texts("control")
    table = DatasetTable(
        path=path or "",
        target=target or "",
        positive=fields.scalar("positive"),
        labels=_read_labels(fields),
        protected=protected,
        forbidden=fields.texts("forbidden"),
        monotonic=_read_directions(fields, "monotonic"),
        signs=_read_directions(fields, "signs"),
        canary=fields.texts("canary"),
        categorical=fields.texts("categorical"),
        bands=_read_bands(fields, columns | set(control)),
        control=control,
        follows=_read_follows(fields, columns),
        unchangeable=fields.texts("unchangeable"),
        descriptions=_read_words(fields, "descriptions"),
        answers=_read_words(fields, "answers"),
        cluster=fields.text("cluster"),
        weight=fields.text("weight"),
        key=fields.text("key"),
        time=fields.text("time"),
        drop=fields.texts("drop"),
    )
    fields.close()
    _check_roles(fields, table)
    for key in ("positive", "labels", "answers"):
        if task == "regression" and key in fields.values:
            fields.wrong(key, 'belongs to classes; the task here is "regression".')
    return table


def read_reference(fields: Fields, folder: Path) -> str | None:
    """Read the path of the rows that the candidate was trained on; see `read_dataset`."""
    path = fields.text("path", required="the rows that the candidate was trained on, or like them.")
    if path is not None:
        check_data_path(fields, "path", path, folder)
    shared = dict.fromkeys(DatasetTable.__dataclass_fields__, _SHARES)
    fields.close(advice=shared)
    return path


def _read_protected(fields: Fields) -> tuple[tuple[str, ...], ...]:
    if not fields.has("protected"):
        return ()
    value = fields.values["protected"]
    form = 'a list of columns or lists of columns, e.g. ["sex", ["sex", "race"]]'
    if not isinstance(value, list):
        hint = f"Write protected = {shorten(toml_value([value]))}" if isinstance(value, str) else ""
        fields.wrong("protected", f"must be {form}, not {kind_of(value)}.", hint)
        return ()
    entries: list[tuple[str, ...]] = []
    for item in value:
        columns = item if isinstance(item, list) else [item]
        if not columns or any(not isinstance(column, str) or not column.strip() for column in columns):
            fields.wrong("protected", f"must be {form}; {shorten(toml_value(item), 40)} is neither.")
            continue
        name = "*".join(columns)
        problem = name_problem(name)
        if len(set(columns)) < len(columns):
            fields.wrong("protected", f"crosses a column with itself in {shorten(toml_value(item), 40)}.")
        elif any("*".join(entry) == name for entry in entries):
            fields.wrong("protected", f"holds {shorten(toml_value(name), 40)} twice; name each once.")
        elif problem:
            fields.wrong(
                "protected",
                f"holds {shorten(toml_value(name), 60)}, which can't be part of a gate's id: {problem}.",
                "Rename the column in a dataset function.",
            )
        else:
            entries.append(tuple(columns))
    return tuple(entries)


def _read_labels(fields: Fields) -> dict[str, Any]:
    inner = fields.table("labels")
    if inner is None:
        return {}
    if not inner.values:
        fields.wrong("labels", "is empty; write the table's label and the model's, e.g. { \">50K\" = 1 }.")
    labels = {key: inner.scalar(key) for key in inner.values}
    return {key: value for key, value in labels.items() if value is not None}


def _read_directions(fields: Fields, key: str) -> dict[str, str]:
    inner = fields.table(key)
    if inner is None:
        return {}
    directions: dict[str, str] = {}
    for column, value in inner.values.items():
        if value in _DIRECTIONS:
            directions[column] = value
        else:
            hint = did_you_mean(str(value)[:40], _DIRECTIONS, VALUE_SYNONYMS)
            inner.wrong(column, 'must be "increasing" or "decreasing".', hint)
    return directions


def _read_words(fields: Fields, key: str) -> dict[str, str]:
    """Read plain words by column or answer."""
    inner = fields.table(key)
    if inner is None:
        return {}
    found = {name: inner.text(name) for name in inner.values}
    return {name: text for name, text in found.items() if text is not None}


def _read_follows(fields: Fields, protected: set[str]) -> dict[str, str]:
    inner = fields.table("follows")
    if inner is None:
        return {}
    follows: dict[str, str] = {}
    for column, value in inner.values.items():
        if column in protected:
            inner.wrong(column, "is a protected column itself; name columns that change with one.")
        elif not isinstance(value, str) or value not in protected:
            hint = did_you_mean(str(value)[:40], sorted(protected))
            inner.wrong(column, 'must be the protected column that it follows, e.g. { title = "sex" }.', hint)
        else:
            follows[column] = value
    return follows


def _read_bands(fields: Fields, grouped: set[str]) -> dict[str, tuple[float, ...]]:
    inner = fields.table("bands")
    if inner is None:
        return {}
    bands: dict[str, tuple[float, ...]] = {}
    for column, value in inner.values.items():
        cuts = [as_number(item) for item in value] if isinstance(value, list) else []
        numbers = [cut for cut in cuts if cut is not None]
        rising = all(low < high for low, high in itertools.pairwise(numbers))
        if not numbers or len(numbers) < len(cuts) or not rising:
            inner.wrong(column, "must be a list of increasing cut points; e.g. [25, 45] makes three bands.")
        elif column not in grouped:
            hint = did_you_mean(column, sorted(grouped))
            inner.wrong(column, "is no protected or control column; bands make groups of those only.", hint)
        else:
            bands[column] = tuple(numbers)
    return bands


def _check_roles(fields: Fields, table: DatasetTable) -> None:
    """Note a second role of the target: as a feature, group or weight it would give the answer away."""
    if not table.target:
        return
    roles: Mapping[str, Any] = {
        "protected": [column for columns in table.protected for column in columns],
        "forbidden": table.forbidden,
        "categorical": table.categorical,
        "monotonic": table.monotonic,
        "signs": table.signs,
        "canary": table.canary,
        "control": table.control,
        "follows": table.follows,
        "unchangeable": table.unchangeable,
        "cluster": [table.cluster],
        "weight": [table.weight],
        "key": [table.key],
        "time": [table.time],
        "drop": table.drop,
    }
    for key, columns in roles.items():
        if table.target in columns:
            name = shorten(toml_value(table.target), 60)
            fields.wrong(key, f"holds {name}, which is the target; the target has no other role.")
