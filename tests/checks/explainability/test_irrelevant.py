import numpy as np
import pytest

from modelcheck.checks.explainability.irrelevant import irrelevant


def mixed(big, noise):
    def model(rows):
        return 1.0 / (1.0 + np.exp(-(big * rows["big"] + noise * rows["noise"]).to_numpy()))

    return model


def test_a_declared_canary_below_the_best_column_is_fine(asked_of):
    found = irrelevant(asked_of(canary=("noise",), limit=0.0))
    assert "noise" in found.groups
    assert found.estimate.high < 0.0
    assert not found.findings


@pytest.mark.parametrize("declared", [("noise",), ()])
def test_noise_that_moves_answers_more_than_what_earns_is_found(context_for, people, declared, lines_of):
    table = people(2_000).assign(y=lambda rows: rows["big"])

    def model(rows):
        return (rows["big"] + 1.3 * rows["noise"]).to_numpy()

    found = irrelevant(context_for(model, table, task="regression", canary=declared, limit=0.0, budget=120_000))
    assert [one.title.split()[0] for one in found.findings] == ["noise"]
    assert found.estimate.low > 0.0
    roles = {line["column"]: line["role"] for line in lines_of(found)}
    assert roles["big"] == "earns most"
    assert roles["noise"] == ("canary" if declared else "says next to nothing")


def test_a_canary_is_never_the_yardstick(context_for, people):
    table = people(600)
    table["y"] = np.where(table["noise"] > 0, "yes", "no")
    found = irrelevant(context_for(mixed(0.2, 2.0), table, canary=("noise",), limit=0.0))
    assert "noise" not in [one.title.split("than ")[-1] for one in found.findings]


def test_a_column_that_earns_is_not_judged(told):
    assert "big" not in irrelevant(told).groups


def test_a_candidate_that_earns_nothing_leaves_nothing_to_compare_with(context_for, people):
    table = people()
    table["y"] = np.random.default_rng(3).choice(["no", "yes"], len(table))
    found = irrelevant(context_for(mixed(1.0, 1.0), table, limit=0.0))
    assert (found.estimate, found.findings) == (None, ())
    assert "earn" in found.reading
