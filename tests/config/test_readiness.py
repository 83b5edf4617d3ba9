"""Declarations are read strictly: every mistake of the file at once, named by the file and the declaration."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from modelcheck.config import load_declarations
from modelcheck.config.readiness import ITEM_IDS
from modelcheck.errors import ConfigError

WHOLE = """
[[items]]
id = "data.3"
how = "manual"
evidence = "https://wiki.example/costs"
owner = "risk team"
date = 2026-10-02
expires = 2027-04-01
"""


def declared(folder: Path, text: str):
    (folder / "readiness.toml").write_text(text, encoding="utf-8")
    return load_declarations(folder / "readiness.toml")


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        declared(folder, text)
    return [str(one) for one in caught.value.mistakes]


def replaced(key: str, line: str) -> str:
    return "\n".join(line if old.startswith(f"{key} ") else old for old in WHOLE.splitlines())


def test_a_declaration_is_read(tmp_path):
    (one,) = declared(tmp_path, WHOLE)
    assert (one.id, one.how, one.evidence, one.owner) == ("data.3", "manual", "https://wiki.example/costs", "risk team")
    assert (one.date, one.expires) == (datetime.date(2026, 10, 2), datetime.date(2027, 4, 1))


def test_the_last_day_may_be_left_out_and_a_file_may_be_empty(tmp_path):
    assert declared(tmp_path, replaced("expires", ""))[0].expires is None
    assert declared(tmp_path, "") == ()


@pytest.mark.parametrize("item", ITEM_IDS)
def test_every_item_can_be_declared(tmp_path, item):
    assert declared(tmp_path, replaced("id", f'id = "{item}"'))[0].id == item


@pytest.mark.parametrize("key", ["id", "how", "evidence", "owner", "date"])
def test_all_keys_but_the_last_day_are_required(tmp_path, key):
    (told,) = mistakes(tmp_path, replaced(key, ""))
    assert f"[items (number 1)] {key}" in told
    assert "is missing; it is required" in told


@pytest.mark.parametrize(
    ("key", "line", "said"),
    [
        ("id", 'id = "data.8"', "is no item"),
        ("id", 'id = "monitoring.1"', 'Did you mean "monitor.1"?'),
        ("id", 'id = "Data.1"', 'Did you mean "data.1"?'),
        ("id", "id = 3", "must be text"),
        ("how", 'how = "auto"', 'must be "manual" or "automated"'),
        ("how", "how = true", "must be"),
        ("evidence", 'evidence = "..."', "holds no letter"),
        ("evidence", f'evidence = "{"x" * 501}"', "at most 500 characters, not 501"),
        ("owner", 'owner = " "', "must not be empty"),
        ("owner", 'owner = "-"', "who answers for it"),
        ("date", 'date = "2026-10-02"', "a date without quotes, e.g. 2027-01-31, not text"),
        ("date", "date = 2026-10-02T10:00:00", "not a date with a time"),
        ("expires", "expires = 2026-10-01", "lies before date, 2026-10-02"),
        ("expires", 'expires = "never"', "a date without quotes"),
        ("owner", 'owner = "a"\nowners = "b"', "is not known here"),
    ],
)
def test_a_mistake_says_what_is_allowed(tmp_path, key, line, said):
    (told,) = mistakes(tmp_path, replaced(key, line))
    assert said in told
    assert "readiness.toml [items (number 1)]" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("items = 3", "must be a list of tables. Write [[items]]"),
        ("items = [1]", "must be a list of tables"),
        ('[items]\nid = "data.1"', "must be a list of tables"),
        ("[[item]]", 'Did you mean "items"?'),
        ("[[items", "is not valid TOML"),
    ],
)
def test_a_file_of_another_shape_is_told(tmp_path, text, said):
    (told,) = mistakes(tmp_path, text)
    assert said in told


def test_all_mistakes_are_told_at_once_and_an_item_stands_once(tmp_path):
    told = mistakes(tmp_path, f'{WHOLE}\n[[items]]\nid = "data.3"\nhow = "hand"\n[[items]]\nid = "x"\n')
    assert len(told) == 1 + 4 + 5
    assert any("number 2" in one and "is declared already" in one for one in told)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        load_declarations(tmp_path / "none.toml")


# ----------------------------------------------------------------------------------------------------------------------
# The key of a configuration


def test_the_key_names_a_file_beside_the_configuration(project, with_key):
    project.write("readiness.toml", WHOLE)
    config = project.config(with_key("", 'readiness = "readiness.toml"'))
    assert [one.id for one in config.readiness] == ["data.3"]


def test_silence_is_not_the_same_as_no_declarations(project, base, with_key):
    assert project.config(base).readiness is None
    project.write("readiness.toml", "")
    assert project.config(with_key("", 'readiness = "readiness.toml"')).readiness == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('readiness = "none.toml"', "a file that does not exist"),
        ('readiness = "."', "a file that is a folder"),
        ("readiness = true", "must be text"),
        ('readiness = "a\\u0000b"', "null character"),
    ],
)
def test_a_file_that_can_not_be_read_is_a_mistake_of_the_configuration(project, with_key, line, said):
    told = project.mistake(with_key("", line))
    assert (told.file, told.key) == ("modelcheck.toml", "readiness")
    assert said in told.problem


def test_mistakes_of_both_files_are_told_together(project, with_key):
    project.write("readiness.toml", '[[items]]\nid = "data.9"\n')
    told = project.mistakes(with_key("", 'readiness = "readiness.toml"\nsed = 3'))
    assert {one.file for one in told} == {"modelcheck.toml", "readiness.toml"}
    assert len(told) == 1 + 5
