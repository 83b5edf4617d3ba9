import numpy as np
import pytest

from modelcheck.checks.explainability.dominance import dominance


@pytest.fixture(scope="module")
def leaking(people):
    table = people(600)
    rng = np.random.default_rng(5)
    table["leak"] = np.where(table["y"] == "yes", 1.0, 0.0) + 0.1 * rng.normal(size=600)
    return table


def by_leak(rows):
    return 1.0 / (1.0 + np.exp(-(10.0 * (rows["leak"] - 0.5) + 0.2 * rows["big"]).to_numpy()))


def test_a_column_that_says_the_truth_and_carries_everything_is_found(context_for, leaking):
    found = dominance(context_for(by_leak, leaking, limit=0.8))
    assert found.estimate.low > 0.8
    assert len(found.findings) == 1
    assert "leak" in found.findings[0].title
    assert not found.proved


@pytest.mark.parametrize("output", ["label"])
def test_a_leak_behind_decisions_alone_is_found(context_for, leaking, output):
    found = dominance(
        context_for(lambda rows: np.where(by_leak(rows) > 0.5, "yes", "no"), leaking, limit=0.8, output=output)
    )
    assert found.findings


def test_a_strong_column_that_alone_does_clearly_worse_is_no_leak(context_for, people):
    table = people(800)
    table["y"] = 5.0 * table["big"] + 1.3 * table["small"]

    def model(rows):
        return (5.0 * rows["big"] + 1.3 * rows["small"]).to_numpy()

    found = dominance(context_for(model, table, task="regression", limit=0.7))
    assert found.estimate.low > 0.7
    assert "big" in found.proved
    assert not found.findings


def test_a_column_without_the_limit_in_reach_is_neither(asked_of):
    found = dominance(asked_of(limit=0.95))
    assert found.estimate.high < 0.95
    assert (found.proved, found.findings) == ("", ())


def test_one_column_has_everything_and_says_nothing(context_for, people):
    table = people(200)[["big", "y"]]
    found = dominance(context_for(lambda rows: 1.0 / (1.0 + np.exp(-rows["big"].to_numpy())), table, limit=0.8))
    assert "one column" in found.not_applicable


def test_a_model_that_always_answers_the_same_has_no_drivers(context_for, people):
    found = dominance(context_for(lambda rows: np.full(len(rows), 0.4), people(200), limit=0.8))
    assert found.not_applicable
