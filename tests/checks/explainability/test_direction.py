import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from modelcheck.checks.explainability.direction import direction


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


def test_words_and_unknown_columns_are_named_and_not_looked_at(asked_of):
    found = direction(asked_of(monotonic={"job": "increasing", "big": "increasing"}, limit=0.05))
    assert list(found.groups) == ["big"]
    assert "job" in found.reading
    alone = direction(asked_of(monotonic={"job": "increasing"}, limit=0.05))
    assert "job" in alone.not_applicable


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
    import dataclasses

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
    assert "whole" in found.groups
    assert not found.findings
