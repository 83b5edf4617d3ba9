"""Group metrics against fairlearn's MetricFrame, its published quickstart, and ProPublica's table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, precision_score, root_mean_squared_error
from sklearn.tree import DecisionTreeClassifier

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.bias.group_measures import measures_of
from modelcheck.checks.bias.group_rates import group_rates
from modelcheck.scoring.rows import Groups, ScoredRows

fairlearn = pytest.importorskip("fairlearn.metrics", reason="fairlearn is not installed")

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the folder of real data sets with published figures is absent"
)
ADULT = [
    *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship"),
    *("race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income"),
]
DIGITS = 1e-4  # of the published figures, some of them cut off rather than rounded
RATES = {
    "selection_rate": fairlearn.selection_rate,
    "true_positive_rate": fairlearn.true_positive_rate,
    "false_positive_rate": fairlearn.false_positive_rate,
    "false_negative_rate": fairlearn.false_negative_rate,
    "positive_predictive_value": precision_score,
    "accuracy": accuracy_score,
}


def grouped(labels):
    names, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    return Groups(labels=tuple(map(str, names)), codes=codes.astype(np.int32))


def scored(truth, score, decision, labels, weight=None):
    return ScoredRows(
        task="binary",
        classes=("no", "yes"),
        target=np.asarray(truth).astype(np.int16),
        score=score,
        decision=np.asarray(decision).astype(np.int16),
        weight=weight,
        groups={"group": grouped(labels)},
    )


def values(rows):
    attribute = Attribute.of("group", rows.groups["group"])
    return {
        name: dict(zip(attribute.labels, (one.value for one in found), strict=True))
        for name, found in measures_of(rows, attribute, 0.95).found.items()
    }


def frame_of(metric, truth, answer, labels, weight=None):
    more = {} if weight is None else {"sample_params": {"sample_weight": weight}}
    return fairlearn.MetricFrame(metrics=metric, y_true=truth, y_pred=answer, sensitive_features=labels, **more)


def agrees(rows, labels, *, weight=None):
    truth, decision, ours = rows.target, rows.decision, values(rows)
    more = {} if weight is None else {"sample_params": {name: {"sample_weight": weight} for name in RATES}}
    frame = fairlearn.MetricFrame(metrics=RATES, y_true=truth, y_pred=decision, sensitive_features=labels, **more)
    for name in RATES:
        assert ours[name] == pytest.approx(frame.by_group[name].to_dict(), abs=1e-12), name
    negative = frame_of(precision_score, 1 - truth, 1 - decision, labels, weight).by_group
    assert ours["negative_predictive_value"] == pytest.approx(negative.to_dict(), abs=1e-12)
    base = frame_of(fairlearn.selection_rate, truth, truth, labels, weight).by_group
    assert ours["base_rate"] == pytest.approx(base.to_dict(), abs=1e-12)
    loss = frame_of(log_loss, truth, rows.score, labels, weight).by_group
    assert ours["log_loss"] == pytest.approx(loss.to_dict(), abs=1e-12)
    mean = frame_of(fairlearn.mean_prediction, truth, rows.score, labels, weight).by_group
    assert ours["mean_score"] == pytest.approx(mean.to_dict(), abs=1e-12)


@pytest.fixture(scope="module")
def adult():
    """All 48,842 rows, and the tree of fairlearn's quickstart with its answers."""
    parts = [
        pd.read_csv(DATA / name, header=None, names=ADULT, sep=",", skipinitialspace=True, skiprows=skipped)
        for name, skipped in (("adult.data.gz", 0), ("adult.test.gz", 1))
    ]
    table = pd.concat(parts, ignore_index=True)
    truth = table.pop("income").str.startswith(">50K").to_numpy()
    # OpenML's copy, which the quickstart reads, has missing values where the files say "?".
    wide = pd.get_dummies(table.replace("?", np.nan))
    tree = DecisionTreeClassifier(min_samples_leaf=10, max_depth=4, random_state=0).fit(wide, truth)
    return table, truth, tree.predict_proba(wide)[:, 1], tree.predict(wide)


def test_groups_of_adult_have_the_values_of_a_metric_frame(adult):
    table, truth, score, decision = adult
    for attribute in ("sex", "race"):
        agrees(scored(truth, score, decision, table[attribute]), table[attribute])


def test_weights_count_as_in_a_metric_frame(adult):
    table, truth, score, decision = adult
    weight = table["fnlwgt"].to_numpy(dtype=float)
    agrees(scored(truth, score, decision, table["race"], weight), table["race"], weight=weight)


def test_groups_of_compas_have_the_values_of_a_metric_frame():
    table = pd.read_csv(DATA / "compas_two_years.csv.gz")
    score = table["decile_score"].to_numpy() / 10 - 0.05
    agrees(scored(table["two_year_recid"], score, table["decile_score"] > 4, table["race"]), table["race"])


def test_errors_of_values_are_those_of_a_metric_frame(adult):
    table, _, score, _ = adult
    target, answer = table["hours_per_week"].to_numpy(dtype=float), 40 + 10 * score
    weight = table["fnlwgt"].to_numpy(dtype=float)
    for each in (None, weight):
        rows = ScoredRows(
            task="regression", target=target, score=answer, weight=each, groups={"group": grouped(table["sex"])}
        )
        ours = values(rows)
        for name, metric in (
            ("mean_absolute_error", mean_absolute_error),
            ("root_mean_squared_error", root_mean_squared_error),
            ("mean_prediction", fairlearn.mean_prediction),
        ):
            found = frame_of(metric, target, answer, table["sex"], each).by_group
            assert ours[name] == pytest.approx(found.to_dict(), rel=1e-12), name
        signed = np.average(answer - target, weights=each)
        sizes = np.bincount(rows.groups["group"].codes, weights=each)
        assert np.average(list(ours["mean_error"].values()), weights=sizes) == pytest.approx(signed, rel=1e-9)


def test_the_published_quickstart_of_fairlearn(adult):
    table, truth, score, decision = adult
    rows = scored(truth, score, decision, table["sex"])
    ours = values(rows)
    accuracy, selected = ours["accuracy"], ours["selection_rate"]
    assert np.mean(truth == decision) == pytest.approx(0.8443, abs=DIGITS)
    assert accuracy == pytest.approx({"Female": 0.9251, "Male": 0.8042}, abs=DIGITS)
    assert np.mean(decision) == pytest.approx(0.1638, abs=DIGITS)
    assert selected == pytest.approx({"Female": 0.0635, "Male": 0.2135}, abs=DIGITS)
    assert selected["Male"] - selected["Female"] == pytest.approx(0.1500, abs=DIGITS)
    assert selected["Female"] / selected["Male"] == pytest.approx(0.2975, abs=DIGITS)
    gaps = [abs(np.diff(list(ours[name].values()))[0]) for name in ("true_positive_rate", "false_positive_rate")]
    assert max(gaps) == pytest.approx(0.0812, abs=DIGITS)


def test_the_table_of_propublica():
    """Angwin, J. et al. (2016): false positive and false negative rates in per cent."""
    table = pd.read_csv(DATA / "compas_two_years.csv.gz")
    score = table["decile_score"].to_numpy() / 10 - 0.05
    rows = scored(table["two_year_recid"], score, table["decile_score"] > 4, table["race"])
    attribute = Attribute.of("group", rows.groups["group"])
    found = group_rates(rows, attribute, 1, 0.95)
    for label, wrongly, missed in (("African-American", 44.85, 27.99), ("Caucasian", 23.45, 47.72)):
        place = attribute.labels.index(label)
        assert 100 * found["false_positive_rate"][place].value == pytest.approx(wrongly, abs=0.005)
        assert 100 * found["false_negative_rate"][place].value == pytest.approx(missed, abs=0.005)
