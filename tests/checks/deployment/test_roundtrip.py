"""The file loaded again, saved again, and what gets lost."""

from __future__ import annotations

from types import SimpleNamespace

from modelcheck.checks.deployment.roundtrip import roundtrip
from modelcheck.models.native import NativeModel
from modelcheck.models.probes.saving import saved_again


def test_a_healthy_file_gives_the_model_back(context_for, plants, lines_of):
    found = roundtrip(context_for(plants.Healthy(), file=True))
    lines = lines_of(found, "ways of asking")
    assert lines["saved again as joblib, and loaded in a new process"]["equal bit for bit"] == 400
    assert len(lines) == 3
    assert found.proved


def test_what_saving_changes_is_found_in_the_copy_alone(context_for, plants, lines_of):
    found = roundtrip(context_for(plants.ForgetsToSave(), file=True))
    hit = {way: line["other answers"] for way, line in lines_of(found, "ways of asking").items()}
    assert hit["the file, loaded once more in a new process"] == 0
    assert hit["saved again as joblib, and loaded in a new process"] > 300
    assert found.disproved


def test_a_model_that_can_not_be_saved_again_is_told(context_for, plants, lines_of):
    found = roundtrip(context_for(plants.CannotBeSaved(), file=True))
    note = lines_of(found, "ways of asking")["saved again as joblib, and loaded in a new process"]["note"]
    assert "it can't be saved: TypeError" in note
    assert found.disproved


def test_a_live_object_has_no_file_to_load(context_for, plants):
    assert "not a model file" in roundtrip(context_for(plants.Healthy())).not_applicable


def test_a_file_in_the_runs_own_process_says_how_to_have_it_loaded_anew(context_for, plants):
    found = roundtrip(context_for(plants.Healthy(), file=True, isolation="none"))
    assert 'isolation = "none"' in found.not_applicable


def test_what_an_adapter_made_of_a_file_is_only_loaded_again():
    model = SimpleNamespace(estimator=NativeModel(name="m", task="binary", gives="probability", answers=lambda X: X))
    told, arrays = saved_again(model, (), {"format": "pickle"})
    assert told == {"problem": "", "kept": "the adapter keeps its object to itself"}
    assert not arrays
