import numpy as np
import pytest

WHOLE = {"x": "integer"}


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("times_10", [250, -30]),
        ("times_100", [2500, -300]),
        ("times_1000", [25000, -3000]),
        ("divided_by_10", [2, 0]),
        ("pounds_for_kilograms", [25 * 2.20462, -3 * 2.20462]),
        ("kilograms_for_pounds", [11, -1]),
        ("centimetres_for_inches", [63.5, -7.62]),
        ("inches_for_centimetres", [10, -1]),
        ("sign_flipped", [-25, 3]),
        ("sign_lost", [3]),
    ],
)
def test_units_do_to_whole_numbers_what_they_say(column, name, after):
    assert column(name, {"x": [25, -3, 0]}, WHOLE) == after


@pytest.mark.parametrize(("name", "kind"), [("times_10", "int64"), ("divided_by_100", "int64"),
                                            ("centimetres_for_inches", "float64")])  # fmt: skip
def test_whole_numbers_stay_whole_unless_the_factor_makes_fractions(changed, name, kind):
    assert changed(name, {"x": [251, 3]}, WHOLE).values["x"].dtype == kind


def test_fractions_are_divided_without_rounding(column):
    assert column("divided_by_10", {"x": [25.5, 3.0]}, {"x": "number"}) == [2.55, 0.3]


def test_nothing_and_missing_values_have_no_unit(changed):
    found = changed("times_1000", {"x": [0.0, np.nan, 1.5, np.inf]}, {"x": "number"})
    assert found.rows.tolist() == [2]


def test_a_number_too_large_for_any_unit_stays(changed):
    assert changed("times_10", {"x": [1.5, 2.5]}, {"x": "number"}, {"x": [1e308, 1.5]}).rows.tolist() == [1]


def test_a_sign_can_be_lost_only_where_there_is_one(places):
    kinds = {"plus": "integer", "both": "integer"}
    assert places("sign_lost", {"plus": [1, 2], "both": [-1, 2]}, kinds) == [("both",)]


def test_whole_numbers_too_large_for_their_type_become_a_larger_one(column):
    assert column("times_10", {"x": np.array([100, 3], dtype="int8")}, WHOLE) == [1000, 30]
    assert column("times_10", {"x": [2**62, 3]}, WHOLE) == [2.0**62 * 10, 30.0]
