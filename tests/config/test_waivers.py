from __future__ import annotations

import datetime

import pytest

WAIVER = """
[[waivers]]
gate = "performance::roc_auc::sex"
reason = "labels under repair, ticket 812"
owner = "risk team"
expires = 2027-01-31
"""


def test_waiver_is_read(project, base):
    (waiver,) = project.config(base + WAIVER).waivers
    assert waiver.gate == "performance::roc_auc::sex"
    assert waiver.expires == datetime.date(2027, 1, 31)


def test_expired_waiver_is_no_mistake_of_the_file(project, base):
    assert project.config(base + WAIVER.replace("2027", "1999")).waivers[0].expires.year == 1999


@pytest.mark.parametrize("key", ["gate", "reason", "owner", "expires"])
def test_all_four_keys_are_required(project, base, key):
    text = "\n".join(line for line in WAIVER.splitlines() if not line.startswith(key))
    mistake = project.mistake(base + text)
    assert mistake.key == key
    assert "required" in mistake.problem
    assert "number 1" in mistake.section


@pytest.mark.parametrize(
    "value", ['"2027-01-31"', "2027-01-31T00:00:00", "2027-01-31T00:00:00Z", "20270131", "00:00:00"]
)
def test_expiry_is_a_plain_date(project, base, value):
    mistake = project.mistake(base + WAIVER.replace("2027-01-31", value))
    assert mistake.key == "expires"
    assert "2027-01-31" in mistake.problem


@pytest.mark.parametrize("reason", ["", "   "])
def test_empty_reason_is_none(project, base, reason):
    assert project.mistake(base + WAIVER.replace("labels under repair, ticket 812", reason)).key == "reason"


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        ("performance", "must be a gate's id"),
        ("performance::", "must be a gate's id"),
        ("::roc_auc", "must be a gate's id"),
        ("performance::roc_auc::", "must be a gate's id"),
        ("performance::auc::sex", "no check"),
        ("performance::root_mean_squared_error", "regression"),
        ("performance::roc_auc::age", "no declared slice"),
        ("performance::generalisation_gap::sex", "as a whole"),
    ],
)
def test_gate_must_be_able_to_exist(project, base, gate, words):
    mistake = project.mistake(base + WAIVER.replace("performance::roc_auc::sex", gate))
    assert mistake.key == "gate"
    assert words in mistake.problem


def test_closest_gate_is_shown_as_an_id(project, base):
    mistake = project.mistake(base + WAIVER.replace("::roc_auc", "::auc"))
    assert mistake.hint == 'Did you mean "performance::roc_auc::sex"?'
    mistake = project.mistake(base + WAIVER.replace("performance::roc_auc::sex", "performance.roc_auc"))
    assert mistake.hint == 'Did you mean "performance::roc_auc"?'


def test_one_gate_has_one_waiver(project, base):
    mistake = project.mistake(base + WAIVER + WAIVER)
    assert "number 2" in mistake.section
    assert "already" in mistake.problem


def test_single_table_shows_the_double_brackets(project, base):
    assert "[[waivers]]" in project.mistake(base + WAIVER.replace("[[waivers]]", "[waivers]")).hint


def test_unknown_key_gets_the_closest(project, base):
    hints = {mistake.key: mistake.hint for mistake in project.mistakes(base + WAIVER.replace("expires", "expiry"))}
    assert hints["expiry"] == 'Did you mean "expires"?'


@pytest.mark.parametrize("key", ["reason", "owner"])
@pytest.mark.parametrize("value", ["...", "-", "812", "… !"])
def test_reason_and_owner_are_words(project, base, key, value):
    lines = [f'{key} = "{value}"' if line.startswith(key) else line for line in WAIVER.splitlines()]
    mistake = project.mistake(base + "\n".join(lines))
    assert mistake.key == key
    assert "no letter" in mistake.problem


def test_words_of_any_script_will_do(project, base):
    text = WAIVER.replace("risk team", "风险组").replace("labels under repair, ticket 812", "Ä")
    assert project.config(base + text).waivers[0].owner == "风险组"


@pytest.mark.parametrize("gate", ["user::checks.check_sense.check_a", "user::check_sense.check_a.sex"])
def test_checks_of_ones_own_are_not_waived(project, base, gate):
    mistake = project.mistake(base + WAIVER.replace("performance::roc_auc::sex", gate))
    assert "can't be waived" in mistake.problem
    assert mistake.hint == "Change or remove the check."
