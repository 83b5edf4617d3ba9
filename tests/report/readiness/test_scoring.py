"""The score follows the published rules, and only what was really judged or still holds counts."""

import dataclasses
import datetime
import fnmatch
import random

import pytest

from modelcheck.config.readiness import HOWS, ITEM_IDS
from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.readiness import How
from modelcheck.report.readiness import assess
from modelcheck.report.readiness.rubric import COMING, ITEMS, SECTIONS, meaning
from modelcheck.report.readiness.scoring import shows
from modelcheck.report.readiness.steps import steps
from modelcheck.suites.catalog import all_checks

DAY = datetime.date(2026, 11, 20)
OTHERS = [key for key in SECTIONS if key != "data"]


def item(found, id):
    (one,) = [one for one in found.items if one.item.id == id]
    return one


def sums(found):
    return {one.key: one.points for one in found.sections}


# ----------------------------------------------------------------------------------------------------------------------
# The paper's rules


def test_there_are_seven_items_in_each_of_four_sections():
    assert [one.id for one in ITEMS] == [
        f"{key}.{n}" for key in ("data", "model", "infra", "monitor") for n in range(1, 8)
    ]
    assert len(ITEMS) == 28
    assert tuple(one.id for one in ITEMS) == ITEM_IDS
    assert list(HOWS) == list(How)


def test_nothing_scores_nothing(record):
    found = assess(record(), [])
    assert found.score == 0
    assert sums(found) == dict.fromkeys(SECTIONS, 0)


def test_by_hand_is_half_a_point_and_by_a_system_a_whole_one(record, declare):
    found = assess(record(), [declare("data.1", "manual"), declare("data.2", "automated")])
    assert (item(found, "data.1").points, item(found, "data.2").points, item(found, "data.3").points) == (0.5, 1.0, 0.0)


def test_the_paper_s_way_from_items_to_the_score(record, declare):
    # Data: 3 automated, 2 by hand; Model: 2 and 2; Infrastructure: 5 automated; Monitoring: 3 by hand.
    how = {"data": "aaamm", "model": "aamm", "infra": "aaaaa", "monitor": "mmm"}
    words = {"a": "automated", "m": "manual"}
    known = [declare(f"{key}.{n}", words[w]) for key, all_ in how.items() for n, w in enumerate(all_, 1)]
    found = assess(record(), known)
    assert sums(found) == {"data": 4.0, "model": 3.0, "infra": 5.0, "monitor": 1.5}
    assert found.score == 1.5
    assert [one.key for one in found.lowest] == ["monitor"]


def test_the_score_is_the_smallest_sum_whatever_else_is_there(record, declare):
    draw = random.Random(9)
    for _ in range(50):
        known = [
            declare(one.id, how) for one in ITEMS if (how := draw.choice(["manual", "automated", ""]))
        ]  # fmt: skip
        found = assess(record(), known)
        each = {"manual": 0.5, "automated": 1.0}
        expected = {key: sum(each[one.how] for one in known if one.id.startswith(f"{key}.")) for key in SECTIONS}
        assert sums(found) == expected
        assert found.score == min(expected.values())


def test_everything_automated_is_seven_and_nothing_is_left_to_do(record, declare):
    found = assess(record(), [declare(one.id, "automated") for one in ITEMS])
    assert (found.score, steps(found)) == (7.0, ())
    assert found.meaning == meaning(7)


def test_the_ranges_are_those_of_the_paper():
    # 0; over 0 to 1; over 1 to 2; over 2 to 3; over 3 to 5; over 5.
    ranges = [[0], [0.5, 1], [1.5, 2], [2.5, 3], [3.5, 4, 4.5, 5], [5.5, 6, 6.5, 7]]
    told = [{meaning(score) for score in one} for one in ranges]
    assert all(len(one) == 1 for one in told)
    assert len(set().union(*told)) == 6
    words = ["research project", "serious holes", "first pass", "reasonably tested", "strongly", "exceptionally"]
    assert all(word in next(iter(one)) for word, one in zip(words, told, strict=True))


# ----------------------------------------------------------------------------------------------------------------------
# What a record shows


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.FAIL, Verdict.WAIVED])
def test_a_gate_that_was_judged_counts_whatever_came_out(record, gate, verdict):
    found = item(assess(record(gate("robustness::nonfinite", verdict))), "monitor.5")
    assert (found.status, found.points) == ("automated", 1.0)
    assert found.fails is (verdict is Verdict.FAIL)


@pytest.mark.parametrize(
    "verdict", [None, *(one for one in Verdict if one not in (Verdict.PASS, Verdict.FAIL, Verdict.WAIVED))]
)
def test_a_gate_that_was_not_judged_does_not_count(record, gate, verdict):
    found = item(assess(record(gate("robustness::nonfinite", verdict))), "monitor.5")
    assert (found.status, found.points) == ("missing", 0.0)
    assert [one.id for one in found.undecided] == ["robustness::nonfinite"]


def test_a_failing_gate_is_named_before_passing_ones(record, gate):
    gates = [
        gate("bias::group_loss::sex"),
        gate("bias::calibration_gap::sex", Verdict.FAIL),
        gate("bias::counterfactual::sex"),
    ]
    found = item(assess(record(*gates)), "model.7")
    assert [one.check for one in found.judged] == ["calibration_gap", "group_loss", "counterfactual"]


@pytest.mark.parametrize(
    ("profile", "points"), [("ci", 1.0), ("release", 1.0), ("dev", 0.5), (None, 0.5), (["ci"], 0.5), ("x\x1b", 0.5)]
)
def test_only_a_profile_for_pipelines_counts_as_repeated(record, gate, profile, points):
    found = assess(record(gate("robustness::nonfinite"), profile=profile))
    assert item(found, "monitor.5").points == points
    assert found.repeated is (points == 1.0)


def test_a_scan_is_started_by_a_person_whatever_its_profile(record, gate):
    run = {"profile": "ci", "command": "modelcheck.scan(...)", "started": "2026-11-20T08:00:00+00:00"}
    found = assess(record(gate("robustness::nonfinite"), run=run))
    assert item(found, "monitor.5").points == 0.5
    assert "scan" in found.basis


def test_a_full_point_says_that_one_record_does_not_prove_it(record):
    assert "can't prove" in assess(record()).basis


def test_quality_before_serving_needs_a_gate_that_stops(record, gate):
    loose = record(gate("performance::roc_auc", severity=Severity.WARNING))
    assert item(assess(loose), "infra.4").status == "missing"
    assert item(assess(record(gate("performance::roc_auc"))), "infra.4").status == "automated"


def test_a_limit_of_a_slice_shows_quality_in_parts_and_one_of_the_whole_does_not(record, gate):
    assert item(assess(record(gate("performance::recall"))), "model.6").status == "missing"
    assert item(assess(record(gate("performance::recall::old people"))), "model.6").status == "automated"


def test_gates_of_users_and_of_unknown_suites_show_nothing_by_themselves(record, gate):
    found = assess(record(gate("user::performance"), gate("performances::weak_slices"), gate("data::anything")))
    assert found.items
    assert {one.status for one in found.items} == {"missing"}


@pytest.mark.parametrize("check", sorted({gate for one in ITEMS for gate in one.gates if "deployment" in gate}))
def test_a_gate_of_deployment_counts_as_soon_as_a_record_holds_it(record, gate, check):
    named = [one.id for one in ITEMS if check in one.gates]
    found = assess(record(gate(check)))
    assert named
    assert [one.item.id for one in found.items if one.points] == named


# ----------------------------------------------------------------------------------------------------------------------
# The mapping refers to what there is


def test_every_pattern_names_a_check_that_exists_or_is_announced(gate):
    names = [f"{check.suite}::{check.name}" for check in all_checks()]
    for one in ITEMS:
        for pattern in set(one.gates) - COMING:
            suite, check, *_ = pattern.split("::")
            assert fnmatch.filter(names, f"{suite}::{check}"), pattern
            alone = dataclasses.replace(one, gates=(pattern,))
            assert any(shows(alone, gate(f"{name}::part")) for name in names), pattern


def test_what_exists_is_not_called_announced():
    names = {f"{check.suite}::{check.name}" for check in all_checks()}
    assert not COMING & names, (
        "these checks exist now: take them out of COMING in modelcheck/report/readiness/rubric.py"
    )


def test_an_item_with_gates_says_how_to_run_them_and_every_item_what_to_do_by_hand():
    for one in ITEMS:
        assert one.declare.endswith(".")
        assert bool(one.gates) == bool(one.configure)
        assert one.effort in (1, 2, 3)


# ----------------------------------------------------------------------------------------------------------------------
# What is declared


def test_of_gate_and_declaration_the_better_one_counts(record, gate, declare):
    by_hand = record(gate("robustness::nonfinite"), profile="dev")
    assert item(assess(by_hand, [declare("monitor.5", "automated")]), "monitor.5").points == 1.0
    run = record(gate("robustness::nonfinite"))
    assert item(assess(run, [declare("monitor.5", "manual")]), "monitor.5").points == 1.0


def days(number):
    return datetime.timedelta(days=number)


@pytest.mark.parametrize(
    ("date", "expires", "points"),
    [
        (DAY, DAY, 0.5),
        (DAY - days(9), DAY - days(1), 0.0),
        (DAY - days(2000), DAY + days(1), 0.5),
        (DAY - days(365), None, 0.5),
        (DAY - days(366), None, 0.0),
        (DAY + days(1), None, 0.5),
        (DAY + days(2), None, 0.0),
        (datetime.date.min, datetime.date.max, 0.5),
        (datetime.date.max, datetime.date.max, 0.0),
    ],
)
def test_a_declaration_counts_while_it_holds(record, declare, date, expires, points):
    found = item(assess(record(), [declare("data.3", date=date, expires=expires)]), "data.3")
    assert found.points == points
    assert bool(found.doubt) == (points == 0.0)


def test_the_page_s_day_is_the_run_s_and_today_can_be_given(record, declare):
    run = record(readiness=(declare("data.3", expires=DAY),))
    assert assess(run).day == DAY
    assert item(assess(run), "data.3").points == 0.5
    assert item(assess(run, today=DAY + days(1)), "data.3").points == 0.0


@pytest.mark.parametrize("run", [{}, {"started": "yesterday"}, {"started": 7}, {"started": None}])
def test_without_a_day_no_declaration_is_believed(record, declare, run):
    found = item(assess(record(run=run), [declare("data.3")]), "data.3")
    assert found.points == 0.0
    assert "does not say when" in found.doubt


def test_declarations_given_stand_instead_of_the_record_s(record, declare):
    run = record(readiness=(declare("data.3"),))
    assert item(assess(run, []), "data.3").points == 0.0
    assert assess(record()).declared is None


def test_items_of_another_version_change_nothing(record, declare):
    found = assess(record(), [declare("data.8"), declare("x" * 9999)])
    assert found.score == 0
    assert found.declared == 2
