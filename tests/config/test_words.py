from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.config.toml_text import shorten, table_name, toml_key, toml_value
from modelcheck.config.words import CHECK_SYNONYMS, KEY_SYNONYMS, VALUE_SYNONYMS, closest, listed
from modelcheck.suites.catalog import all_checks

texts = st.text(st.characters(codec="utf-8"), max_size=30)
values = st.recursive(
    st.one_of(
        texts, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.dates(), st.times()
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)


@given(values)
def test_values_read_back_from_their_toml_text(value):
    text = toml_value(value)
    if "..." not in text:
        assert tomllib.loads(f"x = {text}") == {"x": value}
        assert text.isprintable()


@given(texts)
def test_keys_read_back_from_their_toml_text(key):
    assert tomllib.loads(f"{toml_key(key)} = 1") == {key: 1}


def test_table_names_quote_what_needs_it():
    assert table_name("gates", "performance.roc_auc") == 'gates."performance.roc_auc"'


@given(st.text(max_size=300))
def test_shortened_text_never_exceeds_the_width(text):
    assert len(shorten(text, 80)) <= 80


def test_synonyms_go_before_similar_spelling():
    assert closest("AP", ["map", "average_precision"], CHECK_SYNONYMS) == "average_precision"
    assert closest("nothing alike", ["roc_auc"]) is None


def test_only_the_beginning_of_very_long_words_is_compared():
    assert closest("x_" * 5_000_000, [check.check for check in all_checks()]) is None


def test_every_synonym_stands_for_a_check_that_exists():
    names = {check.name for check in all_checks()}
    assert {name for many in CHECK_SYNONYMS.values() for name in many} <= names


@pytest.mark.parametrize("synonyms", [CHECK_SYNONYMS, KEY_SYNONYMS, VALUE_SYNONYMS])
def test_synonyms_are_written_as_they_are_looked_up(synonyms):
    for word in synonyms:
        assert closest(word, list(synonyms[word]), synonyms) == synonyms[word][0]


def test_no_check_is_hidden_by_a_synonym():
    for check in all_checks():
        assert CHECK_SYNONYMS.get(check.name, (check.name,))[0] == check.name


def test_lists_are_readable():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b or c"
    assert listed("abcde", limit=2) == "a, b and 3 more"
