"""Paired differences against published numbers, other libraries and direct computation."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from modelcheck.stats.average_precision import linearise_average_precision
from modelcheck.stats.classification import linearise as linearise_decisions
from modelcheck.stats.design import Design
from modelcheck.stats.losses import brier_losses, log_losses
from modelcheck.stats.paired.auc import compare_rankings, ranking_difference
from modelcheck.stats.paired.changes import interval_of, subtract
from modelcheck.stats.paired.decisions import compare_decisions
from modelcheck.stats.paired.losses import compare_errors, compare_losses
from modelcheck.stats.paired.rates import Discordant, mcnemar, share_difference, tango
from modelcheck.stats.ranking import linearise_roc_auc
from modelcheck.stats.regression import linearise as linearise_values

# Albumin, total protein and K-G score of the 43 patients (of 49) without missing values in DeLong, DeLong and
# Clarke-Pearson (1988), Biometrics 44, 837-845: the 12 of one outcome, then the 31 of the other.
FIRST = """3.0 5.8 10  2.8 4.8 6  0.9 4.0 5  2.5 5.7 8  3.6 6.7 4  4.2 7.6 4  4.0 6.6 6  3.0 4.7 8  3.3 6.8 6
1.7 4.0 7  2.9 5.7 9  2.8 6.2 8"""
OTHER = """3.2 6.3 5  3.9 6.8 3  3.2 5.8 3  1.6 5.6 5  3.8 5.7 5  3.7 6.7 6  3.2 5.4 4  3.8 6.6 6  4.1 6.6 5
3.6 5.7 5  4.3 7.0 4  2.3 4.4 6  3.5 5.8 6  3.8 6.8 7  4.5 7.4 5  3.7 7.4 5  3.1 6.6 6  4.1 8.2 6  4.3 7.0 5
4.3 6.5 4  3.2 5.1 5  2.6 4.7 6  3.7 6.1 5  3.3 6.3 7  4.2 7.7 6  3.5 6.2 5  2.1 4.8 7  4.0 7.0 7  3.3 5.7 6
3.7 6.9 5  3.6 6.6 5"""


def _patients():
    sides = [np.array(text.split(), dtype=float).reshape(-1, 3) for text in (FIRST, OTHER)]
    albumin, protein, score = np.concatenate(sides).T
    return np.repeat([False, True], [len(side) for side in sides]), albumin, protein, 10.0 - score


def test_delongs_published_comparison_of_three_correlated_areas():
    # Areas, standard errors and contrasts with the K-G score, to the digits that SAS/STAT's example of the
    # ROCCONTRAST statement prints for these data.
    other, albumin, protein, score = _patients()
    for values, area, error in ((albumin, 0.7366, 0.0927), (protein, 0.6478, 0.1000), (score, 0.7258, 0.1028)):
        found = linearise_roc_auc(other, values)
        assert (found.value, Design().standard_error(found.influence)) == pytest.approx((area, error), abs=5e-5)
    for values, step, error in ((albumin, 0.0108, 0.0953), (protein, -0.0780, 0.1046)):
        found = subtract(linearise_roc_auc(other, values), linearise_roc_auc(other, score))
        assert (found.value, Design().standard_error(found.influence)) == pytest.approx((step, error), abs=5e-5)
        pair = compare_rankings("roc_auc", other.astype(int), values, score)
        estimate = ranking_difference(pair, metric="roc_auc_difference", confidence=0.95)
        assert estimate.value == pytest.approx(step, abs=5e-5)
        assert estimate.low < step - 1.96 * error
        assert estimate.high > step + 1.96 * error


@pytest.mark.parametrize("ties", [False, True])
def test_delongs_paired_variance_is_that_of_all_pairs(ties):
    rng = np.random.default_rng(0)
    positive = rng.random(300) < 0.3
    scores = [rng.normal(size=300) + positive, rng.normal(size=300) + 0.5 * positive]
    if ties:
        scores = [np.round(score) for score in scores]
    kernels = []
    for score in scores:
        up, down = score[positive][:, None], score[~positive][None, :]
        kernels.append((up > down) + 0.5 * (up == down))
    by_up, by_down = (np.cov([kernel.mean(axis=axis) for kernel in kernels]) for axis in (1, 0))
    covariance = by_up / positive.sum() + by_down / (~positive).sum()
    direct = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    found = subtract(*(linearise_roc_auc(positive, score) for score in scores))
    assert found.value == pytest.approx(kernels[0].mean() - kernels[1].mean())
    assert Design().variance_of_mean(found.influence) == pytest.approx(direct, rel=1e-10)


@pytest.mark.parametrize(("gained", "lost"), [(1, 7), (0, 5), (40, 25), (3, 0), (250, 300)])
def test_exact_mcnemar_is_statsmodels(gained, lost):
    tables = pytest.importorskip("statsmodels.stats.contingency_tables", reason="statsmodels is not installed")
    expected = tables.mcnemar([[60, gained], [lost, 35]], exact=True).pvalue
    assert mcnemar(gained, lost)[0] == pytest.approx(expected)


def test_mid_p_of_a_published_example():
    # Fagerland, Lydersen and Laake (2013), BMC Medical Research Methodology 13, 91: 1 and 7 discordant pairs.
    assert [round(p, 3) for p in mcnemar(1, 7)] == [0.070, 0.039]


def test_tangos_interval_of_a_published_example():
    # The same 21 pairs in Fagerland, Lydersen and Laake (2014), Statistics in Medicine 33, 2850-2875: Tango's interval.
    assert [round(limit, 3) for limit in tango(1, 7, 21, 0.95)] == [-0.517, -0.026]


@pytest.mark.parametrize(
    ("gained", "lost", "n"), [(1, 7, 21), (0, 0, 40), (0, 5, 200), (12, 2, 50), (60, 90, 1000), (1, 0, 44)]
)
def test_tangos_limits_are_where_the_score_statistic_of_the_fitted_null_is_the_quantile(gained, lost, n):
    def score(difference):
        def loss(share):  # share: of the pairs that the second side has right alone
            up, same = share + difference, 1 - 2 * share - difference
            parts = ((gained, up), (lost, share), (n - gained - lost, same))
            return -sum(count * math.log(max(p, 1e-300)) for count, p in parts if count)

        bounds = (max(0.0, -difference), (1 - difference) / 2)
        share = optimize.minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-13}).x
        variance = (2 * share + difference - difference**2) / n
        return ((gained - lost) / n - difference) / math.sqrt(variance)

    z = stats.norm.ppf(0.975)
    value = (gained - lost) / n
    low = optimize.brentq(lambda d: score(d) - z, -0.99, value - 1e-6)
    high = optimize.brentq(lambda d: score(d) + z, value + 1e-6, 0.99)
    assert tango(gained, lost, n, 0.95) == pytest.approx((low, high), abs=1e-5)


def test_share_difference_is_near_newcombes_method_10():
    # Newcombe (1998), Statistics in Medicine 17, 2635-2650: square-and-add from Wilson limits with the correlation.
    proportion = pytest.importorskip("statsmodels.stats.proportion", reason="statsmodels is not installed")
    both, gained, lost, neither = 700, 80, 50, 170
    n = both + gained + lost + neither
    one, two = both + gained, both + lost
    limits = [proportion.proportion_confint(k, n, method="wilson") for k in (one, two)]
    shape = (both * neither - gained * lost) / math.sqrt(one * (n - one) * two * (n - two))
    (l1, u1), (l2, u2), p1, p2 = *limits, one / n, two / n
    low = p1 - p2 - math.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2 - 2 * shape * (p1 - l1) * (u2 - p2))
    high = p1 - p2 + math.sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2 - 2 * shape * (u1 - p1) * (p2 - l2))
    found = share_difference(Discordant(gained=gained, lost=lost, n=n), metric="d", confidence=0.95)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.003)


def _bootstrapped(statistic, *columns):
    found = stats.bootstrap(
        columns,
        statistic,
        paired=True,
        vectorized=False,
        n_resamples=2000,
        method="BCa",
        rng=np.random.default_rng(0),
    )
    return found.confidence_interval


def _near(found, expected):
    """Each limit within a fifth of the bootstrap's width of it, and the interval at most a third wider."""
    width = expected.high - expected.low
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.2 * width)
    assert 0.9 * width < found.high - found.low < 1.33 * width


def _two_classifiers():
    rng = np.random.default_rng(1)
    signal = rng.normal(size=400)
    target = (rng.random(400) < 1 / (1 + np.exp(-2 * signal))).astype(int)
    noise = rng.normal(size=400)
    scores = [1 / (1 + np.exp(-2 * signal - 0.5 * noise - own * rng.normal(size=400))) for own in (0.6, 1.0)]
    return target, *scores


@pytest.mark.parametrize("name", ["f1", "precision", "balanced_accuracy"])
def test_differences_of_decisions_agree_with_the_bootstrap(name):
    target, one, two = _two_classifiers()
    decisions = [(score > 0.5).astype(int) for score in (one, two)]

    def difference(t, a, b):
        return linearise_decisions(name, t, a, 2).value - linearise_decisions(name, t, b, 2).value

    changes = compare_decisions(name, target, *decisions, 2)
    found = interval_of(changes, metric=name, confidence=0.95)
    assert found.value == pytest.approx(difference(target, *decisions))
    _near(found, _bootstrapped(difference, target, *decisions))


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_differences_of_rankings_agree_with_the_bootstrap_and_with_sklearn(name):
    metrics = pytest.importorskip("sklearn.metrics")
    target, one, two = _two_classifiers()
    linearise = linearise_roc_auc if name == "roc_auc" else linearise_average_precision

    def difference(t, a, b):
        return linearise(t == 1, a).value - linearise(t == 1, b).value

    found = ranking_difference(compare_rankings(name, target, one, two), metric=name, confidence=0.95)
    score = metrics.roc_auc_score if name == "roc_auc" else metrics.average_precision_score
    assert found.value == pytest.approx(score(target, one) - score(target, two))
    _near(found, _bootstrapped(difference, target, one, two))


@pytest.mark.parametrize("losses", [log_losses, brier_losses])
def test_differences_of_losses_agree_with_the_bootstrap(losses):
    target, one, two = _two_classifiers()
    ours, theirs = losses(target, one), losses(target, two)
    expected = _bootstrapped(lambda a, b: np.mean(b - a), ours, theirs)
    _near(interval_of(compare_losses(ours, theirs.copy()), metric="loss", confidence=0.95), expected)


@pytest.mark.parametrize("name", ["root_mean_squared_error", "mean_absolute_error", "r2", "median_absolute_error"])
def test_differences_of_values_agree_with_the_bootstrap(name):
    rng = np.random.default_rng(2)
    signal, noise = rng.normal(size=(2, 400))
    target = 2 * signal + noise
    one, two = (2 * signal + own * rng.normal(size=400) for own in (0.4, 0.7))

    def value(t, prediction):
        if name == "median_absolute_error":
            return np.median(np.abs(prediction - t))
        return linearise_values(name, t, prediction).value

    def difference(t, a, b):
        return value(t, a) - value(t, b) if name == "r2" else value(t, b) - value(t, a)

    found = interval_of(compare_errors(name, target, one, two), metric=name, confidence=0.95)
    assert found.value == pytest.approx(difference(target, one, two))
    _near(found, _bootstrapped(difference, target, one, two))
