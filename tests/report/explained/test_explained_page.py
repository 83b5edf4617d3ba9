"""`explainability.html`: everything a reader without statistics asks, in words that need none."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from modelcheck.record.evidence import Estimate, Finding, Table, Verdict
from modelcheck.record.schema import RunVerdict
from modelcheck.record.store import read_record, write_record
from modelcheck.report import render_explained, render_html, render_index, write_reports
from modelcheck.report.explained import has_explanation
from modelcheck.report.explained.sentences import percent, plain

VOID = {"meta", "br"}
SECTIONS = {
    "verdict": "May it be used?",
    "decides": "What it decides, and on what data",
    "drives": "What drives it",
    "groups": "How it treats groups",
    "weak": "Where it is weak",
    "examples": "Example decisions",
    "tested": "What was tested, and what was not",
    "limits": "What this page can't tell",
    "words": "Words",
}
JARGON = (
    "SHAP", "shap", "p-value", "log-odds", "ICE", "ALE", "PDP", "partial dependence", "Holm", "bootstrap", "ROC AUC",
    "permutation", "quantile", "null hypothesis", "Wilson", "attribution", "estimator", "monotonic",
)  # fmt: skip


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.attributes, self.open, self.unbalanced = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.unbalanced.append(tag)


def words(html):
    """The visible text, on one line."""
    without = re.sub(r"<(style|title|desc)>.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", without)))


def section(html, name):
    return html.split(f'<section id="{name}">')[1].split("</section>")[0]


def running_text(html):
    """Sentences: without tables, drawings, and the list of words, which is where technical words are explained."""
    text = html.split("<body>")[1].split('<section id="words">')[0]
    for tag in ("table", "svg", "details"):
        text = re.sub(rf"<{tag}\b.*?</{tag}>", " ", text, flags=re.DOTALL)
    return words(text)


@pytest.fixture(scope="module")
def html(visits):
    return render_explained(visits)


@pytest.fixture(scope="module")
def shown(html):
    return words(html)


def test_the_page_answers_every_question_in_order(html):
    titles = [unescape(title) for title in re.findall(r"<h2>(.*?)</h2>", html)]
    assert titles == list(SECTIONS.values())
    assert re.findall(r'<section id="(.*?)">', html) == list(SECTIONS)


def test_two_renders_and_a_record_from_disk_are_equal_bytes(visits, html, tmp_path):
    assert render_explained(visits) == html
    assert render_explained(read_record(write_record(visits, tmp_path))) == html


def test_the_verdict_comes_first_and_is_said_in_plain_words(shown):
    assert re.search(r"visits : ✕ must not go into use yet The model doesn't keep every limit", shown[:400])


def test_what_stands_in_the_way_has_its_number_its_limit_and_what_to_do(html):
    text = words(section(html, "verdict"))
    assert "Do declared columns push the score the declared way, row by row?" in text
    assert "Measured: 0.31 (0.26 to 0.36 at 95 % confidence, from 400 rows); asked is at most 0.05." in text
    assert text.index("What stands in the way") < text.index("What warns") < text.index("What to do")


def test_model_target_threshold_rows_and_base_rate_are_told(html):
    text = words(section(html, "decides"))
    for part in (
        "HistGradientBoostingClassifier ) gives a probability and decides on frequent",
        "From a probability of 0.2 on it decides 1",
        "It looks at 8 columns: disea",
        "tested on 8,082 rows",
        "1 in 1,646 of 8,082 rows (20 %)",
        "Of 100 rows the model decides 62 rightly (95 % interval 57 to 67)",
    ):
        assert part in text


def test_the_columns_that_drive_the_score_are_told_in_sentences_with_ranges(html):
    text = words(section(html, "drives"))
    assert (
        "Of everything that moves the score, 41 % (38 to 44) comes from disea : on the whole higher values raise"
        in text
    )
    assert "raise it, with a dip (see the warning)." in text
    assert "Shuffling it raises the loss by 0.031 (0.025 to 0.037): the answers need it." in text
    assert "at 95 % confidence, from 800 explained rows" in text


def test_two_methods_that_disagree_are_shown(html):
    text = words(section(html, "drives"))
    assert "comes from fmde : on the whole higher values lower it. " in text
    assert text.count("isn't proved: they move the score") == 1
    assert "Only disea , physlm , lpi , lncoins , hlthp are proved to make answers better." in text


def test_every_drawing_of_the_suite_is_there_with_a_reading_and_its_numbers(html, visits):
    figures = re.findall(r"<figure>.*?</figure>", html, re.DOTALL)
    charts = sum(len(gate.charts) for gate in visits.gates)
    assert len(figures) == charts
    for figure in figures:
        assert "<svg" in figure
        assert 'class="reading"' in figure
        assert "<summary>Numbers</summary>" in figure


def test_groups_are_told_with_what_they_get_and_what_warns(html):
    text = words(section(html, "groups"))
    assert "limitation is protected: by itself it carries 5.0 % (4.0 to 6.0) of what moves the score." in text
    assert "other columns can stand in for a protected one" in text
    assert "not limited 7,168 38 (29 to 47)" in text
    assert re.search(r"warning Do groups get the decision equally often \(limitation\)\?", text)
    assert "1 other comparison is proved to keep the limit." in text


def test_what_happens_when_only_the_protected_entry_changes_is_told_whatever_its_verdict(html):
    text = words(section(html, "groups"))
    assert "kept How far does the answer change if only the protected entry does (limitation)?" in text
    assert "The decision changes in 21 of 100 changes." in text


def test_a_passing_test_over_its_limit_is_not_called_kept(html):
    text = words(section(html, "groups"))
    assert "not proved broken Is it equally often right in each group (limitation)?" in text
    assert "Measured 0.12, over the limit of 0.1; with these rows it could lie anywhere from 0.00 to 0.24." in text


def test_a_column_that_must_not_matter_is_no_group(html):
    assert "zip" not in words(section(html, "groups"))
    assert "zip must not drive decisions: it carries 1.0 % (0.5 to 1.5) of what moves the score." in words(
        section(html, "drives")
    )


def test_nothing_declared_protected_is_said_plainly(promoted):
    text = words(section(render_explained(promoted), "groups"))
    assert "No column was declared protected" in text
    assert "not the same as being treated alike" in text


def test_protected_columns_that_nobody_tested_are_named(visits):
    gates = tuple(gate for gate in visits.gates if gate.suite != "bias")
    text = words(section(render_explained(replace(visits, gates=gates)), "groups"))
    assert "limitation is declared protected, but no test of groups was made" in text


def test_findings_come_by_severity_with_where_how_bad_and_how_sure(html):
    text = words(section(html, "weak"))
    assert text.index("A higher disea lowers the score") < text.index("Rows with a small fmde")
    assert "Where: fmde < 2.942. Rests on 812 rows. Measured: 0.3 (0.1 to 0.5)." in text
    assert "Practically no accident." in text


def test_one_fault_is_told_once_with_how_many_tests_came_across_it(visits):
    twin = next(gate for gate in visits.gates if gate.check == "direction")
    gates = (*visits.gates, replace(twin, id="robustness::direction", suite="robustness"))
    html = render_explained(replace(visits, gates=gates))
    text = words(section(html, "weak"))
    assert text.count("A higher disea lowers the score") == 1
    assert "2 tests came across it." in text
    assert "The same was found by 1 other test" in words(section(html, "verdict"))


@pytest.mark.parametrize(
    "limit", ["at most 0.1 is allowed", "a common convention: at most 0.1", "a common convention: at most 0.1 apart"]
)
def test_what_only_informs_names_the_usual_limit_without_claiming_a_breach(visits, limit):
    finding = Finding(title=f"The difference is 0.35 ({limit})", n=900)
    gates = [
        replace(gate, verdict=None, criterion=None, findings=(finding,)) if gate.check == "recall" else gate
        for gate in visits.gates
    ]
    text = words(section(render_explained(replace(visits, gates=tuple(gates))), "weak"))
    assert "is allowed" not in text
    assert "convention" not in text
    assert "The usual limit is at most 0.1; here it only informs." in text


def test_without_findings_the_page_says_what_was_searched_in_vain(promoted):
    text = words(section(render_explained(promoted), "weak"))
    assert "No weak place was proved. That is no proof that there is none" in text
    assert "Is there a part of the rows where it is needlessly wrong?" in text


def test_an_example_tells_decision_steps_change_and_similar_rows(html):
    text = words(section(html, "examples"))
    assert "Example 1: row 4101, the worst error" in text
    assert "Decided: 1 , because 0.5 is not below 0.2. In truth it was 0 : this decision was wrong." in text
    assert "starts from the typical 0.2: disea = 31 raises it by 0.22; physlm = 1 raises it by 0.11" in text
    assert "What would change it: It would be decided 0 with disea at most 9.9 instead of 31." in text
    assert "Cases it learned from that look most like row 4101" in text
    assert "distance" not in text


def test_tests_are_counted_by_question_and_what_is_open_has_its_reason(html):
    text = words(section(html, "tested"))
    assert "Does it decide for the right reasons? 2 0 1 0 0 1 1 4" in text
    assert "About 400 rows would decide this." in text
    assert "The model in use now was not given, so there is nothing to compare with." in text


def test_a_suite_that_did_not_run_is_named(promoted):
    text = words(section(render_explained(promoted), "tested"))
    assert "Not asked in this run: Does it work for everyone?" in text


def test_limits_and_the_way_of_explaining_are_told(html):
    text = words(section(html, "limits"))
    for part in ("need not cause anything", "share the credit", "Where few rows lie", "report.html"):
        assert part in text


def test_running_text_holds_no_jargon(html, promoted):
    for text in (running_text(html), running_text(render_explained(promoted))):
        for word in JARGON:
            assert not re.search(rf"\b{re.escape(word)}\b", text), word


def test_technical_words_of_tables_are_explained(html):
    text = words(section(html, "words"))
    for word in ("log-odds", "range (interval)", "confidence", "not proved broken"):
        assert word in text


def test_a_columns_name_is_never_put_into_everyday_words():
    assert (
        plain("`log-odds` leads, told in log-odds")
        == "`log-odds` leads, told in log-odds (chances on a stretched scale)"
    )


def test_shares_keep_their_range_or_say_that_there_is_none():
    assert percent(0.1234, 0.1, 0.15) == "12 % (10 to 15)"
    assert percent(0.5) == "50 % (no range known)"


def test_engineers_find_their_report_and_everyone_this_page(html, visits):
    assert 'href="report.html"' in html
    assert 'href="explainability.html"' in render_html(visits)
    assert 'href="visits/explainability.html"' in render_index([visits])


def test_a_page_of_500_columns_is_capped_and_says_so(wide):
    html = render_explained(wide)
    assert len(html.encode()) < 1_000_000
    text = words(html)
    for part in (
        "30 of 500 rows, all in record.json.",
        "Drawn: 20 of 500 columns; all are in record.json.",
        "12 of 500 columns are drawn, all are in record.json.",
        "6 of 40 are told in full, all are in record.json.",
        "of 301 are told, all are in record.json.",
        "It looks at 8 columns",
    ):
        assert part in text


def test_the_page_is_written_beside_the_report(visits, tmp_path):
    written = write_reports(visits, tmp_path)
    assert [path.name for path in written] == ["report.html", "summary.md", "explainability.html"]
    assert (tmp_path / "explainability.html").read_text("utf-8") == render_explained(visits)


def test_without_the_suite_there_is_no_page_and_no_link(blocked, tmp_path):
    assert not has_explanation(blocked)
    write_reports(blocked, tmp_path)
    assert not (tmp_path / "explainability.html").exists()
    assert "explainability.html" not in render_html(blocked) + render_index([blocked])


def test_a_suite_that_crashed_before_it_measured_writes_a_page_that_says_so(visits):
    broken = [
        replace(gate, verdict=Verdict.ERROR, tables=(), charts=(), estimate=None, reason="the check raised Astray.")
        if gate.check == "importance"
        else gate
        for gate in visits.gates
    ]
    crashed = replace(visits, gates=tuple(broken))
    assert has_explanation(crashed)
    assert "What drives this model could not be found out. The check raised Astray." in words(render_explained(crashed))


def test_importance_alone_is_enough_for_a_page(visits):
    alone = tuple(gate for gate in visits.gates if gate.check == "importance")
    known = {"candidate": {}, "dataset": {}, "reference": None, "run": {}}
    text = words(render_explained(replace(visits, gates=alone, verdict=RunVerdict.NO_GATES, **known)))
    assert "No single decision was explained in this run." in text
    assert "nobody searched for one in this run" in text


def test_a_regression_is_told_as_a_number(visits):
    known = {"task": "regression", "name": "Ridge"}
    text = words(render_explained(replace(visits, candidate=known)))
    assert "answers with a number: its estimate of frequent ." in text
    assert "From a probability" not in text


def test_hostile_names_can_not_break_out(hostile_explained, hostile_strings):
    html = render_explained(hostile_explained)
    page = Page(html)
    assert page.open == []
    assert page.unbalanced == []
    assert "script" not in page.elements
    assert "img" not in page.elements
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name, value)
        assert name not in ("src", "style", "action", "data")
        if name == "href":
            assert value.startswith("#") or value == "report.html"
    assert hostile_strings[0] in words(html.replace("&lt;script&gt;", "<script>".replace("<", "&lt;")))
    assert "{{ 7 * 7 }}" in html
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", html)
    assert len(html.encode()) < 1_000_000


def test_the_policy_lets_in_our_style_alone(html):
    assert "default-src 'none'; style-src 'sha256-" in html
    assert "<script" not in html
    assert "unsafe" not in html


def test_links_within_the_page_have_their_targets(html):
    page = Page(html)
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for _, name, value in page.attributes if name == "href" and value[0] == "#"} <= set(ids)


def test_a_table_without_intervals_still_makes_a_page(visits):
    bare = Table(name="drivers", columns=("column", "share"), rows=(("a", 0.7), ("b", None)))
    gates = [replace(gate, tables=(bare,), charts=()) if gate.check == "importance" else gate for gate in visits.gates]
    text = words(section(render_explained(replace(visits, gates=tuple(gates))), "drives"))
    assert "70 % (no range known) comes from a ." in text
    assert "n/a comes from b ." in text


def test_the_terminal_names_the_page_where_there_is_one(visits):
    from modelcheck.report import render_terminal

    assert "report.html, explainability.html, summary.md" in render_terminal(visits, 100, folder="reports/visits")
    bare = replace(visits, gates=tuple(one for one in visits.gates if one.suite != "explainability"))
    assert "explainability.html" not in render_terminal(bare, 100, folder="reports/visits")


def test_a_value_is_answered_not_decided(visits):
    gates = []
    for one in visits.gates:
        if one.check == "examples":
            (first, *rest) = one.tables
            rows = tuple((*row[:3], "", row[4], 52.0, "") for row in first.rows)
            one = replace(one, tables=(replace(first, rows=rows), *rest))
        gates.append(one)
    page = render_explained(replace(visits, gates=tuple(gates)))
    assert "Answered:" in page
    assert "Decided:" not in page
    assert "What would change it" not in page


def in_words(record):
    columns = [
        one | ({"description": "number of <b>chronic</b> diseases"} if one["name"] == "disea" else {})
        for one in record.dataset["columns"]
    ]
    answers = {"1": "visits often", "0": "does not"}
    known = {**record.dataset, "columns": columns, "answers": answers}
    return replace(record, dataset=known, candidate={**record.candidate, "purpose": "Who gets a <i>letter</i>."})


def test_columns_answers_and_the_purpose_are_told_in_the_words_that_were_declared(visits):
    html = render_explained(in_words(visits))
    text = words(html)
    assert "Who gets a <i>letter</i>. The model" in text
    assert "Its possible answers are 0 (does not), 1 (visits often)." in text
    assert "comes from disea (number of <b>chronic</b> diseases): on the whole" in text
    assert "Decided: 1 (visits often), because" in text
    assert text.count("number of <b>chronic</b> diseases") >= 5
    assert "<i>letter" not in html


def test_without_a_description_no_column_of_descriptions_is_shown(html):
    assert "what it is" not in words(html)


def test_a_regression_estimates_and_does_not_score(visits):
    html = render_explained(replace(visits, candidate={"task": "regression", "name": "Ridge"}))
    text = words(section(html, "drives"))
    assert "Of everything that moves the estimate" in text
    assert "How the estimate follows each column" in text


def test_the_figures_are_doubted_where_a_forbidden_column_leads(visits):
    table = Table(name="columns and what they tell", columns=("column", "tells"), rows=(("zip", "zip"),))
    gates = [
        replace(gate, verdict=Verdict.FAIL, tables=(table,)) if gate.check == "forbidden" else gate
        for gate in visits.gates
    ]
    text = words(section(render_explained(replace(visits, gates=tuple(gates))), "decides"))
    assert "These figures rest on zip , which must not be used. Without it they would be worse." in text
    assert "These figures rest on" not in words(render_explained(visits))


def test_being_right_is_set_beside_always_giving_the_most_frequent_answer(html):
    assert "Always answering 0 would be right on 79.6 of 100 and find no 1 at all." in words(section(html, "decides"))


def test_a_model_with_an_undecided_limit_is_not_called_fit(promoted):
    gates = [replace(gate, verdict=Verdict.INCONCLUSIVE) if gate.check == "recall" else gate for gate in promoted.gates]
    html = render_explained(replace(promoted, gates=tuple(gates)))
    text = words(html)
    assert "not proved fit for use" in text
    assert "1 limit that it must keep is undecided" in text
    assert "may go into use" not in text


def with_ranges(visits, low, high):
    """The record with the same range around each step of the first example."""

    def ranged(row):
        return row if row["value"] is None else row | {"low": row["value"] + low, "high": row["value"] + high}

    gates = [
        replace(gate, charts=tuple(replace(chart, data=tuple(map(ranged, chart.data))) for chart in gate.charts))
        if gate.check == "examples"
        else gate
        for gate in visits.gates
    ]
    return replace(visits, gates=tuple(gates))


def test_a_step_is_told_with_its_range_and_only_where_its_sign_is_beyond_doubt(visits):
    sure = words(render_explained(with_ranges(visits, -0.001, 0.001)))
    assert re.search(r"(raises|lowers) it by [\d.]+ \([\d.]+ to [\d.]+\)", sure)
    unsure = words(render_explained(with_ranges(visits, -9.0, 9.0)))
    assert "Which entry weighs most can't be told here." in unsure
    assert not re.search(r"starts from the typical [\d.]+: .*(raises|lowers) it by", unsure)


def test_the_model_in_use_now_is_told_in_the_unit_of_the_model(visits):
    now = Estimate(metric="recall", value=0.6353, low=0.61, high=0.66, confidence=0.95, n=1467, method="m")
    gates = [
        replace(
            gate,
            verdict=Verdict.FAIL,
            baseline=now,
            reading="Of 100 positive rows the model finds 27.9 (95 % interval 25.7 to 30.3). The baseline on the same "
            "rows: 0.6353 (95 % interval 0.61 to 0.66).",
        )
        if gate.check == "recall"
        else gate
        for gate in visits.gates
    ]
    html = render_explained(replace(visits, gates=tuple(gates)))
    for part in ("verdict", "decides"):
        text = words(section(html, part))
        assert "The model in use now on the same rows: 64 of 100 (61 to 66)." in text
        assert "0.6353" not in text


def test_the_answer_below_the_threshold_is_named_where_there_are_two(visits):
    assert "From a probability of 0.2 on it decides 1 , below that 0 ." in words(render_explained(visits))
    three = visits.candidate | {"classes": [0, 1, 2]}
    assert "decides 1 , below that not." in words(render_explained(replace(visits, candidate=three)))
