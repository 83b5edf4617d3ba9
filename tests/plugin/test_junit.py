"""JUnit files that other tools read: every gate has its numbers there, whatever became of it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from junitparser.xunit2 import JUnitXml

LIMITS = """
[gates."performance.roc_auc"]
min = 0.99
[gates."performance.accuracy"]
min = 0.6
max = 0.95
[gates."performance.recall"]
min = 0.99
[gates."performance.brier_score"]
max = 0.0001
severity = "warning"
[[waivers]]
gate = "performance::recall"
reason = "ticket 1"
owner = "risk"
expires = 2999-01-01
"""


def properties(project):
    """The properties of each gate, by its id, as junitparser reads them."""
    file = str(project.path / "junit.xml")
    found = {}
    for suite in JUnitXml.fromfile(file):
        for case in suite:
            named = {item.name: item.value for item in case.properties()}
            assert len(named) == len(list(case.properties()))
            found[named["modelcheck.gate"]] = named
    # The standard library's parser reads the same.
    cases = list(ET.parse(file).iter("testcase"))  # noqa: S314
    assert len(cases) == len(found)
    assert all(
        item.get("value") == found[gate]["modelcheck.verdict"]
        for case in cases
        for gate in [case.find(".//property[@name='modelcheck.gate']").get("value")]
        for item in case.findall(".//property[@name='modelcheck.verdict']")
    )
    return found


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "workers"])
def test_gates_that_fail_pass_warn_or_are_waived_have_estimate_interval_n_limit_and_verdict(project, workers):
    project.configure(LIMITS)
    project.run("--junitxml=junit.xml", *workers)
    found = properties(project)
    record = {gate["id"]: gate for gate in project.record()["gates"]}
    assert set(found) == set(record)
    verdicts = {"roc_auc": "fail", "accuracy": "pass", "recall": "waived", "brier_score": "fail", "f1": "measured"}
    for name, verdict in verdicts.items():
        named, gate = found[f"performance::{name}"], record[f"performance::{name}"]
        assert named["modelcheck.verdict"] == verdict
        assert named["modelcheck.severity"] == gate["severity"]
        assert named["modelcheck.metric"] == gate["estimate"]["metric"]
        assert named["modelcheck.method"] == gate["estimate"]["method"]
        for key in ("value", "low", "high", "confidence"):
            assert float(named[f"modelcheck.{key}"]) == gate["estimate"][key]
        assert int(named["modelcheck.n"]) == gate["estimate"]["n"]
        limits = {key: named.get(f"modelcheck.{key}") for key in ("min", "max", "margin")}
        expected = {key: (gate["criterion"] or {}).get(key) for key in limits}
        assert {key: None if text is None else float(text) for key, text in limits.items()} == expected
    assert float(found["performance::accuracy"]["modelcheck.max"]) == 0.95


def test_an_open_gate_has_its_numbers(project):
    project.write_tables(rows=60).configure('[gates."performance.accuracy"]\nmin = 0.7\n')
    project.run("--junitxml=junit.xml")
    named = properties(project)["performance::accuracy"]
    assert named["modelcheck.verdict"] == "inconclusive"
    assert float(named["modelcheck.low"]) < 0.7 < float(named["modelcheck.high"])
    assert named["modelcheck.min"] == "0.7"


def test_a_gate_that_broke_says_so_once(project):
    (project.path / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(scope='session')\ndef candidate():\n    raise RuntimeError('no model today')\n"
    )
    project.configure(LIMITS)
    assert project.run("--junitxml=junit.xml").ret == 1
    found = properties(project)
    assert {named["modelcheck.verdict"] for named in found.values()} == {"error"}
    assert "modelcheck.value" not in found["performance::roc_auc"]


def test_what_breaks_after_a_gate_replaces_what_the_gate_said(project):
    (project.path / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(autouse=True)\ndef _late():\n    yield\n    raise RuntimeError('too late')\n"
    )
    project.run("--junitxml=junit.xml")
    cases = ET.parse(project.path / "junit.xml").iter("testcase")  # noqa: S314
    told = [
        [item.get("value") for item in case.iter("property") if item.get("name") == "modelcheck.verdict"]
        for case in cases
    ]
    assert told
    assert {tuple(words) for words in told} == {("error",)}


def test_checks_of_the_user_have_a_verdict_too(project):
    (project.path / "checks").mkdir()
    (project.path / "checks" / "check_it.py").write_text(
        "import pytest\n"
        "def check_good(): pass\n"
        "def check_bad(): assert False\n"
        "def check_broken(): raise ValueError('boom')\n"
        "def check_later(): pytest.skip('later')\n"
    )
    project.run("--junitxml=junit.xml")
    found = properties(project)
    told = {
        gate.rpartition(".")[2]: named["modelcheck.verdict"]
        for gate, named in found.items()
        if gate.startswith("user::")
    }
    assert told == {"check_good": "pass", "check_bad": "fail", "check_broken": "error", "check_later": "not_run"}
