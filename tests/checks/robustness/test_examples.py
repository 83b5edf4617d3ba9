"""Cells are shown as a reader sees them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.cells import cell
from modelcheck.checks.robustness.examples import examples_of
from modelcheck.checks.robustness.measuring import measured


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "(missing)"),
        (np.nan, "(missing)"),
        (pd.NaT, "(missing)"),
        (pd.NA, "(missing)"),
        (np.float64(0.1) + 0.2, "0.3"),
        (1234567.0, "1.23457e+06"),
        (7, "7"),
        ("Private", "Private"),
        ("Private ", "'Private '"),
        (" Private", "' Private'"),
        ("a  b", "'a  b'"),
        ("a\u200bb", r"'a\u200bb'"),
        ("a\nb", r"'a\nb'"),
        (True, "True"),
    ],
)
def test_a_cell_shows_what_could_be_overlooked(value, shown):
    assert cell(value) == shown


def test_a_long_cell_is_cut():
    assert len(cell("x" * 5000)) <= 60


def test_examples_are_the_rows_that_move_most_with_what_was_changed(healthy_context, people, healthy):
    found = measured(healthy_context)
    one = next(item for item in found.sweep.about("donor_value") if item.question.columns == ("age",))
    shown = examples_of(healthy_context, found, found.sweep.sound(one))
    moved = np.abs(one.after.score - found.sweep.before.score[one.rows])
    moved = moved + ((one.after.score >= 0.5) != (found.sweep.before.score[one.rows] >= 0.5))
    assert len(shown) == 5
    table = people()
    sizes = []
    for example in shown:
        before, after = (int(value) for value in example["age"].split(" -> "))
        row = table.iloc[[example["row"]]].drop(columns="y")
        assert row["age"].item() == before
        assert healthy(row)[0] == pytest.approx(example["score before"])
        assert healthy(row.assign(age=after))[0] == pytest.approx(example["score after"])
        flips = example["decision before"] != example["decision after"]
        sizes.append(abs(example["score after"] - example["score before"]) + flips)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == pytest.approx(moved.max())


def test_without_rows_there_are_no_examples(healthy_context):
    found = measured(healthy_context)
    one = found.sweep.answered[0]
    assert examples_of(healthy_context, found, one.among(np.zeros(len(one.rows), dtype=bool))) == ()
    nobody = replace(healthy_context, asking=None, shared=None)
    assert examples_of(nobody, found, one) == ()
