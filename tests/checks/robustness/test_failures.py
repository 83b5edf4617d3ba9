"""Rows that the candidate can't answer are found, named, and told apart by whether they could come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.robustness.failures import crash, nonfinite
from modelcheck.checks.robustness.sweep.asking import swept
from modelcheck.gates.judge import judge
from modelcheck.perturb.outcomes import HUNG, RAISED
from modelcheck.record.evidence import Burden, Criterion, Severity, Verdict

NONE_ALLOWED = Criterion(max=0.0, burden=Burden.BREACH)


@pytest.fixture(scope="module")
def refusing(context_for, people, healthy):
    """A model that raises without a debt: in the reference one row in ten has none, in the table nobody."""

    def model(rows):
        if rows["debt"].isna().any():
            raise ValueError("Input contains NaN")
        return healthy(rows)

    return context_for(lambda rows: model(rows), people().fillna({"debt": 900.0}), budget=20_000)


def test_a_healthy_model_survives_everything(healthy_context):
    for check in (crash, nonfinite):
        found = check(healthy_context)
        assert found.estimate.value == 0.0
        assert found.estimate.n == 400
        assert not found.findings
        assert judge(found, NONE_ALLOWED).verdict is Verdict.PASS
        assert "could be missed" in found.searched


def test_an_exception_outside_the_support_is_told_and_not_judged(refusing, lines_of):
    found = crash(refusing)
    assert found.estimate.value == 0.0
    assert not found.findings
    outside = lines_of(found, "changes with an exception")
    assert {line["plausible"] for line in outside} == {"no"}
    assert "debt" in {line["column"] for line in outside}
    assert any("Input contains NaN" in line["said"] for line in outside)


@pytest.fixture(scope="module")
def raising(context_for, people, healthy):
    """A model that raises on old cooks: some of the rows changed plausibly are some, and the rows themselves none."""

    def model(rows):
        old = rows["age"].to_numpy(dtype=float, na_value=0.0) >= 80.0
        if (old & (rows["job"].astype(object) == "cook").to_numpy()).any():
            raise ValueError("no old cooks")
        return healthy(rows)

    table = people(300, 3)
    table = table[~((table["age"] >= 80) & (table["job"] == "cook"))].reset_index(drop=True)
    return context_for(model, table), table


def test_an_exception_on_plausible_input_blocks_and_names_the_rows(raising, lines_of):
    context, table = raising
    found = crash(context)
    assert judge(found, NONE_ALLOWED).verdict is Verdict.FAIL
    hit = set()
    for one in swept(context).answered:
        if one.question.plausible:
            hit |= set(one.rows[one.after.state == RAISED].tolist())
    assert found.estimate.value == pytest.approx(len(hit) / len(table))
    assert found.findings
    assert {finding.severity for finding in found.findings} == {Severity.BLOCKING}
    said = [line for line in lines_of(found, "changes with an exception") if line["plausible"] == "yes"]
    assert all("no old cooks" in line["said"] for line in said)
    by_job = next(line for line in said if (line["column"], line["change"]) == ("job", "Another row's value"))
    # The rows are named one by one: the others are measured.
    assert 0 < by_job["failing"] < by_job["rows"] / 5
    for finding in found.findings:
        for example in finding.examples:
            row = table.iloc[example["row"]]
            assert float(str(example.get("age", row["age"])).rpartition(" -> ")[2]) >= 80.0
            assert str(example.get("job", row["job"])).endswith("cook")


def test_an_exception_is_no_invalid_answer(raising):
    found = nonfinite(raising[0])
    assert found.estimate.value == 0.0


def test_an_answer_that_is_none_on_plausible_input_blocks(context_for, people, healthy, lines_of):
    def model(rows):
        score = healthy(rows)
        # The reference's own rows are scored too; they are known by their number.
        if len(rows) != 500:
            score[rows["age"].to_numpy(dtype=float, na_value=0.0) >= 88.0] = np.nan
        return score

    table = people(220, 4).query("age < 88").head(200).reset_index(drop=True)
    assert nonfinite(context_for(model, table)).estimate.value == 0.0  # nobody of 88 in the support
    context = context_for(model, table, reference=people(500, 5), budget=20_000)
    found = nonfinite(context)
    assert found.estimate.value > 0.5
    assert judge(found, NONE_ALLOWED).verdict is Verdict.FAIL
    assert crash(context).estimate.value == 0.0
    plausible = [line for line in lines_of(found, "changes with an invalid answer") if line["plausible"] == "yes"]
    assert "age" in {line["column"] for line in plausible}
    example = found.findings[0].examples[0]
    assert float(example["age"].partition(" -> ")[2]) >= 88.0


def test_a_missing_value_is_plausible_where_the_reference_has_some(context_for, people, healthy):
    def model(rows):
        if rows["debt"].isna().any():
            raise ValueError("Input contains NaN")
        return healthy(rows)

    table = people(300, 6).dropna().reset_index(drop=True)
    reference = people(300, 7)
    # The reference's own rows are scored too, so the model knows them by their number.
    context = context_for(lambda rows: healthy(rows) if len(rows) == 300 else model(rows), table, reference=reference)
    found = crash(context)
    assert found.estimate.value == 1.0
    gone = [finding for finding in found.findings if "issing" in finding.title and finding.title.startswith("debt")]
    assert gone
    assert gone[0].effect == 1.0
    # Where the rows to ask again with ran out it is known of one row alone, and said so.
    assert all(finding.effect == 1.0 or "at least 1 of" in finding.title for finding in gone)


def test_without_a_model_to_ask_nothing_can_fail(healthy_context):
    assert crash(replace(healthy_context, asking=None, shared=None)).not_applicable


def test_a_hang_counts_although_the_input_is_not_plausible(refusing):
    sweep = swept(refusing)
    place = next(at for at, one in enumerate(sweep.answered) if not one.question.plausible and one.after.answered.all())
    hung = replace(sweep.answered[place].after, state=np.full(len(sweep.answered[place].rows), HUNG, dtype=np.int8))
    answered = list(sweep.answered)
    answered[place] = replace(answered[place], after=hung)
    found = crash(_with(refusing, replace(sweep, answered=tuple(answered))))
    assert judge(found, NONE_ALLOWED).verdict is Verdict.FAIL
    assert found.findings


def test_a_model_that_is_worn_out_by_being_asked_blocks(refusing):
    sweep = swept(refusing)
    state = sweep.again.state.copy()
    state[:3] = RAISED
    found = crash(_with(refusing, replace(sweep, again=replace(sweep.again, state=state))))
    assert judge(found, NONE_ALLOWED).verdict is Verdict.FAIL
    assert "3 rows fail as they are" in found.reading


def _with(context, sweep):
    """The same context, in which this is what was answered."""

    class Kept:
        def get(self, name, make):
            return sweep if name == "robustness-answers" else context.share(name, make)

    return replace(context, shared=Kept())
