"""What columns move and earn: parts of one whole, added up once."""

import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.explainability.earned import Earned, earned, moved_together
from modelcheck.checks.explainability.losing import Answered
from modelcheck.explain.permuted import cyclic_donors, shuffled_losses
from modelcheck.stats.design import Design


def by_weights(n, weights, *, lost=0, seed=0):
    """What columns move and earn in a model that adds them up; some rows without an answer for the last column."""
    rng = np.random.default_rng(seed)
    x, d = rng.normal(size=(n, len(weights))), len(weights)
    y = x @ weights + 0.1 * rng.normal(size=n)
    donors = cyclic_donors(n, 1, rng)
    own = x @ weights
    changed = own + ((x[donors[0]] - x) * weights).T
    changed[-1, :lost] = np.nan

    def read(loss):
        told = iter([own, changed.ravel()])
        names = {f"f{place}": () for place in range(d)}
        return shuffled_losses(lambda rows: next(told), loss, pd.DataFrame(index=range(n)), names, donors)

    loss = read(lambda score, at: (score - y[at]) ** 2)
    moved = read(lambda score, at: (score - own[at]) ** 2)
    return Earned(shuffled=loss, scaled=loss, moved=moved, loss="squared error", rows=n, predicted=0)


def test_parts_of_movement_and_earnings_are_those_of_their_definition():
    gains = by_weights(400, np.array([2.0, 1.0, 0.0]))
    moved, earns = (one.increase.mean(axis=1) for one in (gains.moved, gains.shuffled))
    assert [gains.movement(at).value for at in range(3)] == pytest.approx((moved / moved.sum()).tolist())
    assert [gains.part(at).value for at in range(3)] == pytest.approx((earns / earns[earns > 0].sum()).tolist())
    assert sum(gains.movement(at).influence.sum() for at in range(3)) == pytest.approx(0.0, abs=1e-9)
    later = by_weights(300, np.array([2.0, 1.0, 0.0]), seed=1)
    before, after = gains.lost(later, 0)
    assert before.value == gains.part(0).value
    assert after.value == pytest.approx(later.shuffled.increase[0].mean() / earns[earns > 0].sum())


def test_the_whole_is_added_up_once_however_many_columns_ask(monkeypatch):
    calls = []
    mean = Design.mean
    monkeypatch.setattr(Design, "mean", lambda self, values: calls.append(1) or mean(self, values))
    columns = 60
    gains = by_weights(50, np.ones(columns))
    for place in range(columns):
        gains.movement(place)
        gains.part(place)
        gains.lost(gains, place)
    assert len(calls) < 10 * columns


@pytest.mark.parametrize(("lost", "doubted"), [(0, False), (3, False), (20, True)])
def test_estimates_are_unproven_where_over_a_hundredth_of_the_rows_lost_their_answers(lost, doubted):
    gains = by_weights(400, np.array([2.0, 1.0, 0.5]), lost=lost)
    assert bool(gains.doubt) == doubted
    share = gains.movement_share(0, 0.95, "share")
    assert (f"{lost} of 400 rows" in share.unproven) == doubted
    earns = gains.estimates(0.95)
    assert not earns["f0"].unproven
    assert bool(earns["f2"].unproven) == doubted


def test_columns_that_are_moved_together_count_as_one(context_for, people):
    table = people(400)[["big", "small", "noise"]]

    def model(rows):
        return (rows["big"] + rows["small"] + rows["noise"]).to_numpy()

    context = context_for(model, table.assign(y=model), task="regression")
    gains = earned(context)
    joint = moved_together(context, gains, ("big", "small"))
    places = [gains.columns.index(name) for name in ("big", "small")]
    both = gains.movement_together(places, joint)
    apart, alone = gains.moved.increase, joint.increase[0].mean()
    assert both.value == pytest.approx(alone / (alone + apart[gains.columns.index("noise")].mean()))
    assert both.value == pytest.approx(2 / 3, abs=0.08)


def test_what_is_known_is_not_asked_about_again():
    asked = []

    def ask(rows):
        asked.append(len(rows))
        return np.zeros(len(rows))

    model = Answered(ask, np.arange(5.0))
    frame = pd.DataFrame(index=range(3))
    assert [model(frame).tolist(), model(frame[:2]).tolist()] == [[0.0, 1.0, 2.0], [3.0, 4.0]]
    assert model(frame).tolist() == [0.0] * 3
    assert asked == [3]
