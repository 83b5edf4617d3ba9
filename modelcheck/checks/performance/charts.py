"""What the charts of the performance suite show: plain rows of numbers, small at any number of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of, scores_of
from modelcheck.checks.words import count, number, short
from modelcheck.record.evidence import Chart
from modelcheck.scoring.rows import ScoredRows

__all__ = ["confusion_chart", "residual_charts", "score_chart"]

_CLASSES_SHOWN = 20
_BINS = 40
_GRID = 30
_BLOCK = 1 << 18


def confusion_chart(rows: ScoredRows) -> Chart:
    """Return the confusion matrix: rows by true and decided class.

    Parameters
    ----------
    rows : ScoredRows
        With decisions.

    Returns
    -------
    Chart
        Kind ``matrix``; `count` is in rows, `share` is of the true class (by weight when rows have weights).
        With more than 20 classes the smaller ones share one line, and the reading says so.
    """
    n_classes = len(rows.classes)
    names, place = _largest_classes(rows)
    counts = _crossed(rows.target, decisions_of(rows), n_classes, None)
    weighted = counts if rows.weight is None else _crossed(rows.target, decisions_of(rows), n_classes, rows.weight)
    merged, shares = (_merged(table, place, len(names)) for table in (counts, weighted))
    sizes = shares.sum(axis=1, keepdims=True)
    shares = np.divide(shares, sizes, out=np.zeros_like(shares), where=sizes > 0.0)
    data = tuple(
        {
            "row": names[i],
            "column": names[j],
            "count": int(merged[i, j]),
            "share": float(shares[i, j]) if sizes[i, 0] > 0 else None,
        }
        for i in range(len(names))
        for j in range(len(names))
    )
    right = int(np.trace(counts))
    reading = f"{right:,} of {count(len(rows), 'row')} lie on the diagonal: decided as they are."
    if len(names) < n_classes:
        reading += f" {n_classes - len(names) + 1} smaller classes share one line."
    if rows.weight is not None:
        reading += " Shares are by weight, counts are rows."
    return Chart(
        name="confusion",
        kind="matrix",
        title="Confusion matrix",
        x="decided",
        y="true",
        reading=reading,
        data=data,
    )


def _largest_classes(rows: ScoredRows) -> tuple[list[str], NDArray[np.intp]]:
    """Names on the chart's axes, and the place of each class among them."""
    n_classes = len(rows.classes)
    if n_classes <= _CLASSES_SHOWN:
        return [str(name) for name in rows.classes], np.arange(n_classes)
    size = np.bincount(rows.target, minlength=n_classes)
    kept = np.sort(np.argsort(-size, kind="stable")[: _CLASSES_SHOWN - 1])
    place = np.full(n_classes, len(kept), dtype=np.intp)
    place[kept] = np.arange(len(kept))
    return [*(str(rows.classes[code]) for code in kept), f"({n_classes - len(kept)} other classes)"], place


def _crossed(
    target: NDArray[Any], decision: NDArray[Any], n_classes: int, weight: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    total = np.zeros(n_classes * n_classes)
    for block in _blocks(len(target)):
        cell = target[block].astype(np.intp) * n_classes + decision[block]
        total += np.bincount(cell, weights=None if weight is None else weight[block], minlength=total.size)
    return total.reshape(n_classes, n_classes)


def _merged(table: NDArray[np.float64], place: NDArray[np.intp], size: int) -> NDArray[np.float64]:
    out = np.zeros((size, size))
    np.add.at(out, (place[:, None], place[None, :]), table)
    return out


def score_chart(rows: ScoredRows) -> Chart:
    """Return a histogram of the scores by true class.

    Parameters
    ----------
    rows : ScoredRows
        Binary: the positive class's score. Multiclass: the score of the true class.

    Returns
    -------
    Chart
        Kind ``histogram``, one series for each class (binary) or one in all (multiclass).
    """
    if rows.task == "binary":
        values = scores_of(rows)
        parts: list[tuple[str, int | None]] = [(str(name), code) for code, name in enumerate(rows.classes)]
        title, axis = "Scores by class", f"score of {short(rows.classes[1])}"
        reading = "The further apart the two classes, the better the scores tell them apart."
    else:
        values = scores_of(rows)[np.arange(len(rows)), rows.target]
        parts = [("true class", None)]
        title, axis = "Probability given to the true class", "probability of the true class"
        reading = f"{count(int(np.count_nonzero(values < 0.5)), 'row')} get less than 0.5 for their true class."
    edges, note = _edges(values, (0.0, 1.0) if rows.probabilistic else None)
    data: list[Mapping[str, Any]] = []
    for series, code in parts:
        data += _bars(values, edges, series, None if code is None else rows.target == code)
    return Chart(
        name="scores",
        kind="histogram",
        title=title,
        x=axis,
        y="rows",
        reading=reading + note,
        data=tuple(data),
    )


def residual_charts(rows: ScoredRows) -> tuple[Chart, Chart]:
    """Return residuals (observed minus predicted) against predictions, and their histogram.

    Parameters
    ----------
    rows : ScoredRows
        Of a regression.

    Returns
    -------
    scatter, histogram : Chart
        The scatter is binned on a grid of 30 by 30; rows far out are counted in the outermost bins, and the
        reading says how many.
    """
    predicted = scores_of(rows)
    residual = rows.target - predicted
    x_edges, x_note = _edges(predicted, None, _GRID)
    y_edges, y_note = _edges(residual, None, _GRID)
    cells = np.zeros(_GRID * _GRID, dtype=np.int64)
    for block in _blocks(len(rows)):
        across, up = _bin(predicted[block], x_edges), _bin(residual[block], y_edges)
        cells += np.bincount(across * _GRID + up, minlength=cells.size)
    grid = cells.reshape(_GRID, _GRID)
    x_middle, y_middle = (x_edges[:-1] + x_edges[1:]) / 2.0, (y_edges[:-1] + y_edges[1:]) / 2.0
    points = tuple(
        {"x": float(x_middle[i]), "y": float(y_middle[j]), "count": int(grid[i, j])}
        for i, j in zip(*np.nonzero(grid), strict=True)
    )
    low, high = (float(part) for part in np.quantile(residual, (0.05, 0.95)))
    scatter = Chart(
        name="residuals",
        kind="scatter",
        title="Residuals against predictions",
        x="predicted",
        y="observed minus predicted",
        reading="A band that bends or widens is error that the model could still learn." + (x_note or y_note),
        data=points,
        reference={"zero": True},
    )
    edges, note = _edges(residual, None)
    histogram = Chart(
        name="residual_histogram",
        kind="histogram",
        title="Residuals",
        x="observed minus predicted",
        y="rows",
        reading=f"Nine rows of ten lie between {number(low)} and {number(high)}.{note}",
        data=_bars(residual, edges, None),
        reference={"zero": True},
    )
    return scatter, histogram


def _edges(
    values: NDArray[Any], bounds: tuple[float, float] | None, bins: int = _BINS
) -> tuple[NDArray[np.float64], str]:
    """Bin edges that a few far-out rows can't stretch, and a note when rows lie beyond them."""
    if bounds is None:
        quarter, half, three = (float(part) for part in np.quantile(values, (0.25, 0.5, 0.75)))
        low, high = float(values.min()), float(values.max())
        reach = 8.0 * (three - quarter)
        bounds = (max(low, half - reach), min(high, half + reach)) if reach > 0.0 else (low, high)
    beyond = int(np.count_nonzero((values < bounds[0]) | (values > bounds[1])))
    low, high = bounds
    if not high > low:
        low, high = low - max(abs(low), 1.0) / 2.0, low + max(abs(low), 1.0) / 2.0
    note = f" {count(beyond, 'row')} beyond the axis are counted in the outermost bins." if beyond else ""
    return np.linspace(low, high, bins + 1), note


def _blocks(n: int) -> Iterator[slice]:
    """Rows counted at once, so that temporary columns stay small at any number of rows."""
    return (slice(start, start + _BLOCK) for start in range(0, n, _BLOCK))


def _bin(values: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.intp]:
    step = (edges[-1] - edges[0]) / (len(edges) - 1)
    position: NDArray[np.intp] = np.clip((values - edges[0]) / step, 0, len(edges) - 2).astype(np.intp)
    return position


def _bars(
    values: NDArray[Any], edges: NDArray[np.float64], series: str | None, mask: NDArray[np.bool_] | None = None
) -> tuple[Mapping[str, Any], ...]:
    counts = np.zeros(len(edges) - 1, dtype=np.int64)
    for block in _blocks(len(values)):
        part = values[block] if mask is None else values[block][mask[block]]
        counts += np.bincount(_bin(part, edges), minlength=counts.size)
    rows: Sequence[dict[str, Any]] = [
        {"low": float(low), "high": float(high), "count": int(n)}
        for low, high, n in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    return tuple(rows if series is None else [row | {"series": series} for row in rows])
