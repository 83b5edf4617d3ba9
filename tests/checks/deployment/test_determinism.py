"""Answers again: here, in other processes, with other hashes and threads."""

from __future__ import annotations

from modelcheck.checks.deployment.determinism import determinism


def test_a_healthy_file_answers_bit_for_bit_alike_in_every_process(context_for, plants, lines_of):
    found = determinism(context_for(plants.Healthy(), file=True))
    assert found.proved.startswith("400 rows asked again: bit for bit the same answers.")
    lines = lines_of(found, "ways of asking")
    assert list(lines) == [
        "asked again, twice",
        "in a new process",
        "in a new interpreter, 1 thread",
        "in a new interpreter, all cores",
    ]
    assert [line["equal bit for bit"] for line in lines.values()] == [800, 400, 400, 400]
    assert found.predicted_rows == 2000
    assert 0.0 == found.estimate.value < found.estimate.high < 0.01


def test_chance_is_found_by_asking_again_and_the_rows_are_shown(context_for, plants):
    found = determinism(context_for(plants.ByChance()))
    assert found.disproved.startswith("400 of 400 rows asked again get another answer, or none")
    example = found.findings[0].examples[0]
    assert abs(example["score here"] - example["score then"]) > 1e-5


def test_what_hangs_on_the_process_is_found_in_new_ones_only(context_for, plants, lines_of):
    found = determinism(context_for(plants.ByProcess(), file=True))
    lines = lines_of(found, "ways of asking")
    assert lines["asked again, twice"]["other answers"] == 0
    assert lines["in a new process"]["other answers"] > 300
    assert found.disproved


def test_what_hangs_on_the_hashes_of_texts_is_found_in_new_interpreters_only(context_for, plants, lines_of):
    found = determinism(context_for(plants.ByHash(), file=True))
    lines = lines_of(found, "ways of asking")
    assert lines["in a new process"]["other answers"] == 0
    hit = [line["other answers"] for way, line in lines.items() if "interpreter" in way]
    # By chance one of the seeds may put the column where the run's own has it; not both.
    assert max(hit) > 300
    assert found.disproved


def test_a_live_object_says_what_could_not_be_asked(context_for, plants, lines_of):
    found = determinism(context_for(plants.Healthy()))
    lines = lines_of(found, "ways of asking")
    assert "not a model file" in lines["in a new process"]["note"]
    assert lines["here, 1 thread"]["equal bit for bit"] == 400
    assert found.proved


def test_a_declared_limit_above_0_is_judged_by_the_interval(context_for, plants):
    found = determinism(context_for(plants.Healthy(), limit=0.05))
    assert not found.proved
    assert not found.disproved
    assert found.estimate.high < 0.05


def test_answers_in_the_table_have_no_model(context_for, plants):
    found = determinism(context_for(plants.Healthy(), deployed=None))
    assert "no model to deploy" in found.not_applicable
