"""What drives the answers: each column's share, what it earns, which way it works, and where methods disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.beeswarm import beeswarm
from modelcheck.checks.explainability.drawn import Drawn, drawn, nothing
from modelcheck.checks.explainability.earned import Earned, earned
from modelcheck.checks.explainability.explained import Explained, explained
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.judging import judge_places
from modelcheck.checks.words import count, out_of_100, short
from modelcheck.explain.attributions import LINEAR, LOG_ODDS, PATHS, PERMUTATION, TREE
from modelcheck.record.evidence import Estimate, Evidence, Table
from modelcheck.stats.holm import AtConfidence, proved_below
from modelcheck.stats.shares import share

__all__ = ["importance"]

_METRIC = "attribution_share"
_CLEAR = 0.5  # of rank correlation between value and attribution: from here on the column works one way
_LARGE = 0.05
_FOREST = 15
_HOW = {
    LINEAR: "Linear: the coefficients times the distance from the background's mean",
    TREE: "Tree: shap's TreeExplainer, columns switched independently",
    PATHS: "Tree: shap's TreeExplainer, along the paths of the rows that the trees were grown on",
    PERMUTATION: "Permutation: antithetic walks from background rows to the row, on the raw columns",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Driver:
    """One column: its share, what it earns, which way it works."""

    name: str
    share: Estimate
    earns: Estimate | None
    effect: str
    role: str


def importance(context: Context) -> Evidence:
    """Share the answers out to columns, and set beside it what each column earns.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Evidence
        ``attribution_share`` of the column with most; where a limit is declared, of every column, by Holm over all of
        them, as the largest of many is large by chance too. Tables: every column's share of mean absolute attribution
        and growth of the loss when it is shuffled, each with its interval over rows; and how it was explained.

    References
    ----------
    Lundberg and Lee (2017), NeurIPS 30; Lundberg et al. (2020), Nature Machine Intelligence 2, 56-67; Breiman (2001),
    Machine Learning 45, 5-32.
    """
    ready, found = drawn(context), explained(context)
    if isinstance(ready, str) or isinstance(found, str):
        return nothing(str(ready) if isinstance(ready, str) else str(found))
    gains = earned(context)
    drivers = _drivers(context, ready, found, gains)
    shown = drivers[0]
    other = _disagreeing(drivers)
    part, inside = out_of_100(shown.share) if shown.share.value is not None else ("0", "")
    reading = f"{part} % of all that moves the answers{inside} is {short(shown.name)}."
    if other:
        names = ", ".join(short(one.name) for one in other[:3])
        reading += (
            f" {count(len(other), 'column')} with over {100 * _LARGE:g} % of it "
            f"({'such as ' if len(other) > 3 else ''}{names}) {'is' if len(other) == 1 else 'are'} not proved to earn "
            "anything: to move answers and to be right by it are two things."
        )
    if isinstance(gains, str):
        reading += f" What columns earn was not measured: {gains}"
    swarm = beeswarm(ready, found, [one.name for one in drivers])
    shares = forest_chart(
        {short(one.name): one.share for one in drivers[:_FOREST]},
        metric="share of all attribution",
        overall=None,
        limit=None,
        title="Share of what moves the answers",
    )
    asked = found.predicted + (0 if isinstance(gains, str) else gains.predicted)
    return Evidence(
        estimate=shown.share,
        groups=_judged(drivers, context.limit),
        looked_at=0 if context.limit is None else len(drivers),
        tables=(_table(drivers, gains), _told(context, ready, found, gains)),
        charts=(swarm, *(() if shares is None else (shares,))),
        reading=reading,
        predicted_rows=asked,
    )


def _judged(drivers: list[_Driver], limit: float | None) -> dict[str, Estimate]:
    """Return what a declared limit judges: the largest share, and every one that isn't proved to keep the limit."""
    if limit is None:
        return {}
    left = [one for place, one in enumerate(drivers) if not place or not proved_below(one.share, limit)]
    return {short(one.name): one.share for one in left}


def _drivers(context: Context, ready: Drawn, found: Explained, gains: Earned | str) -> list[_Driver]:
    size, design = found.attributions.size, found.design
    whole = size.sum(axis=1)

    def at(place: int) -> AtConfidence:
        return lambda level: share(size[:, place], whole, metric=_METRIC, confidence=level, design=design)

    places = {str(place): at(place) for place in range(len(found.columns))}
    if context.limit is None:
        shares = [find(context.confidence) for find in places.values()]
    else:
        judged = judge_places(places, limit=context.limit, confidence=context.confidence)
        shares = [one.estimate for one in judged]
    earns = {} if isinstance(gains, str) else gains.estimates(context.confidence)
    order = np.argsort(-found.attributions.shares, kind="stable").tolist()
    return [
        _Driver(
            name=found.columns[place],
            share=shares[place],
            earns=earns.get(found.columns[place]),
            effect=_effect(ready, found, place),
            role=_role(context, found.columns[place]),
        )
        for place in order
    ]


def _role(context: Context, name: str) -> str:
    if name in context.forbidden:
        return "forbidden"
    return "protected" if name in context.rows.protected else ""


def _effect(ready: Drawn, found: Explained, place: int) -> str:
    """Say which way a column of numbers works, by the rank correlation of its values with its attributions."""
    from scipy.stats import rankdata

    values = found.attributions.values
    if values.shape[2] != 1 or not ready.is_number(found.columns[place]):
        return ""
    level = ready.rows[found.columns[place]].iloc[found.rows]
    number = level.to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.isfinite(number)
    moved = values[known, place, 0]
    if known.sum() < 3 or not np.ptp(moved) > 0.0 or not np.ptp(number[known]) > 0.0:
        return ""
    agree = float(np.corrcoef(rankdata(number[known]), rankdata(moved))[0, 1])
    return "higher raises" if agree >= _CLEAR else "higher lowers" if agree <= -_CLEAR else "both ways"


def _disagreeing(drivers: list[_Driver]) -> list[_Driver]:
    return [
        one
        for one in drivers
        if (one.share.value or 0.0) > _LARGE
        and one.earns is not None
        and (one.earns.unproven or not (one.earns.low or 0.0) > 0.0)
    ]


def _table(drivers: list[_Driver], gains: Earned | str) -> Table:
    note = "Share: part of the mean absolute attribution."
    if not isinstance(gains, str):
        note += (
            f" Pays: growth of the {gains.loss} when the column is shuffled, as a share of what the best constant "
            f"answer loses; {gains.rows:,} rows."
        )
    return Table(
        name="drivers",
        columns=("column", "share", "low", "high", "pays", "pays low", "pays high", "effect", "role"),
        rows=tuple(
            (
                short(one.name),
                one.share.value,
                one.share.low,
                one.share.high,
                None if one.earns is None else one.earns.value,
                None if one.earns is None else one.earns.low,
                None if one.earns is None else one.earns.high,
                one.effect,
                one.role,
            )
            for one in drivers
        ),
        note=note,
    )


def _told(context: Context, ready: Drawn, found: Explained, gains: Earned | str) -> Table:
    said = found.attributions
    background = (
        "none: each tree's own training rows"
        if said.explainer == PATHS
        else f"{said.background:,} rows of the {ready.source}"
    )
    lines: list[tuple[str, Any]] = [
        ("explainer", _HOW[said.explainer]),
        ("scale", said.scale),
        ("background", background),
        ("rows explained", ready.described(len(said))),
        (
            "value function",
            "interventional: a column is taken away by giving it other rows' entries, whatever goes with it"
            if said.explainer != PATHS
            else "path-dependent: a column is taken away by following both branches, as training rows did",
        ),
        ("largest gap to the answer", float(said.error.max(initial=0.0))),
    ]
    if said.why:
        lines.insert(1, ("why not from inside", f"{said.why}."))
    if said.noise is not None:
        lines.append(("chance of the walks", f"standard error {float(said.noise.mean()):.2g} in the mean"))
    if said.scale == LOG_ODDS:
        lines.append(("what log-odds are", "ln(p / (1 - p)): 0 at 50 %, +1 about 73 %, +2 about 88 %"))
    if found.still:
        lines.append(
            ("columns left out", f"{len(found.still):,} whose shuffling moved none of a few answers: taken as 0")
        )
    if found.lost:
        lines.append(("rows that could not be explained", f"{found.lost:,}: no answer on the way"))
    if not isinstance(gains, str):
        lines.append(("what columns earn", f"{gains.loss}, {ready.described(gains.rows)}"))
    return Table(name="how it was explained", columns=("what", "value"), rows=tuple(lines))
