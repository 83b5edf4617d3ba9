"""Kept, not proved broken, open: one rule, and what a reader is told of it."""

import pytest

from modelcheck.record.evidence import Criterion, Estimate, Severity, Verdict
from modelcheck.record.schema import GateRecord
from modelcheck.report.explained.answers import measured, said
from modelcheck.report.standing import Standing, counts, standing


def estimate(value, low, high, **more):
    defaults = {"metric": "gap", "confidence": 0.95, "n": 900, "method": "m"}
    return Estimate(value=value, low=low, high=high, **(defaults | more))


def gate(one, criterion, verdict=Verdict.PASS, **more):
    defaults = {"suite": "performance", "check": "brier_score", "severity": Severity.BLOCKING}
    return GateRecord(id="performance::x", estimate=one, criterion=criterion, verdict=verdict, **(defaults | more))


@pytest.mark.parametrize(
    ("one", "criterion", "expected"),
    [
        (estimate(0.6, 0.52, 0.7), Criterion(min=0.5), Standing.KEPT),
        (estimate(0.6, 0.5, 0.7), Criterion(min=0.5), Standing.KEPT),
        (estimate(0.6, 0.49, 0.7), Criterion(min=0.5), Standing.UNBROKEN),
        (estimate(0.05, 0.0, 0.1), Criterion(max=0.1), Standing.KEPT),
        (estimate(0.05, 0.0, 0.11), Criterion(max=0.1), Standing.UNBROKEN),
        (estimate(0.12, 0.0, 0.24), Criterion(max=0.1), Standing.UNBROKEN),
        (estimate(-0.005, -0.01, 0.02), Criterion(margin=0.01), Standing.KEPT),
        (estimate(0.0, -0.02, 0.02), Criterion(margin=0.01), Standing.UNBROKEN),
        (estimate(0.5, 0.4, 0.6), Criterion(min=0.3, max=0.7), Standing.KEPT),
        (estimate(0.5, 0.4, 0.8), Criterion(min=0.3, max=0.7), Standing.UNBROKEN),
        (estimate(0.5, None, None), Criterion(min=0.3), Standing.UNBROKEN),
        (estimate(0.5, 0.4, 0.6, unproven="too few rows"), Criterion(min=0.3), Standing.UNBROKEN),
    ],
)
def test_only_an_interval_inside_the_limit_is_kept(one, criterion, expected):
    assert standing(gate(one, criterion)) is expected


def test_every_group_has_to_lie_inside():
    groups = {"a": estimate(0.01, 0.0, 0.05), "b": estimate(0.003, 0.0, 0.12)}
    one = gate(groups["a"], Criterion(max=0.1), groups=groups)
    assert standing(one) is Standing.UNBROKEN
    assert "`b`: measured 0.00, within the limit of 0.1" in measured(one)


def test_a_search_is_never_kept_however_narrow_what_it_recorded():
    one = gate(estimate(0.0, -0.02, 0.02), Criterion(max=0.1), check="miscalibrated_slices")
    assert standing(one) is Standing.UNBROKEN


def test_a_fact_without_a_number_proves_no_limit_but_a_users_own_test_passes():
    assert standing(gate(None, Criterion(max=0.1))) is Standing.UNBROKEN
    assert standing(gate(None, None, suite="user", check="mine")) is Standing.KEPT


@pytest.mark.parametrize(
    ("verdict", "severity", "expected"),
    [
        (None, Severity.INFO, Standing.MEASURED),
        (Verdict.FAIL, Severity.BLOCKING, Standing.BROKEN),
        (Verdict.FAIL, Severity.WARNING, Standing.WARNING),
        (Verdict.ERROR, Severity.BLOCKING, Standing.CRASHED),
        (Verdict.ERROR, Severity.WARNING, Standing.CRASHED),
        (Verdict.ERROR, Severity.INFO, Standing.CRASHED),
        (Verdict.INCONCLUSIVE, Severity.BLOCKING, Standing.OPEN),
        (Verdict.WAIVED, Severity.BLOCKING, Standing.WAIVED),
        (Verdict.NOT_RUN, Severity.BLOCKING, Standing.NOT_RUN),
        (Verdict.NOT_APPLICABLE, Severity.BLOCKING, Standing.NOT_APPLICABLE),
    ],
)
def test_every_verdict_stands_somewhere(verdict, severity, expected):
    one = gate(estimate(0.5, 0.4, 0.6), Criterion(min=0.7), verdict, severity=severity)
    assert standing(one) is expected
    assert counts([one])[expected] == 1


def test_what_is_not_proved_broken_says_on_which_side_it_lies_and_how_far_it_could():
    over = gate(estimate(0.12, 0.0, 0.24), Criterion(max=0.1))
    assert (
        measured(over)
        == "Measured 0.12, over the limit of 0.1; with these rows it could lie anywhere from 0.00 to 0.24."
    )
    under = gate(estimate(0.48, 0.4, 0.56), Criterion(min=0.5))
    assert "under the limit of 0.5" in measured(under)
    worse = gate(estimate(-0.01, -0.05, 0.03), Criterion(margin=0.02))
    assert "0.01 worse, where up to 0.02 worse is allowed" in measured(worse)
    assert "from 0.05 worse to 0.03 better" in measured(worse)


def test_rows_are_counted_where_the_share_is_one_of_rows():
    one = estimate(1.0, 0.964, 1.0, metric="violation_rate", n=100)
    broken = gate(one, Criterion(max=0.0), Verdict.FAIL, check="direction")
    assert measured(broken) == "100 of 100 rows (at least 97); allowed: none."
    none = estimate(0.0, 0.0, 0.0034, metric="crash_rate", n=1077)
    assert measured(gate(none, Criterion(max=0.0), check="crash")) == (
        "0 of 1,077 rows (up to 3 can't be ruled out); allowed: none."
    )


def test_a_search_says_what_was_searched_and_what_would_have_been_found():
    one = gate(
        estimate(0.38, -1.0, 1.0),
        Criterion(max=0.05),
        check="weak_slices",
        reading="No slice is proved to lose more. A second sentence that only engineers need.",
        reason="None of 259,276 places looked at is proved to break the limit (at most 0.05). All slices of up to 3 "
        "conditions and at least 162 rows, adjusted together by Holm. With 80 % power a loss of 0.2 would have "
        "been found.",
    )
    text = said(one)
    assert "259,276 cases were looked at; in none of them is the limit (at most 0.05) proved broken." in text
    assert "every part of the rows that up to 3 conditions describe" in text
    assert "In 8 of 10 such tests a loss of 0.2 would have been found." in text
    assert "over the limit of 0.05" in text
    assert "engineers" not in text
