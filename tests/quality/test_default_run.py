"""The whole default run: quiet on healthy models, red on useless ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest
from sklearn.linear_model import LinearRegression, LogisticRegression

import modelcheck

# A run takes a second, and every one of them counts towards one rate over all tasks and sizes.
RUNS = 8
PAIRS = 5  # of candidate and baseline
CELLS = [(task, rows) for task in ("binary", "regression") for rows in (300, 2000)]
SHARE = 0.018  # of the run's error budget: the blocking gates of the performance and the bias suite
# What gates judge is asked first, so that a small budget asks them all; the rest only describes.
BUDGET = 20_000
FEATURES = [f"f{place}" for place in range(6)]
# Many, so that a direction learnt from shuffled labels hardly ever points along the true one by chance.
MANY = [f"f{place}" for place in range(30)]


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path, monkeypatch):
    # A scan asks git about the folder it is in, which in a repository takes longer than most of its gates.
    monkeypatch.chdir(tmp_path)


def _table(rng, rows, task, features=FEATURES):
    frame = pd.DataFrame(rng.normal(size=(rows, len(features))), columns=features)
    frame["group"] = rng.choice(["a", "b", "c"], rows)
    signal = frame.f0 + 0.7 * frame.f1 - 0.5 * frame.f2
    if task == "binary":
        frame["target"] = (rng.random(rows) < 1 / (1 + np.exp(-signal))).astype(int)
    else:
        frame["target"] = signal + rng.normal(size=rows)
    return frame


def _scan(seed, rows, task, *, useless=False):
    rng = np.random.default_rng([seed, rows])
    features = MANY if useless else FEATURES
    train, holdout = _table(rng, rows, task, features), _table(rng, rows, task, features)
    model = LogisticRegression() if task == "binary" else LinearRegression()
    truth = rng.permutation(train.target) if useless else train.target
    model.fit(train[features], truth)
    # What makes a model useless is no matter of groups.
    more = {"suites": ["performance"]} if useless else {}
    return modelcheck.scan(model, holdout, target="target", reference=train, protected=["group"], budget=BUDGET, **more)


def _against_a_baseline(seed, rows, task, *, worse=False):
    """Two models of one kind from samples of their own; a worse one never saw the strongest feature."""
    rng = np.random.default_rng([seed, rows, 1])
    train, other, holdout = (_table(rng, size, task) for size in (5000, 5000, rows))
    kind = LogisticRegression if task == "binary" else LinearRegression
    baseline = kind().fit(other[FEATURES], other.target)
    seen = train[FEATURES].assign(f0=0.0) if worse else train[FEATURES]
    candidate = kind().fit(seen, train.target)
    more = {"suites": ["performance"]} if worse else {}
    return modelcheck.scan(
        candidate,
        holdout,
        target="target",
        baseline=baseline,
        reference=train,
        protected=["group"],
        budget=BUDGET,
        **more,
    )


def _told(runs, what, hits):
    low, high = binomtest(hits, runs).proportion_ci(0.999, method="exact")
    print(f"{what}: {hits} of {runs} ({hits / runs:.1%}, 99.9 % interval {low:.1%} to {high:.1%})")


def _count(runs, what, happened, cells):
    """Return how often something happened in so many runs of each cell, and tell each cell's share."""
    total = 0
    for task, rows in cells:
        hits = sum(happened(seed, rows, task) for seed in range(runs))
        _told(runs, f"{what} {task}, n {rows}", hits)
        total += hits
    _told(runs * len(cells), f"{what}, all", total)
    return total


def test_healthy_models_are_blocked_no_more_often_than_the_suite_may():
    blocked = _count(RUNS, "healthy, blocked", lambda *cell: not _scan(*cell).promoted, CELLS)
    assert blocked <= binom.ppf(0.999, RUNS * len(CELLS), SHARE)


def test_models_that_learned_from_shuffled_labels_are_blocked():
    cells = [("binary", 2000), ("regression", 2000)]
    blocked = _count(PAIRS, "shuffled, blocked", lambda *cell: _scan(*cell, useless=True).verdict == "blocked", cells)
    assert blocked >= binom.ppf(0.001, PAIRS * len(cells), 0.95)


def test_equal_candidates_are_blocked_no_more_often_than_the_suite_may():
    failing = []

    def blocked(*cell):
        scan = _against_a_baseline(*cell)
        # That a group is too small to show a gap is a plain fact of so few rows, and true.
        failing.append(any(gate.verdict == "fail" and gate.check != "representation" for gate in scan.record.gates))
        return not scan.promoted

    runs = PAIRS * len(CELLS)
    assert _count(PAIRS, "equal against a baseline, blocked", blocked, CELLS) <= binom.ppf(0.999, runs, SHARE)
    _told(runs, "equal against a baseline, any failure, warnings too", sum(failing))
    assert sum(failing) <= binom.ppf(0.999, runs, 0.05)


def test_candidates_that_lost_their_strongest_feature_are_blocked():
    cells = [("binary", 2000), ("regression", 2000)]
    blocked = _count(
        PAIRS, "worse, blocked", lambda *cell: _against_a_baseline(*cell, worse=True).verdict == "blocked", cells
    )
    assert blocked >= binom.ppf(0.001, PAIRS * len(cells), 0.95)
