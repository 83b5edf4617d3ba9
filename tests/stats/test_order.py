import numpy as np
import pytest

from modelcheck.stats.order import order_scores, running_total


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


@pytest.mark.parametrize("n", [200, 100_000])
@pytest.mark.parametrize("digits", [0, 4, 15])
def test_values_by_group_come_back_to_their_rows_over_any_number_of_blocks(n, digits):
    rng = np.random.default_rng(0)
    positive, score = rng.random(n) < 0.4, np.round(rng.normal(size=n), digits)
    found = order_scores(positive, score)
    levels = np.unique(score)
    rows = found.spread(levels)
    assert np.array_equal(rows, score)
    again = found.spread(-levels, where=~positive, out=rows)
    assert again is rows
    assert np.array_equal(rows, np.where(positive, score, -score))


def test_groups_that_start_and_end_on_a_block_come_back_to_their_rows():
    # Single rows, one group of exactly a block, one that covers several, and single rows again.
    sizes = np.concatenate((np.ones(1 << 15), [1 << 15, (1 << 17) + 5], np.ones(70_000))).astype(int)
    score = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    found = order_scores(score % 2 == 0, score)
    assert np.array_equal(found.spread(np.arange(len(sizes), dtype=float)), score)


@pytest.mark.parametrize("largest", [1, 255, 256, 70_000])
def test_counts_are_as_narrow_as_the_largest_group_allows_and_never_overflow(largest):
    score = np.append(np.zeros(largest), np.arange(1, 300))
    found = order_scores(np.ones(len(score), dtype=bool), score)
    assert found.size[0] == found.positive[0] == largest
    assert found.negative.sum() == 0
    assert np.iinfo(found.size.dtype).max < max(256, largest**2)
    assert running_total(found.size)[-1] == len(score)


def test_groups_of_one_class_hold_an_exact_zero_for_the_other_whatever_the_weights():
    positive = np.arange(1000) >= 500
    found = order_scores(positive, np.repeat([0.0, 1.0], 500), np.random.default_rng(0).exponential(1, 1000))
    assert found.positive[0] == 0.0
    assert found.negative[1] == 0.0
