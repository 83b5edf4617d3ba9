"""Slices against published top lists, other libraries and direct computation."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder

from modelcheck.slices import Feature, find
from modelcheck.slices.axes import axis_of
from modelcheck.slices.findable import findable_mean, findable_rate
from modelcheck.slices.permutation import largest_by_chance
from modelcheck.slices.selected import conditional_likelihood
from modelcheck.slices.tails import adjusted, exact_tails

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data sets with published figures is absent")
multitest = pytest.importorskip("statsmodels.stats.multitest", reason="statsmodels is not installed")

# UCI Adult, train part, 0/1 errors of a logistic regression, alpha .96, support 326, depth 3: size, errors, score.
ADULT_TOP = [
    (2756, 993, 0.87536),
    (7541, 2354, 0.87218),
    (7117, 2233, 0.87194),
    (2651, 961, 0.87049),
    (6866, 2157, 0.86777),
    (7261, 2265, 0.86414),
    (6648, 2076, 0.84970),
    (7663, 2359, 0.84776),
    (6311, 1975, 0.84346),
    (2818, 996, 0.84256),
]
ADULT = [
    *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship"),
    *("race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income"),
]


def features_of_codes(columns):
    return [Feature(name=name, codes=codes, size=int(codes.max()) + 1) for name, codes in columns.items()]


def equal_width(values, bins):
    width = (values.max() - values.min()) / bins
    return np.maximum(np.ceil((values - values.min()) / width), 1).astype(int).to_numpy()


def by_appearance(values):
    return pd.factorize(values)[0] + 1


def plain_top(columns, loss, *, alpha, least, depth):
    """The plain top list: every code a condition, nothing left out for being like another."""
    return find(
        features_of_codes(columns),
        loss,
        objective="sliceline",
        alpha=alpha,
        least=least,
        most=len(loss),
        depth=depth,
        max_overlap=1,
        tolerance=0,
        ranges=False,
        inference=False,
    ).slices


def assert_top(found, expected, *, tolerance):
    """Equal scores may come in any order: compare them as sorted rows of score, total and size."""
    rows = sorted(((one.score, one.loss * one.rows, one.rows) for one in found), reverse=True)
    assert [row[0] for row in rows] == pytest.approx([row[0] for row in expected], abs=tolerance)
    assert [row[1] for row in rows] == pytest.approx([row[1] for row in expected], rel=1e-6, abs=tolerance)
    assert [row[2] for row in rows] == [row[3] for row in expected]


@real
def test_the_published_case_of_sliceline():
    case = json.loads((DATA / "sliceline_cases.json").read_text(encoding="utf-8"))["cases"][0]
    codes = np.array(case["X"])
    columns = {f"c{place}": codes[:, place] for place in range(codes.shape[1])}
    found = plain_top(columns, np.array(case["e"]), alpha=case["alpha"], least=4, depth=10)
    assert_top(found, case["expected"], tolerance=5.01e-4)


@real
def test_the_published_slices_of_salaries():
    expected = json.loads((DATA / "sliceline_cases.json").read_text(encoding="utf-8"))["salaries"]["expected"]
    table = pd.read_csv(DATA / "salaries.csv")
    bins = {"yrs.since.phd": 14, "yrs.service": 12}
    columns = {
        name: equal_width(table[name], bins[name]) if name in bins else by_appearance(table[name])
        for name in ("rank", "discipline", "yrs.since.phd", "yrs.service", "sex")
    }
    salary, design = table["salary"].to_numpy(float), np.column_stack(list(columns.values())).astype(float)
    loss = (salary - design @ np.linalg.lstsq(design, salary, rcond=None)[0]) ** 2
    assert_top(plain_top(columns, loss, alpha=0.95, least=4, depth=5), expected, tolerance=5.01e-4)


@pytest.fixture(scope="module")
def adult_errors():
    table = pd.read_csv(DATA / "adult.data.gz", header=None, names=ADULT, skipinitialspace=True)
    wanted = [name for name in ADULT if name not in ("age", "income")]
    columns = {
        name: equal_width(table[name], 10) if table[name].dtype.kind in "if" else by_appearance(table[name])
        for name in wanted
    }
    codes = np.column_stack(list(columns.values()))
    rich = (table["income"] == ">50K").to_numpy()
    onehot = OneHotEncoder().fit_transform(codes)
    model = LogisticRegression(C=1e4, max_iter=2000).fit(onehot, rich)
    return columns, (model.predict(onehot) != rich).astype(float)


@real
def test_the_published_slices_of_adult(adult_errors):
    columns, wrong = adult_errors
    found = {one.rows: one for one in plain_top(columns, wrong, alpha=0.96, least=326, depth=3)}
    assert len(found) == 10
    assert set(found) == {size for size, _, _ in ADULT_TOP}
    for size, errors, score in ADULT_TOP:
        assert found[size].loss * size == pytest.approx(errors, abs=5)
        assert found[size].score == pytest.approx(score, abs=0.007)
    columns_of = [tuple(list(columns)[place] for place, _, _ in found[size].runs) for size in (2756, 7541)]
    assert columns_of == [
        ("education", "marital_status", "capital_gain"),
        ("education_num", "marital_status", "capital_gain"),
    ]


@real
def test_pruning_leaves_the_published_slices_of_adult_unchanged(adult_errors):
    columns, wrong = adult_errors
    options = {"objective": "sliceline", "alpha": 0.96, "least": 326, "most": len(wrong), "max_overlap": 1}
    options |= {"tolerance": 0, "ranges": False}
    pruned = find(features_of_codes(columns), wrong, inference=False, **options)
    whole = find(features_of_codes(columns), wrong, inference=True, **options)
    assert [one.runs for one in pruned.slices] == [one.runs for one in whole.slices]
    assert pruned.eligible == ()
    assert sum(whole.eligible) > 5_000


@real
def test_the_published_divergence_of_compas():
    # Pastor, de Alfaro and Baralis (SIGMOD 2021): divergence is the rate of the pattern less that of all rows.
    table = pd.read_csv(DATA / "compas_discretized.csv")
    attributes = ["age", "charge", "race", "sex", "#prior", "stay"]
    flagged, negative = (table["predicted"] == 1).to_numpy(), (table["class"] == 0).to_numpy()
    overall = flagged[negative].mean()
    assert overall == pytest.approx(0.088314, abs=5e-7)
    found = find(
        table[attributes],
        flagged,
        among=negative,
        depth=6,
        least=math.ceil(0.1 * len(table)),
        most=len(table),
        objective="effect",
        max_overlap=1,
        tolerance=0,
    )
    # The published 155 count the pattern without conditions, which is all rows, too. Support .1 is 617.2 rows, so
    # that it makes no difference whether the limit itself is allowed.
    assert sum(found.eligible) == 155 - 1
    top = max(found.slices, key=lambda one: one.loss)
    assert top.words == "age = 25-45 & race = Afr-Am & sex = Male & #prior = >3"
    assert top.rows == 794
    assert top.rows / len(table) == pytest.approx(0.128645, abs=5e-7)
    assert top.loss - overall == pytest.approx(0.219722, abs=5e-7)
    inside = found.mask(top)
    assert top.n == (inside & negative).sum()
    assert top.loss == flagged[inside & negative].mean()
    assert top.rest == pytest.approx(flagged[~inside & negative].mean())


@real
def test_the_patterns_of_compas_are_those_of_counting_itemsets():
    table = pd.read_csv(DATA / "compas_discretized.csv")
    attributes = ["age", "charge", "race", "sex", "#prior", "stay"]
    counted = [
        sum(int((table.groupby(list(some)).size() >= 617.2).sum()) for some in itertools.combinations(attributes, size))
        for size in range(1, 7)
    ]
    found = find(table[attributes], table["predicted"], depth=6, least=618, most=len(table), max_overlap=1)
    assert list(found.eligible) == counted


def test_exact_tails_are_fishers_exact_test():
    rng = np.random.default_rng(0)
    for rows in (7, 60, 3_000):
        total = int(rng.integers(1, rows))
        n = rng.integers(1, rows, 30)
        hits = rng.hypergeometric(total, rows - total, n)
        tails = exact_tails(n, hits, rows=rows, total=total)
        for size, hit, tail in zip(n.tolist(), hits.tolist(), tails.tolist(), strict=True):
            table = [[hit, size - hit], [total - hit, rows - size - (total - hit)]]
            assert tail == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue, rel=1e-9, abs=0)


def test_exact_tails_of_extreme_slices_are_small_and_not_0():
    # 1 / C(100, 20), the probability that all twenty hits fall on the twenty rows.
    assert exact_tails([20], [20], rows=100, total=20)[0] == pytest.approx(1 / math.comb(100, 20), rel=1e-9, abs=0)


def test_with_equal_shares_adjusting_is_statsmodels_holm():
    rng = np.random.default_rng(1)
    for tests in (1, 2, 9, 200):
        p = rng.random(tests) ** 3
        expected = multitest.multipletests(p, method="holm")[1]
        assert adjusted(p, np.full(tests, 1 / tests)) == pytest.approx(expected, abs=1e-12)


def test_with_shares_of_any_size_adjusting_is_the_closed_weighted_bonferroni_test():
    # A hypothesis is rejected when the weighted Bonferroni test of every intersection that holds it rejects.
    rng = np.random.default_rng(2)
    for _ in range(40):
        p, share = rng.random(5) ** 2, rng.dirichlet(np.ones(5))
        closed = np.zeros(5)
        for size in range(1, 6):
            for some in map(list, itertools.combinations(range(5), size)):
                closed[some] = np.maximum(closed[some], min(1.0, (p[some] / share[some]).min() * share[some].sum()))
        assert adjusted(p, share) == pytest.approx(closed, abs=1e-12)


def test_leaving_out_slices_with_a_p_value_of_1_changes_nothing():
    p, share = np.array([0.001, 0.02, 1.0, 1.0]), np.full(4, 0.25)
    assert adjusted(p[:2], share[:2]) == pytest.approx(adjusted(p, share)[:2])


class _Orders:
    """Gives every order of some values, one after the other, instead of random ones."""

    def __init__(self, n):
        self.orders = itertools.permutations(range(n))

    def permutation(self, values):
        return values[list(next(self.orders))]


@pytest.fixture
def tiny():
    codes = np.array([[0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1]], dtype=np.uint8)
    features = [
        Feature(name="a", codes=codes[0], size=3, order=(0, 3)),
        Feature(name="b", codes=codes[1], size=2),
    ]
    masks = [codes[0] == code for code in range(3)] + [codes[0] <= 1, codes[0] >= 1]
    other = [codes[1] == code for code in range(2)]
    whole = [*masks, *other, *(one & two for one in masks for two in other)]
    return features, np.array([0.1, 3.0, 0.2, 1.0, 0.7, 5.5]), [mask for mask in whole if mask.sum() >= 2]


def test_the_largest_scores_of_shuffles_are_those_of_trying_every_order(tiny):
    features, loss, masks = tiny
    axes = [axis_of(one, place, least=2, bins=64, ranges=True) for place, one in enumerate(features)]
    found = largest_by_chance(
        axes, axes, loss, least=2, most=5, depth=2, permutations=math.factorial(6), rng=_Orders(6)
    )
    largest = []
    for order in itertools.permutations(range(6)):
        shuffled = loss[list(order)]
        scores = []
        for mask in masks:
            n = int(mask.sum())
            error = math.sqrt(loss.var(ddof=1) * (1 / n - 1 / 6))
            scores.append((shuffled[mask].mean() - loss.mean()) / error)
        largest.append(max(scores))
    assert found.values == pytest.approx(sorted(largest))
    seen = largest[0]
    assert found.p_adjusted(seen) == pytest.approx((1 + sum(one >= seen - 1e-9 for one in largest)) / 721)


def test_the_score_of_a_slice_has_the_moments_of_all_orders(tiny):
    _, loss, masks = tiny
    for mask in masks:
        n = int(mask.sum())
        sums = [loss[list(order)][mask].sum() for order in itertools.permutations(range(6))]
        assert np.mean(sums) == pytest.approx(n * loss.mean())
        assert np.std(sums) == pytest.approx(loss.std(ddof=1) * math.sqrt(n * (1 - n / 6)))


@pytest.mark.parametrize(("z", "cut"), [(4.1, 4.0), (4.5, 4.0), (6.0, 4.0), (3.0, 0.5), (12.0, 5.0)])
def test_the_corrected_effect_explains_what_was_seen_by_numerical_integration(z, cut):
    error = 0.02
    corrected = conditional_likelihood(z * error, error, cut * error) / error

    def mean_beyond(mean):
        mass = integrate.quad(lambda x: stats.norm.pdf(x - mean), cut, cut + 40)[0]
        return integrate.quad(lambda x: x * stats.norm.pdf(x - mean), cut, cut + 40)[0] / mass

    if corrected == 0.0:
        # Even an effect of nothing is seen as larger than this one was, once it exceeds the threshold.
        assert mean_beyond(0.0) >= z
    else:
        assert mean_beyond(corrected) == pytest.approx(z, abs=1e-6)


@pytest.mark.parametrize("n", [50, 600, 5_000])
@pytest.mark.parametrize("rate", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("level", [1e-3, 1e-6])
def test_the_findable_rate_is_found_with_the_power_by_summing_binomial_probabilities(n, rate, level):
    def at_least(k, p):
        hits = np.arange(k, n + 1)
        logs = stats.binom.logpmf(hits, n, p)
        return float(np.exp(logs).sum())

    critical = next(k for k in range(n + 2) if at_least(k, rate) <= level)
    found = findable_rate(n, rate, level)
    assert at_least(critical, rate + found) == pytest.approx(0.8, abs=1e-6)
    assert at_least(critical, rate + found - 0.005) < 0.8


def test_a_slice_too_small_for_any_rate_says_so():
    assert 0.5**10 > 1e-6
    assert findable_rate(10, 0.5, 1e-6) is None
    assert findable_rate(10, 0.5, 1e-3) is not None


def test_the_findable_mean_is_found_with_the_power():
    rng = np.random.default_rng(3)
    n, rows, threshold = 200, 1_000, 3.5
    excess = findable_mean(n, rows, 1.0, threshold)
    inside = excess + rng.normal(size=(20_000, n)).mean(axis=1)
    outside = rng.normal(size=20_000) / math.sqrt(rows - n)
    error = math.sqrt(1 / n + 1 / (rows - n))
    assert np.mean((inside - outside) / error >= threshold) == pytest.approx(0.8, abs=0.01)
