"""Every planted defect, by family. A case is one function in a family's module; nothing else lists it."""

from __future__ import annotations

from types import ModuleType

from benchmarks.proving_ground.catalogue import (
    bias,
    deployment,
    dirty_input,
    drift,
    failing_input,
    leaks,
    performance,
    real_tables,
    reasons,
    robustness,
    security,
    slices,
    unsteady,
)
from benchmarks.proving_ground.trial import Case

__all__ = ["CASES", "FAMILIES"]

FAMILIES: tuple[ModuleType, ...] = (
    performance,
    slices,
    bias,
    robustness,
    unsteady,
    failing_input,
    dirty_input,
    reasons,
    leaks,
    drift,
    real_tables,
    deployment,
    security,
)


def _by_name() -> dict[str, Case]:
    every = [one for module in FAMILIES for one in vars(module).values() if isinstance(one, Case)]
    named = {one.name: one for one in every}
    if len(named) < len(every):
        twice = sorted({one.name for one in every if sum(one.name == other.name for other in every) > 1})
        raise ValueError(f"two cases have one name: {twice}; results are told apart by the name alone.")
    return named


CASES: dict[str, Case] = _by_name()
