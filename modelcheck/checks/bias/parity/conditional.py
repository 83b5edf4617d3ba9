"""Demographic parity among people who are alike in what may legitimately make a difference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.attribute import Attribute, attribute_of
from modelcheck.checks.bias.parity.told import pair_words
from modelcheck.checks.columns import decisions_of, design_of
from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.judging import JudgedPlace, judge_places
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.words import count, level, number, short, with_interval
from modelcheck.config.toml_text import toml_value
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.scoring.rows import Groups, ScoredRows
from modelcheck.stats.between.mantel_haenszel import overlap, pooled_difference, pooled_ratio
from modelcheck.stats.between.rates import rates_from_counts
from modelcheck.stats.between.within_strata import pooled_difference_of, pooled_ratio_of
from modelcheck.stats.holm import AtConfidence
from modelcheck.stats.linearised import undefined

__all__ = ["conditional_parity_difference"]

_CHECK = "conditional_parity_difference"
_LIMIT = 0.1
_MOST_FINDINGS = 10
_NO_CONTROL = (
    "no control column is declared: name columns that may legitimately make a difference under [dataset] control."
)


def conditional_parity_difference(context: Context) -> Evidence:
    """Compare how often the people of two groups get the decision, among those alike in the control columns.

    Parameters
    ----------
    context : Context
        `by` names the attribute, `rows.strata` the control columns' combinations; `limit` is the largest pooled
        difference between any two groups (None: 0.1).

    Returns
    -------
    Evidence
        `groups` holds each pair's risk difference pooled over strata by Mantel and Haenszel, whichever group has more,
        with Holm's intervals. Strata in which only one of the groups has rows tell nothing of their difference; how
        many rows that leaves out stands in the table.

    References
    ----------
    Mantel, N. and Haenszel, W. (1959). Statistical aspects of the analysis of data from retrospective studies of
    disease. JNCI 22, 719-748. Kamiran, F., Zliobaite, I. and Calders, T. (2013). Quantifying explainable discrimination
    and removing illegal discrimination in automated decision making. Knowledge and Information Systems 35, 613-644.
    """
    rows = context.rows
    reason = unusable("accuracy", rows)
    if reason:
        return Evidence(not_applicable=reason)
    attribute = attribute_of(context)
    if isinstance(attribute, str):
        return Evidence(not_applicable=attribute)
    if rows.strata is None:
        return Evidence(not_applicable=_NO_CONTROL)
    codes = [1] if rows.task == "binary" else list(range(len(rows.classes)))
    counted = [_Counted.of(rows, rows.strata, attribute, code) for code in codes]
    pairs = [
        _Pair(one, int(first), int(second))
        for one in counted
        for first, second in zip(*np.triu_indices(len(attribute), k=1), strict=True)
    ]
    limit = _LIMIT if context.limit is None else context.limit
    compared = [pair for pair in pairs if pair.overlap.used]
    if not compared:
        return Evidence(not_applicable="no two groups have people who are alike in the control columns.")
    judged = judge_places({pair.label: pair.find for pair in compared}, limit=limit, confidence=context.confidence)
    known = {pair.label: pair for pair in compared}
    worst = max(judged, key=lambda one: (one.broken, not one.estimate.unproven, one.estimate.value or 0.0))
    groups = {one.label: one.estimate for one in judged if context.declared or not one.estimate.unproven}
    if context.declared:
        reason = "nobody of one group is like anybody of the other in the control columns"
        groups |= {
            pair.label: undefined(_CHECK, context.confidence, reason, n_needed=None)
            for pair in pairs
            if not pair.overlap.used
        }
    severity = Severity.BLOCKING if context.declared else Severity.WARNING
    broken = sorted((one for one in judged if one.broken), key=lambda one: -(one.estimate.value or 0.0))
    chart = forest_chart(
        groups, metric="difference among people alike", overall=None, limit=limit, title="Conditional parity"
    )
    return Evidence(
        estimate=worst.estimate,
        groups=groups,
        looked_at=len(pairs) if context.declared else len(judged),
        findings=tuple(
            _finding(one, known[one.label], attribute, limit, informs=context.limit is None, severity=severity)
            for one in broken[:_MOST_FINDINGS]
        ),
        tables=(_table(pairs, judged, context.confidence),),
        charts=() if chart is None else (chart,),
        reading=_reading(worst, known[worst.label], len(judged)),
        searched="" if context.declared else f"{count(len(judged), 'comparison')} among people alike, Holm over all.",
        predicted_rows=len(rows),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Counted:
    """One class: how many rows of each group and stratum there are, and how many of them get its decision."""

    rows: ScoredRows
    strata: Groups
    attribute: Attribute
    code: int
    sizes: NDArray[np.int64]
    hits: NDArray[np.int64]

    @classmethod
    def of(cls, rows: ScoredRows, strata: Groups, attribute: Attribute, code: int) -> _Counted:
        """Count all groups and strata at once."""
        shape = len(attribute), len(strata.labels)
        cell = attribute.codes * shape[1] + strata.codes
        chosen = decisions_of(rows) == code
        sizes = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
        hits = np.bincount(cell[chosen], minlength=shape[0] * shape[1]).reshape(shape)
        return cls(rows=rows, strata=strata, attribute=attribute, code=code, sizes=sizes, hits=hits)


class _Pair:
    """Two groups by one class: their counts in every stratum."""

    def __init__(self, counted: _Counted, first: int, second: int) -> None:
        rows, attribute = counted.rows, counted.attribute
        self.first, self.second, self.class_label = first, second, short(rows.classes[counted.code])
        self.attribute = attribute
        self.sizes = [counted.sizes[first], counted.sizes[second]]
        self._hits = [counted.hits[first], counted.hits[second]]
        self.overlap = overlap(*self.sizes)
        self._rows: tuple[NDArray[Any], ...] | None = None
        self._design = design_of(rows)
        if not self._design.simple:
            # The counts say it all of simple random rows; weights and clusters go back to the rows of the pair.
            members = np.flatnonzero((attribute.codes == first) | (attribute.codes == second))
            own = attribute.codes[members]
            chosen = decisions_of(rows)[members] == counted.code
            self._rows = chosen, own == first, own == second, counted.strata.codes[members]
            self._design = self._design.take(members)
        who = pair_words(attribute, first, second)
        self.label = who if rows.task == "binary" else f"{self.class_label}, {who}"

    def signed(self, confidence: float, *, ratio: bool = False) -> Estimate:
        """Return the pooled difference (or ratio) of the first group against the second."""
        if self._rows is not None:
            of_rows = pooled_ratio_of if ratio else pooled_difference_of
            chosen, one, two, strata = self._rows
            return of_rows(chosen, one, two, strata, self._design, metric=_CHECK, confidence=confidence)
        first, second = zip(self._hits, self.sizes, strict=True)
        of_counts = pooled_ratio if ratio else pooled_difference
        return of_counts(*first, *second, metric=_CHECK, confidence=confidence)

    @property
    def find(self) -> AtConfidence:
        """The difference, whichever group has more."""
        return lambda confidence: _size(self.signed(confidence))

    def both_ways(self, confidence: float) -> str:
        """Say it where one group is ahead in some strata and behind in others: pooled differences cancel."""
        used = np.flatnonzero((self.sizes[0] > 0) & (self.sizes[1] > 0))
        if self._rows is not None or len(used) < 2:
            return ""
        hits, sizes = (np.concatenate([side[used] for side in pair]) for pair in (self._hits, self.sizes))
        places = np.arange(len(used))
        each = 1.0 - (1.0 - confidence) / len(used)
        low, high = rates_from_counts(hits, sizes).differences(places, len(used) + places, each)
        ahead, behind = int(np.count_nonzero(low > 0.0)), int(np.count_nonzero(high < 0.0))
        if not ahead or not behind:
            return ""
        labels = self.attribute
        return (
            f"It goes both ways: {short(labels.where(self.first))} is ahead in {count(ahead, 'combination')} of the "
            f"control columns and behind in {count(behind, 'combination')}, and what is pooled cancels. Look at them "
            "one by one."
        )

    def plain(self) -> tuple[float, float]:
        """Return how often it happens in each group, whoever is alike."""
        shares = [float(np.sum(hits) / np.sum(size)) for hits, size in zip(self._hits, self.sizes, strict=True)]
        return shares[0], shares[1]


def _size(found: Estimate) -> Estimate:
    if found.value is None or found.low is None or found.high is None:
        return found
    return replace(
        found,
        value=abs(found.value),
        low=max(found.low, -found.high, 0.0),
        high=max(found.high, -found.low),
    )


def _finding(
    one: JudgedPlace, pair: _Pair, attribute: Attribute, limit: float, *, informs: bool, severity: Severity
) -> Finding:
    name, kept = toml_value(attribute.name), f"at most {number(limit)}"
    allowed = f"a common convention: {kept}" if informs else f"{kept} is allowed"
    return Finding(
        title=f"{_said(one, pair)} ({allowed})",
        slice=one.label,
        n=one.estimate.n,
        effect=one.estimate.value,
        low=one.estimate.low,
        high=one.estimate.high,
        p_adjusted=one.p_adjusted,
        severity=severity,
        reproduce=f'in modelcheck.toml: [gates."bias.{_CHECK}"] slices.{name}.max = {limit:g}',
    )


def _said(one: JudgedPlace, pair: _Pair) -> str:
    signed = pair.signed(one.estimate.confidence).value or 0.0
    less, more = (pair.second, pair.first) if signed > 0.0 else (pair.first, pair.second)
    labels = pair.attribute
    return (
        f"Among people alike in the control columns {number(100.0 * abs(signed))} of 100 fewer get the decision "
        f"{pair.class_label} where {short(labels.where(less))} than where {short(labels.where(more))}"
    )


def _reading(worst: JudgedPlace, pair: _Pair, compared: int) -> str:
    if worst.estimate.value is None:
        return f"Nothing could be measured: {worst.estimate.unproven}."
    first, second = pair.plain()
    plain = f"Without looking at them the difference is {number(abs(first - second))}."
    left = pair.overlap.rows - pair.overlap.used_rows
    without = (
        f" {count(left, 'row')} of {pair.overlap.rows:,} lie in combinations that only one of the groups has, and tell "
        "nothing of their difference."
        if left
        else ""
    )
    more = f" The worst of {count(compared, 'comparison')}." if compared > 1 else ""
    said = f"{_said(worst, pair)}: difference {with_interval(worst.estimate)}. {plain}{without}{more}"
    return f"{said} {pair.both_ways(worst.estimate.confidence)}".strip()


def _table(pairs: list[_Pair], judged: list[JudgedPlace], confidence: float) -> Table:
    known = {one.label: one for one in judged}
    lines: list[tuple[Any, ...]] = []
    for pair in pairs:
        one = known.get(pair.label)
        shares, seen = pair.plain(), pair.overlap
        start = (pair.label, seen.rows, seen.used_rows, seen.strata, seen.used, *shares, shares[0] - shares[1])
        if one is None:
            lines.append((*start, None, None, None, None, None, "nobody is alike"))
            continue
        signed = pair.signed(one.estimate.confidence)
        ratio = pair.signed(one.estimate.confidence, ratio=True)
        doubt = f"unproven: {signed.unproven}" if signed.unproven else "beyond the limit" if one.broken else ""
        lines.append((*start, signed.value, signed.low, signed.high, ratio.value, one.p_adjusted, doubt))
    return Table(
        name="among people alike",
        columns=(
            "pair",
            "rows",
            "rows compared",
            "strata",
            "strata compared",
            "first",
            "second",
            "plain difference",
            "pooled difference",
            "low",
            "high",
            "pooled ratio",
            "adjusted p",
            "note",
        ),
        rows=tuple(lines),
        note=(
            "Differences are of the first group less the second, pooled over the strata of the control columns (Mantel "
            f"and Haenszel); intervals and p-values are Holm's, at {level(confidence)} for all pairs together."
        ),
    )
