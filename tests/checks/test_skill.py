"""Skill: Fieller's interval inverts the paired t test, and holds its level where model and rival share the noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from modelcheck.checks.performance.trivial.skill import skill
from modelcheck.stats.design import Design


def errors(rng, n, better=0.5):
    noise = rng.normal(size=n)
    return (noise + better * rng.normal(size=n)) ** 2, (noise + rng.normal(size=n)) ** 2


def test_the_lower_limit_is_above_zero_exactly_when_the_paired_t_test_says_so():
    rng = np.random.default_rng(0)
    for _ in range(200):
        ours, theirs = errors(rng, 40, better=0.8)
        p = stats.ttest_rel(theirs, ours, alternative="greater").pvalue
        assert (skill(ours, theirs, Design(), rival="r", confidence=0.95).low > 0) == (p < 0.025)


def test_the_limits_are_where_the_t_statistic_of_the_ratio_meets_its_quantile():
    ours, theirs = errors(np.random.default_rng(1), 80)
    found = skill(ours, theirs, Design(), rival="r", confidence=0.9)
    for limit in (found.low, found.high):
        t = stats.ttest_1samp(ours - (1 - limit) * theirs, 0).statistic
        assert abs(t) == pytest.approx(stats.t.ppf(0.95, 79), rel=1e-9)


def test_the_unit_of_the_target_does_not_matter():
    ours, theirs = errors(np.random.default_rng(2), 100)
    plain = skill(ours, theirs, Design(), rival="r", confidence=0.95)
    for scale in (1e-12, 1e150):
        found = skill(ours * scale, theirs * scale, Design(), rival="r", confidence=0.95)
        assert (found.low, found.high) == pytest.approx((plain.low, plain.high), rel=1e-9)


def test_few_rows_and_few_clusters_are_unproven_with_the_number_needed():
    ours, theirs = errors(np.random.default_rng(3), 29)
    found = skill(ours, theirs, Design(), rival="r", confidence=0.95)
    assert (found.unproven, found.n_needed) == ("29 rows are too few for a trustworthy interval", 30)
    ours, theirs = errors(np.random.default_rng(3), 200)
    found = skill(ours, theirs, Design(cluster=np.arange(200) % 12), rival="r", confidence=0.95)
    assert (found.unproven, found.n_needed, found.clusters) == (
        "12 clusters are too few for a trustworthy interval",
        30,
        12,
    )


def test_equal_answers_show_no_spread_and_prove_nothing():
    ours, _ = errors(np.random.default_rng(4), 50)
    found = skill(ours, ours.copy(), Design(), rival="r", confidence=0.95)
    assert found.value == 0
    assert found.unproven


def test_where_the_rivals_error_is_one_wild_row_the_interval_is_that_of_the_difference():
    ours, theirs = errors(np.random.default_rng(4), 40)
    theirs[7] = 1e6
    found = skill(ours, theirs, Design(), rival="the mean", confidence=0.996)
    t = stats.ttest_rel(theirs, ours).confidence_interval(0.996)
    assert found.method.startswith("paired t interval of the saved squared error")
    assert found.low == pytest.approx(t.low / theirs.mean())
    assert found.low < 0
    assert found.high == 1


@pytest.mark.parametrize("noise", ["normal", "student", "lognormal"])
def test_a_model_that_is_no_better_is_called_better_no_more_often_than_the_level_allows(noise):
    rng = np.random.default_rng(5)
    draw = {
        "normal": lambda: rng.normal(size=60),
        "student": lambda: rng.standard_t(5, size=60),
        "lognormal": lambda: np.exp(0.75 * rng.normal(size=60)) - np.exp(0.75**2 / 2),
    }[noise]
    trials, better = 4000, 0
    for _ in range(trials):
        shared = draw()
        ours, theirs = ((shared + 0.5 * draw()) ** 2 for _ in range(2))
        better += skill(ours, theirs, Design(), rival="r", confidence=0.95).low > 0
    low, high = stats.binomtest(better, trials).proportion_ci(0.999)
    print(f"{noise}: called better {better / trials:.4f} (99.9 % interval {low:.4f} to {high:.4f}), nominal 0.025")
    assert better <= stats.binom.ppf(0.999, trials, 0.045)
