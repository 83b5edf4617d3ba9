"""CPU and memory of the search for weak slices: side by side with the `sliceline` package, and by rows and columns.

Every arm is a process of its own with one thread. Its figure is the best of a few runs of the same call, warm; imports
and the making of rows and codes are no part of it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelcheck.slices import Feature, find

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
COLUMNS = [
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship",
    "race", "sex", "capital_gain", "capital_loss", "hours", "country", "income",
]  # fmt: skip
# SliceLine's published recipe for Adult.
ALPHA, LEAST, DEPTH, TOP, BINS = 0.96, 326, 3, 10, 10
VALUES = 10
GROWTH = (62_500, 125_000, 250_000, 500_000, 1_000_000)
TURNS, ENOUGH = 9, 15.0  # runs of a call at most, and CPU seconds after which it is not repeated
PLAIN = {"ranges": False, "inference": False}
WHOLE = {"ranges": True, "inference": True}
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main(folder: Path) -> None:
    """Print all tables."""
    _adult(folder)
    for rows, columns, depth, target in ((500_000, 14, 3, 5), (1_000_000, 50, 2, 20)):
        print(f"simulated, {rows:,} rows x {columns} columns of {VALUES} values, depth {depth} (target {target} CPU s)")
        for planted in (False, True):
            for options in (PLAIN, WHOLE):
                arm = _arm("simulated", rows=rows, columns=columns, depth=depth, planted=planted, **options)
                kind = "3 % of rows planted" if planted else "nothing planted"
                print(f"  {_named(options)}, {kind}: {_figures(arm)}")
    print("growth in rows, 14 columns, depth 3, nothing planted: CPU s, and CPU s per million rows")
    for rows in GROWTH:
        arms = [
            _arm("simulated", rows=rows, columns=14, depth=3, planted=False, **options) for options in (PLAIN, WHOLE)
        ]
        plain, whole = (min(arm["cpu_s"]) for arm in arms)
        print(
            f"  {rows:>9,} rows: plain {plain:6.2f} s ({plain / rows * 1e6:5.2f} a million), "
            f"everything {whole:6.2f} s ({whole / rows * 1e6:5.2f})"
        )


def _adult(folder: Path) -> None:
    if not (folder / "adult.data.gz").is_file():
        print(f"Adult: left out, adult.data.gz is not in {folder.name}/")
        return
    # Made here and read there, so that what the making leaves behind is in no arm's memory.
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, "adult.npz")
        np.savez(file, **_adult_codes(folder))
        _compare(file)


def _compare(file: Path) -> None:
    print(f"Adult's train part, 13 columns, depth {DEPTH}, top {TOP}")
    ours = _arm("adult", file=str(file), package="modelcheck", **PLAIN)
    print(f"  modelcheck, the same search: {_figures(ours)} (target 200 MB)")
    if importlib.util.find_spec("sliceline") is None:
        print("  sliceline: left out, it is not installed (pip install -e '.[bench]')")
    else:
        theirs = _arm("adult", file=str(file), package="sliceline")
        difference = float(np.abs(np.subtract(ours["scores"][:TOP], theirs["scores"][:TOP])).max())
        if difference > 1e-6:
            raise SystemExit(f"not the same search: {ours['scores']} against {theirs['scores']}")
        print(f"  sliceline: {_figures(theirs)}")
        print(
            f"  ratio of CPU {min(theirs['cpu_s']) / min(ours['cpu_s']):.0f} (target 100), of memory "
            f"{theirs['above'] / max(ours['above'], 1 << 20):.0f}; top {TOP} scores agree within {difference:.0e}"
        )
    whole = _arm("adult", file=str(file), package="modelcheck", **WHOLE)
    print(f"  modelcheck, {_named(WHOLE)}: {_figures(whole)}")


def _named(options: dict[str, bool]) -> str:
    return "ranges of bins, all slices judged" if options == WHOLE else "single values, not judged"


def _figures(arm: dict[str, Any]) -> str:
    best, worst = min(arm["cpu_s"]), max(arm["cpu_s"])
    runs = f"best of {len(arm['cpu_s'])}, up to {worst:.2f}" if len(arm["cpu_s"]) > 1 else "one run"
    return f"{best:.2f} CPU s ({runs}), {arm['above'] / 1e6:.0f} MB above the data"


def _arm(name: str, **options: Any) -> dict[str, Any]:
    """Measure in a process of its own, so that peaks don't mix."""
    done = subprocess.run(
        [sys.executable, __file__, "--arm", name, json.dumps(options)],
        env=os.environ | dict.fromkeys(THREADS, "1"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if done.returncode or not lines:
        raise SystemExit(f"{name} {options} broke:\n{done.stdout}\n{done.stderr}")
    result: dict[str, Any] = json.loads(lines[-1].removeprefix("RESULT "))
    return result


def adult(*, file: str, package: str, **options: bool) -> dict[str, Any]:
    """Search the errors of a logistic regression on Adult with either package."""
    with np.load(file) as stored:
        codes, numeric, errors = stored["codes"], stored["numeric"], stored["errors"]
    if package == "sliceline":
        numbers = codes.T.astype(np.intp)
        return _timed(lambda few: _sliceline(numbers[:few], errors[:few]), len(errors))
    # The plain top list, near copies and all, is what the other package returns.
    same = not options["inference"]

    def search(few: int) -> list[float]:
        table = [
            Feature(name=f"x{place}", codes=one[:few], size=int(one.max()) + 1, order=(1, BINS + 1) if own else (0, 0))
            for place, (one, own) in enumerate(zip(codes, numeric, strict=True))
        ]
        limits: dict[str, Any] = {"max_overlap": 1.0, "tolerance": 0.0, "most": few} if same else {}
        options_of_both: dict[str, Any] = {"alpha": ALPHA, "least": LEAST, "depth": DEPTH, "top": TOP}
        found = find(table, errors[:few], objective="sliceline", **options_of_both, **limits, **options)
        return [one.score for one in found.slices]

    return _timed(search, len(errors))


def _sliceline(codes: NDArray[np.intp], errors: NDArray[np.float64]) -> list[float]:
    from sliceline.slicefinder import Slicefinder

    finder = Slicefinder(alpha=ALPHA, k=TOP, max_l=DEPTH, min_sup=LEAST, verbose=False).fit(codes, errors)
    return [float(one["slice_score"]) for one in finder.top_slices_statistics_]


def _adult_codes(folder: Path) -> dict[str, NDArray[Any]]:
    """Bins of equal width, categories by first appearance, without age; errors of a logistic regression on them."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import OneHotEncoder

    rows = pd.read_csv(folder / "adult.data.gz", header=None, names=COLUMNS, skipinitialspace=True)
    target = rows.pop("income").str.startswith(">50K").to_numpy()
    rows = rows.drop(columns="age")
    numeric = np.array([pd.api.types.is_numeric_dtype(rows[name]) for name in rows])
    codes = np.stack(
        [_bins(rows[name]) if own else pd.factorize(rows[name])[0] + 1 for name, own in zip(rows, numeric, strict=True)]
    )
    encoded = OneHotEncoder().fit_transform(codes.T)
    model = LogisticRegression(C=1e4, max_iter=1000).fit(encoded, target)
    return {
        "codes": codes.astype(np.uint8),
        "numeric": numeric,
        "errors": (model.predict(encoded) != target).astype(np.float64),
    }


def _bins(values: pd.Series[Any]) -> NDArray[np.intp]:
    low, high = values.min(), values.max()
    return np.maximum(np.ceil((values.to_numpy() - low) / ((high - low) / BINS)), 1).astype(np.intp)


def simulated(*, rows: int, columns: int, depth: int, planted: bool, **options: bool) -> dict[str, Any]:
    """Search errors of 15 % that depend on no column or, planted, are 45 % in 3 % of the rows."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, VALUES, (columns, rows), dtype=np.uint8)
    rate = np.where((codes[0] < 3) & (codes[1] == 0) & planted, 0.45, 0.15)
    errors = (rng.random(rows) < rate).astype(np.float64)
    del rate

    def search(few: int) -> list[float]:
        table = [
            Feature(name=f"x{place}", codes=column[:few], size=VALUES, order=(0, VALUES))
            for place, column in enumerate(codes)
        ]
        return [one.score for one in find(table, errors[:few], depth=depth, **options).slices]

    return _timed(search, rows)


def _timed(search: Callable[[int], list[float]], rows: int) -> dict[str, Any]:
    """Search the first rows, so that nothing is imported later, then all of them a few times."""
    search(min(rows, 5_000))
    before = _reset_peak()
    spent: list[float] = []
    scores: list[float] = []
    while len(spent) < TURNS and sum(spent) < ENOUGH:
        began = time.process_time()
        scores = search(rows)
        spent.append(time.process_time() - began)
    return {"cpu_s": spent, "above": _peak() - before, "scores": scores}


def _reset_peak() -> int:
    """Forget the peak of making the rows, where the system can; what is held now counts as the data."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        print("the peak of making the rows can't be reset here: the memory figure is a lower bound")
    return _peak()


def _peak() -> int:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        pass
    else:
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--arm"]:
        arms: dict[str, Callable[..., dict[str, Any]]] = {"adult": adult, "simulated": simulated}
        print("RESULT", json.dumps(arms[sys.argv[2]](**json.loads(sys.argv[3]))))
    else:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED)
