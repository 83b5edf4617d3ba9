import dataclasses
import itertools
import math
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from modelcheck.checks.explainability.alike import distances
from modelcheck.checks.explainability.drawn import Decisions, drawn
from modelcheck.checks.explainability.examples import examples
from modelcheck.checks.explainability.nearest import grids_of, nearest_changes

KINDS = {"one of the largest errors", "close to the boundary of the decision", "a typical answer"}


@pytest.fixture(scope="module")
def shown(told):
    return examples(told)


def by_name(evidence, name):
    return next(item for item in evidence.tables if item.name == name)


def test_two_rows_of_each_kind_are_explained_and_every_one_says_why(shown, lines_of):
    lines = lines_of(shown, "decisions")
    assert {line["why"] for line in lines} == KINDS
    assert len({line["row"] for line in lines}) == len(lines) == 6
    worst = [line for line in lines if "errors" in line["why"]]
    assert all(line["decided"] != line["truth"] for line in worst)
    near = [line for line in lines if "boundary" in line["why"]]
    assert all(abs(line["score"] - 0.5) < 0.05 for line in near)


def test_a_waterfall_ends_at_the_models_own_answer(shown, people, right, lines_of):
    answers = right(people())
    for line, chart in zip(lines_of(shown, "decisions"), shown.charts, strict=True):
        assert chart.kind == "waterfall"
        steps = [point["value"] for point in chart.data[1:-1]]
        start, end = chart.data[0]["end"], chart.data[-1]["end"]
        assert start + sum(steps) == pytest.approx(end, abs=1e-9)
        assert end == pytest.approx(line["score"])
        assert end == pytest.approx(answers[line["row"]], abs=1e-9)
        parts = lines_of(shown, chart.name)
        assert sum(part["contribution"] for part in parts) == pytest.approx(sum(steps), abs=1e-9)
        sizes = [abs(part["contribution"]) for part in parts]
        assert sizes == sorted(sizes, reverse=True)


def test_a_change_that_is_offered_really_decides_otherwise(told):
    ready = drawn(told)
    rows = ready.rows.iloc[:25]
    decide = Decisions(told.asking)
    own = decide(rows).astype(int)
    offered = nearest_changes(decide, rows, ready.support, grids_of(ready.support, ("big", "small", "job")), own)
    assert sum(map(len, offered)) > 25
    for at, changes in enumerate(offered):
        assert [one.distance for one in changes] == sorted(one.distance for one in changes)
        for one in changes:
            changed = rows.iloc[[at]].copy()
            changed[one.column] = pd.Series([one.value], index=changed.index, dtype=changed[one.column].dtype)
            assert decide(changed)[0] == one.decided != own[at]


def test_a_condition_with_an_inequality_holds_for_every_value_tried_beyond_it():
    rows = pd.DataFrame({"x": [1.0, 1.0]})
    support = pd.DataFrame({"x": np.linspace(0.0, 10.0, 201)})

    def above(frame):
        return (frame["x"] > 6.2).to_numpy(dtype=float)

    def between(frame):
        return ((frame["x"] > 6.2) & (frame["x"] < 8.0)).to_numpy(dtype=float)

    (first, _), (second, _) = (
        nearest_changes(ask, rows, support, grids_of(support, ("x",)), np.zeros(2, int)) for ask in (above, between)
    )
    assert re.fullmatch(r"x >= [\d.]+", first[0].words)
    assert 6.2 < first[0].value < 6.8
    assert re.fullmatch(r"x = [\d.]+", second[0].words)


def test_a_row_that_no_single_entry_decides_otherwise_has_no_change():
    rows = pd.DataFrame({"x": [1.0], "job": ["a"]})
    support = pd.DataFrame({"x": np.arange(20.0), "job": np.resize(["a", "b"], 20)})
    found = nearest_changes(
        lambda frame: np.zeros(len(frame)), rows, support, grids_of(support, ("x", "job")), np.zeros(1, int)
    )
    assert found == [[]]


def test_missing_entries_and_categories_may_change_and_rows_without_answer_are_no_change():
    rows = pd.DataFrame({"x": [np.nan], "job": ["a"]})
    support = pd.DataFrame({"x": np.arange(20.0), "job": np.resize(["a", "b", "c"], 20)})

    def decide(frame):
        found = ((frame["x"] > 4.0) | (frame["job"] == "c")).to_numpy(dtype=float)
        return np.where(frame["job"] == "b", np.nan, found)

    (changes,) = nearest_changes(decide, rows, support, grids_of(support, ("x", "job")), np.zeros(1, int))
    assert {one.column for one in changes} == {"x", "job"}
    assert next(one for one in changes if one.column == "job").value == "c"


def by_group(rows):
    return np.where(rows["group"] == "M", 0.8, 0.2) + 0.001 * rows["big"].to_numpy()


@pytest.mark.parametrize("declared", ["protected", "forbidden", "unchangeable"])
def test_a_protected_forbidden_or_unchangeable_column_is_never_offered(context_for, people, declared, lines_of):
    table = people(200)
    more = {"dataset": {"protected": (("group",),)}} if declared == "protected" else {declared: ("group",)}
    found = examples(context_for(by_group, table, **more))
    changes = [line["what would change it"] for line in lines_of(found, "decisions")]
    assert changes
    assert not any("group" in change for change in changes)
    free = examples(context_for(by_group, table))
    assert all("group" in line["what would change it"] for line in lines_of(free, "decisions"))


def test_similar_rows_are_those_of_the_reference_nearest_first(shown, told, people, lines_of):
    reference = people(500, 1)
    for at in range(6):
        lines = lines_of(shown, f"similar to example {at + 1}")
        assert len(lines) == 3
        assert [line["distance"] for line in lines] == sorted(line["distance"] for line in lines)
        for line in lines:
            assert line["truth"] == reference.loc[line["row"], "y"]
    assert told.asking.support == "reference"


def test_a_row_is_not_similar_to_itself(context_for, people, right, lines_of):
    found = examples(context_for(right, people(200)))
    for at, line in enumerate(lines_of(found, "decisions")):
        others = {one["row"] for one in lines_of(found, f"similar to example {at + 1}")}
        assert line["row"] not in others


def test_gowers_distance_counts_holes_and_words_as_equal_or_not():
    table = pd.DataFrame({"x": [0.0, 10.0, np.nan], "job": ["a", "b", None], "when": pd.date_range("2020", periods=3)})
    weights = {"x": 1.0, "job": 1.0, "when": 0.0}
    assert distances(table.iloc[0], table, weights).tolist() == [0.0, 1.0, 1.0]
    assert distances(table.iloc[2], table, weights).tolist() == [1.0, 1.0, 0.0]
    assert distances(table.iloc[0], table, {}).tolist() == [0.0, 0.0, 0.0]
    far = distances(pd.Series({"x": 1e6}), table[["x"]], {"x": 1.0})
    assert far.max() <= 1.0


def test_negative_flips_are_among_the_chosen(context_for, people, right, lines_of):
    table = people()

    def wrong(rows):
        answers = right(rows)
        return np.where(rows["group"] == "F", 1.0 - answers, answers)

    found = examples(context_for(wrong, table, baseline=right))
    places = [line["row"] for line in lines_of(found, "decisions") if "in use now" in line["why"]]
    assert len(places) == 2
    ours, theirs = wrong(table) >= 0.5, right(table) >= 0.5
    truth = (table["y"] == "yes").to_numpy()
    assert (theirs[places] == truth[places]).all()
    assert (ours[places] != truth[places]).all()


def test_values_have_no_decision_that_could_change(context_for, people, lines_of):
    table = people(200).assign(y=lambda rows: rows["big"])
    found = examples(context_for(lambda rows: rows["big"].to_numpy() + 0.1, table, task="regression"))
    lines = lines_of(found, "decisions")
    assert lines
    assert not any("would be" in str(line.get("what would change it", "")) for line in lines)


def test_of_several_classes_the_one_that_was_decided_for_is_told_of(context_for, people, lines_of):
    table = people()
    table["y"] = np.digitize(table["big"], [-0.5, 0.5]).astype(str)
    model = LogisticRegression().fit(table[["big", "small", "noise"]], table["y"])
    found = examples(context_for(model, table, task="multiclass"))
    answers = model.predict_proba(table[["big", "small", "noise"]])
    for line in lines_of(found, "decisions"):
        assert line["score"] == pytest.approx(answers[line["row"]].max(), abs=1e-6)
        assert line["decided"] == str(answers[line["row"]].argmax())


def test_a_declared_threshold_is_the_boundary(context_for, people, right, lines_of):
    context = context_for(right, people(), candidate={"threshold": 0.8}, threshold=0.8)
    found = examples(context)
    near = [line for line in lines_of(found, "decisions") if "boundary" in line["why"]]
    assert all(abs(line["score"] - 0.8) < 0.05 for line in near)


def test_a_small_budget_explains_fewer_and_says_so(context_for, people, right):
    whole = examples(context_for(right, people()))
    assert len(whole.charts) == 6
    # What is made for one budget is shared, so each has a context of its own.
    few = examples(dataclasses.replace(context_for(right, people()), budget=4_000))
    assert 0 < len(few.charts) < 6
    assert "leaves" in few.reading
    none = examples(dataclasses.replace(context_for(right, people()), budget=1_500))
    assert not none.charts
    assert none.searched


def crossed(rows):
    raw = 0.9 * rows["big"] * (rows["job"] == "cook") + 0.4 * rows["small"] - 0.5 * (rows["group"] == "M")
    return (1.0 / (1.0 + np.exp(-raw))).to_numpy()


def exact(ask, row, background, columns):
    """Shapley values of one row by every subset of its columns."""
    worth = {}
    for size in range(len(columns) + 1):
        for subset in itertools.combinations(columns, size):
            mixed = background.copy()
            for name in subset:
                mixed[name] = pd.Series([row[name]] * len(mixed), index=mixed.index, dtype=mixed[name].dtype)
            worth[frozenset(subset)] = float(ask(mixed).mean())
    d, values = len(columns), {}
    for name in columns:
        rest = [other for other in columns if other != name]
        values[name] = sum(
            math.factorial(size) * math.factorial(d - size - 1) / math.factorial(d)
            * (worth[frozenset((*subset, name))] - worth[frozenset(subset)])
            for size in range(d)
            for subset in itertools.combinations(rest, size)
        )  # fmt: skip
    return values


def test_what_a_person_is_told_is_the_shapley_value_over_many_rows_within_the_told_range(context_for, people, lines_of):
    context = context_for(crossed, people())
    found, ready = examples(context), drawn(context)
    places = {int(position): at for at, position in enumerate(ready.positions)}
    missed = told = 0
    for line in lines_of(found, "decisions"):
        row = ready.rows.iloc[places[line["row"]]]
        truth = exact(crossed, row, ready.support.iloc[:1_000], ready.columns)
        for part in lines_of(found, f"example {line['example']}"):
            told += 1
            missed += not part["low"] - 1e-9 <= truth[part["column"]] <= part["high"] + 1e-9
            assert part["contribution"] == pytest.approx(truth[part["column"]], abs=0.05)
    assert missed <= 0.1 * told


def test_another_seed_gives_the_same_first_reason(context_for, people, lines_of):
    first = []
    for seed in (0, 1, 2):
        found = examples(dataclasses.replace(context_for(crossed, people()), seed=seed, wanted=(17,)))
        (line,) = lines_of(found, "decisions")
        assert line["row"] == 17
        first.append(lines_of(found, "example 1")[0]["column"])
    assert len(set(first)) == 1


def test_how_the_decisions_were_explained_is_told(shown, lines_of):
    told = {line["what"]: line["value"] for line in lines_of(shown, "how it was explained")}
    assert told["explainer"].startswith("Permutation, because ")
    assert "rows of the reference" in told["background"] or "rows of the dataset" in told["background"]
    assert "each from another row of the background" in told["walks"]
