"""Rows for small real models, and one whole run of pytest that gates a model file by its configuration alone."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from modelcheck.config.tables import CandidateTable
from modelcheck.models.loading import load_model


@pytest.fixture(scope="module")
def rows():
    """300 rows: `age` misses entries, `visits` are whole numbers, `site` is a category as text."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "age": rng.normal(50, 15, 300),
            "visits": rng.integers(0, 9, 300),
            "site": rng.choice(["east", "north", "west"], 300),
        }
    )
    frame.loc[::9, "age"] = np.nan
    return frame


@pytest.fixture(scope="module")
def truth(rows):
    """What depends on all three columns: a value; `sick` and `stage` are made from it."""
    score = rows.visits + 3.0 * (rows.site == "east") + (rows.age.fillna(50) - 50) / 10
    noise = np.random.default_rng(8).normal(0, 1, len(rows))
    return pd.DataFrame(
        {
            "value": score + noise,
            "sick": (score + noise > 5).astype(int),
            "stage": np.digitize(score + noise, [3, 6]),
        }
    )


@pytest.fixture
def load(tmp_path):
    """Load a file of the test's folder by what a configuration would say."""

    def loaded(name, task=None, **table):
        return load_model(CandidateTable(model=name, **table), tmp_path, task=task)

    return loaded


@pytest.fixture
def gated(pytester):
    """Gate a model file by a configuration alone, in a process of its own: exit code, record, verdicts by gate."""

    def run(model, rows, target, gate, *, candidate="", dataset=""):
        # The file lies in the test's folder, as pytester's does.
        rows.to_csv(pytester.path / "rows.csv", index=False)
        pytester.path.joinpath("modelcheck.toml").write_text(
            f'name = "m"\nsuites = ["performance"]\n[candidate]\nmodel = "{model}"\n{candidate}\n'
            f'[dataset]\npath = "rows.csv"\ntarget = "{target}"\n{dataset}\n{gate}\n'
        )
        done = pytester.runpytest_subprocess("--modelcheck", "-q", "-p", "no:cacheprovider")
        path = pytester.path / "reports" / "record.json"
        assert path.exists(), done.outlines + done.errlines
        record = json.loads(path.read_text())
        return done.ret, record, {one["id"]: one["verdict"] for one in record["gates"]}

    return run
