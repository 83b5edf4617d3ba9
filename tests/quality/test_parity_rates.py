"""How often comparisons of groups accuse a model that is fair, and how often they find a gap.

Simple random rows: many simulations are stacked into one table of groups, of which only those of one simulation are
compared, so that the intervals of all of them cost one call. Rates are those of any false failure in a run. A cell
fails when it has more than a true rate of exactly its bound would give in one of a thousand runs of the whole file.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from modelcheck.checks.bias.intersections.intersectional import intersectional
from modelcheck.checks.bias.parity.conditional import conditional_parity_difference
from modelcheck.checks.bias.parity.parity import parity
from modelcheck.checks.context import Context
from modelcheck.data.levels import Levels
from modelcheck.scoring.rows import Groups, ScoredRows
from modelcheck.stats.between.rates import rates_from_counts

CELLS = 60
ALPHA = 0.025
LIMIT = 0.1
SIZES = {"50": (50,), "500": (500,), "5,000": (5000,), "50 to 5,000": (50, 500, 5000)}


def _told(name, hits, runs, bound, *, most=True):
    ci = stats.binomtest(int(hits), runs).proportion_ci()
    print(f"\n{name}: {hits} of {runs} = {hits / runs:.2%} ({ci.low:.2%} to {ci.high:.2%}); bound {bound:.2%}")
    tail = 0.001 / CELLS
    if most:
        assert hits <= stats.binom.isf(tail, runs, bound), name
    else:
        assert hits >= stats.binom.ppf(tail, runs, bound), name


def _any_beyond(rng, shares, sizes, runs, limit, *, ratio=False):
    """Return how many of the simulated runs have a pair that Bonferroni (Holm's first step) proves beyond the limit."""
    k = len(shares)
    counts = rng.binomial(sizes, shares, size=(runs, k))
    # Few different counts: each is looked up once.
    keys, at = np.unique(
        np.stack([counts, np.broadcast_to(sizes, counts.shape)], -1).reshape(-1, 2), axis=0, return_inverse=True
    )
    at = at.reshape(counts.shape)
    first, second = np.triu_indices(k, 1)
    pairs, back = np.unique(at[:, first] * len(keys) + at[:, second], return_inverse=True)
    values = rates_from_counts(keys[:, 0], keys[:, 1])
    level = 1.0 - 2.0 * ALPHA / len(first)
    one, two = pairs // len(keys), pairs % len(keys)
    if ratio:
        low, high = values.ratios(one, two, level)
        broken = (high < limit) | (low > 1.0 / limit)
    else:
        low, high = values.differences(one, two, level)
        broken = (low > limit) | (high < -limit)
    return int(np.count_nonzero(broken[back].reshape(runs, -1).any(axis=1)))


@pytest.mark.parametrize("groups", [2, 5, 20])
@pytest.mark.parametrize("size", SIZES)
def test_a_fair_model_is_hardly_ever_accused(groups, size):
    rng = np.random.default_rng(groups)
    sizes = np.resize(SIZES[size], groups)
    shares = np.full(groups, 0.2)
    runs = 1000 if groups < 20 else 300
    hits = _any_beyond(rng, shares, sizes, runs, LIMIT)
    _told(f"fair, {groups} groups of {size}, difference", hits, runs, ALPHA)
    hits = _any_beyond(rng, shares, sizes, runs, 0.8, ratio=True)
    _told(f"fair, {groups} groups of {size}, ratio", hits, runs, ALPHA)


@pytest.mark.parametrize("groups", [2, 5, 20])
@pytest.mark.parametrize("size", SIZES)
def test_a_model_at_the_very_limit_is_accused_no_more_often_than_the_level_says(groups, size):
    rng = np.random.default_rng(100 + groups)
    sizes = np.resize(SIZES[size], groups)
    runs = 1000 if groups < 20 else 300
    upper = np.arange(groups) % 2 == 0
    hits = _any_beyond(rng, np.where(upper, 0.3, 0.2), sizes, runs, LIMIT)
    _told(f"at the limit, {groups} groups of {size}, difference", hits, runs, ALPHA)
    hits = _any_beyond(rng, np.where(upper, 0.25, 0.2), sizes, runs, 0.8, ratio=True)
    _told(f"at the limit, {groups} groups of {size}, ratio", hits, runs, ALPHA)


def _binary(rng, n, groups, *, gap=0.0, cluster=0, sizes=None):
    group = rng.choice(groups, size=n, p=sizes)
    shift = np.zeros(n)
    code = np.full(n, 0)
    if cluster:
        code = np.arange(n) // cluster
        # Members of a cluster share a tendency: an intra-cluster correlation of about .2.
        shift = 0.2 * np.where(rng.random(code.max() + 1) < 0.5, 1.0, -1.0)[code]
    truth = rng.random(n) < 0.5
    chosen = rng.random(n) < 0.4 + shift + gap * (group == groups - 1)
    names = tuple(f"g{i}" for i in range(groups))
    levels = Levels(name="who", labels=("missing", *names, "other"), ordered=False, values=names)
    own = Groups(labels=names, codes=group.astype(np.int32), levels=levels, level_codes=tuple(range(1, groups + 1)))
    return ScoredRows(
        task="binary",
        classes=("no", "yes"),
        target=truth.astype(np.int16),
        decision=chosen.astype(np.int16),
        score=chosen * 1.0,
        cluster=code.astype(np.int32) if cluster else None,
        groups={"who": own},
        protected={"who": own},
    )


def _context(check, rows, confidence=1 - 2 * ALPHA, limit=LIMIT):
    rng = np.random.default_rng(0)
    return Context(check=f"bias.{check}", confidence=confidence, rows=rows, by="who", limit=limit, rng=rng)


@pytest.mark.parametrize(
    "check", ["demographic_parity_difference", "demographic_parity_ratio", "equalized_odds_difference"]
)
def test_clustered_rows_at_the_limit_are_accused_no_more_often_than_the_level_says(check):
    rng = np.random.default_rng(7)
    runs = 200
    limit = 0.8 if check.endswith("ratio") else LIMIT
    hits = sum(
        bool(parity(_context(check, _binary(rng, 2000, 2, gap=0.1, cluster=10), limit=limit)).findings)
        for _ in range(runs)
    )
    _told(f"clusters of 10, {check}", hits, runs, 2 * ALPHA if check.startswith("eq") else ALPHA)


def test_intervals_of_all_pairs_hold_together():
    rng = np.random.default_rng(11)
    runs, sizes = 400, np.array([50, 500, 5000, 50, 500])
    shares = np.array([0.2, 0.25, 0.3, 0.35, 0.2])
    first, second = np.triu_indices(5, 1)
    truth = shares[first] - shares[second]
    held = 0
    for _ in range(runs):
        values = rates_from_counts(rng.binomial(sizes, shares), sizes)
        low, high = values.differences(first, second, 1.0 - 0.05 / len(first))
        held += bool(np.all((low <= truth) & (truth <= high)))
    _told("all ten intervals cover", held, runs, 0.93, most=False)


@pytest.mark.parametrize(
    "check",
    [
        "demographic_parity_difference",
        "equal_opportunity_difference",
        "equalized_odds_difference",
        "accuracy_difference",
    ],
)
def test_a_gap_ten_points_beyond_the_limit_is_found(check):
    # 1,000 rows of each group in the denominator, two groups.
    rng = np.random.default_rng(13)
    runs = 100
    n = 4000 if check.startswith("eq") else 2000
    hits = 0
    for _ in range(runs):
        rows = _binary(rng, n, 2, gap=0.2)
        if check == "accuracy_difference":
            right = rng.random(n) < 0.5 + 0.2 * (rows.groups["who"].codes == 1)
            rows = replace(rows, decision=np.where(right, rows.target, 1 - rows.target).astype(np.int16))
        hits += bool(parity(_context(check, rows)).findings)
    _told(f"a gap of .2, limit .1, {check}", hits, runs, 0.9, most=False)


def test_conditional_parity_at_the_limit_is_accused_no_more_often_than_the_level_says():
    rng = np.random.default_rng(17)
    runs, hits = 500, 0
    for _ in range(runs):
        rows = _binary(rng, 1500, 2)
        codes = rng.integers(0, 5, 1500).astype(np.int32)
        chance = 0.2 + 0.1 * codes + 0.1 * (rows.groups["who"].codes == 1)
        rows = replace(
            rows,
            decision=(rng.random(1500) < chance).astype(np.int16),
            strata=Groups(labels=tuple("abcde"), codes=codes),
        )
        hits += bool(conditional_parity_difference(_context("conditional_parity_difference", rows)).findings)
    _told("conditional parity at the limit", hits, runs, ALPHA)


def _crossed(rng, n, *, gap=0.0):
    rows = _binary(rng, n, 4)
    names = tuple(f"h{i}" for i in range(5))
    levels = Levels(name="where", labels=("missing", *names, "other"), ordered=False, values=names)
    codes = rng.choice(5, size=n, p=[0.4, 0.3, 0.2, 0.09, 0.01]).astype(np.int32)
    where = Groups(labels=names, codes=codes, levels=levels, level_codes=(1, 2, 3, 4, 5))
    hit = (codes == 1) & (rows.groups["who"].codes == 2)
    chosen = rng.random(n) < 0.5 - gap * hit
    return replace(rows, decision=chosen.astype(np.int16), protected={"who": rows.protected["who"], "where": where})


def test_no_intersection_of_a_fair_model_is_accused_and_a_planted_one_is_found():
    rng = np.random.default_rng(19)
    runs = 40
    false = sum(
        bool(intersectional(_context("intersectional", _crossed(rng, 2000), limit=0.0)).findings) for _ in range(runs)
    )
    # Without any allowance every distance counts, so that the search itself is put to the test.
    _told("intersections of a fair model, limit 0", false, runs, 2 * ALPHA)
    found = sum(
        bool(intersectional(_context("intersectional", _crossed(rng, 6000, gap=0.35))).findings) for _ in range(15)
    )
    _told("a planted intersection of 7 %, .35 less", found, 15, 0.8, most=False)
