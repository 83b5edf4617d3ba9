import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.perturb.rounding import nice_unit, to_multiples


@given(st.floats(1e-280, 1e280))
def test_the_nice_unit_is_the_nearest_of_all(size):
    digit, power = nice_unit(size)
    assert digit in (1, 2, 5)
    ratio = np.log10(size) - np.log10(digit) - power
    assert abs(ratio) <= np.log10(2.5) / 2 + 1e-9


@given(st.floats(-1e6, 1e6), st.sampled_from([1, 2, 5]), st.integers(-4, 3))
def test_multiples_are_the_nearest_and_written_with_few_digits(value, digit, power):
    (found,) = to_multiples(np.array([value]), digit, power).tolist()
    unit = digit * 10.0**power
    assert abs(found - value) <= unit / 2 * (1 + 1e-6) + 1e-9
    assert found == float(f"{found:.{max(-power, 0)}f}")


def test_coarse_values_are_multiples_of_a_unit_of_their_spread(changed):
    reference = pd.DataFrame({"x": np.random.default_rng(0).normal(0.0, 2.3, 2_000)})
    for severity, unit in ((0.1, 0.2), (0.5, 1.0), (1.0, 2.0)):
        cells = changed("coarse_values", reference, {"x": "number"}, severity=severity).values["x"].to_numpy()
        assert np.allclose(cells / unit, np.round(cells / unit))


def test_whole_numbers_are_never_rounded_to_fractions(changed):
    reference = {"n": [0, 1, 2, 3, 4, 5]}
    assert len(changed("coarse_values", reference, {"n": "integer"}, severity=0.1).rows) == 0
    assert changed("coarse_values", reference, {"n": "integer"}, severity=1.0).values["n"].dtype == "int64"


def test_digits_are_lost_at_the_end(column):
    reference = {"x": [0.0, 1.26, 3.5, 99.99]}
    assert column("fewer_digits", reference, {"x": "number"}) == [1.3]
    assert column("fewer_digits", {"x": [0, 123, 1000]}, {"x": "integer"}, severity=2.0) == [100]


def test_fractions_are_cut_off_towards_zero(column, places):
    assert column("truncated", {"x": [-3.0, -1.7, 0.4, 1.9, 3.0, np.nan]}, {"x": "number"}) == [-1.0, 0.0, 1.0]
    assert places("truncated", {"n": [1, 2], "x": [1.0, 2.5]}, {"n": "integer", "x": "number"}) == [("x",)]


@pytest.mark.parametrize("name", ["coarse_values", "fewer_digits", "truncated"])
def test_rounding_that_would_leave_the_range_is_not_done(changed, name):
    reference = {"x": [0.31, 0.52, 0.97, 1.26, 1.74]}
    for severity in (1.0, 2.0):
        assert changed(name, reference, {"x": "number"}, severity=severity).values["x"].between(0.31, 1.74).all()
    assert len(changed(name, reference, {"x": "number"}, {"x": [-7.77, 9.99]}).rows) == 0
