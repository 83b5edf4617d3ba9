"""What a model can answer is answered in few calls; the rows that it can't answer are found and named."""

from __future__ import annotations

import threading
import time

import numpy as np
import pandas as pd
import pytest

from modelcheck.checks.answering import CALL_ROWS, Answering, joined
from modelcheck.errors import ModelError, ModelRaised, WorkerDied, WorkerSpent, WorkerTimedOut
from modelcheck.perturb.outcomes import ANSWERED, HUNG, INVALID, RAISED, UNASKED, Outcomes
from modelcheck.scoring.predictor import Answer


class Model:
    """Answers by a function of the rows, and remembers what it was asked."""

    def __init__(self, function=lambda rows: rows["x"].to_numpy(dtype=float) / 1e6):
        self.function = function
        self.asked = []

    def answer(self, rows):
        self.asked.append(rows.copy())
        score = self.function(rows)
        return Answer(score=score, decision=(score >= 0.5).astype(np.int16))


def refusing(bad, error=ModelRaised, text="no such row"):
    def function(rows):
        here = np.isin(rows["x"].to_numpy(), bad)
        if here.any():
            raise error(f"{text}: {rows['x'].iloc[int(here.argmax())]:g}")
        return rows["x"].to_numpy(dtype=float) / 1e6

    return Model(function)


def frame(n, start=0, **more):
    return pd.DataFrame({"x": np.arange(start, start + n)} | more)


def test_pieces_of_equal_types_are_one_call_and_each_gets_its_own_answers():
    model = Model()
    pieces = [frame(50, 100 * place) for place in range(6)] + [frame(0), frame(7, 900)]
    answering = Answering(model)
    found = answering.ask(pieces)
    assert len(model.asked) == answering.calls == 1
    assert answering.rows == 307
    assert [len(one) for one in found] == [50] * 6 + [0, 7]
    for piece, one in zip(pieces, found, strict=True):
        assert one.score.tolist() == (piece["x"] / 1e6).tolist()
        assert one.answered.all()


def test_a_call_is_not_made_larger_than_it_may_be():
    model = Model()
    Answering(model).ask([frame(CALL_ROWS // 3)] * 7)
    assert [len(rows) for rows in model.asked] == [3 * (CALL_ROWS // 3)] * 2 + [CALL_ROWS // 3]


@pytest.mark.parametrize(
    "other",
    [
        frame(5).astype(float),
        frame(5).astype("Int64"),
        frame(5).rename(columns={"x": "x", "w": "w"}).assign(w=1),
    ],
    ids=["float", "nullable", "another column"],
)
def test_other_types_or_columns_are_a_call_of_their_own(other):
    model = Model()
    Answering(model).ask([frame(5), other, frame(5)])
    assert [len(rows) for rows in model.asked] == [10, 5]
    assert model.asked[1].dtypes.equals(other.dtypes)


def test_other_categories_are_a_call_of_their_own_so_that_none_becomes_text():
    model = Model()
    known = (["a", "b"], ["a", "b", "c"], ["b", "a"])
    pieces = [frame(2, kind=pd.Categorical(["a", "b"], categories=names)) for names in known]
    Answering(model).ask([*pieces, pieces[0]])
    assert [len(rows) for rows in model.asked] == [4, 2, 2]
    assert all(isinstance(rows["kind"].dtype, pd.CategoricalDtype) for rows in model.asked)


@pytest.mark.parametrize("bad", [0, 1, 499, 500, 777, 999])
def test_one_row_in_a_thousand_is_found_and_all_others_are_answered(bad):
    model = refusing([bad])
    one = Answering(model).one(frame(1000))
    assert np.flatnonzero(one.state).tolist() == [bad]
    assert one.state[bad] == RAISED
    assert one.messages == {bad: f"no such row: {bad}"}
    others = np.arange(1000) != bad
    assert one.score[others].tolist() == (np.arange(1000)[others] / 1e6).tolist()
    assert np.isnan(one.score[bad])
    assert one.decision[bad] == -1
    assert len(model.asked) <= 4 + 2 * 10


def test_a_piece_that_fails_takes_no_other_piece_with_it():
    model = refusing([1003])
    found = Answering(model).ask([frame(500), frame(500, 1000), frame(500, 2000)])
    assert [int((one.state != ANSWERED).sum()) for one in found] == [0, 1, 0]
    assert found[1].messages == {3: "no such row: 1003"}
    assert found[2].score[0] == 2000 / 1e6


def test_a_piece_that_fails_whatever_row_is_asked_costs_few_calls():
    model = refusing(np.arange(1000))
    one = Answering(model).one(frame(1000))
    assert (one.state == RAISED).all()
    assert one.score is None
    assert one.messages == {0: "no such row: 0"}
    assert len(model.asked) <= 5


def test_many_failing_rows_among_others_cost_a_bounded_number_of_calls():
    bad = np.flatnonzero(np.random.default_rng(0).random(5000) < 0.3)
    model = refusing(bad)
    one = Answering(model).one(frame(5000))
    assert len(model.asked) <= 4 + 2 * 128
    assert np.isin(one.state[bad], (RAISED, UNASKED)).all()
    # Where nobody could be named one row stands for all, and is said to.
    assert 0 < (one.state == RAISED).sum() <= len(bad)
    for row in np.setdiff1d(np.flatnonzero(one.state == RAISED), bad).tolist():
        assert "which one was not found out" in one.messages[row]


def test_no_more_rows_are_asked_about_than_may_be():
    model = Model()
    answering = Answering(model, most_rows=25)
    found = answering.ask([frame(10), frame(10, 100), frame(10, 200)])
    assert answering.rows == sum(map(len, model.asked)) <= 25
    assert {int(state) for one in found for state in one.state} == {ANSWERED, UNASKED}
    assert sum(int((one.state == ANSWERED).sum()) for one in found) >= 10
    for one in found:
        assert one.answered.all() or "budget" in one.messages[0]


def test_rows_asked_again_count_too():
    model = refusing([700])
    answering = Answering(model, most_rows=1200)
    one = answering.one(frame(1000))
    assert sum(map(len, model.asked)) <= 1200
    assert one.state[700] != ANSWERED
    # It isn't claimed of a row that it raises because there were no rows left to ask.
    assert (one.state == RAISED).sum() <= 1


def test_a_call_that_raised_says_nothing_of_single_rows_when_nothing_is_left_to_ask_with():
    one = Answering(refusing([700]), most_rows=1000).one(frame(1000))
    assert (one.state == UNASKED).any()


def test_that_a_call_raised_is_not_lost_when_nothing_is_left_to_ask_again_with():
    found = Answering(refusing([3]), most_rows=12).ask([frame(6), frame(6, 6)])
    states = np.concatenate([one.state for one in found])
    assert (states == RAISED).sum() == 1
    assert "which one was not found out" in next(iter(found[0].messages.values()))


def test_what_is_likely_to_raise_can_be_asked_about_apart():
    model = Model()
    Answering(model).ask([frame(5), frame(6), frame(7)], ["safe", "odd", "safe"])
    assert [len(rows) for rows in model.asked] == [12, 6]


def test_an_answer_that_is_none_is_told_from_an_exception():
    model = refusing([3], error=ModelError, text="not finite")
    one = Answering(model).one(frame(10))
    assert one.state.tolist() == [INVALID if place == 3 else ANSWERED for place in range(10)]
    assert one.messages == {3: "not finite: 3"}
    assert Answering(refusing([3])).one(frame(10)).state[3] == RAISED


def test_errors_of_this_program_come_through():
    def broken(rows):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Answering(Model(broken)).one(frame(3))


def test_a_model_that_hangs_is_broken_off():
    def hangs(rows):
        time.sleep(60.0)

    one = Answering(Model(hangs), patience_s=0.02).one(frame(8))
    assert (one.state == HUNG).all()
    assert one.messages[0] == "no answer within 0.02 s."


def test_after_three_calls_without_an_answer_nothing_more_is_asked():
    def hangs(rows):
        time.sleep(60.0)

    model = Model(hangs)
    kinds = ("int8", "int16", "int32", "int64", "float32", "float64")
    answering = Answering(model, patience_s=0.02)
    found = answering.ask([frame(4).astype(kind) for kind in kinds])
    assert len(model.asked) == answering.calls == 3
    assert [int(one.state[0]) for one in found] == [HUNG] * 3 + [UNASKED] * 3
    assert [next(iter(one.messages.values()))[:9] for one in found] == ["no answer"] * 3 + ["not asked"] * 3


def test_what_hangs_in_one_piece_leaves_the_others_their_answers():
    def hangs(rows):
        if (rows["x"] >= 1000).any():
            time.sleep(60.0)
        return rows["x"].to_numpy(dtype=float) / 1e6

    found = Answering(Model(hangs), patience_s=0.5).ask([frame(4), frame(4, 1000)])
    assert found[0].answered.all()
    assert (found[1].state == HUNG).all()


def test_patience_grows_with_what_rows_took_before():
    def slow(rows):
        time.sleep(0.05 * len(rows))
        return rows["x"].to_numpy(dtype=float) / 1e6

    answering = Answering(Model(slow), patience_s=0.5)
    assert answering.one(frame(2)).answered.all()
    assert answering.one(frame(20)).answered.all()
    assert (Answering(Model(slow), patience_s=0.5).one(frame(20)).state == HUNG).all()


def test_in_another_thread_everything_is_answered():
    found = []
    thread = threading.Thread(target=lambda: found.append(Answering(refusing([5]), patience_s=0.001).one(frame(10))))
    thread.start()
    thread.join()
    assert np.flatnonzero(found[0].state).tolist() == [5]


def test_several_classes_keep_their_columns_where_nothing_was_answered():
    answered = Outcomes(
        state=np.zeros(2, dtype=np.int8),
        score=np.array([[0.2, 0.3, 0.5], [0.6, 0.2, 0.2]]),
        decision=np.array([2, 0], dtype=np.int16),
        messages={},
    )
    nothing = Outcomes(state=np.full(2, RAISED, dtype=np.int8), score=None, decision=None, messages={1: "no"})
    whole = joined([nothing, answered, nothing])
    assert whole.score.shape == (6, 3)
    assert np.isnan(whole.score).all(axis=1).tolist() == [True, True, False, False, True, True]
    assert whole.decision.tolist() == [-1, -1, 2, 0, -1, -1]
    assert whole.messages == {1: "no", 5: "no"}


def test_a_process_that_dies_is_asked_little_and_one_row_is_found():
    model = refusing(np.arange(100, 5000, 7), WorkerDied)
    answering = Answering(model)
    found = answering.one(frame(5000))
    assert answering.calls < 60
    known = [row for row, text in found.messages.items() if text.startswith("no such row")]
    assert known
    assert all(row >= 100 and (row - 100) % 7 == 0 for row in known)
    assert (found.state == UNASKED).any()


def test_after_many_deaths_nothing_more_is_asked_and_nothing_blamed():
    model = refusing(np.arange(0, 10**6, 2), WorkerDied)
    answering = Answering(model)
    for start in range(0, 100_000, 1000):
        answering.one(frame(1000, start))
    assert answering.calls < 1000
    asked = answering.calls
    assert (answering.one(frame(10, 1)).state == UNASKED).all()
    assert answering.calls == asked


def test_a_process_that_is_not_started_again_leaves_rows_unasked():
    answering = Answering(refusing([5], WorkerSpent))
    assert (answering.one(frame(10)).state == UNASKED).all()
    assert (answering.one(frame(3)).state == UNASKED).all()
    assert answering.calls == 1


def test_a_process_that_was_ended_for_its_slowness_hangs():
    answering = Answering(refusing([5], WorkerTimedOut))
    assert (answering.one(frame(10)).state == HUNG).all()
