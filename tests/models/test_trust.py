"""Where entries of a trust file stand: dates, source files, packages, model files. Nothing is imported to find out."""

from __future__ import annotations

import datetime
import hashlib
import sys
from dataclasses import replace
from importlib import metadata

import pytest
import sklearn.linear_model._base

from modelcheck.config.tables import ModelTable, TrustEntry
from modelcheck.models.facts import look_at
from modelcheck.models.trust import source_of, standings

TODAY = datetime.date(2026, 11, 30)
CODE = "raise RuntimeError('it was imported')\n"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def entry(tmp_path):
    """An entry in force for code that would fail loudly if it were imported."""
    package = tmp_path / "trust_pkg"
    package.mkdir()
    (package / "__init__.py").write_text(CODE)
    (package / "features.py").write_text(CODE)
    return TrustEntry(
        name="trust_pkg.features.LogScaler", owner="risk", reason="ours", expires=TODAY, sha256=digest(CODE)
    )


def problem(entry, folder, artifact="a" * 64):
    (standing,) = standings([entry], folder, artifact=artifact, today=TODAY)
    assert standing.in_force == (not standing.problem)
    return standing.problem


def test_an_entry_holds_to_the_end_of_its_last_day(entry, tmp_path):
    assert problem(entry, tmp_path) == ""
    assert "expired on 2026-11-29" in problem(replace(entry, expires=datetime.date(2026, 11, 29)), tmp_path)


def test_a_changed_source_file_ends_it(entry, tmp_path):
    (tmp_path / "trust_pkg" / "features.py").write_text(CODE + "# changed\n")
    told = problem(entry, tmp_path)
    assert "features.py changed since it was reviewed" in told
    assert digest(CODE + "# changed\n") in told


def test_code_that_is_gone_or_has_no_file_is_never_trusted(entry, tmp_path):
    assert "no file was found" in problem(replace(entry, name="trust_pkg.gone.LogScaler"), tmp_path)
    assert "no file was found" in problem(replace(entry, name="builtins.eval"), tmp_path)
    assert "no file was found" in problem(replace(entry, name="posix.system"), tmp_path)


def test_it_may_be_bound_to_one_model_file(entry, tmp_path):
    bound = replace(entry, artifact="b" * 64)
    assert "another model file" in problem(bound, tmp_path)
    assert problem(bound, tmp_path, artifact="b" * 64) == ""


def test_an_installed_package_is_trusted_by_its_version(entry, tmp_path):
    version = metadata.version("scikit-learn")
    installed = replace(entry, name="sklearn.linear_model._base.LinearModel", sha256=None)
    assert problem(replace(installed, package=f"scikit-learn=={version}"), tmp_path) == ""
    assert f"{version} is installed" in problem(replace(installed, package="scikit-learn==0.1"), tmp_path)
    assert "isn't installed" in problem(replace(installed, package="no-such-thing==0.1"), tmp_path)


def test_code_beside_the_configuration_needs_its_own_hash_whatever_package_is_named(entry, tmp_path):
    claimed = replace(entry, sha256=None, package=f"scikit-learn=={metadata.version('scikit-learn')}")
    assert "give its sha256" in problem(claimed, tmp_path)


def test_what_is_imported_already_counts_before_what_lies_on_the_path(tmp_path, monkeypatch):
    (tmp_path / "trust_twice.py").write_text("x = 1\n")
    other = tmp_path / "elsewhere.py"
    other.write_text("x = 2\n")
    assert source_of("trust_twice.x", tmp_path) == tmp_path / "trust_twice.py"
    module = type(sys)("trust_twice")
    module.__file__ = str(other)
    monkeypatch.setitem(sys.modules, "trust_twice", module)
    assert source_of("trust_twice.x", tmp_path) == other
    assert source_of("sklearn.linear_model._base.LinearModel", tmp_path).samefile(sklearn.linear_model._base.__file__)


def test_facts_tell_a_pipe_from_a_file(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    facts = look_at("candidate", ModelTable(model="pipe"), tmp_path)
    assert "not a regular file" in facts.unreadable
    assert facts.inspection is None


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (ModelTable(score="p"), "column"),
        (ModelTable(model="pkg.module:object"), "Python object"),
        (ModelTable(model="https://host/model"), "address"),
        (ModelTable(model="live:candidate"), "live object"),
        (ModelTable(), "no model file"),
    ],
)
def test_facts_say_why_there_is_no_file(tmp_path, table, why):
    assert why in look_at("candidate", table, tmp_path).absent
