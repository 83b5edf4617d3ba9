"""How often the intervals miss the truth, tail by tail.

Each tail of a 95 % interval may miss in 2.5 % of samples and, by the rules of evidence, at most one point more. A
cell fails when it has more misses than a true rate of exactly that bound would give in one of a thousand runs
of the whole file. Estimates that call themselves unproven judge nothing and count as no miss; a cell must prove
something in at least half of its samples.
"""

import os
from functools import cache

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, ndtri

from modelcheck.stats.classification import from_counts, measure
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised, interval, paired_difference
from modelcheck.stats.losses import brier_losses, log_losses
from modelcheck.stats.means import mean_of
from modelcheck.stats.quantiles import median
from modelcheck.stats.ranking import average_precision, linearise_average_precision, linearise_roc_auc, roc_auc
from modelcheck.stats.rates import clopper_pearson, rate
from modelcheck.stats.regression import r2, root_mean_squared_error

# `make quality` runs every simulation; the ordinary run has ten minutes for everything.
WHOLE = os.environ.get("QUALITY") == "whole"
SIMULATIONS = 4000
FEWER = SIMULATIONS if WHOLE else 2000  # where every one of them ranks rows or counts tables
CELLS = 62
ALLOWED = 0.01


def _check(name, truth, estimates):
    """Assert that neither tail misses too often, and print the rates with exact 95 % intervals."""
    proven = [item for item in estimates if not item.unproven]
    assert len(proven) >= len(estimates) / 2, f"{name}: {len(proven)} of {len(estimates)} proven"
    alpha = (1 - estimates[0].confidence) / 2
    over = sum(item.low > truth for item in proven)
    under = sum(item.high < truth for item in proven)
    shown = [stats.binomtest(k, len(estimates)).proportion_ci() for k in (over, under)]
    text = ", ".join(
        f"{side} {100 * k / len(estimates):.2f} % ({100 * ci.low:.2f} to {100 * ci.high:.2f})"
        for side, k, ci in zip(("low over", "high under"), (over, under), shown, strict=True)
    )
    print(f"\n{name}: {text}; {len(proven)} of {len(estimates)} proven; nominal {100 * alpha:.2f} %")
    most = stats.binom.ppf(1 - 0.001 / (2 * CELLS), len(estimates), alpha + ALLOWED)
    assert max(over, under) <= most, text


def _rng(*name):
    return np.random.default_rng([len(name), *(abs(hash_) for hash_ in map(_number, name))])


def _number(part):
    return int.from_bytes(str(part).encode()[:8], "little")


@pytest.mark.parametrize("n", [5, 20, 100, 1000])
@pytest.mark.parametrize("confidence", [0.95, 0.996])
def test_no_share_is_missed_too_often_by_either_exact_limit(n, confidence):
    # Enumerated, not simulated: every share on a fine grid, every outcome.
    limits = np.array([clopper_pearson(k, n, confidence) for k in range(n + 1)])
    shares = np.linspace(0.001, 0.999, 499)
    chance = stats.binom.pmf(np.arange(n + 1)[:, None], n, shares)
    alpha = (1 - confidence) / 2
    assert np.max(np.sum(chance * (limits[:, :1] > shares), axis=0)) <= alpha + 1e-9
    assert np.max(np.sum(chance * (limits[:, 1:] < shares), axis=0)) <= alpha + 1e-9


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5])
@pytest.mark.parametrize(("groups", "size", "dependence"), [(30, 10, 0.5), (60, 8, 0.1), (100, 5, 0.5), (150, 3, 1.0)])
def test_clustered_rates(share, groups, size, dependence):
    rng = _rng("cluster", share, groups)
    found = []
    for _ in range(SIMULATIONS):
        rows = rng.poisson(size, groups) + 1
        if dependence < 1:
            k = (1 - dependence) / dependence
            level = rng.beta(share * k, (1 - share) * k, groups)
        else:
            level = (rng.random(groups) < share).astype(float)
        cluster = np.repeat(np.arange(groups), rows)
        success = rng.random(len(cluster)) < level[cluster]
        found.append(rate(success, metric="r", confidence=0.95, design=Design(cluster=cluster)))
    _check(f"rate {share}, {groups} clusters of {size}, dependence {dependence}", share, found)


@pytest.mark.parametrize(("share", "n"), [(0.05, 100), (0.05, 500), (0.3, 60), (0.9, 300)])
def test_weighted_rates(share, n):
    rng = _rng("weight", share, n)
    found = [
        rate(rng.random(n) < share, metric="r", confidence=0.95, design=Design(weight=rng.exponential(1, n) + 0.1))
        for _ in range(SIMULATIONS)
    ]
    _check(f"weighted rate {share}, n {n}", share, found)


@pytest.mark.parametrize(("tail", "share"), [("lognormal", 0.06), ("pareto", 0.06)])
def test_rates_with_heavy_weights(tail, share):
    rng = _rng("heavy", tail)
    found = []
    for _ in range(SIMULATIONS):
        weight = np.exp(1.5 * rng.normal(size=500)) if tail == "lognormal" else rng.pareto(1.5, 500) + 1.0
        found.append(rate(rng.random(500) < share, metric="r", confidence=0.95, design=Design(weight=weight)))
    _check(f"rate {share}, {tail} weights, n 500", share, found)


def _table(prevalence, recalls):
    table = np.outer(prevalence, np.ones(len(recalls)))
    for k, right in enumerate(recalls):
        table[k] *= (1 - right) / (len(recalls) - 1)
        table[k, k] = prevalence[k] * right
    return table


@pytest.mark.parametrize("name", ["balanced_accuracy", "f1_macro", "precision", "recall", "false_positive_rate"])
@pytest.mark.parametrize(
    ("prevalence", "recalls", "n"),
    [
        ((0.5, 0.5), (0.99, 0.99), 300),
        ((0.9, 0.1), (0.95, 0.6), 200),
        ((0.4, 0.3, 0.2, 0.1), (0.97, 0.95, 0.99, 0.9), 120),
        ((0.1,) * 10, (0.8,) * 10, 220),
    ],
)
def test_means_over_classes(name, prevalence, recalls, n):
    table = _table(prevalence, recalls)
    truth = from_counts(name, np.round(table * 10**9).astype(np.int64), confidence=0.95).value
    rng = _rng(name, n, len(recalls))
    size = len(recalls)

    @cache
    def estimate(counts):
        return from_counts(name, np.array(counts).reshape(size, size), confidence=0.95)

    draws = rng.multinomial(n, table.ravel(), FEWER)
    _check(f"{name}, {size} classes, n {n}", truth, [estimate(tuple(draw)) for draw in draws])


def test_clustered_balanced_accuracy():
    rng = _rng("clustered balanced")
    found = []
    for _ in range(SIMULATIONS):
        rows = rng.poisson(5, 80) + 1
        cluster = np.repeat(np.arange(80), rows)
        target = (rng.random(80) < 0.4)[cluster].astype(np.int16)
        skill = rng.beta(8, 2, 80)
        decision = np.where(rng.random(len(cluster)) < skill[cluster], target, 1 - target)
        found.append(measure("balanced_accuracy", target, decision, 2, confidence=0.95, design=Design(cluster=cluster)))
    _check("balanced accuracy, 80 clusters", 0.8, found)


def _scores(rng, kind, area, positive):
    n = len(positive)
    if kind == "normal":
        return rng.normal(positive * ndtri(area) * np.sqrt(2), 1)
    odds = area / (1 - area)
    if kind == "rising":
        return rng.exponential(np.where(positive, odds, 1.0), n)
    return -rng.exponential(np.where(positive, 1.0, odds), n)


@pytest.mark.parametrize(
    ("kind", "area", "ups", "downs"),
    [
        ("normal", 0.8, 10, 100),
        ("normal", 0.95, 20, 200),
        ("rising", 0.95, 20, 200),
        ("rising", 0.9, 50, 400),
        ("falling", 0.98, 50, 50),
        ("normal", 0.6, 40, 40),
        ("rising", 0.98, 200, 600),
    ],
)
def test_roc_auc(kind, area, ups, downs):
    rng = _rng("auc", kind, area, ups)
    positive = np.arange(ups + downs) < ups
    found = [roc_auc(positive, _scores(rng, kind, area, positive), confidence=0.95) for _ in range(FEWER)]
    _check(f"ROC AUC {area} ({kind}), {ups} positives, {downs} negatives", area, found)


def _clustered_scores(rng, groups, size, effect):
    cluster = np.repeat(np.arange(groups), rng.poisson(size, groups) + 1)
    shared = rng.normal(size=(2, groups))[:, cluster]
    own = rng.normal(size=(2, len(cluster)))
    drawn = np.sqrt(0.4) * shared + np.sqrt(0.6) * own
    positive = drawn[0] > 0.5
    return positive, drawn[1] + effect * positive, Design(cluster=cluster)


def test_clustered_ranking():
    positive, score, _ = _clustered_scores(np.random.default_rng(0), 300_000, 4, 1.2)
    truths = linearise_roc_auc(positive, score).value, linearise_average_precision(positive, score).value
    rng = _rng("clustered ranking")
    areas, precisions = [], []
    for _ in range(FEWER):
        positive, score, design = _clustered_scores(rng, 60, 4, 1.2)
        areas.append(roc_auc(positive, score, confidence=0.95, design=design))
        precisions.append(average_precision(positive, score, confidence=0.95, design=design))
    _check("ROC AUC, 60 clusters", truths[0], areas)
    _check("average precision, 60 clusters", truths[1], precisions)


@pytest.mark.parametrize(
    ("effect", "share", "n"), [(0.0, 0.5, 100), (1.0, 0.1, 300), (1.0, 0.5, 100), (2.0, 0.05, 1000), (3.0, 0.2, 200)]
)
def test_average_precision(effect, share, n):
    big = np.random.default_rng(0)
    positive = big.random(2_000_000) < share
    truth = linearise_average_precision(positive, big.normal(positive * effect, 1)).value
    rng = _rng("ap", effect, share)
    found = []
    for _ in range(FEWER):
        positive = rng.random(n) < share
        found.append(average_precision(positive, rng.normal(positive * effect, 1), confidence=0.95))
    _check(f"average precision, effect {effect}, {share * n:.0f} positives, n {n}", truth, found)


def _classified(rng, n, sharpness, trust):
    z = rng.normal(0, sharpness, n)
    return (rng.random(n) < expit(z)).astype(np.int16), expit(trust * z)


@pytest.mark.parametrize("losses", [log_losses, brier_losses])
@pytest.mark.parametrize(("sharpness", "trust", "n"), [(1, 1, 60), (3, 1, 150), (3, 2, 300), (5, 3, 600)])
def test_losses_of_probabilities(losses, sharpness, trust, n):
    truth = losses(*_classified(np.random.default_rng(0), 4_000_000, sharpness, trust)).mean()
    rng = _rng(losses.__name__, sharpness, trust, n)
    values = losses(*_classified(rng, n * SIMULATIONS, sharpness, trust)).reshape(SIMULATIONS, n)
    found = [mean_of(row, metric="loss", confidence=0.95, lowest=0.0) for row in values]
    _check(f"{losses.__name__}, sharpness {sharpness}, trust {trust}, n {n}", truth, found)


@pytest.mark.parametrize(("kind", "n"), [("normal", 120), ("laplace", 500), ("student", 800)])
def test_root_mean_squared_error(kind, n):
    rng = _rng("rmse", kind)
    draw = {"normal": rng.standard_normal, "laplace": rng.laplace, "student": lambda size: rng.standard_t(7, size)}[
        kind
    ]
    truth = {"normal": 1.0, "laplace": np.sqrt(2), "student": np.sqrt(7 / 5)}[kind]
    zero = np.zeros(n)
    found = [root_mean_squared_error(zero, draw(size=n), confidence=0.95) for _ in range(SIMULATIONS)]
    _check(f"RMSE, {kind} errors, n {n}", truth, found)


@pytest.mark.parametrize(("signal", "n"), [(0.5, 80), (3.0, 200)])
def test_r2(signal, n):
    rng = _rng("r2", signal)
    found = []
    for _ in range(SIMULATIONS):
        prediction = rng.normal(0, signal, n)
        found.append(r2(prediction + rng.normal(size=n), prediction, confidence=0.95))
    _check(f"R2, signal {signal}, n {n}", signal**2 / (1 + signal**2), found)


def test_clustered_median():
    rng = _rng("median")
    found = []
    for _ in range(SIMULATIONS):
        cluster = np.repeat(np.arange(60), rng.poisson(4, 60) + 1)
        values = rng.normal(size=60)[cluster] + rng.normal(size=len(cluster))
        found.append(median(values, metric="m", confidence=0.95, design=Design(cluster=cluster)))
    _check("median, 60 clusters", 0.0, found)


@pytest.mark.parametrize(("area", "ups"), [(0.5, 20), (0.75, 60)])
def test_gain_in_area_over_one_half_at_the_confidence_of_a_default_gate(area, ups):
    rng = _rng("gain", area)
    n = 5 * ups
    positive = np.arange(n) < ups
    half = Linearised(value=0.5, influence=np.zeros(n))
    found = [
        paired_difference(
            linearise_roc_auc(positive, _scores(rng, "normal", area, positive)),
            half,
            Design(),
            metric="gain",
            confidence=0.996,
        )
        for _ in range(SIMULATIONS)
    ]
    _check(f"gain of area {area} over one half, {ups} positives", area - 0.5, found)


def test_clustered_mean_by_students_t():
    rng = _rng("clustered mean")
    cluster = np.repeat(np.arange(30), 5)
    found = []
    for _ in range(SIMULATIONS):
        values = rng.normal(size=30)[cluster] + rng.normal(size=150)
        mean = Linearised(value=values.mean(), influence=values - values.mean())
        found.append(interval(mean, Design(cluster=cluster), metric="m", confidence=0.95))
    _check("mean, 30 clusters", 0.0, found)
