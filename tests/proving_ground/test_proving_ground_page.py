"""The published page says what the results say, and is harmless whatever is in them."""

import base64
import datetime
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.proving_ground.accounts import crashes, mappings, missed, not_covered
from benchmarks.proving_ground.curves import colours_of, curves, specification
from benchmarks.proving_ground.page import write_page
from benchmarks.proving_ground.results import Run, read_runs, write_parquet
from benchmarks.proving_ground.tables import strength_table
from benchmarks.proving_ground.trial import Base, Case

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "]]></style></title><svg onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "line one\nline two \x1b[31mred",
    "| pipe | `code` *bold* [a](javascript:alert(1)) https://evil.example @someone",
    "\u202eevil\u202c \ud800 lone",
    "x" * 5000,
)
FAMILIES = ("bias", "deployment", "explainability", "performance", "robustness")
DAY = datetime.date(2026, 11, 30)
COMMAND = "python -m benchmarks.proving_ground all"


def planted(name="leak", family="bias", strengths=(0.1, 0.5, 1.0), default=1.0, **more):
    return Case(
        name=name, family=family, about=f"What {name} does to a model.", base="credit", gates=("bias.group",),
        plant=lambda trial, strength, rng: trial, strengths=strengths, default=default, unit="share of rows", **more,
    )  # fmt: skip


def clean(name="credit", **more):
    return Base(name=name, about="loans", task="binary", draw=lambda rows, seed: None, rows=(300, 2000, 20_000), **more)


def run(**more):
    return Run(
        **({"tool": "modelcheck", "subject": "leak", "role": "defect", "family": "bias", "strength": 1.0} | more)
    )


def fake(cases, bases, seeds=20, tools=("modelcheck", "deepchecks", "evidently", "giskard")):
    """Results as a runner would write them: modelcheck good, peers less so and noisy, some runs crashed."""
    rng = np.random.default_rng(0)
    for tool in tools:
        own = tool == "modelcheck"
        common = {"tool": tool, "versions": {tool: "1.2.3", "numpy": "2.3.1"}, "task": "binary", "notes": ""}
        for case in cases.values():
            for strength in case.strengths:
                for seed in range(seeds):
                    power = (0.97 if own else 0.5) * min(strength / case.default, 1.0)
                    yield common | answer(rng, power, own) | {
                        "subject": case.name, "role": "defect", "family": case.family, "base": case.base, "rows": 2000,
                        "seed": seed, "strength": strength, "at_default": strength == case.default,
                    }  # fmt: skip
        for base in bases.values():
            for size in base.rows:
                for seed in range(seeds):
                    alarm = bool(rng.random() < (0.02 if own else 0.6))
                    names = ["performance.weak_slices" if own else "Weak Segments Performance"] if alarm else []
                    yield common | answer(rng, 0.0, own) | {
                        "subject": base.name, "role": "twin", "family": "", "base": base.name, "rows": size,
                        "seed": seed, "strength": None, "at_default": True, "found_right": None,
                        "found_any": alarm, "alarms": names, "found": names, "blocked": alarm and not own,
                    }  # fmt: skip


def answer(rng, power, own):
    if not own and rng.random() < 0.03:
        trace = (
            'Traceback (most recent call last):\n  File "/home/ann/env/lib/peer/check.py", line 7, in run\n    x = 1\n'
        )
        return {"status": "crashed", "traceback": f"{trace}ValueError: could not convert string to float: 'clerk'"}
    right = bool(rng.random() < power)
    names = ["bias.group", "performance.calibration"] if right else ["performance.calibration"]
    return {
        "status": "ok", "found_right": right, "found_any": True, "blocked": right, "found": names, "errors": [],
        "blocking": names[:1], "alarms": [], "verdict": "blocked" if right else "promoted", "traceback": "",
        "cpu_s": float(rng.gamma(9, 1)), "wall_s": 12.0, "peak_mb": 410.0, "details": {},
        "predicted_rows": 120_000 if own else None,
    }  # fmt: skip


def speeds():
    work = {"default scan": (14.2, 31.0, 43.5), "common work": (5.0, 21.0, 30.0)}
    for what, seconds in work.items():
        for tool, cpu in zip(("modelcheck", "giskard", "deepchecks"), seconds, strict=True):
            yield {"what": what, "tool": tool, "rows": 10_000, "model": "random forest", "task": "binary", "cpu_s": cpu,
                   "wall_s": cpu * 1.1, "peak_mb": 300.0, "note": "", "failed": False}  # fmt: skip
    for what, cpu in (("import", 1.1), ("plugin start", 0.4)):
        yield {"what": what, "tool": "modelcheck", "rows": None, "model": None, "task": None, "cpu_s": cpu,
               "wall_s": cpu, "peak_mb": 160.0, "note": "", "failed": None}  # fmt: skip
    yield {"what": "environment", "tool": "giskard", "rows": None, "model": "", "task": "", "packages": 87, "mb": 599}


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def published(folder, rows, cases, bases):
    results, speed = lines(folder / "results.jsonl", rows), lines(folder / "speed.jsonl", speeds())
    environments = lines(folder / "environments.jsonl", [{"tool": "modelcheck", "packages": 61, "mb": 541}])
    files = write_page(
        results, speed, environments, folder / "out", command=COMMAND, cases=cases, bases=bases, date=DAY
    )
    return {file.suffix: file for file in files}


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory):
    names = [(f"{family}_{place}", family) for family in FAMILIES for place in range(3)]
    cases = {name: planted(name, family) for name, family in names}
    bases = {
        "credit": clean(true_of_it={"bias.representation@300": "so few rows can't show a gap"}),
        "adult": clean("adult"),
    }
    return published(tmp_path_factory.mktemp("ordinary"), fake(cases, bases), cases, bases)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    cases = {text: planted(text, text, true) for text in HOSTILE for true in [(0.5, 1.0)]}
    bases = {HOSTILE[0]: clean(HOSTILE[0], true_of_it={HOSTILE[1]: HOSTILE[2]})}
    rows = list(fake(cases, bases, seeds=2, tools=("modelcheck", HOSTILE[0])))
    for place, row in enumerate(rows):
        text = HOSTILE[place % len(HOSTILE)]
        row |= {"found": [text], "alarms": [text], "verdict": text, "found_right": False, "versions": {text: text}}
        if place % 5 == 0:
            row |= {"status": "crashed", "traceback": f"Traceback:\n  File x\n{text}"}
        if place % 5 == 1:
            row |= {"status": "not covered", "notes": text}
    return published(tmp_path_factory.mktemp("hostile"), rows, cases, bases)


class Page(HTMLParser):
    """The parts of a page, as a browser would take them."""

    VOID = frozenset({"meta", "br", "wbr"})

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.attributes, self.texts, self.open, self.unbalanced = [], [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "nav", "section", "footer", "div", "p", "h1",
    "h2", "h3", "ul", "li", "dl", "dt", "dd", "a", "b", "br", "bdi", "span", "code", "pre", "table", "caption", "thead",
    "tbody", "tr", "th", "td", "details", "summary", "figure", "figcaption", "svg", "desc", "g", "path", "line", "rect",
    "circle", "text", "tspan", "small", "wbr",
}  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# What rates don't tell


def test_missed_runs_say_what_was_said_instead():
    runs = [run(seed=seed, verdict="promoted", found=("bias.parity",)) for seed in (3, 8)]
    runs += [run(seed=9, status="crashed"), run(seed=1, found_right=True), run(tool="giskard", seed=2)]
    table, left = missed(runs, 10)
    assert [(row[0].text, row[2].text, row[3].text) for row in table.rows] == [
        ("leak", "3, 8", "promoted: bias.parity"), ("leak", "9", "crashed"),
    ]  # fmt: skip
    assert left == 0
    assert missed(runs, 1)[1] == 1


def test_equal_errors_are_shown_once_and_the_rest_is_counted():
    runs = [
        run(seed=seed, status="crashed", traceback=f"Traceback:\n  line {seed}\nKeyError: 'a'") for seed in range(7)
    ]
    runs += [run(seed=9, status="crashed", traceback="Traceback:\n  x\nValueError: b\n  goes on")]
    [first], left = crashes(runs, 1, 4000)
    assert (first.error, first.runs, left) == ("KeyError: 'a'", 7, 1)
    assert crashes(runs, 2, 4000)[0][1].error == "ValueError: b"
    assert len(crashes(runs, 1, 10)[0][0].traceback) == 11


def test_reasons_for_what_is_not_covered_are_told_with_their_cases():
    runs = [run(tool="giskard", subject=name, status="not covered", notes="no baseline") for name in ("b", "a", "a")]
    [row] = not_covered(runs).rows
    assert [cell.text for cell in row] == ["giskard", "no baseline", "a, b"]


def test_adapters_tell_how_the_tools_are_asked_and_what_counts():
    first = mappings({"overconfident": planted("overconfident"), "unheard_of": planted("unheard_of")})[0]
    assert first.tool == "modelcheck"
    assert first.told.startswith("modelcheck itself, by `modelcheck.scan`")
    assert "performance.overconfidence" in first.meaning.rows[0][1].text
    assert first.meaning.rows[1][1].text == "nothing"


# ---------------------------------------------------------------------------------------------------------------------
# Curves


def test_a_case_with_one_strength_has_no_curve():
    assert curves([run(seed=seed, found_right=True) for seed in range(5)], {}, 9) == ([], 0)


def test_a_curve_has_its_band_and_no_fixed_colour():
    runs = [
        run(seed=seed, strength=s, at_default=s == 1.0, found_right=seed < 10 * s)
        for s in (0.2, 1.0)
        for seed in range(10)
    ]
    [curve], _ = curves(runs, {}, 9)
    assert curve.reading == "modelcheck: 20 % at 0.2, 100 % at 1"
    assert re.search(r'<path class="f-c1" d="[^"]+" fill-opacity="0.2"/>', curve.svg)
    assert "#" not in curve.svg


def test_the_plainer_strength_is_always_on_the_right():
    points = [{"tool": "m", "strength": s, "share": 0.5, "low": 0.2, "high": 0.8} for s in (0.01, 1.0)]
    scale = specification(points, colours_of(["m"]), {1.0})["layer"][1]["encoding"]["x"]["scale"]
    assert (scale["type"], scale["reverse"]) == ("log", False)
    rows = [run(seed=0, strength=s, found_right=s == 0.2) for s in (0.8, 0.2)]
    cases = {"leak": planted(strengths=(0.8, 0.2), default=0.2)}
    assert curves(rows, cases, 9)[0][0].reading == "modelcheck: 0 % at 0.8, 100 % at 0.2"
    assert [row[1].text for row in strength_table(rows, cases).rows] == ["0.8", "0.2"]


# ---------------------------------------------------------------------------------------------------------------------
# Files


def test_runs_that_were_done_again_count_once(tmp_path):
    row = {"tool": "modelcheck", "subject": "leak", "role": "defect", "seed": 1, "strength": 1.0}
    path = lines(tmp_path / "r.jsonl", [row | {"found_right": False}, row | {"found_right": True}, row | {"seed": 2}])
    assert [(one.seed, one.found_right) for one in read_runs(path)] == [(1, True), (2, None)]


def test_half_a_line_stops_the_page(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text('{"tool": "modelcheck", "subject": "a", "role": "twin"}\n{"tool": "mod', encoding="utf-8")
    with pytest.raises(ValueError, match=r"r\.jsonl, line 2 is no JSON"):
        read_runs(path)


def test_an_unknown_status_stops_the_page(tmp_path):
    path = lines(tmp_path / "r.jsonl", [{"tool": "modelcheck", "subject": "a", "role": "twin", "status": "skipped"}])
    with pytest.raises(ValueError, match="status 'skipped'"):
        read_runs(path)


def test_the_parquet_file_has_one_row_a_run(tmp_path):
    runs = [run(found=("a", "b"), versions={"numpy": "2"}, details={"g": "why"}, cpu_s=1.5), run(tool="giskard")]
    table = pq.read_table(write_parquet(runs, tmp_path / "p.parquet")).to_pylist()
    assert table[0]["found"] == ["a", "b"]
    assert json.loads(table[0]["versions"]) == {"numpy": "2"}
    assert (table[0]["cpu_s"], table[1]["cpu_s"], table[1]["found_right"]) == (1.5, None, None)
    assert [file.name for file in tmp_path.iterdir()] == ["p.parquet"]


def test_folders_of_this_machine_stay_here(ordinary):
    for file in (ordinary[".md"], ordinary[".html"]):
        assert "/home/ann" not in file.read_text(encoding="utf-8")
    assert not any("/home/ann" in row["traceback"] for row in pq.read_table(ordinary[".parquet"]).to_pylist())


def test_equal_results_make_equal_pages(ordinary, tmp_path):
    names = [(f"{family}_{place}", family) for family in FAMILIES for place in range(3)]
    cases = {name: planted(name, family) for name, family in names}
    bases = {
        "credit": clean(true_of_it={"bias.representation@300": "so few rows can't show a gap"}),
        "adult": clean("adult"),
    }
    again = published(tmp_path, fake(cases, bases), cases, bases)
    for suffix in (".md", ".html"):
        assert again[suffix].read_bytes() == ordinary[suffix].read_bytes()


def test_a_page_without_any_result_stands(tmp_path):
    files = write_page(lines(tmp_path / "r.jsonl", []), None, None, tmp_path / "out", command=COMMAND, date=DAY)
    page = Page(files[2].read_text(encoding="utf-8"))
    assert page.open == []
    assert "No run crashed." in page.texts


# ---------------------------------------------------------------------------------------------------------------------
# Pages


def test_the_verdict_comes_first_in_both_pages(ordinary):
    headings = []
    for suffix in (".html", ".md"):
        page = ordinary[suffix].read_text(encoding="utf-8")
        assert re.search(r"\d+ of 13 goals are met", page)
        assert COMMAND in page
        assert page.index("goals are met") < page.index("All tools side by side")
        headings.append(re.findall(r"<h2>(.*?)</h2>|^## (.*)", page, re.MULTILINE))
    words = [[first or second for first, second in found] for found in headings]
    assert words[0] == words[1]
    assert words[0][:4] == ["Goals of modelcheck", "All tools side by side", "Planted defects", "Clean twins"]


def test_both_pages_tell_the_same_rates(ordinary):
    html, text = (ordinary[suffix].read_text(encoding="utf-8") for suffix in (".html", ".md"))
    pattern = r"[\d.]+ to [\d.]+ %, n \d+"
    shown = re.findall(pattern, " ".join(Page(html).texts).replace("\u00a0", " "))
    assert len(shown) > 100
    assert set(shown) == set(re.findall(pattern, text))


def test_environments_are_told_wherever_they_were_measured(ordinary):
    text = ordinary[".md"].read_text(encoding="utf-8")
    assert re.search(r"\| modelcheck \| .* \| 61 \| 541 \|", text)
    assert re.search(r"\| giskard \| .* \| 87 \| 599 \|", text)
    assert "| environment" not in text


def test_the_size_on_the_page_is_its_size(ordinary):
    html = ordinary[".html"].read_text(encoding="utf-8")
    assert len(html.encode()) <= 1_000_000
    assert f"{len(html.encode()) / 1e6:.2f}\u00a0MB" in html
    assert f"{len(html.encode()) / 1e6:.2f} MB" in ordinary[".md"].read_text(encoding="utf-8")


@pytest.mark.parametrize("which", ["ordinary", "hostile"])
def test_the_page_is_whole_inert_and_fetches_nothing(which, request):
    html = request.getfixturevalue(which)[".html"].read_text(encoding="utf-8")
    page = Page(html)
    assert set(page.elements) <= ELEMENTS
    assert page.open == []
    assert page.unbalanced == []
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for tag, name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in ("src", "srcset", "style", "xlink:href", "action", "srcdoc", "data")
        if name == "href":
            assert tag == "a"
            assert value[1:] in ids
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in html
    assert "url(" not in style


def test_hostile_names_are_shown_as_text(hostile):
    html = hostile[".html"].read_text(encoding="utf-8")
    shown = "".join(Page(html).texts)
    for text in HOSTILE[:4]:
        assert text in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", html)
    assert "\\x1b[31mred" in shown
    assert "x" * 4001 not in html


def test_hostile_names_are_text_in_markdown_too(hostile):
    text = hostile[".md"].read_text(encoding="utf-8")
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    outside = re.sub(r"(`+) ?[^\n]*?[^`\n]\1(?!`)", "", outside)
    assert "<script" not in outside
    assert "<img" not in outside
    assert not re.search(r"(?<!\\)\]\(javascript", outside)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    tables = [block.splitlines() for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)]
    assert len(tables) > 8
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1


def test_a_very_long_run_stays_within_its_megabyte(tmp_path):
    cases = {f"case_{place}": planted(f"case_{place}", FAMILIES[place % 5]) for place in range(170)}
    rows = list(
        fake(cases, {"credit": clean()}, seeds=1, tools=("modelcheck", "deepchecks", "evidently", "giskard", "peer"))
    )
    deep = "Traceback:\n" + "  deep\n" * 5000
    for place, row in enumerate(rows):
        if row["tool"] == "peer":
            row |= {"status": "crashed", "traceback": f"{deep}ValueError: number {place}"}
    files = published(tmp_path, rows, cases, {"credit": clean()})
    html = files[".html"].read_text(encoding="utf-8")
    assert len(html.encode()) <= 1_000_000
    assert "further crashed runs" in html


def test_a_page_of_a_part_says_how_much_is_left(tmp_path):
    given = lines(tmp_path / "r.jsonl", [])
    for left, said in ((548, True), (0, False)):
        files = write_page(given, None, None, tmp_path / "out", command=COMMAND, date=DAY, left=left)
        for file in files[1:]:
            assert ("548 of 548 runs planned: this is a part" in file.read_text(encoding="utf-8")) is said
