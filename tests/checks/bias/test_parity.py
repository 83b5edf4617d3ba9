"""Groups compared pair by pair, by what happens to their people."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.bias.parity.parity import GATES, parity
from modelcheck.checks.bias.parity.told import pair_words
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion, Severity, Verdict

CLASSES = [name for name in GATES if name != "error_difference"]


def _rows(rows_of, n=4000, seed=0, shift=0.0, groups=("a", "b"), sizes=None, **more):
    """A binary model that decides for the second group more often, by `shift`, whatever the truth."""
    rng = np.random.default_rng(seed)
    group = rng.choice(groups, size=n, p=sizes)
    truth = rng.random(n) < 0.4
    chance = np.where(truth, 0.7, 0.2) + shift * (group == groups[-1])
    return rows_of("binary", truth, rng.random(n), rng.random(n) < chance, groups={"sex": group}, **more)


def _run(context_of, rows, check, **more):
    return parity(replace(context_of(check, rows, by="sex", **more), check=f"bias.{check}"))


@pytest.mark.parametrize("check", CLASSES)
def test_values_are_those_of_the_count_table(rows_of, context_of, check):
    rows = _rows(rows_of, shift=0.15)
    a = rows.groups["sex"].codes == 0
    chosen, truth = rows.decision == 1, rows.target == 1

    def gap(success, within):
        return abs(success[within & a].mean() - success[within & ~a].mean())

    every = np.ones(len(rows), dtype=bool)
    shares = sorted(chosen[mask].mean() for mask in (a, ~a))
    expected = {
        "demographic_parity_difference": gap(chosen, every),
        "demographic_parity_ratio": shares[0] / shares[1],
        "equal_opportunity_difference": gap(chosen, truth),
        "equalized_odds_difference": max(gap(chosen, truth), gap(chosen, ~truth)),
        "predictive_parity_difference": gap(truth, chosen),
        "accuracy_difference": gap(chosen == truth, every),
    }[check]
    found = _run(context_of, rows, check)
    assert found.estimate.value == pytest.approx(expected, abs=1e-12)
    assert found.estimate.low <= expected <= found.estimate.high
    assert found.looked_at == (2 if check == "equalized_odds_difference" else 1)


def test_a_gap_that_is_proved_is_a_finding_that_names_both_groups(rows_of, context_of):
    found = _run(context_of, _rows(rows_of, shift=0.25), "demographic_parity_difference", limit=0.1)
    (finding,) = found.findings
    assert "sex = a" in finding.title
    assert "sex = b" in finding.title
    assert finding.severity is Severity.WARNING
    assert finding.p_adjusted < 1e-6
    assert finding.low > 0.1
    assert 'slices."sex".max = 0.1' in finding.reproduce
    assert judge(found, Criterion(max=0.1)).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("check", "limit", "rule", "convention"),
    [
        ("demographic_parity_difference", 0.1, "at most 0.1 is allowed", "at most 0.1"),
        ("demographic_parity_ratio", 0.8, "at least 0.8 is asked", "at least 0.8"),
    ],
)
def test_a_finding_that_no_limit_judges_names_a_convention(rows_of, context_of, check, limit, rule, convention):
    rows = _rows(rows_of, shift=0.3)
    (told,), (judged,) = (_run(context_of, rows, check, **more).findings for more in ({}, {"limit": limit}))
    assert told.title.endswith(f"(a common convention: {convention})")
    assert judged.title.endswith(f"({rule})")


def test_a_gap_within_the_limit_passes_and_says_what_would_have_shown(rows_of, context_of):
    found = _run(context_of, _rows(rows_of), "demographic_parity_difference", limit=0.1)
    assert found.findings == ()
    judgement = judge(found, Criterion(max=0.1))
    assert judgement.verdict is Verdict.PASS
    assert "80 % power" in judgement.reason


def test_the_ratio_is_of_the_smaller_share_whichever_group_has_it(rows_of, context_of):
    one = _run(context_of, _rows(rows_of, shift=0.2), "demographic_parity_ratio", limit=0.8)
    two = _run(context_of, _rows(rows_of, shift=0.2, groups=("b", "a")), "demographic_parity_ratio", limit=0.8)
    assert one.estimate.value == pytest.approx(two.estimate.value)
    assert (one.estimate.low, one.estimate.high) == pytest.approx((two.estimate.low, two.estimate.high))
    assert one.estimate.high <= 1.0
    assert judge(one, Criterion(min=0.8)).verdict is Verdict.FAIL


def test_equal_shares_have_a_ratio_interval_that_ends_at_one(rows_of, context_of):
    found = _run(context_of, _rows(rows_of), "demographic_parity_ratio", limit=0.8).estimate
    assert found.high == 1.0
    assert 0.8 < found.low < found.value


def test_many_groups_are_judged_together(rows_of, context_of):
    groups = tuple("abcdefgh")
    found = _run(context_of, _rows(rows_of, n=8000, groups=groups), "demographic_parity_difference")
    assert found.looked_at == 28
    assert found.estimate.confidence == pytest.approx(1 - 0.05 / 28)
    pair = _run(context_of, _rows(rows_of, n=8000, groups=("a", "b")), "demographic_parity_difference")
    assert pair.estimate.confidence == pytest.approx(0.95)


def test_all_intervals_hold_together_whatever_is_proved(rows_of, context_of):
    rows = _rows(rows_of, shift=0.28, groups=("a", "b", "c"))
    found = _run(context_of, rows, "demographic_parity_difference", limit=0.1)
    assert len(found.findings) == 2
    assert [one.confidence for one in found.groups.values()] == pytest.approx([1 - 0.05 / 3] * 3)


def test_a_group_without_positive_rows_is_left_out_by_name(rows_of, context_of):
    truth = np.r_[np.zeros(100), np.ones(60), np.zeros(140), np.ones(60), np.zeros(40)]
    groups = np.r_[np.full(100, "none"), np.full(200, "a"), np.full(100, "b")]
    rows = rows_of("binary", truth, np.linspace(0, 1, 400), groups={"sex": groups})
    found = _run(context_of, rows, "equal_opportunity_difference")
    assert found.looked_at == 1
    (table,) = (one for one in found.tables if one.name == "by sex")
    (line,) = (row for row in table.rows if row[1] == "none")
    assert line[3:5] == (0, None)
    assert "no rows whose truth is the class" in line[-1]


def test_no_two_groups_with_positives_are_not_applicable(rows_of, context_of):
    truth = np.r_[np.zeros(100), np.ones(60), np.zeros(40)]
    rows = rows_of(
        "binary", truth, np.linspace(0, 1, 200), groups={"sex": np.r_[np.full(100, "none"), np.full(100, "a")]}
    )
    found = _run(context_of, rows, "equal_opportunity_difference")
    assert "sex = none" in found.not_applicable
    assert "no rows whose truth is the class" in found.not_applicable


def test_one_group_only_has_nobody_to_compare_with(rows_of, context_of):
    rows = rows_of("binary", [0, 1], [0.2, 0.8], groups={"sex": ["a", "a"]})
    assert "nobody to compare" in _run(context_of, rows, "accuracy_difference").not_applicable


def test_a_missing_value_is_a_group_of_its_own(rows_of, context_of):
    rows = _rows(rows_of, groups=("a", "b", "(missing)"))
    found = _run(context_of, rows, "accuracy_difference")
    assert found.looked_at == 3
    assert any("(missing)" in label for label in found.groups)


def test_nobody_chosen_in_either_group_proves_no_ratio(rows_of, context_of):
    rows = rows_of("binary", [0, 1] * 100, np.full(200, 0.1), groups={"sex": ["a"] * 100 + ["b"] * 100})
    found = _run(context_of, rows, "demographic_parity_ratio", limit=0.8, declared=True)
    assert found.estimate.value is None
    assert "happens to nobody" in found.estimate.unproven
    default = _run(context_of, rows, "demographic_parity_ratio", limit=0.8)
    assert "happens to nobody in either group" in judge(default, Criterion(min=0.8)).reason
    assert judge(found, Criterion(min=0.8)).verdict is Verdict.INCONCLUSIVE


def test_several_classes_are_compared_one_by_one(rows_of, context_of):
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b"], size=3000)
    decided = np.where((group == "b") & (rng.random(3000) < 0.5), 2, rng.integers(0, 3, 3000))
    rows = rows_of(
        "multiclass", rng.integers(0, 3, 3000), None, decided, classes=("x", "y", "z"), groups={"sex": group}
    )
    found = _run(context_of, rows, "demographic_parity_difference", limit=0.1)
    assert found.looked_at == 3
    assert found.estimate.value == pytest.approx(
        abs((decided[group == "a"] == 2).mean() - (decided[group == "b"] == 2).mean())
    )
    assert "get the decision z" in found.reading
    assert any("selection_rate of z" in (one.slice or "") for one in found.findings)


def test_accuracy_has_one_value_whatever_the_classes(rows_of, context_of):
    rng = np.random.default_rng(0)
    rows = rows_of(
        "multiclass",
        rng.integers(0, 3, 900),
        None,
        rng.integers(0, 3, 900),
        groups={"sex": rng.choice(["a", "b"], 900)},
    )
    assert _run(context_of, rows, "accuracy_difference").looked_at == 1


def test_errors_of_values_are_compared_in_the_targets_unit(rows_of, context_of):
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b"], size=2000)
    truth = rng.normal(100, 20, 2000)
    rows = rows_of("regression", truth, truth + rng.normal(0, 5, 2000) + 4.0 * (group == "b"), groups={"sex": group})
    found = _run(context_of, rows, "error_difference", limit=1.0, declared=True)
    error = rows.score - truth
    assert found.estimate.value == pytest.approx(error[group == "b"].mean() - error[group == "a"].mean())
    assert judge(found, Criterion(max=1.0)).verdict is Verdict.FAIL
    assert found.findings[0].severity is Severity.BLOCKING
    assert "mean error" in found.reading


def test_errors_without_a_limit_are_told_and_not_judged(rows_of, context_of):
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 1, 200)
    rows = rows_of(
        "regression", truth, truth + 1e9 * rng.normal(0, 1, 200), groups={"sex": rng.choice(["a", "b"], 200)}
    )
    found = _run(context_of, rows, "error_difference")
    assert found.findings == ()
    assert math.isfinite(found.estimate.value)


def test_weights_change_the_shares(rows_of, context_of):
    rows = _rows(rows_of, shift=0.1, weight=np.where(np.arange(4000) % 2, 3.0, 1.0))
    a = rows.groups["sex"].codes == 0
    share = [np.average(rows.decision[mask], weights=rows.weight[mask]) for mask in (a, ~a)]
    found = _run(context_of, rows, "demographic_parity_difference")
    assert found.estimate.value == pytest.approx(abs(share[0] - share[1]), abs=1e-12)
    assert "weighted" in found.estimate.method


def test_clusters_that_straddle_groups_are_counted_and_too_few_prove_nothing(rows_of, context_of):
    many = _run(context_of, _rows(rows_of, shift=0.3, cluster=np.arange(4000) // 10), "demographic_parity_difference")
    assert "cluster" in many.estimate.method
    assert many.findings
    few = _run(context_of, _rows(rows_of, shift=0.3, cluster=np.arange(4000) // 500), "demographic_parity_difference")
    assert few.findings == ()
    assert "cluster" in few.estimate.unproven
    assert judge(few, Criterion(max=0.1)).verdict is Verdict.INCONCLUSIVE
    assert "8 clusters are too few" in judge(few, Criterion(max=0.1)).reason


def test_a_declared_limit_must_be_kept_by_every_pair(rows_of, context_of):
    rows = _rows(rows_of, n=500, groups=("a", "b", "tiny"), sizes=(0.49, 0.49, 0.02))
    declared = _run(context_of, rows, "accuracy_difference", limit=0.1, declared=True)
    assert declared.searched == ""
    assert judge(declared, Criterion(max=0.1, resolution=0.1)).verdict is Verdict.INCONCLUSIVE
    assert "of 3 comparisons" in judge(declared, Criterion(max=0.1, resolution=0.1)).reason.lower()
    assert judge(declared, Criterion(max=0.1, burden=Burden.COMPLIANCE)).verdict is Verdict.INCONCLUSIVE
    default = _run(context_of, rows, "accuracy_difference", limit=0.1)
    assert judge(default, Criterion(max=0.1)).verdict is Verdict.PASS


def test_of_very_many_pairs_those_that_decide_are_kept(rows_of, context_of):
    groups = tuple(f"g{i:02}" for i in range(40))
    found = _run(
        context_of, _rows(rows_of, n=8000, groups=groups, shift=0.28), "demographic_parity_difference", limit=0.1
    )
    assert found.looked_at == 780
    assert len(found.groups) < 60
    assert len(found.findings) <= 10
    (pairs,) = (table for table in found.tables if table.name == "pairs")
    assert "780" in pairs.note


def test_the_baseline_is_compared_in_the_same_pair(rows_of, context_of):
    mine, theirs = _rows(rows_of, shift=0.2), _rows(rows_of, shift=0.05)
    found = _run(context_of, mine, "demographic_parity_difference", baseline=theirs)
    a = theirs.groups["sex"].codes == 0
    assert found.baseline.value == pytest.approx(abs(theirs.decision[a].mean() - theirs.decision[~a].mean()))


def test_where_the_truth_differs_the_page_says_that_not_everything_can_be_had(rows_of, context_of):
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b"], size=4000)
    truth = rng.random(4000) < np.where(group == "a", 0.2, 0.5)
    differs = rows_of("binary", truth, rng.random(4000), groups={"sex": group})
    assert "can't both be had" in _run(context_of, differs, "equalized_odds_difference").reading
    alike = _rows(rows_of)
    assert "can't both be had" not in _run(context_of, alike, "equalized_odds_difference").reading
    assert "can't both be had" not in _run(context_of, differs, "demographic_parity_difference").reading


def test_each_group_stands_against_the_rest(rows_of, context_of):
    rows = _rows(rows_of, shift=0.2, groups=("a", "b", "c"))
    found = _run(context_of, rows, "demographic_parity_difference")
    (table,) = (one for one in found.tables if one.name == "sex against the rest")
    (line,) = (row for row in table.rows if row[1] == "c")
    inside = rows.groups["sex"].codes == 2
    shares = rows.decision[inside].mean(), rows.decision[~inside].mean()
    named = dict(zip(table.columns, line, strict=True))
    assert (named["value"], named["the rest"]) == pytest.approx(shares)
    assert named["difference"] == pytest.approx(shares[0] - shares[1])
    assert named["ratio"] == pytest.approx(shares[0] / shares[1])
    assert named["low"] < named["difference"] < named["high"]
    assert named["ratio low"] < named["ratio"] < named["ratio high"]


def test_scores_alone_have_no_decisions_to_compare(rows_of, context_of):
    rows = replace(_rows(rows_of), decision=None)
    assert "needs decisions" in _run(context_of, rows, "accuracy_difference").not_applicable


def test_the_score_interval_stands_beside_the_one_that_judges(rows_of, context_of):
    from statsmodels.stats.proportion import confint_proportions_2indep

    rows = _rows(rows_of, shift=0.15)
    found = _run(context_of, rows, "demographic_parity_ratio")
    (table,) = (one for one in found.tables if one.name == "pairs")
    line = dict(zip(table.columns, table.rows[0], strict=True))
    a = rows.groups["sex"].codes == 0
    counts = (int(rows.decision[a].sum()), int(a.sum()), int(rows.decision[~a].sum()), int((~a).sum()))
    expected = confint_proportions_2indep(*counts, compare="ratio", method="score", alpha=0.05)
    assert (line["score low"], line["score high"]) == pytest.approx(expected, abs=1e-6)
    assert line["low"] < line["score low"]


def test_a_handful_of_people_is_not_told_first_where_nothing_is_proved(rows_of, context_of):
    rows = _rows(rows_of, n=3000, shift=0.1, groups=("a", "tiny", "b"), sizes=(0.4985, 0.003, 0.4985))
    tiny = rows.groups["sex"].codes == rows.groups["sex"].labels.index("tiny")
    few = np.flatnonzero(tiny)
    decision = rows.decision.copy()
    decision[few] = np.arange(len(few)) < round((rows.decision[~tiny].mean() + 0.15) * len(few))
    rows = replace(rows, decision=decision)
    found = _run(context_of, rows, "demographic_parity_difference", limit=0.2)
    assert max(one.value for one in found.groups.values()) > found.estimate.value
    assert "sex = a" in found.reading
    assert "sex = b" in found.reading


def test_a_finding_has_a_query_for_the_rows_of_both_groups(rows_of, context_of):
    from modelcheck.data.levels import Levels
    from modelcheck.scoring.rows import Groups

    rows = _rows(rows_of, shift=0.3)
    levels = Levels(name="sex", labels=("missing", "a", "b", "other"), ordered=False, values=("a", "b"))
    groups = Groups(labels=("a", "b"), codes=rows.groups["sex"].codes, levels=levels, level_codes=(1, 2))
    (finding,) = _run(context_of, replace(rows, groups={"sex": groups}), "accuracy_difference", limit=0.0).findings
    assert "frame.query(" in finding.reproduce
    assert "sex == 'a'" in finding.reproduce
    assert "sex == 'b'" in finding.reproduce


def test_a_declared_limit_is_left_open_by_a_group_that_has_no_value(rows_of, context_of):
    rows = _rows(rows_of, groups=("a", "b", "c"))
    never = rows.groups["sex"].codes == 2
    rows = replace(rows, decision=np.where(never, 0, rows.decision).astype(np.int16))
    found = _run(context_of, rows, "predictive_parity_difference", limit=0.5, declared=True)
    assert judge(found, Criterion(max=0.5)).verdict is Verdict.INCONCLUSIVE
    assert "no rows decided for the class" in judge(found, Criterion(max=0.5)).reason
    default = _run(context_of, rows, "predictive_parity_difference", limit=0.5)
    assert judge(default, Criterion(max=0.5)).verdict is Verdict.PASS


def test_names_that_read_like_a_comparison_are_told_apart(rows_of, context_of):
    groups = ("A", "B against C", "A against B", "C")
    rows = _rows(rows_of, groups=groups)
    attribute = Attribute.of("sex", rows.groups["sex"])
    assert len({pair_words(attribute, one, two) for one in range(4) for two in range(one + 1, 4)}) == 6
    labels = [row[1:3] for row in _run(context_of, rows, "accuracy_difference").tables[1].rows]
    assert len(set(labels)) == 6
