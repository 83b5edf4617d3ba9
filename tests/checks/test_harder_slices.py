"""Harder slices are told with all that is known of them, and never judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import fisher_exact

from modelcheck.checks.performance.weakness.harder_slices import harder_slices
from modelcheck.data.levels import Levels
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion, Verdict
from modelcheck.scoring.rows import FeatureCodes
from modelcheck.suites.catalog import find_check

WORDS = "age >= 60 & city = b"
NO_DEFECT = "A harder slice is no defect by itself"


def coded(rng, n):
    """Age in decades, a city, and a colour that says nothing."""
    age, city, colour = rng.integers(1, 11, n), rng.integers(1, 4, n), rng.integers(1, 3, n)
    labels = ("missing", "< 20", *(f"{low} to {low + 10}" for low in range(20, 100, 10)), ">= 100")
    levels = (
        Levels(name="age", labels=labels, ordered=True, edges=tuple(range(20, 110, 10))),
        Levels(name="city", labels=("missing", "a", "b", "c", "other"), ordered=False, values=("a", "b", "c")),
        Levels(name="colour", labels=("missing", "red", "blue", "other"), ordered=False, values=("red", "blue")),
    )
    return FeatureCodes(values=np.stack([age, city, colour]).astype(np.uint8), levels=levels, edges_from="reference")


@pytest.fixture
def people(rows_of):
    """Rows of which the old of city b (a sixth) are harder."""

    def make(task="binary", n=6000, *, here=0.4, elsewhere=0.1, seed=0):
        rng = np.random.default_rng(seed)
        features = coded(rng, n)
        hit = (features.values[0] >= 6) & (features.values[1] == 2)
        if task == "regression":
            target = rng.normal(size=n) * 3 + 50
            return rows_of(task, target, target + rng.normal(size=n) * np.where(hit, 6 * here, 0.6), features=features)
        classes = 2 if task == "binary" else 3
        target = rng.integers(0, classes, n)
        wrong = rng.random(n) < np.where(hit, here, elsewhere)
        return rows_of(task, target, decision=np.where(wrong, (target + 1) % classes, target), features=features)

    return make


@pytest.fixture
def tell(context_of):
    return lambda rows, **more: harder_slices(context_of("harder_slices", rows, **more))


def lines(found):
    (table,) = found.tables
    return [dict(zip(table.columns, line, strict=True)) for line in table.rows]


def inside_of(rows):
    return (rows.features.values[0] >= 6) & (rows.features.values[1] == 2)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_harder_slice_is_told_and_is_no_finding(task, people, tell):
    rows = people(task)
    found = tell(rows)
    first = lines(found)[0]
    assert first["where"] == WORDS
    assert first["rows"] == inside_of(rows).sum()
    loss = (rows.target - rows.score) ** 2 / rows.target.var() if task == "regression" else rows.decision != rows.target
    here, rest = loss[inside_of(rows)].mean(), loss[~inside_of(rows)].mean()
    assert (first["loss"], first["loss in the rest"]) == pytest.approx((here, rest))
    assert first["excess"] == pytest.approx(here - rest)
    assert 0 < first["low"] <= first["corrected"] <= first["excess"] <= first["high"]
    assert first["adjusted p"] < 1e-6
    assert first["pandas query"] == "age >= 60 and city == 'b'"
    assert found.estimate == found.groups[WORDS]
    assert (found.estimate.value, found.estimate.low) == pytest.approx((first["excess"], first["low"]))
    assert found.findings == ()
    assert NO_DEFECT in found.reading
    assert NO_DEFECT in found.tables[0].note
    assert judge(found, None).verdict is None


def test_p_values_are_fishers_adjusted_over_all_that_was_looked_at(people, tell):
    rows = people(here=0.2)
    found = tell(rows)
    first = lines(found)[0]
    assert first["where"] == WORDS
    wrong = rows.decision != rows.target
    table = [[int((wrong == hit)[inside_of(rows) == here].sum()) for hit in (True, False)] for here in (True, False)]
    alone = fisher_exact(table, alternative="greater").pvalue
    # One, two and three conditions have a third of the error each, and there are more than 100 slices of two.
    assert 300 * alone < first["adjusted p"] < 3 * found.looked_at * alone


def test_slices_differ_and_have_at_most_half_of_the_rows(people, tell):
    rows = people(here=0.25)
    other = (rows.features.values[0] <= 2) & (rows.features.values[1] == 3)
    turned = np.where(other & (np.arange(len(rows)) % 4 == 0), 1 - rows.target, rows.decision).astype(np.int16)
    found = tell(replace(rows, decision=turned))
    assert {"age < 30 & city = c", WORDS} <= {line["where"] for line in lines(found)}
    assert len(lines(found)) <= 10
    assert all(120 <= line["rows"] <= 3000 for line in lines(found))
    excess = [line["corrected"] or 0.0 for line in lines(found)]
    assert excess == sorted(excess, reverse=True)
    (chart,) = found.charts
    assert chart.kind == "forest"
    # All but the old of city b are harder where those are easy: more than half of the rows is no slice.
    easy = tell(people(here=0.1, elsewhere=0.4))
    assert all(line["rows"] <= 3000 for line in lines(easy))


def test_where_all_is_alike_nothing_stands_out_or_it_may_be_chance(people, tell):
    for seed in range(5):
        found = tell(people(here=0.1, elsewhere=0.1, seed=seed))
        assert "With 80 % power an excess error rate of 0." in found.reading
        assert not found.tables or all(line["corrected"] is None for line in lines(found))
        assert ("which may be chance" in found.reading) == (found.estimate is not None)
        assert ("No slice stands out" in found.reading) == (found.estimate is None)


def test_a_users_limit_makes_it_a_gate_that_fails_on_proof_alone(people, tell):
    found = tell(people(), limit=0.05)
    assert judge(found, Criterion(max=0.05)).verdict is Verdict.FAIL
    judged = judge(tell(people(), limit=0.5), Criterion(max=0.5))
    assert judged.verdict is Verdict.PASS
    assert "at most half" not in judged.reason
    assert "Slices of more than half of the rows are left out" in judged.reason


def test_by_default_it_only_informs():
    default = find_check("performance.harder_slices")
    assert (default.severity, default.min, default.max, default.alpha) == ("info", None, None, 0.0)


def test_weights_count(people, tell):
    rows = people(here=0.1)
    wrong = rows.decision != rows.target
    found = tell(replace(rows, weight=np.where(wrong & inside_of(rows), 5.0, 1.0)))
    assert lines(found)[0]["where"] == WORDS
    assert lines(found)[0]["adjusted p"] < 0.025
    assert "weighted" in found.estimate.method
    rows = people()
    even = tell(replace(rows, weight=np.full(len(rows), 7.0)))
    assert even.estimate.value == pytest.approx(tell(rows).estimate.value)


def test_clusters_widen_and_too_few_prove_nothing(people, tell):
    rows = people()
    alone = tell(rows).estimate
    copies = np.repeat(np.arange(0, len(rows), 6), 6)
    same = tell(replace(rows.take(copies), cluster=np.repeat(np.arange(1000), 6).astype(np.int32)))
    assert same.estimate.high - same.estimate.low > 1.5 * (alone.high - alone.low)
    assert same.estimate.clusters < 1000
    few = tell(replace(rows, cluster=(np.arange(6000) % 8).astype(np.int32)))
    assert few.groups == {}
    assert few.estimate.unproven == "8 clusters are too few for a trustworthy interval"
    assert (few.estimate.n_needed, few.estimate.low) == (10, None)
    assert lines(few)[0]["note"].startswith("unproven: 8 clusters")
    assert "nothing would have been found" in few.reading


@pytest.mark.parametrize("right", [True, False])
def test_where_all_rows_are_right_or_wrong_none_is_harder(right, people, tell):
    rows = people()
    found = tell(replace(rows, decision=rows.target if right else (1 - rows.target).astype(np.int16)))
    assert found.estimate is None
    assert found.reading.startswith("No slice stands out as harder than the rest.")
    assert found.tables == ()


@pytest.mark.parametrize("n", [1, 60])
def test_where_no_slice_has_rows_enough_it_says_so(n, people, tell):
    found = tell(people().take(np.arange(n)))
    assert found.estimate is None
    assert found.looked_at == 0
    assert f"no condition has at least 50 and at most half of {n} rows" in found.reading
    assert judge(found, Criterion(max=0.1)).verdict is Verdict.INCONCLUSIVE


def test_it_does_not_apply_without_decisions_or_where_the_target_is_constant(people, tell):
    ranks = replace(people(), decision=None, score=np.linspace(0, 1, 6000))
    assert tell(ranks).not_applicable.startswith("accuracy needs decisions")
    values = people("regression")
    assert tell(replace(values, target=np.full(6000, 2.0))).not_applicable == "the target does not vary on these rows."


def test_without_features_nothing_is_looked_at(people, tell):
    found = tell(replace(people(), features=None))
    assert found.estimate is None
    assert found.reading.startswith("No slice could be looked at")
