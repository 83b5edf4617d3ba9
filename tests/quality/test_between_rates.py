"""How often limits of differences and ratios between groups miss the truth, tail by tail.

Simple random rows are enumerated, also far out, where families of many pairs are judged. Elsewhere each tail of a 95 %
interval may miss in 2.5 % of samples and at most one point more; a cell fails when it has more misses than a true rate
of exactly that bound would give in one of a thousand runs of the whole file. Comparisons that call themselves unproven
count as no miss; a cell must prove something in at least half of its samples. Simulations are stacked: each has groups
and clusters of its own, so that one call answers all.
"""

import os

import numpy as np
import pytest
from scipy import stats

from modelcheck.stats.between.means import means_of
from modelcheck.stats.between.rates import rates_from_counts, rates_of
from modelcheck.stats.between.within_strata import pooled_difference_of, pooled_ratio_of
from modelcheck.stats.design import Design

# `make quality` runs every simulation; the ordinary run has ten minutes for everything.
WHOLE = os.environ.get("QUALITY") == "whole"
SIMULATIONS = 4000
FEWER = SIMULATIONS if WHOLE else 2000  # where they are not stacked
CELLS = 81
ALLOWED = 0.01
ALPHA = 0.025


def _check(name, truth, low, high, judged=None, alpha=ALPHA, tails=2):
    judged = ~np.isnan(low) if judged is None else np.asarray(judged)
    assert np.mean(judged) >= 0.5, f"{name}: {np.mean(judged):.0%} judged"
    misses = [int(np.sum(judged & (low > truth))), int(np.sum(judged & (high < truth)))]
    shown = []
    for side, k in zip(("low over", "high under"), misses, strict=True):
        ci = stats.binomtest(k, len(low)).proportion_ci()
        shown.append(f"{side} {100 * k / len(low):.2f} % ({100 * ci.low:.2f} to {100 * ci.high:.2f})")
    print(f"\n{name}: {', '.join(shown)}; {np.mean(judged):.0%} judged; nominal {100 * alpha:.2f} %")
    most = stats.binom.ppf(1 - 0.001 / (tails * CELLS), len(low), alpha + ALLOWED)
    assert max(misses) <= most, shown


def _judged(found, first, second):
    return [not found.doubt_about(a, b)[0] for a, b in zip(first.tolist(), second.tolist(), strict=True)]


def _near(n, share):
    """Return the counts that are not all but impossible, with their chances."""
    counts = np.arange(stats.binom.ppf(1e-13, n, share), stats.binom.isf(1e-13, n, share) + 1).astype(int)
    return counts, stats.binom.pmf(counts, n, share)


@pytest.mark.parametrize(("n1", "n2"), [(50, 50), (50, 500), (50, 5000), (500, 500), (500, 5000)])
def test_no_tail_of_simple_random_rows_is_ever_missed_more_often_than_it_says(n1, n2):
    worst = {}
    for p1, p2 in [(0.02, 0.02), (0.05, 0.02), (0.1, 0.3), (0.2, 0.2), (0.12, 0.02), (0.02, 0.12), (0.4, 0.5)]:
        (one, chance1), (two, chance2) = _near(n1, p1), _near(n2, p2)
        shares = rates_from_counts(np.r_[one, two], np.r_[np.full(len(one), n1), np.full(len(two), n2)])
        first, second = np.indices((len(one), len(two))).reshape(2, -1)
        chance = (chance1[first] * chance2[second])[:, None]
        for alpha in (0.025, 1e-3, 1e-5):
            for kind, find, truth in (
                ("difference", shares.differences, p1 - p2),
                ("ratio", shares.ratios, p1 / p2),
            ):
                low, high = find(first, second + len(one), 1 - 2 * alpha)
                missed = np.stack([low > truth + 1e-12, high < truth - 1e-12], axis=1)
                error = float(np.max(np.sum(chance * missed, axis=0))) / alpha
                worst[kind, alpha] = max(worst.get((kind, alpha), 0.0), error)
    print(f"\n{n1}/{n2}: " + ", ".join(f"{kind} at {alpha:g}: {x:.2f}" for (kind, alpha), x in worst.items()))
    assert max(worst.values()) <= 1.0, worst


def _count_limits(counts, sizes, first, second, confidence, ratio=False):
    """Return limits of all pairs of many simulations; each pair of counts is looked up once."""
    places, at = np.unique(
        np.stack([counts, np.broadcast_to(sizes, counts.shape)], -1).reshape(-1, 2), axis=0, return_inverse=True
    )
    at = at.reshape(counts.shape)
    pairs, back = np.unique(at[:, first] * len(places) + at[:, second], return_inverse=True)
    shares = rates_from_counts(places[:, 0], places[:, 1])
    find = shares.ratios if ratio else shares.differences
    low, high = find(pairs // len(places), pairs % len(places), confidence)
    return low[back].reshape(len(counts), -1), high[back].reshape(len(counts), -1)


@pytest.mark.parametrize("groups", [2, 5, 20])
@pytest.mark.parametrize("sizes", [(50,), (500,), (5000,), (50, 500, 5000)])
@pytest.mark.parametrize("ratio", [False, True])
def test_all_pairs_at_once(groups, sizes, ratio):
    n = np.resize(sizes, groups)
    rng = np.random.default_rng([groups, *sizes])
    shares = np.where(ratio & (np.arange(groups) % 2 == 1), 0.16, 0.2)
    counts = rng.binomial(n, shares, (SIMULATIONS, groups))
    first, second = np.triu_indices(groups, 1)
    low, high = _count_limits(counts, n, first, second, 1 - 2 * ALPHA / len(first), ratio)
    name = f"{'ratios' if ratio else 'differences'} of {groups} groups of {sizes}, all pairs at once"
    if ratio:
        truth = shares[first] / shares[second]
        _check(name, 1.0, np.max(low / truth, axis=1), np.min(high / truth, axis=1))
    else:
        _check(name, 0.0, low.max(axis=1), high.min(axis=1))


def _rows(rng, clusters, size, small):
    """Return cluster, simulation and group of rows; each simulation has clusters of its own, with both groups."""
    cluster = np.repeat(np.arange(SIMULATIONS * clusters), rng.poisson(size - 1, SIMULATIONS * clusters) + 1)
    return cluster, cluster // clusters, (rng.random(len(cluster)) < small).astype(np.intp)


def _levels(rng, cluster, share, dependence):
    k = (1 - dependence) / dependence
    return rng.beta(share * k, (1 - share) * k, int(cluster[-1]) + 1)[cluster]


def _pairs(found):
    first = np.arange(SIMULATIONS) * 2 + 1
    return first, first - 1, _judged(found, first, first - 1)


@pytest.mark.parametrize(("n", "small", "share"), [(200, 0.5, 0.2), (1000, 0.1, 0.2), (1000, 0.3, 0.03)])
def test_weighted_shares(n, small, share):
    rng = np.random.default_rng([n, int(100 * small)])
    code = np.repeat(np.arange(SIMULATIONS), n) * 2 + (rng.random(SIMULATIONS * n) < small)
    design = Design(weight=rng.exponential(1, len(code)) + 0.1)
    found = rates_of(rng.random(len(code)) < share, None, code, 2 * SIMULATIONS, design)
    first, second, judged = _pairs(found)
    name = f"weighted shares {share}, n {n}, {small:.0%} in one group"
    _check(name, 0.0, *found.differences(first, second, 0.95), judged)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("clusters", "size", "small", "share", "dependence"),
    [(15, 20, 0.5, 0.3, 0.2), (60, 8, 0.5, 0.2, 0.2), (200, 5, 0.1, 0.2, 0.2), (40, 4, 0.4, 0.3, 0.9)],
)
def test_shares_of_groups_that_meet_in_clusters(clusters, size, small, share, dependence, weighted):
    rng = np.random.default_rng([clusters, size, weighted])
    cluster, run, group = _rows(rng, clusters, size, small)
    success = rng.random(len(cluster)) < _levels(rng, cluster, share, dependence)
    design = Design(cluster=cluster, weight=rng.exponential(1, len(cluster)) + 0.1 if weighted else None)
    found = rates_of(success, None, run * 2 + group, 2 * SIMULATIONS, design)
    first, second, judged = _pairs(found)
    name = f"shares {share}, {clusters} clusters of {size}{', weighted' if weighted else ''}, {small:.0%} in one group"
    _check(f"difference, {name}", 0.0, *found.differences(first, second, 0.95), judged)
    _check(f"the same at .1 % a tail, {name}", 0.0, *found.differences(first, second, 0.998), judged, alpha=0.001)


def test_ratio_of_unequal_shares_of_groups_that_meet_in_clusters():
    rng = np.random.default_rng(5)
    cluster, run, group = _rows(rng, 80, 8, 0.4)
    success = rng.random(len(cluster)) < _levels(rng, cluster, 0.4, 0.2) * np.where(group, 0.8, 1.0)
    found = rates_of(success, None, run * 2 + group, 2 * SIMULATIONS, Design(cluster=cluster))
    first, second, judged = _pairs(found)
    _check("ratio .8, 80 clusters of 8", 0.8, *found.ratios(first, second, 0.95), judged)


def test_a_group_against_the_rest_in_clusters():
    rng = np.random.default_rng(6)
    low, high = np.empty(FEWER), np.empty(FEWER)
    for i in range(FEWER):
        cluster = np.repeat(np.arange(60), rng.poisson(7, 60) + 1)
        codes = rng.choice(4, len(cluster), p=[0.2, 0.5, 0.2, 0.1])
        success = rng.random(len(cluster)) < rng.beta(0.8, 3.2, 60)[cluster]
        found = rates_of(success, None, codes, 4, Design(cluster=cluster), rest=True)
        low[i], high[i] = (limit[0] for limit in found.differences([0], [4], 0.95))
    _check("share less the rest's, 60 clusters of 8", 0.0, low, high)


def _skewed(rng, kind, n):
    return {"exponential": rng.exponential, "squared": lambda size: rng.normal(size=size) ** 2}[kind](size=n)


@pytest.mark.parametrize("kind", ["exponential", "squared"])
@pytest.mark.parametrize(("n", "small"), [(400, 0.5), (1000, 0.1), (1000, 0.4)])
def test_means_of_skewed_losses(kind, n, small):
    rng = np.random.default_rng([n, int(10 * small), len(kind)])
    code = np.repeat(np.arange(SIMULATIONS), n) * 2 + (rng.random(SIMULATIONS * n) < small)
    found = means_of(_skewed(rng, kind, len(code)), code, 2 * SIMULATIONS, Design(), lowest=0.0)
    first, second, judged = _pairs(found)
    name = f"{kind} losses, n {n}, {small:.0%} in one group"
    _check(f"difference of {name}", 0.0, *found.differences(first, second, 0.95), judged)
    _check(f"ratio of {name}", 1.0, *found.ratios(first, second, 0.95), judged)


@pytest.mark.parametrize("weighted", [False, True])
def test_means_of_groups_that_meet_in_clusters(weighted):
    rng = np.random.default_rng([7, weighted])
    cluster, run, group = _rows(rng, 120, 6, 0.4)
    values = np.exp(0.3 * rng.normal(size=SIMULATIONS * 120))[cluster] * rng.exponential(1, len(cluster))
    design = Design(cluster=cluster, weight=rng.exponential(1, len(cluster)) + 0.1 if weighted else None)
    found = means_of(values, run * 2 + group, 2 * SIMULATIONS, design, lowest=0.0)
    first, second, judged = _pairs(found)
    name = f"losses, 120 clusters of 6{', weighted' if weighted else ''}"
    _check(f"difference of {name}", 0.0, *found.differences(first, second, 0.95), judged)
    _check(f"ratio of {name}", 1.0, *found.ratios(first, second, 0.95), judged)


LARGE = [(3, (100, 100)), (3, (40, 300)), (10, (15, 40))]


@pytest.mark.parametrize(
    ("design", "strata", "sizes"),
    [("simple", 100, (2, 3)), *((kind, *own) for kind in ("simple", "weighted", "clustered") for own in LARGE)],
)
def test_pooled_comparisons_within_strata(strata, sizes, design):
    rng = np.random.default_rng([strata, len(design)])
    limits, judged = np.empty((FEWER, 4)), np.empty(FEWER, bool)
    for i in range(FEWER):
        n = rng.poisson(sizes, (strata, 2))
        stratum = np.repeat(np.arange(2 * strata) // 2, n.ravel())
        second = np.repeat(np.arange(2 * strata) % 2 == 1, n.ravel())
        base = np.array([0.2, 0.3, 0.5])[stratum % 3]
        weight = rng.exponential(1, len(base)) + 0.1 if design == "weighted" else None
        cluster = rng.integers(0, 50, len(base)) if design == "clustered" else None
        if cluster is not None:
            base = base + rng.choice([-0.15, 0.15], 50)[cluster]
        own = Design(weight=weight, cluster=cluster)
        success = rng.random(len(base)) < base
        found = [
            find(success, ~second, second, stratum, own, metric="m", confidence=0.95)
            for find in (pooled_difference_of, pooled_ratio_of)
        ]
        judged[i] = not found[0].unproven
        limits[i] = [limit for one in found for limit in (one.low, one.high)]
    name = f"{strata} strata of {sizes}, {design}"
    _check(f"pooled difference, {name}", 0.0, limits[:, 0], limits[:, 1], judged)
    _check(f"pooled ratio, {name}", 1.0, limits[:, 2], limits[:, 3], judged)
