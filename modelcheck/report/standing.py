"""What a test came to, for somebody who must not take "not proved broken" for "kept"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from modelcheck.record.evidence import Criterion, Estimate, Severity, Verdict
from modelcheck.record.schema import GateRecord
from modelcheck.report.limits import ends
from modelcheck.report.outline import is_gate

__all__ = ["SEARCHES", "Badge", "Standing", "badge", "counts", "inside", "standing"]

SEARCHES = (
    "weak_slices", "miscalibrated_slices", "regression_by_slice", "harder_slices", "group_loss", "intersectional",
    "falsify", "crash", "nonfinite", "invariance", "noise", "missing", "units", "zeros",
)  # fmt: skip
"""Checks that look for trouble that nobody has named."""

_FACTS = ("security.artifact", "deployment.environment")  # read off whole, not drawn: what holds is known to hold


class Standing(StrEnum):
    """Where a test stands; the seven verdicts with PASS split in two, and failures by what they do."""

    KEPT = "kept"
    UNBROKEN = "not proved broken"
    BROKEN = "broken"
    WARNING = "warning"
    CRASHED = "crashed"
    OPEN = "open"
    NOT_RUN = "not run"
    WAIVED = "accepted for now"
    NOT_APPLICABLE = "doesn't apply"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """How a standing is shown: the colour's state, the icon that repeats the word, the word."""

    state: str
    icon: str
    word: str


_BADGES: Mapping[Standing, tuple[str, str]] = {
    Standing.KEPT: ("pass", "✓"),
    Standing.UNBROKEN: ("metric", "○"),
    Standing.BROKEN: ("fail", "✕"),
    # A warning in the colour of what stops the model would frighten without need.
    Standing.WARNING: ("inconclusive", "✕"),
    Standing.CRASHED: ("error", "!"),
    Standing.OPEN: ("inconclusive", "?"),
    Standing.NOT_RUN: ("not_run", "?"),
    Standing.WAIVED: ("waived", "~"),
    Standing.NOT_APPLICABLE: ("not_applicable", "-"),
    Standing.MEASURED: ("metric", "·"),
}
_PLAIN = {
    Verdict.ERROR: Standing.CRASHED,
    Verdict.INCONCLUSIVE: Standing.OPEN,
    Verdict.NOT_RUN: Standing.NOT_RUN,
    Verdict.WAIVED: Standing.WAIVED,
    Verdict.NOT_APPLICABLE: Standing.NOT_APPLICABLE,
}


def standing(gate: GateRecord) -> Standing:
    """Return where a gate stands.

    Parameters
    ----------
    gate : GateRecord
        After the run.

    Returns
    -------
    Standing
        ``KEPT`` where the whole interval that judged lies inside the limit, for every group that was looked at, or
        where a test of the user's own without a number passed. Everything else that passed, all searches included, is
        ``UNBROKEN``: nobody proved the limit broken, and nobody proved it kept. A crash is ``CRASHED`` whatever its
        severity: it measured nothing, so it can neither break a limit nor warn of anything.
    """
    if gate.verdict is None:
        return Standing.MEASURED
    if gate.verdict == Verdict.PASS:
        return Standing.KEPT if _kept(gate) else Standing.UNBROKEN
    if gate.verdict == Verdict.FAIL:
        return Standing.BROKEN if gate.severity == Severity.BLOCKING else Standing.WARNING
    return _PLAIN[Verdict(gate.verdict)]


def badge(gate: GateRecord) -> Badge:
    """Return how a gate's standing is shown."""
    found = standing(gate)
    state, icon = _BADGES[found]
    return Badge(state=state, icon=icon, word=str(found))


def counts(gates: Iterable[GateRecord]) -> dict[Standing, int]:
    """Return how many gates with a limit or a say stand where; standings without any are 0."""
    found = dict.fromkeys(Standing, 0)
    for gate in gates:
        if is_gate(gate):
            found[standing(gate)] += 1
    return found


def inside(estimate: Estimate, criterion: Criterion) -> bool:
    """Return whether the interval that judged lies inside the limit.

    Examples
    --------
    >>> gap = Estimate(metric="gap", value=0.12, low=0.0, high=0.24, confidence=0.95, n=900, method="m")
    >>> inside(gap, Criterion(max=0.1)), inside(gap, Criterion(max=0.25)), inside(gap, Criterion(margin=0.01))
    (False, True, True)
    """
    if estimate.unproven or estimate.low is None or estimate.high is None or not estimate.low < estimate.high:
        return False
    least, most = ends(criterion)
    return (least is None or estimate.low >= least) and (most is None or estimate.high <= most)


def _kept(gate: GateRecord) -> bool:
    if gate.criterion is None or f"{gate.suite}.{gate.check}" in _FACTS:
        return True
    # A search can't prove that nothing is there, and of its places the record holds only the nearest ones.
    if gate.check in SEARCHES:
        return False
    judged = list(gate.groups.values()) or ([gate.estimate] if gate.estimate is not None else [])
    return bool(judged) and all(inside(one, gate.criterion) for one in judged)
