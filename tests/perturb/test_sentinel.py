import numpy as np

KINDS = {"amount": "number", "age": "integer"}
TABLE = {"amount": [-5.0, 2_000.0, np.nan], "age": [20, 30, 40]}


def test_a_number_within_the_range_and_one_outside_are_two_perturbations(places):
    assert places("zero_for_missing", TABLE, KINDS) == [("amount",)]
    assert places("zero_for_missing_beyond", TABLE, KINDS) == [("age",)]
    assert places("minus_one_for_missing", TABLE, KINDS) == [("amount",)]
    assert places("nines_for_missing_beyond", TABLE, KINDS) == [("age",)]


def test_every_cell_gets_the_number_the_missing_ones_too(column):
    assert column("nines_for_missing", TABLE, KINDS) == [999.0, 999.0, 999.0]
    assert column("minus_one_for_missing_beyond", TABLE, KINDS) == [-1, -1, -1]


def test_a_cell_that_has_the_number_already_did_not_change(changed):
    assert changed("zero_for_missing", {"x": [0, 1, -1]}, {"x": "integer"}).rows.tolist() == [1, 2]
