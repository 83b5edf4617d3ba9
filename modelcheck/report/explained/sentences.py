"""Numbers, names and counts as somebody without statistics reads them."""

from __future__ import annotations

import re

from modelcheck.record.numbers import decimals_for, format_count, format_value
from modelcheck.report.encodings import number_or_none
from modelcheck.report.explained.everyday import EVERYDAY, FOR_ENGINEERS
from modelcheck.report.text import group_words, paragraph, shorten

__all__ = ["counted", "listed", "name", "percent", "places", "plain"]

_SENTENCE = 1500


def plain(text: str) -> str:
    """Return a sentence of the record with technical phrases in everyday words.

    Examples
    --------
    >>> plain("`SHAP` leads by the mean |SHAP| value.")
    '`SHAP` leads by the average contribution.'
    """
    parts = re.split(r"(`[^`\n]{1,400}`)", group_words(FOR_ENGINEERS.sub("", text[:_SENTENCE])))
    for place in range(0, len(parts), 2):
        for pattern, words in EVERYDAY:
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
