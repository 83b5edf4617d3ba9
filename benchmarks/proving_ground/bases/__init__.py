"""The tasks that defects are planted into. Simulated ones know their truth; the others are real tables."""

from __future__ import annotations

from benchmarks.proving_ground.bases import (
    adult,
    credit,
    credit_file,
    diabetes,
    german,
    housing,
    price,
    reweighed,
    triage,
    visits,
)
from benchmarks.proving_ground.trial import Base

__all__ = ["BASES"]

BASES: dict[str, Base] = {
    module.BASE.name: module.BASE
    for module in (credit, credit_file, price, triage, adult, reweighed, german, housing, visits, diabetes)
}
