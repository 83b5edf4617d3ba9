"""Nothing of a machine or a vault is in a record; everything else stays as it was."""

import datetime
from pathlib import Path

import pytest

from modelcheck.record.evidence import Chart, Finding, Table
from modelcheck.record.readiness import Declaration, How
from modelcheck.record.redaction import Redactor, redacted
from modelcheck.record.schema import GateRecord, Record, RunVerdict

HOME = Redactor.of(Path("/home/ann/work/project"), Path("/home/ann/work"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pytest --modelcheck --modelcheck-report /tmp/out/rep", "pytest --modelcheck --modelcheck-report …/rep"),
        ("/home/ann/work/project/models/a.skops differs", "models/a.skops differs"),
        ("--modelcheck-report=/srv/reports/x y", "--modelcheck-report=…/x y"),
        ("'/home/ann/My Models/v 2/a.skops'", "'…/a.skops'"),
        (r"C:\Users\ann\models\a.skops is missing", "…/a.skops is missing"),
        ("File \"/usr/lib/python3/site.py\", line 3", "File \"…/site.py\", line 3"),
        ("https://host.example/models/a and 1/2 or checks/visits/a.toml", None),
        ("performance::roc_auc, 3 km/h, n/a, </b>", None),
        ("postgresql://ann:hunter2@db/x", "postgresql://***@db/x"),
        ("cut: https://bob:pw471…", "cut: https://***@"),
        ("API_KEY=abcd1234 pytest", "API_KEY=*** pytest"),
        ("--db-password hunter", None),
        ("?token=abcdef&x=1", "?token=***&x=1"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer ***"),
        ('{"client_secret": "s3cr3t!"}', '{"client_secret": "***"}'),
        ("AKIAIOSFODNN7EXAMPLE", "***"),
        ("ghp_0123456789abcdef0123456789abcdef0123", "***"),
        ("SHA-256 ab" + 31 * "cd", None),
        ("the token is unknown: no column of that name", None),
        ("secretary = true: 0.5 (n 40)", None),
    ],
)  # fmt: skip
def test_secrets_and_folders_go_and_the_rest_stays(text, shown):
    assert HOME.text(text) == (text if shown is None else shown)


def test_every_part_of_a_record_that_can_hold_them_is_looked_at():
    bad = "password=hunter22 at /home/bob/secret/x.py"
    gate = GateRecord(id="a::b", suite="a", check="b", reason=bad, reading=bad, advice=(bad,),
                      findings=(Finding(title=bad, reproduce=bad, examples=({"row": 1, "said": bad},)),),
                      tables=(Table(name="t", columns=("said",), rows=((bad,),), note=bad),),
                      charts=(Chart(name="c", kind="line", title="t", reading=bad, data=({"l": bad},)),))  # fmt: skip
    record = Record(
        name="m", run={"command": bad, "nested": [{"deep": bad}]}, candidate={"source": bad}, baseline={"source": bad},
        dataset={"path": bad, "notes": (bad,)}, reference={"path": bad}, verdict=RunVerdict.BLOCKED, gates=(gate,),
        readiness=(Declaration(id="data.1", how=How.MANUAL, evidence=bad, owner=bad, date=datetime.date(2026, 11, 2)),),
    )  # fmt: skip
    text = str(redacted(record, HOME).as_json())
    assert "hunter22" not in text
    assert "/home" not in text
    assert text.count("password=*** at …/x.py") == 19


def test_a_root_folder_is_no_root():
    assert Redactor.of(Path("/")).text("/etc/passwd and x") == "…/passwd and x"
