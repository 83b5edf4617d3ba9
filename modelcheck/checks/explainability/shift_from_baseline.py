"""Whether the candidate has other reasons than the model that it replaces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import NO_BUDGET, Drawn, Scores, drawn, nothing, rows_for
from modelcheck.checks.explainability.explained import Explained, explained
from modelcheck.checks.explainability.explainers import explain_with, explainer_of
from modelcheck.checks.words import number, short
from modelcheck.explain.attributions import PERMUTATION, Attributions
from modelcheck.record.evidence import Chart, Estimate, Evidence, Table
from modelcheck.scoring.asking import Asking
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import paired_difference, undefined
from modelcheck.stats.shares import linearised_share

__all__ = ["shift_from_baseline"]

_METRIC = "attribution_share_moved"
_WALKS = 4
_ROWS = 400
_FEWEST = 20


def shift_from_baseline(context: Context) -> Evidence:
    """Compare the share that each column has in the candidate's answers and in the baseline's, on the same rows.

    Parameters
    ----------
    context : Context
        With `asking` and `asking_baseline`.

    Returns
    -------
    Evidence
        ``attribution_share_moved``: by column the distance of the two shares, in [0, 1], paired by row; Bonferroni
        over all columns. Both models are explained alike: by the same explainer on the same scale, else both by walks
        on the raw columns.

    References
    ----------
    As `modelcheck.checks.explainability.forbidden`.
    """
    if context.asking_baseline is None:
        note = context.baseline_note or "the baseline is stored answers, which have no reasons to compare with."
        return Evidence(not_applicable=note)
    ready, found = drawn(context), explained(context)
    if isinstance(ready, str) or isinstance(found, str):
        return nothing(str(ready) if isinstance(ready, str) else str(found))
    both = _both(context, context.asking_baseline, ready, found)
    if isinstance(both, str):
        return nothing(both)
    ours, theirs, design, asked = both
    confidence = 1.0 - (1.0 - context.confidence) / max(len(ours.columns), 1)
    groups: dict[str, Estimate] = {}
    lines = []
    for place, name in enumerate(ours.columns):
        a = linearised_share(ours.size[:, place], ours.size.sum(axis=1), design)
        b = linearised_share(theirs.size[:, place], theirs.size.sum(axis=1), design)
        if a is None or b is None:
            groups[short(name)] = undefined(_METRIC, confidence, "one of the models gives every row the same answer")
            continue
        difference = paired_difference(a, b, design, metric=_METRIC, confidence=confidence)
        groups[short(name)] = _folded(difference)
        lines.append((short(name), a.value, b.value, difference.value, difference.low, difference.high))
    lines.sort(key=lambda line: -abs(line[3] or 0.0))
    worst = max(groups, key=lambda name: groups[name].value or 0.0)
    moved = 0.5 * sum(abs(line[3] or 0.0) for line in lines)
    reading = (
        f"{number(100.0 * moved)} % of the attribution lies on other columns than in the baseline; {worst} moved most, "
        f"by {number(groups[worst].value)}."
    )
    return Evidence(
        estimate=groups[worst],
        groups=groups,
        tables=(
            Table(
                name="shares of candidate and baseline",
                columns=("column", "candidate", "baseline", "difference", "low", "high"),
                rows=tuple(lines),
                note=(
                    f"{len(ours):,} rows, both models explained by {ours.explainer} on the scale of {ours.scale}; "
                    "simultaneous intervals."
                ),
            ),
        ),
        charts=(
            Chart(
                name="moved shares",
                kind="forest",
                title="Share of attribution: candidate less baseline",
                x="difference of shares",
                reading=reading,
                data=tuple(
                    {"label": line[0], "value": line[3], "low": line[4], "high": line[5], "n": len(ours)}
                    for line in lines[:12]
                ),
                reference={"zero": True},
            ),
        )
        if len(lines) > 1
        else (),
        reading=reading,
        predicted_rows=asked,
    )


def _both(
    context: Context, rival: Asking, ready: Drawn, found: Explained
) -> tuple[Attributions, Attributions, Design, int] | str:
    theirs = Scores(rival, ready.scored)
    other = explainer_of(context, rival, ready, theirs, purpose="baseline")
    own = found.attributions
    if other.name == own.explainer != PERMUTATION and other.scale == own.scale:
        rows = ready.rows.take(found.rows).reset_index(drop=True)
        values, kept = explain_with(other, rows)
        return own.take(kept), values, found.design.take(kept), theirs.asked
    assert context.asking is not None  # noqa: S101 - `drawn` answered otherwise
    ours = Scores(context.asking, ready.scored)
    walked = [
        explainer_of(context, one, ready, asked, walks=_WALKS, inside=False, purpose="baseline")
        for one, asked in ((context.asking, ours), (rival, theirs))
    ]
    n = min(rows_for(context, "baseline", explainers=3) // (2 * walked[0].asks_a_row + 2), _ROWS, len(ready.rows))
    if n < min(_FEWEST, len(ready.rows)):
        return f"{NO_BUDGET} {_FEWEST} rows explained for both models are needed."
    some = ready.rows.iloc[:n]
    (first, kept), (second, also) = (explain_with(one, some) for one in walked)
    places = np.intersect1d(kept, also)
    if not len(places):
        return "not one row could be explained for both models."
    return (
        first.take(np.searchsorted(kept, places)),
        second.take(np.searchsorted(also, places)),
        ready.design.take(places),
        ours.asked + theirs.asked,
    )


def _folded(difference: Estimate) -> Estimate:
    """Return the size of a difference, with an interval that holds wherever the difference's own does."""
    if difference.value is None or difference.low is None or difference.high is None:
        return difference
    return replace(
        difference,
        value=abs(difference.value),
        low=max(0.0, difference.low, -difference.high),
        high=max(abs(difference.low), abs(difference.high)),
    )
