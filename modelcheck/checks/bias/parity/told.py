"""Pairs of groups as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.bias.parity.outcomes import Measured
from modelcheck.checks.bias.parity.pairs import Judged
from modelcheck.checks.words import level, number, short
from modelcheck.config.toml_text import toml_value
from modelcheck.record.evidence import Estimate, Finding, Severity, Table
from modelcheck.stats.between.two_rates import miettinen_nurminen, score_ratio
from modelcheck.stats.linearised import undefined
from modelcheck.stats.rates import EXACT

__all__ = [
    "estimate_of",
    "finding_of",
    "label_of",
    "left_out",
    "pair_words",
    "pairs_table",
    "rest_table",
    "sentence",
    "values_table",
]

_MOST_LINES = 20


def label_of(judged: Judged, place: int, attribute: Attribute) -> str:
    """Return the name of a comparison: ``sex: Male against Female``, with the outcome where there are several."""
    pairs = judged.pairs
    who = pair_words(attribute, int(pairs.first[place]), int(pairs.second[place]))
    return who if len(pairs.measured) == 1 else f"{pairs.measured[pairs.outcome[place]].name}, {who}"


def pair_words(attribute: Attribute, first: int, second: int) -> str:
    """Return a pair of groups in words, no two pairs alike: names that read like a comparison stand in quotes."""
    names = (attribute.labels[place] for place in (first, second))
    one, two = (repr(name) if " against " in name else name for name in names)
    return f"{attribute.name}: {one} against {two}"


def left_out(measured: Sequence[Measured], attribute: Attribute, metric: str, confidence: float) -> dict[str, Estimate]:
    """Return the groups that have no value to compare, as estimates that prove nothing."""
    return {
        f"{one.name}, {attribute.where(place)}": undefined(metric, confidence, one.values.doubt[place], n_needed=None)
        for one in measured
        for place in range(len(attribute))
        if not math.isfinite(one.values.value[place])
    }


def estimate_of(judged: Judged, place: int, metric: str) -> Estimate:
    """Return one comparison with its interval."""
    pairs = judged.pairs
    values = pairs.measured[pairs.outcome[place]].values
    first, second = int(pairs.first[place]), int(pairs.second[place])
    doubt, needed = values.doubt_about(first, second)
    value, low, high = float(pairs.values[place]), float(judged.low[place]), float(judged.high[place])
    if not doubt and not math.isfinite(value):
        doubt = "it happens to nobody in either group, so there is no ratio"
    clusters = None if values.clusters is None else int(values.clusters[first] + values.clusters[second])
    return Estimate(
        metric=metric,
        value=value if math.isfinite(value) else None,
        low=low if math.isfinite(low) else None,
        high=high if math.isfinite(high) else None,
        confidence=judged.confidence,
        n=int(pairs.rows[place]),
        clusters=clusters,
        method=values.ratio_method if pairs.ratio else values.difference_method,
        unproven=doubt,
        n_needed=needed,
    )


def sentence(measured: Measured, first: int, second: int, attribute: Attribute) -> str:
    """Say what happens to the people of two groups, the one with more of it last."""
    more, less = float(measured.values.value[first]), float(measured.values.value[second])
    here, there = (short(attribute.where(place)) for place in (second, first))
    if not measured.outcome.share:
        name = measured.name.replace("_", " ")
        return f"The {name} is {number(less)} where {here} and {number(more)} where {there}."
    digits = 0 if abs(more - less) >= 0.05 else 1 if abs(more - less) >= 0.005 else 2
    return (
        f"Of 100 {measured.among}, {100.0 * less:.{digits}f} where {here} and {100.0 * more:.{digits}f} where {there} "
        f"{measured.happens}."
    )


def finding_of(
    judged: Judged, place: int, attribute: Attribute, *, check: str, limit: float, informs: bool, severity: Severity
) -> Finding:
    """Return a comparison that is proved to break the limit as a finding.

    Where the gate only `informs`, the limit is told as the convention that it is.
    """
    pairs = judged.pairs
    found = estimate_of(judged, place, check)
    measured = pairs.measured[pairs.outcome[place]]
    said = sentence(measured, int(pairs.first[place]), int(pairs.second[place]), attribute)
    kept, rule = (
        (f"at least {number(limit)}", "is asked") if pairs.ratio else (f"at most {number(limit)}", "is allowed")
    )
    allowed = f"a common convention: {kept}" if informs else f"{kept} {rule}"
    what = "the ratio" if pairs.ratio else "the difference"
    side = "min" if pairs.ratio else "max"
    return Finding(
        title=f"{said[:-1]}: {what} is {number(found.value)} ({allowed})",
        slice=label_of(judged, place, attribute),
        n=found.n,
        effect=found.value,
        low=found.low,
        high=found.high,
        p_adjusted=float(judged.p_adjusted[place]),
        severity=severity,
        reproduce=(
            f"{_rows_of(attribute, int(pairs.first[place]), int(pairs.second[place]))}"
            f'# in modelcheck.toml: [gates."bias.{check}"] slices.{toml_value(attribute.name)}.{side} = {limit:g}'
        ),
    )


def _rows_of(attribute: Attribute, first: int, second: int) -> str:
    if not attribute.queries:
        return ""
    both = f"({attribute.queries[first]}) or ({attribute.queries[second]})"
    return f"# rows: frame.query({both!r})\n"


def values_table(measured: list[Measured], attribute: Attribute, confidence: float) -> Table:
    """Return each outcome in each group, with intervals that hold together."""
    lines: list[tuple[Any, ...]] = []
    each = 1.0 - (1.0 - confidence) / max(len(attribute) * len(measured), 1)
    for one in measured:
        values = one.values
        low, high = values.limits(each)
        for place in range(len(attribute)):
            doubt = f"unproven: {values.doubt[place]}" if values.doubt[place] else ""
            lines.append(
                (
                    one.name,
                    attribute.labels[place],
                    int(attribute.sizes[place]),
                    int(values.n[place]),
                    *(_plain(number[place]) for number in (values.value, low, high)),
                    doubt,
                )
            )
    return Table(
        name=f"by {attribute.name}",
        columns=("outcome", "group", "rows", "n", "value", "low", "high", "note"),
        rows=tuple(lines),
        note=f"All intervals hold together with {level(confidence)} confidence: each at {level(each)} (Bonferroni).",
    )


def rest_table(measured: list[Measured], attribute: Attribute, confidence: float) -> Table:
    """Return each group against all others: difference and ratio."""
    lines: list[tuple[Any, ...]] = []
    groups = len(attribute)
    own, rest = np.arange(groups), groups + np.arange(groups)
    each = 1.0 - (1.0 - confidence) / max(groups * len(measured), 1)
    for one in measured:
        values = one.rest
        gap = np.asarray(values.value[own] - values.value[rest])
        limits = values.differences(own, rest, each)
        ratio, of_ratio = _ratios(one, own, rest, each)
        for place in range(groups):
            doubt, _ = values.doubt_about(place, groups + place)
            lines.append(
                (
                    one.name,
                    attribute.labels[place],
                    int(values.n[place]),
                    *(_plain(column[place]) for column in (values.value[own], values.value[rest], gap, *limits)),
                    *(_plain(column[place]) for column in (ratio, *of_ratio)),
                    f"unproven: {doubt}" if doubt else "",
                )
            )
    return Table(
        name=f"{attribute.name} against the rest",
        columns=(
            "outcome",
            "group",
            "n",
            "value",
            "the rest",
            "difference",
            "low",
            "high",
            "ratio",
            "ratio low",
            "ratio high",
            "note",
        ),
        rows=tuple(lines),
        note=f"All intervals hold together with {level(confidence)} confidence: each at {level(each)} (Bonferroni).",
    )


def _ratios(
    one: Measured, own: NDArray[np.intp], rest: NDArray[np.intp], each: float
) -> tuple[NDArray[np.float64], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    nothing = np.full(len(own), np.nan)
    if not one.rest.ratio_method:
        return nothing, (nothing, nothing)
    top, bottom = one.rest.value[own], one.rest.value[rest]
    return np.divide(top, bottom, out=nothing.copy(), where=bottom > 0.0), one.rest.ratios(own, rest, each)


def pairs_table(judged: Judged, attribute: Attribute, confidence: float) -> Table:
    """Return the pairs that differ most."""
    pairs = judged.pairs
    values = np.nan_to_num(pairs.values, nan=1.0 if pairs.ratio else 0.0)
    order = np.argsort(values if pairs.ratio else -values, kind="stable")[:_MOST_LINES]
    score = _score_limits(judged, order)
    lines: list[tuple[Any, ...]] = []
    for at, place in enumerate(order.tolist()):
        measured = pairs.measured[pairs.outcome[place]]
        first, second = int(pairs.first[place]), int(pairs.second[place])
        doubt, _ = measured.values.doubt_about(first, second)
        lines.append(
            (
                measured.name,
                attribute.labels[first],
                attribute.labels[second],
                int(pairs.rows[place]),
                *(_plain(measured.values.value[group]) for group in (first, second)),
                _plain(pairs.values[place]),
                _plain(judged.low[place]),
                _plain(judged.high[place]),
                *(_plain(end[at]) for end in score),
                _plain(judged.p_adjusted[place]),
                f"unproven: {doubt}" if doubt else "beyond the limit" if judged.broken[place] else "",
            )
        )
    what = "ratio" if pairs.ratio else "difference"
    left = f" The {len(order)} pairs that differ most, of {len(pairs):,}." if len(order) < len(pairs) else ""
    return Table(
        name="pairs",
        columns=(
            "outcome",
            "more",
            "less",
            "n",
            "value of more",
            "of less",
            what,
            "low",
            "high",
            "score low",
            "score high",
            "adjusted p",
            "note",
        ),
        rows=tuple(lines),
        note=(
            f"Intervals hold for all {len(pairs):,} comparisons together at {level(confidence)}: each at "
            f"{level(judged.confidence)} (Bonferroni). "
            "Adjusted p is shown for what breaks the limit. Score limits (Miettinen and Nurminen), at the same level, "
            f"are for comparison with other tools: so far out they are too narrow to judge by.{left}"
        ),
    )


def _score_limits(judged: Judged, places: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Miettinen and Nurminen's limits of pairs; NaN for anything but shares of simple random rows."""
    pairs = judged.pairs
    low, high = np.full(len(places), np.nan), np.full(len(places), np.nan)
    for outcome, measured in enumerate(pairs.measured):
        own = np.flatnonzero(pairs.outcome[places] == outcome)
        if not (measured.outcome.share and measured.values.method == EXACT):
            continue
        value, n = measured.values.value, measured.values.n.astype(np.float64)
        more, less = pairs.first[places[own]], pairs.second[places[own]]
        sides = [(value[side] * n[side], n[side]) for side in (more, less)]
        find = score_ratio if pairs.ratio else miettinen_nurminen
        one, two = sides[::-1] if pairs.ratio else sides
        low[own], high[own] = find(*one, *two, judged.confidence)
    return low, high


def _plain(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None
