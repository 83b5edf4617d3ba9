"""Entries of single rows: shown, as codes, or not at all; never by accident."""

import pytest

from modelcheck.record.evidence import Chart, Finding, Table
from modelcheck.record.privacy import Examples, conceal, quoted
from modelcheck.record.schema import GateRecord

EXAMPLE = {
    "row": 712, "age": 41, "job": "nurse", "change": "41 -> 14", "said": "no job named 'nurse'", "from": "F",
    "truth": "yes", "score before": 0.25, "decision before": "no", "score": 0.31, "weight": None,
}  # fmt: skip


def gate(**more):
    return GateRecord(id="a::b", suite="a", check="b", **more)


def example(mode, **more):
    (finding,) = conceal(gate(findings=(Finding(title="t", examples=(EXAMPLE,)),)), mode, **more).findings
    return finding.examples


def test_shown_entries_stay_as_they_are():
    assert example(Examples.SHOW) == (EXAMPLE,)


def test_codes_hide_entries_and_keep_where_the_row_is_and_what_the_model_said():
    (one,) = example(Examples.HASH, columns=("age", "job", "weight"))
    kept = ("row", "truth", "score before", "decision before", "score", "weight")
    assert {key: one[key] for key in kept} == {key: EXAMPLE[key] for key in kept}
    hidden = [one[key] for key in ("age", "job", "change", "said", "from")]
    assert hidden == ["#1", "#2", "#3", "#4", "#5"]


def test_a_column_of_the_table_is_hidden_whatever_it_is_called():
    (one,) = example(Examples.HASH, columns=("score", "truth", "row"))
    assert all(str(one[key]).startswith("#") for key in ("score", "truth", "row"))


def test_equal_entries_have_equal_codes_within_a_gate():
    table = Table(name="t", columns=("column", "before", "after"), rows=(("x", "1", "2"), ("y", "2", None)),
                  private=("before", "after"))  # fmt: skip
    found = conceal(gate(tables=(table,), reason=f"x was {quoted('2')}"), Examples.HASH)
    assert found.reason == "x was #1"
    assert found.tables[0].rows == (("x", "#2", "#1"), ("y", "#1", None))


def test_a_key_gives_codes_that_are_the_same_in_every_run_and_another_key_others():
    first, again, other = (example(Examples.HASH, key=key)[0]["job"] for key in (b"secret", b"secret", b"another"))
    assert first == again != other
    assert len(first) == 9


def test_off_leaves_examples_out_and_dots_in_sentences():
    chart = Chart(name="c", kind="waterfall", title="t", data=({"label": f"age = {quoted('41')}", "value": 0.1},))
    finding = Finding(title="t", examples=(EXAMPLE,))
    found = conceal(gate(charts=(chart,), reading=f"age {quoted('41')}", findings=(finding,)), Examples.OFF)
    assert found.findings[0].examples == ()
    assert found.charts[0].data[0] == {"label": "age = …", "value": 0.1}
    assert found.reading == "age …"


@pytest.mark.parametrize("mode", list(Examples))
def test_no_mark_ever_stays_in_a_record(mode):
    cut = quoted("a long entry", "instead")[:6]
    nested = quoted(f"x{quoted('y')}z")
    table = Table(name="t", columns=("a",), rows=((quoted("v"),),), note=cut)
    found = conceal(
        gate(reason=cut, reading=nested, advice=(quoted("w", "not here"),), tables=(table,),
             findings=(Finding(title=quoted("t"), reproduce=quoted("r", "gone"), examples=({"age": quoted("9")},)),)),
        mode,
    )  # fmt: skip
    assert not any(mark in str(found.as_json()) + repr(found) for mark in ("\ue0f0", "\ue0f1", "\ue0f2"))
    if mode is not Examples.SHOW:
        assert "long" not in found.reason
        assert found.advice == ("not here",)
        assert found.findings[0].reproduce == "gone"


def test_the_truth_of_a_class_is_shown_and_that_of_a_number_is_not():
    findings = tuple(Finding(title="t", examples=({"row": 1, "truth": truth},)) for truth in ("yes", 1, 2798.932))
    found = conceal(gate(findings=findings), Examples.HASH)
    assert [one.examples[0]["truth"] for one in found.findings] == ["yes", 1, "#1"]
