"""The gate over the model's file, in whole runs: it judges where nothing can be loaded, the others say so briefly."""

from __future__ import annotations

import copy
import datetime
import hashlib
import importlib
import json
import os
import pickle
import sys

import joblib
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

FEATURES = ["age", "hours", "score"]
GATE = "security::artifact"
SUITES = ("security", "performance")
CODE = """
from sklearn.base import BaseEstimator, TransformerMixin


class Plain(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X
"""
LATER = (datetime.date.today() + datetime.timedelta(days=30)).isoformat()


class Payload:
    """What a poisoned file would run: it leaves a mark."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def poisoned(project):
    """A project whose model is a real one that runs something when it is unpickled."""
    model = skops.io.load(project.path / "model.skops")
    model.extra = Payload(project.path / "mark")
    (project.path / "evil.pkl").write_bytes(pickle.dumps(model))
    return project


@pytest.fixture
def own_code(project, monkeypatch):
    """A project whose model uses a class that lies beside the configuration."""
    (project.path / "own_features.py").write_text(CODE)
    monkeypatch.syspath_prepend(project.path)
    module = importlib.import_module("own_features")
    train = pd.read_csv(project.path / "train.csv")
    model = make_pipeline(module.Plain(), LogisticRegression()).fit(train[FEATURES], train["outcome"])
    joblib.dump(model, project.path / "own.joblib")
    del sys.modules["own_features"]
    return project


def trust(project, *, expires=LATER, code=CODE, more=""):
    digest = hashlib.sha256(code.encode()).hexdigest()
    (project.path / "modelcheck-trust.toml").write_text(
        '[[trust]]\nname = "own_features.Plain"\nowner = "risk team"\nreason = "passes columns on"\n'
        f'expires = {expires}\nsha256 = "{digest}"\n{more}'
    )
    text = (project.path / "modelcheck.toml").read_text()
    named = text.replace("[candidate]", '[candidate]\ntrust = "modelcheck-trust.toml"')
    (project.path / "modelcheck.toml").write_text(named)


def verdicts(project):
    return {gate["id"]: gate["verdict"] for gate in project.record()["gates"]}


def rows_of(gate, name):
    found = next(one for one in gate["tables"] if one["name"] == name)
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


def test_a_plain_model_passes_with_its_hash_verified(project):
    assert project.configure(suites=SUITES).run().ret == 0
    gate = project.gate(GATE)
    assert (gate["verdict"], gate["severity"], gate["findings"]) == ("pass", "blocking", [])
    (file,) = rows_of(gate, "files")
    assert file["sha256"] == hashlib.sha256((project.path / "model.skops").read_bytes()).hexdigest()
    assert (file["format"], file["after loading"]) == ("skops", "the same bytes")
    assert file["runs"] == "in a process of its own"
    assert {row["answer"] for row in rows_of(gate, "imports")} == {"allowed by the shipped list"}
    assert project.record()["gates"][0]["id"] == GATE


def test_it_is_among_the_default_suites_and_left_out_where_suites_are_named(poisoned):
    assert GATE in poisoned.configure(suites=None).run("--collect-only", "-q").stdout.str()
    result = poisoned.configure(suites=("performance",), model="evil.pkl").run()
    assert result.ret == 1
    assert set(verdicts(poisoned).values()) == {"error"}
    # Nobody else tells why, so each gate does.
    assert "posix.mkdir" in poisoned.record()["gates"][0]["reason"]
    assert not (poisoned.path / "mark").exists()


def test_a_refused_file_fails_its_gate_and_the_others_say_so_briefly(poisoned, monkeypatch):
    monkeypatch.delenv("CI", raising=False)  # pytest would not shorten its summary
    result = poisoned.configure(suites=SUITES, model="evil.pkl").run()
    assert result.ret == 1
    found = verdicts(poisoned)
    assert found.pop(GATE) == "fail"
    assert set(found.values()) == {"error"}
    gate = poisoned.gate(GATE)
    (finding,) = gate["findings"]
    assert "posix.mkdir (byte " in finding["title"]
    assert finding["reproduce"].startswith("modelcheck inspect evil.pkl")
    assert poisoned.gate("performance::roc_auc")["reason"] == (
        "the model file evil.pkl was refused and nothing in it was run: security::artifact tells why."
    )
    shown = result.stdout.str()
    assert "Traceback" not in shown
    assert "take_artifact" not in shown
    assert "look:   modelcheck inspect evil.pkl" in shown
    assert " ".join(shown.split()).count("1 name of 5 that it would import is allowed by nobody") == 2
    assert not (poisoned.path / "mark").exists()


def test_pages_and_sarif_show_what_was_refused(poisoned):
    from modelcheck.cli import main

    poisoned.configure(suites=SUITES, model="evil.pkl").run()
    reports = poisoned.path / "reports"
    assert main(["report", str(reports), "--sarif"]) == 0
    assert "posix.mkdir" in (reports / "report.html").read_text()
    assert "posix.mkdir" in (reports / "summary.md").read_text()
    results = json.loads((reports / "report.sarif").read_text())["runs"][0]["results"]
    own = [one for one in results if one["ruleId"] == "security.artifact"]
    assert len(own) == 2
    for one in own:
        assert "posix.mkdir" in one["message"]["text"]
        assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "evil.pkl"


def test_a_file_that_cannot_be_followed_fails(project):
    (project.path / "broken.pkl").write_bytes((b"\x80\x04" + pickle.dumps(list(range(100)))[2:])[:40])
    assert project.configure(suites=SUITES, model="broken.pkl").run().ret == 1
    gate = project.gate(GATE)
    assert gate["verdict"] == "fail"
    assert "followed to its end" in gate["findings"][0]["title"]
    assert rows_of(gate, "files")[0]["answer"] == "refused: not analysable"


def test_a_refused_baseline_fails_and_is_named(poisoned):
    poisoned.configure('[baseline]\nmodel = "evil.pkl"\n', suites=SUITES)
    assert poisoned.run().ret == 1
    gate = poisoned.gate(GATE)
    assert gate["verdict"] == "fail"
    assert [one["title"].startswith("The baseline's file evil.pkl imports") for one in gate["findings"]] == [True]
    assert [row["answer"] for row in rows_of(gate, "files")] == ["allowed", "refused"]


def test_a_file_that_is_replaced_during_the_run_is_a_finding(project):
    project.write_model("other.skops", weight=0.5)
    loaded = hashlib.sha256((project.path / "model.skops").read_bytes()).hexdigest()
    (project.path / "conftest.py").write_text(
        "import pathlib\n\n\ndef pytest_runtest_teardown(item):\n"
        "    here = pathlib.Path(__file__).parent\n"
        "    (here / 'model.skops').write_bytes((here / 'other.skops').read_bytes())\n"
    )
    assert project.configure(suites=SUITES).run().ret == 1
    gate = project.gate(GATE)
    assert gate["verdict"] == "fail"
    assert f"changed during the run: sha256 {loaded[:12]}" in gate["findings"][0]["title"]
    assert project.record()["candidate"]["sha256"] == loaded
    assert project.gate("performance::roc_auc")["verdict"] is None


def test_a_reviewed_name_is_allowed_and_the_record_says_by_whom(own_code):
    own_code.configure(suites=SUITES, model="own.joblib", drop=["amount", "sex"])
    assert own_code.run().ret == 1
    assert "own_features.Plain" in own_code.gate(GATE)["reason"]
    trust(own_code)
    assert own_code.run("--modelcheck-profile", "ci").ret == 0
    gate = own_code.gate(GATE)
    assert gate["verdict"] == "pass"
    (row,) = rows_of(gate, "trust")
    assert (row["owner"], row["expires"], row["standing"]) == ("risk team", LATER, "allows it")
    candidate = own_code.record()["candidate"]
    assert candidate["trusted_names"] == ["own_features.Plain"]
    assert candidate["trusted_by"] == {"own_features.Plain": f"risk team, until {LATER}: passes columns on"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"expires": "2020-01-31"}, "expired on 2020-01-31"),
        ({"code": CODE + "# as it was reviewed"}, "own_features.py changed since it was reviewed"),
        ({"more": f'artifact = "{"0" * 64}"\n'}, "it is for another model file"),
    ],
)
def test_an_entry_out_of_force_allows_nothing(own_code, changes, why):
    own_code.configure(suites=SUITES, model="own.joblib", drop=["amount", "sex"])
    trust(own_code, **changes)
    assert own_code.run().ret == 1
    gate = own_code.gate(GATE)
    assert gate["verdict"] == "fail"
    assert "risk team trusted until" in gate["findings"][0]["title"]
    assert why in gate["findings"][0]["title"]
    # Without the gate the refusal itself says so.
    text = (own_code.path / "modelcheck.toml").read_text()
    (own_code.path / "modelcheck.toml").write_text(text.replace('"security", ', ""))
    own_code.run()
    assert why in own_code.record()["gates"][0]["reason"]


def test_names_without_an_owner_pass_with_a_word_and_not_in_release(own_code):
    own_code.configure(suites=SUITES, model="own.joblib", drop=["amount", "sex"])
    text = (own_code.path / "modelcheck.toml").read_text()
    (own_code.path / "modelcheck.toml").write_text(
        text.replace("[candidate]", '[candidate]\ntrusted = ["own_features.Plain"]')
    )
    assert own_code.run().ret == 0
    gate = own_code.gate(GATE)
    assert gate["verdict"] == "pass"
    assert "Nobody answers for own_features.Plain" in gate["reading"]
    assert rows_of(gate, "trust")[0]["owner"] is None
    assert own_code.run("--modelcheck-profile", "release").ret == 1
    gate = own_code.gate(GATE)
    assert gate["verdict"] == "fail"
    assert "without owner, reason and expiry" in gate["findings"][0]["title"]
    # It was loaded all the same: what was measured stays.
    assert own_code.gate("performance::roc_auc")["estimate"] is not None


def test_mistakes_of_the_trust_file_stop_the_run(own_code):
    own_code.configure(suites=SUITES, model="own.joblib", drop=["amount", "sex"])
    trust(own_code, more='until = "2030"\n')
    result = own_code.run()
    assert result.ret == 4
    assert "modelcheck-trust.toml" in result.stderr.str()


def test_a_model_that_is_no_file_is_not_applicable(project):
    (project.path / "live_model.py").write_text(
        "import skops.io, pathlib\n\n\ndef build():\n"
        "    return skops.io.load(pathlib.Path(__file__).with_name('model.skops'))\n"
    )
    assert project.configure(suites=SUITES, model="live_model:build").run().ret == 0
    gate = project.gate(GATE)
    assert gate["verdict"] == "not_applicable"
    assert "Python object" in gate["reason"]


def test_a_fixture_that_gives_a_live_object_is_told_from_the_file(poisoned):
    (poisoned.path / "conftest.py").write_text(
        "import pathlib, pytest, skops.io\n\n\n@pytest.fixture(scope='session')\ndef candidate():\n"
        "    return skops.io.load(pathlib.Path(__file__).with_name('model.skops'))\n"
    )
    assert poisoned.configure(suites=SUITES, model="evil.pkl").run().ret == 0
    gate = poisoned.gate(GATE)
    assert gate["verdict"] == "not_applicable"
    assert "live object" in gate["reason"]


def test_it_holds_for_each_of_several_models(poisoned):
    poisoned.configure(suites=SUITES, file="a/modelcheck.toml", name="a", model="../model.skops", path="../holdout.csv")
    poisoned.configure(suites=SUITES, file="b/modelcheck.toml", name="b", model="../evil.pkl", path="../holdout.csv")
    for name in ("a", "b"):
        path = poisoned.path / name / "modelcheck.toml"
        path.write_text(path.read_text().replace('"train.csv"', '"../train.csv"'))
    (poisoned.path / "modelcheck.toml").write_text('configs = ["a/modelcheck.toml", "b/modelcheck.toml"]\n')
    assert poisoned.run().ret == 1
    assert [poisoned.gate(GATE, f"reports/{name}")["verdict"] for name in ("a", "b")] == ["pass", "fail"]


def test_it_runs_in_xdist_workers(poisoned):
    assert poisoned.configure(suites=SUITES, model="evil.pkl").run("-n", "2", inprocess=False).ret == 1
    assert poisoned.gate(GATE)["verdict"] == "fail"


def test_it_takes_no_limit_but_may_warn(poisoned):
    own = '[gates."security.artifact"]\nmax = 3\n'
    result = poisoned.configure(own, suites=SUITES, model="evil.pkl").run()
    assert result.ret == 4
    own = '[gates."security.artifact"]\nseverity = "warning"\n'
    poisoned.configure(own, suites=("security",), model="evil.pkl").run()
    assert (poisoned.gate(GATE)["verdict"], poisoned.gate(GATE)["severity"]) == ("fail", "warning")


def test_names_of_hostile_files_are_harmless_everywhere(project):
    name = "evil\x1b[31m\u202e" + "x" * 500
    parts = b"".join(b"\x8c" + bytes([len(part)]) + part for part in (name.encode()[:200], b"boom"))
    (project.path / "x.pkl").write_bytes(b"\x80\x04" + parts + b"\x93.")
    result = project.configure(suites=SUITES, model="x.pkl").run()
    assert result.ret == 1
    title = project.gate(GATE)["findings"][0]["title"]
    assert title.isprintable()
    assert "\u202e" not in (project.path / "reports" / "summary.md").read_text()


def test_a_scan_of_a_file_judges_it_and_of_a_live_model_does_not(project, monkeypatch):
    import modelcheck

    monkeypatch.chdir(project.path)
    rows = pd.read_csv("holdout.csv")[[*FEATURES, "outcome"]]
    model = copy.deepcopy(skops.io.load("model.skops"))
    for given, verdict in (("model.skops", "pass"), (model, "not_applicable")):
        record = modelcheck.scan(given, rows, target="outcome", positive="yes", suites=["security"]).record
        assert [str(gate.verdict) for gate in record.gates] == [verdict]
