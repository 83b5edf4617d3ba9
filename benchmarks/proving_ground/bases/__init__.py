"""The tasks that defects are planted into. Simulated ones know their truth; the others are real tables."""

from __future__ import annotations

from benchmarks.proving_ground.bases import credit, price
from benchmarks.proving_ground.trial import Base

__all__ = ["BASES"]

BASES: dict[str, Base] = {module.BASE.name: module.BASE for module in (credit, price)}
