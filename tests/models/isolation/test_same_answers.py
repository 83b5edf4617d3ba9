"""A model in a worker answers, describes itself and fails as it does in the run's own process."""

from __future__ import annotations

import dataclasses
import functools

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from modelcheck.config.tables import ModelTable
from modelcheck.errors import AnswerRefused, ModelError
from modelcheck.models.isolation.answers import error_of
from modelcheck.models.isolation.worker import _told
from modelcheck.models.loading import load_model

N = 400
LEVELS = ("none", "process")


@functools.cache
def table():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "a": rng.normal(size=N),
            "b": rng.normal(size=N).astype("float32"),
            "n": rng.integers(0, 9, N),
            "t": rng.choice(["x", "y", "z"], N),
            "words": rng.choice(["good work", "bad work", "no work", "good good"], N),
        }
    )


def _numbers(frame):
    return frame[["a", "b", "n"]]


@functools.cache
def models():
    frame, rng = table(), np.random.default_rng(1)
    two = np.where(frame["a"] + (frame["t"] == "x") + rng.normal(size=N) > 0, "yes", "no")
    three = frame["n"].to_numpy() % 3
    value = frame["a"].to_numpy() * 3 + rng.normal(size=N)
    encoded = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["t"]), (StandardScaler(), ["a", "b"]), remainder="drop"
    )
    words = make_column_transformer((TfidfVectorizer(), "words"))
    numbers, single = _numbers(frame), frame[["a", "b"]].astype("float32")
    return {
        "linear": (LogisticRegression().fit(numbers, two), numbers),
        "linear in float32": (LogisticRegression().fit(single, two), single),
        "regression": (LinearRegression().fit(numbers, value), numbers),
        "forest": (RandomForestClassifier(10, random_state=0).fit(numbers, three), numbers),
        "boosting": (HistGradientBoostingClassifier(max_iter=10).fit(numbers, two), numbers),
        "boosted values": (GradientBoostingRegressor(n_estimators=5).fit(numbers, value), numbers),
        "pipeline": (make_pipeline(encoded, LogisticRegression()).fit(frame, two), frame),
        "text": (make_pipeline(words, LinearSVC()).fit(frame, two), frame),
        "network": (MLPClassifier((8,), max_iter=5, early_stopping=True).fit(single.to_numpy(), two), single),
        "unnamed": (LinearRegression().fit(numbers.to_numpy(), value), numbers),
    }


@pytest.fixture(
    params=[
        "linear",
        "linear in float32",
        "regression",
        "forest",
        "boosting",
        "boosted values",
        "pipeline",
        "text",
        "network",
        "unnamed",
    ]
)
def pair(request, tmp_path, recwarn):
    fitted, rows = models()[request.param]
    joblib.dump(fitted, tmp_path / "m.joblib")
    both = [load_model(ModelTable(model="m.joblib", isolation=level), tmp_path) for level in LEVELS]
    yield fitted, rows, *both
    both[1].close()


def test_answers_are_the_same_to_the_last_bit(pair):
    fitted, rows, own, worker = pair
    for some in (rows, rows.iloc[:1].copy(), rows.iloc[::-1].copy(), pd.concat([rows] * 200, ignore_index=True)):
        np.testing.assert_array_equal(worker.predict(some), own.predict(some), strict=True)
        if hasattr(fitted, "predict_proba"):
            np.testing.assert_array_equal(worker.predict_proba(some), own.predict_proba(some), strict=True)


def test_the_description_is_the_same_but_for_where_it_runs(pair):
    _, _, own, worker = pair
    assert (own.describe().isolation, worker.describe().isolation) == LEVELS
    assert dataclasses.replace(worker.describe(), isolation="none") == own.describe()


def test_failures_say_the_same(pair):
    _, rows, own, worker = pair
    strange = rows.astype("object").assign(a="strange") if "a" in rows else rows
    for some in (rows.iloc[:, 1:], rows.iloc[:0], rows.rename(columns={"a": "A"}), strange):
        said = [_said(model, some) for model in (own, worker)]
        assert said[0] == said[1]


def _said(model, rows):
    try:
        return model.predict(rows).tolist()
    except ModelError as error:
        return type(error), str(error)


def test_probabilities_that_there_are_none_of(tmp_path):
    frame = _numbers(table())
    joblib.dump(LinearRegression().fit(frame, frame["a"]), tmp_path / "m.joblib")
    said = []
    for level in LEVELS:
        model = load_model(ModelTable(model="m.joblib", isolation=level), tmp_path)
        for method in ("predict_proba", "predict_interval"):
            with pytest.raises(ModelError) as caught:
                getattr(model, method)(frame)
            said.append(str(caught.value))
    assert said[:2] == said[2:]
    assert "gives labels only" in said[0]


def test_a_skops_file_and_a_declared_preparation(tmp_path):
    frame = _numbers(table())
    doubled = frame.assign(a=frame["a"] * 2)
    (tmp_path / "preparing_twice.py").write_text("def twice(rows):\n    return rows.assign(a=rows['a'] * 2)\n")
    (tmp_path / "m.skops").write_bytes(skops.io.dumps(LinearRegression().fit(doubled, frame["n"])))
    given = {"model": "m.skops", "prepare": "preparing_twice:twice"}
    both = [load_model(ModelTable(isolation=level, **given), tmp_path) for level in LEVELS]
    np.testing.assert_array_equal(both[1].predict(frame), both[0].predict(frame))
    assert both[1].describe().feature_names is None


def test_a_refused_answer_keeps_its_rows():
    error = AnswerRefused("some answers are no numbers", [True, False, True])
    found = error_of(_told(error))
    assert isinstance(found, AnswerRefused)
    assert (str(found), list(found.rows)) == (str(error), [True, False, True])


def test_a_slice_of_a_table_is_answered_within_rounding(tmp_path):
    # A slice lies scattered in memory and is handed over compact; libraries may add up in another order then.
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(1000, 5)), columns=list("abcde"))
    joblib.dump(LogisticRegression().fit(frame, frame["a"] > 0), tmp_path / "m.joblib")
    own, worker = (load_model(ModelTable(model="m.joblib", isolation=level), tmp_path) for level in LEVELS)
    np.testing.assert_allclose(worker.predict_proba(frame[3:9]), own.predict_proba(frame[3:9]), rtol=1e-13)
