import tracemalloc

import numpy as np
import pytest

from modelcheck.stats.design import Design
from modelcheck.stats.linearised import paired_difference
from modelcheck.stats.paired import auc as paired_auc
from modelcheck.stats.paired.auc import compare_rankings, ranking_difference
from modelcheck.stats.paired.ranks import rescored_rows, step_of_ranks
from modelcheck.stats.ranking import (
    linearise_average_precision,
    linearise_average_precision_macro,
    linearise_roc_auc,
    linearise_roc_auc_ovr,
)

NAMES = ["roc_auc", "average_precision"]


def _scored(n=1000, share=0.3, effects=(1.0, 1.2), seed=0):
    rng = np.random.default_rng(seed)
    target = (rng.random(n) < share).astype(np.int16)
    shared = rng.normal(size=n)
    return target, *(shared + effect * target + 0.5 * rng.normal(size=n) for effect in effects)


def _found(name, target, one, two, design=None, confidence=0.95, **options):
    pair = compare_rankings(name, target, one, two, design=design)
    return ranking_difference(pair, metric=f"{name}_difference", confidence=confidence, **options)


@pytest.mark.parametrize(
    ("name", "linearise"), [("roc_auc", linearise_roc_auc), ("average_precision", linearise_average_precision)]
)
def test_the_difference_is_that_of_the_two_statistics_and_a_little_wider_than_linearised(name, linearise):
    target, one, two = _scored(20_000)
    a, b = (linearise(target == 1, score) for score in (one, two))
    expected = paired_difference(a, b, Design(), metric="d", confidence=0.95)
    found = _found(name, target, one, two)
    assert found.value == pytest.approx(expected.value)
    assert expected.low - 0.1 * (expected.high - expected.low) < found.low < expected.low
    assert expected.high < found.high < expected.high + 0.1 * (expected.high - expected.low)


@pytest.mark.parametrize(
    ("name", "linearise"),
    [("roc_auc", linearise_roc_auc_ovr), ("average_precision", linearise_average_precision_macro)],
)
def test_several_classes_are_compared_by_their_mean(name, linearise):
    rng = np.random.default_rng(0)
    target = rng.integers(0, 3, 900)
    one, two = (rng.normal(size=(900, 3)) + effect * np.eye(3)[target] for effect in (1.0, 1.5))
    found = _found(name, target, one, two)
    assert found.value == pytest.approx(linearise(target, one).value - linearise(target, two).value)
    assert found.low < found.value < found.high < 0.0


@pytest.mark.parametrize("name", NAMES)
def test_equal_rankings_leave_room_for_an_unseen_change(name):
    target, one, _ = _scored()
    found = _found(name, target, one, np.exp(one))
    assert (found.value, found.unproven) == (0.0, "")
    ups = int(target.sum())
    assert found.high >= -np.log(0.025) / ups * 0.99
    assert found.low <= -found.high
    assert found.high < 0.2


@pytest.mark.parametrize("name", NAMES)
def test_one_moved_row_does_not_shrink_the_interval_of_equal_rankings(name):
    target, one, _ = _scored()
    moved = one.copy()
    moved[np.flatnonzero(target)[0]] = -9.0
    same, near = _found(name, target, one, one), _found(name, target, moved, one)
    assert near.value < 0.0
    assert near.high - near.low > 0.95 * (same.high - same.low)


def test_a_perfect_order_of_few_positives_does_not_prove_that_nothing_was_lost():
    rng = np.random.default_rng(0)
    target = (np.arange(400) < 20).astype(np.int16)
    noise = rng.normal(size=(2, 400))
    perfect = [part + 20.0 * target for part in noise]
    found = _found("roc_auc", target, *perfect)
    assert found.value == 0.0
    assert found.low < -0.1


def test_the_guard_of_few_misranked_rows_touches_the_lower_limit_only():
    rng = np.random.default_rng(0)
    target = (np.arange(500) < 30).astype(np.int16)
    one, two = (rng.normal(size=500) + 3.0 * target for _ in range(2))
    guarded, plain = _found("roc_auc", target, one, two), _found("roc_auc", target, one, two, lower=False)
    assert guarded.low < plain.low
    assert guarded.high == plain.high
    assert "few misranked rows" in guarded.method


def test_the_guard_is_not_asked_where_many_rows_are_misranked(monkeypatch):
    def refuse(*args, **options):
        raise AssertionError("single intervals cost two more sorts")

    target, one, two = _scored()
    monkeypatch.setattr(paired_auc, "_SINGLE", {})
    monkeypatch.setattr(paired_auc, "_variance", refuse)
    assert _found("roc_auc", target, one, two).unproven == ""


@pytest.mark.parametrize(
    ("name", "ups", "words"),
    [
        ("roc_auc", 9, "9 positive rows are too few"),
        ("roc_auc", 492, "8 negative rows are too few"),
        ("average_precision", 19, "19 positive rows are too few"),
        ("average_precision", 500, "there are no negative rows"),
    ],
)
def test_too_few_rows_of_a_class_prove_nothing(name, ups, words):
    rng = np.random.default_rng(0)
    target = (np.arange(500) < ups).astype(np.int16)
    found = _found(name, target, *(rng.normal(size=500) + target for _ in range(2)))
    assert words in found.unproven
    assert found.value is not None


@pytest.mark.parametrize(
    ("name", "mean", "rare"),
    [("roc_auc", linearise_roc_auc_ovr, 9), ("average_precision", linearise_average_precision_macro, 19)],
)
def test_a_rare_class_of_several_is_left_out_and_said(name, mean, rare):
    rng = np.random.default_rng(0)
    target = np.r_[np.zeros(rare, int), rng.integers(1, 3, 400)]
    one, two = (rng.normal(size=(len(target), 3)) + 3 * np.eye(3)[target] for _ in range(2))
    pair = compare_rankings(name, target, one, two)
    found = ranking_difference(pair, metric="d", confidence=0.95)
    assert pair.classes == (1, 2)
    assert found.unproven == ""
    assert found.value == pytest.approx(
        mean(target, one, classes=[1, 2]).value - mean(target, two, classes=[1, 2]).value
    )
    assert "mean over the 2 of 3 classes that have rows enough" in found.method


def test_the_guard_of_few_misranked_rows_leaves_out_the_same_classes():
    rng = np.random.default_rng(0)
    target = np.r_[np.zeros(5, int), rng.integers(1, 3, 100)]
    pair = compare_rankings("roc_auc", target, *(rng.normal(size=(105, 3)) + 4 * np.eye(3)[target] for _ in range(2)))
    one, two = pair.singles(0.95)
    assert one.value - two.value == pytest.approx(pair.changes.value)
    assert "mean over the 2 of 3 classes compared" in one.method


def test_where_all_classes_are_rare_nothing_is_proved():
    rng = np.random.default_rng(0)
    target = np.repeat([0, 1, 2], [5, 300, 9])
    found = _found("roc_auc", target, *(rng.normal(size=(314, 3)) + np.eye(3)[target] for _ in range(2)))
    assert found.unproven == "in one class 5 positive rows are too few for a trustworthy interval"


@pytest.mark.parametrize("noise", [0.0, 1e-8])
def test_rows_that_only_see_others_move_tell_nothing_of_how_much_a_row_can_add(noise):
    # Negatives move, and all positives shift past them a little: no positive was seen to fall, but one could.
    rng = np.random.default_rng(0)
    target, one, _ = _scored()
    moved = one * (1.0 + noise * rng.normal(size=len(one)))
    moved[np.flatnonzero(target == 0)[:15]] = rng.normal(size=15)
    same, near = _found("roc_auc", target, one, one), _found("roc_auc", target, moved, one)
    assert near.value - near.low > 0.9 * (same.value - same.low)


def test_few_negatives_that_rise_make_no_changes_of_the_positives_below_them():
    target, one, _ = _scored()
    moved = one.copy()
    moved[np.flatnonzero(target == 0)[:8]] = 9.0 + np.arange(8)
    same, near = (compare_rankings("average_precision", target, scores, one).changes for scores in (one, moved))
    assert near.value < 0.0
    assert near.largest == same.largest


def test_a_row_is_rescored_where_any_column_moves_by_more_than_noise():
    one = np.array([[0.2, 0.8], [0.0, 1.0], [1e-12, 1.0]])
    two = np.array([[0.2, 0.8 + 1e-9], [0.1, 1.0], [2e-12, 1.0]])
    assert rescored_rows(one, two).tolist() == [False, True, True]
    assert rescored_rows(*(np.eye(2, dtype=np.uint8)[code] for code in ([0, 1], [1, 1]))).tolist() == [True, False]


def test_the_step_of_a_ranking_is_that_of_the_rarest_side():
    target = np.repeat([0, 1], [960, 40])
    assert step_of_ranks("roc_auc", target, [1], Design()) == pytest.approx(1 / 40)
    assert step_of_ranks("average_precision", target, [1], Design()) == pytest.approx((1 + np.log(41)) / 40)
    weighted = Design(weight=np.where(np.arange(1000) < 990, 1.0, 5.0))
    assert step_of_ranks("roc_auc", target, [1], weighted) == pytest.approx((30 + 250) / (30 + 50) ** 2)
    three = np.repeat([0, 1, 2], [800, 150, 50])
    assert step_of_ranks("roc_auc", three, [0, 1, 2], Design()) == pytest.approx((1 / 50 + 1 / 200) / 3)


def test_a_class_without_rows_is_left_out_and_said():
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, 400)
    found = _found("roc_auc", target, *(rng.normal(size=(400, 3)) + np.eye(3)[target] for _ in range(2)))
    assert "mean over the 2 of 3 classes that have rows" in found.method


@pytest.mark.parametrize("name", NAMES)
def test_there_is_no_difference_without_positives(name):
    target = np.zeros(50, dtype=np.int16)
    assert compare_rankings(name, target, np.arange(50.0), np.arange(50.0)) is None


def test_equal_rows_within_clusters_count_once():
    target, one, two = _scored(400)
    plain = _found("roc_auc", target, one, two)
    found = _found(
        "roc_auc", *(np.repeat(part, 6) for part in (target, one, two)), Design(cluster=np.repeat(np.arange(400), 6))
    )
    assert found.value == pytest.approx(plain.value)
    assert found.high - found.low == pytest.approx(plain.high - plain.low, rel=0.03)
    assert found.clusters == 400


def test_weights_count_like_repeated_rows_in_the_value():
    target, one, two = _scored(400)
    weight = np.random.default_rng(0).integers(1, 4, 400)
    found = _found("roc_auc", target, one, two, Design(weight=weight.astype(float)))
    expected = _found("roc_auc", *(np.repeat(part, weight) for part in (target, one, two)))
    assert found.value == pytest.approx(expected.value)
    assert found.high - found.low > expected.high - expected.low


def test_the_scores_given_stay_as_they_are():
    target, one, two = _scored()
    kept = one.copy(), two.copy()
    _found("roc_auc", target, one, two)
    assert np.array_equal(one, kept[0])
    assert np.array_equal(two, kept[1])


@pytest.mark.parametrize("name", NAMES)
def test_a_comparison_takes_less_than_64_bytes_a_row(name):
    rng = np.random.default_rng(0)
    n = 400_000
    one, two = rng.random((2, n))
    target = (rng.random(n) < one).astype(np.int16)
    compare_rankings(name, target[:1000], one[:1000], two[:1000])  # what is imported on first use is not the rows'
    tracemalloc.start()
    try:
        compare_rankings(name, target, one, two)
        assert tracemalloc.get_traced_memory()[1] / n < 64
    finally:
        tracemalloc.stop()
