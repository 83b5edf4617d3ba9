"""How often the intervals of the explainability suite miss the truth, tail by tail.

As in ``test_interval_coverage.py``: a tail may miss one point more often than it says, and a cell fails when it misses
more often than a rate of exactly that bound would in one of a thousand runs of the file. Estimates that call themselves
unproven judge nothing. Default gates fail by lower limits: those are judged everywhere. Upper ones, by which a release
proves a limit kept, are judged where the docstrings vouch for them; elsewhere they are printed.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from modelcheck.checks.explainability.earned import Earned
from modelcheck.checks.explainability.stand_ins import Told, word_lost
from modelcheck.data.levels import Levels
from modelcheck.explain.attributions import Attributions
from modelcheck.explain.linear import linear_shifts, linear_values
from modelcheck.explain.permuted import cyclic_donors, shuffled_losses
from modelcheck.scoring.rows import FeatureCodes
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import paired_difference, unpaired_difference
from modelcheck.stats.shares import share, widened_by

SIMULATIONS = 4000
SHUFFLED = 1000  # each makes three tables of losses
CELLS = 50
ALLOWED = 0.01


def _check(name, truth, estimates, *, judged="low", allowed=ALLOWED):
    """Assert that the limit by which a gate fails is not past the truth too often."""
    proven = [one for one in estimates if not one.unproven]
    assert len(proven) >= len(estimates) / 2, f"{name}: {len(proven)} of {len(estimates)} proven"
    alpha = (1 - estimates[0].confidence) / 2
    missed = {"low": sum(one.low > truth for one in proven), "high": sum(one.high < truth for one in proven)}
    text = ", ".join(f"{side} {100 * k / len(estimates):.2f} %" for side, k in missed.items())
    print(f"\n{name}: {text}; {len(proven)} of {len(estimates)} proven; nominal {100 * alpha:.2f} %")
    most = stats.binom.ppf(1 - 0.001 / CELLS, len(estimates), alpha + allowed)
    assert missed[judged] <= most, text


def _attributions(rng, kind, n, parts):
    """Sizes of a column's attribution and of all others' together, with a known share."""
    if kind == "rare":  # a column that moves few rows, and those far
        own = np.where(rng.random(n) < 0.05, rng.exponential(20.0, n), 0.0)
    elif kind == "lognormal":
        own = np.exp(rng.normal(size=n) - 0.5)
    else:
        own = np.abs(rng.normal(size=n)) / np.sqrt(2.0 / np.pi)
    others = rng.exponential(1.0, n)
    return parts * own, parts * own + (1.0 - parts) * others


@pytest.mark.parametrize("n", [30, 100, 1000])
@pytest.mark.parametrize(("kind", "part"), [("normal", 0.05), ("lognormal", 0.05), ("lognormal", 0.8), ("rare", 0.05)])
def test_shares_of_attribution(kind, part, n):
    rng = np.random.default_rng([n, int(100 * part), len(kind)])
    found = []
    for _ in range(SIMULATIONS):
        own, whole = _attributions(rng, kind, n, part)
        found.append(share(own, whole, metric="share", confidence=0.95))
    _check(f"share {part} ({kind}), n {n}", part, found)
    if n >= 1000 or kind == "normal":
        # Skewed attributions of few rows seldom show the rows that count most, and upper limits are too low: up to
        # 8 % of them at 100 rows.
        _check(f"share {part} ({kind}), n {n}", part, found, judged="high")


@pytest.mark.parametrize("part", [0.05, 0.8])
def test_shares_of_attribution_in_clusters(part):
    rng = np.random.default_rng(int(100 * part))
    cluster = np.repeat(np.arange(40), 5)
    found = []
    for _ in range(SIMULATIONS):
        own, whole = _attributions(rng, "lognormal", len(cluster), part)
        level = rng.gamma(4.0, 0.25, 40)[cluster]
        found.append(share(own * level, own * level + whole - own, metric="share", confidence=0.95,
                           design=Design(cluster=cluster)))  # fmt: skip
    _check(f"share {part}, 40 clusters", part, found)


@pytest.mark.parametrize(("prevalence", "support"), [(0.05, 200), (0.05, 2000), (0.3, 100)])
def test_shares_of_attribution_against_a_background_that_is_a_sample_itself(prevalence, support):
    """A linear model of four numbers and a flag: the share of the flag over everybody is known."""
    weights = np.array([[1.0, 1.0, 1.0, 1.0, 1.6]])
    flag = 2.0 * prevalence * (1.0 - prevalence) * weights[0, 4]
    truth = flag / (flag + 4.0 * np.sqrt(2.0 / np.pi))
    rng = np.random.default_rng([support, int(100 * prevalence)])
    columns, sources = tuple("abcdf"), np.arange(5)

    def people(n):
        return np.column_stack([rng.normal(size=(n, 4)), rng.random(n) < prevalence])

    found = []
    for _ in range(SHUFFLED):
        rows, background = people(300), people(support)
        values, base = linear_values(weights, np.zeros(1), rows, background, sources, 5)
        shifts = linear_shifts(weights, background, sources, 5, parts=5)
        said = Attributions(
            columns=columns,
            values=values,
            base=base,
            output=base + values.sum(axis=1),
            scale="value",
            explainer="Linear",
            background=support,
            parts=np.stack([values + one for one in shifts]),
        )
        size = said.fair_size
        plain = share(size[:, 4], size.sum(axis=1), metric="share", confidence=0.95)
        without = [one[:, 4].sum() / one.sum() for one in said.sizes_without_a_part]
        found.append(widened_by(plain, without))
    for tail in ("low", "high"):
        _check(f"share of a flag of {prevalence}, {support} rows of background", truth, found, judged=tail)


def _columns(rng, kind, n, d):
    """Independent columns of variance 1; of a rare kind the first one is a seldom mark."""
    x = rng.normal(size=(n, d))
    if kind == "skewed":
        x = rng.exponential(1.0, (n, d)) - 1.0
    if kind == "rare":
        x[:, 0] = (rng.random(n) < 0.1) / 0.3
    return x


def _earned(rng, x, y, weights, design=None):
    """What columns move and earn in a linear model that adds up columns with these weights."""
    n, d = x.shape
    donors = cyclic_donors(n, 1, rng)
    own = x @ weights
    changed = own + ((x[donors[0]] - x) * weights).T  # by column, as questions go
    names = {f"f{place}": () for place in range(d)}

    def read(loss):
        told = iter([own, changed.ravel()])
        bare = pd.DataFrame(index=range(n))
        return shuffled_losses(lambda rows: next(told), loss, bare, names, donors, design=design)

    loss = read(lambda score, at: (score - y[at]) ** 2)
    moved = read(lambda score, at: (score - own[at]) ** 2)
    return Earned(shuffled=loss, scaled=loss, moved=moved, loss="squared error", rows=n, predicted=0)


@pytest.mark.parametrize("n", [50, 300])
@pytest.mark.parametrize("kind", ["normal", "skewed", "rare"])
@pytest.mark.parametrize("part", [0.3, 0.8])
def test_shares_of_movement(kind, part, n):
    rng = np.random.default_rng([n, len(kind), int(10 * part)])
    weights = np.sqrt([part, *[(1.0 - part) / 3.0] * 3])
    found = []
    for _ in range(SHUFFLED):
        x = _columns(rng, kind, n, 4)
        gains = _earned(rng, x, np.zeros(n), weights)
        found.append(gains.movement_share(0, 0.95, "share"))
    _check(f"share of movement {part} ({kind}), n {n}", part, found)


@pytest.mark.parametrize("n", [50, 300])
@pytest.mark.parametrize("kind", ["normal", "skewed", "rare"])
def test_movement_above_that_of_the_best_column_where_there_is_none_above(kind, n):
    rng = np.random.default_rng([n, len(kind), 1])
    found = []
    for _ in range(SHUFFLED):
        gains = _earned(rng, _columns(rng, kind, n, 3), np.zeros(n), np.ones(3))
        best, other = gains.movement(0), gains.movement(1)
        found.append(paired_difference(other, best, Design(), metric="above", confidence=0.95))
    _check(f"movement above best ({kind}), n {n}", 0.0, found)


@pytest.mark.parametrize("n", [100, 500])
@pytest.mark.parametrize("kind", ["normal", "skewed", "rare"])
def test_parts_of_earnings_that_were_lost(kind, n):
    rng = np.random.default_rng([n, len(kind), 2])
    there, here, weights = np.array([1.0, 0.5, 0.5]), np.array([0.4, 0.5, 0.5]), np.array([1.0, 0.5, 0.5])
    truth = (there[0] - here[0]) / (there @ weights)
    found = []
    for _ in range(SHUFFLED):
        sides = []
        for held in (there, here):
            x = _columns(rng, kind, n, 3)
            sides.append(_earned(rng, x, x @ held + rng.normal(size=n), weights))
        old, new = sides[0].lost(sides[1], 0)
        found.append(unpaired_difference(old, Design(), new, Design(), metric="lost", confidence=0.95))
    _check(f"part lost ({kind}), n {n}", truth, found)


def _told(rng, n, slope, width=1.0):
    x = rng.normal(0.0, width, n)
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-slope * x))).astype(int)
    codes = (1 + np.searchsorted(stats.norm.ppf(np.arange(1, 20) / 20), x)).astype(np.uint8)
    level = Levels(name="x", labels=tuple("abcdefghijklmnopqrstu"), ordered=True, edges=tuple(range(19)))
    return Told(
        codes=FeatureCodes(values=codes[None], levels=(level,), edges_from="reference"),
        truth=np.eye(2)[y],
        design=Design(),
    )


# The range is narrower on the dataset, or the column tells little or nothing: no word is broken by that. With few rows
# in a narrow range the noise of the levels' means looks like a broken word now and then; nothing fails by that alone.
@pytest.mark.parametrize(
    ("slope", "width", "n"),
    [(1.0, 1.0, 300), (0.3, 1.0, 300), (0.0, 1.0, 300), (0.0, 1.0, 2000), (0.3, 1.0, 2000), (1.0, 0.3, 2000)],
)
def test_a_column_that_keeps_its_word_is_hardly_ever_said_to_break_it(slope, width, n):
    rng = np.random.default_rng([n, int(10 * slope), int(10 * width)])
    found = [
        word_lost(_told(rng, n, slope), _told(rng, n, slope, width), "x", half=np.arange(n) % 2, confidence=0.95)
        for _ in range(SHUFFLED)
    ]
    _check(f"word kept, slope {slope}, width {width}, n {n}", 0.0, found)
