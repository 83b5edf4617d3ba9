import numpy as np
import pandas as pd
import pytest

from modelcheck.explain import walks as module
from modelcheck.explain.walks import asked_by_walks, walk


def numbers(n, seed=0):
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n, 3)), columns=list("abc"))


def product(rows):
    return (rows["a"] * rows["b"] + rows["c"]).to_numpy(dtype=float)


def walked(ask, rows, background, columns=("a", "b", "c"), *, walks=4, seed=0, **more):
    return walk(ask, rows, background, columns, walks=walks, rng=np.random.default_rng(seed), scale="value", **more)


class Counting:
    """A model that notes the sizes of its calls."""

    def __init__(self, ask):
        self.ask, self.sizes = ask, []

    def __call__(self, rows):
        self.sizes.append(len(rows))
        return self.ask(rows)


@pytest.mark.parametrize("walks", [2, 5])
def test_as_many_rows_are_asked_about_as_was_promised(walks):
    ask = Counting(product)
    found = walked(ask, numbers(7), numbers(12, 1), walks=walks)
    assert found.asked == sum(ask.sizes) == 7 * asked_by_walks(3, walks) + 7 + 12


def test_more_walks_than_background_rows_are_not_walked():
    ask = Counting(product)
    found = walked(ask, numbers(7), numbers(4, 1), walks=50)
    assert found.asked == sum(ask.sizes) == 7 * asked_by_walks(3, 4) + 7 + 4


def test_the_same_seed_walks_the_same_way_and_another_one_another_way():
    one, two, other = (walked(product, numbers(5), numbers(20, 1), seed=seed).values for seed in (0, 0, 1))
    assert (one == two).all()
    assert (one != other).any()


def test_calls_of_any_size_give_the_same(monkeypatch):
    whole = walked(product, numbers(30), numbers(20, 1))
    monkeypatch.setattr(module, "_CALL_ROWS", 24)
    ask = Counting(product)
    parts = walked(ask, numbers(30), numbers(20, 1))
    assert parts.values == pytest.approx(whole.values, abs=1e-12)
    assert max(ask.sizes[2:]) <= 24
    assert len(ask.sizes) > 10


def test_a_single_column_has_everything_without_a_walk():
    ask = Counting(lambda rows: 2.0 * rows["a"].to_numpy())
    rows, far = numbers(4)[["a"]], numbers(9, 1)[["a"]]
    found = walked(ask, rows, far, ("a",))
    assert found.values[:, 0, 0] == pytest.approx(2.0 * (rows["a"] - far["a"].mean()))
    assert ask.sizes == [9, 4]


def test_no_rows_have_no_attributions():
    found = walked(product, numbers(0), numbers(9, 1))
    assert found.values.shape == (0, 3, 1)
    assert len(found.error) == 0


def test_columns_beside_those_explained_stay_the_rows_own():
    def ask(rows):
        assert rows["tag"].isin(["mine", "far"]).all()
        assert (rows["tag"] == "mine").all() or len(rows) == 9
        return product(rows)

    rows, far = numbers(4).assign(tag="mine"), numbers(9, 1).assign(tag="far")
    assert walked(ask, rows, far).error == pytest.approx(0.0, abs=1e-12)


def test_a_row_without_an_answer_on_the_way_has_no_attributions_and_takes_no_other_with_it():
    rows, far = numbers(6), numbers(9, 1)
    rows.loc[2, "a"] = 50.0

    def ask(frame):
        return np.where((frame["a"] == 50.0) & ~np.isclose(frame["b"], rows.loc[2, "b"]), np.nan, product(frame))

    found = walked(ask, rows, far)
    lost = ~np.isfinite(found.values).all(axis=(1, 2))
    assert lost.tolist() == [False, False, True, False, False, False]
    assert found.error[~lost] == pytest.approx(0.0, abs=1e-9)


def test_a_model_without_a_single_answer_raises_no_warning_and_explains_nothing():
    found = walked(lambda frame: np.full(len(frame), np.nan), numbers(3), numbers(9, 1))
    assert not np.isfinite(found.values).any()
    assert not np.isfinite(found.base).any()


def test_entries_keep_their_type_while_they_are_mixed():
    kinds = []

    def ask(frame):
        kinds.append([str(kind) for kind in frame.dtypes])
        return frame["day"].dt.day.to_numpy(dtype=float) + (frame["kind"] == "a")

    rows = pd.DataFrame(
        {
            "day": pd.date_range("2020-01-01", periods=30, tz="UTC"),
            "kind": pd.Categorical(np.resize(["a", "b", None], 30)),
            "whole": pd.array(np.resize([1, None], 30), dtype="Int64"),
            "on": np.resize([True, False], 30),
        }
    )
    found = walk(
        ask, rows.iloc[:6], rows.iloc[6:], tuple(rows.columns), walks=3, rng=np.random.default_rng(0), scale="value"
    )
    assert all(kind == kinds[0] for kind in kinds)
    assert found.error == pytest.approx(0.0, abs=1e-9)
    assert (found.values[:, 2:] == 0.0).all()


def test_rows_with_any_index_are_the_same_rows():
    rows, far = numbers(5), numbers(9, 1)
    plain = walked(product, rows, far)
    other = walked(product, rows.set_axis([7, 7, 3, 0, -1]), far.set_axis(list("zyxwvutsr")))
    assert (plain.values == other.values).all()


def test_nothing_is_written_into_the_rows():
    rows, far = numbers(5), numbers(9, 1)
    before = rows.copy(), far.copy()
    walked(product, rows, far)
    pd.testing.assert_frame_equal(rows, before[0])
    pd.testing.assert_frame_equal(far, before[1])
