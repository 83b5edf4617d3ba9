"""Answers that are no predictions are named with how many, where and which value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.errors import ModelError
from modelcheck.models.outputs import check_intervals, check_labels, check_probabilities, check_values


def test_probabilities_pass_through_unscaled():
    raw = np.array([[0.2, 0.8005], [1.0, 0.0]])
    np.testing.assert_array_equal(check_probabilities(raw, 2, 2), raw)
    assert check_probabilities(raw.astype("f4"), 2, 2).dtype == np.float64
    np.testing.assert_array_equal(check_probabilities(pd.DataFrame(raw), 2, 2), raw)


def test_one_column_is_the_second_class():
    np.testing.assert_allclose(check_probabilities([0.25, 1 + 1e-9], 2, 2), [[0.75, 0.25], [0, 1]])
    np.testing.assert_allclose(check_probabilities([[0.25], [1.0]], 2, 2), [[0.75, 0.25], [0, 1]])


@pytest.mark.parametrize(
    ("raw", "classes", "words"),
    [
        ([[0.5, 0.5]], 2, ("1", "2 rows")),
        ([0.5, 0.5], 3, ("(2, 3)",)),
        ([[0.1, 0.2, 0.7]] * 2, 2, ("(2, 3)", "(2, 2)")),
        (0.5, 2, ("2 rows",)),
        ([[0.5, 0.5], [np.nan, 0.5]], 2, ("1 of 2 rows", "row 101", "nan")),
        ([[0.5, 0.5], [np.inf, 0.5]], 2, ("NaN or infinite", "inf")),
        ([[0.5, 0.5], [1.2, -0.2]], 2, ("outside 0 to 1", "row 101", "1.2")),
        ([[0.5, 0.4], [0.2, 0.2]], 2, ("don't sum to one", "2 of 2 rows", "row 100", "0.9")),
        ([["a", "b"], ["c", "d"]], 2, ("aren't numbers",)),
        ([[0.5, 0.5], [0.5]], 2, ("aren't numbers",)),
        ([[0.5 + 1j, 0.5]] * 2, 2, ("aren't numbers",)),
        ([1.5, 0.1], 2, ("outside 0 to 1", "1.5")),
    ],
)
def test_bad_probabilities_are_refused(raw, classes, words):
    with pytest.raises(ModelError) as caught:
        check_probabilities(raw, 2, classes, "The candidate", first_row=100)
    assert str(caught.value).startswith("The candidate gave")
    for word in words:
        assert word in str(caught.value)


@given(st.integers(1, 20), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_valid_probabilities_are_never_refused(rows, classes, seed):
    raw = np.random.default_rng(seed).dirichlet(np.ones(classes), rows)
    np.testing.assert_array_equal(check_probabilities(raw, rows, classes), raw)


@pytest.mark.parametrize(
    ("raw", "classes", "codes"),
    [
        (["b", "a"], ("a", "b"), [1, 0]),
        (np.array([True, False]), (0, 1), [1, 0]),
        (np.array([1.0, 0.0]), (False, True), [1, 0]),
        (np.array(["b", "a"], dtype=object), ("a", "b"), [1, 0]),
        (pd.Series(["b", "a"], dtype="category"), ("a", "b"), [1, 0]),
        (np.array([[3], [1]]), (1, 2, 3), [2, 0]),
        ([1, "a"], (1, "a"), None),
    ],
)
def test_labels_become_codes(raw, classes, codes):
    if codes is None:
        raw, codes = np.array(raw, dtype=object), [0, 1]
    result = check_labels(raw, 2, classes)
    assert result.dtype == np.int16
    assert result.tolist() == codes


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (["a", "maybe"], ("1 of 2 rows", "row 8", "'maybe'", "'a', 'b'")),
        (["a", None], ("row 8", "None")),
        ([0.0, np.nan], ("2 of 2 rows",)),
        (["a"], ("1 labels for 2 rows",)),
        ([["a", "b"], ["a", "b"]], ("(2, 2)",)),
        (["1", "a"], ("row 7", "'1'")),
        (["a", "x" * 10_000], ("...",)),
    ],
)
def test_bad_labels_are_refused(raw, words):
    with pytest.raises(ModelError) as caught:
        check_labels(raw, 2, ("a", "b"), first_row=7)
    assert len(str(caught.value)) < 400
    for word in words:
        assert word in str(caught.value)


def test_a_text_is_not_the_number_it_spells():
    with pytest.raises(ModelError):
        check_labels(["1", "0"], 2, (0, 1))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ([1.0, np.nan], ("1 of 2 rows", "row 1", "nan")),
        ([np.inf, 1.0], ("row 0", "inf")),
        ([1.0], ("1 values for 2 rows",)),
        ([[1.0, 2.0]] * 2, ("(2, 2)",)),
        (["a", "b"], ("aren't numbers",)),
        (["1", "2"], ("aren't numbers",)),
        (None, ("",)),
    ],
)
def test_bad_values_are_refused(raw, words):
    with pytest.raises(ModelError) as caught:
        check_values(raw, 2)
    for word in words:
        assert word in str(caught.value)


def test_values_pass_as_floats():
    assert check_values(np.array([[1], [2]]), 2).tolist() == [1.0, 2.0]
    assert check_values(pd.Series([1, 2]), 2).dtype == np.float64


@pytest.mark.parametrize("raw", [[[0.0, 1.0], [2.0, 2.0]], np.array([[[0.0], [1.0]], [[2.0], [2.0]]])])
def test_intervals_have_two_ends_a_row(raw):
    assert check_intervals(raw, 2).tolist() == [[0.0, 1.0], [2.0, 2.0]]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ([[0.0, 1.0]], r"shape \(1, 2\) for 2 rows"),
        ([0.0, 1.0], r"shape \(2,\)"),
        ([[0.0, 1.0, 2.0]] * 2, r"shape \(2, 3\)"),
        ([[0.0, 1.0], [3.0, 2.0]], "1 of 2 rows, first row 8 with 3"),
        ([[0.0, np.nan], [1.0, 2.0]], "NaN: 1 of 2 rows, first row 7"),
        ([["a", "b"]] * 2, "aren't numbers"),
    ],
)
def test_intervals_that_can_not_be_are_refused_with_the_row(raw, words):
    with pytest.raises(ModelError, match=words):
        check_intervals(raw, 2, first_row=7)
