"""Models that answer well and are unfit to be deployed; importable in a worker and by whoever loads their file."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm

__all__ = [
    "Around",
    "ByBatch",
    "ByChance",
    "ByHash",
    "ByPosition",
    "Connects",
    "DiesOnText",
    "DropsGaps",
    "FillsColumns",
    "ForgetsAPart",
    "HoldsALock",
    "KeepsRows",
    "NaNOnGaps",
    "SaysNothing",
    "Starts",
    "WorksMore",
    "Writes",
]


class Around:
    """A fitted binary model with something around it; as it stands it answers as the model does.

    Parameters
    ----------
    model : estimator
        With ``predict_proba``.
    strength : float
        How much of the defect there is, in the unit of the case.
    """

    def __init__(self, model: Any, strength: float = 1.0) -> None:
        self.model, self.strength = model, strength
        self.classes_ = model.classes_
        self.feature_names_in_ = model.feature_names_in_

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        """Return log odds; what differs between the models below."""
        return logit(np.clip(self.model.predict_proba(rows)[:, 1], 1e-6, 1 - 1e-6))

    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the probability of each class."""
        score = expit(self._odds(rows))
        return np.column_stack([1.0 - score, score])

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the likelier class."""
        return self.classes_[(self.predict_proba(rows)[:, 1] > 0.5).astype(int)]

    def chosen(self, rows: pd.DataFrame) -> np.ndarray:
        """Return whether each row is in the share `strength`, told by a column that means nothing."""
        if "draw" not in rows or rows["draw"].dtype.kind not in "fiu":
            return np.zeros(len(rows), dtype=bool)
        return rows["draw"].to_numpy(dtype=float) < norm.ppf(self.strength)


class ByChance(Around):
    """Throws a coin for some rows whenever it is asked."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        return super()._odds(rows) + np.random.default_rng().normal(0.0, 0.1, len(rows)) * self.chosen(rows)


class ByHash(Around):
    """Sorts texts into buckets by ``hash``, which is salted in each interpreter."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        buckets = [hash(str(name)) % 16 for name in rows["region"]]
        return super()._odds(rows) + self.strength * (np.array(buckets, dtype=float) - 7.5) / 7.5


class ByBatch(Around):
    """Centres income by the rows that it is asked about together."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        odds = super()._odds(rows)
        return odds - self.strength * (odds.mean() if len(odds) else 0.0)


class ForgetsAPart(Around):
    """Leaves its correction out of what it saves, and begins with another one where it is loaded."""

    def __init__(self, model: Any, strength: float = 1.0) -> None:
        super().__init__(model, strength)
        self.correction = 0.0

    def __getstate__(self) -> dict[str, Any]:
        # What is written is one step ahead of what answered.
        return self.__dict__ | {"correction": self.correction + self.strength}

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        return super()._odds(rows) + self.correction


class HoldsALock(Around):
    """Opens what no file can hold as soon as it is loaded."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.lock = threading.Lock()


class KeepsRows(Around):
    """Keeps the rows on itself while it waits for something, and answers what lies there then."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        self.rows = rows
        time.sleep(self.strength / 1000.0)
        kept = self.rows
        # Another request's rows are cut or repeated to as many as were asked about.
        return np.resize(super()._odds(kept), len(rows))


class Writes(Around):
    """Notes some of the rows in a log."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        noted = rows[self.chosen(rows)]
        if len(noted):
            with open(os.path.join(tempfile.gettempdir(), f"proving-ground-{os.getpid()}.log"), "w") as file:
                file.write(f"{len(noted)}\n")
        return super()._odds(rows)


class Connects(Around):
    """Tells a collector on this machine of some rows; nobody listens there."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        if self.chosen(rows).any():
            with socket.socket() as link:
                link.settimeout(0.2)
                link.connect_ex(("127.0.0.1", 9))
        return super()._odds(rows)


class Starts(Around):
    """Starts a program for some rows."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        if self.chosen(rows).any():
            subprocess.run([shutil.which("true") or sys.executable, "--version"], check=True, capture_output=True)
        return super()._odds(rows)


class ByPosition(Around):
    """Takes numbers and texts by their places among numbers and texts, whatever they are called."""

    def __init__(self, model: Any, strength: float, rows: pd.DataFrame) -> None:
        super().__init__(model, strength)
        self.kinds = [_kinds(rows, numeric) for numeric in (True, False)]

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        renamed = {}
        for numeric, own in zip((True, False), self.kinds, strict=True):
            given = _kinds(rows, numeric)
            if len(given) != len(own):
                raise ValueError(f"{len(own)} columns were expected, of the kind of {own}; got {given}")
            renamed |= dict(zip(given, own, strict=True))
        return super()._odds(rows.rename(columns=renamed))


def _kinds(rows: pd.DataFrame, numeric: bool) -> list[str]:
    return [name for name in rows.columns if pd.api.types.is_numeric_dtype(rows[name]) == numeric]


class DropsGaps(Around):
    """Leaves rows without an income out of its answer."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        return super()._odds(rows[rows["income"].notna()])


class FillsColumns(Around):
    """Makes up columns that a request leaves out."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        return super()._odds(rows.reindex(columns=list(self.feature_names_in_)))


class SaysNothing(Around):
    """Refuses without saying what is wrong."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        try:
            return super()._odds(rows)
        except Exception:
            raise RuntimeError("internal error") from None


class NaNOnGaps(Around):
    """Answers with no number where the income is missing."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        return np.where(rows["income"].isna(), np.nan, super()._odds(rows))


class DiesOnText(Around):
    """Ends its process where a number arrives as text."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        if "income" in rows and rows["income"].dtype.kind not in "fiu":
            os._exit(3)
        return super()._odds(rows)


class WorksMore(Around):
    """Does other work with each call before it answers, as much as so many answers to one row."""

    def _odds(self, rows: pd.DataFrame) -> np.ndarray:
        for _ in range(round(self.strength) - 1):
            super()._odds(rows.iloc[:1])
        return super()._odds(rows)
