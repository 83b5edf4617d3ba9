import numpy as np
import pytest

from modelcheck.stats.order import order_scores


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("digits", [0, 9])
def test_groups_hold_every_row_once_from_low_to_high(weighted, digits):
    rng = np.random.default_rng(0)
    positive, score = rng.random(200) < 0.4, np.round(rng.normal(size=200), digits)
    weight = rng.uniform(0.5, 2, 200)
    found = order_scores(positive, score, weight if weighted else None)
    levels = np.unique(score)
    each = weight if weighted else np.ones(200)
    assert np.all(np.diff(score[found.rows]) >= 0)
    assert found.size.tolist() == [np.sum(score == level) for level in levels]
    assert found.positive == pytest.approx([each[(score == level) & positive].sum() for level in levels])
    assert found.negative == pytest.approx([each[(score == level) & ~positive].sum() for level in levels])


@pytest.mark.parametrize("digits", [0, 9])
def test_values_by_group_and_class_come_back_to_their_rows(digits):
    rng = np.random.default_rng(0)
    positive, score = rng.random(200) < 0.4, np.round(rng.normal(size=200), digits)
    found = order_scores(positive, score)
    levels = np.unique(score)
    rows = found.spread(positive, levels.copy(), -levels)
    assert rows == pytest.approx(np.where(positive, score, -score))


def test_groups_of_one_class_hold_an_exact_zero_for_the_other_whatever_the_weights():
    positive = np.arange(1000) >= 500
    found = order_scores(positive, np.repeat([0.0, 1.0], 500), np.random.default_rng(0).exponential(1, 1000))
    assert found.positive[0] == 0.0
    assert found.negative[1] == 0.0
