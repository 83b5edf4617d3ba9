"""Comparisons between groups against published numbers and other libraries."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats
from scipy.special import xlogy

from modelcheck.stats.between.mantel_haenszel import pooled_difference, pooled_ratio
from modelcheck.stats.between.rates import rates_from_counts
from modelcheck.stats.between.two_rates import miettinen_nurminen, score_ratio

proportion = pytest.importorskip("statsmodels.stats.proportion", reason="statsmodels is not installed")
tables = pytest.importorskip("statsmodels.stats.contingency_tables", reason="statsmodels is not installed")


@pytest.mark.parametrize(
    ("x1", "n1", "x2", "n2", "low", "high"),
    [
        (56, 70, 48, 80, 0.0528, 0.3382),
        (9, 10, 3, 10, 0.1700, 0.8406),
        (6, 7, 2, 7, 0.0342, 0.8534),
        (5, 56, 0, 29, -0.0326, 0.1933),
        (0, 10, 0, 20, -0.1658, 0.2844),
        (0, 10, 0, 10, -0.2879, 0.2879),
        (10, 10, 0, 20, 0.7156, 1.0),
    ],
)
def test_miettinen_and_nurminens_limits_in_newcombes_table(x1, n1, x2, n2, low, high):
    # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 6.
    found = miettinen_nurminen(x1, n1, x2, n2, 0.95)
    assert [round(float(limit), 4) for limit in found] == [low, high]


def _score_by_search(x1, n1, x2, n2, difference):
    def loss(p):
        return -(xlogy(x1, p + difference) + xlogy(n1 - x1, 1 - p - difference) + xlogy(x2, p) + xlogy(n2 - x2, 1 - p))

    ends = max(0.0, -difference), min(1.0, 1.0 - difference)
    p2 = optimize.minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-12}).x
    p1 = p2 + difference
    both = n1 + n2
    return (x1 / n1 - x2 / n2 - difference) / np.sqrt((p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * both / (both - 1))


@pytest.mark.parametrize("confidence", [0.8, 0.95, 1 - 2e-5])
def test_limits_of_a_difference_are_where_the_score_reaches_the_quantile(confidence):
    # statsmodels up to 0.15 has a wrong coefficient in the cubic (its issue 10269), so the likelihood is maximised.
    quantile = stats.norm.ppf(0.5 + confidence / 2)
    rng = np.random.default_rng(0)
    for _ in range(60):
        n1, n2 = rng.integers(5, 3000, 2)
        x1, x2 = rng.integers(1, (n1, n2))
        low, high = miettinen_nurminen(x1, n1, x2, n2, confidence)
        assert _score_by_search(x1, n1, x2, n2, float(low)) == pytest.approx(quantile, abs=2e-6)
        assert _score_by_search(x1, n1, x2, n2, float(high)) == pytest.approx(-quantile, abs=2e-6)


def test_without_a_difference_the_score_is_statsmodels():
    for x1, n1, x2, n2 in ((15, 100, 30, 120), (3, 40, 200, 900)):
        p = proportion.test_proportions_2indep(x1, n1, x2, n2, method="score", compare="diff").pvalue
        low, high = miettinen_nurminen(x1, n1, x2, n2, 1 - p)
        assert min(abs(low), abs(high)) < 1e-9


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.001])
def test_score_limits_of_a_ratio_are_statsmodels(alpha):
    rng = np.random.default_rng(1)
    for _ in range(60):
        n1, n2 = rng.integers(5, 500, 2)
        x1, x2 = rng.integers(1, (n1, n2))
        expected = proportion.confint_proportions_2indep(
            x1, n1, x2, n2, compare="ratio", method="score", alpha=alpha, correction=True
        )
        assert score_ratio(x1, n1, x2, n2, 1 - alpha) == pytest.approx(expected, rel=1e-6)


def _melded_tail(x1, n1, x2, n2, difference):
    # Fay, Proschan and Brittain (2015): chance that what the upper limits of the first and the lower limits of the
    # second leave possible lies beyond the difference.
    first, second = stats.beta(x1 + 1, n1 - x1), stats.beta(x2, n2 - x2 + 1)
    found, _ = integrate.quad(
        lambda p: second.pdf(p) * first.sf(p + difference),
        *second.ppf([1e-14, 1 - 1e-14]),
        limit=500,
        epsabs=1e-14,
        points=second.ppf([1e-6, 1e-3, 0.1, 0.5]),
    )
    return found


@pytest.mark.parametrize("tail", [0.025, 1e-3, 1e-5])
@pytest.mark.parametrize(("x1", "n1", "x2", "n2"), [(15, 100, 30, 120), (3, 50, 600, 5000), (7, 34, 1, 34)])
def test_first_order_limits_are_near_the_melded_ones_at_every_level(x1, n1, x2, n2, tail):
    _, high = rates_from_counts([x1, x2], [n1, n2]).differences([0], [1], 1 - 2 * tail)
    assert 0.5 * tail < _melded_tail(x1, n1, x2, n2, float(high[0])) < 1.15 * tail


def test_whether_shares_differ_is_decided_nearly_as_fishers_exact_test_does():
    # Melded limits from exact ones exclude zero exactly where Fisher's one-sided test rejects (the same paper).
    for x1, n1, x2, n2 in ((15, 100, 32, 120), (3, 50, 900, 5000), (9, 34, 1, 34)):
        p = min(stats.fisher_exact([[x1, n1 - x1], [x2, n2 - x2]], side).pvalue for side in ("less", "greater"))
        shares = rates_from_counts([x1, x2], [n1, n2])
        for factor, excluded in ((0.8, False), (1.8, True)):
            low, high = shares.differences([0], [1], 1 - 2 * p * factor)
            assert bool(low[0] > 0 or high[0] < 0) is excluded


def test_pooled_comparisons_are_statsmodels_and_the_formulas():
    rng = np.random.default_rng(2)
    n1, n2 = rng.integers(30, 90, (2, 5))
    x1, x2 = rng.binomial(n1, 0.3), rng.binomial(n2, 0.45)
    ratio = pooled_ratio(x1, n1, x2, n2, metric="r", confidence=0.95)
    table = tables.StratifiedTable(np.array([[x1, n1 - x1], [x2, n2 - x2]]))
    assert ratio.value == pytest.approx(table.riskratio_pooled, rel=1e-12)
    # Greenland and Robins, stratum by stratum.
    top = bottom = spread = weight = difference = p = q = 0.0
    for a, n, b, m in zip(*(part.tolist() for part in (x1, n1, x2, n2)), strict=True):
        t = n + m
        top, bottom = top + a * m / t, bottom + b * n / t
        spread += ((a + b) * n * m - a * b * t) / t**2
        weight, difference = weight + n * m / t, difference + n * m / t * (a / n - b / m)
        p += (n**2 * b - m**2 * a + n * m * (m - n) / 2) / t**2
        q += (a * (m - b) + b * (n - a)) / (2 * t)
    fewest = min(x1.sum(), x2.sum(), (n1 - x1).sum(), (n2 - x2).sum())
    t = stats.t.ppf(0.975, fewest - 1)
    assert np.log(ratio.high / ratio.value) == pytest.approx(t * np.sqrt(spread / (top * bottom)), rel=1e-12)
    found = pooled_difference(x1, n1, x2, n2, metric="d", confidence=0.95)
    value = difference / weight
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.high - found.value == pytest.approx(t * np.sqrt(value * p + q) / weight, rel=1e-12)


def test_one_stratum_has_the_difference_and_ratio_of_two_shares():
    found = pooled_difference([45], [150], [60], [150], metric="d", confidence=0.95)
    wald = np.sqrt(0.3 * 0.7 / 150 + 0.4 * 0.6 / 150)
    assert found.value == pytest.approx(-0.1)
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, 44) * wald, rel=0.01)
    ratio = pooled_ratio([45], [150], [60], [150], metric="r", confidence=0.95)
    katz = np.sqrt(1 / 45 - 1 / 150 + 1 / 60 - 1 / 150)
    assert np.log(ratio.high / ratio.value) == pytest.approx(stats.t.ppf(0.975, 44) * katz, rel=1e-9)
