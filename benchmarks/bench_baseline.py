"""CPU and memory of every performance gate with a baseline, predictions given: simulated rows, one process a size."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from modelcheck.config.tables import BaselineTable, CandidateTable, Config, CostTable, DatasetTable, GateTable, Limit
from modelcheck.data.levels import Levels
from modelcheck.gates.execute import execute
from modelcheck.gates.plan import plan_gates
from modelcheck.scoring.pairing import Pairing
from modelcheck.scoring.rows import FeatureCodes, Groups, ScoredRows
from modelcheck.stats.design import Design
from modelcheck.stats.ranking import linearise_roc_auc
from modelcheck.suites.catalog import all_checks

ROWS = 1_000_000
FEATURES = 14
TASKS = ("binary", "regression")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Scored rows in the place of the subjects of a run."""

    rows: ScoredRows
    comparison: Pairing
    reference_rows: ScoredRows


def main() -> None:
    """Print the figures, each task in a process of its own so that peaks don't mix."""
    for task in TASKS:
        subprocess.run([sys.executable, __file__, task, str(ROWS)], check=True)


def measure(task: str, rows: int) -> None:
    """Run the whole plan of one task, warm, and print CPU seconds and the memory above the arrays."""
    config = _config(task)
    gates = plan_gates(config, task, [one for one in all_checks() if one.suite == "performance"])
    small = _given(task, 5_000)
    for gate in gates:  # imports and first calls are no part of the figure
        execute(gate, small, config)
    given = _given(task, rows)
    before = _reset_peak()
    began = time.process_time()
    spent = []
    for gate in gates:
        start = time.process_time()
        found = execute(gate, given, config)
        if found.verdict == "error":
            raise SystemExit(f"{gate.id}: {found.reason}")
        spent.append((time.process_time() - start, _peak() - before, gate.id))
    total = time.process_time() - began
    print(
        f"{task}, {rows:,} rows, {len(gates)} gates and metrics with baseline: {total:.2f} CPU s (target 10), "
        f"{(_peak() - before) / 1e9:.2f} GB above the arrays (target 1)"
    )
    for seconds, peak, name in sorted(spent, reverse=True)[:8]:
        print(f"  {seconds:5.2f} s, peak so far {peak / 1e9:.2f} GB  {name}")
    if task == "binary":
        began = time.process_time()
        for one in (given.rows, given.comparison.baseline):
            linearise_roc_auc(one.target == 1, one.score, design=Design())
        print(f"DeLong, two models, {rows:,} rows: {time.process_time() - began:.2f} CPU s (target 1.5)")


def _config(task: str) -> Config:
    metrics = (
        ("accuracy", "f1", "average_precision", "log_loss", "recall") if task == "binary" else ("mean_absolute_error",)
    )
    names = [f"performance.regression.{name}" for name in metrics]
    return Config(
        name="bench",
        file=Path.cwd() / "modelcheck.toml",
        label="modelcheck.toml",
        candidate=CandidateTable(score="p", task=task, threshold=0.3 if task == "binary" else None),
        baseline=BaselineTable(score="q"),
        dataset=DatasetTable(path="rows", target="y", protected=(("group",),)),
        reference="reference",
        cost=CostTable(fp=1.0, fn=3.0) if task == "binary" else None,
        gates={name: GateTable(check=name, limit=Limit(margin=0.01)) for name in names},
    )


def _given(task: str, rows: int) -> Given:
    rng = np.random.default_rng(0)
    signal = rng.normal(size=rows)
    if task == "binary":
        target = (rng.random(rows) < 1.0 / (1.0 + np.exp(1.0 - signal))).astype(np.int16)
    else:
        target = signal + rng.normal(size=rows)

    def scored(noise: float) -> ScoredRows:
        seen = signal + noise * rng.normal(size=rows)
        score = 1.0 / (1.0 + np.exp(1.0 - 0.9 * seen)) if task == "binary" else seen
        return ScoredRows(
            task=task,
            classes=(0, 1) if task == "binary" else (),
            target=target,
            score=score,
            decision=(score >= 0.3).astype(np.int16) if task == "binary" else None,
            groups={"group": groups},
            slices={"half": half},
            features=features,
        )

    groups = Groups(labels=("a", "b", "c", "d"), codes=rng.integers(0, 4, rows).astype(np.int32))
    half = rng.random(rows) < 0.5
    values = rng.integers(1, 11, (FEATURES, rows), dtype=np.uint8)
    labels = ("missing", *(f"bin {code}" for code in range(1, 11)))
    edges = tuple(range(1, 10))
    levels = tuple(Levels(name=f"f{place}", labels=labels, ordered=True, edges=edges) for place in range(FEATURES))
    features = FeatureCodes(values=values, levels=levels, edges_from="reference")
    candidate, baseline = scored(0.5), scored(0.55)
    reference = replace(candidate, score=scored(0.4).score)
    return Given(rows=candidate, comparison=Pairing(candidate=candidate, baseline=baseline), reference_rows=reference)


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
    if len(sys.argv) > 1:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        main()
