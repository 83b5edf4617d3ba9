"""The same plan without pytest: live objects in, a record out."""

from __future__ import annotations

import ast
import json
import re

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import modelcheck
from modelcheck.suites.catalog import all_checks

# How a scan is called is no matter of what it judges.
ONE = {"suites": ["performance"]}


@pytest.fixture(scope="module")
def cancer():
    features, labels = load_breast_cancer(return_X_y=True, as_frame=True)
    features = features.filter(like="mean ")
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(features[::2], labels[::2])
    return model, features, labels


def test_a_binary_model_is_measured_and_judged_by_every_suite(cancer):
    model, features, labels = cancer
    result = modelcheck.scan(
        model,
        features[1::2],
        labels[1::2],
        reference=(features[::2], labels[::2]),
        gates={"performance.roc_auc": {"min": 0.9}},
        slices={"small": "`mean radius` < 13"},
        budget=20_000,
    )
    assert result.promoted
    assert {gate.suite for gate in result.record.gates} == {check.suite for check in all_checks()}
    gate = result["performance::roc_auc"]
    expected = roc_auc_score(labels[1::2], model.predict_proba(features[1::2])[:, 1])
    assert gate.estimate.value == pytest.approx(expected, abs=1e-12)
    assert gate.verdict == "pass"
    assert "PROMOTED" in str(result)
    assert "PROMOTED" in result._repr_html_()


def test_a_limit_that_is_broken_blocks_and_says_how_to_accept_it(cancer):
    model, features, labels = cancer
    result = modelcheck.scan(model, features, labels, gates={"performance.accuracy": {"min": 0.999}}, **ONE)
    assert result.verdict == "blocked"
    assert not result.promoted
    (accept,) = result["performance::accuracy"].advice
    assert re.fullmatch(r'accept: scan\(\.\.\., gates=\{"performance\.accuracy": \{"min": 0\.\d+\}\}\)', accept)
    gates = ast.literal_eval(accept.partition("gates=")[2].removesuffix(")"))
    assert modelcheck.scan(model, features, labels, gates=gates, **ONE)["performance::accuracy"].verdict != "fail"


def test_a_slice_is_accepted_by_an_argument_too(cancer):
    model, features, labels = cancer
    column = features.columns[0]
    middle = float(features[column].median())
    limits = {"performance.accuracy": {"slices": {"large": {"min": 0.9999}}}}
    slices = {"large": f"`{column}` > {middle}"}
    result = modelcheck.scan(model, features, 1 - labels, gates=limits, slices=slices, **ONE)
    (accept,) = result["performance::accuracy::large"].advice
    gates = ast.literal_eval(accept.partition("gates=")[2].removesuffix(")"))
    assert set(gates["performance.accuracy"]["slices"]["large"]) == {"min"}
    again = modelcheck.scan(model, features, 1 - labels, gates=gates, slices=slices, **ONE)
    assert again["performance::accuracy::large"].verdict != "fail"


def test_multiclass_without_names_from_numpy_arrays():
    features, labels = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(features[::2], labels[::2])
    result = modelcheck.scan(model, features[1::2], labels[1::2], reference=(features[::2], labels[::2]), **ONE)
    assert result.record.run["task"] == "multiclass"
    assert result["performance::f1"].estimate.metric == "f1_macro"
    assert result.promoted


def test_regression_with_a_baseline_shows_both(cancer):
    features, target = load_diabetes(return_X_y=True, as_frame=True)
    small = LinearRegression().fit(features[["bmi"]][::2], target[::2])
    model = LinearRegression().fit(features[::2], target[::2])
    result = modelcheck.scan(
        model, features[1::2], target[1::2], baseline=small, reference=(features[::2], target[::2]), **ONE
    )
    gate = result["performance::root_mean_squared_error"]
    assert gate.baseline.value > gate.estimate.value
    assert result.record.baseline["name"] == "LinearRegression"


def test_polars_frames_are_read_like_pandas_frames(cancer):
    polars = pytest.importorskip("polars")
    model, features, labels = cancer
    table = features[1::2].assign(label=labels[1::2])
    from_pandas = modelcheck.scan(model, table, target="label", **ONE)
    from_polars = modelcheck.scan(model, polars.from_pandas(table), target="label", **ONE)
    assert from_polars["performance::log_loss"].estimate == from_pandas["performance::log_loss"].estimate


def test_a_plain_function_is_a_model(cancer):
    model, features, labels = cancer
    result = modelcheck.scan(
        lambda frame: model.predict_proba(frame)[:, 1], features, labels, output="probability", classes=[0, 1], **ONE
    )
    assert result["performance::roc_auc"].estimate.value > 0.9


def test_pages_and_record_are_written(cancer, tmp_path):
    model, features, labels = cancer
    page = modelcheck.scan(model, features, labels, **ONE).write(tmp_path / "out")
    assert page.is_file()
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["schema"] == "modelcheck/record/1"
    assert modelcheck.read_record(tmp_path / "out").name == "model"


def test_wrong_arguments_are_reported_together(cancer):
    model, features, labels = cancer
    with pytest.raises(modelcheck.ConfigError) as caught:
        modelcheck.scan(model, features, labels, profile="strict", gates={"performance.acuracy": {"min": 0.5}})
    assert len(caught.value.mistakes) == 2
    assert "accuracy" in str(caught.value)


def test_y_of_another_length_is_refused(cancer):
    model, features, labels = cancer
    with pytest.raises(modelcheck.ConfigError, match="one label a row"):
        modelcheck.scan(model, features, labels.to_numpy()[:-1])


def test_labels_in_another_order_than_their_rows_are_refused(cancer):
    model, features, labels = cancer
    with pytest.raises(modelcheck.ConfigError, match="different indexes"):
        modelcheck.scan(model, features, labels.sample(frac=1.0, random_state=0))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gates": {"performance.roc_auc": 0.5}}, "min or max"),
        ({"reference": (1, 2, 3)}, "tuple of 3"),
        ({"X": np.zeros(3)}, "two dimensions"),
        ({"X": [[1.0]]}, "DataFrame"),
    ],
)
def test_arguments_of_the_wrong_form_are_named(cancer, changes, words):
    model, features, labels = cancer
    arguments = {"X": features, "y": labels} | changes
    with pytest.raises(modelcheck.ConfigError, match=words):
        modelcheck.scan(model, **arguments)


def test_an_unknown_gate_names_the_known_ones(cancer):
    model, features, labels = cancer
    with pytest.raises(KeyError, match="performance::accuracy"):
        modelcheck.scan(model, features, labels, **ONE)["performance::auc"]
