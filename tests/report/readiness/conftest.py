"""Small records whose score can be counted by hand."""

import datetime

import pytest

from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.readiness import Declaration, How
from modelcheck.record.schema import GateRecord, Record, RunVerdict

DAY = datetime.date(2026, 11, 20)


@pytest.fixture
def gate():
    def make(kind, verdict=Verdict.PASS, severity=Severity.BLOCKING, **more):
        suite, check, *part = kind.split("::")
        own = {"id": kind, "suite": suite, "check": check, "slice": part[0] if part else None, "title": check}
        return GateRecord(severity=severity, verdict=verdict, **(own | more))

    return make


@pytest.fixture
def record():
    def make(*gates, profile="ci", **more):
        run = {"profile": profile, "started": f"{DAY}T08:00:00+00:00", "command": "pytest --modelcheck"}
        known = {"name": "visits", "run": run, "candidate": {}, "dataset": {}, "verdict": RunVerdict.INCOMPLETE}
        return Record(gates=gates, **(known | more))

    return make


@pytest.fixture
def declare():
    def make(id, how="manual", **more):
        known = {"evidence": "https://wiki.example/page", "owner": "risk team", "date": DAY}
        return Declaration(id=id, how=How(how), **(known | more))

    return make
