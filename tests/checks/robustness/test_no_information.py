"""An entry that says nothing may cost what somebody else's entry costs, and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.robustness.no_information import missing, unseen_category, whitespace_and_case
from modelcheck.errors import ModelcheckError


def gate(context, **more):
    return replace(context, limit=0.03, confidence=0.99975, **more)


@pytest.fixture(scope="module")
def workers(people):
    """A job that says nearly everything."""

    def make(n=1500, seed=1):
        rng = np.random.default_rng(seed)
        table = people(n, seed).drop(columns="y")
        table["y"] = np.where(rng.random(n) < np.where(table["job"] == "clerk", 0.9, 0.1), "yes", "no")
        return table

    return make


def fair(rows):
    """What is no job gets the mean of all."""
    return rows["job"].astype(object).map({"clerk": 0.9, "nurse": 0.1, "cook": 0.1}).fillna(0.45).to_numpy(dtype=float)


def certain(rows):
    """What is no job, or missing, is certainly a yes."""
    return rows["job"].astype(object).map({"clerk": 0.9, "nurse": 0.1, "cook": 0.1}).fillna(1.0).to_numpy(dtype=float)


@pytest.fixture(scope="module")
def fair_context(context_for, workers):
    return context_for(fair, workers())


@pytest.fixture(scope="module")
def certain_context(context_for, workers):
    # Nearly everybody is a "no": to be certain of "yes" does far more harm than another row's job.
    table = workers()
    table["y"] = np.where(np.arange(len(table)) % 10 == 0, "yes", "no")
    table["job"] = np.where(table["y"] == "yes", "clerk", np.where(np.arange(len(table)) % 3, "nurse", "cook"))
    return context_for(certain, table)


@pytest.mark.parametrize("check", [missing, unseen_category])
def test_a_model_that_makes_the_best_of_the_rest_is_not_blamed_for_what_the_column_was_worth(
    check, fair_context, lines_of
):
    found = check(gate(fair_context))
    assert not found.findings
    costs = [line for line in lines_of(found, "what each change costs") if line["column"] == "job"]
    assert max(line["growth"] for line in costs) > 0.1
    assert all(line["judged"] < 0.03 for line in costs)
    assert "another row, drawn at random" in found.reading


@pytest.mark.parametrize("check", [missing, unseen_category])
def test_a_model_that_is_certain_of_what_it_does_not_know_is(check, certain_context, lines_of):
    found = check(gate(certain_context))
    assert {finding.title.partition(":")[0] for finding in found.findings} == {"job"}
    costs = [line for line in lines_of(found, "what each change costs") if line["column"] == "job"]
    # The part beyond a donor is smaller than the growth.
    assert all(0.03 < line["judged"] < line["growth"] for line in costs)


def test_a_declared_limit_is_held_against_the_growth(fair_context, lines_of):
    found = unseen_category(gate(fair_context, declared=True))
    assert found.findings
    costs = [line for line in lines_of(found, "what each change costs") if line["column"] == "job"]
    assert all(line["judged"] == line["growth"] for line in costs)


def test_white_space_and_case_cost_a_model_that_takes_them_for_other_words(certain_context, context_for, workers):
    found = whitespace_and_case(gate(certain_context))
    assert found.findings

    def tidy(rows):
        return fair(rows.assign(job=rows["job"].astype(object).str.strip().str.lower()))

    assert not whitespace_and_case(gate(context_for(tidy, workers()))).findings


def test_what_is_refused_outside_the_support_is_told_and_no_loss(context_for, workers):
    def refuses(rows):
        if not rows["job"].isin(["clerk", "nurse", "cook"]).all():
            raise ValueError("unknown job")
        return fair(rows)

    context = context_for(refuses, workers(600))
    assert "raises an exception on 1 change" in unseen_category(gate(context)).not_applicable
    found = missing(gate(context))
    assert not found.findings
    assert not found.not_applicable  # the other columns are measured
    assert "raises an exception on 1 change outside the reference's support (job)" in found.reading
    assert "unknown job" in found.reading


def test_without_categories_there_is_nothing_new_to_see(context_for, people):
    table = people()[["age", "y"]]
    context = context_for(lambda rows: np.full(len(rows), 0.4), table)
    assert "no column holds categories" in unseen_category(gate(context)).not_applicable
    assert whitespace_and_case(gate(context)).not_applicable


def test_nobody_to_ask_is_said(healthy_context):
    nobody = replace(healthy_context, asking=None, shared=None)
    for check in (missing, unseen_category, whitespace_and_case):
        assert check(nobody).not_applicable


def test_a_model_that_answers_nothing_at_all_is_an_error_of_the_run(context_for, people):
    def never(rows):
        raise ValueError("not today")

    with pytest.raises(ModelcheckError, match="not today"):
        context_for(never, people())
