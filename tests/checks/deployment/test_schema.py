"""Requests that break the schema, column by column."""

from __future__ import annotations

import pytest

from modelcheck.checks.deployment.schema import schema, schema_messages


def outcomes(evidence):
    table = next(item for item in evidence.tables if item.name == "column by change")
    return {(line[0], line[1]): line[2] for line in table.rows}


def test_every_column_meets_the_changes_that_its_type_has(context_for, plants):
    found = schema(context_for(plants.Healthy()))
    told = outcomes(found)
    assert {change for column, change in told if column == "age"} == {
        "column missing",
        "null",
        "null in one row",
        "text for a number",
        "float for a whole number",
    }
    assert {change for column, change in told if column == "job"} == {
        "column missing",
        "null",
        "null in one row",
        "unseen category",
        "number for a text",
    }
    assert told["(all columns)", "columns reordered"] == "answered"
    assert told["age", "column missing"] == "refused with a reason"
    assert told["age", "text for a number"] == "refused with a reason"
    assert told["job", "unseen category"] == "answered"
    assert found.proved
    assert schema_messages(context_for(plants.Healthy())).proved


@pytest.mark.parametrize(
    ("plant", "where", "outcome"),
    [
        ("ShortOfARow", ("age", "null"), "fell over"),
        ("DropsGaps", ("age", "null in one row"), "fell over"),
        ("IgnoresNames", ("(all columns)", "columns reordered"), "columns mixed up"),
    ],
)
def test_what_no_model_may_do_is_a_fact_that_fails(context_for, plants, plant, where, outcome):
    found = schema(context_for(getattr(plants, plant)()))
    assert outcomes(found)[where] == outcome
    assert f": {where[0]}, {where[1]}: {outcome}" in found.disproved
    assert where[1] in found.findings[0].title


@pytest.mark.parametrize(
    ("plant", "where", "outcome"),
    [
        ("StumblesOnNull", ("age", "null"), "refused without a reason"),
        ("NaNOnNull", ("age", "null"), "answered with no number"),
        ("FillsMissing", ("age", "column missing"), "answered otherwise, without a word"),
    ],
)
def test_what_gives_nothing_to_go_by_is_told_by_the_other_gate(context_for, plants, plant, where, outcome):
    context = context_for(getattr(plants, plant)())
    assert schema(context).proved
    found = schema_messages(context)
    assert outcomes(found)[where] == outcome
    assert found.disproved


def test_a_worker_that_ends_is_a_fall_and_the_next_question_is_asked(context_for, plants):
    found = schema(context_for(plants.EndsOnText(), file=True))
    told = outcomes(found)
    assert told["age", "text for a number"] == "fell over"
    assert told["job", "null"] == "answered"
    assert "signal 6" in next(line[3] for line in found.tables[0].rows if line[1] == "text for a number")


def test_columns_are_not_put_right_before_the_model_is_asked(context_for, people):
    from sklearn.linear_model import LogisticRegression

    X = people[["age", "income"]]
    context = context_for(LogisticRegression(max_iter=1000).fit(X, people["y"]), table=people.drop(columns="job"))
    told = {(line[0], line[1]): line[3] for line in schema(context).tables[0].rows}
    assert "should match" in told["modelcheck_extra", "column extra"]
    assert "should match" in told["age", "column missing"]


def test_a_model_without_names_is_not_asked_about_the_order_of_columns(context_for, people):
    from sklearn.linear_model import LogisticRegression

    X = people[["age", "income"]].to_numpy()
    model = LogisticRegression(max_iter=1000).fit(X, people["y"])
    told = outcomes(schema(context_for(model, table=people.drop(columns="job"))))
    assert not any(change == "columns reordered" for _, change in told)
    assert told["age", "column missing"] == "refused with a reason"
