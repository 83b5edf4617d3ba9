"""The dataset that users and checks see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelcheck.config.tables import DatasetTable
from modelcheck.data.dataset import open_dataset, rows_hint, wrap_dataset
from modelcheck.errors import DataError

FRAME = pd.DataFrame({"age": [30, 70, 50], "sex": ["F", "M", None], "id": [7, 8, 9], "y": [0, 1, 1]})
TABLE = DatasetTable(path="data.csv", target="y", protected=(("sex",),), key="id")


def test_a_file_gives_frames_features_and_target(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "data.csv", index=False)
    data = open_dataset(TABLE, tmp_path)
    pd.testing.assert_frame_equal(data.frame(), FRAME)
    pd.testing.assert_frame_equal(data.X, FRAME[["age", "sex"]])
    pd.testing.assert_series_equal(data.y, FRAME["y"])
    assert data.columns == ("age", "sex", "id", "y")
    assert data.rows_hint() == 3
    assert data.table is TABLE
    assert data.shown_path == "data.csv"
    assert repr(data) == "Dataset('dataset', 4 columns, target 'y')"


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_frames_of_any_library_are_wrapped(make: object) -> None:
    data = wrap_dataset(make({"age": [30, 70], "sex": ["F", "M"], "id": [1, 2], "y": [0, 1]}), TABLE)
    assert data.frame()["age"].tolist() == [30, 70]
    assert data.X.columns.tolist() == ["age", "sex"]


def test_a_dataset_is_wrapped_into_itself_or_its_rows() -> None:
    data = wrap_dataset(FRAME, TABLE)
    assert wrap_dataset(data, TABLE) is data
    other = wrap_dataset(data, DatasetTable(path="", target="y"))
    assert other.X.columns.tolist() == ["age", "sex", "id"]
    assert wrap_dataset(data, TABLE, scores=("age",)).X.columns.tolist() == ["sex"]


def test_all_absent_columns_are_listed_with_the_closest_names() -> None:
    table = DatasetTable(
        path="",
        target="why",
        protected=(("sexx",), ("sex", "race")),
        forbidden=("zip",),
        categorical=("ages",),
        monotonic={"hours": "increasing"},
        bands={"agee": (1.0,)},
        cluster="person",
        weight="w",
        key="idd",
        time="when",
        drop=("comment",),
    )
    with pytest.raises(DataError) as caught:
        wrap_dataset(FRAME, table, scores=("p",))
    text = str(caught.value)
    assert "lacks 13 declared columns" in text
    for part in (
        "target: 'why'",
        "protected: 'sexx'. Closest: 'sex'.",
        "protected: 'race'",
        "key: 'idd'. Closest: 'id'.",
    ):
        assert part in text
    for part in ("forbidden: 'zip'", "categorical: 'ages'", "monotonic: 'hours'", "bands: 'agee'", "cluster: 'person'"):
        assert part in text
    for part in ("weight: 'w'", "time: 'when'", "drop: 'comment'", "score: 'p'", "Its 4 columns: 'age', 'sex'"):
        assert part in text


def test_a_reference_may_lack_what_nothing_reads_there() -> None:
    frame = FRAME.drop(columns="id")
    assert wrap_dataset(frame, TABLE, name="reference").columns == ("age", "sex", "y")
    with pytest.raises(DataError, match="The dataset lacks a declared column:\n  key: 'id'"):
        wrap_dataset(frame, TABLE)
    with pytest.raises(DataError, match="The reference lacks a declared column:\n  protected: 'sex'"):
        wrap_dataset(frame.drop(columns="sex"), TABLE, name="reference")


@pytest.mark.parametrize("name", ["data.csv", "data.parquet", "data.csv.gz", "data.arrows"])
def test_zero_rows_are_refused(tmp_path: Path, name: str) -> None:
    empty = FRAME.iloc[:0]
    if name == "data.parquet":
        empty.to_parquet(tmp_path / name)
    elif name == "data.arrows":
        with pa.ipc.new_stream(tmp_path / name, pa.schema([(c, pa.int64()) for c in FRAME])):
            pass
    else:
        empty.to_csv(tmp_path / name, index=False)
    with pytest.raises(DataError, match="zero rows"):
        list(open_dataset(TABLE, tmp_path, path=name).batches())
    with pytest.raises(DataError, match="zero rows"):
        wrap_dataset(empty, TABLE)


def test_one_row_is_a_dataset() -> None:
    data = wrap_dataset(FRAME.iloc[:1], TABLE)
    assert len(data.frame()) == 1
    assert data.schema().features == ("age", "sex")


def test_a_table_that_grows_between_passes_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": np.arange(10.0), "y": [0, 1] * 5}), tmp_path / "a.parquet")
    data = open_dataset(DatasetTable(path="a.parquet", target="y"), tmp_path)
    assert sum(batch.num_rows for batch in data.batches(["x"])) == 10
    pq.write_table(pa.table({"x": np.arange(12.0), "y": [0, 1] * 6}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="10 rows in the first pass, 12 in a later one"):
        list(data.batches(["x"]))


def test_what_a_model_does_to_a_frame_stays_there() -> None:
    original = FRAME.assign(h=[0.5, 1.5, 2.5], f=[True, False, True], c=pd.Categorical(["a", "b", "a"]))
    frame = original.copy()
    data = wrap_dataset(frame, TABLE)
    for taken in (data.frame(), data.X, data.frame()[["h"]]):
        for name in taken.columns:
            taken[name] = 0
        taken.loc[:, :] = 1
    values = data.frame()
    values["h"].to_numpy(copy=True)[:] = 9
    values.loc[0, "h"] = 9.0
    pd.testing.assert_frame_equal(data.frame(), original)
    frame.loc[0, "age"] = -1
    frame["h"] = 3.0
    pd.testing.assert_frame_equal(data.frame(), original)


def test_writing_into_the_arrays_of_a_frame_reaches_nobody() -> None:
    original = pd.DataFrame({"h": [0.5, 1.5, 2.5], "y": [0, 1, 1]})
    frame = original.copy()
    data = wrap_dataset(frame, DatasetTable(path="", target="y"))
    frame["h"].array._ndarray.flags.writeable = True
    frame["h"].array._ndarray[:] = 7.0
    pd.testing.assert_frame_equal(data.frame(), original)


def test_a_hint_opens_nothing_it_need_not(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "data.csv", index=False)
    assert rows_hint("data.csv", tmp_path) == 3
    assert rows_hint("nowhere.csv", tmp_path) is None
    assert rows_hint("modelcheck_nowhere:rows", tmp_path) is None


def test_absolute_paths_do_not_reach_the_record(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "data.csv", index=False)
    data = open_dataset(TABLE, tmp_path, path=str(tmp_path / "data.csv"))
    assert data.shown_path == "data.csv"


def test_hostile_names_survive_from_file_to_schema(tmp_path: Path) -> None:
    names = ["<script>", 'quo"te', "new\nline", "x" * 10_000, "\U0001f600", "\u202eabc", "a.b", "' OR 1=1"]
    frame = pd.DataFrame({name: [1.5, 2.5] for name in names} | {"y": [0, 1]})
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / "a.parquet")
    data = open_dataset(DatasetTable(path="a.parquet", target="y"), tmp_path)
    assert data.schema().features == tuple(names)
    pd.testing.assert_frame_equal(data.X, frame[names])
