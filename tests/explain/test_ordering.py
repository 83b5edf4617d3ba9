import numpy as np
import pandas as pd
import pytest

from modelcheck.explain.ordering import order_gains

COLUMNS = tuple("abcdefgh")
SLOPES = np.array([4.0, 3.0, 2.0, 1.0, 0.5, 0.2, 0.0, 0.0])


def _ask(frame):
    return frame[list(COLUMNS)].to_numpy(dtype=float) @ SLOPES


@pytest.fixture
def rows():
    return pd.DataFrame(np.random.default_rng(0).normal(size=(200, 8)), columns=list(COLUMNS))


@pytest.fixture
def background():
    return pd.DataFrame(np.random.default_rng(1).normal(size=(200, 8)), columns=list(COLUMNS))


@pytest.fixture
def right(rows, background):
    return (rows.to_numpy() - background.to_numpy()) * SLOPES


def _gains(rows, background, attribution, *, ask=_ask, seed=3, **options):
    return order_gains(ask, rows, background, attribution, COLUMNS, rng=np.random.default_rng(seed), **options)


@pytest.mark.parametrize("signed", [False, True])
def test_right_attributions_move_the_score_sooner_than_chance_and_the_reverse_later(rows, background, right, signed):
    good = _gains(rows, background, right, signed=signed).gain
    bad = _gains(rows, background, -right if signed else 1 / (np.abs(right) + 1e-9), signed=signed).gain
    assert good.mean() > 0.2
    assert bad.mean() < -0.2


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("attribution", ["noise", "ties"])
def test_attributions_that_say_nothing_gain_nothing(rows, background, attribution, signed):
    values = np.zeros((200, 8)) if attribution == "ties" else np.random.default_rng(5).normal(size=(200, 8))
    gain = _gains(rows, background, values, signed=signed).gain
    assert abs(gain.mean()) < 4 * gain.std() / np.sqrt(200)
    assert gain.std() > 0.0


def test_signed_orders_never_lose_to_chance_in_an_additive_model(rows, background, right):
    assert _gains(rows, background, right, signed=True).gain.min() >= 0.0
    # By size a row whose parts cancel out can lose.
    assert _gains(rows, background, right).gain.min() < 0.0


def test_curves_start_at_zero_and_end_with_the_whole_move(rows, background, right):
    found = _gains(rows, background, right)
    move = np.abs(_ask(rows) - _ask(background))
    assert found.steps.tolist() == list(range(9))
    for curve in (found.deletion, found.insertion, found.random_deletion, found.random_insertion):
        assert curve[:, 0] == pytest.approx(np.zeros(200), abs=1e-12)
        assert curve[:, -1] == pytest.approx(move)


def test_deletion_and_insertion_change_the_largest_first(rows, background, right):
    found = _gains(rows.iloc[:1], background.iloc[:1], right[:1])
    order = np.argsort(-np.abs(right[0]))
    reached = np.abs(np.concatenate([[0.0], np.cumsum(right[0][order])]))
    assert found.deletion[0] == pytest.approx(reached)
    assert found.insertion[0] == pytest.approx(reached)


def test_the_gain_is_the_area_between_the_curves_over_the_mean_area_by_chance(rows, background, right):
    found = _gains(rows, background, right, repeats=1)
    areas = [
        np.trapezoid(curve, found.steps / 8, axis=1)
        for curve in (found.deletion, found.insertion, found.random_deletion, found.random_insertion)
    ]
    assert found.scale == pytest.approx((areas[2] + areas[3]).mean() / 2)
    assert found.gain == pytest.approx((areas[0] + areas[1] - areas[2] - areas[3]) / 2 / found.scale)


def test_a_random_order_of_deletion_read_backwards_is_one_of_insertion(rows, background, right):
    asked = []

    def ask(frame):
        asked.append(len(frame))
        return _ask(frame)

    found = _gains(rows, background, right, ask=ask, repeats=3)
    assert sum(asked) == 200 * (2 + 7 * (2 + 3))
    assert found.random_insertion.mean(axis=0)[1:-1] == pytest.approx(found.random_deletion.mean(axis=0)[1:-1], rel=0.2)


def test_many_columns_change_several_at_a_step_and_the_steps_look_the_same_from_either_end():
    names = tuple(f"c{at}" for at in range(25))
    rows = pd.DataFrame(np.ones((3, 25)), columns=list(names))
    found = order_gains(
        lambda f: f.to_numpy().sum(axis=1), rows, rows * 0, np.ones((3, 25)), names, rng=np.random.default_rng(0)
    )
    assert found.steps[[0, -1]].tolist() == [0, 25]
    assert (found.steps + found.steps[::-1] == 25).all()
    assert len(found.steps) <= 21
    assert found.deletion[0].tolist() == found.steps.tolist()


def test_rows_without_an_answer_or_an_attribution_are_left_out_and_counted(rows, background, right):
    right[5, 2] = np.nan

    def ask(frame):
        return np.where(frame["a"] > 2.0, np.nan, _ask(frame))

    found = _gains(rows, background, right, ask=ask)
    gone = (rows["a"] > 2.0) | (background["a"] > 2.0) | (rows.index == 5)
    assert np.isnan(found.gain).tolist() == gone.tolist()
    assert found.unanswered == gone.sum() > 1
    assert np.isfinite(found.scale)


def test_a_model_that_never_moves_gains_nothing(rows, background, right):
    found = _gains(rows, background, right, ask=lambda f: np.full(len(f), 0.5))
    assert found.scale == 0.0
    assert (found.gain == 0.0).all()


def test_a_whole_move_of_zero_is_no_trouble():
    rows = pd.DataFrame(np.eye(8)[:1] + np.eye(8)[1:2], columns=list(COLUMNS))
    attribution = np.eye(8)[:1] - np.eye(8)[1:2]
    found = _gains(rows, rows * 0.0, attribution, ask=lambda frame: (frame["a"] - frame["b"]).to_numpy())
    assert found.deletion[0, -1] == 0.0
    assert np.isfinite(found.gain).all()


def test_every_type_of_column_can_be_replaced_and_others_stay():
    rows = pd.DataFrame(
        {
            "n": [1, 2],
            "job": ["cook", "smith"],
            "grade": pd.Series(["low", "high"], dtype="category"),
            "day": pd.to_datetime(["2026-01-01", "2026-01-02"]),
            "key": [10, 11],
        },
        index=[4, 4],
    )
    background = pd.DataFrame(
        {
            "n": [7.0, 8.0],
            "job": [None, "cook"],
            "grade": pd.Series(["top", "low"], dtype="category"),
            "day": pd.to_datetime(["2025-01-01", None]),
            "key": [99, 99],
        }
    )

    def ask(frame):
        assert frame["n"].dtype == "int64"
        assert frame["grade"].cat.categories.tolist() == ["high", "low", "top"]
        assert frame["day"].dtype.kind == "M"
        assert set(frame["key"]) <= {10, 11}
        return frame["n"].to_numpy() + 10.0 * frame["job"].isna().to_numpy()

    found = order_gains(
        ask, rows, background, np.ones((2, 4)), ("n", "job", "grade", "day"), rng=np.random.default_rng(0)
    )
    assert found.deletion[:, -1].tolist() == [16.0, 6.0]


def test_what_does_not_fit_is_refused(rows, background, right):
    with pytest.raises(ValueError, match="don't fit"):
        _gains(rows, background.iloc[:5], right)
    with pytest.raises(ValueError, match="don't fit"):
        _gains(rows, background, right[:, :3])
    with pytest.raises(ValueError, match="2 scores a row"):
        _gains(rows, background, right, ask=lambda f: np.zeros((len(f), 2)))


def test_the_same_generator_gives_the_same_gains(rows, background, right):
    made = [_gains(rows, background, right, seed=seed).gain.tolist() for seed in (3, 3, 4)]
    assert made[0] == made[1] != made[2]
