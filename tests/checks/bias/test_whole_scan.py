"""The suite on small tables and on bad input: what a user meets first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

import modelcheck
from modelcheck.errors import ConfigError, ModelcheckError
from modelcheck.report import render_html


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _table(n=600, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n)})
    frame["sex"] = rng.choice(["F", "M"], n)
    frame["age"] = rng.integers(18, 80, n)
    frame["y"] = (frame.x + 0.5 * rng.normal(size=n) > 0).astype(int)
    return frame


def _scan(frame, *, protected=("sex",), **more):
    train = _table(800, seed=1)
    model = LogisticRegression().fit(train[["x", "z"]], train.y)
    more = {"suites": ["bias"]} | more
    return modelcheck.scan(model, frame, target="y", protected=list(protected), **more)


def _gates(scan):
    return {gate.id: gate for gate in scan.record.gates}


def test_every_gate_of_every_task_has_a_verdict_or_says_why_not():
    frame = _table()
    values = LinearRegression().fit(frame[["x"]], frame.z)
    of_values = modelcheck.scan(values, frame.drop(columns="y"), target="z", protected=["sex"], suites=["bias"])
    for scan in (_scan(frame, reference=_table(800, seed=1)), of_values):
        for gate in scan.record.gates:
            assert gate.verdict != "error", (gate.id, gate.reason)
            assert gate.verdict != "not_applicable" or gate.reason


def test_no_attribute_is_one_line_that_says_how_to_declare_one():
    gates = _gates(_scan(_table(), protected=()))
    assert set(gates) == {"bias::attributes"}
    assert "Name columns under [dataset]" in gates["bias::attributes"].reason


def test_a_missing_column_is_a_clear_error():
    with pytest.raises(ModelcheckError, match="protected: 'gender'"):
        _scan(_table(), protected=["gender"])


def test_the_target_is_no_protected_attribute():
    with pytest.raises(ConfigError, match="which is the target"):
        _scan(_table(), protected=["y"])


def test_a_constant_column_has_nobody_to_compare():
    gates = _gates(_scan(_table().assign(sex="F")))
    for name in ("demographic_parity_difference", "group_metrics", "counterfactual", "proxy", "representation"):
        gate = gates[f"bias::{name}::sex"]
        assert gate.verdict == "not_applicable", name
        assert "nobody to compare" in gate.reason or "F" in gate.reason


def test_missing_values_are_a_group_that_is_shown():
    frame = _table()
    frame.loc[frame.index[:150], "sex"] = None
    gate = _gates(_scan(frame))["bias::demographic_parity_difference::sex"]
    assert any("(missing)" in label for label in gate.groups)


def test_a_column_of_a_thousand_values_asks_for_bands_or_for_groups():
    frame = _table(1200).assign(income=np.arange(1200) * 10.0, town=[f"town {i % 1000}" for i in range(1200)])
    scan = _scan(frame, protected=["income"])
    assert {gate.verdict for gate in scan.record.gates} == {"error"}
    assert "bands = { income = [" in scan.record.gates[0].reason
    scan = _scan(frame, protected=["town"])
    assert "more than 250 different values" in scan.record.gates[0].reason


def test_a_group_without_positives_does_not_apply_and_says_so():
    frame = _table()
    frame.loc[frame.sex == "F", "y"] = 0
    gate = _gates(_scan(frame))["bias::equal_opportunity_difference::sex"]
    assert gate.verdict == "not_applicable"
    assert "sex = F" in gate.reason


def test_hostile_names_are_harmless_on_the_page():
    evil = "<script>alert(1)</script>"
    frame = _table()
    frame["sex"] = np.where(frame.sex == "F", evil, "[x](javascript:y)")
    page = render_html(_scan(frame).record)
    assert evil not in page
    assert "&lt;script&gt;" in page


def test_a_declared_limit_blocks():
    frame = _table()
    frame["x"] = np.where(frame.sex == "M", frame.x + 2.0, frame.x)
    gates = _gates(_scan(frame, gates={"bias.demographic_parity_difference": {"max": 0.1}}))
    gate = gates["bias::demographic_parity_difference::sex"]
    assert (gate.verdict, gate.severity) == ("fail", "blocking")
