"""Values at the ends of the range: where a model's behaviour beyond the range begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator

from modelcheck.perturb.perturbation import WITHIN, Perturbation
from modelcheck.perturb.profile import TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EDGES"]

_POPULATION = "A yardstick, nobody's mistake: the {which} value that the reference has."


def _places(profile: TableProfile) -> list[tuple[str, ...]]:
    return [(column.name,) for column in profile.columns.values() if column.numeric]


def _make(side: str) -> Perturbation:
    def make(
        rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
    ) -> Mapping[str, pd.Series]:
        import pandas as pd

        (name,) = columns
        column = profile.columns[name]
        value = column.high if side == "high" else column.low
        whole = column.kind == "integer" and rows[name].dtype.kind in "iu"
        made = np.where(rows[name].isna().to_numpy(), np.nan, value)
        return {name: pd.Series(made, dtype=rows[name].dtype if whole else np.float64)}

    which = "largest" if side == "high" else "smallest"
    return Perturbation(
        name=f"to_{side}",
        title=f"The {which} value",
        family="edges",
        population=_POPULATION.format(which=which),
        support=WITHIN,
        places=_places,
        make=make,
    )


EDGES = tuple(_make(side) for side in ("high", "low"))
