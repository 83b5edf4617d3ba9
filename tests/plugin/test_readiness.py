"""Declarations of the ML Test Score in a whole run: from the file into the record, from the record onto the page."""

FILE = """
[[items]]
id = "infra.7"
how = "manual"
evidence = "token=hunter2222 https://wiki.example/rollback"
owner = "platform team"
date = {date}
"""


def declared(project, date="2026-01-02"):
    (project.path / "readiness.toml").write_text(FILE.format(date=date))
    file = project.path / "modelcheck.toml"
    file.write_text('readiness = "readiness.toml"\n' + file.read_text())
    return project


def test_what_is_declared_is_in_the_record_without_secrets_and_on_the_page(project):
    assert declared(project).run("-k", "roc_auc").ret == 1
    (one,) = project.record()["readiness"]
    assert (one["id"], one["how"], one["expires"]) == ("infra.7", "manual", None)
    assert one["evidence"] == "token=*** https://wiki.example/rollback"
    page = (project.path / "reports" / "report.html").read_text(encoding="utf-8")
    assert '<section id="readiness">' in page
    assert '<a href="https://wiki.example/rollback" rel="noreferrer noopener">' in page


def test_a_run_without_the_key_says_nothing_of_readiness(project):
    project.run("-k", "roc_auc")
    assert "readiness" not in project.record()
    assert 'id="readiness"' not in (project.path / "reports" / "report.html").read_text(encoding="utf-8")


def test_a_mistake_in_the_declarations_stops_the_run(project):
    result = declared(project, '"soon"').run()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*readiness.toml*date*without quotes*"])
