import numpy as np
import pytest
from scipy.special import ndtri

from modelcheck.stats.between.joint import joint_limits

VALUE, ERROR = np.array([5.0, 1.0, 8.0]), np.array([3.0, 4.0, 1.0])
FIRST, SECOND = np.array([0, 2, 1]), np.array([1, 0, 2])


def _normal(group, tail):
    span = -ERROR[group] * ndtri(tail)
    return VALUE[group] - span, VALUE[group] + span


@pytest.mark.parametrize("r", [-0.9, -0.3, 0.0, 0.4, 0.95])
def test_normal_estimates_have_the_usual_interval_of_a_difference(r):
    low, high = joint_limits(_normal, FIRST, SECOND, 0.95, correlation=np.full(3, r))
    error = np.sqrt(ERROR[FIRST] ** 2 + ERROR[SECOND] ** 2 - 2 * r * ERROR[FIRST] * ERROR[SECOND])
    assert high - low == pytest.approx(2 * 1.96 * error, rel=6e-3)
    assert (high + low) / 2 == pytest.approx(VALUE[FIRST] - VALUE[SECOND])


def test_independent_pairs_are_pairs_without_correlation():
    for ratio in (False, True):
        plain = joint_limits(_normal, FIRST, SECOND, 0.99, ratio=ratio)
        zero = joint_limits(_normal, FIRST, SECOND, 0.99, correlation=np.zeros(3), ratio=ratio)
        np.testing.assert_allclose(plain, zero, rtol=1e-9)


def test_a_ratio_of_normal_estimates_is_fiellers():
    def known(group, tail):
        span = -np.array([0.3, 0.5])[group] * ndtri(tail)
        value = np.array([3.0, 5.0])[group]
        return value - span, value + span

    low, high = joint_limits(known, np.array([0]), np.array([1]), 0.95, ratio=True)
    t = 1.959964
    roots = np.sort(np.roots([25 - t * t * 0.25, -30, 9 - t * t * 0.09]))
    assert [low[0], high[0]] == pytest.approx(roots, rel=2e-3)


def test_unknown_groups_have_unknown_differences():
    def some(group, tail):
        low, high = _normal(group, tail)
        return np.where(group == 2, np.nan, low), np.where(group == 2, np.nan, high)

    for ratio in (False, True):
        low, high = joint_limits(some, FIRST, SECOND, 0.95, ratio=ratio)
        assert np.isnan(low).tolist() == np.isnan(high).tolist() == [False, True, True]


def test_no_pairs_have_no_limits():
    low, high = joint_limits(_normal, FIRST[:0], SECOND[:0], 0.95)
    assert len(low) == len(high) == 0
