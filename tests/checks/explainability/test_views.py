"""What is shown and not judged: importance, dependence, interactions."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from modelcheck.checks.explainability.dependence import dependence
from modelcheck.checks.explainability.importance import importance
from modelcheck.checks.explainability.interactions import interactions

NUMBERS = ["big", "small", "noise"]


@pytest.fixture(scope="module")
def drivers(told, lines_of):
    return lines_of(importance(told), "drivers")


def test_shares_are_of_one_whole_the_largest_first(drivers):
    shares = [line["share"] for line in drivers]
    assert sum(shares) == pytest.approx(1.0)
    assert shares == sorted(shares, reverse=True)
    assert drivers[0]["column"] == "big"
    assert {line["column"] for line in drivers[1:3]} == {"job", "small"}
    assert all(line["low"] <= line["share"] <= line["high"] for line in drivers)
    assert all(line["share"] == 0.0 for line in drivers if line["column"] in ("noise", "twin", "group"))


def test_what_a_column_pays_has_an_interval_and_nothing_pays_for_what_is_not_looked_at(drivers):
    pays = {line["column"]: line for line in drivers}
    assert pays["big"]["pays low"] > 0.0
    assert pays["noise"]["pays"] == 0.0


def test_the_way_a_column_works_and_its_role_are_told(drivers):
    told = {line["column"]: line for line in drivers}
    assert told["big"]["effect"] == "higher raises"
    assert told["job"]["effect"] == ""
    assert told["group"]["role"] == "protected"


def test_a_column_that_lowers_and_one_that_does_both(context_for, people, lines_of):
    table = people()

    def model(rows):
        return (-2.0 * rows["big"] + rows["small"] ** 2).to_numpy()

    found = importance(context_for(model, table.assign(y=model(table)), task="regression"))
    effects = {line["column"]: line["effect"] for line in lines_of(found, "drivers")}
    assert effects["big"] == "higher lowers"
    assert effects["small"] == "both ways"


def test_a_column_that_moves_answers_without_paying_is_named(context_for, people):
    def model(rows):
        return 1.0 / (1.0 + np.exp(-(2.0 * rows["big"] + 2.0 * rows["noise"]).to_numpy()))

    assert "noise" in importance(context_for(model, people())).reading


def test_it_is_said_how_and_against_what(context_for, told, people, lines_of):
    def how(evidence):
        return {line["what"]: str(line["value"]) for line in lines_of(evidence, "how it was explained")}

    walked = how(importance(told))
    assert walked["explainer"].startswith("Permutation")
    assert "only the model's answers are known" in walked["why not from inside"]
    assert "500 rows of the reference" in walked["background"]
    table = people(200)[[*NUMBERS, "y"]]
    linear = how(importance(context_for(LogisticRegression().fit(table[NUMBERS], table["y"]), table)))
    assert linear["explainer"].startswith("Linear")
    assert linear["scale"] == "log-odds"
    assert "why not from inside" not in linear
    assert "dataset" in linear["background"]


def test_the_beeswarm_holds_every_explained_row_of_each_column(told):
    swarm = next(chart for chart in importance(told).charts if chart.kind == "beeswarm")
    data = pd.DataFrame(swarm.data)
    totals = data.groupby("label")["count"].sum()
    assert totals.nunique() == 1
    assert data.loc[data["label"] == "big", "level"].between(0.0, 1.0).all()
    assert data.loc[data["label"] == "job", "level"].isna().all()
    big = data[data["label"] == "big"]
    assert np.corrcoef(big["x"], big["level"])[0, 1] > 0.8


def test_several_classes_are_shared_out_over_all_of_them(context_for, people, lines_of):
    table = people()
    table["y"] = np.digitize(table["big"], [-0.5, 0.5]).astype(str)
    model = LogisticRegression().fit(table[NUMBERS], table["y"])
    found = importance(context_for(model, table, task="multiclass"))
    lines = lines_of(found, "drivers")
    assert lines[0]["column"] == "big"
    assert all(line["effect"] == "" for line in lines)


def test_dependence_is_drawn_for_what_moves_and_follows_the_model(told, right, people):
    found = dependence(told)
    charts = {chart.x: chart for chart in found.charts}
    assert set(charts) == {"big", "small", "job"}
    curve = [point for point in charts["big"].data if point["part"] == "curve"]
    means = [point["y"] for point in curve]
    assert means == sorted(means)
    assert all(point["low"] <= point["y"] <= point["high"] for point in curve)
    rows = people()
    middle = curve[len(curve) // 2]
    assert right(rows.assign(big=middle["x"])).mean() == pytest.approx(middle["y"], abs=0.03)
    levels = {point["label"]: point for point in charts["job"].data}
    assert levels["cook"]["y"] > levels["smith"]["y"] > levels["clerk"]["y"]
    assert sum(point["count"] for point in levels.values()) == 500


def test_accumulated_effects_part_from_dependence_where_columns_go_together(context_for, people):
    table = people(800)
    table["small"] = table["big"] + 0.1 * np.random.default_rng(0).normal(size=800)

    def model(rows):
        # What lies off the line where the rows are is never seen by accumulated effects.
        return rows["big"].to_numpy() + 8.0 * (np.abs(rows["big"] - rows["small"]) > 1.0)

    context = context_for(model, table.assign(y=table["big"]), task="regression")
    chart = next(chart for chart in dependence(context).charts if chart.x == "small")
    curve = [point for point in chart.data if point["part"] == "curve"]
    span = {name: np.ptp([point[name] for point in curve if point[name] is not None]) for name in ("y", "ale")}
    assert span["y"] > 1.0
    assert span["ale"] < 0.1


def test_density_counts_the_rows_within_the_curve(told):
    chart = next(chart for chart in dependence(told).charts if chart.x == "big")
    density = [point for point in chart.data if point["part"] == "density"]
    assert sum(point["count"] for point in density) <= 500
    assert sum(point["count"] for point in density) > 400


def test_no_column_that_moves_means_no_views(context_for, people):
    context = context_for(lambda rows: np.full(len(rows), 0.4), people(200))
    assert dependence(context).not_applicable
    assert interactions(context).not_applicable


def test_a_planted_interaction_comes_first(context_for, people, lines_of):
    table = people()[[*NUMBERS, "y"]]

    def model(rows):
        return (2.0 * rows["big"] + rows["small"] * rows["noise"]).to_numpy()

    found = interactions(context_for(model, table.assign(y=model(table)), task="regression"))
    top, *others = lines_of(found)
    assert {top["first"], top["second"]} == {"small", "noise"}
    assert top["strength"] > 0.8
    assert all(line["size"] < 0.05 * top["size"] for line in others)


def test_columns_that_only_add_up_do_not_interact(context_for, people, lines_of):
    table = people()[NUMBERS].assign(y=lambda rows: rows["big"] + rows["small"] - rows["noise"])
    model = LinearRegression().fit(table[NUMBERS], table["y"])
    found = interactions(context_for(model, table, task="regression"))
    assert all(line["size"] == pytest.approx(0.0, abs=1e-6) for line in lines_of(found))
    assert "none" in found.reading
