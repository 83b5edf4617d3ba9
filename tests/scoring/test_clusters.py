"""One cluster has one code, in the dataset and in the reference, whoever is scored first and in whatever process."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from modelcheck.config.tables import CandidateTable, Config, DatasetTable
from modelcheck.scoring.store import Store
from modelcheck.scoring.subjects import Subjects


def _frame(people, seed):
    x = np.random.default_rng(seed).random(len(people))
    return pd.DataFrame({"person": people, "x": x, "y": np.where(x > 0.4, "yes", "no")})


def _subjects(folder, dataset, reference, *, shared=False):
    return Subjects.of(
        Config(
            name="demo",
            file=folder / "modelcheck.toml",
            label="modelcheck.toml",
            candidate=CandidateTable(model="m:f", output="probability", task="binary"),
            dataset=DatasetTable(path="rows:all", target="y", positive="yes", cluster="person"),
        ),
        task="binary",
        candidate=lambda frame: frame["x"].to_numpy(),
        baseline=None,
        dataset=dataset,
        reference=reference,
        store=Store(folder / "store", shared=shared),
    )


@pytest.fixture
def tables():
    return _frame([4, 4, 9, 2, 9], seed=0), _frame([7, 9, 7, 4, 3], seed=1)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("first", ["rows", "reference_rows"])
def test_the_reference_continues_the_codes_of_the_dataset(tmp_path, tables, first, shared):
    subjects = _subjects(tmp_path, *tables, shared=shared)
    getattr(subjects, first)
    # As in a process that comes later and reads what the first one made.
    later = _subjects(tmp_path, *tables, shared=shared) if shared else subjects
    assert later.rows.cluster.tolist() == [0, 0, 1, 2, 1]
    assert later.reference_rows.cluster.tolist() == [3, 1, 3, 0, 4]


def test_a_reference_that_writes_the_same_clusters_as_text_shares_their_codes(tmp_path, tables):
    dataset, reference = tables
    reference = reference.assign(person=reference["person"].astype(str))
    assert _subjects(tmp_path, dataset, reference).reference_rows.cluster.tolist() == [3, 1, 3, 0, 4]


def test_the_record_counts_the_clusters_that_a_table_has_and_keeps_none(tmp_path, tables):
    subjects = _subjects(tmp_path, *tables)
    _ = subjects.reference_rows
    for name, clusters in (("dataset", 3), ("reference", 4)):
        facts = json.loads((tmp_path / "store" / f"{name}.json").read_text())
        assert facts["clusters"] == clusters
    assert subjects.accepted.clusters.to_pylist() == [4, 9, 2]
    assert _subjects(tmp_path / "alone", tables[0], None).accepted.clusters is None
