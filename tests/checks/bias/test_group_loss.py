"""Losses that another model would spare a group."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from modelcheck.checks.bias.group_loss import group_loss
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion

EDGES = {"x": np.linspace(-2, 2, 15)}


def measured(context_of, rows, by="sex", **more):
    context = context_of("group_loss", rows, **{"by": by, "slice": by, "confidence": 0.998} | more)
    return group_loss(dataclasses.replace(context, check="bias.group_loss"))


def verdict(found, burden=Burden.BREACH):
    return judge(found, Criterion(max=0.05, confidence=0.998, burden=burden)).verdict.value


@pytest.fixture
def sides(rows_of, codes_of):
    """No line tells the outcome; for women it is turned round, which a model may know. Men are harder to tell."""

    def make(knows, n=6000, *, task="binary", **more):
        made = []
        for seed in (0, 1):
            rng = np.random.default_rng(seed)
            x, woman = rng.normal(size=n), rng.random(n) < 0.2
            men = np.abs(x) - 0.7
            signal = np.where(woman, -2.0, 1.0) * men
            guess = signal if knows else np.where(woman, 2.0, 1.0) * men
            groups = {"sex": np.where(woman, "female", "male")}
            coded = codes_of({"x": x, "sex": woman.astype(int)}, edges=EDGES)
            if task == "regression":
                target, score = signal + rng.normal(size=n), guess
            else:
                target, score = rng.random(n) < 1 / (1 + np.exp(-3 * signal)), 1 / (1 + np.exp(-3 * guess))
            made.append(rows_of(task, target, score, groups=groups, features=coded, **more))
        return made

    return make


def test_a_group_that_the_model_gets_wrong_and_others_would_not_is_found(sides, context_of):
    rows, reference = sides(knows=False)
    found = measured(context_of, rows, reference=reference)
    (finding,) = found.findings
    assert finding.slice == "sex = female"
    assert finding.low > 0.05
    assert "the challenger on" in finding.title
    assert found.estimate == found.groups["sex = female"]
    assert verdict(found) == "fail"
    assert "People in the group sex = female bear losses" in found.reading


def test_a_group_that_is_merely_harder_is_no_victim(sides, context_of):
    rows, reference = sides(knows=True)
    found = measured(context_of, rows, reference=reference)
    wrong = rows.decision != rows.target
    member = rows.groups["sex"].codes == 1
    assert wrong[member].mean() > wrong[~member].mean() + 0.05  # men are harder
    assert found.findings == ()
    assert verdict(found) == verdict(found, Burden.COMPLIANCE) == "pass"
    assert "with 80 % power an avoidable error rate of" in found.searched


def test_the_table_shows_both_sides_losses(sides, context_of):
    rows, reference = sides(knows=False)
    table = measured(context_of, rows, reference=reference).tables[0]
    line = dict(zip(table.columns, table.rows[0], strict=True))
    member = rows.groups["sex"].codes == 0
    assert line["candidate"] == pytest.approx(np.mean(rows.decision[member] != rows.target[member]))
    assert line["challenger"] < line["candidate"] - 0.2


def test_values_are_measured_by_squared_errors(sides, context_of):
    rows, reference = sides(knows=False, task="regression")
    found = measured(context_of, rows, reference=reference)
    assert [one.slice for one in found.findings] == ["sex = female"]
    assert "root mean squared error" in found.reading
    rows, reference = sides(knows=True, task="regression")
    assert measured(context_of, rows, reference=reference).findings == ()


def test_tiny_groups_are_shown_and_not_judged(sides, context_of):
    rows, reference = sides(knows=False)
    codes = rows.groups["sex"].codes.copy()
    codes[:30] = 2
    groups = {"sex": dataclasses.replace(rows.groups["sex"], labels=("female", "male", "(missing)"), codes=codes)}
    rows = dataclasses.replace(rows, groups=groups)
    found = measured(context_of, rows, reference=reference)
    assert "30 rows are too few to judge (needs 50)" in found.tables[0].rows[2][-1]
    assert set(found.groups) == {"sex = female", "sex = male"}
    declared = measured(context_of, rows, reference=reference, declared=True)
    assert declared.groups["sex = (missing)"].unproven
    assert declared.searched == ""


def test_clusters_and_weights_enter(sides, context_of):
    rows, reference = sides(knows=False)
    tied = dataclasses.replace(rows, cluster=(np.arange(6000) // 20).astype(np.int32))
    heavy = dataclasses.replace(rows, weight=np.tile([0.5, 1.5], 3000))
    for one in (tied, heavy):
        found = measured(context_of, one, reference=reference)
        assert [finding.slice for finding in found.findings] == ["sex = female"]
    assert found.groups["sex = female"] != measured(context_of, rows, reference=reference).groups["sex = female"]


def test_nothing_to_compare_with_is_said(sides, context_of):
    rows, reference = sides(knows=False)
    assert "there is no reference" in measured(context_of, rows).not_applicable
    few = reference.take(np.arange(40))
    assert "A challenger needs 100" in measured(context_of, rows, reference=few).not_applicable
    undecided = dataclasses.replace(rows, decision=None)
    assert "group_loss needs decisions" in measured(context_of, undecided, reference=reference).not_applicable
    assert "no protected attribute" in measured(context_of, rows, by=None, reference=reference).not_applicable
