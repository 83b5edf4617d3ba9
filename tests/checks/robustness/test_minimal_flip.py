"""The smallest change of one entry that flips a decision, against distances by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.robustness.minimal_flip import minimal_flip
from modelcheck.perturb.profile import profile_table


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=500).round(2), "noise": rng.normal(size=500).round(2)})
    frame["kind"] = rng.choice(["a", "b"], 500, p=[0.8, 0.2])
    frame["y"] = np.where(frame["x"] > 0, "yes", "no")
    return frame


def steep(rows):
    return 1.0 / (1.0 + np.exp(-np.clip(20.0 * rows["x"].to_numpy(dtype=float), -50.0, 50.0)))


def test_the_smallest_flip_of_a_row_is_the_way_to_the_nearest_value_across(context_for, table):
    found = minimal_flip(context_for(steep, table))
    assert found.estimate.value == 1.0  # some value of x flips everybody
    (finding,) = found.findings
    profile = profile_table(table[["x"]], {"x": "number"}).columns["x"]
    values = profile.points[np.unique(np.linspace(0, len(profile.points) - 1, 9).round().astype(int))]
    for example in finding.examples:
        x = table["x"].iloc[example["row"]]
        across = values[(values > 0) != (x > 0)]
        nearest = across[np.abs(across - x).argmin()]
        assert example["column"] == "x"
        assert example["change"] == f"{x:.6g} -> {nearest:.6g}"
        assert example["robust spreads"] == pytest.approx(abs(nearest - x) / profile.spread)
        assert example["decision before"] == table["y"].iloc[example["row"]]
    sizes = [example["robust spreads"] for example in finding.examples]
    assert sizes == sorted(sizes)


def test_columns_that_flip_nothing_have_a_share_of_nothing(context_for, table, lines_of):
    found = minimal_flip(context_for(steep, table))
    by_column = {line["column"]: line for line in lines_of(found, "by column")}
    assert set(by_column) == {"x", "noise", "kind"}
    assert by_column["x"]["share of rows it flips"] == 1.0
    assert by_column["noise"]["share of rows it flips"] == by_column["kind"]["share of rows it flips"] == 0.0
    assert by_column["noise"]["median smallest move"] is None
    assert by_column["noise"]["values tried"] == 9
    assert by_column["kind"]["values tried"] == 2
    assert "Most often it is x" in found.reading


def test_a_category_flips_without_a_size(context_for, table, lines_of):
    def model(rows):
        return np.where((rows["kind"].astype(object) == "b").to_numpy(), 0.9, 0.1)

    found = minimal_flip(context_for(model, table))
    by_column = {line["column"]: line for line in lines_of(found, "by column")}
    assert by_column["kind"]["share of rows it flips"] == 1.0
    assert by_column["kind"]["median smallest move"] is None
    assert not found.findings


def test_rows_near_the_boundary_are_apart_from_the_others(context_for, table, lines_of):
    # The kind moves the score by little: it flips those who are near, and nobody else.
    def model(rows):
        b = (rows["kind"].astype(object) == "b").to_numpy()
        return 1.0 / (1.0 + np.exp(-np.clip(2.0 * rows["x"].to_numpy(dtype=float) + 0.15 * b, -50.0, 50.0)))

    found = minimal_flip(context_for(model, table))
    kind = next(line for line in lines_of(found, "by column") if line["column"] == "kind")
    assert kind["of rows near"] > kind["share of rows it flips"]
    assert kind["of rows near"] > 0.1


def test_the_declared_threshold_is_the_boundary(context_for, table, lines_of):
    # Only who is near .9 is flipped by the kind; the rows that are looked at have to be those.
    def model(rows):
        b = (rows["kind"].astype(object) == "b").to_numpy()
        return 1.0 / (1.0 + np.exp(-np.clip(rows["x"].to_numpy(dtype=float) + 0.1 * b, -50.0, 50.0)))

    shares = {}
    for threshold in (0.5, 0.8):
        context = context_for(model, table, candidate={"threshold": threshold}, threshold=threshold)
        line = next(line for line in lines_of(minimal_flip(context), "by column") if line["column"] == "kind")
        shares[threshold] = line["of rows near"], line["share of rows it flips"]
    assert all(near > far for near, far in shares.values())


def test_the_baseline_is_asked_about_the_same_rows(context_for, table):
    context = context_for(steep, table, baseline=lambda rows: np.full(len(rows), 0.3))
    found = minimal_flip(context)
    assert found.baseline.value == 0.0
    assert found.baseline.n == found.estimate.n
    assert "The baseline: 0 of 100" in found.reading


def test_several_classes_flip_too(context_for, table):
    def model(rows):
        x = np.clip(rows["x"].to_numpy(dtype=float), -5.0, 5.0)
        score = np.exp(np.column_stack([-3.0 * x, np.zeros(len(x)), 3.0 * x]))
        return score / score.sum(axis=1, keepdims=True)

    three = table.assign(y=np.where(table["x"] < -0.3, "low", np.where(table["x"] > 0.3, "top", "mid")))
    found = minimal_flip(context_for(model, three, task="multiclass", classes=("low", "mid", "top")))
    assert found.estimate.value == 1.0


def test_a_budget_too_small_is_said(context_for, table):
    # Enough for some of the sweep, and for fewer than ten rows here.
    found = minimal_flip(context_for(steep, table, budget=2000))
    assert found.estimate is None
    assert "--modelcheck-budget" in found.reading
    assert "10 are needed" in found.reading


def test_values_have_no_decisions(context_for, table):
    values = table.assign(y=table["x"] * 2.0)
    context = context_for(lambda rows: rows["x"].to_numpy(dtype=float), values, task="regression")
    assert "no decisions" in minimal_flip(context).not_applicable
