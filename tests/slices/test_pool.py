"""The best slices are kept, however they arrive."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelcheck.slices.axes import Feature, axis_of
from modelcheck.slices.channels import Channels
from modelcheck.slices.objectives import Effect, Excess, Significance, SliceLine, Totals
from modelcheck.slices.pool import Conjunction, Pool, Pools
from modelcheck.slices.walk import walk


def objective_of(name, loss):
    totals = Totals.of(loss)
    kinds = {"excess": Excess, "effect": Effect, "significance": Significance}
    return SliceLine(totals=totals, alpha=0.95) if name == "sliceline" else kinds[name](totals=totals)


@settings(max_examples=150, deadline=None)
@given(
    data=st.data(),
    name=st.sampled_from(["sliceline", "excess", "effect", "significance"]),
    size=st.integers(1, 12),
    prune=st.booleans(),
    ranges=st.booleans(),
    share=st.sampled_from([0.5, 1.0]),
)
def test_the_best_are_those_of_brute_force(
    data, name, size, prune, ranges, share, problems, conditions, every_slice, scores
):
    problem = data.draw(problems())
    loss = problem.loss
    assume(loss.std() > 1e-9 * loss.max())
    most = int(share * problem.rows)
    pool = Pool(objective_of(name, loss), size=size, least=problem.least, most=most, prune=prune)
    axes = problem.axes(ranges=ranges)
    walk(axes, Channels.of_values(loss), pool, rows=problem.rows, least=problem.least, depth=problem.depth)
    listed = [conditions(one, ranges=ranges) for one in problem.features]
    masks = np.concatenate(every_slice(listed, least=problem.least, depth=problem.depth))
    masks = masks[masks.sum(axis=1) <= most]
    if not prune:
        assert pool.eligible == len(masks)
    expected = scores(masks, loss)[name]
    found = list(pool.best())
    top = np.sort(expected[expected > 1e-9])[::-1][:size]
    assert [one.score for one in found if one.score > 1e-9] == pytest.approx(top, rel=1e-7, abs=1e-9)
    for one in found:
        inside = one.mask(problem.features)
        assert one.n == inside.sum() <= most
        assert one.sums == pytest.approx((loss[inside].sum(),), abs=1e-9)
        assert one.score == pytest.approx(scores([inside], loss)[name][0], rel=1e-7, abs=1e-9)
        assert [place for place, _, _ in one.runs] == sorted({place for place, _, _ in one.runs})


def test_pools_keep_the_best_of_each_number_of_conditions():
    rng = np.random.default_rng(0)
    features = [Feature(name=f"f{k}", codes=rng.integers(0, 4, 200), size=4) for k in range(4)]
    axes = [axis_of(one, place, least=3, bins=64, ranges=True) for place, one in enumerate(features)]
    loss = rng.random(200)
    objective = objective_of("effect", loss)
    pools = Pools(objective, size=3, least=3, most=100, depth=3)
    walk(axes, Channels.of_values(loss), pools, rows=200, least=3, depth=3)
    found = list(pools.best())
    assert [sum(len(one.runs) == size for one in found) for size in (1, 2, 3)] == [3, 3, 3]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert pools.dropped
    for size in (1, 2, 3):
        alone = Pool(objective, size=3, least=3, most=100, prune=False)
        walk(axes, Channels.of_values(loss), alone, rows=200, least=3, depth=size, first=size)
        assert [one.runs for one in alone.best()] == [one.runs for one in found if len(one.runs) == size]
        assert pools.eligible[size - 1] == alone.eligible


def test_of_equal_scores_the_slice_with_fewer_conditions_comes_first():
    # b says the same as a, and both together too.
    codes = np.repeat([0, 1], 20)
    features = [Feature(name=name, codes=codes, size=2) for name in "ab"]
    axes = [axis_of(one, place, least=1, bins=64, ranges=True) for place, one in enumerate(features)]
    loss = codes.astype(float)
    for collector in (
        Pool(objective_of("effect", loss), size=9, least=1, most=40, prune=False),
        Pools(objective_of("effect", loss), size=9, least=1, most=40, depth=2),
    ):
        walk(axes, Channels.of_values(loss), collector, rows=40, least=1, depth=2)
        assert [one.runs for one in collector.best()] == [((0, 1, 1),), ((1, 1, 1),), ((0, 1, 1), (1, 1, 1))]


def test_a_slice_without_conditions_is_refused():
    with pytest.raises(ValueError, match="without conditions"):
        Conjunction(runs=(), n=3).mask([])
