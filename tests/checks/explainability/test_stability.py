import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from modelcheck.checks.explainability.stability import stability

NUMBERS = ["big", "small", "noise", "twin"]


def test_a_smooth_model_keeps_its_reasons(told, lines_of):
    found = stability(told)
    assert 0.8 < found.estimate.low <= found.estimate.value <= found.estimate.high <= 1.0
    lines = lines_of(found)
    assert [line["explained again with"] for line in lines] == [
        "a row with a little noise", "other rows", "other background rows",
    ]  # fmt: skip
    assert all(line["agreement"] > 0.8 for line in lines)


def test_a_model_of_fine_steps_has_other_reasons_for_nearly_the_same_row(context_for, people, told):
    def restless(rows):
        parts = [np.sin(3_000.0 * rows[name].to_numpy()) for name in NUMBERS]
        return 1.0 / (1.0 + np.exp(-sum(parts)))

    found = stability(context_for(restless, people(), budget=120_000))
    assert found.estimate.high < 0.9 < stability(told).estimate.value


@pytest.mark.parametrize("model", [LogisticRegression(), DecisionTreeClassifier(max_depth=4, random_state=0)])
def test_models_that_are_looked_into_are_explained_again_the_same_way(context_for, people, model, lines_of):
    table = people()[[*NUMBERS, "y"]]
    found = stability(context_for(model.fit(table[NUMBERS], table["y"]), table))
    assert found.estimate.value > 0.7
    background = lines_of(found)[2]
    assert (background["agreement"] is None) == isinstance(model, LogisticRegression)


def test_whole_numbers_with_large_steps_stay_and_nothing_is_claimed(context_for, people):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({name: rng.integers(0, 4, 200) for name in NUMBERS})
    table["y"] = np.where(table["big"] > 1, "yes", "no")

    def model(rows):
        return 1.0 / (1.0 + np.exp(-rows[NUMBERS].to_numpy(dtype=float).sum(axis=1) / 4.0 + 1.5))

    found = stability(context_for(model, table, budget=120_000))
    assert found.estimate is None
    assert "whole numbers" in found.reading


def test_holes_booleans_and_nullable_whole_numbers_do_no_harm(context_for, people):
    table = people(200)
    table["whole"] = pd.array(np.resize([100, 2_000, 30_000, None], 200), dtype="Int64")
    table["on"] = np.resize([True, False], 200)
    table.loc[::7, "big"] = np.nan

    def model(rows):
        big = rows["big"].fillna(0.0).to_numpy()
        whole = rows["whole"].fillna(0).to_numpy(dtype=float)
        return 1.0 / (1.0 + np.exp(-(big + whole / 3e4 + rows["on"].to_numpy(dtype=float))))

    found = stability(context_for(model, table, budget=120_000))
    assert found.estimate.value > 0.8


def test_two_columns_have_no_order_to_speak_of(context_for, people):
    table = people(200)[["big", "small", "y"]]
    found = stability(context_for(lambda rows: 1.0 / (1.0 + np.exp(-rows["big"].to_numpy())), table))
    assert "three" in found.not_applicable
