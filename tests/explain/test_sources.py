import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, PolynomialFeatures, StandardScaler

from modelcheck.explain.sources import NOBODY, matrix_of, sources_of
from modelcheck.models.stages import stages_of


def table(n=200, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.normal(size=n),
            "job": rng.choice(["cook", "smith", "clerk"], n, p=[0.5, 0.485, 0.015]),
            "flag": rng.integers(0, 2, n),
        }
    )


def stages(rows, *steps, given=None):
    """A fitted pipeline with the steps before some final estimator."""
    model = make_pipeline(*steps, LogisticRegression(max_iter=500))
    first = rows if given is None else given(rows)
    model.fit(first, np.arange(len(rows)) % 2)
    return stages_of(model, (lambda frame: frame) if given is None else given, prepared=given is not None)


def found(rows, *steps, given=None, columns=None):
    return sources_of(stages(rows, *steps, given=given), rows, tuple(columns or rows.columns))


def inside(*parts, remainder="passthrough", **more):
    return ColumnTransformer([(f"part {at}", step, list(names)) for at, (step, names) in enumerate(parts)],
                             remainder=remainder, **more)  # fmt: skip


def wrapped(step):
    """The same step in a pipeline of its own, so that nothing can be read off a ColumnTransformer."""
    return make_union(step)


ONE_HOT = OneHotEncoder(handle_unknown="ignore")


@pytest.mark.parametrize("hide", [False, True])
def test_one_hot_inputs_belong_to_their_column_rare_levels_too(hide):
    first = inside((ONE_HOT, ["job"]))
    owner = found(table(), wrapped(first) if hide else first)
    assert owner.tolist() == [1, 1, 1, 0, 2]


def test_levels_grouped_as_infrequent_belong_to_their_column():
    encoder = OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist")
    assert found(table(), wrapped(inside((encoder, ["job"])))).tolist() == [1, 1, 1, 0, 2]


def test_several_columns_in_one_encoder_are_told_apart():
    rows = table().assign(city=np.resize(["north", "south"], 200))
    owner = found(rows, inside((ONE_HOT, ["job", "city"])))
    assert owner.tolist() == [1, 1, 1, 3, 3, 0, 2]


@pytest.mark.parametrize("n", [6, 40, 400, 401, 900, 5_000])
def test_columns_whose_values_never_repeat_are_seen_to_move_at_any_size(n):
    rows = pd.DataFrame({"a": np.arange(n, dtype=float), "b": np.random.default_rng(0).normal(size=n)})
    assert found(rows, StandardScaler()).tolist() == [0, 1]


@pytest.mark.parametrize("pattern", [["x", "y"], ["x", "y", "z"], ["y", "x", "x"]])
def test_columns_that_repeat_a_pattern_are_seen_to_move(pattern):
    rows = pd.DataFrame({"word": np.resize(pattern, 60), "a": np.arange(60.0)})
    owner = found(rows, wrapped(inside((ONE_HOT, ["word"]))))
    assert owner.tolist() == [0] * len(set(pattern)) + [1]


def test_a_level_of_a_single_row_is_seen_to_move():
    rows = table(100)
    rows.loc[57, "job"] = "king"
    owner = found(rows, wrapped(inside((ONE_HOT, ["job"]))))
    assert owner.tolist() == [1, 1, 1, 1, 0, 2]


def test_inputs_made_from_several_columns_are_refused_by_name():
    rows = table().assign(pay=np.arange(200.0))
    for step in (PCA(2), PolynomialFeatures(2)):
        told = found(rows[["age", "flag", "pay"]], StandardScaler(), step)
        assert isinstance(told, str)
        assert "'age'" in told or "'flag'" in told
    beside = found(rows, inside((ONE_HOT, ["job"]), (PCA(1), ["age", "pay"])))
    assert "'age' and 'pay'" in beside


@pytest.mark.parametrize("hide", [False, True])
def test_words_of_a_text_belong_to_the_text(hide):
    rows = table(60).drop(columns="job")
    rows["note"] = [f"word{at} and word{at % 7}" for at in range(60)]
    words = ColumnTransformer([("note", TfidfVectorizer(), "note")], remainder="passthrough")
    made = stages(rows, wrapped(words) if hide else words)
    owner = sources_of(made, rows, tuple(rows.columns))
    width = made.transform(rows).shape[1]
    assert hasattr(made.transform(rows), "tocsr")
    assert (owner[: width - 2] == 2).all()
    assert owner[width - 2 :].tolist() == [0, 1]


def test_sparse_inputs_are_compared_as_they_are():
    rows = table()
    made = stages(rows, wrapped(inside((ONE_HOT, ["job"]), sparse_threshold=1.0)))
    assert hasattr(matrix_of(made.transform(rows)), "tocsr")
    assert sources_of(made, rows, tuple(rows.columns)).tolist() == [1, 1, 1, 0, 2]


def test_a_column_that_is_dropped_owns_nothing():
    owner = found(table(), inside((ONE_HOT, ["job"]), remainder="drop"))
    assert owner.tolist() == [1, 1, 1]


def test_a_missing_indicator_belongs_to_its_column():
    rows = table()
    rows.loc[::9, "age"] = np.nan
    owner = found(rows, wrapped(inside((SimpleImputer(add_indicator=True), ["age", "flag"]), remainder="drop")))
    assert owner.tolist() == [0, 2, 0]


def test_missing_values_that_stay_missing_have_not_moved():
    rows = table()[["age", "flag"]].astype(float)
    rows.loc[::2, "age"] = np.nan
    assert found(rows, wrapped(FunctionTransformer()), SimpleImputer()).tolist() == [0, 1]
    only = rows.assign(age=np.nan, note=rows["flag"] + 1)
    kept = stages(rows, FunctionTransformer(), SimpleImputer())
    assert sources_of(kept, only[["age", "flag"]], ("age", "flag")).tolist() == [NOBODY, 1]


def test_a_column_that_never_varies_moves_nothing():
    rows = table().assign(same=1.0)[["age", "same", "flag"]]
    assert found(rows, StandardScaler()).tolist() == [0, NOBODY, 2]


def test_inputs_of_a_model_without_steps_are_its_columns():
    rows = table()[["age", "flag"]]
    assert found(rows).tolist() == [0, 1]


def test_what_prepare_makes_is_followed_and_several_columns_at_once_are_refused():
    rows = table().assign(pay=np.arange(200.0))

    def single(frame):
        return pd.DataFrame({"log": np.log1p(frame["pay"]), "old": frame["age"] > 0, "both": frame["flag"]})

    def several(frame):
        return pd.DataFrame({"ratio": frame["pay"] * frame["age"], "flag": frame["flag"]})

    assert found(rows, given=single).tolist() == [3, 0, 2]
    assert "'age' and 'pay'" in found(rows, given=several)


def test_columns_of_words_dates_and_booleans_are_filled_in_their_own_type():
    rows = pd.DataFrame(
        {
            "day": pd.date_range("2020-01-01", periods=50, tz="Europe/Berlin"),
            "kind": pd.Categorical(np.resize(["a", "b"], 50)),
            "on": np.resize([True, False, False], 50),
            "whole": pd.array(np.resize([1, 2, None], 50), dtype="Int64"),
        }
    )
    seen = []

    def numbers(frame):
        seen.append([str(kind) for kind in frame.dtypes])
        return pd.DataFrame(
            {
                "day": frame["day"].dt.day,
                "kind": frame["kind"] == "a",
                "on": frame["on"],
                "whole": frame["whole"].fillna(0).astype(float),
            }
        )

    assert found(rows, given=numbers).tolist() == [0, 1, 2, 3]
    assert all(kinds == seen[0] for kinds in seen)


def test_the_rows_are_left_as_they_are():
    rows = table()
    before = rows.copy()
    found(rows, inside((ONE_HOT, ["job"])))
    pd.testing.assert_frame_equal(rows, before)


def test_every_level_of_a_column_with_more_levels_than_rows_tried_has_its_input():
    rows = pd.DataFrame({"age": np.arange(2_000.0), "zip": [f"z{at % 900}" for at in range(2_000)]})
    first = inside((ONE_HOT, ["zip"]), (StandardScaler(), ["age"]))
    owner = found(rows, wrapped(first))
    assert len(owner) == 901
    assert owner.tolist() == [1] * 900 + [0]
