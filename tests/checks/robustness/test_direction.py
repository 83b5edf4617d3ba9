"""A declared direction holds over the whole range of a column, for every row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.robustness.direction import direction
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion, Verdict

NONE_ALLOWED = Criterion(max=0.0, burden=Burden.BREACH)


@pytest.fixture(scope="module")
def dipping(context_for, people, healthy):
    """A model whose score falls for clerks between 40 and 43 and nowhere else."""

    def model(rows):
        age = rows["age"].to_numpy(dtype=float, na_value=0.0)
        clerk = (rows["job"].astype(object) == "clerk").to_numpy()
        return np.clip(healthy(rows) - 0.2 * (clerk & (age >= 40.0) & (age <= 43.0)), 0.0, 1.0)

    table = people()
    return context_for(model, table, monotonic={"age": "increasing"}), table, model


def test_a_monotone_model_keeps_its_direction(healthy_context):
    found = direction(replace(healthy_context, monotonic={"age": "increasing", "income": "increasing"}))
    assert set(found.groups) == {"age", "income"}
    assert found.estimate.value == 0.0
    assert judge(found, NONE_ALLOWED).verdict is Verdict.PASS
    assert not found.findings


def test_the_wrong_direction_is_broken_by_nearly_every_row(healthy_context):
    found = direction(replace(healthy_context, monotonic={"age": "decreasing"}))
    assert found.estimate.value > 0.95
    assert judge(found, NONE_ALLOWED).verdict is Verdict.FAIL
    assert "fall with age" in found.findings[0].title


def test_a_dip_is_found_in_the_rows_that_have_it_and_shown_from_value_to_value(dipping):
    context, table, model = dipping
    found = direction(context)
    clerks = (table["job"] == "clerk").mean()
    assert found.estimate.low < clerks < found.estimate.high
    assert judge(found, NONE_ALLOWED).verdict is Verdict.FAIL
    (finding,) = found.findings
    assert finding.examples
    for example in finding.examples:
        row = table.iloc[[example["row"]]].drop(columns="y")
        low, high = (float(value) for value in example["age"].split(" -> "))
        assert low < high
        assert row["job"].item() == "clerk"
        assert model(row.assign(age=low))[0] == pytest.approx(example["score before"])
        assert model(row.assign(age=high))[0] == pytest.approx(example["score after"])
        assert example["score before"] > example["score after"]
    steps = [example["score before"] - example["score after"] for example in finding.examples]
    assert steps == sorted(steps, reverse=True)


def test_a_step_that_nobody_would_notice_is_none(context_for, people, healthy):
    def model(rows):
        age = rows["age"].to_numpy(dtype=float, na_value=0.0)
        return healthy(rows.assign(age=50)) - 0.001 * (age > 50.0)

    found = direction(context_for(model, people(), monotonic={"age": "increasing"}))
    assert found.estimate.value == 0.0


def test_values_may_be_declared_too(context_for, people):
    table = people()
    table["y"] = 100.0 * np.log(table["income"])
    context = context_for(
        lambda rows: -np.log(rows["income"].to_numpy(dtype=float)), table, task="regression",
        monotonic={"income": "decreasing"},
    )  # fmt: skip
    assert direction(context).estimate.value == 0.0
    assert direction(replace(context, monotonic={"income": "increasing"})).estimate.value == 1.0


def test_a_row_without_an_answer_at_a_value_that_occurs_counts_against_the_direction(context_for, people, healthy):
    def model(rows):
        age = rows["age"].to_numpy(dtype=float, na_value=0.0)
        if ((age == 30.0) & (rows["income"].to_numpy(dtype=float) == 77.0)).any():
            raise ValueError("no such person")
        return healthy(rows)

    table = people(200)
    table.loc[:99, "income"] = 77.0
    table.loc[table["age"] == 30, "age"] = 31
    table.loc[table.index[-1], ["age", "income"]] = [30, 500.0]
    found = direction(context_for(model, table, monotonic={"age": "increasing"}))
    assert found.estimate.value > 0.0
    assert "got no answer at some value" in found.reading


def test_columns_that_hold_no_numbers_are_told(healthy_context):
    found = direction(replace(healthy_context, monotonic={"age": "increasing", "job": "increasing"}))
    assert set(found.groups) == {"age"}
    assert "job: it holds no numbers" in found.reading
    only = direction(replace(healthy_context, monotonic={"job": "increasing"}))
    assert "job" in only.unseen


def test_without_a_declaration_or_somebody_to_ask_it_does_not_apply(healthy_context):
    assert "no direction is declared" in direction(healthy_context).not_applicable
    assert direction(replace(healthy_context, asking=None, shared=None)).not_applicable


def test_decisions_truth_values_and_dates_are_walked_through(context_for, people, healthy):
    table = people(120)
    table["on"] = np.resize([True, False], 120)
    table["day"] = pd.date_range("2020-01-01", periods=120)

    def model(rows):
        late = (rows["day"] > pd.Timestamp("2020-03-01")).to_numpy()
        return np.where(late ^ rows["on"].to_numpy(dtype=bool), "yes", "no")

    declared = {"on": "decreasing", "day": "increasing"}
    found = direction(context_for(model, table, output="label", monotonic=declared, limit=0.0))
    assert set(found.groups) == {"on", "day"}
    assert 0.2 < found.groups["on"].value < 0.8  # late rows fall, early ones rise
    assert any("False -> True" in str(example) for one in found.findings for example in one.examples)
    assert judge(found, NONE_ALLOWED).verdict is Verdict.FAIL
    assert not found.unseen


def test_columns_that_could_not_be_walked_through_leave_the_gate_open(healthy_context):
    for name in ("job", "nowhere"):
        found = direction(replace(healthy_context, monotonic={"age": "increasing", name: "increasing"}))
        judged = judge(found, NONE_ALLOWED)
        assert judged.verdict is Verdict.INCONCLUSIVE
        assert name in judged.reason


def test_a_share_that_is_allowed_is_judged_by_clusters(dipping, context_for):
    _, table, model = dipping
    table = table.assign(site=np.arange(len(table)) % 6)
    allowed = Criterion(max=0.02, burden=Burden.BREACH)
    context = context_for(
        model, table, dataset={"cluster": "site"}, monotonic={"age": "increasing"}, limit=0.02, declared=True
    )
    judged = judge(direction(context), allowed)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "6 clusters are too few" in judged.reason
    # One row is a fact, whatever it hangs together with, where none is allowed.
    assert judge(direction(replace(context, limit=0.0)), NONE_ALLOWED).verdict is Verdict.FAIL


def test_whole_numbers_stay_whole_numbers(context_for, people, healthy):
    kinds = set()

    def model(rows):
        kinds.add(str(rows["age"].dtype))
        return healthy(rows)

    context = context_for(model, people(100), monotonic={"age": "increasing"}, budget=20_000)
    from modelcheck.checks.robustness.sweep.asking import swept

    swept(context)
    kinds.clear()
    direction(context)
    assert kinds == {"int64"}
