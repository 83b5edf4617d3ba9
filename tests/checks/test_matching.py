"""A second model decides for each class as often as the first, and as well as its scores allow."""

from __future__ import annotations

import numpy as np
import pytest

from modelcheck.checks.performance.weakness.matching import matched_decisions


def nearest_cut(score, decision, weight):
    """Try every cut."""
    wanted = weight[decision == 1].sum()
    found = [weight[score >= cut].sum() for cut in np.unique(score)]
    return min(abs(share - wanted) for share in [*found, 0.0])


@pytest.mark.parametrize("weighted", [False, True])
def test_the_cut_is_the_nearest_that_ties_allow(weighted):
    rng = np.random.default_rng(0)
    for _ in range(300):
        n = int(rng.integers(1, 30))
        score = rng.integers(0, rng.integers(1, 30), n) / 7.0
        decision = (rng.random(n) < rng.random()).astype(np.int16)
        weight = rng.uniform(0.1, 3.0, n) if weighted else np.ones(n)
        matched = matched_decisions(score, decision, weight=weight if weighted else None)
        apart = abs(weight[matched == 1].sum() - weight[decision == 1].sum())
        assert apart == pytest.approx(nearest_cut(score, decision, weight), abs=1e-9)
        chosen, rest = score[matched == 1], score[matched == 0]
        assert not len(chosen) or not len(rest) or chosen.min() > rest.max()


def test_none_and_all_are_matched():
    score = np.array([0.2, 0.2, 0.9])
    for code in (0, 1):
        decision = np.full(3, code, dtype=np.int16)
        assert matched_decisions(score, decision).tolist() == decision.tolist()
        assert matched_decisions(score, decision, weight=np.array([0.1, 0.2, 0.3])).tolist() == decision.tolist()


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 5.0, 20.0])
@pytest.mark.parametrize("n_classes", [3, 12])
def test_shares_of_several_classes_are_matched(n_classes, sharpness):
    rng = np.random.default_rng(n_classes)
    score = _shares(rng.normal(size=(5000, n_classes)) * sharpness)
    other = (score * rng.uniform(0.2, 5.0, n_classes)).argmax(axis=1).astype(np.int16)
    weight = rng.uniform(0.5, 2.0, 5000)
    for counted in (None, weight):
        matched = matched_decisions(score, other, weight=counted)
        share = [np.bincount(side, weights=counted, minlength=n_classes) for side in (matched, other)]
        assert np.abs(share[0] - share[1]).sum() / 2 <= 0.003 * share[1].sum()


def test_the_same_scores_and_class_weights_give_the_same_decisions():
    rng = np.random.default_rng(1)
    score = _shares(rng.normal(size=(20_000, 4)))
    other = (score * np.array([1.0, 3.0, 0.5, 2.0])).argmax(axis=1).astype(np.int16)
    assert np.mean(matched_decisions(score, other) == other) > 0.998


def test_a_class_that_is_never_decided_for_is_ruled_out():
    rng = np.random.default_rng(2)
    score = _shares(rng.normal(size=(500, 3)) + np.array([0.0, 0.0, 5.0]))
    decision = rng.integers(0, 2, 500).astype(np.int16)
    assert set(matched_decisions(score, decision).tolist()) == {0, 1}
    sure = np.tile([0.0, 0.0, 1.0], (10, 1))
    assert set(matched_decisions(sure, np.ones(10, dtype=np.int16)).tolist()) == {1}


def test_scores_that_are_all_alike_come_to_an_end():
    decision = (np.arange(90) % 3).astype(np.int16)
    assert len(np.unique(matched_decisions(np.full((90, 3), 1 / 3), decision))) == 1


def test_other_rows_are_refused():
    with pytest.raises(ValueError, match="3 scores against 2 decisions"):
        matched_decisions(np.zeros(3), np.zeros(2, dtype=np.int16))


def _shares(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
