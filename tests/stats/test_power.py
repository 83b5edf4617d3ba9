import subprocess
import sys
from statistics import NormalDist

import pytest

from modelcheck.record.evidence import Estimate
from modelcheck.stats.power import detectable, half_width, rows_needed, smallest_drop, standard_error


def _estimate(value=0.5, low=0.4, high=0.65, n=100):
    return Estimate(metric="m", value=value, low=low, high=high, confidence=0.95, n=n, method="x")


def test_half_width_is_taken_on_the_asked_side():
    assert half_width(_estimate(), "low") == pytest.approx(0.1)
    assert half_width(_estimate(), "high") == pytest.approx(0.15)
    assert half_width(_estimate(low=None), "low") is None
    assert half_width(_estimate(high=float("inf")), "high") is None
    assert half_width(_estimate(value=None), "high") is None


def test_detectable_distance_has_the_stated_power():
    error = 0.03
    z = NormalDist()
    distance = detectable(error * z.inv_cdf(0.975), confidence=0.95, power=0.8)
    assert 1 - z.cdf(z.inv_cdf(0.975) - distance / error) == pytest.approx(0.8)


def test_another_alpha_than_the_intervals_own_is_respected():
    wide = detectable(1.0, confidence=0.95, alpha=0.001)
    assert wide > detectable(1.0, confidence=0.95)


@pytest.mark.parametrize(
    "bad", [{"confidence": 0.0}, {"confidence": 0.95, "alpha": 1.0}, {"confidence": 0.95, "power": 1}]
)
def test_levels_out_of_range_are_named(bad):
    with pytest.raises(ValueError, match="between 0 and 1"):
        detectable(1.0, **bad)


def test_half_the_distance_needs_four_times_the_rows():
    near, far = (rows_needed(_estimate(), d, side="low") for d in (0.02, 0.04))
    assert near == pytest.approx(4 * far, rel=0.01)


def test_rows_needed_keeps_what_was_measured_when_the_distance_is_what_it_can_detect():
    distance = detectable(0.1, confidence=0.95)
    assert rows_needed(_estimate(), distance, side="low") in (100, 101)
    assert rows_needed(_estimate(), -distance, side="low") in (100, 101)


@pytest.mark.parametrize(
    ("estimate", "distance"),
    [(_estimate(), 0.0), (_estimate(low=0.5), 0.1), (_estimate(low=None), 0.1), (_estimate(n=0), 0.1)],
)
def test_no_number_of_rows_is_named_where_none_can_be(estimate, distance):
    assert rows_needed(estimate, distance, side="low") is None


def test_the_judge_can_use_it_without_numpy():
    code = "import sys, modelcheck.stats.power; sys.exit('numpy' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("error", "step", "margin"), [(0.0, 0.001, 0.01), (0.002, 0.0002, 0.01), (0.01, 0.02, 0.0)])
@pytest.mark.parametrize("confidence", [0.95, 0.994])
def test_the_smallest_drop_has_the_stated_power_with_the_rows_that_it_brings(error, step, margin, confidence):
    z = NormalDist()
    drop = smallest_drop(error, step, margin=margin, confidence=confidence, power=0.8)
    spread = (error**2 + drop * step) ** 0.5
    assert z.cdf((drop - margin) / spread - z.inv_cdf(0.5 + confidence / 2)) == pytest.approx(0.8)


def test_a_drop_without_steps_of_its_own_is_the_detectable_distance_beyond_the_margin():
    expected = 0.01 + detectable(0.02, confidence=0.95)
    error = standard_error(0.02, 0.95)
    assert smallest_drop(error, 0.0, margin=0.01, confidence=0.95) == pytest.approx(expected)


@pytest.mark.parametrize("more", [{"confidence": 1.0}, {"confidence": 0.95, "power": 0.0}])
def test_a_smallest_drop_needs_probabilities(more):
    with pytest.raises(ValueError, match="between 0 and 1"):
        smallest_drop(0.1, 0.1, margin=0.0, **more)
