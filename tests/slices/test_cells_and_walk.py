"""Counting: every slice is shown once, with its rows and sums, however rows are cut into cells and blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.slices import cells, channels
from modelcheck.slices.axes import Feature, axis_of
from modelcheck.slices.channels import Channels
from modelcheck.slices.walk import walk, walk_both


class Everything:
    """Keeps all slices; shows fewer of them to come where `worthy` says so."""

    def __init__(self, worthy=None):
        self.runs, self.table, self.worthy = [], [], worthy

    def take(self, slices):
        n = slices.table.shape[1]
        chosen = slices.choices(np.arange(n))
        for at in range(n):
            self.runs.append(
                tuple(
                    sorted(
                        (axis.place, int(axis.first[one]), int(axis.last[one]))
                        for axis, one in zip(slices.axes, chosen[:, at], strict=True)
                    )
                )
            )
            self.table.append(slices.table[:, at])

    def worth(self, table):
        return None if self.worthy is None else self.worthy(table)

    def masks(self, features):
        return [
            np.logical_and.reduce([features[place].mask(first, last) for place, first, last in runs])
            for runs in self.runs
        ]


def walked(problem, values, *, ranges=True, bins=64, **options):
    seen = Everything()
    done = walk(problem.axes(ranges=ranges, bins=bins), values, seen, rows=problem.rows, least=problem.least, **options)
    return seen, done


@settings(max_examples=150, deadline=None)
@given(data=st.data(), ranges=st.booleans())
def test_every_slice_is_shown_once_with_its_rows_and_sums(data, problems, conditions, every_slice, rows_of, ranges):
    problem = data.draw(problems())
    extra = np.arange(problem.rows, dtype=np.float64) - 3.0
    values = data.draw(st.sampled_from([(problem.loss,), (problem.loss, extra)]))
    seen, _ = walked(problem, Channels.of_values(*values), ranges=ranges, depth=problem.depth)
    assert len(set(seen.runs)) == len(seen.runs)
    masks = seen.masks(problem.features)
    for mask, table in zip(masks, seen.table, strict=True):
        assert table[0] == mask.sum()
        assert table[1:] == pytest.approx([one[mask].sum() for one in values], abs=1e-9)
    listed = [conditions(one, ranges=ranges) for one in problem.features]
    expected = every_slice(listed, least=problem.least, depth=problem.depth)
    for size, whole in enumerate(expected, start=1):
        found = [mask for mask, runs in zip(masks, seen.runs, strict=True) if len(runs) == size]
        assert rows_of(found) == rows_of(whole)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_more_columns_than_rows_are_counted_like_any(data, problems, conditions, every_slice, rows_of):
    problem = data.draw(problems(rows=(2, 6), columns=(7, 10), sizes=(1, 3), depth=(2, 3)))
    seen, _ = walked(problem, Channels.of_values(problem.loss), depth=problem.depth)
    listed = [conditions(one) for one in problem.features]
    expected = np.concatenate(every_slice(listed, least=problem.least, depth=problem.depth))
    assert rows_of(seen.masks(problem.features)) == rows_of(expected)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_small_blocks_of_slices_and_rows_change_nothing(data, problems):
    problem = data.draw(problems(rows=(2, 24), depth=(2, 4)))
    values = Channels.of_values(problem.loss, problem.loss**2)
    whole, _ = walked(problem, values, depth=problem.depth)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "_WIDEST", 7)
        patch.setattr(channels, "_BLOCK", 5)
        parts, _ = walked(problem, values, depth=problem.depth)
    assert sorted(parts.runs) == sorted(whole.runs)
    tables = [dict(zip(one.runs, one.table, strict=True)) for one in (whole, parts)]
    for runs, table in tables[0].items():
        assert tables[1][runs] == pytest.approx(table, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), least_sum=st.floats(0, 10))
def test_what_is_worth_nothing_takes_only_its_parts_with_it(data, problems, least_sum):
    problem = data.draw(problems(depth=(2, 4)))
    values = Channels.of_values(problem.loss)
    whole, _ = walked(problem, values, depth=problem.depth)
    some = Everything(lambda table: table[1] >= least_sum)
    walk(problem.axes(), values, some, rows=problem.rows, least=problem.least, depth=problem.depth)
    # A sum of losses never grows when conditions are added, so that this is what has to be left.
    wanted = {runs for runs, table in zip(whole.runs, whole.table, strict=True) if table[1] >= least_sum + 1e-6}
    allowed = {runs for runs, table in zip(whole.runs, whole.table, strict=True) if table[1] >= least_sum - 1e-6}
    assert wanted <= set(some.runs) <= allowed


def test_the_first_number_of_conditions_that_is_shown_can_be_chosen():
    rng = np.random.default_rng(0)
    features = [Feature(name=f"f{k}", codes=rng.integers(0, 3, 90), size=3, order=(0, 3)) for k in range(4)]
    axes = [axis_of(one, place, least=2, bins=64, ranges=True) for place, one in enumerate(features)]
    values = Channels.of_values(rng.random(90))
    whole, later = Everything(), Everything()
    walk(axes, values, whole, rows=90, least=2, depth=3)
    walk(axes, values, later, rows=90, least=2, depth=3, first=3)
    assert sorted(later.runs) == sorted(runs for runs in whole.runs if len(runs) == 3)


def test_combinations_with_no_slice_of_rows_enough_are_left_out():
    # No row shares both a and b with another one, so that a and b with anything else are not counted.
    features = [
        Feature(name="c", codes=np.arange(12) % 2, size=2),
        Feature(name="a", codes=np.arange(12) // 4, size=3),
        Feature(name="b", codes=np.arange(12) % 4, size=4),
        Feature(name="rare", codes=np.arange(12), size=12),
    ]
    axes = [axis_of(one, place, least=2, bins=64, ranges=True) for place, one in enumerate(features)]
    seen = Everything()
    done = walk(axes, Channels.of_values(np.arange(12.0)), seen, rows=12, least=2, depth=3)
    assert {len(runs) for runs in seen.runs} == {1, 2}
    # Three columns, three pairs; the one triple holds a and b. The column of rare levels doesn't count at all.
    assert (done.combinations, done.left_out) == (6, 1)


def test_many_conditions_fewer_columns_and_no_columns_end():
    feature = Feature(name="a", codes=np.array([0, 0, 1, 1]), size=2)
    axis = axis_of(feature, 0, least=1, bins=64, ranges=True)
    seen = Everything()
    walk([axis], Channels.of_values(np.arange(4.0)), seen, rows=4, least=1, depth=9)
    assert len(seen.runs) == 2
    assert walk([], Channels.of_values(np.arange(4.0)), seen, rows=4, least=1, depth=3).combinations == 0


def test_slices_of_three_conditions_take_neighbouring_bins_together():
    rng = np.random.default_rng(1)
    features = [Feature(name=f"f{k}", codes=rng.integers(0, 6, 600), size=6, order=(0, 6)) for k in range(3)]
    fine, coarse = (
        [axis_of(one, place, least=1, bins=bins, ranges=True) for place, one in enumerate(features)] for bins in (64, 3)
    )
    seen = Everything()
    values = Channels.of_values(rng.random(600))
    walk_both(fine, coarse, values, seen, rows=600, least=1, depth=3)
    counts = [sum(len(runs) == size for runs in seen.runs) for size in (1, 2, 3)]
    assert counts == [3 * 20, 3 * 20**2, 5**3]
    again = Everything()
    walk_both(fine, fine, values, again, rows=600, least=1, depth=2)
    assert len(again.runs) == 3 * 20 + 3 * 20**2


def test_progress_grows_to_the_whole():
    rng = np.random.default_rng(2)
    features = [Feature(name=f"f{k}", codes=rng.integers(0, 3, 60), size=3) for k in range(5)]
    axes = [axis_of(one, place, least=2, bins=64, ranges=True) for place, one in enumerate(features)]
    told = []
    values = Channels.of_values(rng.random(60))
    walk(axes, values, Everything(), rows=60, least=2, depth=3, progress=lambda *pair: told.append(pair))
    done = [one for one, _ in told]
    assert done == sorted(done)
    assert {whole for _, whole in told} == {5 + 10 + 10}
    assert done[-1] == 25


def test_few_distinct_losses_are_counted_and_many_are_summed():
    few = Channels.of_values(np.array([0.0, 0.25, 3.0] * 20))
    assert few.kinds == 3
    late = np.zeros(3_000)
    late[2_000:] = np.arange(1_000)
    assert Channels.of_values(late).kind is None
    assert Channels.of_values(np.zeros(9), np.ones(9)).by_kind.tolist() == [[0.0, 1.0]]
    assert Channels.of_values(np.zeros(9), np.arange(9.0)).kind is None


@pytest.mark.parametrize("n", [3, 70_000, 140_000])
def test_tables_of_kinds_and_of_values_are_the_same(n):
    rng = np.random.default_rng(n)
    loss, codes = rng.choice([0.0, 0.5, 2.0], n), rng.integers(0, 7, n)
    rows = np.flatnonzero(rng.random(n) < 0.6)
    kinds, values = Channels.of_values(loss), Channels(n_sums=1, values=loss[None, :])
    assert kinds.kind is not None
    expected = [np.bincount(codes[rows], minlength=7), np.bincount(codes[rows], loss[rows], minlength=7)]
    for one in (kinds, values):
        base = one.start(n)[rows] * 7
        assert one.tabulate(base, codes[rows], 7, rows) == pytest.approx(np.array(expected, dtype=float))
