import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from modelcheck.checks.explainability.shift_from_baseline import shift_from_baseline

NUMBERS = ["big", "small", "noise"]


@pytest.fixture(scope="module")
def table(people):
    return people(300)[[*NUMBERS, "y"]]


def fitted(model, table):
    return model.fit(table[NUMBERS], table["y"])


def by(**weights):
    def model(rows):
        return 1.0 / (1.0 + np.exp(-sum(weight * rows[name].to_numpy() for name, weight in weights.items())))

    return model


def test_without_a_baseline_it_is_said(told):
    assert shift_from_baseline(told).not_applicable.startswith("first run, no baseline")


@pytest.mark.parametrize("kind", ["function", "linear"])
def test_the_same_model_twice_has_the_same_reasons(context_for, table, kind):
    model = by(big=1.0, small=0.5) if kind == "function" else fitted(LogisticRegression(), table)
    found = shift_from_baseline(context_for(model, table, baseline=model))
    assert found.estimate.value == pytest.approx(0.0, abs=1e-12)
    assert set(found.groups) == set(NUMBERS)


def test_a_column_that_only_one_of_them_goes_by_has_moved_with_an_interval(context_for, table, lines_of):
    found = shift_from_baseline(context_for(by(big=1.0, noise=1.0), table, baseline=by(big=1.0, small=1.0)))
    assert found.groups["noise"].value > 0.3
    assert 0.2 < found.groups["noise"].low < found.groups["noise"].high < 0.8
    assert found.groups["big"].low == 0.0
    lines = {line["column"]: line for line in lines_of(found)}
    assert lines["noise"]["difference"] > 0.3 > -0.3 > lines["small"]["difference"]
    assert sum(line["difference"] for line in lines.values()) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("own", "theirs", "how"),
    [
        (LogisticRegression(), LogisticRegression(C=0.01), "Linear"),
        (HistGradientBoostingClassifier(max_iter=5), HistGradientBoostingClassifier(max_iter=9), "path-dependent"),
        (LogisticRegression(), RandomForestClassifier(5, random_state=0), "Permutation"),
        (LogisticRegression(), HistGradientBoostingClassifier(max_iter=5), "Permutation"),
    ],
    ids=["linear", "boosted", "linear and forest", "linear and boosted"],
)
def test_both_are_explained_alike(context_for, table, own, theirs, how):
    found = shift_from_baseline(context_for(fitted(own, table), table, baseline=fitted(theirs, table)))
    note = found.tables[0].note
    assert how in note
    assert found.estimate.value is not None
    assert (found.predicted_rows > 1_000) == (how == "Permutation")


def test_a_model_that_never_moves_leaves_shares_undefined(context_for, table):
    found = shift_from_baseline(context_for(by(big=1.0), table, baseline=lambda rows: np.full(len(rows), 0.5)))
    assert all(one.value is None for one in found.groups.values())
