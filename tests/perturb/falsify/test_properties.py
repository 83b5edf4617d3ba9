"""Properties judge what they say, and nothing without an answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.falsify.properties import finite, increasing, no_crash, unmoved
from modelcheck.perturb.outcomes import ANSWERED, HUNG, INVALID, RAISED, Outcomes


def _outcomes(score=None, decision=None, state=None):
    rows = len(score if score is not None else decision)
    return Outcomes(
        state=np.array([ANSWERED] * rows if state is None else state, dtype=np.int8),
        score=None if score is None else np.array(score, dtype=float),
        decision=None if decision is None else np.array(decision, dtype=np.int16),
        messages={},
    )


def _broken(prop, before, after, was=None, now=None):
    rows = [0] * len(before)
    return prop.broken(before, after, pd.DataFrame({"x": was or rows}), pd.DataFrame({"x": now or rows})).tolist()


def test_a_crash_is_an_exception_and_not_a_strange_answer():
    before = _outcomes([0.1] * 4)
    after = _outcomes([0.1, np.nan, np.nan, np.nan], state=[ANSWERED, RAISED, INVALID, HUNG])
    assert _broken(no_crash(), before, after) == [False, True, False, False]
    assert _broken(finite(), before, after) == [False, False, True, False]


def test_the_score_must_follow_the_column_up_and_down():
    before = _outcomes([0.5] * 6)
    after = _outcomes([0.4, 0.6, 0.4, 0.6, 0.4, np.nan])
    was, now = [1, 1, 1, 1, 1, 1], [2, 2, 0, 0, 1, 2]
    assert _broken(increasing("x"), before, after, was, now) == [True, False, False, True, False, False]
    assert _broken(increasing("x", -1), before, after, was, now) == [False, True, True, False, False, False]
    assert not any(_broken(increasing("x", 1, 0.11), before, after, was, now))


def test_a_missing_value_has_no_direction():
    before, after = _outcomes([0.5, 0.5]), _outcomes([0.4, 0.4])
    assert _broken(increasing("x"), before, after, [1.0, np.nan], [np.nan, 1.0]) == [False, False]


def test_dates_and_labels_have_a_direction_and_several_classes_have_none():
    days = pd.to_datetime(["2020-01-01"]).tolist(), pd.to_datetime(["2020-01-02"]).tolist()
    assert _broken(increasing("x"), _outcomes([0.5]), _outcomes([0.4]), *days) == [True]
    assert _broken(increasing("x"), _outcomes(None, [1]), _outcomes(None, [0]), [1], [2]) == [True]
    assert _broken(increasing("x"), _outcomes([[0.5, 0.5]]), _outcomes([[0.9, 0.1]]), [1], [2]) == [False]


def test_a_forbidden_column_must_move_no_class():
    before = _outcomes([[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]])
    after = _outcomes([[0.2, 0.3, 0.5], [0.2, 0.4, 0.4]])
    assert _broken(unmoved("x", 0.05), before, after) == [False, True]
    assert _broken(unmoved("x", 0.2), before, after) == [False, False]
    assert _broken(unmoved("x"), _outcomes(None, [1, 1]), _outcomes(None, [1, 0])) == [False, True]


@pytest.mark.parametrize(("sign", "tolerance"), [(0, 0.0), (1, -1.0), (1, float("nan"))])
def test_nonsense_is_refused(sign, tolerance):
    with pytest.raises(ValueError, match="increasing"):
        increasing("x", sign, tolerance)
    with pytest.raises(ValueError, match="unmoved"):
        unmoved([] if sign == 0 else "x", tolerance)
