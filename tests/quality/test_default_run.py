"""The whole default run: quiet on healthy models, red on useless ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest
from sklearn.linear_model import LinearRegression, LogisticRegression

import modelcheck

RUNS = 100
PAIRS = 40  # of candidate and baseline
SHARE = 0.010  # of the run's error budget: the blocking gates of the performance suite
# Many, so that a direction learnt from shuffled labels hardly ever points along the true one by chance.
FEATURES = [f"f{place}" for place in range(30)]


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path, monkeypatch):
    # A scan asks git about the folder it is in, which in a repository takes longer than most of its gates.
    monkeypatch.chdir(tmp_path)


def _table(rng, rows, task):
    frame = pd.DataFrame(rng.normal(size=(rows, len(FEATURES))), columns=FEATURES)
    frame["group"] = rng.choice(["a", "b", "c"], rows)
    signal = frame.f0 + 0.7 * frame.f1 - 0.5 * frame.f2
    if task == "binary":
        frame["target"] = (rng.random(rows) < 1 / (1 + np.exp(-signal))).astype(int)
    else:
        frame["target"] = signal + rng.normal(size=rows)
    return frame


def _scan(seed, rows, task, *, useless=False):
    rng = np.random.default_rng([seed, rows])
    train, holdout = _table(rng, rows, task), _table(rng, rows, task)
    model = LogisticRegression() if task == "binary" else LinearRegression()
    truth = rng.permutation(train.target) if useless else train.target
    model.fit(train[FEATURES], truth)
    return modelcheck.scan(model, holdout, target="target", reference=train, protected=["group"])


def _against_a_baseline(seed, rows, task, *, worse=False):
    """Two models of one kind from samples of their own; a worse one never saw the strongest feature."""
    rng = np.random.default_rng([seed, rows, 1])
    train, other, holdout = (_table(rng, size, task) for size in (5000, 5000, rows))
    kind = LogisticRegression if task == "binary" else LinearRegression
    baseline = kind().fit(other[FEATURES], other.target)
    seen = train[FEATURES].assign(f0=0.0) if worse else train[FEATURES]
    candidate = kind().fit(seen, train.target)
    return modelcheck.scan(candidate, holdout, target="target", baseline=baseline, reference=train, protected=["group"])


def _told(runs, what, hits):
    low, high = binomtest(hits, runs).proportion_ci(0.999, method="exact")
    print(f"{what}: {hits} of {runs} ({hits / runs:.1%}, 99.9 % interval {low:.1%} to {high:.1%})")


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize("rows", [300, 2000])
def test_a_healthy_model_is_blocked_no_more_often_than_the_suite_may(task, rows):
    blocked = sum(not _scan(seed, rows, task).promoted for seed in range(RUNS))
    _told(RUNS, f"healthy {task}, n {rows}, blocked", blocked)
    assert blocked <= binom.ppf(0.999, RUNS, SHARE)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_model_that_learned_from_shuffled_labels_is_blocked(task):
    blocked = sum(_scan(seed, 2000, task, useless=True).verdict == "blocked" for seed in range(RUNS))
    _told(RUNS, f"shuffled {task}, n 2000, blocked", blocked)
    assert blocked >= binom.ppf(0.001, RUNS, 0.95)


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize("rows", [300, 2000])
def test_an_equal_candidate_is_blocked_no_more_often_than_the_suite_may(task, rows):
    found = [_against_a_baseline(seed, rows, task) for seed in range(PAIRS)]
    blocked = sum(not scan.promoted for scan in found)
    findings = sum(any(gate.verdict == "fail" for gate in scan.record.gates) for scan in found)
    _told(PAIRS, f"equal {task} against a baseline, n {rows}, blocked", blocked)
    _told(PAIRS, f"equal {task} against a baseline, n {rows}, any failure, warnings too", findings)
    assert blocked <= binom.ppf(0.999, PAIRS, SHARE)
    assert findings <= binom.ppf(0.999, PAIRS, 0.05)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_candidate_that_lost_its_strongest_feature_is_blocked(task):
    blocked = sum(_against_a_baseline(seed, 2000, task, worse=True).verdict == "blocked" for seed in range(PAIRS))
    _told(PAIRS, f"worse {task} against a baseline, n 2000, blocked", blocked)
    assert blocked >= binom.ppf(0.001, PAIRS, 0.95)
