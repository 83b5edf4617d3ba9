"""How often a search over groups blames somebody wrongly, and how often it finds who got worse.

With no place worse than the limit any finding is a false one; together they may come in at most
``alpha = (1 - confidence) / 2`` of samples. A cell fails when it has more than a true rate of exactly alpha would give
in one of a thousand runs of the whole file.
"""

from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest
from scipy import stats

from modelcheck.checks.performance.comparison.places import paired_places
from modelcheck.checks.performance.comparison.regression_by_slice import regression_by_slice
from modelcheck.checks.performance.comparison.where import concentration
from modelcheck.data.levels import Levels
from modelcheck.record.numbers import format_value
from modelcheck.scoring.rows import FeatureCodes, Groups, ScoredRows
from modelcheck.stats.holm import proved_below, stepdown_intervals
from modelcheck.stats.paired.rates import Discordant, share_difference
from modelcheck.stats.power import detectable, half_width

SIMULATIONS = 4000
CELLS = 12
CONFIDENCE = 0.95
ALPHA = 0.025


@cache
def _difference(gained, lost, n, confidence):
    return share_difference(Discordant(gained=gained, lost=lost, n=n), metric="d", confidence=confidence)


def _shares(gained, lost, sizes, limit):
    """Places proved worse, one sample a line of counts."""
    proved = np.zeros(gained.shape, dtype=bool)
    for sample, (ups, downs) in enumerate(zip(gained.tolist(), lost.tolist(), strict=True)):
        find = {
            str(place): partial(_difference, up, down, n)
            for place, (up, down, n) in enumerate(zip(ups, downs, sizes, strict=True))
        }
        found = stepdown_intervals(find, broken=lambda one: proved_below(one, limit), confidence=CONFIDENCE)
        proved[sample] = [proved_below(item, limit) for item in found.values()]
    return proved


def _draws(rng, sizes, gain, loss, simulations=SIMULATIONS):
    """Rows gained and lost in every place of every sample; shares may differ by place."""
    gain, loss = np.broadcast_to(gain, len(sizes)), np.broadcast_to(loss, len(sizes))
    lost = rng.binomial(sizes, loss, (simulations, len(sizes)))
    return rng.binomial(sizes - lost, gain / (1 - loss)), lost


def _at_most(hits, name, bound=ALPHA):
    k, n = int(np.sum(hits)), len(hits)
    ci = stats.binomtest(k, n).proportion_ci()
    print(f"\n{name}: {100 * k / n:.2f} % ({100 * ci.low:.2f} to {100 * ci.high:.2f}); at most {100 * bound:.2f} %")
    assert k <= stats.binom.ppf(1 - 0.001 / CELLS, n, bound), name


def _at_least(hits, name, bound):
    k, n = int(np.sum(hits)), len(hits)
    ci = stats.binomtest(k, n).proportion_ci()
    print(f"\n{name}: {100 * k / n:.2f} % ({100 * ci.low:.2f} to {100 * ci.high:.2f}); at least {100 * bound:.0f} %")
    assert k >= stats.binom.ppf(0.001 / CELLS, n, bound), name


UNEQUAL = np.array([50, 60, 80, 100, 150, 200, 300, 500, 1000, 5000] * 2)


def _runs(sizes):
    # Large groups hardly ever show the same counts twice, so that every interval is computed.
    return SIMULATIONS // 2 if max(sizes) > 1000 else SIMULATIONS


@pytest.mark.parametrize(
    ("sizes", "change"), [(np.full(20, 200), 0.05), (np.full(20, 1000), 0.02), (UNEQUAL, 0.08)], ids=str
)
def test_without_a_difference_any_of_20_groups_is_blamed_in_at_most_alpha(sizes, change):
    rng = np.random.default_rng([int(sizes[0]), len(sizes)])
    proved = _shares(*_draws(rng, sizes, change, change, _runs(sizes)), sizes, 0.0)
    _at_most(proved.any(axis=1), f"no difference, 20 groups from {sizes.min()} rows, {change} change")


@pytest.mark.parametrize("sizes", [np.full(20, 200), np.full(20, 1000), UNEQUAL], ids=str)
def test_with_a_drop_of_just_the_margin_everywhere_any_is_blamed_in_at_most_alpha(sizes):
    rng = np.random.default_rng([1, int(sizes[0]), len(sizes)])
    proved = _shares(*_draws(rng, sizes, 0.04, 0.07, _runs(sizes)), sizes, -0.03)
    _at_most(proved.any(axis=1), f"a drop of the margin, 20 groups from {sizes.min()} rows")


def test_a_group_that_is_10_points_worse_is_found_and_the_others_stay_free_of_blame():
    sizes = np.full(20, 1000)
    loss = np.where(np.arange(20) == 3, 0.15, 0.05)
    proved = _shares(*_draws(np.random.default_rng(2), sizes, 0.05, loss), sizes, -0.03)
    _at_least(proved[:, 3], "10 points worse in one of 20 groups of 1,000 rows, margin .03", 0.95)
    _at_most(np.delete(proved, 3, axis=1).any(axis=1), "the other 19 groups")


def test_the_drop_that_the_search_says_it_would_have_found_is_found_in_four_of_five():
    n, change = 1000, 0.06
    sizes = np.full(20, n)
    typical = _difference(int(change * n), int(change * n), n, 1 - 2 * ALPHA / 20)
    drop = 0.03 + detectable(half_width(typical, "high"), confidence=typical.confidence)
    loss = np.where(np.arange(20) == 0, change + drop / 2, change)
    gain = np.where(np.arange(20) == 0, change - drop / 2, change)
    proved = _shares(*_draws(np.random.default_rng(3), sizes, gain, loss), sizes, -0.03)
    print(f"\nstated drop {format_value(drop)}")
    _at_least(proved[:, 0], "the stated drop, equal change", 0.8)


def _values(rng, n, groups, ratio, tail):
    """Two regressions whose errors share most of their noise; the first has `ratio` times the squared error."""
    target = rng.normal(size=n) * 3
    shared = rng.normal(size=n) if tail == "normal" else rng.standard_t(6, size=n)
    own, other = (np.sqrt(0.7) * shared + np.sqrt(0.3) * rng.normal(size=n) for _ in range(2))
    membership = Groups(labels=tuple(map(str, range(groups))), codes=(np.arange(n) % groups).astype(np.int32))
    baseline = ScoredRows(task="regression", target=target, score=target + other, groups={"g": membership})
    return replace(baseline, score=target + np.sqrt(ratio) * own), baseline


@pytest.mark.parametrize("tail", ["normal", "student"])
def test_values_without_a_difference_blame_any_of_10_groups_in_at_most_alpha_and_a_point(tail):
    rng = np.random.default_rng(4 + (tail == "student"))
    hits = []
    for _ in range(1500):
        places = paired_places(*_values(rng, 1000, 10, 1.0, tail))
        found = stepdown_intervals(
            {place.label: place.find for place in places},
            broken=lambda one: proved_below(one, 0.0),
            confidence=CONFIDENCE,
        )
        hits.append(any(proved_below(item, 0.0) for item in found.values()))
    # The interval of a mean of unbounded errors is approximate: a point is allowed, as for every such interval.
    _at_most(np.array(hits), f"values, {tail} noise, 10 groups of 100 rows", ALPHA + 0.01)


def test_clusters_without_a_difference_blame_any_of_5_groups_in_at_most_alpha_and_a_point():
    rng = np.random.default_rng(6)
    cluster = np.repeat(np.arange(300), 5)
    membership = Groups(labels=tuple("abcde"), codes=(cluster % 5).astype(np.int32))
    hits = []
    for _ in range(1500):
        # Rows of a cluster share who is right, and who changed.
        level = rng.normal(size=(2, 300))[:, cluster] + rng.normal(size=(2, 1500)) * 2
        target = np.zeros(1500, dtype=np.int16)
        sides = [
            ScoredRows(
                task="binary",
                classes=(0, 1),
                target=target,
                decision=(one > 2.0).astype(np.int16),
                cluster=cluster.astype(np.int32),
                groups={"g": membership},
            )
            for one in level
        ]
        places = paired_places(*sides)
        found = stepdown_intervals(
            {place.label: place.find for place in places},
            broken=lambda one: proved_below(one, 0.0),
            confidence=CONFIDENCE,
        )
        hits.append(any(proved_below(item, 0.0) for item in found.values()))
    _at_most(np.array(hits), "clusters of 5, 5 groups of 60 clusters", ALPHA + 0.01)


def test_flips_that_hit_nobody_in_particular_blame_a_condition_in_at_most_alpha():
    rng = np.random.default_rng(7)
    n, features = 1500, 12
    labels = ("missing", *map(str, range(10)))
    codes = FeatureCodes(
        values=rng.integers(1, 11, (features, n)).astype(np.uint8),
        levels=tuple(Levels(name=f"x{place}", labels=labels, ordered=True) for place in range(features)),
        edges_from="reference",
    )
    rows = ScoredRows(task="binary", classes=(0, 1), target=np.zeros(n, dtype=np.int16), features=codes)
    hits = []
    for _ in range(1000):
        found = concentration(rng.random(n) < 0.04, rows)
        assert len(found.places) == 120
        hits.append(min(place.p_adjusted for place in found.places) <= ALPHA)
    _at_most(np.array(hits), "flips at random, 120 conditions")


def test_the_whole_check_says_the_same_as_its_parts(context_for):
    rng = np.random.default_rng(8)
    found = regression_by_slice(context_for(*_values(rng, 4000, 4, 1.5, "normal")))
    assert {finding.slice for finding in found.findings} == {"g = 0", "g = 1", "g = 2", "g = 3"}


@pytest.fixture
def context_for():
    from modelcheck.checks.context import Context

    def make(rows, baseline):
        return Context(
            check="performance.regression_by_slice",
            confidence=CONFIDENCE,
            rows=rows,
            baseline=baseline,
            baseline_note="",
            rng=np.random.default_rng(0),
            limit=-0.0,
        )

    return make
