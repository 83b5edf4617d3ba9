"""What could make a run look greener than it is: each way in was tried, and is closed."""

from __future__ import annotations

import sys

import pandas as pd
import pytest


def _check(project, text, path="checks/check_people.py"):
    file = project.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _use_function(project, body):
    (project.path / "odd.py").write_text(f"import os, signal, time\nimport numpy as np\ndef predict(X):\n    {body}\n")
    text = (project.path / "modelcheck.toml").read_text()
    (project.path / "modelcheck.toml").write_text(
        text.replace('model = "model.skops"', 'model = "odd:predict"\noutput = "probability"\ntask = "binary"')
    )


def test_a_perfect_score_on_a_handful_of_rows_decides_nothing(project):
    frame = pd.read_csv(project.path / "holdout.csv")
    frame["vip"] = 0
    frame.loc[frame.index[frame.outcome == "yes"][:3], "vip"] = 1
    frame.loc[frame.vip == 1, "score"] = 9.0
    frame.to_csv(project.path / "holdout.csv", index=False)
    project.configure(
        '[slices]\nvip = "vip == 1"\n[gates."performance.accuracy"]\nmin = 0.5\nslices.vip.min = 0.95\n',
        drop=["amount", "vip"],
    )
    train = pd.read_csv(project.path / "train.csv").assign(vip=0)
    train.to_csv(project.path / "train.csv", index=False)
    project.run()
    gate = project.gate("performance::accuracy::vip")
    assert gate["estimate"]["value"] == 1.0
    assert gate["estimate"]["n"] == 3
    assert gate["verdict"] == "inconclusive"
    assert "rows would decide" in gate["reason"]


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("class TestIt:\n    def check_it(self): assert False\n", "user::checks.check_people"),
        ("def check_a(): pass\nclass CheckIt:\n    def check_b(self): assert False\n", "check_people.CheckIt.check_b"),
        ("def check_a(): pass\ndef test_b(): assert False\n", "check_people.test_b"),
        ("def check_a(): pass\nif False:\n    def check_b(): assert False\n", "check_people.check_b"),
        (
            "import pytest\npytest.skip('no', allow_module_level=True)\nasync def check_a(): assert False\n",
            "check_people",
        ),
    ],
)
def test_checks_that_pytest_would_not_collect_are_planned_and_not_run(project, text, gate):
    _check(project, text)
    assert project.run().ret == 1
    assert project.record()["verdict"] == "incomplete"
    missing = [one["id"] for one in project.record()["gates"] if one["verdict"] == "not_run"]
    assert any(one.endswith(gate) for one in missing)


def test_a_check_that_returns_its_answer_instead_of_asserting_it_is_an_error(project):
    _check(project, "def check_it():\n    return False\n")
    assert project.run().ret == 1
    assert project.gate("user::checks.check_people.check_it")["verdict"] == "error"


def test_a_failing_teardown_is_red_in_the_record_too(project):
    (project.path / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(autouse=True)\ndef late():\n    yield\n    raise RuntimeError('late')\n"
    )
    assert project.run().ret == 1
    assert project.record()["verdict"] == "blocked"


def test_one_model_is_never_judged_in_the_name_of_another(project):
    (project.path / "flat.py").write_text("import numpy as np\ndef predict(X):\n    return np.full(len(X), 0.3)\n")
    project.configure("", name="flat", file="flat.toml")
    text = (project.path / "flat.toml").read_text()
    (project.path / "flat.toml").write_text(
        text.replace('model = "model.skops"', 'model = "flat:predict"\noutput = "probability"\ntask = "binary"')
    )
    (project.path / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(scope='session')\ndef model_name(): return 'demo'\n"
    )
    assert project.run("--modelcheck-config", "modelcheck.toml", "--modelcheck-config", "flat.toml").ret == 1
    assert project.record("reports/flat")["verdict"] == "blocked"


@pytest.mark.skipif(sys.platform == "win32", reason="workers are killed by a signal")
def test_a_worker_that_is_killed_while_it_predicts_ends_the_run_red(project):
    _use_function(project, "os.kill(os.getpid(), signal.SIGKILL)")
    result = project.run("-n", "2", "--max-worker-restart", "0", inprocess=False)
    assert result.ret == 1
    assert project.record()["verdict"] in ("blocked", "incomplete")
    assert any("crashed" in gate["reason"] for gate in project.record()["gates"])


def test_what_a_model_says_cannot_command_the_terminal_or_ci(project):
    _use_function(project, r"raise ValueError('\x1b[2J\x07\n::error::injected\ud800')")
    result = project.run()
    assert result.ret == 1
    text = result.stdout.str()
    assert "injected" in text
    assert "\x1b" not in text
    assert "\x07" not in text
    assert not any(line.lstrip().startswith("::error") for line in result.stdout.lines)


def test_what_a_dataset_function_says_cannot_either(project):
    (project.path / "rows.py").write_text("def all(): raise ValueError('\\x1b[2Jboom')\n")
    project.configure(path="rows:all", positive=None)
    result = project.run()
    assert result.ret == 4
    assert "boom" in result.stderr.str()
    assert "\x1b" not in result.stderr.str()


def test_reports_that_cannot_be_written_stop_the_run_before_it_starts(project):
    (project.path / "reports").write_text("in the way")
    result = project.run()
    assert result.ret == 4
    assert "--modelcheck-report" in result.stderr.str()


@pytest.mark.parametrize("option", ["--help", "--fixtures", "--markers", "--version"])
def test_asking_for_help_leaves_the_reports_alone(project, option):
    project.run()
    before = project.record()
    project.run(option)
    assert project.record() == before


@pytest.mark.parametrize("options", [["--modelcheck-profile", "strict"], ["--modelcheck-baseline", "acept"]])
def test_a_mistyped_option_leaves_no_stale_green(project, options):
    project.run()
    result = project.run(*options)
    assert result.ret == 4
    assert not (project.path / "reports" / "record.json").exists()


def test_a_check_file_that_ends_the_interpreter_is_a_collection_error(project):
    _check(project, "import sys\nsys.exit(0)\ndef check_it(): pass\n")
    result = project.run()
    assert result.ret == 2
    assert project.record()["verdict"] in ("no_gates", "incomplete")
