"""Numbers in sentences: as many digits as the interval allows, the level always beside them."""

from __future__ import annotations

import math

from modelcheck.record.evidence import Estimate

__all__ = ["count", "level", "number", "out_of_100", "short", "spoken", "with_interval"]

_LONGEST_NAME = 60
_SPOKEN = {"roc_auc": "ROC AUC", "f1": "F1", "f1_macro": "F1, mean over classes", "r2": "R2"}


def number(value: float | None, digits: int = 3) -> str:
    """Return `value` with a few significant digits, and thousands separated.

    Parameters
    ----------
    value : float or None
        Any number; None reads ``none``.
    digits : int
        Significant digits; whole numbers keep all of theirs.

    Returns
    -------
    str

    Examples
    --------
    >>> number(0.66666), number(1234567.8), number(-0.0), number(float("inf"))
    ('0.667', '1,234,568', '0', 'infinity')
    """
    if value is None:
        return "none"
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("infinity" if value > 0 else "-infinity")
    if abs(value) >= 1e15:
        return f"{value:.3g}"
    if abs(value) >= 10.0**digits - 0.5:
        return f"{value:,.0f}"
    if 1e-4 <= abs(value) < 10.0**digits:
        decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
        text = f"{value:,.{decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value + 0.0:.{digits}g}"


def count(n: int, noun: str) -> str:
    """Return a number of things: ``1 row``, ``8,001 rows``.

    Parameters
    ----------
    n : int
        How many.
    noun : str
        In the singular; its plural ends in ``s``, or ``es`` after an ``s``.

    Returns
    -------
    str

    Examples
    --------
    >>> count(8001, "row"), count(1, "row"), count(3, "class")
    ('8,001 rows', '1 row', '3 classes')
    """
    if n == 1:
        return f"1 {noun}"
    return f"{n:,} {noun}{'es' if noun.endswith('s') else 's'}"


def short(name: object, longest: int = _LONGEST_NAME) -> str:
    r"""Return a name from the data as it may stand in a sentence: one line, no control characters, not too long.

    Parameters
    ----------
    name : object
        A column, group, category or class; tables keep it whole.
    longest : int
        Most characters.

    Returns
    -------
    str
        Its last character is an ellipsis where something was cut off.

    Examples
    --------
    >>> short("a\nb"), len(short("x" * 10_000))
    ('a b', 60)
    """
    text = "".join(part if part.isprintable() else " " for part in str(name)[: longest + 1])
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"


def spoken(metric: str) -> str:
    """Return a metric's name as it begins a sentence.

    Examples
    --------
    >>> spoken("roc_auc"), spoken("balanced_accuracy")
    ('ROC AUC', 'Balanced accuracy')
    """
    return _SPOKEN.get(metric) or metric.replace("_", " ").capitalize()


def level(confidence: float) -> str:
    """Return a level as a percentage, e.g. ``95 %``.

    Examples
    --------
    >>> level(0.95), level(0.996), level(1 - 0.05 / 3), level(1 - 1e-9)
    ('95 %', '99.6 %', '98.33 %', '> 99.9999 %')
    """
    if confidence > 0.999999:
        return "> 99.9999 %"
    return f"{100.0 * confidence:.6g} %" if confidence > 0.9999 else f"{100.0 * confidence:.4g} %"


def out_of_100(estimate: Estimate) -> tuple[str, str]:
    """Return a share as a number out of 100, and its interval in brackets.

    Parameters
    ----------
    estimate : Estimate
        Of a share in [0, 1], with a value.

    Returns
    -------
    value, interval : str
        ``("43", " (95 % interval 40 to 46)")``; more decimals the narrower the interval.
    """
    low, high, value = estimate.low, estimate.high, estimate.value or 0.0
    width = 100.0 if low is None or high is None else 100.0 * (high - low)
    decimals = 0 if width >= 5.0 else 1 if width >= 0.5 else 2

    def text(share: float) -> str:
        return f"{100.0 * share:.{decimals}f}"

    inside = None if low is None or high is None else f"{text(low)} to {text(high)}"
    return text(value), _brackets(estimate, inside)


def with_interval(estimate: Estimate) -> str:
    """Return a value and its interval, e.g. ``0.67 (95 % interval 0.64 to 0.7)``.

    Parameters
    ----------
    estimate : Estimate
        Any estimate; without a value the reason is given instead.

    Returns
    -------
    str
    """
    if estimate.value is None:
        return f"not measured ({estimate.unproven})"
    low, high = estimate.low, estimate.high
    digits = _digits(estimate)
    inside = None if low is None or high is None else f"{number(low, digits)} to {number(high, digits)}"
    return f"{number(estimate.value, digits)}{_brackets(estimate, inside)}"


def _digits(estimate: Estimate) -> int:
    """Return how many digits tell the limits of a narrow interval apart: three, at most seven."""
    low, high = estimate.low, estimate.high
    if low is None or high is None or not math.isfinite(high - low) or not high > low:
        return 3
    ratio = max(abs(low), abs(high)) / (high - low)
    return min(max(math.ceil(math.log10(ratio)) + 2, 3), 7) if ratio > 1.0 else 3


def _brackets(estimate: Estimate, inside: str | None) -> str:
    shown = f"{level(estimate.confidence)} interval {inside}" if inside else "no interval"
    doubt = f"; proves nothing yet: {estimate.unproven}" if estimate.unproven else ""
    return f" ({shown}{doubt})"
