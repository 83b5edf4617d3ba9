"""What ``modelcheck init`` writes: a configuration made of guesses, each with its reason beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelcheck.config.locations import is_local_path
from modelcheck.config.slices import name_problem
from modelcheck.config.toml_text import shorten, toml_key, toml_value
from modelcheck.errors import ArtifactRefused, DataError, ModelError

if TYPE_CHECKING:
    from modelcheck.models.protocol import ModelDescription

__all__ = ["propose"]

_ROWS = 20_000
_MOST_GROUPS = 50
_TARGETS = ("target", "label", "labels", "y", "outcome", "class", "response", "truth", "ground_truth", "y_true")
_PROTECTED = frozenset(
    "sex gender race ethnicity ethnic age religion disability disabled nationality citizenship marital pregnant".split()
)
_POSITIVES = ("yes", "true", "positive", "pos", "bad", "fraud", "default", "churn", "1", ">50k", "y", "t")
_AGE_CUTS = (25, 45, 65)
_EXAMPLES = {
    "binary": ("performance.roc_auc", "min = 0.80"),
    "multiclass": ("performance.balanced_accuracy", "min = 0.80"),
    "regression": ("performance.root_mean_squared_error", "max = 10.0"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """One column as the first rows show it."""

    name: str
    kind: str  # number, integer, boolean, date or text
    values: tuple[Any, ...]  # distinct, most frequent first
    rows: int  # without missing ones
    low: float | None = None
    high: float | None = None

    @property
    def words(self) -> frozenset[str]:
        """The words of its name: ``applicantSex_code`` is applicant, sex, code."""
        return frozenset(re.findall(r"[a-z]+|\d+", re.sub(r"([a-z])([A-Z])", r"\1 \2", self.name[:200]).lower()))

    @property
    def names_things(self) -> bool:
        """Whether the name says that it tells rows or units apart."""
        return bool(self.words & {"id", "uuid", "guid", "key", "index"}) or self.name.lower().endswith("id_")


def propose(model: str, data: str, folder: Path) -> str:
    """Return the text of a modelcheck.toml for one model and one table.

    Parameters
    ----------
    model : str
        Model file (relative to `folder`) or ``package.module:object``. A file is loaded only when its static
        inspection allows it; otherwise the text says why not.
    data : str
        File, folder, glob (relative to `folder`) or ``package.module:function``.
    folder : Path
        Where the configuration will lie.

    Returns
    -------
    str
        TOML. Guesses come from the model's own description and from the first 20,000 rows, and say so.

    Raises
    ------
    DataError
        The table can't be read or has one column only.
    ModelError
        There is no such model file.
    """
    if is_local_path(model) and not (folder / model).is_file():
        raise ModelError(f"There is no model file {shorten(toml_value(model), 200)}.")
    described, trouble = _describe(model, folder)
    columns, total = _read_columns(data, folder)
    if len(columns) < 2:
        raise DataError(f"{shorten(toml_value(data), 200)} has one column; a target and at least one more are needed.")
    features = set(described.feature_names or ()) if described is not None else set()
    seen = max(column.rows for column in columns)
    looked = f"{seen:,} of {total:,} rows" if total is not None and total > _ROWS else "the rows"
    lines = [
        "# Written by `modelcheck init` from guesses. Read each one, correct it, then run: pytest --modelcheck",
        f"# What is said about columns was seen in {looked if total is None or total > _ROWS else 'all rows'}.",
        "",
    ]
    target, why = _target(columns, features)
    task, task_why = _task(target, described)
    lines += ["[candidate]", f"model = {toml_value(model)}", *(f"# {line}" for line in trouble)]
    lines += [f'task = "{task}"  # {task_why}', ""]
    lines += ["# The champion to compare with.", "# [baseline]", '# model = "models/champion.skops"', ""]
    lines += ["[dataset]", f"path = {toml_value(data)}", f"target = {toml_value(target.name)}  # {why}"]
    others = [column for column in columns if column is not target]
    if task == "binary":
        lines.append(_positive(target, described))
    lines += _protected(others)
    lines += _roles(others, features)
    lines += ["", "# Rows the candidate was trained on, or like them: what a trivial rival is fitted on.", "# [reference]"]
    lines += ['# path = "data/train.csv"', ""]
    name, limit = _EXAMPLES[task]
    lines += ["# A limit makes a metric a blocking gate. Choose the worst value that is still worth using.", f'# [gates."{name}"]']
    lines += [f"# {limit}", '# reason = "why this value"', ""]
    return "\n".join(lines)


def _describe(model: str, folder: Path) -> tuple[ModelDescription | None, list[str]]:
    from modelcheck.config.tables import ModelTable
    from modelcheck.models.loading import load_model

    try:
        return load_model(ModelTable(model=model), folder).describe(), []
    except ArtifactRefused as error:
        lines = ["Not loaded, because the file could run code. If you know where it comes from, allow these names:"]
        return None, [*lines, f"trusted = {toml_value(list(error.names))}"] if error.names else [_comment(error)]
    except ModelError as error:
        return None, [f"Not loaded: {_comment(error)}"]


def _comment(error: Exception) -> str:
    """Return a message as one printable line, because it may quote names from a hostile file."""
    text = " ".join(str(error).split())
    return shorten("".join(letter if letter.isprintable() else "?" for letter in text), 300)


def _read_columns(data: str, folder: Path) -> tuple[list[_Column], int | None]:
    from modelcheck.data.opening import open_source

    source = open_source(data, folder)
    batch = next(iter(source.batches(batch_rows=_ROWS)), None)
    if batch is None or batch.num_rows == 0:
        raise DataError(f"{shorten(toml_value(data), 200)} has no rows.")
    columns = [_column(name, batch.column(number)) for number, name in enumerate(batch.schema.names)]
    return columns, source.rows_hint()


def _column(name: str, cells: Any) -> _Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = "text"
    for test, word in (
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "number"),
        (pa.types.is_decimal, "number"),
        (pa.types.is_temporal, "date"),
    ):
        if test(cells.type):
            kind = word
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    present = cells.drop_null()
    if kind == "number":
        present = present.cast(pa.float64())
        present = present.filter(pc.is_finite(present))
    if pa.types.is_nested(cells.type):
        # Lists and structs have no values that a configuration could name.
        return _Column(name=name, kind="nested", values=(), rows=len(present))
    counts = present.value_counts()
    order = pc.sort_indices(counts.field("counts"), sort_keys=None) if False else None
    del order
    pairs = sorted(zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True), key=lambda p: -p[1])
    numeric = kind in ("integer", "number") and len(present) > 0
    ends = pc.min_max(present).as_py() if numeric else {"min": None, "max": None}
    return _Column(
        name=name,
        kind=kind,
        values=tuple(value for value, _ in pairs),
        rows=len(present),
        low=ends["min"],
        high=ends["max"],
    )


def _target(columns: Sequence[_Column], features: set[str]) -> tuple[_Column, str]:
    outside = [column for column in columns if column.name not in features] or list(columns)
    for word in _TARGETS:
        for column in outside:
            if column.name.strip().lower() == word:
                return column, "guessed from its name"
    for column in outside:
        if column.words & set(_TARGETS) and not column.names_things:
            return column, "guessed from its name"
    usable = [column for column in outside if not column.names_things] or outside
    if features and len(usable) == 1:
        return usable[0], "the only column that the model doesn't use"
    return usable[-1], "guessed: the last column" + (" that the model doesn't use" if features else "")


def _task(target: _Column, described: ModelDescription | None) -> tuple[str, str]:
    if described is not None and described.task is not None:
        return described.task, "the model says so"
    distinct = len(target.values)
    if distinct == 2:
        return "binary", "the target has two values"
    if target.kind in ("number", "integer") and not (distinct <= 10 and _whole(target)):
        return "regression", f"the target is numeric with {distinct:,} different values"
    return "multiclass", f"the target has {distinct:,} different values"


def _whole(column: _Column) -> bool:
    return all(float(value).is_integer() for value in column.values)


def _positive(target: _Column, described: ModelDescription | None) -> str:
    labels = list(target.values)
    if {str(label) for label in labels} <= {"0", "1", "0.0", "1.0", "False", "True"}:
        return "# positive = 1  # the default: 1 or true"
    for word in _POSITIVES:
        for label in labels:
            if str(label).strip().lower().rstrip(".") == word:
                return f"positive = {toml_value(label)}  # guessed from its name; the other label is {_other(label, labels)}"
    if described is not None and described.classes is not None and len(described.classes) == 2:
        for label in labels:
            if label == described.classes[1]:
                return f"positive = {toml_value(label)}  # the model's second class; the other label is {_other(label, labels)}"
    rare = labels[-1]
    return f"positive = {toml_value(rare)}  # guessed: the rarer label; the other is {_other(rare, labels)}"


def _other(label: object, labels: Sequence[object]) -> str:
    return shorten(", ".join(toml_value(other) for other in labels if other is not label), 60) or "absent"


def _protected(columns: Sequence[_Column]) -> list[str]:
    found = [column for column in columns if column.words & _PROTECTED and column.kind != "nested"]
    named = [column for column in found if not name_problem(column.name)]
    lines = [f"# {shorten(toml_value(column.name))} can't be a group's name: {name_problem(column.name)}." for column in found if column not in named]
    chosen: list[str] = []
    bands: list[str] = []
    for column in named:
        if len(column.values) < 2:
            continue
        if len(column.values) <= _MOST_GROUPS and not (column.kind in ("integer", "number") and len(column.values) > 10):
            chosen.append(column.name)
        elif column.low is not None and column.high is not None and (cuts := _cuts(column)):
            chosen.append(column.name)
            bands.append(f"{toml_key(column.name)} = {toml_value(cuts)}")
        else:
            lines.append(f"# {shorten(toml_value(column.name))} looks protected, but {len(column.values):,} values are too many groups.")
    if not chosen:
        return [*lines, '# protected = ["sex"]  # every metric is also shown by these groups; none was recognised by name']
    lines.append(f"protected = {toml_value(chosen)}  # by name; every metric is also shown by these groups. Any other?")
    if bands:
        lines.append(f"bands = {{ {', '.join(bands)} }}  # numbers need cut points to become groups")
    return lines


def _cuts(column: _Column) -> list[float]:
    assert column.low is not None
    assert column.high is not None
    if "age" in column.words:
        return [cut for cut in _AGE_CUTS if column.low < cut <= column.high]
    middle = (column.low + column.high) / 2
    return [middle] if column.low < middle <= column.high else []


def _roles(columns: Sequence[_Column], features: set[str]) -> list[str]:
    lines: list[str] = []
    free = [column for column in columns if column.name not in features]
    keys = [column for column in free if column.names_things and column.rows and len(column.values) == column.rows]
    units = [column for column in free if column.names_things and 1 < len(column.values) < column.rows]
    if keys:
        lines.append(f"key = {toml_value(keys[0].name)}  # another value in every row; so it is no feature")
    if units:
        share = f"{len(units[0].values):,} values in {units[0].rows:,} rows"
        lines.append(f"cluster = {toml_value(units[0].name)}  # {share}: rows of one value are not independent")
    for column in columns:
        if column.words & {"weight", "weights", "wt", "fnlwgt"} and column.low is not None and column.low > 0:
            lines.append(f"# weight = {toml_value(column.name)}  # only if it says how many units a row stands for")
        if column.kind == "date":
            lines.append(f"# time = {toml_value(column.name)}  # when the row was observed")
    return lines
