"""Conditions as pandas queries: the rows of modelcheck's own evaluation, whatever pandas does with missing cells."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.conditions import Comparison, pandas_query, parse_condition
from modelcheck.data.arrow import table_of
from modelcheck.data.masks import evaluate

STAMPS = [pd.Timestamp(2020, 1, day, 12) for day in (1, 2, 3)]
FRAME = pd.DataFrame(
    {
        "i": [1, 2, 3, 2**53 + 1],
        "f": [0.5, np.nan, -1.0, 2.0],
        "g": np.array([0.1, 0.7, np.nan, 16777216.0], dtype=np.float32),
        "s": ["x", None, "it's", "z"],
        "o": pd.Series(["x", None, "it's", "z"], dtype=object),
        "b": [True, False, False, True],
        "ob": pd.Series([True, None, False, True], dtype=object),
        "c": pd.Categorical(["x", None, "y", "x"]),
        "n": pd.Categorical([10, None, 20, 10]),
        "dated": pd.Categorical(["2020-01-01", None, "2020-01-03", "x"]),
        "d": pd.Series([*STAMPS, None]),
        "z": pd.Series([*STAMPS, None]).dt.tz_localize("Europe/Paris"),
        "text day": ["2020-01-01", "2020-01-02", None, "never"],
        "a b": [1.0, np.nan, 3.0, 4.0],
        "a`b": [1, 2, 3, 4],
        "größe": [1, 2, 3, 4],
        "class": [1, 2, 3, 4],
        'it\'s "q" #1': [1, 2, 3, 4],
        "list": [1, 2, 3, 4],
        "index": [4, 3, 2, 1],
    }
)
TEXTS = [
    "i >= 2",
    "i == 9007199254740993",
    "i == 9007199254740993.0",
    "i in [9007199254740993, 2.5]",
    "i < 100000000000000000000000 and i > -5",
    "i == true",
    "i in [1, 2.0, 2.5]",
    "f != 0.5",
    "f == -1",
    "f < -0.5",
    "f not in [0.5]",
    "f not in [0.5, 2, true]",
    "not f in [0.5, 3]",
    "not f == 0.5",
    "not f != 0.5",
    "not (f > 0 and s == 'x')",
    "not (f > 0 or not s == 'x')",
    "f is missing or i == 1 and s == 'x'",
    "(f is missing or i == 1) and s != 'x'",
    "f is not missing",
    "g == 0.1",
    "g != 0.1",
    "g < 0.7",
    "g <= 0.7",
    "g >= 0.1",
    "g > 0.1",
    "g == 16777217",
    "g in [0.1, 16777216]",
    "g < 1e300",
    "g >= 0.5",
    "s == 'x'",
    "s != 'x'",
    r"s in ['y', 'it\'s']",
    "s not in ['x', 'z']",
    "not s not in ['x']",
    "s >= 'x'",
    "s is missing",
    "o == 'x'",
    "o != 'x'",
    "o < 'j'",
    "not o < 'j'",
    "o not in ['x']",
    "o is missing",
    "b == true",
    "b != true",
    "b == 0",
    "b in [false]",
    "not b == false",
    "ob == true",
    "ob != true",
    "ob in [true, false]",
    "ob not in [true]",
    "not ob == 1",
    "c == 'x'",
    "c != 'x'",
    "c >= 'x'",
    "not c < 'y'",
    "c not in ['x']",
    "n == 10",
    "n > 10",
    "n not in [10, 30]",
    "dated == '2020-01-01'",
    "dated in ['2020-01-01', 'x']",
    "dated < '2020-01-02'",
    "d == '2020-01-02 12:00'",
    "d == '2020-01-02T13:00+01:00'",
    "d != '2020-01-02T12:00'",
    "d >= '2020-01-02'",
    "d in ['2020-01-02T12:00', '2020-01-03T12:00']",
    "d not in ['2020-01-02T12:00', '2020-01-05']",
    "not d < '2020-01-03'",
    "d is missing",
    "z >= '2020-01-02T11:00'",
    "z == '2020-01-02T12:00+01:00'",
    "z not in ['2020-01-02T11:00']",
    "`text day` == '2020-01-02'",
    "`text day` >= '2020-01-02' and `text day` < ':'",
    "`text day` not in ['2020-01-02', 'never']",
    "`a b` > 1 and `a``b` < 4",
    "`a b` is missing",
    "größe > 1",
    "class == 2",
    "`it's \"q\" #1` == 2 and s == 'z' or `it's \"q\" #1` == 1",
    "list == 2 or index == 1",
]

# float32, order of categories, zones: these need the dtypes.
TYPED = ("g", "z", "dated", "not c <", "c >", "n >", "d == '2020-01-02T13:00+01:00'")


def rows_of(frame: pd.DataFrame, text: str) -> list[int]:
    batch = table_of(frame, "the frame").combine_chunks().to_batches()[0]
    return np.flatnonzero(evaluate(parse_condition(text), batch)).tolist()


# Where numexpr is installed, pandas says that it goes without it for some types.
@pytest.mark.filterwarnings("ignore:Engine has switched to 'python'")
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("dtypes", ["numpy", "nullable"])
def test_a_query_keeps_the_rows_of_the_condition(text: str, dtypes: str) -> None:
    frame = FRAME if dtypes == "numpy" else FRAME.convert_dtypes()
    query = pandas_query(parse_condition(text), frame.dtypes)
    expected = rows_of(FRAME, text)
    assert frame.query(query, engine="python").index.tolist() == expected, query
    assert frame.query(query).index.tolist() == expected, query


@pytest.mark.parametrize("text", [text for text in TEXTS if not text.startswith(TYPED)])
def test_most_queries_need_no_dtypes(text: str) -> None:
    query = pandas_query(parse_condition(text))
    assert FRAME.query(query).index.tolist() == rows_of(FRAME, text), query


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("age >= 25 and age < 45", "age >= 25 and age < 45"),
        ("sex == 'Female'", "sex == 'Female'"),
        ("hours.per.week < 40", "`hours.per.week` < 40"),
        ("job not in ['a', 'b']", "(job not in ['a', 'b'] and job.notna())"),
        ("married == true", "married == True"),
        ("not (a == 1 or b is missing)", "not ((a == 1 and a.notna()) or b.isna())"),
        ("(a == 1 or b == 2) and c == 3", "(a == 1 or b == 2) and c == 3"),
        ("s == 'it\\'s'", 's == "it\'s"'),
        ("day == '2020-01-01'", "(day >= '2020-01-01' and day <= '2020-01-01')"),
        ("s == 'a\\\\'", "s == 'a\\x5c'"),
        ("s == '`\\n\\u2028\\U0001f600'", "s == '\\x60\\x0a\\u2028😀'"),
    ],
)
def test_queries_read_well(text: str, query: str) -> None:
    assert pandas_query(parse_condition(text)) == query


@pytest.mark.parametrize(
    "name", ["a\tb", "a\nb", "a\x85b", "a\u2028", "\x7f", "inf", "ﬁeld", "A·", "℘x", "", "__pd_eval_local_x"]
)
def test_a_name_that_pandas_cannot_read_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="pandas has no way to name the column"):
        pandas_query(Comparison(column=name, operator="==", value=1))


def test_names_that_pandas_confuses_are_refused_where_they_are_known() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["x y_z", "x_y z"])
    with pytest.raises(ValueError, match="'x y_z'"):
        pandas_query(parse_condition("`x y_z` == 1"), frame.dtypes)
    assert pandas_query(parse_condition("`x y_z` == 1"), {"x y_z": "int64"}) == "`x y_z` == 1"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_name_and_value_is_found_or_refused(data: Any) -> None:
    name = data.draw(st.text(min_size=1, max_size=6))
    values = data.draw(st.lists(st.one_of(st.none(), st.text(max_size=3)), min_size=1, max_size=8).filter(any))
    value = data.draw(st.sampled_from([value for value in values if value is not None]))
    operator = data.draw(st.sampled_from(["==", "!=", "<", ">="]))
    condition = Comparison(column=name, operator=operator, value=value)
    batch = pa.RecordBatch.from_pydict({name: pa.array(values, pa.string())})
    frame = pd.DataFrame({name: pd.Series(values, dtype="str")})
    try:
        query = pandas_query(condition, frame.dtypes)
    except ValueError:
        assert not name.isprintable() or not name.isascii() or name in ("inf", "Inf")
        return
    assert frame.query(query).index.tolist() == np.flatnonzero(evaluate(condition, batch)).tolist(), query


def test_a_date_that_is_none_is_an_error() -> None:
    frame = pd.DataFrame({"d": [datetime.datetime(2020, 1, 1)]})
    with pytest.raises(ValueError, match="isoformat"):
        pandas_query(parse_condition("d > 'monday'"), frame.dtypes)
