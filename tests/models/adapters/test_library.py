"""Libraries that aren't there, too old, or broken: what mends it is said."""

from __future__ import annotations

import importlib.metadata

import pytest

from modelcheck.errors import ModelError
from modelcheck.models.adapters.library import needed


def _told(**given):
    with pytest.raises(ModelError) as caught:
        needed(
            **{
                "module": "absent_lib",
                "package": "absent-lib",
                "least": "2",
                "extra": "torch",
                "source": "m.pt",
                **given,
            }
        )
    return str(caught.value)


def test_a_missing_library_names_the_extra():
    said = _told()
    assert "absent-lib, which isn't installed here" in said
    assert 'pip install "modelcheck[torch]"' in said


@pytest.mark.parametrize(("installed", "least"), [("2.9.1", "2.10"), ("2.13.0+cpu", "2.13.1"), ("3", "3.0.1")])
def test_an_old_version_is_refused(monkeypatch, installed, least):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: installed)
    said = _told(module="numpy", least=least)
    assert f"{least} or later; {installed} is installed" in said


@pytest.mark.parametrize(("installed", "least"), [("2.10.0", "2.10"), ("2.13.0+cpu", "2.10"), ("3.0", "3")])
def test_a_version_that_is_new_enough_is_taken(monkeypatch, installed, least):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: installed)
    assert needed("json", package="json", least=least, extra="torch", source="m.pt").__name__ == "json"


def test_a_library_that_lacks_one_of_its_own_is_told(tmp_path, monkeypatch):
    (tmp_path / "half_lib.py").write_text("import nowhere_to_be_found\n", encoding="utf-8")
    (tmp_path / "torn_lib.py").write_text("from json import nothing_like_that\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "the module 'nowhere_to_be_found', which isn't installed" in _told(module="half_lib", package="half-lib")
    assert "can't be imported: cannot import name" in _told(module="torn_lib", package="torn-lib")
