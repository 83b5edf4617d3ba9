"""Real tables, read by every road."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modelcheck.conditions import parse_condition
from modelcheck.config.tables import DatasetTable
from modelcheck.data.coding import fit_coding
from modelcheck.data.dataset import open_dataset
from modelcheck.data.digest import digest_of
from modelcheck.data.groups import GroupBuilder
from modelcheck.data.labels import LabelReader, infer_task
from modelcheck.data.masks import evaluate

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of shared real data is absent")


def test_compas_reads_as_pandas_reads_it() -> None:
    data = open_dataset(DatasetTable(path="compas_two_years.csv.gz", target="two_year_recid"), SHARED)
    frame = pd.read_csv(SHARED / "compas_two_years.csv.gz")
    pd.testing.assert_frame_equal(data.frame(), frame)
    assert infer_task(data, data.table)[0] == "binary"
    kinds = {column.name: column.kind for column in data.schema().columns}
    assert kinds["race"] == "category"
    assert kinds["age"] == "integer"
    assert kinds["is_recid"] == "boolean"


def test_the_published_counts_of_compas_come_out() -> None:
    table = DatasetTable(path="compas_two_years.csv.gz", target="two_year_recid")
    data = open_dataset(table, SHARED)
    groups, labels, high = GroupBuilder(["race"]), LabelReader(table, "binary", (0, 1)), []
    condition = parse_condition("score_text is not missing and score_text != 'Low'")
    for batch in data.batches(batch_rows=1_000):
        groups.update(batch)
        labels.update(batch)
        high.append(evaluate(condition, batch))
    coded, truth, decided = groups.finish(), labels.finish().target, np.concatenate(high)
    counts = {}
    for race in ("African-American", "Caucasian"):
        rows = coded.codes == coded.labels.index(race)
        counts[race] = [int(((truth == t) & (decided == d) & rows).sum()) for t, d in ((0, 0), (0, 1), (1, 0), (1, 1))]
    assert counts == {"African-American": [990, 805, 532, 1369], "Caucasian": [1139, 349, 461, 505]}


ADULT = """
import pandas as pd
NAMES = ("age workclass fnlwgt education education_num marital_status occupation relationship race sex capital_gain "
         "capital_loss hours_per_week native_country income").split()
def train():
    return pd.read_csv({path!r}, names=NAMES, skipinitialspace=True, na_values="?")
"""


def test_adult_comes_through_a_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "modelcheck_adult.py").write_text(ADULT.format(path=str(SHARED / "adult.data.gz")))
    table = DatasetTable(
        path="modelcheck_adult:train", target="income", positive=">50K", protected=(("sex",), ("sex", "race"))
    )
    data = open_dataset(table, tmp_path)
    kinds = {column.name: column.kind for column in data.schema().columns}
    assert kinds == {
        "age": "integer",
        "workclass": "category",
        "fnlwgt": "integer",
        "education": "category",
        "education_num": "integer",
        "marital_status": "category",
        "occupation": "category",
        "relationship": "category",
        "race": "category",
        "sex": "category",
        "capital_gain": "integer",
        "capital_loss": "integer",
        "hours_per_week": "integer",
        "native_country": "category",
        "income": "category",
    }
    assert data.schema().column("workclass").missing_share == pytest.approx(1836 / 32561)
    reader, builder = LabelReader(table, "binary", None), GroupBuilder(("sex", "race"))
    for batch in data.batches():
        reader.update(batch)
        builder.update(batch)
    labels = reader.finish()
    assert (labels.classes, labels.counts) == (("<=50K", ">50K"), (24720, 7841))
    assert len(builder.finish().labels) == 10
    coding = fit_coding(data, data.schema().features, from_name="dataset")
    codes = np.concatenate([coding.encode(batch) for batch in data.batches()], axis=1)
    assert codes.shape == (14, 32561)
    workclass = coding.names.index("workclass")
    assert coding.labels[workclass][1] == "Private"
    assert (codes[workclass] == 0).sum() == 1836
    sys.modules.pop("modelcheck_adult")


def test_housing_is_the_same_table_as_text_and_as_parquet(tmp_path: Path) -> None:
    table = DatasetTable(path="housing.csv.gz", target="median_house_value")
    text = open_dataset(table, SHARED)
    text.frame().to_parquet(tmp_path / "housing.parquet", row_group_size=999)
    binary = open_dataset(table, tmp_path, path="housing.parquet")
    assert digest_of(text.batches()) == digest_of(binary.batches(batch_rows=123))
    assert infer_task(text, table) == ("regression", "the target has more than 1,000 different whole numbers")
    assert text.schema().column("total_bedrooms").missing_share == pytest.approx(207 / 20640)


@pytest.mark.parametrize(
    "name", ["titanic.csv", "salaries.csv", "german_credit_prepared.csv", "compas_discretized.csv"]
)
def test_every_small_table_reads_as_pandas_reads_it(name: str) -> None:
    frame = pd.read_csv(SHARED / name)
    data = open_dataset(DatasetTable(path=name, target=frame.columns[-1]), SHARED)
    pd.testing.assert_frame_equal(data.frame(), frame)
    assert len(data.schema().columns) == frame.shape[1]
