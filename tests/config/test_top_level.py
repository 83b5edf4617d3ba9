from __future__ import annotations

import pytest


def test_defaults_of_a_short_configuration(project, base):
    config = project.config(base)
    assert (config.profile, config.seed, config.check_paths) == ("ci", 0, ("checks",))
    assert config.suites == ("performance", "bias", "robustness", "explainability", "deployment", "security")
    assert config.budget == 500_000
    assert config.baseline is None
    assert config.reference is None
    assert config.gates == {}
    assert config.waivers == ()


@pytest.mark.parametrize("line", ["budget = -1", "budget = 1e5", "budget = true", 'budget = "10"', f"budget = {2**63}"])
def test_a_budget_must_be_a_whole_number_of_rows(project, with_key, line):
    mistake = project.mistake(with_key("", line))
    assert mistake.key == "budget"
    assert "500000" in mistake.hint


@pytest.mark.parametrize("line", ["seed = -1", "seed = 1.5", "seed = true", 'seed = "1"', f"seed = {2**63}"])
def test_seed_must_be_a_whole_number(project, with_key, line):
    assert project.mistake(with_key("", line)).key == "seed"


def test_unknown_profile_gets_the_closest(project, with_key):
    mistake = project.mistake(with_key("", 'profile = "relase"'))
    assert mistake.value == '"relase"'
    assert mistake.hint == 'Did you mean "release"?'


def test_suites_of_later_versions_are_told_from_misspelled_ones(project, with_key):
    later, wrong = project.mistakes(with_key("", 'suites = ["performance", "text", "performence"]'))
    assert "no checks in this version" in later.problem
    assert "performance" in later.hint
    assert wrong.hint == 'Did you mean "performance"?'


def test_empty_suites_would_run_nothing_and_are_refused(project, with_key):
    assert "nothing would run" in project.mistake(with_key("", "suites = []")).problem


@pytest.mark.parametrize("path", ["../other", "/etc", "a/../../b", ".."])
def test_check_paths_stay_inside_the_folder(project, with_key, path):
    assert "inside" in project.mistake(with_key("", f'check_paths = ["{path}"]')).problem


def test_check_paths_must_exist_unless_it_is_the_default(project, with_key):
    assert "does not exist" in project.mistake(with_key("", 'check_paths = ["gone"]')).problem
    assert project.config(with_key("", 'check_paths = ["checks"]')).check_paths == ("checks",)
    assert project.config(with_key("", 'check_paths = ["."]')).check_paths == (".",)


def test_unknown_tables_and_keys_are_reported_with_the_closest(project, base):
    mistakes = project.mistakes(base + "[datset]\npath = 'x'\n[gate]\n")
    assert {mistake.key: mistake.hint for mistake in mistakes} == {
        "datset": 'Did you mean "dataset"?',
        "gate": 'Did you mean "gates"?',
    }


@pytest.mark.parametrize("table", ["candidate", "baseline", "dataset", "reference", "cost", "slices", "gates"])
def test_a_table_that_is_none_is_a_mistake(project, base, table):
    text = base.replace(f"[{table}]", f"[old_{table}]")
    keys = {mistake.key: mistake for mistake in project.mistakes(f"{table} = 3\n{text}")}
    assert "must be a table" in keys[table].problem


@pytest.mark.parametrize("table", ["candidate", "dataset"])
def test_required_tables(project, base, table):
    keys = {mistake.key: mistake for mistake in project.mistakes(base.replace(f"[{table}]", f"[old_{table}]"))}
    assert "is missing" in keys[table].problem


def test_configuration_is_frozen_and_picklable_for_workers(project, base):
    import pickle

    config = project.config(base)
    assert pickle.loads(pickle.dumps(config)) == config
    with pytest.raises(AttributeError):
        config.seed = 3
