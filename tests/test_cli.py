from __future__ import annotations

import datetime
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from modelcheck import __version__
from modelcheck.cli import main
from modelcheck.config import load_configs
from modelcheck.record.evidence import Criterion, Severity, Verdict
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.record.store import write_record
from modelcheck.suites.catalog import all_checks


class Payload:
    """A pickle that leaves a mark when it is run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a fitted model in models/ and a table in data/; the user stands in it."""
    from sklearn.linear_model import LogisticRegression

    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "data").mkdir()
    rows = [f"{number},{number % 7},{number % 2},{'yes' if number % 3 else 'no'}" for number in range(60)]
    (tmp_path / "data" / "rows.csv").write_text("\n".join(["row_id,dose,sex,outcome", *rows]))
    model = LogisticRegression().fit([[number % 7] for number in range(60)], [number % 3 > 0 for number in range(60)])
    (tmp_path / "models" / "m.pkl").write_bytes(pickle.dumps(model))
    return tmp_path


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"modelcheck {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["init"],
        ["init", "only-model"],
        ["report"],
        ["inspect"],
        ["compare", "only-a"],
        ["readiness"],
        ["readiness", "r", "--at-least", "8"],
        ["readiness", "r", "--at-least", "nan"],
        ["readiness", "r", "--json", "--markdown"],
    ],
)
def test_wrong_usage_is_exit_2(words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: modelcheck" in capsys.readouterr().err


def test_init_writes_a_configuration_that_loads(project, capsys):
    assert main(["init", "models/m.pkl", "data/rows.csv"]) == 0
    assert "modelcheck.toml" in capsys.readouterr().out
    (config,) = load_configs(project, checks=all_checks())
    assert config.candidate.model == "models/m.pkl"
    assert config.dataset.target == "outcome"


def test_init_refuses_to_overwrite_unless_forced(project, capsys):
    (project / "modelcheck.toml").write_text("mine")
    assert main(["init", "models/m.pkl", "data/rows.csv"]) == 1
    assert "--force" in capsys.readouterr().err
    assert (project / "modelcheck.toml").read_text() == "mine"
    assert main(["init", "models/m.pkl", "data/rows.csv", "--force"]) == 0
    assert (project / "modelcheck.toml").read_text() != "mine"


def test_init_does_not_make_a_second_configuration_beside_pyproject(project, capsys):
    (project / "pyproject.toml").write_text("[tool.modelcheck]\n")
    assert main(["init", "models/m.pkl", "data/rows.csv"]) == 1
    assert "[tool.modelcheck]" in capsys.readouterr().err
    assert not (project / "modelcheck.toml").exists()
    assert main(["init", "models/m.pkl", "data/rows.csv", "--out", "pyproject.toml", "--force"]) == 1
    assert (project / "pyproject.toml").read_text() == "[tool.modelcheck]\n"


def test_init_writes_paths_relative_to_the_new_file(project):
    (project / "checks" / "deep").mkdir(parents=True)
    assert main(["init", "models/m.pkl", "data/rows.csv", "--out", "checks/deep/modelcheck.toml"]) == 0
    (config,) = load_configs(project, ["checks/deep/modelcheck.toml"], checks=all_checks())
    assert config.candidate.model == "../../models/m.pkl"
    assert config.dataset.path == "../../data/rows.csv"


@pytest.mark.parametrize(
    "words",
    [
        ["s3://bucket/model.pkl", "data/rows.csv"],
        ["http://169.254.169.254/invocations", "data/rows.csv"],
        ["https://host/model.pkl", "data/rows.csv"],
        ["gone.pkl", "data/rows.csv"],
        ["models/m.pkl", "gone.csv"],
        ["models/m.pkl", "data/rows.csv", "--out", "no/x.toml"],
    ],
)
def test_init_with_bad_input_is_exit_4_in_one_message(project, capsys, words):
    assert main(["init", *words]) == 4
    error = capsys.readouterr().err
    assert error.startswith("modelcheck init: ")
    assert "Traceback" not in error
    assert not (project / "modelcheck.toml").exists()


def make_record(folder: Path) -> Path:
    record = Record(
        name="visits", run={}, candidate={"name": "m"}, dataset={"name": "rows"}, verdict=RunVerdict.NO_GATES, gates=()
    )
    return write_record(record, folder)


def test_report_writes_the_pages_of_a_record(tmp_path):
    path = make_record(tmp_path)
    assert main(["report", str(path)]) == 0
    assert "visits" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "summary.md").exists()


def test_report_takes_a_folder_and_writes_elsewhere(tmp_path):
    make_record(tmp_path / "reports")
    assert main(["report", str(tmp_path / "reports"), "--out", str(tmp_path / "pages" / "new")]) == 0
    assert (tmp_path / "pages" / "new" / "report.html").exists()
    assert not (tmp_path / "reports" / "report.html").exists()


@pytest.mark.parametrize("content", [None, "", "{", '{"schema": "modelcheck/record/999"}'])
def test_report_of_a_bad_record_is_exit_4(tmp_path, capsys, content):
    path = tmp_path / "record.json"
    if content is not None:
        path.write_text(content)
    assert main(["report", str(path)]) == 4
    assert "Traceback" not in capsys.readouterr().err


@pytest.fixture
def two_records(tmp_path):
    """A run that was promoted and one that is blocked, each in a folder of its own."""

    def gate(verdict):
        return GateRecord(
            id="performance::recall",
            suite="performance",
            check="recall",
            severity=Severity.BLOCKING,
            verdict=verdict,
            criterion=Criterion(min=0.5),
        )

    def write(name, verdict, overall):
        record = Record(
            name="visits",
            run={"id": name, "profile": "ci"},
            candidate={},
            dataset={"sha256": "ab"},
            verdict=overall,
            gates=(gate(verdict),),
        )
        write_record(record, tmp_path / name)
        return str(tmp_path / name)

    return write("old", Verdict.PASS, RunVerdict.PROMOTED), write("new", Verdict.FAIL, RunVerdict.BLOCKED)


def test_compare_tells_what_changed_and_takes_folders_and_files(two_records, capsys):
    old, new = two_records
    assert main(["compare", old, f"{new}/record.json"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("visits: BLOCKED, was PROMOTED: 1 gate newly stops promotion.")
    assert "performance::recall: was pass, now fail (blocking)" in shown
    assert "\x1b" not in shown


def test_compare_answers_in_markdown_and_in_json(two_records, capsys):
    assert main(["compare", *two_records, "--markdown"]) == 0
    assert "# visits: BLOCKED, was PROMOTED\n" in capsys.readouterr().out
    assert main(["compare", *two_records, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["schema"], answer["worse"]) == ("modelcheck/comparison/1", True)


def test_compare_exits_with_1_on_request_where_the_newer_is_worse(two_records):
    old, new = two_records
    assert main(["compare", old, new, "--exit-code"]) == 1
    assert main(["compare", new, old, "--exit-code"]) == 0
    assert main(["compare", new, new, "--exit-code"]) == 0
    assert main(["compare", old, new]) == 0


DECLARED = """
[[items]]
id = "monitor.1"
how = "automated"
evidence = "https://wiki.example/alarms"
owner = "risk team"
date = {today}
"""


@pytest.fixture
def scored(tmp_path):
    """A record with a gate in three of the sections, and a file that declares the fourth."""
    names = ("explainability::irrelevant", "performance::better_than_trivial", "explainability::additivity")
    gates = [
        GateRecord(id=name, suite=name.split("::")[0], check=name.split("::")[1], verdict=Verdict.PASS)
        for name in names
    ]
    record = Record(
        name="visits",
        run={"id": "1", "profile": "ci", "started": "2026-11-02T10:00:00+00:00"},
        candidate={},
        dataset={},
        verdict=RunVerdict.PROMOTED,
        gates=tuple(gates),
    )
    write_record(record, tmp_path / "run")
    declared = tmp_path / "readiness.toml"
    declared.write_text(DECLARED.format(today=datetime.date.today().isoformat()))
    return str(tmp_path / "run"), str(declared)


def test_readiness_tells_the_score_of_a_record_with_and_without_declarations(scored, capsys):
    run, declared = scored
    assert main(["readiness", f"{run}/record.json"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("visits: ML Test Score 0 of 7:")
    assert "\x1b" not in shown
    assert main(["readiness", run, "--declarations", declared]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("visits: ML Test Score 1 of 7:")
    assert "https://wiki.example/alarms (risk team, " in " ".join(shown.split())


def test_readiness_judges_declarations_by_the_day_on_which_it_is_asked(scored, capsys):
    run, declared = scored
    yesterday = datetime.date.today() - datetime.timedelta(days=1)
    with open(declared, "a") as file:
        file.write(f"expires = {yesterday}\n")
    text = Path(declared).read_text().replace(f"date = {datetime.date.today()}", "date = 2026-01-01")
    Path(declared).write_text(text)
    assert main(["readiness", run, "--declarations", declared]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("visits: ML Test Score 0 of 7:")
    assert f"it expired on {yesterday}" in " ".join(shown.split())


def test_readiness_answers_in_markdown_and_in_json(scored, capsys):
    run, declared = scored
    assert main(["readiness", run, "--markdown"]) == 0
    assert "## visits: ML Test Score 0 of 7\n" in capsys.readouterr().out
    assert main(["readiness", run, "--declarations", declared, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["schema"], answer["score"], len(answer["items"])) == ("modelcheck/readiness/1", 1.0, 28)
    assert answer["day"] == datetime.date.today().isoformat()


def test_readiness_exits_with_1_below_what_is_asked_for(scored):
    run, declared = scored
    asked = ["readiness", run, "--declarations", declared, "--at-least"]
    assert [main([*asked, number]) for number in ("0", "1", "1.5")] == [0, 0, 1]
    assert main(["readiness", run, "--at-least", "0.5"]) == 1


def test_readiness_writes_to_a_file_but_never_over_what_it_reads(scored, tmp_path, capsys):
    run, declared = scored
    target = tmp_path / "new folder" / "readiness.md"
    assert main(["readiness", run, "--markdown", "--out", str(target)]) == 0
    assert "ML Test Score" in target.read_text(encoding="utf-8")
    for file in (f"{run}/record.json", declared):
        before = Path(file).read_bytes()
        assert main(["readiness", run, "--declarations", declared, "--out", file]) == 4
        assert Path(file).read_bytes() == before
    assert "nothing was written" in capsys.readouterr().err


def test_readiness_tells_all_mistakes_of_declarations_at_once(scored, capsys):
    run, declared = scored
    Path(declared).write_text('[[items]]\nid = "data.8"\nhow = "hand"\n[[items]]\nid = "data.1"\n')
    assert main(["readiness", run, "--declarations", declared]) == 4
    told = capsys.readouterr().err
    assert "9 mistakes" in told
    assert "Traceback" not in told


def test_compare_writes_to_a_file_but_never_over_a_record(two_records, tmp_path, capsys):
    old, new = two_records
    target = tmp_path / "new folder" / "diff.md"
    assert main(["compare", old, new, "--markdown", "--out", str(target), "--exit-code"]) == 1
    assert target.read_text(encoding="utf-8").startswith("<!-- written-by: modelcheck -->\n# visits: BLOCKED")
    assert [path.name for path in target.parent.iterdir()] == ["diff.md"]
    before = Path(new, "record.json").read_bytes()
    capsys.readouterr()
    assert main(["compare", old, new, "--json", "--out", f"{new}/record.json"]) == 4
    assert "nothing was written" in capsys.readouterr().err
    assert Path(new, "record.json").read_bytes() == before


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("content", [None, "", "{", '{"schema": "modelcheck/record/999"}'])
def test_compare_with_a_bad_record_is_exit_4(two_records, tmp_path, capsys, content, place):
    bad = tmp_path / "bad.json"
    if content is not None:
        bad.write_text(content)
    words = list(two_records)
    words[place] = str(bad)
    assert main(["compare", *words, "--exit-code", "--out", str(tmp_path / "out.txt")]) == 4
    error = capsys.readouterr().err
    assert error.startswith("modelcheck compare: ")
    assert "bad.json" in error
    assert not (tmp_path / "out.txt").exists()


def test_compare_colours_a_terminal_only_and_only_if_wanted(two_records, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    main(["compare", *two_records])
    assert "\x1b[1;31mBLOCKED, was PROMOTED" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    main(["compare", *two_records])
    assert "\x1b" not in capsys.readouterr().out


def test_compare_needs_nothing_of_models(two_records):
    code = (
        f"import sys\nfrom modelcheck.cli import main\nmain(['compare', *{two_records!r}])\n"
        "print(sorted({'numpy', 'pandas', 'pyarrow', 'sklearn', 'jinja2', 'pytest'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_inspect_of_a_plain_model_is_exit_0(project, capsys):
    assert main(["inspect", "models/m.pkl"]) == 0
    assert "sklearn.linear_model._logistic.LogisticRegression" in capsys.readouterr().out


def test_inspect_of_a_dangerous_file_is_exit_1_and_runs_nothing(tmp_path, capsys):
    mark = tmp_path / "mark"
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Payload(mark)))
    assert main(["inspect", str(tmp_path / "evil.pkl")]) == 1
    assert "mkdir" in capsys.readouterr().out
    assert not mark.exists()


def test_inspect_answers_in_json(tmp_path, capsys):
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Payload(tmp_path / "mark")))
    assert main(["inspect", str(tmp_path / "evil.pkl"), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["answer"] == "refused"
    assert answer["refused"] == answer["names"]


def test_inspect_of_a_missing_file_is_exit_4(tmp_path, capsys):
    assert main(["inspect", str(tmp_path / "gone.pkl")]) == 4
    assert capsys.readouterr().err.startswith("modelcheck inspect: ")


def test_names_from_hostile_files_send_no_control_characters(tmp_path, capsys):
    name = "evil\x1b[31m\u202e"
    (tmp_path / "x.pkl").write_bytes(
        b"\x80\x04"
        + b"".join(b"\x8c" + bytes([len(part.encode())]) + part.encode() for part in (name, "boom"))
        + b"\x93."
    )
    assert main(["inspect", str(tmp_path / "x.pkl")]) == 1
    shown = "".join(capsys.readouterr())
    assert "boom" in shown
    assert all(line.isprintable() for line in shown.splitlines())


def test_console_command_prints_on_a_terminal_without_unicode(project):
    run = subprocess.run(
        [sys.executable, "-m", "modelcheck.cli", "inspect", "gone-ü.pkl"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
    )
    assert run.returncode == 4
    assert b"Traceback" not in run.stderr


def test_help_needs_no_heavy_library():
    code = (
        "import sys\nfrom modelcheck.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'pandas', 'pyarrow', 'sklearn', 'jinja2', 'rich', 'pytest'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "words",
    [
        ["--score", "dose", "data/rows.csv"],
        ["data/rows.csv", "--score=dose"],
        ["--force", "data/rows.csv", "--score", "dose"],
    ],
)
def test_init_takes_predictions_that_lie_in_the_table(project, words):
    assert main(["init", *words]) == 0
    (config,) = load_configs(project, checks=all_checks())
    assert (config.candidate.score, config.candidate.model) == ("dose", None)


@pytest.mark.parametrize(
    "words", [["--score"], ["--score", "dose"], ["models/m.pkl", "data/rows.csv", "--score", "dose"]]
)
def test_init_takes_a_model_or_predictions(project, words):
    with pytest.raises(SystemExit) as caught:
        main(["init", *words])
    assert caught.value.code == 2


def test_init_takes_options_between_model_and_data(project):
    assert main(["init", "models/m.pkl", "--force", "data/rows.csv"]) == 0


def test_init_prints_its_warnings(project, capsys):
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    frame = pd.DataFrame({"dose": range(60), "lost": range(60)})
    model = LogisticRegression().fit(frame, [number % 3 > 0 for number in range(60)])
    (project / "models" / "m.pkl").write_bytes(pickle.dumps(model))
    assert main(["init", "models/m.pkl", "data/rows.csv"]) == 0
    assert (
        'warning: the table lacks 1 of the 2 columns that the model was fitted on: "lost".' in capsys.readouterr().err
    )
