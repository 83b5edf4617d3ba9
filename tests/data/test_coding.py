"""Feature codes: bins, levels, presence."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelcheck.config.tables import DatasetTable
from modelcheck.data.coding import Coding, fit_coding
from modelcheck.data.dataset import wrap_dataset
from modelcheck.errors import DataError

RNG = np.random.default_rng(1)


def _fit(values: Any, **declared: Any) -> Coding:
    column = pa.array(values, from_pandas=True)
    table = pa.table({"x": column, "y": np.arange(len(column)) % 2})
    data = wrap_dataset(table, DatasetTable(path="", target="y", **declared))
    return fit_coding(data, ["x"], from_name="dataset")


def _codes(coding: Coding, values: Any) -> list[str]:
    column = pa.array(values, from_pandas=True)
    codes = coding.encode(pa.RecordBatch.from_pydict({"x": column}))
    assert codes.dtype == np.uint8
    assert codes.shape == (1, len(column))
    return [coding.labels[0][code] for code in codes[0]]


def test_numbers_get_bins_of_equal_size_in_order() -> None:
    values = RNG.normal(size=10_000)
    coding = _fit(values)
    assert coding.ordered == (True,)
    assert len(coding.labels[0]) == 21
    codes = coding.encode(pa.RecordBatch.from_pydict({"x": values}))[0]
    assert np.bincount(codes, minlength=21)[1:].tolist() == pytest.approx([500] * 20, abs=1)
    order = np.argsort(values)
    assert (np.diff(codes[order].astype(int)) >= 0).all()


def test_codes_agree_with_a_binary_search_over_the_edges() -> None:
    values = np.concatenate([RNG.gamma(2, 100, 5_000).round(1), [np.inf, -np.inf, 0.0, -0.0]])
    coding = _fit(values)
    edges = np.array(coding.coders[0].edges)
    codes = coding.encode(pa.RecordBatch.from_pydict({"x": values}))[0]
    assert np.array_equal(codes, np.searchsorted(edges, values, side="right") + 1)
    assert np.isin(edges, values).all()


def test_few_numbers_get_a_code_each() -> None:
    coding = _fit([3, 1, 2, 2, None, 40])
    assert coding.labels[0] == ("missing", "1", "2", "3", "40")
    assert _codes(coding, [1, 2, 3, 40, 39, 0, 100, None]) == ["1", "2", "3", "40", "3", "1", "40", "missing"]


def test_null_and_nan_are_missing_in_every_kind() -> None:
    assert _codes(_fit([1.5, 2.5, 7.0]), [None, float("nan"), 2.5]) == ["missing", "missing", "2.5"]
    assert _codes(_fit(["a", "b", None]), ["b", None]) == ["b", "missing"]
    assert _codes(_fit([0, 1, 1, None]), [1.0, float("nan"), None]) == ["1", "missing", "missing"]
    assert _codes(_fit([b"x", b"y"]), [b"z", None]) == ["present", "missing"]


@pytest.mark.parametrize("heavy", [[0.0], [500.5], [2_000.0], [0.0, 500.5]])
def test_a_value_that_most_rows_share_takes_one_bin_and_leaves_the_others(heavy: list[float]) -> None:
    values = np.concatenate([np.repeat(heavy, 30_000), np.arange(1, 1_001)])
    coding = _fit(values)
    labels = coding.labels[0]
    assert len(labels) == len(set(labels)) == 21
    codes = coding.encode(pa.RecordBatch.from_pydict({"x": values}))[0]
    counts = np.bincount(codes, minlength=21)[1:]
    assert counts.min() >= 20
    assert np.sort(counts)[: -len(heavy)].max() <= 70


@pytest.mark.parametrize("values", [RNG.random(500) * 1e-12, 1e15 + np.arange(500.0), RNG.normal(size=500) * 1e9])
def test_labels_are_distinct_and_readable(values: np.ndarray) -> None:
    labels = _fit(values).labels[0]
    assert len(set(labels)) == len(labels)
    assert all(len(label) <= 50 for label in labels)


def test_labels_read_like_ranges() -> None:
    labels = _fit(np.arange(0, 2_000) // 10).labels[0]
    assert labels[:3] == ("missing", "< 10", "10 to 20") or labels[1].startswith("< ")
    assert " to " in labels[2]
    assert labels[-1].startswith(">= ")


def test_float32_columns_agree_with_their_own_edges() -> None:
    values = RNG.random(1_000).astype(np.float32)
    coding = _fit(values)
    wide = coding.encode(pa.RecordBatch.from_pydict({"x": values.astype(np.float64)}))
    narrow = coding.encode(pa.RecordBatch.from_pydict({"x": values}))
    assert np.array_equal(wide, narrow)


def test_levels_come_by_frequency_then_name() -> None:
    coding = _fit(["b", "a", "c", "c", "other", "missing", ""])
    assert coding.labels[0] == ("missing", "c", "''", "a", "b", "'missing'", "'other'", "other")
    assert coding.ordered == (False,)
    assert _codes(coding, ["never seen", "other"]) == ["other", "'other'"]


def test_many_levels_are_folded_into_other() -> None:
    values = [f"k{i}" for i in range(1_000) for _ in range(1 + (i < 300))]
    coding = _fit(pd.Categorical(values))
    assert len(coding.labels[0]) == 255
    labels = _codes(coding, pd.Categorical(["k0", "k999"]))
    assert labels == ["k0", "other"]


def test_text_categories_and_integers_are_one_level_each_whatever_stores_them() -> None:
    text = _fit(["a", "b", "a"])
    assert _codes(text, pd.Categorical(["b", "a"])) == ["b", "a"]
    numbers = _fit([10, 20, 20], categorical=("x",))
    assert numbers.labels[0] == ("missing", "20", "10", "other")
    assert _codes(numbers, [10.0, 30.0, float("nan")]) == ["10", "other", "missing"]


def test_booleans_and_zero_one_share_codes() -> None:
    assert _codes(_fit([True, False, True]), [1, 0]) == _codes(_fit([1, 0, 1]), [True, False]) == ["1", "0"]


def test_dates_get_bins_named_by_date() -> None:
    days = [f"2020-{month:02d}-{day:02d}" for month, day in itertools.product(range(1, 13), range(1, 29))]
    coding = _fit(days)
    assert coding.labels[0][1].startswith("< 2020-")
    assert coding.labels[0][-1] == "other"
    assert _codes(coding, ["2019-01-01", "2031-01-01", "someday", None]) == [
        coding.labels[0][1],
        coding.labels[0][-2],
        "other",
        "missing",
    ]
    stamps = pd.to_datetime(["2019-01-01", "2031-01-01"])
    assert _codes(coding, stamps) == [coding.labels[0][1], coding.labels[0][-2]]


def test_text_is_coded_as_present_or_missing() -> None:
    coding = _fit([f"a long sentence about case {i} and its outcome" for i in range(100)])
    assert coding.labels[0] == ("missing", "present")
    assert _codes(coding, ["anything", None]) == ["present", "missing"]


def test_a_constant_in_the_reference_does_not_crash_on_other_values() -> None:
    assert _codes(_fit([None, None, None]), [1.0, None]) == ["present", "missing"]
    assert _codes(_fit(["a", "a"]), ["a", "b", None]) == ["a", "other", "missing"]
    assert _codes(_fit([5, 5]), [1, 9, None]) == ["5", "5", "missing"]


@pytest.mark.parametrize(
    ("fitted", "given"), [([1, 2, 3], ["a"]), (["a", "b"], [1]), (["2020-01-01", "2020-01-02"], [5])]
)
def test_another_type_is_refused_by_name(fitted: list[Any], given: list[Any]) -> None:
    with pytest.raises(DataError, match=r"Feature 'x': holds .* here, but .* come"):
        _codes(_fit(fitted), given)
    with pytest.raises(DataError, match="lacks the feature 'x'"):
        _fit(fitted).encode(pa.RecordBatch.from_pydict({"z": given}))


def test_where_the_edges_come_from_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"x": np.arange(250_000.0), "y": np.arange(250_000) % 2})
    data = wrap_dataset(table, DatasetTable(path="", target="y"))
    small = wrap_dataset(table.slice(0, 10), DatasetTable(path="", target="y"))
    assert fit_coding(data, ["x"], from_name="dataset").edges_from == ("dataset (first pass, 200,000 of 250,000 rows)")
    assert fit_coding(data, ["x"], from_name="reference").edges_from == "reference (200,000 of 250,000 rows)"
    assert fit_coding(small, ["x"], from_name="dataset").edges_from == "dataset (first pass)"
    assert fit_coding(small, ["x"], from_name="reference").edges_from == "reference"


def test_encoding_batch_by_batch_equals_encoding_at_once() -> None:
    frame = pd.DataFrame({"x": RNG.normal(size=1_000), "c": RNG.choice(list("abc"), 1_000), "y": 1})
    data = wrap_dataset(frame, DatasetTable(path="", target="y"))
    coding = fit_coding(data, ["x", "c"], from_name="dataset")
    parts = [coding.encode(batch) for batch in data.batches(batch_rows=77)]
    (whole,) = [coding.encode(batch) for batch in data.batches()]
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
