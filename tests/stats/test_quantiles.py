import numpy as np
import pytest
from scipy import stats

from modelcheck.stats.design import Design
from modelcheck.stats.quantiles import median


@pytest.mark.parametrize("n", [6, 7, 25, 100, 1001])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.996])
def test_ranks_are_the_best_that_keep_each_tail(n, confidence):
    found = median(np.random.default_rng(0).permutation(n) + 1.0, metric="m", confidence=confidence)
    alpha = (1 - confidence) / 2
    if found.low is None:
        assert stats.binom.cdf(0, n, 0.5) > alpha
        assert found.n_needed > n
        return
    rank = int(found.low)
    assert found.high == n + 1 - rank
    assert stats.binom.cdf(rank - 1, n, 0.5) <= alpha < stats.binom.cdf(rank, n, 0.5)


def test_too_few_rows_say_how_many_are_needed():
    found = median(np.arange(5.0), metric="m", confidence=0.95)
    assert found.value == 2.0
    assert (found.unproven, found.n_needed) == ("5 rows are too few for a trustworthy interval", 6)
    assert not median(np.arange(6.0), metric="m", confidence=0.95).unproven


def test_equal_weights_are_near_the_order_statistics():
    x = np.random.default_rng(0).normal(size=1001)
    plain = median(x, metric="m", confidence=0.95)
    weighted = median(x, metric="m", confidence=0.95, design=Design(weight=np.full(1001, 2.0)))
    assert weighted.value == plain.value
    ranks = stats.rankdata(x)
    for a, b in ((plain.low, weighted.low), (plain.high, weighted.high)):
        assert abs(ranks[x == a][0] - ranks[x == b][0]) <= 3
    assert "Woodruff" in weighted.method


def test_many_equal_values_prove_nothing():
    assert "no width" in median(np.r_[np.zeros(90), np.ones(10)], metric="m", confidence=0.95).unproven
    design = Design(weight=np.ones(100))
    assert "no width" in median(np.r_[np.zeros(90), np.ones(10)], metric="m", confidence=0.95, design=design).unproven


def test_ties_at_the_median_keep_the_interval_around_it():
    x = np.r_[np.zeros(30), np.ones(45), np.full(25, 2.0)]
    found = median(x, metric="m", confidence=0.999, design=Design(weight=np.ones(100)))
    assert found.low <= found.value == 1.0 <= found.high


@pytest.mark.parametrize("design", [Design(), Design(weight=np.ones(0)), Design(weight=np.ones(1))])
def test_one_row_or_none_proves_nothing(design):
    n = 0 if design.weight is None else len(design.weight)
    assert median(np.ones(n), metric="m", confidence=0.95, design=design).unproven
