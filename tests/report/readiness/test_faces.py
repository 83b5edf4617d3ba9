"""The score as text, Markdown, JSON and a part of the page: nothing that people declare gets power over any of them."""

import datetime
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from modelcheck.record.evidence import Verdict
from modelcheck.record.schema import record_from_json
from modelcheck.record.store import dump_record
from modelcheck.report import render_html
from modelcheck.report.readiness import assess, dump_readiness, render_readiness, render_readiness_summary
from modelcheck.report.readiness.proof import linked
from modelcheck.report.readiness.rubric import ITEMS

DAY = datetime.date(2026, 11, 20)
# What could steer a terminal or turn a line around.
STEERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Links(HTMLParser):
    """Addresses and ids of a page, and how many elements it has."""

    def __init__(self, html):
        super().__init__()
        self.links, self.ids, self.count = [], set(), 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.count += 1
        self.ids.add(found.get("id"))
        if "href" in found:
            self.links.append((found["href"], found.get("rel")))


@pytest.fixture
def page(record, declare, gate):
    def make(*known, gates=(), **more):
        return render_html(record(*gates, readiness=known, **more))

    return make


def test_a_terminal_reads_score_sections_and_steps_before_the_items(record, declare, gate):
    run = record(gate("robustness::nonfinite", Verdict.FAIL), gate("explainability::irrelevant"))
    text = render_readiness(assess(run, [declare("data.7", "manual")]), 200)
    lines = text.splitlines()
    assert lines[0] == "visits: ML Test Score 0 of 7: a research project rather than a system in production."
    assert lines[1].startswith(
        "Points by section: Data 1.5, Model 0, Infrastructure 0, Monitoring 1. The lowest counts:"
    )
    numbers = [line[:4] for line in lines[: lines.index("Data: 1.5 of 7")] if line.startswith("  ") and line[2] != " "]
    assert numbers == ["  1.", "  2.", "  3."]
    assert re.search(r"monitor\.5 +automated, fails +Numbers", text)
    assert "declared manual: https://wiki.example/page (risk team, 2026-11-20)" in text
    assert all(one.title.split()[0] in text and one.id in text for one in ITEMS)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_terminal_shows_no_control_characters(record, declare, gate, hostile_strings, width):
    for text in hostile_strings:
        known = [declare("data.3", evidence=text, owner=text), declare("data.4", expires=datetime.date.min, owner=text)]
        run = record(gate("robustness::nonfinite", id=text), gate("robustness::nonfinite", None, id=text), name=text)
        shown = render_readiness(assess(run, known), width)
        assert not STEERS.search(shown)
        assert not re.search(r"^\s*::|##\[", shown, re.M)
        assert max(map(len, shown.splitlines())) <= width


def test_colours_are_the_only_escapes(record, declare):
    found = assess(record(), [declare("data.3", evidence="\x1b[31mred\x9b2J")])
    shown = render_readiness(found, 80, color=True)
    assert "\x1b[" in shown
    assert not STEERS.search(re.sub(r"\x1b\[[0-9;]*m", "", shown))


def test_markdown_lets_no_markup_in(record, declare, hostile_strings):
    for text in hostile_strings:
        shown = render_readiness_summary(assess(record(name=text), [declare("data.3", evidence=text, owner=text)]))
        assert "<script" not in shown
        assert "://" not in shown
        rows = [line for line in shown.splitlines() if line.startswith("| ")]
        assert len(rows) == 30
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}


def test_json_is_stable_ascii_and_whole(record, declare, gate):
    run = record(gate("robustness::nonfinite", Verdict.FAIL), gate("explainability::forbidden", None))
    found = assess(run, [declare("data.3", evidence="\u202eé\x1b"), declare("data.5", date=datetime.date.min)])
    text = dump_readiness(found)
    assert text == dump_readiness(assess(run, [one.declaration for one in found.items if one.declaration]))
    assert text.isascii()
    data = json.loads(text)
    assert (data["schema"], data["score"], data["lowest"]) == ("modelcheck/readiness/1", 0.0, ["model", "infra"])
    assert data["sections"] == {"data": 0.5, "model": 0.0, "infra": 0.0, "monitor": 1.0}
    items = {one["id"]: one for one in data["items"]}
    assert list(items) == [one.id for one in ITEMS]
    assert items["monitor.5"]["gates"] == [{"id": "robustness::nonfinite", "verdict": "fail"}]
    assert items["monitor.5"]["fails"] is True
    assert items["data.4"]["undecided"] == [{"id": "explainability::forbidden", "verdict": None}]
    assert items["data.3"]["declaration"]["evidence"] == "\u202eé\x1b"
    assert items["data.5"]["declaration"]["doubt"].startswith("it is of 0001-01-01")
    assert (items["monitor.6"]["announced"], items["data.3"]["announced"]) == (False, False)


# ----------------------------------------------------------------------------------------------------------------------
# The page


def test_a_page_shows_readiness_only_where_a_file_is_declared(record, page):
    assert 'id="readiness"' not in render_html(record())
    html = page()
    assert 'id="readiness"' in html
    assert '<a href="#readiness">' in html
    assert html.count("<code>data.") == 7


def test_the_part_is_folded_and_stands_after_the_gates_with_score_and_steps_outside(page, declare):
    html = page(declare("data.3"))
    part = html.partition('<section id="readiness">')[2].partition("</section>")[0]
    assert (
        html.index('<section id="gates">') < html.index('<section id="readiness">') < html.index('<section id="data">')
    )
    outside, _, inside = part.partition("<details>")
    assert "ML Test Score 0 of 7" in outside
    assert outside.count("<li>") == 3
    assert inside.count("<tr>") == 1 + 28
    assert "<details open" not in part


def test_gates_are_linked_to_where_they_stand_and_failing_ones_say_so(page, gate):
    gates = [gate("robustness::nonfinite", Verdict.FAIL), gate("performance::recall::<b>")]
    html = page(gates=gates)
    links = Links(html)
    part = html.partition('<section id="readiness">')[2].partition("</section>")[0]
    inside = [href for href, _ in Links(part).links]
    assert "#robustness::nonfinite" in inside
    assert all(href[1:] in links.ids for href in inside)
    assert "automated, fails" in part
    assert "</a> fails" in part


def test_declared_addresses_are_links_that_tell_nobody_where_they_were_followed(page, declare):
    html = page(declare("data.3", evidence="see https://wiki.example/a?b=1&c=2#d, page 3"))
    assert ("https://wiki.example/a?b=1&c=2#d", "noreferrer noopener") in Links(html).links


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)", "JaVaScRiPt://x%0aalert(1)", "data:text/html,<script>", "ftp://a.example/x",
        "//a.example/x",
        "https://user@evil.example/", "https://user:word@evil.example", 'https://a.example/"onmouseover="x', "https://",
        "https://a.example\\@evil.example", "https://<b>", "https://a.example/'x", "http:///x", "https:evil.example",
        "https://\u202eevil.example", "https://аpple.example",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_stays_text(page, declare, text):
    assert not [one for one in linked(text) if one.href]
    links = Links(page(declare("data.3", evidence=text, owner=text))).links
    assert all(href.startswith("#") for href, _ in links)


def test_pieces_of_a_text_are_the_text(hostile_strings):
    for text in (*hostile_strings, "a https://b.example/c. d", "https://a.example https://b.example"):
        from modelcheck.report.text import one_line

        assert "".join(one.text for one in linked(text)) == one_line(text)


def test_hostile_declarations_add_no_element(page, declare, hostile_strings):
    plain = Links(page(declare("data.3", evidence="x", owner="x"))).count
    for text in hostile_strings:
        if "https://" in text:
            continue
        assert Links(page(declare("data.3", evidence=text or "-", owner=text or "-"))).count == plain


def test_the_part_stays_small_whatever_is_declared(record, declare, gate):
    long = "<&\"'" * 5_000
    gates = [gate(f"performance::recall::{place}{long}") for place in range(50)]
    known = tuple(declare(one.id, evidence=long, owner=long) for one in ITEMS)
    part = (
        render_html(record(*gates, readiness=known)).partition('<section id="readiness">')[2].partition("</section>")[0]
    )
    assert len(part.encode()) < 80_000
    empty = render_html(record(readiness=()))
    assert len(empty.encode()) - len(render_html(record()).encode()) < 20_000


def test_a_record_read_from_disk_gives_the_same_page(record, declare):
    run = record(readiness=(declare("data.3", expires=DAY), declare("infra.1", "automated")))
    again = record_from_json(json.loads(dump_record(run)))
    assert again.readiness == run.readiness
    assert render_html(again) == render_html(run)
    assert record_from_json(json.loads(dump_record(replace(run, readiness=None)))).readiness is None
