"""Prediction intervals: how many truths they hold, against what they promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from modelcheck.checks.performance.calibration.coverage import interval_coverage


def _with_intervals(rows, half):
    half = np.broadcast_to(half, len(rows))
    return replace(rows, interval=np.column_stack([rows.score - half, rows.score + half]))


def test_the_share_inside_with_its_exact_interval(context_of, regression):
    rows = _with_intervals(regression, 8.0)
    found = interval_coverage(context_of("interval_coverage", rows, interval=0.9))
    inside = int(np.count_nonzero(np.abs(rows.target - rows.score) <= 8.0))
    exact = binomtest(inside, len(rows)).proportion_ci(0.95, method="exact")
    assert found.estimate.value == inside / len(rows)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((exact.low, exact.high))
    assert "90 are promised" in found.reading
    assert "16 wide on average" in found.reading


def test_ends_count_as_inside(context_of, regression):
    rows = replace(regression, interval=np.column_stack([regression.target, regression.target]))
    assert interval_coverage(context_of("interval_coverage", rows, interval=0.9)).estimate.value == 1.0


def test_misses_are_told_by_side_and_scored(context_of, regression):
    rows = replace(regression, interval=np.column_stack([regression.target + 1.0, regression.target + 3.0]))
    found = interval_coverage(context_of("interval_coverage", rows, interval=0.8))
    misses = dict(found.tables[0].rows)
    assert misses["share below the lower end"] == 1.0
    assert misses["share above the upper end"] == 0.0
    # Width 2 and a fine of 2 / (1 - 0.8) for a miss by 1: Gneiting and Raftery (2007), equation 43.
    assert misses["mean interval score"] == pytest.approx(12.0)


def test_tenths_of_the_prediction_show_where_it_fails(context_of, regression):
    large = regression.score > np.quantile(regression.score, 0.9)
    rows = _with_intervals(regression, np.where(large, 1.0, 12.0))
    found = interval_coverage(context_of("interval_coverage", rows, interval=0.9))
    table = found.tables[1]
    assert len(table.rows) == 10
    assert sum(line[2] for line in table.rows) == len(rows)
    assert table.rows[-1][3] < 0.3 < 0.9 < table.rows[0][3]


def test_groups_are_measured_and_the_farthest_is_named(context_of, regression):
    women = regression.groups["sex"].codes == regression.groups["sex"].labels.index("female")
    rows = _with_intervals(regression, np.where(women, 2.0, 9.0))
    found = interval_coverage(context_of("interval_coverage", rows, interval=0.9, by="sex"))
    assert found.estimate == found.groups["female"]
    assert found.estimate.n == int(women.sum())
    assert "Farthest from the promise of 2 groups by sex is female" in found.reading


def test_a_model_without_intervals_says_how_to_offer_them(context_of, regression):
    found = interval_coverage(context_of("interval_coverage", regression, interval=0.9))
    assert "predict_interval" in found.not_applicable
