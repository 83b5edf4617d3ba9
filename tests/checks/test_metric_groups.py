"""Every metric by protected attribute: same numbers as on the group's own rows, joint intervals, nothing dropped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.performance.catalogue import estimate
from modelcheck.checks.performance.metrics import METRICS, measure

COLUMNS = ("group", "rows", "n", "value", "low", "high", "method", "note")


def names_for(task):
    return [name for name, item in METRICS.items() if (item.needs == "value") == (task == "regression")]


@pytest.mark.parametrize("design", ["plain", "weighted", "clustered"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_group_has_the_numbers_of_its_own_rows(task, design, context_of, request):
    rows = request.getfixturevalue(task)
    rng = np.random.default_rng(4)
    if design == "weighted":
        rows = replace(rows, weight=rng.uniform(0.5, 2.0, len(rows)))
    if design == "clustered":
        rows = replace(rows, cluster=rng.integers(0, 400, len(rows)).astype(np.int32))
    attribute, groups = next(iter(rows.groups.items()))
    for name in names_for(task):
        found = measure(context_of(name, rows))
        table = next(item for item in found.tables if item.name == f"by {attribute}")
        assert table.columns == COLUMNS
        assert [line[0] for line in table.rows] == list(groups.labels)
        for code, line in enumerate(table.rows):
            alone = estimate(name, rows.take(groups.codes == code), 1 - 0.05 / len(groups.labels))
            assert line[1] == np.count_nonzero(groups.codes == code)
            assert line[2] == alone.n
            assert line[3:6] == pytest.approx((alone.value, alone.low, alone.high), abs=1e-12)
            assert line[6] == alone.method


def test_one_table_per_attribute_says_that_its_intervals_hold_together(binary, context_of):
    found = measure(context_of("recall", binary))
    assert [table.name for table in found.tables] == ["by sex", "by race"]
    assert found.tables[1].note == "The 3 intervals hold together with 95 % confidence: each at 98.33 %, Bonferroni."
    assert found.groups == {}


def test_by_an_attribute_every_group_is_simultaneous_and_the_worst_is_the_estimate(binary, context_of):
    low_in_b = binary.decision.copy()
    low_in_b[(binary.groups["race"].codes == 1) & (binary.target == 1)] = 0
    rows = replace(binary, decision=low_in_b)
    found = measure(context_of("recall", rows, by="race", slice="race"))
    assert list(found.groups) == ["a", "b", "c"]
    assert all(item.confidence == pytest.approx(1 - 0.05 / 3) for item in found.groups.values())
    assert found.estimate == found.groups["b"]
    assert found.estimate.value == 0
    assert found.reading.startswith(
        "Worst of 3 groups by race is b (the intervals hold together with 95 % confidence)."
    )
    assert [table.name for table in found.tables] == ["by race"]


@pytest.mark.parametrize(("name", "worst"), [("false_positive_rate", max), ("accuracy", min), ("log_loss", max)])
def test_worst_follows_the_direction_of_the_metric(binary, context_of, name, worst):
    found = measure(context_of(name, binary, by="race"))
    assert found.estimate.value == worst(item.value for item in found.groups.values())


def test_the_worst_bias_is_the_one_farthest_from_zero(rows_of, context_of):
    rng = np.random.default_rng(0)
    site = np.repeat(["a", "b"], 200)
    target = rng.normal(size=400)
    rows = rows_of(
        "regression", target, target + np.where(site == "a", 0.5, -2.0) + rng.normal(size=400), groups={"site": site}
    )
    assert measure(context_of("mean_bias", rows, by="site")).reading.startswith("Worst of 2 groups by site is b")


def test_with_by_the_baseline_is_that_of_the_worst_group(binary, context_of):
    found = measure(context_of("accuracy", binary, by="race", baseline=binary))
    assert found.baseline == found.estimate


def test_a_group_without_positives_stays_and_says_why_it_proves_nothing(rows_of, context_of):
    rng = np.random.default_rng(0)
    site = np.array(["big"] * 300 + ["none"] * 40)
    target = np.where(site == "none", 0, rng.integers(0, 2, 340))
    rows = rows_of("binary", target, np.clip(0.3 * target + rng.random(340) * 0.7, 0, 1), groups={"site": site})
    for name in ("recall", "roc_auc", "average_precision", "false_negative_rate"):
        found = measure(context_of(name, rows, by="site"))
        line = found.tables[0].rows[1]
        assert line[:2] == ("none", 40)
        assert line[3] is None
        assert line[-1].startswith("unproven: there are no ")
        assert found.groups["none"].unproven
        assert found.estimate == found.groups["big"]


def test_a_group_that_is_too_small_keeps_its_value_and_says_so(rows_of, context_of):
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, 312)
    rows = rows_of(
        "binary",
        target,
        np.clip(0.3 * target + rng.random(312) * 0.7, 0, 1),
        groups={"site": np.array(["big"] * 300 + ["few"] * 12)},
    )
    line = measure(context_of("roc_auc", rows)).tables[0].rows[1]
    assert line[:2] == ("few", 12)
    assert line[3] is not None
    assert "too few for a trustworthy interval" in line[-1]


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_declared_slices_without_a_limit_stand_in_a_table_with_joint_intervals(task, context_of, request):
    rows = request.getfixturevalue(task)
    masks = {"early": np.arange(len(rows)) < 900, "even": np.arange(len(rows)) % 2 == 0}
    rows = replace(rows, slices=masks | {"nobody": np.zeros(len(rows), bool)})
    for name in names_for(task):
        table = next(item for item in measure(context_of(name, rows)).tables if item.name == "by slice")
        assert table.columns == COLUMNS
        assert [line[0] for line in table.rows] == ["early", "even", "nobody"]
        for line, mask in zip(table.rows, masks.values(), strict=False):
            alone = estimate(name, rows.take(mask), 0.975)
            assert line[1:7] == (np.count_nonzero(mask), alone.n, alone.value, alone.low, alone.high, alone.method)
        assert table.rows[2] == ("nobody", 0, 0, None, None, None, "none", "no rows")
        assert table.note == "The 2 intervals hold together with 95 % confidence: each at 97.5 %, Bonferroni."


def test_a_gate_on_a_slice_or_by_an_attribute_doesnt_repeat_the_slices(binary, context_of):
    rows = replace(binary, slices={"early": np.arange(len(binary)) < 900})
    for more in ({"slice": "early"}, {"by": "race", "slice": "race"}):
        assert "by slice" not in [table.name for table in measure(context_of("accuracy", rows, **more)).tables]


def test_a_label_without_rows_stays_in_the_table(binary, context_of):
    part = binary.take(binary.groups["race"].codes != 2)
    found = measure(context_of("accuracy", part, by="race"))
    assert found.tables[0].rows[2] == ("c", 0, 0, None, None, None, "none", "no rows")
    assert list(found.groups) == ["a", "b"]
    assert all(item.confidence == pytest.approx(0.975) for item in found.groups.values())


def test_groups_come_as_one_forest_chart_with_the_limit(binary, context_of):
    chart = measure(context_of("accuracy", binary, limit=0.7)).charts[-1]
    assert (chart.kind, chart.reference) == ("forest", {"limit": 0.7})
    labels = [line["label"] for line in chart.data]
    assert labels == ["all rows", "sex = female", "sex = male", "race = a", "race = b", "race = c"]


def test_hostile_group_names_pass_through_unchanged(rows_of, context_of):
    names = ["<script>alert(1)</script>", "a\nb", "{value}", "\u202egnp", "x" * 10_000]
    site = np.repeat(names, 60)
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, 300)
    rows = rows_of("binary", target, rng.random(300), groups={"{site}": site})
    found = measure(context_of("precision", rows, by="{site}"))
    assert set(found.groups) == set(names)
    assert {line[0] for line in found.tables[0].rows} == set(names)
    assert found.reading.isprintable()
    assert len(found.reading) < 400


def test_confusion_counts_and_row_subsets_agree_when_there_are_too_many_cells(binary, context_of, monkeypatch):
    counted = measure(context_of("f1", binary)).tables
    monkeypatch.setattr("modelcheck.checks.performance.groups._MOST_CELLS", 0)
    assert measure(context_of("f1", binary)).tables == counted
