"""No answer depends on how rows are handed over, nor on columns that are declared not to matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.robustness.invariance import invariance
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion, Verdict

LIMIT = Criterion(max=0.05, burden=Burden.BREACH)


def ways(evidence, lines_of):
    return {line["way"]: line["found"] for line in lines_of(evidence, "ways of handing rows over")}


def broken(evidence, lines_of):
    return {way for way, found in ways(evidence, lines_of).items() if "otherwise" in found}


def test_a_healthy_model_answers_alike_however_it_is_asked(healthy_context, lines_of):
    found = invariance(healthy_context)
    assert "every row gets the same answer" in found.proved
    assert judge(found, LIMIT).verdict is Verdict.PASS
    assert len(ways(found, lines_of)) >= 9
    assert not broken(found, lines_of)


def test_a_model_that_ranks_the_batch_is_found_with_its_rows(context_for, people, healthy, lines_of):
    def model(rows):
        score = healthy(rows)
        return (np.argsort(np.argsort(score)) + 0.5) / len(score)

    table = people()
    found = invariance(context_for(model, table))
    assert judge(found, LIMIT).verdict is Verdict.FAIL
    assert "alone" in found.disproved
    assert {"Rows one by one", "Rows in two halves", "Rows in batches of 7"} <= broken(found, lines_of)
    example = found.findings[0].examples[0]
    assert 0 <= example["row"] < len(table)
    assert example["score before"] != example["score after"]


def test_the_size_of_the_batch_is_not_taken_for_the_order_of_its_rows(context_for, people, healthy, lines_of):
    def model(rows):
        score = healthy(rows)
        return (np.argsort(np.argsort(score)) + 0.5) / len(score)

    found = broken(invariance(context_for(model, people())), lines_of)
    assert found.isdisjoint({"Rows in reverse order", "Columns in reverse order", "Another index"})


def test_a_model_that_looks_at_the_row_before_depends_on_row_order(context_for, people, healthy, lines_of):
    def model(rows):
        score = healthy(rows)
        return np.concatenate([score[:1], 0.5 * score[1:] + 0.5 * score[:-1]])

    found = invariance(context_for(model, people()))
    assert {"Rows in reverse order", "Rows shuffled"} <= broken(found, lines_of)


def test_a_function_that_reads_columns_by_position_depends_on_their_order(context_for, people, lines_of):
    def model(rows):
        first = rows.iloc[:, 0].to_numpy()
        return np.where([isinstance(value, str) for value in first], 0.5, 0.1) + 0.001 * np.array(
            [len(str(value)) for value in first]
        )

    found = invariance(context_for(model, people()))
    assert "Columns in reverse order" in broken(found, lines_of)
    assert "Extra columns" in broken(found, lines_of)
    assert "Rows shuffled" not in broken(found, lines_of)
    assert judge(found, LIMIT).verdict is Verdict.FAIL


def test_a_model_fitted_on_arrays_is_not_blamed_for_the_order_of_columns(context_for, people, lines_of):
    from sklearn.linear_model import LogisticRegression

    table = people()[["age", "income", "y"]]
    fitted = LogisticRegression(max_iter=1000).fit(table[["age", "income"]].to_numpy(), table["y"])
    found = invariance(context_for(fitted, table))
    assert not found.disproved
    assert judge(found, LIMIT).verdict is Verdict.PASS
    by_column = {way: text for way, text in ways(found, lines_of).items() if "olumns" in way}
    assert by_column
    assert all("not asked" in text for text in by_column.values())


def test_a_model_fitted_on_a_frame_finds_its_columns(context_for, people, lines_of):
    from sklearn.linear_model import LogisticRegression

    table = people()[["age", "income", "y"]]
    fitted = LogisticRegression(max_iter=1000).fit(table[["age", "income"]], table["y"])
    found = invariance(context_for(fitted, table))
    assert found.proved
    # It is handed the columns that it names, whatever their order in the table.
    assert not broken(found, lines_of)


def test_a_model_that_raises_on_a_single_row_is_found(context_for, people, healthy, lines_of):
    def model(rows):
        if len(rows) == 1:
            raise ValueError("one row is no batch")
        return healthy(rows)

    found = invariance(context_for(model, people()))
    assert judge(found, LIMIT).verdict is Verdict.FAIL
    assert "or none, by rows one by one" in found.disproved
    assert "raises on" in ways(found, lines_of)["Rows one by one"]


def test_a_model_that_refuses_what_it_does_not_know_is_told_and_not_judged(context_for, people, healthy):
    def model(rows):
        if "remark" in rows:
            raise ValueError("I don't know remarks")
        return healthy(rows)

    found = invariance(context_for(model, people()))
    assert not found.disproved
    assert "the model raises on: Extra columns" in found.reading


def test_rounding_in_another_order_is_no_other_answer(context_for, people, healthy):
    def model(rows):
        return healthy(rows) * (1.0 - 1e-9 * np.arange(len(rows)))

    assert not invariance(context_for(model, people())).disproved


def test_a_forbidden_column_is_judged_by_how_far_it_moves_scores(context_for, people, healthy):
    context = context_for(healthy, people(800, 2))
    found = invariance(replace(context, forbidden=("job", "age"), limit=0.05, confidence=0.999))
    assert set(found.groups) == {"job (forbidden)", "age (forbidden)"}
    assert found.groups["age (forbidden)"].value > found.groups["job (forbidden)"].value > 0.05
    assert judge(found, LIMIT).verdict is Verdict.FAIL
    assert any("age is declared not to matter" in finding.title for finding in found.findings)
    example = next(finding for finding in found.findings if finding.title.startswith("age")).examples[0]
    assert " -> " in example["age"]


def test_the_shift_is_the_mean_over_gini_of_the_scores(context_for, people, healthy):
    from modelcheck.checks.robustness.measuring import measured

    context = context_for(healthy, people(), forbidden=("job",))
    found = invariance(replace(context, limit=0.05))
    sweep = measured(context).sweep
    (one,) = [item for item in sweep.about("donor_value") if item.question.columns == ("job",)]
    score = context.rows.score
    spread = np.abs(score[:, None] - score).sum() / (400 * 399)
    moved = np.abs(one.after.score - sweep.before.score[one.rows]).mean()
    assert found.estimate.value == pytest.approx(moved / spread)


def test_a_forbidden_column_that_moves_nothing_is_a_plain_fact(healthy_context):
    found = invariance(replace(healthy_context, forbidden=("debt",), limit=0.05))
    assert judge(found, LIMIT).verdict is Verdict.PASS
    assert "debt: another entry moves no answer" in found.reading
    assert not found.groups


def test_the_same_seed_hands_rows_over_alike(healthy_context):
    assert invariance(healthy_context) == invariance(healthy_context)
