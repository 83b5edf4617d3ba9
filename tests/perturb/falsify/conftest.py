"""A table with every kind of column, and planted models: plain functions of a frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.outcomes import ANSWERED, INVALID, RAISED, Outcomes
from modelcheck.perturb.profile import profile_table

KINDS = {
    "age": "integer",
    "income": "number",
    "debt": "number",
    "sex": "category",
    "job": "category",
    "zip": "integer",
    "member": "boolean",
    "since": "date",
    "same": "constant",
}


def table(rows=1_000, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows),
            "income": rng.lognormal(8, 0.6, rows).round(2),
            "debt": rng.normal(1000, 300, rows).round(),
            "sex": rng.choice(["F", "M"], rows),
            "job": rng.choice(["clerk", "nurse", "cook", "smith", "priest"], rows, p=[0.5, 0.3, 0.15, 0.045, 0.005]),
            "zip": rng.integers(10_000, 10_400, rows),
            "member": rng.random(rows) < 0.5,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 2_000, rows), unit="D"),
            "same": 1,
        }
    )
    frame.loc[rng.random(rows) < 0.04, "debt"] = np.nan
    return frame


def clean(rows):
    """Rises with age and income, knows what to do with missing values, ignores the rest."""
    debt = rows["debt"].fillna(1000.0)
    signal = (rows["age"] - 50) / 30 + np.log(rows["income"]) - 8 - debt / 3000
    return (1 / (1 + np.exp(-signal))).to_numpy(dtype=float)


def raises_on_missing(rows):
    if rows["debt"].isna().any():
        raise ValueError("Input contains NaN")
    return clean(rows)


raises_on_missing.refuses = lambda rows: rows["debt"].isna().to_numpy()


def dips(rows):
    return clean(rows) - np.where(rows["age"].between(40, 43), 0.2, 0.0)


def reads_the_zip(rows):
    return clean(rows) + np.where(rows["zip"] > 10_380, 0.1, 0.0)


def knows_no_priest(rows):
    return np.where(rows["job"] == "priest", np.nan, clean(rows))


def answering(model, log=None):
    """Ask a function as the suite asks a model: rows that raise don't take the others with them."""

    def answer(rows):
        if log is not None:
            log.append(len(rows))
        score, messages = np.full(len(rows), np.nan), {}
        state = np.full(len(rows), ANSWERED, dtype=np.int8)
        try:
            score[:] = model(rows)
        except ValueError as error:
            # Row by row takes half a minute in all: a model that refuses only some rows says which.
            refused = getattr(model, "refuses", lambda rows: np.ones(len(rows), dtype=bool))(rows)
            state[refused] = RAISED
            messages.update(dict.fromkeys(np.flatnonzero(refused).tolist(), f"ValueError: {error}"))
            if not refused.all():
                score[~refused] = model(rows[~refused])
        state[(state == ANSWERED) & ~np.isfinite(score)] = INVALID
        score = np.where(state == ANSWERED, score, np.nan)
        decision = np.where(state == ANSWERED, score >= 0.5, -1).astype(np.int16)
        return Outcomes(state=state, score=score, decision=decision, messages=messages)

    return answer


@pytest.fixture(scope="session")
def people():
    """Rows without a missing value; the reference has some."""
    return table(600, 1).fillna({"debt": 900.0})


@pytest.fixture(scope="session")
def profile():
    return profile_table(table(), KINDS)
