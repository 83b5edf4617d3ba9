"""A record written and read again is the same record."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelcheck.errors import RecordError
from modelcheck.record import GateRecord, Record, RunVerdict, read_record, write_record
from modelcheck.record.evidence import Burden, Chart, Criterion, Estimate, Finding, Severity, Table, Verdict
from modelcheck.record.plain import plain
from modelcheck.record.schema import gate_from_json, record_from_json
from modelcheck.record.stopping import overall
from modelcheck.record.store import dump_record

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY_FLOAT = st.none() | st.floats()
TEXT = st.text(max_size=20)
COUNT = st.integers(0, 10**12)
CELL = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats() | TEXT
ROW = st.dictionaries(TEXT, CELL, max_size=3)

estimates = st.builds(
    Estimate,
    metric=TEXT,
    value=ANY_FLOAT,
    low=ANY_FLOAT,
    high=ANY_FLOAT,
    confidence=st.floats(0.5, 0.999),
    n=COUNT,
    clusters=st.none() | COUNT,
    method=TEXT,
    resolution=ANY_FLOAT,
    unproven=TEXT,
    n_needed=st.none() | COUNT,
)
criteria = st.builds(
    Criterion,
    min=st.none() | FINITE,
    max=st.none() | FINITE,
    margin=st.none() | FINITE,
    confidence=st.floats(0.5, 0.999),
    burden=st.sampled_from(Burden),
    resolution=st.none() | FINITE,
    reason=TEXT,
)
findings = st.builds(
    Finding,
    title=TEXT,
    slice=st.none() | TEXT,
    n=COUNT,
    effect=ANY_FLOAT,
    low=ANY_FLOAT,
    high=ANY_FLOAT,
    p_adjusted=ANY_FLOAT,
    severity=st.sampled_from(Severity),
    examples=st.lists(ROW, max_size=2).map(tuple),
    reproduce=TEXT,
)
tables = st.integers(0, 3).flatmap(
    lambda width: st.builds(
        Table,
        name=TEXT,
        columns=st.lists(TEXT, min_size=width, max_size=width).map(tuple),
        rows=st.lists(st.lists(CELL, min_size=width, max_size=width).map(tuple), max_size=3).map(tuple),
        note=TEXT,
    )
)
charts = st.builds(
    Chart,
    name=TEXT,
    kind=TEXT,
    title=TEXT,
    x=TEXT,
    y=TEXT,
    reading=TEXT,
    data=st.lists(ROW, max_size=3).map(tuple),
    reference=ROW,
)
gates = st.builds(
    GateRecord,
    id=TEXT,
    suite=TEXT,
    check=TEXT,
    slice=st.none() | TEXT,
    title=TEXT,
    severity=st.sampled_from(Severity),
    verdict=st.none() | st.sampled_from(Verdict),
    reason=TEXT,
    estimate=st.none() | estimates,
    criterion=st.none() | criteria,
    baseline=st.none() | estimates,
    groups=st.dictionaries(TEXT, estimates, max_size=2),
    findings=st.lists(findings, max_size=2).map(tuple),
    tables=st.lists(tables, max_size=2).map(tuple),
    charts=st.lists(charts, max_size=2).map(tuple),
    reading=TEXT,
    advice=st.lists(TEXT, max_size=3).map(tuple),
    duration_s=st.floats(0, 1e6),
    predicted_rows=COUNT,
)
facts = st.dictionaries(TEXT, CELL | st.lists(CELL, max_size=2) | ROW, max_size=3)
records = st.builds(
    Record,
    name=TEXT,
    run=facts,
    candidate=facts,
    dataset=facts,
    verdict=st.sampled_from(RunVerdict),
    gates=st.lists(gates, max_size=2).map(tuple),
    baseline=st.none() | facts,
    reference=st.none() | facts,
)


def gate(**more):
    return GateRecord(id="performance::roc_auc", suite="performance", check="roc_auc", **more)


def record(*gates, **more):
    return Record(name="m", run={}, candidate={}, dataset={}, verdict=RunVerdict.PROMOTED, gates=gates, **more)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(written=records)
def test_any_record_survives_the_disk(written, tmp_path):
    """Whatever a record holds comes back; only a promotion against its own gates is refused."""
    against = written.gates and overall(written.gates, str(written.run.get("profile", "ci"))) is not RunVerdict.PROMOTED
    if written.verdict is RunVerdict.PROMOTED and against:
        written = replace(written, verdict=RunVerdict.BLOCKED)
    found = read_record(write_record(written, tmp_path))
    assert found.as_json() == written.as_json()
    assert dump_record(found) == dump_record(written)


def test_a_finite_gate_comes_back_equal_in_every_field():
    measured = Estimate(
        metric="roc_auc", value=0.7, low=0.6, high=0.8, confidence=0.95, n=10, clusters=3, method="DeLong"
    )
    whole = gate(
        slice="65+",
        title="ROC AUC",
        severity=Severity.BLOCKING,
        verdict=Verdict.FAIL,
        reason="r",
        estimate=measured,
        criterion=Criterion(min=0.9, burden=Burden.COMPLIANCE, reason="law"),
        baseline=measured,
        groups={"a": measured},
        findings=(Finding(title="t", examples=({"x": 1},)),),
        tables=(Table(name="t", columns=("a",), rows=((1,),)),),
        charts=(Chart(name="c", kind="line", title="t", data=({"x": 0.1, "y": 1},)),),
        advice=("rerun:  x",),
    )
    assert gate_from_json(json.loads(json.dumps(whole.as_json()))) == whole


def test_nan_and_infinities_become_null():
    measured = Estimate(metric="m", value=math.nan, low=-math.inf, high=math.inf, confidence=0.95, n=1, method="x")
    table = Table(name="t", columns=("a", "b"), rows=((math.nan, np.float64(math.inf)),))
    text = dump_record(record(gate(estimate=measured, tables=(table,))))
    found = json.loads(text, parse_constant=pytest.fail)["gates"][0]
    assert [found["estimate"][key] for key in ("value", "low", "high")] == [None] * 3
    assert found["tables"][0]["rows"] == [[None, None]]


def test_foreign_values_become_plain_json():
    values = [
        np.float32(0.5),
        np.int64(3),
        np.bool_(True),
        np.str_("x"),
        np.array([1.0, np.nan]),
        np.datetime64("2026-01-02"),
        np.datetime64("NaT"),
        pd.NA,
        pd.NaT,
        pd.Timestamp("2026-01-02"),
        {2, 1},
        b"ab",
        Verdict.PASS,
        {1: {2: (3,)}},
    ]
    expected = [
        0.5,
        3,
        True,
        "x",
        [1.0, None],
        "2026-01-02",
        None,
        None,
        None,
        "2026-01-02T00:00:00",
        [1, 2],
        "ab",
        "pass",
        {"1": {"2": [3]}},
    ]
    found = plain(values)
    assert found == expected
    assert type(found[2]) is bool
    assert json.loads(json.dumps(found, allow_nan=False)) == expected


def test_an_object_without_text_of_its_own_leaves_no_memory_address():
    assert " at 0x" not in plain(object())


def test_keys_come_in_the_order_of_the_contract():
    found = record(
        gate(
            estimate=Estimate(metric="m", value=1.0, low=0.0, high=2.0, confidence=0.95, n=1, method="x"),
            baseline=Estimate(metric="m", value=1.0, low=0.0, high=2.0, confidence=0.95, n=1, method="x"),
            criterion=Criterion(min=0.5),
        )
    ).as_json()
    assert list(found) == [
        "schema",
        "name",
        "run",
        "candidate",
        "baseline",
        "dataset",
        "reference",
        "verdict",
        "gates",
    ]
    first = found["gates"][0]
    assert list(first)[:8] == ["id", "suite", "check", "slice", "title", "severity", "verdict", "reason"]
    assert list(first["estimate"])[:8] == ["metric", "value", "low", "high", "confidence", "n", "clusters", "method"]
    assert list(first["baseline"])[:3] == ["value", "low", "high"]
    assert first["criterion"]["alpha"] == 0.025
    assert found["schema"] == "modelcheck/record/1"


def test_a_metric_without_a_limit_has_a_null_verdict():
    found = record_from_json(json.loads(dump_record(record(gate()))))
    assert found.gates[0].verdict is None


DECLARED = {"id": "data.3", "how": "manual", "evidence": "link", "owner": "team", "date": "2026-10-02"}


def test_declarations_are_kept_and_silence_leaves_the_key_out():
    data = record(gate()).as_json()
    assert "readiness" not in data
    assert record_from_json(data).readiness is None
    again = record_from_json(data | {"readiness": [DECLARED | {"expires": "2027-01-31", "added_later": 1}]})
    assert again.as_json()["readiness"] == [DECLARED | {"expires": "2027-01-31"}]
    assert record_from_json(data | {"readiness": []}).as_json()["readiness"] == []


def test_unknown_keys_are_tolerated():
    data = record(gate()).as_json()
    data["added_later"] = 1
    data["gates"][0]["added_later"] = {"x": 1}
    assert record_from_json(data).gates[0].id == "performance::roc_auc"


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda d: d.pop("verdict"), "verdict"),
        (lambda d: d.update(verdict="green"), "verdict"),
        (lambda d: d.update(gates={}), "gates"),
        (lambda d: d["gates"][0].update(severity="huge"), "gates[0].severity"),
        (lambda d: d["gates"][0].update(verdict=["pass"]), "gates[0].verdict"),
        (lambda d: d["gates"][0]["estimate"].update(n="many"), "gates[0].estimate.n"),
        (lambda d: d["gates"][0]["estimate"].update(n=True), "gates[0].estimate.n"),
        (lambda d: d["gates"][0]["estimate"].pop("method"), "gates[0].estimate.method"),
        (lambda d: d["gates"][0].update(groups={"a": 1}), "gates[0].groups.a"),
        (lambda d: d["gates"][0].update(advice=[1]), "gates[0].advice[0]"),
        (
            lambda d: d["gates"][0].update(tables=[{"name": "t", "columns": ["a"], "rows": [[1, 2]]}]),
            "gates[0].tables[0].rows[0]",
        ),
        (lambda d: d["gates"][0]["estimate"].update(value=10**400), "gates[0].estimate.value"),
        (lambda d: d.update(readiness={}), "readiness"),
        (lambda d: d.update(readiness=[DECLARED | {"how": "auto"}]), "readiness[0].how"),
        (lambda d: d.update(readiness=[DECLARED, DECLARED | {"date": "soon"}]), "readiness[1].date"),
        (lambda d: d.update(readiness=[DECLARED | {"expires": 20270101}]), "readiness[0].expires"),
    ],
)
def test_a_wrong_shape_is_named_by_its_path(spoil, named):
    measured = Estimate(metric="m", value=1.0, low=0.0, high=2.0, confidence=0.95, n=1, method="x")
    data = record(gate(estimate=measured)).as_json()
    spoil(data)
    with pytest.raises(RecordError) as caught:
        record_from_json(data)
    assert named in str(caught.value)
    assert "pytest --modelcheck" in str(caught.value)


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_json_that_is_no_object_is_no_record(data):
    with pytest.raises(RecordError, match="an object was expected"):
        record_from_json(data)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("modelcheck/record/2", "newer modelcheck"),
        ("modelcheck/record/x", "isn't a modelcheck record"),
        ("modelcheck/record/0", "isn't a modelcheck record"),
        ("", "isn't a modelcheck record"),
    ],
)
def test_another_schema_is_refused(schema, words):
    data = record().as_json() | {"schema": schema}
    with pytest.raises(RecordError, match=words):
        record_from_json(data)
