import numpy as np
import pandas as pd
import pytest

from modelcheck.errors import ModelError
from modelcheck.explain.dependence import Grid, curves, grid_of
from modelcheck.explain.questions import CALL_ROWS, answers, cells_like

MIXED = pd.DataFrame(
    {
        "count": [3, 1, 2, 2],
        "price": [1.5, np.nan, 2.5, 9.0],
        "job": ["cook", None, "smith", "cook"],
        "grade": pd.Categorical(["low", "high", "low", None], ["low", "high"], ordered=True),
        "day": pd.to_datetime(["2026-01-01", "2026-03-01", None, "2026-02-01"]),
        "member": [True, False, True, True],
        "seats": pd.array([4, None, 2, 5], dtype="Int64"),
    },
    index=[7, 7, 9, 0],
)


def _length(frame):
    return np.arange(len(frame), dtype=float)


@pytest.mark.parametrize(
    ("column", "points", "missing"),
    [
        ("count", (1, 2, 3), 0),
        ("price", (1.5, 2.5, 9.0), 1),
        ("job", ("cook", "smith"), 1),
        ("grade", ("low", "high"), 1),
        ("day", tuple(pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"])), 1),
        ("member", (True, False), 0),
        ("seats", (2, 4, 5), 1),
    ],
)
def test_a_grid_of_few_values_is_all_of_them_and_every_column_keeps_its_type(column, points, missing):
    grid = grid_of(MIXED[column])
    assert (grid.points, grid.missing, grid.outside) == (points, missing, 0)
    types = []

    def ask(frame):
        types.append(frame.dtypes.tolist())
        assert list(frame.columns) == list(MIXED.columns)
        assert list(frame.index) == list(range(len(frame)))
        return _length(frame)

    found = curves(ask, MIXED, column, grid)
    assert types == [MIXED.dtypes.tolist()]
    assert found.individual.shape == (4, len(points))


def test_a_grid_of_many_numbers_is_values_that_occur_from_the_first_to_the_last_percent():
    values = pd.Series(np.random.default_rng(0).permutation(10_001) * 2)
    grid = grid_of(values, most=20)
    assert len(grid.points) == 20
    assert set(grid.points) <= set(values)
    assert grid.points[0] == pytest.approx(200, abs=2)
    assert grid.points[-1] == pytest.approx(19_800, abs=2)
    assert grid.outside == sum(not grid.points[0] <= value <= grid.points[-1] for value in values)


def test_infinite_numbers_are_no_points_and_are_counted():
    grid = grid_of(pd.Series([1.0, np.inf, 2.0, np.nan]))
    assert grid == Grid(points=(1.0, 2.0), outside=1, missing=1)


def test_a_grid_has_the_twelve_most_frequent_categories_whatever_the_order_of_the_rows():
    values = pd.Series([f"level {at:02}" for at in range(15) for _ in range(15 - at // 2)])
    grid = grid_of(values)
    assert grid.points == tuple(f"level {at:02}" for at in range(12))
    assert grid.outside == 9 + 9 + 8
    assert grid_of(values[::-1]) == grid


def test_ordered_categories_stay_in_their_order():
    values = pd.Series(pd.Categorical(["high", "high", "low"], ["low", "middle", "high"], ordered=True))
    assert grid_of(values).points == ("low", "high")


@pytest.mark.parametrize("column", [pd.Series([None, None]), pd.Series([np.nan]), pd.Series([], dtype="str")])
def test_a_column_without_values_has_no_points_and_asks_nothing(column):
    grid = grid_of(column)
    assert grid.points == ()
    rows = pd.DataFrame({"x": column})
    found = curves(lambda frame: pytest.fail("asked"), rows, "x", grid)
    assert found.individual.shape == (len(rows), 0)
    assert found.mean.shape == (0,)


@pytest.mark.parametrize(
    ("values", "cells", "dtype"),
    [
        (pd.Series([1, 2]), [3.0], "int64"),
        (pd.Series([1, 2]), [3.5], "float64"),
        (pd.Series([1, 2]), [3, None], "float64"),
        (pd.Series([1, 2], dtype="int8"), [1000], "int64"),
        (pd.Series([1, 2], dtype="uint8"), [-1], "int64"),
        (pd.Series([1, 2]), [1e30], "float64"),
        (pd.Series([1, 2], dtype="Int64"), [3.0, None], "Int64"),
        (pd.Series([1, 2], dtype="Int64"), [3.5], "Float64"),
        (pd.Series([1.0], dtype="float32"), [3], "float32"),
        (pd.Series([True]), [False], "bool"),
        (pd.Series([True]), [None], "object"),
        (pd.Series([True]), ["yes"], "object"),
        (pd.Series(["a"], dtype="str"), ["b", None], "str"),
        (pd.Series(["a"], dtype="str"), [5], "object"),
        (pd.Series([1]), ["a"], "object"),
        (pd.Series(pd.to_datetime(["2026-01-01"])), ["soon"], "object"),
        (pd.Series([1], dtype="object"), ["a", 2], "object"),
    ],
)
def test_cells_take_the_type_of_the_column_where_it_can_hold_them(values, cells, dtype):
    found = cells_like(cells, values)
    assert str(found.dtype) == dtype
    assert [None if pd.isna(one) else one for one in found.tolist()] == cells


def test_a_new_category_comes_after_the_others():
    values = pd.Series(["b", "a"], dtype="category")
    found = cells_like(["c", "a"], values)
    assert found.cat.categories.tolist() == ["a", "b", "c"]
    assert found.tolist() == ["c", "a"]


def test_whole_numbers_past_the_exact_floats_stay_exact():
    big = 2**60 + 1
    assert cells_like([big], pd.Series([1, 2])).tolist() == [big]
    assert grid_of(pd.Series([big, big + 1])).points == (big, big + 1)


def test_partial_dependence_of_a_known_function_is_its_mean_over_the_rows():
    rows = pd.DataFrame({"x": [0.0, 1.0, 2.0], "z": [1.0, -1.0, 3.0]})
    found = curves(lambda f: (f["x"] ** 2 + f["x"] * f["z"]).to_numpy(), rows, "x", Grid(points=(0.0, 2.0)))
    assert found.individual.tolist() == [[0.0, 6.0], [0.0, 2.0], [0.0, 10.0]]
    assert found.mean.tolist() == [0.0, 6.0]
    assert found.centred(1).individual.tolist() == [[-6.0, 0.0], [-2.0, 0.0], [-10.0, 0.0]]
    low, high = found.band(0.5)
    assert low.tolist() == [0.0, 4.0]
    assert high.tolist() == [0.0, 8.0]
    assert rows["x"].tolist() == [0.0, 1.0, 2.0]


def test_scores_of_several_classes_keep_their_axis_or_one_is_chosen():
    rows = pd.DataFrame({"x": [0.0, 1.0, 2.0]})

    def ask(frame):
        return np.stack([frame["x"], 1 - frame["x"], frame["x"] ** 2], axis=1)

    found = curves(ask, rows, "x", Grid(points=(0.0, 2.0)))
    assert found.individual.shape == (3, 2, 3)
    assert found.mean.tolist() == [[0.0, 1.0, 0.0], [2.0, -1.0, 4.0]]
    assert curves(ask, rows, "x", Grid(points=(0.0, 2.0)), wanted=2).mean.tolist() == [0.0, 4.0]


def test_a_row_without_an_answer_at_one_point_is_left_out_of_the_whole_curve_and_counted():
    rows = pd.DataFrame({"x": [0.0, 1.0, 2.0], "z": [1.0, 5.0, 9.0]})

    def ask(frame):
        return np.where((frame["x"] == 2.0) & (frame["z"] == 5.0), np.nan, frame["x"] * 10 + frame["z"])

    found = curves(ask, rows, "x", grid_of(rows["x"]))
    assert found.unanswered == 1
    assert found.answered.tolist() == [True, False, True]
    assert found.mean.tolist() == [5.0, 15.0, 25.0]
    assert found.band(0.98)[1][0] < 9.0


def test_a_point_that_no_row_answers_costs_no_rows():
    rows = pd.DataFrame({"x": [0.0, 1.0], "z": [1.0, 5.0]})
    found = curves(lambda f: np.where(f["x"] == 1.0, np.inf, f["z"]), rows, "x", grid_of(rows["x"]))
    assert found.unanswered == 0
    assert found.mean.tolist() == pytest.approx([3.0, np.nan], nan_ok=True)


def test_without_any_answer_there_is_no_curve():
    rows = pd.DataFrame({"x": [0.0, 1.0]})
    found = curves(lambda f: np.full(len(f), np.nan), rows, "x", grid_of(rows["x"]))
    assert found.unanswered == 2
    assert np.isnan(found.mean).all()
    assert all(np.isnan(side).all() for side in found.band(0.8))


def test_questions_are_stacked_into_few_calls_of_bounded_size():
    rows = pd.DataFrame({"x": np.arange(3_000)})
    sizes = []

    def ask(frame):
        sizes.append(len(frame))
        return frame["x"].to_numpy()

    found = curves(ask, rows, "x", grid_of(rows["x"]))
    assert sizes == [CALL_ROWS] * 3 + [60_000 - 3 * CALL_ROWS]
    assert (found.individual == np.array(found.grid.points)).all()


def test_what_a_model_does_to_its_input_does_not_reach_the_rows():
    rows = pd.DataFrame({"x": [0.0, 1.0], "z": [1.0, 5.0]})

    def ask(frame):
        frame.iloc[:, :] = 99.0
        return _length(frame)

    curves(ask, rows, "x", grid_of(rows["x"]))
    assert rows.to_numpy().tolist() == [[0.0, 1.0], [1.0, 5.0]]


@pytest.mark.parametrize("scores", [np.zeros(3), np.float64(1.0), np.zeros((2, 2, 2))])
def test_a_model_that_does_not_answer_every_row_once_is_refused(scores):
    with pytest.raises(ModelError, match="2 changed rows"):
        answers(lambda frame: scores, 2, lambda at: pd.DataFrame({"x": at}))
