"""User checks live beside the configuration, and a conftest may replace what they look at."""

from __future__ import annotations


def _check(project, text, path="checks/check_people.py"):
    file = project.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_user_checks_are_collected_run_and_recorded(project):
    _check(
        project,
        "def check_range(candidate, dataset):\n"
        "    chances = candidate.predict_proba(dataset.X)[:, 1]\n"
        "    assert 0.0 <= chances.min() <= chances.max() <= 1.0\n"
        "    assert len(dataset.y) == 600\n",
    )
    result = project.run()
    assert result.ret == 0
    assert project.gate("user::checks.check_people.check_range")["verdict"] == "pass"


def test_a_failing_user_check_blocks(project):
    _check(project, "def check_never(candidate):\n    assert candidate is None, 'there is a model'\n")
    assert project.run().ret == 1
    gate = project.gate("user::checks.check_people.check_never")
    assert gate["verdict"] == "fail"
    assert "there is a model" in gate["reason"]
    assert project.record()["verdict"] == "blocked"


def test_a_user_check_that_crashes_is_an_error(project):
    _check(project, "def check_crash():\n    raise ValueError('boom')\n")
    assert project.run().ret == 1
    assert project.gate("user::checks.check_people.check_crash")["verdict"] == "error"


def test_skipped_and_xfailed_checks_make_the_run_incomplete(project):
    _check(
        project,
        "import pytest\n"
        "@pytest.mark.skip(reason='later')\ndef check_skipped(): pass\n"
        "@pytest.mark.xfail(reason='known')\ndef check_xfailed(): assert False\n",
    )
    assert project.run().ret == 1
    assert project.record()["verdict"] == "incomplete"
    assert "later" in project.gate("user::checks.check_people.check_skipped")["reason"]
    assert project.gate("user::checks.check_people.check_xfailed")["verdict"] == "not_run"


def test_check_files_that_a_path_left_out_are_planned_and_not_run(project):
    _check(project, "def check_one(): pass\n")
    assert project.run("modelcheck.toml").ret == 1
    assert project.record()["verdict"] == "incomplete"
    assert project.gate("user::checks.check_people")["verdict"] == "not_run"


def test_ordinary_tests_in_check_files_and_check_files_without_the_switch_are_left_alone(project):
    _check(project, "def check_one(): assert False\n")
    assert project.pytester.runpytest_inprocess("-p", "no:cacheprovider").ret == 5


def test_two_folders_may_hold_the_same_file_name(project):
    project.configure("", name="one", file="one/modelcheck.toml", path="../holdout.csv", model="../model.skops")
    project.configure("", name="two", file="two/modelcheck.toml", path="../holdout.csv", model="../model.skops")
    for folder in ("one", "two"):
        toml = project.path / folder / "modelcheck.toml"
        toml.write_text(toml.read_text().replace("train.csv", "../train.csv"))
        _check(
            project,
            f"def check_it(model_name):\n    assert model_name == {folder!r}\n",
            f"{folder}/checks/check_same.py",
        )
    (project.path / "modelcheck.toml").write_text('configs = ["one/modelcheck.toml", "two/modelcheck.toml"]\n')
    assert project.run().ret == 0
    assert project.gate("user::one.checks.check_same.check_it", "reports/one")["verdict"] == "pass"
    assert project.gate("user::two.checks.check_same.check_it", "reports/two")["verdict"] == "pass"


def test_a_conftest_may_override_every_fixture_with_plain_objects(project):
    (project.path / "conftest.py").write_text(
        "import numpy as np, pandas as pd, pytest\n"
        "class Coin:\n"
        "    classes_ = np.array(['no', 'yes'])\n"
        "    _estimator_type = 'classifier'\n"
        "    def predict_proba(self, X):\n"
        "        chance = np.where(X['score'] > 0, 0.9, 0.1)\n"
        "        return np.column_stack([1 - chance, chance])\n"
        "    def predict(self, X):\n"
        "        return self.classes_[self.predict_proba(X).argmax(axis=1)]\n"
        "@pytest.fixture(scope='session')\n"
        "def candidate(): return Coin()\n"
        "@pytest.fixture(scope='session')\n"
        "def dataset(): return pd.read_csv('holdout.csv').iloc[:321]\n"
    )
    _check(
        project,
        "def check_it(candidate, dataset):\n"
        "    assert len(candidate.predict(dataset.X)) == len(dataset.y) == 321\n"
        "    assert candidate.describe().name == 'Coin'\n",
    )
    assert project.run().ret == 0
    assert project.gate("performance::roc_auc")["estimate"]["n"] == 321
    assert project.record()["dataset"]["rows"] == 321
    assert project.record()["candidate"]["name"] == "Coin"


def test_a_fixture_that_raises_is_an_error_verdict_not_a_pass(project):
    (project.path / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(scope='session')\ndef candidate(): raise RuntimeError('registry is down')\n"
    )
    assert project.run().ret == 1
    gates = project.record()["gates"]
    assert {gate["verdict"] for gate in gates} == {"error"}
    assert "registry is down" in gates[0]["reason"]


def test_several_models_run_in_one_session_with_an_index(project):
    project.write_regressor().configure(
        "", name="amount", file="amount.toml", model="amount.skops", target="amount", positive=None, drop=["outcome"]
    )
    _check(project, "def check_rows(model_name, dataset):\n    assert len(dataset.frame()) == 600\n")
    result = project.run("--modelcheck-config", "modelcheck.toml", "--modelcheck-config", "amount.toml", "-v")
    assert result.ret == 0
    assert project.gate("performance::r2", "reports/amount")["estimate"]["value"] > 0.5
    assert project.record("reports/demo")["verdict"] == "promoted"
    assert (project.path / "reports" / "index.html").is_file()
    result.stdout.fnmatch_lines(["*check_rows[[]demo[]] PASSED*", "*check_rows[[]amount[]] PASSED*"])


def test_a_hook_in_a_conftest_sees_the_finished_records(project):
    (project.path / "conftest.py").write_text(
        "def pytest_modelcheck_finished(config, records):\n"
        "    print('\\nfinished:', [str(record.verdict) for record in records])\n"
    )
    project.run("-s").stdout.fnmatch_lines(["finished: [[]'promoted'[]]"])
    ordinary = project.pytester.runpytest_inprocess("-p", "no:cacheprovider")
    assert ordinary.ret == 5
