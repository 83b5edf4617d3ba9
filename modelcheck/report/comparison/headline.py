"""One sentence for a comparison: the verdict then and now, and how many gates turned."""

from __future__ import annotations

from collections import Counter

from modelcheck.report.comparison.comparison import Comparison, places
from modelcheck.report.comparison.findings import Fate
from modelcheck.report.comparison.gates import Change
from modelcheck.report.comparison.movement import Reach, Shift
from modelcheck.report.outline import verdict_word

__all__ = ["counts", "headline", "verdicts"]

_GATES = {
    Change.STILL_STOPS: ("1 still stops it", "{} still stop it"),
    Change.NOT_FIXED: ("1 no longer fails without being fixed", "{} no longer fail without being fixed"),
    Change.NEWLY_FAILS: ("1 newly fails without stopping it", "{} newly fail without stopping it"),
    Change.FIXED: ("1 fixed", "{} fixed"),
    Change.CHANGED: ("1 with another verdict", "{} with another verdict"),
    Change.LIMIT_CHANGED: ("1 judged otherwise", "{} judged otherwise"),
    Change.DISAPPEARED: ("1 disappeared", "{} disappeared"),
    Change.APPEARED: ("1 appeared", "{} appeared"),
    Change.NOT_ASKED: ("1 not asked in one of the runs", "{} not asked in one of the runs"),
    Change.UNCHANGED: ("1 unchanged", "{} unchanged"),
}
_FINDINGS = {Fate.NEW: "new", Fate.GONE: "gone", Fate.STILL: "still there", Fate.NOT_LOOKED_FOR: "not looked for now"}


def verdicts(comparison: Comparison) -> str:
    """Return the verdict now and then, e.g. ``BLOCKED, was PROMOTED``."""
    old, new = verdict_word(comparison.old), verdict_word(comparison.new)
    return f"{new} as before" if old == new else f"{new}, was {old}"


def counts(comparison: Comparison) -> dict[Change, int]:
    """Return how many gates there are of each kind; metrics without a limit aren't counted."""
    found = Counter(gate.change for gate in comparison.gates if gate.judged)
    return {change: found[change] for change in Change}


def headline(comparison: Comparison) -> str:
    """Return what follows the verdicts: how many gates turned, what moved, what was found.

    Parameters
    ----------
    comparison : Comparison
        The comparison.

    Returns
    -------
    str
        Reads on from `verdicts`.
    """
    found = counts(comparison)
    newly = found[Change.NEWLY_STOPS]
    lead = "1 gate newly stops" if newly == 1 else f"{newly:,} gates newly stop" if newly else "no gate newly stops"
    rest = [_count(words, found[change]) for change, words in _GATES.items() if found[change]]
    return f"{', '.join([f'{lead} promotion', *rest])}.{_moves(comparison)}{_findings(comparison)}"


def _count(words: tuple[str, str], count: int) -> str:
    return words[0] if count == 1 else words[1].format(f"{count:,}")


def _moves(comparison: Comparison) -> str:
    far = Counter(
        "moved" if one.movement.shift in (Shift.UP, Shift.DOWN) else str(one.movement.shift)
        for one in places(comparison)
        if one.movement.reach is Reach.BEYOND
    )
    told = ", ".join(f"{far[word]:,} {word}" for word in ("worse", "better", "moved") if far[word])
    return f" Beyond both intervals: {told}." if told else ""


def _findings(comparison: Comparison) -> str:
    found = Counter(one.fate for one in comparison.findings)
    told = ", ".join(f"{found[fate]:,} {words}" for fate, words in _FINDINGS.items() if found[fate])
    return f" Findings: {told}." if told else ""
