"""Candidates about to be accepted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from modelcheck.history.baseline import BaselineFacts, Measured, NewBaseline
from modelcheck.history.outputs import Outputs

CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}


def make(
    task: str = "binary",
    *,
    rows: int = 50,
    seed: int = 0,
    labels_only: bool = False,
    content: bool = False,
    classes: tuple[Any, ...] | None = None,
    **facts: Any,
) -> NewBaseline:
    rng = np.random.default_rng(seed)
    classes = CLASSES[task] if classes is None else classes
    score: Any = rng.random((rows, len(classes))) if task == "multiclass" else rng.random(rows)
    if task == "multiclass":
        score /= score.sum(axis=1, keepdims=True)
    codes = rng.integers(0, len(classes), rows).astype(np.int16) if classes else None
    words = {
        "name": "income",
        "task": task,
        "classes": classes,
        "created": "2026-11-02T10:00:00+00:00",
        "versions": {"python": "3.11.9"},
        "commit": "0123456789abcdef",
        "candidate": {"name": f"Forest({seed})", "sha256": f"{seed % 16:x}" * 64},
        "dataset": {"name": "dataset", "sha256": "d" * 64, "rows": rows},
        "key_kind": "key" if content else "content",
        "columns": ("age", "hours"),
        "metrics": {"performance::roc_auc": Measured(value=0.9, low=0.88, high=0.92)},
    }
    outputs = Outputs(
        keys=rng.integers(0, 2**64, (rows, 2), dtype=np.uint64),
        content=rng.integers(0, 2**64, (rows, 2), dtype=np.uint64) if content else None,
        target=rng.normal(size=rows) if codes is None else rng.permutation(codes),
        score=None if labels_only else score,
        decision=codes,
    )
    return NewBaseline(facts=BaselineFacts(**(words | facts)), outputs=outputs)


@pytest.fixture(name="make")
def _make() -> Any:
    """Return the function that makes a candidate about to be accepted."""
    return make


@pytest.fixture
def same() -> Any:
    """Return a function that says whether two sets of outputs are equal to the last bit."""

    def compare(one: Outputs, two: Outputs) -> bool:
        names = ("keys", "content", "target", "score", "decision")
        pairs = [(getattr(one, name), getattr(two, name)) for name in names]
        return all(
            (a is None and b is None) or (a.dtype == b.dtype and a.shape == b.shape and bool((a == b).all()))
            for a, b in pairs
        )

    return compare
