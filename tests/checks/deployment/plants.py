"""Models with a defect of deployment each, and how a healthy one answers: importable here and in a model's worker."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time

import numpy as np

NAMES = ["age", "income", "job"]
JOBS = {"clerk": 0.3, "nurse": -0.3, "cook": 0.0}


class Healthy:
    """Rise with age and income; an unknown job says nothing."""

    def __init__(self):
        self.classes_ = np.array([0, 1])
        self.feature_names_in_ = np.array(NAMES, dtype=object)

    def score(self, rows):
        missing = [name for name in NAMES if name not in rows.columns]
        if missing:
            raise ValueError(f"columns are missing: {missing}")
        age = rows["age"].to_numpy(dtype=float, na_value=np.nan)
        income = rows["income"].to_numpy(dtype=float, na_value=np.nan)
        job = rows["job"].map(lambda name: JOBS.get(name, 0.0)).to_numpy(dtype=float)
        signal = (np.nan_to_num(age, nan=50.0) - 50.0) / 15.0 + np.nan_to_num(income, nan=3000.0) / 3000.0 - 1.0 + job
        return 1.0 / (1.0 + np.exp(-signal))

    def predict_proba(self, rows):
        score = np.asarray(self.score(rows), dtype=float)
        return np.column_stack([1.0 - score, score])

    def predict(self, rows):
        return (self.predict_proba(rows)[:, 1] >= 0.5).astype(int)


class ByChance(Healthy):
    def score(self, rows):
        return np.clip(super().score(rows) + np.random.default_rng().normal(0, 0.01, len(rows)), 0, 1)


class ByProcess(Healthy):
    """The same in one process, another in the next."""

    def score(self, rows):
        shift = 0.01 + os.getpid() * 0.618034 % 0.1
        return np.clip(super().score(rows) - shift, 0, 1)


class ByHash(Healthy):
    """Weights by the order of a set of texts."""

    def score(self, rows):
        order = list({f"column {place}" for place in range(50)})
        return np.clip(super().score(rows) + 0.001 * order.index("column 7"), 0, 1)


class ByBatch(Healthy):
    def score(self, rows):
        score = super().score(rows)
        return np.clip(score - score.mean() + 0.5, 0, 1)


class ByPlace(Healthy):
    """A buffer of 75 rows is read beyond its end."""

    def score(self, rows):
        score = super().score(rows)
        if len(rows) == 76:
            score[75] = 0.0
        return score


class Over75(Healthy):
    def score(self, rows):
        if 75 < len(rows) < 400:
            raise RuntimeError("broken pipe")
        return super().score(rows)


class ByThread(Healthy):
    """Keeps the rows on the object while it works."""

    def score(self, rows):
        self.rows = rows
        score = super().score(rows)
        time.sleep(0.0005)
        return score if self.rows is rows else np.clip(super().score(self.rows.iloc[: len(rows)]) + 0.01, 0, 1)

    def __getstate__(self):
        return {key: value for key, value in self.__dict__.items() if key != "rows"}


def write(rows):
    with open(os.path.join(os.path.dirname(__file__), "plant.log"), "a") as file:
        file.write(f"{len(rows)}\n")


class Writes(Healthy):
    def score(self, rows):
        write(rows)
        return super().score(rows)


class Connects(Healthy):
    def score(self, rows):
        with socket.socket() as link:
            link.settimeout(0.2)
            link.connect_ex(("127.0.0.1", 9))
        return super().score(rows)


class Starts(Healthy):
    def score(self, rows):
        subprocess.run(["true"], check=True)
        return super().score(rows)


class WritesFromAThread(Healthy):
    def score(self, rows):
        worker = threading.Thread(target=write, args=(rows,))
        worker.start()
        worker.join()
        return super().score(rows)


class ForgetsToSave(Healthy):
    """A part that isn't saved is made up when it is loaded."""

    def __init__(self):
        super().__init__()
        self.shift = 0.0

    def __getstate__(self):
        return {"classes_": self.classes_, "feature_names_in_": self.feature_names_in_, "saved": self.shift + 0.05}

    def __setstate__(self, state):
        self.classes_, self.feature_names_in_ = state["classes_"], state["feature_names_in_"]
        self.shift = state["saved"]

    def score(self, rows):
        return np.clip(super().score(rows) - self.shift, 0, 1)


class CannotBeSaved(Healthy):
    """Opens something that no file holds."""

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.lock = threading.Lock()


class StumblesOnNull(Healthy):
    def score(self, rows):
        table = np.arange(200.0)
        places = [table[int(age)] if age == age else table[1000] for age in rows["age"].to_numpy(dtype=float)]
        return super().score(rows) + 0.0 * np.array(places)


class NaNOnNull(Healthy):
    def score(self, rows):
        return super().score(rows) + 0.0 * rows["age"].to_numpy(dtype=float)


class ShortOfARow(Healthy):
    """Drops rows with an empty entry."""

    def score(self, rows):
        return super().score(rows[rows["age"].notna()])


class DropsGaps(Healthy):
    """Drops rows with an empty entry, and falls over in a way of its own where none is left."""

    def score(self, rows):
        left = rows[rows["age"].notna()]
        if left.empty:
            raise ValueError("Found array with 0 sample(s), age is empty")
        return super().score(left)


class IgnoresNames(Healthy):
    """Takes the first column for the age, whatever it is called."""

    def score(self, rows):
        numbers = rows.select_dtypes("number").to_numpy(dtype=float)
        signal = (np.nan_to_num(numbers[:, 0]) - 50.0) / 15.0
        return 1.0 / (1.0 + np.exp(-np.clip(signal, -50, 50)))


class FillsMissing(Healthy):
    def score(self, rows):
        return super().score(rows.reindex(columns=NAMES))


class EndsOnText(Healthy):
    def score(self, rows):
        if rows["age"].dtype.kind not in "iuf":
            os.abort()
        return super().score(rows)


class In32Bits(Healthy):
    def score(self, rows):
        return super().score(rows).astype(np.float32)
