"""From a cell (case or base, rows, strength, seed) to its trial, in whichever environment."""

from __future__ import annotations

from benchmarks.proving_ground.bases import BASES
from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.trial import Base, Trial

__all__ = ["base_of", "trial_of"]


def base_of(subject: str) -> Base:
    """Return the base that a case is planted into, or the base of that name."""
    return BASES[CASES[subject].base] if subject in CASES else BASES[subject]


def trial_of(subject: str, rows: int, seed: int, strength: float | None = None) -> Trial:
    """Return the trial of a case at a strength (None: its default), or of a base: the clean twin."""
    clean = base_of(subject).draw(rows, seed)
    if subject not in CASES:
        return clean
    case = CASES[subject]
    return case.spoil(clean, case.default if strength is None else strength, seed)
