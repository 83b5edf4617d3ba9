from __future__ import annotations

import os

import pytest


def test_exactly_one_of_model_and_score_is_needed(project, base, with_key):
    assert "exactly one" in project.mistake(base.replace('model = "model.skops"', "")).problem
    assert "exactly one" in project.mistake(with_key("candidate", 'score = "p"')).problem
    config = project.config(base.replace('model = "model.skops"', 'score = "p"'))
    assert (config.candidate.model, config.candidate.score) == (None, "p")


def test_missing_model_file_names_the_place_looked_at(project, with_key):
    mistake = project.mistake(with_key("candidate", 'model = "models/gone.skops"'))
    assert mistake.section == "candidate"
    assert mistake.value == '"models/gone.skops"'
    assert str(project.root / "models" / "gone.skops") in mistake.problem


def test_paths_are_relative_to_the_configuration_not_the_root(project, base):
    project.write("deep/modelcheck.toml", base)
    mistakes = project.mistakes(None, "deep/modelcheck.toml")
    assert {mistake.key for mistake in mistakes} == {"model", "path"}
    project.write("deep/model.skops", "")
    project.write("deep/rows.csv", "")
    assert project.load("deep/modelcheck.toml")[0].folder == project.root / "deep"


def test_importable_objects_are_not_looked_for_on_disk(project, with_key):
    assert project.config(with_key("candidate", 'model = "pkg.mod:make.inner"')).candidate.model == "pkg.mod:make.inner"


@pytest.mark.parametrize("model", ["pkg.mod:", ":make", "pkg..mod:make", "pkg-mod:make", "1mod:make"])
def test_malformed_objects_show_the_form(project, with_key, model):
    assert "package.module:object" in project.mistake(with_key("candidate", f'model = "{model}"')).hint


@pytest.mark.parametrize("model", ["s3://bucket/m.skops", "ftp://host/m.skops"])
def test_stores_and_registries_are_refused(project, with_key, model):
    assert "points at a store or registry" in project.mistake(with_key("candidate", f'model = "{model}"')).problem


@pytest.mark.parametrize("model", ["models:/income/3", "runs:/abc/model", "mlflow-artifacts:/a"])
def test_a_registry_says_how_to_download(project, with_key, model):
    hint = project.mistake(with_key("candidate", f'model = "{model}"')).hint
    assert f"mlflow artifacts download --artifact-uri {model}" in hint


def test_a_folder_as_model_holds_what_marks_it_as_one(project, with_key):
    project.write("models/x.skops", "")
    mistake = project.mistake(with_key("candidate", 'model = "models"'))
    assert "is a folder" in mistake.problem
    assert "MLmodel (MLflow) or config.json (Hugging Face)" in mistake.problem
    assert "Name the model file" in mistake.hint
    for mark in ("MLmodel", "config.json"):
        project.write(f"{mark}s/{mark}", "")
        assert project.config(with_key("candidate", f'model = "{mark}s"')).candidate.model == f"{mark}s"


@pytest.mark.parametrize("value", ["1.1", "-0.1", "nan", "inf", '"0.5"', "true", "[0.5]"])
def test_threshold_lies_between_zero_and_one(project, with_key, value):
    assert project.mistake(with_key("candidate", f"threshold = {value}")).key == "threshold"


@pytest.mark.parametrize("value", ["0", "1", "0.25"])
def test_threshold_may_be_any_probability(project, with_key, value):
    assert project.config(with_key("candidate", f"threshold = {value}")).candidate.threshold == float(value)


def test_threshold_needs_a_binary_task(project, base):
    text = base.replace('task = "binary"', 'task = "regression"\nthreshold = 0.5')
    assert "binary tasks only" in project.mistake(text).problem


def test_unknown_task_gets_the_closest(project, base):
    mistake = project.mistake(base.replace('"binary"', '"classification"'))
    assert mistake.hint == 'Did you mean "binary"?'


@pytest.mark.parametrize("name", ["*", "sklearn", "evil.*", "a b.c", ".x", ""])
def test_trusted_holds_exact_names_only(project, with_key, name):
    assert project.mistake(with_key("candidate", f'trusted = ["{name}"]')).key == "trusted"


@pytest.mark.parametrize("value", ["[1]", "[1, 1]", "[[1], [2]]", '"a"', "[nan, 1]"])
def test_classes_are_distinct_labels(project, with_key, value):
    assert project.mistake(with_key("candidate", f"classes = {value}")).key == "classes"


def test_function_options_are_read(project, with_key):
    text = with_key("candidate", 'classes = ["no", "yes"]\noutput = "probability"\nprepare = "pkg.mod:prepare"')
    candidate = project.config(text).candidate
    assert (candidate.classes, candidate.output, candidate.prepare) == (("no", "yes"), "probability", "pkg.mod:prepare")


def test_options_of_networks_are_read(project, with_key):
    text = with_key("candidate", 'columns = ["b", "a"]\noutput = "logit"\nfactory = "pkg.nets:build"')
    candidate = project.config(text).candidate
    assert (candidate.columns, candidate.output, candidate.factory) == (("b", "a"), "logit", "pkg.nets:build")


@pytest.mark.parametrize(
    ("line", "key"), [('factory = "pkg.nets.build"', "factory"), ('columns = ["a", "a"]', "columns")]
)
def test_options_of_networks_that_can_not_be_are_mistakes(project, with_key, line, key):
    assert project.mistake(with_key("candidate", line)).key == key


def test_a_factory_needs_a_file_of_weights(project, base, with_key):
    text = with_key("candidate", 'factory = "pkg.nets:build"').replace('"model.skops"', '"pkg.nets:fitted"')
    assert "a file of weights" in project.mistake(text).problem
    for key in ('factory = "pkg:f"', 'columns = ["a"]'):
        assert "no meaning" in project.mistake(base.replace('model = "model.skops"', f'score = "p"\n{key}')).problem


def test_prepare_written_with_dots_gets_the_colon(project, with_key):
    assert project.mistake(with_key("candidate", 'prepare = "pkg.mod.f"')).hint == 'Did you mean "pkg.mod:f"?'


def test_score_takes_no_model_options(project, base):
    text = base.replace('model = "model.skops"', 'score = "p"\nprepare = "pkg:f"')
    assert "no meaning" in project.mistake(text).problem


def test_score_may_not_be_the_target(project, base):
    assert "truth" in project.mistake(base.replace('model = "model.skops"', 'score = "y"')).problem


def test_baseline_inherits_task_and_threshold(project, base):
    mistakes = project.mistakes(base + '[baseline]\nmodel = "model.skops"\ntask = "binary"\nthreshold = 0.5\n')
    assert {mistake.key for mistake in mistakes} == {"task", "threshold"}
    assert all("holds for the baseline too" in mistake.hint for mistake in mistakes)
    assert project.config(base + '[baseline]\nmodel = "model.skops"\n').baseline.model == "model.skops"


REGRESSION = """
[candidate]
{lines}
task = "regression"
[dataset]
path = "rows.csv"
target = "y"
"""


def test_intervals_of_a_model_and_of_a_table_are_read(project):
    live = project.config(REGRESSION.format(lines='model = "model.skops"\ninterval = 0.9')).candidate
    assert (live.interval, live.lower, live.upper) == (0.9, None, None)
    lines = 'score = "race"\ninterval = 0.8\nlower = "low"\nupper = "high"'
    config = project.config(REGRESSION.format(lines=lines))
    assert (config.candidate.lower, config.candidate.upper) == ("low", "high")
    # No column with an answer is a feature.
    assert config.score_columns == ("race", "low", "high")


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ('model = "model.skops"\ninterval = 90', "interval"),
        ('model = "model.skops"\ninterval = 0.9\nlower = "low"\nupper = "high"', "lower"),
        ('score = "race"\ninterval = 0.9', "interval"),
        ('score = "race"\ninterval = 0.9\nlower = "low"', "lower"),
        ('score = "race"\nlower = "low"\nupper = "high"', "lower"),
        ('score = "race"\ninterval = 0.9\nlower = "low"\nupper = "low"', "upper"),
    ],
)
def test_intervals_that_can_not_be_are_mistakes(project, lines, key):
    assert project.mistake(REGRESSION.format(lines=lines)).key == key


def test_intervals_are_for_regression(project, base, with_key):
    assert "regression" in project.mistake(with_key("candidate", "interval = 0.9")).problem


def test_what_the_decision_is_for_is_text(project, with_key):
    assert (
        project.config(with_key("candidate", 'purpose = "Who gets a letter."')).candidate.purpose
        == "Who gets a letter."
    )
    assert project.mistake(with_key("candidate", "purpose = 3")).key == "purpose"


def test_models_of_other_seeds_are_named_as_the_candidate_is(project, with_key):
    read = project.config(with_key("candidate", 'retrained = ["recipe:seed_1", "recipe:seed_2"]')).candidate
    assert read.retrained == ("recipe:seed_1", "recipe:seed_2")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"models/seed-1.skops"', "list"),
        ('["a.skops", "a.skops"]', "twice"),
        ('["a.skops", "b.skops", "c.skops", "d.skops", "e.skops", "f.skops"]', "at most 5"),
        ("[MODEL]", "candidate itself"),
        ('["gone.skops"]', "does not exist"),
    ],
)
def test_what_can_be_no_model_of_another_seed_is_a_mistake(project, base, with_key, value, said):
    own = next(line.partition("=")[2].strip() for line in base.splitlines() if line.startswith("model"))
    mistake = project.mistake(with_key("candidate", f"retrained = {value.replace('MODEL', own)}"))
    assert mistake.key == "retrained"
    assert said in mistake.problem + mistake.hint


def test_a_column_of_answers_was_never_trained(project, base, with_key):
    own = next(line for line in base.splitlines() if line.startswith("model"))
    text = with_key("candidate", 'retrained = ["a.skops"]').replace(own, 'score = "risk"')
    assert "column of answers" in project.mistake(text).problem


def test_a_pipe_is_no_model_file(project, with_key):
    os.mkfifo(project.root / "pipe.pkl")
    mistake = project.mistake(with_key("candidate", 'model = "pipe.pkl"'))
    assert "no regular file" in mistake.problem
    assert not mistake.hint
