import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.explainability.drawn import Scores, drawn
from modelcheck.checks.explainability.moving import moving, other_entries, probe
from modelcheck.checks.explainability.together import asked_a_row, moved_together

WIDE = 60


def table_of(n, seed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n, WIDE)), columns=[f"f{place}" for place in range(WIDE)])
    table["flag"] = (rng.random(n) < 0.01).astype(int)
    return table.assign(twin=table["f0"], y=rng.normal(size=n))


@pytest.fixture(scope="module")
def ready_of(context_for):
    def make(model, **more):
        context = context_for(
            model, table_of(600, 1), reference=table_of(600, 2), task="regression", budget=200_000, **more
        )
        return context, drawn(context)

    return make


def weighted(rows):
    """One column with three times the weight of each of the 59 others: 3/62 of all attribution."""
    return rows[[f"f{place}" for place in range(WIDE)]].sum(axis=1).to_numpy() + 2.0 * rows["f0"].to_numpy()


def test_a_share_among_many_columns_is_that_of_a_game_of_all_of_them(ready_of):
    context, ready = ready_of(weighted)
    found = moved_together(context, ready, ("f0",), weight=1.0, allowed=64_000)
    assert found.rows == 400
    assert found.asked == 400 * asked_a_row(WIDE + 1)
    assert found.lost == 0
    assert found.estimate.low < 3.0 / 62.0 < found.estimate.high
    assert found.estimate.value == pytest.approx(3.0 / 62.0, abs=0.012)
    assert "f0 switched as one" in found.estimate.method


def test_half_of_what_moves_counts_where_columns_tell_half(ready_of):
    context, ready = ready_of(weighted)
    whole, half = (moved_together(context, ready, ("f0",), weight=one, allowed=9_600) for one in (1.0, 0.5))
    assert half.estimate.value == pytest.approx(0.5 * whole.estimate.value)


def test_the_true_share_is_within_limits_where_columns_act_together_and_walks_are_noisy(ready_of):
    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], (WIDE, WIDE))

    def crossed(rows):
        x = rows[[f"f{place}" for place in range(WIDE)]].to_numpy(dtype=float)
        return ((x @ signs) * x).sum(axis=1)

    context, ready = ready_of(crossed)
    found = moved_together(context, ready, ("f0",), weight=1.0, allowed=64_000).estimate
    assert found.low < 1.0 / WIDE < found.high


def test_a_column_and_its_copy_are_never_torn_apart(ready_of):
    def strict(rows):
        return np.where(rows["f0"] != rows["twin"], np.nan, rows["f0"] + rows["f1"])

    context, ready = ready_of(strict)
    found = moved_together(context, ready, ("f0", "twin"), weight=1.0, allowed=9_600)
    assert (found.lost, found.rows) == (0, 60)
    assert 0.3 < found.estimate.value < 0.7


def test_under_thirty_rows_nothing_is_asked(ready_of):
    context, ready = ready_of(weighted)
    assert moved_together(context, ready, ("f0",), weight=1.0, allowed=29 * asked_a_row(WIDE)) is None


def test_every_row_is_lent_another_value_if_there_is_one():
    table = pd.DataFrame({"flag": [0] * 99 + [1], "same": "x"})
    lent = other_entries(table, np.arange(100), ("flag",), np.random.default_rng(0))
    assert (lent[:99] == 99).all()
    assert lent[99] < 99
    assert (other_entries(table, np.arange(3), ("same",), np.random.default_rng(0)) == -1).all()
    assert (other_entries(table, np.arange(3), ("same", "flag"), np.random.default_rng(0)) == 99).all()


def test_a_flag_that_is_seldom_set_moves_and_is_not_screened_out(ready_of):
    context, ready = ready_of(lambda rows: (rows["f0"] + 9.0 * rows["flag"]).to_numpy())
    scores = Scores(context.asking, ready.scored)
    assert moving(context, ready, scores, 10_000, frozenset()) == ("f0", "flag")
    assert scores.asked == 32 * (WIDE + 3)
    assert moving(context, ready, scores, 10_000, frozenset({"f7"})) == ("f0", "f7", "flag")


def test_whether_columns_do_anything_is_asked_where_they_change(ready_of):
    context, ready = ready_of(lambda rows: (rows["f0"] + 9.0 * rows["flag"]).to_numpy())
    used, unused = probe(context, ready, ("flag",)), probe(context, ready, ("f3",))
    assert (used.pairs, used.moved, used.unanswered) == (200, 200, 0)
    assert (unused.pairs, unused.moved) == (200, 0)
