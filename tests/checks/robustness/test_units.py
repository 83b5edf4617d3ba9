"""A jump beyond the range is what stays when the way to it is halved to a point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.robustness.units import units


def logistic(signal):
    return 1.0 / (1.0 + np.exp(-np.clip(signal, -500.0, 500.0)))


def gate(context):
    return replace(context, check="robustness.units", limit=0.1, confidence=0.99975)


@pytest.fixture(scope="module")
def found_for(context_for):
    """Units of a model of one column of numbers, heights in cm."""
    rng = np.random.default_rng(0)
    height = rng.normal(170.0, 10.0, 800).round(1)
    frame = {"height": height, "other": rng.choice(["a", "b"], 800)}

    def make(model, target=None, **more):
        import pandas as pd

        table = pd.DataFrame(frame)
        table["y"] = np.where(rng.random(800) < 0.5, "yes", "no") if target is None else target(table)
        return units(gate(context_for(lambda rows: model(rows["height"].to_numpy(dtype=float)), table, **more)))

    return make


def test_a_linear_model_does_not_jump_however_far_it_is_carried(found_for):
    found = found_for(lambda height: logistic((height - 170.0) / 10.0))
    assert not found.findings
    assert found.estimate.value == 0.0
    assert found.looked_at == 2  # above the range and below
    assert 15 <= found.estimate.n <= 60


def test_a_line_of_values_does_not_jump_where_the_unit_error_is_many_times_the_spread(context_for):
    import pandas as pd

    # A thousandfold longitude is so far away that a 65,536th of the way is more than the column's own spread.
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"longitude": rng.normal(-119.0, 2.0, 800).round(2), "y": rng.normal(size=800)})
    context = context_for(lambda rows: 26_000.0 * rows["longitude"].to_numpy(dtype=float), table, task="regression")
    found = units(gate(context))
    assert not found.findings
    assert found.estimate.value == 0.0


def test_a_clipped_model_does_not_jump(found_for):
    found = found_for(lambda height: logistic((np.clip(height, 150.0, 190.0) - 170.0) / 10.0))
    assert found.estimate.value == 0.0


def test_a_threshold_far_outside_the_range_is_a_jump(found_for):
    # Rises all over the range and falls to nothing at ten times as much.
    found = found_for(lambda height: np.where(height > 1000.0, 0.0, logistic((height - 170.0) / 10.0)))
    assert found.findings
    finding = found.findings[0]
    assert finding.effect > 0.9
    assert finding.low > 0.1
    assert "too large" in finding.title or "Cents" in finding.title
    assert all(example["score after"] == 0.0 for example in finding.examples)
    assert found.estimate.value == max(estimate.value for estimate in found.groups.values())


def test_a_flat_model_that_jumps_outside_is_found_on_that_side_alone(found_for):
    found = found_for(lambda height: np.where(height < 100.0, 0.95, 0.3 + 0.001 * (height - 170.0)))
    broken = {finding.title for finding in found.findings}
    assert broken
    assert not any("times 10" in title.lower() or "x10" in title.lower() for title in broken)


def test_values_are_measured_in_their_own_unit(found_for):
    def target(table):
        return 2.0 * table["height"] + np.random.default_rng(1).normal(size=len(table))

    linear = found_for(lambda height: 2.0 * height, target, task="regression")
    assert linear.estimate.value == 0.0
    jumping = found_for(lambda height: np.where(height > 1000.0, -1e4, 2.0 * height), target, task="regression")
    assert jumping.findings


def test_labels_and_classes_have_no_score_that_jumps(found_for, context_for, people, healthy):
    context = context_for(lambda rows: np.where(healthy(rows) > 0.5, "yes", "no"), people(), output="label")
    assert "needs one score a row" in units(gate(context)).not_applicable


def test_where_no_error_leaves_the_range_there_is_nothing_to_judge(context_for, people):
    context = context_for(lambda rows: np.where(rows["job"] == "cook", 0.2, 0.6), people()[["job", "y"]])
    assert "no unit error" in units(gate(context)).not_applicable
