"""A search finds a row and a change, makes them simple, keeps them, and asks about them first next time."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.robustness.falsify import falsify
from modelcheck.checks.robustness.sweep.asking import swept
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion, Severity, Verdict
from modelcheck.record.privacy import Examples, conceal
from modelcheck.record.schema import GateRecord

CRASHES = "no plausible change of a row makes the model raise an exception"
NONE_ALLOWED = Criterion(max=0.0, burden=Burden.BREACH)


def shown(evidence, examples=Examples.SHOW):
    """The evidence as a record holds it."""
    gate = GateRecord(id="a::b", suite="a", check="b", findings=evidence.findings, reason=evidence.disproved)
    return conceal(gate, examples)


def searches(evidence, lines_of):
    return {line["property"].partition(" by more")[0]: line for line in lines_of(evidence, "what was searched")}


class Refusing:
    """A model that raises on old cooks without debts, until it is mended; it counts its calls."""

    def __init__(self, healthy):
        self.healthy = healthy
        self.mended = False
        self.calls = []

    def __call__(self, rows):
        self.calls.append(len(rows))
        cook = (rows["job"].astype(object) == "cook").to_numpy() & rows["debt"].isna().to_numpy()
        if (cook & (rows["age"].to_numpy(dtype=float, na_value=0.0) > 65.0)).any() and not self.mended:
            raise ValueError("an old cook without a debt")
        return self.healthy(rows)


@pytest.fixture(scope="module")
def refused(context_for, people, healthy, tmp_path_factory):
    """Nobody in the table is an old cook without a debt; others have no debt, so that it is plausible."""
    model = Refusing(healthy)
    table = people(400, 1)
    table = table[~((table["job"] == "cook") & table["debt"].isna())].reset_index(drop=True)
    folder = tmp_path_factory.mktemp("examples") / "demo"
    context = context_for(model, table, examples=folder, budget=60_000)
    return context, model, table, falsify(context)


@pytest.fixture
def kept(refused, tmp_path):
    """The same with a copy of the folder of its own, and the model as it was."""
    context, model, *_ = refused
    shutil.copytree(context.examples, tmp_path / "demo")
    model.mended = False
    yield replace(context, examples=tmp_path / "demo"), model
    model.mended = False


def test_a_healthy_model_survives_the_search(healthy_context, lines_of):
    found = falsify(replace(healthy_context, monotonic={"age": "increasing"}, forbidden=("debt",), budget=40_000))
    assert judge(found, NONE_ALLOWED).verdict is Verdict.PASS
    lines = searches(found, lines_of)
    assert len(lines) == 4
    assert {line["found"] for line in lines.values()} == {"holds as far as seen"}
    assert all(line["rows asked"] > 64 for line in lines.values())
    # Whole blocks in one call.
    assert all(line["rows asked"] > 10 * line["calls"] for line in lines.values())
    assert "Nothing was found" in found.reading


def test_a_row_and_a_change_are_found_and_made_as_simple_as_possible(refused):
    _, _, table, found = refused
    assert judge(found, NONE_ALLOWED).verdict is Verdict.FAIL
    assert "1 of 2 properties is broken" in found.disproved
    (finding,) = found.findings
    assert finding.severity is Severity.BLOCKING
    (example,) = finding.examples
    changes = [name for name in ("age", "income", "debt", "job") if name in example]
    # One column suffices: an old cook loses the debt, or an old one without a debt becomes a cook.
    assert changes in (["debt"], ["job"])
    row = table.iloc[example["row"]]
    assert row["age"] > 65
    if changes == ["debt"]:
        assert row["job"] == "cook"
        assert example["debt"].endswith("(missing)")
    else:
        assert np.isnan(row["debt"])
        assert example["job"] == f"{row['job']} -> cook"
    assert "an old cook without a debt" in example["said after"]
    assert any(item.name.startswith("counterexample") for item in found.tables)


def test_what_is_found_is_kept_and_printed_as_a_check(refused):
    context, _, _, found = refused
    (file,) = context.examples.iterdir()
    stored = json.loads(file.read_text())
    assert stored["row"] == found.findings[0].examples[0]["row"]
    assert f".modelcheck/examples/demo/{file.name}" in found.findings[0].title
    check = shown(found).findings[0].reproduce
    assert "def " in check
    compile(check, "check", "exec")


def test_what_is_found_can_be_told_without_the_rows_entries(refused):
    _, _, _, found = refused
    (example,) = found.findings[0].examples
    hidden = shown(found, Examples.HASH)
    entries = {str(value) for key, value in example.items() if "->" in str(value)}
    assert entries
    text = f"{hidden.reason} {hidden.findings}"
    assert not any(entry in text for entry in entries)
    assert f"Row {example['row']:,}" in hidden.reason
    assert "[report] examples" in hidden.findings[0].reproduce


def test_a_stored_example_is_asked_about_first_and_stays(kept, lines_of):
    context, _ = kept
    before = {file.name: file.read_bytes() for file in context.examples.iterdir()}
    again = falsify(context)
    line = searches(again, lines_of)[CRASHES]
    assert (line["stored examples"], line["still broken"]) == (1, 1)
    assert line["examples tried"] == 0
    assert line["ended"] == "a stored example still breaks it"
    assert line["rows asked"] < 64
    assert judge(again, NONE_ALLOWED).verdict is Verdict.FAIL
    assert "Kept from an earlier run" in again.findings[0].title
    assert {file.name: file.read_bytes() for file in context.examples.iterdir()} == before


def test_a_mended_model_is_said_to_hold_and_its_example_stays(kept, lines_of):
    context, model = kept
    model.mended = True
    fixed = falsify(context)
    assert judge(fixed, NONE_ALLOWED).verdict is Verdict.PASS
    line = searches(fixed, lines_of)[CRASHES]
    assert (line["stored examples"], line["still broken"]) == (1, 0)
    assert line["found"] == "holds as far as seen"
    assert line["rows asked"] > 64
    assert len(list(context.examples.iterdir())) == 1


def test_a_stored_file_that_was_cut_off_is_told_and_does_no_harm(kept, refused):
    context, _ = kept
    (file,) = context.examples.iterdir()
    file.write_text(file.read_text()[:100])
    found = falsify(context)
    note = next(item for item in found.tables if item.name == "what was searched").note
    assert file.name in note
    # The same seed finds the same example again, and writes what it wrote.
    assert found.findings == refused[3].findings
    assert judge(found, NONE_ALLOWED).verdict is Verdict.FAIL


def test_a_declared_direction_is_searched_in_any_context(context_for, people, healthy, lines_of):
    def model(rows):
        # Falls with age for rich cooks alone, of whom there are few.
        age = rows["age"].to_numpy(dtype=float, na_value=50.0)
        rich = (rows["income"].to_numpy(dtype=float, na_value=0.0) > 4000.0) & (
            rows["job"].astype(object) == "cook"
        ).to_numpy()
        return np.where(rich, 0.9 - 0.005 * age, healthy(rows))

    found = falsify(context_for(model, people(), monotonic={"age": "increasing"}, budget=30_000))
    assert "a higher age never lowers the score" in found.disproved
    (example,) = found.findings[0].examples
    before, after = (float(value) for value in example["age"].split(" -> "))
    assert (after - before) * (example["score after"] - example["score before"]) < 0


def test_a_forbidden_column_is_searched_for_a_large_move(context_for, people, healthy):
    def model(rows):
        return np.clip(healthy(rows) + np.where((rows["job"].astype(object) == "cook").to_numpy(), 0.6, 0.0), 0.0, 1.0)

    context = context_for(model, people(), budget=30_000)
    found = falsify(replace(context, forbidden=("job",)))
    assert "job never moves the score" in found.disproved
    assert list(found.findings[0].examples[0])[1] == "job"
    # It may move a little.
    assert not falsify(replace(context, forbidden=("debt",))).disproved


def test_the_share_of_the_budget_is_kept(context_for, people, healthy):
    model = Refusing(healthy)
    model.mended = True
    context = context_for(model, people(), budget=4000)
    swept(context)
    model.calls.clear()
    found = falsify(context)
    assert 0 < sum(model.calls) == found.predicted_rows <= 0.2 * 4000


def test_a_budget_too_small_is_said(healthy_context):
    found = falsify(replace(healthy_context, budget=300))
    assert found.estimate is None
    assert "--modelcheck-budget" in found.reading + found.not_applicable
    assert "64 are needed" in found.reading + found.not_applicable


def test_without_a_model_to_ask_it_does_not_apply(healthy_context):
    assert falsify(replace(healthy_context, asking=None, shared=None)).not_applicable
