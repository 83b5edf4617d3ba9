"""CPU of the performance suite on UCI Adult's test part (16,281 x 14) outside imports and predict, and of its pages."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

import modelcheck

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
COLUMNS = [
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship",
    "race", "sex", "capital_gain", "capital_loss", "hours", "country", "income",
]  # fmt: skip


class Clock:
    """CPU seconds spent inside wrapped functions."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._inside = False

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function`, timed; calls within timed calls count once."""

        def call(*args: Any, **kwargs: Any) -> Any:
            if self._inside:
                return function(*args, **kwargs)
            self._inside = True
            began = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.process_time() - began
                self._inside = False

        return call


def main(folder: Path) -> None:
    """Print the figures, without and with the training rows as reference."""
    if not (folder / "adult.test.gz").is_file():
        print(f"bench_adult: left out, adult.data.gz and adult.test.gz are not in {folder.name}/")
        return
    train, test = _read(folder / "adult.data.gz", skip=0), _read(folder / "adult.test.gz", skip=1)
    features = [name for name in COLUMNS if name != "income"]
    model = _model().fit(train[features], train["income"])
    options: dict[str, Any] = {
        "target": "income", "name": "adult", "dataset": {"protected": ["sex", "race"], "positive": 1},
        "suites": ["performance"],
    }  # fmt: skip
    _warm(model, test, train, options)
    predict = Clock()
    for name in ("predict", "predict_proba"):
        setattr(Pipeline, name, predict.wrap(getattr(Pipeline, name)))
    for label, reference in (("dataset alone", None), ("with reference", train)):
        predict.seconds = 0.0
        began = time.process_time()
        result = modelcheck.scan(model, test, reference=reference, **options)
        outside = time.process_time() - began - predict.seconds
        broken = [f"{gate.id}: {gate.reason}" for gate in result.record.gates if gate.verdict == "error"]
        if broken:
            raise SystemExit("nothing was measured:\n" + "\n".join(broken))
        with tempfile.TemporaryDirectory() as pages:
            began = time.process_time()
            result.write(pages)
            writing = time.process_time() - began
        print(
            f"adult, {len(test):,} rows, {label}: {outside:.2f} CPU s outside imports and predict (target 1), "
            f"predict {predict.seconds:.2f}, pages {writing:.2f} (target 5); {len(result.record.gates)} gates, "
            f"{result.verdict}"
        )


def _warm(model: Pipeline, test: pd.DataFrame, train: pd.DataFrame, options: dict[str, Any]) -> None:
    """Import whatever a run imports, so that the measured runs import nothing."""
    with tempfile.TemporaryDirectory() as pages:
        modelcheck.scan(model, test.head(500), reference=train.head(500), **options).write(pages)


def _read(path: Path, skip: int) -> pd.DataFrame:
    rows = pd.read_csv(path, header=None, names=COLUMNS, skipinitialspace=True, skiprows=skip, na_values="?")
    rows["income"] = rows["income"].str.startswith(">50K").astype("int64")
    return rows


def _model() -> Pipeline:
    words = make_column_selector(dtype_include=["object", "string", "str"])
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), words), remainder="passthrough")
    return make_pipeline(encode, RandomForestClassifier(n_estimators=100, min_samples_leaf=5, random_state=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED)
