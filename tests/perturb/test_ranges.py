import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def reference():
    return {"x": np.arange(1_000.0), "n": np.arange(1_000)}


KINDS = {"x": "number", "n": "integer"}


def test_clipping_pulls_in_the_outer_hundredths(changed, reference):
    found = changed("clipped", reference, KINDS)
    assert found.rows.tolist() == [*range(9), *range(990, 1_000)]
    assert set(found.values["x"]) == {9.0, 989.0}


def test_clipping_leaves_what_lies_outside_the_range_and_what_is_missing(changed, reference):
    rows = {"x": [-5.0, 0.0, np.nan, 2_000.0], "n": [0, 0, 0, 0]}
    assert changed("clipped", reference, KINDS, rows).rows.tolist() == [1]


@pytest.mark.parametrize("severity", [1.0, 3.0, 10.0])
def test_outliers_lie_so_many_spreads_beyond_the_ends(changed, reference, severity):
    spread = np.subtract(*np.quantile(reference["x"], [0.75, 0.25])) / 1.3489795
    above = changed("above_range", reference, KINDS, severity=severity).values["x"]
    below = changed("below_range", reference, KINDS, severity=severity).values["x"]
    assert np.allclose(above, 999.0 + severity * spread)
    assert np.allclose(below, -severity * spread)


def test_outliers_of_whole_numbers_are_whole_and_not_nearer(changed, reference):
    found = changed("above_range", reference, KINDS, columns=("n",)).values["n"]
    assert (found.dtype, found.unique().tolist()) == ("int64", [1370])


def test_a_cell_further_out_stays(changed, reference):
    rows = {"x": [5.0, 1e9, np.inf, np.nan], "n": [0] * 4}
    assert changed("above_range", reference, KINDS, rows).rows.tolist() == [0]


def test_a_range_as_wide_as_the_numbers_go_has_nothing_beyond(places):
    assert places("above_range", pd.DataFrame({"x": [1e308, 5e307, 0.0, 1.0]}), {"x": "number"}) == []
