"""The three drawings of the explainability suite: what they show, what they merge, what they say."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from modelcheck.record.evidence import Chart
from modelcheck.report.charts import chart_spec, draw_chart
from modelcheck.report.figures import chart_view
from modelcheck.report.palette import CATEGORIES, CLASSES, FOREGROUND, LEVELS


def texts(svg):
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own drawing
    return [element.text for element in root.iter() if element.tag in ("text", "tspan")]


def charts_of(record, kind):
    return [chart for gate in record.gates for chart in gate.charts if chart.kind == kind]


def dots_of(rows):
    spec, note = chart_spec(Chart(name="b", kind="beeswarm", title="t", data=tuple(rows)))
    return spec["data"]["values"], note


def steps(values, start=0.0):
    rows, at = [{"label": "typical", "value": None, "start": None, "end": start}], start
    for place, value in enumerate(values):
        rows.append({"label": f"column {place}", "value": value, "start": at, "end": at + value})
        at += value
    return (*rows, {"label": "this row", "value": None, "start": None, "end": at})


@pytest.mark.parametrize("kind", ["beeswarm", "waterfall", "dependence"])
def test_every_drawing_is_made_of_shapes_and_classes_only(visits, kind):
    for chart in charts_of(visits, kind):
        svg, _ = draw_chart(chart)
        root = ElementTree.fromstring(svg)  # noqa: S314 - our own drawing
        for element in root.iter():
            assert set(element.get("class", "").split()) <= {f"{k}-{c}" for k in "fs" for c in CLASSES.values()}
        assert not any(colour in svg for colour in CLASSES)


def test_a_dot_stands_for_as_many_rows_as_the_note_says():
    rows = [{"label": "a", "x": 0.0, "count": 700, "level": 0.5}, {"label": "a", "x": 1.0, "count": 101, "level": 0.5}]
    dots, note = dots_of(rows)
    assert [sum(dot["x"] == x for dot in dots) for x in (0.0, 1.0)] == [7, 2]
    assert "Each dot stands for up to 100 rows." in note


def test_dots_of_one_bin_are_piled_around_the_middle_of_their_line():
    dots, _ = dots_of([{"label": "a", "x": 0.0, "count": 5, "level": 0.5}])
    assert sum(dot["offset"] for dot in dots) == pytest.approx(0.0)
    assert len({dot["offset"] for dot in dots}) == 5


@pytest.mark.parametrize(
    ("level", "word"),
    [
        (0.0, "low value"), (0.3, "rather low"), (0.5, "middle"), (0.7, "rather high"), (1.0, "high value"),
        (None, "no order"),
    ],
)  # fmt: skip
def test_colour_tells_how_large_the_columns_value_is(level, word):
    dots, _ = dots_of([{"label": "a", "x": 0.0, "count": 1, "level": level}])
    assert [dot["word"] for dot in dots] == [word]


def test_the_legend_of_a_beeswarm_reads_from_low_to_high(visits):
    shown = texts(draw_chart(charts_of(visits, "beeswarm")[0])[0])
    legend = ["low value", "rather low", "middle", "rather high", "high value"]
    assert [text for text in shown if text in legend] == legend
    spec, _ = chart_spec(charts_of(visits, "beeswarm")[0])
    assert tuple(spec["layer"][1]["encoding"]["color"]["scale"]["range"]) == LEVELS


def test_categories_have_a_colour_outside_the_scale():
    rows = ({"label": "a", "x": 0.0, "count": 1, "level": None},)
    spec, _ = chart_spec(Chart(name="b", kind="beeswarm", title="t", data=rows))
    assert spec["layer"][1]["encoding"]["color"]["scale"]["range"] == [FOREGROUND]


def test_a_beeswarm_of_many_columns_draws_the_first_and_says_so():
    rows = [{"label": f"c{k}", "x": 0.0, "count": 3, "level": 0.5} for k in range(40)]
    dots, note = dots_of(rows)
    assert {dot["label"] for dot in dots} == {f"c{k}" for k in range(12)}
    assert "the first 12 of 40 columns" in note


def test_a_waterfall_goes_from_the_typical_score_to_the_rows_score():
    svg, note = draw_chart(Chart(name="w", kind="waterfall", title="t", data=steps((0.3, -0.1), 0.2)))
    shown = texts(svg)
    assert note == ""
    for text in ("typical", "column 0", "column 1", "this row", "0.2", "+0.3", "-0.1", "0.4", "raises", "lowers"):
        assert text in shown


def test_raising_and_lowering_steps_have_the_colours_of_high_and_low():
    spec, _ = chart_spec(Chart(name="w", kind="waterfall", title="t", data=steps((0.3, -0.1))))
    assert spec["layer"][0]["encoding"]["color"]["scale"] == {
        "domain": ["raises", "lowers"],
        "range": [CATEGORIES[1], CATEGORIES[0]],
    }


def test_a_long_waterfall_joins_its_smallest_steps_and_keeps_the_sum():
    values = [0.5 / (k + 1) * (-1) ** k for k in range(30)]
    spec, note = chart_spec(Chart(name="w", kind="waterfall", title="t", data=steps(values)))
    rows = spec["data"]["values"]
    assert [row["label"] for row in rows][-2:] == ["19 other columns", "this row"]
    assert sum(row["value"] for row in rows if row["step"]) == pytest.approx(sum(values))
    assert all(one["end"] == pytest.approx(two["start"]) for one, two in pairwise(rows))
    assert "19 columns are drawn as one" in note


def test_steps_with_one_label_stay_two_steps():
    rows = [row | {"label": "same"} if row["value"] else row for row in steps((0.1, 0.2))]
    spec, _ = chart_spec(Chart(name="w", kind="waterfall", title="t", data=tuple(rows)))
    assert len({row["label"] for row in spec["data"]["values"]}) == 4


def test_dependence_shows_curve_band_local_curve_and_density(visits):
    spec, note = chart_spec(charts_of(visits, "dependence")[0])
    marks = [layer["mark"]["type"] for layer in spec["layer"]]
    assert marks == ["rect", "area", "line", "line", "rule"]
    assert "strokeDash" in spec["layer"][3]["mark"]
    assert note == ""
    shown = texts(draw_chart(charts_of(visits, "dependence")[0])[0])
    assert {"every row given this value", "only rows near this value", "disea"} <= set(shown)


def test_bars_of_density_stay_below_the_curve_and_no_tick_points_at_them(visits):
    spec, _ = chart_spec(charts_of(visits, "dependence")[0])
    bars, band = spec["layer"][0]["data"]["values"], spec["layer"][1]["data"]["values"]
    lowest = min(point["low"] for point in band)
    assert max(bar["top"] for bar in bars) < lowest
    assert min(spec["layer"][0]["encoding"]["y"]["axis"]["values"]) >= lowest


def test_dependence_without_a_local_curve_has_no_legend():
    data = tuple({"part": "curve", "x": k, "y": k / 9, "low": None, "high": None, "ale": None} for k in range(9))
    spec, _ = chart_spec(Chart(name="d", kind="dependence", title="t", x="a", y="score", data=data))
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["line"]
    assert spec["layer"][0]["encoding"]["color"]["legend"] is None


def test_a_constant_column_is_a_point():
    data = ({"part": "curve", "x": 1.0, "y": 0.5, "low": None, "high": None, "ale": None},)
    svg, _ = draw_chart(Chart(name="d", kind="dependence", title="t", data=data))
    assert re.search(r'class="f-c1', svg)


def test_categories_are_dots_with_intervals_and_counts(visits):
    levels = next(chart for chart in charts_of(visits, "dependence") if chart.name == "dependence limitation")
    assert {"limited (914)", "not limited (7,168)", "score"} <= set(texts(draw_chart(levels)[0]))


@pytest.mark.parametrize("kind", ["beeswarm", "waterfall", "dependence"])
@pytest.mark.parametrize("data", [(), ({"label": "a"},), ({"part": "curve", "x": None, "y": None},)])
def test_what_can_not_be_drawn_is_no_error(kind, data):
    svg, _ = draw_chart(Chart(name="c", kind=kind, title="t", data=data))
    assert svg == ""


def test_the_table_of_a_chart_in_parts_shows_one_part_and_says_where_the_others_are(visits):
    view = chart_view(charts_of(visits, "dependence")[0])
    assert view.grid.columns == ("x", "y", "low", "high", "ale")
    assert "the other parts are in record.json" in view.grid.note
