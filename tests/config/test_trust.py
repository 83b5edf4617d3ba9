"""The trust file: what it must hold, and every mistake in it told at once with the configuration's own."""

from __future__ import annotations

import datetime

import pytest

from modelcheck.config.trust import load_trust
from modelcheck.errors import ConfigError

ENTRY = """
[[trust]]
name = "mypackage.features.LogScaler"
owner = "risk team"
reason = "our own scaler, ticket 812"
expires = 2027-01-31
sha256 = "{hash}"
"""
HASH = "0123456789abcdef" * 4


@pytest.fixture
def trusting(project, base):
    """A configuration that names a trust file."""
    return base.replace("[candidate]", '[candidate]\ntrust = "modelcheck-trust.toml"')


def write(project, text=ENTRY):
    project.write("modelcheck-trust.toml", text.replace("{hash}", HASH))


def test_entries_are_read(project, trusting):
    write(project)
    candidate = project.config(trusting).candidate
    (entry,) = candidate.trust
    assert candidate.trust_file == "modelcheck-trust.toml"
    assert (entry.name, entry.owner) == ("mypackage.features.LogScaler", "risk team")
    assert (entry.expires, entry.sha256, entry.artifact) == (datetime.date(2027, 1, 31), HASH, None)


def test_the_baseline_has_its_own(project, base):
    write(project)
    config = project.config(base + '[baseline]\nmodel = "model.skops"\ntrust = "modelcheck-trust.toml"\n')
    assert config.candidate.trust == ()
    assert [entry.owner for entry in config.baseline.trust] == ["risk team"]


def test_an_expired_entry_is_no_mistake_of_the_file(project, trusting):
    write(project, ENTRY.replace("2027", "1999"))
    assert project.config(trusting).candidate.trust[0].expires.year == 1999


@pytest.mark.parametrize("key", ["name", "owner", "reason", "expires", "sha256"])
def test_what_is_required_is_named_with_the_entry(project, trusting, key):
    write(project, "\n".join(line for line in ENTRY.splitlines() if not line.startswith(key)))
    mistake = project.mistake(trusting)
    assert mistake.key == key
    assert "required" in mistake.problem
    assert mistake.file == "modelcheck-trust.toml"
    assert "number 1" in mistake.section
    assert key == "name" or "LogScaler" in mistake.section


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"mypackage.features.LogScaler"', '"mypackage.*"', "name"),
        ('"mypackage.features.LogScaler"', '"mypackage"', "name"),
        ('"risk team"', '"..."', "owner"),
        ("2027-01-31", '"2027-01-31"', "expires"),
        (f'sha256 = "{HASH}"', 'sha256 = "abc"', "sha256"),
        (f'sha256 = "{HASH}"', 'package = "mypackage>=1"', "package"),
        (f'sha256 = "{HASH}"', f'sha256 = "{HASH}"\npackage = "mypackage==1.0"', "package"),
        (f'sha256 = "{HASH}"', f'sha256 = "{HASH}"\nartefact = "{HASH}"', "artefact"),
        (f'sha256 = "{HASH}"', f'sha256 = "{HASH}"\nartifact = "model.pkl"', "artifact"),
    ],
)
def test_what_is_wrong_is_named(project, trusting, old, new, key):
    write(project, ENTRY.replace("{hash}", HASH).replace(old, new))
    assert project.mistake(trusting).key == key


def test_all_mistakes_of_both_files_are_told_at_once(project, trusting):
    write(project, ENTRY.replace('"risk team"', '""') + ENTRY.replace("2027-01-31", "1") + "other = 1\n")
    found = project.mistakes("profle = 1\n" + trusting)
    assert {(one.file, one.key) for one in found} >= {
        ("modelcheck.toml", "profle"),
        ("modelcheck-trust.toml", "owner"),
        ("modelcheck-trust.toml", "expires"),
    }


def test_a_name_stands_in_one_place_only(project, trusting):
    write(project)
    mistake = project.mistake(
        trusting.replace("[candidate]", '[candidate]\ntrusted = ["mypackage.features.LogScaler"]')
    )
    assert (mistake.key, "LogScaler" in mistake.problem) == ("trusted", True)
    write(project, ENTRY + ENTRY)
    assert "keep one" in project.mistake(trusting).problem


@pytest.mark.parametrize("text", ["", "x = [", "trust = 1\n", "[trust]\nname = 1\n"])
def test_a_file_that_holds_no_entries_is_a_mistake(project, trusting, text):
    write(project, text)
    assert project.mistakes(trusting)


def test_a_missing_file_is_a_mistake(project, trusting):
    mistake = project.mistake(trusting)
    assert (mistake.key, "does not exist" in mistake.problem) == ("trust", True)


def test_it_has_no_meaning_without_a_model_file(project, base):
    write(project)
    text = base.replace('model = "model.skops"', 'score = "p"\ntrust = "modelcheck-trust.toml"')
    assert project.mistake(text).key == "trust"


def test_the_command_line_reads_the_same_file(tmp_path):
    path = tmp_path / "t.toml"
    path.write_text(ENTRY.replace("{hash}", HASH))
    assert len(load_trust(path)) == 1
    path.write_text(ENTRY.replace("{hash}", "1").replace("owner", "owned"))
    with pytest.raises(ConfigError) as caught:
        load_trust(path)
    assert {one.key for one in caught.value.mistakes} == {"sha256", "owner", "owned"}
