"""Whether the reasons that paid in the reference still pay on the dataset."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import nothing
from modelcheck.checks.explainability.earned import earned, earned_on_reference
from modelcheck.checks.explainability.earnings import Earned
from modelcheck.checks.explainability.explained import Explained, explained, explained_in_reference
from modelcheck.checks.explainability.reasons import Reason, reasons
from modelcheck.checks.judging import JudgedPlace, beyond, judge_places
from modelcheck.checks.words import number, short
from modelcheck.record.evidence import Chart, Estimate, Evidence, Finding, Severity, Table

__all__ = ["shift"]

_DRAWN = 12
_PROVED = (
    "no column is left that may have lost over {} of all that columns earn: each is proved to have lost or to have had "
    "less, or to tell still over half of what it told in the reference, or is the same in all rows of the dataset."
)


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
        that varies less on the dataset earns less there; neither is a shortcut. So a column fails only where its
        levels are also proved to tell under half of the truth that they told in the reference
        (`modelcheck.checks.explainability.stand_ins.word_lost`). A column keeps the limit where it is proved that it
        lost less, that it had less, or that its levels still tell over half of what they told, and where it is the
        same in all rows of the dataset, so that it can tell nothing there. Every other column is open, with what it
        takes to know: so is one that lost much and whose codes can't say what it tells (text, or a category of which
        over a tenth of the rows share one code).

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
    columns = reasons(context, before, now, limit)
    # Every column could have broken its word: the error is shared by all of them, whoever is left.
    broke = {
        one.name: one.at
        for one in columns
        if one.word is not None and beyond(one.word(1.0 - (1.0 - context.confidence) / len(columns)), 0.0)
    }
    share = 1.0 - (1.0 - context.confidence) * max(len(broke), 1) / len(columns)
    judged = {one.label: one for one in judge_places(broke, limit=limit, confidence=share)}
    failing = [one for one in judged.values() if one.broken]
    groups = {one.label: one.estimate for one in failing}
    for one in columns:
        if one.name not in groups and not one.keeps:
            groups[one.name] = one.left_open
    seen = {one.name: one.lost for one in columns} | groups
    shown = groups or seen
    worst = max(shown, key=lambda name: -2.0 if seen[name].value is None else seen[name].value or 0.0)
    value = seen[worst].value or 0.0
    reading = (
        f"{short(worst)} lost most: {number(value)} of its part in what columns earn."
        if value > 0.0
        else "No column earns a smaller part on the dataset than in the reference."
    )
    return Evidence(
        estimate=seen[worst],
        groups={short(name): one for name, one in groups.items()},
        looked_at=len(columns),
        proved="" if groups else _PROVED.format(number(limit)),
        findings=tuple(_finding(one) for one in failing),
        tables=(_table(context, before, now, columns, seen),),
        charts=(_chart({short(name): one for name, one in seen.items()}, limit),) if len(seen) > 1 else (),
        reading=reading,
        predicted_rows=before.predicted + now.predicted,
    )


def _shares(found: Explained | str) -> dict[str, float]:
    if isinstance(found, str):
        return {}
    return dict(zip(found.columns, found.attributions.shares.tolist(), strict=True))


def _overlap(before: Earned, now: Earned) -> bool:
    there, here = before.shuffled.design.cluster, now.shuffled.design.cluster
    return there is not None and here is not None and bool(np.isin(here, there).any())


def _finding(one: JudgedPlace) -> Finding:
    return Finding(
        title=f"{short(one.label)} was a reason that paid in the reference and pays less here",
        n=one.estimate.n,
        effect=one.estimate.value,
        low=one.estimate.low,
        high=one.estimate.high,
        p_adjusted=one.p_adjusted,
        severity=Severity.WARNING,
        reproduce=(
            f"Shuffle {short(one.label)} in the reference and in the dataset and compare the growth of the loss. A "
            "column that told the truth while the candidate was made, and no longer does, is a shortcut."
        ),
    )


def _table(context: Context, before: Earned, now: Earned, columns: list[Reason], seen: dict[str, Estimate]) -> Table:
    here, there = _shares(explained(context)), _shares(explained_in_reference(context))
    lines = []
    for at, column in enumerate(columns):
        parts, one = before.lost(now, at), seen[column.name]
        word = None if column.word is None else column.word(context.confidence)
        tells = "" if word is None else "no" if beyond(word, 0.0) else "yes" if column.keeps else "open"
        lines.append(
            (
                short(column.name),
                None if parts is None else parts[0].value,
                None if parts is None else parts[1].value,
                one.value,
                one.low,
                one.high,
                there.get(column.name),
                here.get(column.name),
                tells,
            )
        )
    lines.sort(key=lambda line: -(line[1] or 0.0))
    return Table(
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
            f"{now.rows:,} of the dataset. Still tells the truth: whether the column's levels are proved to tell over "
            "half (yes) or under half (no) of what they told in the reference; asked where a column isn't proved to "
            "have lost little."
        ),
    )


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
