"""Whether the reasons that paid in the reference still pay on the dataset."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import drawn, nothing
from modelcheck.checks.explainability.earned import Earned, earned, earned_on_reference
from modelcheck.checks.explainability.explained import Explained, explained, explained_in_reference
from modelcheck.checks.explainability.stand_ins import Told, word_lost
from modelcheck.checks.judging import beyond, judge_places
from modelcheck.checks.words import number, short
from modelcheck.record.evidence import Chart, Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.holm import AtConfidence
from modelcheck.stats.linearised import undefined, unpaired_difference

__all__ = ["shift"]

_METRIC = "earnings_share_lost"
_DRAWN = 12


def shift(context: Context) -> Evidence:
    """Compare each column's part in what columns earn, in the reference and on the dataset.

    Parameters
    ----------
    context : Context
        With `asking` and a reference.

    Returns
    -------
    Evidence
        ``earnings_share_lost``: what a column earned in the reference (growth of the loss when it is shuffled) less
        what it earns on the dataset, as a part of all that columns earned in the reference; by Holm over all columns.
        A candidate knows its training rows by heart to some degree, above all by columns with many values, and a column
        that varies less on the dataset earns less there; neither is a shortcut. So those columns alone are judged whose
        levels are proved to tell under half of the truth that they told in the reference
        (`modelcheck.checks.explainability.stand_ins.word_lost`).

    References
    ----------
    Fisher, Rudin and Dominici (2019), JMLR 20 (177) (model reliance). Geirhos, R. et al. (2020). Shortcut learning in
    deep neural networks. Nature Machine Intelligence 2, 665-673.
    """
    before = earned_on_reference(context)
    now = earned(context)
    if isinstance(before, str) or isinstance(now, str):
        return nothing(before if isinstance(before, str) else str(now))
    if _overlap(before, now):
        return Evidence(
            searched="Dataset and reference share clusters, so that their parts can't be compared as independent ones.",
            reading="Dataset and reference share clusters; parts are not compared.",
            predicted_rows=before.predicted + now.predicted,
        )
    limit = 0.25 if context.limit is None else context.limit
    places = {name: _place(before, now, at) for at, name in enumerate(now.columns)}
    # Every column could have broken its word: the error is shared by all of them, whoever is left.
    each = 1.0 - (1.0 - context.confidence) / len(places)
    broke = _broke_their_word(context, now.columns, each)
    seen = {name: find(each) for name, find in places.items()}
    share = 1.0 - (1.0 - context.confidence) * max(len(broke), 1) / len(places)
    judged = judge_places({name: places[name] for name in broke}, limit=limit, confidence=share)
    seen |= {one.label: one.estimate for one in judged}
    shown = broke or tuple(seen)
    worst = max(shown, key=lambda name: -2.0 if seen[name].value is None else seen[name].value or 0.0)
    here, there = _shares(explained(context)), _shares(explained_in_reference(context))
    lines = []
    for at, (name, one) in enumerate(seen.items()):
        parts = before.lost(now, at)
        lines.append(
            (
                short(name),
                None if parts is None else parts[0].value,
                None if parts is None else parts[1].value,
                one.value,
                one.low,
                one.high,
                there.get(name),
                here.get(name),
                "no" if name in broke else "",
            )
        )
    lines.sort(key=lambda line: -(line[1] or 0.0))
    lost = seen[worst].value or 0.0
    reading = (
        f"{short(worst)} lost most: {number(lost)} of its part in what columns earn."
        if lost > 0.0
        else "No column earns a smaller part on the dataset than in the reference."
    )
    return Evidence(
        estimate=seen[worst],
        groups={short(one.label): one.estimate for one in judged},
        looked_at=len(judged),
        searched=(
            f"A part counts as lost over {number(limit)} of all that columns earn; {len(judged)} of {len(places)} "
            "columns tell under half of what they told in the reference, the others aren't judged."
        ),
        proved="" if broke else "no column is proved to tell under half of what it told in the reference.",
        findings=tuple(
            Finding(
                title=f"{short(one.label)} was a reason that paid in the reference and pays less here",
                n=one.estimate.n,
                effect=one.estimate.value,
                low=one.estimate.low,
                high=one.estimate.high,
                p_adjusted=one.p_adjusted,
                severity=Severity.WARNING,
                reproduce=(
                    f"Shuffle {short(one.label)} in the reference and in the dataset and compare the growth of "
                    "the loss. A column that told the truth while the candidate was made, and no longer does, is a "
                    "shortcut."
                ),
            )
            for one in judged
            if one.broken
        ),
        tables=(
            Table(
                name="what columns earn, there and here",
                columns=(
                    "column",
                    "part in the reference",
                    "part on the dataset",
                    "lost",
                    "low",
                    "high",
                    "share of attribution in the reference",
                    "share on the dataset",
                    "still tells the truth",
                ),
                rows=tuple(lines),
                note=(
                    f"Growth of the {now.loss} when the column is shuffled; {before.rows:,} rows of the reference, "
                    f"{now.rows:,} of the dataset. Still tells the truth: no, where the column's levels are proved to "
                    "tell under half of what they told in the reference."
                ),
            ),
        ),
        charts=(_chart({short(name): one for name, one in seen.items()}, limit),) if len(seen) > 1 else (),
        reading=reading,
        predicted_rows=before.predicted + now.predicted,
    )


def _broke_their_word(context: Context, columns: tuple[str, ...], confidence: float) -> tuple[str, ...]:
    """Return the columns that are proved to tell under half of the truth that they told in the reference."""
    ready = drawn(context)
    find = context.find_reference
    reference = None if find is None else find()
    if isinstance(ready, str) or reference is None or reference.features is None or context.rows.features is None:
        return ()
    there = Told.of(reference, ready.support_positions.astype(np.intp))
    here = Told.of(context.rows, ready.positions)
    half = context.generator("explainability words").permutation(len(there.truth)) % 2
    return tuple(
        name for name in columns if beyond(word_lost(there, here, name, half=half, confidence=confidence), 0.0)
    )


def _shares(found: Explained | str) -> dict[str, float]:
    if isinstance(found, str):
        return {}
    return dict(zip(found.columns, found.attributions.shares.tolist(), strict=True))


def _overlap(before: Earned, now: Earned) -> bool:
    there, here = before.shuffled.design.cluster, now.shuffled.design.cluster
    return there is not None and here is not None and bool(np.isin(here, there).any())


def _place(before: Earned, now: Earned, column: int) -> AtConfidence:
    parts = before.lost(now, column)
    known = before.known, now.known

    def at(confidence: float) -> Estimate:
        if parts is None:
            return undefined(_METRIC, confidence, "columns earn nothing together")
        old, new = parts
        return unpaired_difference(
            old,
            before.shuffled.design.take(known[0]),
            new,
            now.shuffled.design.take(known[1]),
            metric=_METRIC,
            confidence=confidence,
        )

    return at


def _chart(groups: dict[str, Estimate], limit: float) -> Chart:
    shown = sorted(groups.items(), key=lambda item: -abs(item[1].value or 0.0))[:_DRAWN]
    return Chart(
        name="parts lost",
        kind="forest",
        title="Part in what columns earn: reference less dataset",
        x="part lost",
        reading=f"The {len(shown)} columns whose part changed most, of {len(groups)}.",
        data=tuple(
            {"label": label, "value": one.value, "low": one.low, "high": one.high, "n": one.n} for label, one in shown
        ),
        reference={"limit": float(limit), "zero": True},
    )
