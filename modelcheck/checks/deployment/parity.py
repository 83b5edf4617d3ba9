"""Whether what is served, or was converted, answers as the candidate's file does."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.sample import Sample, deployed_of, sample_of
from modelcheck.checks.deployment.ways import Way, asked_in_calls, evidence_of, silent
from modelcheck.checks.words import short
from modelcheck.config.tables import ModelTable
from modelcheck.errors import ModelError
from modelcheck.record.evidence import Evidence
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.deployed import Deployed

__all__ = ["onnx_parity", "parity"]

_SIZES = (1, 7, 64, 75, 76)
_CALLS = 8
_SERVED = (
    "Look for another version of the model or of its libraries behind the service, preprocessing that differs, types "
    "that JSON changes (whole numbers, missing values, categories), and limits on the size of a request."
)
_CONVERTED = (
    "ONNX compares 32 bit numbers: a row on the edge of a split goes the other way. Convert with 64 bit inputs, or "
    "fit the model on 32 bit numbers."
)


def parity(context: Context) -> Evidence:
    """Ask the service that ``[candidate] served`` names about the same rows, in requests of several sizes.

    Parameters
    ----------
    context : Context
        With `deployed`.

    Returns
    -------
    Evidence
        ``other_answer_rate``, see `modelcheck.checks.deployment.ways.evidence_of`. A service that gives labels only is
        compared by its decisions.
    """
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    if deployed.table.served is None:
        return Evidence(
            not_applicable='nothing is declared to compare with: [candidate] served = "http://HOST:PORT/invocations".'
        )
    return _compared(context, deployed, deployed.table.served, who="service", causes=_SERVED)


def onnx_parity(context: Context) -> Evidence:
    """Ask the ONNX file that ``[candidate] onnx`` names about the same rows.

    Parameters
    ----------
    context : Context
        With `deployed`.

    Returns
    -------
    Evidence
        As `parity`.
    """
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    if deployed.table.onnx is None:
        return Evidence(not_applicable='no twin is declared: [candidate] onnx = "model.onnx".')
    table = ModelTable(model=deployed.table.onnx, prepare=deployed.table.prepare, isolation=deployed.table.isolation)
    return _compared(context, deployed, table, who="ONNX file", causes=_CONVERTED)


def _compared(context: Context, deployed: Deployed, table: ModelTable, *, who: str, causes: str) -> Evidence:
    sample = sample_of(context)
    if sample.unsteady:
        return Evidence(not_applicable=sample.unsteady)
    try:
        with deployed.counterpart(table) as asking:
            ways = _ways(asking, sample, who)
    except ModelError as error:
        ways = [silent(f"the {who}, asked at all", len(sample), str(error))]
    return evidence_of(
        ways,
        sample,
        context=context,
        what=f"answered by the {who}",
        causes=causes,
        note=f"Compared with the candidate: {short(deployed.description.name)}.",
    )


def _ways(asking: Asking, sample: Sample, who: str) -> list[Way]:
    n = len(sample)
    ways = [asked_in_calls(f"the {who}, all rows", asking.answer, sample, [np.arange(n)])]
    for size in _SIZES:
        calls = min(_CALLS, max(n // size, 1))
        parts = [np.resize(np.arange(n), calls * size)[call * size : (call + 1) * size] for call in range(calls)]
        title = f"the {who}, {'1 row' if size == 1 else f'{size} rows'} at a time"
        ways.append(asked_in_calls(title, asking.answer, sample, parts))
    return ways
