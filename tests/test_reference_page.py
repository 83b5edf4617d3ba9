"""The reference page names everything that exists, so that nobody has to read the source."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from modelcheck.config import tables
from modelcheck.record.evidence import Burden, Severity, Verdict
from modelcheck.record.schema import RunVerdict
from modelcheck.report.readiness.rubric import COMING, ITEMS
from modelcheck.suites.catalog import all_checks

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
SECTIONS = {
    tables.CandidateTable: "### `[candidate]`",
    tables.BaselineTable: "### `[candidate]`",
    tables.HttpTable: "### A served model",
    tables.CostTable: "### `[cost]`",
    tables.DatasetTable: "### `[dataset]`",
    tables.ReportTable: "### `[report]`",
    tables.WorkerTable: "### `[worker]`",
    tables.Limit: "### `[gates.",
    tables.GateTable: "### `[gates.",
    tables.WaiverTable: "### `[[waivers]]`",
    tables.DeclarationTable: "### `[[items]]`",
}
# Not keys of a file: where it came from, what `[gates]` is named by, what the command line says.
NO_KEYS = {"file", "label", "prefix", "check", "limit", "baseline_use", "trust_file"}


def section(start: str) -> str:
    """The part of the page below a heading, up to the next one of any level."""
    assert PAGE.count("\n" + start) == 1, start
    after = PAGE.partition("\n" + start)[2].partition("\n")[2]
    return re.split(r"\n#{2,3} ", after)[0]


def rows_of(text: str) -> set[str]:
    """Words in backticks in the first cells of the tables of a text."""
    firsts = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return {word for cell in firsts for word in re.findall(r"`([^`]+)`", cell)}


def keys_of(table: type) -> set[str]:
    return {field.name for field in dataclasses.fields(table)} - NO_KEYS


@pytest.mark.parametrize("table", SECTIONS, ids=lambda table: table.__name__)
def test_every_key_of_a_table_has_a_row_in_its_section(table):
    assert keys_of(table) <= rows_of(section(SECTIONS[table]))


@pytest.mark.parametrize("heading", sorted(set(SECTIONS.values())))
def test_no_section_names_a_key_that_does_not_exist(heading):
    known = set().union(*(keys_of(table) for table, start in SECTIONS.items() if start == heading))
    assert rows_of(section(heading)) <= known


def test_every_key_of_the_top_level_is_there():
    subtables = {
        "candidate",
        "baseline",
        "dataset",
        "reference",
        "report",
        "worker",
        "cost",
        "slices",
        "gates",
        "waivers",
    }
    assert keys_of(tables.Config) - subtables - {"keeps", "suites_named"} | {"configs"} == rows_of(
        section("### Top level")
    )
    headings = " ".join(line for line in PAGE.splitlines() if line.startswith("### "))
    assert not {name for name in subtables if not re.search(rf"\[{name}\b", headings)}


def test_the_items_of_the_rubric_are_those_of_the_page_with_their_gates():
    lines = [line.split(" | ") for line in section("## Readiness").splitlines() if re.match(r"\| `\w+\.\d`", line)]
    assert len(lines) == len(ITEMS) == 28
    for (first, title, gates), item in zip(lines, ITEMS, strict=True):
        assert (first, title) == (f"| `{item.id}`", item.title)
        named = [".".join(gate.split("::")[:2]) for gate in item.gates]
        assert re.findall(r"`([^`]+)`", gates) == named
        assert gates.count("(later)") == sum(gate in COMING for gate in item.gates)


SUITES = sorted({check.suite for check in all_checks()})


@pytest.mark.parametrize("suite", SUITES)
def test_the_checks_are_those_of_the_suites(suite):
    part = section(f"### The suite `{suite}`")
    assert rows_of(part) == {check.name for check in all_checks() if check.suite == suite}


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_checks_stand_under_their_task(suite, task):
    part = section(f"### The suite `{suite}`")
    own, every = part.partition("Every task:")[::2]
    # A suite that asks the same of every task has no other parts.
    own = own.split("\nRegression:")[task == "regression"] if "\nRegression:" in own else ""
    expected = {check.name for check in all_checks() if task in check.tasks and check.suite == suite}
    assert rows_of(own) | rows_of(every) == expected


BY_TASK = [one for one in all_checks() if one.suite in ("bias", "robustness", "explainability", "deployment")]


@pytest.mark.parametrize("check", BY_TASK, ids=lambda one: one.check)
def test_default_limits_stand_beside_their_checks(check):
    lines = section(f"### The suite `{check.suite}`").splitlines()
    (line,) = {line for line in lines if line.startswith(f"| `{check.name}` |")}
    for key, verb in (("min", "under"), ("max", "over"), ("margin", "beyond")):
        value = getattr(check, key)
        if value is not None:
            does = "blocks" if check.severity == "blocking" else "warns"
            assert f"{does} {verb} `{key} = {value:g}`" in line
    if check.min is check.max is check.margin:
        assert line.endswith(("| shown |", "| shown; `max` |", "| shown; `min` |"))


def test_every_word_of_a_decision_is_there():
    words = [word.value.replace("_", " ") for word in (*Verdict, *RunVerdict, *Burden)]
    assert not [word for word in words if word not in PAGE.lower()]
    values = [*tables.PROFILES, *tables.TASKS, *tables.SEVERITIES, *tables.OUTPUTS, *(word.value for word in Severity)]
    assert not [value for value in values if f'`"{value}"`' not in PAGE]


def test_every_option_of_pytest_and_every_command_is_there():
    from modelcheck import cli, plugin, runner

    source = Path(plugin.__file__).read_text(encoding="utf-8")
    options = set(re.findall(r'"(--modelcheck[a-z-]*)"', source))
    assert len(options) >= 6
    assert not [option for option in options if f"`{option}" not in section("## Commands")]
    commands = re.findall(r'add_parser\(\s*"(\w+)"', Path(cli.__file__).read_text(encoding="utf-8"))
    assert commands
    assert not [command for command in commands if f"`modelcheck {command} " not in section("## Commands")]
    fixtures = (Path(runner.__file__).parent / "fixtures.py").read_text(encoding="utf-8")
    names = re.findall(r'@pytest\.fixture\(scope="session"\)\ndef (\w+)', fixtures)
    assert set(names) == rows_of(section("## Checks of your own"))


def test_the_grammar_is_that_of_the_parser():
    from modelcheck import conditions

    lines = [line.strip() for line in (conditions.__doc__ or "").splitlines() if re.match(r"\s+(\w+ +=|\|)", line)]
    assert len(lines) >= 8
    assert not [line for line in lines if line not in section("## Slices")]


def test_examples_in_toml_load(tmp_path):
    from modelcheck.config import load_configs, load_declarations

    examples = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    declared = [example for example in examples if "[[items]]" in example]
    examples = [example for example in examples if example not in declared]
    alone = ("configs =", "age < 25", "[candidate.http]")
    text = "\n".join(example for example in examples if not any(word in example for word in alone))
    (tmp_path / "readiness.toml").write_text("\n".join(declared))
    assert [one.id for one in load_declarations(tmp_path / "readiness.toml")] == ["infra.7"]
    (tmp_path / "rows.csv").write_text("y,risk,sex,race,age\n")
    table = '[dataset]\npath = "rows.csv"\ntarget = "y"\nprotected = ["sex", "race", ["sex", "race"]]\n'
    (tmp_path / "modelcheck.toml").write_text(text + table)
    (config,) = load_configs(tmp_path, checks=all_checks())
    assert set(config.gates) == {"performance.recall", "bias.demographic_parity_ratio"}


def test_the_example_of_a_served_model_loads(tmp_path):
    from modelcheck.config import load_configs

    (text,) = re.findall(r"```toml\n(.*?)```", section("### A served model"), re.DOTALL)
    (tmp_path / "rows.csv").write_text("y\n")
    (tmp_path / "modelcheck.toml").write_text(text + '[dataset]\npath = "rows.csv"\ntarget = "y"\n')
    (config,) = load_configs(tmp_path, checks=all_checks())
    assert config.candidate.http.headers_from == {"Authorization": "Bearer MODEL_TOKEN"}


def test_the_longer_slice_examples_load(tmp_path):
    from modelcheck.conditions import parse_condition

    lines = re.findall(r'^"[^"]+" = "(.+)"$', section("## Slices"), re.MULTILINE)
    assert len(lines) == 3
    assert all(parse_condition(line) for line in lines)


def test_links_lead_somewhere():
    anchors = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in headings()}
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        if target.startswith("#"):
            assert target[1:] in anchors
        else:
            assert (ROOT / "docs" / target).is_file()
    assert "(docs/reference.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def headings() -> list[str]:
    return [line for line in PAGE.splitlines() if re.match(r"#+ ", line)]
