"""How often the gate errs: healthy models must not fail, models worth no more than a rival must not pass."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from modelcheck.checks.performance.trivial.better_than_trivial import better_than_trivial
from modelcheck.suites.catalog import find_check

CONFIDENCE = 1 - 2 * find_check("performance.better_than_trivial").alpha


def passes(found):
    return not found.disproved and not found.estimate.unproven and found.estimate.low > 0


def share(hits, trials):
    low, high = stats.binomtest(hits, trials).proportion_ci(0.999)
    return f"{hits / trials:.4f} (99.9 % interval {low:.4f} to {high:.4f})"


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_healthy_fitted_model_of_four_features_hardly_ever_fails(rows_of, codes_of, context_of, task):
    from sklearn.linear_model import LinearRegression, LogisticRegression

    rng = np.random.default_rng(11)
    edges = {f"x{k}": np.linspace(-1.5, 1.5, 9) for k in range(4)}
    trials, failed = 200, 0
    for _ in range(trials):
        sides = []
        for n in (600, 400):
            x = rng.normal(size=(n, 4))
            signal = x.sum(axis=1) * 0.6
            target = rng.random(n) < 1 / (1 + np.exp(-signal)) if task == "binary" else signal + rng.normal(size=n)
            sides.append((x, target))
        model = (LogisticRegression(solver="newton-cholesky") if task == "binary" else LinearRegression()).fit(
            *sides[0]
        )
        reference, rows = (
            rows_of(
                task,
                target,
                model.predict_proba(x)[:, 1] if task == "binary" else model.predict(x),
                features=codes_of({f"x{k}": x[:, k] for k in range(4)}, edges=edges),
            )
            for x, target in sides
        )
        context = context_of("better_than_trivial", rows, reference=reference, confidence=CONFIDENCE)
        failed += not passes(better_than_trivial(context))
    print(f"{task}: healthy model of 400 rows fails {share(failed, trials)}")
    assert failed <= stats.binom.ppf(0.999, trials, 0.01)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_model_worth_as_much_as_the_stump_is_not_called_better_more_often_than_the_level_allows(
    rows_of, codes_of, context_of, task
):
    """The model splits a feature that the stump can't see and that is worth exactly as much."""
    rng = np.random.default_rng(12)
    edges = {"x1": np.array([0.0]), "x2": np.array([0.0])}
    trials, better = 1500, 0
    step = 0.8 * np.sqrt(2 / np.pi)
    for _ in range(trials):
        sides = []
        for n in (2000, 250):
            x = rng.normal(size=(n, 3))
            signal = 0.8 * x.sum(axis=1)
            target = rng.random(n) < 1 / (1 + np.exp(-signal)) if task == "binary" else signal + rng.normal(size=n)
            sides.append(
                rows_of(
                    task,
                    target,
                    1.0 * (x[:, 0] > 0) if task == "binary" else step * np.sign(x[:, 0]),
                    features=codes_of({"x1": x[:, 1], "x2": x[:, 2]}, edges=edges),
                )
            )
        context = context_of("better_than_trivial", sides[1], reference=sides[0], confidence=0.95)
        better += passes(better_than_trivial(context))
    print(f"{task}: as good as the stump, called better {share(better, trials)}, nominal 0.025")
    assert better <= stats.binom.ppf(0.999, trials, 0.035)


def test_a_model_of_noise_never_passes(rows_of, codes_of, context_of):
    rng = np.random.default_rng(13)
    trials, passed = 500, 0
    for _ in range(trials):
        sides = []
        for n in (300, 100):
            x = rng.normal(size=n)
            target = rng.random(n) < 0.3  # nothing to learn at all: the stump is noise too
            sides.append(
                rows_of("binary", target, rng.random(n), features=codes_of({"x": x}, edges={"x": [-0.5, 0.5]}))
            )
        context = context_of("better_than_trivial", sides[1], reference=sides[0], confidence=CONFIDENCE)
        passed += passes(better_than_trivial(context))
    print(f"noise: passes {share(passed, trials)}, nominal at most {(1 - CONFIDENCE) / 2:.4f}")
    assert passed <= stats.binom.ppf(0.999, trials, (1 - CONFIDENCE) / 2)
