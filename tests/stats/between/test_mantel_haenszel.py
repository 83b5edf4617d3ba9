import math

import numpy as np
import pytest

from modelcheck.stats.between.mantel_haenszel import overlap, pooled_difference, pooled_ratio

FULL = ([30, 60], [100, 100], [20, 50], [100, 100])


def test_strata_without_both_groups_carry_no_information():
    for find in (pooled_difference, pooled_ratio):
        one = find(*FULL, metric="m", confidence=0.95)
        more = find(*(part + extra for part, extra in zip(FULL, ([9, 0], [50, 0], [0, 7], [0, 80]), strict=True)),
                    metric="m", confidence=0.95)  # fmt: skip
        assert one == more
        assert one.n == 400
    assert overlap([100, 100, 50, 0], [100, 100, 0, 80]).used_rows == 400


def test_groups_that_never_meet_have_no_comparison():
    for find in (pooled_difference, pooled_ratio):
        found = find([1, 0], [5, 0], [0, 3], [0, 7], metric="m", confidence=0.95)
        assert found.value is None
        assert found.unproven == "no stratum has rows of both groups"


def test_strata_of_unequal_shares_dont_make_equal_groups_differ():
    # Simpson: each stratum is fair, the first group lives where shares are low.
    found = pooled_difference([90, 30], [900, 60], [10, 450], [100, 900], metric="d", confidence=0.95)
    assert found.value == pytest.approx(0.0)
    assert pooled_ratio([90, 30], [900, 60], [10, 450], [100, 900], metric="r", confidence=0.95).value == pytest.approx(
        1
    )


def test_the_sides_change_places():
    one, two = (pooled_difference(*side, metric="d", confidence=0.9) for side in (FULL, FULL[2:] + FULL[:2]))
    assert (one.value, one.low, one.high) == pytest.approx((-two.value, -two.high, -two.low))
    one, two = (pooled_ratio(*side, metric="r", confidence=0.9) for side in (FULL, FULL[2:] + FULL[:2]))
    assert (one.value, one.low, one.high) == pytest.approx((1 / two.value, 1 / two.high, 1 / two.low))


def test_few_of_the_rarer_outcome_prove_nothing():
    found = pooled_difference([3, 4], [100, 100], [20, 50], [100, 100], metric="d", confidence=0.95)
    assert "7 rows of the rarer outcome in one group are too few" in found.unproven
    assert found.n_needed == 10


def test_a_ratio_without_successes_is_open():
    found = pooled_ratio([5, 5], [50, 50], [0, 0], [50, 50], metric="r", confidence=0.95)
    assert found.value is None
    assert "no success" in found.unproven
    found = pooled_ratio([0, 0], [50, 50], [5, 5], [50, 50], metric="r", confidence=0.95)
    assert (found.value, found.low, found.high) == (0.0, 0.0, math.inf)
    assert found.unproven


def test_higher_confidence_is_wider():
    widths = [
        (found := pooled_difference(*FULL, metric="d", confidence=c)).high - found.low for c in (0.9, 0.99, 1 - 1e-6)
    ]
    assert np.all(np.diff(widths) > 0)
