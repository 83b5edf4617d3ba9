"""Conditions on one feature: every run of neighbouring bins, every other level, and nothing twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.slices.axes import Feature, axis_of


def feature(codes, size, order=(0, 0)):
    return Feature(name="f", codes=np.asarray(codes), size=size, order=order)


def selected(axis, one):
    """Masks of the choices by their runs of codes; those by their runs of levels must agree."""
    masks = []
    for low, high, first, last in zip(axis.low, axis.high, axis.first, axis.last, strict=True):
        mask = one.mask(first, last)
        assert np.array_equal(mask, (axis.codes >= low) & (axis.codes <= high))
        masks.append(mask)
    assert len(axis) == len(masks)
    return masks


@settings(max_examples=200, deadline=None)
@given(data=st.data(), ranges=st.booleans())
def test_choices_are_all_conditions_with_rows_enough_that_leave_others(data, problems, conditions, rows_of, ranges):
    problem = data.draw(problems(columns=(1, 1), sizes=(1, 7)))
    one = problem.features[0]
    axis = axis_of(one, 0, least=problem.least, bins=64, ranges=ranges)
    expected = [mask for mask in conditions(one, ranges=ranges) if problem.least <= mask.sum() < problem.rows]
    assert rows_of(selected(axis, one)) == rows_of(expected)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), bins=st.integers(2, 5))
def test_coarse_choices_are_some_of_the_fine_ones(data, problems, rows_of, bins):
    problem = data.draw(problems(columns=(1, 1), sizes=(4, 12)))
    one = problem.features[0]
    fine, coarse = problem.axes()[0], problem.axes(bins=bins)[0]
    assert set(rows_of(selected(coarse, one))) <= set(rows_of(selected(fine, one)))
    start, stop = one.order
    assert len(np.unique(coarse.codes[(one.codes >= start) & (one.codes < stop)])) <= max(bins, 1)


def test_twenty_equal_bins_become_ten_pairs():
    one = feature(np.arange(200) % 20, 20, (0, 20))
    axis = axis_of(one, 0, least=1, bins=10, ranges=True)
    single = axis.low == axis.high
    assert axis.first[single].tolist() == list(range(0, 20, 2))
    assert axis.last[single].tolist() == list(range(1, 20, 2))
    assert len(axis) == 10 * 11 // 2 - 1


def test_a_bin_with_most_of_the_rows_stays_alone_when_bins_are_taken_together():
    one = feature(np.repeat(np.arange(6), [90, 2, 2, 2, 2, 2]), 6, (0, 6))
    axis = axis_of(one, 0, least=1, bins=3, ranges=True)
    assert (0, 0) in zip(axis.first.tolist(), axis.last.tolist(), strict=True)


def test_a_rare_level_selects_nothing_by_itself_but_counts_in_a_run():
    codes = np.repeat([0, 1, 2], [2, 10, 10])
    ordered = axis_of(feature(codes, 3, (0, 3)), 0, least=5, bins=64, ranges=True)
    assert sorted(zip(ordered.first.tolist(), ordered.last.tolist(), strict=True)) == [(0, 1), (1, 1), (1, 2), (2, 2)]
    names = axis_of(feature(codes, 3), 0, least=5, bins=64, ranges=True)
    assert names.first.tolist() == [1, 2]
    assert not names.joint


def test_empty_bins_at_the_ends_belong_to_the_open_runs():
    axis = axis_of(feature(np.repeat([2, 4, 5], 5), 8, (1, 8)), 0, least=1, bins=64, ranges=True)
    assert sorted(zip(axis.first.tolist(), axis.last.tolist(), strict=True)) == [(1, 2), (1, 4), (4, 4), (4, 7), (5, 7)]


@pytest.mark.parametrize("order", [(0, 0), (0, 3), (1, 3)])
@pytest.mark.parametrize("ranges", [False, True])
def test_a_constant_has_no_choice(order, ranges):
    assert len(axis_of(feature(np.ones(9, dtype=int), 3, order), 0, least=1, bins=64, ranges=ranges)) == 0


def test_many_levels_are_kept_apart():
    codes = np.repeat(np.arange(70_000), 2)
    axis = axis_of(feature(codes, 70_000), 0, least=2, bins=64, ranges=False)
    assert len(axis) == axis.size == 70_000
    assert np.array_equal(axis.codes, codes)
    few = axis_of(feature(np.repeat(np.arange(300), 2), 300), 0, least=2, bins=64, ranges=False)
    assert few.codes.dtype == np.uint16


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ([0, 5], "codes from 0 to 5; allowed are 0 to 2"),
        ([-1, 1], "codes from -1 to 1"),
        ([0.0, 1.0], "codes of float64"),
        ([True, False], "codes of bool"),
        ([[0], [1]], r"shape \(2, 1\)"),
    ],
)
def test_codes_that_are_none_are_refused(codes, words):
    with pytest.raises(ValueError, match=words):
        axis_of(feature(codes, 3), 0, least=1, bins=64, ranges=True)


def test_words_name_codes_where_nothing_else_is_known():
    one = feature([0, 1], 3)
    assert (one.words(1, 1), one.words(0, 2)) == ("f = 1", "f 0 to 2")
