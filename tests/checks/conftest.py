"""Scored rows from plain arrays: real parts, no models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from modelcheck.checks.context import Context
from modelcheck.data.levels import Levels
from modelcheck.scoring.rows import FeatureCodes, Groups, ScoredRows


def coded(columns: Mapping[str, np.ndarray], *, bins: int = 10, edges: Mapping[str, np.ndarray] | None = None):
    """Feature codes: floats get quantile bins (or the edges given), integers are categories."""
    values, levels = [], []
    for name, column in columns.items():
        column = np.asarray(column)
        if column.dtype.kind == "f":
            known = column[~np.isnan(column)]
            cuts = edges[name] if edges else np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1]))
            code = np.where(np.isnan(column), 0, np.searchsorted(cuts, column, side="right") + 1)
            names = [f"< {cuts[0]:.3g}"]
            names += [f"{a:.3g} to {b:.3g}" for a, b in pairwise(cuts)]
            labels = ("missing", *names, f">= {cuts[-1]:.3g}")
            levels.append(Levels(name=name, labels=labels, ordered=True, edges=tuple(map(float, cuts))))
        else:
            code = column + 1
            names = tuple(f"level {k}" for k in range(int(column.max()) + 1))
            levels.append(Levels(name=name, labels=("missing", *names, "other"), ordered=False, values=names))
        values.append(code.astype(np.uint8))
    return FeatureCodes(values=np.stack(values), levels=tuple(levels), edges_from="reference")


def scored_rows(
    task: str,
    target: Any,
    score: Any = None,
    decision: Any = None,
    *,
    classes: tuple[Any, ...] | None = None,
    probabilistic: bool = True,
    weight: Any = None,
    cluster: Any = None,
    groups: Mapping[str, Any] | None = None,
    features: FeatureCodes | None = None,
) -> ScoredRows:
    """Build scored rows; without decisions a classifier with scores decides at 0.5 or by the largest score."""
    target = np.asarray(target)
    score = None if score is None else np.asarray(score, dtype=float)
    if task == "regression":
        classes, target = (), target.astype(float)
    else:
        target = target.astype(np.int16)
        width = 2 if task == "binary" else (score.shape[1] if score is not None else int(target.max()) + 1)
        classes = classes or tuple(f"class {k}" for k in range(width))
        if decision is None and score is not None:
            decision = score >= 0.5 if task == "binary" else score.argmax(axis=1)
        decision = None if decision is None else np.asarray(decision).astype(np.int16)
    made = {}
    for name, labels in (groups or {}).items():
        names, codes = np.unique(np.asarray(labels).astype(str), return_inverse=True)
        made[name] = Groups(labels=tuple(str(item) for item in names), codes=codes.astype(np.int32))
    return ScoredRows(
        task=task,
        classes=classes,
        target=target,
        score=score,
        decision=decision,
        probabilistic=probabilistic,
        weight=None if weight is None else np.asarray(weight, dtype=float),
        cluster=None if cluster is None else np.asarray(cluster, dtype=np.int32),
        row_id=np.arange(len(target)),
        groups=made,
        features=features,
    )


@pytest.fixture
def rows_of() -> Callable[..., ScoredRows]:
    return scored_rows


@pytest.fixture
def codes_of() -> Callable[..., FeatureCodes]:
    return coded


@pytest.fixture
def context_of() -> Callable[..., Context]:
    def make(check: str, rows: ScoredRows, **more: Any) -> Context:
        return Context(
            **{"check": f"performance.{check}", "confidence": 0.95, "rows": rows, "rng": np.random.default_rng(0)}
            | more
        )

    return make


@pytest.fixture
def binary(rows_of: Callable[..., ScoredRows]) -> ScoredRows:
    """2,000 rows of a fair classifier, with two protected attributes."""
    rng = np.random.default_rng(1)
    signal = rng.normal(size=2000)
    target = rng.random(2000) < 1 / (1 + np.exp(-1.5 * signal + 1))
    score = 1 / (1 + np.exp(-1.2 * signal + 0.9))
    return rows_of(
        "binary",
        target,
        np.round(score, 2),
        groups={
            "sex": rng.choice(["female", "male"], 2000),
            "race": rng.choice(["a", "b", "c"], 2000, p=[0.6, 0.3, 0.1]),
        },
    )


@pytest.fixture
def multiclass(rows_of: Callable[..., ScoredRows]) -> ScoredRows:
    """1,500 rows, three classes, one protected attribute."""
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(1500, 3)) * 1.3 + np.array([0.5, 0.0, -0.5])
    score = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    target = np.array([rng.choice(3, p=row) for row in score])
    return rows_of("multiclass", target, score, groups={"site": rng.choice(["north", "south"], 1500)})


@pytest.fixture
def regression(rows_of: Callable[..., ScoredRows]) -> ScoredRows:
    """1,200 rows of a regression, one protected attribute."""
    rng = np.random.default_rng(3)
    signal = rng.normal(size=1200)
    target = 50 + 10 * signal + rng.normal(size=1200) * 5
    return rows_of("regression", target, 50.5 + 9 * signal, groups={"sex": rng.choice(["female", "male"], 1200)})
