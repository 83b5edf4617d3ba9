"""A limit that is declared on shares of attribution: each of them is judged as one of many."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

from modelcheck.checks.explainability.importance import importance
from modelcheck.gates.judge import judge
from modelcheck.record.evidence import Criterion


def alike(seed, columns=8, rows=300):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, columns)), columns=[f"f{place}" for place in range(columns)])
    return frame.assign(y=frame.sum(axis=1))


def evidence(context_for, seed, limit, **more):
    table = alike(seed, **more)
    model = LinearRegression().fit(table.drop(columns="y"), table["y"])
    return importance(context_for(model, table, task="regression", limit=limit, reference=alike(seed + 100, **more)))


def test_the_largest_of_equal_shares_does_not_break_a_limit_that_all_of_them_keep(context_for):
    limit, failed = 1.0 / 8.0, 0
    for seed in range(20):
        found = evidence(context_for, seed, limit)
        assert found.looked_at == 8
        assert found.estimate.confidence > 0.95
        failed += judge(found, Criterion(max=limit, confidence=0.95)).verdict == "fail"
    assert failed <= 3  # of 20 at 2.5 %; a largest share with an interval of its own breaks it in every fourth


def test_every_share_that_breaks_the_limit_is_named(context_for):
    found = evidence(context_for, 0, 0.05)
    assert set(found.groups) == {f"f{place}" for place in range(8)}
    told = judge(found, Criterion(max=0.05, confidence=0.95))
    assert told.verdict == "fail"
    assert "8 fail" in told.reason


def test_without_a_limit_nothing_is_judged(context_for):
    found = evidence(context_for, 0, None)
    assert (found.groups, found.looked_at, found.estimate.confidence) == ({}, 0, 0.95)
