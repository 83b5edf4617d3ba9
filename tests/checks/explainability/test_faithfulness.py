import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from modelcheck.checks.explainability.faithfulness import faithfulness

NUMBERS = ["big", "small", "noise", "twin"]


def test_columns_named_first_move_the_score_sooner_than_at_random(told):
    found = faithfulness(told)
    assert found.estimate.low > 0.2
    series = {point["series"] for point in found.charts[0].data}
    assert len(series) == 4


@pytest.mark.parametrize("model", [LinearRegression(), HistGradientBoostingRegressor(max_iter=20)])
def test_explanations_from_inside_are_as_faithful(context_for, people, model):
    table = people()[NUMBERS]
    table["y"] = 3.0 * table["big"] + table["small"] - 0.5 * table["noise"]
    found = faithfulness(context_for(model.fit(table[NUMBERS], table["y"]), table, task="regression"))
    assert found.estimate.low > 0.2


def test_a_model_that_never_moves_and_one_with_two_columns_have_no_order(context_for, people):
    still = context_for(lambda rows: np.full(len(rows), 0.4), people(200))
    assert faithfulness(still).not_applicable
    two = people(200)[["big", "small", "y"]]
    assert faithfulness(context_for(lambda rows: 1.0 / (1.0 + np.exp(-rows["big"].to_numpy())), two)).not_applicable


def test_rows_that_the_model_does_not_survive_are_left_out_and_said(context_for, people, right):
    def picky(rows):
        answers = right(rows)
        answers[(rows["noise"] > 1.0) & (rows["group"] == "F") & (rows["big"] < -1.5)] = np.nan
        return answers

    table = people()
    table = table[~((table["noise"] > 1.0) & (table["group"] == "F") & (table["big"] < -1.5))].reset_index(drop=True)
    found = faithfulness(context_for(picky, table))
    assert found.estimate.value > 0.2
