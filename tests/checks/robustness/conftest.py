"""A small table, a healthy model of it, and contexts in which models that are plain functions can be asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.context import Context
from modelcheck.config.tables import BaselineTable, CandidateTable, Config, DatasetTable
from modelcheck.perturb.outcomes import Outcomes
from modelcheck.scoring.store import Store
from modelcheck.scoring.subjects import Subjects


def made(n=400, seed=0):
    """Four columns of numbers and words; debt has holes."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "income": rng.lognormal(8.0, 0.6, n).round(2),
            "debt": rng.normal(1000.0, 300.0, n).round(),
            "job": rng.choice(["clerk", "nurse", "cook"], n, p=[0.5, 0.3, 0.2]),
        }
    )
    frame.loc[rng.random(n) < 0.1, "debt"] = np.nan
    frame["y"] = np.where(rng.random(n) < believed(frame), "yes", "no")
    return frame


def numbers(column):
    """Any column as floats; what is no number is missing."""
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def believed(rows):
    """Rise with age and income; what is missing or unknown says nothing."""
    age, income = np.nan_to_num(numbers(rows["age"]), nan=50.0), np.nan_to_num(numbers(rows["income"]), nan=3000.0)
    job = rows["job"].astype(object).map({"clerk": 0.3, "nurse": -0.3}).fillna(0.0).to_numpy(dtype=float)
    signal = (age - 50.0) / 15.0 + 1.5 * (np.log(np.clip(income, 1.0, None)) - 8.0) + job
    return 1.0 / (1.0 + np.exp(-signal))


@pytest.fixture(scope="session")
def people():
    return made


@pytest.fixture(scope="session")
def healthy():
    return believed


@pytest.fixture(scope="session")
def as_numbers():
    return numbers


@pytest.fixture(scope="session")
def outcomes_of():
    """Make outcomes of scores and decisions, every row answered."""

    def make(score=None, decision=None):
        score = None if score is None else np.asarray(score, dtype=float)
        if decision is None and score is not None and score.ndim == 1:
            decision = score >= 0.5
        return Outcomes(
            state=np.zeros(len(decision if score is None else score), dtype=np.int8),
            score=score,
            decision=None if decision is None else np.asarray(decision).astype(np.int16),
            messages={},
        )

    return make


@pytest.fixture(scope="session")
def lines_of():
    """The rows of a table of some evidence, as dictionaries."""

    def lines(evidence, name):
        table = next(item for item in evidence.tables if item.name == name)
        return [dict(zip(table.columns, line, strict=True)) for line in table.rows]

    return lines


@pytest.fixture(scope="session")
def context_for(tmp_path_factory):
    """Make a context whose answers are shared by every check that is given it, or a replacement of it."""

    def make(model, table, *, reference=None, baseline=None, task="binary", classes=("no", "yes"), output=None, **more):
        dataset = {"path": "rows:all", "target": "y"} | more.pop("dataset", {})
        if task == "binary":
            dataset["positive"] = classes[-1]
        output = output or ("value" if task == "regression" else "probability")
        estimator = hasattr(model, "fit")
        said = {} if estimator else {"output": output, "classes": classes if task != "regression" else ()}
        folder = tmp_path_factory.mktemp("run")
        config = Config(
            name="demo",
            file=folder / "modelcheck.toml",
            label="modelcheck.toml",
            candidate=CandidateTable(model="m:f", task=task, **said, **more.pop("candidate", {})),
            baseline=None if baseline is None else BaselineTable(model="m:g", **said),
            dataset=DatasetTable(**dataset),
        )
        subjects = Subjects.of(
            config,
            task=task,
            candidate=model,
            baseline=baseline,
            dataset=table,
            reference=reference,
            store=Store(folder / "store", shared=False),
        )
        paired = subjects.comparison
        return Context(
            **{
                "check": "robustness.flip_rate",
                "confidence": 0.95,
                "rows": subjects.rows,
                "reference": subjects.reference_rows,
                "baseline": None if paired is None else paired.baseline,
                "rng": np.random.default_rng(0),
                "shared": subjects.store,
                "asking": subjects.asking,
                "budget": 60_000,
                "asking_baseline": subjects.asking_baseline,
            }
            | more
        )

    return make


@pytest.fixture(scope="session")
def healthy_context(context_for):
    """400 rows and a healthy model, asked once for all tests that only read."""
    return context_for(believed, made(), budget=200_000)
