"""CPU of the explainability suite on UCI Adult's test part: how much is shap and predict, and what a deep forest costs.

Each model in a process of its own, with one thread. Imports, the fit, first calls and pages are no part of a figure;
the one-time pass over dataset and reference is.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import shap
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

import modelcheck

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
COLUMNS = [
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship",
    "race", "sex", "capital_gain", "capital_loss", "hours", "country", "income",
]  # fmt: skip
RUNS = 3
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
BUSY = 0.5
SHARE, SECONDS, BYTES = 80, 10.0, 1_000_000
OPTIONS: dict[str, Any] = {
    "target": "income", "name": "adult", "dataset": {"positive": 1}, "protected": ["sex", "race"],
}  # fmt: skip


class Clocks:
    """CPU seconds spent inside wrapped functions, by name; of nested ones the outermost counts."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._inside = False

    @property
    def total(self) -> float:
        """Seconds inside any of them."""
        return sum(self.seconds.values())

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function`, timed."""

        def call(*args: Any, **kwargs: Any) -> Any:
            if self._inside:
                return function(*args, **kwargs)
            self._inside = True
            began = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - began
                self.calls[name] = self.calls.get(name, 0) + 1
                self._inside = False

        return call


def main(folder: Path) -> None:
    """Print the figures."""
    if not (folder / "adult.test.gz").is_file() or not (folder / "adult.data.gz").is_file():
        print(f"bench_explain: left out, adult.data.gz and adult.test.gz are not in {folder.name}/")
        return
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > BUSY:
        print("this machine isn't idle: caches are shared, so CPU seconds come out too high")
    train = _read(folder / "adult.data.gz", skip=0)
    for name, model in _models().items():
        with tempfile.TemporaryDirectory(prefix="modelcheck-") as place:
            file = Path(place) / "model.pickle"
            file.write_bytes(pickle.dumps(model.fit(train[COLUMNS[:-1]], train["income"])))
            _told(name, [_measured(str(folder), str(file)) for _ in range(RUNS)])


def _told(name: str, runs: list[dict[str, Any]]) -> None:
    best = min(runs, key=lambda run: float(run["cpu_s"]))
    inside = sum(best["seconds"].values())
    parts = ", ".join(
        f"{word} {best['seconds'][word]:.2f} in {best['calls'][word]:,} calls" for word in sorted(best["seconds"])
    )
    print(
        f"adult, {best['rows']:,} rows, {name}, explainability suite: {best['cpu_s']:.2f} CPU s (target {SECONDS:g}), "
        f"best of {RUNS}, {best['gates']} gates, {best['verdict']}; {best['asked']:,} rows needed by all gates"
    )
    print(
        f"  inside shap and the model {inside:.2f} CPU s, {100.0 * inside / best['cpu_s']:.0f} % (target {SHARE}): "
        f"{parts}; outside {best['cpu_s'] - inside:.2f}"
    )
    for line in best["how"]:
        print(f"  {line}")
    print(f"  peak {best['peak'] / 1e6:.0f} MB, {best['above'] / 1e6:.0f} above the peak before the scan")
    print(
        f"  explainability.html {best['page'] / 1e6:.2f} MB (target {BYTES / 1e6:g}), report.html "
        f"{best['report'] / 1e6:.2f} MB, of the suites performance, bias and explainability"
    )
    for gate, seconds, within in best["by_gate"]:
        print(f"  {seconds:6.2f} s, {within:6.2f} inside  {gate}")


def scanned(folder: str, file: str) -> dict[str, Any]:
    """Scan once, after a small scan that imports and compiles whatever a scan does."""
    model = pickle.loads(Path(file).read_bytes())  # noqa: S301 - written by this program
    train, test = _read(Path(folder) / "adult.data.gz", skip=0), _read(Path(folder) / "adult.test.gz", skip=1)
    modelcheck.scan(model, test.head(300), reference=train.head(300), suites=["explainability"], **OPTIONS)
    steps: list[tuple[str, float, float]] = []
    before = _peak()
    with _watched() as clocks:
        began = time.process_time()
        result = modelcheck.scan(
            model,
            test,
            reference=train,
            suites=["explainability"],
            progress=lambda name: steps.append((name, time.process_time(), clocks.total)),
            **OPTIONS,
        )
        ended = time.process_time()
    broken = [f"{gate.id}: {gate.reason}" for gate in result.record.gates if gate.verdict == "error"]
    if broken:
        raise SystemExit("nothing was measured:\n" + "\n".join(broken))
    steps.append(("", ended, clocks.total))
    peak = _peak()
    how = next(one for one in result["explainability::importance"].tables if one.name == "how it was explained")
    with tempfile.TemporaryDirectory(prefix="modelcheck-") as place:
        whole = modelcheck.scan(
            model, test, reference=train, suites=["performance", "bias", "explainability"], **OPTIONS
        )
        whole.write(place)
        sizes = {name: (Path(place) / f"{name}.html").stat().st_size for name in ("explainability", "report")}
    return {
        "rows": len(test),
        "cpu_s": ended - began,
        "seconds": clocks.seconds,
        "calls": clocks.calls,
        "gates": len(result.record.gates),
        "verdict": result.verdict,
        "asked": sum(gate.predicted_rows for gate in result.record.gates),
        "how": [f"{line[0]}: {line[1]}" for line in how.rows],
        "peak": peak,
        "above": peak - before,
        "page": sizes["explainability"],
        "report": sizes["report"],
        "by_gate": [
            (name, later - at, inside_later - inside)
            for (name, at, inside), (_, later, inside_later) in pairwise(steps)
        ],
    }


@contextmanager
def _watched() -> Iterator[Clocks]:
    """Time shap and the model's own methods: the pipeline's, its steps' and the final estimator's."""
    clocks = Clocks()
    encoder = type(make_column_transformer(("drop", [])))
    finals = (HistGradientBoostingClassifier, RandomForestClassifier)
    watched: list[tuple[type, str, str]] = [
        (shap.TreeExplainer, "__init__", "shap"),
        (shap.TreeExplainer, "shap_values", "shap"),
        (encoder, "transform", "predict"),
        *((kind, name, "predict") for kind in (Pipeline, *finals) for name in ("predict", "predict_proba")),
        (HistGradientBoostingClassifier, "decision_function", "predict"),
    ]
    kept = [(kind, name, kind.__dict__.get(name)) for kind, name, _ in watched]
    try:
        for kind, name, word in watched:
            setattr(kind, name, clocks.wrap(word, getattr(kind, name)))
        yield clocks
    finally:
        for kind, name, function in kept:
            if function is None:
                delattr(kind, name)
            else:
                setattr(kind, name, function)


def _measured(folder: str, file: str) -> dict[str, Any]:
    """Measure in a process of its own, so that the fit is no part of the peak."""
    done = subprocess.run(
        [sys.executable, __file__, "--arm", folder, file],
        env=os.environ | dict.fromkeys(THREADS, "1"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if done.returncode or not lines:
        raise SystemExit(f"the scan broke:\n{done.stdout}\n{done.stderr}")
    result: dict[str, Any] = json.loads(lines[-1].removeprefix("RESULT "))
    return result


def _peak() -> int:
    """Return the largest memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _read(path: Path, skip: int) -> pd.DataFrame:
    rows = pd.read_csv(path, header=None, names=COLUMNS, skipinitialspace=True, skiprows=skip, na_values="?")
    rows["income"] = rows["income"].str.startswith(">50K").astype("int64")
    return rows


def _models() -> dict[str, Pipeline]:
    words = make_column_selector(dtype_include=["object", "string", "str"])
    numbered = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1)
    boosted = HistGradientBoostingClassifier(random_state=0)
    forest = RandomForestClassifier(n_estimators=100, random_state=0)
    return {
        "histogram boosting of 100 trees": make_pipeline(
            make_column_transformer((numbered, words), remainder="passthrough"), boosted
        ),
        "random forest of 100 trees of full depth": make_pipeline(
            make_column_transformer((OneHotEncoder(handle_unknown="ignore"), words), remainder="passthrough"), forest
        ),
    }


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "--arm":
        print("RESULT", json.dumps(scanned(*sys.argv[2:4])))
    else:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED)
