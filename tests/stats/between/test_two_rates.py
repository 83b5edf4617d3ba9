import numpy as np
import pytest

from modelcheck.stats.between.two_rates import miettinen_nurminen, score_ratio


def test_many_pairs_at_once_are_the_same_as_one_by_one():
    rng = np.random.default_rng(0)
    n = rng.integers(1, 400, (2, 50))
    x = rng.integers(0, n + 1)
    for find in (miettinen_nurminen, score_ratio):
        low, high = find(x[0], n[0], x[1], n[1], 0.99)
        for i in (0, 7, 31):
            one = find(x[0, i], n[0, i], x[1, i], n[1, i], 0.99)
            assert [float(limit) for limit in one] == pytest.approx([low[i], high[i]], rel=1e-9)


def test_counts_broadcast():
    low, high = miettinen_nurminen([[3], [5]], 20, [1, 2, 4], 30, 0.95)
    assert low.shape == high.shape == (2, 3)


def test_the_limits_mirror_when_the_sides_change_places():
    low, high = miettinen_nurminen(3, 40, 90, 500, 0.999)
    np.testing.assert_allclose((-high, -low), miettinen_nurminen(90, 500, 3, 40, 0.999), atol=1e-9)
    low, high = score_ratio(3, 40, 90, 500, 0.999)
    np.testing.assert_allclose((1 / high, 1 / low), score_ratio(90, 500, 3, 40, 0.999), rtol=1e-9)


def test_limits_never_leave_the_possible():
    low, high = miettinen_nurminen([10, 0, 0], [10, 10, 10], [0, 10, 0], [10, 10, 10], 1 - 1e-9)
    assert (high[0], low[1]) == (1.0, -1.0)
    assert low[0] > -1.0
    assert high[1] < 1.0
    assert low[2] == pytest.approx(-high[2])


def test_a_ratio_is_open_where_a_side_has_no_success():
    low, high = score_ratio([0, 5, 0], [50, 50, 50], [5, 0, 0], [50, 50, 50], 0.95)
    assert low.tolist()[0] == 0.0
    assert np.isinf(high[1:]).all()
    assert low[1] > 0.5
    assert low[2] == 0.0


def test_higher_confidence_is_wider_even_far_out():
    found = [miettinen_nurminen(30, 200, 700, 4000, 1 - 2 * tail) for tail in (0.025, 1e-3, 1e-5, 1e-8)]
    assert np.all(np.diff([float(high - low) for low, high in found]) > 0)
