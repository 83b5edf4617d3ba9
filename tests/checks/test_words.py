"""Numbers in sentences show as many digits as the interval allows."""

from __future__ import annotations

import pytest

from modelcheck.checks.words import count, level, number, out_of_100, with_interval
from modelcheck.record.evidence import Estimate


def estimate(value, low, high, **more):
    return Estimate(
        **{"metric": "m", "value": value, "low": low, "high": high, "confidence": 0.95, "n": 9, "method": "x"} | more
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.66666, "0.667"),
        (0.9996, "1"),
        (12.345, "12.3"),
        (999.7, "1,000"),
        (1234567.8, "1,234,568"),
        (1e20, "1e+20"),
        (-0.0, "0"),
        (-0.05, "-0.05"),
        (1.23456e-7, "1.23e-07"),
        (float("inf"), "infinity"),
        (float("-inf"), "-infinity"),
        (float("nan"), "not a number"),
        (None, "none"),
    ],
)
def test_a_number_has_three_significant_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.40, 0.46, ("43", " (95 % interval 40 to 46)")),
        (0.42, 0.44, ("43.2", " (95 % interval 42.0 to 44.0)")),
        (0.4310, 0.4330, ("43.21", " (95 % interval 43.10 to 43.30)")),
    ],
)
def test_a_share_out_of_100_gets_decimals_as_its_interval_narrows(low, high, text):
    assert out_of_100(estimate(0.4321, low, high)) == text


def test_limits_of_a_narrow_interval_can_be_told_apart():
    assert with_interval(estimate(0.725123, 0.724901, 0.725345)) == "0.725123 (95 % interval 0.724901 to 0.725345)"


def test_what_proves_nothing_says_so_beside_its_number():
    text = with_interval(estimate(0.5, 0.1, 0.9, unproven="7 clusters are too few for a trustworthy interval"))
    assert (
        text == "0.5 (95 % interval 0.1 to 0.9; proves nothing yet: 7 clusters are too few for a trustworthy interval)"
    )


def test_no_value_gives_the_reason():
    assert with_interval(estimate(None, None, None, unproven="no rows")) == "not measured (no rows)"


def test_infinite_limits_are_written_out():
    assert with_interval(estimate(1.0, 0.5, float("inf"))) == "1 (95 % interval 0.5 to infinity)"


def test_levels_keep_what_several_groups_add():
    assert [level(c) for c in (0.95, 0.996, 1 - 0.05 / 3, 0.99996)] == ["95 %", "99.6 %", "98.33 %", "99.996 %"]


def test_counts_have_a_plural():
    assert [count(1, "row"), count(2, "row"), count(1000, "class")] == ["1 row", "2 rows", "1,000 classes"]
