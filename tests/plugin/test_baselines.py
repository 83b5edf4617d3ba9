"""Candidate against baseline, from the command line: live, accepted, ignored, broken."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from .conftest import FEATURES, table

AUC = "performance::regression.roc_auc"
LIVE = '[baseline]\nmodel = "champion.skops"\n'
ACCEPT = "--modelcheck-baseline=accept"


@pytest.fixture(autouse=True)
def _a_desk_not_a_build_machine(monkeypatch):
    monkeypatch.delenv("CI", raising=False)


def _worsened(project, name="model.skops", blind=("score",)):
    """A model that learned from much noise and never saw some of the features."""
    train = table(600, 7, noise=2.0).assign(**dict.fromkeys(blind, 0.0))
    project.dump(LogisticRegression().fit(train[FEATURES], train.outcome), name)


def _gates(project):
    return {gate["id"]: gate for gate in project.record()["gates"]}


@pytest.fixture
def big(empty_project):
    """A project with rows enough to tell two models apart."""
    return empty_project.write_tables(rows=4000).write_model().write_model("champion.skops").configure(LIVE)


def test_an_equal_candidate_holds_against_a_live_baseline_in_every_suite(big):
    result = big.configure(LIVE, suites=None).run()
    assert result.ret == 0, result.stdout.str()
    gate = _gates(big)[AUC]
    assert (gate["verdict"], gate["severity"]) == ("pass", "blocking")
    assert gate["criterion"]["margin"] == 0.01
    assert gate["criterion"]["min"] is None
    assert gate["estimate"]["value"] == 0.0
    assert gate["estimate"]["low"] < 0.0 < gate["estimate"]["high"]


def test_a_worsened_candidate_fails_with_the_same_sentence_everywhere(big):
    _worsened(big)
    result = big.run("--junitxml=junit.xml")
    assert result.ret == 1
    gate = _gates(big)[AUC]
    assert gate["verdict"] == "fail"
    assert re.match(
        r"The candidate is worse than the baseline by 0\.\d+ \(99\.4 % interval 0\.\d+ worse to", gate["reason"]
    )
    assert "breaks the margin of 0.01: the whole interval lies beyond it" in gate["reason"]
    words = " ".join(gate["reason"].split())
    terminal = " ".join(result.stdout.str().split())
    assert words in terminal
    cases = {case.get("name"): case for case in ET.parse(big.path / "junit.xml").iter("testcase")}  # noqa: S314
    case = cases["regression.roc_auc"]
    assert words in " ".join(case.find("failure").get("message").split())
    page = " ".join((big.path / "reports" / "report.html").read_text(encoding="utf-8").split())
    assert words in page
    assert "BLOCKED" in page
    accept = next(line for line in gate["advice"] if line.startswith("accept:"))
    assert re.search(r'\[gates\."performance\.regression\.roc_auc"\]: margin = 0\.\d+', accept)


def test_an_improvement_never_fails(big):
    _worsened(big, "champion.skops")
    assert big.run().ret == 0
    assert _gates(big)[AUC]["verdict"] == "pass"


def test_without_a_baseline_the_gate_does_not_apply_and_blocks_nothing(project):
    assert project.run().ret == 0
    gate = _gates(project)[AUC]
    assert gate["verdict"] == "not_applicable"
    assert gate["reason"].startswith("first run, no baseline")


def test_ignore_leaves_the_baseline_out(big):
    _worsened(big)
    # Blind to its strongest feature the candidate promises too much or too little by it, with or without a baseline.
    big.configure(LIVE + '[gates."performance.miscalibrated_slices"]\nseverity = "info"\n')
    assert big.run("--modelcheck-baseline=ignore").ret == 0
    assert _gates(big)[AUC]["verdict"] == "not_applicable"
    assert "--modelcheck-baseline=ignore" in _gates(big)[AUC]["reason"]


def test_a_declared_margin_makes_a_gate_for_any_metric(big):
    text = '[gates."performance.accuracy"]\nmargin = 0.02\nslices.sex.margin = 0.05\n'
    _worsened(big.configure(LIVE + text, protected=["sex"]), blind=("score", "age"))
    assert big.run().ret == 1
    gates = _gates(big)
    assert gates["performance::regression.accuracy"]["verdict"] == "fail"
    assert gates["performance::regression.accuracy::sex"]["verdict"] == "fail"
    assert set(gates["performance::regression.accuracy::sex"]["groups"]) == {"F", "M"}
    assert gates["performance::accuracy"]["verdict"] is None
    assert gates["performance::regression_by_slice"]["verdict"] == "fail"
    assert big.record()["run"]["declared_alpha"] == pytest.approx(0.05)


def test_accept_then_compare_with_what_was_accepted(empty_project):
    project = empty_project.write_tables(rows=4000).write_model().configure()
    result = project.run(ACCEPT)
    assert result.ret == 0, result.stdout.str()
    result.stdout.fnmatch_lines(["*accepted; the baseline lies in .modelcheck/demo/baseline*"])
    assert project.record()["run"]["accepted"] is True
    _worsened(project)
    assert project.run().ret == 1
    gate = _gates(project)[AUC]
    assert gate["verdict"] == "fail"
    assert gate["estimate"]["n"] == 4000
    assert project.record()["baseline"]["kind"] == "stored"
    # Stored and live are the same comparison.
    project.write_model("champion.skops").configure(LIVE)
    assert project.run().ret == 1
    assert _gates(project)[AUC]["estimate"] == gate["estimate"]


def test_workers_share_an_accepted_baseline(empty_project):
    project = empty_project.write_tables().write_model().configure()
    assert project.run(ACCEPT, "-n", "2", "-p", "xdist").ret == 0
    assert (project.path / ".modelcheck" / "demo" / "baseline" / "baseline.json").is_file()
    assert project.run("-n", "1", "-p", "xdist").ret == 0
    assert _gates(project)[AUC]["estimate"]["value"] == 0.0


def _stored(project):
    folder = project.path / ".modelcheck" / "demo" / "baseline"
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def test_a_failing_candidate_is_not_accepted_unless_forced(empty_project):
    project = empty_project.write_tables(rows=4000).write_model().configure()
    assert project.run(ACCEPT).ret == 0
    before = _stored(project)
    _worsened(project)
    result = project.run(ACCEPT)
    assert result.ret == 1
    assert _stored(project) == before
    assert project.record()["run"]["accepted"] is False
    said = " ".join(result.stdout.str().split())
    assert "nothing was accepted" in said
    assert AUC in said
    # The diff comes first: what was, what would be.
    assert re.search(r"performance::roc_auc +0\.\d+.* -> +0\.\d+", said)
    project.run(ACCEPT, "--modelcheck-force")
    assert _stored(project) != before
    assert project.record()["run"]["accepted"] is True


def test_accept_is_refused_on_a_build_machine(project, monkeypatch):
    monkeypatch.setenv("CI", "true")
    result = project.run(ACCEPT)
    assert result.ret == 4
    assert "accepted by a person" in result.stderr.str() + result.stdout.str()
    assert not _stored(project)
    assert project.run(ACCEPT, "--modelcheck-force").ret == 0
    assert _stored(project)


def test_accept_beside_a_live_baseline_is_refused(big):
    result = big.run(ACCEPT)
    assert result.ret == 4
    assert "live model" in result.stderr.str() + result.stdout.str()


def test_force_alone_means_nothing(project):
    assert project.run("--modelcheck-force").ret == 4


def test_accept_on_other_rows_is_refused(empty_project):
    project = empty_project.write_tables(rows=2000).write_model().configure()
    assert project.run(ACCEPT).ret == 0
    before = _stored(project)
    rows = pd.concat([pd.read_csv(project.path / "holdout.csv"), table(500, 9)])
    rows.to_csv(project.path / "holdout.csv", index=False)
    result = project.run(ACCEPT)
    assert result.ret == 1
    assert "the dataset is another one" in " ".join(result.stdout.str().split())
    assert _stored(project) == before


def test_partial_overlap_is_used_and_said(empty_project):
    project = empty_project.write_tables(rows=2000).write_model().configure()
    assert project.run(ACCEPT).ret == 0
    old = pd.read_csv(project.path / "holdout.csv")
    pd.concat([table(500, 9), old.iloc[:1500]]).to_csv(project.path / "holdout.csv", index=False)
    project.run()
    gate = _gates(project)[AUC]
    assert gate["estimate"]["n"] == 1500
    assert "1,500 of 2,000 rows" in gate["reading"]
    assert "1,500 of 2,000 rows" in project.record()["baseline"]["note"]


def test_a_slice_is_compared_on_the_rows_that_both_know(empty_project):
    extra = '[slices]\nold = "age >= 50"\n[gates."performance.accuracy"]\nslices.old.margin = 0.05\n'
    project = empty_project.write_tables(rows=2000).write_model().configure(extra)
    assert project.run(ACCEPT).ret == 0
    rows = pd.concat([table(500, 9), pd.read_csv(project.path / "holdout.csv").iloc[:1500]])
    rows.to_csv(project.path / "holdout.csv", index=False)
    project.run()
    known = int((rows.iloc[500:].age >= 50).sum())
    assert _gates(project)["performance::regression.accuracy::old"]["estimate"]["n"] == known


def _break(project, how):
    folder = project.path / ".modelcheck" / "demo" / "baseline"
    outputs = next(folder.glob("*.parquet"))
    description = folder / "baseline.json"
    if how == "no outputs":
        outputs.unlink()
    elif how == "cut off":
        outputs.write_bytes(outputs.read_bytes()[:-100])
    elif how == "changed":
        content = bytearray(outputs.read_bytes())
        content[len(content) // 2] ^= 1
        outputs.write_bytes(content)
    elif how == "no JSON":
        description.write_text("{")
    elif how == "other task":
        data = json.loads(description.read_text())
        data["task"] = "regression"
        description.write_text(json.dumps(data))


@pytest.mark.parametrize("how", ["no outputs", "cut off", "changed", "no JSON", "other task"])
def test_a_broken_store_ends_the_run_and_stays_as_it_is(project, how):
    assert project.run(ACCEPT).ret == 0
    _break(project, how)
    before = _stored(project)
    result = project.run()
    said = " ".join((result.stderr.str() + result.stdout.str()).split())
    assert result.ret in (1, 4), said
    assert not (project.path / "reports" / "record.json").is_file() or project.record()["verdict"] == "blocked"
    assert "baseline" in said
    assert _stored(project) == before
    # A new one may be accepted, by hand.
    assert project.run(ACCEPT, "--modelcheck-force").ret == 0
    assert project.run().ret == 0


def test_no_row_in_common_blocks(project):
    assert project.run(ACCEPT).ret == 0
    table(600, 99).to_csv(project.path / "holdout.csv", index=False)
    result = project.run()
    assert result.ret == 1
    assert "None of the 600 rows of this dataset has a stored output" in " ".join(result.stdout.str().split())
    assert project.run(ACCEPT, "--modelcheck-force").ret == 0
    assert project.run().ret == 0


def test_other_classes_block(project):
    assert project.run(ACCEPT).ret == 0
    for name in ("holdout.csv", "train.csv"):
        rows = pd.read_csv(project.path / name)
        rows["outcome"] = rows.outcome.map({"yes": "ja", "no": "nein"})
        rows.to_csv(project.path / name, index=False)
    train = table(600, 1)
    project.dump(
        LogisticRegression().fit(train[FEATURES], train.outcome.map({"yes": "ja", "no": "nein"})), "model.skops"
    )
    project.configure(positive="ja", key=None)
    assert project.run().ret == 1
    assert project.record()["verdict"] == "blocked"


def test_a_declared_store_without_a_baseline_is_a_mistake(project):
    project.configure('[baseline]\nstore = "champion"\n')
    result = project.run()
    assert result.ret == 4
    assert "holds no accepted baseline" in result.stderr.str() + result.stdout.str()
    assert project.run(ACCEPT).ret == 0
    assert (project.path / "champion" / "baseline.json").is_file()
    assert project.run().ret == 0


def test_rows_are_paired_by_their_key_whatever_their_order(empty_project):
    project = empty_project.write_tables(rows=2000).write_model()
    rows = pd.read_csv(project.path / "holdout.csv")
    rows["id"] = np.arange(len(rows))
    rows.to_csv(project.path / "holdout.csv", index=False)
    project.configure(key="id")
    assert project.run(ACCEPT).ret == 0
    rows.sample(frac=1.0, random_state=0).to_csv(project.path / "holdout.csv", index=False)
    assert project.run().ret == 0
    gate = _gates(project)[AUC]
    assert (gate["estimate"]["n"], gate["estimate"]["value"]) == (2000, 0.0)


def test_looks_are_counted_by_candidate_and_told(project):
    for coefficient, expected in ((1.0, 1), (1.0, 1), (0.9, 2), (0.8, 3), (0.7, 4)):
        project.write_model(weight=coefficient)
        result = project.run()
        assert project.record()["run"]["looks"] == expected
    note = project.record()["run"]["looks_note"]
    assert "4 different candidates" in note
    assert " ".join(note.split()) in " ".join(result.stdout.str().split())
    assert "4 different candidates" in (project.path / "reports" / "report.html").read_text(encoding="utf-8")


def test_a_broken_ledger_blocks_nothing_and_is_said(project):
    assert project.run().ret == 0
    (project.path / ".modelcheck" / "demo" / "looks.json").write_text("{")
    assert project.run().ret == 0
    assert project.record()["run"]["looks"] is None
    assert "looks.json" in project.record()["run"]["looks_note"]
    assert (project.path / ".modelcheck" / "demo" / "looks.json").read_text() == "{"


def test_the_default_comparison_works_for_regressions(empty_project):
    project = empty_project.write_tables(rows=2000).write_regressor().write_regressor("champion.skops")
    project.configure(LIVE, model="amount.skops", target="amount", positive=None, drop=["outcome"])
    assert project.run().ret == 0
    assert _gates(project)["performance::regression.r2"]["verdict"] == "pass"


@pytest.mark.parametrize("options", [["-k", "roc_auc"], ["modelcheck.toml::performance::roc_auc"]])
def test_what_was_never_judged_is_not_accepted_even_by_force(project, options):
    result = project.run(ACCEPT, "--modelcheck-force", *options)
    assert result.ret == 1
    assert "blocking gates were not run" in " ".join(result.stdout.str().split())
    assert not _stored(project)


def test_a_run_that_was_cut_short_accepts_nothing(project):
    text = "import pytest\n\n\ndef check_stop(dataset):\n    raise KeyboardInterrupt\n"
    (project.path / "checks").mkdir()
    (project.path / "checks" / "check_stop.py").write_text(text)
    options = ("--modelcheck", "-p", "no:cacheprovider", ACCEPT, "--modelcheck-force")
    # The interrupt is to end that run, not ours.
    result = project.pytester.runpytest_inprocess(*options, no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "the run was cut short" in result.stdout.str()
    assert not _stored(project)


def test_a_live_baseline_of_a_conftest_is_neither_ignored_nor_replaced_silently(project):
    lines = ["import joblib, pytest, skops.io", "", "", '@pytest.fixture(scope="session")', "def baseline():"]
    lines += ['    return skops.io.load("champion.skops", trusted=[])', ""]
    (project.path / "conftest.py").write_text("\n".join(lines))
    project.write_model("champion.skops")
    result = project.run(ACCEPT)
    assert result.ret == 1
    assert "a live baseline is compared with" in " ".join(result.stdout.str().split())
    assert not _stored(project)
    assert project.run("--modelcheck-baseline=ignore").ret == 0
    assert _gates(project)[AUC]["verdict"] == "not_applicable"


def test_the_diff_is_shown_before_the_verdict_and_the_outcome_after_it(project):
    said = project.run(ACCEPT).stdout.str()
    assert said.index("demo: the new baseline") < said.index("demo: PROMOTED") < said.index("demo: accepted;")


def test_only_the_gates_that_compare_break_over_a_store_that_does_not_fit(project):
    assert project.run(ACCEPT).ret == 0
    table(600, 99).to_csv(project.path / "holdout.csv", index=False)
    assert project.run().ret == 1
    verdicts = {name: gate["verdict"] for name, gate in _gates(project).items()}
    assert verdicts[AUC] == "error"
    assert verdicts["performance::roc_auc"] is None
    assert verdicts["performance::better_than_trivial"] == "pass"


def test_no_page_tells_where_the_project_lies(project):
    assert project.run(ACCEPT).ret == 0
    table(600, 99).to_csv(project.path / "holdout.csv", index=False)
    project.run()
    for name in ("record.json", "report.html", "summary.md"):
        assert str(project.path) not in (project.path / "reports" / name).read_text(encoding="utf-8")


def test_two_models_do_not_share_a_store(empty_project):
    project = empty_project.write_tables().write_model()
    shared = '[baseline]\nstore = "champion"\n'
    project.configure(shared, file="one.toml", name="one").configure(shared, file="two.toml", name="two")
    assert project.run("--modelcheck-config", "one.toml", ACCEPT).ret == 0
    result = project.run("--modelcheck-config", "two.toml", ACCEPT)
    assert result.ret == 4
    assert "'one'" in result.stderr.str() + result.stdout.str()
