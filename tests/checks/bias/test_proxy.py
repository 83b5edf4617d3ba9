"""Whether the score rests on something that stands in for a protected attribute."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from modelcheck.checks.bias.proxy.guess import guess
from modelcheck.checks.bias.proxy.looked_at import draw_rows, fold_of
from modelcheck.checks.bias.proxy.proxy import proxy
from modelcheck.checks.bias.proxy.stand_ins import StandIn, goes_with, level_means, outputs_of, use_of
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion, Severity, Verdict
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised
from modelcheck.stats.ranking import linearise_roc_auc

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"
LIMIT = 0.6


def logistic(x):
    return 1 / (1 + np.exp(-x))


def lines(evidence, name):
    table = next(item for item in evidence.tables if item.name == name)
    return [dict(zip(table.columns, line, strict=True)) for line in table.rows]


@pytest.fixture
def people(rows_of, codes_of):
    """People whose title nearly tells their sex, whose job tells it a little, and whose skill doesn't."""

    def make(n=3000, seed=0, **more):
        rng = np.random.default_rng(seed)
        man = rng.random(n) < 0.6
        title = np.where(rng.random(n) < 0.05, ~man, man).astype(int)
        job = (rng.random(n) < np.where(man, 0.6, 0.4)).astype(int) + 2 * (rng.random(n) < 0.5)
        skill = rng.normal(size=n)
        age = rng.uniform(18, 90, n)
        columns = {"sex": man.astype(int), "title": title, "job": job, "skill": skill, "age": age}
        target = rng.random(n) < logistic(skill + 0.3 * man)
        rows = rows_of(
            "binary",
            target,
            np.full(n, 0.5),
            groups={
                "sex": np.where(man, "man", "woman"),
                "age": np.where(age < 30, "< 30", np.where(age < 60, "30 to 60", ">= 60")),
                "sex*job": np.char.add(np.where(man, "man*", "woman*"), job.astype(str)),
            },
            features=codes_of(columns),
            **more,
        )
        return rows, columns

    return make


def measured(context_of, rows, score, *, by="sex", **more):
    score = np.asarray(score, dtype=float)
    decision = more.pop("decision", (score >= 0.5).astype(np.int16))
    rows = replace(rows, score=score, decision=decision)
    columns = tuple(more.pop("protected_columns", by.split("*")))
    return proxy(context_of("proxy", rows, by=by, protected_columns=columns, limit=LIMIT, **more))


def verdict(found):
    return judge(found, Criterion(max=LIMIT)).verdict


def test_a_model_of_sex_alone_is_made_of_sex(people, context_of):
    rows, columns = people()
    found = measured(context_of, rows, np.where(columns["sex"], 0.3, 0.1))
    assert found.estimate.metric == "proxy_share"
    assert found.estimate.value > 0.999
    assert 0.98 < found.estimate.low < found.estimate.value
    assert verdict(found) is Verdict.FAIL
    assert lines(found, "stand-ins")[0]["stand-in"] == "sex itself"
    assert "100 % of the differences between people's scores go with sex itself" in found.reading
    titles = [finding.title for finding in found.findings]
    assert titles[0].startswith("The score is mostly sex")
    assert any(title.startswith("title stands in for sex") for title in titles)
    assert all(finding.severity is Severity.WARNING for finding in found.findings)


def test_a_model_of_a_near_copy_is_caught_and_the_column_named(people, context_of):
    rows, columns = people()
    found = measured(context_of, rows, np.where(columns["title"], 0.3, 0.1))
    assert verdict(found) is Verdict.FAIL
    line = next(line for line in lines(found, "stand-ins") if line["stand-in"] == "title")
    assert line["tells them apart (AUC)"] == pytest.approx(0.95, abs=0.02)
    assert line["score goes with it"] > 0.999
    assert line["score rests on it"] == pytest.approx(0.9, abs=0.04)
    assert line["guess goes with it"] > 0.9
    finding = next(one for one in found.findings if one.title.startswith("title stands in for sex"))
    assert "Train without title" in finding.reproduce
    assert finding.low > LIMIT


def test_several_weak_columns_that_only_tell_together_are_caught(rows_of, codes_of, context_of):
    rng = np.random.default_rng(0)
    n = 6000
    man = rng.random(n) < 0.5
    first = rng.integers(0, 2, n)
    second = np.where(man, first, 1 - first)
    features = codes_of({"first": first, "second": second, "skill": rng.normal(size=n)})
    rows = rows_of("binary", man, np.full(n, 0.5), groups={"sex": np.where(man, "man", "woman")}, features=features)
    found = measured(context_of, rows, np.where(first == second, 0.8, 0.2) + 0.05 * rng.random(n))
    alone = {line["stand-in"]: line["score rests on it"] for line in lines(found, "stand-ins")}
    assert alone["first"] < 0.05
    assert alone["second"] < 0.05
    assert alone["all other columns together"] > 0.9
    assert verdict(found) is Verdict.FAIL


def test_a_model_of_merit_passes_for_every_attribute(people, context_of):
    rows, columns = people()
    score = logistic(columns["skill"] + 0.3 * columns["sex"] + 0.01 * (columns["age"] - 50))
    for by in ("sex", "age", "sex*job"):
        found = measured(context_of, rows, score, by=by)
        assert verdict(found) is Verdict.PASS
        assert found.estimate.high < 0.3
        assert not found.findings


def test_the_own_columns_and_followers_are_no_stand_ins(people, context_of):
    rows, columns = people()
    score = logistic(columns["skill"])
    names = {line["stand-in"] for line in lines(measured(context_of, rows, score), "stand-ins")}
    assert names == {"sex itself", "all other columns together", "title", "job", "skill", "age"}
    followed = measured(context_of, rows, score, follows={"title": "sex"})
    assert "title" not in {line["stand-in"] for line in lines(followed, "stand-ins")}
    guessed = [
        lines(one, "who can be told")[0]["by all other columns"]
        for one in (measured(context_of, rows, score), followed)
    ]
    assert guessed[0] > 0.9 > 0.7 > guessed[1]
    joint = measured(context_of, rows, score, by="sex*job")
    assert not {"sex", "job"} & {line["stand-in"] for line in lines(joint, "stand-ins")}


def test_the_scores_own_area_is_scikit_learns(people, context_of):
    rows, columns = people()
    score = logistic(columns["skill"] - columns["sex"])
    found = measured(context_of, rows, score)
    (line,) = lines(found, "who can be told")
    assert line["group"] == "woman"
    expected = roc_auc_score(columns["sex"] == 0, score)
    assert line["by the score alone"] == pytest.approx(expected)
    assert line["score: low"] < expected < line["score: high"]
    several = measured(context_of, rows, score, by="age")
    assert [line["group"] for line in lines(several, "who can be told")] == ["30 to 60", "< 30", ">= 60"]


def test_an_attribute_in_bands_is_caught_group_by_group(people, context_of):
    rows, columns = people()
    found = measured(
        context_of, rows, np.where(columns["age"] < 30, 0.1, np.where(columns["age"] < 60, 0.6, 0.9)), by="age"
    )
    assert verdict(found) is Verdict.FAIL
    assert "age itself" in lines(found, "stand-ins")[0]["stand-in"]


def test_several_classes_values_and_labels_alone(people, context_of):
    rows, columns = people()
    many = replace(rows, task="multiclass", classes=("a", "b", "c"), target=np.arange(len(rows), dtype=np.int16) % 3)
    top = np.where(columns["title"], 0.6, 0.2)
    shares = np.column_stack([top, (1 - top) / 2, (1 - top) / 2])
    found = measured(context_of, many, shares, decision=shares.argmax(axis=1).astype(np.int16))
    assert found.estimate.low > 0.8
    assert lines(found, "who can be told")[0]["by the score alone"] == pytest.approx(0.95, abs=0.02)
    values = replace(rows, task="regression", classes=(), target=columns["skill"], probabilistic=False)
    # One enormous value would be all the variance; ranks are not moved by it.
    pay = 1000.0 + 500.0 * columns["title"] + np.where(np.arange(len(rows)) == 0, 1e9, 0.0)
    found = measured(context_of, values, pay, decision=None)
    assert found.estimate.low > 0.8
    labels = replace(rows, score=None, decision=columns["title"].astype(np.int16))
    context = context_of("proxy", labels, by="sex", protected_columns=("sex",), limit=LIMIT)
    found = proxy(context)
    assert found.estimate.low > 0.8
    assert lines(found, "who can be told")[0]["by the score alone"] == pytest.approx(0.95, abs=0.02)
    assert proxy(replace(context, rows=replace(labels, decision=None))).not_applicable


def test_weights_say_how_much_a_row_counts(people, context_of):
    rows, columns = people(6000)
    wrong = columns["title"] != columns["sex"]
    score = np.where(columns["title"], 0.3, 0.1)
    heavy = measured(context_of, replace(rows, weight=np.where(wrong, 10.0, 1.0)), score)
    line = next(line for line in lines(heavy, "stand-ins") if line["stand-in"] == "title")
    assert line["tells them apart (AUC)"] == pytest.approx(
        roc_auc_score(columns["sex"] == 0, -score, sample_weight=np.where(wrong, 10.0, 1.0)), abs=0.01
    )
    assert "weighted" in heavy.estimate.method


def test_clusters_are_never_split_and_are_the_units(people, context_of):
    rows, columns = people(1200)
    cluster = (np.arange(1200) // 12).astype(np.int32)
    fold = fold_of(1200, cluster, np.random.default_rng(0))
    assert all(len(set(fold[cluster == code])) == 1 for code in range(100))
    assert np.bincount(fold).min() > 350
    found = measured(context_of, replace(rows, cluster=cluster), np.where(columns["title"], 0.3, 0.1))
    assert found.estimate.clusters == 100
    few = measured(context_of, replace(rows, cluster=cluster // 20), np.where(columns["title"], 0.3, 0.1))
    assert "clusters are too few" in few.estimate.unproven
    assert verdict(few) is Verdict.INCONCLUSIVE
    assert not few.findings


def test_clusters_that_tell_by_their_identity_tell_nothing_out_of_fold(rows_of, codes_of, context_of):
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(60), 20).astype(np.int32)
    man = (rng.random(60) < 0.5)[cluster]
    features = codes_of({"household": cluster.astype(int)})
    rows = rows_of(
        "binary", man, np.full(1200, 0.5), groups={"sex": np.where(man, "m", "w")}, features=features, cluster=cluster
    )
    found = measured(context_of, rows, rng.random(60)[cluster])
    assert abs(lines(found, "who can be told")[0]["by all other columns"] - 0.5) < 0.25
    assert verdict(found) is not Verdict.FAIL


def test_missing_values_are_a_group_and_a_level(people, context_of):
    rows, _ = people()
    gone = np.arange(len(rows)) % 5 == 0
    sex = rows.groups["sex"]
    groups = replace(sex, labels=(*sex.labels, "(missing)"), codes=np.where(gone, 2, sex.codes).astype(np.int32))
    features = replace(rows.features, values=np.where(gone, 0, rows.features.values).astype(np.uint8))
    rows = replace(rows, groups={"sex": groups}, features=features)
    found = measured(context_of, rows, np.where(gone, 0.9, 0.1))
    assert {line["for"] for line in lines(found, "stand-ins")} == {"man", "woman", "(missing)"}
    assert verdict(found) is Verdict.FAIL


def test_groups_too_small_to_tell_are_said(people, context_of):
    rows, columns = people(400)
    sex = rows.groups["sex"]
    codes = sex.codes.copy()
    codes[:20] = 2
    rows = replace(rows, groups={"sex": replace(sex, labels=(*sex.labels, "other"), codes=codes)})
    found = measured(context_of, rows, logistic(columns["skill"]))
    assert "Too small to be told from the rest: 1 group" in found.reading
    assert "other" in next(table for table in found.tables if table.name == "who can be told").note
    tiny = measured(context_of, rows.take(np.arange(30)), logistic(columns["skill"][:30]))
    assert tiny.estimate.value is None
    assert "no group has 30 rows" in tiny.estimate.unproven


def test_equal_scores_rest_on_nothing(people, context_of):
    rows, _ = people(300)
    found = measured(context_of, rows, np.full(300, 0.4))
    assert found.estimate.value is None
    assert "all scores are equal" in found.estimate.unproven


def test_without_features_only_the_attribute_itself_is_looked_at(people, context_of):
    rows, columns = people(900)
    found = measured(context_of, replace(rows, features=None), np.where(columns["sex"], 0.3, 0.1))
    assert [line["stand-in"] for line in lines(found, "stand-ins")] == ["sex itself"]
    assert "There are no other columns" in found.reading
    assert verdict(found) is Verdict.FAIL


def test_without_groups_it_does_not_apply(people, context_of):
    rows, _ = people(100)
    assert "no protected attribute" in proxy(context_of("proxy", rows, by=None)).not_applicable


def test_rows_are_drawn_where_there_are_many_and_it_is_said(people, context_of):
    rows, columns = people(25_000)
    found = measured(context_of, rows, logistic(columns["skill"]))
    assert found.estimate.n == 20_000
    assert "20,000 of 25,000 rows, drawn at random" in found.reading
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(3000), 10)
    drawn = draw_rows(30_000, 5, cluster, rng)
    assert len(drawn) == 20_000
    sizes = np.bincount(cluster[drawn], minlength=3000)
    assert np.count_nonzero((sizes > 0) & (sizes < 10)) <= 1
    assert len(draw_rows(30_000, 1000, None, rng)) == 2_000


def test_the_same_seed_gives_the_same_evidence(people, context_of):
    rows, columns = people(1000)
    score = logistic(columns["skill"])
    assert measured(context_of, rows, score) == measured(context_of, rows, score)


def test_level_means_leave_out_the_rows_own_fold():
    codes = np.array([0, 0, 0, 0, 1, 1])
    fold = np.array([0, 1, 2, 0, 1, 2])
    values = np.array([[1.0], [2.0], [4.0], [8.0], [16.0], [32.0]])
    weight = np.array([1.0, 2.0, 1.0, 1.0, 0.5, 0.5])
    made = level_means(codes, fold, values, weight)
    others = fold != 0
    overall = np.average(values[others, 0], weights=weight[others])
    level = others & (codes == 0)
    expected = (weight[level] @ values[level, 0] + 2 * overall) / (weight[level].sum() + 2)
    assert made[[0, 3], 0] == pytest.approx(expected)


def test_the_share_is_the_correlation_ratio():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 4000)
    values = (codes + rng.normal(size=4000))[:, None]
    means = np.array([values[codes == code].mean() for code in range(4)])[codes][:, None]
    found = goes_with(values, means, Design())
    between = np.var(means) / np.var(values)
    assert found.value == pytest.approx(between)
    # Jackknife of the same ratio, with the level means as given.
    whole, left = ((values - values.mean()) ** 2)[:, 0], ((values - means) ** 2)[:, 0]
    jack = 1 - (left.sum() - left) / (whole.sum() - whole)
    assert Design().standard_error(found.influence) == pytest.approx(
        np.sqrt(3999 / 4000 * np.sum((jack - jack.mean()) ** 2)), rel=0.01
    )
    assert goes_with(np.ones((50, 1)), np.ones((50, 1)), Design()) is None
    decided = outputs_of(None, np.array([0, 2, 2], dtype=np.int16), ranked=False)
    assert decided.tolist() == [[1, 0], [0, 1], [0, 1]]


def test_intervals_of_the_product_cover():
    """Score and group both follow one column with noise; both factors are known."""
    rng = np.random.default_rng(0)
    covered, n = 0, 400
    truth_share, truth_tells = 0.5, 0.4
    for _ in range(600):
        level = rng.integers(0, 2, n)
        positive = rng.random(n) < np.where(level, 0.7, 0.3)
        score = level - 0.5 + 0.5 * rng.normal(size=n)
        share = goes_with(score[:, None], (level - 0.5)[:, None], Design())
        tells = linearise_roc_auc(positive, level.astype(float))
        use = use_of(
            StandIn(name="x", group=0, tells=tells, share=share), Design(), confidence=0.9, farthest=9.0, places=1
        )
        covered += use.low <= truth_share * truth_tells <= use.high
    assert covered / 600 > 0.86


def test_a_score_without_exception_keeps_a_lower_limit_below_it():
    one = StandIn(
        name="x",
        group=0,
        tells=Linearised(value=1.0, influence=np.zeros(0)),
        share=Linearised(value=1.0, influence=np.zeros(100)),
    )
    found = use_of(one, Design(), confidence=0.95, farthest=4.0, places=1)
    assert found.low == pytest.approx(1 - 4 * (1 - 0.025**0.01))
    assert found.high == 1


def test_a_guess_never_sees_its_own_fold():
    rng = np.random.default_rng(0)
    table, group = rng.normal(size=(600, 3)), rng.integers(0, 3, 600)
    fold = fold_of(600, None, rng)
    before = guess(table, group, 3, fold)
    turned = np.where(fold == 1, (group + 1) % 3, group)
    after = guess(table, turned, 3, fold)
    assert np.array_equal(before[fold == 1], after[fold == 1])
    assert not np.array_equal(before[fold != 1], after[fold != 1])
    assert np.allclose(before.sum(axis=1), 1)
    alone = guess(table, np.where(fold == 0, 1, 0), 2, fold)
    assert np.array_equal(alone[fold == 0], np.tile([1.0, 0.0], (np.count_nonzero(fold == 0), 1)))


@pytest.mark.skipif(not (SHARED / "adult.data.gz").is_file(), reason="the folder of shared real data is absent")
def test_on_adult_models_of_one_proxy_are_caught_and_usual_ones_are_not(rows_of, codes_of, context_of):
    import pandas as pd
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    table = pd.read_csv(SHARED / "adult.data.gz", header=None, skipinitialspace=True)
    names = "age workclass fnlwgt education number marital occupation relationship race sex gain loss hours country y"
    table.columns = names.split()
    truth = (table.pop("y") == ">50K").to_numpy()
    numbers = ["age", "number", "gain", "loss", "hours"]
    columns = {
        name: table[name].to_numpy(dtype=float) if name in numbers else pd.factorize(table[name], sort=True)[0]
        for name in table.columns.drop("fnlwgt")
    }
    held = np.arange(len(table)) % 4 == 0
    dummies = pd.get_dummies(table.drop(columns="fnlwgt")).astype(float)
    groups = {
        "sex": table["sex"][held],
        "race": table["race"][held],
        "age": np.array(["< 25", "25 to 45", ">= 45"])[np.searchsorted([25, 45], table["age"][held], side="right")],
    }
    edges = {name: np.unique(np.quantile(columns[name], np.linspace(0, 1, 11)[1:-1])) for name in numbers}
    features = codes_of({name: column[held] for name, column in columns.items()}, edges=edges)
    rows = rows_of("binary", truth[held], np.full(held.sum(), 0.5), groups=groups, features=features)

    def answers(model, prefixes=("",)):
        X = dummies.loc[:, [name for name in dummies if name.startswith(tuple(prefixes))]]
        return model.fit(X[~held], truth[~held]).predict_proba(X[held])[:, 1]

    usual = {
        "boosting": answers(HistGradientBoostingClassifier(max_iter=60, random_state=0)),
        "logistic": answers(make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))),
        "tree": answers(DecisionTreeClassifier(max_depth=4, min_samples_leaf=10, random_state=0)),
    }
    for by, name in (("sex", "boosting"), ("sex", "logistic"), ("sex", "tree"), ("race", "tree"), ("age", "logistic")):
        found = measured(context_of, rows, usual[name], by=by)
        assert found.estimate.high < 0.5
        assert verdict(found) is Verdict.PASS
    for prefixes in (["sex_"], ["relationship_"], ["marital_"]):
        found = measured(context_of, rows, answers(LogisticRegression(max_iter=300), prefixes))
        assert found.estimate.low > 0.7
        assert verdict(found) is Verdict.FAIL
