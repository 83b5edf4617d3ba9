"""Charts are drawn small, inert, in the page's colours, and say what they leave out."""

import math
from xml.etree import ElementTree

import pytest

from modelcheck.record.evidence import Chart
from modelcheck.report.charts import chart_spec, draw_chart
from modelcheck.report.palette import CLASSES

ELEMENTS = {"svg", "title", "desc", "g", "path", "line", "rect", "text", "circle", "tspan"}


def parsed(svg):
    return ElementTree.fromstring(svg)  # noqa: S314 - our own drawing


def texts(svg):
    return [element.text for element in parsed(svg).iter() if element.tag in ("text", "tspan")]


def all_charts(records):
    return [chart for record in records.values() for gate in record.gates for chart in gate.charts]


def test_every_drawing_is_made_of_shapes_and_classes_only(records):
    for chart in all_charts(records):
        svg, _ = draw_chart(chart)
        if not svg:
            continue
        for element in parsed(svg).iter():
            assert element.tag in ELEMENTS
            assert not any(name.startswith("on") or name in ("href", "style", "id") for name in element.attrib)
            assert set(element.get("class", "").split()) <= {f"{k}-{c}" for k in "fs" for c in CLASSES.values()}
        assert not any(colour in svg for colour in CLASSES)
        assert "http" not in svg.replace("https://evil", "")


def test_each_kind_shows_its_labels(blocked):
    drawn = {chart.kind: draw_chart(chart)[0] for gate in blocked.gates for chart in gate.charts}
    assert {"candidate", "baseline", "False positive rate", "True positive rate"} <= set(texts(drawn["line"]))
    assert {"5,210 (92 %)", "Predicted", "Observed"} <= set(texts(drawn["matrix"]))
    assert "physlm=no  n 7,102" in texts(drawn["forest"])
    assert "observed 1" in texts(drawn["histogram"])


def test_a_hostile_label_is_short_text(hostile_strings):
    for text in hostile_strings:
        rows = tuple({"x": x / 4, "y": x / 4, "series": series} for series in (text, "other") for x in range(5))
        svg, _ = draw_chart(Chart(name="c", kind="line", title=text, x=text, y=text, reading=text, data=rows))
        assert parsed(svg).get("role") == "img"
        assert max(len(shown) for shown in texts(svg)) <= 46


def test_titles_can_not_break_into_vegas_expressions():
    title = 'x" + alert(1) + "\n'
    svg, _ = draw_chart(
        Chart(name="c", kind="line", title="t", x=title, y=title, data=({"x": 0, "y": 0}, {"x": 1, "y": 1}))
    )
    assert 'x" + alert(1) + "\\n' in texts(svg)


def test_labels_that_are_cut_alike_stay_apart():
    data = tuple(
        {"row": f"{'a' * 40}{row}", "column": f"{'a' * 40}{column}", "count": 10 * row + column}
        for row in (1, 2) for column in (1, 2)
    )  # fmt: skip
    shown = texts(draw_chart(Chart(name="c", kind="matrix", title="t", data=data))[0])
    assert {"11", "12", "21", "22"} <= set(shown)
    forest = tuple({"label": "b" * 60, "value": value, "low": 0, "high": 1, "n": 5} for value in (0.2, 0.8))
    labels = [
        text for text in texts(draw_chart(Chart(name="c", kind="forest", title="t", data=forest))[0]) if "b" in text
    ]
    assert len(set(labels)) == 2


def test_rows_that_can_not_be_drawn_are_counted():
    data = ({"x": 0, "y": 0}, {"x": math.nan, "y": 1}, {"x": None, "y": 1}, {"x": 1, "y": 1})
    spec, note = chart_spec(Chart(name="c", kind="line", title="t", data=data))
    assert spec
    assert note == "2 of 4 points can't be drawn."


def test_a_curve_of_very_many_points_is_thinned_and_says_so():
    data = tuple({"x": x / 20_000, "y": x / 20_000, "series": "s"} for x in range(20_001))
    spec, note = chart_spec(Chart(name="c", kind="line", title="t", data=data))
    kept = spec["layer"][-1]["data"]["values"]
    assert len(kept) == 600
    assert (kept[0]["x"], kept[-1]["x"]) == (0.0, 1.0)
    assert note == "Drawn from 600 of 20,001 points; all are in record.json."


def test_many_groups_are_cut_and_said():
    data = tuple({"label": str(place), "value": 0.5, "low": 0.4, "high": 0.6, "n": 9} for place in range(1240))
    _, note = chart_spec(Chart(name="c", kind="forest", title="t", data=data))
    assert note == "Drawn: 40 of 1,240 rows; all are in record.json."


@pytest.mark.parametrize("kind", ["line", "matrix", "scatter", "histogram", "forest", "reliability"])
def test_an_empty_chart_draws_nothing_and_says_so(kind):
    assert draw_chart(Chart(name="c", kind=kind, title="t")) == ("", "There is nothing to draw.")


def test_an_unknown_kind_is_said():
    svg, note = draw_chart(Chart(name="c", kind="sankey", title="t", data=({"x": 1},)))
    assert svg == ""
    assert "sankey" in note


@pytest.mark.parametrize("kind", ["line", "scatter", "histogram", "forest", "reliability"])
def test_a_single_row_can_be_drawn(kind):
    row = {"x": 1.0, "y": 1.0, "low": 1.0, "high": 1.0, "value": 1.0, "count": 1, "label": "a", "n": 1}
    reference = {"diagonal": True, "zero": True, "limit": 0.5}
    assert draw_chart(Chart(name="c", kind=kind, title="t", data=(row,), reference=reference))[0].startswith("<svg")


def test_an_open_interval_is_drawn_hollow():
    data = ({"label": "a", "value": 0.5, "low": None, "high": None, "n": 3},)
    svg, _ = draw_chart(Chart(name="c", kind="forest", title="t", data=data))
    assert 'fill-opacity="0"' in svg


def curve(*points, **more):
    data = tuple({"x": x, "y": y, "low": low, "high": high, "count": 100} for x, y, low, high in points)
    return Chart(name="r", kind="reliability", title="t", x="promised", y="observed", data=data, **more)


def test_a_reliability_curve_has_a_point_and_a_bar_for_each_bin_and_the_diagonal():
    chart = curve((0.1, 0.2, 0.1, 0.3), (0.8, 0.7, 0.6, 0.75), reference={"diagonal": True})
    spec, note = chart_spec(chart)
    marks = [layer["mark"]["type"] for layer in spec["layer"]]
    assert (marks, note) == (["line", "line", "rule", "point"], "")
    assert [row["high"] for row in spec["data"]["values"]] == [0.3, 0.75]
    assert spec["layer"][-1]["encoding"]["x"]["scale"]["domain"] == [0.0, 1.0]
    svg, _ = draw_chart(chart)
    assert {"Promised", "Observed"} <= set(texts(svg)) or {"promised", "observed"} <= set(texts(svg))
    for element in parsed(svg).iter():
        assert element.tag in ELEMENTS
        assert set(element.get("class", "").split()) <= {f"{k}-{c}" for k in "fs" for c in CLASSES.values()}
    assert not any(colour in svg for colour in CLASSES)


def test_a_reliability_curve_of_values_has_the_same_ends_on_both_axes():
    spec, _ = chart_spec(curve((-5.0, -4.0, -6.0, -2.0), (20.0, 25.0, 22.0, 30.0)))
    domains = [spec["layer"][-1]["encoding"][axis]["scale"]["domain"] for axis in "xy"]
    assert domains[0] == domains[1]
    assert domains[0][0] < -6
    assert domains[0][1] > 30


def test_a_bin_without_limits_is_drawn_hollow_and_one_without_a_rate_is_said():
    svg, note = draw_chart(curve((0.5, 0.5, None, None), (0.6, math.nan, 0.1, 0.9)))
    assert 'fill-opacity="0"' in svg
    assert note == "1 of 2 points can't be drawn."


def test_very_many_bins_are_cut_and_said():
    _, note = chart_spec(curve(*((x / 100, x / 100, 0.0, 1.0) for x in range(100))))
    assert note == "Drawn: the first 60 of 100 bins; all are in record.json."
