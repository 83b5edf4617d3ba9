"""One decision on a page of its own."""

import itertools
import re
from dataclasses import replace
from html import unescape

import pytest

from modelcheck.errors import RecordError
from modelcheck.record.evidence import Table
from modelcheck.report import render_decision, write_decision


def words(html):
    without = re.sub(r"<(style|title|desc)>.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", without)))


@pytest.fixture(scope="module")
def html(one_decision):
    return render_decision(one_decision)


def test_the_decision_comes_first_then_model_limits_and_words(html):
    assert re.findall(r'<section id="(.*?)">', html) == ["decision", "decides", "limits", "words"]
    text = words(html)
    assert "The decision about row 4101" in text
    assert "Decided: 1 , because 0.5 is not below 0.2." in text
    assert "What would change it: It would be decided 0 with disea at most 9.9 instead of 31." in text
    assert "It was tested on 8,082 rows" in text


def test_headings_come_in_order(html):
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_it_says_when_and_for_which_model_it_was_explained(html):
    assert "Explained on 2026-11-22 by modelcheck for the model models/candidate.skops." in words(html)


def test_only_words_and_limits_of_this_page_are_explained(html):
    text = words(html)
    assert "waiver" not in text
    assert "Where few rows lie" not in text


def test_its_drawing_is_there_and_nothing_points_to_pages_that_may_be_missing(html):
    assert html.count("<figure>") == 1
    assert "<svg" in html
    assert "href" not in html


def test_it_is_written_to_the_file_that_was_asked_for(one_decision, html, tmp_path):
    target = tmp_path / "pages" / "row 4101.html"
    assert write_decision(one_decision, target) == target
    assert target.read_text("utf-8") == html


def test_a_record_without_an_explained_decision_is_refused(blocked, tmp_path):
    with pytest.raises(RecordError, match="explains no single decision"):
        write_decision(blocked, tmp_path / "row.html")
    assert not (tmp_path / "row.html").exists()


def test_the_scale_of_a_drawing_that_is_not_the_scores_own_is_named(one_decision):
    gate = one_decision.gates[0]
    charts = tuple(replace(chart, x="log-odds") for chart in gate.charts)
    text = words(render_decision(replace(one_decision, gates=(replace(gate, charts=charts),))))
    assert "The score (here on the scale log-odds , see Words) starts from the typical 0.2" in text


def test_hostile_cells_are_text(one_decision, hostile_strings):
    gate = one_decision.gates[0]
    columns = ("example", "row", "why", "decided", "score", "truth", "what would change it")
    for text in hostile_strings:
        table = Table(name="decisions", columns=columns, rows=((text, text, text, text, text, text, text),))
        html = render_decision(replace(one_decision, name=text, gates=(replace(gate, tables=(table,)),)))
        assert "<script" not in html
        assert "<img" not in html
