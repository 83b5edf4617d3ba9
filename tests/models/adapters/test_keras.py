"""Keras files by configuration alone, and what keeps one from being loaded."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from modelcheck.errors import ModelError, ModelRaised

from .conftest import COLUMNS

pytest.importorskip("torch", reason="keras is tested in the job of adapters")
# The backend is chosen while keras is imported; the adapter does the same.
os.environ["KERAS_BACKEND"] = "torch"
keras = pytest.importorskip("keras", reason="keras is tested in the job of adapters")

# Keras itself, when it saves and predicts: its torch backend makes arrays in a way that numpy 2 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

CLASSES = ("no", "yes")


def _fitted(train, outputs=1, activation="sigmoid", first=()):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            *first,
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(outputs, activation=activation),
        ]
    )
    model.compile("adam", "binary_crossentropy" if activation == "sigmoid" else "mse")
    y = (train.outcome == "yes").to_numpy(float) if activation == "sigmoid" else train.amount.to_numpy()
    y = np.tile(y[:, None], (1, outputs))
    model.fit(train[COLUMNS].to_numpy(copy=True), y, epochs=8, verbose=0)
    return model


@pytest.fixture(scope="module")
def fitted(train):
    return _fitted(train)


def _own(model, frame):
    return model.predict(frame[COLUMNS].to_numpy(dtype="float32", copy=True), verbose=0)[:, 0]


def test_a_classifier_answers_as_keras_does(folder, fitted, holdout):
    """In batches of 4,096 here and of 32 there: float32 sums differ in the last digit."""
    fitted.save(folder.path / "risk.keras")
    model = folder.load("risk.keras", "binary", classes=CLASSES)
    assert (model.describe().name, model.describe().format, model.describe().gives) == (
        "Sequential",
        "keras",
        "probability",
    )
    likely = model.predict_proba(holdout[COLUMNS])
    np.testing.assert_allclose(likely[:, 1], _own(fitted, holdout), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(model.predict(holdout[COLUMNS]), np.where(likely[:, 1] >= 0.5, "yes", "no"))


def test_a_regression_answers_as_keras_does(folder, train, holdout):
    fitted = _fitted(train, activation=None)
    fitted.save(folder.path / "value.keras")
    model = folder.load("value.keras", "regression", columns=tuple(COLUMNS))
    np.testing.assert_allclose(model.predict(holdout), _own(fitted, holdout), rtol=0, atol=1e-5)


def test_several_inputs_come_from_prepare_by_name(folder, holdout):
    keras.utils.set_random_seed(0)
    left, right = keras.Input((2,), name="left"), keras.Input((1,), name="right")
    joined = keras.layers.Concatenate()([left, right])
    fitted = keras.Model([left, right], keras.layers.Dense(3, activation="softmax")(joined))
    fitted.save(folder.path / "two.keras")
    folder.module(
        "halves",
        "def halves(X):\n    return {'left': X[['age', 'hours']].to_numpy(), 'right': X[['score']].to_numpy()}\n",
    )
    model = folder.load("two.keras", prepare="halves:halves", classes=("a", "b", "c"))
    given = [
        holdout[["age", "hours"]].to_numpy("float32", copy=True),
        holdout[["score"]].to_numpy("float32", copy=True),
    ]
    np.testing.assert_allclose(model.predict_proba(holdout), fitted.predict(given, verbose=0), rtol=0, atol=1e-6)
    with pytest.raises(ModelError, match=r"takes 2 inputs \('left', 'right'\).*`prepare`"):
        folder.load("two.keras", classes=("a", "b", "c")).predict_proba(holdout[COLUMNS])


def test_a_gate_runs_on_a_keras_file(folder, fitted, holdout):
    fitted.save(folder.path / "risk.keras")
    record = folder.gate('model = "risk.keras"\nclasses = ["no", "yes"]', holdout[[*COLUMNS, "outcome"]])
    assert record["candidate"]["format"] == "keras"


def test_another_width_is_told_before_keras_stumbles(folder, fitted, holdout):
    fitted.save(folder.path / "risk.keras")
    model = folder.load("risk.keras", classes=CLASSES)
    with pytest.raises(ModelError, match=r"takes 3 numbers a row; it was given 2 columns.*`columns`"):
        model.predict_proba(holdout[COLUMNS[:2]])
    with pytest.raises(ModelRaised, match="'outcome'"):
        model.predict_proba(holdout[["age", "hours", "outcome"]])


def test_outputs_that_are_something_else_are_told(folder, train, holdout):
    _fitted(train, outputs=2, activation="softmax").save(folder.path / "two.keras")
    with pytest.raises(ModelError, match="2 outputs a row"):
        folder.load("two.keras", classes=("a", "b", "c")).predict_proba(holdout[COLUMNS])
    with pytest.raises(ModelError, match="2 outputs a row"):
        folder.load("two.keras", "regression").predict(holdout[COLUMNS])
    assert "classes = [0, 1]" in folder.refusal("two.keras")


def test_a_lambda_is_refused(folder, train):
    marker = folder.path / "marker"
    name = str(marker)
    _fitted(train, first=(keras.layers.Lambda(lambda x: (Path(name).touch(), x)[1]),)).save(
        folder.path / "lambda.keras"
    )
    marker.unlink()
    assert "Lambda" in folder.refusal("lambda.keras", classes=CLASSES)
    assert not marker.exists()


CUSTOM = """
import keras

@keras.saving.register_keras_serializable(package="ours")
class Double(keras.layers.Layer):
    def call(self, x):
        return 2.0 * x
"""


def test_a_layer_of_ones_own_needs_trust(folder, train, holdout, monkeypatch):
    folder.module("our_layers", CUSTOM)
    monkeypatch.syspath_prepend(str(folder.path))
    from our_layers import Double

    fitted = _fitted(train, first=(Double(),))
    fitted.save(folder.path / "own.keras")
    own = _own(fitted, holdout)
    # As in a process in which nobody has imported the layer.
    del sys.modules["our_layers"]
    keras.saving.get_custom_objects().clear()
    said = folder.refusal("own.keras", classes=CLASSES)
    assert '"our_layers.Double"' in said
    model = folder.load("own.keras", classes=CLASSES, trusted=("our_layers.Double",))
    np.testing.assert_allclose(model.predict_proba(holdout[COLUMNS])[:, 1], own, rtol=0, atol=1e-6)


def test_another_backend_is_told(folder, fitted, monkeypatch):
    """Keras keeps the backend with which it was imported first; the others are no part of any environment here."""
    fitted.save(folder.path / "risk.keras")
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    said = folder.refusal("risk.keras", classes=CLASSES)
    assert "with the backend 'jax'" in said
    assert "KERAS_BACKEND=torch" in said
