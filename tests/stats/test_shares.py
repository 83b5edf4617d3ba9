import numpy as np
import pytest
from scipy import special, stats

from modelcheck.stats.design import Design
from modelcheck.stats.shares import linearised_share, share, widened_by


def rows(n=200, seed=0):
    rng = np.random.default_rng(seed)
    whole = rng.gamma(2.0, 1.0, n)
    return whole * rng.beta(2.0, 5.0, n), whole


def test_the_share_is_the_ratio_of_sums_and_its_influence_that_of_the_jackknife():
    part, whole = rows(60)
    found = linearised_share(part, whole, Design())
    assert found.value == pytest.approx(part.sum() / whole.sum())
    left_out = np.array([np.delete(part, at).sum() / np.delete(whole, at).sum() for at in range(60)])
    assert found.influence == pytest.approx(59 * (left_out.mean() - left_out), rel=0.1, abs=2e-3)
    assert found.influence.sum() == pytest.approx(0.0, abs=1e-12)


def test_the_interval_is_that_of_cochrans_ratio_on_the_logit_scale():
    part, whole = rows()
    found = share(part, whole, metric="share", confidence=0.9)
    value = part.sum() / whole.sum()
    error = np.std(part - value * whole, ddof=1) / whole.mean() / np.sqrt(200)
    half = stats.t.ppf(0.95, 199) * error / (value * (1 - value))
    expected = special.expit(special.logit(value) + np.array([-half, half]))
    assert (found.low, found.high) == pytest.approx(tuple(expected), rel=1e-6)
    assert (found.n, found.unproven) == (200, "")


def test_a_share_of_rows_that_are_all_alike_is_that_of_each():
    found = linearised_share(np.full(50, 0.25), np.ones(50), Design())
    assert found.value == pytest.approx(0.25)
    assert found.influence == pytest.approx(np.zeros(50), abs=1e-15)


@pytest.mark.parametrize(("value", "low", "high"), [(0.0, 0.0, 0.05), (1.0, 0.95, 1.0)])
def test_a_share_that_no_row_contradicts_has_the_limits_of_a_rate(value, low, high):
    whole = np.linspace(1.0, 2.0, 100)
    found = share(value * whole, whole, metric="share", confidence=0.95)
    exact = stats.beta.ppf(0.975, 1, 100)
    assert found.value == value
    assert low <= found.low < found.high <= high
    assert (found.high if value == 0.0 else 1.0 - found.low) == pytest.approx(exact, rel=0.3)


def test_rounding_leaves_a_share_of_one_a_share_of_one():
    whole = np.full(64, 0.1) * np.arange(1, 65)
    found = share(whole * (1.0 - 1e-15), whole, metric="share", confidence=0.95)
    assert found.low < found.high == 1.0


def test_where_nothing_moves_there_is_no_share():
    found = share(np.zeros(50), np.zeros(50), metric="share", confidence=0.95)
    assert linearised_share(np.zeros(50), np.zeros(50), Design()) is None
    assert (found.value, found.metric, bool(found.unproven)) == (None, "share", True)
    assert share(np.zeros(0), np.zeros(0), metric="share", confidence=0.95).value is None


@pytest.mark.parametrize("n", [2, 29])
def test_few_rows_prove_nothing_and_it_is_said_how_many_would(n):
    part, whole = rows(n)
    found = share(part, whole, metric="share", confidence=0.95)
    assert str(n) in found.unproven
    assert found.n_needed == 30


def test_whole_weights_are_repeated_rows_in_the_estimate():
    part, whole = rows(80)
    times = np.random.default_rng(1).integers(1, 4, 80)
    weighted = linearised_share(part, whole, Design(weight=times.astype(float)))
    repeated = linearised_share(np.repeat(part, times), np.repeat(whole, times), Design())
    assert weighted.value == pytest.approx(repeated.value)


def test_rows_of_a_cluster_are_one_witness():
    part, whole = rows(60)
    alone = share(part, whole, metric="share", confidence=0.95)
    found = share(
        np.repeat(part, 5),
        np.repeat(whole, 5),
        metric="share",
        confidence=0.95,
        design=Design(cluster=np.repeat(np.arange(60), 5)),
    )
    assert found.clusters == 60
    assert found.value == pytest.approx(alone.value)
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high), abs=2e-3)


def test_a_share_of_zero_in_clusters_is_as_sure_as_so_many_clusters():
    plain = share(np.zeros(60), np.ones(60), metric="share", confidence=0.95)
    found = share(
        np.zeros(300),
        np.ones(300),
        metric="share",
        confidence=0.95,
        design=Design(cluster=np.repeat(np.arange(60), 5)),
    )
    assert found.high == pytest.approx(plain.high)


def test_an_interval_is_widened_by_what_hangs_on_a_second_sample():
    plain = share(*rows(), metric="share", confidence=0.95)
    without = [plain.value + move for move in (-0.02, -0.01, 0.0, 0.01, 0.02)]
    wide = widened_by(plain, without)
    error = np.sqrt(0.8 * np.var(without) * 5)
    half = stats.t.ppf(0.975, 4) * error
    assert wide.low == pytest.approx(plain.value - np.hypot(plain.value - plain.low, half))
    assert wide.high == pytest.approx(plain.value + np.hypot(plain.high - plain.value, half))
    assert (wide.value, wide.n) == (plain.value, plain.n)
    assert "jackknife over 5 parts" in wide.method


@pytest.mark.parametrize("without", [[], [0.3], [0.3, 0.3, 0.3]])
def test_a_second_sample_that_changes_nothing_leaves_the_interval(without):
    plain = share(*rows(), metric="share", confidence=0.95)
    assert widened_by(plain, without) == plain


def test_a_widened_interval_stays_a_share():
    plain = share(*rows(), metric="share", confidence=0.95)
    wide = widened_by(plain, [0.0, 0.9, 0.1, 0.8])
    assert (wide.low, wide.high) == (0.0, 1.0)
