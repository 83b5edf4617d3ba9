import numpy as np
import pytest
from sklearn import metrics

from modelcheck.stats import regression
from modelcheck.stats.design import Design
from modelcheck.stats.regression import linearise, measure

NAMES = ("root_mean_squared_error", "mean_absolute_error", "median_absolute_error", "r2", "mean_bias")
SMOOTH = ("root_mean_squared_error", "mean_absolute_error", "r2", "mean_bias", "mean_squared_error")


def _rows(n=400, seed=0):
    rng = np.random.default_rng(seed)
    target = rng.gamma(3, 2, n)
    return target, 0.7 * target + 1 + rng.normal(0, 1, n), rng.uniform(0.5, 2, n)


def _oracle(name, target, prediction, weight):
    if name == "mean_bias":
        return np.average(prediction - target, weights=weight)
    function = {"r2": metrics.r2_score}.get(name) or getattr(metrics, name)
    return function(target, prediction, sample_weight=weight)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [399, 400])
def test_values_are_scikit_learns(name, weighted, n):
    target, prediction, weight = _rows(n)
    weight = weight if weighted else None
    found = measure(name, target, prediction, confidence=0.95, design=Design(weight=weight))
    assert found.value == pytest.approx(_oracle(name, target, prediction, weight), abs=1e-12)
    assert found.low < found.value < found.high
    assert (found.metric, found.n, found.unproven) == (name, n, "")


@pytest.mark.parametrize("name", SMOOTH)
def test_influence_values_are_the_jackknifes(name):
    target, prediction, weight = _rows(300)
    found = linearise(name, target, prediction, design=Design(weight=weight))
    rows = range(300)
    without = np.array(
        [
            linearise(
                name, np.delete(target, i), np.delete(prediction, i), design=Design(weight=np.delete(weight, i))
            ).value
            for i in rows
        ]
    )
    jackknife = (found.value - without) * (weight.sum() / weight - 1)
    assert np.corrcoef(found.influence, jackknife)[0, 1] > 0.995
    assert np.dot(weight, found.influence) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_intervals_have_the_bootstraps_width(name):
    target, prediction, _ = _rows(2000)
    rows = np.random.default_rng(0).integers(0, 2000, (2000, 2000))
    t, p = target[rows], prediction[rows]
    e = p - t
    draws = {
        "root_mean_squared_error": lambda: np.sqrt((e**2).mean(1)),
        "mean_absolute_error": lambda: np.abs(e).mean(1),
        "median_absolute_error": lambda: np.median(np.abs(e), 1),
        "r2": lambda: 1 - (e**2).mean(1) / t.var(1),
        "mean_bias": lambda: e.mean(1),
    }[name]()
    found = measure(name, target, prediction, confidence=0.95)
    assert found.high - found.low == pytest.approx(np.ptp(np.quantile(draws, [0.025, 0.975])), rel=0.12)


@pytest.mark.parametrize("name", NAMES)
def test_copies_in_clusters_add_no_certainty(name):
    target, prediction, _ = _rows(300)
    once = measure(name, target, prediction, confidence=0.95)
    copied = measure(
        name,
        np.repeat(target, 4),
        np.repeat(prediction, 4),
        confidence=0.95,
        design=Design(cluster=np.repeat(np.arange(300), 4)),
    )
    assert copied.value == pytest.approx(once.value)
    assert copied.high - copied.low >= 0.93 * (once.high - once.low)
    assert copied.clusters == 300


def test_bias_is_positive_when_predictions_are_too_high():
    target, _, _ = _rows()
    assert measure("mean_bias", target, target + 1 + np.arange(400) % 2, confidence=0.95).low > 1


def test_r2_below_zero_and_its_limits():
    target, _, _ = _rows()
    found = measure("r2", target, -target, confidence=0.95)
    assert found.high < 0
    near = measure("r2", target, target + 1e-3 * np.random.default_rng(0).normal(size=400), confidence=0.95)
    assert 0.999 < near.low < near.high < 1


@pytest.mark.parametrize(
    ("n", "reason"), [(50, "the target is the same for every row"), (1, "fewer than two rows"), (0, "")]
)
def test_r2_of_a_constant_target_has_no_value(n, reason):
    found = measure("r2", np.full(n, 3.0), np.arange(float(n)), confidence=0.95)
    assert found.value is None
    assert reason in found.unproven


@pytest.mark.parametrize("name", NAMES)
def test_no_rows_give_no_value(name):
    assert measure(name, np.empty(0), np.empty(0), confidence=0.95).value is None


@pytest.mark.parametrize("name", NAMES)
def test_perfect_predictions_prove_nothing(name):
    target, _, _ = _rows()
    assert measure(name, target, target, confidence=0.95).unproven


@pytest.mark.parametrize("name", ["root_mean_squared_error", "mean_absolute_error", "median_absolute_error"])
def test_errors_scale_with_the_unit(name):
    target, prediction, _ = _rows()
    one = measure(name, target, prediction, confidence=0.95)
    other = measure(name, 1000 * target, 1000 * prediction, confidence=0.95)
    assert (other.low, other.high) == pytest.approx((1000 * one.low, 1000 * one.high))


def test_inputs_are_not_changed():
    target, prediction, weight = _rows()
    before = target.copy(), prediction.copy(), weight.copy()
    for name in NAMES:
        measure(name, target, prediction, confidence=0.95, design=Design(weight=weight))
    for name in SMOOTH:
        linearise(name, target, prediction)
    assert all(np.array_equal(a, b) for a, b in zip(before, (target, prediction, weight), strict=True))


def test_unknown_metrics_and_unsmooth_ones_are_refused():
    with pytest.raises(ValueError, match="'rmse' is not a metric of predicted values"):
        measure("rmse", np.zeros(1), np.zeros(1), confidence=0.95)
    with pytest.raises(ValueError, match="not smooth"):
        linearise("median_absolute_error", np.zeros(1), np.zeros(1))


def test_each_metric_has_a_function_of_its_own():
    target, prediction, _ = _rows()
    for name in NAMES:
        assert getattr(regression, name)(target, prediction, confidence=0.9) == measure(
            name, target, prediction, confidence=0.9
        )
