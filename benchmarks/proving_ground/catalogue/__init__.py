"""Every planted defect, by family. A case is one function in a family's module; nothing else lists it."""

from __future__ import annotations

from types import ModuleType

from benchmarks.proving_ground.catalogue import drift, performance
from benchmarks.proving_ground.trial import Case

__all__ = ["CASES", "FAMILIES"]

FAMILIES: tuple[ModuleType, ...] = (performance, drift)
CASES: dict[str, Case] = {
    one.name: one for module in FAMILIES for one in vars(module).values() if isinstance(one, Case)
}
