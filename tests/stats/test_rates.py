import numpy as np
import pytest
from scipy.stats import binomtest

from modelcheck.stats.design import Design
from modelcheck.stats.linearised import interval
from modelcheck.stats.rates import clopper_pearson, linearise_rate, rate, rate_from_counts


@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 20), (1, 20), (10, 20), (20, 20), (37, 5000), (499_000, 500_000)])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.996])
def test_simple_rows_get_the_exact_interval(k, n, confidence):
    found = rate_from_counts(k, n, metric="r", confidence=confidence)
    expected = binomtest(k, n).proportion_ci(confidence, method="exact")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert found.value == k / n


def test_each_limit_has_exactly_its_tail():
    low, high = clopper_pearson(7, 50, 0.95)
    assert binomtest(7, 50, low, alternative="greater").pvalue == pytest.approx(0.025)
    assert binomtest(7, 50, high, alternative="less").pvalue == pytest.approx(0.025)


def test_a_rate_within_a_set_counts_only_the_set():
    success, within = np.array([1, 1, 0, 1, 0], bool), np.array([1, 0, 1, 1, 0], bool)
    found = rate(success, within, metric="r", confidence=0.95)
    assert (found.value, found.n) == (pytest.approx(2 / 3), 3)


@pytest.mark.parametrize("design", [Design(), Design(weight=np.ones(3)), Design(cluster=np.zeros(3, int))])
def test_an_empty_set_has_no_value_and_says_so(design):
    found = rate(np.ones(3, bool), np.zeros(3, bool), metric="r", confidence=0.95, design=design, of="positive rows")
    assert found.value is None
    assert found.unproven == "there are no positive rows"


def test_equal_weights_give_the_exact_interval_up_to_the_variance_divisor():
    success = np.arange(400) % 4 == 0
    weighted = rate(success, metric="r", confidence=0.95, design=Design(weight=np.full(400, 7.0)))
    plain = rate(success, metric="r", confidence=0.95)
    assert (weighted.low, weighted.high) == pytest.approx((plain.low, plain.high), abs=2e-3)
    assert "Korn and Graubard" in weighted.method


def test_copies_in_clusters_add_no_certainty():
    rng = np.random.default_rng(0)
    success = rng.random(120) < 0.3
    once = rate(success, metric="r", confidence=0.95)
    copied = rate(
        np.repeat(success, 5), metric="r", confidence=0.95, design=Design(cluster=np.repeat(np.arange(120), 5))
    )
    assert copied.value == once.value
    assert copied.high - copied.low >= once.high - once.low
    assert (copied.n, copied.clusters) == (600, 120)


@pytest.mark.parametrize("outcome", [True, False])
def test_no_variation_in_clusters_counts_each_cluster_once(outcome):
    found = rate(
        np.full(200, outcome), metric="r", confidence=0.95, design=Design(cluster=np.repeat(np.arange(20), 10))
    )
    exact = rate_from_counts(20 * outcome, 20, metric="r", confidence=0.95)
    assert found.low <= exact.low + 1e-12
    assert found.high >= exact.high - 1e-12
    assert found.value == float(outcome)
    assert not found.unproven


def test_clusters_outside_the_set_do_not_count():
    cluster = np.repeat(np.arange(40), 5)
    within = cluster < 6
    found = rate(np.arange(200) % 2 == 0, within, metric="r", confidence=0.95, design=Design(cluster=cluster))
    assert found.clusters == 6
    assert found.unproven == "6 clusters are too few for a trustworthy interval"


def test_weights_move_the_value():
    found = rate(np.array([True, False]), metric="r", confidence=0.95, design=Design(weight=np.array([3.0, 1.0])))
    assert found.value == 0.75


def test_influence_values_give_the_binomial_variance():
    rng = np.random.default_rng(0)
    success, within = rng.random(5000) < 0.4, rng.random(5000) < 0.5
    found = linearise_rate(success, within)
    n = within.sum()
    p = (success & within).sum() / n
    assert found.value == pytest.approx(p)
    assert Design().variance_of_mean(found.influence) == pytest.approx(p * (1 - p) / n, rel=1e-3)
    exact = rate(success, within, metric="r", confidence=0.95)
    linear = interval(found, Design(), metric="r", confidence=0.95, transform="logit")
    assert (linear.low, linear.high) == pytest.approx((exact.low, exact.high), abs=1e-3)


def test_influence_of_an_empty_set_is_none():
    assert linearise_rate(np.ones(3, bool), np.zeros(3, bool)) is None
    assert linearise_rate(np.ones(0, bool)) is None


def test_heavy_rows_that_happen_to_agree_leave_no_more_rows_than_kish():
    # All the heavy rows fail; the light ones that succeed vary little.
    weight = np.repeat([20.0, 1.0], [20, 480])
    success = np.arange(500) % 8 == 4
    success[:20] = False
    kish = weight.sum() ** 2 / (weight @ weight)
    share = weight @ success / weight.sum()
    found = rate(success, metric="r", confidence=0.95, design=Design(weight=weight))
    assert found.value == pytest.approx(share)
    assert found.high >= clopper_pearson(share * kish, kish, 0.95)[1]


def test_independent_rows_in_clusters_still_count_as_rows():
    rng = np.random.default_rng(0)
    success = rng.random(2000) < 0.3
    found = rate(success, metric="r", confidence=0.95, design=Design(cluster=np.arange(2000) // 20))
    plain = rate(success, metric="r", confidence=0.95)
    assert found.high - found.low < 1.3 * (plain.high - plain.low)
