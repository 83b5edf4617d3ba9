"""Evidence against a criterion: the only place where a verdict is made."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from modelcheck.record.evidence import Burden, Criterion, Estimate, Evidence, Verdict
from modelcheck.record.numbers import decimals_for, format_interval, format_level, format_limit, format_value
from modelcheck.stats.power import Side, detectable, half_width, rows_needed

__all__ = ["Judgement", "judge"]

# The first of these that any group shows is the gate's.
_GROUP_WORDS = {
    Verdict.ERROR: ("can't be measured", "can't be measured"),
    Verdict.FAIL: ("fails", "fail"),
    Verdict.INCONCLUSIVE: ("is left open", "are left open"),
}
_HOPELESS = 100
_MANY_ROWS = 100_000
_ENDS: tuple[Side, Side] = ("low", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with the sentence that explains it.

    Attributes
    ----------
    verdict : Verdict or None
        None for a metric without a limit.
    reason : str
        One or two sentences with the numbers.
    """

    verdict: Verdict | None
    reason: str


def judge(evidence: Evidence, criterion: Criterion | None) -> Judgement:
    """Judge evidence by a criterion.

    Parameters
    ----------
    evidence : Evidence
        What a check measured, with intervals at the criterion's confidence.
    criterion : Criterion or None
        The limit; None for a metric that only informs.

    Returns
    -------
    Judgement
        Under ``breach``: fail when the interval proves the limit broken; pass when it proves the limit kept, or when
        the estimate meets it and a breach as large as the declared resolution would have been found with 80 % power;
        inconclusive otherwise. Under ``compliance``: pass only when the interval proves the limit kept. Where several
        groups were looked at, each must hold. What a search hasn't proved broken holds under ``breach`` alone. What was
        declared and not looked at (`Evidence.unseen`) leaves open what would pass or not apply.

    Examples
    --------
    >>> from modelcheck.record.evidence import Criterion, Estimate, Evidence
    >>> auc = Estimate(metric="roc_auc", value=0.7, low=0.67, high=0.73, confidence=0.95, n=2000, method="DeLong")
    >>> judge(Evidence(estimate=auc), Criterion(min=0.75)).verdict.value
    'fail'
    """
    found = _judged(evidence, criterion)
    if evidence.unseen and criterion is not None and found.verdict not in (Verdict.FAIL, Verdict.ERROR):
        measured = evidence.estimate is not None or evidence.groups or evidence.proved or evidence.searched
        return _open(evidence.unseen, found.reason if measured else "")
    return found


def _judged(evidence: Evidence, criterion: Criterion | None) -> Judgement:
    if evidence.not_applicable:
        return Judgement(verdict=Verdict.NOT_APPLICABLE, reason=evidence.not_applicable)
    if evidence.disproved:
        return Judgement(verdict=Verdict.FAIL if criterion else None, reason=evidence.disproved)
    if criterion is None:
        return Judgement(verdict=None, reason="")
    if evidence.proved:
        return Judgement(verdict=Verdict.PASS, reason=evidence.proved)
    # Whoever has to prove that a limit is kept isn't helped by having searched.
    if evidence.searched and not (evidence.groups and criterion.burden is Burden.COMPLIANCE):
        return _judge_search(evidence, criterion)
    if evidence.groups:
        return _judge_groups(evidence, criterion)
    if evidence.estimate is None:
        return Judgement(verdict=Verdict.INCONCLUSIVE, reason="nothing could be measured")
    return _judge_estimate(evidence.estimate, criterion)


def _judge_groups(evidence: Evidence, criterion: Criterion) -> Judgement:
    verdicts = {label: _judge_estimate(estimate, criterion) for label, estimate in evidence.groups.items()}
    if len(verdicts) == 1 and evidence.looked_at in (0, 1):
        ((label, one),) = verdicts.items()
        return replace(one, reason=f"{label}: {one.reason}")
    for verdict, words in _GROUP_WORDS.items():
        hit = [f"{label}: {one.reason}" for label, one in verdicts.items() if one.verdict is verdict]
        if hit:
            head = f"Of {_looked(evidence)} {len(hit)} {words[len(hit) > 1]}."
            return Judgement(verdict=verdict, reason="\n".join([head, *hit]))
    return Judgement(verdict=Verdict.PASS, reason=f"All {_looked(evidence)} keep the limit: {format_limit(criterion)}.")


def _looked(evidence: Evidence) -> str:
    if evidence.looked_at:
        return f"{evidence.looked_at:,} comparison{'s' * (evidence.looked_at > 1)}"
    return f"{len(evidence.groups):,} groups"


def _judge_search(evidence: Evidence, criterion: Criterion) -> Judgement:
    """Judge the places of a search: what isn't proved to break the limit holds, as far as the search could see."""
    verdicts = {place: _judge_estimate(estimate, criterion) for place, estimate in evidence.groups.items()}
    looked = evidence.looked_at or len(verdicts)
    for verdict in (Verdict.ERROR, Verdict.FAIL):
        hit = [f"{place}: {one.reason}" for place, one in verdicts.items() if one.verdict is verdict]
        if hit:
            word = _GROUP_WORDS[verdict][len(hit) > 1]
            head = (
                f"Of {looked:,} places looked at {len(hit)} {word}."
                if looked > 1
                else f"The one place looked at {word}."
            )
            return Judgement(verdict=verdict, reason="\n".join([head, *hit]))
    if not verdicts:
        return _open(evidence.searched)
    if all(one.unproven for one in evidence.groups.values()):
        # Nothing could have been proved anywhere: that was no search.
        place, one = next(iter(verdicts.items()))
        return _open(f"{place}: {one.reason}", evidence.searched)
    limit = format_limit(criterion)
    head = f"None of {looked:,} places looked at is" if looked > 1 else "The one place looked at is not"
    return Judgement(
        verdict=Verdict.PASS, reason=f"{head} proved to break the limit ({limit}). {evidence.searched}".strip()
    )


def _judge_estimate(estimate: Estimate, criterion: Criterion) -> Judgement:
    if estimate.value is not None and math.isinf(estimate.value):
        text = (
            f"{estimate.metric} is infinite: a prediction, a label or a weight is too large for floating point numbers."
        )
        return Judgement(verdict=Verdict.ERROR, reason=text)
    if estimate.value is None or not math.isfinite(estimate.value):
        return _open(_unproven(estimate, criterion, "it can't be computed on these rows"))
    if estimate.unproven or estimate.low is None or estimate.high is None:
        return _open(_unproven(estimate, criterion, "there is no interval"))
    if estimate.low == estimate.high:
        return _open(_unproven(estimate, criterion, "an interval of zero width proves nothing"))
    sides = []
    if criterion.margin is not None:
        sides.append(_judge_side(estimate, criterion, -criterion.margin, sign=1.0))
    if criterion.min is not None:
        sides.append(_judge_side(estimate, criterion, criterion.min, sign=1.0))
    if criterion.max is not None:
        sides.append(_judge_side(estimate, criterion, criterion.max, sign=-1.0))
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        for side in sides:
            if side.verdict is verdict:
                return side
    return sides[0]


def _unproven(estimate: Estimate, criterion: Criterion, fallback: str) -> str:
    needed = f" About {estimate.n_needed:,} would be needed." if estimate.n_needed else ""
    text = f"{estimate.unproven or fallback}.{needed}"
    if estimate.value is None or not math.isfinite(estimate.value):
        return text[:1].upper() + text[1:]
    if criterion.margin is not None:
        return f"The candidate is {_better_or_worse(estimate)}, but {text}"
    return f"{estimate.metric} is {format_value(estimate.value)}, but {text}"


def _judge_side(estimate: Estimate, criterion: Criterion, limit: float, *, sign: float) -> Judgement:
    """Judge one limit. With `sign` = -1 everything is mirrored, so that a maximum reads like a minimum."""
    value, low, high = (sign * (number or 0.0) for number in (estimate.value, estimate.low, estimate.high))
    low, high = min(low, high), max(low, high)
    bound = sign * limit
    what = format_interval(estimate) if criterion.margin is None else f"{_told(estimate)}. That"
    name = _limit_name(criterion, limit, sign)
    if high < bound:
        return Judgement(verdict=Verdict.FAIL, reason=f"{what} breaks the {name}: the whole interval lies beyond it.")
    if low >= bound:
        return Judgement(verdict=Verdict.PASS, reason=f"{what} keeps the {name}: the whole interval does.")
    meets = value >= bound
    # Without any resolution asked for (a margin of 0) only proof counts.
    if criterion.burden is Burden.COMPLIANCE or not meets or criterion.resolution == 0.0 == criterion.margin:
        more = _more_rows(estimate, value - bound, side=_proving_side(sign, meets), power=0.5)
        proof = "but the interval doesn't prove it kept" if meets else "but the interval doesn't prove it broken"
        return _open(f"{what} {'meets' if meets else 'misses'} the {name}, {proof}.", more)
    smallest = _smallest_breach(estimate)
    if smallest is None:
        return _open(f"{what} meets the {name}, but the interval has no end on the side of a breach.")
    if math.isinf(smallest):
        return _open(f"{what} meets the {name}, but no breach is sure to be found on these rows.")
    margin = criterion.margin or 0.0
    found = f"a {'breach' if criterion.margin is None else 'drop'} of {format_value(margin + smallest)}"
    if criterion.resolution is None or smallest <= criterion.resolution:
        text = f"{what} meets the {name}; {found} would have been found with 80 % power."
        return Judgement(verdict=Verdict.PASS, reason=text)
    asked = format_value(margin + criterion.resolution)
    if criterion.margin is not None:
        asked += ", margin and resolution together"
    text = f"{what} meets the {name}, but with these rows only {found} or more would have been found (asked: {asked})."
    below, above = (half_width(estimate, end) or 0.0 for end in _ENDS)
    wider: Side = "low" if below >= above else "high"
    return _open(text, _more_rows(estimate, criterion.resolution, side=wider, power=0.8))


def _limit_name(criterion: Criterion, limit: float, sign: float) -> str:
    if criterion.margin is None:
        return f"{'minimum' if sign > 0 else 'maximum'} {format_value(limit)}"
    return f"margin of {format_value(criterion.margin)}" if criterion.margin else "condition not to be worse at all"


def _told(estimate: Estimate) -> str:
    """Say a difference from the baseline so that nobody has to know its sign."""
    low, high = estimate.low or 0.0, estimate.high or 0.0
    decimals = decimals_for(estimate.value, low, high)

    def end(number: float) -> str:
        size = format_value(abs(number), decimals)
        return size if round(number, decimals) == 0.0 else f"{size} {'better' if number > 0.0 else 'worse'}"

    level = format_level(estimate.confidence)
    count = "" if estimate.clusters is None else f", {estimate.clusters:,} clusters"
    ends = f"{level} interval {end(low)} to {end(high)}"
    return f"The candidate is {_better_or_worse(estimate)} ({ends}, n {estimate.n:,}{count})"


def _better_or_worse(estimate: Estimate) -> str:
    value = estimate.value or 0.0
    decimals = decimals_for(value, estimate.low, estimate.high)
    if round(value, decimals) == 0.0:
        return "as good as the baseline"
    word = "better" if value > 0.0 else "worse"
    return f"{word} than the baseline by {format_value(abs(value), decimals)}"


def _open(text: str, more: str = "") -> Judgement:
    return Judgement(verdict=Verdict.INCONCLUSIVE, reason=f"{text} {more}".strip())


def _proving_side(sign: float, meets: bool) -> Side:
    """Return the end of the interval that has to move past the limit to decide: kept if it is met, broken if not."""
    return "low" if (sign > 0) == meets else "high"


def _smallest_breach(estimate: Estimate) -> float | None:
    if estimate.resolution is not None:
        return estimate.resolution
    widths = [half_width(estimate, end) for end in _ENDS]
    known = [width for width in widths if width is not None]
    # At the edge of its range (3 of 3 right) an interval has no room on one side; the other tells what would show.
    return detectable(max(known), confidence=estimate.confidence) if known else None


def _more_rows(estimate: Estimate, distance: float, *, side: Side, power: float) -> str:
    needed = rows_needed(estimate, distance, side=side, power=power)
    if needed is None or needed <= estimate.n:
        return ""
    if needed > max(_HOPELESS * estimate.n, _MANY_ROWS):
        return "Even a hundred times as many rows would hardly decide this."
    return f"About {needed:,} rows would decide this (here: {estimate.n:,})."
