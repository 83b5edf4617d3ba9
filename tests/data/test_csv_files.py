"""Text tables: types over the whole file, as pandas reads them."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelcheck.data import csv_file
from modelcheck.data.csv_file import CsvSource
from modelcheck.data.frames import to_frame
from modelcheck.data.opening import open_source
from modelcheck.errors import DataError


def _frame(path: Path) -> pd.DataFrame:
    return to_frame(pa.Table.from_batches(open_source(path.name, path.parent).batches()))


def _write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def test_a_file_reads_as_pandas_reads_it(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "a.csv",
        "i,f,missing,b,t,d,padded,quoted,n,mixed,lead,none\n"
        '1,1.5,,True,x,2020-01-31, 7,"a,b",1,1,007,\n'
        '2,2,4,False,"y ""z""",2020-02-01,8,"line\nbreak",NA,x,010,\n'
        "3,-3e2,5,True,None,2020-02-02, 9,c,3,2.5,1,\n",
    )
    pd.testing.assert_frame_equal(_frame(path), pd.read_csv(path))


def test_the_words_for_missing_are_those_of_pandas() -> None:
    from pandas._libs.parsers import STR_NA_VALUES

    assert set(csv_file._MISSING) == STR_NA_VALUES


def test_a_column_that_turns_into_text_late_is_text_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "_BLOCK", 4096)
    rows = [f"{i},{i},{i},True," for i in range(5000)] + ["x,1.5,,maybe,"]
    path = _write(tmp_path / "a.csv", "late,float,int,bool,empty\n" + "\n".join(rows) + "\n")
    source = CsvSource(path)
    assert [str(kind) for kind in source.schema.types] == ["string", "double", "int64", "string", "double"]
    table = pa.Table.from_batches(source.batches())
    assert table["late"].to_pylist()[:2] == ["0", "1"]
    assert table["late"].to_pylist()[-1] == "x"
    assert table["float"].to_pylist()[-1] == 1.5
    assert table["int"].null_count == 1
    assert source.rows_hint() == 5001


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2"], "int64"),
        (["1", "2.0"], "double"),
        (["1", "inf"], "double"),
        (["True", "false"], "bool"),
        (["True", "1"], "string"),
        (["1", "True"], "string"),
        (["0x1F", "0x20"], "string"),
        (["2020-01-01"], "string"),
        (["12345678901234567890", "12345678901234567891"], "string"),
        (["1234567890123456", "2"], "int64"),
        (["0.1234567890123456789", "2"], "double"),
        (["", "NA"], "double"),
        ([" 1", "2 "], "int64"),
    ],
)
def test_types_of_columns(tmp_path: Path, values: list[str], kind: str) -> None:
    path = _write(tmp_path / "a.csv", "a,b\n" + "".join(f"{value},z\n" for value in values))
    source = CsvSource(path)
    assert str(source.schema.field("a").type) == kind
    assert pa.Table.from_batches(source.batches()).num_rows == len(values)


def test_long_codes_keep_their_digits(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", "id,y\n12345678901234567890,1\n12345678901234567891,0\n")
    assert _frame(path)["id"].nunique() == 2


@pytest.mark.parametrize(("end", "pack"), [(".csv.gz", gzip.compress), (".csv.bz2", bz2.compress)])
def test_compressed_files(tmp_path: Path, end: str, pack: object) -> None:
    path = tmp_path / f"a{end}"
    path.write_bytes(pack(b"a,b\n1,x\n2,y\n"))
    assert _frame(path)["b"].tolist() == ["x", "y"]
    assert open_source(path.name, tmp_path).rows_hint() is None


def test_tab_separated_files(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.tsv", "a\tb\n1\tx, y\n")
    assert _frame(path)["b"].tolist() == ["x, y"]


def test_columns_are_chosen_in_the_order_asked_for(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", "a,,c\n1,2,3\n")
    source = CsvSource(path)
    assert source.columns == ("a", "Unnamed: 1", "c")
    (batch,) = source.batches(["c", "Unnamed: 1"])
    assert batch.to_pydict() == {"c": [3], "Unnamed: 1": [2]}
    (batch,) = source.batches([])
    assert batch.num_rows == 1


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    assert open_source("a.csv", tmp_path).columns == ("a", "b")
    assert _frame(path)["a"].tolist() == [1]


def test_hostile_names_and_values_survive(tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", 'quo"te', "new\nline", "x" * 10_000, "\U0001f600", "\u202eabc", "a,b"]
    frame = pd.DataFrame({name: [name, "\u202e\U0001f600'\"\n", "z" * 10_000] for name in names})
    path = tmp_path / "a.csv"
    frame.to_csv(path, index=False)
    pd.testing.assert_frame_equal(_frame(path), frame)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "0 bytes"),
        (b"\n\n", "no header"),
        (b"a,b\n1,2\n3\n", "can't be read"),
        (b"a,b\n\xff\xfe,1\n", "UTF-8"),
        (b"\xff\xfea,b\n1,1\n", "UTF-8"),
        (b"a,b,a\n1,2,3\n", "duplicate column names: 'a'"),
        (b"a;b;c\n1;2;3\n", "semicolons"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, content: bytes, part: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataError, match=part) as caught:
        list(open_source("a.csv", tmp_path).batches())
    assert "a.csv" in str(caught.value)


def test_a_truncated_compressed_file_is_refused(tmp_path: Path) -> None:
    text = "a,b\n" + "".join(f"{value},{value}\n" for value in np.random.default_rng(0).random(50_000))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode())[:-2000])
    with pytest.raises(DataError, match="damaged, truncated"):
        list(open_source("a.csv.gz", tmp_path).batches())


def test_a_header_without_rows_has_zero_rows(tmp_path: Path) -> None:
    _write(tmp_path / "a.csv", "a,b\n")
    assert open_source("a.csv", tmp_path).rows_hint() == 0
    assert list(open_source("a.csv", tmp_path).batches()) == []
