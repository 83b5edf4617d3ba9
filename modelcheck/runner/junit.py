"""What a gate says in pytest's JUnit file: scalar properties, whatever became of the gate."""

from __future__ import annotations

import math

from modelcheck.record.schema import GateRecord

__all__ = ["tell"]

_PREFIX = "modelcheck."


def tell(properties: list[tuple[str, object]], record: GateRecord) -> None:
    """Put a gate's result among the properties of its test, in the place of an earlier one.

    Parameters
    ----------
    properties : list of (str, object)
        The ``user_properties`` of an item or a report; changed in place.
    record : GateRecord
        The gate. What it doesn't have, and ends of intervals that are infinite, get no property.
    """
    properties[:] = [pair for pair in properties if not str(pair[0]).startswith(_PREFIX)]
    properties += [(f"{_PREFIX}{key}", value) for key, value in _scalars(record).items()]


def _scalars(record: GateRecord) -> dict[str, str | float | int]:
    estimate, criterion = record.estimate, record.criterion
    found: dict[str, str | float | int | None] = {
        "gate": record.id,
        "severity": record.severity.value,
        "verdict": "measured" if record.verdict is None else record.verdict.value,
    }
    if estimate is not None:
        found |= {"metric": estimate.metric, "value": estimate.value, "low": estimate.low, "high": estimate.high}
        found |= {"confidence": estimate.confidence, "n": int(estimate.n), "clusters": estimate.clusters}
        found |= {"method": estimate.method}
    if criterion is not None:
        found |= {"min": criterion.min, "max": criterion.max, "margin": criterion.margin}
    return {key: value for key, value in found.items() if value is not None and _is_finite(value)}


def _is_finite(value: str | float | int) -> bool:
    return isinstance(value, str) or math.isfinite(value)
