import numpy as np
import pandas as pd
import pytest

from modelcheck.explain.permuted import cyclic_donors, importance, shuffled_losses
from modelcheck.explain.questions import mixed
from modelcheck.stats.design import Design

EACH = {"a": ("a",), "b": ("b",)}


def _rows(size, seed=0):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=size)
    return pd.DataFrame({"a": a, "b": rng.normal(size=size), "copy": a, "job": rng.choice(["x", "y"], size)})


def _linear(frame):
    return (2 * frame["a"] + frame["copy"]).to_numpy()


def _squared(target):
    return lambda scores, at: (scores - target[at]) ** 2


def _shuffled(rows, groups, donors, *, ask=_linear, noise=0.3, **options):
    target = _linear(rows) + np.random.default_rng(9).normal(0.0, noise, len(rows))
    return shuffled_losses(ask, _squared(target), rows, groups, donors, **options)


def test_a_donor_is_never_the_row_itself_and_gives_once_a_repeat():
    donors = cyclic_donors(50, 20, np.random.default_rng(0))
    assert (np.sort(donors, axis=1) == np.arange(50)).all()
    assert (donors != np.arange(50)).all()
    assert len({tuple(donor) for donor in donors.tolist()}) == 20
    # One cycle: who follows whom leads through all rows.
    at, seen = 0, set()
    while at not in seen:
        seen.add(at)
        at = int(donors[0, at])
    assert len(seen) == 50


def test_one_row_has_no_donor():
    with pytest.raises(ValueError, match="1 rows"):
        cyclic_donors(1, 1, np.random.default_rng(0))


def test_the_increase_is_that_of_a_permutation_made_by_hand():
    rows = _rows(40)
    donors = cyclic_donors(40, 3, np.random.default_rng(1))
    target = _linear(rows) + np.random.default_rng(9).normal(0.0, 0.3, 40)
    found = _shuffled(rows, EACH, donors)
    own = (_linear(rows) - target) ** 2
    by_hand = [(_linear(rows.assign(a=rows["a"].to_numpy()[donor])) - target) ** 2 - own for donor in donors]
    assert found.unchanged == pytest.approx(own)
    assert found.increase[0] == pytest.approx(np.mean(by_hand, axis=0))
    assert (found.increase[1] == 0.0).all()
    assert (found.repeats, found.unanswered.tolist()) == (3, [0, 0])


def test_columns_of_a_group_take_their_entries_from_one_row():
    rows = _rows(40)
    donors = cyclic_donors(40, 2, np.random.default_rng(1))
    seen = []

    def ask(frame):
        seen.append(bool((frame["a"] == frame["copy"]).all()))
        return _linear(frame)

    both = _shuffled(rows, {"a and its copy": ("a", "copy")}, donors, ask=ask)
    assert seen == [True, True]
    alone = _shuffled(rows, {"a": ("a",), "copy": ("copy",)}, donors)
    assert both.increase.mean() > alone.increase.mean(axis=1).sum()


def test_few_calls_serve_all_columns_and_types_stay():
    rows = _rows(100).assign(grade=pd.Series(["low", "high"] * 50, dtype="category"), n=np.arange(100))
    sizes = []

    def ask(frame):
        sizes.append(len(frame))
        assert frame.dtypes.tolist() == rows.dtypes.tolist()
        return _linear(frame)

    donors = cyclic_donors(100, 5, np.random.default_rng(1))
    _shuffled(rows, {name: (name,) for name in rows}, donors, ask=ask)
    assert sizes == [100, 100 * 5 * 6]


def test_rows_without_an_answer_are_left_out_and_changed_rows_without_one_are_counted():
    rows = _rows(60)
    donors = cyclic_donors(60, 4, np.random.default_rng(1))

    def ask(frame):
        return np.where((frame["a"] > 1) | (frame["copy"] < -1), np.nan, _linear(frame))

    found = _shuffled(rows, {"a": ("a",)}, donors, ask=ask)
    gone = (rows["a"] > 1) | (rows["copy"] < -1)
    assert np.isnan(found.unchanged).tolist() == gone.tolist()
    refused = np.array([(rows["a"].to_numpy()[donor] > 1) | gone for donor in donors])
    assert found.unanswered.tolist() == [refused.sum()]
    assert np.isnan(found.increase[0]).tolist() == refused.all(axis=0).tolist()
    assert np.isnan(found.influence[0]).tolist() == refused.all(axis=0).tolist()
    estimate = importance(found, metric="m", confidence=0.95)["a"]
    assert estimate.n == int((~refused.all(axis=0)).sum())
    assert estimate.value == pytest.approx(np.nanmean(found.increase))


def test_a_loss_without_an_answer_counts_as_none_whatever_the_loss_function_says():
    rows = _rows(40)
    donors = cyclic_donors(40, 2, np.random.default_rng(1))
    found = shuffled_losses(
        lambda f: np.full((len(f), 2), np.nan), lambda scores, at: np.zeros(len(at)), rows, EACH, donors
    )
    assert np.isnan(found.increase).all()
    assert found.unanswered.tolist() == [80, 80]
    estimate = importance(found, metric="m", confidence=0.95)["a"]
    assert estimate.value is None
    assert estimate.unproven


def test_the_influence_holds_both_what_a_row_takes_and_what_it_gives():
    rows = _rows(30)
    donors = cyclic_donors(30, 4, np.random.default_rng(1))
    target = _linear(rows)
    found = shuffled_losses(_linear, _squared(target), rows, {"a": ("a",)}, donors)
    a = rows["a"].to_numpy()
    pairs = 4 * (a[:, None] - a[None, :]) ** 2
    value = np.mean([pairs[np.arange(30), donor] for donor in donors])
    taken = np.mean([pairs[np.arange(30), donor] for donor in donors], axis=0)
    given = np.mean([pairs[np.argsort(donor), np.arange(30)] for donor in donors], axis=0)
    assert found.influence[0] == pytest.approx(taken + given - 2 * value)


def test_weights_enter_the_mean_and_its_error_and_equal_ones_change_nothing():
    rows = _rows(200)
    donors = cyclic_donors(200, 4, np.random.default_rng(1))
    weight = np.random.default_rng(3).uniform(0.5, 2.0, 200)
    plain, even, weighted = (
        importance(_shuffled(rows, EACH, donors, design=design), metric="m", confidence=0.95)["a"]
        for design in (None, Design(weight=np.full(200, 2.0)), Design(weight=weight))
    )
    assert (even.value, even.low, even.high) == pytest.approx((plain.value, plain.low, plain.high))
    increase = _shuffled(rows, EACH, donors).increase[0]
    assert weighted.value == pytest.approx(np.average(increase, weights=weight))
    assert "weighted" in weighted.method
    assert weighted.high - weighted.low < 1.6 * (plain.high - plain.low)
    # Donating is weighted by who takes: rows of weight 2 are as good as two rows.
    influence = _shuffled(rows, EACH, donors, design=Design(weight=weight)).influence[0]
    assert np.average(influence, weights=weight) == pytest.approx(0.0, abs=1e-12)


def test_the_interval_is_by_cluster_where_rows_belong_together():
    rows = pd.concat([_rows(100)] * 4, ignore_index=True)
    donors = cyclic_donors(400, 5, np.random.default_rng(1))
    alone, together = (
        importance(_shuffled(rows, EACH, donors, design=design), metric="m", confidence=0.95)["a"]
        for design in (Design(), Design(cluster=np.tile(np.arange(100), 4)))
    )
    assert together.clusters == 100
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_a_column_that_the_model_ignores_is_worth_nothing_and_its_interval_has_width():
    found = importance(
        _shuffled(_rows(300), EACH, cyclic_donors(300, 3, np.random.default_rng(1))), metric="m", confidence=0.95
    )["b"]
    assert found.value == 0.0
    assert found.low < 0.0 < found.high
    assert not found.unproven


def test_few_rows_prove_nothing():
    found = importance(
        _shuffled(_rows(20), EACH, cyclic_donors(20, 3, np.random.default_rng(1))), metric="m", confidence=0.95
    )["a"]
    assert "20 rows are too few" in found.unproven
    assert found.n_needed == 30


def test_the_same_donors_give_the_same_answer():
    made = [
        _shuffled(_rows(50), EACH, cyclic_donors(50, 3, np.random.default_rng(7))).increase.tolist() for _ in range(2)
    ]
    assert made[0] == made[1]


def test_mixed_rows_are_a_frame_of_their_own():
    rows = _rows(5)
    frame = mixed(rows, np.array([0, 1]), np.array([2, 3]), {"a": np.array([True, False])})
    assert frame["a"].tolist() == [rows["a"][2], rows["a"][1]]
    frame.iloc[:, :3] = 0.0
    assert rows["b"][0] != 0.0
