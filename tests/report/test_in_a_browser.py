"""The pages in a real browser: what they do with and without a script, in light, dark and print, offline."""

import datetime
import re
from dataclasses import replace

import pytest

from modelcheck.record.evidence import Criterion, Estimate, Finding, Severity, Verdict
from modelcheck.record.readiness import Declaration, How
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.report import render_html, render_index

WIDE, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def files(records, tmp_path_factory):
    """Every realistic record as a page on disk, a run of very many gates, and the index."""
    folder = tmp_path_factory.mktemp("pages")
    made = {name: render_html(record) for name, record in records.items()} | {"many": render_html(many(10_000))}
    made["index"] = render_index(list(records.values()))
    made["readiness"] = render_html(replace(records["blocked"], readiness=declarations()))
    for name, html in made.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


def declarations():
    """Each way in which an item is declared: by hand, by a system, with a link, no longer holding."""
    known = {"owner": "risk team", "date": datetime.date(2026, 7, 1)}
    return (
        Declaration(id="data.3", how=How.MANUAL, evidence="see https://wiki.example/costs", **known),
        Declaration(id="model.1", how=How.AUTOMATED, evidence=f"reviews{' of everything' * 30}", **known),
        Declaration(id="infra.7", how=How.MANUAL, evidence="x" * 500, expires=datetime.date(2026, 7, 2), **known),
    )


def many(count):
    measured = Estimate(metric="recall", value=0.5, low=0.4, high=0.6, confidence=0.95, n=1000, method="Wilson score")
    verdicts = (Verdict.FAIL, Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.ERROR)
    gates = tuple(
        GateRecord(
            id=f"performance::recall::slice {place}", suite="performance", check="recall", slice=f"slice {place}",
            title=f"Recall in slice {place}", severity=Severity.BLOCKING, verdict=verdicts[place % 4],
            reason=f"reason {place}.", estimate=measured, criterion=Criterion(min=0.3),
            findings=(Finding(title=f"finding {place}", slice=f"slice {place}", n=9, effect=0.1),),
        )
        for place in range(count)
    )  # fmt: skip
    return Record(name="many", run={"profile": "ci"}, candidate={}, dataset={}, verdict=RunVerdict.BLOCKED, gates=gates)


class Opened:
    """A page that is open, with what it asked for and what it complained of."""

    def __init__(self, browser, file, *, hash="", **context):
        self.context = browser.new_context(**({"viewport": WIDE} | context))
        self.page = self.context.new_page()
        self.requests, self.complaints = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append("dialog"), dialog.dismiss()))
        self.page.goto(f"{file.as_uri()}{hash}")

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.context.close()

    def of_each(self, selector, function):
        """What a function gives for each element."""
        return self.page.eval_on_selector_all(selector, f"all => all.map({function})")

    def visible_rows(self):
        return self.of_each("tr[data-verdict]", "row => row.querySelector('code').textContent")


NAMES = ["blocked", "regression", "incomplete", "empty", "hostile", "many", "readiness", "index"]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_asks_for_itself_only_and_complains_of_nothing(browser, files, name):
    with Opened(browser, files[name], offline=True) as opened:
        assert opened.requests == [files[name].as_uri()]
        assert opened.complaints == []


@pytest.mark.parametrize("name", ["blocked", "hostile"])
@pytest.mark.parametrize("scripts", [True, False])
def test_every_gate_and_finding_is_there_with_and_without_a_script(browser, files, records, name, scripts):
    with Opened(browser, files[name], java_script_enabled=scripts) as opened:
        assert len(opened.page.query_selector_all("tr[data-verdict]")) == len(records[name].gates)
        found = sum(len(gate.findings) for gate in records[name].gates)
        assert len(opened.page.query_selector_all("#findings article")) == found
        hidden = opened.page.eval_on_selector_all("[data-needs-script]", "all => all.map(one => one.hidden)")
        assert set(hidden) == {not scripts}


def test_light_dark_and_print_look_as_they_should(browser, files):
    with Opened(browser, files["blocked"]) as opened:

        def paper():
            return opened.page.evaluate("getComputedStyle(document.body).backgroundColor")

        light = paper()
        opened.page.emulate_media(color_scheme="dark")
        dark = paper()
        opened.page.select_option("#theme", "light")
        assert (light, dark, paper()) == ("rgb(255, 255, 255)", "rgb(20, 23, 27)", light)
        opened.page.select_option("#theme", "dark")
        opened.page.emulate_media(color_scheme="light")
        assert paper() == dark
        opened.page.emulate_media(media="print")
        assert paper() == light
        assert not opened.page.is_visible(".controls")
        assert not opened.page.is_visible("nav")
        assert len(opened.page.pdf(format="A4")) > 10_000


def test_the_chosen_theme_is_remembered(browser, files):
    with Opened(browser, files["blocked"]) as opened:
        opened.page.select_option("#theme", "dark")
        opened.page.reload()
        assert opened.page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert opened.page.input_value("#theme") == "dark"


def test_gates_are_found_by_words_verdict_severity_and_suite(browser, files, records):
    gates = records["blocked"].gates
    with Opened(browser, files["blocked"]) as opened:
        opened.page.fill("#find", "ROC physlm")
        assert opened.visible_rows() == ["performance::roc_auc::physlm"]
        opened.page.click("#clear")
        opened.page.select_option("#verdict", "pass")
        assert sorted(opened.visible_rows()) == sorted(gate.id for gate in gates if gate.verdict == Verdict.PASS)
        assert opened.page.text_content("#shown") == f"2 of {len(gates)} shown"
        opened.page.click("#clear")
        opened.page.select_option("#severity", "warning")
        assert opened.visible_rows()
        opened.page.click("#clear")
        assert len(opened.visible_rows()) == len(gates)


def test_a_chip_of_the_banner_shows_its_gates(browser, files):
    with Opened(browser, files["blocked"]) as opened:
        opened.page.click(".counts a[data-verdict=stops]")
        assert len(opened.visible_rows()) == 3


def test_gates_are_sorted_by_keyboard_and_the_order_is_told(browser, files):
    with Opened(browser, files["blocked"]) as opened:
        before = opened.visible_rows()
        head = opened.page.locator("th[data-sort=gate] button")
        for state, expected in (
            ("ascending", sorted(before)),
            ("descending", sorted(before, reverse=True)),
            ("none", before),
        ):
            head.focus()
            opened.page.keyboard.press("Enter")
            assert opened.page.get_attribute("th[data-sort=gate]", "aria-sort") == state
            assert opened.visible_rows() == expected
        opened.page.locator("th[data-sort=n] button").click()
        counts = opened.page.eval_on_selector_all(
            "tr[data-verdict]", "rows => rows.map(row => Number(row.dataset.n || -1))"
        )
        assert counts == sorted(counts)


def test_gates_are_grouped_by_suite(browser, files):
    with Opened(browser, files["blocked"]) as opened:
        opened.page.select_option("#group", "suite")
        heads = opened.page.eval_on_selector_all(
            "tr.part th", "all => all.map(one => one.firstChild.textContent.trim())"
        )
        assert "performance" in heads


def test_a_deep_link_unfolds_its_gate(browser, files, records):
    passing = next(gate for gate in records["blocked"].gates if gate.verdict == Verdict.PASS)
    with Opened(browser, files["blocked"], hash=f"#{passing.id}") as opened:
        assert opened.page.eval_on_selector(f"[id='{passing.id}'] > details", "one => one.open")
    with Opened(browser, files["blocked"]) as opened:
        assert not opened.page.eval_on_selector(f"[id='{passing.id}'] > details", "one => one.open")
        opened.page.click(f"tr[data-verdict] a[href='#{passing.id}']")
        assert opened.page.eval_on_selector(f"[id='{passing.id}'] > details", "one => one.open")
        assert opened.page.locator(f"[id='{passing.id}']").is_visible()


def test_evidence_is_folded_and_unfolded_at_once(browser, files):
    with Opened(browser, files["blocked"]) as opened:
        for button, state in (("open", {True}), ("closed", {False})):
            opened.page.click(f"[data-fold={button}]")
            found = opened.page.eval_on_selector_all("#evidence article > details", "all => all.map(one => one.open)")
            assert set(found) == state


def test_what_is_there_to_be_pasted_is_copied(browser, files):
    with Opened(browser, files["blocked"], permissions=["clipboard-read", "clipboard-write"]) as opened:
        block = opened.page.locator("article:has(details[open]) pre").first
        opened.page.locator("article:has(details[open]) button.copy").first.click()
        opened.page.wait_for_function(
            "[...document.querySelectorAll('button.copy')].some(one => one.textContent !== 'Copy')"
        )
        assert opened.page.evaluate("navigator.clipboard.readText()") == block.text_content()


def test_every_control_is_reached_by_keyboard(browser, files):
    with Opened(browser, files["regression"]) as opened:
        controls = "a[href], button, select, input, summary, [tabindex='0']"
        wanted = opened.page.evaluate(
            f"[...document.querySelectorAll(`{controls}`)].filter(one => one.checkVisibility()).length"
        )
        opened.page.evaluate("window.met = new Set()")
        for _ in range(wanted + 5):
            opened.page.keyboard.press("Tab")
            opened.page.evaluate("window.met.add(document.activeElement)")
        missed = opened.page.evaluate(
            f"[...document.querySelectorAll(`{controls}`)].filter(one => one.checkVisibility() && !window.met.has(one))"
            ".map(one => one.outerHTML.slice(0, 120))"
        )
        assert missed == []


LOOKS = [(name, look) for name in NAMES for look in ("light", "dark", "phone") if name != "many"]


@pytest.mark.parametrize(("name", "look"), LOOKS)
def test_axe_finds_nothing(browser, axe, files, name, look):
    scheme, size = ("dark" if look == "dark" else "light"), (PHONE if look == "phone" else WIDE)
    with Opened(browser, files[name], color_scheme=scheme, viewport=size, bypass_csp=True) as opened:
        opened.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        opened.page.evaluate(axe)
        found = opened.page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_phone_never_scrolls_the_page_sideways(browser, files, name):
    with Opened(browser, files[name], viewport=PHONE) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_hostile_strings_stay_inert(browser, files):
    with Opened(browser, files["hostile"]) as opened:
        for one in opened.page.query_selector_all("summary")[:60]:
            one.evaluate("one => one.parentElement.open = true")
        opened.page.fill("#find", "<script>alert(1)</script>")
        opened.page.select_option("#group", "suite")
        assert opened.complaints == []
        assert opened.page.evaluate("document.scripts.length") == 1
        assert opened.page.evaluate("document.querySelectorAll('img, iframe, object, embed, base, form').length") == 0


def test_ten_thousand_gates_are_one_page_of_a_megabyte_that_opens_in_two_seconds(browser, files):
    assert files["many"].stat().st_size <= 1_000_000
    with Opened(browser, files["many"]) as opened:
        took = opened.page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        assert took < 2_000
        shown = len(opened.visible_rows())
        assert shown >= 80
        notes = " ".join(opened.page.eval_on_selector_all("tbody.cut", "all => all.map(one => one.textContent)"))
        counts = [
            int(number.replace(",", "")) for number in re.findall(r": ([\d,]+) of [\d,]+, all in record\.json", notes)
        ]
        assert sum(counts) == shown
        assert "of 10,000 findings, all in record.json" in opened.page.text_content("#findings")


def test_the_brief_says_the_same_as_the_table(browser, files, records):
    record = replace(records["blocked"])
    with Opened(browser, files["blocked"]) as opened:
        links = opened.page.eval_on_selector_all(".brief a", "all => all.map(one => one.getAttribute('href').slice(1))")
        ids = opened.page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
        assert links
        assert set(links) <= set(ids)
        assert opened.page.text_content(".brief h2") == "What blocks"
        assert len(record.gates) == len(opened.visible_rows())


@pytest.mark.parametrize("name", ["blocked", "regression", "many"])
def test_no_caption_stands_on_end_on_a_phone(browser, files, name):
    with Opened(browser, files[name], viewport=PHONE) as opened:
        heights = opened.of_each("caption", "one => one.getBoundingClientRect().height")
        assert max(heights, default=0) < 60


def test_heads_of_the_table_are_words_on_paper(browser, files):
    with Opened(browser, files["blocked"]) as opened:
        opened.page.emulate_media(media="print")
        heads = opened.of_each("table[data-sortable] thead th", "one => one.innerText.trim()")
        assert heads == ["Verdict", "Gate", "Value", "Interval", "Limit", "n"]
        assert not opened.page.is_visible("button.sort")


@pytest.mark.parametrize("hash", ["#%", "#%E0%A4%A", "#nothing", "#__proto__"])
def test_a_broken_link_does_no_harm(browser, files, hash):
    with Opened(browser, files["blocked"], hash=hash) as opened:
        assert opened.complaints == []
        assert opened.page.locator("th[data-sort] button").count() == 4


def test_the_counts_of_the_banner_lead_to_their_part_of_the_table(browser, files):
    with Opened(browser, files["blocked"]) as opened:
        targets = opened.of_each(".counts a", "one => one.getAttribute('href').slice(1)")
        assert targets
        for target in targets:
            assert opened.page.evaluate(f"document.getElementById('{target}')?.tagName") == "TBODY"
