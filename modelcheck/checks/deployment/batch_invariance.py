"""Whether a row's answer hangs on how many rows are asked about with it, and in which order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.sample import deployed_of, sample_of
from modelcheck.checks.deployment.ways import asked_in_calls, evidence_of
from modelcheck.record.evidence import Evidence

__all__ = ["SIZES", "batch_invariance"]

SIZES = (1, 2, 3, 7, 16, 63, 64, 75, 76, 128, 500, 1_000)
"""Rows in a call. Powers of two and their neighbours, where buffers end; a served model of MLflow broke above 75."""
_CALLS = 16
_SINGLE = 64
_CAUSES = (
    "Look for statistics taken over the batch (means, ranks, fills, encoders fitted at prediction), buffers of a fixed "
    "size, positions instead of names, or state that one call leaves for the next."
)


def batch_invariance(context: Context) -> Evidence:
    """Ask about the same rows singly, in chunks of many sizes, and shuffled.

    Parameters
    ----------
    context : Context
        With `deployed`.

    Returns
    -------
    Evidence
        ``other_answer_rate``, see `modelcheck.checks.deployment.ways.evidence_of`. Not applicable to a model that is
        unsteady by itself. Batches that are larger than the dataset repeat its rows.
    """
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    sample = sample_of(context)
    if sample.unsteady:
        return Evidence(not_applicable=sample.unsteady)
    asking = context.asking
    assert asking is not None  # noqa: S101 - `deployed_of` answered otherwise
    random = context.generator("deployment batches")
    n = len(sample)
    ways = []
    for size in SIZES:
        title = "rows one by one" if size == 1 else f"{size:,} rows at a time"
        ways.append(asked_in_calls(title, asking.answer, sample, _parts(random.permutation(n), size)))
    ways.append(asked_in_calls("all rows, shuffled", asking.answer, sample, [random.permutation(n)]))
    ways.append(asked_in_calls("all rows, backwards", asking.answer, sample, [np.arange(n)[::-1]]))
    return evidence_of(
        ways,
        sample,
        context=context,
        what="asked in batches of other sizes and orders",
        causes=_CAUSES,
        table="batches",
    )


def _parts(order: NDArray[np.int64], size: int) -> list[NDArray[np.intp]]:
    """Return the rows of each call: as many calls as cover the rows, at most 64 of single rows and 16 of more."""
    calls = min(_SINGLE if size == 1 else _CALLS, max(len(order) // size, 1))
    return [np.resize(order, calls * size)[call * size : (call + 1) * size] for call in range(calls)]
