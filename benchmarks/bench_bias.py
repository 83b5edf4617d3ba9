"""CPU and memory of the bias suite: group metrics beside fairlearn on UCI Adult, and every gate of many simulated rows.

Every arm is a process of its own with one thread. Imports, first calls, the making of rows and the one-time pass over
them are no part of a figure.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.bias.group_metrics import group_metrics
from modelcheck.checks.bias.group_rates import group_rates, shares
from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.performance.groups import joint_confidence
from modelcheck.config.tables import BaselineTable, CandidateTable, Config, DatasetTable, GateTable, Limit
from modelcheck.data.groups import GroupBuilder
from modelcheck.gates.execute import execute
from modelcheck.gates.plan import plan_gates
from modelcheck.scoring.rows import Groups, ScoredRows
from modelcheck.scoring.store import Store
from modelcheck.scoring.subjects import Subjects
from modelcheck.suites.catalog import all_checks

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
COLUMNS = [
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship",
    "race", "sex", "capital_gain", "capital_loss", "hours", "country", "income",
]  # fmt: skip
PEOPLE = ("sex", "race")
METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy")
CONFIDENCE = 0.95
REPLICATES, FEW = 1_000, 20
TURNS = 20

ROWS, REFERENCE, CLUSTERS = 1_000_000, 200_000, 100_000
ATTRIBUTES = {"sex": 2, "race": 6, "region": 12}  # groups of each, the last of them the smallest
NUMBERS = 7  # with the attributes, 10 features
STRATA = 5
TASKS = ("binary", "regression")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
BUSY = 0.5


def main(folder: Path, *, full: bool) -> None:
    """Print all tables."""
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > BUSY:
        print("this machine isn't idle: caches are shared, so CPU seconds come out too high")
    _compare(folder, full=full)
    for task in TASKS:
        for clusters in (0, CLUSTERS):
            _print_gates(_arm("gates", task=task, rows=ROWS, clusters=clusters), task, clusters)


def _compare(folder: Path, *, full: bool) -> None:
    """Print both packages' CPU for the same metrics with intervals on all 48,842 rows of Adult."""
    if not all((folder / name).is_file() for name in ("adult.data.gz", "adult.test.gz")):
        print(f"Adult: left out, adult.data.gz and adult.test.gz are not in {folder.name}/")
        return
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, "adult.parquet")
        people = _adult(folder)
        people.to_parquet(file)
        print(f"Adult, {len(people):,} rows: {', '.join(METRICS)} by {' and by '.join(PEOPLE)}, with intervals")
        ours = _arm("modelcheck", file=str(file))
        print(f"  modelcheck, the same metrics: {_milliseconds(ours['cpu_s'])}")
        print(f"  modelcheck, gate bias.group_metrics (all metrics, tables, charts): {_milliseconds(ours['gate_s'])}")
        if importlib.util.find_spec("fairlearn") is None:
            print("  fairlearn: left out, it is not installed")
            return
        draws = REPLICATES if full else FEW
        theirs = _arm("fairlearn", file=str(file), draws=draws)
    difference = float(np.abs(np.subtract(ours["values"], theirs["values"])).max())
    if difference > 1e-12:
        raise SystemExit(f"not the same metrics: {ours['values']} against {theirs['values']}")
    plain, drawn = theirs["plain_s"], theirs["drawn_s"]
    seconds = plain + (drawn - plain) * REPLICATES / draws
    how = "run" if full else f"{drawn:.2f} s for n_boot={draws}, scaled linearly (--full runs them all)"
    print(f"  fairlearn MetricFrame, n_boot={REPLICATES:,}: {seconds:.0f} CPU s ({how})")
    print(
        f"  ratio of CPU {seconds / min(ours['cpu_s']):,.0f} (target 1,000), by the whole gate "
        f"{seconds / min(ours['gate_s']):,.0f}; values agree within {difference:.0e}"
    )


def _milliseconds(spent: list[float]) -> str:
    return f"{1e3 * min(spent):.1f} CPU ms (best of {len(spent)}, median {1e3 * float(np.median(spent)):.1f})"


def _print_gates(found: dict[str, Any], task: str, clusters: int) -> None:
    design = f", {clusters:,} clusters" if clusters else ""
    target = "" if clusters else " (target 5)"
    print(
        f"{task}, {ROWS:,} rows{design}, {len(ATTRIBUTES)} attributes with {sum(ATTRIBUTES.values())} groups, "
        f"{NUMBERS + len(ATTRIBUTES)} features, reference of {REFERENCE:,}: {found['gates']} gates in "
        f"{found['cpu_s']:.2f} CPU s{target}, {found['above'] / 1e6:.0f} MB above the arrays; the one-time pass "
        f"{found['pass_s']:.2f}"
    )
    for name, seconds, peak in found["checks"]:
        print(f"  {seconds:5.2f} s, peak so far {peak / 1e6:4.0f} MB  {name}")


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


def _adult(folder: Path) -> pd.DataFrame:
    """Return truth, decision, sex and race of fairlearn's quickstart: a small tree fitted and scored on all rows."""
    from sklearn.tree import DecisionTreeClassifier

    parts = [
        pd.read_csv(folder / f"adult.{part}.gz", header=None, names=COLUMNS, skipinitialspace=True, skiprows=skip)
        for part, skip in (("data", 0), ("test", 1))
    ]
    rows = pd.concat(parts, ignore_index=True)
    truth = rows.pop("income").str.startswith(">50K").astype("int16")
    features = pd.get_dummies(rows)
    tree = DecisionTreeClassifier(min_samples_leaf=10, max_depth=4, random_state=0).fit(features, truth)
    decision = tree.predict(features).astype("int16")
    return pd.DataFrame({"truth": truth, "decision": decision, **{name: rows[name] for name in PEOPLE}})


def ours(*, file: str) -> dict[str, Any]:
    """Group, count and put intervals around the metrics; then the gate that shows everything."""
    people = pd.read_parquet(file)
    truth, decision = people["truth"].to_numpy(), people["decision"].to_numpy()

    def scored() -> ScoredRows:
        groups = {name: _groups(people, name) for name in PEOPLE}
        return ScoredRows(task="binary", classes=(0, 1), target=truth, decision=decision, groups=groups)

    def same() -> list[float]:
        rows, values = scored(), []
        for name in PEOPLE:
            attribute = Attribute.of(name, rows.groups[name])
            each = joint_confidence(CONFIDENCE, len(attribute))
            found = dict(group_rates(rows, attribute, 1, each))
            found["accuracy"] = shares(truth == decision, attribute, design_of(rows), "accuracy", each)
            values += [one.value or 0.0 for metric in METRICS for one in found[metric]]
        return values

    def gate() -> None:
        rows = scored()
        for name in PEOPLE:
            rng = np.random.default_rng(0)
            group_metrics(Context(check="bias.group_metrics", confidence=CONFIDENCE, rows=rows, by=name, rng=rng))

    values = same()
    gate()
    return {"values": values, "cpu_s": _timed(same), "gate_s": _timed(gate)}


def _groups(people: pd.DataFrame, name: str) -> Groups:
    builder = GroupBuilder([name])
    builder.update(pa.RecordBatch.from_pandas(people[[name]], preserve_index=False))
    found = builder.finish()
    return Groups(labels=found.labels, codes=found.codes)


def _timed(call: Callable[[], object]) -> list[float]:
    spent = []
    for _ in range(TURNS):
        began = time.process_time()
        call()
        spent.append(time.process_time() - began)
    return spent


def theirs(*, file: str, draws: int) -> dict[str, Any]:
    """Make the same frame of metrics without and with a bootstrap."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import accuracy_score

    people = pd.read_parquet(file)
    functions = (selection_rate, true_positive_rate, false_positive_rate, accuracy_score)

    def frames(**options: Any) -> list[Any]:
        return [
            MetricFrame(
                metrics=dict(zip(METRICS, functions, strict=True)),
                y_true=people["truth"], y_pred=people["decision"], sensitive_features=people[name], **options,
            )
            for name in PEOPLE
        ]  # fmt: skip

    frames()
    began = time.process_time()
    values = [float(value) for one in frames() for metric in METRICS for value in one.by_group[metric].sort_index()]
    plain = time.process_time() - began
    began = time.process_time()
    tail = (1.0 - CONFIDENCE) / 2.0
    for one in frames(n_boot=draws, ci_quantiles=[tail, 1.0 - tail], random_state=0):
        _ = one.by_group_ci
    return {"values": values, "plain_s": plain, "drawn_s": time.process_time() - began}


def gates(*, task: str, rows: int, clusters: int) -> dict[str, Any]:
    """Run every gate of the suite, warm."""
    with tempfile.TemporaryDirectory() as folder:
        return _gates(Path(folder), task, rows, clusters)


def _gates(folder: Path, task: str, rows: int, clusters: int) -> dict[str, Any]:
    config = _config(task, clusters)
    plan = plan_gates(config, task, all_checks())
    small = _subjects(folder / "small", config, task, 5_000, 2_000, min(clusters, 500))
    for gate in plan:  # imports and first calls are no part of the figure
        execute(gate, small, config)
    subjects = _subjects(folder / "all", config, task, rows, REFERENCE, clusters)
    began = time.process_time()
    _ = subjects.rows, subjects.reference_rows, subjects.comparison
    scored = time.process_time() - began
    before = _reset_peak()
    spent: dict[str, float] = defaultdict(float)
    peaks: dict[str, int] = {}
    broken = []
    for gate in plan:
        began = time.process_time()
        found = execute(gate, subjects, config)
        spent[gate.default.check] += time.process_time() - began
        peaks[gate.default.check] = _peak() - before
        if found.verdict in ("error", "not_applicable"):
            broken.append(f"{gate.id}: {found.reason}")
    if broken:
        raise SystemExit("not everything was measured:\n" + "\n".join(broken))
    order = sorted(spent, key=lambda name: -spent[name])
    return {
        "gates": len(plan),
        "cpu_s": sum(spent.values()),
        "pass_s": scored,
        "above": _peak() - before,
        "checks": [(name, spent[name], peaks[name]) for name in order],
    }


def _config(task: str, clusters: int) -> Config:
    error = {"bias.error_difference": GateTable(check="bias.error_difference", limit=Limit(max=0.5))}
    return Config(
        name="bench",
        file=Path.cwd() / "modelcheck.toml",
        label="modelcheck.toml",
        suites=("bias",),
        candidate=CandidateTable(model="candidate", task=task, output=_output(task), classes=_classes(task)),
        baseline=BaselineTable(model="baseline", output=_output(task), classes=_classes(task)),
        dataset=DatasetTable(
            path="rows",
            target="y",
            protected=tuple((name,) for name in ATTRIBUTES),
            control=("grade",),
            cluster="person" if clusters else None,
        ),
        reference="reference",
        gates=error if task == "regression" else {},
    )


def _output(task: str) -> str:
    return "value" if task == "regression" else "probability"


def _classes(task: str) -> tuple[int, ...]:
    return () if task == "regression" else (0, 1)


def _subjects(folder: Path, config: Config, task: str, rows: int, reference: int, clusters: int) -> Subjects:
    """Return subjects of simulated rows; the models are one weighted sum, so that asking again costs little."""

    def answering(noise: float) -> Callable[[pd.DataFrame], NDArray[np.float64]]:
        def answer(frame: pd.DataFrame) -> NDArray[np.float64]:
            total = _signal(frame) + noise * frame["x6"].to_numpy(dtype=np.float64)
            if task == "regression":
                return total
            positive = 1.0 / (1.0 + np.exp(1.0 - total))
            return np.column_stack([1.0 - positive, positive])

        return answer

    rng = np.random.default_rng(0)
    return Subjects.of(
        config,
        task=task,
        candidate=answering(0.0),
        baseline=answering(0.2),
        dataset=_table(rng, task, rows, range(clusters)),
        # Reference rows of people who are evaluated too would be left out.
        reference=_table(rng, task, reference, range(clusters, 2 * clusters)),
        store=Store(folder, shared=False),
    )


def _signal(frame: pd.DataFrame) -> NDArray[np.float64]:
    # The attribute weighs so little that nothing is wrong, and enough that changing it moves scores.
    total = 0.02 * (frame["sex"] == "sex 0").to_numpy(dtype=np.float64)
    for place, weight in enumerate((1.0, 0.7, 0.5, 0.3)):
        total += weight * frame[f"x{place}"].to_numpy()
    return np.asarray(total, dtype=np.float64)


def _table(rng: np.random.Generator, task: str, rows: int, people: range) -> pa.Table:
    """Return rows whose truth follows the candidate's scores; sizes of groups fall by the factor 1.5."""
    columns: dict[str, Any] = {}
    for name, size in ATTRIBUTES.items():
        share = 1.5 ** -np.arange(size)
        codes = rng.choice(size, rows, p=share / share.sum())
        columns[name] = np.array([f"{name} {code}" for code in range(size)])[codes]
    columns |= {f"x{place}": rng.normal(size=rows) for place in range(NUMBERS)}
    frame = pd.DataFrame(columns)
    signal = _signal(frame)
    if task == "regression":
        frame["y"] = signal + rng.normal(size=rows)
    else:
        frame["y"] = (rng.random(rows) < 1.0 / (1.0 + np.exp(1.0 - signal))).astype(np.int64)
    frame["grade"] = rng.integers(0, STRATA, rows)
    if people:
        frame["person"] = rng.integers(people.start, people.stop, rows)
    return pa.Table.from_pandas(frame, preserve_index=False)


def _reset_peak() -> int:
    """Forget the peak of making the rows, where the system can; what is held now counts as the arrays."""
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
        arms: dict[str, Callable[..., dict[str, Any]]] = {"modelcheck": ours, "fairlearn": theirs, "gates": gates}
        print("RESULT", json.dumps(arms[sys.argv[2]](**json.loads(sys.argv[3]))))
    else:
        parser = argparse.ArgumentParser()
        parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
        parser.add_argument("--full", action="store_true", help=f"let fairlearn draw all {REPLICATES:,} replicates")
        given = parser.parse_args()
        main(given.folder, full=given.full)
