"""`given_rows` without pytest: what it asks for, what it refuses, what it says."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pandas as pd
import pytest

import modelcheck
from modelcheck.config.tables import DatasetTable
from modelcheck.data.dataset import wrap_dataset


def _table(rows, seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows),
            "income": rng.lognormal(8, 0.6, rows).round(2),
            "job": rng.choice(["clerk", "nurse", "cook"], rows),
            "y": rng.integers(0, 2, rows),
        }
    )


@pytest.fixture(scope="module")
def dataset():
    return wrap_dataset(_table(1_500, 0), DatasetTable(path="", target="y"))


@pytest.fixture(scope="module")
def reference():
    return wrap_dataset(_table(800, 1), DatasetTable(path="", target="y"), name="reference")


def score(rows):
    return rows["age"] / 100 - 0.3 * rows["age"].between(40, 43)


def test_it_asks_for_the_fixtures_that_are_named_and_for_the_tables():
    @modelcheck.given_rows(change=["age"])
    def check_it(before, after, candidate, model_name, limit=3):
        """Say what holds."""

    assert list(inspect.signature(check_it).parameters) == ["candidate", "model_name", "dataset", "reference"]
    assert (check_it.__name__, check_it.__doc__) == ("check_it", "Say what holds.")


def test_a_property_that_holds_returns_nothing(dataset, reference):
    sizes = []

    @modelcheck.given_rows(change=["age"], examples=30)
    def check_holds(before, after):
        sizes.append(len(before))
        assert list(before.columns) == list(after.columns) == ["age", "income", "job"]
        assert (before.drop(columns="age") == after.drop(columns="age")).all(axis=None)
        return np.isfinite(after["age"])

    assert check_holds(dataset=dataset, reference=reference) is None
    assert np.mean(sizes) > 30


@pytest.mark.parametrize("with_reference", [True, False])
@pytest.mark.parametrize("asserts", [True, False])
def test_what_breaks_is_shrunk_to_one_row_and_one_column(dataset, reference, with_reference, asserts):
    @modelcheck.given_rows()
    def check_more_age_is_more_score(before, after):
        moved = score(after) - score(before)
        holds = (after["age"] <= before["age"]) | (moved >= -0.01)
        if asserts:
            assert holds.all(), "it dips"
            return None
        return holds

    messages = set()
    for _ in range(2):
        with pytest.raises(AssertionError) as caught:
            check_more_age_is_more_score(dataset=dataset, reference=reference if with_reference else None)
        messages.add(str(caught.value))
    (message,) = messages
    lines = message.splitlines()
    assert len(lines) == 4
    told = json.loads(lines[-1])
    assert list(told["changes"]) == ["age"]
    assert told["changes"]["age"][1] == 40
    row = dataset.X.iloc[told["row"]]
    assert row.to_dict() == told["values"]
    assert lines[0].startswith(
        f"check_more_age_is_more_score doesn't hold for row {told['row']:,} of the dataset (counted from 0)"
    )
    assert lines[0].endswith(": it dips") == asserts
    assert lines[1] == f"  'age': {row['age']} -> 40"
    assert "rows were tried in" in lines[2]


def test_rows_as_they_are_are_looked_at_in_one_call(dataset, reference):
    calls = []

    @modelcheck.given_rows()
    def check_young(rows):
        calls.append(len(rows))
        return rows["age"] < 80

    with pytest.raises(AssertionError, match=r"1,000 rows were looked at, \d+ of them found to break it") as caught:
        check_young(dataset=dataset, reference=reference)
    told = json.loads(str(caught.value).splitlines()[-1])
    assert dataset.X["age"].iloc[told["row"]] == told["values"]["age"] >= 80
    assert calls == [1_000, 1]


def test_rows_that_break_it_only_together_are_said_to(dataset, reference):
    @modelcheck.given_rows()
    def check_mean(rows):
        assert len(rows) < 600

    with pytest.raises(AssertionError, match="Alone, without the other rows"):
        check_mean(dataset=dataset, reference=reference)


def test_exceptions_of_the_function_come_through(dataset, reference):
    @modelcheck.given_rows(change=["age"])
    def check_it(before, after):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        check_it(dataset=dataset, reference=reference)


@pytest.mark.parametrize("value", [True, 1.0, [1, 0], "yes", np.ones(3, dtype=bool), pd.Series([None], dtype=object)])
def test_what_is_no_bool_for_each_row_is_refused(dataset, reference, value):
    @modelcheck.given_rows(change=["age"])
    def check_it(before, after):
        return value

    with pytest.raises(TypeError, match="must return one bool a row"):
        check_it(dataset=dataset, reference=reference)


def test_lists_series_and_nullable_bools_are_taken(dataset, reference):
    for make in (list, pd.Series, lambda bools: pd.Series(bools, dtype="boolean")):

        @modelcheck.given_rows(change=["age"], examples=2)
        def check_it(before, after, make=make):
            return make(np.ones(len(before), dtype=bool))

        check_it(dataset=dataset, reference=reference)


def test_a_column_that_is_not_there_or_cannot_change_is_said(dataset, reference):
    @modelcheck.given_rows(change=["agee"])
    def check_it(before, after):
        return after["age"] > 0

    with pytest.raises(ValueError, match=r"'agee', which is no feature\. Closest: 'age'"):
        check_it(dataset=dataset, reference=reference)

    same = wrap_dataset(pd.DataFrame({"age": [1] * 5, "y": [0, 1, 0, 1, 0]}), DatasetTable(path="", target="y"))

    @modelcheck.given_rows()
    def check_constant(before, after):
        return after["age"] > 0

    with pytest.raises(ValueError, match="check_constant can't be searched: No column holds more than one value"):
        check_constant(dataset=same, reference=None)


def test_a_dataset_without_roles_is_refused():
    @modelcheck.given_rows()
    def check_it(rows):
        return rows["age"] > 0

    with pytest.raises(TypeError, match="must take `model_name`"):
        check_it(dataset=_table(5, 0), reference=None)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"change": "age"}, TypeError),
        ({"change": 3}, TypeError),
        ({"change": [1]}, TypeError),
        ({"change": []}, ValueError),
        ({"examples": 0}, ValueError),
        ({"examples": True}, ValueError),
        ({"examples": 2.0}, ValueError),
    ],
)
def test_options_that_mean_nothing_are_refused_at_once(options, error):
    with pytest.raises(error, match="given_rows"):
        modelcheck.given_rows(**options)


def test_functions_that_mean_nothing_are_refused_at_once():
    decorate = modelcheck.given_rows()
    for function in (
        lambda before: before,
        lambda after, candidate: after,
        lambda candidate: candidate,
        lambda rows, before, after: rows,
        lambda rows, before: rows,
        lambda before, after, *others: before,
        lambda rows, **others: rows,
        lambda rows, /: rows,
    ):
        with pytest.raises(TypeError, match=r"before|every argument"):
            decorate(function)
    with pytest.raises(TypeError, match="can't have `change`"):
        modelcheck.given_rows(change=["age"])(lambda rows: rows)
    with pytest.raises(TypeError, match="given_rows"):

        @modelcheck.given_rows
        def check_it(before, after):
            return True

    with pytest.raises(TypeError, match="decorates a function"):
        decorate(3)
