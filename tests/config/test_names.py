from __future__ import annotations

import pytest


def test_default_name_is_the_projects(project, base):
    project.write("pyproject.toml", "[project]\nname = 'credit-risk'\n")
    assert project.config(base).name == "credit-risk"


def test_default_name_is_the_folders_without_a_project(project, base):
    assert project.config(base).name == project.root.name


def test_default_name_from_an_odd_folder_is_made_valid(project, base):
    project.write(
        "our models (new)/modelcheck.toml", base.replace('= "', '= "../', 1).replace("rows.csv", "../rows.csv")
    )
    (config,) = project.load("our models (new)/modelcheck.toml")
    assert config.name == "our-models-new"


@pytest.mark.parametrize("name", ["a b", "a/b", "..", ".", "ünï", "a\\nb", "", "x" * 101])
def test_names_that_are_no_folder_names_are_refused(project, base, name):
    assert project.mistake(f'name = "{name}"\n{base}').key == "name"


def test_good_name_is_kept(project, base):
    assert project.config('name = "income_v1.2-b"\n' + base).name == "income_v1.2-b"


@pytest.mark.parametrize("second", ["same", "SAME"])
def test_names_must_differ_beyond_capitals(project, base, second):
    project.write("a.toml", 'name = "same"\n' + base)
    project.write("b.toml", f'name = "{second}"\n' + base)
    (mistake,) = project.mistakes(None, "a.toml", "b.toml")
    assert (mistake.file, mistake.key) == ("b.toml", "name")
    assert "a.toml" in mistake.problem


def test_two_files_of_one_folder_need_names(project, base):
    project.write("a.toml", base)
    project.write("b.toml", base)
    (mistake,) = project.mistakes(None, "a.toml", "b.toml")
    assert mistake.key == "name"
