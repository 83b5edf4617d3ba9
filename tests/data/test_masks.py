"""Conditions evaluated on batches."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelcheck.conditions import parse_condition
from modelcheck.data.masks import check_condition, evaluate
from modelcheck.errors import DataError

NAN = float("nan")
BATCH = pa.RecordBatch.from_pydict(
    {
        "i": pa.array([1, 2, None, 2**53 + 1], pa.int64()),
        "u": pa.array([1, 2, None, 2**64 - 1], pa.uint64()),
        "f": [0.5, NAN, None, 2.0],
        "s": ["x", "y", None, "it's"],
        "b": [True, False, None, True],
        "c": pa.array(["x", "y", None, "x"]).dictionary_encode(),
        "d": pa.array([datetime.date(2020, 1, day) for day in (1, 2, 3, 4)]),
        "t": pa.array([datetime.datetime(2020, 1, day, 12) for day in (1, 2, 3, 4)], pa.timestamp("ns")),
        "z": pa.array([datetime.datetime(2020, 1, day, 12) for day in (1, 2, 3, 4)], pa.timestamp("s", "UTC")),
        "odd `name`\n": [1.0, 2.0, 3.0, 4.0],
        "n": pa.array([[1], [2], None, []]),
    }
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("i >= 2", "0101"),
        ("i > 1.5", "0101"),
        ("i == 9007199254740993", "0001"),
        ("i == 9007199254740992", "0000"),
        ("i < 100000000000000000000000", "1101"),
        ("i != 1", "0101"),
        ("u == 18446744073709551615", "0001"),
        ("u > -1", "1101"),
        ("f != 7", "1001"),
        ("f == 0.5", "1000"),
        ("f not in [0.5]", "0001"),
        ("not f in [0.5]", "0111"),
        ("f is missing", "0110"),
        ("f is not missing", "1001"),
        ("s == 'x'", "1000"),
        ("s >= 'x'", "1100"),
        (r"s in ['y', 'it\'s']", "0101"),
        ("s not in ['y']", "1001"),
        ("s is missing", "0010"),
        ("b == true", "1001"),
        ("b != true", "0100"),
        ("b == 0", "0100"),
        ("b in [true, false]", "1101"),
        ("i == true", "1000"),
        ("c == 'x'", "1001"),
        ("c is missing", "0010"),
        ("d >= '2020-01-03'", "0011"),
        ("t < '2020-01-02T12:00'", "1000"),
        ("t < '2020-01-02 12:00:01'", "1100"),
        ("z == '2020-01-02T13:00:00+01:00'", "0100"),
        ("d in ['2020-01-01', '2020-01-04']", "1001"),
        ("`odd ``name``\n` > 3", "0001"),
        ("n is missing", "0010"),
        ("i == 1 or i == 2 and s == 'y'", "1100"),
        ("not (i == 1 or s == 'y')", "0011"),
        ("i in [1, 2.0, 2.5]", "1100"),
    ],
)
def test_a_condition_selects_its_rows(text: str, rows: str) -> None:
    mask = evaluate(parse_condition(text), BATCH)
    assert mask.dtype == np.bool_
    assert "".join("01"[value] for value in mask.tolist()) == rows
    sliced = evaluate(parse_condition(text), BATCH.slice(1, 2))
    assert sliced.tolist() == mask[1:3].tolist()


def test_a_column_that_does_not_exist_is_named_with_the_closest() -> None:
    with pytest.raises(DataError, match=r"'odd name'.*closest: 'odd `name`\\n'"):
        evaluate(parse_condition("`odd name` == 1 and i == 1"), BATCH)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("s > 5", "holds text, for example 'x'; the condition compares it with a number, 5. Write the value in quotes"),
        ("s == true", "holds text"),
        ("i == 'a'", "holds numbers, for example 1; the condition compares it with text, 'a'. Write the value without"),
        ("i in [1, 'a']", "holds numbers"),
        ("b > 1", "holds true and false"),
        ("b == 'yes'", "holds true and false"),
        ("d == 5", "holds dates"),
        ("d > 'monday'", "'monday' isn't one"),
        ("n == 1", "Only `is missing`"),
    ],
)
def test_text_against_numbers_is_a_clear_error(text: str, part: str) -> None:
    with pytest.raises(DataError) as caught:
        evaluate(parse_condition(text), BATCH)
    assert part in str(caught.value)
    with pytest.raises(DataError):
        check_condition(parse_condition(text), BATCH.schema)


def test_a_schema_is_enough_to_check_a_condition() -> None:
    check_condition(parse_condition("i >= 2 and s == 'x' or d > '2020-01-01' or n is missing"), BATCH.schema)


def test_masks_agree_with_pandas() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=300), "g": rng.choice(["x", "y"], 300)})
    frame.loc[::7, "a"] = NAN
    mask = evaluate(parse_condition("a > 0.2 and g == 'x' or a <= -1"), pa.RecordBatch.from_pandas(frame))
    assert mask.tolist() == frame.eval("(a > 0.2 and g == 'x') or a <= -1").tolist()
