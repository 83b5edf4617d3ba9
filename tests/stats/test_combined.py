import pytest

from modelcheck.stats.combined import combine


def test_one_part_is_itself():
    assert combine([(0.5, 0.4, 0.7)]) == pytest.approx((0.5, 0.4, 0.7))


def test_independent_equal_parts_shrink_by_the_root_of_their_number():
    value, low, high = combine([(0.5, 0.4, 0.7)] * 4)
    assert (value, low, high) == pytest.approx((0.5, 0.45, 0.6))


def test_parts_that_move_together_do_not_shrink():
    assert combine([(0.5, 0.4, 0.7)] * 4, ratio=4.0) == pytest.approx((0.5, 0.4, 0.7))
