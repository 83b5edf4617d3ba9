"""How much of a record one page can hold: what gets less room when the whole would be too large."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MOST_BYTES", "ROOMS", "Room"]

MOST_BYTES = 1_000_000
"""Of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The parts of a page that grow with the record. What finds no place is counted on the page.

    Attributes
    ----------
    lines : int
        Bytes for the table of gates.
    drawn : int
        Bytes of evidence after which charts are left undrawn.
    evidence : int
        Bytes of evidence after which gates have their line in the table only.
    findings : int
        Bytes for findings.
    reasons : int
        Reasons in each part of what was left open.
    columns : int
        Columns of the dataset's schema, and checks whose question is told.
    """

    lines: int
    drawn: int
    evidence: int
    findings: int
    reasons: int
    columns: int


ROOMS = (
    Room(lines=260_000, drawn=320_000, evidence=420_000, findings=120_000, reasons=20, columns=100),
    Room(lines=160_000, drawn=180_000, evidence=240_000, findings=60_000, reasons=10, columns=60),
    Room(lines=60_000, drawn=40_000, evidence=60_000, findings=20_000, reasons=3, columns=20),
)
"""Tried one after the other until the page is small enough; the last one always is."""
