"""A verdict follows from interval, limit and burden of proof alone."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion, Estimate, Evidence, Verdict


def _estimate(value, low, high, n=1000, **changes):
    fields = {"metric": "roc_auc", "confidence": 0.95, "n": n, "method": "DeLong", **changes}
    return Estimate(value=value, low=low, high=high, **fields)


def _verdict(estimate, **criterion):
    return judge(Evidence(estimate=estimate), Criterion(**criterion)).verdict


def test_an_interval_wholly_below_the_minimum_fails_under_both_burdens():
    estimate = _estimate(0.70, 0.66, 0.74)
    for burden in Burden:
        assert _verdict(estimate, min=0.75, burden=burden) is Verdict.FAIL


def test_an_interval_wholly_above_the_minimum_passes_under_both_burdens():
    estimate = _estimate(0.80, 0.76, 0.84)
    for burden in Burden:
        assert _verdict(estimate, min=0.75, burden=burden) is Verdict.PASS


def test_an_interval_over_the_limit_passes_under_breach_only():
    estimate = _estimate(0.77, 0.74, 0.80)
    assert _verdict(estimate, min=0.75, burden=Burden.BREACH, resolution=0.1) is Verdict.PASS
    assert _verdict(estimate, min=0.75, burden=Burden.COMPLIANCE, resolution=0.1) is Verdict.INCONCLUSIVE


def test_a_missed_limit_that_is_not_proved_broken_is_inconclusive_and_says_how_many_rows():
    judged = judge(Evidence(estimate=_estimate(0.74, 0.71, 0.77)), Criterion(min=0.75))
    assert judged.verdict is Verdict.INCONCLUSIVE
    # (0.03 / 0.01)^2 * 1000 rows
    assert "9,000 rows would decide this" in judged.reason


def test_a_met_limit_without_resolution_is_inconclusive():
    wide = _estimate(0.90, 0.60, 0.98, n=12)
    judged = judge(Evidence(estimate=wide), Criterion(min=0.75, resolution=0.05))
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "asked: 0.05" in judged.reason


@pytest.mark.parametrize(
    "estimate",
    [
        _estimate(None, None, None, n=0),
        _estimate(math.nan, None, None),
        _estimate(1.0, 1.0, 1.0),
        _estimate(0.9, None, None),
        _estimate(0.9, 0.85, 0.95, unproven="7 clusters; 10 are needed"),
    ],
)
def test_what_proves_nothing_is_inconclusive(estimate):
    assert _verdict(estimate, min=0.5) is Verdict.INCONCLUSIVE


def test_a_maximum_mirrors_a_minimum():
    estimate = _estimate(0.30, 0.26, 0.34)
    assert _verdict(estimate, max=0.25) is Verdict.FAIL
    assert _verdict(estimate, max=0.35) is Verdict.PASS
    assert _verdict(estimate, max=0.29) is Verdict.INCONCLUSIVE


def test_a_band_needs_both_sides():
    criterion = {"min": -1.0, "max": 1.0, "resolution": 1.0}
    assert _verdict(_estimate(0.0, -0.2, 0.2), **criterion) is Verdict.PASS
    assert _verdict(_estimate(1.5, 1.2, 1.8), **criterion) is Verdict.FAIL
    assert _verdict(_estimate(-1.5, -1.8, -1.2), **criterion) is Verdict.FAIL


def test_one_failing_group_fails_the_gate_and_is_named():
    groups = {"a": _estimate(0.8, 0.77, 0.83), "b": _estimate(0.6, 0.55, 0.65)}
    judged = judge(Evidence(estimate=groups["b"], groups=groups), Criterion(min=0.7))
    assert judged.verdict is Verdict.FAIL
    assert "b:" in judged.reason
    assert "a:" not in judged.reason


def test_a_plain_fact_against_the_model_fails_whatever_the_interval_says():
    evidence = Evidence(estimate=_estimate(0.8, 0.77, 0.83), disproved="the model gives one answer for all rows")
    assert judge(evidence, Criterion(min=0.0)).verdict is Verdict.FAIL


def test_without_a_limit_there_is_no_verdict():
    assert judge(Evidence(estimate=_estimate(0.8, 0.77, 0.83)), None).verdict is None


def test_what_does_not_apply_is_never_a_pass():
    judged = judge(Evidence(not_applicable="first run, no baseline"), Criterion(min=0.0))
    assert judged.verdict is Verdict.NOT_APPLICABLE
    assert judged.reason == "first run, no baseline"


_numbers = st.floats(-10, 10, allow_nan=False)


@given(centre=_numbers, below=st.floats(0.01, 5), above=st.floats(0.01, 5), limit=_numbers)
def test_compliance_is_never_more_lenient_than_breach(centre, below, above, limit):
    estimate = _estimate(centre, centre - below, centre + above)
    lenient = _verdict(estimate, min=limit, burden=Burden.BREACH)
    strict = _verdict(estimate, min=limit, burden=Burden.COMPLIANCE)
    assert strict is lenient or (lenient is Verdict.PASS and strict is Verdict.INCONCLUSIVE)


@given(centre=_numbers, below=st.floats(0.01, 5), above=st.floats(0.01, 5), limit=_numbers, step=st.floats(0, 3))
def test_a_stricter_limit_never_turns_a_failure_into_a_pass(centre, below, above, limit, step):
    estimate = _estimate(centre, centre - below, centre + above)
    if _verdict(estimate, min=limit) is Verdict.FAIL:
        assert _verdict(estimate, min=limit + step) is Verdict.FAIL


@given(centre=_numbers, below=st.floats(0.01, 5), above=st.floats(0.01, 5), limit=_numbers)
def test_mirroring_everything_keeps_the_verdict(centre, below, above, limit):
    estimate = _estimate(centre, centre - below, centre + above)
    mirrored = replace(estimate, value=-centre, low=-centre - above, high=-centre + below)
    assert _verdict(estimate, min=limit) is _verdict(mirrored, max=-limit)


def _difference(value, low, high, **changes):
    return _estimate(value, low, high, metric="roc_auc_difference", n=5000, **changes)


def test_a_margin_judges_how_much_worse_the_candidate_is():
    assert _verdict(_difference(-0.03, -0.04, -0.02), margin=0.01) is Verdict.FAIL
    assert _verdict(_difference(-0.002, -0.008, 0.004), margin=0.01) is Verdict.PASS
    assert _verdict(_difference(-0.02, -0.04, 0.0), margin=0.01) is Verdict.INCONCLUSIVE
    assert _verdict(_difference(0.05, 0.03, 0.07), margin=0.0) is Verdict.PASS


def test_an_improvement_never_fails():
    for burden in Burden:
        assert _verdict(_difference(0.3, -0.5, 0.9), margin=0.0, burden=burden) is not Verdict.FAIL


def test_a_worse_candidate_is_told_without_signs():
    judged = judge(Evidence(estimate=_difference(-0.0291, -0.0403, -0.0179)), Criterion(margin=0.01))
    assert judged.reason.startswith(
        "The candidate is worse than the baseline by 0.029 (95 % interval 0.040 worse to 0.018 worse, n 5,000)"
    )
    assert "margin of 0.01: the whole interval lies beyond it" in judged.reason


def test_a_small_difference_needs_rows_that_would_have_shown_the_margin_broken():
    criterion = Criterion(margin=0.01, resolution=0.01)
    # Half a width of 0.02 at 95 % shows what is 0.0286 beyond the margin, with 80 % power.
    wide = judge(Evidence(estimate=_difference(-0.001, -0.021, 0.019)), criterion)
    assert wide.verdict is Verdict.INCONCLUSIVE
    assert (
        "only a drop of 0.039 or more would have been found (asked: 0.02, margin and resolution together)"
        in wide.reason
    )
    narrow = judge(Evidence(estimate=_difference(-0.007, -0.0135, -0.0005)), criterion)
    assert narrow.verdict is Verdict.PASS
    assert "a drop of 0.019 would have been found with 80 % power" in narrow.reason


def test_a_search_fails_where_a_place_is_proved_bad_and_passes_otherwise():
    bad, open_, good = (_difference(*x) for x in ((-0.09, -0.12, -0.06), (-0.05, -0.09, -0.01), (0.0, -0.01, 0.01)))
    criterion = Criterion(margin=0.03)
    found = Evidence(estimate=bad, groups={"a": bad, "b": open_}, searched="2 of 2 were looked at.")
    judged = judge(found, criterion)
    assert judged.verdict is Verdict.FAIL
    assert "Of 2 places looked at 1 fails.\na: The candidate is worse" in judged.reason
    nothing = judge(replace(found, groups={"b": open_, "c": good}), criterion)
    assert nothing.verdict is Verdict.PASS
    assert nothing.reason.endswith("2 of 2 were looked at.")


def test_a_search_with_nowhere_to_look_is_inconclusive():
    judged = judge(Evidence(searched="all groups have fewer than 50 rows."), Criterion(margin=0.03))
    assert (judged.verdict, judged.reason) == (Verdict.INCONCLUSIVE, "all groups have fewer than 50 rows.")


def test_a_plain_fact_for_the_model_passes_whatever_the_interval_says():
    evidence = Evidence(estimate=_difference(0.0, -0.5, 0.5), proved="both answer alike.")
    for burden in Burden:
        assert judge(evidence, Criterion(margin=0.01, resolution=0.01, burden=burden)).verdict is Verdict.PASS
    assert judge(evidence, None).verdict is None


def test_with_a_margin_of_nothing_only_proof_counts():
    judged = judge(Evidence(estimate=_difference(0.004, -0.001, 0.009)), Criterion(margin=0.0, resolution=0.0))
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "That meets the condition not to be worse at all, but the interval doesn't prove it kept" in judged.reason


def test_a_doubt_about_a_comparison_is_told_without_its_metric():
    doubtful = _difference(-0.63, -0.9, -0.3, unproven="4 positive rows are too few")
    judged = judge(Evidence(estimate=doubtful), Criterion(margin=0.01))
    assert judged.reason == "The candidate is worse than the baseline by 0.63, but 4 positive rows are too few."


def test_a_value_on_the_limit_gets_no_number_of_rows_to_hope_for():
    judged = judge(Evidence(estimate=_estimate(0.7501, 0.72, 0.78)), Criterion(min=0.75, burden=Burden.COMPLIANCE))
    assert "Even a hundred times as many rows would hardly decide this." in judged.reason


def _searched(*estimates, **more):
    return Evidence(groups={f"p{place}": one for place, one in enumerate(estimates)}, searched="Looked.", **more)


def test_a_search_is_no_proof_for_whoever_has_to_prove():
    kept, open_ = _estimate(0.02, 0.01, 0.03), _estimate(0.04, 0.02, 0.07)
    assert judge(_searched(kept, open_), Criterion(max=0.05)).verdict is Verdict.PASS
    strict = Criterion(max=0.05, burden=Burden.COMPLIANCE)
    assert judge(_searched(kept, open_), strict).verdict is Verdict.INCONCLUSIVE
    assert judge(_searched(kept, kept), strict).verdict is Verdict.PASS


def test_a_search_that_could_prove_nothing_anywhere_was_none():
    few = _estimate(0.02, 0.0, 0.5, unproven="7 clusters are too few for a trustworthy interval", n_needed=10)
    judged = judge(_searched(few), Criterion(max=0.05))
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "7 clusters are too few" in judged.reason
    assert judge(_searched(few, _estimate(0.02, 0.01, 0.03)), Criterion(max=0.05)).verdict is Verdict.PASS


def test_what_was_declared_and_not_looked_at_leaves_open_what_would_pass_or_not_apply():
    kept, limit = _estimate(0.02, 0.01, 0.03), Criterion(max=0.05)
    for evidence in (
        Evidence(unseen="job: words."),
        Evidence(unseen="job: words.", estimate=kept),
        Evidence(unseen="job: words.", not_applicable="nobody to ask"),
        Evidence(unseen="job: words.", proved="a fact"),
        _searched(kept, unseen="job: words."),
    ):
        judged = judge(evidence, limit)
        assert judged.verdict is Verdict.INCONCLUSIVE
        assert judged.reason.startswith("job: words.")
    assert judge(Evidence(unseen="job: words.", estimate=_estimate(0.2, 0.1, 0.3)), limit).verdict is Verdict.FAIL
    assert judge(Evidence(unseen="job: words."), None).verdict is None


def test_one_group_that_was_looked_at_speaks_for_itself():
    judged = judge(Evidence(groups={"age": _estimate(0.02, 0.01, 0.03)}, looked_at=1), Criterion(max=0.05))
    assert judged.verdict is Verdict.PASS
    assert judged.reason.startswith("age: ")


@pytest.mark.parametrize(("burden", "needed"), [(Burden.BREACH, 157), (Burden.COMPLIANCE, 122)])
def test_a_rate_of_none_of_five_says_how_many_rows_would_decide(burden, needed):
    # 1 - .002 ** (1 / 122) is the first to lie under .05; to find a breach of .05 with 80 % power takes more.
    none = _estimate(0.0, 0.0, 1.0 - 0.002 ** (1 / 5), n=5, metric="rate", confidence=0.996)
    judged = judge(Evidence(estimate=none), Criterion(max=0.05, confidence=0.996, resolution=0.05, burden=burden))
    assert judged.verdict is Verdict.INCONCLUSIVE
    told = int(judged.reason.partition("About ")[2].partition(" rows")[0])
    assert told == pytest.approx(needed, abs=2)
