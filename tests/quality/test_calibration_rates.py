"""How often the calibration error's limits miss the truth, and how often a default gate raises a false alarm.

Tolerances as in test_interval_coverage: a cell fails when a tail has more misses than a true rate of alpha and one
point more would give in one of a thousand runs of the whole file. The truth of a sample is that of its own bins.
"""

import os

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit, ndtr

from modelcheck.stats.calibration.bins import equal_mass_bins
from modelcheck.stats.calibration.error import calibration_error
from modelcheck.stats.calibration.residuals import spread_ratio
from modelcheck.stats.calibration.slope import recalibration
from modelcheck.stats.calibration.z import spiegelhalter
from modelcheck.stats.design import Design

# `make quality` runs every simulation; the ordinary run has ten minutes for everything.
WHOLE = os.environ.get("QUALITY") == "whole"
SIMULATIONS = 4000
FEWER = SIMULATIONS if WHOLE else 1000  # of many rows, twice as many of clusters or of 800 rows and more
CELLS = 33
ALLOWED = 0.01
LIMIT = 0.05


def _most(alpha, trials=SIMULATIONS):
    return stats.binom.ppf(1 - 0.001 / (2 * CELLS), trials, alpha + ALLOWED)


def _show(name, *, simulations=SIMULATIONS, **counts):
    shown = []
    for what, k in counts.items():
        ci = stats.binomtest(int(k), simulations).proportion_ci()
        shown.append(f"{what} {100 * k / simulations:.2f} % ({100 * ci.low:.2f} to {100 * ci.high:.2f})")
    print(f"\n{name}: {', '.join(shown)}")


def _number(part):
    return int.from_bytes(str(part).encode()[:8], "little")


def _rng(*name):
    return np.random.default_rng([len(name), *map(_number, name)])


def _run(name, draw, *, confidence=0.95, alarms=True, simulations=SIMULATIONS, **how):
    """Simulate: neither limit misses too often; where `alarms`, nor does the low limit pass the default gate's."""
    rng, alpha = _rng(name), (1 - confidence) / 2
    over = under = alarm = proven = kept = 0
    for _ in range(simulations):
        outcome, score, chance, design = draw(rng)
        found = calibration_error(outcome, score, confidence=confidence, design=design, **how)
        item = found.estimate
        if item.unproven:
            continue
        proven += 1
        gap = np.abs(found.bins.means(chance - score, design))
        truth = float(found.bins.shares(design) @ gap)
        over += item.low > truth + 1e-12
        under += item.high < truth - 1e-12
        alarm += item.low > LIMIT
        kept += item.high <= LIMIT
    counts = {"low_over": over, "high_under": under, "found_above_05": alarm, "proved_below_05": kept}
    _show(name, simulations=simulations, **counts)
    assert proven >= simulations / 2
    assert max(over, under) <= _most(alpha, simulations)
    if alarms:
        assert alarm <= _most(alpha, simulations)
    return alarm / simulations


def _simulations(n):
    return SIMULATIONS if n < 800 else 2 * FEWER


def _binary(n, base, gap=0.0, spread=1.0):
    def draw(rng):
        chance = np.clip(expit(logit(base) + spread * rng.normal(size=n)), 0.0, 1.0 - gap)
        return rng.random(n) < chance, chance + gap, chance, Design()

    return draw


@pytest.mark.parametrize("base", [0.5, 0.05])
@pytest.mark.parametrize("n", [200, 1000])
def test_a_perfectly_calibrated_model_raises_no_alarm(n, base):
    _run(f"calibrated, n {n}, base {base}", _binary(n, base), simulations=_simulations(n))


@pytest.mark.parametrize("base", [0.5, 0.05])
def test_a_perfectly_calibrated_model_raises_no_alarm_with_many_rows(base):
    _run(f"calibrated, n 10000, base {base}", _binary(10_000, base), simulations=FEWER)


def test_a_perfectly_calibrated_model_of_four_classes_raises_no_alarm():
    def draw(rng):
        score = rng.dirichlet(np.full(4, 0.5), 800)
        truth = (rng.random(800)[:, None] > np.cumsum(score, axis=1)).sum(axis=1)
        top = score.argmax(axis=1)
        return top == truth, score.max(axis=1), score.max(axis=1), Design()

    _run("calibrated, 4 classes, n 800", draw, simulations=_simulations(800))


def _clustered(groups, gap, sizes=None):
    def draw(rng):
        cluster = np.repeat(np.arange(groups), rng.poisson(9, groups) + 1 if sizes is None else sizes(rng))
        n = len(cluster)
        shared, own = rng.normal(size=(2, groups))[:, cluster], rng.normal(size=(2, n))
        chance = np.clip(expit((shared[0] + own[0]) / np.sqrt(2)), 0.0, 1.0 - gap)
        together = ndtr(np.sqrt(0.2) * shared[1] + np.sqrt(0.8) * own[1])
        return together < chance, chance + gap, chance, Design(cluster=cluster)

    return draw


@pytest.mark.parametrize(("groups", "gap"), [(30, 0.0), (60, 0.0), (60, 0.05), (200, 0.1)])
def test_clusters(groups, gap):
    _run(f"{groups} clusters, true error {gap}", _clustered(groups, gap), alarms=gap <= LIMIT, simulations=2 * FEWER)


def test_clusters_of_very_unequal_size_at_the_confidence_of_a_default_gate():
    draw = _clustered(40, 0.0, lambda rng: np.minimum(rng.zipf(1.8, 40), 60))
    _run("40 clusters of 1 to 60", draw, confidence=0.996, simulations=2 * FEWER)


@pytest.mark.parametrize(("n", "base"), [(200, 0.5), (200, 0.05), (1000, 0.5), (1000, 0.05)])
def test_a_true_error_of_the_limit_is_neither_proved_above_nor_below_it_too_often(n, base):
    _run(f"true error .05, n {n}, base {base}", _binary(n, base, 0.05), simulations=_simulations(n))


def test_a_true_error_of_a_tenth_with_many_rows_is_the_sharpest_case():
    _run("true error .1, n 8000", _binary(8000, 0.5, 0.1), alarms=False, simulations=FEWER)


@pytest.mark.parametrize(("events", "ratio"), [(4, 0.02), (8, 0.5), (15, 0.2), (30, 4.0)])
def test_rare_outcomes(events, ratio):
    def draw(rng):
        chance = np.clip(events / 300 * np.exp(rng.normal(size=300) - 0.5), 0.0, 0.95)
        return rng.random(300) < chance, np.clip(chance * ratio, 0.0, 0.99), chance, Design()

    _run(f"{events} events of 300 rows, promised {ratio} times as many", draw, alarms=False)


def test_weights():
    def draw(rng):
        chance = np.clip(expit(rng.normal(size=400)), 0.0, 0.95)
        weight = rng.exponential(size=400) + 0.1
        return rng.random(400) < chance, chance + 0.05, chance, Design(weight=weight)

    _run("weights, true error .05, n 400", draw)


@pytest.mark.parametrize("noise", ["normal", "lognormal"])
def test_values(noise):
    def draw(rng):
        x, error = rng.normal(size=(2, 300))
        if noise == "lognormal":
            error = np.exp(0.75 * error) - np.exp(0.75**2 / 2)
        return x + error, x + 0.2, x, Design()

    _run(f"values, {noise} noise, true error .2, n 300", draw, alarms=False, probability=False)


@pytest.mark.parametrize(("base", "least"), [(0.5, 0.65), (0.05, 0.99)])
def test_an_error_of_a_tenth_is_found_among_2000_rows_at_the_confidence_of_a_default_gate(base, least):
    draw = _binary(2000, base, 0.1)
    found = _run(f"power, n 2000, base {base}", draw, confidence=0.99, alarms=False, simulations=FEWER)
    assert found >= least


@pytest.mark.parametrize(
    ("n", "base", "spread", "line"),
    [(200, 0.5, 1.0, (0.0, 1.0)), (400, 0.1, 1.0, (0.3, 0.7)), (300, 0.5, 2.0, (0.0, 1.8))],
)
def test_slope_and_intercept(n, base, spread, line):
    rng = _rng("slope", n, base)
    misses = np.zeros(4)
    proven = 0
    for _ in range(SIMULATIONS):
        x = logit(base) + spread * rng.normal(size=n)
        found = recalibration(rng.random(n) < expit(line[0] + line[1] * x), expit(x), confidence=0.95)
        if found.slope.unproven:
            continue
        proven += 1
        pairs = ((found.intercept, line[0]), (found.slope, line[1]))
        misses += [miss for item, truth in pairs for miss in (item.low > truth, item.high < truth)]
    _show(f"line {line}, n {n}", intercept_low=misses[0], intercept_high=misses[1], low=misses[2], high=misses[3])
    assert proven >= SIMULATIONS / 2
    assert misses.max() <= _most(0.025)


def test_spiegelhalters_test_rejects_calibrated_models_as_often_as_it_says():
    rng = _rng("spiegelhalter")
    score = expit(rng.normal(size=(SIMULATIONS, 200)))
    outcome = rng.random(score.shape) < score
    rejected = sum(spiegelhalter(y, p).p < 0.05 for y, p in zip(outcome, score, strict=True))
    _show("Spiegelhalter, n 200", rejected=rejected)
    assert rejected <= _most(0.05)


@pytest.mark.parametrize("noise", ["normal", "student"])
def test_ratio_of_spreads(noise):
    rng = _rng("spread", noise)
    over = under = 0
    for _ in range(SIMULATIONS):
        x = rng.normal(size=500)
        error = rng.normal(size=500) if noise == "normal" else rng.standard_t(7, size=500)
        fifths = equal_mass_bins(x, most=5)
        growth = np.exp(0.3 * x)
        squares = fifths.means(growth**2, Design())
        truth = float(np.sqrt(squares[-1] / squares[0]))
        found = spread_ratio(error * growth, fifths, confidence=0.95, design=Design())
        over += found.low > truth
        under += found.high < truth
    _show(f"ratio of spreads, {noise}", low_over=over, high_under=under)
    assert max(over, under) <= _most(0.025)
