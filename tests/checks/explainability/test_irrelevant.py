import sys

import numpy as np
import pytest

from modelcheck.checks.explainability.irrelevant import irrelevant
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion


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


@pytest.mark.parametrize("seed", [6, 9, 10])
def test_a_column_that_carries_nearly_all_is_open_where_few_rows_tell_what_it_earns(context_for, people, seed):
    table = people(200, seed)[["big", "small", "noise", "y"]]
    context = context_for(mixed(0.4, 3.0), table, limit=0.0, budget=200_000, confidence=0.996)
    found = irrelevant(context)
    told = judge(found, Criterion(max=0.0, confidence=0.996))
    assert told.verdict == "inconclusive"
    assert found.groups["noise"].low > 0.8
    assert "would be needed" in told.reason
    assert not found.findings


def test_a_column_that_moves_most_and_earns_most_is_not_open(told):
    found = irrelevant(told)
    assert judge(found, Criterion(max=0.0, confidence=0.95)).verdict == "pass"


def test_noise_in_answers_that_cannot_be_explained_is_found(context_for, people, monkeypatch):
    module = sys.modules[irrelevant.__module__]
    monkeypatch.setattr(module, "explained", lambda context: "the budget leaves no rows for this.")
    table = people(2_000).assign(y=lambda rows: rows["big"])

    def model(rows):
        return (rows["big"] + 1.3 * rows["noise"]).to_numpy()

    found = irrelevant(context_for(model, table, task="regression", limit=0.0, budget=120_000))
    assert [one.title.split()[0] for one in found.findings] == ["noise"]
    assert {line[1] for line in found.tables[0].rows} == {None}


def test_a_canary_is_not_cleared_where_many_rows_lose_their_answers(context_for, people):
    def picky(rows):
        answers = mixed(1.0, 0.2)(rows)
        answers[(np.abs(rows["noise"] - rows["same"]) > 2.0).to_numpy()] = np.nan
        return answers

    table = people(600).assign(same=lambda rows: rows["noise"])
    found = irrelevant(context_for(picky, table, canary=("noise",), limit=0.0))
    assert judge(found, Criterion(max=0.0, confidence=0.95)).verdict == "inconclusive"
