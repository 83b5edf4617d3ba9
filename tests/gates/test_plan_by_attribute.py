"""Checks that compare the groups of a protected attribute have one gate for each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelcheck.config import load_configs
from modelcheck.gates.plan import plan_gates
from modelcheck.record.evidence import Burden, Severity
from modelcheck.suites.catalog import all_checks

BASE = """
suites = ["bias"]
[candidate]
score = "risk"
task = "binary"
[dataset]
path = "rows.csv"
target = "y"
protected = ["sex", "race", ["sex", "race"]]
"""


@pytest.fixture
def planned(tmp_path):
    def plan(text="", profile=None, task="binary"):
        (tmp_path / "rows.csv").write_text("y,risk,sex,race\n")
        (tmp_path / "modelcheck.toml").write_text(BASE.replace('"binary"', f'"{task}"') + text)
        (config,) = load_configs(tmp_path, checks=all_checks(), profile=profile)
        return config, {gate.id: gate for gate in plan_gates(config, task, all_checks())}

    return plan


def test_every_attribute_has_its_gate_and_the_dataset_none(planned):
    _, gates = planned()
    ids = {gate_id for gate_id in gates if "demographic_parity_ratio" in gate_id}
    assert ids == {f"bias::demographic_parity_ratio::{name}" for name in ("sex", "race", "sex*race")}
    gate = gates["bias::demographic_parity_ratio::sex*race"]
    assert gate.by == gate.slice == "sex*race"
    assert (gate.criterion.min, gate.criterion.max, gate.severity) == (0.8, None, Severity.WARNING)


def test_attributes_share_the_error_of_their_check(planned):
    _, gates = planned()
    default = next(check for check in all_checks() if check.check == "bias.group_loss")
    alphas = [gate.criterion.alpha for gate in gates.values() if gate.default.check == "bias.group_loss"]
    assert alphas == pytest.approx([default.alpha / 3] * 3)


def test_the_whole_suite_keeps_its_part_of_the_budget(planned):
    for task in ("binary", "multiclass", "regression"):
        _, gates = planned(task=task)
        judged = [gate for gate in gates.values() if gate.criterion is not None and gate.default.alpha]
        blocking = sum(gate.criterion.alpha for gate in judged if gate.severity is Severity.BLOCKING)
        warning = sum(gate.criterion.alpha for gate in judged if gate.severity is Severity.WARNING)
        assert blocking <= 0.008 + 1e-12
        assert warning <= 0.0105


def test_a_limit_of_the_table_holds_for_every_attribute_and_one_of_an_attribute_goes_first(planned):
    text = '[gates."bias.equalized_odds_difference"]\nmax = 0.2\nreason = "why"\nslices.sex.max = 0.05\n'
    _, gates = planned(text)
    limits = {name: gates[f"bias::equalized_odds_difference::{name}"] for name in ("sex", "race", "sex*race")}
    assert [gate.criterion.max for gate in limits.values()] == [0.05, 0.2, 0.2]
    assert all(gate.declared and gate.severity is Severity.BLOCKING for gate in limits.values())
    assert limits["sex"].criterion.reason == "why"


def test_a_limit_of_one_attribute_leaves_the_others_their_default(planned):
    _, gates = planned('[gates."bias.demographic_parity_difference"]\nslices.sex.max = 0.05\n')
    sex, race = (gates[f"bias::demographic_parity_difference::{name}"] for name in ("sex", "race"))
    assert (sex.declared, sex.criterion.max) == (True, 0.05)
    assert (race.declared, race.criterion.max, race.severity) == (False, 0.1, Severity.WARNING)


def test_in_release_a_default_is_broken_by_proof_and_a_declared_limit_has_to_be_proved_kept(planned):
    _, gates = planned('[gates."bias.calibration_gap"]\nslices.sex.max = 0.05\n', profile="release")
    sex, race = (gates[f"bias::calibration_gap::{name}"].criterion for name in ("sex", "race"))
    assert sex.burden is Burden.COMPLIANCE
    assert race.burden is Burden.BREACH
    assert race.resolution is None


def test_control_columns_ask_for_conditional_parity(planned):
    _, gates = planned()
    assert not any("conditional" in gate_id for gate_id in gates)
    config, _ = planned()
    asked = replace(config, dataset=replace(config.dataset, control=("job",)))
    ids = {gate.id for gate in plan_gates(asked, "binary", all_checks())}
    assert "bias::conditional_parity_difference::race" in ids


def test_without_a_protected_attribute_one_line_says_so(planned):
    config, _ = planned()
    bare = replace(config, dataset=replace(config.dataset, protected=()))
    ids = {gate.id for gate in plan_gates(bare, "binary", all_checks())}
    assert "bias::attributes" in ids
    assert "bias::intersectional" not in ids
    assert not any(gate_id.count("::") > 1 for gate_id in ids)


def test_a_default_that_is_only_to_be_told_judges_nothing(planned):
    _, gates = planned('[gates."bias.proxy"]\nseverity = "info"\nslices.sex.max = 0.4\n')
    sex, race = (gates[f"bias::proxy::{name}"] for name in ("sex", "race"))
    assert race.criterion is None
    assert race.severity is Severity.INFO
    assert sex.criterion.max == 0.4
