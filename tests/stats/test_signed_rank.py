"""The signed-rank distribution and its limits against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wilcoxon

from modelcheck.stats.signed_rank import hodges_lehmann, signed_rank_cdf


@pytest.mark.parametrize("n", [5, 8, 12])
def test_the_interval_holds_the_centres_that_scipys_exact_test_does_not_reject(n):
    rng = np.random.default_rng(n)
    values = rng.normal(0.3, 1.0, n)
    found = hodges_lehmann(values, metric="shift", confidence=0.9)
    for centre in np.linspace(values.min() - 0.1, values.max() + 0.1, 400):
        kept = all(
            wilcoxon(values - centre, alternative=side, method="exact").pvalue > 0.05 for side in ("less", "greater")
        )
        assert kept == (found.low < centre < found.high)


def test_the_distribution_is_scipys():
    ranks = np.arange(1, 11)
    signs = np.array([1, -1, 1, 1, -1, 1, -1, -1, 1, -1])
    statistic = ranks[signs > 0].sum()
    assert signed_rank_cdf(10)[statistic] == pytest.approx(
        wilcoxon(signs * ranks, alternative="less", method="exact").pvalue, abs=1e-12
    )


def test_too_few_pairs_prove_nothing_and_say_how_many_would():
    found = hodges_lehmann(np.arange(1.0, 6.0), metric="shift", confidence=0.99)
    assert found.low is None
    assert found.unproven
    assert found.n_needed == 8


def test_coverage_is_at_least_nominal():
    rng = np.random.default_rng(0)
    inside = [
        found.low < 0.0 < found.high
        for found in (hodges_lehmann(rng.standard_t(2, 12), metric="shift", confidence=0.9) for _ in range(4000))
    ]
    assert np.mean(inside) > 0.88
