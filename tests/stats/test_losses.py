import numpy as np
import pytest
from sklearn import metrics

from modelcheck.stats.design import Design
from modelcheck.stats.losses import brier_losses, brier_score, log_loss, log_losses


def _binary(n=500):
    rng = np.random.default_rng(0)
    score = rng.beta(0.5, 0.8, n)
    return (rng.random(n) < score).astype(np.int16), score, rng.exponential(1, n) + 0.1


def _several(n=500):
    rng = np.random.default_rng(0)
    score = rng.dirichlet([1, 1, 2], n)
    target = (rng.random(n)[:, None] > score.cumsum(1)).sum(1).clip(0, 2).astype(np.int16)
    return target, score, rng.exponential(1, n) + 0.1


@pytest.mark.parametrize("rows", [_binary, _several])
@pytest.mark.parametrize("weighted", [False, True])
def test_values_are_scikit_learns(rows, weighted):
    target, score, weight = rows()
    weight = weight if weighted else None
    design = Design(weight=weight)
    loss = log_loss(target, score, confidence=0.95, design=design)
    assert loss.value == pytest.approx(metrics.log_loss(target, score, sample_weight=weight), abs=1e-12)
    brier = brier_score(target, score, confidence=0.95, design=design)
    assert brier.value == pytest.approx(metrics.brier_score_loss(target, score, sample_weight=weight), abs=1e-12)
    assert loss.low < loss.value < loss.high
    assert brier.low < brier.value < brier.high


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_sure_and_wrong_costs_much_but_not_infinity(kind):
    score = np.array([0.0, 1.0, 1.0], kind)
    target = np.array([1, 0, 1])
    found = log_losses(target, score)
    assert found.dtype == np.float64
    assert found[0] == pytest.approx(-np.log(np.finfo(kind).eps))
    assert found.mean() == pytest.approx(metrics.log_loss(target, score), rel=1e-6)


def test_one_column_and_two_columns_of_a_binary_task_agree():
    target, score, _ = _binary()
    both = np.column_stack([1 - score, score])
    assert log_losses(target, both) == pytest.approx(log_losses(target, score), abs=1e-9)
    assert brier_losses(target, both) == pytest.approx(2 * brier_losses(target, score), abs=1e-12)


def test_boolean_targets_are_understood():
    target, score, _ = _binary()
    assert log_losses(target == 1, score) == pytest.approx(log_losses(target, score))


@pytest.mark.parametrize("function", [log_loss, brier_score])
def test_no_rows_give_no_value(function):
    assert function(np.empty(0, int), np.empty(0), confidence=0.95).value is None


def test_a_perfect_model_is_unproven_not_certain():
    target = np.arange(100) % 2
    assert "no width" in brier_score(target, target.astype(float), confidence=0.95).unproven


def test_brier_limits_stay_in_its_range():
    target = np.arange(40) % 2
    score = np.where(np.arange(40) < 2, target, 1 - target) * 0.98 + 0.01
    found = brier_score(target, score, confidence=0.999)
    assert found.high <= 1.0
    assert found.low >= 0.0
