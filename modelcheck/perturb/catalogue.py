"""Every perturbation, family by family."""

from __future__ import annotations

from modelcheck.perturb.categories import CATEGORIES
from modelcheck.perturb.dates import DATES
from modelcheck.perturb.donor import DONORS
from modelcheck.perturb.edges import EDGES
from modelcheck.perturb.missing import MISSING
from modelcheck.perturb.noise import NOISE
from modelcheck.perturb.perturbation import Perturbation
from modelcheck.perturb.ranges import RANGES
from modelcheck.perturb.rounding import ROUNDING
from modelcheck.perturb.sentinel import SENTINELS
from modelcheck.perturb.spelling import SPELLING
from modelcheck.perturb.swaps import SWAPS
from modelcheck.perturb.text import TEXT
from modelcheck.perturb.types import TYPES
from modelcheck.perturb.units import UNITS

__all__ = ["CATALOGUE", "families", "named"]

CATALOGUE: tuple[Perturbation, ...] = (
    *NOISE, *ROUNDING, *UNITS, *RANGES, *MISSING, *SENTINELS, *CATEGORIES, *DONORS, *EDGES, *SPELLING, *TYPES, *DATES,
    *TEXT, *SWAPS,
)  # fmt: skip


def families() -> dict[str, tuple[Perturbation, ...]]:
    """Return the catalogue by family, in its order.

    Examples
    --------
    >>> list(families())[:4]
    ['noise', 'rounding', 'units', 'range']
    """
    names = dict.fromkeys(one.family for one in CATALOGUE)
    return {name: tuple(one for one in CATALOGUE if one.family == name) for name in names}


def named(name: str) -> Perturbation:
    """Return a perturbation by its name.

    Raises
    ------
    KeyError
        If there is none of that name.

    Examples
    --------
    >>> named("typo").title
    'Typo'
    """
    return {one.name: one for one in CATALOGUE}[name]
