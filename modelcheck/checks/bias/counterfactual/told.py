"""Changed rows as people read them: tables, a chart, examples, and what to do."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.bias.counterfactual.asked import Asked
from modelcheck.checks.bias.counterfactual.shifts import changed_decisions, quantile_of, signed_shift
from modelcheck.checks.words import count, level, short
from modelcheck.record.evidence import Chart, Estimate, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import Design

__all__ = ["examples_of", "moves_table", "quantiles_table", "reproduce", "shift_chart"]

_EXAMPLES = 10
_MOST_MOVES = 42  # 7 groups, each to each other
_QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99)
_BINS = 20


def moves_table(asked: Asked, attribute: Attribute, rows: ScoredRows, design: Design, confidence: float) -> Table:
    """Return what each move from group to group does to scores and decisions.

    Parameters
    ----------
    asked : Asked
        The answers.
    attribute : Attribute
        Of `rows`.
    rows : ScoredRows
        All rows.
    design : Design
        Of the asked rows.
    confidence : float
        Of each interval on its own.
    """
    own = attribute.codes[asked.rows][asked.changes.source]
    target = asked.changes.target
    merged = asked.drawn_targets
    code = target if merged else own * len(attribute) + target
    values, sizes = np.unique(code, return_counts=True)
    shown = np.sort(values[np.argsort(-sizes, kind="stable")[:_MOST_MOVES]])
    what = "mean distance of scores" if asked.signed is None else "mean shift of the score"
    binary = rows.task == "binary"
    lines: list[tuple[Any, ...]] = []
    for place in shown.tolist():
        which = code == place
        whence = "any other" if merged else attribute.labels[place // len(attribute)]
        line: tuple[Any, ...] = (whence, attribute.labels[place % len(attribute)], int(np.count_nonzero(which)))
        if asked.before is not None:
            found = signed_shift(asked, which, design, confidence=confidence)
            line += (found.value, found.low, found.high)
        for to in (1, 0) if binary else (None,):
            line += _shares(changed_decisions(asked, design, confidence=confidence, which=which, to=to))
        lines.append(line)
    columns: tuple[str, ...] = ("from", "to", "rows")
    if asked.before is not None:
        columns += (what, "low", "high")
    if asked.now is not None:
        names = [f"decided {short(rows.classes[k])} instead" for k in (1, 0)] if binary else ["decided otherwise"]
        for name in names:
            columns += (name, f"{name}: low", f"{name}: high")
    note = f"Each interval on its own at {level(confidence)}; none where all rows of a line move alike."
    if len(values) > len(shown):
        note += f" The {len(shown)} most frequent of {len(values)} moves."
    if merged:
        note += " There are many groups: for each row some were drawn, each by its size."
    return Table(name="by direction", columns=columns, rows=tuple(lines), note=note)


def _shares(found: Estimate | None) -> tuple[Any, ...]:
    return () if found is None else (found.value, found.low, found.high)


def quantiles_table(asked: Asked, design: Design, confidence: float) -> Table:
    """Return quantiles of the shift, in the score's own unit and in units of the spread.

    Parameters
    ----------
    asked : Asked
        The answers.
    design : Design
        Of the asked rows.
    confidence : float
        Of each interval on its own.
    """
    shift = asked.by_row(asked.distance)
    lines: list[tuple[Any, ...]] = []
    for share in _QUANTILES:
        value, low, high = quantile_of(shift, share, design, confidence=confidence)
        lines.append((f"{100.0 * share:g} %", value, low, high, value / asked.spread))
    largest = float(shift.max())
    lines.append(("100 %", largest, None, None, largest / asked.spread))
    return Table(
        name="how far scores move",
        columns=("share of rows that move at most", "by", "low", "high", "in units of the spread"),
        rows=tuple(lines),
        note=(
            f"The spread, {asked.spread:.4g}, is the mean distance between the scores of two different rows (Gini's "
            f"mean difference). Limits: Woodruff's, each at {level(confidence)}."
        ),
    )


def shift_chart(asked: Asked) -> Chart | None:
    """Return a histogram of the shifts in units of the spread; None where all are alike."""
    shift = asked.by_row(asked.distance) / asked.spread
    if float(np.ptp(shift)) <= 0.0:
        return None
    counts, edges = np.histogram(shift, bins=_BINS, range=(0.0, float(shift.max())))
    still = int(np.count_nonzero(shift == 0.0))
    return Chart(
        name="shifts",
        kind="histogram",
        title="How far scores move when the entry is changed",
        x="shift in units of the spread of the scores",
        y="rows",
        reading=f"The largest shift is {shift.max():.3g}; {count(still, 'row')} of {len(shift):,} keep their score.",
        data=tuple(
            {"low": float(low), "high": float(high), "count": int(number)}
            for (low, high), number in zip(pairwise(edges), counts, strict=True)
        ),
    )


def examples_of(asked: Asked, attribute: Attribute, rows: ScoredRows) -> tuple[dict[str, Any], ...]:
    """Return the ten changes that move the score most, ties by row id.

    Parameters
    ----------
    asked : Asked
        The answers.
    attribute : Attribute
        Of `rows`.
    rows : ScoredRows
        All rows.

    Returns
    -------
    tuple of dict
        Row id, from and to which group, score and decision before and after; of several scores, that of the class
        decided for before. Each row stands there once.
    """
    source, target = asked.changes.source, asked.changes.target
    positions = asked.rows[source]
    ids = positions if rows.row_id is None else rows.row_id[positions]
    order = np.lexsort((target, ids, -asked.distance))
    first = np.sort(np.unique(source[order], return_index=True)[1])[:_EXAMPLES]
    examples = []
    for at in order[first].tolist():
        row = int(source[at])
        example: dict[str, Any] = {
            "row": int(ids[at]),
            "from": attribute.labels[int(attribute.codes[positions[at]])],
            "to": attribute.labels[int(target[at])],
        }
        if asked.before is not None and asked.after is not None:
            example |= {"score before": float(asked.before[row]), "score after": float(asked.after[at])}
        if asked.was is not None and asked.now is not None:
            example |= {
                "decision before": short(rows.classes[int(asked.was[row])]),
                "decision after": short(rows.classes[int(asked.now[at])]),
            }
        examples.append(example)
    return tuple(examples)


def reproduce(asked: Asked, attribute: Attribute) -> str:
    """Return how to see it again, and what to do."""
    columns = ", ".join(short(name) for name in asked.columns)
    return (
        f"Take a row below, give it the {columns} of a row of the other group, change nothing else, and ask the "
        f"candidate again.\nIf {short(attribute.name)} must not matter by itself, leave {columns} out of the model's "
        "inputs and train again; bias.proxy then tells whether other columns stand in for it."
    )
