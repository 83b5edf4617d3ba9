"""One column that carries nearly everything, and alone tells the truth as well as the whole model: a leak, perhaps."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import nothing
from modelcheck.checks.explainability.earned import earned
from modelcheck.checks.explainability.explained import explained
from modelcheck.checks.explainability.stand_ins import alone_by, truth_of
from modelcheck.checks.judging import beyond
from modelcheck.checks.words import number, out_of_100, short
from modelcheck.record.evidence import Evidence, Finding, Severity, Table
from modelcheck.scoring.rows import ScoredRows

__all__ = ["dominance"]

_METRIC = "largest_movement_share"
_NEAR = 0.95  # of the candidate's skill: a single column that has as much says what the candidate says
_TELLS = 0.5  # of the loss of knowing nothing: a column that takes away less may be all there is, but is no leak


def dominance(context: Context) -> Evidence:
    """Look whether one column moves the answers nearly alone, and whether it alone does as well as the candidate.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Evidence
        ``largest_movement_share``, in [0, 1]: the column's part in how far the answers move, squared, when columns
        hold other rows' entries, with a linearised interval. Attributions on the scale of log-odds would hide a leak:
        where it has decided, the other columns go on moving the log-odds, but no answer. Where the column alone tells
        the truth less well than the candidate (its skill by the mean truth of each level, made for each row from other
        rows, is under .95 of the candidate's, or under a half), that is a strong feature and no leak: `proved`.

    References
    ----------
    Kaufman, S., Rosset, S., Perlich, C. and Stitelman, O. (2012). Leakage in data mining: formulation, detection, and
    avoidance. ACM TKDD 6 (4), 1-21.
    """
    found, gains = explained(context), earned(context)
    if isinstance(found, str) or isinstance(gains, str):
        return nothing(found if isinstance(found, str) else str(gains))
    if len(found.columns) < 2:
        return Evidence(not_applicable="the candidate is given one column, which has everything.")
    moved = [gains.movement(place) for place in range(len(gains.columns))]
    parts = [one.value for one in moved if one is not None]
    if len(parts) < len(moved):
        return Evidence(not_applicable="no column moves any answer.")
    top = int(np.argmax(parts))
    estimate = gains.movement_share(top, context.confidence, _METRIC)
    shares = found.attributions.shares
    name = short(gains.columns[top])
    skill = _skill(context.rows)
    alone = alone_by(context.rows, gains.columns[top], context.generator("explainability dominance"))
    near = skill is None or alone is None or alone >= max(_NEAR * skill, _TELLS)
    part, inside = out_of_100(estimate)
    # Another quantity than the share of contributions, so it is told in other words.
    reading = (
        f"When one column after the other is shuffled, {name} brings about {part} % of how far the answers "
        f"jump{inside}, "
        "large jumps counting more."
    )
    if skill is not None and alone is not None:
        reading += (
            f" Alone it takes away {number(100.0 * max(alone, 0.0))} % of the loss that knowing nothing has, the "
            f"candidate {number(100.0 * skill)} %."
        )
    proved = ""
    findings: tuple[Finding, ...] = ()
    over = context.limit is not None and beyond(estimate, context.limit)
    if over and not near:
        proved = (
            f"{name} moves the answers most, but alone it tells too little for a leak of the truth."
            if alone is not None and alone < _TELLS
            else f"{name} moves the answers most, but the candidate does clearly better than {name} alone."
        )
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
    order = np.argsort(-np.array(parts), kind="stable")[:10].tolist()
    told = dict(zip(found.columns, shares.tolist(), strict=True))
    return Evidence(
        estimate=estimate,
        findings=findings,
        proved=proved,
        tables=(
            Table(
                name="largest shares",
                columns=("column", "share of what moves the answers", "share of attribution"),
                rows=tuple((short(gains.columns[at]), parts[at], told.get(gains.columns[at])) for at in order),
                note=f"{len(order)} of {len(parts)} columns; all are in importance. Moves: squared, by shuffling.",
            ),
        ),
        reading=reading,
        predicted_rows=found.predicted + gains.predicted,
    )


def _skill(rows: ScoredRows) -> float | None:
    """Return how much less than the best constant the straight line in the answers loses that is nearest to the truth.

    A candidate whose answers are too extreme knows no less by that.
    """
    if rows.score is None or not (rows.probabilistic or rows.task == "regression"):
        return None
    truth = truth_of(rows)
    said = np.asarray(rows.score, dtype=np.float64)
    if said.ndim == 1:
        said, truth = said[:, None], truth[:, -1:]
    said, truth = (one - np.average(one, axis=0, weights=rows.weight) for one in (said, truth))
    along, across, total = (
        float(np.average((one * other).sum(axis=1), weights=rows.weight))
        for one, other in ((said, said), (said, truth), (truth, truth))
    )
    if not total > 0.0:
        return None
    return across**2 / (along * total) if along > 0.0 and across > 0.0 else 0.0
