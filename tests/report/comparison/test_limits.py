"""What a gate asks, then and now."""

import pytest

from modelcheck.record.evidence import Burden, Criterion
from modelcheck.report.comparison.limits import limit_change

LOOSER, STRICTER, BOTH, NEITHER = (True, False), (False, True), (True, True), (False, False)
PROVED = Burden.COMPLIANCE


@pytest.mark.parametrize(
    ("old", "new", "turn", "words"),
    [
        ({"min": 0.6}, {"min": 0.5}, LOOSER, "limit loosened: at least 0.6, now at least 0.5"),
        ({"min": 0.5}, {"min": 0.6}, STRICTER, "limit tightened: at least 0.5, now at least 0.6"),
        ({"max": 0.1}, {"max": 0.2}, LOOSER, "limit loosened: at most 0.1, now at most 0.2"),
        ({"margin": 0.03}, {"margin": 0.0}, STRICTER, "limit tightened: "),
        ({"min": 0.1, "max": 0.9}, {"min": 0.1}, LOOSER, "limit loosened: from 0.1 to 0.9, now at least 0.1"),
        ({"min": 0.1, "max": 0.9}, {"min": 0.2, "max": 1.0}, BOTH, "limit changed: "),
        ({"min": 0.5, "burden": PROVED}, {"min": 0.5}, LOOSER, "burden of proof compliance, now breach"),
        ({"min": 0.5, "confidence": 0.9}, {"min": 0.5, "confidence": 0.99}, LOOSER, "confidence 90 %, now 99 %"),
        ({"min": 0.5, "confidence": 0.99}, {"min": 0.5, "confidence": 0.9}, NEITHER, "confidence 99 %, now 90 %"),
        (
            {"min": 0.5, "confidence": 0.9, "burden": PROVED},
            {"min": 0.5, "confidence": 0.99, "burden": PROVED},
            STRICTER,
            "confidence 90 %, now 99 %",
        ),
        ({"min": 0.5, "resolution": 0.1}, {"min": 0.5}, LOOSER, "resolution 0.1, now not asked for"),
    ],
)
def test_what_asks_less_is_told_from_what_asks_more(old, new, turn, words):
    found = limit_change(Criterion(**old), Criterion(**new))
    assert (found.looser, found.stricter) == turn
    assert words in found.words


def test_a_limit_that_came_or_went():
    limit = Criterion(min=0.5)
    assert limit_change(None, None) is None
    assert limit_change(limit, limit) is None
    assert limit_change(limit, None).looser
    assert limit_change(None, limit).stricter
    assert limit_change(limit, None).words == "limit removed: at least 0.5"


def test_what_arithmetic_rounds_differently_is_no_change():
    assert limit_change(Criterion(max=0.1 + 0.2), Criterion(max=0.3)) is None
