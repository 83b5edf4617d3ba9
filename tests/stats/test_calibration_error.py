"""The debiased calibration error: nothing for perfect models, the truth for clear gaps, weights and clusters heeded."""

import tracemalloc

import numpy as np
import pytest

from modelcheck.stats.calibration.bins import equal_mass_bins
from modelcheck.stats.calibration.error import calibration_error
from modelcheck.stats.calibration.residuals import breusch_pagan, spread_ratio
from modelcheck.stats.calibration.slope import recalibration
from modelcheck.stats.calibration.z import spiegelhalter
from modelcheck.stats.design import Design, student_quantile


def perfect(n, seed=0):
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    return rng.random(n) < score, score


def test_the_plain_error_of_perfect_models_is_what_is_named_as_chance_and_the_debiased_one_is_near_zero():
    found = [calibration_error(*perfect(1000, seed), confidence=0.95) for seed in range(200)]
    plain, chance = (np.mean([getattr(one, name) for one in found]) for name in ("plain", "chance"))
    debiased = np.mean([one.estimate.value for one in found])
    assert plain == pytest.approx(chance, rel=0.03)
    assert plain > 0.03
    assert debiased < 0.006


def test_a_clear_gap_is_measured_as_it_is():
    outcome, score = perfect(200_000)
    found = calibration_error(outcome, score * 0.8, confidence=0.95).estimate
    assert found.value == pytest.approx(0.1, abs=0.004)
    assert found.low < 0.1 < found.high
    assert found.high - found.low < 0.01


@pytest.mark.parametrize("n", [30, 200, 5000])
def test_the_value_lies_in_its_interval_and_the_plain_one_too(n):
    for seed in range(20):
        found = calibration_error(*perfect(n, seed), confidence=0.9)
        assert 0 <= found.estimate.low <= found.estimate.value <= found.plain <= found.estimate.high <= 1
        assert not found.estimate.unproven


def test_few_rows_and_few_clusters_are_unproven():
    found = calibration_error(*perfect(29), confidence=0.95).estimate
    assert (found.unproven, found.n_needed) == ("29 rows are too few for a trustworthy interval", 30)
    design = Design(cluster=np.arange(300) % 9)
    found = calibration_error(*perfect(300), confidence=0.95, design=design).estimate
    assert (found.unproven, found.n_needed, found.clusters) == (
        "9 clusters are too few for a trustworthy interval",
        10,
        9,
    )


def test_no_rows_have_no_value():
    found = calibration_error(np.zeros(0, dtype=bool), np.zeros(0), confidence=0.95)
    assert (found.estimate.value, found.plain, found.bins) == (None, None, None)


@pytest.mark.parametrize("score", [0.0, 0.01, 0.5, 1.0])
@pytest.mark.parametrize("outcome", [False, True])
def test_one_score_and_one_outcome_are_measured_without_a_crash(score, outcome):
    found = calibration_error(np.full(500, outcome), np.full(500, score), confidence=0.95).estimate
    assert found.low <= abs(outcome - score) <= found.high
    assert not found.unproven
    assert 0 < found.high - found.low < 0.15


def test_repeating_every_row_in_a_cluster_changes_next_to_nothing():
    outcome, score = perfect(900)
    plain = calibration_error(outcome, score * 0.8, confidence=0.95).estimate
    cluster = np.repeat(np.arange(900), 3)
    found = calibration_error(
        np.repeat(outcome, 3), np.repeat(score * 0.8, 3), confidence=0.95, design=Design(cluster=cluster)
    ).estimate
    assert (found.value, found.low, found.high) == pytest.approx((plain.value, plain.low, plain.high), abs=0.006)


def test_equal_weights_change_nothing():
    outcome, score = perfect(900)
    plain = calibration_error(outcome, score * 0.8, confidence=0.95)
    found = calibration_error(outcome, score * 0.8, confidence=0.95, design=Design(weight=np.full(900, 2.0)))
    assert found.plain == pytest.approx(plain.plain)
    assert (found.estimate.value, found.estimate.low) == pytest.approx((plain.estimate.value, plain.estimate.low))


def test_the_unit_of_values_does_not_matter():
    rng = np.random.default_rng(0)
    score = rng.normal(size=600)
    target = score + 0.3 + rng.normal(size=600)
    found = [
        calibration_error(
            target * unit, score * unit, confidence=0.95, probability=False, scale=unit * target.std()
        ).estimate
        for unit in (1.0, 1e-9, 1e6)
    ]
    for one in found[1:]:
        assert (one.value, one.low, one.high) == pytest.approx((found[0].value, found[0].low, found[0].high))


def test_rows_are_left_as_they_were():
    outcome, score = perfect(500)
    before = outcome.copy(), score.copy()
    calibration_error(outcome, score, confidence=0.95)
    recalibration(outcome, score, confidence=0.95)
    spiegelhalter(outcome, score)
    assert np.array_equal(before[0], outcome)
    assert np.array_equal(before[1], score)


@pytest.mark.parametrize(
    ("outcome", "score", "reason"),
    [
        ([True] * 50, np.linspace(0.1, 0.9, 50), "there is one outcome only"),
        ([True, False] * 25, np.full(50, 0.3), "all scores are equal"),
        ([False] * 25 + [True] * 25, np.linspace(0.1, 0.9, 50), "the scores separate the outcomes"),
    ],
)
def test_no_line_is_said_with_its_reason(outcome, score, reason):
    found = recalibration(np.array(outcome), score, confidence=0.95)
    assert found.slope.value is None
    assert found.slope.unproven.startswith(reason)


def test_promises_of_zero_and_one_are_counted_and_moved():
    outcome, score = perfect(1000)
    found = recalibration(outcome, np.round(score, 1), confidence=0.95)
    assert found.at_edge == np.sum(np.isin(np.round(score, 1), [0, 1]))
    assert 0 < found.slope.value < 1.2


def test_twenty_rows_of_either_outcome_are_needed_for_a_line():
    outcome, score = perfect(1000)
    rare = outcome & (np.cumsum(outcome) <= 19)
    found = recalibration(rare, score, confidence=0.95).slope
    assert (found.n_needed, found.unproven.split(" are")[0]) == (20, "19 rows with the outcome")


def test_a_model_that_promises_only_certainties_leaves_nothing_to_test():
    assert spiegelhalter(np.array([True, False]), np.array([1.0, 0.0])).z is None
    assert spiegelhalter(np.zeros(0, dtype=bool), np.zeros(0)).p is None


def test_spiegelhalter_by_cluster_sees_through_repeated_rows():
    outcome, score = perfect(300)
    design = Design(cluster=np.repeat(np.arange(300), 20))
    repeated = spiegelhalter(np.repeat(outcome, 20), np.repeat(score, 20), design=design)
    assert repeated.z == pytest.approx(spiegelhalter(outcome, score).z, rel=0.1)


def test_errors_that_grow_are_found_and_even_ones_are_not():
    rng = np.random.default_rng(1)
    x = rng.normal(size=2000)
    even = rng.normal(size=2000)
    fifths = equal_mass_bins(x, most=5)
    found = [spread_ratio(e, fifths, confidence=0.95, design=Design()) for e in (even, even * np.exp(0.4 * x))]
    assert found[0].low < 1 < found[0].high
    assert found[1].low > 2
    assert breusch_pagan(even, x).p > 0.01
    assert breusch_pagan(even * np.exp(0.4 * x), x).p < 1e-6


def test_spread_without_errors_or_without_predictions_has_no_value():
    x = np.linspace(0, 1, 1000)
    flat = equal_mass_bins(np.full(1000, 2.0), most=5)
    assert spread_ratio(x, flat, confidence=0.95, design=Design()).value is None
    assert spread_ratio(x * 0, equal_mass_bins(x, most=5), confidence=0.95, design=Design()).value is None
    assert breusch_pagan(x * 0, x).lm is None
    assert breusch_pagan(x, x * 0).lm is None


@pytest.mark.parametrize("function", [calibration_error, recalibration])
def test_less_than_60_bytes_a_row_are_taken_beyond_small_blocks(function):
    outcome, score = perfect(400_000)
    function(outcome[:1000], score[:1000], confidence=0.95)
    tracemalloc.start()
    try:
        function(outcome, score, confidence=0.95)
        assert tracemalloc.get_traced_memory()[1] / len(score) < 45
    finally:
        tracemalloc.stop()


def test_clusters_of_unequal_size_widen_the_interval_by_students_quantile_of_those_that_count(monkeypatch):
    # Values, since the exact limit of a rate, which probabilities have besides, knows unequal clusters on its own.
    rng = np.random.default_rng(0)
    score = rng.normal(size=400)
    outcome = score + rng.normal(size=400)
    design = Design(cluster=np.repeat(np.arange(40), [166, *[6] * 39]))
    found = calibration_error(outcome, score, confidence=0.95, design=design, probability=False)
    expected = [student_quantile(0.975, units - 1) for units in (design.effective_units(400), 40)]
    monkeypatch.setattr(Design, "effective_units", lambda self, n: float(self.units(n)))
    counted = calibration_error(outcome, score, confidence=0.95, design=design, probability=False)
    widths = [one.estimate.high - one.plain for one in (found, counted)]
    assert widths[0] / widths[1] == pytest.approx(expected[0] / expected[1])
    assert expected[0] > 1.2 * expected[1]
