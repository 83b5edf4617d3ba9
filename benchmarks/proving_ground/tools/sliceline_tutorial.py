"""SliceLine again, weighing errors as its two notebooks do (`alpha=0.95`, "small slices with high log loss").

The notebooks also let a slice name every column and hold a single row, which ends in no time that one would wait for;
here it may name three and holds ten rows or more. With this weight it returns a slice of nearly every table.
"""

from __future__ import annotations

from benchmarks.proving_ground.tools.outcome import Said
from benchmarks.proving_ground.tools.sliceline_search import MEANING, PACKAGES, PRELOAD, right, searched
from benchmarks.proving_ground.trial import Trial

__all__ = ["MEANING", "NAME", "PACKAGES", "PRELOAD", "examine", "right"]

NAME = "sliceline, alpha 0.95"


def examine(trial: Trial) -> Said:
    """Search with the notebooks' weight, and tell the columns of the best slice."""
    return searched(trial, {"alpha": 0.95, "k": 1, "max_l": 3, "min_sup": 10})
