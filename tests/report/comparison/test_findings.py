"""Findings that came, went and stayed; one that nobody looked for is not gone."""

import pytest

from modelcheck.record.evidence import Finding, Verdict
from modelcheck.report.comparison import compare
from modelcheck.report.comparison.findings import Fate


def finding(title, where=None, effect=0.2, **more):
    return Finding(title=title, slice=where, n=80, effect=effect, low=effect - 0.1, high=effect + 0.1, **more)


def fates(gate, run_of, then, now, verdict=Verdict.PASS):
    old, new = run_of(gate(findings=tuple(then))), run_of(gate(verdict, findings=tuple(now)))
    return [(one.fate, one.latest.title) for one in compare(old, new).findings]


def test_the_same_slice_is_the_same_finding_whatever_numbers_its_title_tells(gate, run_of):
    then = [finding("Loses 12 of 100 rows", "age < 25"), finding("Loses 9 of 100 rows", "city = Rome")]
    now = [finding("Loses 20 of 100 rows", "age < 25"), finding("Loses 7 of 100 rows", "city = Bari")]
    assert fates(gate, run_of, then, now) == [
        (Fate.STILL, "Loses 20 of 100 rows"),
        (Fate.NEW, "Loses 7 of 100 rows"),
        (Fate.GONE, "Loses 9 of 100 rows"),
    ]


def test_without_a_slice_titles_are_equal_but_for_their_numbers(gate, run_of):
    then = [finding("s1 falls by 0.12: 40 of 100 rows"), finding("s2 falls by 0.12: 40 of 100 rows")]
    now = [finding("s2 falls by 0.3: 1,200 of 2e3 rows"), finding("s3 falls by 0.3: 9 of 10 rows")]
    assert [fate for fate, _ in fates(gate, run_of, then, now)] == [Fate.STILL, Fate.NEW, Fate.GONE]


def test_what_could_be_several_is_not_paired(gate, run_of):
    then = [finding("falls by 1"), finding("falls by 2")]
    assert [fate for fate, _ in fates(gate, run_of, then, [finding("falls by 3")])] == [Fate.NEW, Fate.GONE, Fate.GONE]


def test_equal_findings_are_paired_one_by_one(gate, run_of):
    same = [finding("weak", "a = 1")] * 3
    assert [fate for fate, _ in fates(gate, run_of, same, same[:2])] == [Fate.STILL, Fate.STILL, Fate.GONE]


@pytest.mark.parametrize("verdict", [Verdict.ERROR, Verdict.NOT_RUN, Verdict.NOT_APPLICABLE])
def test_where_the_gate_measured_nothing_findings_are_not_gone(gate, run_of, verdict):
    assert fates(gate, run_of, [finding("weak")], [], verdict) == [(Fate.NOT_LOOKED_FOR, "weak")]


def test_findings_of_a_gate_that_is_missing_are_not_gone_and_new_ones_may_be_old(gate, run_of):
    weak = run_of(gate(findings=(finding("weak"),)))
    (lost,) = compare(weak, run_of()).findings
    assert lost.fate is Fate.NOT_LOOKED_FOR
    (came,) = compare(run_of(gate(Verdict.ERROR)), weak).findings
    assert (came.fate, came.looked_then) == (Fate.NEW, False)


def test_real_runs(healthy, worse):
    found = compare(healthy, worse).findings
    by_fate = {fate: {one.gate for one in found if one.fate is fate} for fate in Fate}
    assert "performance::miscalibrated_slices" in by_fate[Fate.NEW]
    assert "bias::demographic_parity_difference::size" in by_fate[Fate.GONE]
    assert {one.fate for one in compare(worse, worse).findings} == {Fate.STILL}
