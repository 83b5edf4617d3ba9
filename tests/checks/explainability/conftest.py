"""Small tables with known reasons, and contexts in which any model of them can be asked."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.context import Context
from modelcheck.config.tables import BaselineTable, CandidateTable, Config, DatasetTable
from modelcheck.scoring.store import Store
from modelcheck.scoring.subjects import Subjects


def made(n=400, seed=0, *, strength=1.0):
    """Two columns that matter, one of them more; one of words that does; one of noise; a copy of it; a group."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "big": rng.normal(size=n),
            "small": rng.normal(size=n),
            "job": rng.choice(["cook", "smith", "clerk"], n),
            "noise": rng.normal(size=n),
            "group": rng.choice(["F", "M"], n),
        }
    )
    frame["twin"] = np.where(frame["group"] == "M", 1.0, 0.0) + 0.05 * rng.normal(size=n)
    frame["y"] = np.where(rng.random(n) < expit(strength * signal(frame)), "yes", "no")
    return frame


def signal(rows):
    job = rows["job"].map({"cook": 0.8, "clerk": -0.8}).fillna(0.0).to_numpy(dtype=float)
    return 2.0 * numbers(rows["big"]) + 0.8 * numbers(rows["small"]) + job


def numbers(column):
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def expit(x):
    return 1.0 / (1.0 + np.exp(-x))


def healthy(rows):
    return expit(signal(rows))


@pytest.fixture(scope="session")
def people():
    return made


@pytest.fixture(scope="session")
def right():
    """The model that made the truth."""
    return healthy


@pytest.fixture(scope="session")
def lines_of():
    """The rows of a table of some evidence, as dictionaries."""

    def lines(evidence, name=None):
        table = next(item for item in evidence.tables if name in (None, item.name))
        return [dict(zip(table.columns, line, strict=True)) for line in table.rows]

    return lines


@pytest.fixture(scope="session")
def context_for(tmp_path_factory):
    """Make a context whose attributions are shared by every check that is given it, or a replacement of it."""

    def make(model, table, *, reference=None, baseline=None, task="binary", classes=("no", "yes"), output=None, **more):
        dataset = {"path": "rows:all", "target": "y"} | more.pop("dataset", {})
        if task == "binary":
            dataset["positive"] = classes[-1]
        output = output or ("value" if task == "regression" else "probability")

        def said(given):
            if hasattr(given, "fit"):
                return {}
            return {"output": output, "classes": classes if task != "regression" else ()}

        folder = tmp_path_factory.mktemp("run")
        config = Config(
            name="demo",
            file=folder / "modelcheck.toml",
            label="modelcheck.toml",
            candidate=CandidateTable(model="m:f", task=task, **said(model), **more.pop("candidate", {})),
            baseline=None if baseline is None else BaselineTable(model="m:g", **said(baseline)),
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
                "check": "explainability.importance",
                "confidence": 0.95,
                "rows": subjects.rows,
                "find_reference": lambda: subjects.reference_rows,
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
def told(context_for):
    """The healthy model on 400 rows with a reference: asked once for all tests that only read."""
    return context_for(healthy, made(), reference=made(500, 1), dataset={"protected": (("group",),)}, budget=150_000)


@pytest.fixture(scope="session")
def asked_of(told):
    """The same context for another check, or with other declarations."""

    def change(context=None, **more):
        return dataclasses.replace(told if context is None else context, **more)

    return change
