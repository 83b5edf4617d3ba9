"""Rows that the baseline got right and the candidate gets wrong: how many, and who they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of, design_of
from modelcheck.checks.context import Context
from modelcheck.checks.performance.comparison.flipped_rows import LEVEL, flipped_rows
from modelcheck.checks.performance.comparison.gathered import conjunctions
from modelcheck.checks.performance.comparison.paired import incomparable
from modelcheck.checks.performance.comparison.where import Concentration, Place, concentration
from modelcheck.checks.performance.everywhere import everywhere, note_on_baseline
from modelcheck.checks.words import count, level, number, out_of_100, short
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.rates import rate

__all__ = ["negative_flips"]

_TOP = 10
_FINDINGS = 5
_EXAMPLES = 10
_EXAMPLES_OF_ONE = 5


def negative_flips(context: Context) -> Evidence:
    """Measure the share of rows that the baseline got right and the candidate gets wrong.

    Parameters
    ----------
    context : Context
        Of a classification, with a baseline. With `by` every group of that attribute is measured; `groups` then holds
        intervals that are simultaneous over its groups.

    Returns
    -------
    Evidence
        The negative flip rate over all compared rows, with an exact interval. One table compares it under every single
        condition (feature level, group, slice) with the rest of the rows, another shows the slices of up to three
        conditions that stand out most; what stands out more than by chance is a finding of severity info. Not
        applicable without a baseline, or where one of the two makes no decisions.

    References
    ----------
    Yan, S., Xiong, Y., Kundu, K., Yang, S., Deng, S., Wang, M., Xia, W. and Soatto, S. (2021). Positive-congruent
    training: towards regression-free model updates. CVPR 2021, 14299-14308 (the negative flip rate).
    """
    rows, baseline = context.compared, context.baseline
    if baseline is None:
        return Evidence(not_applicable=context.baseline_note)
    reason = incomparable("accuracy", rows, baseline)
    if reason:
        return Evidence(not_applicable=reason.replace("accuracy", "negative_flips", 1))
    before, after = (decisions_of(side) == side.target for side in (baseline, rows))
    flipped = before & ~after
    gained = int(np.count_nonzero(after & ~before))
    design = design_of(rows)

    def measure(part: NDArray[np.intp] | None, confidence: float) -> Estimate:
        own = flipped if part is None else flipped[part]
        return rate(own, metric="negative_flip_rate", confidence=confidence, design=design.take(part))

    found = everywhere(context, rows, measure, higher_is_better=False)
    places = concentration(flipped, rows)
    shown = places.places[:_TOP] if places.marked else ()
    examples = flipped_rows(rows, baseline, np.flatnonzero(flipped), shown, most=_EXAMPLES)
    tables = [_crossed(before, after)]
    if shown:
        tables.append(_table(places, shown, context.confidence))
    together = conjunctions(flipped, rows, context.confidence)
    tables += together.tables(context.confidence)
    if examples:
        tables.append(_examples(examples, places.marked))
    judged = found.judged
    text = f"Nothing could be compared: {judged.unproven}."
    if judged.value is not None:
        value, interval = out_of_100(judged)
        text = f"Of 100 rows {value} were right with the baseline and are wrong with the candidate{interval}."
    net = gained - places.marked
    balance = f"{abs(net):,} more right in all" if net > 0 else f"{abs(net):,} fewer right in all" if net else "as many"
    reading = (
        f"{found.head}{text} In {count(len(rows), 'row')}: {count(places.marked, 'negative flip')}, "
        f"{count(gained, 'positive flip')}; {balance}. {_who(places, context.confidence)} {together.reading()} "
        f"{note_on_baseline(context)}"
    )
    return Evidence(
        estimate=judged,
        groups=found.groups,
        findings=(
            *_findings(places, rows, baseline, flipped, context.confidence),
            *together.findings(baseline, [place.mask(rows) for place in _significant(places, context.confidence)]),
        ),
        tables=(*tables, *found.tables),
        charts=found.charts,
        reading=" ".join(reading.split()),
        predicted_rows=len(rows) + len(baseline),
    )


def _crossed(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Table:
    counts = np.bincount(2 * before.astype(np.intp) + after, minlength=4).tolist()
    total = max(len(before), 1)
    return Table(
        name="flips",
        columns=("baseline", "candidate right", "candidate wrong", "share right", "share wrong"),
        rows=(
            ("right", counts[3], counts[2], counts[3] / total, counts[2] / total),
            ("wrong", counts[1], counts[0], counts[1] / total, counts[0] / total),
        ),
        note="Rows; shares are of all rows. Right with the baseline and wrong with the candidate: negative flips.",
    )


def _examples(examples: list[dict[str, Any]], marked: int) -> Table:
    columns = tuple(examples[0])
    return Table(
        name="flipped rows",
        columns=columns,
        rows=tuple(tuple(example[column] for column in columns) for example in examples),
        note=f"{len(examples):,} of {count(marked, 'row')}, the largest change first. Levels stand for raw values.",
        private=tuple(column for column in columns if column.endswith(LEVEL)),
    )


def _table(found: Concentration, shown: Sequence[Place], confidence: float) -> Table:
    lines: list[tuple[object, ...]] = []
    for place in shown:
        low, high = found.interval(place, confidence) or (None, None)
        lines.append(
            (place.label, place.rows, place.marked, place.share, place.rest, place.excess, low, high, place.p_adjusted)
        )
    eligible = count(len(found.places), "condition")
    note = (
        f"The {len(shown)} largest of {eligible} with at least {found.least:,} rows (and as many in the rest), each "
        "compared with the rest of the rows. "
    )
    note += (
        f"Adjusted p: exact hypergeometric tails, rows taken as independent, Holm over all {len(found.places):,}. "
        f"Intervals of the excess hold together with {level(confidence)} confidence."
        if found.tested
        else "No p-values and no intervals: the exact test takes rows as independent and of equal weight."
    )
    return Table(
        name="who they are",
        columns=("where", "rows", "flips", "share", "share in the rest", "excess", "low", "high", "adjusted p"),
        rows=tuple(lines),
        note=note,
    )


def _significant(found: Concentration, confidence: float) -> list[Place]:
    alpha = (1.0 - confidence) / 2.0
    proved = [place for place in found.places if place.p_adjusted is not None and place.p_adjusted <= alpha]
    return sorted(proved, key=lambda place: (place.p_adjusted, -place.excess))


def _who(found: Concentration, confidence: float) -> str:
    if not found.marked:
        return ""
    if not found.places:
        return f"No single condition has the {found.least:,} rows it takes to look for who they are."
    looked = f"{count(len(found.places), 'condition')} looked at"
    if not found.tested:
        return (
            f"Of {looked} the largest share of them has {_shares(found.places[0])}; how sure that is isn't said for "
            "weighted or clustered rows."
        )
    proved = _significant(found, confidence)
    if not proved:
        return f"None of {looked} holds more of them than chance would."
    hold = "holds" if len(proved) == 1 else "hold"
    return f"Of {looked} {len(proved):,} {hold} more of them than chance would; the surest is {_shares(proved[0])}."


def _shares(place: Place) -> str:
    inside, outside = (number(100.0 * share) for share in (place.share, place.rest))
    return f"{short(place.label)}: {inside} of 100 rows against {outside} in the rest"


def _findings(
    found: Concentration, rows: ScoredRows, baseline: ScoredRows, flipped: NDArray[np.bool_], confidence: float
) -> tuple[Finding, ...]:
    findings = []
    for place in _significant(found, confidence)[:_FINDINGS]:
        low, high = found.interval(place, confidence) or (None, None)
        where = np.flatnonzero(flipped & place.mask(rows))
        findings.append(
            Finding(
                title=f"More negative flips where {_shares(place)}",
                slice=place.label,
                n=place.rows,
                effect=place.excess,
                low=low,
                high=high,
                p_adjusted=place.p_adjusted,
                severity=Severity.INFO,
                examples=tuple(flipped_rows(rows, baseline, where, [place], most=_EXAMPLES_OF_ONE)),
                reproduce=_reproduce(place),
            )
        )
    return tuple(findings)


def _reproduce(place: Place) -> str:
    key = place.name.replace("\\", "\\\\").replace('"', '\\"')
    if place.kind == "feature":
        return f'declare it under [slices] by a condition on "{key}", and give that slice a `max` for this check'
    return f'in modelcheck.toml: [gates."performance.negative_flips"] slices."{key}".max = 0.02'
