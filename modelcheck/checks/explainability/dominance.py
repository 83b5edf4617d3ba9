"""One column that carries nearly everything, and alone tells the truth as well as the whole model: a leak, perhaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import nothing
from modelcheck.checks.explainability.explained import explained
from modelcheck.checks.judging import beyond
from modelcheck.checks.words import number, out_of_100, short
from modelcheck.record.evidence import Evidence, Finding, Severity, Table
from modelcheck.scoring.rows import ScoredRows

__all__ = ["dominance"]

_NEAR = 0.95  # of the candidate's skill: a single column that has as much says what the candidate says
_FOLDS = 5
_LEVELS = 256


def dominance(context: Context) -> Evidence:
    """Look whether one column has nearly all of the attribution, and whether it alone does as well as the candidate.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Evidence
        ``largest_attribution_share``, in [0, 1], with a linearised interval. Where the column alone tells the truth
        less well than the candidate (its skill by the mean truth of each level, made for each row from other rows,
        is under .95 of the candidate's), that is a strong feature and no leak: `proved`.

    References
    ----------
    Kaufman, S., Rosset, S., Perlich, C. and Stitelman, O. (2012). Leakage in data mining: formulation, detection, and
    avoidance. ACM TKDD 6 (4), 1-21.
    """
    found = explained(context)
    if isinstance(found, str):
        return nothing(found)
    if len(found.columns) < 2:
        return Evidence(not_applicable="the candidate is given one column, which has everything.")
    shares = found.attributions.shares
    if not shares.any():
        return Evidence(not_applicable="no column moves any answer.")
    top = int(shares.argmax())
    weights = np.zeros(len(shares))
    weights[top] = 1.0
    estimate = found.share_of(weights, context.confidence, "largest_attribution_share")
    name = short(found.columns[top])
    skill = _skill(context.rows)
    alone = _alone(context, found.columns[top])
    near = skill is None or alone is None or (skill > 0.0 and alone >= _NEAR * skill)
    part, inside = out_of_100(estimate)
    reading = f"{part} % of all attribution{inside} belongs to {name}."
    if skill is not None and alone is not None:
        reading += (
            f" Alone it takes away {number(100.0 * max(alone, 0.0))} % of the loss that knowing nothing has, the "
            f"candidate {number(100.0 * skill)} %."
        )
    proved = ""
    findings: tuple[Finding, ...] = ()
    over = context.limit is not None and beyond(estimate, context.limit)
    if over and not near:
        proved = f"{name} has most of the attribution, but the candidate does clearly better than {name} alone."
    if over and near:
        findings = (
            Finding(
                title=f"{name} carries {part} % of the answers and alone does as well as the candidate",
                n=estimate.n,
                effect=estimate.value,
                low=estimate.low,
                high=estimate.high,
                severity=Severity.WARNING,
                reproduce=(
                    f"Ask when {name} is known: before the outcome, or only with it? If it is a leak, fit without it; "
                    "if not, a rule on this one column may do the model's work."
                ),
            ),
        )
    order = np.argsort(-shares, kind="stable")[:10]
    return Evidence(
        estimate=replace(estimate, metric="largest_attribution_share"),
        findings=findings,
        proved=proved,
        tables=(
            Table(
                name="largest shares",
                columns=("column", "share of attribution"),
                rows=tuple((short(found.columns[place]), float(shares[place])) for place in order.tolist()),
                note=f"{min(10, len(shares))} of {len(shares)} columns; all are in importance.",
            ),
        ),
        reading=reading,
        predicted_rows=found.predicted,
    )


def _truth(rows: ScoredRows) -> NDArray[np.float64]:
    if rows.task == "regression":
        return np.asarray(rows.target, dtype=np.float64)[:, None]
    return np.eye(len(rows.classes))[rows.target.astype(np.intp)]


def _own_losses(rows: ScoredRows) -> NDArray[np.float64] | None:
    truth = _truth(rows)
    if rows.score is None:
        return None
    if rows.task == "regression":
        said = np.asarray(rows.score, dtype=np.float64)[:, None]
    elif not rows.probabilistic:
        return None
    else:
        said = np.stack([1.0 - rows.score, rows.score], axis=1) if rows.score.ndim == 1 else rows.score
    losses: NDArray[np.float64] = ((said - truth) ** 2).sum(axis=1)
    return losses


def _skill(rows: ScoredRows) -> float | None:
    """Return 1 less the candidate's loss over that of the best constant answer."""
    losses = _own_losses(rows)
    if losses is None:
        return None
    truth = _truth(rows)
    nothing_known = ((truth - np.average(truth, axis=0, weights=rows.weight)) ** 2).sum(axis=1)
    total = float(np.average(nothing_known, weights=rows.weight))
    return None if total <= 0.0 else 1.0 - float(np.average(losses, weights=rows.weight)) / total


def _alone(context: Context, column: str) -> float | None:
    """Return the skill of one column: the mean truth of a row's level in other folds."""
    rows = context.rows
    features = rows.features
    if features is None or column not in features.names:
        return None
    codes = features.values[features.names.index(column)].astype(np.intp)
    truth = _truth(rows)
    fold = context.generator("explainability dominance").permutation(len(rows)) % _FOLDS
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    said = np.empty_like(truth)
    for part in range(_FOLDS):
        here, there = fold == part, fold != part
        if not here.any() or not there.any():
            return None
        mean = np.average(truth[there], axis=0, weights=weight[there])
        size = np.bincount(codes[there], weight[there], minlength=_LEVELS)
        worth = truth[there] * weight[there, None]
        sums = np.stack([np.bincount(codes[there], one, minlength=_LEVELS) for one in worth.T], axis=1)
        said[here] = ((sums + mean) / (size + 1.0)[:, None])[codes[here]]
    total = float(np.average(((truth - np.average(truth, axis=0, weights=weight)) ** 2).sum(axis=1), weights=weight))
    lost = float(np.average(((truth - said) ** 2).sum(axis=1), weights=weight))
    return None if total <= 0.0 else 1.0 - lost / total
