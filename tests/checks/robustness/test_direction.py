"""A declared direction holds over the whole range of a column, for every row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
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
    assert "Not asked, as no numbers that the candidate is given: job" in found.reading
    only = direction(replace(healthy_context, monotonic={"job": "increasing"}))
    assert "job" in only.not_applicable


def test_without_a_declaration_or_a_score_it_does_not_apply(healthy_context, context_for, people, healthy):
    assert "no direction is declared" in direction(healthy_context).not_applicable
    labels = context_for(
        lambda rows: np.where(healthy(rows) > 0.5, "yes", "no"), people(100), output="label",
        monotonic={"age": "increasing"},
    )  # fmt: skip
    assert "one score a row" in direction(labels).not_applicable
    assert direction(replace(healthy_context, asking=None, shared=None)).not_applicable


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
