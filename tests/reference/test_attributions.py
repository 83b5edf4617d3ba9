"""Attributions against shap's own explainers, closed forms and the axioms that define Shapley values."""

import warnings

import numpy as np
import pandas as pd
import pytest
import shap
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from modelcheck.explain.attributions import LINEAR, LOG_ODDS, PATHS, PROBABILITY, TREE, VALUE
from modelcheck.explain.choosing import choose
from modelcheck.explain.subject import Subject
from modelcheck.explain.walks import walk
from modelcheck.models.stages import stages_of

COLUMNS = ("age", "job", "rank", "pay")
# Which columns the pipeline's inputs are made from: three jobs first, then what passes through.
MADE_FROM = np.array([1, 1, 1, 0, 2, 3])


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.normal(size=240),
            "job": rng.choice(["cook", "smith", "clerk"], 240, p=[0.6, 0.35, 0.05]),
            "rank": rng.integers(0, 5, 240),
            "pay": rng.normal(size=240),
        }
    )


def signal(rows):
    return (rows["age"] + 0.7 * (rows["job"] == "cook") - 0.3 * rows["rank"] * rows["pay"]).to_numpy()


def truth(rows, task):
    if task == "regression":
        return signal(rows)
    noisy = signal(rows) + 0.5 * np.random.default_rng(1).normal(size=len(rows))
    return np.where(noisy > 0, "yes", "no") if task == "binary" else np.digitize(noisy, [-0.7, 0.7])


def fitted(final, rows, task, *, scaled=False):
    words = ("job", OneHotEncoder(), ["job"])
    first = ColumnTransformer([words], remainder=StandardScaler() if scaled else "passthrough")
    return make_pipeline(first, final).fit(rows, truth(rows, task))


def subject(model, rows, task, *, order=None):
    if task == "regression":
        ask, order = model.predict, ()
    elif task == "binary":
        order = order or (0, 1)

        def ask(frame):
            return model.predict_proba(frame)[:, order[1]]
    else:
        order = order or (0, 1, 2)

        def ask(frame):
            return model.predict_proba(frame)[:, list(order)]

    return Subject(
        ask=ask,
        stages=stages_of(model, lambda frame: frame, prepared=False),
        columns=COLUMNS,
        background=rows.iloc[:40],
        support=rows,
        task=task,
        order=order,
    )


def explained(model, rows, task, *, scale=None, order=None):
    explainer = choose(subject(model, rows, task, order=order), rows, rng=np.random.default_rng(0), scale=scale)
    return explainer.explain(rows.iloc[100:130])


def from_shap(model, rows, **options):
    """shap's values of the final estimator's inputs, one-hot children added up by hand, outputs last; and its base."""
    first, final = model[:-1], model[-1]
    background = options.pop("background", None)
    given = None if background is None else np.asarray(first.transform(background), dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainer = shap.TreeExplainer(final, data=given, **options)
        values = np.asarray(explainer.shap_values(np.asarray(first.transform(rows), dtype=float)))
    values = values.reshape(len(rows), len(MADE_FROM), -1)
    summed = np.stack([values[:, place == MADE_FROM].sum(axis=1) for place in range(len(COLUMNS))], axis=1)
    return summed, np.atleast_1d(explainer.expected_value)


TREES = [
    (DecisionTreeClassifier(max_depth=5, random_state=0), DecisionTreeRegressor(max_depth=5, random_state=0)),
    (RandomForestClassifier(6, random_state=0), RandomForestRegressor(6, random_state=0)),
    (ExtraTreesClassifier(6, random_state=0), ExtraTreesRegressor(6, random_state=0)),
]


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("kinds", TREES, ids=["tree", "forest", "extra"])
def test_forests_are_explained_as_shap_explains_them_against_a_background(people, kinds, task):
    model = fitted(kinds[task == "regression"], people, task)
    found = explained(model, people, task)
    values, base = from_shap(
        model, people.iloc[100:130], background=people.iloc[:40], feature_perturbation="interventional"
    )
    if task == "binary":
        values, base = values[:, :, [1]], base[[1]]
    assert (found.explainer, found.scale) == (TREE, VALUE if task == "regression" else PROBABILITY)
    assert found.values == pytest.approx(values, abs=1e-9)
    assert found.base == pytest.approx(base, abs=1e-9)


@pytest.mark.parametrize(
    ("task", "final", "scale"),
    [
        ("binary", GradientBoostingClassifier(n_estimators=8, random_state=0), LOG_ODDS),
        ("binary", GradientBoostingClassifier(n_estimators=8, random_state=0), PROBABILITY),
        ("regression", GradientBoostingRegressor(n_estimators=8, random_state=0), VALUE),
    ],
)
def test_gradient_boosting_is_explained_as_shap_does_on_either_scale(people, task, final, scale):
    model = fitted(final, people, task)
    found = explained(model, people, task, scale=scale)
    values, base = from_shap(
        model,
        people.iloc[100:130],
        background=people.iloc[:40],
        feature_perturbation="interventional",
        model_output="probability" if scale == PROBABILITY else "raw",
    )
    assert (found.explainer, found.scale) == (TREE, scale)
    assert found.values == pytest.approx(values, abs=1e-9)
    assert found.base == pytest.approx(base, abs=1e-9)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_histogram_boosting_is_explained_as_shap_does_along_the_paths(people, task):
    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    model = fitted(kind(max_iter=8, random_state=0), people, task)
    found = explained(model, people, task)
    values, base = from_shap(model, people.iloc[100:130], feature_perturbation="tree_path_dependent")
    assert (found.explainer, found.scale) == (PATHS, VALUE if task == "regression" else LOG_ODDS)
    assert found.values == pytest.approx(values, abs=1e-9)
    assert found.base == pytest.approx(base, abs=1e-9)
    assert found.error == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_linear_models_are_explained_as_shap_explains_them_and_as_the_closed_form_says(people, task):
    model = fitted(Ridge() if task == "regression" else LogisticRegression(), people, task, scaled=True)
    found = explained(model, people, task)
    # Only the mean of the background counts, so all rows of the support are in it.
    given, background = (np.asarray(model[0].transform(part)) for part in (people.iloc[100:130], people))
    masker = shap.maskers.Independent(background, max_samples=len(background))
    theirs = shap.LinearExplainer(model[-1], masker).shap_values(given)
    theirs = np.asarray(theirs).reshape(30, len(MADE_FROM), -1)
    coefficients = np.atleast_2d(model[-1].coef_)
    closed = (given - background.mean(axis=0))[:, :, None] * coefficients.T[None]
    for by_input in (theirs, closed):
        by_column = np.stack([by_input[:, place == MADE_FROM].sum(axis=1) for place in range(4)], axis=1)
        assert found.values == pytest.approx(by_column, abs=1e-9)
    assert (found.explainer, found.scale) == (LINEAR, VALUE if task == "regression" else LOG_ODDS)
    assert found.base == pytest.approx(model[-1].intercept_ + coefficients @ background.mean(axis=0), abs=1e-9)
    assert found.error == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    "final",
    [
        LogisticRegression(),
        RandomForestClassifier(5, random_state=0),
        GradientBoostingClassifier(n_estimators=5, random_state=0),
        HistGradientBoostingClassifier(max_iter=5, random_state=0),
    ],
    ids=lambda final: type(final).__name__,
)
def test_with_the_positive_class_first_everything_is_mirrored(people, final):
    model = fitted(final, people, "binary")
    last, first = (explained(model, people, "binary", order=order) for order in ((0, 1), (1, 0)))
    whole = 1.0 if last.scale == PROBABILITY else 0.0
    assert first.explainer == last.explainer
    # shap's own sums over trees against a background are rounded to about 1e-8.
    assert first.values == pytest.approx(-last.values, abs=1e-7)
    assert first.base == pytest.approx(whole - last.base, abs=1e-7)
    assert first.output == pytest.approx(whole - last.output, abs=1e-7)
    assert np.abs(last.values).max() > 0.05


def test_probabilities_of_boosting_with_the_positive_class_first_are_mirrored(people):
    model = fitted(GradientBoostingClassifier(n_estimators=5, random_state=0), people, "binary")
    last, first = (explained(model, people, "binary", order=order, scale=PROBABILITY) for order in ((0, 1), (1, 0)))
    assert first.explainer == last.explainer == TREE
    assert first.values == pytest.approx(-last.values, abs=1e-7)
    assert first.base == pytest.approx(1.0 - last.base, abs=1e-7)
    assert first.error == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("final", [LogisticRegression(), RandomForestClassifier(5, random_state=0)])
def test_classes_in_another_order_are_the_same_attributions_in_that_order(people, final):
    model = fitted(final, people, "multiclass")
    own, other = (explained(model, people, "multiclass", order=order) for order in ((0, 1, 2), (2, 0, 1)))
    assert other.values == pytest.approx(own.values[:, :, [2, 0, 1]], abs=1e-12)
    assert other.base == pytest.approx(own.base[[2, 0, 1]], abs=1e-12)


def test_a_pipeline_with_an_unscaled_number_says_the_same_as_the_model_on_its_own(people):
    numbers = people[["age", "rank", "pay"]]
    alone = LinearRegression().fit(numbers, signal(people))
    piped = make_pipeline(StandardScaler(), LinearRegression()).fit(numbers, signal(people))
    found = []
    for model in (alone, piped):
        said = Subject(
            ask=model.predict,
            stages=stages_of(model, lambda frame: frame, prepared=False),
            columns=("age", "rank", "pay"),
            background=numbers.iloc[:40],
            support=numbers,
            task="regression",
        )
        found.append(choose(said, numbers, rng=np.random.default_rng(0)).explain(numbers.iloc[50:60]))
    assert found[0].values == pytest.approx(found[1].values, abs=1e-9)


# Walks.


def wild(rows):
    a, b, c, d = (rows[name].to_numpy(dtype=float) for name in "abcd")
    return np.where(a > 0, b * c, np.sin(b)) + 0.3 * a * d


def numbers(n, seed=0, columns="abcd"):
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n, len(columns))), columns=list(columns))


def exact(function, rows, background):
    """Shapley values by shap's enumeration of all subsets, every background row."""
    columns = list(rows.columns)
    masker = shap.maskers.Independent(background.to_numpy(), max_samples=len(background))
    explainer = shap.explainers.Exact(lambda given: function(pd.DataFrame(given, columns=columns)), masker)
    found = explainer(rows.to_numpy())
    return found.values, float(np.ravel(found.base_values)[0])


def walked(function, rows, background, walks, seed=0):
    return walk(
        function,
        rows,
        background,
        tuple(rows.columns),
        walks=walks,
        rng=np.random.default_rng(seed),
        scale=VALUE,
    )


@pytest.mark.parametrize(("far", "walks"), [(60, 60), (400, 60)])
def test_walks_agree_with_the_enumeration_of_all_subsets_within_their_standard_errors(far, walks):
    rows, background = numbers(30), numbers(far, seed=1)
    values, base = exact(wild, rows, background)
    found = walked(wild, rows, background, walks)
    error = (found.values[:, :, 0] - values) / found.noise[:, :, 0]
    assert np.abs(error).max() < 4.0
    assert np.sqrt((error**2).mean()) < 1.2
    assert found.base == pytest.approx([base], abs=1e-9)
    # Few walks have errors that are larger, and say so.
    few = walked(wild, rows, background, 8)
    assert few.noise.mean() > 2.0 * found.noise.mean()


def test_walks_over_the_whole_background_are_exact_for_sums():
    def added(rows):
        return (np.exp(rows["a"]) + 3.0 * (rows["b"] > 0) - rows["c"] ** 2 + rows["d"]).to_numpy()

    rows, background = numbers(20), numbers(30, seed=1)
    values, _ = exact(added, rows, background)
    found = walked(added, rows, background, 30)
    assert found.values[:, :, 0] == pytest.approx(values, abs=1e-9)


def test_two_columns_are_exact_for_any_function_as_both_orders_are_walked():
    rows, background = numbers(20, columns="ab"), numbers(30, seed=1, columns="ab")

    def product(frame):
        return (frame["a"] * frame["b"]).to_numpy()

    values, _ = exact(product, rows, background)
    assert walked(product, rows, background, 30).values[:, :, 0] == pytest.approx(values, abs=1e-9)


@pytest.mark.parametrize("walks", [2, 8, 30])
def test_efficiency_base_and_attributions_are_the_answer(walks):
    rows, background = numbers(20), numbers(30, seed=1)
    found = walked(wild, rows, background, walks)
    assert found.base + found.values.sum(axis=1) == pytest.approx(wild(rows)[:, None], abs=1e-9)
    assert found.base == pytest.approx([wild(background).mean()], abs=1e-12)


@pytest.mark.parametrize("walks", [2, 8, 30])
def test_dummy_a_column_that_the_model_never_looks_at_gets_nothing(walks):
    rows, background = numbers(20, columns="abcde"), numbers(30, seed=1, columns="abcde")
    found = walked(wild, rows, background, walks)
    assert (found.values[:, 4] == 0.0).all()


@pytest.mark.parametrize("walks", [2, 8])
def test_dummy_holds_where_the_answer_hardly_ever_moves(walks):
    # Most walks find the same answer at every step; what the mean of the background leaves over goes to no dummy.
    def rare(frame):
        return (frame["a"] > 1.7).to_numpy(dtype=float)

    found = walked(rare, numbers(200), numbers(50, seed=1), walks)
    assert 0.0 < found.base[0] < 0.2
    assert (found.values[:, 1:] == 0.0).all()
    assert found.values[:, 0].sum() == pytest.approx((found.output - found.base).sum())


def test_symmetry_columns_that_do_the_same_get_the_same():
    background = numbers(40, seed=1, columns="abc")
    mirrored = background.rename(columns={"a": "b", "b": "a"})[["a", "b", "c"]]
    background = pd.concat([background, mirrored], ignore_index=True)
    rows = numbers(15, columns="abc").assign(b=lambda frame: frame["a"])

    def symmetric(frame):
        return (frame["a"] * frame["b"] + np.abs(frame["a"] + frame["b"]) * frame["c"]).to_numpy()

    values, _ = exact(symmetric, rows, background)
    assert values[:, 0] == pytest.approx(values[:, 1], abs=1e-9)
    found = walked(symmetric, rows, background, 80)
    apart = (found.values[:, 0, 0] - found.values[:, 1, 0]) / np.hypot(found.noise[:, 0], found.noise[:, 1])
    assert np.abs(apart).max() < 4.0


def test_linearity_attributions_of_a_sum_are_the_sums_of_attributions():
    rows, background = numbers(10), numbers(30, seed=1)

    def both(frame):
        return wild(frame) + 2.0 * frame["d"].to_numpy() ** 2

    def other(frame):
        return 2.0 * frame["d"].to_numpy() ** 2

    # The same orders and background rows: every background row is walked from, so nothing is left over to share out.
    whole, one, two = (walked(function, rows, background, 30).values for function in (both, wild, other))
    assert whole == pytest.approx(one + two, abs=1e-9)


def test_several_outputs_are_walked_as_if_each_were_asked_alone():
    rows, background = numbers(10), numbers(30, seed=1)

    def pair(frame):
        return np.stack([wild(frame), -2.0 * wild(frame)], axis=1)

    both, alone = walked(pair, rows, background, 6), walked(wild, rows, background, 6)
    assert both.values[:, :, 0] == pytest.approx(alone.values[:, :, 0], abs=1e-9)
    assert both.values[:, :, 1] == pytest.approx(-2.0 * alone.values[:, :, 0], abs=1e-9)
