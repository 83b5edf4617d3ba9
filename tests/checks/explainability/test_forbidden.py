import numpy as np
import pytest

from modelcheck.checks.explainability.forbidden import forbidden
from modelcheck.checks.explainability.stand_ins import NEAR_COPY


def leaning(weight, column="group"):
    """A model that also goes by a column."""

    def model(rows):
        other = (rows["group"] == "M") if column == "group" else rows[column]
        return 1.0 / (1.0 + np.exp(-(rows["big"] + weight * np.asarray(other, dtype=float)).to_numpy()))

    return model


@pytest.fixture(scope="module")
def direct(context_for, people):
    return context_for(leaning(1.5), people(), forbidden=("group",), limit=0.05)


def test_a_forbidden_column_that_moves_answers_is_found_with_an_interval(direct, lines_of):
    found = forbidden(direct)
    assert 0.2 < found.estimate.low < found.estimate.value < found.estimate.high < 0.8
    assert len(found.findings) == 1
    assert "group" in found.findings[0].title
    lines = lines_of(found)
    assert lines[0]["column"] == "group"
    assert sum(line["counted"] for line in lines) == pytest.approx(found.estimate.value)


def test_a_near_copy_counts_for_the_column_that_it_copies(context_for, people, lines_of):
    found = forbidden(context_for(leaning(1.5, "twin"), people(), forbidden=("group",), limit=0.05))
    twin = next(line for line in lines_of(found) if line["column"] == "twin")
    assert twin["tells"] == "group"
    assert NEAR_COPY <= twin["how much of it"] <= 1.0
    assert found.estimate.value == pytest.approx(twin["how much of it"] * twin["share of attribution"])
    assert found.estimate.low > 0.05
    assert "twin tells" in found.findings[0].reproduce


def test_a_column_that_only_goes_along_with_a_forbidden_one_is_listed_and_not_counted(context_for, people, lines_of):
    table = people()
    table["big"] += np.where(table["group"] == "M", 0.5, -0.5)
    found = forbidden(context_for(leaning(0.0), table, forbidden=("group",), limit=0.05))
    big = next(line for line in lines_of(found) if line["column"] == "big")
    assert 0.05 < big["how much of it"] < 0.5
    assert (found.estimate.value, found.findings) == (0.0, ())


def test_a_forbidden_column_that_never_moves_an_answer_has_a_share_of_zero_with_an_upper_limit(asked_of):
    found = forbidden(asked_of(forbidden=("noise",), limit=0.05))
    assert found.estimate.value == 0.0
    assert 0.0 < found.estimate.high < 0.05
    assert not found.findings


def test_decisions_alone_that_are_seldom_yes_put_nothing_on_a_column_that_is_not_looked_at(context_for, people):
    table = people()

    def seldom(rows):
        return np.where(rows["big"] > 2.0, "yes", "no")

    found = forbidden(context_for(seldom, table, output="label", forbidden=("group",), limit=0.05))
    assert found.estimate.value == 0.0
    assert not found.findings


def test_without_a_declaration_the_protected_columns_are_looked_at(told, asked_of, lines_of):
    found = forbidden(told)
    assert "protected" in found.reading
    assert {line["column"] for line in lines_of(found) if line["counted"] is not None and line["tells"] == "group"} >= {
        "group"
    }


def test_with_nothing_declared_or_protected_there_is_nothing_to_forbid(context_for, people, right):
    found = forbidden(context_for(right, people(200)))
    assert "forbidden = " in found.not_applicable


def test_a_forbidden_column_that_the_candidate_is_not_given_is_shown_without_a_share(context_for, people, lines_of):
    from sklearn.linear_model import LogisticRegression

    table = people()
    model = LogisticRegression().fit(table[["big", "small", "noise"]], table["y"])
    found = forbidden(context_for(model, table, forbidden=("group",), limit=0.05))
    line = lines_of(found)[0]
    assert (line["column"], line["share of attribution"]) == ("group", None)
    assert found.estimate.value == 0.0


def test_the_higher_level_has_the_wider_interval(direct, asked_of):
    narrow, wide = (forbidden(asked_of(direct, confidence=level)).estimate for level in (0.8, 0.999))
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.value == narrow.value
