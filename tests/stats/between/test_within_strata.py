import numpy as np
import pytest

from modelcheck.stats.between.mantel_haenszel import pooled_difference, pooled_ratio
from modelcheck.stats.between.within_strata import pooled_difference_of, pooled_ratio_of
from modelcheck.stats.design import Design

BOTH = [(pooled_difference_of, pooled_difference), (pooled_ratio_of, pooled_ratio)]


def _table(n=3000, seed=0):
    rng = np.random.default_rng(seed)
    strata = rng.integers(0, 5, n) * 2  # odd codes have no rows
    group = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    success = rng.random(n) < 0.2 + 0.05 * strata / 2 + 0.1 * (group == 1)
    return success, group == 0, group == 1, strata, rng


@pytest.mark.parametrize(("find", "plain"), BOTH)
def test_simple_rows_are_their_counts(find, plain):
    success, first, second, strata, _ = _table()
    counts = [np.bincount(strata[rows], minlength=9) for rows in (first & success, first, second & success, second)]
    assert find(success, first, second, strata, Design(), metric="m", confidence=0.95) == plain(
        *counts, metric="m", confidence=0.95
    )


@pytest.mark.parametrize(("find", "plain"), BOTH)
def test_equal_weights_and_clusters_of_one_give_nearly_the_formulas(find, plain):
    success, first, second, strata, _ = _table()
    simple = find(success, first, second, strata, Design(), metric="m", confidence=0.95)
    for own in (Design(weight=np.full(3000, 7.0)), Design(cluster=np.arange(3000))):
        found = find(success, first, second, strata, own, metric="m", confidence=0.95)
        assert found.value == pytest.approx(simple.value, rel=1e-12)
        assert [found.low, found.high] == pytest.approx([simple.low, simple.high], abs=0.01 * abs(simple.value) + 2e-3)
        assert found.n == simple.n


@pytest.mark.parametrize(("find", "plain"), BOTH)
def test_whole_weights_are_repeated_rows(find, plain):
    success, first, second, strata, rng = _table()
    times = rng.integers(1, 5, 3000)
    rows = np.repeat(np.arange(3000), times)
    weighted = Design(weight=times.astype(float), cluster=np.arange(3000))
    one = find(success, first, second, strata, weighted, metric="m", confidence=0.95)
    two = find(
        *(part[rows] for part in (success, first, second, strata)), Design(cluster=rows), metric="m", confidence=0.95
    )
    assert [one.value, one.low, one.high] == pytest.approx([two.value, two.low, two.high], rel=1e-9)


@pytest.mark.parametrize(("find", "plain"), BOTH)
def test_the_influence_is_the_derivative(find, plain):
    # The jackknife over clusters needs no derivative at all.
    success, first, second, strata, rng = _table()
    cluster, weight = rng.integers(0, 150, 3000), rng.exponential(1, 3000) + 0.1
    whole = Design(weight=weight, cluster=cluster)
    found = find(success, first, second, strata, whole, metric="m", confidence=0.95)
    left = []
    for c in range(150):
        keep = cluster != c
        parts = (part[keep] for part in (success, first, second, strata))
        left.append(find(*parts, whole.take(keep), metric="m", confidence=0.95).value)
    left = np.array(left) if find is pooled_difference_of else np.log(left)
    error = np.sqrt(149 / 150 * np.sum((left - left.mean()) ** 2))
    width = found.high - found.low if find is pooled_difference_of else np.log(found.high / found.low)
    assert width / 2 / 1.976 == pytest.approx(error, rel=0.05)


@pytest.mark.parametrize(("find", "plain"), BOTH)
def test_strata_of_few_rows_are_not_linearised(find, plain):
    rng = np.random.default_rng(0)
    strata, second = np.repeat(np.arange(100), 10), np.tile([False, True], 500)
    success, weight = rng.random(1000) < 0.4, rng.random(1000) + 0.5
    found = find(success, ~second, second, strata, Design(weight=weight), metric="m", confidence=0.95)
    assert found.unproven == "100 strata hold fewer than 10 rows of one group on average"
    assert found.n_needed is None
    assert not find(success, ~second, second, strata // 5, Design(weight=weight), metric="m", confidence=0.95).unproven


@pytest.mark.parametrize(("find", "plain"), BOTH)
def test_few_units_with_the_rarer_outcome_prove_nothing(find, plain):
    strata, second = np.repeat([0, 1], 200), np.tile([False, True], 200)
    success = np.arange(400) % 40 < 2
    for own, noun in ((Design(weight=np.ones(400)), "rows"), (Design(cluster=np.arange(400) // 80), "clusters")):
        found = find(success & (np.arange(400) < 300), ~second, second, strata, own, metric="m", confidence=0.95)
        assert "too few" in found.unproven
        assert noun in found.unproven


def test_groups_that_never_meet_have_no_comparison():
    second = np.arange(40) < 20
    for find, _ in BOTH:
        found = find(
            second, ~second, second, second.astype(int), Design(weight=np.ones(40)), metric="m", confidence=0.95
        )
        assert found.unproven == "no stratum has rows of both groups"
    nobody = pooled_ratio_of(
        ~second, ~second, second, np.zeros(40, int), Design(weight=np.ones(40)), metric="m", confidence=0.95
    )
    assert "no success" in nobody.unproven
