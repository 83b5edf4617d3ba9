"""The stump is the best single split, whatever the order of codes, and never sees the rows it is compared on."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeRegressor

from modelcheck.checks.performance.trivial.stump import fit_stump


def every_split(codes: np.ndarray):
    """Every way to put the codes present into two sides."""
    present = np.unique(codes)
    for size in range(1, len(present)):
        for right in itertools.combinations(present, size):
            yield np.isin(codes, right)


def test_of_several_features_the_one_that_carries_the_signal_is_split_where_it_jumps(rows_of, codes_of):
    rng = np.random.default_rng(0)
    noise, signal = rng.normal(size=5000), rng.uniform(size=5000)
    target = rng.random(5000) < np.where(signal > 0.4, 0.7, 0.2)
    edges = {"noise": np.linspace(-2, 2, 9), "signal": np.linspace(0.1, 0.9, 9)}
    stump = fit_stump(rows_of("binary", target, features=codes_of({"noise": noise, "signal": signal}, edges=edges)))
    assert stump.feature == "signal"
    assert stump.split == "split at 0.4"
    assert stump.leaves == pytest.approx([0.2, 0.7], abs=0.03)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_categorical_split_reaches_the_best_area_of_all_subsets(rows_of, codes_of, weighted):
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 7, 600)
    target = rng.random(600) < rng.uniform(0.1, 0.9, 7)[codes]
    weight = rng.uniform(0.2, 3.0, 600) if weighted else None
    rows = rows_of("binary", target, features=codes_of({"kind": codes}), weight=weight)
    stump = fit_stump(rows)
    best = max(roc_auc_score(target, side, sample_weight=weight) for side in every_split(codes))
    reached = roc_auc_score(target, stump.leaves[stump.side(rows.features).astype(int)], sample_weight=weight)
    assert reached == pytest.approx(best, abs=1e-12)
    assert stump.gain == pytest.approx(2 * best - 1, abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_regression_stump_leaves_the_squared_error_of_a_tree_of_one_split(rows_of, codes_of, weighted):
    rng = np.random.default_rng(2)
    columns = {"a": rng.normal(size=800), "b": rng.normal(size=800)}
    target = 1e6 + 1e-3 * (3 * (columns["b"] > 0.3) + rng.normal(size=800))
    weight = rng.uniform(0.2, 3.0, 800) if weighted else None
    features = codes_of(columns)
    rows = rows_of("regression", target, features=features, weight=weight)
    stump = fit_stump(rows)
    # The tree gets standardised values: far from zero its own sums drown in rounding; the stump's must not.
    plain = (target - 1e6) * 1e3
    tree = DecisionTreeRegressor(max_depth=1, random_state=0).fit(features.values.T, plain, sample_weight=weight)
    answers = stump.leaves[stump.side(features).astype(int)]
    assert stump.feature == "b"
    assert (answers - 1e6) * 1e3 == pytest.approx(tree.predict(features.values.T), abs=1e-6)
    assert stump.gain == pytest.approx(tree.score(features.values.T, plain, sample_weight=weight), abs=1e-6)


def test_a_categorical_regression_split_is_the_best_of_all_subsets(rows_of, codes_of):
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 6, 400)
    target = rng.normal(size=6)[codes] + rng.normal(size=400)
    stump = fit_stump(rows_of("regression", target, features=codes_of({"kind": codes})))

    def explained(side):
        means = np.where(side, target[side].mean(), target[~side].mean())
        return 1 - np.sum((target - means) ** 2) / np.sum((target - target.mean()) ** 2)

    assert stump.gain == pytest.approx(max(explained(side) for side in every_split(codes)), abs=1e-12)


def test_missing_cells_go_to_the_side_that_serves_best(rows_of, codes_of):
    rng = np.random.default_rng(4)
    value = rng.uniform(size=4000)
    high = value > 0.5
    value[rng.random(4000) < 0.3] = np.nan
    high |= np.isnan(value)
    target = rng.random(4000) < np.where(high, 0.8, 0.2)
    rows = rows_of("binary", target, features=codes_of({"x": value}, edges={"x": np.linspace(0.1, 0.9, 9)}))
    stump = fit_stump(rows)
    assert stump.right[0]
    assert stump.split == "split at 0.5, missing with the higher values"


def test_being_missing_can_be_the_split(rows_of, codes_of):
    rng = np.random.default_rng(5)
    missing = rng.random(2000) < 0.5
    value = np.where(missing, np.nan, rng.uniform(size=2000))
    target = rng.random(2000) < np.where(missing, 0.8, 0.2)
    assert fit_stump(rows_of("binary", target, features=codes_of({"x": value}))).split == "missing or not"


def test_more_than_two_classes_split_by_the_mean_area(rows_of, codes_of):
    rng = np.random.default_rng(6)
    codes = rng.integers(0, 5, 900)
    target = np.array([rng.choice(3, p=p) for p in rng.dirichlet(np.ones(3), 5)[codes]])
    stump = fit_stump(rows_of("multiclass", target, np.zeros((900, 3)), features=codes_of({"kind": codes})))
    side = np.isin(codes + 1, np.flatnonzero(stump.right))
    areas = [max(a, 1 - a) for a in (roc_auc_score(target == k, side) for k in range(3))]
    assert stump.gain == pytest.approx(2 * np.mean(areas) - 1, abs=1e-12)
    assert stump.leaves.sum(axis=1) == pytest.approx([1, 1])


def test_no_stump_where_nothing_splits(rows_of, codes_of):
    target = np.arange(40) % 2
    assert fit_stump(rows_of("binary", target, features=codes_of({"same": np.zeros(40, dtype=int)}))) is None
    assert fit_stump(rows_of("binary", target, features=None)) is None
    assert fit_stump(rows_of("binary", np.ones(40), features=codes_of({"x": np.arange(40) % 4}))) is None
    assert fit_stump(rows_of("regression", np.full(40, 7.3), features=codes_of({"x": np.arange(40) % 4}))) is None


def test_many_categories_are_shortened_in_words(rows_of, codes_of):
    codes = np.arange(2000) % 20
    stump = fit_stump(rows_of("binary", codes >= 12, features=codes_of({"kind": codes})))
    assert stump.split == "level 12, level 13, level 14 and 5 more against the rest"


def test_counting_in_blocks_gives_the_same_stump(rows_of, codes_of, monkeypatch):
    rng = np.random.default_rng(7)
    columns = {"a": rng.normal(size=500), "b": rng.integers(0, 4, 500)}
    rows = rows_of("binary", rng.random(500) < 0.4, features=codes_of(columns), weight=rng.uniform(1, 2, 500))
    whole = fit_stump(rows)
    monkeypatch.setattr("modelcheck.checks.performance.trivial.stump._BLOCK", 64)
    blocks = fit_stump(rows)
    assert (blocks.feature, blocks.split, blocks.right.tolist()) == (whole.feature, whole.split, whole.right.tolist())
    assert blocks.leaves == pytest.approx(whole.leaves)


def test_hostile_names_stay_short_and_printable_in_words(rows_of, codes_of):
    from dataclasses import replace

    codes = np.arange(400) % 4
    features = codes_of({"x" * 10_000 + "\n": codes})
    labels = ("missing", "<script>", "\u202egnp\n", "y" * 10_000, "z")
    features = replace(features, levels=(replace(features.levels[0], labels=labels),))
    rows = rows_of("binary", codes >= 2, features=features)
    stump = fit_stump(rows)
    assert stump.split.isprintable()
    assert len(stump.split) < 300
    assert stump.feature == features.names[0]
