"""Numbers as people read them: as many digits as the interval supports, never a value without interval and n."""

from __future__ import annotations

import math

from modelcheck.record.evidence import Criterion, Estimate

__all__ = [
    "decimals_for",
    "format_count",
    "format_duration",
    "format_interval",
    "format_level",
    "format_limit",
    "format_measured",
    "format_range",
    "format_share",
    "format_value",
]

_NINES = 0.999999  # one interval among thousands has such a level
_ABSENT = "n/a"
_MOST_DECIMALS = 8


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def decimals_for(value: float | None, low: float | None = None, high: float | None = None) -> int:
    """Return how many decimals a value deserves.

    Two significant digits of half the interval's width; without an interval three significant digits of the value.

    Parameters
    ----------
    value : float or None
        The point estimate.
    low, high : float or None
        Its interval.

    Returns
    -------
    int
        From 0 to 8.

    Examples
    --------
    >>> decimals_for(0.67312, 0.652, 0.694), decimals_for(53.21), decimals_for(12345.6)
    (3, 1, 0)
    """
    if low is not None and high is not None and math.isfinite(low) and math.isfinite(high) and high > low:
        digits = 1 - math.floor(math.log10((high - low) / 2))
    elif value is not None and math.isfinite(value) and value != 0:
        # Nearly every metric without an interval lives in [0, 1]: three decimals there, fewer for large values.
        digits = max(2 - math.floor(math.log10(abs(value))), 0) if abs(value) >= 1 else _small_digits(value)
    else:
        digits = 1
    return min(max(digits, 0), _MOST_DECIMALS)


def _small_digits(value: float) -> int:
    return max(3, 1 - math.floor(math.log10(abs(value))))


def format_value(value: float | None, decimals: int | None = None) -> str:
    """Return one number; use it for limits and cells, and `format_interval` for estimates.

    Parameters
    ----------
    value : float or None
        None and NaN become ``n/a``.
    decimals : int, optional
        Fixed decimals; without it, three significant digits and no trailing zeros.

    Returns
    -------
    str
        With thousands separators; very large and very small values in scientific notation, except that a value below
        the last of fixed decimals is shown as 0.

    Examples
    --------
    >>> format_value(0.9), format_value(8001), format_value(12345.678), format_value(0.9, 3), format_value(None)
    ('0.9', '8,001', '12,346', '0.900', 'n/a')
    """
    if value is None or math.isnan(value):
        return _ABSENT
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    if value == 0:
        return f"{0.0:.{decimals or 0}f}"
    # Where an interval has chosen the decimals, less than the last of them is nothing; a tiny interval can't choose.
    tiny = abs(value) < 10.0**-_MOST_DECIMALS and (decimals is None or decimals >= _MOST_DECIMALS)
    if abs(value) >= 1e15 or tiny:
        return f"{value:.3g}"
    if decimals is not None:
        return _unsigned_zero(f"{value:,.{decimals}f}")
    if float(value).is_integer():
        return f"{value:,.0f}"
    text = f"{value:,.{decimals_for(value)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    # A limit such as 0.0125 is shown as it was written, not rounded to 0.013: it is exact.
    exact = f"{value:,.6g}" if 1e-4 <= abs(value) < 1e6 else text
    if len(exact) <= 8 and float(exact.replace(",", "")) == value:
        return exact
    return text


def _unsigned_zero(text: str) -> str:
    """Turn ``-0.00`` into ``0.00``."""
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text


def format_level(confidence: float) -> str:
    """Return a confidence level, e.g. ``95 %`` or ``99.17 %``; never rounded up to 100, and no row of nines.

    Examples
    --------
    >>> format_level(0.95), format_level(1 - 0.05 / 6), format_level(0.999996), format_level(1 - 1e-9)
    ('95 %', '99.17 %', '99.9996 %', '> 99.9999 %')
    """
    if _NINES < confidence < 1.0:
        return "> 99.9999 %"
    rest = 100.0 * (1.0 - confidence)
    decimals = 2 if rest >= 0.1 or rest <= 0 else 1 - math.floor(math.log10(rest))
    text = f"{100.0 * confidence:.{min(decimals, 10)}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def format_range(low: float | None, high: float | None, decimals: int | None = None) -> str:
    """Return the ends of an interval: ``0.652 to 0.694``; an open end is said.

    Examples
    --------
    >>> format_range(0.652, 0.694, 3), format_range(0.1, None), format_range(None, None)
    ('0.652 to 0.694', 'at least 0.1', 'no interval')
    """
    if _finite(low) and _finite(high):
        return f"{format_value(low, decimals)} to {format_value(high, decimals)}"
    if _finite(low):
        return f"at least {format_value(low, decimals)}"
    if _finite(high):
        return f"at most {format_value(high, decimals)}"
    return "no interval"


def format_interval(estimate: Estimate, decimals: int | None = None) -> str:
    """Return an estimate with its interval and n.

    Parameters
    ----------
    estimate : Estimate
        What was measured.
    decimals : int, optional
        Fixed decimals; without it they follow from the interval's width.

    Returns
    -------
    str
        One phrase.

    Examples
    --------
    >>> auc = Estimate(metric="roc_auc", value=0.67312, low=0.652, high=0.694, confidence=0.95, n=8001, method="DeLong")
    >>> format_interval(auc)
    '0.673 (95 % interval 0.652 to 0.694, n 8,001)'
    """
    if decimals is None:
        decimals = decimals_for(estimate.value, estimate.low, estimate.high)
    parts = []
    if _finite(estimate.low) or _finite(estimate.high):
        ends = format_range(estimate.low, estimate.high, decimals)
        parts.append(f"{format_level(estimate.confidence)} interval {ends}")
    else:
        parts.append("no interval")
    parts.append(f"n {estimate.n:,}")
    if estimate.clusters is not None:
        parts.append(f"{estimate.clusters:,} clusters")
    return f"{format_value(estimate.value, decimals)} ({', '.join(parts)})"


def format_measured(estimate: Estimate, criterion: Criterion | None, decimals: int | None = None) -> str:
    """Return an estimate's value; a difference from the baseline bears its sign, so that 0.02 isn't read as a loss.

    Examples
    --------
    >>> gain = Estimate(metric="d", value=0.02, low=0.01, high=0.03, confidence=0.95, n=9, method="m")
    >>> format_measured(gain, Criterion(margin=0.01)), format_measured(gain, Criterion(min=0.01))
    ('+0.02', '0.02')
    """
    text = format_value(estimate.value, decimals)
    compared = criterion is not None and criterion.margin is not None
    return f"+{text}" if compared and (estimate.value or 0.0) > 0.0 and text.strip("0.,") else text


def format_limit(criterion: Criterion) -> str:
    """Return the limit of a criterion in words.

    Examples
    --------
    >>> format_limit(Criterion(min=0.9)), format_limit(Criterion(min=-1, max=1)), format_limit(Criterion(margin=0.01))
    ('at least 0.9', 'from -1 to 1', 'at most 0.01 worse than the baseline')
    """
    if criterion.min is not None and criterion.max is not None:
        text = f"from {format_value(criterion.min)} to {format_value(criterion.max)}"
    elif criterion.min is not None:
        text = f"at least {format_value(criterion.min)}"
    elif criterion.max is not None:
        text = f"at most {format_value(criterion.max)}"
    else:
        text = ""
    if criterion.margin is None:
        return text or "no limit"
    margin = f"at most {format_value(criterion.margin)} worse than the baseline"
    if criterion.margin == 0.0:
        margin = "not worse than the baseline"
    return f"{text}, {margin}" if text else margin


def format_count(count: int) -> str:
    """Return a whole number with thousands separators."""
    return f"{count:,}"


def format_share(share: float | None, decimals: int = 1) -> str:
    """Return a share as percent: 0.0425 becomes ``4.2 %``; what is not nothing is never shown as 0.

    Examples
    --------
    >>> format_share(0.0425), format_share(0.0), format_share(0.00001), format_share(0.99999)
    ('4.2 %', '0 %', '< 0.1 %', '> 99.9 %')
    """
    if share is None or not math.isfinite(share):
        return _ABSENT
    smallest = 10.0**-decimals
    if 0 < 100 * share < smallest:
        return f"< {smallest:.{decimals}f} %"
    if 100 - smallest < 100 * share < 100:
        return f"> {100 - smallest:.{decimals}f} %"
    text = f"{100 * share:.{decimals}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def format_duration(seconds: float) -> str:
    """Return a duration in the units a person would use.

    Examples
    --------
    >>> format_duration(0.0421), format_duration(12.34), format_duration(185), format_duration(3900)
    ('0.04 s', '12.3 s', '3 min 5 s', '1 h 5 min')
    """
    if not math.isfinite(seconds) or seconds < 0:
        return _ABSENT
    if seconds < 0.005:
        return "< 0.01 s"
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
