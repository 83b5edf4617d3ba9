"""How large the model's file is, beside the baseline's."""

from __future__ import annotations

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.sample import deployed_of
from modelcheck.checks.words import number
from modelcheck.record.evidence import Evidence, Table

__all__ = ["size"]

_MB = 1e6


def size(context: Context) -> Evidence:
    """Tell the bytes of the candidate's file.

    Parameters
    ----------
    context : Context
        With `deployed`; its `limit` is in MB (10^6 bytes).

    Returns
    -------
    Evidence
        A plain fact, held against a declared limit.
    """
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    own = deployed.description.bytes
    if own is None:
        return Evidence(not_applicable="the candidate is no file, so it has no size.")
    lines = [("candidate", own, round(own / _MB, 6))]
    other = None if deployed.baseline is None else deployed.baseline.describe().bytes
    if other:
        lines.append(("baseline", other, round(other / _MB, 6)))
    fact = f"The model's file has {number(own / _MB)} MB ({own:,} bytes)."
    if other:
        fact += f" The baseline's has {number(other / _MB)} MB: {number(own / other)} times."
    kept = context.limit is None or own / _MB <= context.limit
    limit = "" if context.limit is None else f" The limit is {number(context.limit)} MB."
    return Evidence(
        proved=f"{fact}{limit}" if kept else "",
        disproved="" if kept else f"{fact}{limit}",
        tables=(Table(name="size", columns=("model", "bytes", "MB"), rows=tuple(lines)),),
        reading=fact,
    )
