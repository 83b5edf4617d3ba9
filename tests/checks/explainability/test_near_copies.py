import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.explainability.drawn import drawn
from modelcheck.checks.explainability.near_copies import NEAR_COPY, kept_columns, near_copies


def table_of(n, seed=0, levels=40, **more):
    rng = np.random.default_rng(seed)
    code = rng.integers(0, levels, n)
    table = pd.DataFrame(
        {"zip": [f"Z{one:04d}" for one in code], "area": code * 7 % levels, "big": rng.normal(size=n)} | more
    )
    return table.assign(y=np.where(rng.random(n) < 1.0 / (1.0 + np.exp(-table["big"])), "yes", "no"))


class Model:
    """Answers by one column, and is given all but `zip`."""

    def __init__(self, table):
        self.feature_names_in_ = np.array([name for name in table.columns if name not in ("zip", "y", "person")])
        self.classes_ = np.array(["no", "yes"])

    def fit(self, rows, truth):
        raise NotImplementedError

    def predict_proba(self, rows):
        p = 1.0 / (1.0 + np.exp(-rows["big"].to_numpy(dtype=float)))
        return np.column_stack([1.0 - p, p])

    def predict(self, rows):
        return self.classes_[(self.predict_proba(rows)[:, 1] >= 0.5).astype(int)]


@pytest.fixture
def copies_of(context_for):
    def find(table, reference=None, **more):
        context = context_for(Model(table), table, reference=reference, forbidden=("zip",), **more)
        return near_copies(context, drawn(context))

    return find


@pytest.mark.parametrize("rows", [30, 300])
def test_rows_of_the_reference_show_what_few_rows_of_the_dataset_do_not(copies_of, rows):
    found = copies_of(table_of(rows, 1), table_of(1500, 2))
    assert found.counted == ("area",)
    assert found.best["area"].told.value == 1.0
    assert found.best["big"].told.high < NEAR_COPY
    assert found.rows == rows + 1500


def test_a_column_that_is_constant_on_the_dataset_is_looked_at_in_the_reference(copies_of):
    table = table_of(300).assign(zip="Z0001", area=7)
    assert copies_of(table, table_of(600, 2)).counted == ("area",)
    alone = copies_of(table)
    assert (alone.counted, alone.constant) == ((), ("zip",))


def test_few_rows_rule_nothing_out(copies_of):
    rng = np.random.default_rng(0)
    table = table_of(40, levels=2)
    table["noisy"] = np.where(rng.random(40) < 0.12, "u", np.where(table["area"] == 0, "v", "w"))
    assert "noisy" in copies_of(table).open


def test_texts_that_never_repeat_are_not_known_and_kept(copies_of, context_for):
    table = table_of(400)
    table["comment"] = [f"text {place}" for place in range(400)]
    found = copies_of(table)
    assert found.open == ("comment",)
    assert "too many values" in found.best["comment"].open
    context = context_for(Model(table), table, forbidden=("zip",), canary=("big",))
    assert kept_columns(context, drawn(context)) == {"comment", "area", "big"}


def people(n=250, visits=4, seed=0):
    """Rows of the same persons, who keep their age, their zip, and their row in both tables."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n), visits)
    age = rng.normal(50.0, 9.0, n)[person]
    table = table_of(n * visits, seed, levels=12, age=age, person=person)
    return table.assign(zip=table["zip"].to_numpy()[person * visits], area=0)


def test_a_number_that_tells_persons_apart_counts_as_no_copy_of_what_a_person_keeps(copies_of):
    table = people()
    found = copies_of(table, dataset={"drop": ("person",)})
    assert "age" not in found.counted
    assert "tells rows apart" in found.best["age"].open
    with_cluster = copies_of(table, dataset={"cluster": "person"})
    assert with_cluster.rows == 250
    assert with_cluster.best["age"].open == ""
    assert with_cluster.best["age"].told.value < 0.3


def test_rows_that_are_in_both_tables_are_one(copies_of):
    table = table_of(400, levels=3).drop(columns="area")
    found = copies_of(table, table)
    assert found.rows == 400
    assert (found.counted, found.open) == ((), ())


def test_a_table_of_few_values_keeps_its_rows_though_they_coincide(copies_of):
    table = table_of(600, levels=2).drop(columns="big").assign(big=1.0)
    found = copies_of(table)
    assert found.rows == 600
    assert found.counted == ("area",)
