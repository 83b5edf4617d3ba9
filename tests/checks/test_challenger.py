"""The challenger is good, comes from the reference alone, and decides where the candidate does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from modelcheck.checks.performance.weakness import challenger as module
from modelcheck.checks.performance.weakness import fitted as answering
from modelcheck.checks.performance.weakness.challenger import Challenger, NoChallenger, fit_challenger
from modelcheck.checks.performance.weakness.fitting_rows import drawn, held_out


def fitted(reference, rows, seed=0):
    found = fit_challenger(reference, rows, rng=np.random.default_rng(seed))
    assert isinstance(found, Challenger), found
    return found


def refused(reference, rows):
    found = fit_challenger(reference, rows, rng=np.random.default_rng(0))
    assert isinstance(found, NoChallenger), found
    return found.reason


def sides(rows, n_reference):
    return rows.take(np.arange(n_reference)), rows.take(np.arange(n_reference, len(rows)))


@pytest.fixture
def two_classes(rows_of, codes_of):
    """Build 1,500 reference rows and 1,500 others: a number, a category and a hole that matter, and noise."""
    rng = np.random.default_rng(0)
    n = 3000
    number, noise, kind = rng.normal(size=n), rng.normal(size=n), rng.integers(0, 8, n)
    holes = rng.normal(size=n)
    hole = rng.random(n) < 0.3
    effect = np.array([2, -2, 1, -1, 2, -2, 1, -1])[kind]
    chance = 1 / (1 + np.exp(-(number + effect + 2 * hole - 0.6)))
    columns = {"number": number, "noise": noise, "kind": kind, "holes": np.where(hole, np.nan, holes)}
    rows = rows_of("binary", rng.random(n) < chance, 1 / (1 + np.exp(-number)), features=codes_of(columns))
    return (*sides(rows, 1500), chance[1500:], kind[1500:], hole[1500:])


def test_it_learns_numbers_categories_and_what_is_missing(two_classes):
    reference, rows, chance, kind, hole = two_classes
    score = fitted(reference, rows).score
    best = np.mean((chance >= 0.5) == rows.target)
    assert np.mean((score >= 0.5) == rows.target) > best - 0.03
    assert np.mean((rows.score >= 0.5) == rows.target) < best - 0.1
    assert score[kind % 2 == 0].mean() > score[kind % 2 == 1].mean() + 0.3
    assert score[hole].mean() > score[~hole].mean() + 0.2


def test_categories_have_no_order(rows_of, codes_of):
    rng = np.random.default_rng(1)
    kind = rng.integers(0, 200, 6000)
    good = rng.permutation(np.arange(200) % 2)[kind]
    rows = rows_of(
        "binary", rng.random(6000) < 0.05 + 0.9 * good, np.full(6000, 0.5), features=codes_of({"kind": kind})
    )
    reference, rows = sides(rows, 5000)
    assert np.mean((fitted(reference, rows).score >= 0.5) == good[5000:]) > 0.97


def test_the_truth_of_the_evaluated_rows_is_not_looked_at(two_classes):
    reference, rows, *_ = two_classes
    other = replace(rows, target=1 - rows.target)
    one, two = fitted(reference, rows), fitted(reference, other)
    np.testing.assert_array_equal(one.score, two.score)
    np.testing.assert_array_equal(one.decision, two.decision)
    assert one.words == two.words


def test_it_selects_as_many_rows_as_the_candidate(two_classes):
    reference, rows, *_ = two_classes
    for threshold in (0.1, 0.5, 0.9):
        strict = replace(rows, decision=(rows.score >= threshold).astype(np.int16))
        found = fitted(reference, strict)
        # Some codes are alike in many rows; a cut can't pass between them.
        assert found.decision.sum() == pytest.approx(strict.decision.sum(), abs=15)
        assert found.score[found.decision == 1].min() > found.score[found.decision == 0].max()
    assert fitted(reference, replace(rows, decision=None)).decision is None


def test_clusters_that_are_evaluated_are_left_out_and_told(two_classes):
    reference, rows, *_ = two_classes
    reference = replace(reference, cluster=(np.arange(1500) // 3).astype(np.int32))
    rows = replace(rows, cluster=(400 + np.arange(1500) // 3).astype(np.int32))
    found = fitted(reference, rows)
    assert "fitted on 1,200 reference rows (300 rows of clusters that are also evaluated left out)" in found.words
    # What the rows left out say has no say.
    seen = np.isin(reference.cluster, rows.cluster)
    changed = replace(reference, target=np.where(seen, 1 - reference.target, reference.target))
    np.testing.assert_array_equal(fitted(changed, rows).score, found.score)
    assert "left out" not in fitted(replace(reference, cluster=None), rows).words


def test_it_is_the_same_for_the_same_generator_whatever_the_threads(two_classes):
    reference, rows, *_ = two_classes
    weighted = replace(reference, weight=np.random.default_rng(2).uniform(0.5, 2.0, len(reference)))
    found = []
    for threads in (1, 3):
        with threadpool_limits(threads):
            found.append(fitted(weighted, rows))
    np.testing.assert_array_equal(found[0].score, found[1].score)
    assert found[0].words == found[1].words
    assert not np.array_equal(fitted(weighted, rows, seed=1).score, found[0].score)


def test_answers_in_blocks_are_the_same(two_classes, monkeypatch):
    reference, rows, *_ = two_classes
    whole = fitted(reference, rows)
    monkeypatch.setattr(answering, "_BLOCK", 100)
    np.testing.assert_array_equal(fitted(reference, rows).score, whole.score)


def test_weights_count(rows_of, codes_of):
    rng = np.random.default_rng(3)
    kind = rng.integers(0, 2, 2000)
    target = rng.random(2000) < 0.5
    # Among rows of kind 1 the positive ones stand for nine rows each.
    weight = np.where(target & (kind == 1), 9.0, 1.0)
    rows = rows_of("binary", target, np.full(2000, 0.5), features=codes_of({"kind": kind}), weight=weight)
    reference, rows = sides(rows, 1000)
    score = fitted(reference, rows).score
    assert score[rows.features.values[0] == 2].mean() == pytest.approx(0.9, abs=0.03)
    assert score[rows.features.values[0] == 1].mean() == pytest.approx(0.5, abs=0.06)


def test_several_classes_are_answered_and_decided_like_the_candidate(rows_of, codes_of):
    rng = np.random.default_rng(4)
    x, kind = rng.normal(size=4000), rng.integers(0, 4, 4000)
    logits = np.stack([x, -x, np.where(kind == 2, 2.0, -1.0)], axis=1)
    target = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    weak = np.exp(logits * 0.3) * np.array([1.0, 1.0, 1.6])
    rows = rows_of("multiclass", target, weak / weak.sum(axis=1, keepdims=True), features=codes_of({"x": x, "k": kind}))
    reference, rows = sides(rows, 2000)
    found = fitted(reference, rows)
    assert found.score.shape == (2000, 3)
    assert found.score.sum(axis=1) == pytest.approx(np.ones(2000))
    assert "trees a class fitted on 2,000 reference rows" in found.words
    assert np.bincount(found.decision, minlength=3) == pytest.approx(np.bincount(rows.decision, minlength=3), abs=40)
    assert np.mean(found.decision == rows.target) >= np.mean(rows.decision == rows.target) - 0.02
    never = replace(rows, decision=np.where(rows.decision == 2, 0, rows.decision).astype(np.int16))
    assert set(fitted(reference, never).decision.tolist()) == {0, 1}


def test_a_task_of_several_classes_may_have_two(two_classes):
    sides = [replace(side, task="multiclass", score=None) for side in two_classes[:2]]
    found, binary = fitted(*sides), fitted(*two_classes[:2])
    np.testing.assert_array_equal(found.score[:, 1], binary.score)
    assert found.decision.sum() == pytest.approx(binary.decision.sum(), abs=15)


def test_values_are_answered_in_their_own_unit_far_from_zero(rows_of, codes_of):
    rng = np.random.default_rng(5)
    x, kind = rng.uniform(size=4000), rng.integers(0, 3, 4000)
    truth = 1e7 + 1e-2 * (4 * x + kind)
    rows = rows_of("regression", truth + 1e-3 * rng.normal(size=4000), truth, features=codes_of({"x": x, "k": kind}))
    reference, rows = sides(rows, 2000)
    found = fitted(reference, rows)
    assert found.decision is None
    assert np.std(found.score - truth[2000:]) < 0.25 * np.std(truth)


def test_few_rows_get_a_fixed_number_of_trees_and_that_is_said(two_classes):
    reference, rows, *_ = two_classes
    few = fitted(reference.take(np.arange(150)), rows)
    assert few.words == (
        "a boosting of 20 trees, a fixed number as there are too few rows to choose one, fitted on 150 reference rows"
    )
    one = fitted(replace(reference, cluster=np.zeros(1500, dtype=np.int32)), rows)
    assert "too few clusters to choose one" in one.words
    assert "fixed" not in fitted(reference, rows).words


def test_of_a_large_reference_a_part_is_drawn_and_that_is_said(two_classes, monkeypatch):
    reference, rows, *_ = two_classes
    monkeypatch.setattr(module, "_MOST_ROWS", 1000)
    assert "fitted on 1,000 of 1,500 reference rows drawn at random" in fitted(reference, rows).words


def test_whole_clusters_are_drawn_and_held_out():
    rng = np.random.default_rng(6)
    cluster = rng.integers(0, 100, 3000).astype(np.int32) * 7
    usable = np.flatnonzero(cluster > 50)
    rows = drawn(usable, cluster, 900, rng)
    assert 700 < len(rows) <= 900
    assert np.isin(rows, usable).all()
    assert (np.diff(rows) > 0).all()
    assert set(cluster[rows]).isdisjoint(cluster[np.setdiff1d(usable, rows)])
    learnt, others = held_out(rng.integers(0, 2, 3000), cluster, rng, classes=True)
    assert len(learnt) + len(others) == 3000
    assert 450 < len(others) <= 600
    assert set(cluster[learnt]).isdisjoint(cluster[others])
    assert len(drawn(np.arange(500), np.zeros(500, dtype=np.int32), 100, rng)) == 100


def test_a_class_that_only_held_out_rows_have_does_not_choose():
    cluster = np.repeat(np.arange(100), 10).astype(np.int32)
    target = np.where(cluster == 3, 2, np.arange(1000) % 2)
    for seed in range(30):
        learnt, others = held_out(target, cluster, np.random.default_rng(seed), classes=True)
        assert set(target[others]) <= set(target[learnt])
    rare = np.where(np.arange(1000) == 5, 2, np.arange(1000) % 2)
    learnt, _ = held_out(rare, None, np.random.default_rng(0), classes=True)
    assert 5 in learnt


def test_without_enough_to_learn_from_there_is_none_and_a_reason(two_classes):
    reference, rows, *_ = two_classes
    assert refused(reference.take(np.arange(99)), rows) == "A challenger needs 100 reference rows; there are 99."
    same = np.zeros(1500, dtype=np.int32)
    reason = refused(replace(reference, cluster=same), replace(rows, cluster=same))
    assert reason == "A challenger needs 100 reference rows of clusters that are not evaluated too; there are 0."
    one_class = refused(replace(reference, target=np.zeros(1500, dtype=np.int16)), rows)
    assert one_class == "A challenger needs reference rows of every class; none is of class 1."
    flat = replace(reference.features, values=np.ones_like(reference.features.values))
    assert refused(replace(reference, features=flat), rows).startswith("No feature varies")
    assert "no features" in refused(replace(reference, features=None), rows)


def test_a_reference_of_another_coding_is_refused(two_classes, codes_of):
    reference, rows, *_ = two_classes
    other = codes_of({"number": np.linspace(0.0, 1.0, len(reference))})
    with pytest.raises(ValueError, match="coded otherwise"):
        fitted(replace(reference, features=other), rows)


def test_codes_that_the_reference_lacks_do_no_harm(rows_of, codes_of):
    rng = np.random.default_rng(7)
    x, kind = rng.normal(size=1000), rng.integers(0, 255, 1000)
    features = codes_of({"x": x, "kind": kind, "gone": rng.normal(size=1000)})
    features.values[1, :500] = features.values[1, :500] % 10
    features.values[2, :500] = 0
    rows = rows_of("binary", x > 0, np.full(1000, 0.5), features=features)
    reference, rows = sides(rows, 500)
    assert np.mean((fitted(reference, rows).score >= 0.5) == rows.target) > 0.9


def test_as_many_categories_as_there_are_codes_can_be_used(rows_of, codes_of):
    kind = np.arange(10_000) % 255
    rows = rows_of("binary", kind % 2 == 0, np.full(10_000, 0.5), features=codes_of({"kind": kind}))
    reference, rows = sides(rows, 5000)
    assert np.mean((fitted(reference, rows).score >= 0.5) == rows.target) > 0.95


def test_no_rows_get_no_answers(two_classes):
    reference, rows, *_ = two_classes
    found = fitted(reference, rows.take(np.arange(0)))
    assert len(found.score) == len(found.decision) == 0
