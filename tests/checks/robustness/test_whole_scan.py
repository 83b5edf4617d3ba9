"""The suite on bad input, through a scan: what a user meets first."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

import modelcheck
from modelcheck.report import render_html

SMALL = 6_000


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def table(n=200, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=n).round(3), "z": rng.normal(size=n).round(3)})
    frame["sex"] = rng.choice(["F", "M"], n)
    frame["y"] = (frame["x"] + 0.5 * rng.normal(size=n) > 0).astype(int)
    return frame


def logistic(rows):
    return 1.0 / (1.0 + np.exp(-np.nan_to_num(pd.to_numeric(rows["x"], errors="coerce").to_numpy(dtype=float))))


def fitted(frame):
    return LogisticRegression().fit(frame[["x", "z"]], frame["y"])


def scan(frame, model=logistic, **more):
    if callable(model) and not hasattr(model, "fit") and "output" not in more:
        more |= {"output": "probability", "classes": [0, 1]}
    more = {"suites": ["robustness"], "budget": SMALL} | more
    return modelcheck.scan(model, frame, target="y", **more)


def gates(found):
    """Every gate measured something or says why not."""
    by_name = {gate.id.removeprefix("robustness::"): gate for gate in found.record.gates}
    for name, gate in by_name.items():
        assert gate.verdict != "error", (name, gate.reason)
        assert gate.verdict != "not_applicable" or gate.reason, name
    return by_name


def test_every_gate_of_the_suite_has_a_verdict_or_says_why_not():
    declared = {"monotonic": {"x": "increasing"}, "forbidden": ["z"]}
    reference = table(300, 1)
    found = gates(
        scan(
            table(),
            fitted(reference),
            reference=reference,
            baseline=fitted(table(300, 2)),
            budget=50_000,
            dataset=declared,
        )
    )
    assert len(found) == 18
    assert found["direction"].verdict == "pass"
    assert found["determinism"].verdict == "pass"
    assert "fail" not in {gate.verdict for gate in found.values()}


@pytest.mark.parametrize(
    "more",
    [
        {"hole": np.nan},
        {"hole": None},
        {"same": 7},
        {"same": "a"},
        {"huge": [2**62 + place for place in range(200)]},
        {"tiny": np.linspace(0.0, 1e-300, 200)},
        {"wide": 1e307 * np.linspace(-1.0, 1.0, 200)},
        {"day": pd.date_range("2020-01-01", periods=200, tz="Europe/Berlin")},
        {"day": [datetime.date(2020, 1, 1) + datetime.timedelta(place) for place in range(200)]},
        {"text": [f"Sehr geehrte Frau Müller {place}, ich möchte 3 Dinge sagen." for place in range(200)]},
        {"kind": pd.Categorical(["a", "b"] * 100, categories=["b", "a", "never"])},
        {"order": pd.Categorical(["low", "top"] * 100, categories=["low", "top"], ordered=True)},
        {"flag": [True, False] * 100},
        {"whole": pd.array([1, None] * 100, dtype="Int64")},
        {"mixed": ["1", "b"] * 100},
        {"<b>&\"'|`\n": ["x", "<script>alert(1)</script>"] * 100},
        {"sex": None},
    ],
    ids=lambda more: repr(next(iter(more)))[:12] + type(next(iter(more.values()))).__name__,
)
def test_columns_of_any_kind_do_no_harm(more):
    found = scan(table().assign(**more), protected=["sex"] if "sex" not in more else [])
    by_name = gates(found)
    assert by_name["determinism"].verdict == "pass"
    assert by_name["crash"].verdict == "pass"
    assert by_name["invariance"].verdict == "pass"
    page = render_html(found.record)
    assert "<script>alert" not in page


@pytest.mark.parametrize("n", [2, 5])
def test_hardly_any_rows_are_no_error(n):
    frame = table(400).head(n)
    frame["y"] = [0, 1, 0, 1, 0][:n]
    found = gates(scan(frame, task="binary", dataset={"positive": 1}))
    assert found["plan"].verdict is None
    assert "fail" not in {gate.verdict for gate in found.values()}


def test_one_row_of_values_is_no_error():
    frame = table(1).assign(y=0.5)
    found = gates(scan(frame, logistic, output="value", task="regression"))
    assert "fail" not in {gate.verdict for gate in found.values()}


def test_a_model_without_features_has_nothing_to_change():
    frame = table()[["y"]]
    model = DummyClassifier(strategy="prior").fit(np.zeros((4, 0)), [0, 1, 0, 1])
    found = gates(scan(frame, model))
    assert {gate.verdict for gate in found.values()} == {"not_applicable"}
    assert "given no features" in found["plan"].reason


def test_labels_alone_are_measured_by_wrong_decisions():
    found = gates(scan(table(), lambda rows: (logistic(rows) > 0.5).astype(int), output="label", classes=[0, 1]))
    assert found["noise"].verdict in ("pass", "inconclusive")
    assert found["units"].verdict == "not_applicable"
    assert found["falsify"].verdict == "pass"


def test_several_classes_and_values_are_measured():
    frame = table()
    frame["y"] = np.where(frame["x"] < -0.5, "low", np.where(frame["x"] > 0.5, "top", "mid"))
    model = LogisticRegression(max_iter=500).fit(frame[["x", "z"]], frame["y"])
    several = gates(scan(frame, model))
    assert several["flip_rate"].tables
    assert "units" not in several
    values = frame.assign(y=2.0 * frame["x"])
    of_values = gates(scan(values, LinearRegression().fit(values[["x", "z"]], values["y"]), budget=100_000))
    assert "flip_rate" not in of_values
    assert of_values["score_shift"].tables
    assert of_values["units"].verdict == "pass"


def test_weights_and_clusters_reach_the_estimates():
    frame = table().assign(w=np.linspace(1.0, 5.0, 200), who=np.repeat(np.arange(50), 4))
    plain, designed = gates(scan(frame.drop(columns=["w", "who"]))), gates(scan(frame, weight="w", cluster="who"))
    ours, theirs = plain["severity_curve"].estimate, designed["severity_curve"].estimate
    assert theirs.clusters == 50
    assert ours.clusters is None
    assert theirs.value != ours.value
    columns = {line[0] for line in designed["plan"].tables[1].rows}
    assert columns.isdisjoint({"w", "who", "y"})


def test_a_model_that_changes_its_input_is_named_before_anything_is_measured():
    class Writing(LogisticRegression):
        def predict_proba(self, X):
            X["x"] = 0.0
            return super().predict_proba(X)

    frame = table()
    found = scan(frame, Writing().fit(frame[["x", "z"]], frame["y"]))
    assert {gate.verdict for gate in found.record.gates} == {"error"}
    assert all("changed the rows it was given" in gate.reason for gate in found.record.gates)


def test_a_function_that_changes_its_input_harms_nobody():
    def model(rows):
        rows["x"] = pd.to_numeric(rows["x"], errors="coerce").fillna(0.0)
        rows["new"] = 1
        return logistic(rows)

    found = scan(table(), model)
    reasons = {gate.reason for gate in found.record.gates if gate.verdict == "error"}
    assert not reasons or all("changed the rows" in reason for reason in reasons)


@pytest.mark.parametrize("budget", [0, 1, 50, 500, 2_000])
def test_a_small_budget_is_kept_and_what_it_leaves_out_is_said(budget):
    asked = []

    def model(rows):
        asked.append(len(rows))
        return logistic(rows)

    frame = table(150)
    found = gates(scan(frame, model, budget=budget))
    # The rows as they are are scored once beside it.
    assert sum(asked) - len(frame) <= max(budget, 0)
    assert "leaves out" in found["plan"].reading
    for name in ("noise", "missing", "falsify", "minimal_flip"):
        if found[name].estimate is None and found[name].verdict != "pass":
            assert found[name].reason or found[name].reading, name


def test_the_same_scan_twice_says_the_same():
    frame = table()
    first, second = (scan(frame).record.gates for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert (one.estimate, one.groups, one.findings, one.tables) == (
            other.estimate, other.groups, other.findings, other.tables,
        )  # fmt: skip
