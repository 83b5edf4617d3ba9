"""In a job of GitHub a run adds to the step's summary and annotates what fails; elsewhere it does neither."""

from __future__ import annotations

import os

import pytest

LIMIT = '[gates."performance.roc_auc"]\nmin = 0.99\n'


@pytest.fixture
def job(monkeypatch, tmp_path):
    """The surroundings of a job; the file of the step's summary is the value."""
    file = tmp_path / "step summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    return file


def commands(result):
    return [line for line in result.stdout.lines if line.lstrip().startswith("::")]


def test_a_job_gets_summary_and_annotations_in_a_process_of_its_own(project, job):
    project.configure(LIMIT)
    result = project.run(inprocess=False)
    assert result.ret == 1
    text = job.read_text(encoding="utf-8")
    assert "# demo: BLOCKED" in text
    assert "### `performance::roc_auc`" in text
    assert "report.html and record.json in `reports`" in text
    (line,) = commands(result)
    assert line.startswith("::error file=modelcheck.toml,title=demo%3A ROC AUC fails::performance::roc_auc: ")
    # Annotations are no part of what stands above them.
    assert "demo: BLOCKED" in result.stdout.str()


def test_outside_of_jobs_nothing_is_annotated_or_appended(project, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    result = project.configure(LIMIT).run()
    assert result.ret == 1
    assert commands(result) == []
    assert list(project.path.rglob("*summary.md")) == [project.path / "reports" / "summary.md"]


def test_a_run_without_gates_leaves_the_job_alone(project, job):
    project.pytester.makepyfile("def test_it(): assert False")
    result = project.pytester.runpytest_inprocess("-p", "no:cacheprovider")
    assert result.ret == 1
    assert commands(result) == []
    assert not job.exists()
    assert project.run("--collect-only").ret == 0
    assert not job.exists()


def test_several_models_are_appended_once_after_what_the_step_wrote_before(project, job):
    job.write_text("mine", encoding="utf-8")
    (project.path / "modelcheck.toml").unlink()
    for name in ("one", "two"):
        project.configure(
            LIMIT if name == "two" else "",
            file=f"{name}/modelcheck.toml",
            name=name,
            path="../holdout.csv",
            model="../model.skops",
        )
        file = project.path / name / "modelcheck.toml"
        file.write_text(file.read_text().replace('"train.csv"', '"../train.csv"'))
    (project.path / "modelcheck.toml").write_text('configs = ["one/modelcheck.toml", "two/modelcheck.toml"]\n')
    result = project.run("-n", "2")
    assert result.ret == 1
    text = job.read_text(encoding="utf-8")
    assert text.startswith("mine\n")
    assert text.count("# one: PROMOTED") == text.count("# two: BLOCKED") == 1
    assert "`reports/two`" in text
    (line,) = commands(result)
    assert line.startswith("::error file=two/modelcheck.toml,title=two%3A ROC AUC fails::")


def test_accepting_a_baseline_appends_once_too(project, job, monkeypatch):
    monkeypatch.delenv("CI", raising=False)  # where it is set, a baseline is accepted by a person
    project.run("--modelcheck-baseline=accept")
    assert job.read_text(encoding="utf-8").count("# demo: ") == 1


def test_files_are_named_from_the_repository_that_the_root_directory_lies_in(project, job, monkeypatch):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.path.parent))
    (line,) = commands(project.configure(LIMIT).run())
    assert line.startswith(f"::error file={project.path.name}/modelcheck.toml,")


@pytest.mark.parametrize("kind", ["folder", "missing", "pipe", "full"])
def test_a_summary_that_cannot_be_written_warns_and_breaks_nothing(project, job, monkeypatch, kind):
    if kind == "folder":
        job.mkdir()
    elif kind == "missing":
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job / "no" / "such" / "folder.md"))
    elif kind == "pipe":
        os.mkfifo(job)
    else:
        job.write_bytes(b"x" * 2**20)
    result = project.run("-W", "error")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["modelcheck: warning: the summary was not added to $GITHUB_STEP_SUMMARY: *"])
    assert project.record()["verdict"] == "promoted"
    if kind == "full":
        assert job.stat().st_size == 2**20


def test_what_a_model_says_when_it_raises_is_no_command(project, job):
    (project.path / "broken.py").write_text(
        "def predict(frame):\n    raise RuntimeError('x\\n::error::pwned\\r::stop-commands::t\\n##[group]y %0A')\n"
    )
    (project.path / "modelcheck.toml").write_text(
        'name = "demo"\nsuites = ["performance"]\n'
        '[candidate]\nmodel = "broken:predict"\noutput = "probability"\ntask = "binary"\n'
        '[dataset]\npath = "holdout.csv"\ntarget = "outcome"\npositive = "yes"\n'
        '[gates."performance.roc_auc"]\nmin = 0.6\n'
    )
    result = project.run(inprocess=False)
    assert result.ret == 1
    lines = commands(result)
    assert lines
    assert all(line.startswith("::error file=modelcheck.toml,title=demo%3A ") for line in lines)
    told = [line for line in result.stdout.lines if line.startswith("::error")]
    assert any("broke::performance::roc_auc: " in line and "%0A" in line for line in told)
    assert not [line for line in told if "##[" in line]
