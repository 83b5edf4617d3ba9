"""How often the paired comparison with a baseline errs, and how often it finds a loss.

Every cell has its true difference exactly at the limit: minus the margin, where the candidate is worse by just what
is allowed, or 0. An upper limit below it would fail a candidate that keeps the limit ("false fail"), a lower limit
above it would pass one that just breaks it ("false pass"). At 95 % each may happen in 2.5 % of samples and one point
more; a cell fails when it shows more than a true rate of exactly that bound gives in one of a thousand runs of the
file. Unproven estimates judge nothing; a cell must prove something in at least half of its samples.
"""

import os
from functools import cache

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, ndtri

from modelcheck.checks.performance.comparison.findable import shown_as_broken
from modelcheck.stats.classification import influence_table
from modelcheck.stats.design import Design
from modelcheck.stats.losses import brier_losses, log_losses
from modelcheck.stats.paired.auc import compare_rankings, ranking_difference
from modelcheck.stats.paired.changes import interval_of
from modelcheck.stats.paired.decisions import compare_decisions
from modelcheck.stats.paired.losses import compare_errors, compare_losses
from modelcheck.stats.paired.ranks import step_of_ranks
from modelcheck.stats.paired.rates import Discordant, discordance, share_difference
from modelcheck.stats.regression import linearise

# `make quality` runs every simulation; the ordinary run has ten minutes for everything.
WHOLE = os.environ.get("QUALITY") == "whole"
SIMULATIONS = 4000
FEWER = SIMULATIONS if WHOLE else 2000  # where every one of them ranks rows, counts tables or draws losses
CELLS = 68
ALLOWED = 0.01
LARGE = 1_000_000


def _check(name, truth, found, confidence=0.95):
    proven = [item for item in found if not item.unproven]
    assert len(proven) >= len(found) / 2, f"{name}: {len(proven)} of {len(found)} proven"
    alpha = (1 - confidence) / 2
    rates = {
        "false fail": sum(item.high < truth for item in proven),
        "false pass": sum(item.low > truth for item in proven),
    }
    text = ", ".join(
        f"{side} {100 * k / len(found):.2f} % ({100 * ci.low:.2f} to {100 * ci.high:.2f})"
        for side, k in rates.items()
        for ci in [stats.binomtest(k, len(found)).proportion_ci()]
    )
    width = np.median([item.high - item.low for item in proven])
    print(f"\n{name}, difference {truth:+.4f}: {text}; {len(proven)} of {len(found)} proven; median width {width:.4f}")
    most = stats.binom.ppf(1 - 0.001 / (2 * CELLS), len(found), alpha + ALLOWED)
    assert max(rates.values()) <= most, text


def _rng(*name):
    return np.random.default_rng([len(name), *(int.from_bytes(str(part).encode()[:8], "little") for part in name)])


def _discordant_shares(ours, theirs, correlation):
    """Probabilities that only one of two errors happens."""
    both = ours * theirs + correlation * np.sqrt(ours * (1 - ours) * theirs * (1 - theirs))
    return ours - both, theirs - both


@cache
def _share_interval(gained, lost, n, confidence):
    counts = Discordant(gained=gained, lost=lost, n=n)
    return share_difference(counts, metric="accuracy_difference", confidence=confidence)


def _accuracies(rng, n, ours, theirs, correlation, confidence, simulations=SIMULATIONS):
    lost, gained = _discordant_shares(ours, theirs, correlation)
    draws = rng.multinomial(n, [gained, lost, 1 - gained - lost], simulations).tolist()
    return [_share_interval(up, down, n, confidence) for up, down, _ in draws]


@pytest.mark.parametrize("margin", [0.0, 0.01])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("n", [200, 1000, 10_000])
def test_accuracy(n, correlation, margin):
    for confidence in (0.95, 0.995):
        found = _accuracies(_rng(n, correlation), n, 0.1 + margin, 0.1, correlation, confidence)
        _check(f"accuracy at {confidence}, n {n}, correlation {correlation}", -margin, found, confidence)


@pytest.mark.parametrize("confidence", [0.95, 0.995])
@pytest.mark.parametrize("n", [200, 1000, 10_000])
def test_no_discordance_is_missed_too_often_where_few_rows_change(n, confidence):
    # Enumerated, not simulated: every pair of counts, a grid of expected numbers of discordant rows.
    gained, lost = (part.ravel() for part in np.meshgrid(np.arange(41), np.arange(41), indexing="ij"))
    high = np.array(
        [_share_interval(int(up), int(down), n, confidence).high for up, down in zip(gained, lost, strict=True)]
    )
    worst = 0.0
    for total in (0.2, 0.5, 1, 2, 3, 5, 7, 10, 15):
        for share in (0.0, 0.05, 0.1, 0.2, 0.35, 0.5):
            up, down = total * share / n, total * (1 - share) / n
            chance = stats.multinomial.pmf(
                np.stack([gained, lost, n - gained - lost], axis=1), n, [up, down, 1 - up - down]
            )
            worst = max(worst, float(chance[high < up - down].sum()))
    print(f"\naccuracy at {confidence}, n {n}, up to 15 discordant rows: at most {100 * worst:.2f} % false fails")
    assert worst <= (1 - confidence) / 2 * 1.1


def test_accuracy_where_few_rows_change():
    for n in (200, 1000):
        lost, gained = 4.5 / n, 0.5 / n
        draws = _rng(n).multinomial(n, [gained, lost, 1 - gained - lost], SIMULATIONS).tolist()
        found = [_share_interval(up, down, n, 0.95) for up, down, _ in draws]
        _check(f"accuracy, 5 changed rows of {n}", gained - lost, found)


def _clusters(rng, groups, size, dependence, shares):
    """Outcomes 0, 1, ... whose indicators have the given correlation within clusters."""
    cluster = np.repeat(np.arange(groups), size)
    shared = rng.choice(len(shares), groups, p=shares)[cluster]
    own = rng.choice(len(shares), len(cluster), p=shares)
    return np.where(rng.random(len(cluster)) < np.sqrt(dependence), shared, own), Design(cluster=cluster)


@pytest.mark.parametrize(("groups", "correlation"), [(30, 0.0), (100, 0.5), (100, 0.9), (40, 0.9)])
def test_clustered_accuracy(groups, correlation):
    rng = _rng("clustered", groups, correlation)
    lost, gained = _discordant_shares(0.12, 0.1, correlation)
    found = []
    for _ in range(SIMULATIONS):
        outcome, design = _clusters(rng, groups, 10, 0.2, [1 - lost - gained, lost, gained])
        pair = discordance(outcome != 1, outcome != 2, design)
        found.append(share_difference(pair, metric="accuracy_difference", confidence=0.95))
    _check(f"accuracy, {groups} clusters of 10, correlation {correlation}", -0.02, found)


def test_accuracy_with_heavy_weights():
    # As from inverse propensities: a few rows carry much of the weight, most often without having changed.
    rng = _rng("heavy")
    found = []
    for _ in range(SIMULATIONS):
        outcome = rng.choice(3, 1000, p=[0.91, 0.06, 0.03])
        pair = discordance(outcome != 1, outcome != 2, Design(weight=rng.pareto(1.2, 1000) + 1.0))
        found.append(share_difference(pair, metric="accuracy_difference", confidence=0.95))
    _check("accuracy, heavy weights, n 1,000", -0.03, found)


def test_accuracy_of_clusters_of_very_unequal_size():
    rng = _rng("unequal")
    found = []
    for _ in range(SIMULATIONS):
        sizes = np.minimum(rng.zipf(1.7, 150), 80)
        outcome, design = _clusters(rng, 150, sizes, 0.3, [0.94, 0.04, 0.02])
        pair = discordance(outcome != 1, outcome != 2, design)
        found.append(share_difference(pair, metric="accuracy_difference", confidence=0.95))
    _check("accuracy, 150 clusters of 1 to 80", -0.02, found)


def test_weighted_accuracy():
    rng = _rng("weighted")
    lost, gained = _discordant_shares(0.12, 0.1, 0.5)
    found = []
    for _ in range(SIMULATIONS):
        outcome = rng.choice(3, 500, p=[1 - lost - gained, lost, gained])
        pair = discordance(outcome != 1, outcome != 2, Design(weight=rng.exponential(1, 500) + 0.1))
        found.append(share_difference(pair, metric="accuracy_difference", confidence=0.95))
    _check("weighted accuracy, n 500", -0.02, found)


def _noise(rng, n, correlation):
    one = rng.normal(size=n)
    return one, correlation * one + np.sqrt(1 - correlation**2) * rng.normal(size=n)


def _scores(rng, positive, areas, correlation):
    return [
        noise + positive * ndtri(area) * np.sqrt(2)
        for noise, area in zip(_noise(rng, len(positive), correlation), areas, strict=True)
    ]


def _ranked(name, positive, scores, design=None):
    pair = compare_rankings(name, positive.astype(np.int16), *scores, design=design)
    return ranking_difference(pair, metric=f"{name}_difference", confidence=0.95)


@pytest.mark.parametrize(
    ("ups", "n", "areas", "correlation"),
    [
        (80, 200, (0.8, 0.8), 0.0),
        (80, 200, (0.85, 0.87), 0.9),
        (200, 1000, (0.85, 0.87), 0.5),
        (200, 1000, (0.9, 0.9), 0.9),
        (20, 200, (0.8, 0.85), 0.5),
        (20, 500, (0.93, 0.95), 0.9),
        (20, 1000, (0.97, 0.99), 0.0),
        (100, 400, (0.99, 0.99), 0.9),
    ],
)
def test_roc_auc(ups, n, areas, correlation):
    rng = _rng("area", ups, n, areas, correlation)
    positive = np.arange(n) < ups
    found = [_ranked("roc_auc", positive, _scores(rng, positive, areas, correlation)) for _ in range(FEWER)]
    _check(f"ROC AUC {areas}, {ups} positives of {n}, correlation {correlation}", areas[0] - areas[1], found)


def _rescored(rng, n, share, area, moved, drop):
    """Only a share of the rows is scored anew, positives among them lower."""
    positive = rng.random(n) < share
    theirs = rng.normal(size=n) + positive * ndtri(area) * np.sqrt(2)
    step = np.where(rng.random(n) < moved, rng.normal(size=n) - drop * positive, 0.0)
    return positive, (theirs + step, theirs)


@pytest.mark.parametrize(
    ("n", "share", "area", "moved", "drop"), [(1000, 0.05, 0.75, 0.018, 4.0), (1000, 0.1, 0.8, 0.018, 4.0)]
)
def test_roc_auc_where_few_rows_are_rescored(n, share, area, moved, drop):
    truths = [
        _ranked("roc_auc", *_rescored(np.random.default_rng(k), LARGE, share, area, moved, drop)).value for k in (0, 1)
    ]
    rng = _rng("rescored", share)
    found = [_ranked("roc_auc", *_rescored(rng, n, share, area, moved, drop)) for _ in range(FEWER)]
    _check(f"ROC AUC, {moved:.1%} of {n} rows rescored, {share:.0%} positive", np.mean(truths), found)


def test_roc_auc_of_ten_thousand_rows():
    rng = _rng("area", 10_000)
    positive = np.arange(10_000) < 500
    found = [_ranked("roc_auc", positive, _scores(rng, positive, (0.84, 0.85), 0.5)) for _ in range(1000)]
    _check("ROC AUC, 500 positives of 10,000, correlation 0.5", -0.01, found)


def test_clustered_roc_auc():
    rng = _rng("clustered area")
    cluster = np.repeat(np.arange(60), 10)
    found = []
    for _ in range(FEWER):
        positive = rng.random(600) < 0.3
        shared, own = (np.stack(_noise(rng, size, 0.5)) for size in (60, 600))
        noise = np.sqrt(0.2) * shared[:, cluster] + np.sqrt(0.8) * own
        scores = noise + positive * ndtri([[0.8], [0.82]]) * np.sqrt(2)
        found.append(_ranked("roc_auc", positive, scores, Design(cluster=cluster)))
    _check("ROC AUC, 60 clusters of 10, dependence 0.2", -0.02, found)


@pytest.mark.parametrize(
    ("share", "n", "areas", "correlation"),
    [(0.3, 200, (0.9, 0.9), 0.5), (0.04, 1000, (0.88, 0.92), 0.9)],
)
def test_average_precision(share, n, areas, correlation):
    big = np.random.default_rng(0)
    positive = big.random(LARGE) < share
    many = compare_rankings("average_precision", positive.astype(np.int16), *_scores(big, positive, areas, correlation))
    rng = _rng("precision", share, n)
    found = []
    for _ in range(FEWER):
        positive = rng.random(n) < share
        found.append(_ranked("average_precision", positive, _scores(rng, positive, areas, correlation)))
    _check(f"average precision, {share * n:.0f} positives of {n}", many.changes.value, found)


def _decided(rng, n, shares, ours, theirs, correlation):
    """Truth and two models' decisions: each right with its class's probability, else any other class."""
    k = len(shares)
    target = rng.choice(k, n, p=shares)
    made = []
    for noise, recalls in zip(_noise(rng, n, correlation), (ours, theirs), strict=True):
        wrong = noise > ndtri(np.asarray(recalls))[target]
        made.append(np.where(wrong, (target + rng.integers(1, k, n)) % k, target))
    return target, *made


def _metric_of_shares(name, shares, recalls):
    k = len(shares)
    table = np.outer(shares, np.ones(k)) * (1 - np.asarray(recalls))[:, None] / (k - 1)
    np.fill_diagonal(table, np.asarray(shares) * recalls)
    return influence_table(name, table)[0]


FOUR = (0.4, 0.3, 0.2, 0.1)


@pytest.mark.parametrize(
    ("name", "n", "shares", "ours", "theirs", "correlation"),
    [
        ("f1", 200, (0.7, 0.3), (0.93, 0.75), (0.94, 0.8), 0.5),
        ("f1", 1000, (0.9, 0.1), (0.97, 0.7), (0.97, 0.8), 0.9),
        ("precision", 1000, (0.9, 0.1), (0.97, 0.8), (0.98, 0.8), 0.9),
        ("balanced_accuracy", 200, (0.9, 0.1), (0.97, 0.7), (0.97, 0.8), 0.9),
        ("balanced_accuracy", 1000, (0.5, 0.5), (0.9, 0.9), (0.9, 0.9), 0.0),
        ("f1_macro", 400, FOUR, (0.8, 0.75, 0.8, 0.7), (0.8, 0.8, 0.8, 0.75), 0.5),
        ("recall", 400, FOUR, (0.8, 0.75, 0.8, 0.7), (0.8, 0.8, 0.8, 0.75), 0.9),
        ("precision", 1000, FOUR, (0.95, 0.95, 0.95, 0.95), (0.97, 0.97, 0.97, 0.97), 0.0),
    ],
)
def test_decisions(name, n, shares, ours, theirs, correlation):
    truth = _metric_of_shares(name, shares, ours) - _metric_of_shares(name, shares, theirs)
    rng = _rng(name, n, correlation)
    found = []
    for _ in range(FEWER):
        changes = compare_decisions(name, *_decided(rng, n, shares, ours, theirs, correlation), len(shares))
        found.append(interval_of(changes, metric=name, confidence=0.95))
    _check(f"{name}, {len(shares)} classes, n {n}, correlation {correlation}", truth, found)


def _judged(rng, n, sharpness, ours, theirs, correlation):
    """Truth and two probabilities: (trust, noise) of each on the true log odds."""
    z = rng.normal(0, sharpness, n)
    target = (rng.random(n) < expit(z)).astype(np.int16)
    noise = _noise(rng, n, correlation)
    return target, *(expit(trust * (z + size * e)) for (trust, size), e in zip((ours, theirs), noise, strict=True))


@pytest.mark.parametrize("losses", [log_losses, brier_losses])
@pytest.mark.parametrize(
    ("n", "sharpness", "ours", "theirs", "correlation"),
    [(200, 1, (1, 0.3), (1, 0.3), 0.9), (200, 3, (1.5, 0.5), (1, 0.5), 0.5), (1000, 3, (2, 0.5), (1, 0.5), 0.9)],
)
def test_losses(losses, n, sharpness, ours, theirs, correlation):
    target, *big = _judged(np.random.default_rng(0), 2 * LARGE, sharpness, ours, theirs, correlation)
    truth = compare_losses(*(losses(target, score) for score in big)).value
    rng = _rng(losses.__name__, n, sharpness)
    found = []
    for _ in range(FEWER):
        target, *scores = _judged(rng, n, sharpness, ours, theirs, correlation)
        changes = compare_losses(*(losses(target, score) for score in scores))
        found.append(interval_of(changes, metric="loss", confidence=0.95))
    _check(f"{losses.__name__}, n {n}, sharpness {sharpness}, correlation {correlation}", truth, found)


def _predicted(rng, n, kind, sizes, correlation):
    signal = rng.normal(0, 2, n)
    if kind == "normal":
        one, two = _noise(rng, n, correlation)
    else:
        one, two = rng.standard_t(6, (2, n))
        two = correlation * one + np.sqrt(1 - correlation**2) * two
    return signal, signal + sizes[0] * one, signal + sizes[1] * two


def _value_of(name, target, prediction):
    if name == "median_absolute_error":
        return np.median(np.abs(prediction - target))
    return linearise(name, target, prediction).value


@pytest.mark.parametrize("name", ["r2", "root_mean_squared_error", "mean_absolute_error", "median_absolute_error"])
@pytest.mark.parametrize(
    ("kind", "n", "sizes", "correlation"), [("normal", 200, (1.1, 1.0), 0.9), ("student", 1000, (1.1, 1.0), 0.5)]
)
def test_values(name, kind, n, sizes, correlation):
    target, *big = _predicted(np.random.default_rng(0), 2 * LARGE, kind, sizes, correlation)
    ours, theirs = (_value_of(name, target, prediction) for prediction in big)
    truth = ours - theirs if name == "r2" else theirs - ours
    rng = _rng(name, kind)
    found = []
    for _ in range(FEWER):
        changes = compare_errors(name, *_predicted(rng, n, kind, sizes, correlation))
        found.append(interval_of(changes, metric=name, confidence=0.95))
    _check(f"{name}, {kind} errors, n {n}, correlation {correlation}", truth, found)


def test_a_median_of_slightly_rounded_errors():
    # As coarse as is still judged: about .17 sqrt(n) rows share the median error.
    n, step = 300, 0.0096

    def draw(rng, n):
        target = 2.0 * rng.normal(size=n)
        noise = rng.normal(size=(3, n))
        columns = target + noise[0], target + 0.3 * noise[1], target + 0.6 * noise[2]
        return [step * np.round(part / step) for part in columns]

    target, *big = draw(np.random.default_rng(0), 2 * LARGE)
    ours, theirs = (_value_of("median_absolute_error", target, prediction) for prediction in big[::-1])
    rng = _rng("rounded")
    found = []
    for _ in range(SIMULATIONS):
        target, other, own = draw(rng, n)
        changes = compare_errors("median_absolute_error", target, own, other)
        found.append(interval_of(changes, metric="m", confidence=0.95))
    _check(f"median absolute error, errors rounded to {step}, n {n}", theirs - ours, found)


@pytest.mark.parametrize("confidence", [0.95, 0.994])
@pytest.mark.parametrize(("n", "changed"), [(1000, 0.005), (5000, 0.005), (2000, 0.0)])
def test_the_drop_in_accuracy_that_is_said_to_be_found_is_found(n, changed, confidence):
    # The models differ on few rows, or on none; the drop brings its own.
    margin, half = 0.01, round(changed / 2 * n)
    found = _share_interval(half, half, n, confidence)
    drop = shown_as_broken(found, margin, 1.0 / n, 1.0)
    draws = _rng("found", n, changed).multinomial(n, [changed / 2, changed / 2 + drop, 1 - changed - drop], SIMULATIONS)
    power = np.mean([_share_interval(up, down, n, confidence).high < -margin for up, down, _ in draws.tolist()])
    print(f"\naccuracy at {confidence}, n {n}, {changed:.1%} changed: drop {drop:.4f} found in {100 * power:.1f} %")
    assert power >= 0.8


@pytest.mark.parametrize("confidence", [0.95, 0.994])
def test_the_drop_in_roc_auc_that_is_said_to_be_found_is_found(confidence):
    # Retrained with a little jitter; the drop is that of positives that fall to the bottom.
    n, share, area, margin = 5000, 0.2, 0.85, 0.01

    def draw(rng, n, fallen):
        positive = rng.random(n) < share
        theirs = rng.normal(size=n) + positive * ndtri(area) * np.sqrt(2)
        ours = theirs + 0.05 * rng.normal(size=n)
        ours[positive & (rng.random(n) < fallen)] -= 8.0
        return positive.astype(np.int16), ours, theirs

    def difference(rng, n, fallen):
        pair = compare_rankings("roc_auc", *draw(rng, n, fallen))
        return ranking_difference(pair, metric="d", confidence=confidence)

    rng = _rng("found area")
    target, *_ = draw(rng, n, 0.0)
    step = step_of_ranks("roc_auc", target, [1], Design())
    drop = np.median([shown_as_broken(difference(rng, n, 0.0), margin, step, 1.0) for _ in range(20)])
    jitter = difference(np.random.default_rng(0), LARGE // 2, 0.0).value
    power = np.mean([difference(rng, n, (drop + jitter) / area).high < -margin for _ in range(500)])
    print(f"\nROC AUC at {confidence}, n {n}, jitter .05: drop {drop:.4f} found in {100 * power:.1f} %")
    assert power >= 0.8


def test_a_three_point_drop_is_found():
    for ours, theirs in ((0.13, 0.1), (0.23, 0.2), (0.33, 0.3)):
        found = _accuracies(_rng("power", ours), 5000, ours, theirs, 0.5, 0.95)
        power = np.mean([item.high < -0.01 for item in found])
        print(
            f"\naccuracy {1 - theirs:.2f} to {1 - ours:.2f}, n 5,000, correlation .5, margin .01: {100 * power:.1f} %"
        )
        assert power >= 0.8
