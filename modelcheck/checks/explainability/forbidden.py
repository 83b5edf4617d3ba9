"""How much of the candidate's answers comes from columns that must not drive them, or from near-copies of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import nothing
from modelcheck.checks.explainability.explained import Explained, explained
from modelcheck.checks.explainability.stand_ins import NEAR_COPY, told_by
from modelcheck.checks.judging import beyond
from modelcheck.checks.words import number, out_of_100, short
from modelcheck.record.evidence import Evidence, Finding, Severity, Table

__all__ = ["forbidden"]

_BINS = 20
_LEVELS = 50


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

    References
    ----------
    Lundberg and Lee (2017), NeurIPS 30. Datta, A. et al. (2017). Proxy discrimination in data-driven systems
    (arXiv:1707.08120): a proxy is associated with the attribute and has influence.
    """
    found = explained(context)
    if isinstance(found, str):
        return nothing(found)
    wanted = context.forbidden or tuple(dict.fromkeys(context.rows.protected))
    if not wanted:
        return Evidence(
            not_applicable='no column is declared as forbidden or protected: [dataset] forbidden = ["zip"].'
        )
    told = _told(context, found, wanted)
    weights = np.zeros(len(found.columns))
    for place, name in enumerate(found.columns):
        if name in wanted:
            weights[place] = 1.0
        elif told.get(name, ("", 0.0))[1] >= NEAR_COPY:
            weights[place] = told[name][1]
    estimate = found.share_of(weights, context.confidence)
    shares = found.attributions.shares
    named = _names(found, weights)
    part, inside = out_of_100(estimate) if estimate.value is not None else ("0", "")
    kind = "forbidden" if context.forbidden else "protected"
    what = f"{kind} columns ({', '.join(short(name) for name in wanted)})"
    if not weights.any():
        reading = f"The candidate is given neither the {what} nor a column that tells over {NEAR_COPY} of one."
    else:
        reading = f"{part} % of all attribution{inside} belongs to {named}: the {what} and near-copies of them."
    findings: tuple[Finding, ...] = ()
    if context.limit is not None and beyond(estimate, context.limit):
        findings = (_finding(found, weights, told, named, kind, estimate.value, estimate.low, estimate.high),)
    return Evidence(
        estimate=estimate,
        findings=findings,
        tables=(_table(found, wanted, told, weights, shares),),
        reading=reading,
        predicted_rows=found.predicted,
    )


def _told(context: Context, found: Explained, wanted: tuple[str, ...]) -> dict[str, tuple[str, float]]:
    """Return for each column which wanted one it tells most of, and how much."""
    features = context.rows.features
    best: dict[str, tuple[str, float]] = {}
    if features is None:
        return best
    for column in wanted:
        rng = context.generator(f"explainability stand-ins {column}")
        codes, ordered = (None, False) if column in features.names else _codes_of(context, column)
        for name, strength in told_by(features, column, rng, codes=codes, ordered=ordered).items():
            if name not in wanted and strength > best.get(name, ("", 0.0))[1]:
                best[name] = (column, strength)
    return best


def _codes_of(context: Context, column: str) -> tuple[NDArray[np.intp], bool]:
    """Return codes of a column that the candidate isn't given, and whether they are ordered."""
    import pandas as pd
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    assert context.asking is not None  # noqa: S101 - what isn't asked isn't explained
    values = context.asking.column(column)
    if is_numeric_dtype(values) and not is_bool_dtype(values) and values.nunique() > _BINS:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        known = numbers[np.isfinite(numbers)]
        edges = np.unique(np.quantile(known, np.linspace(0.0, 1.0, _BINS + 1)[1:-1]))
        return np.where(np.isfinite(numbers), 1 + np.searchsorted(edges, numbers, side="right"), 0), True
    codes, levels = pd.factorize(values, use_na_sentinel=False)
    counts = np.bincount(codes, minlength=len(levels))
    # Rare levels are one: what is told of a handful of rows says nothing.
    rank = np.empty(len(levels), dtype=np.intp)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(levels))
    return np.minimum(rank, _LEVELS)[codes], False


def _names(found: Explained, weights: NDArray[np.float64]) -> str:
    size = found.attributions.shares * weights
    order = [place for place in np.argsort(-size, kind="stable").tolist() if weights[place] > 0.0][:3]
    return ", ".join(short(found.columns[place]) for place in order) or "none of them"


def _table(
    found: Explained,
    wanted: tuple[str, ...],
    told: dict[str, tuple[str, float]],
    weights: NDArray[np.float64],
    shares: NDArray[np.float64],
) -> Table:
    lines: list[tuple[Any, ...]] = []
    for place in np.argsort(-weights * 2.0 - shares, kind="stable").tolist():
        name = found.columns[place]
        column, strength = (name, 1.0) if name in wanted else told.get(name, ("", 0.0))
        lines.append((short(name), column, strength, float(shares[place]), float(weights[place] * shares[place])))
    for name in wanted:
        if name not in found.columns:
            lines.insert(0, (short(name), name, 1.0, None, 0.0))
    return Table(
        name="columns and what they tell",
        columns=("column", "tells", "how much of it", "share of attribution", "counted"),
        rows=tuple(lines),
        note=(
            f"A column that tells under {NEAR_COPY} of a declared one isn't counted; a column without a share isn't "
            "given to the candidate. How much: part of the variance explained, in other rows."
        ),
    )


def _finding(
    found: Explained,
    weights: NDArray[np.float64],
    told: dict[str, tuple[str, float]],
    named: str,
    kind: str,
    value: float | None,
    low: float | None,
    high: float | None,
) -> Finding:
    size = found.attributions.size @ weights
    ids = found.scored.row_id
    rows = np.argsort(-size, kind="stable")[:5]
    stand_ins = [
        f"{short(name)} tells {number(told[name][1])} of {short(told[name][0])}"
        for place, name in enumerate(found.columns)
        if 0.0 < weights[place] < 1.0
    ]
    return Finding(
        title=f"{number(100.0 * (value or 0.0))} % of what moves the answers is {named}",
        n=len(size),
        effect=value,
        low=low,
        high=high,
        severity=Severity.BLOCKING,
        examples=tuple(
            {"row": int(row if ids is None else ids[row]), "attribution to these columns": float(size[row])}
            for row in rows.tolist()
        ),
        reproduce=(
            f"Fit the candidate without {named}, or take the column from [dataset] {kind}."
            + (f" {'; '.join(stand_ins)}." if stand_ins else "")
        ),
    )
