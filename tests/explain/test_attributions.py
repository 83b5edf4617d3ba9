import numpy as np
import pytest

from modelcheck.explain.attributions import LOG_ODDS, PERMUTATION, PROBABILITY, VALUE, Attributions
from modelcheck.explain.choosing import score_of


def made(values, base, output, *, scale=VALUE, noise=None):
    values = np.asarray(values, dtype=float)
    return Attributions(
        columns=tuple("abc"[: values.shape[1]]),
        values=values,
        base=np.asarray(base, dtype=float),
        output=np.asarray(output, dtype=float),
        scale=scale,
        explainer=PERMUTATION,
        background=3,
        noise=noise,
    )


def test_shares_are_those_of_mean_absolute_attribution_over_all_outputs():
    found = made([[[1.0, 0.0], [0.0, -1.0]], [[-2.0, 2.0], [1.0, 1.0]]], [0.0, 0.0], [[1.0, -1.0], [-1.0, 3.0]])
    assert len(found) == 2
    assert found.size.tolist() == [[1.0, 1.0], [4.0, 2.0]]
    assert found.shares == pytest.approx([5 / 8, 3 / 8])


def test_shares_of_answers_that_never_move_are_zero():
    assert made(np.zeros((4, 2, 1)), [0.5], np.full((4, 1), 0.5)).shares.tolist() == [0.0, 0.0]


def test_the_error_is_the_largest_gap_over_outputs():
    found = made([[[1.0, 0.5], [2.0, 0.5]]], [1.0, 1.0], [[4.0, 2.25]])
    assert found.error.tolist() == [0.25]


def test_taken_rows_keep_what_belongs_to_them():
    noise = np.arange(6.0).reshape(3, 2)
    found = made(np.arange(6.0).reshape(3, 2, 1), [0.0], np.arange(3.0)[:, None], noise=noise).take(np.array([2, 0]))
    assert found.values[:, :, 0].tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert found.output[:, 0].tolist() == [2.0, 0.0]
    assert found.noise.tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert len(found) == 2


def test_log_odds_are_turned_back_into_probabilities():
    one = made([[[1.0]]], [np.log(3.0) - 1.0], [[np.log(3.0)]], scale=LOG_ODDS)
    assert score_of(one) == pytest.approx(np.array([[0.75]]))
    several = made([[[1.0, 0.0, 0.0]]], [0.0, 1.0, 1.0], [[1.0, 1.0, 1.0]], scale=LOG_ODDS)
    assert score_of(several) == pytest.approx(np.full((1, 3), 1 / 3))
    assert score_of(made([[[0.25]]], [0.5], [[0.75]], scale=PROBABILITY)).tolist() == [[0.75]]


def test_huge_log_odds_are_certain_and_no_overflow():
    assert score_of(made([[[1e4]], [[-1e4]]], [0.0], [[1e4], [-1e4]], scale=LOG_ODDS)).tolist() == [[1.0], [0.0]]
