"""The plan asks about rows whose cells change, keeps the budget, and is the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from modelcheck.checks.robustness.sweep.questions import DESCRIBED, JUDGED, plan_questions, rows_for
from modelcheck.perturb.perturbation import differs
from modelcheck.perturb.profile import profile_table

KINDS = {"age": "integer", "income": "number", "debt": "number", "job": "category"}
EVERYTHING = 10**9


@pytest.fixture(scope="module")
def rows(people):
    return people(1500, 1)[list(KINDS)]


@pytest.fixture(scope="module")
def profile(people):
    return profile_table(people(800, 2)[list(KINDS)], KINDS)


@pytest.fixture(scope="module")
def whole(rows, profile):
    return plan_questions(rows, profile, budget=EVERYTHING)


def key(question):
    return question.perturbation, question.columns, question.severity


def test_exactly_the_rows_whose_cells_change_are_asked_about(whole, rows):
    assert len(whole.questions) > 100
    for question, cells in zip(whole.questions, whole.cells, strict=True):
        assert 0 < question.rows == len(cells.rows) <= question.of
        assert set(cells.values) == set(question.columns)
        part = rows.iloc[cells.rows].reset_index(drop=True)
        if not question.how.other_form:
            changed = [differs(part[name], values) for name, values in cells.values.items()]
            assert np.any(changed, axis=0).all(), question
    assert whole.rows == sum(len(cells.rows) for cells in whole.cells)


def test_a_question_that_changes_nothing_is_none(rows, profile):
    plan = plan_questions(rows.assign(job="clerk").head(5), profile, budget=EVERYTHING)
    lower = plan_questions(rows.head(5), profile, budget=EVERYTHING)
    # Names in lower case are so already.
    assert not [one for one in lower.questions if one.perturbation == "lower_case"]
    assert plan.unchanged > 0


def test_judged_questions_take_more_rows_than_described_ones(whole):
    tried = {(one.perturbation, one.columns, one.severity): one.of for one in whole.questions}
    assert tried["gaussian_noise", ("age",), 0.1] == JUDGED
    assert tried["missing_column", ("job",), 1.0] == JUDGED
    severities = sorted(one.severity for one in whole.questions if key(one)[:2] == ("gaussian_noise", ("age",)))
    assert len(severities) > 1
    assert {tried["gaussian_noise", ("age",), one] for one in severities if one != 0.1} == {DESCRIBED}
    assert {one.of for one in whole.questions if one.perturbation == "gaussian_noise" and len(one.columns) > 1} == {
        JUDGED
    }


def test_the_rows_follow_from_the_precision():
    for half, deviation, confidence in ((0.05, 0.5, 0.95), (0.03, 0.08**0.5, 0.9995), (0.1, 2.0, 0.8)):
        n = rows_for(half, deviation, confidence)
        z = norm.isf((1 - confidence) / 2)
        assert z * deviation / n**0.5 <= half < z * deviation / (n - 1) ** 0.5
    assert (DESCRIBED, JUDGED) == (385, 1077)


def test_the_same_seed_is_the_same_plan_and_another_one_is_not(rows, profile):
    def stream(seed):
        return lambda name: np.random.default_rng([seed, *name.encode()])

    def made(seed):
        return plan_questions(rows, profile, budget=EVERYTHING, stream=stream(seed))

    first, second, other = made(1), made(1), made(2)
    assert first.questions == second.questions
    for one, same in zip(first.cells, second.cells, strict=True):
        assert one.rows.tolist() == same.rows.tolist()
        assert all(one.values[name].equals(same.values[name]) for name in one.values)
    noise = {plan: _noise(plan) for plan in (first, other)}
    assert not noise[first].equals(noise[other])


def _noise(plan):
    place = [key(one) for one in plan.questions].index(("gaussian_noise", ("income",), 0.1))
    return plan.cells[place].values["income"]


def test_what_a_question_changes_does_not_depend_on_the_budget(whole, rows, profile):
    small = plan_questions(rows, profile, budget=whole.rows // 3)
    by_key = {key(one): cells for one, cells in zip(whole.questions, whole.cells, strict=True)}
    for question, cells in zip(small.questions, small.cells, strict=True):
        same = by_key[key(question)]
        assert cells.rows.tolist() == same.rows.tolist()
        assert all(values.equals(same.values[name]) for name, values in cells.values.items())


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.77, 0.999])
def test_the_budget_is_kept_and_what_is_left_out_is_listed(whole, rows, profile, share):
    budget = int(share * whole.rows)
    plan = plan_questions(rows, profile, budget=budget)
    assert plan.rows <= budget
    assert {*map(key, plan.questions)}.isdisjoint(map(key, plan.left_out))
    assert {*map(key, plan.questions), *map(key, plan.left_out)} == set(map(key, whole.questions))
    assert plan.unchanged == whole.unchanged
    # Nothing that is left out would still fit.
    assert min(one.rows for one in plan.left_out) > budget - plan.rows


def test_a_budget_of_nothing_asks_nothing_and_says_what_is_missing(whole, rows, profile):
    plan = plan_questions(rows, profile, budget=0)
    assert plan.questions == plan.cells == ()
    assert plan.rows == 0
    assert len(plan.left_out) == len(whole.questions)


def test_a_budget_that_is_just_enough_leaves_nothing_out(whole, rows, profile):
    assert not plan_questions(rows, profile, budget=whole.rows).left_out
    assert len(plan_questions(rows, profile, budget=whole.rows - 1).left_out) == 1


def test_the_curve_and_the_judged_questions_survive_longest(whole, rows, profile):
    curve = [one for one in whole.questions if one.perturbation == "gaussian_noise" and len(one.columns) > 1]
    assert whole.questions[: len(curve)] == tuple(curve)
    tight = plan_questions(rows, profile, budget=sum(one.rows for one in curve))
    assert tight.questions == tuple(curve)
    judged = [one for one in whole.questions if one.of == JUDGED]
    enough = plan_questions(rows, profile, budget=sum(one.rows for one in judged))
    assert set(map(key, enough.questions)) == set(map(key, judged))
    # The list begins with what is needed least.
    assert key(enough.left_out[0]) == key(whole.questions[-1])


def test_missing_values_are_plausible_where_the_reference_has_some(whole):
    plausible = {one.columns: one.plausible for one in whole.questions if one.perturbation == "missing_column"}
    assert plausible == {("age",): False, ("income",): False, ("debt",): True, ("job",): False}
    assert all(one.plausible for one in whole.questions if one.perturbation == "donor_value")
    assert not any(one.plausible for one in whole.questions if one.perturbation == "unseen_category")


def test_no_rows_are_no_questions(rows, profile):
    plan = plan_questions(rows.head(0), profile, budget=EVERYTHING)
    assert not plan.questions
    assert not plan.left_out
