"""The target column against the model's classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelcheck.config.tables import DatasetTable
from modelcheck.data.labels import LabelReader, Labels
from modelcheck.errors import DataError

NAN = float("nan")


def _read(values: Any, task: str = "binary", classes: tuple[Any, ...] | None = None, **declared: Any) -> Labels:
    reader = LabelReader(DatasetTable(path="", target="y", **declared), task, classes)
    table = pa.table({"y": pa.array(values, from_pandas=False)})
    for batch in table.to_batches(max_chunksize=3):
        reader.update(batch)
    return reader.finish()


@pytest.mark.parametrize(
    ("values", "classes", "declared", "expected", "codes"),
    [
        ([0, 1, 1], (0, 1), {}, (0, 1), [0, 1, 1]),
        ([0.0, 1.0], (0, 1), {}, (0, 1), [0, 1]),
        ([False, True], (0, 1), {}, (0, 1), [0, 1]),
        ([0, 1], (False, True), {}, (False, True), [0, 1]),
        ([0, 1], (np.int64(0), np.int64(1)), {}, (0, 1), [0, 1]),
        ([0, 1], (np.float64(0), np.float64(1)), {}, (0.0, 1.0), [0, 1]),
        (["0", "1"], (0, 1), {}, (0, 1), [0, 1]),
        (["0.0", "1.0"], (0, 1), {}, (0, 1), [0, 1]),
        ([0, 1], ("0", "1"), {}, ("0", "1"), [0, 1]),
        (["True", "False"], (False, True), {}, (False, True), [1, 0]),
        ([-1, 1], (-1, 1), {}, (-1, 1), [0, 1]),
        (["no", "yes"], ("no", "yes"), {"positive": "yes"}, ("no", "yes"), [0, 1]),
        (["no", "yes"], ("no", "yes"), {"positive": "no"}, ("yes", "no"), [1, 0]),
        ([1, 2], (1, 2), {"positive": 1}, (2, 1), [1, 0]),
        ([1, 2], (1, 2), {"positive": "2"}, (1, 2), [0, 1]),
        (["<=50K", ">50K"], (0, 1), {"positive": ">50K"}, (0, 1), [0, 1]),
        (["<=50K", ">50K"], (False, True), {"positive": "<=50K"}, (False, True), [1, 0]),
        ([1, 2], (0, 1), {"positive": 2}, (0, 1), [0, 1]),
        (["<=50K", ">50K"], (0, 1), {"labels": {">50K": 1}}, (0, 1), [0, 1]),
        (["<=50K", ">50K"], (0, 1), {"labels": {"<=50K": 0, ">50K": 1}}, (0, 1), [0, 1]),
        (["a", "b", "c"], (0, 1), {"labels": {"a": 0, "b": 1, "c": 1}}, (0, 1), [0, 1, 1]),
        ([0, 1], ("no", "yes"), {"labels": {"0": "no", "1": "yes"}, "positive": "yes"}, ("no", "yes"), [0, 1]),
        ([0, 1], ("no", "yes"), {"labels": {"0": "no", "1": "yes"}, "positive": 1}, ("no", "yes"), [0, 1]),
        (["<=50K", ">50K"], None, {"positive": ">50K"}, ("<=50K", ">50K"), [0, 1]),
        (["<=50K", ">50K"], None, {"positive": "<=50K"}, (">50K", "<=50K"), [1, 0]),
        ([1, 0], None, {}, (0, 1), [1, 0]),
        (["<=50K", ">50K"], None, {"labels": {"<=50K": 0, ">50K": 1}}, (0, 1), [0, 1]),
    ],
)
def test_binary_labels_match(
    values: list[Any], classes: Any, declared: dict[str, Any], expected: tuple[Any, ...], codes: list[int]
) -> None:
    labels = _read(values, "binary", classes, **declared)
    assert labels.classes == expected
    assert [type(label) for label in labels.classes] == [type(label) for label in expected]
    assert labels.target.dtype == np.int16
    assert labels.target.tolist() == codes
    assert sum(labels.counts) == len(values)


@pytest.mark.parametrize(
    ("values", "classes", "declared", "plain"),
    [
        ([0, 1], (0, 1), {}, True),
        (["0", "1"], (0, 1), {}, False),
        (["<=50K", ">50K"], (0, 1), {"positive": ">50K"}, False),
        (["<=50K", ">50K"], (0, 1), {"labels": {">50K": 1}}, False),
    ],
)
def test_matches_that_are_not_plain_equality_are_noted(
    values: Any, classes: Any, declared: dict[str, Any], plain: bool
) -> None:
    assert (not _read(values, "binary", classes, **declared).notes) == plain


def test_multiclass_labels_keep_the_order_of_the_model() -> None:
    labels = _read(["b", "a", "c", "a"], "multiclass", ("c", "b", "a", "z"))
    assert labels.target.tolist() == [1, 2, 0, 2]
    assert labels.counts == (1, 1, 2, 0)
    assert "'z'" in labels.notes[0]
    assert _read([10, 2, 3], "multiclass").classes == (2, 3, 10)


def test_categories_are_labels_too() -> None:
    column = pa.array(pd.Categorical(["b", "a", "b"]))
    reader = LabelReader(DatasetTable(path="", target="y", positive="b"), "binary", None)
    reader.update(pa.RecordBatch.from_pydict({"y": column}))
    assert reader.finish().target.tolist() == [1, 0, 1]


def test_regression_targets_are_floats() -> None:
    labels = _read([1, 2, 5], "regression")
    assert labels.target.dtype == np.float64
    assert labels.target.tolist() == [1.0, 2.0, 5.0]
    assert labels.classes == ()
    assert "every row" in _read([2.0, 2.0], "regression").notes[0]


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize(
    ("values", "part"),
    [
        ([0.0, 1.0, 1.0, 0.0, None, NAN], "2 missing of 6 labels; the first is in row 5 "),
        ([0.0, float("inf"), 1.0, -float("inf"), None], "1 missing and 2 infinite of 5 labels; the first is in row 2 "),
    ],
)
def test_missing_and_infinite_labels_are_counted(task: str, values: list[Any], part: str) -> None:
    with pytest.raises(DataError) as caught:
        _read(values, task)
    assert part in str(caught.value)


def test_missing_text_labels_are_counted() -> None:
    with pytest.raises(DataError, match="1 missing of 3 labels; the first is in row 2 "):
        _read(["a", None, "b"], "multiclass")


@pytest.mark.parametrize(
    ("values", "task", "classes", "declared", "part"),
    [
        (
            ["a", "b", "zz", "zz"],
            "multiclass",
            ("a", "b"),
            {},
            "doesn't know: 'zz' (2 rows). The model's classes: 'a', 'b'",
        ),
        ([0, 1, 2], "binary", (0, 1), {}, "doesn't know: 2 (1 rows)"),
        (["<=50K", ">50K"], "binary", (0, 1), {}, "doesn't know: '<=50K' (1 rows), '>50K' (1 rows)"),
        ([0, 1], "binary", ("no", "yes"), {"positive": 1}, "doesn't know: 0 (1 rows), 1 (1 rows)"),
        ([1, 1, 1], "binary", (0, 1), {}, "one class only: 1 (3 rows)"),
        (["a", "a"], "multiclass", None, {}, "one class only: 'a' (2 rows)"),
        (["a", "b"], "binary", (0, 1), {"labels": {"a": 1, "b": 1}}, "stand for one class"),
        ([1, 2], "binary", None, {}, "Which label of 'y' is positive? The labels are 1, 2"),
        (["no", "yes"], "binary", ("no", "yes"), {}, 'for example: positive = "yes"'),
        (
            ["no", "yes"],
            "binary",
            None,
            {"positive": "yess"},
            "is no label of the target 'y', which has 'no', 'yes'. Closest",
        ),
        (["a", "b", "c"], "binary", None, {}, "has 3 labels: 'a' (1 rows), 'b' (1 rows), 'c' (1 rows)"),
        ([0, 1], "binary", (0, 1, 2), {}, "the model has 3 classes: 0, 1, 2"),
        (["a", "b"], "binary", (0, 1), {"labels": {"x": 1}}, "labels under [dataset] names 'x'"),
        (["1", "1.0"], "multiclass", (0, 1), {}, "doesn't know: '1' (1 rows), '1.0' (1 rows)"),
        ([0.5 + i for i in range(1_001)], "multiclass", None, {}, "more than 1,000 different labels"),
        (["a", "b"], "regression", None, {}, "holds string, for example 'a'; a regression needs numbers"),
        ([True, False], "regression", None, {}, "holds bool"),
        ([], "binary", None, {}, "zero rows"),
    ],
)
def test_labels_that_allow_no_single_reading_are_refused(
    values: list[Any], task: str, classes: Any, declared: dict[str, Any], part: str
) -> None:
    with pytest.raises(DataError) as caught:
        _read(values, task, classes, **declared)
    assert part in str(caught.value)


def test_hostile_labels_are_shown_on_one_short_line() -> None:
    with pytest.raises(DataError) as caught:
        _read(["a\n\u202eb" + "x" * 10_000, "ok"], "multiclass", ("ok", "z"))
    assert "\n" not in str(caught.value)
    assert "\u202e" not in str(caught.value)
    assert len(str(caught.value)) < 600
