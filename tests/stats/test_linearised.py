import numpy as np
import pytest
from scipy import stats

from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised, interval, paired_difference, undefined, unpaired_difference


def _mean(values):
    return Linearised(value=float(values.mean()), influence=values - values.mean())


def test_interval_of_a_mean_is_students():
    x = np.random.default_rng(0).normal(3, 2, 25)
    found = interval(_mean(x), Design(), metric="m", confidence=0.9)
    expected = stats.t.interval(0.9, 24, x.mean(), stats.sem(x))
    assert (found.low, found.high) == pytest.approx(expected)
    assert (found.metric, found.n, found.clusters, found.unproven) == ("m", 25, None, "")


@pytest.mark.parametrize("transform", ["log", "logit"])
def test_transformed_intervals_stay_in_range_and_agree_with_the_identity_at_large_n(transform):
    x = np.random.default_rng(0).uniform(0, 1, 200_000)
    plain = interval(_mean(x), Design(), metric="m", confidence=0.95)
    other = interval(_mean(x), Design(), metric="m", confidence=0.95, transform=transform)
    assert (other.low, other.high) == pytest.approx((plain.low, plain.high), rel=1e-5)
    few = np.array([0.001, 0.001, 0.9, 0.001])
    small = interval(_mean(few), Design(), metric="m", confidence=0.99, transform=transform)
    assert small.low > 0
    assert transform in small.method


def test_equal_rows_prove_nothing():
    found = interval(_mean(np.full(50, 0.1)), Design(), metric="m", confidence=0.95)
    assert "no width" in found.unproven


def test_one_row_has_no_interval():
    found = interval(_mean(np.array([2.0])), Design(), metric="m", confidence=0.95)
    assert (found.value, found.low, found.high) == (2.0, None, None)
    assert found.n_needed == 2


def test_seven_clusters_give_an_interval_that_may_not_judge():
    x = np.random.default_rng(0).normal(size=70)
    found = interval(_mean(x), Design(cluster=np.arange(70) % 7), metric="m", confidence=0.95)
    assert found.unproven == "7 clusters are too few for a trustworthy interval"
    assert (found.clusters, found.n_needed) == (7, 10)
    assert found.low < found.value < found.high


def test_fewer_degrees_of_freedom_widen_the_interval():
    x = np.random.default_rng(0).normal(size=70)
    full = interval(_mean(x), Design(), metric="m", confidence=0.95)
    few = interval(Linearised(value=x.mean(), influence=x - x.mean(), degrees=4), Design(), metric="m", confidence=0.95)
    assert few.high - few.low > full.high - full.low


def test_paired_difference_is_the_paired_t_interval_and_sign_turns_it_round():
    rng = np.random.default_rng(0)
    a = rng.normal(size=40)
    b = a + rng.normal(0.1, 0.05, 40)
    found = paired_difference(_mean(a), _mean(b), Design(), metric="gain", confidence=0.95, sign=-1)
    expected = stats.ttest_rel(b, a).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.value == pytest.approx(b.mean() - a.mean())


def test_paired_difference_refuses_different_rows():
    with pytest.raises(ValueError, match="4 rows against 5"):
        paired_difference(_mean(np.arange(4.0)), _mean(np.arange(5.0)), Design(), metric="x", confidence=0.95)


def test_paired_difference_of_equal_statistics_proves_nothing():
    same = _mean(np.arange(40.0))
    assert paired_difference(same, same, Design(), metric="x", confidence=0.95).unproven


def test_unpaired_difference_is_welchs():
    rng = np.random.default_rng(0)
    a, b = rng.normal(1, 1, 20), rng.normal(0, 3, 35)
    found = unpaired_difference(_mean(a), Design(), _mean(b), Design(), metric="gap", confidence=0.95)
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.n == 55


def test_unpaired_difference_with_one_row_on_a_side_is_unproven():
    found = unpaired_difference(
        _mean(np.array([1.0])), Design(), _mean(np.arange(9.0)), Design(), metric="gap", confidence=0.95
    )
    assert found.low is None
    assert found.unproven


def test_undefined_has_a_reason_and_no_numbers():
    found = undefined("recall", 0.95, "no positive rows")
    assert (found.value, found.low, found.high, found.unproven) == (None, None, None, "no positive rows")


def test_unpaired_difference_without_spread_proves_nothing():
    flat = _mean(np.ones(20))
    assert "no width" in unpaired_difference(flat, Design(), flat, Design(), metric="x", confidence=0.95).unproven


def test_unpaired_difference_needs_clusters_on_both_sides():
    x = _mean(np.random.default_rng(0).normal(size=60))
    few, many = Design(cluster=np.arange(60) % 5), Design(cluster=np.arange(60) % 40)
    found = unpaired_difference(x, many, x, few, metric="gap", confidence=0.95)
    assert found.unproven == "5 clusters are too few for a trustworthy interval"
    assert found.clusters == 45
    assert not unpaired_difference(x, many, x, many, metric="gap", confidence=0.95).unproven


def test_values_at_the_end_of_a_scale_have_no_interval_there():
    one = Linearised(value=1.0, influence=np.tile([0.1, -0.1], 20))
    assert interval(one, Design(), metric="x", confidence=0.95, transform="logit").unproven
    zero = Linearised(value=0.0, influence=np.tile([0.1, -0.1], 20))
    assert interval(zero, Design(), metric="x", confidence=0.95, transform="log").unproven


def test_extreme_values_stay_within_the_logit_scale():
    near = Linearised(value=1 - 1e-12, influence=np.tile([0.3, -0.3], 20))
    found = interval(near, Design(), metric="x", confidence=0.95, transform="logit")
    assert 0.0 <= found.low < found.high <= 1.0


def test_a_callers_doubt_is_kept():
    found = interval(
        _mean(np.arange(40.0)), Design(), metric="x", confidence=0.95, unproven="too few positives", n_needed=9
    )
    assert (found.unproven, found.n_needed) == ("too few positives", 9)
