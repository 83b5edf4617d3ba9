"""Costs and net benefit of decisions, and both at every threshold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from modelcheck.stats.decisions import best_threshold, net_benefit, row_benefits, row_costs, threshold_sums


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    score = np.round(rng.random(400), 2)
    return rng.random(400) < score**2, score, rng.uniform(0.5, 2.0, 400)


def test_right_decisions_cost_nothing():
    positive = np.array([True, False, True, False])
    assert row_costs(positive, positive, fp=2.0, fn=3.0).tolist() == [0, 0, 0, 0]
    assert row_costs(positive, ~positive, fp=2.0, fn=3.0).tolist() == [3, 2, 3, 2]


def test_sums_at_a_threshold_are_those_of_the_rows_at_or_above_it(scored):
    positive, score, weight = scored
    cuts = np.array([-1.0, 0.0, 0.333, 0.5, 0.75, 1.0, 2.0])
    for heavy in (None, weight):
        sums = threshold_sums(positive, score, weight=heavy)
        each = np.ones(400) if heavy is None else heavy
        hits, alarms = sums.at(cuts)
        for cut, hit, alarm in zip(cuts, hits, alarms, strict=True):
            assert hit == pytest.approx(each[positive & (score >= cut)].sum())
            assert alarm == pytest.approx(each[~positive & (score >= cut)].sum())
        costs = sums.mean_costs(cuts, fp=1.0, fn=5.0)
        for cut, cost in zip(cuts, costs, strict=True):
            assert cost == pytest.approx(np.average(row_costs(positive, score >= cut, fp=1.0, fn=5.0), weights=heavy))


def test_the_order_of_rows_does_not_matter(scored):
    positive, score, _ = scored
    there, back = threshold_sums(positive, score), threshold_sums(positive[::-1], score[::-1])
    assert np.array_equal(there.true_positives, back.true_positives)
    assert np.array_equal(there.false_positives, back.false_positives)


@pytest.mark.parametrize(("fp", "fn"), [(1.0, 1.0), (1.0, 5.0), (7.0, 1.0)])
def test_no_other_threshold_costs_less_than_the_best(scored, fp, fn):
    positive, score, weight = scored
    for heavy in (None, weight):
        sums = threshold_sums(positive, score, weight=heavy)
        every = sums.mean_costs(np.append(np.unique(score), np.inf), fp=fp, fn=fn)
        best = best_threshold(sums, fp=fp, fn=fn)
        assert float(sums.mean_costs(np.array(best), fp=fp, fn=fn)) == pytest.approx(every.min(), abs=1e-12)


def test_of_equally_good_thresholds_the_closest_is_taken():
    # Every cut costs one error.
    sums = threshold_sums(np.array([False, True, False, True]), np.array([0.1, 0.3, 0.5, 0.7]))
    costs = sums.mean_costs(np.array([0.2, 0.4, 0.6]), fp=1.0, fn=1.0)
    assert costs.tolist() == [0.25, 0.5, 0.25]
    assert best_threshold(sums, fp=1.0, fn=1.0, near=0.55) == pytest.approx(0.6)
    assert best_threshold(sums, fp=1.0, fn=1.0, near=0.0) == pytest.approx(0.2)


def test_deciding_all_alike_has_an_infinite_threshold():
    sums = threshold_sums(np.array([True, True]), np.array([0.2, 0.9]))
    assert best_threshold(sums, fp=1.0, fn=1.0) == -math.inf
    sums = threshold_sums(np.array([False, False]), np.array([0.2, 0.9]))
    assert best_threshold(sums, fp=1.0, fn=1.0) == math.inf


def test_between_neighbouring_floats_the_threshold_still_tells_them_apart():
    low = 0.3
    high = np.nextafter(low, 1.0)
    best = best_threshold(threshold_sums(np.array([False, True]), np.array([low, high])), fp=1.0, fn=1.0)
    assert low < best <= high


def test_net_benefit_is_the_mean_of_the_rows_decided_positive(scored):
    positive, score, _ = scored
    for cut in (0.0, 0.2, 0.5, 0.9):
        worth = row_benefits(positive, cut)
        hits, alarms = threshold_sums(positive, score).at(np.array(cut))
        assert net_benefit(hits, alarms, 400.0, cut) == pytest.approx(worth[score >= cut].sum() / 400)


def test_a_threshold_of_zero_counts_true_positives_only():
    assert net_benefit(10.0, 90.0, 100.0, 0.0) == pytest.approx(0.1)
