"""Whatever a model, a table or a configuration brings in, a page can't run, fetch or break out."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from modelcheck.report import render_html, render_index

ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "nav", "section", "article", "footer",
    "div", "p", "h1", "h2", "h3", "h4", "ul", "li", "dl", "dt", "dd", "a", "b", "br", "bdi", "span", "code", "pre",
    "table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "figure", "figcaption", "svg",
    "desc", "g", "path", "line", "rect", "circle", "text", "tspan",
    "label", "select", "option", "input", "button", "small", "script",
}  # fmt: skip
VOID = {"meta", "br", "input"}


class Page(HTMLParser):
    """The parts of a page that could do something."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.attributes, self.texts, self.open, self.unbalanced = [], [], [], [], []
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

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def pages(records):
    found = {name: render_html(record) for name, record in records.items()}
    found["index"] = render_index(list(records.values()))
    return {name: (html, Page(html)) for name, html in found.items()}


NAMES = ["blocked", "regression", "incomplete", "empty", "hostile", "index"]


@pytest.mark.parametrize("name", NAMES)
def test_only_known_elements_appear_and_all_are_closed(pages, name):
    page = pages[name][1]
    assert set(page.elements) <= ELEMENTS
    assert page.open == []
    assert page.unbalanced == []


@pytest.mark.parametrize("name", NAMES)
def test_no_attribute_runs_or_fetches(pages, name):
    for tag, attribute, value in pages[name][1].attributes:
        assert not attribute.startswith("on"), (tag, attribute, value)
        assert attribute not in ("src", "srcset", "style", "xlink:href", "action", "formaction", "srcdoc", "data")
        if attribute == "href":
            assert tag == "a"
            assert value.startswith("#") or re.fullmatch(r"[A-Za-z0-9_.~%-]+/report\.html", value)


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_forbids_everything_but_our_style_and_script(pages, name):
    html, page = pages[name]
    policy = next(
        value
        for tag, attribute, value in page.attributes
        if tag == "meta" and attribute == "content" and "default-src" in value
    )
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in policy
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    assert re.findall(r"script-src ([^;]*);", policy) == [f"'sha256-{one}'" for one in hashes]
    assert len(scripts) == (name != "index")
    assert page.elements.count("script") == len(scripts)
    assert "unsafe" not in policy
    assert "url(" not in style
    assert "@import" not in style


def test_hostile_text_is_shown_as_text(pages, hostile_strings):
    shown = "".join(pages["hostile"][1].texts)
    for text in hostile_strings[:5]:
        assert text in shown


def test_templates_are_not_run_on_data(pages):
    html = pages["hostile"][0]
    assert "{{ 7 * 7 }}" in html


def test_control_and_direction_characters_are_shown_as_escapes(pages):
    for name in NAMES:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", pages[name][0])
    assert "\\x1b[31mred" in pages["hostile"][0]
    assert "\\u202eevil" in pages["hostile"][0]
    assert "\u05e2\u05d1\u05e8\u05d9\u05ea" in pages["hostile"][0]


def test_pages_stay_below_a_megabyte(pages):
    assert all(len(html.encode()) <= 1_000_000 for html, _ in pages.values())


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_unique_and_every_link_has_its_target(pages, name):
    page = pages[name][1]
    ids = [value for _, attribute, value in page.attributes if attribute == "id"]
    assert len(ids) == len(set(ids))
    targets = {value[1:] for _, attribute, value in page.attributes if attribute == "href" and value.startswith("#")}
    assert targets <= set(ids)


def test_the_script_is_small_and_writes_no_markup():
    script = files("modelcheck.report").joinpath("script.js").read_text(encoding="utf-8")
    assert len(script.encode()) <= 15_000
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "fetch(",
        "XMLHttp",
        "import(",
    ):
        assert word not in script
