"""Slices that are told differ from each other, and say no more than they have to."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelcheck.slices import find
from modelcheck.slices.axes import Feature
from modelcheck.slices.channels import Channels
from modelcheck.slices.cover import Rows, cover, simplest
from modelcheck.slices.objectives import Excess, Totals
from modelcheck.slices.pool import Conjunction


def jaccard(one, other):
    return (one & other).sum() / max((one | other).sum(), 1)


@settings(max_examples=80, deadline=None)
@given(
    data=st.data(),
    overlap=st.sampled_from([0.0, 0.1, 0.5, 0.9]),
    objective=st.sampled_from(["sliceline", "excess", "effect", "significance"]),
    inference=st.booleans(),
)
def test_no_two_slices_overlap_more_than_allowed(data, overlap, objective, inference, problems):
    problem = data.draw(problems(rows=(6, 24), columns=(2, 4), depth=(1, 3)))
    assume(problem.loss.std() > 1e-9 * problem.loss.max())
    found = find(
        problem.features,
        problem.loss,
        objective=objective,
        depth=problem.depth,
        least=problem.least,
        most=problem.rows,
        max_overlap=overlap,
        inference=inference,
        permutations=2,
    )
    masks = [found.mask(one) for one in found.slices]
    for one, other in itertools.combinations(masks, 2):
        assert jaccard(one, other) <= overlap + 1e-12
    told = np.zeros(problem.rows, dtype=bool)
    for mask in masks:
        beyond = problem.loss - problem.loss.mean()
        assert beyond[mask & ~told].sum() >= 0.5 * beyond[mask].sum() - 1e-9
        told |= mask


@settings(max_examples=60, deadline=None)
@given(data=st.data(), objective=st.sampled_from(["sliceline", "excess", "effect", "significance"]))
def test_the_first_slice_told_is_the_best_or_a_simpler_one(data, objective, problems):
    problem = data.draw(problems(rows=(6, 24), columns=(2, 4), depth=(1, 3)))
    assume(problem.loss.std() > 1e-9 * problem.loss.max())
    options = {"objective": objective, "depth": problem.depth, "least": problem.least, "most": problem.rows}
    options |= {"inference": False}
    told = find(problem.features, problem.loss, **options)
    plain = find(problem.features, problem.loss, **options, max_overlap=1, tolerance=0)
    assert bool(told.slices) == bool(plain.slices)
    if not plain.slices:
        return
    first, best = told.slices[0], plain.slices[0]
    assert set(first.runs) <= set(best.runs)
    beyond = problem.loss - problem.loss.mean()
    mean_beyond = [beyond[found.mask(one)].mean() for found, one in ((told, first), (plain, best))]
    # Each condition that is dropped may cost a tenth of the excess per row.
    assert mean_beyond[0] >= 0.9 ** (len(best.runs) - len(first.runs)) * mean_beyond[1] - 1e-9


def test_a_slice_that_is_bad_only_by_one_told_before_is_not_told_again():
    rng = np.random.default_rng(0)
    n = 4_000
    a, b = rng.integers(0, 20, n), rng.integers(0, 3, n)
    wrong = (rng.random(n) < np.where(a == 7, 0.6, 0.1)).astype(float)
    # All of a = 7 lies in half, which is worse than the rest because of that alone; Jaccard is about .1.
    half = np.where(a == 7, 1, (rng.random(n) < 0.45).astype(int))
    features = [
        Feature(name="a", codes=a, size=20),
        Feature(name="b", codes=b, size=3),
        Feature(name="half", codes=half, size=2),
    ]
    found = find(features, wrong, depth=1)
    everything = find(features, wrong, depth=1, max_overlap=1, tolerance=0)
    assert found.slices[0].runs == ((0, 7, 7),)
    assert ((2, 1, 1),) in [one.runs for one in everything.slices]
    assert everything.slices[1].p_adjusted < 0.01
    assert ((2, 1, 1),) not in [one.runs for one in found.slices]
    assert len(found.proved) == 1


def test_two_slices_of_different_rows_are_both_told():
    rng = np.random.default_rng(1)
    n = 4_000
    a, b = rng.integers(0, 20, n), rng.integers(0, 20, n)
    wrong = (rng.random(n) < np.where((a == 7) | (b == 3), 0.5, 0.1)).astype(float)
    features = [Feature(name="a", codes=a, size=20), Feature(name="b", codes=b, size=20)]
    assert {one.runs for one in find(features, wrong).proved} == {((0, 7, 7),), ((1, 3, 3),)}


def test_the_whole_list_has_near_copies_and_the_told_one_has_none():
    rng = np.random.default_rng(2)
    n = 3_000
    a, b = rng.integers(0, 10, n), rng.integers(0, 2, n)
    wrong = (rng.random(n) < np.where((a >= 3) & (a <= 5), 0.4, 0.1)).astype(float)
    features = [Feature(name="a", codes=a, size=10, order=(0, 10)), Feature(name="b", codes=b, size=2)]
    plain, told = (find(features, wrong, max_overlap=overlap, tolerance=0.1) for overlap in (1.0, 0.5))
    assert len(plain.proved) == 10
    assert [one.runs for one in told.proved] == [((0, 3, 5),)]


@pytest.fixture
def plain():
    """Ten rows; all loss lies on a = 1, and b splits it in the middle."""
    a, b = np.repeat([0, 1], [6, 4]), np.array([0, 1] * 5)
    features = [Feature(name="a", codes=a, size=2), Feature(name="b", codes=b, size=2)]
    loss = np.where(a == 1, np.where(b == 1, 1.0, 0.95), 0.0)
    return features, loss, Rows(features, Channels.of_values(loss)), Excess(totals=Totals.of(loss))


def test_packed_rows_are_the_mask_of_the_conditions(plain):
    features, loss, rows, _ = plain
    one = Conjunction(runs=((0, 1, 1), (1, 0, 0)), n=2)
    packed = rows.of(one.runs)
    assert np.array_equal(rows.mask(packed), one.mask(features))
    assert rows.table(packed).tolist() == [2.0, loss[one.mask(features)].sum()]
    assert rows.table(rows.none()).tolist() == [0.0, 0.0]


def test_many_conditions_are_forgotten_and_found_again():
    codes = np.arange(1_000) % 500
    rows = Rows([Feature(name="a", codes=codes, size=500)], Channels.of_values(np.ones(1_000)))
    for _ in range(2):
        for code in range(500):
            assert np.array_equal(rows.mask(rows.of(((0, code, code),))), codes == code)


@pytest.mark.parametrize(("tolerance", "conditions"), [(0.0, 2), (0.04, 2), (0.05, 1), (0.5, 1)])
def test_a_condition_is_dropped_where_that_costs_little(plain, tolerance, conditions):
    _, loss, rows, objective = plain
    one = Conjunction(runs=((0, 1, 1), (1, 1, 1)), n=2, sums=(2.0,), score=2.0 - 2 * loss.mean())
    found = simplest(one, rows, objective, tolerance=tolerance, least=1, most=9)
    assert len(found.runs) == conditions
    if conditions == 1:
        assert found.runs == ((0, 1, 1),)
        assert found.n == 4
        assert found.sums == pytest.approx((3.9,))
        assert found.score == pytest.approx(3.9 - 4 * loss.mean())


def test_a_condition_stays_where_the_slice_would_be_too_large(plain):
    _, loss, rows, objective = plain
    one = Conjunction(runs=((0, 1, 1), (1, 1, 1)), n=2, sums=(2.0,), score=2.0 - 2 * loss.mean())
    assert simplest(one, rows, objective, tolerance=0.5, least=1, most=3) is one


def test_a_simpler_slice_that_is_told_already_is_not_told_twice(plain):
    _, loss, rows, objective = plain
    both = [
        Conjunction(runs=((0, 1, 1),), n=4, sums=(3.9,), score=3.9 - 4 * loss.mean()),
        Conjunction(runs=((0, 1, 1), (1, 1, 1)), n=2, sums=(2.0,), score=2.0 - 2 * loss.mean()),
    ]

    def told(apart, overlap):
        chosen = cover(both, rows, objective, most=5, overlap=overlap, apart=apart, change=lambda one: one)[0]
        return [len(one.runs) for one in chosen]

    assert told(True, 0.6) == [1]
    assert told(False, 0.6) == [1, 2]
    # Two rows of four are in both.
    assert told(False, 0.5) == [1, 2]
    assert told(False, 0.49) == [1]
    assert len(cover(both, rows, objective, most=1, overlap=1.0, apart=False, change=lambda one: one)[0]) == 1
