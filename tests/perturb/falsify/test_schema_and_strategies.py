"""What may be put where, the simplest first; and draws that are even and the same in every process."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from modelcheck.perturb.falsify.schema import MOST_DONORS, Schema, Unsatisfiable, schema_of, simplicity
from modelcheck.perturb.falsify.strategies import cases, one_of, places
from modelcheck.perturb.profile import profile_table

from .conftest import KINDS, table


def _schema(frame, kinds, rows=None, columns=None):
    profile = profile_table(frame, kinds)
    return schema_of(profile, frame if rows is None else rows, columns, np.random.default_rng(0))


def test_pools_are_simple_first_and_missing_last_and_only_where_it_was_seen():
    schema = _schema(table(), KINDS)
    assert schema.columns == tuple(name for name in KINDS if name != "same")
    assert schema.pools["job"] == ["clerk", "nurse", "cook", "smith", "priest"]
    assert schema.pools["debt"][-1] is None
    assert schema.pools["debt"][0] == 1000
    assert all(None not in schema.pools[name] for name in schema.columns if name != "debt")
    assert schema.pools["age"][:3] == [50, 60, 40]
    assert set(schema.pools["age"]) == set(table()["age"])
    assert schema.pools["since"][0].endswith("-01-01T00:00:00")


def test_a_code_gets_no_round_numbers_between_its_values():
    frame = pd.DataFrame({"code": [3, 17, 99] * 5, "amount": range(15)})
    schema = _schema(frame, {"code": "integer", "amount": "integer"})
    assert sorted(schema.pools["code"]) == [3, 17, 99]


def test_round_numbers_lie_within_the_range_and_on_the_step():
    frame = pd.DataFrame({"x": np.arange(1_003, 9_000, 7)})
    pool = _schema(frame, {"x": "integer"}).pools["x"]
    assert {2_000, 5_000} <= set(pool)
    assert pool[0] in (2_000, 5_000)
    assert min(pool) == 1_003
    assert all(isinstance(value, int) for value in pool)


def test_a_category_that_the_rows_do_not_know_is_left_out():
    reference = pd.DataFrame({"x": pd.Series(["a", "b", "c"], dtype="category")})
    rows = pd.DataFrame({"x": pd.Series(["a", "b"], dtype="category")})
    assert _schema(reference, {"x": "category"}, rows).pools["x"] == ["a", "b"]


def test_one_value_and_missing_is_something_to_change():
    frame = pd.DataFrame({"x": [1.0, None, 1.0]})
    assert _schema(frame, {"x": "constant"}).pools["x"] == [1, None]


def test_dates_with_a_zone_survive():
    moments = pd.Series(pd.date_range("2021-03-27", periods=60, freq="h", tz="Europe/Berlin"))
    schema = _schema(pd.DataFrame({"x": moments}), {"x": "date"})
    assert set(schema.pools["x"]) <= {moment.isoformat() for moment in moments}


def test_texts_and_identifiers_get_values_that_occur():
    frame = pd.DataFrame({"t": [f"text {i}" for i in range(60)], "i": np.arange(60) * 7})
    schema = _schema(frame, {"t": "text", "i": "identifier"})
    assert set(schema.pools["t"]) == set(frame["t"])
    assert set(schema.pools["i"]) == set(frame["i"])


def test_donors_are_whole_rows_and_not_too_many():
    frame = table(3_000)
    schema = _schema(frame, KINDS)
    assert schema.n_donors == MOST_DONORS
    rows = set(zip(frame["age"], frame["zip"], strict=True))
    assert set(zip(schema.donors["age"], schema.donors["zip"], strict=True)) <= rows


def test_nothing_to_change_is_a_sentence():
    assert isinstance(_schema(pd.DataFrame({"a": [1, 1]}), {"a": "constant"}), Unsatisfiable)


def test_simplicity_counts_digits_before_nearness():
    assert sorted([39.0, 0.0, 40.0, 100.0, 37.5, -40.0], key=lambda one: simplicity(one, 39.0)) == [
        0.0,
        40.0,
        100.0,
        -40.0,
        39.0,
        37.5,
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 64, 100, 255])
def test_places_are_within_bounds_and_even(count):
    drawn = []

    @settings(max_examples=400, database=None, derandomize=True)
    @given(places(count))
    def draw(place):
        drawn.append(place)

    draw()
    assert 0 <= min(drawn) <= max(drawn) < count
    assert len(set(drawn)) >= min(count, 64)


def test_one_of_shrinks_to_the_first():
    from hypothesis import find

    assert find(one_of("abcdefg"), lambda letter: letter > "b", settings=settings(database=None)) == "c"


def test_cases_shrink_to_one_change_of_one_column():
    from hypothesis import find

    from modelcheck.perturb.falsify.plans import Alike, Case

    schema = Schema(pools={"a": [0, 1, 2], "b": ["x", "y", None]}, donors={"a": [0, 1], "b": ["x", "y"]})
    simplest = find(cases(schema, None, 8), lambda case: isinstance(case.plan, Alike), settings=settings(database=None))
    assert simplest in [Case(0, Alike(()), Alike(((name, pool[0]),))) for name, pool in schema.pools.items()]
