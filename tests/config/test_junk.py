"""Whatever a TOML file holds, loading answers with a configuration or with mistakes, never with a crash."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from modelcheck.config import load_configs
from modelcheck.config.tables import BaselineTable, CandidateTable, DatasetTable, Limit, WaiverTable
from modelcheck.config.toml_text import toml_key, toml_value
from modelcheck.errors import ConfigError
from modelcheck.suites.catalog import all_checks

TABLES = ["candidate", "baseline", "dataset", "reference", "cost", "slices", "gates", "waivers"]
KEYS = sorted(
    {
        *("name", "profile", "seed", "suites", "check_paths", "configs", *TABLES),
        *(
            key
            for table in (CandidateTable, BaselineTable, DatasetTable, Limit, WaiverTable)
            for key in table.__dataclass_fields__
        ),
        *("performance.roc_auc", "performance", "performance.generalisation_gap", "sex", "a::b"),
    }
)
WORDS = [
    *(
        "binary",
        "regression",
        "y",
        "sex",
        "sex*race",
        "model.skops",
        "rows.csv",
        "*",
        "**/*",
        "[",
        "\0",
        "a:b",
        "../..",
    ),
    *(
        "performance::roc_auc",
        "performance::roc_auc::sex",
        "::",
        "age >= 65",
        "http://x",
        "x" * 5_000,
        "\x1b[1m",
        "1e9",
    ),
]

text = st.one_of(st.sampled_from(WORDS), st.text(st.characters(codec="utf-8"), max_size=20))
key = st.one_of(st.sampled_from(KEYS), st.text(st.characters(codec="utf-8"), max_size=10))
scalar = st.one_of(
    text, st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.dates(), st.times(), st.datetimes()
)
anything = st.recursive(
    scalar, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(key, inner, max_size=4)), max_leaves=12
)
tables = st.dictionaries(st.sampled_from(KEYS), anything, max_size=8)
documents = st.one_of(
    st.dictionaries(key, anything, max_size=6),
    st.fixed_dictionaries({}, optional=dict.fromkeys(TABLES, tables)),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("junk")
    (root / "model.skops").touch()
    (root / "rows.csv").touch()
    return root


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(documents)
@example({"configs": ["\0", "modelcheck.toml"]})
@example({"gates": {"performance.roc_auc": {"slices": {"sex": {"slices": {}}}}}})
@example({"slices": {"a\nb": "a > 1"}, "gates": {"performance.roc_auc": {"slices": {"c": {"min": 0.5}}}}})
@example({"slices": {"\x1b": "a > 1"}, "waivers": [{"gate": "performance::roc_auc::\x1b[0m"}]})
@example({"dataset": {"path": "\0*", "target": "y", "labels": {"": 10**400}}})
def test_junk_gives_mistakes_never_a_crash(folder, document):
    content = "\n".join(f"{toml_key(name)} = {whole(value)}" for name, value in document.items())
    (folder / "modelcheck.toml").write_text(content, encoding="utf-8")
    try:
        configs = load_configs(folder, checks=all_checks())
    except ConfigError as error:
        mistakes = error.mistakes
        assert mistakes
    else:
        assert configs
        mistakes = ()
    for mistake in mistakes:
        assert str(mistake).isprintable()
        assert mistake.problem
        assert len(str(mistake)) < 4_000


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_give_mistakes_never_a_crash(folder, content):
    (folder / "bytes.toml").write_bytes(content)
    with pytest.raises(ConfigError):
        load_configs(folder, ["bytes.toml"], checks=all_checks())


def whole(value: object) -> str:
    """The value as TOML, without the shortening by depth that messages have."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml_key(name)} = {whole(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(whole, value)) + "]"
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else toml_value(value)
