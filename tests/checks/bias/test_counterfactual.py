"""What the candidate says of the same people when only a protected entry is changed."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.bias.counterfactual.asked import Asked
from modelcheck.checks.bias.counterfactual.asking_again import rows_needed
from modelcheck.checks.bias.counterfactual.changes import Changes, by_rank, draw_changes, draw_donors
from modelcheck.checks.bias.counterfactual.counterfactual import counterfactual
from modelcheck.checks.bias.counterfactual.shifts import mean_shift, quantile_of
from modelcheck.checks.context import Context
from modelcheck.checks.spread import apart, distance_from_others, gini_mean_difference, spread_of
from modelcheck.config.tables import CandidateTable, Config, DatasetTable
from modelcheck.errors import ModelError
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion, Severity, Verdict
from modelcheck.scoring.store import Store
from modelcheck.scoring.subjects import Subjects
from modelcheck.stats.design import Design

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"


def people(n=2000, seed=0):
    """People of two sexes and three races, with two plain features and a title that follows the sex."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["female", "male"], n, p=[0.4, 0.6])
    skill = rng.normal(size=n)
    return pd.DataFrame(
        {
            "sex": sex,
            "race": rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]),
            "age": rng.integers(18, 90, n),
            "title": np.where(sex == "male", "Mr", rng.choice(["Ms", "Dr"], n)),
            "skill": skill,
            "y": np.where(rng.random(n) < 1 / (1 + np.exp(-skill)), "yes", "no"),
        }
    )


def logistic(x):
    return 1 / (1 + np.exp(-np.asarray(x, dtype=float)))


@pytest.fixture
def context_for(tmp_path):
    def make(model, table, by="sex", *, task="binary", output="probability", classes=("no", "yes"), **more):
        dataset = {
            "path": "rows:all",
            "target": "y",
            "protected": (("sex",), ("race",), ("age",), ("sex", "race")),
            "bands": {"age": (30, 60)},
        } | more.pop("dataset", {})
        if task == "binary":
            dataset["positive"] = "yes"
        config = Config(
            name="demo",
            file=tmp_path / "modelcheck.toml",
            label="modelcheck.toml",
            candidate=CandidateTable(
                model="m:f", output=output, task=task, classes=classes, **more.pop("candidate", {})
            ),
            dataset=DatasetTable(**dataset),
        )
        subjects = Subjects.of(
            config,
            task=task,
            candidate=model,
            baseline=None,
            dataset=table,
            reference=None,
            store=Store(tmp_path / "store", shared=False),
        )
        return Context(
            **{
                "check": "bias.counterfactual",
                "confidence": 0.95,
                "rows": subjects.rows,
                "by": by,
                "protected_columns": tuple(by.split("*")),
                "rng": np.random.default_rng(0),
                "limit": 0.5,
                "asking": subjects.asking,
            }
            | more
        )

    return make


def lines(evidence, name):
    table = next(item for item in evidence.tables if item.name == name)
    return [dict(zip(table.columns, line, strict=True)) for line in table.rows]


def of_scores(found):
    """The shift of the scores, which is judged beside that of the decisions."""
    return found.groups.get("scores", found.estimate)


def of_sex(frame):
    return np.where(frame["sex"] == "male", 0.3, 0.1)


def test_a_model_of_sex_alone_is_far_over_a_half_although_no_decision_changes(context_for):
    table = people()
    found = counterfactual(context_for(of_sex, table))
    men = (table["sex"] == "male").mean()
    n = len(table)
    assert found.estimate.metric == "mean_score_shift"
    assert found.estimate.value == pytest.approx(1 / (2 * men * (1 - men) * n / (n - 1)))
    assert found.estimate.low > 2
    assert found.estimate.low < found.estimate.value < found.estimate.high
    assert not found.estimate.unproven
    assert judge(found, Criterion(max=0.5)).verdict is Verdict.FAIL
    moves = lines(found, "by direction")
    assert [(line["from"], line["to"]) for line in moves] == [("female", "male"), ("male", "female")]
    assert [line["mean shift of the score"] for line in moves] == pytest.approx([0.2, -0.2])
    assert all(line["decided yes instead"] == line["decided no instead"] == 0 for line in moves)
    assert "Only the entry was changed; what would go with it in life was not" in found.reading
    assert "follows" in found.reading


def test_where_all_rows_shift_alike_the_limits_allow_for_what_rows_may_hide(context_for):
    # With as many women as men the spread is the largest that it can be, and its own error is of a smaller order.
    even = people(200).assign(sex=["female", "male"] * 100)
    found = counterfactual(context_for(of_sex, even)).estimate
    hidden = 1 - 0.0125 ** (1 / 200)  # scores and decisions share the error
    assert found.low == pytest.approx(found.value * (1 - hidden))
    spread = 0.2 / found.value
    assert found.high == pytest.approx(found.value + hidden * (1 / spread - found.value))


def test_a_finding_shows_the_rows_that_move_most(context_for):
    def model(frame):
        return logistic(frame["skill"] + 3.0 * (frame["sex"] == "male"))

    table = people()
    context = context_for(model, table)
    found = counterfactual(context)
    (finding,) = found.findings
    assert finding.severity is Severity.BLOCKING
    assert finding.low > 0.5
    assert len(finding.examples) == 10
    assert len({example["row"] for example in finding.examples}) == 10
    moved = [abs(example["score after"] - example["score before"]) for example in finding.examples]
    assert moved == sorted(moved, reverse=True)
    worst = finding.examples[0]
    row = table.iloc[worst["row"]]
    assert row["sex"] == worst["from"]
    other = table.iloc[[worst["row"]]].assign(sex=worst["to"])
    assert model(other)[0] == pytest.approx(worst["score after"])
    assert {worst["decision before"], worst["decision after"]} <= {"yes", "no"}
    assert "give it the sex of a row of the other group" in finding.reproduce
    noticeable = counterfactual(replace(context, check="bias.counterfactual_noticeable", limit=0.15))
    assert noticeable.findings[0].severity is Severity.WARNING
    assert not counterfactual(replace(context, limit=5.0)).findings


def test_the_shift_is_that_of_asking_about_every_row_by_hand(context_for):
    def model(frame):
        return logistic(frame["skill"] * np.where(frame["sex"] == "male", 1.0, 0.5))

    table = people(900)
    found = counterfactual(context_for(model, table))
    flipped = table.assign(sex=np.where(table["sex"] == "male", "female", "male"))
    before, after = model(table), model(flipped)
    pairs = np.abs(before[:, None] - before[None, :])
    spread = pairs.sum() / (len(table) * (len(table) - 1))
    assert of_scores(found).value == pytest.approx(np.abs(after - before).mean() / spread)
    assert of_scores(found).n == 900
    assert found.predicted_rows == 1800  # as they are, and changed
    women = (table["sex"] == "female").to_numpy()
    move = lines(found, "by direction")[0]
    assert move["mean shift of the score"] == pytest.approx((after - before)[women].mean())
    assert move["low"] < move["mean shift of the score"] < move["high"]
    up = (before < 0.5) & (after >= 0.5)
    assert move["decided yes instead"] == pytest.approx(up[women].mean())
    assert f"{100 * ((before >= 0.5) != (after >= 0.5)).mean():.0f} of 100 changes" in found.reading


def test_a_model_that_is_not_given_the_column_has_nothing_to_change(context_for):
    from sklearn.linear_model import LogisticRegression

    table = people(400)
    fitted = LogisticRegression().fit(table[["skill"]], table["y"])
    context = context_for(fitted, table, output=None, classes=())
    found = counterfactual(context)
    assert found.proved == "The model isn't given sex: nothing to change."
    assert judge(found, Criterion(max=0.5)).verdict is Verdict.PASS
    assert "bias.proxy" in found.reading
    assert counterfactual(replace(context, follows={"title": "sex"})).proved
    # A follower that it is given is changed.
    followed = counterfactual(replace(context, follows={"skill": "sex"}))
    assert not followed.proved
    assert "sex (with skill)" in followed.reading


def test_a_column_that_moves_no_score_is_a_plain_fact(context_for):
    found = counterfactual(context_for(lambda frame: logistic(frame["skill"]), people(300)))
    assert "moves nobody's score" in found.proved
    assert found.predicted_rows == 600


def test_noise_of_rounding_is_no_shift(context_for):
    def model(frame):
        return logistic(frame["skill"]) * (1 + 1e-14 * (frame["sex"] == "male"))

    assert counterfactual(context_for(model, people(300))).proved


def test_followers_change_with_the_column_and_come_from_one_real_row(context_for):
    seen = []

    def model(frame):
        seen.append(frame.loc[:, ["sex", "title"]].drop_duplicates())
        return np.where(frame["title"] == "Mr", 0.6, 0.2)

    context = context_for(model, people(500))
    assert counterfactual(context).proved
    seen.clear()
    found = counterfactual(replace(context, follows={"title": "sex"}))
    assert found.estimate.value > 1
    pairs = {tuple(pair) for frame in seen for pair in frame.to_numpy().tolist()}
    assert pairs == {("male", "Mr"), ("female", "Ms"), ("female", "Dr")}
    assert "follows = " not in found.reading


def test_bands_get_real_values_of_the_other_band_by_rank(context_for):
    asked = []

    def model(frame):
        asked.append(frame.copy())
        return frame["age"].to_numpy() / 100

    table = people(600)
    context = context_for(model, table, "age")
    asked.clear()
    found = counterfactual(context)
    assert found.estimate.value > 0.5
    _, changed = asked  # as they are first
    assert changed["age"].dtype == table["age"].dtype
    assert set(changed["age"]) <= set(table["age"])
    assert len(changed) == 2 * 600
    moves = {(line["from"], line["to"]): line for line in lines(found, "by direction")}
    assert moves["< 30", ">= 60"]["mean shift of the score"] == pytest.approx(0.51, abs=0.02)


def test_intersections_change_jointly_and_each_change_counts_by_size(context_for):
    def model(frame):
        return np.where((frame["sex"] == "female") & (frame["race"] == "c"), 0.9, 0.1)

    table = people(800)
    found = counterfactual(context_for(model, table, "sex*race"))
    group = table["sex"] + "*" + table["race"]
    hit = (group == "female*c").mean()
    sizes = group.value_counts(normalize=True)
    per_row = np.where(group == "female*c", 0.8, 0.8 * hit / (1 - group.map(sizes)))
    n = len(table)
    spread = 0.8 * 2 * hit * (1 - hit) * n / (n - 1)
    assert of_scores(found).value == pytest.approx(per_row.mean() / spread)
    assert found.predicted_rows == 6 * n


def test_rows_without_a_value_are_changed_and_nobody_is_changed_to_missing(context_for):
    table = people(900)
    table.loc[table.index % 10 == 0, "sex"] = None
    seen = []

    def model(frame):
        seen.append(frame["sex"])
        return np.where(frame["sex"] == "male", 0.3, 0.1)

    context = context_for(model, table)
    seen.clear()
    found = counterfactual(context)
    assert not pd.concat(seen[1:]).isna().any()
    moves = {(line["from"], line["to"]) for line in lines(found, "by direction")}
    assert ("(missing)", "male") in moves
    assert not any(to == "(missing)" for _, to in moves)
    both = counterfactual(replace(context_for(model, table, "sex*race"), confidence=0.9))
    assert not any("(missing)" in line["to"] for line in lines(both, "by direction"))


def test_with_one_known_group_nobody_can_be_changed(context_for):
    table = people(200)
    table["sex"] = np.where(table["sex"] == "male", "male", None)
    found = counterfactual(context_for(lambda frame: logistic(frame["skill"]), table))
    assert "fewer than two groups have a value" in found.not_applicable


def test_several_classes_move_by_their_total_variation(context_for):
    table = people(700)
    table["y"] = np.random.default_rng(1).choice(["low", "mid", "top"], 700)

    def model(frame):
        top = logistic(frame["skill"] + (frame["sex"] == "male"))
        return np.column_stack([0.5 * (1 - top), 0.5 * (1 - top), top])

    found = counterfactual(context_for(model, table, task="multiclass", classes=("low", "mid", "top")))
    before = model(table)
    after = model(table.assign(sex=np.where(table["sex"] == "male", "female", "male")))
    moved = np.abs(after - before).sum(axis=1) / 2
    spread = np.mean([np.abs(before - row).sum(axis=1).sum() / 2 for row in before]) / 699
    assert of_scores(found).value == pytest.approx(moved.mean() / spread)
    assert "decided otherwise" in lines(found, "by direction")[0]


def test_values_of_a_regression_move_by_their_difference(context_for):
    table = people(600)
    table["y"] = table["skill"] * 1000

    def model(frame):
        return 1000 * frame["skill"].to_numpy() + 500 * (frame["sex"] == "male").to_numpy()

    found = counterfactual(context_for(model, table, task="regression", output="value", classes=()))
    assert found.estimate.value == pytest.approx(500 / spread_of_values(model(table)))
    assert "decision" not in found.reading
    # Nothing bounds values, and all rows move alike.
    assert found.estimate.high == np.inf
    assert judge(found, Criterion(max=0.1)).verdict is Verdict.FAIL


def spread_of_values(values):
    return np.abs(values[:, None] - values[None, :]).sum() / (len(values) * (len(values) - 1))


def test_labels_alone_move_by_changed_answers(context_for):
    def model(frame):
        return np.where(frame["skill"] + 0.5 * (frame["sex"] == "male") > 0, "yes", "no")

    table = people(800)
    found = counterfactual(context_for(model, table, output="label"))
    before = model(table)
    changed = (before != model(table.assign(sex=np.where(table["sex"] == "male", "female", "male")))).mean()
    yes = (before == "yes").mean()
    assert found.estimate.value == pytest.approx(changed / (2 * yes * (1 - yes) * 800 / 799))
    assert "answer" in found.reading
    assert "mean shift of the score" not in lines(found, "by direction")[0]


def test_weights_count_in_the_shift_and_the_spread(context_for):
    table = people(700)
    table["w"] = np.where(table["sex"] == "male", 3.0, 1.0)

    def model(frame):
        return logistic(frame["skill"] + (frame["sex"] == "male"))

    found = counterfactual(context_for(model, table, dataset={"weight": "w"}))
    before = model(table)
    moved = np.abs(model(table.assign(sex=np.where(table["sex"] == "male", "female", "male"))) - before)
    w = table["w"].to_numpy()
    pairs = np.outer(w, w)
    np.fill_diagonal(pairs, 0)
    spread = (pairs * np.abs(before[:, None] - before)).sum() / pairs.sum()
    assert of_scores(found).value == pytest.approx(np.average(moved, weights=w) / spread)
    assert "weighted" in found.estimate.method


def test_clusters_are_the_independent_units(context_for):
    table = people(600)
    table["person"] = np.arange(600) // 20
    table["skill"] = table.groupby("person")["skill"].transform("mean") * 4

    def model(frame):
        return logistic(frame["skill"] + (frame["sex"] == "male"))

    found = counterfactual(context_for(model, table, dataset={"cluster": "person"})).estimate
    alone = counterfactual(context_for(model, table.drop(columns="person"))).estimate
    assert found.clusters == 30
    assert found.high - found.low > 1.5 * (alone.high - alone.low)
    few = table.assign(person=np.arange(600) // 100)
    assert (
        "clusters are too few"
        in counterfactual(context_for(model, few, dataset={"cluster": "person"})).estimate.unproven
    )
    alike = counterfactual(context_for(of_sex, few, dataset={"cluster": "person"})).estimate
    assert "clusters are too few" in alike.unproven


def test_rows_are_drawn_where_there_are_more_than_needed_and_it_is_said(context_for):
    def model(frame):
        return logistic(frame["skill"] + 0.5 * (frame["sex"] == "male"))

    table = people(8000)
    context = context_for(model, table)
    found = counterfactual(context)
    needed = rows_needed(context.rows, spread_of(context.rows))
    assert 2000 < needed < 8000
    assert of_scores(found).n == needed
    assert found.predicted_rows == 2 * needed
    assert f"{needed:,} of 8,000 rows, drawn at random" in found.reading
    flipped = table.assign(sex=np.where(table["sex"] == "male", "female", "male"))
    truth = np.abs(model(flipped) - model(table)).mean() / spread_of(context.rows)
    assert of_scores(found).low < truth < of_scores(found).high


def test_both_gates_ask_the_candidate_once_and_get_the_same(context_for, tmp_path):
    calls = []

    def model(frame):
        calls.append(len(frame))
        return logistic(frame["skill"] + (frame["sex"] == "male"))

    context = context_for(model, people(5000), shared=Store(tmp_path / "shared", shared=True))
    calls.clear()
    first = counterfactual(context)
    other = replace(
        context, check="bias.counterfactual_noticeable", confidence=0.99, limit=0.15, rng=np.random.default_rng(9)
    )
    second = counterfactual(other)
    assert len(calls) == 2  # the rows as they are, and changed: once for both gates
    assert first.estimate.value == second.estimate.value
    assert second.estimate.high > first.estimate.high
    assert counterfactual(replace(other, shared=None)).estimate == second.estimate
    pickle.dumps(first)


def test_without_anybody_to_ask_or_to_compare_it_does_not_apply(context_for):
    context = context_for(of_sex, people(100))
    assert "lie in the table" in counterfactual(replace(context, asking=None)).not_applicable
    assert "no protected attribute" in counterfactual(replace(context, by=None)).not_applicable


def test_equal_scores_that_move_are_told_and_decide_nothing(context_for):
    def model(frame):
        # The dataset has no such pair; a changed row does.
        return np.where((frame["sex"] == "female") & (frame["skill"] > 0), 0.9, 0.5)

    table = people(300)
    table["skill"] = np.where(table["sex"] == "female", -1.0, 1.0)
    found = counterfactual(context_for(model, table))
    assert found.estimate.value is None
    assert "no spread" in found.estimate.unproven
    assert judge(found, Criterion(max=0.5)).verdict is Verdict.INCONCLUSIVE


def test_many_groups_are_drawn_by_size_and_never_ones_own():
    rng = np.random.default_rng(0)
    sizes = np.array([10, 500, 40, 60, 90, 100, 100, 50, 50], dtype=float)
    known = np.array([True] * 8 + [False])
    own = rng.choice(9, 4000, p=sizes / sizes.sum())
    made = draw_changes(own, sizes, known, rng)
    assert (made.target != own[made.source]).all()
    assert not (made.target == 8).any()
    assert np.allclose(np.bincount(made.source, weights=made.share), 1)
    from_first = made.target[own[made.source] == 1]
    expected = np.where(known, sizes, 0)
    expected[1] = 0
    shares = np.bincount(from_first, minlength=9) / len(from_first)
    assert shares == pytest.approx(expected / expected.sum(), abs=0.02)


def test_donors_are_rows_of_their_group_drawn_by_weight():
    codes = np.array([0, 1, 1, 2, 0, 1])
    weight = np.array([1.0, 1e-12, 1.0, 1.0, 1.0, 1e-12])
    pools = draw_donors(codes, np.array([True, True, False]), weight, np.random.default_rng(0))
    assert set(pools[0]) == {0, 4}
    assert set(pools[1]) == {2}
    assert len(pools[2]) == 0


def test_a_row_without_a_number_gets_any_donor():
    rng = np.random.default_rng(0)
    chosen = by_rank(np.full(200, np.nan), [np.arange(5.0), np.arange(5.0)], np.zeros(200, int), np.ones(200, int), rng)
    assert set(chosen.tolist()) == {0, 1, 2, 3, 4}


def test_the_spread_is_the_mean_distance_of_all_pairs(rows_of):
    rng = np.random.default_rng(0)
    values, weight = rng.normal(1e6, 1, 200), rng.uniform(0.5, 2, 200)
    pairs = np.abs(values[:, None] - values)
    heavy = np.outer(weight, weight)
    np.fill_diagonal(heavy, 0)
    assert gini_mean_difference(values) == pytest.approx(pairs.sum() / (200 * 199))
    assert gini_mean_difference(values, weight) == pytest.approx((heavy * pairs).sum() / heavy.sum())
    labels = rng.integers(0, 3, 200)
    rows = rows_of("multiclass", labels, decision=labels)
    assert spread_of(rows) == pytest.approx(np.mean(labels[:, None] != labels) * 200 / 199)
    assert spread_of(replace(rows, weight=weight)) == pytest.approx(
        (heavy * (labels[:, None] != labels)).sum() / heavy.sum()
    )
    assert gini_mean_difference(np.array([3.0])) == 0
    plain = rows_of("regression", values, values)
    weighted = replace(plain, weight=weight)
    assert distance_from_others(plain) == pytest.approx(pairs.mean(axis=1))
    assert distance_from_others(weighted) == pytest.approx(pairs @ weight / weight.sum())
    assert distance_from_others(rows) == pytest.approx((labels[:, None] != labels).mean(axis=1))
    shares = rng.dirichlet([1, 1, 1], 200)
    many = rows_of("multiclass", labels, shares)
    apart_all = np.abs(shares[:, None, :] - shares[None]).sum(axis=2) / 2
    assert distance_from_others(many) == pytest.approx(apart_all.mean(axis=1))
    assert spread_of(many) == pytest.approx(apart_all.sum() / (200 * 199))
    assert apart(np.array([1, 2], dtype=np.int16), np.array([1, 0], dtype=np.int16)).tolist() == [0, 1]


def test_the_interval_counts_the_error_of_the_spread(rows_of):
    """Shift and spread are of the same rows: with the spread taken as known more than half of the limits would miss."""
    rng = np.random.default_rng(1)
    n, missed = 400, 0
    # Scores near their mean: the shift is nearly the same for all, and the spread is what varies.
    for _ in range(400):
        skill, man = 0.3 * rng.normal(size=n), rng.random(n) < 0.4
        score = logistic(skill + 0.3 * man)
        rows = rows_of("binary", man, score)
        moved = np.abs(logistic(skill + 0.3) - logistic(skill))
        every = np.arange(n)
        asked = Asked(
            rows=every,
            everyone=n,
            changes=Changes(source=every, target=np.zeros(n, dtype=int), share=np.ones(n)),
            distance=moved,
            signed=None,
            before=score,
            after=None,
            was=None,
            now=None,
            spread=spread_of(rows),
            columns=("sex",),
            drawn_targets=False,
        )
        found = mean_shift(asked, rows, most=1.0, confidence=0.95)
        missed += not found.low <= 0.7926 <= found.high
    assert missed <= 36


def test_limits_of_a_quantile_hold_for_ties_and_cover():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        value, low, high = quantile_of(rng.exponential(size=60), 0.9, Design(), confidence=0.9)
        assert low <= value <= high
        hits += low <= -np.log(0.1) <= high
    assert hits > 350
    assert quantile_of(np.ones(50), 0.5, Design(), confidence=0.95) == (1, 1, 1)


@pytest.mark.skipif(not (SHARED / "adult.data.gz").is_file(), reason="the folder of shared real data is absent")
def test_a_model_of_sex_alone_on_adult_is_caught_although_it_decides_alike(context_for):
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    table = pd.read_csv(SHARED / "adult.data.gz", header=None, skipinitialspace=True, na_values="?")
    table = table.rename(columns={0: "age", 8: "race", 9: "sex", 12: "hours", 14: "y"})[
        ["age", "race", "sex", "hours", "y"]
    ]
    table["y"] = np.where(table["y"] == ">50K", "yes", "no")
    train, held = table[::2], table[1::2]
    models = {
        columns: make_pipeline(
            make_column_transformer((OneHotEncoder(), ["sex"]), remainder="passthrough"),
            LogisticRegression(max_iter=500),
        ).fit(train[list(columns)], train["y"])
        for columns in (("sex",), ("sex", "age", "hours"))
    }
    alone, usual = (
        counterfactual(context_for(model, held.reset_index(drop=True), output=None, classes=()))
        for model in models.values()
    )
    assert alone.estimate.low > 2
    assert "changes in 0.00 of 100" in alone.reading
    assert 0.15 < usual.estimate.low < usual.estimate.high < 2


def test_decisions_that_the_entry_makes_are_found_although_scores_hardly_move(context_for):
    def model(frame):
        rank = frame["skill"].rank(pct=True).to_numpy()
        return np.where(rank < 0.05, 0.0, np.where(rank > 0.95, 1.0, np.where(frame["sex"] == "male", 0.501, 0.499)))

    found = counterfactual(context_for(model, people(3000)))
    assert found.groups["scores"].high < 0.5
    assert found.groups["decisions"].low > 0.5
    assert found.estimate.metric == "decision_shift"
    assert judge(found, Criterion(max=0.5)).verdict is Verdict.FAIL
    assert found.findings


def test_a_few_decisions_near_a_rare_threshold_are_no_discrimination(context_for):
    def model(frame):
        return logistic(frame["skill"] - 3.0 + 0.05 * (frame["sex"] == "male"))

    found = counterfactual(context_for(model, people(3000)))
    assert found.groups["decisions"].high < 0.15


@pytest.mark.parametrize("kind", ["noise", "place"])
def test_a_candidate_that_answers_the_same_rows_otherwise_is_an_error(context_for, kind):
    rng = np.random.default_rng(0)

    def model(frame):
        noise = rng.normal(size=len(frame)) if kind == "noise" else np.arange(len(frame)) / len(frame)
        return logistic(frame["skill"] + noise)

    with pytest.raises(ModelError, match="get another answer when they are asked about again"):
        counterfactual(context_for(model, people(6000)))


def test_rows_that_were_not_asked_about_leave_a_zero_open(context_for):
    def model(frame):
        return logistic(frame["skill"])

    found = counterfactual(context_for(model, people(8000)))
    assert not found.proved
    assert (found.estimate.value, found.estimate.low) == (0.0, 0.0)
    assert 0.0 < found.estimate.high < 0.05
    assert judge(found, Criterion(max=0.5)).verdict is Verdict.PASS
    declared = Criterion(max=0.0, burden=Burden.COMPLIANCE)
    assert judge(found, declared).verdict is Verdict.INCONCLUSIVE
