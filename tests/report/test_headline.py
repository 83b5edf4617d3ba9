"""The headline says what was proved, and never reads as green where nothing was."""

from dataclasses import replace

import pytest

from modelcheck.record.evidence import Criterion, Estimate, Severity, Verdict
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.report import render_html, render_summary, render_terminal
from modelcheck.report.headline import headline, sentence, state, verdict_line

BLOCKING, WARNING = Severity.BLOCKING, Severity.WARNING


def gate(verdict, severity=BLOCKING, value=0.7, suite="performance", limit=0.6):
    measured = Estimate(metric="recall", value=value, low=0.5, high=0.9, confidence=0.95, n=50, method="x")
    return GateRecord(
        id=f"{suite}::recall", suite=suite, check="recall", title="Recall", verdict=verdict, severity=severity,
        estimate=measured, criterion=None if limit is None else Criterion(min=limit),
    )  # fmt: skip


def promoted(*gates, **run):
    return Record(name="m", run=run, candidate={}, dataset={}, verdict=RunVerdict.PROMOTED, gates=gates)


@pytest.mark.parametrize(
    ("gates", "shown"),
    [
        (
            [gate(Verdict.INCONCLUSIVE)] * 2 + [gate(Verdict.INCONCLUSIVE, value=0.55)] * 2,
            "but nothing was proved: 0 gates pass, 4 are inconclusive, 2 of them miss their limit.",
        ),
        ([gate(Verdict.INCONCLUSIVE)], "but nothing was proved: 0 gates pass, 1 is inconclusive."),
        (
            [gate(Verdict.PASS), gate(Verdict.INCONCLUSIVE, value=0.5)],
            "but not everything was proved: 1 gate passes, none proved kept, 1 is inconclusive and misses its limit.",
        ),
        (
            [gate(Verdict.PASS, suite="user", limit=None), gate(Verdict.FAIL, WARNING)],
            "but no limit was proved to hold: 1 gate passes. Besides: 1 warning.",
        ),
        ([gate(Verdict.WAIVED)], "but nothing was proved: 0 gates pass. Besides: 1 waived."),
    ],
)
def test_a_promotion_without_proof_says_so(gates, shown):
    record = promoted(*gates)
    assert headline(record) == shown
    assert verdict_line(record) == ("PROMOTED", f", {shown}")
    assert sentence(record) == f"Promoted, {shown}"
    assert state(record) == "unproved"


def test_a_promotion_with_proof_is_green_and_a_question_that_only_warns_changes_nothing():
    record = promoted(gate(Verdict.PASS), gate(Verdict.INCONCLUSIVE, WARNING))
    assert headline(record) == "1 gate passes, none proved kept. Besides: 1 inconclusive."
    kept = replace(gate(Verdict.PASS, limit=0.4), id="performance::kept")
    assert headline(replace(record, gates=(*record.gates, kept))).startswith("2 gates pass, 1 proved kept.")
    assert headline(replace(record, gates=(kept,))) == "1 gate passes, none fails."
    assert verdict_line(record)[1].startswith(": ")
    assert state(record) == "promoted"


def test_no_limit_of_the_user_is_said():
    words = "No limit of yours yet: only built-in gates judged."
    assert headline(promoted(gate(Verdict.PASS), declared_alpha=0)).endswith(words)
    assert words not in headline(promoted(gate(Verdict.PASS), declared_alpha=0.025))
    assert words not in headline(promoted(gate(Verdict.PASS)))
    own = gate(Verdict.PASS, suite="user", limit=None)
    assert "built-in gates and your own checks judged" in headline(promoted(own, declared_alpha=0.0))


def test_metrics_that_only_inform_are_no_gates():
    metric = gate(Verdict.ERROR, Severity.INFO, limit=None)
    record = Record(
        name="m", run={}, candidate={}, dataset={}, verdict=RunVerdict.BLOCKED, gates=(gate(Verdict.FAIL), metric)
    )
    assert headline(record) == "by 1 of 1 gate: Recall. Besides: 1 crash that only informs."


def _compared(verdict, margin=0.01):
    gap = Estimate(metric="d", value=0.02, low=0.0, high=0.04, confidence=0.95, n=900, method="DeLong")
    return GateRecord(
        id="performance::regression.roc_auc",
        suite="performance",
        check="regression.roc_auc",
        title="ROC AUC against the baseline",
        severity=Severity.BLOCKING,
        verdict=verdict,
        reason="first run, no baseline" if verdict is Verdict.NOT_APPLICABLE else "",
        estimate=gap if verdict is Verdict.PASS else None,
        criterion=Criterion(margin=margin),
    )


def test_what_was_not_compared_or_not_judged_is_in_the_headline(records):
    record = records["regression"]
    alone = replace(record, gates=(*record.gates, _compared(Verdict.NOT_APPLICABLE)))
    assert "Not compared with a baseline." in headline(alone)
    asked = replace(
        _compared(Verdict.NOT_APPLICABLE), id="performance::roc_auc", title="ROC AUC", criterion=Criterion(min=0.8)
    )
    assert "Not judged: ROC AUC." in headline(replace(record, gates=(*record.gates, asked)))
    assert "Not" not in headline(replace(record, gates=(*record.gates, _compared(Verdict.PASS))))


def test_a_gain_over_the_baseline_bears_its_sign_everywhere(records):
    record = replace(records["regression"], gates=(*records["regression"].gates, _compared(Verdict.PASS)))
    assert "+0.020" in render_terminal(record, 200)
    assert "+0.020" in render_summary(record)
    assert "+0.020" in render_html(record)


def test_who_it_is_compared_with_and_on_which_rows_is_told(records):
    baseline = {
        "source": "models/champion.skops",
        "accepted": "2026-11-20T10:00:00+00:00",
        "note": "Compared on 5 of 9 rows.",
    }
    record = replace(records["regression"], baseline=baseline)
    for text in (render_terminal(record, 200), render_summary(record).replace("\\", "")):
        assert "Compared with models/champion.skops, accepted 2026-11-20." in text
        assert "Compared on 5 of 9 rows." in text
    assert "Compared on 5 of 9 rows." in render_html(record)


def test_one_fault_that_stops_every_gate_is_told_beside_the_verdict():
    broken = [
        replace(gate(Verdict.ERROR), id=f"performance::{at}", estimate=None, reason="The file is cut short.")
        for at in range(6)
    ]
    record = replace(promoted(*broken), verdict=RunVerdict.BLOCKED)
    assert " All for one reason: The file is cut short. " in headline(record) + " "
    mixed = replace(record, gates=(*broken, gate(Verdict.FAIL)))
    assert " 6 for one reason: The file is cut short." in headline(mixed)
    several = tuple(replace(one, reason=f"Reason {at}") for at, one in enumerate(broken))
    assert "for one reason" not in headline(replace(record, gates=several))
