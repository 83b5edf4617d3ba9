"""Searches that would not end are refused before anything is counted."""

from __future__ import annotations

import re
from itertools import combinations
from math import prod

import numpy as np
import pytest

from modelcheck.slices import work
from modelcheck.slices.axes import Feature, axis_of
from modelcheck.slices.work import affordable_depth, refuse_too_much, steps


def axes(columns, levels=3, rows=60):
    features = [Feature(name=f"c{k}", codes=np.arange(rows) % levels, size=levels) for k in range(columns)]
    return [axis_of(one, place, least=1, bins=64, ranges=True) for place, one in enumerate(features)]


def test_steps_count_passes_and_conjunctions():
    some = [*axes(3, 2), *axes(2, 5)]
    lengths = [len(axis) for axis in some]
    chosen = [combo for size in (1, 2, 3) for combo in combinations(lengths, size)]
    once, one = steps(some, 0, 3), steps(some, 1, 3) - steps(some, 0, 3)
    assert steps(some, 1_000, 3) == once + 1_000 * one
    # Each combination of columns is a pass over the rows; each conjunction has a price, whatever the rows.
    assert one % len(chosen) == 0
    assert once == len(chosen) * work._PER_PASS + sum(map(prod, chosen)) * work._PER_SLICE


def test_the_depth_that_is_named_is_the_largest_that_works():
    many = axes(1_000)
    with pytest.raises(ValueError, match="too many") as caught:
        refuse_too_much(many, 500, 3)
    named = int(re.search(r"Pass depth=(\d+)", str(caught.value)).group(1))
    assert named == 2
    refuse_too_much(many, 500, named)
    assert affordable_depth(many, 500, 3, most=2e12) == named


def test_an_ordinary_search_is_not_refused():
    refuse_too_much(axes(14, 10), 10_000_000, 3)
    refuse_too_much(axes(50, 10), 1_000_000, 2)


def test_where_no_depth_works_fewer_columns_are_asked_for():
    with pytest.raises(ValueError, match="too many") as caught:
        refuse_too_much(axes(1_000), 10**12, 1)
    assert "depth=" not in str(caught.value)
    assert "fewer columns" in str(caught.value)


def test_depth_1_is_always_left():
    assert affordable_depth(axes(5), 10, 4, most=0.0) == 1
