"""What the candidate tells by some columns alone: the part of the truth that is theirs."""

import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.explainability.alone import tells_alone
from modelcheck.checks.explainability.drawn import drawn


def asked(context, *columns, rows=6_000):
    return tells_alone(context, drawn(context), columns, allowed=rows)


def additive(part, n=2_000, seed=0):
    """A truth of which one column has a part, and another the rest."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": np.sqrt(part) * rng.normal(size=n), "b": np.sqrt(1.0 - part) * rng.normal(size=n)})
    return frame.assign(c=rng.normal(size=n), y=frame["a"] + frame["b"])


def total(rows):
    return (rows["a"] + rows["b"]).to_numpy()


@pytest.mark.parametrize(("part", "near", "less"), [(0.99, True, False), (0.9, False, True), (0.8, False, True)])
def test_of_a_sum_a_column_tells_its_part_of_the_variance_however_many_rows_lend_the_rest(
    context_for, part, near, less
):
    found = asked(context_for(total, additive(part), task="regression"), "a")
    assert found.tells == pytest.approx(part, abs=0.02)
    assert found.candidate == pytest.approx(1.0)
    assert (found.near, found.less, found.decides) == (near, less, False)
    assert found.asked == 6_000


def test_answers_that_are_too_extreme_or_shifted_tell_as_much(context_for):
    table = additive(0.9)
    plain, loud = (
        asked(context_for(lambda rows, by=by: 7.0 + by * total(rows), table, task="regression"), "a")
        for by in (1.0, 9.0)
    )
    assert loud.tells == pytest.approx(plain.tells)


def test_columns_are_kept_together(context_for):
    assert asked(context_for(total, additive(0.5), task="regression"), "a", "b").tells == pytest.approx(1.0)


def test_decisions_are_compared_in_errors_saved(context_for):
    table = additive(0.9).assign(y=lambda rows: np.where(rows["a"] + rows["b"] > 0, "yes", "no"))
    context = context_for(lambda rows: np.where(total(rows) > 0, "yes", "no"), table, output="label")
    found = asked(context, "a")
    assert found.decides
    assert found.candidate == pytest.approx(1.0)
    wrong = np.mean((table["a"] > 0) != (table["a"] + table["b"] > 0))
    assert found.tells == pytest.approx(1.0 - wrong / 0.5, abs=0.05)
    assert found.less


def test_a_column_that_tells_every_row_is_proved_by_how_many_there_are(context_for):
    table = additive(0.9).assign(y=lambda rows: np.where(rows["a"] > 0, "yes", "no"))
    context = context_for(lambda rows: np.where(rows["a"] > 0, "yes", "no"), table, output="label")
    assert asked(context, "a").near
    few = asked(context, "a", rows=3 * 60)
    assert (few.near, few.less) == (False, False)


def test_without_rows_or_answers_nothing_is_known(context_for):
    table = additive(0.9)
    assert "budget" in asked(context_for(total, table, task="regression"), "a", rows=60)

    def picky(rows):
        return np.where(np.abs(rows["c"] - rows["d"]) > 0, np.nan, total(rows))

    context = context_for(picky, table.assign(d=table["c"]), task="regression")
    assert "have no answer" in asked(context, "a", "c")
