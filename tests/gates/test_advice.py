"""A gate that doesn't hold ends with lines that can be copied, and that do what they say."""

from __future__ import annotations

import tomllib

import pytest

from modelcheck.config.tables import CandidateTable, Config, DatasetTable, GateTable, Limit
from modelcheck.gates.advice import advise
from modelcheck.gates.judge import judge
from modelcheck.gates.plan import declared_alpha, plan_gates
from modelcheck.record.evidence import Estimate, Evidence, Severity, Verdict
from modelcheck.record.schema import GateRecord
from modelcheck.suites.catalog import all_checks


def _config(tmp_path, gates, **changes):
    return Config(
        name="demo",
        file=tmp_path / "modelcheck.toml",
        label="modelcheck.toml",
        candidate=CandidateTable(model="m:f", task="binary"),
        dataset=DatasetTable(path="d:f", target="y", protected=(("sex",),)),
        gates={name: GateTable(check=name, limit=limit, slices=slices) for name, (limit, slices) in gates.items()},
        slices={"65+": "age >= 65"},
        **changes,
    )


def _advice(tmp_path, check, limit, value, slice_name=None, prefix=""):
    gates = {check: (limit, {} if slice_name is None else {slice_name: limit})}
    config = _config(tmp_path, gates, prefix=prefix)
    suite, _, name = check.partition(".")
    gate_id = f"{suite}::{name}" + ("" if slice_name is None else f"::{slice_name}")
    gate = next(one for one in plan_gates(config, "binary", all_checks()) if one.id == gate_id)
    estimate = Estimate(metric=name, value=value, low=value - 1e-3, high=value + 1e-3, confidence=0.95, n=9, method="x")
    judged = judge(Evidence(estimate=estimate), gate.criterion)
    record = GateRecord(
        id=gate.id, suite=suite, check=name, verdict=judged.verdict, estimate=estimate, criterion=gate.criterion
    )
    return advise(gate, record, config, "pytest --modelcheck x"), gate


@pytest.mark.parametrize("value", [0.61234, 0.0123, 0.999])
def test_the_accepted_minimum_is_one_that_the_measured_value_keeps(tmp_path, value):
    lines, gate = _advice(tmp_path, "performance.roc_auc", Limit(min=1.0), value)
    accept = next(line for line in lines if line.startswith("accept:"))
    assert '[gates."performance.roc_auc"]' in accept
    limit = tomllib.loads(accept.partition("]: ")[2])["min"]
    assert value - 0.01 * value <= limit <= value
    assert gate.criterion.min == 1.0


def test_the_accepted_maximum_is_one_that_the_measured_value_keeps(tmp_path):
    lines, _ = _advice(tmp_path, "performance.log_loss", Limit(max=0.1), 0.4321)
    accept = next(line for line in lines if line.startswith("accept:"))
    assert tomllib.loads(accept.partition("]: ")[2])["max"] == 0.433


def test_a_slice_is_accepted_under_its_own_name(tmp_path):
    lines, _ = _advice(tmp_path, "performance.recall", Limit(min=0.9), 0.5, "65+", "tool.modelcheck.")
    accept = next(line for line in lines if line.startswith("accept:"))
    assert '[tool.modelcheck.gates."performance.recall"]' in accept
    assert tomllib.loads(accept.partition("]: ")[2]) == {"slices": {"65+": {"min": 0.5}}}


def _of_places(tmp_path, check, estimates, limit=None):
    config = _config(tmp_path, {check: (limit or Limit(), {})}, suites=(check.partition(".")[0],))
    gate = next(one for one in plan_gates(config, "binary", all_checks()) if one.default.check == check)
    groups = {
        name: Estimate(metric="x", value=value, low=low, high=high, confidence=0.95, n=100, method="x")
        for name, (low, value, high) in estimates.items()
    }
    record = GateRecord(id=gate.id, suite="s", check="c", verdict=Verdict.FAIL, groups=groups, criterion=gate.criterion)
    return "".join(line for line in advise(gate, record, config, "pytest") if line.startswith("accept:"))


def test_a_place_that_is_not_proved_gives_no_limit(tmp_path):
    proved, open_ = (0.08, 0.17, 0.26), (-0.1, 0.239, 0.6)
    both = _of_places(tmp_path, "performance.weak_slices", {"a": proved, "b": open_})
    assert both.endswith("max = 0.170")
    assert both == _of_places(tmp_path, "performance.weak_slices", {"a": proved})


@pytest.mark.parametrize(
    ("check", "limit", "value", "offered"),
    [
        ("robustness.determinism", Limit(max=0.0), 1.0, False),
        ("robustness.determinism", Limit(max=0.0), 0.5, True),
        ("performance.recall", Limit(min=0.9), 0.0, False),
        ("performance.recall", Limit(min=0.9), 0.00004, True),
        ("performance.log_loss", Limit(max=0.5), 7.0, True),
    ],
)
def test_a_limit_that_nothing_can_break_is_not_offered(tmp_path, check, limit, value, offered):
    accept = _of_places(tmp_path, check, {"a": (value - 1e-5, value, value + 1e-5)}, limit=limit)
    assert bool(accept) is offered


@pytest.mark.parametrize("check", ["robustness.direction", "explainability.direction"])
def test_a_broken_direction_is_mended_or_waived_and_not_accepted(tmp_path, check):
    assert _of_places(tmp_path, check, {"age": (0.2, 0.3, 0.4)}, limit=Limit(max=0.1)) == ""


def test_nobody_accepts_to_be_no_better_than_a_guess(tmp_path):
    assert _of_places(tmp_path, "performance.better_than_trivial", {"all": (-0.3, -0.176, -0.1)}) == ""


def test_the_waiver_is_a_table_with_what_a_person_has_to_fill_in(tmp_path):
    lines, _ = _advice(tmp_path, "performance.recall", Limit(min=0.9), 0.5)
    start = next(i for i, line in enumerate(lines) if line.startswith("waive:"))
    block = "\n".join(lines[start + 1 :])
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(block)
    waiver = tomllib.loads(block.replace("YYYY-MM-DD", "2027-01-31"))["waivers"][0]
    assert waiver["gate"] == "performance::recall"
    assert set(waiver) == {"gate", "reason", "owner", "expires"}


def test_a_gate_that_holds_needs_no_advice(tmp_path):
    lines, _ = _advice(tmp_path, "performance.recall", Limit(min=0.4), 0.5)
    assert lines == ()


def test_a_limit_makes_a_metric_block_and_a_metric_without_one_informs(tmp_path):
    config = _config(tmp_path, {"performance.recall": (Limit(min=0.5), {"sex": Limit(severity="warning")})})
    gates = {gate.id: gate for gate in plan_gates(config, "binary", all_checks())}
    assert gates["performance::recall"].severity is Severity.BLOCKING
    assert gates["performance::recall"].declared
    assert gates["performance::recall::sex"].severity is Severity.WARNING
    assert gates["performance::recall::sex"].criterion.min == 0.5
    assert gates["performance::recall::sex"].by == "sex"
    assert gates["performance::precision"].severity is Severity.INFO
    assert gates["performance::precision"].criterion is None


def test_default_gates_stand_within_the_budget_and_declared_limits_outside(tmp_path):
    config = _config(tmp_path, {"performance.recall": (Limit(min=0.5, max=0.9), {})})
    gates = plan_gates(config, "binary", all_checks())
    assert declared_alpha(gates) == pytest.approx(0.05)
    default = [gate for gate in gates if gate.criterion is not None and not gate.declared]
    for severity, budget in (("blocking", 0.010), ("warning", 0.015)):
        spent = sum(gate.criterion.alpha for gate in default if gate.severity == severity)
        assert 0.0 < round(spent, 12) <= budget


@pytest.mark.parametrize(("profile", "burden"), [("dev", "breach"), ("ci", "breach"), ("release", "compliance")])
def test_the_profile_sets_the_burden_of_proof(tmp_path, profile, burden):
    config = _config(tmp_path, {"performance.recall": (Limit(min=0.5), {})}, profile=profile)
    gates = {gate.id: gate for gate in plan_gates(config, "binary", all_checks())}
    assert gates["performance::recall"].criterion.burden == burden
    assert gates["performance::better_than_trivial"].criterion.burden == "compliance"


def test_gates_of_another_task_are_not_planned(tmp_path):
    config = _config(tmp_path, {})
    names = {gate.id for gate in plan_gates(config, "regression", all_checks())}
    assert "performance::r2" in names
    assert "performance::roc_auc" not in names
    assert Verdict.NOT_RUN == "not_run"
