from __future__ import annotations

import pytest


def test_every_key_is_read(project, base):
    config = project.config(
        base
        + """
positive = ">50K"
labels = { ">50K" = 1, "<=50K" = 0 }
forbidden = ["zip"]
monotonic = { hours = "increasing", age = "decreasing" }
signs = { income = "increasing" }
canary = ["dice"]
categorical = ["job"]
bands = { race = [1, 2.5] }
cluster = "person"
weight = "w"
key = "id"
time = "when"
drop = ["note"]
unchangeable = ["age"]
descriptions = { zip = "postal code" }
answers = { "1" = "earns over 50,000" }
[reference]
path = "rows.csv"
"""
    )
    table = config.dataset
    assert table.protected == (("sex",), ("race",), ("sex", "race"))
    assert table.protected_names == ("sex", "race", "sex*race")
    assert table.positive == ">50K"
    assert table.labels == {">50K": 1, "<=50K": 0}
    assert table.monotonic == {"hours": "increasing", "age": "decreasing"}
    assert (table.signs, table.canary) == ({"income": "increasing"}, ("dice",))
    assert (table.unchangeable, table.descriptions) == (("age",), {"zip": "postal code"})
    assert table.answers == {"1": "earns over 50,000"}
    assert table.bands == {"race": (1.0, 2.5)}
    assert (table.cluster, table.weight, table.key, table.time, table.drop) == ("person", "w", "id", "when", ("note",))
    assert config.reference == "rows.csv"


@pytest.mark.parametrize("key", ["path", "target"])
def test_path_and_target_are_required(project, base, key):
    text = "\n".join(line for line in base.splitlines() if not line.startswith(key))
    mistake = project.mistake(text)
    assert (mistake.section, mistake.key) == ("dataset", key)
    assert "required" in mistake.problem


def test_data_may_be_a_folder_a_glob_or_a_function(project, with_key):
    project.write("parts/a.csv", "")
    for path in ("parts", "parts/*.csv", "pkg.mod:rows"):
        assert project.config(with_key("dataset", f'path = "{path}"')).dataset.path == path


@pytest.mark.parametrize(
    ("path", "words"),
    [("gone.csv", "does not exist"), ("parts/*.parquet", "matches no file"), ("https://x/y.csv", "not available")],
)
def test_data_that_is_not_there_is_a_mistake(project, with_key, path, words):
    assert words in project.mistake(with_key("dataset", f'path = "{path}"')).problem


def test_a_file_whose_name_looks_like_a_glob_is_found(project, with_key):
    project.write("rows[1].csv", "")
    assert project.config(with_key("dataset", 'path = "rows[1].csv"')).dataset.path == "rows[1].csv"


@pytest.mark.parametrize(
    "value",
    ['"sex"', "[3]", "[[]]", '[["sex", 3]]', '[""]', '["sex", "sex"]', '[["sex", "sex"]]', '["a::b"]', '["a[b]"]'],
)
def test_bad_protected_entries(project, with_key, value):
    assert project.mistake(with_key("dataset", f"protected = {value}")).key == "protected"


def test_single_text_for_a_list_shows_the_list(project, with_key):
    assert project.mistake(with_key("dataset", 'protected = "sex"')).hint == 'Write protected = ["sex"]'
    assert project.mistake(with_key("dataset", 'drop = "note"')).hint == 'Write drop = ["note"]'


@pytest.mark.parametrize("value", ["[3, 2]", "[]", "[1, 1]", '["a"]', "3", "[1, nan]", "[true]"])
def test_bands_are_increasing_numbers(project, with_key, value):
    mistake = project.mistake(with_key("dataset", f"bands = {{ sex = {value} }}"))
    assert (mistake.section, mistake.key) == ("dataset.bands", "sex")


def test_bands_of_a_column_that_is_not_protected_would_do_nothing(project, with_key):
    assert "no protected or control column" in project.mistake(with_key("dataset", "bands = { age = [20] }")).problem


@pytest.mark.parametrize("value", ['"up"', "1", '"Increasing"'])
def test_monotonic_directions(project, with_key, value):
    mistake = project.mistake(with_key("dataset", f"monotonic = {{ hours = {value} }}"))
    assert mistake.hint == 'Did you mean "increasing"?'


@pytest.mark.parametrize("value", ['"-1"', "-1", '"down"'])
def test_falling_directions_are_not_taken_for_rising(project, with_key, value):
    mistake = project.mistake(with_key("dataset", f"monotonic = {{ hours = {value} }}"))
    assert mistake.hint == 'Did you mean "decreasing"?'


def test_signs_know_the_same_two_words(project, with_key):
    mistake = project.mistake(with_key("dataset", 'signs = { hours = "up" }'))
    assert (mistake.section, mistake.key) == ("dataset.signs", "hours")
    assert mistake.hint == 'Did you mean "increasing"?'


@pytest.mark.parametrize("line", ['signs = { y = "increasing" }', 'canary = ["y"]'])
def test_the_target_is_neither_expected_to_rise_nor_known_to_say_nothing(project, with_key, line):
    assert "the target has no other role" in project.mistake(with_key("dataset", line)).problem


def test_other_words_for_a_key_are_recognised(project, base):
    mistakes = project.mistakes(base.replace("target =", "label =") + 'sensitive = ["a"]\nid = "x"\n')
    hints = {mistake.key: mistake.hint for mistake in mistakes}
    assert hints["label"] == 'Did you mean "target"?'
    assert hints["sensitive"] == 'Did you mean "protected"?'
    assert hints["id"] == 'Did you mean "key"?'


@pytest.mark.parametrize("key", ["cluster", "weight", "key", "time"])
def test_target_has_no_second_role(project, with_key, key):
    assert "which is the target" in project.mistake(with_key("dataset", f'{key} = "y"')).problem


@pytest.mark.parametrize("line", ["positive = [1]", "positive = nan", "labels = {}", "labels = 3", "labels = {a=[1]}"])
def test_labels_are_plain_values(project, with_key, line):
    assert project.mistakes(with_key("dataset", line))


def test_false_and_zero_are_labels(project, with_key):
    assert project.config(with_key("dataset", "positive = false")).dataset.positive is False
    assert project.config(with_key("dataset", "positive = 0")).dataset.positive == 0


def test_regression_has_no_positive_class(project, base):
    text = base.replace('"binary"', '"regression"') + "positive = 1\n"
    assert "belongs to classes" in project.mistake(text).problem


def test_reference_shares_all_but_its_path(project, base):
    mistake = project.mistake(base + '[reference]\npath = "rows.csv"\ntarget = "y"\n')
    assert (mistake.section, mistake.key) == ("reference", "target")
    assert "shares the rest" in mistake.hint


def test_reference_that_is_not_there_is_a_mistake(project, base):
    mistake = project.mistake(base + '[reference]\npath = "train.csv"\n')
    assert (mistake.section, mistake.key) == ("reference", "path")


def test_control_columns_and_followers_are_read(project, with_key):
    table = project.config(with_key("dataset", 'control = ["job"]\nfollows = { title = "sex" }')).dataset
    assert table.control == ("job",)
    assert table.follows == {"title": "sex"}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ('{ title = "gender" }', "must be the protected column that it follows"),
        ("{ title = 1 }", "must be the protected column that it follows"),
        ('{ race = "sex" }', "is a protected column itself"),
    ],
)
def test_a_follower_follows_a_protected_column(project, with_key, value, problem):
    assert problem in project.mistake(with_key("dataset", f"follows = {value}")).problem


def test_bands_cut_control_columns_too(project, with_key):
    table = project.config(with_key("dataset", 'control = ["age"]\nbands = { age = [30] }')).dataset
    assert table.bands == {"age": (30.0,)}


@pytest.mark.parametrize("line", ['control = ["y"]', 'follows = { y = "sex" }'])
def test_the_target_neither_controls_nor_follows(project, with_key, line):
    assert "which is the target" in project.mistake(with_key("dataset", line)).problem


@pytest.mark.parametrize("key", ["descriptions", "answers"])
@pytest.mark.parametrize("value", ["3", "{ zip = 3 }", '{ zip = " " }'])
def test_what_is_told_in_plain_words_is_text(project, with_key, key, value):
    mistake = project.mistake(with_key("dataset", f"{key} = {value}"))
    assert mistake.key == (key if value == "3" else "zip")


def test_the_target_can_be_described_but_is_nothing_to_change(project, with_key):
    assert project.config(with_key("dataset", 'descriptions = { y = "truth" }')).dataset.descriptions == {"y": "truth"}
    assert "which is the target" in project.mistake(with_key("dataset", 'unchangeable = ["y"]')).problem
