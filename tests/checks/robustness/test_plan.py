"""What will be asked is said before anything is predicted."""

from __future__ import annotations

from dataclasses import replace

from modelcheck.checks.robustness.plan import plan
from modelcheck.checks.robustness.sweep.asking import prepared


def test_the_plan_says_how_many_rows_it_will_predict_without_predicting_any(context_for, people, healthy, lines_of):
    asked = []

    def model(rows):
        asked.append(len(rows))
        return healthy(rows)

    context = context_for(model, people())
    asked.clear()
    found = plan(context)
    assert asked == []
    ready = prepared(context)
    assert f"{ready.plan.rows:,} rows to predict" in found.reading
    assert "all 400 rows" in found.reading
    lines = lines_of(found, "what is asked")
    assert sum(line["rows"] for line in lines) == ready.plan.rows
    assert all(line["stands for"] for line in lines)
    assert {line["family"] for line in lines} >= {"noise", "missing", "units", "categories", "spelling"}


def test_what_is_plausible_is_shown_by_column(healthy_context, lines_of):
    lines = {line["column"]: line for line in lines_of(plan(healthy_context), "what is plausible")}
    assert set(lines) == {"age", "income", "debt", "job"}
    assert "18 to 89" in lines["age"]["values"]
    assert "about 20 to 90" in lines["age"]["values"]
    assert lines["job"]["values"] == "3 values"
    assert 0.05 < lines["debt"]["share missing"] < 0.15
    assert lines["age"]["share missing"] == 0.0


def test_what_the_budget_leaves_out_is_listed(context_for, people, healthy, lines_of):
    context = context_for(healthy, people(), budget=15_000)
    found = plan(context)
    ready = prepared(context)
    assert ready.plan.left_out
    left = lines_of(found, "what the budget leaves out")
    assert len(left) == min(len(ready.plan.left_out), 200)
    lost = sum(question.rows for question in ready.plan.left_out)
    assert f"leaves out {len(ready.plan.left_out)} questions ({lost:,} rows)" in found.reading
    assert "--modelcheck-budget" in found.reading
    whole = plan(replace(context, budget=10_000_000, shared=None))
    assert "what the budget leaves out" not in {table.name for table in whole.tables}
    assert "leaves out" not in whole.reading


def test_a_budget_of_nothing_leaves_everything_out(context_for, people, healthy):
    found = plan(context_for(healthy, people(), budget=0))
    assert "0 rows to predict" in found.reading
    assert "leaves out" in found.reading


def test_nobody_to_ask_has_no_plan(healthy_context):
    assert "can't be asked" in plan(replace(healthy_context, asking=None, shared=None)).not_applicable
