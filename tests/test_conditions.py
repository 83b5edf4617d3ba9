"""The grammar of slice conditions."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.conditions import (
    And,
    Comparison,
    Condition,
    ConditionError,
    Membership,
    Missing,
    Not,
    Or,
    parse_condition,
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("age>=65", "age >= 65"),
        ("65 <= age", "age >= 65"),
        ('sex == "Female" and hours < 20', "sex == 'Female' and hours < 20"),
        ("not (a in ['x','y'])", "not a in ['x', 'y']"),
        ("a not in [1, 2.5, true]", "a not in [1, 2.5, true]"),
        ("col is missing", "col is missing"),
        ("col is not missing", "col is not missing"),
        ("`odd name` == 1", "`odd name` == 1"),
        ("`a``b` == 1", "`a``b` == 1"),
        ("`age` == -1.5e3", "age == -1500.0"),
        ("`and` == False", "`and` == false"),
        ("a == 1 or b == 2 and c == 3", "a == 1 or b == 2 and c == 3"),
        ("(a == 1 or b == 2) and c == 3", "(a == 1 or b == 2) and c == 3"),
        ("(a == 1 and (b == 2 and c == 3))", "a == 1 and b == 2 and c == 3"),
        ("not not a == 1", "a == 1"),
        ("not (a == 1 or b == 1)", "not (a == 1 or b == 1)"),
        (r"a == 'it\'s\n\u00e9'", "a == 'it\\'s\\né'"),
        ("a == 'x\u202ey'", "a == 'x\\u202ey'"),
        ("größe > 1", "größe > 1"),
        ("`a\nb` == 1", "`a\nb` == 1"),
    ],
)
def test_a_condition_has_one_canonical_text(text: str, canonical: str) -> None:
    condition = parse_condition(text)
    assert condition.text() == canonical
    assert parse_condition(canonical) == condition


def test_columns_are_listed_once_in_order() -> None:
    condition = parse_condition("b == 1 and (a is missing or not b in [2]) and `c d` > 1")
    assert condition.columns == ("b", "a", "c d")


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("", 0, "empty"),
        ("   ", 3, "empty"),
        ("age = 5", 4, "Write =="),
        ("age == 5 & b == 1", 9, "Write and"),
        ("age == Female", 7, "in quotes"),
        ("age == 5 AND b == 1", 9, "lower case"),
        ("18 <= age < 65", 10, "Chains"),
        ("age == 'x", 7, "never closed"),
        ("`age == 1", 0, "never closed"),
        ("age in []", 8, "Expected a number"),
        ("age in ['a'", 11, "`,` or `]`"),
        ("(age == 1", 9, "close the bracket"),
        ("age == 1)", 8, "Expected `and`, `or`"),
        ("age is null", 7, "missing"),
        ("age not 5", 8, "`in` after `not`"),
        ("age", 3, "Expected a comparison"),
        ("and == 1", 0, "backticks"),
        ("a == true or b < true", 17, "no order"),
        ("`` == 1", 0, "empty"),
        (r"a == 'x\q'", 7, "Unknown escape"),
        (r"a == '\ud800'", 6, "Unknown escape"),
        ("a == 1e999", 5, "too large"),
        ("a == " + "9" * 5000, 5, "too long"),
        ("__import__('os').system('x')", 16, "Unexpected"),
        ("a == 1; b == 2", 6, "Unexpected"),
        ("a <> 1", 2, "!="),
        ("a == 12abc", 5, "Unexpected"),
    ],
)
def test_a_mistake_is_pointed_at(text: str, position: int, part: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)
    assert caught.value.position == position
    assert part in caught.value.problem
    line, caret = str(caught.value).splitlines()[-2:]
    if position < len(text):
        assert line[caret.index("^")] == text[position]


def test_a_caret_stands_right_in_long_and_hostile_text() -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition("a == '\u202e\n\n" + "x" * 500 + "' @ 1")
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert lines[1][lines[2].index("^")] == "@"
    assert "\u202e" not in str(caught.value)


def test_length_and_nesting_are_bounded() -> None:
    with pytest.raises(ConditionError, match="at most 100,000"):
        parse_condition("a == 1 or " * 20_000 + "a == 1")
    with pytest.raises(ConditionError, match="50 levels"):
        parse_condition("(" * 200 + "a == 1" + ")" * 200)
    with pytest.raises(ConditionError, match="50 levels"):
        parse_condition("not " * 200 + "a == 1")
    assert len(parse_condition(" or ".join(["a == 1"] * 900)).parts) == 900


def test_the_error_is_a_value_error() -> None:
    assert issubclass(ConditionError, ValueError)


_names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
_values = st.one_of(
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
_leaves: st.SearchStrategy[Condition] = st.one_of(
    st.builds(
        lambda c, o, v: Comparison(column=c, operator="==" if isinstance(v, bool) else o, value=v),
        _names,
        st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
        _values,
    ),
    st.builds(
        lambda c, v, n: Membership(column=c, values=tuple(v), negated=n),
        _names,
        st.lists(_values, min_size=1, max_size=3),
        st.booleans(),
    ),
    st.builds(lambda c, n: Missing(column=c, negated=n), _names, st.booleans()),
)


def _grow(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    def joined(kind: type) -> st.SearchStrategy[Condition]:
        parts = st.lists(inner.filter(lambda part: not isinstance(part, kind)), min_size=2, max_size=3)
        return parts.map(lambda items: kind(parts=tuple(items)))

    negated = inner.filter(lambda part: not isinstance(part, Not)).map(lambda part: Not(part=part))
    return st.one_of(joined(And), joined(Or), negated)


@settings(max_examples=200, deadline=None)
@given(st.recursive(_leaves, _grow, max_leaves=6))
def test_parsing_what_was_written_gives_the_same_condition(condition: Condition) -> None:
    again = parse_condition(condition.text())
    assert again == condition
    assert again.text() == condition.text()


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab1.'\"`\\[](),=<>! \nnotindrismgue-e", max_size=40))
def test_any_text_is_parsed_or_refused_with_a_position(text: str) -> None:
    try:
        condition = parse_condition(text)
    except ConditionError as error:
        place = error.position
    else:
        place = 0
        assert parse_condition(condition.text()) == condition
    assert 0 <= place <= len(text)


def test_it_needs_the_standard_library_only() -> None:
    code = "import sys, modelcheck.conditions; print(sorted({'numpy', 'pyarrow', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
