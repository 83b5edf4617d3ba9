"""What pytest offers keeps working on gates: selection, reruns, JUnit, parallel workers."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

LIMIT = '[gates."performance.roc_auc"]\nmin = 0.99\n'


def _stable(record):
    """A record without what may differ between equal runs."""
    if isinstance(record, dict):
        return {key: _stable(value) for key, value in record.items() if key not in ("run", "duration_s")}
    if isinstance(record, list):
        return [_stable(value) for value in record]
    return record


def test_two_runs_with_the_same_seed_give_the_same_record(project):
    project.configure(suites=None)
    project.run()
    first = _stable(project.record())
    project.run()
    assert _stable(project.record()) == first


def test_workers_give_the_same_record_as_one_process(project):
    project.configure(LIMIT, suites=None)
    (project.path / "checks").mkdir()
    (project.path / "checks" / "check_it.py").write_text("def check_it(dataset): assert len(dataset.y) == 600\n")
    assert project.run().ret == 1
    alone = _stable(project.record())
    result = project.run("-n", "2")
    assert result.ret == 1
    assert _stable(project.record()) == alone


def test_workers_predict_each_row_once_per_run(project):
    (project.path / "counted.py").write_text(
        "import os\n"
        "def predict(frame):\n"
        "    with open('calls.txt', 'a') as file:\n"
        "        file.write(f'{len(frame)}\\n')\n"
        "    return 1 / (1 + 2.718 ** -frame['score'].to_numpy())\n"
    )
    (project.path / "modelcheck.toml").write_text(
        'suites = ["performance"]\n[candidate]\nmodel = "counted:predict"\noutput = "probability"\ntask = "binary"\n'
        '[dataset]\npath = "holdout.csv"\ntarget = "outcome"\npositive = "yes"\ndrop = ["amount"]\n'
        '[reference]\npath = "train.csv"\n'
    )
    assert project.run("-n", "2").ret == 0
    calls = (project.path / "calls.txt").read_text().split()
    assert sum(map(int, calls)) == 1200


def test_workers_ask_about_changed_rows_once_per_run_and_within_the_budget(project):
    (project.path / "counted.py").write_text(
        "def predict(frame):\n"
        "    with open('calls.txt', 'a') as file:\n"
        "        file.write(f'{len(frame)}\\n')\n"
        "    return 1 / (1 + 2.718 ** -frame['score'].to_numpy())\n"
    )
    project.configure('output = "probability"', model="counted:predict", suites=("robustness",))
    path = project.path / "modelcheck.toml"
    text = path.read_text().replace("[dataset]", 'output = "probability"\ntask = "binary"\n[dataset]')
    path.write_text(text.rsplit('output = "probability"', 1)[0])
    assert project.run("-n", "2", "--modelcheck-budget", "9,000").ret == 0
    calls = list(map(int, (project.path / "calls.txt").read_text().split()))
    plan = next(gate for gate in project.record()["gates"] if gate["check"] == "plan")
    # All of it, or the part that belongs to the suite.
    assert re.search(r"\b(9,000|5,400) rows", plan["reading"])
    assert "The budget leaves out" in plan["reading"]
    # The dataset and the reference are beside the budget.
    assert 1_200 < sum(calls) <= 1_200 + 9_000


@pytest.mark.parametrize("budget", ["many", "-5", "1e6"])
def test_a_budget_that_is_no_number_of_rows_is_a_mistake(project, budget):
    result = project.run(f"--modelcheck-budget={budget}")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--modelcheck-budget*is no number of rows*"])


def test_workers_leave_testpaths_alone_too(project):
    project.pytester.makeini("[pytest]\ntestpaths = tests")
    (project.path / "tests").mkdir()
    (project.path / "tests" / "test_red.py").write_text("def test_red(): assert False")
    result = project.run("-n", "1")
    assert result.ret == 0
    assert project.record()["verdict"] == "promoted"


def test_user_checks_deselected_in_workers_are_known_to_the_controller(project):
    (project.path / "checks").mkdir()
    (project.path / "checks" / "check_it.py").write_text("def check_it(): pass\n")
    assert project.run("-n", "1", "-k", "performance").ret == 1
    assert project.gate("user::checks.check_it.check_it")["verdict"] == "not_run"


def test_junit_has_a_case_a_gate_with_scalar_properties_and_the_reason(project):
    project.configure(LIMIT)
    project.run("--junitxml=junit.xml")
    cases = {case.get("name"): case for case in ET.parse(project.path / "junit.xml").iter("testcase")}  # noqa: S314
    failing = cases["roc_auc"]
    assert "breaks the minimum" in failing.find("failure").get("message") + failing.find("failure").text
    properties = {item.get("name"): item.get("value") for item in failing.iter("property")}
    assert properties["modelcheck.verdict"] == "fail"
    assert properties["modelcheck.gate"] == "performance::roc_auc"
    assert 0.5 < float(properties["modelcheck.value"]) < 0.99
    assert cases["accuracy"].find("failure") is None


def test_last_failed_reruns_the_failing_gate_alone(project):
    project.configure(LIMIT)
    run = project.pytester.runpytest_inprocess
    assert run("--modelcheck").ret == 1
    result = run("--modelcheck", "--lf", "-v")
    assert result.ret == 1
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*modelcheck.toml::performance::roc_auc FAILED*"])


def test_last_failed_keeps_a_gate_and_its_slices_apart(project):
    limits = '[gates."performance.roc_auc"]\nmin = 0.99\nslices.sex.min = 0.5\n'
    project.configure(limits, protected=["sex"])
    run = project.pytester.runpytest_inprocess
    assert run("--modelcheck").ret == 1
    result = run("--modelcheck", "--lf", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["modelcheck.toml::performance::roc_auc"])
    result.stdout.no_fnmatch_line("modelcheck.toml::performance::roc_auc::sex")


def test_a_gate_on_a_slice_has_a_node_of_its_own(project):
    project.configure(
        '[slices]\n"60+" = "age >= 60"\n'
        '[gates."performance.roc_auc"]\nmin = 0.55\nslices."60+".min = 0.5\nslices.sex.min = 0.5\n',
        protected=["sex"],
    )
    result = project.run("modelcheck.toml::performance::roc_auc::60+", "--modelcheck-profile", "dev", "-v")
    result.stdout.fnmatch_lines(["*modelcheck.toml::performance::roc_auc::60+ PASSED*"])
    result.assert_outcomes(passed=1)
    assert project.run().ret == 0
    gate = project.gate("performance::roc_auc::60+")
    assert gate["slice"] == "60+"
    assert gate["estimate"]["n"] < 300
    assert set(project.gate("performance::roc_auc::sex")["groups"]) == {"F", "M"}


def test_the_plan_and_its_cost_come_first(project):
    result = project.configure(suites=("performance", "robustness")).run()
    result.stdout.fnmatch_lines(
        [
            "modelcheck: demo: binary, profile ci: 19 gates (12 blocking), 23 metrics; *600 rows*each row once, and at "
            "most [1-3],?00 changed rows"
        ]
    )


def test_cheap_gates_run_first(project):
    lines = [line for line in project.run("-v").stdout.lines if "::performance::" in line]
    names = [line.split("::performance::")[1].split()[0] for line in lines]
    assert names.index("accuracy") < names.index("roc_auc") < names.index("better_than_trivial")


def test_a_pyproject_may_hold_the_configuration(project):
    text = (project.path / "modelcheck.toml").read_text()
    (project.path / "modelcheck.toml").unlink()
    tables = text.replace("[", "[tool.modelcheck.")
    (project.path / "pyproject.toml").write_text(
        tables.replace('name = "demo"', '[tool.modelcheck]\nname = "demo"')
        .replace('[tool.modelcheck."', '["')
        .replace('drop = [tool.modelcheck."amount"]', 'drop = ["amount"]')
    )
    result = project.run("-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*pyproject.toml::performance::roc_auc MEASURED*"])
