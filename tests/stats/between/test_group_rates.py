import numpy as np
import pytest

from modelcheck.stats.between.rates import rates_from_counts, rates_of
from modelcheck.stats.design import Design
from modelcheck.stats.rates import linearise_rate, rate

K = 5


def _table(n, seed=0):
    rng = np.random.default_rng(seed)
    codes = rng.choice([-1, 0, 1, 2, 3], n, p=[0.1, 0.5, 0.3, 0.09, 0.01])  # group 4 has no rows
    return codes, rng.random(n) < 0.3, rng.random(n) < 0.8, rng.exponential(1, n) + 0.05, 3 * rng.integers(0, n // 4, n)


def _designs(weight, cluster):
    return {
        "simple": Design(),
        "weighted": Design(weight=weight),
        "clustered": Design(cluster=cluster),
        "both": Design(weight=weight, cluster=cluster),
    }


@pytest.mark.parametrize("design", ["simple", "weighted", "clustered", "both"])
@pytest.mark.parametrize("n", [40, 400, 4000])
@pytest.mark.parametrize("confidence", [0.95, 1 - 2e-5])
def test_each_groups_limits_and_the_rests_are_those_of_its_rows_alone(design, n, confidence):
    codes, success, within, weight, cluster = _table(n)
    own = _designs(weight, cluster)[design]
    found = rates_of(success, within, codes, K, own, of="positive rows", rest=True)
    low, high = found.limits(confidence)
    for g in range(2 * K):
        rows = within & ((codes == g) if g < K else (codes != g - K) & (codes >= 0))
        expected = rate(success, rows, metric="r", confidence=confidence, design=own, of="positive rows")
        got = (found.doubt[g], found.needed[g], found.n[g])
        assert got == (expected.unproven, expected.n_needed, expected.n)
        if expected.value is None:
            assert np.isnan([found.value[g], low[g], high[g]]).all()
        else:
            assert [found.value[g], low[g], high[g]] == pytest.approx(
                [expected.value, expected.low, expected.high], rel=1e-8, abs=1e-12
            )
            assert found.clusters is None or found.clusters[g] == expected.clusters


def test_a_simple_design_is_its_counts():
    codes, success, within, *_ = _table(900)
    inside = within & (codes >= 0)
    counts = [np.bincount(codes[rows], minlength=K) for rows in (inside & success, inside)]
    for rest in (False, True):
        found = rates_of(success, within, codes, K, Design(), rest=rest)
        plain = rates_from_counts(*counts, rest=rest)
        np.testing.assert_array_equal(found.n, plain.n)
        pair = ([0], [K]) if rest else ([0], [1])
        assert found.differences(*pair, 0.99) == plain.differences(*pair, 0.99)
        assert found.ratios(*pair, 0.99) == plain.ratios(*pair, 0.99)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_correlation_is_that_of_the_cluster_sums(weighted):
    codes, success, within, weight, cluster = _table(3000)
    design = Design(weight=weight if weighted else None, cluster=cluster // 60)

    def sums(rows):
        return design.sums(linearise_rate(success, rows, design=design).influence)

    def expected(a, b):
        return np.dot(sums(a), sums(b)) / np.sqrt(np.dot(sums(a), sums(a)) * np.dot(sums(b), sums(b)))

    found = rates_of(success, within, codes, K, design)
    apart = rates_of(success, within, codes, K, design, rest=True)
    for a, b in ((0, 1), (2, 0), (1, 2)):
        two = expected(within & (codes == a), within & (codes == b))
        assert found.correlation(np.array([a]), np.array([b])) == pytest.approx([two])
        rest = expected(within & (codes == a), within & (codes != a) & (codes >= 0))
        assert apart.correlation(np.array([a]), np.array([K + a])) == pytest.approx([rest])
        assert apart.correlation(np.array([K + a]), np.array([a])) == pytest.approx([rest])


def test_clusters_that_hold_both_groups_make_the_difference_surer():
    rng = np.random.default_rng(0)
    cluster, codes = np.repeat(np.arange(200), 10), np.tile([0, 1], 1000)
    success = rng.random(2000) < rng.beta(1, 1, 200)[cluster]
    together = rates_of(success, None, codes, 2, Design(cluster=cluster))
    apart = rates_of(success, None, codes, 2, Design(cluster=2 * cluster + codes))
    np.testing.assert_allclose(together.limits(0.95), apart.limits(0.95))
    widths = [float(np.diff(found.differences([0], [1], 0.95), axis=0)[0, 0]) for found in (together, apart)]
    assert widths[0] < 0.7 * widths[1]
    assert together.correlation(np.array([0]), np.array([1]))[0] > 0.5
    assert apart.correlation(np.array([0]), np.array([1])) == pytest.approx([0.0])


def test_the_rest_is_compared_with_its_own_group_only():
    codes, success, _, weight, cluster = _table(400)
    for own in _designs(weight, cluster).values():
        found = rates_of(success, None, codes, K, own, rest=True)
        assert found.differences([0, K + 1], [K, 1], 0.95)[0][0] < 0.1
        for find in (found.differences, found.ratios):
            with pytest.raises(ValueError, match="its own rest"):
                find([0], [K + 1], 0.95)


def test_two_groups_are_each_others_rest():
    codes, success, _, weight, cluster = _table(800)
    keep = (codes == 0) | (codes == 1)
    for own in _designs(weight, cluster).values():
        design = own.take(keep)
        plain = rates_of(success[keep], None, codes[keep], 2, design)
        rest = rates_of(success[keep], None, codes[keep], 2, design, rest=True)
        expected = plain.differences([0], [1], 0.95)
        assert rest.differences([0], [2], 0.95) == (pytest.approx(expected[0]), pytest.approx(expected[1]))


def test_a_pair_has_the_doubts_of_both():
    found = rates_from_counts([3, 4, 0], [10, 10, 0], of="positive rows")
    assert found.doubt_about(0, 1) == ("", None)
    assert found.doubt_about(0, 2) == found.doubt_about(2, 0) == ("there are no positive rows", 1)
    assert np.isnan(found.differences([0, 2], [2, 1], 0.95)).all()
    assert np.isnan(found.ratios([0, 2], [2, 1], 0.95)).all()


def test_few_clusters_prove_nothing():
    success, codes = np.arange(80) % 3 == 0, np.arange(80) % 2
    found = rates_of(success, None, codes, 2, Design(cluster=np.arange(80) // 10))
    assert found.doubt_about(0, 1) == ("8 clusters are too few for a trustworthy interval", 10)


def test_shares_of_none_and_all_have_widths_and_no_rounding():
    codes, weight = np.arange(300) % 3, np.random.default_rng(0).random(300) + 0.1
    found = rates_of(codes == 1, None, codes, 3, Design(weight=weight, cluster=np.arange(300) // 5))
    assert found.value.tolist() == [0.0, 1.0, 0.0]
    low, high = found.differences([0, 1], [2, 0], 0.95)
    assert low[0] == pytest.approx(-high[0], rel=0.2)
    assert low[0] < 0 < high[0] < 0.2
    assert 0.8 < low[1] < high[1] == 1.0
    low, high = found.ratios([0, 1], [2, 0], 0.95)
    assert (low[0], high[0]) == (0.0, np.inf)
    assert low[1] > 5


def test_limits_are_wider_the_surer_they_must_be():
    codes, success, _, weight, cluster = _table(4000)
    for own in _designs(weight, cluster // 3).values():
        found = rates_of(success, None, codes, K, own)
        for find in (found.differences, found.ratios):
            limits = [find([0, 1], [1, 2], 1 - 2 * tail) for tail in (0.025, 1e-3, 1e-5, 2.5e-8)]
            assert np.all(np.diff([low for low, _ in limits], axis=0) < 0)
            assert np.all(np.diff([high for _, high in limits], axis=0) > 0)


def test_no_rows_at_all_are_no_error():
    nothing = np.zeros(0, dtype=int)
    for own in (Design(), Design(weight=np.zeros(0)), Design(cluster=nothing)):
        for rest in (False, True):
            found = rates_of(nothing > 0, None, nothing, 3, own, rest=rest)
            assert set(found.doubt) == {"there are no rows"}
            assert np.isnan(found.limits(0.95)).all()
