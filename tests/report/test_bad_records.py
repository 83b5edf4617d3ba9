"""`modelcheck report` on records that were cut, edited or written by another version: a whole page or a message."""

import json
import random
from dataclasses import replace

import pytest

from modelcheck.cli import main
from modelcheck.record.evidence import Chart, Severity, Table, Verdict
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.record.store import dump_record, read_record
from modelcheck.report import render_html, render_summary, render_terminal
from modelcheck.report.particulars import dataset_facts

HUGE = 10**400  # JSON holds it, a float doesn't


def test_a_record_that_was_cut_anywhere_is_refused_and_older_pages_stay(blocked, tmp_path, capsys):
    whole = dump_record(blocked)
    (tmp_path / "report.html").write_text("older page")
    places = random.Random(0)
    for cut in [0, 1, len(whole) - 2, *(places.randrange(len(whole) - 1) for _ in range(40))]:
        (tmp_path / "record.json").write_text(whole[:cut])
        assert main(["report", str(tmp_path)]) == 4
        assert "Run `pytest --modelcheck` again" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["record.json", "report.html"]
    assert (tmp_path / "report.html").read_text() == "older page"


def test_a_newer_schema_is_named_with_what_to_do(blocked, tmp_path, capsys):
    (tmp_path / "record.json").write_text(dump_record(blocked).replace("modelcheck/record/1", "modelcheck/record/2"))
    assert main(["report", str(tmp_path)]) == 4
    assert "Upgrade modelcheck" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()


def test_fields_of_a_newer_minor_version_change_no_page(blocked, tmp_path):
    def with_more(part):
        return {**part, "brand new": [1, {"deep": None}]}

    data = with_more(blocked.as_json())
    data["gates"] = [
        with_more({**gate, **{key: with_more(gate[key]) for key in ("estimate", "criterion") if gate[key]}})
        for gate in data["gates"]
    ]
    (tmp_path / "record.json").write_text(json.dumps(data))
    assert render_html(read_record(tmp_path)) == render_html(blocked)


@pytest.mark.parametrize("kind", ["line", "matrix", "scatter", "histogram", "forest", "reliability", "beeswarm"])
def test_numbers_that_no_float_holds_are_shown_as_missing(blocked, tmp_path, kind):
    row = dict.fromkeys(("x", "y", "value", "low", "high", "count", "n", "share"), HUGE)
    odd = replace(
        blocked.gates[0],
        charts=(
            Chart(name="odd", kind=kind, title="odd", data=(row, {"row": "a", "column": "b", "label": "c", **row})),
        ),
        tables=(Table(name="odd", columns=("value", "low", "n"), rows=((HUGE, HUGE, HUGE), (0.5, 0.4, 9))),),
    )
    record = replace(blocked, gates=(odd, *blocked.gates[1:]), run=blocked.run | {"duration_s": HUGE})
    (tmp_path / "record.json").write_text(dump_record(record))
    again = read_record(tmp_path)
    assert "odd" in render_html(again)
    assert render_summary(again)
    assert render_terminal(again)


def test_columns_that_are_shown_elsewhere_are_not_even_looked_at():
    class Untouchable(list):
        def __iter__(self):
            raise AssertionError("a table of a million columns would take half a minute")

    facts = dict(dataset_facts({"rows": 3, "columns": Untouchable([1])}, columns_shown=True))
    assert facts["Rows"].text == "3"
    assert len(facts) == 1


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.ERROR, Verdict.NOT_RUN])
def test_a_record_that_promotes_against_its_own_gates_is_refused(verdict, tmp_path, capsys):
    gates = [
        GateRecord(id=f"a::{one}", suite="a", check=str(one), verdict=one, severity=Severity.BLOCKING)
        for one in (Verdict.PASS, verdict)
    ]
    record = Record(
        name="m", run={"profile": "ci"}, candidate={}, dataset={}, verdict=RunVerdict.PROMOTED, gates=tuple(gates)
    )
    (tmp_path / "record.json").write_text(dump_record(record))
    assert main(["report", str(tmp_path)]) == 4
    assert "contradicts itself: it says promoted" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()
