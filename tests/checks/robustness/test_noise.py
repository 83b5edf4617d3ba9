"""Noise is judged by what it costs, and beyond what it costs another model only where it costs much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelcheck.checks.robustness import noise as module
from modelcheck.checks.robustness.noise import noise
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Burden, Criterion, Verdict


def gate(context, **more):
    return replace(context, check="robustness.noise", limit=0.03, confidence=0.9975, **more)


@pytest.fixture(scope="module")
def exact(people):
    """A table and a model that reads the cents of an income: right as it is, and lost under any noise."""

    def model(rows):
        cents = np.round(rows["income"].to_numpy(dtype=float) * 100)
        return np.where(cents % 2 == 1, 0.9, 0.1)

    table = people(1200, 5)
    table["y"] = np.where(model(table) > 0.5, "yes", "no")
    return table, model


def test_a_model_that_keeps_the_limit_is_never_compared_with_a_challenger(healthy_context, monkeypatch):
    def nobody(context):
        raise AssertionError("a challenger was asked for")

    monkeypatch.setattr(module, "attainable", nobody)
    found = noise(gate(healthy_context))
    assert "no challenger had to be asked" in found.reading
    assert not found.findings
    assert found.looked_at >= 8  # four noisy places, two kinds of loss


def test_where_the_loss_grows_and_nobody_can_be_compared_with_it_is_not_judged(context_for, exact):
    table, model = exact
    found = noise(gate(context_for(model, table)))
    assert "the loss grows" in found.not_applicable
    assert "no reference" in found.not_applicable


def test_a_declared_limit_is_held_against_the_growth_itself(context_for, exact, lines_of):
    table, model = exact
    context = context_for(model, table)
    found = noise(gate(context, declared=True))
    assert "The limit is yours" in found.reading
    broken = {finding.title.partition(":")[0] for finding in found.findings}
    assert broken == {"income", "3 columns at once"}
    # Odd and even cents are equally frequent, so half of the decisions are wrong once they are lost.
    worst = next(line for line in lines_of(found, "what each change costs") if line["column"] == "income")
    assert worst["growth"] == pytest.approx(0.5, abs=0.06)
    assert judge(found, Criterion(max=0.03, burden=Burden.BREACH)).verdict is Verdict.FAIL
    example = found.findings[0].examples[0]
    assert {"row", "score before", "score after", "decision before", "decision after"} <= set(example)


def test_a_challenger_that_loses_as_much_excuses_the_growth(context_for, people):
    # Half of all lie close to the line between the classes: whoever knows the line loses as much.
    def truth(rows):
        return np.where(rows["income"].to_numpy(dtype=float) > 0.0, 0.95, 0.05)

    def labelled(n, seed):
        table = people(n, seed)
        table["income"] = np.random.default_rng(seed).uniform(-1.0, 1.0, n) ** 3
        table["y"] = np.where(truth(table) > 0.5, "yes", "no")
        return table

    context = context_for(truth, labelled(1200, 6), reference=labelled(4000, 7))
    found = noise(gate(context))
    assert "4,000 reference rows" in found.reading
    assert not found.findings
    own = noise(gate(context, declared=True))
    assert any(finding.title.startswith("income") for finding in own.findings)


def test_noise_counts_over_all_rows_that_are_measured(healthy_context, lines_of):
    # The table's rows of the two dearest kinds rest on every sampled row, whether noise moved it or not.
    found = noise(gate(healthy_context))
    sizes = {estimate.n for label, estimate in found.groups.items() if "oise" in label}
    assert sizes == {400}


def test_a_table_without_numbers_has_no_noise(context_for, people):
    table = people()[["job", "y"]]
    found = noise(gate(context_for(lambda rows: np.where(rows["job"] == "cook", 0.2, 0.6), table)))
    assert "no column holds numbers" in found.not_applicable


def test_without_a_model_to_ask_it_does_not_apply(healthy_context):
    assert noise(replace(healthy_context, asking=None, shared=None)).not_applicable
