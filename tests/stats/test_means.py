import numpy as np
import pytest
from scipy import stats

from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised
from modelcheck.stats.means import mean_of, skewed_interval


def test_symmetric_values_get_students_interval():
    x = np.concatenate([np.linspace(-1, 1, 101)]) + 5
    found = mean_of(x, metric="m", confidence=0.95)
    expected = stats.t.interval(0.95, 100, x.mean(), stats.sem(x))
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-9)


def test_right_skew_moves_both_limits_up():
    x = np.random.default_rng(0).exponential(1, 300)
    found = mean_of(x, metric="m", confidence=0.95)
    plain = stats.t.interval(0.95, 299, x.mean(), stats.sem(x))
    assert found.low > plain[0]
    assert found.high > plain[1]


def test_mirrored_values_give_mirrored_limits():
    x = np.random.default_rng(0).exponential(1, 300)
    up, down = mean_of(x, metric="m", confidence=0.95), mean_of(-x, metric="m", confidence=0.95)
    assert (up.low, up.high) == pytest.approx((-down.high, -down.low))


def test_halls_transformation_is_inverted_exactly():
    x = np.random.default_rng(0).exponential(1, 200)
    found = mean_of(x, metric="m", confidence=0.9)
    a = stats.skew(x) / np.sqrt(200)
    t = (x.mean() - found.low) / stats.sem(x)
    assert t + a * t**2 / 3 + a**2 * t**3 / 27 + a / 6 == pytest.approx(stats.t.ppf(0.95, 199))


def test_limits_of_losses_stay_positive():
    x = np.zeros(40)
    x[0] = 1.0
    found = mean_of(x, metric="m", confidence=0.999, lowest=0.0)
    assert 0 < found.low < found.value < found.high


def test_great_skewness_is_unproven_and_says_how_many_rows_are_needed():
    x = np.zeros(400)
    x[:2] = 1.0
    found = mean_of(x, metric="m", confidence=0.95, lowest=0.0)
    skewness = stats.skew(x)
    assert found.n_needed == int(np.ceil(15 * skewness**2))
    assert found.unproven == (
        f"the averaged values are skewed (skewness {skewness:.1f}) and 400 rows are too few for a trustworthy interval"
    )


def test_few_rows_are_unproven():
    found = mean_of(np.arange(29.0), metric="m", confidence=0.95)
    assert (found.unproven, found.n_needed) == ("29 rows are too few for a trustworthy interval", 30)
    assert not mean_of(np.arange(30.0), metric="m", confidence=0.95).unproven


def test_equal_values_prove_nothing_even_after_rounding():
    assert "no width" in mean_of(np.full(50, 0.1), metric="m", confidence=0.95).unproven


@pytest.mark.parametrize("n", [0, 1])
def test_one_row_or_none_has_no_interval(n):
    found = mean_of(np.ones(n), metric="m", confidence=0.95)
    assert (found.low, found.high) == (None, None)
    assert found.unproven


def test_skewness_is_that_of_the_cluster_sums():
    x = np.random.default_rng(0).exponential(1, 100)
    once = mean_of(x, metric="m", confidence=0.95)
    copied = mean_of(np.repeat(x, 3), metric="m", confidence=0.95, design=Design(cluster=np.repeat(np.arange(100), 3)))
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high))
    assert copied.clusters == 100


def test_bounds_are_kept():
    found = skewed_interval(
        Linearised(value=0.99, influence=np.tile([0.5, -0.5], 30)), Design(), metric="m", confidence=0.95, highest=1.0
    )
    assert found.high == 1.0
