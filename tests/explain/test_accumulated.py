import numpy as np
import pandas as pd
import pytest

from modelcheck.explain.accumulated import accumulate


def _f(function):
    return lambda frame: function(frame["x"].to_numpy(dtype=float), frame["z"].to_numpy(dtype=float))


@pytest.fixture
def correlated():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.0, 1.0, 4_000)
    return pd.DataFrame({"x": x, "z": x + rng.normal(0.0, 0.05, len(x))})


def test_the_effect_of_a_product_of_like_columns_is_half_the_square(correlated):
    # The slope at x is z, which is x where the rows are: x^2 / 2 less its mean. Partial dependence says 0.
    found = accumulate(_f(lambda x, z: x * z), correlated, "x", bins=40)
    assert found.effect == pytest.approx(found.edges**2 / 2 - 1 / 6, abs=0.01)
    assert np.ptp(found.effect) > 0.4


def test_a_column_that_the_model_only_seems_to_need_has_no_effect(correlated):
    found = accumulate(_f(lambda x, z: 3 * z), correlated, "x")
    assert (found.effect == 0.0).all()


def test_an_additive_model_gives_its_own_terms(correlated):
    found = accumulate(_f(lambda x, z: np.exp(x) + z**3), correlated, "x", bins=30)
    truth = np.exp(found.edges)
    assert np.diff(found.effect) == pytest.approx(np.diff(truth), abs=1e-12)


@pytest.mark.parametrize("bins", [1, 7, 50])
def test_the_line_has_mean_zero_over_the_rows(correlated, bins):
    found = accumulate(_f(lambda x, z: np.exp(2 * x) + x * z), correlated, "x", bins=bins)
    assert len(found.edges) == bins + 1
    assert found.at(correlated["x"].to_numpy()).mean() == pytest.approx(0.0, abs=1e-12)
    assert found.counts.sum() == len(correlated)
    assert found.counts.min() >= len(correlated) // bins


def test_local_differences_have_the_standard_error_of_a_mean(correlated):
    found = accumulate(_f(lambda x, z: x * z), correlated, "x", bins=10)
    here = (correlated["x"] > found.edges[3]) & (correlated["x"] <= found.edges[4])
    moved = correlated["z"][here] * (found.edges[4] - found.edges[3])
    assert found.counts[3] == here.sum()
    assert found.local[3] == pytest.approx(moved.mean())
    assert found.error[3] == pytest.approx(moved.std(ddof=1) / np.sqrt(here.sum()))


def test_whole_numbers_stay_whole_and_repeated_values_make_fewer_bins():
    rows = pd.DataFrame({"x": [0] * 90 + [1, 2, 3, 4, 5] * 2, "z": 1.0})
    types = set()

    def ask(frame):
        types.add(str(frame["x"].dtype))
        assert set(frame["x"]) <= set(range(6))
        return 2.0 * frame["x"].to_numpy()

    found = accumulate(ask, rows, "x", bins=20)
    assert types == {"int64"}
    assert found.edges[0] == 0
    assert found.edges.tolist() == sorted(set(found.edges))
    assert np.diff(found.effect) == pytest.approx(2.0 * np.diff(found.edges))


def test_two_questions_are_asked_for_each_row_with_a_value_and_missing_ones_are_counted():
    rows = pd.DataFrame({"x": [1.0, 2.0, np.nan, 3.0, np.inf], "z": 1.0})
    asked = []

    def ask(frame):
        asked.append(frame["x"].tolist())
        return frame["x"].to_numpy()

    found = accumulate(ask, rows, "x", bins=2)
    assert (found.missing, found.unanswered) == (2, 0)
    assert found.edges.tolist() == [1.0, 2.0, 3.0]
    assert asked == [[1.0, 2.0, 1.0, 2.0, 2.0, 3.0]]


def test_rows_without_an_answer_are_left_out_and_counted(correlated):
    def ask(frame):
        return np.where(frame["z"] > 0.5, np.nan, frame["x"] ** 2)

    few = accumulate(ask, correlated[correlated["x"] < 0.49], "x")
    assert few.unanswered == int((correlated[correlated["x"] < 0.49]["z"] > 0.5).sum()) > 0
    assert np.diff(few.effect) == pytest.approx(np.diff(few.edges**2))
    # All rows of the upper bins lack answers: nothing leads across them.
    assert np.isnan(accumulate(ask, correlated, "x").effect).all()


@pytest.mark.parametrize(
    ("values", "edges"), [([5, 5, 5], [5]), ([np.nan, np.nan], []), ([], []), ([2.0, np.nan], [2.0])]
)
def test_a_column_that_does_not_vary_has_no_bins_and_asks_nothing(values, edges):
    rows = pd.DataFrame({"x": pd.Series(values, dtype=None if values else float), "z": 0.0})
    found = accumulate(lambda frame: pytest.fail("asked"), rows, "x")
    assert found.edges.tolist() == edges
    assert found.effect.tolist() == [0.0] * len(edges)
    assert len(found.counts) == len(found.local) == 0
    assert np.isnan(found.at(np.array([99.0]))).all()


def test_a_row_that_is_alone_in_its_bin_has_no_standard_error():
    found = accumulate(_f(lambda x, z: x), pd.DataFrame({"x": [0.0, 1.0, 2.0], "z": 0.0}), "x", bins=2)
    assert found.counts.tolist() == [2, 1]
    assert found.error.tolist() == pytest.approx([0.0, np.nan], nan_ok=True)


def test_each_class_has_its_own_line(correlated):
    single = accumulate(_f(lambda x, z: x * z), correlated, "x")
    both = accumulate(_f(lambda x, z: np.stack([x * z, -x], axis=1)), correlated, "x")
    assert both.effect.shape == (21, 2)
    assert both.effect[:, 0] == pytest.approx(single.effect, abs=1e-15)
    assert both.error[:, 0] == pytest.approx(single.error)
    assert both.at(np.array([0.0, 9.0]))[0, 0] == pytest.approx(single.at(np.array([0.0]))[0])
    assert np.isnan(both.at(np.array([9.0]))).all()


@pytest.mark.parametrize("values", [["a", "b"], [True, False], pd.to_datetime(["2026-01-01", "2026-01-02"])])
def test_what_is_no_number_is_refused(values):
    with pytest.raises(ValueError, match="need numbers"):
        accumulate(_f(lambda x, z: x), pd.DataFrame({"x": values, "z": 0.0}), "x")


def test_whole_numbers_with_gaps_in_a_nullable_column_stay_whole():
    rows = pd.DataFrame({"x": pd.array([1, 2, None, 4], dtype="Int64"), "z": 0.0})
    types = set()

    def ask(frame):
        types.add(str(frame["x"].dtype))
        return frame["x"].to_numpy(dtype=float)

    found = accumulate(ask, rows, "x")
    assert types == {"Int64"}
    assert (found.missing, found.effect.tolist()) == (1, pytest.approx([-4 / 3, -1 / 3, 5 / 3]))


def test_whole_numbers_past_the_exact_floats_stay_exact():
    big = 2**60
    rows = pd.DataFrame({"x": [big + 1, big + 3, big + 5], "z": 0.0})
    found = accumulate(lambda frame: (frame["x"] - big).to_numpy(dtype=float), rows, "x", bins=3)
    assert found.edges.tolist() == [big + 1, big + 3, big + 5]
    assert found.local.tolist() == [2.0, 2.0]
