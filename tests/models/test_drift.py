"""Libraries of another major version than a model file names, and threads."""

from __future__ import annotations

import sys
import types

import pytest

from modelcheck.config.tables import CandidateTable
from modelcheck.errors import ModelError
from modelcheck.models.adapters import Adapter
from modelcheck.models.artifact import Artifact, load_artifact
from modelcheck.models.content import take_content
from modelcheck.models.drift import drift_notes
from modelcheck.models.inspection import Inspection
from modelcheck.models.threads import thread_count


def test_another_major_version_is_noted_and_another_minor_one_is_not(monkeypatch):
    library = types.ModuleType("xgboost")
    library.__version__ = "3.2.0"
    monkeypatch.setitem(sys.modules, "xgboost", library)
    assert drift_notes({"xgboost": "3.0.1", "scikit-learn": "0.1"}) == ()
    (note,) = drift_notes({"xgboost": "1.7.6"})
    assert "written with XGBoost 1.7.6 and loaded with 3.2.0" in note


def test_a_library_that_took_no_part_is_not_compared(monkeypatch):
    monkeypatch.delitem(sys.modules, "lightgbm", raising=False)
    assert drift_notes({"lightgbm model text": "v3"}) == ()


def test_a_missing_library_names_the_extra_that_brings_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xgboost", None)
    (tmp_path / "m.json").write_text("{}")
    adapter = Adapter(
        title="XGBoost model", load="modelcheck.models.adapters.xgboost_booster:load", formats=(), extra="xgboost"
    )
    inspection = Inspection(answer="allowed", format="xgboost")
    content = take_content(tmp_path / "m.json", "m.json")
    with (
        Artifact(content=content, inspection=inspection, adapter=adapter) as artifact,
        pytest.raises(ModelError, match=r'pip install "modelcheck\[xgboost\]"'),
    ):
        load_artifact(artifact, CandidateTable(), tmp_path)


@pytest.mark.parametrize(("declared", "threads"), [("3", 3), ("2,1", 2)])
def test_threads_follow_the_environment(monkeypatch, declared, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", declared)
    assert thread_count() == threads


@pytest.mark.parametrize("declared", ["", "0", "many", "-1"])
def test_without_a_number_there_every_processor_counts(monkeypatch, declared):
    monkeypatch.setenv("OMP_NUM_THREADS", declared)
    assert thread_count() >= 1
