"""Files, folders, globs, functions and frames as one kind of source."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest

from modelcheck.data.arrow import rebatch, table_of
from modelcheck.data.opening import open_source
from modelcheck.data.source import KeptSource, MemorySource, TableSource
from modelcheck.errors import DataError

TABLE = pa.table(
    {
        "i": pa.array([1, 2, None], pa.int64()),
        "f": [0.5, float("nan"), None],
        "t": ["a", None, "c"],
        "c": pa.array(["x", "y", "x"]).dictionary_encode(),
        "a.b": [True, False, None],
    }
)


def _write_stream(path: Path, table: pa.Table) -> None:
    with ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


def _write_file(path: Path, table: pa.Table) -> None:
    with ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)


WRITERS = {
    "a.parquet": lambda path, table: pq.write_table(table, path, row_group_size=2),
    "a.pq": lambda path, table: pq.write_table(table, path),
    "a.feather": lambda path, table: feather.write_feather(table, path),
    "a.arrow": _write_file,
    "a.arrows": _write_stream,
    "A.PARQUET": lambda path, table: pq.write_table(table, path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_binary_files_give_back_what_was_written(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name, TABLE)
    source = open_source(name, tmp_path)
    assert isinstance(source, TableSource)
    assert source.columns == ("i", "f", "t", "c", "a.b")
    for _ in range(2):
        table = pa.Table.from_batches(source.batches())
        assert table["t"].to_pylist() == ["a", None, "c"]
        assert table["c"].to_pylist() == ["x", "y", "x"]
        assert table["a.b"].to_pylist() == [True, False, None]
    assert source.rows_hint() == 3
    (batch,) = source.batches(["t", "a.b"])
    assert batch.schema.names == ["t", "a.b"]


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.arrows"])
def test_truncated_files_are_refused(tmp_path: Path, name: str) -> None:
    big = pa.table({"x": np.random.default_rng(0).random(10_000)})
    WRITERS[name](tmp_path / name, big)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="damaged, truncated"):
        list(open_source(name, tmp_path).batches())


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"a\.parquet can't be read"):
        open_source("a.parquet", tmp_path)


def test_what_does_not_exist_names_the_closest_file(tmp_path: Path) -> None:
    (tmp_path / "holdout.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match=r"No file .*houldout\.csv\. Closest: 'holdout\.csv'"):
        open_source("houldout.csv", tmp_path)
    with pytest.raises(DataError, match="There is no folder"):
        open_source("nowhere/a.csv", tmp_path)


def test_unsupported_extensions_are_refused_with_those_allowed(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"x")
    with pytest.raises(DataError, match=r"'\.xlsx' are not supported\. Allowed: \.csv"):
        open_source("a.xlsx", tmp_path)
    (tmp_path / "a.parquet.gz").write_bytes(b"x")
    with pytest.raises(DataError, match="not supported"):
        open_source("a.parquet.gz", tmp_path)


def test_batches_have_exactly_the_size_asked_for(tmp_path: Path) -> None:
    table = pa.table({"x": list(range(1000))})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=77)
    for source in (open_source("a.parquet", tmp_path), MemorySource(table)):
        batches = list(source.batches(batch_rows=300))
        assert [batch.num_rows for batch in batches] == [300, 300, 300, 100]
        assert pa.Table.from_batches(batches)["x"].to_pylist() == list(range(1000))


def test_rebatching_joins_categories_of_different_dictionaries() -> None:
    parts = [
        pa.RecordBatch.from_pydict({"c": pa.array(values).dictionary_encode()})
        for values in (["a", "b"], ["b", "c", "a"], ["d"])
    ]
    batches = list(rebatch(parts, 4))
    assert [batch.column(0).to_pylist() for batch in batches] == [["a", "b", "b", "c"], ["a", "d"]]


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for name, values in (("b", [3, 4]), ("a", [1, 2]), ("c", [5])):
        pq.write_table(pa.table({"x": values, "y": values}), folder / f"{name}.parquet")
    (folder / "_SUCCESS").write_text("")
    (folder / "notes.md").write_text("hello")
    source = open_source("parts", tmp_path)
    assert pa.Table.from_batches(source.batches(batch_rows=4))["x"].to_pylist() == [1, 2, 3, 4, 5]
    assert source.rows_hint() == 5
    assert "notes.md" in source.notes[0]


def test_a_glob_reaches_into_folders(tmp_path: Path) -> None:
    for name in ("p=1", "p=2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.csv").write_text(f"a\n{name[-1]}\n")
    source = open_source("**/*.csv", tmp_path)
    assert pa.Table.from_batches(source.batches())["a"].to_pylist() == [1, 2]
    with pytest.raises(DataError, match=r"No file matches '\*\.parquet'"):
        open_source("*.parquet", tmp_path)


def test_text_files_of_one_folder_share_their_types(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,1\n")
    (tmp_path / "b.csv").write_text("y,x\n2,half\n")
    source = open_source("*.csv", tmp_path)
    assert pa.Table.from_batches(source.batches()).to_pydict() == {"x": ["1", "half"], "y": [1, 2]}


def test_files_that_differ_are_named_with_the_column(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1], "y": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": [1], "why": [1]}), tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet differs from a\.parquet: it lacks 'y'.*has 'why'"):
        open_source("*.parquet", tmp_path)
    pq.write_table(pa.table({"x": ["1"], "y": [1]}), tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet: column 'x' has type string, but int64 in a\.parquet"):
        open_source("*.parquet", tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    with pytest.raises(DataError, match=r"holds no table\. It is empty"):
        open_source("parts", tmp_path)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "modelcheck_rows.py").write_text(
        "import pandas as pd\n"
        "def rows(): return pd.DataFrame({'a': [1, 2], 'y': [0, 1]})\n"
        "def lazy():\n    import polars as pl\n    return pl.DataFrame({'a': ['u', 'v'], 'y': [0, 1]})\n"
        "def wrong(): return [1, 2]\n"
        "def broken(): raise KeyError('income')\n"
        "number = 3\n"
    )
    yield tmp_path
    sys.modules.pop("modelcheck_rows", None)


def test_a_function_returns_the_table(module: Path) -> None:
    source = open_source("modelcheck_rows:rows", module)
    assert pa.Table.from_batches(source.batches()).to_pydict() == {"a": [1, 2], "y": [0, 1]}
    assert sys.path[0] == str(module)
    assert open_source("modelcheck_rows:lazy", module).columns == ("a", "y")


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("modelcheck_nowhere:rows", "there is no module 'modelcheck_nowhere'"),
        ("modelcheck_rows:row", "has no 'row'. Closest: 'rows'"),
        ("modelcheck_rows:number", "is a int, not a function"),
        ("modelcheck_rows:wrong", "is a builtins.list, not a table"),
        ("modelcheck_rows:broken", "raised KeyError: 'income'"),
    ],
)
def test_functions_that_do_not_work_are_named(module: Path, path: str, part: str) -> None:
    with pytest.raises(DataError) as caught:
        open_source(path, module)
    assert part in str(caught.value)


def test_a_module_that_lacks_a_library_says_which(module: Path) -> None:
    (module / "modelcheck_needy.py").write_text("import modelcheck_no_such_library\n")
    with pytest.raises(DataError, match="importing modelcheck_needy failed: No module named 'modelcheck_no_such"):
        open_source("modelcheck_needy:rows", module)


def test_frames_of_any_library_give_the_same_table() -> None:
    data = {"a": [1.5, None], "t": ["x", None], "b": [True, False]}
    tables = [table_of(make(data), "It") for make in (pd.DataFrame, pl.DataFrame, pa.table)]
    tables.append(table_of(pa.RecordBatch.from_pydict(data), "It"))
    batches = [next(iter(MemorySource(table).batches())) for table in tables]
    assert len({str(batch.schema) for batch in batches}) == 1
    assert all(batch.to_pydict() == batches[0].to_pydict() for batch in batches)


def test_unusual_types_are_brought_to_few() -> None:
    from decimal import Decimal

    table = pa.table(
        {
            "large": pa.array(["a", None], pa.large_string()),
            "view": pa.array(["a", None], pa.string_view()),
            "decimal": pa.array([Decimal("1.5"), None]),
            "null": pa.nulls(2),
            "dictionary": pa.array(["a", None], pa.large_string()).dictionary_encode(),
            "ends": pa.RunEndEncodedArray.from_arrays([2], ["x"]),
        }
    )
    (batch,) = MemorySource(table).batches()
    kinds = [str(kind) for kind in batch.schema.types]
    assert kinds[:4] == ["string", "string", "double", "double"]
    assert kinds[4].startswith("dictionary<values=string, indices=int32")
    assert kinds[5] == "string"
    assert batch.to_pydict()["decimal"] == [1.5, None]
    assert batch.to_pydict()["ends"] == ["x", "x"]


def test_values_that_change_their_form_are_noted() -> None:
    frame = pd.DataFrame({"month": pd.period_range("2020-01", periods=3, freq="M"), "x": [1.0, 2.0, 3.0]})
    source = MemorySource(table_of(frame, "It"))
    assert str(source.schema.field("month").type) == "int64"
    assert len(source.notes) == 1
    assert source.notes[0].startswith("column 'month' of type extension")
    times = MemorySource(table_of(pl.DataFrame({"t": pl.Series([1, 2_000]).cast(pl.Time)}), "It"))
    assert [value.microsecond for value in next(iter(times.batches())).column(0).to_pylist()] == [0, 2]


def test_frames_that_no_table_can_hold_are_refused() -> None:
    with pytest.raises(DataError, match="duplicate column names: 'a'"):
        table_of(pd.DataFrame([[1, 2]], columns=["a", "a"]), "The frame")
    with pytest.raises(DataError, match="duplicate column names: '1'"):
        table_of(pd.DataFrame([[1, 2]], columns=[1, "1"]), "The frame")
    with pytest.raises(DataError, match="several levels"):
        table_of(pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "The frame")
    with pytest.raises(DataError, match="column 'm' mixes types"):
        table_of(pd.DataFrame({"m": [1, "x", object()]}), "The frame")
    with pytest.raises(DataError, match="has no columns"):
        table_of(pd.DataFrame(index=[0, 1]), "The frame")
    with pytest.raises(DataError, match=r"numpy\.ndarray, not a table"):
        table_of(np.zeros((2, 2)), "The frame")


class _Counting(MemorySource):
    passes = 0

    def batches(self, *args: object, **kwargs: object) -> object:
        self.passes += 1
        return super().batches(*args, **kwargs)


def test_small_tables_are_read_once_and_large_ones_each_time() -> None:
    table = pa.table({"x": np.arange(1000.0)})
    for limit, passes in ((100_000, 1), (4_000, 3)):
        inner = _Counting(table)
        source = KeptSource(inner, limit)
        read = [pa.Table.from_batches(source.batches(batch_rows=100)) for _ in range(3)]
        assert inner.passes == passes
        assert all(one.equals(table) for one in read)


def test_a_pass_that_stops_early_keeps_nothing_by_halves() -> None:
    source = KeptSource(MemorySource(pa.table({"x": np.arange(1000.0)})))
    next(iter(source.batches(batch_rows=10)))
    assert sum(batch.num_rows for batch in source.batches()) == 1000


class _Underestimated(_Counting):
    def bytes_hint(self) -> int:
        return 10


def test_a_table_that_turns_out_large_is_let_go_and_not_tried_again() -> None:
    table = pa.table({"x": np.arange(1000.0)})
    inner = _Underestimated(table)
    source = KeptSource(inner, 4_000)
    read = [pa.Table.from_batches(source.batches(batch_rows=100)) for _ in range(3)]
    assert inner.passes == 3
    assert all(one.equals(table) for one in read)
    assert source.bytes_hint() == 10


def test_every_source_guesses_its_size(tmp_path: Path) -> None:
    table = pa.table({"x": np.arange(1000.0)})
    for name in ("a.parquet", "a.arrow", "a.arrows"):
        WRITERS[name](tmp_path / name, table)
        assert 1_000 < open_source(name, tmp_path).bytes_hint() < 100_000
    (tmp_path / "parts").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "parts" / name).write_text("x\n" + "1\n" * 1_000)
    assert open_source("parts", tmp_path).bytes_hint() == 2 * (2_002 // 2)
    assert open_source("parts", tmp_path).rows_hint() == 2_000
