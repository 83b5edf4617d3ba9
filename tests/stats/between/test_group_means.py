import numpy as np
import pytest

from modelcheck.stats.between.means import means_of
from modelcheck.stats.design import Design
from modelcheck.stats.means import mean_of

K = 4


def _table(n, seed=0):
    rng = np.random.default_rng(seed)
    codes = rng.choice([-1, 0, 1, 2, 3], n, p=[0.1, 0.5, 0.3, 0.09, 0.01])
    return (
        codes,
        rng.exponential(1, n) ** 2,
        rng.random(n) < 0.8,
        rng.exponential(1, n) + 0.05,
        rng.integers(0, n // 4, n),
    )


def _designs(weight, cluster):
    return [Design(), Design(weight=weight), Design(cluster=cluster), Design(weight=weight, cluster=cluster)]


@pytest.mark.parametrize("design", range(4))
@pytest.mark.parametrize("n", [100, 3000])
@pytest.mark.parametrize(("shift", "lowest"), [(0.0, 0.0), (1e6, -np.inf)])
def test_each_groups_limits_and_the_rests_are_those_of_its_rows_alone(design, n, shift, lowest):
    codes, values, within, weight, cluster = _table(n)
    values += shift
    own = _designs(weight, cluster)[design]
    found = means_of(values, codes, K, own, lowest=lowest, within=within, rest=True)
    low, high = found.limits(0.99)
    for g in range(2 * K):
        rows = within & ((codes == g) if g < K else (codes != g - K) & (codes >= 0))
        expected = mean_of(values[rows], metric="m", confidence=0.99, design=own.take(rows), lowest=lowest)
        assert (found.doubt[g], found.needed[g], found.n[g]) == (expected.unproven, expected.n_needed, expected.n)
        if expected.low is not None and expected.n > 5:
            assert [found.value[g], low[g], high[g]] == pytest.approx(
                [expected.value, expected.low, expected.high], rel=1e-7
            )


def test_small_losses_beside_huge_ones_keep_their_spread():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [50_000, 60, 60])
    values = np.where(codes == 0, 1e9, 1.0) * rng.exponential(1, len(codes))
    for own in (Design(), Design(cluster=np.arange(len(codes)) // 2)):
        found = means_of(values, codes, 3, own, lowest=0.0, rest=True)
        rows = codes > 0
        expected = mean_of(values[rows], metric="m", confidence=0.95, design=own.take(rows), lowest=0.0)
        low, high = found.limits(0.95)
        assert [low[3], high[3]] == pytest.approx([expected.low, expected.high], rel=1e-5)


def test_large_groups_have_nearly_welchs_interval():
    rng = np.random.default_rng(1)
    codes = np.repeat([0, 1], [900, 1600])
    values = rng.normal(np.where(codes == 0, 1.0, 1.2), np.where(codes == 0, 2.0, 1.0))
    found = means_of(values, codes, 2, Design())
    low, high = found.differences([0], [1], 0.95)
    error = np.sqrt(values[:900].var(ddof=1) / 900 + values[900:].var(ddof=1) / 1600)
    assert high[0] - low[0] == pytest.approx(2 * 1.962 * error, rel=0.01)


def test_a_ratio_needs_a_quantity_that_is_never_negative():
    values, codes = np.random.default_rng(0).normal(size=100), np.arange(100) % 2
    with pytest.raises(ValueError, match="negative"):
        means_of(values, codes, 2, Design()).ratios([0], [1], 0.95)
    low, high = means_of(values**2, codes, 2, Design(), lowest=0.0).ratios([0], [1], 0.95)
    assert 0.3 < low[0] < 1 < high[0] < 3


def test_values_all_alike_prove_nothing():
    found = means_of(np.ones(100), np.arange(100) % 2, 2, Design())
    assert "no width" in found.doubt[0]
    assert np.isnan(found.limits(0.95)).all()
    assert np.isnan(found.differences([0], [1], 0.95)).all()


def test_limits_stay_within_the_bounds_of_the_quantity():
    values = np.r_[np.zeros(58), 1.0, 1.0, np.zeros(58), 1.0, 1.0]
    found = means_of(values, np.repeat([0, 1], 60), 2, Design(), lowest=0.0, highest=1.0)
    low, high = found.limits(1 - 1e-9)
    assert (low >= 0).all()
    assert (high <= 1).all()
