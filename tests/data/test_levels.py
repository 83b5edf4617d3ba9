"""What codes mean: the rows that a condition selects are those with the codes, in modelcheck and in pandas."""

from __future__ import annotations

import datetime
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.conditions import pandas_query, parse_condition
from modelcheck.config.tables import DatasetTable
from modelcheck.data.arrow import normal_batch, normal_schema
from modelcheck.data.coding import Coding, fit_coding
from modelcheck.data.dataset import wrap_dataset
from modelcheck.data.frames import to_frame
from modelcheck.data.levels import Levels
from modelcheck.data.masks import evaluate

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
DAY = datetime.date(2020, 1, 1)
INF = float("inf")
MOMENTS = st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2250, 1, 1))


def fit(table: pa.Table, **declared: Any) -> Coding:
    whole = table.append_column("the target", pa.array(np.arange(len(table)) % 2))
    data = wrap_dataset(whole, DatasetTable(path="", target="the target", **declared))
    return fit_coding(data, table.column_names, from_name="dataset")


def ranges(levels: Levels) -> list[tuple[int, int]]:
    """Every code, and every run of ordered codes (a part of them where there are many)."""
    codes = range(len(levels.labels))
    runs = [(first, last) for first in codes[1:] for last in codes[first + 1 :]] if levels.ordered else []
    return [*((code, code) for code in codes), *runs[:: 1 + len(runs) // 60]]


def agree(coding: Coding, table: pa.Table, *, only: int | None = None) -> None:
    """Compare codes, masks and queries of every feature."""
    (batch,) = table.combine_chunks().to_batches()
    batch = normal_batch(batch, normal_schema(batch.schema))
    codes = coding.encode(batch)
    frame = to_frame(table)
    for place, levels in enumerate(coding.levels_in(batch.schema)):
        assert pickle.loads(pickle.dumps(levels)) == levels
        for first, last in ranges(levels)[:only]:
            condition = levels.condition(first, last)
            expected = np.flatnonzero((codes[place] >= first) & (codes[place] <= last)).tolist()
            about = levels.words(first, last), condition.text()
            assert parse_condition(condition.text()) == condition, about
            assert np.flatnonzero(evaluate(condition, batch)).tolist() == expected, about
            text = pandas_query(condition, frame.dtypes)
            assert frame.query(text, engine="python").index.tolist() == expected, (*about, text)


def table(**columns: Any) -> pa.Table:
    return pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})


RNG = np.random.default_rng(5)
DAYS = [DAY + datetime.timedelta(days=int(day)) for day in RNG.integers(0, 700, 300)]
STAMPS = pd.Series(pd.Timestamp("1969-12-30") + pd.to_timedelta(RNG.integers(0, 10**15, 300), unit="us"))
COLUMNS = {
    "numbers": RNG.normal(size=300),
    "numbers with gaps": np.where(RNG.random(300) < 0.2, np.nan, RNG.gamma(2, 100, 300)),
    "few numbers": [0, 1, 3, 5, 40, None],
    "fractions": [0.1, 0.7, 0.3, 2.5, None],
    "infinite": [-INF, 0.0, 1.5, INF, None],
    "many and infinite": [*RNG.normal(size=300), INF, -INF, None, *[INF] * 30],
    "whole and huge": [2**53, 2**53 + 1, 2**53 + 2, 2**62, 0, None],
    "many and huge": (2**53 + RNG.integers(-1000, 1000, 300)).tolist(),
    "unsigned": pa.array([2**64 - 1, 1, 2, 3, None], pa.uint64()),
    "float32": RNG.random(300).astype(np.float32),
    "few float32": np.array([0.1, 0.7, 0.3, INF, np.nan], dtype=np.float32),
    "far float32": pa.array([1e-45, 3e38, -3e38, INF, -INF, 0.0, None], pa.float32()),
    "float16": np.array([0.1, 0.7, 3.0], dtype=np.float16),
    "zeros": [*[0] * 900, *range(100)],
    "one number": [5, 5, None],
    "no value": [None, None, None],
    "truth values": [True, False, None, True],
    "zero and one": [0.0, 1.0, 1.0, np.nan],
    "levels": ["Private", "Self-emp", "missing", "other", "", "present", None, "it's", 'say "so"'],
    "nasty levels": ["`a`", "a\\", "\n", "\u2028", "\x00", "𝔸", "' or 1 == 1", "@x", "#", None, " ", "nan", "None"],
    "levels like dates": ["2020-01-31", "20200131", "x", None],
    "300 levels": [f"k{place}" for place in range(300)],
    "dictionary": pd.Categorical(["x", "y", None, "x"]),
    "dictionary like dates": pd.Categorical(["2020-01-31", "x", None]),
    "numbers as categories": pd.Categorical([10, 20, None]),
    "days": [*DAYS, None],
    "few days": [DAY, datetime.date(1950, 6, 1), datetime.date(2262, 1, 1), None],
    "stamps": pa.array(STAMPS.tolist(), pa.timestamp("us")),
    "nanoseconds": pa.array([*range(10**17, 10**17 + 300 * 77, 77), None], pa.timestamp("ns")),
    "zoned": pa.array([*STAMPS.tolist(), None], pa.timestamp("ms", "Europe/Paris"), safe=False),
    "far away": pa.array([0, 10**6, 2**52, -(2**52), None], pa.timestamp("s")),
    "text days": [*(str(day) for day in DAYS), None],
    "text stamps": [f"{day}T12:30:00Z" for day in DAYS],
    "few text stamps": ["2020-01-01", "2020-01-01 12:00", "2021-05-05 07:07:07.5", None],
    "words": [f"a long sentence about case {place} and its outcome" for place in range(100)],
    "times": [datetime.time(1), datetime.time(2), None],
    "durations": [datetime.timedelta(1), datetime.timedelta(2), None],
    "bytes": [b"x", b"y", None],
    "nested": [[1], [2], None],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_codes_conditions_and_queries_select_the_same_rows(name: str) -> None:
    rows = table(**{name: COLUMNS[name]})
    agree(fit(rows), rows)


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 2.5, INF, None, 1.0],
        [2**53, 2**53 + 1, 3, None],
        [True, False, None],
        [DAY, None],
        pa.array([1000, 2000, 10**15, None], pa.timestamp("ns")),
        pa.array([1, 2, 1000, None], pa.timestamp("us", "UTC")),
        pa.array([0.1, 0.7, None], pa.float32()),
        pa.array([b"x", None]),
        [datetime.time(1), None],
    ],
)
def test_declared_categories_of_any_type_have_conditions(values: Any) -> None:
    rows = table(x=values)
    agree(fit(rows, categorical=("x",)), rows)


@pytest.mark.parametrize(
    ("fitted", "given"),
    [
        (RNG.random(300), RNG.random(300).astype(np.float32)),
        ([0.1, 0.3, 0.7, 1e300, -1e300], pa.array([0.1, 0.3, 0.7, INF, -INF, 3.4028235e38], pa.float32())),
        (RNG.random(300).astype(np.float32), RNG.random(300)),
        ([0.5, 1.5, 2.5], [0, 1, 2, 3, None]),
        ([1, 2, 3], [0.5, 1.5, 2.999999999, None]),
        ([1, 1], [True, False, None]),
        ([0, 1, 1], [True, False, None]),
        ([True, False], [1.0, 0.0, 2.0, None]),
        (["x", "y"], pd.Categorical(["x", "z", None])),
        ([str(day) for day in DAYS], pa.array([*DAYS, None])),
        (pa.array(DAYS), [*(str(day) for day in DAYS), "someday", "", "31.12.2020", "2020-02-31", None]),
        (
            ["2020-01-01", "2020-06-01"],
            ["2019", "2020-01-01T01:00", "2020-06-01", "2020-06", "never", ":", "/", None],
        ),
        (["2020-01-01T00:00+01:00", "2020-01-01T00:00+02:00"], pa.array(STAMPS.tolist(), pa.timestamp("us"))),
        (pa.array(STAMPS.tolist(), pa.timestamp("us")), pa.array(STAMPS.tolist(), pa.timestamp("ns", "UTC"))),
        (
            pa.array(STAMPS.tolist(), pa.timestamp("us", "UTC")),
            pa.array(STAMPS.tolist(), pa.timestamp("s"), safe=False),
        ),
        ([f"k{place}" for place in range(1_000)], ["k1", "k999", "new", None]),
    ],
)
def test_conditions_fit_the_table_that_is_coded_not_the_one_that_bins_come_from(fitted: Any, given: Any) -> None:
    agree(fit(table(x=fitted)), table(x=given))


@pytest.mark.parametrize(
    "name", ["a b", "a`b", "it's", 'a "b"', "größe €", "class", "is", "a.b", "x#y", "1", "a\\", "@a"]
)
def test_odd_names_of_columns_are_quoted(name: str) -> None:
    rows = table(**{name: [1, 2, 3, None]})
    agree(fit(rows), rows)


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.lists(st.one_of(st.none(), st.floats(width=64)), min_size=1, max_size=60),
        st.lists(st.one_of(st.none(), st.floats(width=32)), min_size=1, max_size=60).map(
            lambda values: pa.array(values, pa.float32(), from_pandas=True)
        ),
        st.lists(st.one_of(st.none(), st.integers(-(2**62), 2**62)), min_size=1, max_size=60),
        st.lists(st.one_of(st.none(), st.text(max_size=4)), min_size=1, max_size=60),
        st.lists(
            st.one_of(st.none(), st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2250, 1, 1)))
        ).filter(any),
    )
)
def test_any_values_are_selected_alike(values: Any) -> None:
    rows = table(x=values)
    agree(fit(rows), rows)


def test_nanoseconds_are_one_level_where_a_condition_finds_them_equal() -> None:
    rows = table(x=pa.array([1, 2, 1000, None], pa.timestamp("ns")))
    (levels,) = fit(rows, categorical=("x",)).levels
    assert levels.labels[1:3] == ("1970-01-01 00:00:00.000000", "1970-01-01 00:00:00.000001")
    assert evaluate(levels.condition(1, 1), rows.to_batches()[0]).tolist() == [True, True, False, False]


def test_a_column_of_whole_numbers_is_coded_as_its_conditions_compare_it() -> None:
    near = [2**53 + step for step in range(-2, 5)]
    agree(fit(table(x=[2**53 - 1, 2**53, 2**53 + 2])), table(x=near))


@pytest.mark.skipif(not (SHARED / "adult.data.gz").is_file(), reason="the folder of shared real data is absent")
def test_every_code_of_adult_is_a_condition() -> None:
    names = (
        "age workclass fnlwgt education education-num marital.status occupation relationship race sex gain loss hours"
    )
    frame = pd.read_csv(
        SHARED / "adult.data.gz", names=[*names.split(), "native country", "y"], skipinitialspace=True, na_values="?"
    ).drop(columns="y")
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    agree(fit(rows), rows, only=45)


@pytest.mark.parametrize(
    ("values", "first", "last", "words", "condition"),
    [
        (range(1, 6), 1, 1, "x = 1", "x < 2"),
        (range(1, 6), 2, 3, "x = 2 or 3", "x >= 2 and x < 4"),
        (range(1, 6), 2, 4, "x = 2, 3 or 4", "x >= 2 and x < 5"),
        (range(1, 8), 2, 5, "x >= 2 and < 6", "x >= 2 and x < 6"),
        (range(1, 6), 3, 5, "x >= 3", "x >= 3"),
        (range(1, 6), 1, 5, "x is present", "x is not missing"),
        (range(1, 6), 0, 0, "x is missing", "x is missing"),
        (np.arange(200) // 2.0, 1, 2, "x < 10", "x < 10"),
        (np.arange(200) // 2.0, 3, 5, "x 10 to 25", "x >= 10 and x < 25"),
        (np.arange(200) // 2.0, 19, 20, "x >= 90", "x >= 90"),
        (["Private", "other"], 1, 1, "x = Private", "x == 'Private'"),
        (["Private", "other"], 2, 2, "x = 'other'", "x == 'other'"),
        (["Private", "other"], 3, 3, "x is other", "x not in ['Private', 'other']"),
        ([True, False], 1, 1, "x = 0", "x == false"),
        ([b"x", b"y"], 1, 1, "x is present", "x is not missing"),
        ([None, None], 1, 1, "x is present", "x is not missing"),
        ([DAY, datetime.date(2021, 1, 1)], 1, 1, "x = 2020-01-01", "x < '2021-01-01'"),
        (["2020-01-01", "2021-01-01"], 2, 2, "x = 2021-01-01", "x >= '2021-01-01' and x < ':'"),
        (["2020-01-01", "2021-01-01"], 1, 2, "x is not other", "x >= '0' and x < ':'"),
        (["2020-01-01", "2021-01-01"], 2, 3, "x >= 2021-01-01 or is other", "x >= '2021-01-01' or x < '0'"),
        (["2020-01-01", "2021-01-01"], 3, 3, "x is other", "x < '0' or x >= ':'"),
        (np.float32([0.1, 0.7]), 1, 1, "x = 0.1", "x < 0.699999988"),
    ],
)
def test_words_and_conditions_are_short(values: Any, first: int, last: int, words: str, condition: str) -> None:
    (levels,) = fit(table(x=list(values) if isinstance(values, range) else values)).levels
    assert levels.words(first, last) == words
    assert levels.condition(first, last).text() == condition


def test_a_range_of_rounded_bins_has_exact_limits_and_round_words() -> None:
    (levels,) = fit(table(x=RNG.normal(size=1_000))).levels
    assert levels.order == (1, 21)
    assert len(levels.words(3, 7)) < 24
    assert len(levels.condition(3, 7).text()) > 36


@pytest.mark.parametrize(("first", "last"), [(-1, 0), (1, 9), (2, 1), (0, 1), (1, 2)])
def test_codes_that_make_no_range_are_refused(first: int, last: int) -> None:
    levels = Levels(name="x", labels=("missing", "a", "b", "other"), ordered=False, values=("a", "b"))
    for asked in (levels.condition, levels.words):
        with pytest.raises(ValueError, match=r"has codes 0 to 3|make no range"):
            asked(first, last)


@pytest.mark.parametrize("ordered", [True, False])
def test_levels_made_of_labels_alone_have_words_and_refuse_a_condition(ordered: bool) -> None:
    levels = Levels(name="x", labels=("missing", "a", "b", "c"), ordered=ordered)
    assert levels.words(2, 2) == "x = b"
    assert levels.condition(0, 0).text() == "x is missing"
    with pytest.raises(ValueError, match="no condition can name them"):
        levels.condition(2, 2)


def test_only_bins_in_order_may_be_taken_together() -> None:
    orders = {name: fit(table(**{name: COLUMNS[name]})).levels[0].order for name in ("few days", "levels", "words")}
    assert orders == {"few days": (1, 4), "levels": (0, 0), "words": (0, 0)}


def test_truth_values_are_refused_where_numbers_have_other_bins_or_levels() -> None:
    truth = table(x=[True, False]).to_batches()[0]
    for coding in (fit(table(x=[0, 1, 2])), fit(table(x=[0, 3]), categorical=("x",))):
        with pytest.raises(Exception, match="holds bool here"):
            coding.encode(truth)
