"""Numbers and sentences of a record in everyday words."""

from __future__ import annotations

import re

from modelcheck.record.evidence import Estimate, Verdict
from modelcheck.record.numbers import decimals_for, format_count, format_level, format_limit, format_value
from modelcheck.record.schema import GateRecord
from modelcheck.report.encodings import number_or_none
from modelcheck.report.outline import upper_first
from modelcheck.report.text import group_words, paragraph, shorten

__all__ = ["counted", "in_words", "listed", "measured", "name", "percent", "places", "plain", "said"]

_SENTENCE = 1500
# Only whole phrases with one everyday meaning; names between backticks are left alone.
_EVERYDAY = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\b[Mm]ean \|SHAP\|(?: values?)?", "average contribution"),
        (r"\bThe baseline\b", "The model in use now"),
        (r"\b(?:the|a) baseline\b", "the model in use now"),
        # Where a counterexample is kept is for engineers: report.html tells it.
        (r" Kept in \S+\.json\b\.?", ""),
        (r"\bSHAP values?\b", "contributions"),
        (r"\bSHAP\b", "contribution"),
        (r"\bICE curves?\b", "curve for single rows"),
        (r"\bICE\b", "single rows"),
        (r"\b[Pp]artial dependence\b|\bPDP?s?\b", "average curve"),
        (r"\b[Aa]ccumulated local effects?\b|\bALE\b", "curve among nearby rows"),
        (r"\b[Pp]ermutation importance\b", "loss when a column is shuffled"),
        (r"\blog-odds\b(?! \()", "log-odds (chances on a stretched scale)"),
        (r"\b[Aa]djusted p(?:-values?)?\b|\bp-values?\b", "probability of an accident"),
        (r", adjusted together by Holm\b", ", allowing for how many were looked at"),
        (r"\bwith 80 % power\b", "in 8 of 10 such tests"),
        (r"\brobust (?:standard deviations?|spreads?)\b", "typical spreads"),
        (r"\bGini mean difference\b", "typical distance between two rows"),
        (r"\bROC AUC\b(?! \()", "ROC AUC (how often the right one of a pair ranks first)"),
    )
)


def plain(text: str) -> str:
    """Return a sentence of the record with technical phrases in everyday words.

    Examples
    --------
    >>> plain("`SHAP` leads by the mean |SHAP| value.")
    '`SHAP` leads by the average contribution.'
    """
    parts = re.split(r"(`[^`\n]{1,400}`)", group_words(text[:_SENTENCE]))
    for place in range(0, len(parts), 2):
        for pattern, words in _EVERYDAY:
            parts[place] = pattern.sub(words, parts[place])
    return paragraph("".join(parts), _SENTENCE)


def name(text: object, most: int = 60) -> str:
    """Return a name from the data, marked as one."""
    return f"`{shorten(str(text), most).replace('`', chr(39)) or '(empty)'}`"


def listed(names: list[str], most: int = 12) -> str:
    """Return names as a list in words, capped, and saying so.

    Examples
    --------
    >>> listed(["a", "b", "c"], 2)
    '`a`, `b` and 1 more'
    """
    shown = ", ".join(name(one) for one in names[:most])
    return shown + (f" and {format_count(len(names) - most)} more" if len(names) > most else "")


def percent(value: object, low: object = None, high: object = None) -> str:
    """Return a share with its interval: ``41 % (38 to 44)``.

    Examples
    --------
    >>> percent(0.41, 0.38, 0.44), percent(0.004, 0.001, 0.009), percent(None)
    ('41 % (38 to 44)', '0.4 % (0.1 to 0.9)', 'n/a')
    """
    share, bottom, top = (number_or_none(one) for one in (value, low, high))
    if share is None:
        return "n/a"
    ends = [100 * end for end in (bottom, top) if end is not None]
    decimals = places(100 * share, *ends) if len(ends) == 2 else int(0 < share < 0.1)
    text = f"{format_value(100 * share, decimals)} %"
    if len(ends) < 2:
        return f"{text} (no range known)"
    return f"{text} ({format_value(ends[0], decimals)} to {format_value(ends[1], decimals)})"


def places(value: float | None, low: float | None = None, high: float | None = None) -> int:
    """Return how many decimals a reader without statistics needs: about one digit of half the interval.

    Examples
    --------
    >>> places(0.31, 0.26, 0.36), places(0.352, 0.24, 0.464), places(0.41)
    (2, 2, 3)
    """
    decimals = decimals_for(value, low, high)
    if low is None or high is None or not high > low:
        return decimals
    # Half a width that begins with 1 would be halved again by cutting its second digit.
    half = (high - low) / 2 * 10.0**decimals
    return max(decimals - 1, 0) if half >= 20.0 - 1e-6 else decimals


def counted(count: int, one: str, several: str = "") -> str:
    """Return a count with its word.

    Examples
    --------
    >>> counted(1, "test"), counted(2_000, "test")
    ('1 test', '2,000 tests')
    """
    return f"{format_count(count)} {one if count == 1 else several or f'{one}s'}"


def in_words(estimate: Estimate) -> str:
    """Return an estimate for a reader who has not met intervals.

    Examples
    --------
    >>> share = Estimate(metric="share", value=0.31, low=0.26, high=0.36, confidence=0.95, n=400, method="m")
    >>> in_words(share)
    '0.31 (0.26 to 0.36 at 95 % confidence, from 400 rows)'
    """
    decimals = places(estimate.value, estimate.low, estimate.high)
    low, high = estimate.low, estimate.high
    rows = f"from {counted(estimate.n, 'row')}"
    if low is None or high is None:
        return f"{format_value(estimate.value, decimals)} (no range known, {rows})"
    ends = f"{format_value(low, decimals)} to {format_value(high, decimals)}"
    return (
        f"{format_value(estimate.value, decimals)} ({ends} at {format_level(estimate.confidence)} confidence, {rows})"
    )


def measured(gate: GateRecord) -> str:
    """Return what a gate measured and what was asked; empty where nothing was measured."""
    if gate.estimate is None or gate.estimate.value is None:
        return ""
    asked = f"; asked is {format_limit(gate.criterion)}" if gate.criterion is not None else ""
    return f"Measured: {in_words(gate.estimate)}{asked}."


def said(gate: GateRecord) -> str:
    """Return what a reader should know of a gate: its reading and numbers, or why there are none."""
    reading = plain(gate.reading)
    if gate.verdict in (Verdict.PASS, Verdict.FAIL, None) and gate.estimate is not None:
        return " ".join(part for part in (reading, measured(gate)) if part)
    return plain(upper_first(gate.reason)) or reading or "No reason is recorded."
