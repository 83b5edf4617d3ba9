import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.explainability.dominance import dominance
from modelcheck.checks.explainability.explained import explained
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion


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
    table["y"] = 5.0 * table["big"] + 2.0 * table["small"]

    def model(rows):
        return (5.0 * rows["big"] + 2.0 * rows["small"]).to_numpy()

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


def verdict(found, limit=0.8):
    return judge(found, Criterion(max=limit, confidence=0.95))


def flipped(truth, share, rng):
    return np.where(rng.random(len(truth)) < share, ~truth, truth)


def decisive(says, rows):
    """Answers that follow what a column says, and a little another one."""
    return 1.0 / (1.0 + np.exp(-(8.0 * (says - 0.5) + 0.2 * rows["big"].to_numpy())))


@pytest.mark.parametrize("kind", ["text", "many levels", "numbers in blocks"])
def test_a_leak_that_codes_cannot_resolve_is_no_column_that_tells_too_little(context_for, people, kind):
    rng = np.random.default_rng(3)
    table = people(1_200)[["big", "small", "y"]]
    truth = (table["y"] == "yes").to_numpy()
    mark = flipped(truth, 0.02, rng)
    if kind == "text":
        words = np.array(["alpha", "beta", "gamma", "delta", "eps", "zeta", "theta", "iota"])
        table["leak"] = [" ".join([*rng.choice(words, 8), *(["sent"] if one else [])]) for one in mark]

        def says(rows):
            return rows["leak"].str.contains("sent").to_numpy(dtype=float)

    elif kind == "many levels":
        table["leak"] = [
            f"M{2 * number + one:04d}" for number, one in zip(rng.integers(0, 300, 1_200), mark, strict=True)
        ]

        def says(rows):
            return rows["leak"].str[-1].astype(int).to_numpy(dtype=float) % 2

    else:
        table["leak"] = 14 * rng.integers(0, 400, 1_200) + 7 * mark + rng.integers(0, 7, 1_200)

        def says(rows):
            return rows["leak"].to_numpy(dtype=float) // 7 % 2

    found = dominance(context_for(lambda rows: decisive(says(rows), rows), table, limit=0.8, budget=200_000))
    assert verdict(found).verdict == "fail"
    assert [one.title.split()[0] for one in found.findings] == ["leak"]
    assert not found.proved


def test_a_leak_in_two_copies_is_one_column(context_for, leaking):
    rng = np.random.default_rng(6)
    table = leaking.drop(columns=["twin", "group"]).assign(
        copy=lambda rows: 3.0 * rows["leak"] + 0.1 * rng.normal(size=600)
    )

    def model(rows):
        trees = (rows["leak"] > 0.5).to_numpy(dtype=float) + (rows["copy"] > 1.5).to_numpy(dtype=float)
        return 0.05 + 0.45 * trees

    found = dominance(context_for(model, table, limit=0.8, budget=200_000))
    assert found.estimate.low > 0.8
    assert len(found.findings) == 1
    assert "leak and copy carry" in found.findings[0].title or "copy and leak carry" in found.findings[0].title


def test_decisions_by_a_strong_column_that_alone_does_worse_are_no_leak(context_for, people):
    rng = np.random.default_rng(0)
    table = people(2_000)[["big", "small", "noise"]]

    def decided(rows):
        return (rows["big"] + 0.25 * rows["small"] + 0.25 * rows["noise"] > 0).to_numpy()

    table["y"] = np.where(flipped(decided(table), 0.05, rng), "yes", "no")
    found = dominance(
        context_for(lambda rows: np.where(decided(rows), "yes", "no"), table, limit=0.5, output="label", budget=500_000)
    )
    assert found.estimate.low > 0.5
    assert "big" in found.proved
    assert "errors" in found.reading


def test_what_it_tells_alone_is_open_where_the_budget_leaves_no_rows_for_it(context_for, leaking):
    found = dominance(context_for(by_leak, leaking[["big", "leak", "y"]], limit=0.8, budget=2_000))
    assert found.estimate.low > 0.8
    told = verdict(found)
    assert told.verdict == "inconclusive"
    assert "alone" in told.reason
    assert not found.findings


def test_the_largest_of_several_shares_is_judged_as_one_of_them(asked_of):
    found = dominance(asked_of(limit=0.95))
    assert found.estimate.confidence == pytest.approx(1.0 - 0.05 / 7)  # six columns, and copies as one more


def test_where_many_rows_lose_their_answers_nothing_is_proved(context_for, leaking):
    def picky(rows):
        answers = by_leak(rows)
        answers[(np.abs(rows["noise"] - rows["same"]) > 2.0).to_numpy()] = np.nan
        return answers

    found = dominance(context_for(picky, leaking.assign(same=leaking["noise"]), limit=0.8))
    assert "have no answer where a column holds another row's entry" in found.estimate.unproven
    assert verdict(found).verdict == "inconclusive"
    assert not found.findings


def test_a_leak_among_more_columns_than_can_be_explained_is_found(context_for, people):
    rng = np.random.default_rng(3)
    names = [f"f{place}" for place in range(50)]
    table = pd.DataFrame(rng.normal(size=(1_500, 50)), columns=names).assign(y=people(1_500)["y"])
    table["leak"] = (table["y"] == "yes").to_numpy() + 0.1 * rng.normal(size=1_500)

    def model(rows):
        return 1.0 / (1.0 + np.exp(-(10.0 * (rows["leak"] - 0.5) + 0.02 * rows[names].sum(axis=1)).to_numpy()))

    context = context_for(model, table, limit=0.8, budget=20_000)
    assert "budget" in explained(context)
    found = dominance(context)
    assert [one.title.split()[0] for one in found.findings] == ["leak"]
    assert {line[2] for line in found.tables[0].rows} == {None}
