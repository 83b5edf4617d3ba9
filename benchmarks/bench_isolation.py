"""What a model in a worker costs beside the same model in the run's own process.

    python benchmarks/bench_isolation.py [rounds]

Both are asked in turns, so that whatever else the machine does meets both. Medians, on the clock and of the processor
(both processes together); the limit is 10 % for a boosted model on 10^6 rows of 14 columns.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from modelcheck.config.tables import ModelTable
from modelcheck.models.isolation.source import Zygote, warm_zygote
from modelcheck.models.loading import load_model

ROWS, COLUMNS, BATCH = 1_000_000, 14, 65_536


def main(rounds: int) -> None:
    """Print what was measured."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({f"x{place}": rng.normal(size=ROWS) for place in range(COLUMNS)})
    y = (X["x0"] + X["x1"] * X["x2"] + rng.normal(size=ROWS) > 0).to_numpy()
    fitted = HistGradientBoostingClassifier(max_iter=100).fit(X[:100_000], y[:100_000])
    mixed = X.copy()
    for place in range(4):
        mixed[f"x{place}"] = (mixed[f"x{place}"] * 10).astype("int64")
    print(f"{ROWS:,} rows x {COLUMNS} columns, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'unset')}")
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "model.joblib"
        joblib.dump(fitted, path)
        print(f"zygote, cold     {_once(_cold):6.2f} s")
        warm_zygote()
        own = load_model(ModelTable(model=path.name, isolation="none"), path.parent)
        started = time.perf_counter()
        worker: Any = load_model(ModelTable(model=path.name), path.parent)
        print(f"first worker     {time.perf_counter() - started:6.3f} s (waits for the zygote)")
        started = time.perf_counter()
        second = load_model(ModelTable(model=path.name), path.parent)
        print(f"next worker      {time.perf_counter() - started:6.3f} s (fork, load)")
        second.close()
        for title, rows, step in (
            ("one call, floats", X, ROWS),
            ("one call, mixed", mixed, ROWS),
            (f"batches of {BATCH:,}, floats", X, BATCH),
            (f"batches of {BATCH:,}, mixed", mixed, BATCH),
            ("1,000 rows", X[:1000], 1000),
            ("1 row", X[:1], 1),
        ):
            parts = [rows.iloc[first : first + step].reset_index(drop=True) for first in range(0, len(rows), step)]
            spent: dict[str, list[tuple[float, float]]] = {"in process": [], "worker": []}
            answers = []
            for _ in range(rounds):
                for name, model in (("in process", own), ("worker", worker)):
                    started, used = time.perf_counter(), _cpu(worker.pid)
                    answers.append(np.concatenate([model.predict_proba(part) for part in parts]))
                    spent[name].append((time.perf_counter() - started, _cpu(worker.pid) - used))
            assert all((one == answers[0]).all() for one in answers)
            shown = [f"{title:26}"]
            for at, what in enumerate(("clock", "CPU")):
                a, b = (statistics.median(one[at] for one in each) for each in spent.values())
                shown.append(
                    f"{what}: in process {a:8.4f} s, worker {b:8.4f} s, {100 * (b / max(a, 1e-9) - 1):+6.1f} %"
                )
            print("   ".join(shown), flush=True)
        worker.close()


def _cpu(pid: int) -> float:
    """Return the seconds of the processor that this process and a worker have used together."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _once(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _cold() -> None:
    zygote = Zygote()
    zygote._wait()
    zygote.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
