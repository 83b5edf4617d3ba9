"""Cost, threshold and net benefit: what is measured, what is said, and when they don't apply."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from modelcheck.checks.performance.decisions.cost import NO_COSTS, cost
from modelcheck.checks.performance.decisions.net_benefit import net_benefit
from modelcheck.checks.performance.decisions.thresholds import threshold

COSTS = (1.0, 5.0)


def lines(evidence, name):
    table = next(item for item in evidence.tables if item.name == name)
    return [dict(zip(table.columns, line, strict=True)) for line in table.rows]


@pytest.fixture
def worse(binary):
    """The baseline: the same rows with noisier scores."""
    noise = np.random.default_rng(5).normal(size=len(binary)) * 0.15
    score = np.clip(binary.score + noise, 0, 1)
    return replace(binary, score=score, decision=(score >= 0.5).astype(np.int16))


@pytest.fixture
def reference(rows_of):
    rng = np.random.default_rng(9)
    score = rng.random(4000)
    return rows_of("binary", rng.random(4000) < score, score)


# Cost


def test_without_costs_there_is_nothing_to_measure(binary, context_of):
    assert cost(context_of("cost", binary)).not_applicable == NO_COSTS
    assert NO_COSTS == "no costs are declared. Add [cost] with fp and fn."


def test_without_decisions_cost_says_what_is_missing(binary, context_of):
    rows = replace(binary, decision=None)
    assert cost(context_of("cost", rows, costs=COSTS)).not_applicable.startswith("cost needs decisions")


def test_the_cost_of_a_row_is_the_mean_over_all_rows(binary, worse, context_of):
    found = cost(context_of("cost", binary, costs=COSTS, baseline=worse, baseline_note=""))
    for item, rows in ((found.estimate, binary), (found.baseline, worse)):
        alarms = np.sum((rows.decision == 1) & (rows.target == 0))
        misses = np.sum((rows.decision == 0) & (rows.target == 1))
        assert item.value == pytest.approx((alarms + 5 * misses) / len(rows))
        assert item.low < item.value < item.high
    errors = lines(found, "errors by kind")
    assert [(line["decided by"], line["kind"]) for line in errors] == [
        (side, kind) for side in ("candidate", "baseline") for kind in ("false positive", "false negative")
    ]
    assert sum(line["share of cost"] for line in errors[:2]) == pytest.approx(1)
    assert errors[1]["cost"] == 5 * errors[1]["rows"]
    assert "The baseline on the same rows" in found.reading
    assert found.predicted_rows == 4000


def test_deciding_all_alike_stands_beside_the_model(binary, context_of):
    deciders = {line["decided by"]: line for line in lines(cost(context_of("cost", binary, costs=COSTS)), "deciders")}
    share = np.mean(binary.target == 1)
    assert deciders["all positive"]["mean cost"] == pytest.approx(1 - share)
    assert deciders["none positive"]["mean cost"] == pytest.approx(5 * share)
    assert (deciders["all positive"]["false negatives"], deciders["none positive"]["false positives"]) == (0, 0)


def test_few_errors_prove_nothing(rows_of, context_of):
    target = np.arange(200) % 2
    found = cost(context_of("cost", rows_of("binary", target, decision=target), costs=COSTS)).estimate
    assert found.value == 0
    assert found.unproven
    decision = target.copy()
    decision[:3] = 1 - decision[:3]
    assert cost(context_of("cost", rows_of("binary", target, decision=decision), costs=COSTS)).estimate.unproven


def test_weights_and_clusters_count(binary, context_of):
    rng = np.random.default_rng(0)
    weight = rng.uniform(0.5, 2.0, len(binary))
    heavy = cost(context_of("cost", replace(binary, weight=weight), costs=COSTS))
    wrong = np.where(binary.decision > binary.target, 1.0, 5.0 * (binary.decision < binary.target))
    assert heavy.estimate.value == pytest.approx(np.average(wrong, weights=weight))
    cluster = np.arange(len(binary), dtype=np.int32) // 5
    assert cost(context_of("cost", replace(binary, cluster=cluster), costs=COSTS)).estimate.clusters == 400


def test_by_an_attribute_the_dearest_group_is_judged_and_compared(binary, worse, context_of):
    blind = binary.decision.copy()
    blind[binary.groups["race"].codes == 1] = 0
    rows = replace(binary, decision=blind)
    context = context_of("cost", rows, costs=COSTS, by="race", slice="race", baseline=worse, baseline_note="")
    found = cost(context)
    assert list(found.groups) == ["a", "b", "c"]
    assert found.estimate == found.groups["b"]
    assert found.estimate.confidence == pytest.approx(1 - 0.05 / 3)
    assert found.reading.startswith("Worst of 3 groups by race is b")
    members = binary.groups["race"].codes == 1
    alone = cost(context_of("cost", worse.take(members), costs=COSTS)).estimate
    assert found.baseline.value == pytest.approx(alone.value)
    assert lines(found, "deciders")[0]["n"] == members.sum()


def test_slices_and_groups_get_tables_and_a_slice_is_named(binary, context_of):
    rows = replace(binary, slices={"high": binary.score > 0.5})
    assert [table.name for table in cost(context_of("cost", rows, costs=COSTS)).tables] == [
        "errors by kind",
        "deciders",
        "by sex",
        "by race",
        "by slice",
    ]
    assert cost(context_of("cost", binary, costs=COSTS, slice="high")).reading.startswith("In high: A row costs")


def test_a_baseline_that_scored_only_some_rows_is_said(binary, worse, context_of):
    half = np.arange(len(binary)) % 2 == 0
    context = context_of(
        "cost", binary, costs=COSTS, paired=binary.take(half), baseline=worse.take(half), baseline_note="Half of them."
    )
    found = cost(context)
    assert "on the 1,000 rows that it has scored" in found.reading
    assert found.reading.endswith("Half of them.")


# Threshold


def test_without_a_reference_the_threshold_asks_for_one(binary, context_of):
    assert "[reference]" in threshold(context_of("threshold", binary)).not_applicable


def test_labels_alone_have_no_threshold(binary, reference, context_of):
    rows = replace(binary, score=None)
    found = threshold(context_of("threshold", rows, reference=reference))
    assert found.not_applicable.startswith("threshold needs scores")


def test_regret_is_the_paired_cost_of_not_using_the_best_threshold(binary, reference, context_of):
    found = threshold(context_of("threshold", binary, reference=reference, threshold=0.5, costs=COSTS))
    table = {line["which"]: line for line in lines(found, "thresholds")}
    best = table["best on the reference"]["threshold"]
    assert best == pytest.approx(1 / 6, abs=0.08)
    assert found.estimate.metric == "threshold_regret"
    assert found.estimate.value == pytest.approx(
        table["in use"]["mean cost"] - table["best on the reference"]["mean cost"]
    )
    assert found.estimate.low > 0
    decided = binary.score >= best
    assert table["best on the reference"]["recall"] == pytest.approx(recall_score(binary.target, decided))
    assert table["best on the reference"]["precision"] == pytest.approx(precision_score(binary.target, decided))
    assert table["theory"]["threshold"] == pytest.approx(1 / 6)
    assert table["best in hindsight"]["mean cost"] == min(line["mean cost"] for line in table.values())
    assert "flattering" in table["best in hindsight"]["note"]
    assert "flatters" in found.reading


def test_without_costs_errors_cost_the_same_and_that_is_said(binary, reference, context_of):
    found = threshold(context_of("threshold", binary, reference=reference))
    assert "No costs are declared" in found.reading
    assert found.reading.startswith("The model's own decisions")


def test_a_threshold_that_is_the_best_has_no_regret_but_an_interval(binary, context_of):
    found = threshold(context_of("threshold", binary, reference=binary, threshold=0.5))
    best = {line["which"]: line for line in lines(found, "thresholds")}["best on the reference"]["threshold"]
    rows = replace(binary, decision=(binary.score >= best).astype(np.int16))
    found = threshold(context_of("threshold", rows, reference=rows, threshold=best))
    assert found.estimate.value == 0
    assert found.estimate.low < 0 < found.estimate.high
    assert not found.estimate.unproven
    assert "no other threshold does better there" in found.reading


def test_the_curve_is_small_and_holds_the_thresholds(binary, worse, reference, context_of):
    found = threshold(context_of("threshold", binary, reference=reference, threshold=0.5, costs=COSTS, baseline=worse))
    chart = found.charts[0]
    series = {item["series"] for item in chart.data}
    assert series == {"candidate", "baseline", "threshold in use", "best on the reference"}
    assert len(chart.data) <= 2 * 200
    curve = {item["x"]: item["y"] for item in chart.data if item["series"] == "candidate"}
    in_use = {line["which"]: line for line in lines(found, "thresholds")}["in use"]
    assert curve[0.5] == pytest.approx(in_use["mean cost"])


def test_scores_that_only_rank_have_a_best_threshold_too(binary, context_of):
    raw = replace(binary, score=np.log(binary.score + 0.01) * 7, probabilistic=False)
    found = threshold(context_of("threshold", raw, reference=raw, costs=COSTS))
    which = [line["which"] for line in lines(found, "thresholds")]
    assert which == ["in use", "best on the reference", "best in hindsight"]
    assert {item["series"] for item in found.charts[0].data} == {"candidate", "best on the reference"}


def test_deciding_all_positive_is_named_not_numbered(rows_of, context_of):
    rng = np.random.default_rng(0)
    rows = rows_of("binary", rng.random(500) < 0.9, rng.random(500))
    found = threshold(context_of("threshold", rows, reference=rows, costs=(1.0, 50.0)))
    assert "all positive" in found.reading
    assert lines(found, "thresholds")[1]["threshold"] == "all positive"


def test_regret_by_group_names_the_worst(binary, reference, context_of):
    found = threshold(context_of("threshold", binary, reference=reference, costs=COSTS, by="sex", slice="sex"))
    assert found.estimate == max(found.groups.values(), key=lambda item: item.value)
    assert found.reading.startswith("Worst of 2 groups by sex is")


# Net benefit


def test_net_benefit_needs_probabilities(binary, context_of):
    assert net_benefit(context_of("net_benefit", replace(binary, probabilistic=False))).not_applicable.startswith(
        "net_benefit needs probabilities"
    )


@pytest.mark.parametrize(
    ("more", "at", "why"),
    [
        ({"threshold": 0.3, "costs": COSTS}, 0.3, "the declared threshold"),
        ({"costs": COSTS}, 1 / 6, "which the declared costs ask for"),
        ({}, 0.5, "the default"),
    ],
)
def test_the_threshold_probability_is_declared_or_from_costs_or_a_half(binary, context_of, more, at, why):
    found = net_benefit(context_of("net_benefit", binary, **more))
    assert why in found.reading
    decided, positive = binary.score >= at, binary.target == 1
    odds = at / (1 - at)
    own = np.mean(decided & positive) - odds * np.mean(decided & ~positive)
    everybody = np.mean(positive) - odds * np.mean(~positive)
    assert found.estimate.value == pytest.approx(own - max(everybody, 0.0))
    line = next(item for item in lines(found, "net benefit") if item["threshold"] == pytest.approx(at))
    assert (line["model"], line["treat all"]) == pytest.approx((own, everybody))
    assert line["low"] < own < line["high"]


def test_a_threshold_of_one_has_no_net_benefit(binary, context_of):
    found = net_benefit(context_of("net_benefit", binary, costs=(1.0, 0.0)))
    assert "below 1" in found.not_applicable


def test_a_harmful_model_is_proved_to_lose_and_a_useful_one_to_gain(binary, context_of):
    turned = replace(binary, score=1 - binary.score)
    assert net_benefit(context_of("net_benefit", turned, threshold=0.3)).estimate.high < 0
    assert net_benefit(context_of("net_benefit", binary, threshold=0.3)).estimate.low > 0


def test_the_decision_curve_compares_with_all_and_none_and_the_baseline(binary, worse, context_of):
    found = net_benefit(context_of("net_benefit", binary, threshold=0.3, baseline=worse, baseline_note=""))
    chart = found.charts[0]
    assert {item["series"] for item in chart.data} == {"candidate", "baseline", "treat all", "treat none"}
    assert all(item["y"] == 0 for item in chart.data if item["series"] == "treat none")
    alone = net_benefit(context_of("net_benefit", worse, threshold=0.3)).estimate
    assert found.baseline == alone
    assert "The baseline on the same rows" in found.reading


def test_net_benefit_by_group_judges_the_group_that_gains_least(binary, context_of):
    found = net_benefit(context_of("net_benefit", binary, threshold=0.3, by="race", slice="race"))
    assert found.estimate == min(found.groups.values(), key=lambda item: item.value)


@pytest.mark.parametrize("check", [cost, threshold, net_benefit])
def test_no_rows_raise_nothing(binary, reference, context_of, check):
    none = binary.take(np.zeros(len(binary), dtype=bool))
    found = check(context_of("x", none, reference=reference, costs=COSTS, threshold=0.5))
    assert found.not_applicable or found.estimate.value is None
