"""What a run left open, and what it would take: every reason once, with the gates it holds for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelcheck.report.outline import Section, upper_first
from modelcheck.report.text import paragraph, shorten

__all__ = ["OpenReason", "OpenSection", "open_sections"]

_KEYS = ("not_run", "inconclusive", "waived", "not_applicable")
_MOST = 12
_SENTENCE = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReason:
    """One reason: links to the gates (title and place), how many more there are, and the sentence."""

    gates: tuple[tuple[str, str], ...]
    more: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSection:
    """What is open in one way: not run, undecided, waived, not asked."""

    title: str
    reasons: tuple[OpenReason, ...]
    note: str


def open_sections(parts: Sequence[Section], anchors: Mapping[int, str], most: int) -> tuple[OpenSection, ...]:
    """Return what was not decided.

    Parameters
    ----------
    parts : sequence of Section
        The gates in reading order.
    anchors : mapping of int to str
        Where each gate stands on the page, by the gate's identity.
    most : int
        Reasons in each section.

    Returns
    -------
    tuple of OpenSection
        Each reason with at most 12 of its gates.
    """
    found = []
    for part in parts:
        if part.key not in _KEYS:
            continue
        reasons: dict[str, list[tuple[str, str]]] = {}
        for gate in part.gates:
            reasons.setdefault(gate.reason, []).append((shorten(gate.title or gate.id, 120), anchors[id(gate)]))
        shown = tuple(
            OpenReason(
                gates=tuple(gates[:_MOST]),
                more=max(len(gates) - _MOST, 0),
                reason=paragraph(upper_first(reason), _SENTENCE) or "no reason was given",
            )
            for reason, gates in list(reasons.items())[:most]
        )
        left = len(reasons) - len(shown)
        found.append(
            OpenSection(
                title=part.title,
                reasons=shown,
                note=f"{len(shown)} of {len(reasons):,} reasons, all in record.json." if left else "",
            )
        )
    return tuple(found)
