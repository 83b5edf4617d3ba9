"""What makes a row the same row in another run."""

from __future__ import annotations

import datetime
import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.config.tables import DatasetTable
from modelcheck.data.dataset import open_dataset
from modelcheck.data.row_keys import RowKeyReader, RowKeys
from modelcheck.errors import BaselineError, DataError

COLUMNS = {
    "i": pa.array([1, None, 3, 4, 5], pa.int64()),
    "f": pa.array([0.5, None, 2.0, -1.5, 1e300]),
    "s": pa.array(["a", None, "b b", "long " * 50, "\U0001f600"]),
    "b": pa.array([True, None, False, True, True]),
    "d": pa.array([1, 2, None, 4, 5], pa.date32()),
    "t": pa.array([1, 2, None, 4, 5], pa.timestamp("us", "UTC")),
    "c": pa.array(["x", "y", None, "x", "z"]).dictionary_encode(),
    "l": pa.array([[1], None, [], [2, 3], [4]]),
    "y": pa.array([b"x", None, b"z", b"yy", b"z"]),
}
TABLE = pa.table(COLUMNS)
PINNED_CONTENT = [
    ("0aad5e2952a54907", "519d854d2011d3aa"),
    ("7bfa07ff03b18662", "45c7a2e886cc1748"),
    ("84123662ad11eefe", "39ec5084046daffc"),
]
PINNED_KEYS = [("548437a8882e68e7", "2df06250ebda3b58"), ("6befce32f3fb9db5", "45733b1a4142a111")]
PINNED_OTHERS = "1a7fef2ceca715a3"


def _keys(
    table: pa.Table,
    key: str | None = None,
    *,
    rows: int = 65_536,
    leave_out: tuple[str, ...] = (),
    columns: tuple[str, ...] | None = None,
) -> RowKeys:
    reader = RowKeyReader(key, leave_out, columns=columns)
    for batch in table.to_batches(max_chunksize=rows):
        reader.update(batch)
    return reader.finish()


def _set(table: pa.Table, key: str | None = None, **options: Any) -> set[tuple[int, ...]]:
    return set(map(tuple, _keys(table, key, **options).values.tolist()))


def test_the_definition_is_pinned() -> None:
    # Stored baselines hold these numbers: another definition needs another schema there.
    table = pa.table({"a": [1, 2, 2], "b": [0.5, None, None], "c": ["x", "é", "é"]})
    assert [tuple(f"{lane:016x}" for lane in row) for row in _keys(table).values.tolist()] == PINNED_CONTENT
    table = pa.table({"k": ["r1", "r2"]})
    assert [tuple(f"{lane:016x}" for lane in row) for row in _keys(table, "k").values.tolist()] == PINNED_KEYS
    times = pa.table({name: COLUMNS[name] for name in ("b", "d", "t", "y", "l")})
    assert f"{int(np.bitwise_xor.reduce(_keys(times).values, axis=None)):016x}" == PINNED_OTHERS


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 13), st.permutations(list(COLUMNS)))
def test_batches_and_the_order_of_columns_do_not_count(rows: int, order: list[str]) -> None:
    table = pa.concat_tables([TABLE, TABLE.slice(1, 3)])
    np.testing.assert_array_equal(_keys(table.select(order), rows=rows).values, _keys(table).values)


def test_the_order_of_rows_does_not_count() -> None:
    order = [3, 1, 4, 0, 2]
    np.testing.assert_array_equal(_keys(TABLE.take(order)).values, _keys(TABLE).values[order])


@pytest.mark.parametrize(
    "same",
    [
        [pa.array([1, 2, None], kind) for kind in (pa.int8(), pa.int32(), pa.int64(), pa.uint64(), pa.float64())],
        [pa.array(["a", "b", None], kind) for kind in (pa.string(), pa.large_string(), pa.string_view())],
        [pa.array(["a", "b", "a"]), pa.array(["a", "b", "a"]).dictionary_encode()],
        [pa.array([0.0, 1.5, None]), pa.array([-0.0, 1.5, float("nan")])],
        [pa.array(["a", "", "b"]), pa.array(["a", None, "b"])],
        [pa.array([datetime.datetime(2026, 1, 31), None], pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")],
        [pa.array([20_484, None], pa.date32()).cast(kind) for kind in (pa.date32(), pa.date64(), pa.timestamp("s"))],
        [pa.array([0.5, 2.0], pa.float32()), pa.array([0.5, 2.0])],
        [pa.array([2**53, -(2**53)]), pa.array([2.0**53, -(2.0**53)])],
        [pa.array([2**62 + 1], pa.int64()), pa.array([2**62 + 1], pa.uint64())],
    ],
    ids=["integers", "text", "categories", "nan and zero", "empty", "times", "dates", "float32", "whole", "large"],
)
def test_the_way_values_are_stored_does_not_count(same: list[pa.Array]) -> None:
    found = [_keys(pa.table({"a": column})).values.tolist() for column in same]
    assert all(one == found[0] for one in found)


@pytest.mark.parametrize("name", COLUMNS)
def test_every_value_counts(name: str) -> None:
    column = TABLE[name].combine_chunks()
    distinct = len({str(value) for value in column.to_pylist()})
    assert len(set(map(tuple, _content(column).tolist()))) == distinct


def _content(column: pa.Array) -> Any:
    """Content hashes, in which equal rows are equal."""
    table = pa.table({"a": column, "k": range(len(column))})
    return _keys(table, "k", leave_out=("k",)).content


def test_values_that_are_near_or_look_alike_differ() -> None:
    large = [2**53, 2**53 + 1, 2**53 + 2, 2**63 - 1, -(2**63), -(2**53) - 1, 0, 1, -1]
    assert len(set(map(tuple, _content(pa.array(large)).tolist()))) == len(large)
    fine = pa.array([0, 1, 999, 1000, 1001, -1, -1000], pa.timestamp("ns"))
    assert len(set(map(tuple, _content(fine).tolist()))) == 7
    zeros = [pa.array([0]), pa.array(["0"]), pa.array([0], pa.timestamp("s")), pa.array([None], pa.int64())]
    assert len({tuple(_content(zero)[0].tolist()) for zero in zeros}) == 4
    floats = np.nextafter(np.full(20, 1.0), 2.0) + np.arange(20) * np.finfo(float).eps
    assert len(set(map(tuple, _content(pa.array(floats)).tolist()))) == 20


def test_values_do_not_move_between_columns_and_names_count() -> None:
    tables = [
        pa.table({"a": [1], "b": [2]}),
        pa.table({"a": [2], "b": [1]}),
        pa.table({"a": [1], "c": [2]}),
        pa.table({"a": [1]}),
        pa.table({"a": ["xy"], "b": ["z"]}),
        pa.table({"a": ["x"], "b": ["yz"]}),
    ]
    assert len(set().union(*(_set(table) for table in tables))) == 6


def test_columns_left_out_do_not_count() -> None:
    table = TABLE.append_column("score", pa.array(np.arange(5.0)))
    np.testing.assert_array_equal(_keys(table, leave_out=("score",)).values, _keys(TABLE).values)
    assert _set(table).isdisjoint(_set(TABLE))


@pytest.mark.parametrize("key", [None, "i"])
def test_columns_that_came_since_do_not_count_where_the_old_ones_are_named(key: str | None) -> None:
    table = TABLE.take([0, 3, 4])
    before = _keys(table, key, leave_out=("s",))
    assert before.columns == tuple(sorted({*COLUMNS} - {"s", key}))
    more = table.append_column("new", pa.array(range(len(table)))).append_column("a", pa.array([0.5] * len(table)))
    now = _keys(more.select([*reversed(more.column_names)]), key, columns=before.columns[::-1])
    assert now.columns == before.columns
    np.testing.assert_array_equal(now.values, before.values)
    if key is not None:
        np.testing.assert_array_equal(now.content, before.content)
    assert _keys(more, key).columns == tuple(sorted({*more.column_names} - {key}))


def test_a_column_that_is_gone_is_named() -> None:
    with pytest.raises(BaselineError, match=r"doesn't have: 'gone', 'lost'\."):
        _keys(TABLE, columns=("i", "lost", "gone"))


def test_a_key_is_no_part_of_the_content() -> None:
    numbers = _keys(pa.table({"k": [1, 2], "x": [3, 4]}), "k")
    texts = _keys(pa.table({"k": ["1", "2"], "x": [3, 4]}), "k")
    np.testing.assert_array_equal(numbers.values, texts.values)
    np.testing.assert_array_equal(numbers.content, texts.content)
    alone = _keys(pa.table({"k": [1, 2], "y": [0, 1]}), "k", leave_out=("y",))
    assert alone.columns == ()
    np.testing.assert_array_equal(alone.content[0], alone.content[1])


def test_no_row_is_held_twice_on_the_way() -> None:
    batches = pa.table({"k": range(200_000), "x": range(200_000)}).to_batches(max_chunksize=1000)
    tracemalloc.start()
    reader = RowKeyReader("k", ties="x")
    for batch in batches:
        reader.update(batch)
    keys = reader.finish()
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 32 bytes of a row are the result; the arrays have grown by a quarter too much, and half a key is sorted.
    assert len(keys) == 200_000
    assert held < 200_000 * 33
    assert peak < 200_000 * 60


def test_equal_rows_are_told_apart_by_their_order() -> None:
    table = pa.table({"a": [1, 2, 1, 1, 2, 3]})
    keys = _keys(table)
    assert len(_set(table)) == 6
    assert keys.repeats == 3
    # The first of them keeps the name it has alone, so that a subset still pairs.
    np.testing.assert_array_equal(keys.values[[0, 1, 5]], _keys(pa.table({"a": [1, 2, 3]})).values)
    np.testing.assert_array_equal(keys.values[[0, 2]], _keys(pa.table({"a": [1, 1]})).values)


def test_half_of_the_bits_agreeing_is_no_repetition() -> None:
    from modelcheck.data.row_keys import _repeats

    values = np.array([[5, 1], [5, 2], [5, 1], [7, 0], [5, 1], [7, 0]], dtype=np.uint64)
    rows, numbers = _repeats(values)
    assert dict(zip(rows.tolist(), numbers.tolist(), strict=True)) == {2: 1, 4: 2, 5: 1}


def test_hashes_look_random() -> None:
    values = _keys(pa.table({"a": range(50_000), "b": np.zeros(50_000)})).values
    bits = np.unpackbits(np.ascontiguousarray(values).view(np.uint8), axis=1).mean(axis=0)
    assert np.abs(bits - 0.5).max() < 5 * 0.5 / np.sqrt(50_000)
    assert len(np.unique(values[:, 0])) == len(np.unique(values[:, 1])) == 50_000
    # The lanes share no bits, or 128 of them would be no more than 64.
    assert abs(np.corrcoef(values[:, 0].astype(float), values[:, 1].astype(float))[0, 1]) < 0.03


def test_text_files_and_parquet_files_of_the_same_rows_agree(tmp_path: Any) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "n": rng.integers(0, 50, 200),
            "x": np.where(rng.random(200) < 0.1, np.nan, rng.normal(size=200)),
            "s": rng.choice(["a", "b c", "d,e", 'f"g', ""], 200),
            "t": rng.random(200) < 0.5,
            "c": pd.Categorical(rng.choice(["u", "v"], 200)),
            "y": rng.integers(0, 2, 200),
        }
    )
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame.astype({"n": "int32", "y": "int8"}).to_parquet(tmp_path / "rows.parquet")
    found = []
    for name in ("rows.csv", "rows.parquet"):
        reader = RowKeyReader(None)
        for batch in open_dataset(DatasetTable(path=name, target="y"), tmp_path).batches(batch_rows=64):
            reader.update(batch)
        found.append(reader.finish())
    np.testing.assert_array_equal(found[0].values, found[1].values)
    assert found[0].kind == "content"
    assert found[0].content is None


def test_a_key_names_the_row_whatever_it_holds() -> None:
    one = _keys(pa.table({"k": ["r1", "r2"], "x": [1, 2]}), "k")
    two = _keys(pa.table({"x": [9, 2], "k": ["r1", "r2"]}), "k")
    assert one.kind == "key"
    np.testing.assert_array_equal(one.values, two.values)
    np.testing.assert_array_equal((one.content == two.content).all(axis=1), [False, True])


@pytest.mark.parametrize(
    "column",
    [
        pa.array([7, 12], pa.int64()),
        pa.array([7, 12], pa.int16()),
        pa.array([7.0, 12.0]),
        pa.array(["7", "12"], pa.large_string()),
        pa.array(["7", "12"]).dictionary_encode(),
        pa.array([7.0, 12.0], pa.float32()),
        pa.array(np.array([7, 12], dtype=np.float16)),
    ],
)
def test_numbers_and_their_text_are_one_key(column: pa.Array) -> None:
    expected = _keys(pa.table({"k": ["7", "12"]}), "k").values
    np.testing.assert_array_equal(_keys(pa.table({"k": column}), "k").values, expected)


_NOON = datetime.datetime(2026, 1, 31, 12, 30, 5)
_NIGHT = datetime.datetime(2026, 1, 31)
_DAYS = pa.array([20_484], pa.date32())


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-01-31 12:30:05", [pa.array([_NOON], pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")]),
        ("2026-01-31 12:30:05", [pa.array([_NOON], pa.timestamp("us", zone)) for zone in ("UTC", "Europe/Paris")]),
        ("2026-01-31", [pa.array([_NIGHT], pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")]),
        ("2026-01-31", [_DAYS.cast(kind) for kind in (pa.date32(), pa.date64(), pa.timestamp("s"))]),
        ("1970-01-01 00:00:00.1", [pa.array([100], pa.timestamp("ms")), pa.array([100_000], pa.timestamp("us"))]),
        ("1970-01-01 00:00:00.000000001", [pa.array([1], pa.timestamp("ns"))]),
        ("1970-01-01 00:00:10", [pa.array([10], pa.timestamp("s")), pa.array([10_000], pa.timestamp("ms"))]),
        ("00:00:10", [pa.array([10], pa.time32("s")), pa.array([10_000_000], pa.time64("us"))]),
        ("1000000000000000", [pa.array([10**15]), pa.array([1e15])]),
        ("-100000000000000000", [pa.array([-(10**17)]), pa.array([-1e17])]),
        ("1", [pa.array([True]), pa.array([1]), pa.array([1.0]), pa.array([1], pa.uint64())]),
        ("0", [pa.array([False]), pa.array([0]), pa.array([-0.0])]),
        ("0.5", [pa.array([0.5]), pa.array([0.5], pa.float32()), pa.array(np.array([0.5], dtype=np.float16))]),
    ],
)
def test_one_value_is_one_key_however_it_is_stored(text: str, same: list[pa.Array]) -> None:
    expected = _keys(pa.table({"k": [text]}), "k").values
    for column in same:
        np.testing.assert_array_equal(_keys(pa.table({"k": column}), "k").values, expected)


def test_whole_numbers_among_others_are_the_keys_that_they_are_alone() -> None:
    table = pa.table({"k": [1.0, 0.5, 1e15, float("inf"), 1e300, 2.0**63, -(2.0**63)]})
    expected = ["1", "0.5", "1000000000000000", "inf", "1e+300", "9223372036854775808", str(-(2**63))]
    assert len(_set(table, "k")) == 7
    found = _keys(table, "k").values
    names = _keys(pa.table({"k": expected}), "k").values
    # Beyond 64 bits with a sign a float keeps the text of a float.
    assert (found == names).all(axis=1).tolist() == [True, True, True, True, True, False, True]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 2], pa.timestamp("us", "Europe/Paris")),
        pa.array([1, 2], pa.date32()),
        pa.array([1, 2], pa.duration("s")),
        pa.array([b"a", b"b"]),
        pa.array([[1], [2]]),
    ],
)
def test_any_type_can_be_a_key(column: pa.Array) -> None:
    assert len(_set(pa.table({"k": column}), "k")) == 2


def test_equal_content_is_no_repetition_where_a_key_names_rows() -> None:
    keys = _keys(pa.table({"k": [1, 2], "x": [3, 3]}), "k", leave_out=("k",))
    np.testing.assert_array_equal(keys.content[0], keys.content[1])
    assert keys.repeats == 0


@pytest.mark.parametrize("missing", [pa.array(["a", "b", None, "d"]), pa.array([1.0, 2.0, float("nan"), 4.0])])
def test_a_row_without_a_key_is_refused(missing: pa.Array) -> None:
    with pytest.raises(DataError, match=r"key column 'k' is missing in row 3 \(counted from 1\) .* remove `key`"):
        _keys(pa.table({"k": missing}), "k", rows=2)


def test_a_repeated_key_is_refused_with_its_value_and_rows() -> None:
    table = pa.table({"k": ["a", "b", "c", "b", "a", "b"]})
    with pytest.raises(DataError, match=r"3 of 6 rows .* the first is 'b' in rows 2 and 4 \(counted from 1\)"):
        _keys(table, "k", rows=2)


def test_a_table_that_leaves_nothing_to_tell_rows_by_is_refused() -> None:
    with pytest.raises(DataError, match=r"write key = "):
        _keys(pa.table({"y": [0, 1], "score": [0.1, 0.2]}), leave_out=("y", "score"))


def test_no_rows_have_no_keys() -> None:
    assert len(RowKeyReader(None).finish()) == 0
    assert len(_keys(TABLE.slice(0, 0))) == 0


def test_rows_of_equal_content_are_numbered_by_their_truth_whatever_their_order():
    table = pa.table({"a": [1, 1, 1, 2], "y": ["no", "yes", "no", "yes"]})
    named = {}
    for order in ([0, 1, 2, 3], [3, 1, 2, 0]):
        reader = RowKeyReader(None, leave_out=["y"], ties="y")
        for batch in table.take(order).to_batches():
            reader.update(batch)
        names = [tuple(row) for row in reader.finish().values.tolist()]
        assert len(set(names)) == 4
        truth = [table["y"][place].as_py() for place in order]
        named[tuple(order)] = dict(zip(names, truth, strict=True))
    first, second = named.values()
    assert first == second
