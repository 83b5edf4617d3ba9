"""The fragment for a notebook's cell: what it says, what it can't do, and that no style crosses its border."""

from __future__ import annotations

import warnings
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from modelcheck.record.evidence import Finding, Severity, Verdict
from modelcheck.record.schema import GateRecord
from modelcheck.report import render_notebook
from modelcheck.report.glossary import VERDICTS
from modelcheck.report.outline import sections, verdict_word
from modelcheck.report.theme import colours

MOST_BYTES = 60_000
TAGS = {
    *("b", "bdi", "br", "caption", "circle", "code", "details", "div", "li", "p", "path", "pre", "section", "span"),
    *("strong", "style", "summary", "svg", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = {
    *("aria-hidden", "aria-label", "class", "colspan", "cx", "cy", "d", "height", "r", "role", "scope", "tabindex"),
    *("viewbox", "width"),
}
VOID = {"br"}


class Read(HTMLParser):
    """What a browser would make of a fragment: tags, attributes, text, rows of tables."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open, self.rows, self.words = set(), set(), [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.words.append(data)
        if "tr" in self.open:
            self.rows[-1][-1] += data

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def row(self, name):
        return next(" | ".join(" ".join(cell.split()) for cell in row) for row in self.rows if name in " ".join(row))


def many_gates(blocked, count, **changes):
    """`count` gates of every verdict, each with a finding."""
    made = []
    for number in range(count):
        gate = blocked.gates[number % len(blocked.gates)]
        finding = Finding(title=f"finding {number}", slice=f"x = {number}", n=9, effect=0.1, severity=Severity.WARNING)
        made.append(replace(gate, id=f"{gate.id}::{number}", reason=f"{number}: {gate.reason}", findings=(finding,)))
    return replace(blocked, gates=tuple(made), **changes)


def test_the_verdict_and_why_come_first_in_words(record):
    read = Read(render_notebook(record))
    assert verdict_word(record) in read.text[:300]
    counted = {part.title: len(part.gates) for part in sections(record)}
    for title, count in counted.items():
        assert f"{title} {count:,}" in read.text


def test_gates_to_look_at_stand_in_full_with_value_interval_n_and_limit(blocked):
    read = Read(render_notebook(blocked))
    assert read.row("performance::recall").startswith(
        "✕ fail | Recallperformance::recall | 0.470 | 0.450 to 0.490 95 % | 2,339 | at least 0.6"
    )
    assert "? inconclusive | Precision" in read.row("performance::precision")
    assert read.row("performance::brier_score").startswith("✕ failwarning | Brier score")
    assert "misses the minimum 0.72, but that isn't proved" in read.text
    assert "reason" not in read.row("performance::recall")
    assert "accept: [gates." in read.text


def test_findings_are_told_by_severity_with_slice_effect_interval_and_n(blocked):
    grave = Finding(title="second", severity=Severity.WARNING, effect=0.2, low=0.1, high=0.3, n=7, p_adjusted=1e-9)
    light = Finding(title="third", severity=Severity.INFO, n=3)
    first = replace(blocked.gates[0], findings=(light, grave))
    read = Read(render_notebook(replace(blocked, gates=(first, *blocked.gates[1:]))))
    cells = "blocking | Rows with a physical limitation are ranked worseperformance::roc_auc::physlm | physlm = yes"
    assert read.row("ranked worse") == f"{cells} | -0.130 (-0.180 to -0.080) | 899 | 0.0004"
    assert read.row("second").endswith("| 0.20 (0.10 to 0.30) | 7 | < 0.0001")
    places = [read.text.index(word) for word in ("ranked worse", "second", "Findings that only inform 1", "third")]
    assert places == sorted(places)


def test_what_to_do_next_is_said(blocked, records):
    assert 'result["performance::recall"] is the first gate to look at' in Read(render_notebook(blocked)).text
    for record in records.values():
        assert 'result.write("reports")' in Read(render_notebook(record)).text


def test_rows_of_data_are_not_shown(blocked):
    assert any(finding.examples for gate in blocked.gates for finding in gate.findings)
    secret = Finding(title="who", examples=({"name": "Jane Roe"},), severity=Severity.BLOCKING)
    shown = render_notebook(replace(blocked, gates=(replace(blocked.gates[0], findings=(secret,)),)))
    assert "who" in shown
    assert "Jane Roe" not in shown


def test_nothing_in_it_runs_loads_or_has_a_name(record):
    read = Read(render_notebook(record))
    assert read.tags <= TAGS
    assert read.attributes <= ATTRIBUTES
    assert read.open == []
    style = render_notebook(record).partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_every_selector_begins_with_a_class_that_is_ours(blocked):
    shown = render_notebook(blocked)
    scope = shown.partition('class="')[2].partition('"')[0]
    style = shown.partition("<style>")[2].partition("</style>")[0]
    rules = style.replace("@media (prefers-color-scheme: dark) {", "").replace("}", "}\n").splitlines()
    selectors = [rule.partition("{")[0].strip() for rule in rules if "{" in rule]
    assert len(selectors) > 40
    split = [one.strip() for text in selectors for one in text.replace("(svg, ", "(").split(", ")]
    assert not [one for one in split if f".{scope}" not in one]
    assert not [one for one in split if not one.startswith(f".{scope}") and not one.endswith(f".{scope}" * 3)]
    declarations = [one for rule in rules for one in rule.partition("{")[2].strip(" }\n").split(";") if one.strip()]
    assert not [one for one in declarations if not one.endswith("!important")]


def test_equal_records_give_equal_bytes(record):
    assert render_notebook(record) == render_notebook(record)


def test_ten_thousand_gates_fit_and_say_what_is_left_out(blocked):
    shown = render_notebook(many_gates(blocked, 10_000))
    assert len(shown.encode()) <= MOST_BYTES
    text = Read(shown).text
    assert "10 of 2,501, all in record.json" in text
    assert "of 10,000, all in record.json" in text
    assert all(f"{part.title} {len(part.gates):,}" in text for part in sections(many_gates(blocked, 10_000)))


def test_hostile_text_stays_text_and_within_the_size(hostile, hostile_strings):
    shown = render_notebook(hostile)
    read = Read(shown)
    assert read.tags <= TAGS
    assert read.attributes <= ATTRIBUTES
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    long = tuple(
        GateRecord(
            id=f"user::{'&' * 300}{number}",
            suite="user",
            check="x",
            title='"<' * 200,
            severity=Severity.BLOCKING,
            verdict=list(Verdict)[number % 7],
            reason=f"{number}" + "<'\x07" * 400,
            advice=('"&' * 900,),
            findings=(Finding(title="<" * 999, slice='"' * 999, severity=Severity.BLOCKING),),
        )
        for number in range(700)
    )
    assert len(render_notebook(replace(hostile, gates=long)).encode()) <= MOST_BYTES


def test_colours_are_those_of_the_pages(blocked):
    shown = render_notebook(blocked)
    light, dark = colours()
    assert set(light) == set(dark)
    assert light["paper"] != dark["paper"]
    for name in ("paper", "ink", "bad", "good", "unsure"):
        assert f"--mc-{name}: {light[name]} !important;" in shown
        assert f"--mc-{name}: {dark[name]} !important;" in shown


def test_a_cell_of_a_scan_shows_it_and_its_plain_text_is_one_line(blocked):
    from modelcheck.scanning import Scan

    result = Scan(record=blocked)
    assert result._repr_html_() == render_notebook(blocked)
    assert repr(result) == f"<Scan of visits: BLOCKED {repr(result).partition('BLOCKED ')[2]}"
    assert "\n" not in repr(result)
    assert len(repr(result)) < 500


# ----------------------------------------------------------------------------------------------------------------------
# In a real browser, in the pages of real notebooks


# What VS Code gives to every output, in our own words: borders and alignment of tables are its own, by force.
VSCODE = """
table, thead, tr, th, td, tbody { border: none !important; border-spacing: 0; border-collapse: collapse; }
table { width: 100%; }
table, th, tr { text-align: left !important; }
thead { font-weight: bold; background-color: rgba(130, 130, 130, 0.16); }
th, td { padding: 4px 8px; }
tr:nth-child(even) { background-color: rgba(130, 130, 130, 0.08); }
tbody th { font-weight: normal; }
"""
# And what a theme of a documentation page may do to whatever it holds.
LOUD = """
* { letter-spacing: 3px; box-shadow: 0 0 3px red; text-transform: uppercase; }
body { font: italic 30px/3 serif; color: magenta; text-align: center; white-space: pre; word-spacing: 9px; }
table { display: block; border: 5px dashed red !important; margin: 40px !important; }
td, th, p, li, ul { padding: 33px !important; color: lime !important; background: navy !important; }
details { display: none } summary { list-style: none } code, pre { color: pink !important; font-size: 40px !important; }
.mark, .badge, .head, .note, .num, .value { background: orange; padding: 20px; color: blue; float: right; }
section { columns: 3; position: fixed; } b, strong { font-weight: 100 !important; }
.theme.wide p, .theme.wide td { background: teal !important; }
"""
OTHERS = "<h1>Title</h1><table><tbody><tr><td>1</td></tr><tr><td class='num badge'>2</td></tr></tbody></table>"
OTHERS += "<p class='head note'>text <code>code</code></p><details><summary>more</summary><pre>x</pre></details>"
PROPERTIES = [
    *("display", "position", "float", "color", "background-color", "background-image", "font-size", "font-family"),
    *("font-weight", "font-style", "line-height", "letter-spacing", "word-spacing", "text-align", "text-transform"),
    *("text-decoration-line", "white-space", "vertical-align", "list-style-type", "box-shadow", "max-width", "opacity"),
    *("border-collapse", "table-layout", "columns", "box-sizing", "overflow-x", "visibility", "fill", "stroke"),
    *(f"{box}-{side}" for box in ("margin", "padding") for side in ("top", "right", "bottom", "left")),
    *(f"border-{side}-{what}" for side in ("top", "bottom") for what in ("width", "style", "color")),
]
# Of what drawings are made of only what is seen: their geometry forbids to take back everything.
DRAWN = ["display", "fill", "stroke", "stroke-width", "opacity", "visibility"]
STYLES = """(root, [properties, drawn]) => {
  const all = [root, ...root.querySelectorAll('*')].filter(one => one.tagName !== 'STYLE');
  return all.map(one => {
    const style = getComputedStyle(one), names = one.ownerSVGElement ? drawn : properties;
    return one.tagName + ' ' + names.map(name => name + ': ' + style.getPropertyValue(name)).join('; ');
  });
}"""


def bare(style=""):
    return f"<!doctype html><meta charset=utf-8><style>{style}</style><body>{OTHERS}<div id=cell></div></body>"


def notebook_page(template, theme="light"):
    """A page that nbconvert makes of a notebook, with the styles of JupyterLab or of the classic notebook."""
    with warnings.catch_warnings():
        # What these libraries warn about is not ours to mend.
        warnings.simplefilter("ignore")
        nbconvert = pytest.importorskip("nbconvert", reason="the styles of real notebooks come with nbconvert")
        nbformat = pytest.importorskip("nbformat")
        data = {"text/html": f"{OTHERS}<div id=cell></div>", "text/plain": ""}
        output = nbformat.v4.new_output("execute_result", data, execution_count=1)
        cells = [nbformat.v4.new_markdown_cell("# Words"), nbformat.v4.new_code_cell("result", outputs=[output])]
        made = nbconvert.HTMLExporter(template_name=template, theme=theme)
        return made.from_notebook_node(nbformat.v4.new_notebook(cells=cells))[0]


PAGES = {
    "JupyterLab": lambda: notebook_page("lab"),
    "classic notebook and nbviewer": lambda: notebook_page("classic"),
    "VS Code": lambda: bare(VSCODE).replace("<body", '<body class="vscode-light"'),
    "a loud page": lambda: bare(LOUD).replace("<body", '<body class="theme wide"'),
}


@pytest.fixture
def opened(browser):
    """Open a page without network; put the fragment in as notebooks do; fail on any error and any request."""
    contexts = []

    def opening(text, scheme="light"):
        context = browser.new_context(color_scheme=scheme, viewport={"width": 1100, "height": 900}, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.set_content(text, wait_until="domcontentloaded")
        return page

    yield opening
    for context in contexts:
        context.close()


def put(page, fragment):
    page.evaluate("text => { document.getElementById('cell').innerHTML = text; }", fragment)
    page.evaluate("() => document.querySelectorAll('#cell details').forEach(one => { one.open = true; })")
    return page.query_selector("#cell > section")


@pytest.fixture
def shown(blocked):
    return render_notebook(blocked)


@pytest.mark.parametrize("host", list(PAGES))
def test_the_pages_style_does_not_reach_inside(opened, shown, host):
    expected = put(alone := opened(bare()), shown).evaluate(STYLES, [PROPERTIES, DRAWN])
    hosted = put(opened(PAGES[host]()), shown).evaluate(STYLES, [PROPERTIES, DRAWN])
    assert len(expected) > 100
    differing = [f"{one}\n  {two}" for one, two in zip(expected, hosted, strict=True) if one != two]
    assert not differing, "\n".join(differing[:3])
    assert alone.evaluate("getComputedStyle(document.querySelector('#cell .num.value')).textAlign") == "right"


@pytest.mark.parametrize("host", list(PAGES))
def test_its_style_does_not_reach_outside(opened, shown, host):
    page = opened(PAGES[host]())
    around = "() => [document.documentElement, document.body, ...document.querySelectorAll('body *')]"
    outside = f"({around})().filter(one => !one.closest('#cell') && !['SCRIPT', 'STYLE'].includes(one.tagName))"
    styles = f"""names => {outside}.map(one => {{
      const style = getComputedStyle(one);
      return one.tagName + names.map(name => style.getPropertyValue(name)).join('; ');
    }})"""
    before = page.evaluate(styles, PROPERTIES)
    put(page, shown)
    assert page.evaluate(styles, PROPERTIES) == before
    assert len(before) > 10


def background(page):
    return page.evaluate("getComputedStyle(document.querySelector('#cell > section')).backgroundColor")


def rgb(colour):
    whole = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    return f"rgb({', '.join(str(int(whole[place : place + 2], 16)) for place in (0, 2, 4))})"


@pytest.mark.parametrize(
    ("page", "scheme", "dark"),
    [
        (lambda: bare(), "light", False),
        (lambda: bare(), "dark", True),
        (lambda: notebook_page("lab", "dark"), "light", True),
        (lambda: notebook_page("lab", "light"), "dark", False),
        (lambda: notebook_page("classic"), "dark", False),
        (lambda: bare().replace("<body", "<body class=vscode-dark"), "light", True),
        (lambda: bare().replace("<body", "<body class=vscode-light"), "dark", False),
        (lambda: bare().replace("<body", "<body class=vscode-high-contrast"), "light", True),
        (lambda: bare().replace("<meta", "<html theme=dark><meta"), "light", True),
    ],
    ids=[
        *("system light", "system dark", "JupyterLab dark", "JupyterLab light", "nbviewer", "VS Code dark"),
        *("VS Code light", "VS Code high contrast", "Colab dark"),
    ],
)
def test_light_or_dark_is_what_the_page_says_and_else_the_system(opened, shown, page, scheme, dark):
    open_page = opened(page(), scheme)
    put(open_page, shown)
    assert background(open_page) == rgb(colours()[dark]["paper"])


def test_it_reads_without_any_style(opened, shown):
    page = opened(bare())
    # GitHub takes away styles, classes and drawings.
    put(page, shown)
    page.evaluate(
        """() => { document.querySelectorAll('#cell style, #cell svg').forEach(one => one.remove());
        document.querySelectorAll('#cell *').forEach(one => one.removeAttribute('class')); }"""
    )
    text = page.inner_text("#cell")
    assert text.startswith("visits: ✕ BLOCKED")
    row = page.inner_text("#cell tr:has-text('performance::recall')")
    for words in (VERDICTS["fail"][1], "0.470", "0.450 to 0.490", "2,339", "at least 0.6"):
        assert words in row
    assert page.get_by_role("rowheader", name="performance::recall").count() == 1
    assert page.get_by_role("columnheader", name="Interval").count() >= 1


def test_nothing_is_asked_of_the_network_and_nothing_fails(browser, hostile):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.set_content(bare())
    heard = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
    put(page, render_notebook(hostile))
    page.wait_for_timeout(200)
    context.close()
    assert heard == []


def test_what_is_folded_opens_with_the_keyboard(opened, shown):
    page = opened(bare())
    put(page, shown)
    page.evaluate("() => document.querySelectorAll('#cell details').forEach(one => { one.open = false; })")
    summary = page.locator("#cell summary", has_text="Passes")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("#cell details[open]").count() == 1


def test_a_phone_scrolls_tables_and_not_the_page(opened, shown):
    page = opened(bare())
    put(page, shown)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
