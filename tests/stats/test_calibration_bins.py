"""Bins of equal mass: ties share a bin, small bins join, and what is observed in each has limits."""

import numpy as np
import pytest

from modelcheck.stats.calibration.bars import student_bars, wilson_bars
from modelcheck.stats.calibration.bins import equal_mass_bins
from modelcheck.stats.design import Design


def test_rows_without_ties_are_cut_into_fifteen_equal_bins():
    score = np.random.default_rng(0).random(3000)
    bins = equal_mass_bins(score)
    assert bins.rows.tolist() == [200] * 15
    assert np.all(bins.low[1:] > bins.high[:-1])
    for k in range(15):
        assert (bins.low[k], bins.high[k]) == (score[bins.code == k].min(), score[bins.code == k].max())


@pytest.mark.parametrize(("n", "bins"), [(1, 1), (39, 1), (40, 2), (200, 10), (10_000, 15)])
def test_few_rows_make_few_bins(n, bins):
    assert len(equal_mass_bins(np.arange(float(n)))) == bins


def test_few_clusters_make_few_bins():
    assert len(equal_mass_bins(np.arange(3000.0), units=60)) == 3


def test_equal_scores_share_a_bin():
    score = np.repeat([0.0, 0.1, 0.5, 1.0], [600, 200, 150, 50])
    bins = equal_mass_bins(score)
    assert bins.rows.tolist() == [600, 200, 150, 50]
    assert (bins.low == bins.high).all()
    assert len(equal_mass_bins(np.full(500, 0.3))) == 1


def test_a_bin_of_a_few_rows_joins_its_neighbour():
    bins = equal_mass_bins(np.repeat([0.0, 0.4, 1.0], [997, 1, 2]))
    assert (bins.rows.tolist(), bins.low.tolist(), bins.high.tolist()) == ([1000], [0.0], [1.0])
    bins = equal_mass_bins(np.repeat([0.0, 0.5, 1.0], [5, 500, 495]))
    assert (bins.rows.tolist(), bins.low.tolist(), bins.high.tolist()) == ([505, 495], [0.0, 1.0], [0.5, 1.0])


def test_equal_weights_and_clusters_of_one_row_change_no_variance():
    rng = np.random.default_rng(0)
    score = rng.random(600)
    bins = equal_mass_bins(score)
    centred = rng.normal(size=600)
    centred -= bins.means(centred, Design())[bins.code]
    plain, units = bins.variance_of_means(centred, Design())
    expected = [centred[bins.code == k].var(ddof=1) / bins.rows[k] for k in range(len(bins))]
    assert plain == pytest.approx(expected)
    for design in (Design(weight=np.full(600, 3.0)), Design(cluster=np.arange(600))):
        again, same = bins.variance_of_means(centred, design)
        assert again == pytest.approx(plain)
        assert same.tolist() == units.tolist()


def test_rows_that_repeat_in_clusters_widen_the_bars():
    rng = np.random.default_rng(0)
    score = np.sort(rng.random(400))
    outcome = rng.random(400) < score
    bars = [
        wilson_bars(equal_mass_bins(np.repeat(score, 4), units=units), np.repeat(outcome, 4), design, 0.95)
        for units, design in ((None, Design()), (None, Design(cluster=np.repeat(np.arange(400), 4))))
    ]
    width = [np.mean(high - low) for _, low, high in bars]
    assert width[1] / width[0] == pytest.approx(2, abs=0.2)


def test_bars_of_a_bin_without_spread_have_a_width():
    outcome = np.zeros(100, dtype=bool)
    score = np.linspace(0, 0.1, 100)
    for design in (Design(), Design(cluster=np.arange(100) // 2), Design(weight=np.linspace(1, 2, 100))):
        _, low, high = wilson_bars(equal_mass_bins(score), outcome, design, 0.95)
        assert (low == 0).all()
        assert (high > 0.1).all()


def test_a_single_row_has_no_limits():
    mean, low, high = student_bars(equal_mass_bins(np.array([1.0])), np.array([2.0]), Design(), 0.95)
    assert (mean.tolist(), low.tolist(), high.tolist()) == ([2.0], [-np.inf], [np.inf])
