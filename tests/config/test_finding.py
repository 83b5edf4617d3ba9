from __future__ import annotations

import pytest

from modelcheck.config import NoConfiguration
from modelcheck.errors import ConfigError


def in_pyproject(text: str) -> str:
    return text.replace("[candidate]", "[tool.modelcheck.candidate]").replace("[dataset]", "[tool.modelcheck.dataset]")


def test_own_file_in_the_root_is_found(project, base):
    config = project.config(base)
    assert config.label == "modelcheck.toml"
    assert config.prefix == ""
    assert config.file == project.root / "modelcheck.toml"
    assert config.folder == project.root


def test_table_in_pyproject_is_found(project, base):
    project.write("pyproject.toml", in_pyproject(base))
    (config,) = project.load()
    assert config.label == "pyproject.toml"
    assert config.prefix == "tool.modelcheck."
    assert config.candidate.model == "model.skops"


def test_both_in_one_root_is_a_mistake_that_names_both(project, base):
    project.write("pyproject.toml", in_pyproject(base))
    mistake = project.mistake(base)
    assert mistake.file == "modelcheck.toml"
    assert "pyproject.toml" in mistake.problem


def test_pyproject_of_other_tools_beside_the_own_file_is_no_conflict(project, base):
    project.write("pyproject.toml", "[tool.ruff]\nline-length = 100\n")
    assert project.config(base).label == "modelcheck.toml"


def test_no_configuration_is_an_error_of_its_own(project):
    with pytest.raises(NoConfiguration) as caught:
        project.load()
    assert isinstance(caught.value, ConfigError)
    assert caught.value.rootdir == project.root


def test_pyproject_without_our_table_is_no_configuration(project):
    project.write("pyproject.toml", "[project]\nname = 'x'\n")
    with pytest.raises(NoConfiguration):
        project.load()


def test_empty_table_in_pyproject_is_a_configuration_with_mistakes(project):
    project.write("pyproject.toml", "[tool.modelcheck]\n")
    assert {mistake.key for mistake in project.mistakes()} == {"candidate", "dataset"}


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\nmodelcheck = 3"])
def test_a_tool_entry_that_is_no_table_never_crashes(project, text):
    project.write("pyproject.toml", text)
    with pytest.raises(ConfigError):
        project.load()


def test_several_models_are_loaded_in_the_order_listed(project, base):
    for name in ("zebra", "ant"):
        project.write(f"{name}/modelcheck.toml", base)
        project.write(f"{name}/model.skops", "")
        project.write(f"{name}/rows.csv", "")
    project.write("modelcheck.toml", 'configs = ["zebra/modelcheck.toml", "ant/modelcheck.toml"]')
    assert [(config.name, config.label) for config in project.load()] == [
        ("zebra", "zebra/modelcheck.toml"),
        ("ant", "ant/modelcheck.toml"),
    ]


def test_list_in_pyproject_works_too(project, base):
    project.write("models/a.toml", base.replace("model.skops", "../model.skops").replace("rows.csv", "../rows.csv"))
    project.write("pyproject.toml", '[tool.modelcheck]\nconfigs = ["models/a.toml"]')
    (config,) = project.load()
    assert config.label == "models/a.toml"


def test_a_list_that_also_describes_a_model_is_a_mistake(project, base):
    project.write("a/modelcheck.toml", base.replace("model.skops", "../model.skops").replace("rows.csv", "../rows.csv"))
    mistakes = project.mistakes('configs = ["a/modelcheck.toml"]\nprofile = "ci"\n' + base)
    assert {mistake.key for mistake in mistakes} == {"candidate", "dataset", "profile"}
    assert all("allowed: configs" in mistake.problem for mistake in mistakes)


def test_lists_go_one_level_deep(project):
    project.write("a.toml", 'configs = ["modelcheck.toml"]')
    assert "one level" in project.mistake('configs = ["a.toml"]').problem


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ('["absent.toml"]', "does not exist"),
        ('["folder"]', "is a folder"),
        ("[]", "empty"),
        ('"a.toml"', "must be a list"),
        ("[3]", "texts only"),
    ],
)
def test_bad_lists_are_explained(project, base, listed, words):
    project.write("folder/modelcheck.toml", base)
    mistake = project.mistake(f"configs = {listed}")
    assert mistake.key == "configs"
    assert words in mistake.problem
    if "folder" in listed:
        assert mistake.hint == 'Did you mean "folder/modelcheck.toml"?'


def test_one_file_given_twice_is_a_mistake(project, base):
    project.write("a.toml", base)
    (mistake,) = project.mistakes(None, "a.toml", "./a.toml")
    assert "twice" in mistake.problem


def test_given_files_win_over_the_root(project, base):
    project.write("modelcheck.toml", "this is [ broken")
    project.write("other.toml", base)
    assert [config.label for config in project.load("other.toml")] == ["other.toml"]


def test_given_files_may_be_absolute(project, base):
    path = project.write("other.toml", base)
    assert project.load(str(path))[0].label == "other.toml"


def test_a_given_file_outside_the_root_gets_a_relative_label(project, base, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "m.toml").write_text(base.replace("model.skops", "pkg:model").replace("rows.csv", "pkg:rows"))
    (config,) = project.load(str(outside / "m.toml"))
    assert config.label.startswith("../")


def test_a_given_pyproject_is_read_at_its_table(project, base):
    project.write("sub/pyproject.toml", in_pyproject(base).replace("model.skops", "../model.skops"))
    project.write("sub/rows.csv", "")
    assert project.load("sub/pyproject.toml")[0].prefix == "tool.modelcheck."


def test_a_given_pyproject_without_the_table_is_a_mistake(project):
    project.write("pyproject.toml", "")
    (mistake,) = project.mistakes(None, "pyproject.toml")
    assert "[tool.modelcheck]" in mistake.problem


def test_given_file_that_is_absent_or_a_folder_is_a_mistake(project, base):
    project.write("sub/modelcheck.toml", base)
    absent, folder = project.mistakes(None, "absent.toml", "sub")
    assert (absent.file, absent.problem) == ("absent.toml", "does not exist.")
    assert (folder.file, folder.hint) == ("sub", "Did you mean sub/modelcheck.toml?")


def test_prefix_of_pyproject_in_an_own_file_is_explained(project, base):
    mistakes = project.mistakes(in_pyproject(base))
    (tool,) = [mistake for mistake in mistakes if mistake.key == "tool"]
    assert "without the tool.modelcheck prefix" in tool.hint


def test_profile_and_suites_of_the_command_line_replace_and_shrink(project, base):
    project.write("modelcheck.toml", 'profile = "dev"\n' + base)
    (config,) = project.load(profile="release", suites=["performance"])
    assert config.profile == "release"
    assert config.suites == ("performance",)


def test_bad_words_on_the_command_line_are_mistakes_too(project, base):
    project.write("modelcheck.toml", base)
    mistakes = project.mistakes(None, profile="prod", suites=["text", "performanc"])
    assert [mistake.key for mistake in mistakes] == ["--modelcheck-profile", *["--modelcheck-suite"] * 2]
    assert "release" in mistakes[0].hint
    assert "no checks in this version" in mistakes[1].problem
    assert "performance" in mistakes[2].hint
