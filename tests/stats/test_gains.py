"""What one way of deciding gains over another: paired, never without width."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from modelcheck.stats.decisions import net_benefit
from modelcheck.stats.design import Design
from modelcheck.stats.gains import gain_over_alike, mean_gain


def test_with_many_changed_rows_the_interval_is_students():
    rng = np.random.default_rng(0)
    gains = rng.choice([1.0, -2.0, 0.0], 20_000, p=[0.2, 0.1, 0.7])
    found = mean_gain(gains, largest=2.0, metric="g", confidence=0.95)
    low, high = stats.t.interval(0.95, len(gains) - 1, gains.mean(), stats.sem(gains))
    assert found.value == pytest.approx(gains.mean())
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.02 * (high - low))


def test_without_a_changed_row_the_interval_still_has_width_and_shrinks_with_rows():
    few, many = (mean_gain(np.zeros(n), largest=5.0, metric="g", confidence=0.95) for n in (100, 10_000))
    assert few.low < 0 < few.high
    assert not few.unproven
    assert many.high == pytest.approx(few.high / 100, rel=0.1)


def test_the_gains_are_left_as_they_are():
    gains = np.array([1.0, 0.0, -1.0] * 20)
    kept = gains.copy()
    mean_gain(gains, largest=1.0, metric="g", confidence=0.95)
    assert np.array_equal(gains, kept)


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.4, 0.8])
def test_the_gain_is_over_the_better_of_all_and_none(threshold):
    rng = np.random.default_rng(1)
    score = rng.random(3000)
    positive = rng.random(3000) < score
    decided = score >= threshold
    hits, alarms = np.sum(decided & positive), np.sum(decided & ~positive)
    ups, downs = np.sum(positive), np.sum(~positive)
    alike = max(net_benefit(ups, downs, 3000, threshold), 0.0)
    found = gain_over_alike(positive, decided, threshold, confidence=0.95)
    assert found.value == pytest.approx(net_benefit(hits, alarms, 3000, threshold) - alike)
    assert found.low < found.value < found.high


def test_deciding_all_alike_gains_nothing_and_proves_nothing_more():
    positive = np.arange(500) % 3 == 0
    for decided in (np.ones(500, bool), np.zeros(500, bool)):
        found = gain_over_alike(positive, decided, 0.2, confidence=0.95)
        assert found.value <= 0
        assert found.low < 0


def test_copied_rows_count_once_by_cluster_and_weights_of_one_change_nothing():
    rng = np.random.default_rng(2)
    positive, decided = rng.random(300) < 0.3, rng.random(300) < 0.4
    once = gain_over_alike(positive, decided, 0.3, confidence=0.95)
    copied = gain_over_alike(
        np.repeat(positive, 4),
        np.repeat(decided, 4),
        0.3,
        confidence=0.95,
        design=Design(cluster=np.repeat(np.arange(300), 4)),
    )
    assert (copied.value, copied.low, copied.high) == pytest.approx((once.value, once.low, once.high), rel=1e-3)
    weighted = gain_over_alike(positive, decided, 0.3, confidence=0.95, design=Design(weight=np.ones(300)))
    assert (weighted.low, weighted.high) == pytest.approx((once.low, once.high))


def test_no_rows_no_value():
    none = np.zeros(0, dtype=bool)
    assert gain_over_alike(none, none, 0.3, confidence=0.95).value is None
    assert mean_gain(np.zeros(0), largest=1.0, metric="g", confidence=0.95).unproven == "there are no rows"


@pytest.mark.parametrize("weight", [None, 1.0])
def test_many_cheap_changes_hide_no_rare_expensive_one(weight):
    gains = np.repeat([1.0, 0.0], [20, 980])
    design = None if weight is None else Design(weight=np.full(1000, weight))
    found = mean_gain(gains, largest=20.0, metric="g", confidence=0.95, design=design)
    # None of 1,000 rows lost 20, but one in 272 might.
    assert found.low < 0.02 + 0.9 * 20 * np.log(0.025) / 1000


def test_a_cluster_may_lose_on_all_of_its_rows():
    gains = np.repeat([1.0, 0.0], [20, 980])
    found = mean_gain(gains, largest=2.0, metric="g", confidence=0.95, design=Design(cluster=np.arange(1000) // 5))
    assert found.low < 0.02 + 0.9 * 5 * 2 * np.log(0.025) / 1000
