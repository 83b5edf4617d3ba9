"""Scores say what their definitions say, and no part of a slice exceeds the slice's bound."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelcheck.slices.beyond import Among, Beyond
from modelcheck.slices.objectives import Effect, Excess, Significance, SliceLine, Totals

LOSSES = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 100, width=32))


def objectives(loss, alpha=0.95):
    totals = Totals.of(loss)
    return {
        "sliceline": SliceLine(totals=totals, alpha=alpha),
        "excess": Excess(totals=totals),
        "effect": Effect(totals=totals),
        "significance": Significance(totals=totals),
    }


def table_of(masks, loss):
    return np.array([masks.sum(axis=1), masks @ loss], dtype=np.float64)


@st.composite
def cases(draw):
    loss = np.array(draw(st.lists(LOSSES, min_size=2, max_size=14)))
    assume(loss.std() > 1e-9 * loss.max())
    return loss


@settings(max_examples=200, deadline=None)
@given(loss=cases(), seed=st.integers(0, 2**32 - 1), alpha=st.sampled_from([0.5, 0.95, 1.0]))
def test_scores_are_those_of_the_definitions(loss, seed, alpha, scores):
    rng = np.random.default_rng(seed)
    masks = rng.random((20, len(loss))) < rng.random((20, 1))
    masks = masks[masks.any(axis=1)]
    expected = scores(masks, loss, alpha=alpha)
    for name, objective in objectives(loss, alpha).items():
        found = objective.score(table_of(masks, loss))
        assert found == pytest.approx(expected[name], rel=1e-7, abs=1e-7), name


@settings(max_examples=300, deadline=None)
@given(
    loss=cases(),
    seed=st.integers(0, 2**32 - 1),
    least=st.integers(1, 6),
    alpha=st.sampled_from([0.05, 0.5, 0.95, 0.999, 1.0]),
)
def test_no_part_of_a_slice_scores_above_its_bound(loss, seed, least, alpha):
    rng = np.random.default_rng(seed)
    whole = rng.random(len(loss)) < rng.uniform(0.3, 1.2)
    assume(whole.sum() >= least)
    inside = np.flatnonzero(whole)
    # Random parts, and the worst ones: the rows of the largest losses.
    parts = [whole, *(whole & (rng.random(len(loss)) < rng.random()) for _ in range(40))]
    worst = inside[np.argsort(-loss[inside], kind="stable")]
    parts += [np.isin(np.arange(len(loss)), worst[:size]) for size in range(least, len(inside) + 1)]
    masks = np.array([part for part in parts if part.sum() >= least])
    for name, objective in objectives(loss, alpha).items():
        bound = float(objective.bound(table_of(whole[None, :], loss), least)[0])
        largest = float(objective.score(table_of(masks, loss)).max())
        # Slices are only looked for above 0.
        assert max(largest, 0.0) <= max(bound, 0.0) + 1e-9 * max(1.0, abs(largest)), name


@pytest.mark.parametrize("name", ["sliceline", "excess", "effect", "significance"])
def test_bounds_leave_out_what_can_not_matter(name):
    rng = np.random.default_rng(0)
    loss = (rng.random(1_000) < 0.3).astype(float)
    objective = objectives(loss)[name]
    harmless = np.array([[100.0], [0.0]])
    worst = np.array([[100.0], [100.0]])
    assert objective.bound(harmless, 10)[0] <= 0.0
    assert objective.bound(worst, 10)[0] >= objective.score(worst)[0] > 0.0


@pytest.mark.parametrize("name", ["sliceline", "excess", "effect", "significance"])
def test_the_excess_is_the_loss_beyond_as_many_average_rows(name):
    loss = np.array([0.0, 0.0, 1.0, 3.0])
    assert objectives(loss)[name].excess(np.array([2.0, 4.0])) == pytest.approx(4.0 - 2 * 1.0)


@pytest.mark.parametrize("name", ["sliceline", "excess", "effect", "significance"])
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_among_scores_the_rows_that_count(name, data, scores):
    loss = data.draw(cases())
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    n = 2 * len(loss)
    counts = np.zeros(n, dtype=bool)
    counts[rng.permutation(n)[: len(loss)]] = True
    values = np.zeros(n)
    values[counts] = loss
    masks = rng.random((20, n)) < 0.5
    masks = masks[masks.any(axis=1)]
    table = np.array([masks.sum(axis=1), (masks & counts).sum(axis=1), masks @ values], dtype=np.float64)
    objective = Among(objective=objectives(loss)[name])
    found = objective.score(table)
    known = table[1] > 0
    assert not found[~known].any()
    if known.any():
        expected = scores(masks[known][:, counts], loss)[name]
        assert found[known] == pytest.approx(expected, rel=1e-7, abs=1e-7)
    assert objective.bound(table, 1) is None
    assert objective.excess(table[:, 0]) == pytest.approx(table[2, 0] - table[1, 0] * loss.mean(), abs=1e-9)


def test_beyond_a_limit_counts_standard_errors_on_one_side_or_both():
    value = np.array([0.5, 0.7, 0.6, 0.9])
    table = np.array([[4.0, 4.0], [value.sum(), -value.sum()], [(value**2).sum()] * 2])
    beyond = (value.sum() - 4 * 0.1) / math.sqrt((value**2).sum())
    one, two = (Beyond(limit=0.1, sides=sides).score(table) for sides in (1, 2))
    assert one[0] == pytest.approx(beyond)
    assert one[1] < 0
    assert two == pytest.approx([beyond, beyond])
    assert Beyond(limit=0.1).bound(table, 1) is None
    assert Beyond(limit=0.1, sides=2).excess(table[:, 1]) == pytest.approx(value.sum() - 0.4)


def test_beyond_a_limit_slices_without_any_value_prove_nothing():
    assert Beyond(limit=0.1).score(np.array([[10.0], [0.0], [0.0]]))[0] == 0.0


def test_beyond_a_limit_a_few_rows_all_alike_do_not_come_before_many_that_differ_a_little():
    few, many = np.full(50, 0.3), np.r_[np.full(800, 0.3), np.full(200, 0.2)]
    table = np.array([[v.size, v.sum(), (v**2).sum()] for v in (few, many)]).T
    first, second = Beyond(limit=0.05).score(table)
    assert second > 2 * first


def test_totals_of_one_row_have_no_spread():
    assert Totals.of(np.array([3.0])).spread == 0.0
