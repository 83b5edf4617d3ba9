"""Small real projects for pytester: a table, a fitted model file, a configuration."""

from __future__ import annotations

import json
from functools import cache

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LinearRegression, LogisticRegression

FEATURES = ["age", "hours", "score"]


def table(rows, seed, noise=1.0):
    """Simulated people; the outcome depends on all three features."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, rows),
            "hours": rng.normal(40, 8, rows).round(1),
            "score": rng.normal(0, 1, rows),
            "sex": rng.choice(["F", "M"], rows),
        }
    )
    signal = 0.05 * (frame.age - 49) + 0.05 * (frame.hours - 40) + frame.score
    frame["outcome"] = np.where(signal + noise * rng.logistic(0, 1, rows) > 0, "yes", "no")
    frame["amount"] = signal * 10 + noise * rng.normal(0, 5, rows)
    return frame


@cache
def _written(rows, seed):
    return table(rows, seed).to_csv(index=False)


@cache
def _fitted(kind, target, weight):
    train = table(600, 1)
    model = kind().fit(train[FEATURES], train[target])
    model.coef_ *= weight
    return model


class Project:
    """A project folder below pytester's."""

    def __init__(self, pytester):
        self.pytester = pytester
        self.path = pytester.path

    def write_tables(self, rows=600):
        for name, seed in (("train.csv", 1), ("holdout.csv", 2)):
            (self.path / name).write_text(_written(rows, seed), encoding="utf-8")
        return self

    def write_model(self, name="model.skops", *, weight=1.0):
        self.dump(_fitted(LogisticRegression, "outcome", weight), name)
        return self

    def write_regressor(self, name="amount.skops"):
        self.dump(_fitted(LinearRegression, "amount", 1.0), name)
        return self

    def dump(self, model, name):
        if name.endswith(".skops"):
            skops.io.dump(model, self.path / name)
        else:
            joblib.dump(model, self.path / name)

    def configure(
        self, extra="", *, file="modelcheck.toml", name="demo", model="model.skops", suites=("performance",), **changes
    ):
        """Write a configuration of one suite: how a run goes is no matter of what is judged; None for the default."""
        dataset = {"path": "holdout.csv", "target": "outcome", "positive": "yes", "drop": ["amount"]} | changes
        # What is asked about changed rows is tested elsewhere; here a few show that it is asked at all.
        lines = [f'name = "{name}"', "budget = 3000"]
        lines += [f"suites = {json.dumps(suites)}"] if suites else []
        lines += ["[candidate]", f"model = {json.dumps(model)}", "[dataset]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in dataset.items() if value is not None]
        lines += ["[reference]", 'path = "train.csv"', extra]
        path = self.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self

    def run(self, *options, inprocess=True):
        run = self.pytester.runpytest_inprocess if inprocess else self.pytester.runpytest_subprocess
        return run("--modelcheck", "-p", "no:cacheprovider", *options)

    def record(self, folder="reports"):
        return json.loads((self.path / folder / "record.json").read_text(encoding="utf-8"))

    def gate(self, name, folder="reports"):
        return next(gate for gate in self.record(folder)["gates"] if gate["id"] == name)


@pytest.fixture
def project(pytester, everything_imported):
    """A complete project with one binary model."""
    return Project(pytester).write_tables().write_model().configure()


@pytest.fixture
def empty_project(pytester, everything_imported):
    """A folder without anything in it yet."""
    return Project(pytester)
