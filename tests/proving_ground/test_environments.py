"""Environments of the peers: made once, made again when what is asked for changes, and loud when they can't be."""

from __future__ import annotations

import json

import pytest

from benchmarks.proving_ground import environments
from benchmarks.proving_ground.environments import EnvironmentFailed, prepare


@pytest.fixture
def made(monkeypatch):
    """Count what would be installed, in empty folders instead of virtual environments."""
    calls = []

    class Builder:
        def __init__(self, **_):
            pass

        def create(self, home):
            (home / "bin").mkdir(parents=True, exist_ok=True)
            (home / "bin" / "python").write_bytes(b"0" * 1_000_000)

    def pip(name, python, *words):
        calls.append(words)
        return json.dumps([{"name": name, "version": "1"}])

    monkeypatch.setattr(environments.venv, "EnvBuilder", Builder)
    monkeypatch.setattr(environments, "_pip", pip)
    monkeypatch.setattr(environments.os, "name", "posix")
    return calls


def test_an_environment_is_made_once(tmp_path, made):
    python, first = prepare("fairlearn", tmp_path)
    assert python == tmp_path / "fairlearn" / "bin" / "python"
    assert (first.versions, first.megabytes, first.packages) == ({"fairlearn": "1"}, 1.0, 0)
    installed = len(made)
    assert prepare("fairlearn", tmp_path) == (python, first)
    assert len(made) == installed


def test_other_requirements_make_another_one(tmp_path, made, monkeypatch):
    prepare("fairlearn", tmp_path)
    installed = len(made)
    monkeypatch.setattr(environments, "REQUIREMENTS", {"fairlearn": ("fairlearn<1",)})
    prepare("fairlearn", tmp_path)
    assert len(made) == 2 * installed


def test_a_failure_is_told_kept_and_tried_again(tmp_path, made, monkeypatch):
    pip = environments._pip

    def fails(*_):
        raise EnvironmentFailed("fairlearn: pip said no")

    monkeypatch.setattr(environments, "_pip", fails)
    with pytest.raises(EnvironmentFailed, match="pip said no"):
        prepare("fairlearn", tmp_path)
    assert "pip said no" in (tmp_path / "fairlearn.failed.txt").read_text(encoding="utf-8")
    monkeypatch.setattr(environments, "_pip", pip)
    prepare("fairlearn", tmp_path)
    assert not (tmp_path / "fairlearn.failed.txt").exists()


def test_pip_s_words_name_no_address(tmp_path, monkeypatch):
    class Done:
        returncode, stdout, stderr = 1, "", "Looking in: https://user:secret@registry.example/simple\nno such thing"

    monkeypatch.setattr(environments.subprocess, "run", lambda *_, **__: Done)
    with pytest.raises(EnvironmentFailed, match=r"ended with 1:\nLooking in: \(address\)\nno such thing"):
        environments._pip("fairlearn", tmp_path, "install", "fairlearn")
