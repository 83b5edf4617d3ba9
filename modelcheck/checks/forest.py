"""Groups or rivals beside each other, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping

from modelcheck.checks.words import count, number, short
from modelcheck.record.evidence import Chart, Estimate

__all__ = ["forest_chart"]

_FOREST_ROWS = 60


def forest_chart(
    estimates: Mapping[str, Estimate],
    *,
    metric: str,
    overall: Estimate | None,
    limit: float | None,
    title: str = "By protected attribute",
) -> Chart | None:
    """Return groups with their intervals, one line each.

    Parameters
    ----------
    estimates : mapping of str to Estimate
        By label, e.g. ``sex = female``.
    metric : str
        Title of the horizontal axis.
    overall : Estimate or None
        Drawn first, as ``all rows``.
    limit : float or None
        Drawn as a guide.
    title : str
        Title of the chart.

    Returns
    -------
    Chart or None
        None when fewer than two groups have a value. At most 60 lines; the rest is in the tables and the
        reading says so.
    """
    measured = {label: found for label, found in estimates.items() if found.value is not None}
    if len(measured) < 2:
        return None
    shown = sorted(measured, key=lambda label: -measured[label].n)[:_FOREST_ROWS]
    lines = [(label, measured[label]) for label in measured if label in set(shown)]
    if overall is not None and overall.value is not None:
        lines.insert(0, ("all rows", overall))
    values = sorted(measured.items(), key=lambda item: item[1].value or 0.0)
    (lowest, low), (highest, high) = values[0], values[-1]
    reading = f"From {number(low.value)} ({short(lowest)}) to {number(high.value)} ({short(highest)})."
    left_out = len(estimates) - len(shown)
    if left_out:
        reading += f" {count(left_out, 'group')} without a value or too small to draw: see the tables."
    return Chart(
        name="groups",
        kind="forest",
        title=title,
        x=metric,
        reading=reading,
        data=tuple(
            {"label": label, "value": found.value, "low": found.low, "high": found.high, "n": found.n}
            for label, found in lines
        ),
        reference={} if limit is None else {"limit": float(limit)},
    )
