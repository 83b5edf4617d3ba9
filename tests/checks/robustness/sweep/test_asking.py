"""The sample is real rows of the table, everybody is asked once a run, and the plan costs no prediction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.robustness.sweep.asking import NOBODY, SWEEP_SHARE, prepared, swept
from modelcheck.perturb.perturbation import differs


class Counting:
    """A model that remembers how many rows each call had."""

    def __init__(self, model):
        self.model = model
        self.calls = []

    def __call__(self, rows):
        self.calls.append(len(rows))
        return self.model(rows)


def test_without_a_model_nobody_is_asked(healthy_context):
    nobody = replace(healthy_context, asking=None, shared=None)
    assert prepared(nobody) == swept(nobody) == NOBODY


def test_scores_that_lie_in_the_table_can_not_be_asked(people, healthy, tmp_path):
    from modelcheck.config.tables import CandidateTable, Config, DatasetTable
    from modelcheck.scoring.store import Store
    from modelcheck.scoring.subjects import Subjects

    table = people(50)
    subjects = Subjects.of(
        Config(
            name="demo",
            file=tmp_path / "modelcheck.toml",
            label="modelcheck.toml",
            candidate=CandidateTable(score="p", task="binary"),
            dataset=DatasetTable(path="rows:all", target="y", positive="yes"),
        ),
        task="binary",
        candidate=None,
        baseline=None,
        dataset=table.assign(p=healthy(table)),
        reference=None,
        store=Store(tmp_path / "store", shared=False),
    )
    assert len(subjects.rows) == 50
    assert subjects.asking is None


def test_the_sample_is_rows_of_the_table_at_the_positions_named(context_for, healthy, people):
    table = people(2000, 3)
    ready = prepared(context_for(healthy, table))
    assert len(ready.positions) == 1077
    assert ready.everyone == 2000
    assert len(np.unique(ready.positions)) == 1077
    assert not np.all(np.diff(ready.positions) > 0)
    of_table = table.drop(columns="y").iloc[ready.positions].reset_index(drop=True)
    assert not any(differs(ready.rows[name], of_table[name]).any() for name in of_table)


def test_the_plan_predicts_nothing_and_the_sweep_is_asked_once(context_for, healthy, people):
    model = Counting(healthy)
    context = context_for(model, people(), budget=200_000)
    model.calls.clear()
    ready = prepared(context)
    assert model.calls == []
    sweep = swept(context)
    assert sum(model.calls) == sweep.predicted == ready.plan.rows + 2 * 400
    # Stacked: calls are far fewer than questions.
    assert len(model.calls) == sweep.calls < len(ready.plan.questions) / 3
    model.calls.clear()
    assert swept(replace(context, check="robustness.noise")) is sweep
    assert model.calls == []


def test_answers_are_those_to_the_changed_rows_and_stand_beside_the_rows_own(healthy_context, healthy):
    ready, sweep = prepared(healthy_context), swept(healthy_context)
    assert sweep.before.score.tolist() == healthy(ready.rows).tolist() == sweep.again.score.tolist()
    assert healthy_context.rows.score[sweep.positions].tolist() == sweep.before.score.tolist()
    assert [one.question for one in sweep.answered] == list(ready.plan.questions)
    place = next(at for at, one in enumerate(sweep.answered) if one.question.perturbation == "gaussian_noise")
    one, cells = sweep.answered[place], ready.plan.cells[place]
    changed = ready.rows.iloc[one.rows].reset_index(drop=True)
    for name, values in cells.values.items():
        changed[name] = values
    assert one.after.score.tolist() == healthy(changed).tolist()


def test_the_same_seed_is_the_same_sample_and_another_one_is_not(context_for, healthy, people):
    context = context_for(healthy, people(1500, 4))
    alone = replace(context, shared=None)
    first, again, other = prepared(alone), prepared(alone), prepared(replace(alone, seed=1))
    assert first.positions.tolist() == again.positions.tolist() != other.positions.tolist()
    assert first.plan.questions == again.plan.questions


def test_the_baseline_is_asked_about_the_curve_alone(context_for, healthy, people):
    rival = Counting(lambda rows: 0.5 * healthy(rows))
    context = context_for(healthy, people(), baseline=rival)
    rival.calls.clear()
    sweep = swept(context)
    compared = [one for one in sweep.answered if one.baseline is not None]
    assert {(one.question.perturbation, len(one.question.columns)) for one in compared} == {("gaussian_noise", 3)}
    assert sum(rival.calls) == 400 + sum(len(one.rows) for one in compared)
    for one in compared:
        assert one.baseline.score == pytest.approx(0.5 * one.after.score)


def test_a_budget_too_small_for_any_change_says_so(healthy_context):
    found = swept(replace(healthy_context, budget=0, shared=None))
    assert "budget" in found
    assert "--modelcheck-budget" in found


def test_the_budget_of_the_sweep_includes_the_rows_as_they_are(context_for, healthy, people):
    model = Counting(healthy)
    context = context_for(model, people(), budget=3000)
    model.calls.clear()
    sweep = swept(context)
    assert sum(model.calls) == sweep.predicted <= SWEEP_SHARE * 3000


def test_answers_are_chosen_by_change_degree_and_family(healthy_context):
    sweep = swept(healthy_context)
    assert {one.question.perturbation for one in sweep.about("to_zero", "unseen_category")} <= {
        "to_zero",
        "unseen_category",
    }
    assert {one.question.severity for one in sweep.about("gaussian_noise", severity=0.1)} == {0.1}
    assert {one.question.how.family for one in sweep.family("units")} == {"units"}
