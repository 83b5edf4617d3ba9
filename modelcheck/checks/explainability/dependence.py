"""How the score follows each of the most important columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from modelcheck.checks.cells import cell
from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import NO_BUDGET, Drawn, Scores, drawn, nothing, rows_for
from modelcheck.checks.explainability.explained import explained
from modelcheck.checks.words import number, short
from modelcheck.explain.accumulated import accumulate
from modelcheck.explain.dependence import Curves, curves, grid_of
from modelcheck.record.evidence import Chart, Evidence
from modelcheck.record.privacy import quoted

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["dependence"]

_COLUMNS = 6
_POINTS = 20
_ROWS = 300
_FEWEST = 20
_COMMON = 5  # rows
_BAND = 0.8
_BARS = 20
_FEW = 3  # so few values are drawn one beside the other


def dependence(context: Context) -> Evidence:
    """Draw partial dependence, the band of single curves and accumulated local effects of the six largest columns.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Evidence
        One chart a column: the mean score over the column's values, the middle 80 % of single rows' curves,
        accumulated local effects (of numbers; they hold where columns go together), and how many rows are where.

    References
    ----------
    Friedman (2001), Annals of Statistics 29, 1189-1232. Goldstein et al. (2015), JCGS 24, 44-65. Apley and Zhu (2020),
    JRSS B 82, 1059-1086.
    """
    ready, found = drawn(context), explained(context)
    if isinstance(ready, str) or isinstance(found, str):
        return nothing(str(ready) if isinstance(ready, str) else str(found))
    shares = found.attributions.shares
    order = [place for place in np.argsort(-shares, kind="stable").tolist() if shares[place] > 0.0]
    if not order:
        return Evidence(not_applicable="no column moves any answer.")
    names = [found.columns[place] for place in order[:_COLUMNS]]
    grids = {name: grid_of(ready.support[name], most=_POINTS) for name in names}
    points = sum(len(grid.points) + 2 * (grid.kind == "number") for grid in grids.values())
    n = min(_ROWS, len(ready.rows), rows_for(context, "dependence") // max(points, 1))
    if n < min(_FEWEST, len(ready.rows)):
        return nothing(f"{NO_BUDGET} {_FEWEST} rows at {points} values are needed.")
    assert context.asking is not None  # noqa: S101 - `drawn` answered otherwise
    scores = Scores(context.asking, ready.scored)
    rows = ready.rows.iloc[:n]
    wanted = None if scores_are_single(context) else int(np.bincount(context.rows.target.astype(np.intp)).argmax())
    charts = []
    spans: dict[str, float] = {}
    lost = 0
    for name in names:
        seen = curves(scores, rows, name, grids[name], wanted=wanted)
        lost = max(lost, seen.unanswered)
        effect = None
        if grids[name].kind == "number" and len(grids[name].points) > _FEW:
            effect = accumulate(scores, rows, name, bins=_POINTS)
        mean = seen.mean
        spans[name] = float(np.nanmax(mean) - np.nanmin(mean)) if np.isfinite(mean).any() else 0.0
        ale = None
        if effect is not None and np.isfinite(effect.effect).any():
            moved = effect.at(np.asarray(grids[name].points, dtype=np.float64))
            moved = moved if moved.ndim == 1 or wanted is None else moved[:, wanted]
            ale = moved + float(np.nanmean(mean))
        charts.append(_chart(context, ready, name, seen, ale, wanted, len(rows)))
    steepest = max(spans, key=lambda name: spans[name])
    reading = (
        f"Over its values, {short(steepest)} moves the mean score most: by {number(spans[steepest])}, other columns "
        "left as they are."
    )
    if len(order) > len(names):
        reading += f" Drawn for the {len(names)} columns with the largest shares, of {len(order)}."
    if lost:
        reading += f" Up to {lost:,} rows without an answer somewhere are left out."
    return Evidence(charts=tuple(charts), reading=reading, predicted_rows=scores.asked)


def scores_are_single(context: Context) -> bool:
    """Return whether the model gives one score a row."""
    rows = context.rows
    return len(rows.classes) <= 2 if rows.score is None else rows.score.ndim == 1


def _chart(context: Context, ready: Drawn, name: str, seen: Curves, ale: Any, wanted: int | None, n: int) -> Chart:
    low, high = seen.band(_BAND)
    points = seen.grid.points
    rows = context.rows
    decides = rows.task == "binary" and rows.score is not None and rows.probabilistic
    boundary = (0.5 if context.threshold is None else context.threshold) if decides else None
    score = "score" if wanted is None else f"probability of {short(context.rows.classes[wanted])}"
    data: list[dict[str, Any]] = []
    values = ready.support[name]
    if seen.grid.kind == "number" and len(points) > _FEW:
        for place, point in enumerate(points):
            if np.isfinite(seen.mean[place]):
                other = None if ale is None or not np.isfinite(ale[place]) else float(ale[place])
                data.append(
                    {
                        "part": "curve",
                        "x": float(point),
                        "y": float(seen.mean[place]),
                        "low": float(low[place]),
                        "high": float(high[place]),
                        "ale": other,
                    }
                )
        data += _density(values, float(points[0]), float(points[-1]))
    else:
        counts = values.value_counts()
        for place, point in enumerate(points):
            if np.isfinite(seen.mean[place]):
                data.append(
                    {
                        "part": "level",
                        "label": _shared(short(cell(point), 40), int(counts.get(point, 0))),
                        "y": float(seen.mean[place]),
                        "low": float(low[place]),
                        "high": float(high[place]),
                        "count": int(counts.get(point, 0)),
                    }
                )
    mean = seen.mean[np.isfinite(seen.mean)]
    told = f"Mean {score} from {number(float(mean.min()))} to {number(float(mean.max()))}" if len(mean) else "No answer"
    outside = f" {seen.grid.outside:,} of {len(values):,} rows have other values." if seen.grid.outside else ""
    return Chart(
        name=f"dependence {short(name)}",
        kind="dependence",
        title=f"How the {score} follows {short(name)}",
        x=short(name),
        y=score,
        reading=f"{told}, over {n:,} rows; the band holds the middle {100 * _BAND:g} % of them.{outside}",
        data=tuple(data),
        reference={} if boundary is None else {"limit": boundary},
    )


def _shared(label: str, rows: int) -> str:
    """Return a category's name; one that hardly any row has is an entry of these rows."""
    return label if rows >= _COMMON else quoted(label)


def _density(values: pd.Series, first: float, last: float) -> list[dict[str, Any]]:
    known = values.dropna().to_numpy(dtype=np.float64)
    known = known[(known >= first) & (known <= last)]
    if not len(known) or last <= first:
        return []
    counts, edges = np.histogram(known, bins=min(_BARS, max(len(np.unique(known)), 2)), range=(first, last))
    return [
        {"part": "density", "low": float(edges[at]), "high": float(edges[at + 1]), "count": int(one)}
        for at, one in enumerate(counts)
    ]
