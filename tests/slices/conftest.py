"""Small tables, and every slice of them by brute force: no counting, only masks."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import strategies as st

from modelcheck.slices.axes import Feature, axis_of


@dataclass(frozen=True, kw_only=True)
class Problem:
    features: list[Feature]
    loss: np.ndarray
    least: int
    depth: int

    @property
    def rows(self):
        return len(self.loss)

    def axes(self, *, bins=64, ranges=True):
        return [
            axis_of(one, place, least=self.least, bins=bins, ranges=ranges) for place, one in enumerate(self.features)
        ]


@st.composite
def _problems(draw, rows=(2, 24), columns=(1, 4), sizes=(1, 5), depth=(1, 4), losses=None):
    n = draw(st.integers(*rows))
    features = []
    for place in range(draw(st.integers(*columns))):
        size = draw(st.integers(*sizes))
        # Names alone; bins alone; bins with a code for missing before them, and one for other after them.
        order = draw(st.sampled_from([(0, 0), (0, size), (min(1, size), size), (min(1, size), max(size - 1, 1))]))
        codes = np.array(draw(st.lists(st.integers(0, size - 1), min_size=n, max_size=n)), dtype=np.uint8)
        features.append(Feature(name=f"f{place}", codes=codes, size=size, order=order))
    values = draw(st.sampled_from([_BINARY, _FEW, _REAL])) if losses is None else losses
    loss = np.array(draw(st.lists(values, min_size=n, max_size=n)), dtype=np.float64)
    return Problem(features=features, loss=loss, least=draw(st.integers(1, 5)), depth=draw(st.integers(*depth)))


_BINARY = st.sampled_from([0.0, 1.0])
_FEW = st.sampled_from([0.0, 0.25, 3.0])
_REAL = st.floats(0.0, 8.0, width=16)


def _conditions(feature, *, ranges=True):
    """Masks of every condition: single codes, and runs of codes in order that have rows."""
    start, stop = feature.order if ranges else (0, 0)
    codes = feature.codes
    bins = [code for code in range(start, stop) if (codes == code).any()]
    masks = [(codes >= low) & (codes <= high) for place, low in enumerate(bins) for high in bins[place:]]
    return masks + [codes == code for code in range(feature.size) if not start <= code < stop]


def _every_slice(conditions, *, least, depth):
    """Masks of every conjunction with `least` rows, by number of conditions: one array (n_slices, n_rows) each."""
    n = len(conditions[0][0])
    # A condition that every row meets is none.
    usable = [[mask for mask in masks if least <= mask.sum() < n] for masks in conditions]
    stacked = [np.array(masks) if masks else np.zeros((0, n), dtype=bool) for masks in usable]
    found = []
    for size in range(1, depth + 1):
        parts = [np.zeros((0, n), dtype=bool)]
        for some in itertools.combinations(stacked, size):
            whole = some[0]
            for other in some[1:]:
                whole = (whole[:, None, :] & other[None, :, :]).reshape(-1, n)
                whole = whole[whole.sum(axis=1) >= least]
            parts.append(whole)
        found.append(np.concatenate(parts))
    return found


def _scores(masks, loss, *, alpha=0.95):
    """Scores from the words of their definitions, slice by slice; 0 where the rest is empty."""
    n, mean, error = len(loss), loss.mean(), loss.std(ddof=1)
    found = {"sliceline": [], "excess": [], "effect": [], "significance": []}
    for mask in masks:
        rows, inside = int(mask.sum()), loss[mask].mean()
        found["sliceline"].append(alpha * (inside / mean - 1) - (1 - alpha) * (n / rows - 1))
        found["excess"].append(rows * (inside - mean))
        found["effect"].append(inside - loss[~mask].mean() if rows < n else 0.0)
        found["significance"].append((inside - mean) / (error * math.sqrt(1 / rows - 1 / n)) if rows < n else 0.0)
    return {name: np.array(values) for name, values in found.items()}


@pytest.fixture(scope="session")
def problems():
    """A Hypothesis strategy of small tables with losses, to be drawn from within a test."""
    return _problems


@pytest.fixture(scope="session")
def conditions():
    return _conditions


@pytest.fixture(scope="session")
def every_slice():
    return _every_slice


@pytest.fixture(scope="session")
def scores():
    return _scores


@pytest.fixture(scope="session")
def rows_of():
    """Turns masks into something to compare that doesn't depend on their order."""
    return lambda masks: sorted(np.packbits(mask).tobytes() for mask in masks)


@pytest.fixture
def noisy():
    """A table of every kind of column, and a loss that is higher on ``city = b & age >= 60``."""
    import pandas as pd

    rng = np.random.default_rng(4)
    n = 3_000
    income = np.round(rng.lognormal(1, 1, n))
    income[rng.random(n) < 0.1] = np.nan
    frame = pd.DataFrame(
        {
            "city": rng.choice(["a", "b", "c", "it's"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "age": rng.integers(3, 14, n) * 6,
            "monthly income": income,
            "children": rng.integers(0, 4, n),
            "member": rng.random(n) < 0.4,
        }
    )
    frame.loc[rng.random(n) < 0.08, "city"] = None
    planted = ((frame["city"] == "b") & (frame["age"] >= 60)).to_numpy()
    return frame, (rng.random(n) < np.where(planted, 0.5, 0.1)).astype(np.float64), planted
