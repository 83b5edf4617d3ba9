"""Answers that hang on the other rows of a call, or on other threads."""

from __future__ import annotations

import pytest

from modelcheck.checks.deployment.batch_invariance import SIZES, batch_invariance
from modelcheck.checks.deployment.thread_safety import thread_safety


def test_every_size_is_asked_about_also_those_above_the_table(context_for, plants, lines_of):
    found = batch_invariance(context_for(plants.Healthy()))
    lines = lines_of(found, "batches")
    assert len(lines) == len(SIZES) + 2
    assert lines["rows one by one"]["calls"] == 64
    assert lines["1,000 rows at a time"]["rows"] == 1000
    assert found.predicted_rows == sum(line["rows"] for line in lines.values())
    assert found.proved


def test_a_mean_over_the_batch_is_found_at_every_size(context_for, plants, lines_of):
    found = batch_invariance(context_for(plants.ByBatch()))
    lines = lines_of(found, "batches")
    assert lines["rows one by one"]["decisions flipped"] > 0
    assert lines["rows one by one"]["largest difference"] > 0.1
    assert "decisions flip" in found.disproved


def test_a_fault_of_one_size_names_that_size_alone(context_for, plants):
    found = batch_invariance(context_for(plants.ByPlace()))
    assert [finding.title.partition(":")[0] for finding in found.findings] == ["76 rows at a time"]


def test_calls_that_raise_are_rows_without_an_answer(context_for, plants, lines_of):
    found = batch_invariance(context_for(plants.Over75()))
    lines = lines_of(found, "batches")
    assert "broken pipe" in lines["128 rows at a time"]["note"]
    assert lines["75 rows at a time"]["other answers"] == 0
    assert lines["76 rows at a time"]["other answers"] == lines["76 rows at a time"]["rows"]
    assert found.disproved


@pytest.mark.parametrize("check", [batch_invariance, thread_safety])
def test_an_unsteady_model_is_left_to_determinism(context_for, plants, check):
    assert "deployment.determinism" in check(context_for(plants.ByChance())).not_applicable


@pytest.mark.parametrize("file", [False, True])
def test_threads_that_share_a_healthy_model_get_their_own_answers(context_for, plants, file):
    found = thread_safety(context_for(plants.Healthy(), file=file))
    assert found.proved.startswith("400 rows asked by several threads at a time")
    assert found.predicted_rows == 3200


@pytest.mark.parametrize("file", [False, True])
def test_rows_kept_on_the_object_are_found(context_for, plants, file):
    found = thread_safety(context_for(plants.ByThread(), file=file))
    assert "get another answer" in found.disproved
