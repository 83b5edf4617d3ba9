import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from modelcheck.checks.explainability.direction import direction
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion, Verdict

ALLOWED = Criterion(max=0.05, confidence=0.996, resolution=0.05)
STRICT = Criterion(max=0.05, confidence=0.996, burden=Burden.COMPLIANCE)


def test_declared_columns_that_rise_and_fall_as_said_have_no_row_against_them(asked_of, lines_of):
    found = direction(asked_of(monotonic={"big": "increasing"}, signs={"small": "increasing"}, limit=0.05))
    assert found.estimate.value == 0.0
    assert set(found.groups) == {"big", "small"}
    assert not found.findings
    assert {line["asked of"] for line in lines_of(found)} == {"every step", "the whole range"}


@pytest.mark.parametrize("declared", ["monotonic", "signs"])
def test_a_reversed_column_is_found_among_right_ones(asked_of, declared):
    found = direction(asked_of(**{declared: {"big": "decreasing", "small": "increasing"}}, limit=0.05))
    assert found.estimate.low > 0.05
    assert [one.title.split()[0] for one in found.findings] == ["big"]
    assert found.findings[0].p_adjusted < 0.01
    assert len(found.findings[0].examples) == 5


def humped(rows):
    return 1.0 / (1.0 + np.exp(-(rows["big"] - 2.5 * np.exp(-8.0 * (rows["big"] - 0.5) ** 2)).to_numpy()))


def test_a_dip_on_the_way_breaks_monotonicity_and_no_sign(context_for, people, asked_of):
    context = context_for(humped, people(), limit=0.05)
    strict = direction(asked_of(context, monotonic={"big": "increasing"}))
    loose = direction(asked_of(context, signs={"big": "increasing"}))
    assert strict.estimate.low > 0.05
    assert strict.findings
    assert loose.estimate.value == 0.0


def test_only_the_rows_that_go_the_other_way_count(context_for, people, lines_of):
    def turned(rows):
        sign = np.where(rows["group"] == "F", -1.0, 1.0)
        return 1.0 / (1.0 + np.exp(-(sign * rows["small"] + rows["big"]).to_numpy()))

    table = people()
    context = context_for(turned, table, signs={"small": "increasing"}, limit=0.05)
    found = direction(context)
    assert found.estimate.value == pytest.approx((table["group"] == "F").mean(), abs=0.1)
    assert found.findings
    rows = {one["row"] for one in found.findings[0].examples}
    assert set(table.loc[sorted(rows), "group"]) == {"F"}


def test_a_column_that_never_moves_the_score_goes_no_wrong_way(asked_of):
    found = direction(asked_of(monotonic={"noise": "increasing"}, limit=0.05))
    assert found.estimate.value == 0.0


def test_words_and_unknown_columns_are_named_and_leave_the_gate_open(asked_of):
    found = direction(asked_of(monotonic={"job": "increasing", "big": "increasing"}, limit=0.05))
    assert list(found.groups) == ["big"]
    assert "job: it holds no numbers" in found.unseen
    assert judge(found, ALLOWED).verdict is Verdict.INCONCLUSIVE
    for declared in ("job", "nowhere"):
        alone = direction(asked_of(monotonic={declared: "increasing"}, limit=0.05))
        judged = judge(alone, ALLOWED)
        assert judged.verdict is Verdict.INCONCLUSIVE
        assert declared in judged.reason


def test_a_broken_column_fails_beside_one_that_could_not_be_looked_at(asked_of):
    found = direction(asked_of(signs={"job": "increasing", "big": "decreasing"}, limit=0.05))
    assert judge(found, ALLOWED).verdict is Verdict.FAIL


def test_nothing_declared_is_not_applicable(told):
    assert "signs = " in direction(told).not_applicable


def test_several_classes_have_no_direction(context_for, people):
    table = people()
    table["y"] = np.resize(["a", "b", "c"], len(table))
    model = LogisticRegression().fit(table[["big", "small"]], table["y"])
    context = context_for(model, table, task="multiclass", monotonic={"big": "increasing"})
    assert "one score a row" in direction(context).not_applicable


def test_dates_have_a_direction(context_for, people):
    table = people(200)
    table["day"] = pd.date_range("2020-01-01", periods=200)

    def older(rows):
        age = (rows["day"] - pd.Timestamp("2020-01-01")).dt.days.to_numpy()
        return 1.0 / (1.0 + np.exp(-age / 100.0))

    context = context_for(older, table, limit=0.05)
    rising = direction(dataclasses.replace(context, signs={"day": "increasing"}))
    falling = direction(dataclasses.replace(context, signs={"day": "decreasing"}))
    assert (rising.estimate.value, falling.estimate.value) == (0.0, 1.0)


def test_columns_with_holes_of_whole_numbers_and_booleans_do_no_harm(context_for, people):
    table = people(200)
    table["whole"] = pd.array(np.resize([1, 2, 3, None], 200), dtype="Int64")
    table["on"] = np.resize([True, False], 200)

    def model(rows):
        return 1.0 / (1.0 + np.exp(-(rows["whole"].fillna(0).astype(float) - rows["on"].astype(float)).to_numpy()))

    context = context_for(model, table, signs={"whole": "increasing", "on": "decreasing"}, limit=0.05)
    found = direction(context)
    assert not found.findings
    assert {"whole", "on"} == set(found.groups)
    assert not found.unseen


def test_truth_values_are_an_order_of_two_points(context_for, people, lines_of):
    table = people(300)
    table["on"] = pd.Series(np.resize([True, False, None], 300), dtype=object)

    def model(rows):
        return np.where(rows["on"].map({True: 1.0}).fillna(0.0) > 0.0, 0.2, 0.8)

    context = context_for(model, table, limit=0.05)
    right = direction(dataclasses.replace(context, monotonic={"on": "decreasing"}))
    wrong = direction(dataclasses.replace(context, monotonic={"on": "increasing"}))
    assert (right.estimate.value, wrong.estimate.value) == (0.0, 1.0)
    assert [point["x"] for point in right.charts[0].data] == [0.0, 1.0]


def test_a_model_that_only_decides_is_scored_by_its_decisions(context_for, people):
    table = people(400)

    def model(rows):
        return np.where(rows["big"].to_numpy() > 0.0, "yes", "no")

    context = context_for(model, table, output="label", limit=0.05)
    right = direction(dataclasses.replace(context, signs={"big": "increasing"}))
    wrong = direction(dataclasses.replace(context, signs={"big": "decreasing"}))
    assert judge(right, ALLOWED).verdict is Verdict.PASS
    assert judge(wrong, ALLOWED).verdict is Verdict.FAIL


def by_segment(rows):
    sign = np.where(rows["segment"] == "odd", -1.0, 1.0)
    return 1.0 / (1.0 + np.exp(-(sign * rows["small"] + rows["big"]).to_numpy()))


def in_clusters(people, clusters, odd, n=600):
    table = people(n)
    table["site"] = np.resize(np.arange(clusters), n)
    table["segment"] = np.where(table["site"] < odd, "odd", "even")
    return table


def test_violations_that_come_by_cluster_are_no_proof_in_a_few_of_them(context_for, people):
    # 2 of 12 sites hold all that go the other way: 100 rows say so, and 2 sites say little of sites.
    context = context_for(
        by_segment, in_clusters(people, 12, 2), dataset={"cluster": "site"}, signs={"small": "increasing"}, limit=0.05
    )
    found = direction(context)
    assert found.estimate.clusters == 12
    assert found.estimate.value == pytest.approx(1 / 6, abs=0.06)
    assert found.estimate.low < 0.05
    assert judge(found, ALLOWED).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("clusters", [3, 8])
@pytest.mark.parametrize("word", ["increasing", "decreasing"])
def test_under_ten_clusters_nothing_is_judged(context_for, people, clusters, word):
    table = in_clusters(people, clusters, 0)
    context = context_for(
        by_segment, table, dataset={"cluster": "site"}, signs={"small": word}, limit=0.05
    )  # fmt: skip
    found = direction(context)
    assert not found.findings
    judged = judge(found, ALLOWED)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "clusters are too few" in judged.reason


def test_heavy_rows_count_for_more(context_for, people):
    table = in_clusters(people, 600, 300)
    table["weight"] = np.where(table["segment"] == "odd", 3.0, 1.0)
    context = context_for(by_segment, table, dataset={"weight": "weight"}, signs={"small": "increasing"}, limit=0.05)
    assert direction(context).estimate.value == pytest.approx(0.75, abs=0.08)


@pytest.mark.parametrize("criterion", [ALLOWED, STRICT], ids=["breach", "compliance"])
def test_a_handful_of_rows_proves_nothing_and_says_how_many_would(context_for, people, criterion):
    judged = judge(direction(context_for(by_segment, in_clusters(people, 5, 0, 5), signs={"small": "increasing"},
                                         limit=0.05, confidence=0.996)), criterion)  # fmt: skip
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "rows would decide this (here: 5)" in judged.reason


def test_many_declared_columns_leave_each_enough_rows_for_a_proof(context_for):
    rng = np.random.default_rng(0)
    names = [f"c{place}" for place in range(8)]
    table = pd.DataFrame(rng.normal(size=(400, 8)), columns=names)
    table["y"] = np.where(table["c0"] > 0.0, "yes", "no")

    def model(rows):
        return 1.0 / (1.0 + np.exp(-rows[names].to_numpy().sum(axis=1)))

    context = context_for(
        model, table, monotonic=dict.fromkeys(names, "increasing"), limit=0.05, confidence=0.996, budget=200_000
    )
    assert judge(direction(context), STRICT).verdict is Verdict.PASS


def test_rows_without_an_answer_are_no_rows_that_go_the_right_way(context_for, people):
    def model(rows):
        scores = by_segment(rows.assign(segment="even"))
        scores[(rows["segment"] == "odd") & (rows["small"] > 1.0)] = np.nan
        return scores

    table = in_clusters(people, 600, 200)
    table["small"] = np.where(table["segment"] == "odd", np.minimum(table["small"], 0.9), table["small"])
    found = direction(context_for(model, table, signs={"small": "increasing"}, limit=0.05))
    assert "no answer at some value" in found.unseen
    assert judge(found, ALLOWED).verdict is Verdict.INCONCLUSIVE
