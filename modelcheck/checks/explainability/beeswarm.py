"""What each column adds to the answers, row by row, as a chart of binned points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.explainability.drawn import Drawn
from modelcheck.checks.explainability.explained import Explained
from modelcheck.checks.words import short
from modelcheck.record.evidence import Chart

__all__ = ["beeswarm"]

_SWARM = 12
_BINS = 25


def beeswarm(ready: Drawn, found: Explained, names: Sequence[str]) -> Chart:
    """Draw what each column adds to the answers, row by row.

    Parameters
    ----------
    ready : Drawn
        The sample.
    found : Explained
        Its attributions.
    names : sequence of str
        Columns, the most important first; the first twelve are drawn.
    """
    said = found.attributions
    data: list[dict[str, Any]] = []
    shown = names[:_SWARM]
    one_output = said.values.shape[2] == 1
    for name in shown:
        place = found.columns.index(name)
        moved = said.values[:, place, 0] if one_output else said.size[:, place]
        data += _binned(short(name), moved, _level(ready, found, name))
    more = f" {len(shown)} of {len(names)} columns." if len(names) > len(shown) else ""
    way = (
        "right of 0 a column raises the answer, left of it lowers it"
        if one_output
        else "how far each column moves the probabilities of all classes together, whichever way"
    )
    return Chart(
        name="beeswarm",
        kind="beeswarm",
        title="What each column adds, row by row" if one_output else "How far each column moves the answer, row by row",
        x=f"{'adds to' if one_output else 'moves'} the answer ({said.scale})",
        reading=f"{len(said):,} rows: {way}; colours tell low values from high ones.{more}",
        data=tuple(data),
    )


def _level(ready: Drawn, found: Explained, name: str) -> NDArray[np.float64] | None:
    """Return each explained row's place among the support's values, 0 to 1; None for categories."""
    if not ready.is_number(name):
        return None
    known = np.sort(ready.support[name].to_numpy(dtype=np.float64, na_value=np.nan))
    known = known[np.isfinite(known)]
    own = ready.rows[name].iloc[found.rows].to_numpy(dtype=np.float64, na_value=np.nan)
    if not len(known):
        return None
    middle = 0.5 * (np.searchsorted(known, own, side="left") + np.searchsorted(known, own, side="right"))
    return np.where(np.isfinite(own), middle / len(known), np.nan)


def _binned(label: str, moved: NDArray[np.float64], level: NDArray[np.float64] | None) -> list[dict[str, Any]]:
    low, high = float(moved.min()), float(moved.max())
    if high <= low:
        middle = None if level is None or not np.isfinite(level).any() else float(np.nanmean(level))
        return [{"label": label, "x": low, "count": len(moved), "level": middle}]
    bins = np.minimum(((moved - low) / (high - low) * _BINS).astype(np.intp), _BINS - 1)
    lines = []
    for at in np.unique(bins).tolist():
        here = bins == at
        own = None if level is None else level[here]
        middle = None if own is None or not np.isfinite(own).any() else float(np.nanmean(own))
        lines.append(
            {
                "label": label,
                "x": low + (at + 0.5) * (high - low) / _BINS,
                "count": int(here.sum()),
                "level": middle,
            }
        )
    return lines
