import dataclasses

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from modelcheck.checks.explainability.additivity import additivity
from modelcheck.errors import ModelError
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion, Verdict

NUMBERS = ["big", "small", "noise", "twin"]


def test_a_steady_model_adds_up(told):
    found = additivity(told)
    assert found.estimate.value == 0.0
    assert found.estimate.high > 0.0
    assert not found.findings


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        RandomForestClassifier(10, max_depth=5, random_state=0),
        HistGradientBoostingClassifier(max_iter=10, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_models_that_are_looked_into_add_up_in_every_row(context_for, people, model):
    rows = people().drop(columns=["job", "group"])
    found = additivity(context_for(model.fit(rows[NUMBERS], rows["y"]), rows))
    assert (found.estimate.value, found.findings) == (0.0, ())
    assert found.estimate.n == len(rows)


def test_a_model_that_answers_otherwise_when_asked_again_is_found(context_for, people, right):
    rng = np.random.default_rng(0)

    def unsteady(rows):
        return np.clip(right(rows) + rng.normal(0.0, 0.1, len(rows)), 0.0, 1.0)

    found = additivity(context_for(unsteady, people()))
    assert found.estimate.low > 0.5
    assert len(found.findings) == 1
    assert found.findings[0].examples[0].keys() == {"row", "answer", "sum of base and attributions"}


def test_a_model_whose_answers_hang_on_the_rows_beside_them_is_found(context_for, people):
    def ranked(rows):
        order = rows["big"].rank(pct=True).to_numpy()
        return np.clip(order, 0.0, 1.0)

    found = additivity(context_for(ranked, people(2_000)))
    assert found.estimate.low > 0.0
    assert found.findings


def test_a_few_unsteady_rows_among_many_are_found_and_shown(context_for, people, right):
    calls = []

    def shaky(rows):
        calls.append(len(rows))
        answers = right(rows)
        return np.where((rows["big"] > 1.5) & (len(calls) > 1), 1.0 - answers, answers)

    found = additivity(context_for(shaky, people()))
    assert 0.0 < found.estimate.low < found.estimate.high < 0.3
    shown = found.findings[0].examples
    assert all(abs(one["answer"] - one["sum of base and attributions"]) > 0.01 for one in shown)


def test_rows_without_an_answer_on_the_way_are_counted_and_said(context_for, people, right):
    table = people()
    known = {(row.job, row.group) for row in table.itertuples() if row.job != "cook" or row.group != "F"}
    table = table[[(job, group) in known for job, group in zip(table["job"], table["group"], strict=True)]]

    def picky(rows):
        answers = right(rows)
        answers[(rows["job"] == "cook") & (rows["group"] == "F")] = np.nan
        return answers

    context = context_for(picky, table.reset_index(drop=True))
    found = additivity(context)
    assert found.estimate.value == 0.0
    assert found.estimate.n < 300
    assert "could not be explained" in found.reading


def test_a_model_that_survives_no_mixed_row_is_an_error_and_no_pass(context_for, people, right):
    table = people(200).assign(code=[f"c{at}" for at in range(200)], again=[f"c{at}" for at in range(200)])

    def brittle(rows):
        if (rows["code"] != rows["again"]).any():
            raise KeyError("code and again differ")
        return right(rows)

    with pytest.raises(ModelError, match="could be explained"):
        additivity(context_for(brittle, table))


def test_a_share_that_is_allowed_to_be_off_is_judged_by_clusters(context_for, people):
    table = people(300)
    table["site"] = np.arange(300) % 4
    context = context_for(lambda rows: np.full(len(rows), 0.5), table, dataset={"cluster": "site"}, limit=0.1)
    allowed = judge(additivity(context), Criterion(max=0.1))
    assert allowed.verdict is Verdict.INCONCLUSIVE
    assert "4 clusters" in allowed.reason
    none = dataclasses.replace(context, limit=0.0)
    assert judge(additivity(none), Criterion(max=0.0)).verdict is Verdict.PASS


def test_rows_lost_on_the_way_leave_it_open(context_for, people):
    def refusing(rows):
        """No answer where small and big have different signs: rare among the rows, frequent among mixed ones."""
        score = 1.0 / (1.0 + np.exp(-rows["big"].to_numpy()))
        return np.where(rows["big"].to_numpy() * rows["small"].to_numpy() < -0.001, np.nan, score)

    table = people()
    table["small"] = table["small"].abs() * np.sign(table["big"])
    found = additivity(context_for(refusing, table))
    assert "could not be explained" in found.estimate.unproven
