"""The exit code is what CI acts on: each verdict has its own."""

from __future__ import annotations

import pytest

LIMIT = '[gates."performance.roc_auc"]\nmin = {limit}\n'


def test_a_good_model_is_promoted_by_every_suite_with_exit_0(project):
    result = project.configure(LIMIT.format(limit=0.6), suites=None).run()
    assert result.ret == 0
    record = project.record()
    assert record["schema"] == "modelcheck/record/1"
    assert record["verdict"] == "promoted"
    assert project.gate("performance::roc_auc")["verdict"] == "pass"
    assert project.gate("performance::better_than_trivial")["verdict"] == "pass"
    for name in ("report.html", "summary.md"):
        assert (project.path / "reports" / name).is_file()


def test_a_broken_limit_blocks_with_exit_1_and_says_how_to_go_on(project):
    result = project.configure(LIMIT.format(limit=0.99)).run()
    assert result.ret == 1
    assert project.record()["verdict"] == "blocked"
    text = result.stdout.str()
    assert "modelcheck.toml::performance::roc_auc" in text
    for word in ("rerun:", "accept:", "waive:"):
        assert word in text


def test_a_metric_without_a_limit_has_no_verdict_and_never_fails(project):
    project.run()
    gate = project.gate("performance::accuracy")
    assert gate["verdict"] is None
    assert gate["severity"] == "info"
    assert gate["estimate"]["low"] < gate["estimate"]["value"] < gate["estimate"]["high"]


def test_a_warning_gate_that_fails_is_told_and_does_not_block(project):
    result = project.configure(LIMIT.format(limit=0.99) + 'severity = "warning"\n').run()
    assert result.ret == 0
    assert project.gate("performance::roc_auc")["verdict"] == "fail"
    assert project.record()["verdict"] == "promoted"
    result.stdout.fnmatch_lines(["*1 warned*"])


def test_a_model_that_raises_is_an_error_verdict_that_blocks(project, monkeypatch):
    monkeypatch.delenv("CI", raising=False)  # pytest would not shorten its summary
    (project.path / "broken.py").write_text("def predict(frame):\n    raise RuntimeError('no weights')\n")
    (project.path / "modelcheck.toml").write_text(
        '[candidate]\nmodel = "broken:predict"\noutput = "probability"\ntask = "binary"\n'
        '[dataset]\npath = "holdout.csv"\ntarget = "outcome"\npositive = "yes"\n'
    )
    result = project.run()
    assert result.ret == 1
    # A function is no file, so nothing can be said of what one would import.
    file, *gates = project.record()["gates"]
    assert (file["id"], file["verdict"]) == ("security::artifact", "not_applicable")
    assert {gate["verdict"] for gate in gates} == {"error"}
    assert "no weights" in gates[0]["reason"]
    # One fault: the record has it with every gate, the screen once, and the verdict beside its first line.
    assert {gate["reason"] for gate in gates} == {gates[0]["reason"]}
    text = result.stdout.str()
    assert text.count("ERROR: The model raised") == 1
    assert f" ERROR: as {gates[0]['id']}: " in text or " ERROR: as " in text
    assert "for one reason: " in " ".join(text.split())


def test_a_waiver_in_force_lets_a_failing_gate_through_and_stays_visible(project):
    waiver = '[[waivers]]\ngate = "performance::roc_auc"\nreason = "ticket 1"\nowner = "risk"\nexpires = {date}\n'
    result = project.configure(LIMIT.format(limit=0.99) + waiver.format(date="2999-01-01")).run()
    assert result.ret == 0
    gate = project.gate("performance::roc_auc")
    assert gate["verdict"] == "waived"
    assert "ticket 1" in gate["reason"]
    result = project.configure(LIMIT.format(limit=0.99) + waiver.format(date="2020-01-01")).run()
    assert result.ret == 1
    assert "expired" in project.gate("performance::roc_auc")["reason"]


def test_an_open_question_warns_in_ci_and_blocks_a_release(project):
    project.write_tables(rows=60).configure('[gates."performance.accuracy"]\nmin = 0.7\n')
    result = project.run()
    assert result.ret == 0
    gate = project.gate("performance::accuracy")
    assert gate["verdict"] == "inconclusive"
    assert "rows would decide" in gate["reason"]
    assert project.run("--modelcheck-profile", "release").ret == 1
    assert project.record()["run"]["profile"] == "release"


@pytest.mark.parametrize("option", [["-k", "accuracy"], ["modelcheck.toml::performance::accuracy"]])
def test_a_partial_run_is_incomplete_unless_the_profile_is_dev(project, option):
    assert project.run(*option).ret == 1
    assert project.record()["verdict"] == "incomplete"
    assert project.gate("performance::better_than_trivial")["verdict"] == "not_run"
    assert project.run(*option, "--modelcheck-profile", "dev").ret == 0


def test_stopping_at_the_first_failure_still_writes_a_record(project):
    assert project.configure('[gates."performance.accuracy"]\nmin = 0.99\n').run("-x").ret == 1
    assert project.record()["verdict"] == "blocked"
    assert project.gate("performance::roc_auc")["verdict"] == "not_run"


def test_deselecting_everything_is_exit_5(project):
    assert project.run("-k", "no_such_gate").ret == 5
    assert project.record()["verdict"] == "no_gates"


def test_running_only_ordinary_tests_with_the_switch_on_is_exit_5(project):
    project.pytester.makepyfile(test_plain="def test_plain(): pass")
    assert project.run("test_plain.py").ret == 5


def test_collect_only_is_exit_0_and_leaves_an_older_record_alone(project):
    project.run()
    before = project.record()
    result = project.run("--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["modelcheck.toml::performance::roc_auc"])
    assert project.record() == before


def test_testpaths_are_not_collected_beside_the_gates(project):
    project.pytester.makeini("[pytest]\ntestpaths = tests")
    (project.path / "tests").mkdir()
    (project.path / "tests" / "test_red.py").write_text("def test_red(): assert False")
    assert project.run().ret == 0


def test_configuration_mistakes_are_exit_4_all_at_once_and_remove_the_old_green(project):
    assert project.run().ret == 0
    project.configure(
        "colour = 1\n" + LIMIT.format(limit=7) + '[gates."performance.acuracy"]\nmin = 0.5\n', target="outcom"
    )
    text = (project.path / "modelcheck.toml").read_text().replace("[reference]", "[referense]")
    (project.path / "modelcheck.toml").write_text('profil = "ci"\nprofile = "strict"\n' + text)
    result = project.run()
    assert result.ret == 4
    stderr = result.stderr.str()
    for word in ("5 mistakes", "profil", "strict", "roc_auc", "acuracy", "referense", "accuracy"):
        assert word in stderr
    assert not (project.path / "reports" / "record.json").exists()
    assert not (project.path / "reports" / "report.html").exists()


def test_no_configuration_at_all_shows_what_init_would_write(empty_project):
    result = empty_project.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*no configuration was found*", "*modelcheck init MODEL DATA*"])


def test_only_the_named_suite_runs_and_the_record_says_so(project):
    assert project.configure(suites=None).run("--modelcheck-suite", "performance").ret == 0
    assert project.record()["run"]["suites_selected"] == ["performance"]


def test_a_report_folder_outside_the_project_does_not_hide_the_configuration(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("elsewhere")
    result = project.run("--modelcheck-report", str(outside))
    assert result.ret == 0
    assert (outside / "record.json").is_file()


def test_samples_kept_below_the_report_folder_are_left_alone(project):
    project.run("--modelcheck-report", "reports/samples/demo")
    (project.path / "reports" / "samples" / "index.html").write_text(
        (project.path / "reports" / "samples" / "demo" / "report.html").read_text()
    )
    project.run("--modelcheck-profile", "strict")
    assert (project.path / "reports" / "samples" / "index.html").is_file()
    assert project.record("reports/samples/demo")["verdict"] == "promoted"


def test_reports_land_where_they_are_asked_for(project):
    project.run("--modelcheck-report", "elsewhere")
    assert (project.path / "elsewhere" / "record.json").is_file()
    assert not (project.path / "reports").exists()
