import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from modelcheck.explain.attributions import DECISION, LINEAR, LOG_ODDS, PATHS, PERMUTATION, PROBABILITY, TREE, VALUE
from modelcheck.explain.choosing import choose, score_of
from modelcheck.explain.subject import Subject
from modelcheck.models.stages import stages_of

N = 240


def table(seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"a": rng.normal(size=N), "b": rng.integers(0, 5, N).astype(float), "c": rng.normal(size=N)})


ROWS = table()
SIGNAL = (ROWS["a"] - 0.3 * ROWS["b"] * ROWS["c"]).to_numpy()
TWO = (SIGNAL + np.random.default_rng(1).normal(size=N) > 0).astype(int)
THREE = np.digitize(SIGNAL, [-0.7, 0.7])


def subject(model, task, rows=ROWS, **more):
    order = {"binary": (0, 1), "multiclass": (0, 1, 2), "regression": ()}[task]
    probabilistic = hasattr(model, "predict_proba")

    def ask(frame):
        if task == "regression" or not probabilistic:
            return np.asarray(model.predict(frame), dtype=float).ravel()
        return model.predict_proba(frame) if task == "multiclass" else model.predict_proba(frame)[:, 1]

    given = {"ask": ask, "stages": stages_of(model, lambda frame: frame, prepared=False)} | more
    return Subject(
        columns=tuple(rows.columns),
        background=rows.iloc[:40],
        support=rows,
        task=task,
        order=order,
        probabilistic=probabilistic,
        **given,
    )


def chosen(model, task, rows=ROWS, *, scale=None, seconds=float("inf"), fewest=1, walks=4, **more):
    asked = subject(model, task, rows, **more)
    found = choose(asked, rows, rng=np.random.default_rng(0), scale=scale, seconds=seconds, fewest=fewest, walks=walks)
    said = found.explain(rows.iloc[100:110])
    # Whatever is chosen, base and attributions are the answer.
    answers = asked.ask(rows.iloc[100:110])
    assert score_of(said) == pytest.approx(answers.reshape(10, -1), abs=2e-6)
    assert (said.explainer, said.scale) == (found.name, found.scale)
    return found


@pytest.mark.parametrize(
    ("model", "target", "task", "name", "scale"),
    [
        (LogisticRegression(), TWO, "binary", LINEAR, LOG_ODDS),
        (LogisticRegression(), THREE, "multiclass", LINEAR, LOG_ODDS),
        (LinearRegression(), SIGNAL, "regression", LINEAR, VALUE),
        (RandomForestClassifier(4), TWO, "binary", TREE, PROBABILITY),
        (RandomForestRegressor(4), SIGNAL, "regression", TREE, VALUE),
        (GradientBoostingClassifier(n_estimators=4), TWO, "binary", TREE, LOG_ODDS),
        (HistGradientBoostingClassifier(max_iter=4), THREE, "multiclass", PATHS, LOG_ODDS),
        (HistGradientBoostingRegressor(max_iter=4, loss="quantile", quantile=0.9), SIGNAL, "regression", PATHS, VALUE),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else None,
)
def test_a_model_that_can_be_read_is_explained_from_inside_and_needs_no_excuse(model, target, task, name, scale):
    found = chosen(model.fit(ROWS, target), task)
    assert (found.name, found.scale, found.why) == (name, scale, "")
    assert found.asks_a_row == 0
    assert (found.seconds_a_row > 0) == (name != LINEAR)


def test_a_search_and_its_scaler_are_looked_through():
    search = GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [1]}, cv=2)
    assert chosen(search.fit(ROWS, TWO), "binary").name == LINEAR


@pytest.mark.parametrize("model", [HistGradientBoostingRegressor(max_iter=4), RandomForestRegressor(4)])
def test_missing_entries_are_no_reason_to_fall_back(model):
    holes = ROWS.where(ROWS["a"] > -1.0)
    assert chosen(model.fit(holes, SIGNAL), "regression", holes).name in (PATHS, TREE)


class Doubled(LogisticRegression):
    """Known by name only: what it answers isn't what its coefficients say."""

    def predict_proba(self, X):
        squared = super().predict_proba(X) ** 2
        return squared / squared.sum(axis=1, keepdims=True)


class Strange(TransformerMixin, BaseEstimator):
    """A transformer that mixes columns."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.asarray(X) @ np.array([[1.0, 0.5], [0.5, 1.0], [0.0, 2.0]])


class Fragile(TransformerMixin, BaseEstimator):
    """A transformer that doesn't survive mixed rows."""

    def fit(self, X, y=None):
        self.seen_ = {tuple(row) for row in np.asarray(X).tolist()}
        return self

    def transform(self, X):
        if not all(tuple(row) in self.seen_ for row in np.asarray(X).tolist()):
            raise KeyError("never seen")
        return X


BY_WORD = ROWS.assign(b=pd.Categorical(ROWS["b"].astype(int).astype(str)))


@pytest.mark.parametrize(
    ("model", "target", "task", "rows", "told"),
    [
        (HistGradientBoostingClassifier(max_iter=4), TWO, "binary", BY_WORD, "by category"),
        (HistGradientBoostingRegressor(max_iter=4, loss="poisson"), np.exp(SIGNAL), "regression", ROWS, "away from"),
        (GradientBoostingClassifier(n_estimators=4, loss="exponential"), TWO, "binary", ROWS, "away from"),
        (GradientBoostingClassifier(n_estimators=4), THREE, "multiclass", ROWS, "can't read it"),
        (GradientBoostingRegressor(n_estimators=4, init=Ridge()), SIGNAL, "regression", ROWS, "can't read it"),
        (SGDClassifier(loss="log_loss", random_state=0), THREE, "multiclass", ROWS, "away from"),
        (SGDClassifier(loss="modified_huber", random_state=0), TWO, "binary", ROWS, "away from"),
        (Doubled(), TWO, "binary", ROWS, "Doubled is neither linear nor made of trees"),
        (BaggingClassifier(n_estimators=3), TWO, "binary", ROWS, "BaggingClassifier is neither"),
        (CalibratedClassifierCV(LogisticRegression(), cv=2), TWO, "binary", ROWS, "CalibratedClassifierCV is neither"),
        (make_pipeline(PCA(2), LogisticRegression()), TWO, "binary", ROWS, "from several columns"),
        (make_pipeline(Strange(), RandomForestClassifier(3)), TWO, "binary", ROWS, "from several columns"),
        (LinearSVC(), TWO, "binary", ROWS, "neither linear"),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else value if isinstance(value, str) else "",
)
def test_a_model_that_cannot_be_read_is_walked_through_and_it_is_said_why(model, target, task, rows, told):
    found = chosen(model.fit(rows, target), task, rows)
    assert found.name == PERMUTATION
    assert told in found.why
    assert found.asks_a_row > 0


def test_a_pipeline_that_raises_on_changed_columns_is_said_to_be_why():
    model = make_pipeline(Fragile(), LogisticRegression()).fit(ROWS, TWO)
    found = choose(subject(model, "binary"), ROWS, rng=np.random.default_rng(0))
    assert (found.name, "KeyError" in found.why) == (PERMUTATION, True)


def test_an_explainer_of_another_model_than_the_one_that_answers_is_refused():
    model = LogisticRegression().fit(ROWS, TWO)
    found = chosen(model, "binary", ask=lambda rows: 0.5 * model.predict_proba(rows)[:, 1])
    assert (found.name, "away from" in found.why) == (PERMUTATION, True)


def test_answers_alone_are_walked_through():
    found = chosen(LogisticRegression().fit(ROWS, TWO), "binary", stages=None)
    assert (found.name, found.scale, found.why) == (PERMUTATION, PROBABILITY, "only the model's answers are known")
    assert found.asks_a_row == 2 * 2 * 4


def test_too_many_leaves_are_too_dear_and_the_price_is_named():
    model = RandomForestClassifier(20, random_state=0).fit(ROWS, TWO)
    near = chosen(model, "binary", seconds=10.0, fewest=100)
    dear = chosen(model, "binary", seconds=0.01, fewest=100)
    assert near.name == TREE
    assert dear.name == PERMUTATION
    assert "leaves" in dear.why
    assert "s a row" in dear.why
    # The price follows from the model's size: no clock decides.
    assert near.seconds_a_row > 0.0001


def test_the_price_of_trees_is_that_of_the_rows_that_are_wanted():
    model = RandomForestClassifier(20, random_state=0).fit(ROWS, TWO)
    price = chosen(model, "binary").seconds_a_row
    assert chosen(model, "binary", seconds=101 * price, fewest=100).name == TREE
    assert chosen(model, "binary", seconds=99 * price, fewest=100).name == PERMUTATION


def test_another_scale_than_the_models_own_is_walked_unless_shap_can_turn_it():
    boosted = GradientBoostingClassifier(n_estimators=4).fit(ROWS, TWO)
    turned = chosen(boosted, "binary", scale=PROBABILITY)
    assert (turned.name, turned.scale) == (TREE, PROBABILITY)
    linear = chosen(LogisticRegression().fit(ROWS, TWO), "binary", scale=PROBABILITY)
    assert (linear.name, linear.scale) == (PERMUTATION, PROBABILITY)
    assert LOG_ODDS in linear.why
    forest = chosen(RandomForestClassifier(4).fit(ROWS, TWO), "binary", scale=PROBABILITY)
    assert forest.name == TREE


def test_log_odds_of_a_model_that_is_certain_stay_finite():
    model = RandomForestClassifier(2, random_state=0).fit(ROWS, TWO)
    found = chosen(model, "binary", scale=LOG_ODDS, ask=lambda rows: (rows["a"] > 0).to_numpy(dtype=float))
    said = found.explain(ROWS.iloc[:20])
    assert found.scale == LOG_ODDS
    assert np.isfinite(said.values).all()


def test_values_have_no_log_odds_and_decisions_have_none_either():
    of_values = chosen(BaggingClassifier(n_estimators=2).fit(ROWS, TWO), "regression", scale=LOG_ODDS)
    assert of_values.scale == VALUE
    of_decisions = chosen(LinearSVC().fit(ROWS, TWO), "binary", scale=LOG_ODDS)
    assert of_decisions.scale == DECISION


def test_a_walk_gives_the_same_again_only_with_the_same_seed():
    asked = subject(LogisticRegression().fit(ROWS, TWO), "binary", stages=None)
    one, two, other = (
        choose(asked, ROWS, rng=np.random.default_rng(seed), walks=2).explain(ROWS.iloc[:5]).values
        for seed in (0, 0, 1)
    )
    assert (one == two).all()
    assert (one != other).any()
