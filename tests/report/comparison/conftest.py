"""Two real runs on the same rows, of a model that holds and of one that doesn't, and records made from them."""

from dataclasses import replace

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import modelcheck
from modelcheck.record.evidence import Criterion, Estimate, Severity, Verdict
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.record.stopping import overall


def scanned(model):
    features, labels = load_breast_cancer(return_X_y=True, as_frame=True)
    numbers = features.filter(like="mean ")
    rows = numbers.assign(size=["large" if one > 15 else "small" for one in numbers["mean radius"]])
    fitted = model.fit(numbers[::2], labels[::2])
    return modelcheck.scan(
        fitted,
        rows[1::2],
        labels[1::2],
        reference=(rows[::2], labels[::2]),
        protected=["size"],
        suites=["performance", "bias"],
        gates={"performance.roc_auc": {"min": 0.9}, "performance.recall": {"min": 0.8}},
        name="tumours",
    ).record


@pytest.fixture(scope="session")
def healthy():
    """The record of a logistic regression that holds."""
    return scanned(make_pipeline(StandardScaler(), LogisticRegression()))


@pytest.fixture(scope="session")
def worse():
    """The record of a stump, judged on the same rows by the same gates."""
    return scanned(DecisionTreeClassifier(max_depth=1, max_features=1, random_state=3))


@pytest.fixture(scope="session")
def measured():
    """A maker of estimates."""

    def make(value, half=0.05, metric="recall", **more):
        ends = {"low": value - half, "high": value + half}
        return Estimate(
            **({"metric": metric, "value": value, "confidence": 0.95, "n": 400, "method": "m"} | ends | more)
        )

    return make


@pytest.fixture(scope="session")
def gate():
    """A maker of gates: a verdict, what was measured, and the limit."""

    def make(verdict=Verdict.PASS, name="performance::recall", severity=Severity.BLOCKING, limit=0.5, **more):
        suite, check, *rest = name.split("::")
        criterion = Criterion(min=limit) if limit is not None else None
        return GateRecord(
            **(
                {"id": name, "suite": suite, "check": check, "slice": rest[0] if rest else None, "severity": severity}
                | {"verdict": verdict, "criterion": criterion}
                | more
            )
        )

    return make


@pytest.fixture(scope="session")
def run_of():
    """A maker of records from gates."""

    def make(*gates, profile="ci", verdict=None, dataset=None, **run):
        return Record(
            name="m",
            run={"profile": profile, "started": "2026-11-01T00:00:00+00:00", **run},
            candidate={"sha256": "aa" * 32},
            dataset={"sha256": "dd" * 32, "rows": 400} if dataset is None else dataset,
            verdict=RunVerdict(verdict) if verdict else overall(gates, profile),
            gates=tuple(gates),
        )

    return make


@pytest.fixture(scope="session")
def many():
    """A maker of records with as many gates as are asked for, repeated from a real one."""

    def make(record, count):
        gates = [replace(one, tables=(), charts=()) for one in record.gates]
        repeated = (replace(gates[place % len(gates)]) for place in range(count))
        return replace(
            record, gates=tuple(replace(one, id=f"{one.id} {place:,}") for place, one in enumerate(repeated))
        )

    return make
