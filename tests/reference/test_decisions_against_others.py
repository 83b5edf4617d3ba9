"""Decisions, net benefit, Holm and exact tails against other libraries, direct formulas and a published table."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import confusion_matrix

from modelcheck.checks.performance.comparison.where import concentration
from modelcheck.scoring.rows import Groups, ScoredRows
from modelcheck.stats.decisions import best_threshold, net_benefit, row_costs, threshold_sums
from modelcheck.stats.gains import gain_over_alike, mean_gain
from modelcheck.stats.holm import holm_adjusted

# Net benefit of intervening on everybody where 30 % are positive, as printed to three decimals in table 4 of
# PMC6993280 (decision curve of a prediction model for hepatocellular carcinoma).
PUBLISHED = {
    0.03: 0.278,
    0.05: 0.263,
    0.08: 0.239,
    0.10: 0.222,
    0.20: 0.125,
    0.30: 0.000,
    0.40: -0.167,
    0.50: -0.400,
    0.60: -0.750,
    0.70: -1.333,
    0.80: -2.500,
    0.90: -6.000,
    0.96: -16.50,
}


def test_net_benefit_of_treating_all_is_the_published_one():
    for threshold, expected in PUBLISHED.items():
        assert net_benefit(0.3, 0.7, 1.0, threshold) == pytest.approx(expected, abs=5.01e-4)


@pytest.fixture
def scored():
    rng = np.random.default_rng(3)
    score = rng.beta(1.2, 2.0, 1500)
    return rng.random(1500) < score, score


def test_costs_and_net_benefit_follow_from_scikit_learns_confusion_matrix(scored):
    positive, score = scored
    sums = threshold_sums(positive, score)
    for cut in (0.05, 0.2, 0.5, 0.8):
        tn, fp, fn, tp = confusion_matrix(positive, score >= cut).ravel()
        assert tn + fp + fn + tp == 1500
        assert float(sums.mean_costs(np.array(cut), fp=2.0, fn=7.0)) == pytest.approx((2 * fp + 7 * fn) / 1500)
        assert row_costs(positive, score >= cut, fp=2.0, fn=7.0).sum() == pytest.approx(2 * fp + 7 * fn)
        direct = tp / 1500 - fp / 1500 * cut / (1 - cut)
        assert net_benefit(*sums.at(np.array(cut)), 1500.0, cut) == pytest.approx(direct)


@pytest.mark.parametrize(("fp", "fn"), [(1.0, 1.0), (1.0, 9.0)])
def test_the_best_threshold_is_that_of_trying_all(scored, fp, fn):
    positive, score = scored
    tried = [row_costs(positive, score >= cut, fp=fp, fn=fn).mean() for cut in [*np.sort(score), np.inf]]
    best = best_threshold(threshold_sums(positive, score), fp=fp, fn=fn)
    assert row_costs(positive, score >= best, fp=fp, fn=fn).mean() == pytest.approx(min(tried), abs=1e-12)


def test_of_calibrated_probabilities_the_best_threshold_is_near_the_theoretical_one():
    rng = np.random.default_rng(0)
    score = rng.random(400_000)
    sums = threshold_sums(rng.random(400_000) < score, score)
    for fp, fn in ((1.0, 1.0), (1.0, 4.0), (3.0, 1.0)):
        assert best_threshold(sums, fp=fp, fn=fn) == pytest.approx(fp / (fp + fn), abs=0.03)


def test_the_interval_of_a_gain_is_the_paired_bootstraps(scored):
    positive, score = scored
    gains = row_costs(positive, score >= 0.5, fp=1.0, fn=4.0) - row_costs(positive, score >= 0.2, fp=1.0, fn=4.0)
    found = mean_gain(gains, largest=4.0, metric="g", confidence=0.95)
    draws = stats.bootstrap((gains,), np.mean, n_resamples=4000, rng=np.random.default_rng(0)).confidence_interval
    assert (found.low, found.high) == pytest.approx(tuple(draws), abs=0.06 * (draws.high - draws.low))


def test_the_gain_over_treating_alike_has_the_bootstraps_interval_where_one_of_the_two_is_clearly_better(scored):
    positive, score = scored
    cut = 0.6
    worth = np.where(score >= cut, np.where(positive, 1.0, -cut / (1 - cut)), 0.0)
    draws = stats.bootstrap((worth,), np.mean, n_resamples=4000, rng=np.random.default_rng(0)).confidence_interval
    found = gain_over_alike(positive, score >= cut, cut, confidence=0.95)
    assert found.low == pytest.approx(draws.low, abs=0.06 * (draws.high - draws.low))
    # The upper limit has half the error of the lower one.
    assert draws.high < found.high < draws.high + 0.15 * (draws.high - draws.low)


def test_holm_is_statsmodels_holm():
    multitest = pytest.importorskip("statsmodels.stats.multitest", reason="statsmodels is not installed")
    rng = np.random.default_rng(0)
    for size in (1, 2, 7, 40):
        p = rng.random(size) ** 3
        assert holm_adjusted(p) == pytest.approx(multitest.multipletests(p, method="holm")[1])


def test_tails_of_a_concentration_are_fishers_exact_test():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 6, 900).astype(np.int32)
    marked = rng.random(900) < 0.05 + 0.1 * (codes == 2)
    rows = ScoredRows(
        task="binary",
        classes=(0, 1),
        target=np.zeros(900, dtype=np.int16),
        groups={"g": Groups(labels=tuple("abcdef"), codes=codes)},
    )
    found = concentration(marked, rows)
    assert len(found.places) == 6
    tails = []
    for place in found.places:
        inside = codes == place.code
        table = [[np.sum(cell) for cell in (inside & marked, inside & ~marked)]]
        table.append([np.sum(cell) for cell in (~inside & marked, ~inside & ~marked)])
        assert place.p == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue, rel=1e-9)
        tails.append(place.p)
        assert place.excess == pytest.approx(marked[inside].mean() - marked[~inside].mean())
    assert [place.p_adjusted for place in found.places] == pytest.approx(holm_adjusted(tails).tolist())
    assert found.places[0].label == "g = c"


def test_the_interval_of_an_excess_is_newcombes_from_exact_limits():
    proportion = pytest.importorskip("statsmodels.stats.proportion", reason="statsmodels is not installed")
    codes = (np.arange(1000) % 4 == 0).astype(np.int32)
    marked = np.arange(1000) % np.where(codes == 1, 12, 31) == 0
    rows = ScoredRows(
        task="binary",
        classes=(0, 1),
        target=np.zeros(1000, dtype=np.int16),
        groups={"g": Groups(labels=("a", "b"), codes=codes)},
    )
    found = concentration(marked, rows)
    place = next(item for item in found.places if item.label == "g = b")
    one, two = place.share, place.rest
    low_one, high_one = proportion.proportion_confint(place.marked, place.rows, 0.025, method="beta")
    low_two, high_two = proportion.proportion_confint(found.marked - place.marked, 750, 0.025, method="beta")
    expected = (
        one - two - np.hypot(one - low_one, high_two - two),
        one - two + np.hypot(high_one - one, two - low_two),
    )
    assert found.interval(place, 0.95) == pytest.approx(expected)
