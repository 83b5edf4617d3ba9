"""The Markdown summary says the same as the page, and data can't bring in markup."""

import re

from modelcheck.report import render_summary


def outside_code(text):
    """The Markdown without fenced blocks and code spans."""
    text = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)


def test_two_renders_are_equal(record):
    assert render_summary(record) == render_summary(record)


def test_verdict_gates_reasons_and_advice_are_there(blocked):
    text = render_summary(blocked)
    assert "# visits: BLOCKED\n\nBlocked by 3 of 9 gates" in text
    for gate in blocked.gates:
        assert f"`{gate.id}`" in text
        for line in gate.advice:
            assert line in text
    assert "| fail (blocking) | `performance::recall` | 0.470 | 0.450 to 0.490 (95 %) | at least 0.6 | 2,339 |" in text
    assert "ZeroDivisionError: division by zero (in log\\_loss, line 41)" in text


def test_hostile_text_brings_no_html_links_or_mentions(hostile):
    prose = outside_code(render_summary(hostile))
    body = prose.split("\n", 1)[1]
    assert "<" not in body
    assert "://" not in body
    assert "@" not in body
    links = re.findall(r"(?<!\\)\]\(([^)]*)\)", body)
    assert links == ["report.html", "record.json"]


def test_every_row_of_a_table_has_as_many_cells_as_its_head(records):
    for record in records.values():
        for table in re.findall(r"(?:^\|.*\|\n)+", render_summary(record), re.MULTILINE):
            counts = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            assert len(counts) == 1


def test_no_control_character_reaches_the_file(hostile):
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", render_summary(hostile))
