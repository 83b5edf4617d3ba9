"""How much of the candidate's answers comes from columns that must not drive them, or from near-copies of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import Drawn, drawn, nothing
from modelcheck.checks.explainability.explained import Explained, explained
from modelcheck.checks.explainability.near_copies import NEAR_COPY, NearCopies, near_copies, unwanted
from modelcheck.checks.explainability.reliance import Reliance, reliance
from modelcheck.checks.judging import beyond
from modelcheck.checks.words import number, out_of_100, short
from modelcheck.record.evidence import Evidence, Finding, Severity, Table

__all__ = ["forbidden"]


def forbidden(context: Context) -> Evidence:
    """Add up the attribution of forbidden columns and of those that stand in for one.

    Parameters
    ----------
    context : Context
        With `asking` and `forbidden`; without it the protected columns are looked at.

    Returns
    -------
    Evidence
        ``attribution_share``: part of all attribution, in [0, 1]. A column that tells over .8 of a forbidden one
        counts, with as much of its attribution as it tells; weaker ones are listed. Linearised interval over rows.

        That is all the share says, and it proves nothing where there is more: where a column could not be compared with
        a forbidden one and has enough attribution to break the limit, where the answers themselves tell half of a
        forbidden column (or all other columns together do, and a quarter of the answers goes along with it), where
        over a hundredth of the rows can't be explained, or where a column that moves nothing could hardly be given
        another value. Where attributions prove nothing or aren't affordable, the columns are switched as one (see
        `modelcheck.checks.explainability.together`).

    References
    ----------
    Lundberg and Lee (2017), NeurIPS 30. Datta, A. et al. (2017). Proxy discrimination in data-driven systems
    (arXiv:1707.08120): a proxy is associated with the attribute and has influence.
    """
    ready = drawn(context)
    if isinstance(ready, str):
        return nothing(ready)
    wanted = unwanted(context)
    if not wanted:
        return Evidence(
            not_applicable='no column is declared as forbidden or protected: [dataset] forbidden = ["zip"].'
        )
    found, copies = explained(context), near_copies(context, ready)
    rests = reliance(context, ready, found, copies, wanted)
    if isinstance(rests, str):
        return nothing(rests)
    kind = "forbidden" if context.forbidden else "protected"
    named = _names(ready, found, rests)
    findings: tuple[Finding, ...] = ()
    if context.limit is not None and beyond(rests.estimate, context.limit):
        findings = (_finding(ready, found, copies, rests, named, kind),)
    tables = [_table(ready, found, copies, rests, wanted)]
    if rests.jointly:
        tables.append(_joint_table(rests))
    return Evidence(
        estimate=rests.estimate,
        findings=findings,
        tables=tuple(tables),
        reading=_reading(copies, rests, f"{kind} columns ({', '.join(short(name) for name in wanted)})", named),
        predicted_rows=rests.asked + (0 if isinstance(found, str) else found.predicted),
    )


def _reading(copies: NearCopies, rests: Reliance, what: str, named: str) -> str:
    part, inside = out_of_100(rests.estimate) if rests.estimate.value is not None else ("0", "")
    if rests.weights.any():
        how = " when all of these are switched as one" if rests.together is not None else ""
        text = f"{part} % of all attribution{inside} belongs to {named}{how}: the {what} and near-copies of them."
    elif copies.open or copies.constant:
        unsure = ", ".join(short(name) for name in (copies.open or copies.constant)[:3])
        text = (
            f"The candidate isn't given the {what}; of {unsure} it isn't known whether a given column is a near-copy."
        )
        if copies.open:
            text = f"The candidate isn't given the {what}; whether {unsure} is a near-copy isn't known."
    else:
        text = (
            f"The candidate is given neither the {what} nor a column that by itself tells over {NEAR_COPY} of one "
            f"({copies.rows:,} rows compared)."
        )
    most = max((one for one in rests.jointly if one.by_others is not None), key=lambda one: one.by_others or 0.0,
               default=None)  # fmt: skip
    if most is not None:
        text += (
            f" All other columns together tell {number(most.by_others)} of {short(most.column)}, which isn't counted."
        )
    return text


def _names(ready: Drawn, found: Explained | str, rests: Reliance) -> str:
    shares = np.ones(len(ready.columns)) if isinstance(found, str) else found.attributions.shares
    order = [at for at in np.argsort(-shares * rests.weights, kind="stable").tolist() if rests.weights[at] > 0.0][:3]
    return ", ".join(short(ready.columns[place]) for place in order) or "none of them"


def _table(ready: Drawn, found: Explained | str, copies: NearCopies, rests: Reliance, wanted: tuple[str, ...]) -> Table:
    shares = None if isinstance(found, str) else found.attributions.shares
    size = np.zeros(len(ready.columns)) if shares is None else shares
    lines: list[tuple[Any, ...]] = []
    for place in np.argsort(-rests.weights * 2.0 - size, kind="stable").tolist():
        name, counted = ready.columns[place], float(rests.weights[place])
        one = copies.best.get(name)
        told = ("", 0.0, None, "") if one is None else (one.column, one.told.value, one.told.high, one.open)
        column, strength, most, unknown = (name, 1.0, 1.0, "") if name in wanted else told
        share = None if shares is None else float(shares[place])
        lines.append(
            (short(name), column, strength, most, share, None if share is None else counted * share, bool(unknown))
        )
    for name in wanted:
        if name not in ready.columns:
            lines.insert(0, (short(name), name, 1.0, 1.0, None, 0.0, False))
    return Table(
        name="columns and what they tell",
        columns=("column", "tells", "how much of it", "at most", "share of attribution", "counted", "not known"),
        rows=tuple(lines),
        note=(
            f"A column that tells under {NEAR_COPY} of a declared one isn't counted; a column without a share isn't "
            f"given to the candidate, or could not be explained. How much: part of the variance of ranks, or of the "
            f"impurity of categories, that rows with equal or neighbouring values have less; {copies.rows:,} rows of "
            "reference and dataset, at most: at 99.6 %. Not known: whether it is a near-copy."
        ),
    )


def _joint_table(rests: Reliance) -> Table:
    return Table(
        name="what is told together",
        columns=("column", "by the answers, at least", "by all other columns", "of the answers"),
        rows=tuple((one.column, one.by_score, one.by_others, one.of_score) for one in rests.jointly),
        note=(
            "How much of a declared column the candidate's answers tell, and boosted trees on all columns that don't "
            "count, in rows that they weren't fitted to; how much of the answers the column tells. It doesn't count as "
            "reliance; where it is much, reliance can't be excluded. See bias.proxy for protected columns."
        ),
    )


def _finding(
    ready: Drawn, found: Explained | str, copies: NearCopies, rests: Reliance, named: str, kind: str
) -> Finding:
    estimate = rests.estimate
    stand_ins = [
        f"{short(name)} tells {number(copies.best[name].told.value)} of {short(copies.best[name].column)}"
        for place, name in enumerate(ready.columns)
        if name in copies.best and rests.weights[place] > 0.0
    ]
    examples: tuple[dict[str, Any], ...] = ()
    if not isinstance(found, str):
        size, ids = found.attributions.size @ rests.weights, found.scored.row_id
        examples = tuple(
            {"row": int(row if ids is None else ids[row]), "attribution to these columns": float(size[row])}
            for row in np.argsort(-size, kind="stable")[:5].tolist()
        )
    return Finding(
        title=f"{number(100.0 * (estimate.value or 0.0))} % of what moves the answers is {named}",
        n=estimate.n,
        effect=estimate.value,
        low=estimate.low,
        high=estimate.high,
        severity=Severity.BLOCKING,
        examples=examples,
        reproduce=(
            f"Fit the candidate without {named}, or take the column from [dataset] {kind}."
            + (f" {'; '.join(stand_ins)}." if stand_ins else "")
        ),
    )
