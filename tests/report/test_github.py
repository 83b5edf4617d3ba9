"""GitHub is told which gates fail, within what it shows, and nothing from a record can give it another command."""

import re
from dataclasses import replace

import pytest

from modelcheck.record.evidence import Burden, Criterion, Severity, Verdict
from modelcheck.record.schema import GateRecord, RunVerdict
from modelcheck.report import render_summary
from modelcheck.report.github import STEP_SUMMARY_BYTES, render_annotations, render_step_summary

COMMAND = re.compile(r"::(?P<name>[^ :]+)(?: (?P<properties>.*?))?::(?P<message>.*)")


def parse(line):
    """Read a workflow command the way GitHub's runner does: name, properties, message, escapes undone."""
    found = COMMAND.fullmatch(line)
    assert found, line
    properties = {}
    for pair in (found["properties"] or "").split(","):
        if pair:
            key, value = pair.split("=", 1)
            for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
                value = value.replace(code, character)
            properties[key] = value
    message = found["message"]
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        message = message.replace(code, character)
    return found["name"], properties, message


def in_repository(record, file="checks/visits/modelcheck.toml"):
    return replace(record, run={**record.run, "config": file})


def failing(count, record, severity=Severity.BLOCKING, suite="performance"):
    gates = tuple(
        GateRecord(
            id=f"{suite}::metric{place}",
            suite=suite,
            check=f"metric{place}",
            title=f"Metric {place}",
            severity=severity,
            verdict=Verdict.FAIL,
            reason=f"{place} % breaks the minimum.",
        )
        for place in range(count)
    )
    return replace(record, gates=gates)


def test_what_stops_promotion_is_an_error_and_what_only_warns_a_warning(blocked):
    warns = failing(1, blocked, Severity.WARNING, "bias").gates
    record = in_repository(replace(blocked, gates=blocked.gates + warns))
    commands = [parse(line) for line in render_annotations([record])]
    told = [(name, properties["title"]) for name, properties, _ in commands]
    assert told[0] == ("error", "visits: Recall fails")
    assert told[2] == ("error", "visits: Log loss broke")
    assert told[-1] == ("warning", "visits: Metric 0 fails")
    assert [name for name, _ in told] == ["error"] * 3 + ["warning"] * 2
    assert {properties["file"] for _, properties, _ in commands} == {"checks/visits/modelcheck.toml"}
    message = commands[0][2]
    assert message.startswith("performance::recall: 0.470 (95 % interval 0.450 to 0.490, n 2,339) breaks the minimum")


def test_a_run_without_failures_says_nothing(records):
    assert render_annotations([records["regression"]]) == ()


@pytest.mark.parametrize(("profile", "level"), [("ci", "error"), ("release", "error"), ("dev", "warning")])
def test_a_run_that_is_not_whole_is_told_as_red_as_it_is(records, profile, level):
    record = records["incomplete"]
    record = replace(record, run={**record.run, "profile": profile})
    ((name, properties, message),) = map(parse, render_annotations([record]))
    assert (name, properties["title"]) == (level, "partial: INCOMPLETE")
    assert "not run" in message


def test_an_open_gate_is_an_error_where_it_stops_a_release(blocked):
    gate = replace(
        blocked.gates[2],
        verdict=Verdict.INCONCLUSIVE,
        criterion=Criterion(min=0.6, burden=Burden.COMPLIANCE),
        reason="too few rows.",
    )
    record = replace(blocked, gates=(gate,), verdict=RunVerdict.PROMOTED)
    assert render_annotations([record]) == ()
    record = replace(record, run={**record.run, "profile": "release"}, verdict=RunVerdict.BLOCKED)
    ((name, properties, _),) = map(parse, render_annotations([record]))
    assert (name, properties["title"]) == ("error", "visits: Recall is not proved")


def test_ten_are_shown_and_of_more_the_tenth_says_how_many(blocked):
    assert len(render_annotations([failing(10, blocked)])) == 10
    lines = render_annotations([failing(25, blocked)], folder="out/reports")
    assert len(lines) == 10
    name, properties, message = parse(lines[-1])
    assert (name, properties) == ("error", {"title": "modelcheck: 16 more"})
    assert message == "16 more stop promotion; all are in report.html in out/reports."


def test_errors_and_warnings_are_counted_apart_and_models_take_turns(blocked):
    many = failing(20, blocked)
    warns = replace(failing(20, blocked, Severity.WARNING), name="second")
    one = replace(failing(1, blocked, suite="bias"), name="third")
    lines = [parse(line) for line in render_annotations([many, warns, one])]
    assert [name for name, _, _ in lines] == ["error"] * 10 + ["warning"] * 10
    assert any(properties["title"].startswith("third: ") for _, properties, _ in lines)
    assert lines[9][2].startswith("12 more stop promotion")


def test_a_message_has_two_lines_at_most_and_says_that_there_are_more(blocked):
    gate = replace(blocked.gates[2], reason="Of 4 groups 3 fail.\na: 1\nb: 2\nc: 3")
    ((_, _, message), *_) = [parse(line) for line in render_annotations([replace(blocked, gates=(gate,))])]
    assert message == "performance::recall: Of 4 groups 3 fail.\na: 1 …"


def test_percent_signs_colons_and_commas_come_back_as_they_were(blocked):
    gate = replace(blocked.gates[2], title="50%25, a:b%0A", reason="100%0A of 5,000: x")
    record = in_repository(replace(blocked, gates=(gate,)), "a,b:c/100%.toml")
    ((_, properties, message),) = map(parse, render_annotations([record]))
    assert properties == {"file": "a,b:c/100%.toml", "title": "visits: 50%25, a:b%0A fails"}
    assert message == "performance::recall: 100%0A of 5,000: x"


ATTACKS = [
    "\n::error::injected",
    "\r\n::stop-commands::token",
    "x::warning title=y::z",
    "%0A::set-env name=PATH::/evil",
    "a,file=/etc/passwd,line=1",
    " ::add-mask::secret",
    "##[error]old style ##vso[task.setvariable]x",
    "\u2028::error::line separator",
    "\x85::error::next line",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_of_a_record_gives_another_command(blocked, attack):
    gate = replace(blocked.gates[2], id=attack, title=attack, reason=f"{attack}\n{attack}", reading=attack)
    record = replace(blocked, name=attack, gates=(gate,), run={**blocked.run, "config": f"{attack}.toml"})
    (line,) = render_annotations([record], folder=attack)
    # Whatever splits lines, for Python or for a runner, there is one.
    assert len(line.splitlines()) == 1
    name, properties, _ = parse(line)
    assert name == "error"
    assert set(properties) <= {"file", "title"}
    assert not re.search(r"##(\[|vso\[)", line)


def test_hostile_records_give_whole_commands_only(hostile):
    lines = render_annotations([hostile])
    assert lines
    for line in lines:
        assert parse(line)[0] in ("error", "warning")
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", line)
        assert len(line.encode()) < 4096


@pytest.mark.parametrize(
    ("config", "root", "file"),
    [
        ("modelcheck.toml", "", "modelcheck.toml"),
        ("checks/modelcheck.toml", "ml/part", "ml/part/checks/modelcheck.toml"),
        ("../modelcheck.toml", "ml", "modelcheck.toml"),
        ("../modelcheck.toml", "", None),
        ("/home/ann/modelcheck.toml", "ml", None),
        ("C:/work/modelcheck.toml", "ml", None),
        ("scan()", "", None),
    ],
)
def test_files_are_named_from_the_repository_and_never_outside_of_it(blocked, config, root, file):
    line = render_annotations([in_repository(blocked, config)], root=root)[0]
    assert parse(line)[1].get("file") == file


def test_the_step_s_summary_is_the_summary_of_every_model(records):
    both = [records["blocked"], records["regression"]]
    text = render_step_summary(both, ["out/visits", "out/diabetes"])
    for record in both:
        assert render_summary(record).rpartition("\n\n")[0] in text
    # Links beside the file would lead nowhere on a job's page.
    assert "](" not in text
    assert "report.html and record.json in `out/visits`" in text


def long_record(record, gates, reason=1400):
    found = failing(gates, record).gates
    return replace(record, gates=tuple(replace(gate, reason=f"{gate.id} " + "é" * reason) for gate in found))


def test_a_long_summary_is_cut_between_gates_and_says_so(blocked):
    record = long_record(blocked, 100)
    text = render_step_summary([record], ["reports"], room=60_000)
    assert 50_000 < len(text.encode()) <= 60_000
    head, note = text.rstrip("\n").rsplit("\n", 1)
    kept = len(re.findall(r"^### ", text, re.MULTILINE))
    assert f"**Cut here: {kept + 2} of 102 sections are shown, because GitHub takes 1 MiB a step.**" in note
    assert "summary.md and report.html in `reports`" in note
    # What is shown is whole: it is how the uncut one begins.
    assert render_summary(record).startswith(head.rstrip("\n"))
    assert head.rstrip("\n").endswith("é" * 1000)


def test_a_short_summary_beside_a_long_one_stays_whole(records):
    long = replace(long_record(records["blocked"], 100), name="long")
    for order in ([long, records["regression"]], [records["regression"], long]):
        text = render_step_summary(order, ["a", "b"], room=40_000)
        assert len(text.encode()) <= 40_000
        assert render_summary(records["regression"]).rpartition("\n\n")[0] in text
        assert "# long: BLOCKED" in text


def test_more_models_than_fit_are_counted(records):
    many = [replace(records["regression"], name=f"model{place}") for place in range(50)]
    text = render_step_summary(many, ["reports"] * 50, room=9_000)
    assert len(text.encode()) <= 9_000
    shown = len(re.findall(r"^# ", text, re.MULTILINE))
    assert 0 < shown < 50
    assert f"**{50 - shown} of 50 models are left out here" in text


def test_where_not_even_a_verdict_fits_nothing_is_written(blocked):
    assert render_step_summary([blocked], ["reports"], room=100) == ""
    assert render_step_summary([blocked], ["reports"], room=-5) == ""


def test_the_limit_is_a_mebibyte():
    assert STEP_SUMMARY_BYTES == 2**20
