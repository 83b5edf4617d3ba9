"""A page says everything that matters without a script, verdict first."""

import re
from dataclasses import replace
from html import unescape

import pytest

from modelcheck.record.evidence import Chart, Criterion, Estimate, Severity, Table, Verdict
from modelcheck.record.numbers import format_count
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.record.store import PAGE_MARK, read_record, remove_stale, write_record
from modelcheck.report import render_html, render_index, render_summary, write_index, write_reports
from modelcheck.report.cells import grid
from modelcheck.report.outline import upper_first


def words(html):
    """The visible text, on one line."""
    without = re.sub(r"<(style|title|desc)>.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", without)))


@pytest.fixture(scope="module")
def shown(blocked):
    return words(render_html(blocked))


def test_two_renders_are_equal_bytes(record):
    assert render_html(record) == render_html(record)


def test_a_record_read_from_disk_gives_the_same_page(blocked, tmp_path):
    assert render_html(read_record(write_record(blocked, tmp_path))) == render_html(blocked)


def test_every_gate_is_there_with_its_reason_numbers_and_limit(blocked, shown):
    for gate in blocked.gates:
        assert gate.id in shown
        assert upper_first(gate.reason) in shown
        assert gate.reading in shown
        for line in gate.advice:
            assert re.sub(r"\s+", " ", line) in shown
        if gate.estimate is not None:
            assert f"n {format_count(gate.estimate.n)}" in shown


def test_the_verdict_comes_before_everything_else(shown):
    assert re.search(r"visits : ✕ BLOCKED Blocked by 3 of 9 gates: Recall; ROC AUC in physlm; Log loss\.", shown[:400])


def test_gates_come_in_the_order_of_need(shown):
    order = [
        "Stops promotion 3", "Planned but not run 1", "Inconclusive 1", "Fails, but only warns 1",
        "Fails, accepted for now (waived) 1", "Passes 2", "Does not apply here 1", "Measured without a limit 2",
    ]  # fmt: skip
    places = [shown.index(title) for title in order]
    assert places == sorted(places)


def test_what_is_open_is_listed_with_what_it_would_take(shown):
    part = shown[shown.index("What was left open") : shown.index("The data as it was understood")]
    for text in ("About 9,400 rows would decide this", "Deselected by -k", "ticket 812", "First run, no baseline"):
        assert text in part


def test_nothing_open_is_said():
    gate = GateRecord(id="a::b", suite="a", check="b", verdict=Verdict.PASS, severity=Severity.BLOCKING, reason="holds")
    record = Record(name="m", run={}, candidate={}, dataset={}, verdict=RunVerdict.PROMOTED, gates=(gate,))
    assert "every planned gate ran and was decided" in words(render_html(record))


def test_groups_findings_and_tables_are_there(shown):
    for text in (
        "(missing)", "3 positives, the method needs 10; about 40 needed",
        "Rows with a physical limitation are ranked worse",
        "-0.130 (-0.180 to -0.080)", "physlm=yes", "too few positives (3, about 10 needed)",
        "Groups too small for an interval are shown, never dropped.",
    ):  # fmt: skip
        assert text in shown


def test_the_schema_as_understood_is_there(shown):
    for text in (
        "frequent target boolean declared as target",
        "disea feature number float with 58 distinct values",
        "2.1 %",
    ):
        assert text in shown


def test_provenance_holds_hashes_versions_seed_command_and_cost(shown):
    for text in ("ab" * 32, "ef" * 32, "numpy 2.4.1", "pytest --modelcheck", "Seed 0", "88,011 predicted rows"):
        assert text in shown


def test_every_chart_has_a_drawing_a_name_for_readers_and_its_numbers(blocked):
    html = render_html(blocked)
    charts = [chart for gate in blocked.gates for chart in gate.charts]
    assert html.count('role="img"') == len(charts)
    for chart in charts:
        assert f'aria-label="{chart.title}"' in html
        assert chart.reading in words(html)


def test_long_tables_are_cut_and_say_so():
    table = Table(name="t", columns=("row",), rows=tuple((f"cell {number};",) for number in range(1240)))
    gate = GateRecord(id="a::b", suite="a", check="b", tables=(table,))
    record = Record(name="m", run={}, candidate={}, dataset={}, verdict=RunVerdict.NO_GATES, gates=(gate,))
    shown = words(render_html(record))
    assert "20 of 1,240 rows, all in record.json." in shown
    assert "cell 19;" in shown
    assert "cell 20;" not in shown


def test_rows_of_one_quantity_share_decimals_and_rows_of_several_keep_their_own():
    columns = ("metric", "value", "low", "high", "note")
    rows = (("rmse", 550.2, 502.1, 605.4, ""), ("r2", 0.4513, 0.3311, 0.5412, ""))
    assert [row[1].text for row in grid("t", columns, rows).rows] == ["550", "0.45"]
    rows = (("recall", 0.859, 0.773, 0.921, ""), ("recall", 0.539, 0.43, 0.65, ""))
    shown = grid("t", columns, rows)
    assert [[cell.text for cell in row[1:]] for row in shown.rows] == [
        ["0.859", "0.773", "0.921"],
        ["0.539", "0.430", "0.650"],
    ]
    assert shown.columns == ("metric", "value", "low", "high")


def test_a_method_that_all_rows_share_is_told_once_below():
    columns = ("group", "value", "low", "high", "method")
    rows = (("age = < 25", 0.5, 0.4, 0.6, "Wilson score"), ("age = 25 to 48", 0.6, 0.5, 0.7, "Wilson score"))
    shown = grid("t", columns, rows, "A note.")
    assert shown.columns == ("group", "value", "low", "high")
    assert shown.note == "A note. Method: Wilson score."
    assert [row[0].text for row in shown.rows] == ["age < 25", "age = 25 to 48"]
    assert "method" in grid("t", columns, (rows[0], (*rows[1][:4], "Hall"))).columns


def test_a_reason_of_several_lines_keeps_them_and_shows_no_escape():
    gate = GateRecord(id="a::b", suite="a", check="b", verdict=Verdict.ERROR, reason="raised:\nfirst\n\x1b[2Jsecond")
    record = Record(name="m", run={}, candidate={}, dataset={}, verdict=RunVerdict.NO_GATES, gates=(gate,))
    assert '<p class="reason">Raised:\nfirst\n\\x1b[2Jsecond</p>' in render_html(record)


def test_equal_reasons_of_gates_that_measured_nothing_are_told_once():
    gates = tuple(
        GateRecord(
            id=f"a::b{place}", suite="a", check="b", verdict=Verdict.ERROR, reason="no weights", severity=severity
        )
        for place, severity in enumerate([Severity.BLOCKING] * 2 + [Severity.INFO] * 3)
    )
    html = render_html(Record(name="m", run={}, candidate={}, dataset={}, verdict=RunVerdict.BLOCKED, gates=gates))
    # Once where the verdict is told, once in the evidence.
    assert html.count("No weights") == 2
    assert "(and 1 more)</bdi></a>: No weights" in html
    assert html.count("<article") == 1
    assert "The same for 4 others: a::b1 , a::b2 , a::b3 , a::b4" in words(html)
    assert html.count('href="#a::b0"') == 6
    assert "2 stop promotion" in words(html)
    assert "Nothing but what crashed" in html


def test_the_worst_group_is_named(shown):
    assert "performance::roc_auc::physlm worst: yes" in shown


def test_a_promotion_without_proof_is_amber(blocked):
    open_gate = next(gate for gate in blocked.gates if gate.verdict == Verdict.INCONCLUSIVE)
    html = render_html(replace(blocked, verdict=RunVerdict.PROMOTED, gates=(open_gate,)))
    assert '<header class="banner is-unproved">' in html
    assert "Promoted, but nothing was proved: 0 gates pass, 1 is inconclusive and misses its limit." in words(html)
    index = render_index([replace(blocked, verdict=RunVerdict.PROMOTED, gates=(open_gate,))])
    assert "badge is-unproved" in index
    assert "1 of 1 models may be promoted" in index


def test_what_is_known_is_told_in_words():
    run = {"declared_alpha": 0.075, "default_alpha": 0.05, "task": "regression", "looks": None, "extra_key": "kept"}
    model = {"gives": "value", "decides_by_probability": False, "bytes": 510_257, "task": "regression"}
    dataset = {
        "rows": 8, "weighted": False, "codes": {"edges_from": "reference"},
        "cost": {"predicted_rows": 159, "duration_s": 0.02243}, "classes": [{"label": 0, "rows": 5}],
    }  # fmt: skip
    record = Record(name="m", run=run, candidate=model, dataset=dataset, verdict=RunVerdict.NO_GATES)
    shown = words(render_html(record))
    for raw in ("edges_from", "duration_s", "declared alpha", "decides", "weighted", "{'label'"):
        assert raw not in shown
    for text in (
        "Bins of features from the reference", "159 rows in 0.02 s", "0 (5 rows)", "510 kB", "extra key kept",
        "False alarms of your limits at most 7.5 % for all of them together",
    ):  # fmt: skip
        assert text in shown


def test_a_page_of_very_many_gates_stays_small_and_whole():
    chart = Chart(
        name="c", kind="line", title="t", data=tuple({"x": x / 500, "y": x / 500, "series": "s"} for x in range(500))
    )
    measured = Estimate(metric="m", value=0.5, low=0.4, high=0.6, confidence=0.95, n=10, method="x")
    gates = tuple(
        GateRecord(
            id=f"suite::check{place}", suite="suite", check=f"check{place}", verdict=Verdict.PASS,
            reason=f"reason {place}.", severity=Severity.BLOCKING, estimate=measured, charts=(chart,) * (place < 61),
        )
        for place in range(150)
    )  # fmt: skip
    record = Record(name="m", run={}, candidate={}, dataset={}, verdict=RunVerdict.PROMOTED, gates=gates)
    html = render_html(record)
    assert len(html.encode()) <= 1_000_000
    undrawn = unescape(html).count("1 chart isn't drawn: the page has no room for more.")
    assert html.count('role="img"') + undrawn == 61
    assert undrawn
    assert all(f"eason {place}." in html for place in range(150))


def test_gates_of_one_id_still_get_different_anchors():
    gate = GateRecord(id="a::b", suite="a", check="b")
    record = Record(name="m", run={}, candidate={}, dataset={}, verdict=RunVerdict.NO_GATES, gates=(gate, gate))
    html = render_html(record)
    assert 'id="a::b"' in html
    assert 'id="a::b-2"' in html


def test_the_index_leads_to_every_model(records):
    html = render_index(list(records.values()))
    assert 'href="visits/report.html"' in html
    assert "1 of 5 models may be promoted" in html
    assert "Blocked by 3 of 9 gates" in words(html)


def test_written_pages_carry_the_mark_that_lets_them_be_removed(records, tmp_path):
    for record in records.values():
        folder = tmp_path / str(len(record.gates))
        page, summary = write_reports(record, folder)
        assert (page.name, summary.name) == ("report.html", "summary.md")
        index = write_index([record], folder)
        for path in (page, summary, index):
            assert PAGE_MARK.encode() in path.read_bytes()[:4096]
        write_record(record, folder)
        assert len(remove_stale(folder)) == 4


def test_verdicts_given_as_plain_words_are_understood(blocked):
    gates = tuple(
        replace(gate, verdict=gate.verdict and str(gate.verdict), severity=str(gate.severity)) for gate in blocked.gates
    )
    assert render_html(replace(blocked, verdict="blocked", gates=gates)) == render_html(blocked)


@pytest.mark.parametrize(("value", "said"), [(0.05, "not proved broken"), (0.12, "value beyond it, not proved broken")])
def test_what_passes_without_being_proved_kept_says_so(value, said):
    measured = Estimate(metric="gap", value=value, low=0.0, high=0.24, confidence=0.95, n=900, method="m")
    kept, limit = replace(measured, value=0.02, high=0.04), Criterion(max=0.1)
    gates = tuple(
        GateRecord(id=f"a::{name}", suite="a", check=name, verdict=Verdict.PASS, estimate=one, criterion=limit)
        for name, one in (("open", measured), ("kept", kept))
    )
    record = Record(name="m", run={}, candidate={}, dataset={}, verdict=RunVerdict.PROMOTED, gates=gates)
    html = render_html(record)
    first, second = re.findall(r"<tr id=.*?</tr>|<tr data-verdict.*?</tr>", html, re.DOTALL)
    assert f"<small>{said}</small>" in first
    assert "not proved" not in second
    assert "Of the 2 that pass 1 is proved kept; of the others no breach is proved." in words(html)
    assert said in render_summary(record)


def test_facts_and_suites_without_end_are_cut_and_said():
    many = {f"fact {place}": f"value {place}" for place in range(3_000)}
    gates = tuple(
        GateRecord(id=f'{place}"::b', suite=f'"{place}"' * 10, check="b", verdict=Verdict.PASS)
        for place in range(3_000)
    )
    record = Record(name="m", run=many, candidate=many, dataset=many, verdict=RunVerdict.PROMOTED, gates=gates)
    html = render_html(record)
    assert len(html.encode()) <= 1_000_000
    assert "further facts, all in record.json." in html


def test_a_gate_never_takes_an_id_of_the_page():
    names = ("theme", "find", "gates", "glossary", "section-pass", "shown")
    gates = tuple(GateRecord(id=name, suite="a", check="b", verdict=Verdict.PASS) for name in names)
    html = render_html(Record(name="m", run={}, candidate={}, dataset={}, verdict=RunVerdict.PROMOTED, gates=gates))
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(ids) == len(set(ids))
