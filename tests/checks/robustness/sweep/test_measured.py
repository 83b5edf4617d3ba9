"""What a change costs, against figures by hand."""

from __future__ import annotations

import numpy as np
import pytest

from modelcheck.checks.robustness.sweep.measured import Measures, lesser
from modelcheck.record.evidence import Estimate


@pytest.fixture(scope="module")
def four():
    return np.arange(4)


def measures(rows_of, n=200, **more):
    rng = np.random.default_rng(0)
    score = rng.random(n)
    return Measures.of(rows_of("binary", rng.random(n) < score, score, **more), np.arange(n))


def test_a_decision_flips_only_where_the_score_moves_by_more_than_rounding(rows_of, outcomes_of):
    found = measures(rows_of)
    before = outcomes_of([0.5 - 1e-13, 0.5 - 1e-6, 0.2, 0.9])
    after = outcomes_of([0.5 + 1e-13, 0.5 + 1e-6, 0.3, 0.1])
    assert (before.decision != after.decision).tolist() == [True, True, False, True]
    assert found.flipped(before, after).tolist() == [False, True, False, True]
    assert found.moved(before, after)[0] == 0.0
    assert found.moved(before, after)[1:] == pytest.approx([2e-6, 0.1, 0.8])


def test_labels_alone_flip_where_they_differ(rows_of, outcomes_of):
    found = measures(rows_of)
    before, after = outcomes_of(decision=[0, 1, 1]), outcomes_of(decision=[0, 0, 1])
    assert found.flipped(before, after).tolist() == [False, True, False]
    assert found.moved(before, after).tolist() == [0.0, 1.0, 0.0]


def test_several_probabilities_move_by_their_total_variation(rows_of, outcomes_of):
    rng = np.random.default_rng(1)
    score = rng.dirichlet(np.ones(3), 50)
    found = Measures.of(rows_of("multiclass", rng.integers(0, 3, 50), score), np.arange(50))
    before = outcomes_of([[0.5, 0.3, 0.2]], decision=[0])
    after = outcomes_of([[0.2, 0.5, 0.3]], decision=[1])
    assert found.moved(before, after) == pytest.approx([0.3])
    assert found.losses("brier", before, np.array([0])) == pytest.approx(
        0.5 * np.square(np.array([0.5, 0.3, 0.2]) - np.eye(3)[found.rows.target[0]]).sum()
    )


def test_the_kinds_of_loss_are_those_that_the_answers_allow(rows_of):
    target, score = [0, 1, 0, 1], [0.2, 0.7, 0.4, 0.9]
    everyone = np.arange(4)
    assert Measures.of(rows_of("binary", target, score), everyone).kinds == ("errors", "brier")
    assert Measures.of(rows_of("binary", target, decision=[0, 1, 1, 1]), everyone).kinds == ("errors",)
    assert Measures.of(rows_of("binary", target, score, probabilistic=False), everyone).kinds == ("errors",)
    assert Measures.of(rows_of("regression", score, score), everyone).kinds == ("squared",)


def test_growth_is_the_mean_difference_of_the_losses(rows_of, outcomes_of):
    found = measures(rows_of)
    rows = np.arange(10, 110)
    score = found.rows.score[rows]
    target = found.rows.target[rows]
    before, after = outcomes_of(score), outcomes_of(1.0 - score)
    by_hand = {
        "errors": np.mean(((1 - score) >= 0.5) != target) - np.mean((score >= 0.5) != target),
        "brier": np.mean((1 - score - target) ** 2) - np.mean((score - target) ** 2),
    }
    for kind, value in by_hand.items():
        ours, theirs = found.losses(kind, after, rows), found.losses(kind, before, rows)
        estimate = found.more(kind, ours, theirs, rows)(0.95)
        assert estimate.value == pytest.approx(value)
        assert estimate.low < value < estimate.high
        assert estimate.n == 100
        assert found.more(kind, theirs, ours, rows)(0.95).value == pytest.approx(-value)
        wide = found.more(kind, ours, theirs, rows)(0.999)
        assert wide.low < estimate.low
        assert wide.high > estimate.high


def test_squared_errors_are_a_share_of_the_variance_of_all_rows(rows_of, outcomes_of):
    rng = np.random.default_rng(2)
    target = 10 * rng.normal(size=300)
    found = Measures.of(rows_of("regression", target, target + rng.normal(size=300)), np.arange(100))
    loss = found.losses("squared", outcomes_of(found.rows.target[:5] + 3.0, [0] * 5), np.arange(5))
    assert loss == pytest.approx(9.0 / np.var(target))


def test_weights_reach_the_growth(rows_of, outcomes_of):
    rng = np.random.default_rng(3)
    weight = np.where(np.arange(200) < 100, 1.0, 9.0)
    found = measures(rows_of, weight=weight)
    rows = np.arange(200)
    ours, theirs = rng.random(200), rng.random(200)
    value = found.more("brier", ours.copy(), theirs.copy(), rows)(0.95).value
    assert value == pytest.approx(np.average(ours - theirs, weights=weight))
    errors = found.more("errors", (ours > 0.5) * 1.0, (theirs > 0.5) * 1.0, rows)(0.95).value
    assert errors == pytest.approx(np.average((ours > 0.5) * 1.0 - (theirs > 0.5), weights=weight))


@pytest.mark.parametrize("kind", ["errors", "brier"])
def test_clusters_widen_the_interval(rows_of, kind):
    # Five equal rows in each cluster: no more is known than from one of them.
    rng = np.random.default_rng(4)
    ours, theirs = (np.repeat(rng.random(200) < share, 5) * 1.0 for share in (0.4, 0.2))
    target = rng.integers(0, 2, 1000)
    widths = []
    for cluster in (None, np.repeat(np.arange(200), 5)):
        rows = rows_of("binary", target, rng.random(1000), cluster=cluster)
        found = Measures.of(rows, np.arange(1000)).more(kind, ours.copy(), theirs.copy(), np.arange(1000))(0.95)
        widths.append(found.high - found.low)
    assert 1.9 < widths[1] / widths[0] < 2.7


def test_what_is_measured_leaves_the_losses_as_they_were(rows_of):
    found = measures(rows_of)
    ours, theirs = np.linspace(0, 1, 200), np.zeros(200)
    found.more("brier", ours, theirs, np.arange(200))(0.95)
    assert ours.tolist() == np.linspace(0, 1, 200).tolist()
    assert not theirs.any()


def estimate(value, low, high, **more):
    return lambda confidence: Estimate(
        metric="m", value=value, low=low, high=high, confidence=confidence, n=10, method="-", **more
    )


def test_the_lesser_of_two_lies_below_both():
    first, second = estimate(0.3, 0.1, 0.6), estimate(0.2, 0.15, 0.4)
    for one in (lesser(first, second)(0.9), lesser(second, first)(0.9)):
        assert (one.value, one.low, one.high, one.confidence) == (0.2, 0.1, 0.4, 0.9)


def test_the_lesser_of_two_is_proved_only_where_both_are():
    doubtful = estimate(0.9, 0.8, 1.0, unproven="too few rows", n_needed=30)
    for one in (lesser(doubtful, estimate(0.2, 0.1, 0.3))(0.9), lesser(estimate(0.2, 0.1, 0.3), doubtful)(0.9)):
        assert one.unproven == "too few rows"
        assert one.n_needed == 30
    nothing = estimate(None, None, None, unproven="there are no rows", n_needed=1)
    assert lesser(nothing, estimate(0.2, 0.1, 0.3))(0.9).value is None
    assert lesser(estimate(0.2, 0.1, 0.3), nothing)(0.9).value is None
    half = lesser(estimate(0.2, None, 0.3), estimate(0.1, 0.0, 0.2))(0.9)
    assert half.low is None
    assert half.high == 0.2
