"""Groups against the baseline: worse for one of them while the whole is no worse."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.bias.gaps_grown import gaps_table
from modelcheck.checks.bias.regression import regression
from modelcheck.checks.context import NO_BASELINE
from modelcheck.checks.performance.comparison.places import paired_places
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion


def measured(context_of, rows, baseline, by="sex", **more):
    context = context_of(
        "regression", rows, **{"by": by, "slice": by, "confidence": 0.998, "baseline": baseline} | more
    )
    return regression(dataclasses.replace(context, check="bias.regression"))


def verdict(found, burden=Burden.BREACH):
    return judge(found, Criterion(margin=0.03, confidence=0.998, burden=burden)).verdict.value


@pytest.fixture
def pair(rows_of):
    """Candidate and baseline by the share of each group's rows that they get right."""

    def make(sizes, candidate, baseline, seed=0, **more):
        rng = np.random.default_rng(seed)
        sex = np.repeat(list(sizes), list(sizes.values()))
        truth, luck = rng.random(len(sex)) < 0.4, rng.random(len(sex))
        made = []
        for shares in (candidate, baseline):
            right = luck < np.array([shares[one] for one in sex])
            made.append(rows_of("binary", truth, decision=truth == right, groups={"sex": sex}, **more))
        return made

    return make


def test_a_group_that_gets_worse_is_found_though_the_whole_is_better(pair, context_of):
    rows, baseline = pair({"female": 1000, "male": 9000}, {"female": 0.7, "male": 0.9}, {"female": 0.85, "male": 0.85})
    found = measured(context_of, rows, baseline)
    (finding,) = found.findings
    assert finding.slice == "sex = female"
    assert finding.high < -0.03
    assert found.estimate == found.groups["sex = female"]
    assert verdict(found) == "fail"
    assert "only a look at the groups shows it" in found.reading
    assert 'gates."bias.regression"] slices."sex".margin = 0.03' in finding.reproduce


def test_the_difference_is_that_of_the_same_rows(pair, context_of):
    rows, baseline = pair({"female": 1000, "male": 9000}, {"female": 0.8, "male": 0.9}, {"female": 0.8, "male": 0.88})
    found = measured(context_of, rows, baseline)
    right, before = rows.decision == rows.target, baseline.decision == rows.target
    assert found.groups["sex = male"].value == pytest.approx(right[1000:].mean() - before[1000:].mean())
    (place,) = (one for one in paired_places(rows, baseline, "sex") if one.label == "sex = male")
    assert found.groups["sex = male"] == place.find(0.999)
    assert found.findings == ()
    assert verdict(found) == verdict(found, Burden.COMPLIANCE) == "pass"
    assert "a drop of" in found.searched


def test_only_the_places_of_one_attribute_are_asked_for(binary):
    other = dataclasses.replace(binary, slices={"some": np.ones(2000, dtype=bool)})
    assert {place.name for place in paired_places(other, other)} == {"sex", "race", "some"}
    assert {place.name for place in paired_places(other, other, "race")} == {"race"}


def test_small_groups_are_shown_and_hold_the_gate_open_only_under_a_declared_limit(pair, context_of):
    sizes = {"female": 3000, "male": 3000, "other": 20}
    rows, baseline = pair(sizes, dict.fromkeys(sizes, 0.9), dict.fromkeys(sizes, 0.9), seed=1)
    found = measured(context_of, rows, baseline)
    assert set(found.groups) == {"sex = female", "sex = male"}
    assert "20 rows are too few" in found.tables[0].rows[2][-1]
    declared = measured(context_of, rows, baseline, declared=True)
    assert declared.groups["sex = other"].n_needed == 50
    assert verdict(declared) == "inconclusive"


def test_true_and_false_positive_rates_are_described(pair, context_of):
    rows, baseline = pair({"female": 1000, "male": 9000}, {"female": 0.7, "male": 0.9}, {"female": 0.9, "male": 0.9})
    table = next(one for one in measured(context_of, rows, baseline).tables if one.name == "error rates")
    line = dict(zip(table.columns, table.rows[0], strict=True))
    positive = rows.target[:1000] == 1
    assert (line["group"], line["rate"], line["n"]) == ("female", "true positive rate", positive.sum())
    assert line["candidate"] == pytest.approx(np.mean(rows.decision[:1000][positive]))
    assert line["better by"] == pytest.approx(line["candidate"] - line["baseline"])
    assert line["high"] < 0.0


def test_groups_that_drift_apart_are_described_with_an_interval(pair, context_of):
    rows, baseline = pair({"female": 1000, "male": 9000}, {"female": 0.7, "male": 0.9}, {"female": 0.9, "male": 0.9})
    table = next(one for one in measured(context_of, rows, baseline).tables if one.name == "gaps between groups")
    line = dict(zip(table.columns, table.rows[0], strict=True))
    assert (line["rate"], line["highest"], line["lowest"]) == ("accuracy", "male", "female")
    right, before = rows.decision == rows.target, baseline.decision == rows.target
    assert line["gap"] == pytest.approx(right[1000:].mean() - right[:1000].mean())
    assert line["baseline's gap"] == pytest.approx(before[1000:].mean() - before[:1000].mean())
    assert line["grown by"] == pytest.approx(line["gap"] - line["baseline's gap"])
    # Men's answers are the same; the women's changes alone give the width.
    change = (right.astype(float) - before)[:1000]
    assert (line["high"] - line["low"]) / 2 == pytest.approx(3.1 * change.std() / np.sqrt(1000), rel=0.02)
    assert "changed row" in line["note"]


def test_the_growth_of_a_gap_covers_the_truth(rows_of):
    """200 draws; growth by .1 in truth, in the pair of groups that lies farthest apart anyway."""
    inside = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        sex = np.repeat(["female", "male"], [400, 800])
        weight = rng.uniform(0.5, 1.5, 1200)
        truth = rng.random(1200) < 0.5
        right, before = (
            rng.random(1200) < np.where(sex == "male", 0.9, 0.6),
            rng.random(1200) < np.repeat([0.7, 0.9], [400, 800]),
        )
        rows, baseline = (
            rows_of("binary", truth, decision=truth == side, groups={"sex": sex}, weight=weight)
            for side in (right, before)
        )
        line = gaps_table(rows, baseline, Attribute.of("sex", rows.groups["sex"]), 0.9).rows[0]
        inside += line[6] <= 0.1 <= line[7]
    assert 165 <= inside <= 194


def test_values_are_compared_by_squared_errors(rows_of, context_of):
    rng = np.random.default_rng(0)
    target = rng.normal(size=4000)
    sex = np.repeat(["female", "male"], [1000, 3000])
    noise = rng.normal(size=4000) * 0.3
    baseline = rows_of("regression", target, target + noise, groups={"sex": sex})
    worse = rows_of("regression", target, target + noise * np.where(sex == "female", 3.0, 0.5), groups={"sex": sex})
    found = measured(context_of, worse, baseline)
    assert [one.slice for one in found.findings] == ["sex = female"]
    assert "mean squared error, as a share of the target's variance, higher by" in found.findings[0].title
    assert found.tables[1].name == "gaps between groups"
    assert found.tables[1].rows[0][0] == "mean error"


def test_several_classes_are_compared_by_accuracy(multiclass, context_of):
    blind = dataclasses.replace(multiclass, decision=np.zeros(1500, dtype=np.int16))
    found = measured(context_of, blind, multiclass, by="site")
    assert len(found.findings) == 2
    assert [table.name for table in found.tables] == ["groups", "gaps between groups"]


def test_weights_and_clusters_enter(pair, context_of):
    cluster = (np.arange(10_000) // 10).astype(np.int32)
    shares = {"female": 0.7, "male": 0.9}, {"female": 0.85, "male": 0.9}
    for more in ({"cluster": cluster}, {"weight": np.tile([0.5, 1.5], 5000)}):
        found = measured(context_of, *pair({"female": 1000, "male": 9000}, *shares, **more))
        assert [one.slice for one in found.findings] == ["sex = female"]


def test_no_baseline_is_said(pair, context_of):
    rows, _ = pair({"female": 100, "male": 100}, *[{"female": 0.7, "male": 0.9}] * 2)
    assert measured(context_of, rows, None).not_applicable == NO_BASELINE


def test_the_same_answers_are_a_fact(binary, context_of):
    found = measured(context_of, binary, binary)
    assert "same answers" in found.proved
    assert verdict(found) == "pass"


def test_fewer_than_half_of_the_rows_speak_for_nobody(binary, context_of):
    part = binary.take(np.arange(600))
    worse = dataclasses.replace(part, decision=1 - part.target)
    found = measured(context_of, binary, part, paired=worse)
    assert found.groups == {}
    assert found.findings == ()
    assert found.searched.startswith("The baseline knows 600 rows of 2,000")
    assert verdict(found) == "inconclusive"


def test_one_group_and_other_outputs_are_refused(binary, context_of):
    women = binary.take(binary.groups["sex"].codes == 0)
    assert "nobody to compare" in measured(context_of, women, women).not_applicable
    undecided = dataclasses.replace(binary, decision=None)
    assert "regression needs decisions" in measured(context_of, undecided, binary).not_applicable


def test_groups_that_are_bands_of_numbers_keep_their_places(pair, context_of):
    rows, baseline = pair({"< 25": 1000, ">= 25": 9000}, {"< 25": 0.6, ">= 25": 0.9}, {"< 25": 0.9, ">= 25": 0.9})
    groups = {"age": rows.groups["sex"]}
    rows, baseline = (dataclasses.replace(side, groups=groups) for side in (rows, baseline))
    found = measured(context_of, rows, baseline, by="age")
    assert [one.slice for one in found.findings] == ["age = < 25"]
    assert found.groups["age = >= 25"].value == 0.0


def test_a_group_without_rows_moves_nobody_to_another_place(pair, context_of):
    sizes = {"a": 10, "b": 1000, "c": 9000}
    rows, baseline = pair(sizes, {"a": 1.0, "b": 0.6, "c": 0.9}, dict.fromkeys(sizes, 0.9))
    found = measured(context_of, *(side.take(np.arange(10, 10_010)) for side in (rows, baseline)))
    assert [one.slice for one in found.findings] == ["sex = b"]
    assert [row[0] for row in found.tables[0].rows] == ["b", "c"]
