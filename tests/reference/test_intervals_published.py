"""Intervals of modelcheck.stats against published numbers and other libraries."""

import numpy as np
import pytest
from scipy import stats

from modelcheck.stats.classification import from_counts, linearise
from modelcheck.stats.combined import combine
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import interval, paired_difference
from modelcheck.stats.losses import brier_losses
from modelcheck.stats.means import mean_of
from modelcheck.stats.quantiles import median
from modelcheck.stats.ranking import linearise_roc_auc, roc_auc
from modelcheck.stats.rates import clopper_pearson, linearise_rate, rate, rate_from_counts

proportion = pytest.importorskip("statsmodels.stats.proportion", reason="statsmodels is not installed")


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.004])
def test_clopper_pearson_is_statsmodels_beta(alpha):
    for n in (1, 9, 57, 1000, 48_842):
        for k in {0, 1, n // 3, n - 1, n}:
            assert clopper_pearson(k, n, 1 - alpha) == pytest.approx(
                proportion.proportion_confint(k, n, alpha, method="beta"), abs=1e-10
            )


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_newcombes_published_examples_of_the_exact_method(k, n, low, high):
    # Newcombe (1998), Two-sided confidence intervals for the single proportion, Statistics in Medicine 17,
    # 857-872: the examples worked through there, by the exact method.
    found = rate_from_counts(k, n, metric="r", confidence=0.95)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_mover_reproduces_newcombes_published_difference():
    # Newcombe (1998), Statistics in Medicine 17, 873-890, method 10 (hybrid score): 56/70 - 48/80.
    first, second = (proportion.proportion_confint(k, n, method="wilson") for k, n in ((56, 70), (48, 80)))
    value, low, high = combine([(0.8, *first), (-0.6, -second[1], -second[0])])
    assert (2 * value, 2 * low, 2 * high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_delongs_variance_on_a_worked_example():
    # Hanley and McNeil (1982), Radiology 143, 29-36: 109 images rated 1 to 5; they give an area of 0.893 and a
    # standard error of 0.032.
    normal, abnormal = (33, 6, 6, 11, 2), (3, 2, 2, 11, 33)
    score = np.concatenate([np.repeat(np.arange(5), normal), np.repeat(np.arange(5), abnormal)])
    positive = np.arange(109) >= 58
    found = linearise_roc_auc(positive, score)
    assert found.value == pytest.approx(0.893, abs=5e-4)
    assert Design().standard_error(found.influence) == pytest.approx(0.032, abs=0.002)
    limits = roc_auc(positive, score, confidence=0.95)
    assert limits.low < 0.893 - 1.96 * 0.0305
    assert limits.high < 0.893 + 1.96 * 0.0305


def test_order_statistics_of_a_published_table():
    # The textbook sign-test interval: P(Binomial(20, 1/2) <= 5) = 0.0207, so n = 20 at 95 % uses ranks 6 and 15.
    found = median(np.arange(1.0, 21.0), metric="m", confidence=0.95)
    assert (found.low, found.high) == (6.0, 15.0)


def test_clustered_error_of_a_rate_is_statsmodels_cluster_robust_one():
    linear = pytest.importorskip("statsmodels.regression.linear_model", reason="statsmodels is not installed")
    rng = np.random.default_rng(0)
    cluster = rng.integers(0, 40, 600)
    weight = rng.uniform(0.5, 2, 600)
    success = rng.random(600) < 0.2 + 0.5 * (cluster % 2)
    design = Design(weight=weight, cluster=cluster)
    mine = design.standard_error(linearise_rate(success, design=design).influence)
    fit = linear.WLS(success.astype(float), np.ones(600), weights=weight).fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
    )
    assert mine == pytest.approx(float(fit.bse[0]) * np.sqrt(40 / 39), rel=1e-9)


def test_weighted_error_of_a_mean_is_statsmodels_sandwich():
    linear = pytest.importorskip("statsmodels.regression.linear_model", reason="statsmodels is not installed")
    rng = np.random.default_rng(0)
    values, weight = rng.gamma(2, 1, 300), rng.uniform(0.5, 2, 300)
    mean = np.average(values, weights=weight)
    fit = linear.WLS(values, np.ones(300), weights=weight).fit(cov_type="HC0")
    mine = Design(weight=weight).standard_error(values - mean)
    assert mine == pytest.approx(float(fit.bse[0]) * np.sqrt(300 / 299), rel=1e-9)


def test_paired_difference_of_accuracies_is_mcnemars_wald_interval():
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, 1000)
    one = np.where(rng.random(1000) < 0.85, target, 1 - target)
    two = np.where(rng.random(1000) < 0.1, 1 - one, one)
    a, b = (linearise("accuracy", target, decision, 2) for decision in (one, two))
    found = paired_difference(a, b, Design(), metric="d", confidence=0.95)
    right, wrong = np.sum((one == target) & (two != target)), np.sum((one != target) & (two == target))
    error = np.sqrt((right + wrong - (right - wrong) ** 2 / 1000) / (1000 * 999))
    assert found.value == pytest.approx((right - wrong) / 1000)
    assert found.high - found.low == pytest.approx(2 * stats.t.ppf(0.975, 999) * error)


def test_mean_interval_agrees_with_the_bootstrap_t_where_losses_are_skewed():
    rng = np.random.default_rng(0)
    score = rng.beta(0.4, 0.4, 400)
    losses = brier_losses(rng.random(400) < score, score)
    found = mean_of(losses, metric="brier_score", confidence=0.95, lowest=0.0)
    draws = losses[rng.integers(0, 400, (20_000, 400))]
    student = (draws.mean(1) - losses.mean()) / (draws.std(1, ddof=1) / 20)
    error = stats.sem(losses)
    low, high = losses.mean() - np.quantile(student, [0.975, 0.025]) * error
    assert (found.low, found.high) == pytest.approx((low, high), rel=0.02)


def test_f1_interval_holds_the_bootstraps():
    counts = np.array([[700, 60], [90, 150]])
    draws = np.random.default_rng(0).multinomial(1000, counts.ravel() / 1000, 20_000).reshape(-1, 2, 2)
    f1 = 2 * draws[:, 1, 1] / (2 * draws[:, 1, 1] + draws[:, 0, 1] + draws[:, 1, 0])
    found = from_counts("f1", counts, confidence=0.95)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(f1, [0.025, 0.975])), abs=0.006)


def test_logit_interval_of_a_rate_is_statsmodels_logit_at_large_n():
    success = np.arange(20_000) % 7 == 0
    found = interval(linearise_rate(success), Design(), metric="r", confidence=0.95, transform="logit")
    model = pytest.importorskip("statsmodels.discrete.discrete_model", reason="statsmodels is not installed")
    fit = model.Logit(success.astype(float), np.ones(20_000)).fit(disp=0)
    low, high = 1 / (1 + np.exp(-fit.conf_int()[0]))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_korn_and_graubard_widen_by_the_design_effect():
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(200), 10)
    success = rng.random(2000) < np.repeat(rng.beta(3, 3, 200), 10)
    design = Design(cluster=cluster)
    share = success.mean()
    effect = design.variance_of_mean(success - share) / (share * (1 - share) / 2000)
    plain = rate(success, metric="r", confidence=0.95)
    found = rate(success, metric="r", confidence=0.95, design=design)
    assert (found.high - found.low) / (plain.high - plain.low) == pytest.approx(np.sqrt(effect), rel=0.04)
