import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.perturb.catalogue import named
from modelcheck.perturb.perturbation import perturb
from modelcheck.perturb.profile import profile_table

NOISE = ["gaussian_noise", "uniform_noise"]
BOTH = {"age": "integer", "price": "number", "job": "category"}


@pytest.fixture
def table():
    rng = np.random.default_rng(1)
    size = 4_000
    return pd.DataFrame(
        {"age": rng.integers(20, 80, size), "price": rng.normal(100.0, 15.0, size), "job": rng.choice(["a", "b"], size)}
    )


@pytest.mark.parametrize("name", NOISE)
def test_noise_is_put_on_each_column_of_numbers_alone_and_on_all_together(places, table, name):
    assert places(name, table, BOTH) == [("age",), ("price",), ("age", "price")]
    assert places(name, table[["price"]], {"price": "number"}) == [("price",)]


@pytest.mark.parametrize("name", NOISE)
@pytest.mark.parametrize("severity", [0.02, 0.5])
def test_noise_has_the_size_it_says(changed, table, name, severity):
    found = changed(name, table, BOTH, columns=("price",), severity=severity)
    moved = found.values["price"].to_numpy() - table["price"].to_numpy()[found.rows]
    assert np.std(moved) / 15.0 == pytest.approx(severity, rel=0.1)


@pytest.mark.parametrize("name", NOISE)
def test_whole_numbers_move_by_whole_steps_and_some_do_not(changed, table, name):
    found = changed(name, table, BOTH, columns=("age",), severity=0.02)
    assert found.values["age"].dtype == "int64"
    assert 0 < len(found.rows) < len(table)
    assert set(found.values["age"] - table["age"].to_numpy()[found.rows]) <= {-2, -1, 1, 2}


def test_whole_numbers_with_gaps_move_by_whole_steps_too(changed, table):
    rows = table.assign(age=table["age"].where(table["age"] > 30))
    found = changed("gaussian_noise", rows, BOTH, columns=("age",), severity=0.5)
    assert (found.values["age"] % 1 == 0).all()
    assert rows["age"].notna().to_numpy()[found.rows].all()


@pytest.mark.parametrize("name", [*NOISE, "integer_steps", "to_zero", "from_zero"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_numbers_never_leave_the_range_and_missing_ones_stay_missing(name, data):
    cell = st.one_of(st.just(0), st.integers(-50, 50), st.integers(-(2**40), 2**40))
    kind = data.draw(st.sampled_from(["integer", "number"]))
    if kind == "number":
        cell = st.one_of(st.just(0.0), st.just(np.nan), st.floats(-9.0, 9.0), st.floats(-1e150, 1e150), st.just(np.inf))
    reference = pd.DataFrame({"x": data.draw(st.lists(cell, min_size=2, max_size=9))})
    rows = pd.DataFrame({"x": data.draw(st.lists(cell, min_size=1, max_size=9))}).astype(reference.dtypes)
    before = rows.copy(deep=True)
    profile = profile_table(reference, {"x": kind})
    one = named(name)
    for columns in one.places(profile):
        for severity in one.severities:
            made = [perturb(one, rows, columns, profile, severity, np.random.default_rng(3)) for _ in range(2)]
            cells = made[0].values["x"]
            assert cells.dtype == rows["x"].dtype
            assert cells.between(profile.columns["x"].low, profile.columns["x"].high).all()
            assert rows["x"].notna().to_numpy()[made[0].rows].all()
            assert made[0].rows.tolist() == made[1].rows.tolist()
            assert cells.tolist() == made[1].values["x"].tolist()
    pd.testing.assert_frame_equal(rows, before)


def test_cells_that_lie_outside_the_range_already_stay(changed):
    found = changed("gaussian_noise", {"x": [0.0, 1.0, 2.0]}, {"x": "number"}, {"x": [1.0, 50.0, -50.0]}, severity=0.5)
    assert found.rows.tolist() == [0]


@pytest.mark.parametrize("severity", [1.0, 2.0])
def test_steps_change_every_whole_number_by_exactly_so_many(changed, severity):
    reference = {"n": np.arange(10), "x": np.arange(10) / 4}
    found = changed("integer_steps", reference, {"n": "integer", "x": "number"}, severity=severity)
    assert found.rows.tolist() == list(range(10))
    assert set(np.abs(found.values["n"] - np.arange(10))) == {severity}


def test_steps_have_a_place_only_in_whole_numbers(places):
    assert places("integer_steps", {"n": [1, 2], "x": [0.5, 1.0]}, {"n": "integer", "x": "number"}) == [("n",)]


def test_small_amounts_become_nothing_and_large_ones_stay(changed):
    reference = {"x": [0.0, 0.01, 1.0, 2.0, 3.0]}
    found = changed("to_zero", reference, {"x": "number"})
    assert (found.rows.tolist(), found.values["x"].tolist()) == ([1], [0.0])


def test_nothing_becomes_the_smallest_amount_that_occurs(column):
    assert column("from_zero", {"x": [0, 7, 3, 0]}, {"x": "integer"}) == [3, 3]
    assert column("from_zero", {"x": [0, -7, -3, 0]}, {"x": "integer"}) == [-3, -3]


def test_zeros_need_a_zero(places):
    reference = {"none": [1, 2, 3], "between": [-1, 1, 2], "has": [0, 1, 2]}
    kinds = dict.fromkeys(reference, "integer")
    assert places("to_zero", reference, kinds) == [("between",), ("has",)]
    assert places("from_zero", reference, kinds) == [("has",)]


def test_whole_numbers_that_no_float_can_hold_are_left_alone(places):
    assert places("gaussian_noise", {"n": [2**60, 2**60 + 5, 2**60 + 9]}, {"n": "integer"}) == []


def test_the_value_that_most_rows_share_stays_under_noise(changed):
    reference = {"gain": [0.0] * 60 + list(np.linspace(100.0, 900.0, 40))}
    found = changed("gaussian_noise", reference, {"gain": "number"}, severity=0.5)
    assert len(found.rows) > 0
    assert (found.rows >= 60).all()


def test_columns_of_two_values_have_steps_and_no_noise(places):
    assert places("integer_steps", {"n": [1, 1, 2]}, {"n": "integer"}) == [("n",)]
    assert places("gaussian_noise", {"n": [1, 1, 2]}, {"n": "integer"}) == []
