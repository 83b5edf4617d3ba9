"""Steps of a waterfall that are too small to be read, joined into one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from modelcheck.record.numbers import format_count
from modelcheck.report.encodings import number_or_none

__all__ = ["NOISE", "REST", "without_noise"]

NOISE = 0.02
"""Part of the largest step; a smaller one is noise to a reader."""
REST = re.compile(r"([\d,]+) other columns?")
"""Label of a bar that stands for several columns."""


def without_noise(data: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Return the rows of a waterfall with its last, tiny steps as one.

    Parameters
    ----------
    data : sequence of mapping
        ``label``, ``value`` (None at both ends), ``start``, ``end``, in the order of the chain.

    Returns
    -------
    tuple of mapping
        Only neighbours are joined, so that the chain still adds up.
    """
    steps = [place for place, row in enumerate(data) if number_or_none(row.get("value")) is not None]
    most = max((abs(_value(data[place])) for place in steps), default=0.0)
    first = len(steps)
    while first and _is_rest(data[steps[first - 1]], NOISE * most):
        first -= 1
    joined = [data[place] for place in steps[first:]]
    if len(joined) < 2:
        return tuple(data)
    count = sum(_columns(row) for row in joined)
    one = {
        "label": f"{format_count(count)} other columns",
        "value": sum(map(_value, joined)),
        "start": joined[0].get("start"),
        "end": joined[-1].get("end"),
    }
    return (*data[: steps[first]], one, *data[steps[-1] + 1 :])


def _value(row: Mapping[str, Any]) -> float:
    return number_or_none(row.get("value")) or 0.0


def _is_rest(row: Mapping[str, Any], most: float) -> bool:
    return abs(_value(row)) <= most or REST.fullmatch(str(row.get("label", ""))) is not None


def _columns(row: Mapping[str, Any]) -> int:
    found = REST.fullmatch(str(row.get("label", "")))
    return int(found[1].replace(",", "")) if found else 1
