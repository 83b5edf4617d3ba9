"""Versions that are asked for, and the file's size."""

from __future__ import annotations

import dataclasses
import platform
from importlib import metadata

import pytest
import sklearn

from modelcheck.checks.deployment.environment import environment
from modelcheck.checks.deployment.requirements import Wanted, drift, installed, read_requirements
from modelcheck.checks.deployment.size import size

SKLEARN = sklearn.__version__


@pytest.mark.parametrize(
    ("wanted", "here", "expected"),
    [
        ("1.4.2", "1.4.2", "same"),
        ("1.4.2", "1.4.2.post1", "same"),
        ("1.4.2", "1.4.3", "patch"),
        ("1.4", "1.4.3", "same"),
        ("v4", "4.6.0", "same"),
        ("1.4", "1.5.0", "minor"),
        ("1.4.2", "1.6.0", "minor"),
        ("1.4.2", "2.4.2", "major"),
        ("1.4.2", None, "missing"),
        ("", "7", "same"),
        (">=1.2,<2", "1.9", "same"),
        (">=1.2,<2", "3.0", "major"),
        ("~=1.4.0", "1.6", "minor"),
        ("<2", "2.1", "major"),
        ("<2.1", "2.1.0", "minor"),
        ("!=1.4.3", "1.4.3", "patch"),
        ("2.0.0.dev1+local", "2.0.1", "patch"),
        ("not a version", "1.0", "same"),
    ],
)
def test_the_distance_of_two_versions(wanted, here, expected):
    assert drift(Wanted(name="a", version=wanted, source="-"), here) == expected


def test_the_smaller_distribution_of_a_library_counts_as_it(monkeypatch):
    known = {"mlflow-skinny": "3.17.2", "xgboost-cpu": "3.2.0", "scikit-learn": "1.9.1"}

    def version(name):
        if name not in known:
            raise metadata.PackageNotFoundError(name)
        return known[name]

    monkeypatch.setattr(metadata, "version", version)
    assert [installed(name) for name in ("mlflow", "xgboost", "sklearn", "lightgbm")] == [
        "3.17.2",
        "3.2.0",
        "1.9.1",
        None,
    ]
    known["mlflow"] = "3.18.0"
    assert installed("mlflow") == "3.18.0"


def test_requirements_are_read_as_pip_reads_them(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text(
        "# made by hand\n-r other.txt\n--pre\nnumpy==2.3.1 \\\n    --hash=sha256:abc\n"
        'pandas>=2,<4  # a range\nonly-there==1; sys_platform == "nowhere"\nthing @ file:///nowhere\nscipy\n',
    )
    wanted, unread = read_requirements(file, "requirements.txt")
    assert [(one.name, one.version) for one in wanted] == [("numpy", "2.3.1"), ("pandas", "<4,>=2"), ("scipy", "")]
    assert len(unread) == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("conda.yaml", "channels:\n- conda-forge\ndependencies:\n- python=3.11.4\n- pip\n"),
        ("python_env.yaml", "python: 3.11.4\nbuild_dependencies:\n- pip==24\n"),
        ("MLmodel", "flavors:\n  python_function:\n    env: x\n    python_version: 3.11.4\n"),
    ],
)
def test_files_of_mlflow_name_the_version_of_python(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    wanted, _ = read_requirements(tmp_path / name, name)
    assert [(one.name, one.version) for one in wanted] == [("python", "3.11.4")]


def healthy_file(context_for, people, requirements=None, **more):
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=1000).fit(people[["age", "income"]], people["y"])
    candidate = {} if requirements is None else {"requirements": requirements}
    return context_for(model, file=True, table=people.drop(columns="job"), candidate=candidate, limit=2.0, **more)


def test_the_version_in_the_file_is_held_against_the_installed_one(context_for, people, lines_of):
    found = environment(healthy_file(context_for, people))
    assert lines_of(found, "versions")["scikit-learn"]["asked for"] == SKLEARN
    assert found.proved


def test_requirements_that_this_place_does_not_meet_block(context_for, people, lines_of, tmp_path):
    (tmp_path / "deployed.txt").write_text(f"scikit-learn=={SKLEARN}\nnumpy==1.26.4\nno-such-library==1.0\npandas>=1\n")
    found = environment(healthy_file(context_for, people, "deployed.txt"))
    lines = lines_of(found, "versions")
    assert {name: line["difference"] for name, line in lines.items()} == {
        "scikit-learn": "same",
        "numpy": "major",
        "no-such-library": "missing",
        "pandas": "same",
    }
    assert len(found.findings) == 2
    assert "Not installed: no-such-library." in found.disproved


def test_a_minor_version_apart_is_told_and_a_stricter_limit_blocks(context_for, people, tmp_path):
    major, minor, *_ = platform.python_version().split(".")
    (tmp_path / "conda.yaml").write_text(f"dependencies:\n- python={major}.{int(minor) + 1}.0\n")
    context = healthy_file(context_for, people, "conda.yaml")
    assert environment(context).proved
    assert environment(dataclasses.replace(context, limit=1.0)).disproved


def test_nothing_that_names_a_version_is_told(context_for, plants):
    assert "requirements.txt" in environment(context_for(plants.Healthy())).not_applicable


def test_the_size_is_a_fact_held_against_a_declared_limit(context_for, people, tmp_path):
    context = healthy_file(context_for, people)
    context = dataclasses.replace(context, limit=None)
    bytes_ = (tmp_path / "model.joblib").stat().st_size
    assert size(context).tables[0].rows[0][1] == bytes_
    assert size(dataclasses.replace(context, limit=1.0)).proved
    assert size(dataclasses.replace(context, limit=1e-6)).disproved
