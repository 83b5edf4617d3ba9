"""What a score rests on, in words and links that are safe to show: gates of the record, and what people declare."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from modelcheck.record.evidence import Verdict
from modelcheck.record.schema import GateRecord
from modelcheck.report.readiness.scoring import Readiness, Scored, Status
from modelcheck.report.text import one_line, shorten

__all__ = [
    "MOST_GATES",
    "Piece",
    "declared",
    "foundation",
    "headline",
    "linked",
    "points",
    "result",
    "shown_gates",
    "state",
    "sums",
]

MOST_GATES = 3
"""Gates named for one item; the others are counted."""

_EVIDENCE = 300
_OWNER = 80
_RESULTS = {Verdict.FAIL: "fails", Verdict.WAIVED: "fails, waived", Verdict.PASS: "passes"}
# Printable ASCII without what could end an attribute or be read as another host; everything else stays text.
_ADDRESS = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:[/?#][A-Za-z0-9._~:/?#\[\]!$&()*+,;=%-]*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a text; with an address where it is a link."""

    text: str
    href: str = ""


def headline(readiness: Readiness) -> str:
    """Return the score in one sentence.

    Examples
    --------
    >>> from modelcheck.record.schema import Record, RunVerdict
    >>> from modelcheck.report.readiness import assess
    >>> headline(assess(Record(name="m", run={}, candidate={}, dataset={}, verdict=RunVerdict.NO_GATES)))
    'ML Test Score 0 of 7: a research project rather than a system in production.'
    """
    return f"ML Test Score {points(readiness.score)} of 7: {readiness.meaning}."


def points(number: float) -> str:
    """Return points as people write them: 0, 0.5, 1, 1.5."""
    return f"{number:g}"


def foundation(readiness: Readiness) -> str:
    """Return what was looked at: declarations and the day on which they had to hold."""
    if readiness.declared is None:
        return "Nothing is declared: name a file of declarations by the key readiness, or with --declarations."
    when = f" on {readiness.day}" if readiness.day is not None else ""
    doubtful = sum(bool(one.doubt) for one in readiness.items)
    known = sum(one.declaration is not None for one in readiness.items)
    odd = readiness.declared - known
    left = f", {odd} of no item of this version" if odd else ""
    return f"Declarations: {readiness.declared}; {known - doubtful} count{when}, {doubtful} don't{left}."


def sums(readiness: Readiness) -> str:
    """Return the sections' sums and which of them decides, in two sentences."""
    each = ", ".join(f"{one.title} {points(one.points)}" for one in readiness.sections)
    return f"Points by section: {each}. The lowest counts: {' and '.join(one.title for one in readiness.lowest)}."


def shown_gates(one: Scored) -> tuple[Sequence[GateRecord], str]:
    """Return the gates that are named, and in words how many more there are."""
    left = len(one.judged) - MOST_GATES
    return one.judged[:MOST_GATES], "" if left <= 0 else f"and {left:,} more gate{'s' if left > 1 else ''}"


def result(gate: GateRecord) -> str:
    """Return what came out of a judged gate: passes, fails, or fails and is waived."""
    return _RESULTS[Verdict(gate.verdict or Verdict.PASS)]


def state(one: Scored) -> tuple[str, str, str]:
    """Return how an item is shown: the colour's state, the icon that repeats the word, the word."""
    if one.status is Status.MISSING:
        return "not_applicable", "○", "missing"
    if one.fails:
        return "fail", "✕", f"{one.status}, fails"
    return ("pass", "✓", "automated") if one.status is Status.AUTOMATED else ("inconclusive", "~", "manual")


def declared(one: Scored) -> tuple[str, str, str]:
    """Return what is declared of an item: how, the evidence, and by whom until when, each fit for one line."""
    found = one.declaration
    if found is None:
        return "", "", ""
    until = f", until {found.expires}" if found.expires is not None else ""
    by = f"{shorten(found.owner, _OWNER)}, {found.date}{until}"
    return f"declared {found.how}", shorten(found.evidence, _EVIDENCE), by


def linked(text: str) -> tuple[Piece, ...]:
    """Return a text in pieces, addresses of the web apart.

    Parameters
    ----------
    text : str
        From a file, not to be trusted.

    Returns
    -------
    tuple of Piece
        Only whole words that are plain http and https addresses without a user's name have a link.

    Examples
    --------
    >>> [(one.text, one.href) for one in linked("see https://wiki.example/a, now")]
    [('see ', ''), ('https://wiki.example/a', 'https://wiki.example/a'), (', now', '')]
    >>> [one.href for one in linked("javascript:alert(1) https://me@evil.example")]
    ['']
    """
    pieces: list[Piece] = []
    plain = ""
    for word in re.split(r"(\s+)", one_line(text)):
        address = word.rstrip(".,;:!?)")
        if _ADDRESS.fullmatch(address) and _has_host(address):
            pieces += [Piece(text=plain)] if plain else []
            pieces.append(Piece(text=address, href=address))
            plain = word[len(address) :]
        else:
            plain += word
    return (*pieces, Piece(text=plain)) if plain or not pieces else tuple(pieces)


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False
