"""The advice: only what can raise the score, the cheapest first."""

import datetime

from modelcheck.record.evidence import Verdict
from modelcheck.report.readiness import assess, rubric
from modelcheck.report.readiness.rubric import ITEMS, SECTIONS
from modelcheck.report.readiness.scoring import Readiness
from modelcheck.report.readiness.steps import steps

DAY = datetime.date(2026, 11, 20)


def all_but(declare, key, how="automated"):
    return [declare(one.id, how) for one in ITEMS if one.section != key]


def raised(found: Readiness, **most):
    return [one.items for one in steps(found, **most)]


def test_only_the_lowest_section_is_worked_on(record, declare):
    found = assess(record(), all_but(declare, "infra"))
    assert len(steps(found)) == 3
    assert all(id.startswith("infra.") for ids in raised(found, most=28) for id in ids)


def test_sections_that_are_lowest_together_take_turns(record):
    assert {id.partition(".")[0] for ids in raised(assess(record(), []), most=4) for id in ids} == set(SECTIONS)


def test_another_way_of_running_comes_first_and_raises_all_gates_at_once(record, gate, declare):
    gates = [gate("performance::better_than_trivial"), gate("performance::weak_slices")]
    found = assess(record(*gates, profile="dev"), all_but(declare, "model"))
    first = steps(found)[0]
    assert (first.items, first.gain) == (("model.5", "model.6"), 1.0)
    assert "profile ci or release" in first.text


def test_renewing_comes_before_a_gate_and_a_gate_before_work_by_hand(record, declare):
    stale = declare("data.5", "automated", expires=DAY - datetime.timedelta(days=1))
    found = assess(record(), [*all_but(declare, "data"), stale])
    order = steps(found, most=28)
    assert [one.items[0] for one in order[:3]] == ["data.5", "data.4", "data.2"]
    assert (order[0].gain, order[1].gain, order[-1].gain) == (1.0, 1.0, 0.5)
    assert "expired on 2026-11-19" in order[0].text
    assert "forbidden" in order[1].text


def test_a_gate_that_is_there_and_undecided_is_what_to_mend(record, gate, declare):
    for verdict, said in [
        (None, "without a limit"),
        (Verdict.INCONCLUSIVE, "inconclusive"),
        (Verdict.NOT_RUN, "not run"),
        (Verdict.ERROR, "broke"),
    ]:
        run = record(gate("robustness::nonfinite", verdict))
        (text,) = [one.text for one in steps(assess(run, all_but(declare, "monitor")), 28) if "monitor.5" in one.items]
        assert "robustness::nonfinite" in text
        assert said in text


def test_what_is_done_by_hand_is_to_be_automated_last(record, declare):
    found = assess(record(), [*all_but(declare, "data"), declare("data.6")])
    assert steps(found, most=28)[-1].items == ("data.6",)


def test_an_announced_gate_is_called_so_and_what_can_be_done_now_is_told(record, declare, monkeypatch):
    gates = next(one.gates for one in ITEMS if one.id == "monitor.6")
    monkeypatch.setattr(rubric, "COMING", frozenset(gates))
    (one,) = [one for one in steps(assess(record(), all_but(declare, "monitor")), 28) if "monitor.6" in one.items]
    assert "By hand:" in one.text
    assert (
        "Announced, not in this version: deployment.latency, deployment.latency_ratio, deployment.memory." in one.text
    )
    assert one.gain == 0.5


def test_following_every_step_reaches_a_higher_score(record, declare):
    known = {one.id: one for one in all_but(declare, "model")}
    before = assess(record(), list(known.values()))
    for step in steps(before):
        known |= {id: declare(id, "automated") for id in step.items}
    assert assess(record(), list(known.values())).score > before.score
