"""The one rule that says which gates stop promotion; the runner acts on it and every page shows it."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.record.evidence import Burden, Severity, Verdict
from modelcheck.record.schema import GateRecord, RunVerdict

__all__ = ["overall", "stops"]


def stops(gate: GateRecord, profile: str) -> bool:
    """Return whether a gate stops promotion.

    Parameters
    ----------
    gate : GateRecord
        The gate after the run.
    profile : str
        ``dev``, ``ci`` or ``release``; in ``release`` an inconclusive blocking gate stops too, unless its burden is
        ``breach`` there as well.

    Returns
    -------
    bool
        An error stops unless the gate only informs; a failure stops when the gate blocks.
    """
    if gate.severity == Severity.INFO:
        return False
    if gate.verdict == Verdict.ERROR:
        return True
    if gate.severity != Severity.BLOCKING:
        return False
    if gate.verdict == Verdict.FAIL:
        return True
    # What can't be proved kept (a search that found nothing) is not asked to be.
    searched = gate.criterion is not None and gate.criterion.burden is Burden.BREACH
    return gate.verdict == Verdict.INCONCLUSIVE and profile == "release" and not searched


def overall(gates: Sequence[GateRecord], profile: str) -> RunVerdict:
    """Return what a run says about its candidate.

    Parameters
    ----------
    gates : sequence of GateRecord
        Every planned gate, run or not.
    profile : str
        ``dev``, ``ci`` or ``release``.

    Returns
    -------
    RunVerdict
        ``no_gates`` when nothing was executed; ``blocked`` when a gate stops promotion; ``incomplete`` when a blocking
        gate was planned and not run; else ``promoted``.
    """
    if all(gate.verdict == Verdict.NOT_RUN for gate in gates):
        return RunVerdict.NO_GATES
    if any(stops(gate, profile) for gate in gates):
        return RunVerdict.BLOCKED
    if any(gate.verdict == Verdict.NOT_RUN and gate.severity == Severity.BLOCKING for gate in gates):
        return RunVerdict.INCOMPLETE
    return RunVerdict.PROMOTED
