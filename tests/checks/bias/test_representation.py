"""Which groups are too small for a gap to show: named, with the rows that it takes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

from modelcheck.checks.bias.representation import representation
from modelcheck.checks.bias.smallest_gap import (
    rows_for_gap,
    rows_for_gap_of_means,
    smallest_gap,
    smallest_gap_of_means,
)
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion
from modelcheck.stats.between.rates import rates_from_counts


def measured(context_of, rows, by="race", **more):
    return representation(context_of("representation", rows, by=by, slice=by, **more))


def line(found, group):
    table = found.tables[0]
    return next(dict(zip(table.columns, row, strict=True)) for row in table.rows if row[0] == group)


@pytest.fixture
def drawn(rows_of):
    def make(sizes, *, selected=0.3, **more):
        rng = np.random.default_rng(0)
        race = np.repeat(list(sizes), list(sizes.values()))
        truth = rng.random(len(race)) < 0.4
        return rows_of("binary", truth, decision=rng.random(len(race)) < selected, groups={"race": race}, **more)

    return make


def test_a_group_that_is_too_small_is_named_with_the_rows_it_takes(drawn, context_of):
    rows = drawn({"a": 5000, "b": 3000, "c": 60})
    found = measured(context_of, rows)
    assert found.proved == ""
    assert "1 of 3 groups by race is too small for a gap of 0.2" in found.disproved
    own = rows.decision.mean()
    level = 1 - 0.002 / 3
    gap = f"{smallest_gap(own, 60, 8000, confidence=level):.3f}"
    said = f"c (60 rows: a gap under {gap} could be missed, one of {gap} is found in 8 of 10 tests at 99.93 %"
    assert said in found.disproved
    needed = np.ceil(rows_for_gap(own, 8000, 0.2, confidence=level))
    assert f"a gap of 0.2 takes about {needed:.0f} rows" in found.disproved
    assert "isn't counted" not in found.disproved
    assert judge(found, Criterion(max=0.2)).verdict.value == "fail"
    assert "99.8 % over 3 groups" in found.reading


def test_large_groups_are_a_fact_too(drawn, context_of):
    found = measured(context_of, drawn({"a": 5000, "b": 3000, "c": 600}))
    assert found.disproved == ""
    assert "the smallest is c with 600 rows" in found.proved
    assert judge(found, Criterion(max=0.2)).verdict.value == "pass"


def test_the_limit_says_how_large_a_gap_has_to_show(drawn, context_of):
    rows = drawn({"a": 5000, "b": 3000, "c": 600})
    assert measured(context_of, rows, limit=0.05).disproved
    assert measured(context_of, rows, limit=0.09).proved


def test_of_two_sides_the_smaller_is_named(drawn, context_of):
    found = measured(context_of, drawn({"a": 5000, "b": 40}))
    assert "1 of 2 groups" in found.disproved
    assert "b (40 rows" in found.disproved
    assert "race = a isn't counted: its gap to the others is the same from both sides" in found.disproved
    assert line(found, "a")["smallest gap in selection rate"] == pytest.approx(
        line(found, "b")["smallest gap in selection rate"], rel=0.3
    )


def test_counts_shares_and_denominators_stand_in_the_table(drawn, context_of):
    rows = drawn({"a": 5000, "b": 3000, "c": 60})
    target = rows.target.copy()
    target[-60:] = 0
    rows = dataclasses.replace(rows, target=target)
    found = measured(context_of, rows, reference=drawn({"a": 70, "b": 30}))
    small = line(found, "c")
    assert (small["rows"], small["positives"], small["negatives"]) == (60, 0, 60)
    assert small["share of rows"] == 60 / 8060
    assert small["share of reference"] == 0.0
    assert line(found, "b")["share of reference"] == 0.3
    assert small["smallest gap in true positive rate"] is None
    assert small["smallest gap in false positive rate"] > 0.2
    assert "no positive rows" in small["note"]
    assert "Local Law 144" in small["note"]
    assert "Local Law" not in line(found, "b")["note"]
    assert line(measured(context_of, rows), "b")["share of reference"] is None


def test_tiny_groups_show_no_gap_at_all(drawn, context_of):
    found = measured(context_of, drawn({"a": 5000, "b": 3}))
    assert "b (3 rows: any gap could be missed" in found.disproved
    assert line(found, "b")["smallest gap in selection rate"] is None


def test_the_note_of_the_table_calls_what_is_missing_as_its_cells_do(drawn, context_of):
    (table,) = measured(context_of, drawn({"a": 200, "b": 190})).tables
    assert line(measured(context_of, drawn({"a": 200, "b": 190})), "b")["rows for a gap of 0.1"] is None
    assert "n/a: no gap that can be is found so often; as a number of rows: however many the group has" in table.note
    assert "None" not in table.note


def test_many_small_groups_are_counted(drawn, context_of):
    found = measured(context_of, drawn({f"g{place:02}": 30 for place in range(20)}))
    assert "20 of 20 groups" in found.disproved
    assert "and 15 more." in found.disproved


def test_weights_and_clusters_leave_less_to_count(drawn, context_of):
    sizes = {"a": 4000, "b": 1000}
    plain = line(measured(context_of, drawn(sizes)), "b")["smallest gap in selection rate"]
    heavy = line(measured(context_of, drawn(sizes, weight=np.tile([0.1, 1.9], 2500))), "b")
    assert heavy["smallest gap in selection rate"] > 1.2 * plain
    rows = drawn(sizes)
    # All rows of a cluster get one decision: they count as one.
    cluster = (np.arange(5000) // 10).astype(np.int32)
    tied = dataclasses.replace(rows, cluster=cluster, decision=rows.decision[::10].repeat(10))
    assert line(measured(context_of, tied), "b")["smallest gap in selection rate"] > 2.5 * plain
    few = dataclasses.replace(rows, cluster=(np.arange(5000) // 200).astype(np.int32))
    found = measured(context_of, few)
    assert "5 clusters only, 10 are needed" in line(found, "b")["note"]
    assert "b (1,000 rows: any gap could be missed" in found.disproved


def test_classes_values_and_scores_have_gaps_of_their_own(multiclass, regression, binary, context_of):
    several = measured(context_of, multiclass, by="site")
    assert "smallest gap in accuracy" in several.tables[0].columns
    assert "positives" not in several.tables[0].columns
    values = measured(context_of, regression, by="sex")
    sizes = np.bincount(regression.groups["sex"].codes)
    expected = smallest_gap_of_means(sizes[0], sizes[1], confidence=0.999)
    assert line(values, "female")["smallest gap in mean error"] == pytest.approx(expected)
    assert "standard deviations of the errors" in values.proved + values.disproved
    undecided = measured(context_of, dataclasses.replace(binary, decision=None), by="sex")
    hardest = smallest_gap(0.5, *np.bincount(binary.groups["sex"].codes), confidence=0.999)
    assert line(undecided, "female")["smallest gap in selection rate"] == pytest.approx(hardest)


def test_one_group_has_nobody_to_lie_apart_from(drawn, context_of):
    assert "nobody to compare" in measured(context_of, drawn({"a": 100})).not_applicable


@pytest.mark.parametrize(("group", "rest", "rate"), [(200, 2000, 0.2), (300, 300, 0.5), (60, 5000, 0.3)])
def test_such_a_gap_is_found_about_as_often_as_said(group, rest, rate):
    """Exact intervals are cautious in small groups; the harder side of two is promised."""
    gap = smallest_gap(rate, group, rest, confidence=0.998)
    rng = np.random.default_rng(0)
    found = []
    for other in (rate - gap, rate + gap):
        if not 0 <= other <= 1:
            continue
        hits = np.r_[rng.binomial(group, other, 1000), rng.binomial(rest, rate, 1000)]
        shares = rates_from_counts(hits, np.repeat([group, rest], 1000))
        low, high = shares.differences(np.arange(1000), np.arange(1000, 2000), 0.998)
        found.append(np.mean((low > 0) | (high < 0)))
    assert 0.7 < min(found) < 0.92


def test_gaps_and_rows_are_inverse_to_each_other():
    for rate, rest in ((0.5, 4000), (0.1, 900), (0.02, 10_000)):
        needed = rows_for_gap(rate, rest, 0.15, confidence=0.998)
        assert smallest_gap(rate, needed, rest, confidence=0.998) == pytest.approx(0.15)
    needed = rows_for_gap_of_means(500, 0.4, confidence=0.99)
    assert smallest_gap_of_means(needed, 500, confidence=0.99) == pytest.approx(0.4)
    assert rows_for_gap(0.5, 20, 0.1, confidence=0.998) is None
    assert rows_for_gap_of_means(20, 0.1, confidence=0.998) is None
    assert smallest_gap(0.3, 0, 100, confidence=0.95) is smallest_gap_of_means(1, 100, confidence=0.95) is None


def test_the_gap_of_means_is_that_of_a_two_sample_test():
    gap = smallest_gap_of_means(5000, 5000, confidence=0.95)
    power = stats.norm.sf(stats.norm.ppf(0.975) - gap * np.sqrt(2500))
    assert power == pytest.approx(0.8, abs=1e-3)


def test_a_large_group_of_few_clusters_is_the_one_named(drawn, context_of):
    rows = drawn({"a": 4000, "b": 1000})
    cluster = np.r_[np.arange(4000) // 1000, 4 + np.arange(1000) // 10].astype(np.int32)
    found = measured(context_of, dataclasses.replace(rows, cluster=cluster))
    assert "a (4,000 rows: any gap could be missed" in found.disproved
    assert "4 clusters only" in line(found, "a")["note"]
