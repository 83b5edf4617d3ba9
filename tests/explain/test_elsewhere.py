"""An explainer that looks inside runs in the process of the model, with the same result."""

from __future__ import annotations

import dataclasses

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from modelcheck.config.tables import ModelTable
from modelcheck.errors import ModelError
from modelcheck.explain.attributions import LINEAR, PATHS, PERMUTATION, TREE, Attributions
from modelcheck.explain.choosing import choose
from modelcheck.explain.elsewhere import Raised, nearest, sources_in
from modelcheck.explain.subject import Subject
from modelcheck.models.loading import load_model
from modelcheck.models.stages import Stages, StagesElsewhere

N = 300


def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=N), "b": rng.integers(0, 5, N), "c": rng.normal(size=N)})
    frame["t"] = rng.choice(["x", "y", "z"], N)
    return frame


ROWS = table()
SIGNAL = (ROWS["a"] - 0.3 * ROWS["b"] * ROWS["c"] + (ROWS["t"] == "x")).to_numpy()
TWO = (SIGNAL > 0).astype(int)
THREE = np.digitize(SIGNAL, [-0.7, 0.7])


def encoded(*steps):
    first = make_column_transformer((OneHotEncoder(), ["t"]), (StandardScaler(), ["a", "c"]), remainder="passthrough")
    return make_pipeline(first, *steps)


CASES = {
    "linear": (encoded(LogisticRegression()), TWO, "binary", LINEAR),
    "linear, three classes": (encoded(LogisticRegression()), THREE, "multiclass", LINEAR),
    "values": (encoded(Ridge()), SIGNAL, "regression", LINEAR),
    "forest": (encoded(RandomForestClassifier(8, max_depth=4, random_state=0)), TWO, "binary", TREE),
    "boosting": (encoded(GradientBoostingClassifier(n_estimators=8)), TWO, "binary", TREE),
    "paths": (encoded(HistGradientBoostingRegressor(max_iter=8)), SIGNAL, "regression", PATHS),
    "several columns in one": (encoded(PCA(2), LogisticRegression()), TWO, "binary", PERMUTATION),
    "neighbours": (encoded(KNeighborsClassifier()), TWO, "binary", PERMUTATION),
}


def subject_of(model, task, **more):
    stages = model.stages()

    def ask(rows):
        if task == "regression":
            return model.predict(rows)
        return model.predict_proba(rows) if task == "multiclass" else model.predict_proba(rows)[:, 1]

    order = {"binary": (0, 1), "multiclass": (0, 1, 2), "regression": ()}[task]
    given = {"background": ROWS.iloc[:40].reset_index(drop=True), "sources": None} | more
    return Subject(ask=ask, stages=stages, columns=tuple(ROWS), support=ROWS, task=task, order=order, **given)


@pytest.fixture
def loaded(tmp_path):
    opened = []

    def load(name, isolation="process"):
        fitted, truth, *_ = CASES[name]
        joblib.dump(fitted.fit(ROWS, truth), tmp_path / "m.joblib")
        opened.append(load_model(ModelTable(model="m.joblib", isolation=isolation), tmp_path))
        return opened[-1]

    yield load
    for model in opened:
        if hasattr(model, "close"):
            model.close()


@pytest.mark.parametrize("name", CASES)
def test_choice_and_attributions_are_the_same_to_the_last_bit(loaded, name):
    task, expected = CASES[name][2:]
    found = []
    for isolation in ("none", "process"):
        model = loaded(name, isolation)
        explainer = choose(subject_of(model, task), ROWS, rng=np.random.default_rng(0))
        found.append((explainer, explainer.explain(ROWS.iloc[50:80].reset_index(drop=True))))
    (one, here), (two, there) = found
    assert one.name == expected
    assert _facts(one) == _facts(two)
    for field in dataclasses.fields(Attributions):
        np.testing.assert_array_equal(getattr(there, field.name), getattr(here, field.name))


def _facts(explainer):
    return explainer.name, explainer.scale, explainer.why, explainer.seconds_a_row, explainer.asks_a_row


def test_the_model_is_taken_apart_where_it_lives(loaded):
    here, there = loaded("linear", "none").stages(), loaded("linear").stages()
    assert isinstance(here, Stages)
    assert isinstance(there, StagesElsewhere)
    assert there.kind == here.kind == "LogisticRegression"


@pytest.mark.parametrize("name", ["linear", "several columns in one"])
def test_sources_are_the_same(loaded, name):
    columns = tuple(ROWS)
    here, there = (sources_in(loaded(name, level).stages(), ROWS, columns) for level in ("none", "process"))
    np.testing.assert_array_equal(there, here)
    assert type(there) is type(here)


def test_a_pipeline_that_raises_is_told_as_it_is_here(loaded):
    short = ROWS[["a", "b"]]
    here, there = (sources_in(loaded("linear", level).stages(), short, ("a", "b")) for level in ("none", "process"))
    assert there == here
    assert "can't be followed" in there


def test_known_sources_are_handed_over(loaded):
    model = loaded("linear")
    told = "two columns are one"
    explainer = choose(subject_of(model, "binary", sources=told), ROWS, rng=np.random.default_rng(0))
    assert (explainer.name, explainer.why) == (PERMUTATION, told)


def test_a_worker_that_died_meanwhile_is_taught_again(loaded):
    model = loaded("forest")
    explainer = choose(subject_of(model, "binary"), ROWS, rng=np.random.default_rng(0))
    before = explainer.explain(ROWS.iloc[:5])
    model._conversation.end()
    np.testing.assert_array_equal(explainer.explain(ROWS.iloc[:5]).values, before.values)


def test_more_explainers_than_are_kept_still_answer(loaded):
    model = loaded("forest")
    several = [choose(subject_of(model, "binary"), ROWS, rng=np.random.default_rng(0)) for _ in range(10)]
    first, *_, last = (one.explain(ROWS.iloc[:5]).values for one in several)
    np.testing.assert_array_equal(first, last)


def test_an_explainer_that_raises_is_refused_by_the_same_words(loaded):
    said = []
    for level in ("none", "process"):
        model = loaded("linear", level)
        # The rows that it has to prove itself on lack a column, so that its pipeline raises.
        subject = subject_of(model, "binary")
        (found,) = [one for one in nearest(subject, subject.stages, None, 1.0) if one is not None][:1]
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever scikit-learn raises
            found.explain(ROWS[["a", "b", "c"]])
        error = caught.value
        said.append(error.kind if isinstance(error, Raised) else type(error).__name__)
    assert said[0] == said[1]


class _Reply:
    def __init__(self, told, *arrays):
        self.told, self.arrays = told, arrays


_TOLD = {"scale": "log-odds", "explainer": "Linear", "why": "", "background": 3}


@pytest.mark.parametrize(
    "reply",
    [
        _Reply(None),
        _Reply({}),
        _Reply(_TOLD),
        _Reply(_TOLD, np.zeros((4, 4, 1)), np.zeros(1), np.zeros((5, 1))),
        _Reply(_TOLD, np.zeros((5, 4, 1)), np.zeros(()), np.zeros((5, 1))),
        _Reply(_TOLD, np.zeros((5, 4, 1)), np.zeros(1), np.zeros((5, 1)), np.zeros((2, 5, 4, 2))),
        _Reply(_TOLD, np.zeros((5, 4, 1), dtype=object), np.zeros(1), np.zeros((5, 1))),
        _Reply({**_TOLD, "background": "many"}, np.zeros((5, 4, 1)), np.zeros(1), np.zeros((5, 1))),
    ],
)
def test_an_answer_that_is_no_attribution_is_an_error_of_the_model(loaded, reply):
    built = [{"name": "Linear", "scale": "log-odds", "why": "", "seconds_a_row": 0.0, "asks_a_row": 0}]

    def run(reference, frames=(), given=None):
        return _Reply(built) if reference.endswith(":build") else reply

    stages = StagesElsewhere(run=run, kind="LogisticRegression")
    subject = dataclasses.replace(subject_of(loaded("linear"), "binary"), stages=stages)
    explainer = next(nearest(subject, stages, None, 1.0))
    with pytest.raises(ModelError, match="no attribution"):
        explainer.explain(ROWS.iloc[:5])


@pytest.mark.parametrize("told", [None, [], [None] * 4, [5], [{"name": "Linear"}], "x"])
def test_a_choice_that_is_none_is_an_error_of_the_model(loaded, told):
    stages = StagesElsewhere(run=lambda *_: _Reply(told), kind="x")
    subject = subject_of(loaded("linear"), "binary")
    with pytest.raises(ModelError, match="no attribution"):
        list(nearest(subject, stages, None, 1.0))


@pytest.mark.parametrize("arrays", [(), (np.zeros(2),), (np.array([7]),), (np.array([-2]),), (np.zeros((2, 2), int),)])
def test_sources_that_are_none_are_an_error_of_the_model(arrays):
    stages = StagesElsewhere(run=lambda *_: _Reply(None, *arrays), kind="x")
    with pytest.raises(ModelError, match="no attribution"):
        sources_in(stages, ROWS, tuple(ROWS))
