"""Numbers as people read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.record.evidence import Criterion, Estimate
from modelcheck.record.numbers import (
    decimals_for,
    format_duration,
    format_interval,
    format_level,
    format_limit,
    format_range,
    format_share,
    format_value,
)


def estimate(value, low, high, **more):
    return Estimate(metric="m", value=value, low=low, high=high, n=8001, method="x", **({"confidence": 0.95} | more))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.9, "0.9"), (0.0125, "0.0125"), (0.05, "0.05"), (1e-5, "0.00001"), (1 / 3, "0.333"), (0.1 + 0.2, "0.3"),
        (65, "65"), (8001.0, "8,001"), (12345.678, "12,346"), (1e20, "1e+20"), (-0.0004, "-0.0004"), (0.0, "0"),
        (-0.0, "0"), (None, "n/a"), (math.nan, "n/a"), (math.inf, "infinity"),
        (-math.inf, "-infinity"), (1e-12, "1e-12"),
    ],
)  # fmt: skip
def test_a_value_is_shown_as_written_or_with_three_digits(value, shown):
    assert format_value(value) == shown


def test_nothing_beside_its_interval_is_shown_as_nothing():
    assert format_interval(estimate(6.24e-12, -4.1, 4.1)).startswith("0.0 (95 % interval -4.1 to 4.1")
    assert format_value(-6.24e-12, 1) == "0.0"
    assert "e-" in format_interval(estimate(3e-12, 1e-12, 5e-12))


def test_fixed_decimals_never_show_minus_zero():
    assert format_value(-0.0001, 2) == "0.00"


@pytest.mark.parametrize(
    ("value", "low", "high", "shown"),
    [
        (0.67312, 0.652, 0.694, "0.673 (95 % interval 0.652 to 0.694, n 8,001)"),
        (54.31, 49.2, 59.4, "54.3 (95 % interval 49.2 to 59.4, n 8,001)"),
        (152_000.0, 150_000.0, 154_000.0, "152,000 (95 % interval 150,000 to 154,000, n 8,001)"),
        (0.5, None, None, "0.500 (no interval, n 8,001)"),
        (0.5, 0.25, math.inf, "0.500 (95 % interval at least 0.250, n 8,001)"),
        (0.5, None, 0.75, "0.500 (95 % interval at most 0.750, n 8,001)"),
        (None, None, None, "n/a (no interval, n 8,001)"),
    ],
)
def test_an_estimate_has_its_interval_and_n(value, low, high, shown):
    assert format_interval(estimate(value, low, high)) == shown


def test_clusters_are_said():
    assert format_interval(estimate(0.5, 0.4, 0.6, clusters=1104)).endswith("n 8,001, 1,104 clusters)")


@given(st.floats(-1e9, 1e9), st.floats(1e-9, 1e6))
def test_two_ends_of_an_interval_never_look_alike(low, width):
    high = low + width
    if high - low < 1e-6 * max(1.0, abs(low)):
        return
    decimals = decimals_for((low + high) / 2, low, high)
    assert format_value(low, decimals) != format_value(high, decimals)


@pytest.mark.parametrize(
    ("level", "shown"), [(0.95, "95 %"), (0.996, "99.6 %"), (1 - 0.05 / 6, "99.17 %"), (0.999996, "99.9996 %")]
)
def test_a_level_is_never_rounded_up_to_certainty(level, shown):
    assert format_level(level) == shown


@pytest.mark.parametrize(
    ("criterion", "shown"),
    [
        (Criterion(min=0.9), "at least 0.9"),
        (Criterion(max=0.05), "at most 0.05"),
        (Criterion(min=-1.0, max=1.0), "from -1 to 1"),
        (Criterion(margin=0.01), "at most 0.01 worse than the baseline"),
        (Criterion(min=0.8, margin=0.01), "at least 0.8, at most 0.01 worse than the baseline"),
        (Criterion(), "no limit"),
    ],
)
def test_a_limit_is_words(criterion, shown):
    assert format_limit(criterion) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "< 0.01 s"), (0.042, "0.04 s"), (12.34, "12.3 s"), (59.97, "1 min 0 s"), (185, "3 min 5 s"),
     (3900, "1 h 5 min"), (math.nan, "n/a"), (-1, "n/a")],
)  # fmt: skip
def test_durations_have_human_units(seconds, shown):
    assert format_duration(seconds) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0425, "4.2 %"), (0, "0 %"), (1, "100 %"), (1e-6, "< 0.1 %"), (0.999999, "> 99.9 %"), (None, "n/a")],
)
def test_a_share_is_zero_or_all_only_when_it_is(share, shown):
    assert format_share(share) == shown


def test_a_missing_interval_is_said():
    assert format_range(None, None) == "no interval"
