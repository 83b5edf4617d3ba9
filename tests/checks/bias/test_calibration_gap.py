"""Promises of every group: whose don't hold, what small groups and default limits mean for the verdict."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from modelcheck.checks.bias.calibration_gap import calibration_gap
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion, Severity
from modelcheck.stats.calibration.error import calibration_error


def measured(context_of, rows, by="sex", **more):
    context = context_of("calibration_gap", rows, **{"by": by, "slice": by, "confidence": 0.998} | more)
    return calibration_gap(dataclasses.replace(context, check="bias.calibration_gap"))


def verdict(found, burden=Burden.BREACH, limit=0.10):
    return judge(found, Criterion(max=limit, confidence=0.998, burden=burden)).verdict.value


def promised(rows_of, sizes, off, seed=0, **more):
    """Groups whose promises are off by so much."""
    rng = np.random.default_rng(seed)
    sex = np.repeat(list(sizes), list(sizes.values()))
    truth = rng.uniform(0.2, 0.7, len(sex))
    score = truth + np.array([off.get(one, 0.0) for one in sex])
    return rows_of("binary", rng.random(len(sex)) < truth, score, groups={"sex": sex}, **more)


def _worst(found):
    return next(label for label, one in found.groups.items() if one == found.estimate)


def test_the_group_whose_promises_fail_is_found(rows_of, context_of):
    found = measured(context_of, promised(rows_of, {"female": 1000, "male": 9000}, {"female": 0.25}))
    assert found.estimate == found.groups["sex = female"]
    assert found.estimate.low > 0.10
    (finding,) = found.findings
    assert finding.slice == "sex = female"
    assert finding.severity is Severity.BLOCKING
    assert finding.p_adjusted < 0.001
    assert 'gates."bias.calibration_gap"] slices."sex".max = 0.1' in finding.reproduce
    assert verdict(found) == "fail"
    assert "looks sound" in found.reading


def test_groups_whose_promises_hold_pass_and_say_what_would_have_been_found(rows_of, context_of):
    found = measured(context_of, promised(rows_of, {"female": 1000, "male": 9000}, {}))
    assert found.findings == ()
    assert verdict(found) == "pass"
    assert "2 groups by sex were looked at, adjusted together by Holm; with 80 % power a calibration error of" in (
        found.searched
    )


def test_promises_that_fail_everywhere_are_told_as_such(rows_of, context_of):
    rows = promised(rows_of, {"female": 4000, "male": 4000}, {"female": 0.25, "male": 0.25})
    found = measured(context_of, rows, declared=True, limit=0.1)
    assert len(found.findings) == 2
    assert "fail for everybody" in found.reading


def test_by_default_promises_that_fail_everywhere_are_no_matter_of_groups(rows_of, context_of):
    rows = promised(rows_of, {"female": 4000, "male": 4000}, {"female": 0.25, "male": 0.25})
    found = measured(context_of, rows)
    assert found.findings == ()
    assert "put right for all rows together" in found.reading
    assert found.estimate.value < 0.05


def test_the_error_is_that_of_the_groups_own_rows(rows_of, context_of):
    rows = promised(rows_of, {"female": 1000, "male": 9000}, {"female": 0.05})
    own = calibration_error(rows.target[:1000] == 1, rows.score[:1000], confidence=0.999).estimate
    found = measured(context_of, rows, declared=True)
    assert found.groups["sex = female"] == own
    table = found.tables[0]
    line = dict(zip(table.columns, table.rows[0], strict=True))
    assert line["mean promised"] == pytest.approx(rows.score[:1000].mean())
    assert line["mean observed"] == pytest.approx(rows.target[:1000].mean())
    assert line["slope low"] < 1.0 < line["slope high"]


def test_a_small_group_is_shown_and_accuses_nobody(rows_of, context_of):
    rows = promised(rows_of, {"female": 5000, "male": 5000, "other": 20}, {"other": 0.3})
    found = measured(context_of, rows)
    assert "sex = other" not in found.groups
    assert "20 rows are too few to judge (needs 50)" in found.tables[0].rows[2][-1]
    assert "(1 with under 50 rows left unjudged)" in found.searched
    assert verdict(found) == "pass"


def test_where_the_limit_was_declared_every_group_has_to_keep_it(rows_of, context_of):
    rows = promised(rows_of, {"female": 5000, "male": 5000, "other": 20}, {})
    found = measured(context_of, rows, declared=True, limit=0.10)
    assert found.searched == ""
    assert list(found.groups) == ["sex = female", "sex = male", "sex = other"]
    assert found.groups["sex = other"].n_needed == 50
    assert verdict(found) == "inconclusive"


def test_only_tiny_groups_leave_it_open(rows_of, context_of):
    found = measured(context_of, promised(rows_of, {"female": 20, "male": 30}, {}))
    assert found.groups == {}
    assert found.searched == "None of 2 groups by sex has the 50 rows it takes to judge."
    assert verdict(found) == "inconclusive"


def test_each_of_the_largest_groups_has_its_curve(rows_of, context_of):
    sizes = {f"g{place}": 100 + place for place in range(8)}
    found = measured(context_of, promised(rows_of, sizes, {}))
    curves = [chart for chart in found.charts if chart.kind == "reliability"]
    titles = [chart.title for chart in curves]
    assert len(titles) == 3
    assert {f"Reliability curve where sex = g{place}" for place in (6, 7)} <= set(titles)
    assert any(chart.title == f"Reliability curve where {_worst(found)}" for chart in curves)
    assert len({chart.name for chart in found.charts}) == len(found.charts)
    assert "the worst and the largest of 8 groups" in curves[0].reading


def test_several_classes_promise_to_be_right(multiclass, context_of):
    found = measured(context_of, multiclass, by="site", declared=True)
    member = multiclass.groups["site"].codes == 0
    top = multiclass.score.argmax(axis=1)
    own = calibration_error(
        (top == multiclass.target)[member], multiclass.score.max(axis=1)[member], confidence=0.999
    ).estimate
    assert found.groups["site = north"] == own


def test_values_are_measured_in_the_spread_of_all_rows(regression, context_of):
    found = measured(context_of, regression)
    member = regression.groups["sex"].codes == 0
    own = calibration_error(
        regression.target[member],
        regression.score[member],
        confidence=0.999,
        probability=False,
        scale=regression.target.std(),
    ).estimate
    assert found.groups["sex = female"].value == pytest.approx(own.value)
    assert "standard deviations of the target" in found.reading
    assert "slope" not in found.tables[0].columns
    flat = dataclasses.replace(regression, target=np.ones(1200))
    assert "the target doesn't vary" in measured(context_of, flat).estimate.unproven


def test_a_group_without_positives_has_an_error_and_no_slope(rows_of, context_of):
    rows = promised(rows_of, {"female": 500, "male": 500}, {})
    target = rows.target.copy()
    target[:500] = 0
    found = measured(context_of, dataclasses.replace(rows, target=target), declared=True)
    line = dict(zip(found.tables[0].columns, found.tables[0].rows[0], strict=True))
    assert line["value"] > 0.3
    assert line["slope"] is None
    assert found.findings[0].slice == "sex = female"


def test_clusters_and_weights_are_known_to_the_intervals(rows_of, context_of):
    plain = promised(rows_of, {"female": 2000, "male": 2000}, {"female": 0.2})
    tied = dataclasses.replace(plain, cluster=np.repeat(np.arange(200), 20).astype(np.int32))
    heavy = dataclasses.replace(plain, weight=np.tile([0.1, 1.9], 2000))
    assert "by cluster" in measured(context_of, tied).groups["sex = female"].method
    assert "weighted" in measured(context_of, heavy).groups["sex = female"].method
    few = dataclasses.replace(plain, cluster=np.repeat(np.arange(8), 500).astype(np.int32))
    assert "4 clusters are too few" in measured(context_of, few).searched


def test_labels_promise_nothing(rows_of, context_of, binary):
    labels = dataclasses.replace(binary, score=None)
    assert "calibration_gap needs scores" in measured(context_of, labels).not_applicable
    assert "nobody to compare" in measured(context_of, binary.take(binary.groups["sex"].codes == 0)).not_applicable
    assert "no protected attribute" in measured(context_of, binary, by=None).not_applicable
