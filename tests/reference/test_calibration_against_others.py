"""Calibration against scikit-learn, statsmodels and direct computation."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from modelcheck.stats.calibration.bars import wilson
from modelcheck.stats.calibration.bins import equal_mass_bins
from modelcheck.stats.calibration.error import calibration_error, debiased_gap
from modelcheck.stats.calibration.parts import brier_parts
from modelcheck.stats.calibration.residuals import breusch_pagan
from modelcheck.stats.calibration.slope import recalibration
from modelcheck.stats.calibration.z import spiegelhalter
from modelcheck.stats.design import Design

proportion = pytest.importorskip("statsmodels.stats.proportion", reason="statsmodels is not installed")


def drawn(n=3001, seed=0, slope=0.7):
    rng = np.random.default_rng(seed)
    z = rng.normal(-0.5, 1.5, n)
    return rng.random(n) < expit(0.3 + slope * z), expit(z)


# Where n - 1 shares a factor with 15 their interpolated edges fall on scores, and rounding decides on which side.
@pytest.mark.parametrize("n", [300, 3000, 3005, 3014])
def test_the_bins_are_scikit_learns_quantile_bins(n):
    outcome, score = drawn(n)
    bins = equal_mass_bins(score)
    rate, promised = calibration_curve(outcome, score, n_bins=15, strategy="quantile")
    assert bins.means(outcome, Design()) == pytest.approx(rate, abs=1e-12)
    assert bins.means(score, Design()) == pytest.approx(promised, abs=1e-12)
    shares = bins.rows / n
    assert calibration_error(outcome, score, confidence=0.95).plain == pytest.approx(shares @ np.abs(rate - promised))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("digits", [1, 2, 9])
def test_the_parts_add_up_to_scikit_learns_brier_score(weighted, digits):
    outcome, score = drawn()
    score = np.round(score, digits)
    weight = np.random.default_rng(1).exponential(size=len(score)) if weighted else None
    parts = brier_parts(outcome, score, equal_mass_bins(score), design=Design(weight=weight))
    assert parts.brier_score == pytest.approx(brier_score_loss(outcome, score, sample_weight=weight), abs=1e-12)


def test_without_spread_within_bins_the_parts_are_murphys_three():
    outcome, score = drawn()
    score = np.clip(np.round(score, 1), 0.1, 0.8)
    bins = equal_mass_bins(score)
    parts = brier_parts(outcome, score, bins, design=Design())
    assert (parts.within_variance, parts.within_covariance) == pytest.approx((0, 0), abs=1e-12)
    values = np.unique(score)
    share = np.array([np.mean(score == value) for value in values])
    rate = np.array([outcome[score == value].mean() for value in values])
    assert len(bins) == len(values)
    assert parts.reliability == pytest.approx(share @ (values - rate) ** 2)
    assert parts.resolution == pytest.approx(share @ (rate - outcome.mean()) ** 2)


@pytest.mark.parametrize("n", [200, 3001, 120_000])
@pytest.mark.parametrize("weighted", [False, True])
def test_slope_and_intercept_are_those_of_scikit_learn(n, weighted):
    outcome, score = drawn(n)
    weight = np.random.default_rng(1).exponential(size=n) if weighted else None
    found = recalibration(outcome, score, confidence=0.95, design=Design(weight=weight))
    fit = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000, solver="newton-cholesky")
    fit.fit(logit(score)[:, None], outcome, sample_weight=weight)
    assert found.slope.value == pytest.approx(float(fit.coef_[0, 0]), abs=1e-6)
    assert found.intercept.value == pytest.approx(float(fit.intercept_[0]), abs=1e-6)


def test_sandwich_errors_are_statsmodels():
    discrete = pytest.importorskip("statsmodels.discrete.discrete_model", reason="statsmodels is not installed")
    outcome, score = drawn(1000)
    x = np.column_stack([np.ones(1000), logit(score)])
    found = recalibration(outcome, score, confidence=0.95)
    width = [(item.high - item.low) / 2 for item in (found.intercept, found.slope)]
    fit = discrete.Logit(outcome.astype(float), x).fit(disp=0, cov_type="HC0")
    # Theirs divides by n, ours by n - 1 and uses Student's t.
    assert width == pytest.approx(1.9623 * np.asarray(fit.bse) * np.sqrt(1000 / 999), rel=1e-4)
    cluster = np.arange(1000) // 5
    fit = discrete.Logit(outcome.astype(float), x).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
    )
    found = recalibration(outcome, score, confidence=0.95, design=Design(cluster=cluster))
    width = [(item.high - item.low) / 2 for item in (found.intercept, found.slope)]
    assert width == pytest.approx(1.97196 * np.asarray(fit.bse) * np.sqrt(200 / 199), rel=1e-4)


def test_koenkers_test_is_statsmodels():
    diagnostic = pytest.importorskip("statsmodels.stats.diagnostic", reason="statsmodels is not installed")
    rng = np.random.default_rng(0)
    for growth in (0.0, 0.2):
        x = rng.normal(50, 10, 400)
        error = rng.normal(size=400) * np.exp(growth * (x - 50) / 10)
        lm, p, _, _ = diagnostic.het_breuschpagan(error, np.column_stack([np.ones(400), x]), robust=True)
        found = breusch_pagan(error, x)
        assert (found.lm, found.p) == pytest.approx((lm, p), rel=1e-8)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson_is_statsmodels(confidence):
    for k, n in ((0, 7), (1, 7), (30, 200), (200, 200)):
        expected = proportion.proportion_confint(k, n, 1 - confidence, method="wilson")
        assert wilson(k / n, n, confidence) == pytest.approx(expected, abs=1e-12)


def test_spiegelhalters_z_is_the_brier_score_less_its_expectation_over_its_standard_deviation():
    outcome, score = drawn()
    spread = score * (1 - score)
    expected = spread.mean()
    deviation = np.sqrt(np.sum((1 - 2 * score) ** 2 * spread)) / len(score)
    z = (brier_score_loss(outcome, score) - expected) / deviation
    assert spiegelhalter(outcome, score).z == pytest.approx(z)


def test_the_debiased_gap_is_the_mean_of_cross_fitted_signs_over_random_halves():
    rng = np.random.default_rng(0)
    values = rng.normal(0.1, 1, 400)
    gap, error = values.mean(), values.std(ddof=1) / 20
    halves = rng.permuted(np.tile(values, (40_000, 1)), axis=1).reshape(-1, 2, 200).sum(axis=2) / 400
    signs = np.sign(halves[:, ::-1])
    size, slope = debiased_gap(np.array([gap]), np.array([error]))
    assert size[0] == pytest.approx((signs * halves).sum(axis=1).mean(), abs=0.001)
    step = 1e-6
    ahead, behind = (debiased_gap(np.array([gap + s]), np.array([error]))[0][0] for s in (step, -step))
    assert slope[0] == pytest.approx((ahead - behind) / (2 * step), rel=1e-5)


def test_the_debiased_gap_is_expected_to_be_zero_without_a_gap_and_never_above_it():
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / weights.sum()
    for true in (0.0, 0.5, 1.0, 2.0, 4.0):
        expected = weights @ debiased_gap(true + nodes, np.ones(len(nodes)))[0]
        assert expected <= true + 1e-3
        if true == 0:
            assert expected == pytest.approx(0, abs=2e-3)
