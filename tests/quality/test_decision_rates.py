"""How often the intervals of threshold regret and net benefit miss the truth, tail by tail.

Each tail of a 95 % interval may miss in 2.5 % of samples and at most one point more; a cell fails when it has more
misses than a true rate of exactly that bound would give in one of a thousand runs of the whole file.
"""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from modelcheck.stats.design import Design
from modelcheck.stats.gains import gain_over_alike, mean_gain

SIMULATIONS = 4000
CELLS = 17
BOUND = 0.035


def _check(name, truth, estimates, *, tails=("low over", "high under")):
    over = sum(item.low > truth for item in estimates)
    under = sum(item.high < truth for item in estimates)
    shown = []
    for side, k in zip(("low over", "high under"), (over, under), strict=True):
        ci = stats.binomtest(k, len(estimates)).proportion_ci()
        shown.append(f"{side} {100 * k / len(estimates):.2f} % ({100 * ci.low:.2f} to {100 * ci.high:.2f})")
        if side in tails:
            assert k <= stats.binom.ppf(1 - 0.001 / (2 * CELLS), len(estimates), BOUND), f"{name}: {shown[-1]}"
    print(f"\n{name}: {', '.join(shown)}; nominal 2.50 %")


@pytest.mark.parametrize(
    ("n", "changed", "right"),
    [(200, 0.01, 0.5), (200, 0.1, 0.8), (1000, 0.02, 0.3), (5000, 0.001, 0.5), (1000, 0.4, 0.8)],
)
def test_threshold_regret_with_few_and_many_rows_decided_otherwise(n, changed, right):
    # A row decided otherwise costs 1 more, or 5 less.
    chances = [changed * right, changed * (1 - right), 1 - changed]
    truth = chances[0] - 5 * chances[1]
    rng = np.random.default_rng([n, int(1000 * changed)])
    rows = np.repeat([[1.0, -5.0, 0.0]], SIMULATIONS, axis=0)
    counts = rng.multinomial(n, chances, SIMULATIONS)
    found = [
        mean_gain(np.repeat(values, own), largest=5.0, metric="r", confidence=0.95)
        for values, own in zip(rows, counts, strict=True)
    ]
    _check(f"regret, n {n}, {changed:.1%} decided otherwise", truth, found)


@pytest.mark.parametrize(("n", "rare", "cost"), [(1000, 0.001, 20.0), (5000, 0.0005, 50.0), (1000, 0.004, 5.0)])
def test_threshold_regret_with_rare_expensive_rows_behind_many_cheap_ones(n, rare, cost):
    cheap = 0.05 if cost > 20 else 0.02
    rng = np.random.default_rng([n, int(cost)])

    @cache
    def found(counts):
        gains = np.repeat([1.0, -cost, 0.0], counts)
        return mean_gain(gains, largest=cost, metric="r", confidence=0.95)

    draws = rng.multinomial(n, [cheap, rare, 1 - cheap - rare], SIMULATIONS)
    _check(
        f"regret, n {n}, {cheap:.0%} gain 1, {rare:.2%} lose {cost:g}",
        cheap - cost * rare,
        [found(tuple(own)) for own in draws.tolist()],
    )


def test_threshold_regret_of_clusters():
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(100), 5)
    found = []
    for _ in range(SIMULATIONS):
        risk = rng.beta(0.5, 4.5, 100)
        gains = np.where(rng.random(500) < risk[cluster], rng.choice([1.0, -2.0], 500), 0.0)
        found.append(mean_gain(gains, largest=2.0, metric="r", confidence=0.95, design=Design(cluster=cluster)))
    _check("regret, 100 clusters of 5", -0.05, found)


def _decided(rng, n, share, recall, alarms):
    positive = rng.random(n) < share
    return positive, rng.random(n) < np.where(positive, recall, alarms)


@pytest.mark.parametrize(
    ("n", "share", "recall", "alarms", "threshold"),
    [
        (300, 0.3, 0.8, 0.2, 0.3),
        (1000, 0.05, 0.6, 0.1, 0.1),
        (1000, 0.05, 0.6, 0.1, 0.05),
        (500, 0.5, 0.9, 0.4, 0.2),
        (400, 0.3, 0.3, 0.3, 0.3),
        (2000, 0.02, 0.9, 0.02, 0.5),
    ],
)
def test_net_benefit_gain(n, share, recall, alarms, threshold):
    odds = threshold / (1 - threshold)
    alike = max(share - odds * (1 - share), 0.0)
    truth = share * recall - odds * (1 - share) * alarms - alike
    rng = np.random.default_rng([n, int(100 * share), int(100 * threshold)])
    found = [
        gain_over_alike(*_decided(rng, n, share, recall, alarms), threshold, confidence=0.95)
        for _ in range(SIMULATIONS)
    ]
    _check(f"net benefit gain, share {share}, threshold {threshold}, n {n}", truth, found)


def test_net_benefit_gain_of_a_useless_model_is_called_a_gain_in_at_most_alpha_and_a_point():
    # Where treating all and treating none are worth the same, deciding at random is worth it too.
    rng = np.random.default_rng(1)
    found = [gain_over_alike(*_decided(rng, 600, 0.25, 0.4, 0.4), 0.25, confidence=0.95) for _ in range(SIMULATIONS)]
    _check("net benefit gain of a coin", 0.0, found)
