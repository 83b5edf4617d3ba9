"""Worse than the baseline for somebody: Holm's intervals, findings, and what too few rows leave open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.context import NO_BASELINE
from modelcheck.checks.performance.comparison.paired import paired
from modelcheck.checks.performance.comparison.regression_by_slice import regression_by_slice
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion, Severity, Verdict

CRITERION = Criterion(margin=0.03)


def places(evidence):
    (table,) = evidence.tables
    return {line[0]: dict(zip(table.columns, line, strict=True)) for line in table.rows}


@pytest.fixture
def sides(rows_of):
    """4,000 rows: right in 85 %; the candidate is far worse in region c, a tenth of them, and the same elsewhere."""
    rng = np.random.default_rng(0)
    n = 4000
    region = rng.choice(list("abcd"), n, p=[0.4, 0.3, 0.1, 0.2])
    target = rng.integers(0, 2, n)
    before, fresh = (np.where(rng.random(n) < 0.85, target, 1 - target) for _ in range(2))
    after = np.where(rng.random(n) < 0.1, fresh, before)
    after = np.where((region == "c") & (rng.random(n) < 0.25), 1 - target, after)
    groups = {"region": region, "sex": rng.choice(["female", "male"], n)}
    candidate, baseline = (rows_of("binary", target, decision=answer, groups=groups) for answer in (after, before))
    return replace(candidate, slices={"few": np.arange(n) < 40, "half": np.arange(n) % 2 == 0}), baseline


def compare(context_of, sides, **more):
    more = {"baseline": sides[1], "baseline_note": "", "limit": -0.03} | more
    return regression_by_slice(context_of("regression_by_slice", sides[0], **more))


def test_without_a_baseline_it_does_not_apply(binary, context_of):
    assert regression_by_slice(context_of("regression_by_slice", binary)).not_applicable == NO_BASELINE


def test_without_groups_and_slices_it_says_what_to_declare(sides, context_of):
    found = compare(context_of, (replace(sides[0], groups={}, slices={}), sides[1]))
    assert found.not_applicable.startswith("no protected attribute and no slice is declared: ")


def test_the_group_that_got_worse_is_found_and_the_gate_fails(sides, context_of):
    found = compare(context_of, sides)
    (finding,) = found.findings
    assert finding.slice == "region = c"
    assert finding.severity is Severity.BLOCKING
    assert finding.high < -0.03
    assert finding.p_adjusted < 0.001
    assert finding.reproduce == ('in modelcheck.toml: [gates."performance.accuracy"] slices."region".margin = 0.03')
    assert found.estimate == found.groups["region = c"]
    verdict = judge(found, CRITERION)
    assert verdict.verdict is Verdict.FAIL
    assert "region = c" in verdict.reason


def test_differences_are_those_of_the_groups_own_rows(sides, context_of):
    found = places(compare(context_of, sides))
    assert list(found) == [
        *(f"region = {label}" for label in "abcd"),
        "sex = female",
        "sex = male",
        "slice few",
        "slice half",
    ]
    own, other = ((side.decision == side.target) for side in sides)
    groups = sides[0].groups["region"]
    for code, label in enumerate(groups.labels):
        member = groups.codes == code
        line = found[f"region = {label}"]
        assert (line["rows"], line["candidate"], line["baseline"]) == pytest.approx(
            (member.sum(), own[member].mean(), other[member].mean())
        )
        assert line["difference"] == pytest.approx(own[member].mean() - other[member].mean())


def test_intervals_are_the_paired_ones_at_holms_levels(sides, context_of):
    found = compare(context_of, sides)
    groups = sides[0].groups["region"]
    # Seven places are judged; one is rejected at once, the rest are left at six.
    for label, share in (("c", 7), ("a", 6)):
        member = groups.codes == groups.labels.index(label)
        alone = paired("accuracy", *(side.take(member) for side in sides), 1 - 0.05 / share)
        item = found.groups[f"region = {label}"]
        assert item.confidence == pytest.approx(alone.confidence)
        assert (item.value, item.low, item.high) == pytest.approx((alone.value, alone.low, alone.high))


def test_a_p_value_at_or_below_alpha_is_a_finding_and_no_other(sides, context_of):
    for limit in (0.0, -0.03, -0.09, -0.12, -0.2):
        found = compare(context_of, sides, limit=limit)
        small = {label for label, line in places(found).items() if (line["adjusted p"] or 1.0) <= 0.025}
        assert {finding.slice for finding in found.findings} == small


def test_small_places_stand_in_the_table_unjudged(sides, context_of):
    found = compare(context_of, sides)
    line = places(found)["slice few"]
    assert (line["rows"], line["low"], line["note"]) == (40, None, "too few rows to judge (needs 50)")
    assert line["difference"] is not None
    assert "slice few" not in found.groups
    assert found.searched.startswith(
        "7 groups and slices were looked at, adjusted together by Holm; with 80 % power a drop of 0.0"
    )


def test_an_improvement_never_fails_and_the_search_says_what_it_could_see(sides, context_of):
    found = compare(context_of, (replace(sides[0], decision=sides[0].target), sides[1]))
    assert found.findings == ()
    verdict = judge(found, CRITERION)
    assert verdict.verdict is Verdict.PASS
    assert "80 % power" in verdict.reason


def test_where_nobody_has_enough_rows_nothing_is_judged(sides, context_of):
    part = tuple(side.take(np.arange(60)) for side in sides)
    found = compare(context_of, (replace(part[0], slices={}, groups={"region": part[0].groups["region"]}), part[1]))
    assert found.estimate is None
    assert judge(found, CRITERION).verdict is Verdict.INCONCLUSIVE
    assert "50 rows" in judge(found, CRITERION).reason


def test_too_few_clusters_judge_nobody(sides, context_of):
    cluster = (np.arange(4000) % 8).astype(np.int32)
    found = compare(context_of, tuple(replace(side, cluster=cluster) for side in sides))
    assert found.groups == {}
    assert found.findings == ()
    assert judge(found, CRITERION).verdict is Verdict.INCONCLUSIVE
    assert "8 clusters are too few" in found.searched


def test_the_default_margin_is_three_points(sides, context_of):
    assert compare(context_of, sides, limit=None).groups == compare(context_of, sides).groups


def test_values_are_compared_in_shares_of_the_targets_variance(regression, context_of):
    rng = np.random.default_rng(0)
    noise = rng.normal(size=len(regression)) * 8
    worse = replace(regression, score=regression.score + noise * (regression.groups["sex"].codes == 0))
    found = compare(context_of, (worse, regression))
    (finding,) = found.findings
    assert finding.slice == "sex = female"
    member = regression.groups["sex"].codes == 0
    errors = [np.mean((side.target - side.score)[member] ** 2) / np.var(side.target) for side in (worse, regression)]
    line = places(found)["sex = female"]
    assert (line["candidate"], line["baseline"]) == pytest.approx(tuple(errors))
    assert finding.effect == pytest.approx(errors[1] - errors[0])
    assert "mean squared error" in finding.title
    same = places(found)["sex = male"]
    assert same["difference"] == 0
    assert same["low"] < 0 < same["high"]


def test_the_unit_of_the_target_does_not_matter(regression, context_of):
    rng = np.random.default_rng(0)
    other = replace(regression, score=regression.score + rng.normal(size=len(regression)))
    plain = compare(context_of, (regression, other)).groups
    scaled = tuple(replace(side, target=side.target * 1e6, score=side.score * 1e6) for side in (regression, other))
    for label, item in compare(context_of, scaled).groups.items():
        assert (item.value, item.low, item.high) == pytest.approx(
            (plain[label].value, plain[label].low, plain[label].high)
        )


def test_a_target_that_does_not_vary_proves_nothing(rows_of, context_of):
    groups = {"g": np.arange(200) % 2}
    sides = tuple(rows_of("regression", np.ones(200), np.full(200, value), groups=groups) for value in (1.0, 2.0))
    found = compare(context_of, sides)
    assert found.groups == {}
    assert "does not vary" in found.searched


def test_more_than_two_classes_are_compared_by_accuracy(multiclass, context_of):
    wrong = replace(multiclass, decision=((multiclass.target + 1) % 3).astype(np.int16))
    found = compare(context_of, (wrong, multiclass))
    assert {finding.slice for finding in found.findings} == {"site = north", "site = south"}


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_no_rows_raise_nothing(task, context_of, request):
    rows = request.getfixturevalue(task)
    rows = rows.take(np.zeros(len(rows), dtype=bool))
    found = compare(context_of, (rows, rows))
    assert (found.estimate, found.groups) == (None, {})
    assert {line["note"] for line in places(found).values()} == {"no rows"}


def test_partial_overlap_is_said(sides, context_of):
    half = np.arange(4000) < 2000
    found = regression_by_slice(
        context_of(
            "regression_by_slice",
            sides[0],
            paired=sides[0].take(half),
            baseline=sides[1].take(half),
            baseline_note="Compared on 2,000 of 4,000 rows.",
        )
    )
    assert found.reading.endswith("Compared on 2,000 of 4,000 rows.")
    assert sum(line["rows"] for label, line in places(found).items() if label.startswith("region")) == 2000


def test_a_search_on_fewer_than_half_of_the_rows_stays_open(context_of, binary):
    part = binary.take(np.arange(900))
    found = regression_by_slice(context_of("regression_by_slice", binary, baseline=part, paired=part))
    assert not found.groups
    assert not found.findings
    assert found.searched.startswith("The baseline knows 900 rows of 2,000")
