"""How often the model is right, beside what no model at all would reach, and what its errors cost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from modelcheck.record.evidence import Estimate, Verdict
from modelcheck.record.numbers import format_share, format_value
from modelcheck.record.schema import GateRecord, Record
from modelcheck.report.explained.presence import SUITE
from modelcheck.report.explained.sentences import counted, name, places, plain

__all__ = ["of_100_too", "right_sentences", "suspected"]

_OF_100 = ("accuracy", "recall", "precision")
_SHARES = (*_OF_100, "balanced_accuracy", "false_positive_rate", "false_negative_rate", "roc_auc")
"""Checks whose reading tells their value as so many of 100."""
_NUMBERS = ("mean_absolute_error", "root_mean_squared_error", "r2")
_NOW = re.compile(r" The baseline on the same rows: [^()]*(?:\([^()]*\))?\.")


def right_sentences(record: Record) -> tuple[str, ...]:
    """Return sentences on how good the answers are, from the gates of the performance suite on all rows."""
    found = {gate.check: gate for gate in record.gates if gate.suite == "performance" and gate.slice is None}
    told: list[str] = [_right(found[check]) for check in (*_OF_100, *_NUMBERS) if check in found]
    if any(told) and "accuracy" in found:
        told.insert(1, _without_a_model(record))
    if "cost" in found:
        told.append(plain(found["cost"].reading))
    if "net_benefit" in found:
        told.append(_worth(found["net_benefit"].estimate))
    return tuple(filter(None, told))


def of_100_too(gate: GateRecord) -> GateRecord:
    """Return a gate whose reading tells the model in use now in the same unit as the model: as so many of 100."""
    now = gate.baseline
    if gate.check not in _SHARES or not gate.reading or now is None or now.value is None:
        return gate
    return replace(gate, reading=f"{_NOW.sub('', gate.reading)} The baseline on the same rows: {_of_100(now)}.")


def suspected(record: Record) -> tuple[str, ...]:
    """Return why good figures are not to be believed: a column that must not be used, or that looks like a leak."""
    told: list[str] = []
    for gate in record.gates:
        if gate.suite != SUITE or gate.verdict not in (Verdict.FAIL, Verdict.WAIVED):
            continue
        why = {"forbidden": "must not be used", "dominance": "looks like a leak of the truth"}.get(gate.check)
        column = _leading(gate)
        if why and column and all(name(column) not in one for one in told):
            told.append(f"These figures rest on {name(column)}, which {why}. Without it they would be worse.")
    return tuple(told)


def _leading(gate: GateRecord) -> str:
    """Return the column with the largest share in the tables of a gate that failed."""
    for table in gate.tables:
        if table.columns[:1] == ("column",) and table.rows:
            return str(table.rows[0][0])
    return ""


def _right(gate: GateRecord) -> str:
    if gate.estimate is None or not gate.reading:
        return ""
    return f"{plain(of_100_too(gate).reading)} Tested on {counted(gate.estimate.n, 'row')}."


def _of_100(one: Estimate) -> str:
    value, low, high = (None if end is None else 100.0 * end for end in (one.value, one.low, one.high))
    if low is None or high is None:
        return f"{format_value(value, 0)} of 100"
    decimals = places(value, low, high)
    return f"{format_value(value, decimals)} of 100 ({format_value(low, decimals)} to {format_value(high, decimals)})"


def _without_a_model(record: Record) -> str:
    """Say how often the most frequent answer alone would be right: the yardstick for being right at all."""
    classes, rows = record.dataset.get("classes"), record.dataset.get("rows")
    if not isinstance(classes, (list, tuple)) or not isinstance(rows, int) or rows < 1:
        return ""
    sizes = [one for one in classes if isinstance(one, Mapping) and isinstance(one.get("rows"), int)]
    if len(sizes) < 2:
        return ""
    most = max(sizes, key=lambda one: one["rows"])
    share = format_share(most["rows"] / rows).removesuffix(" %")
    finds = " and find none of the others" if len(sizes) > 2 else f" and find no {name(_other(sizes, most))} at all"
    return f"Always answering {name(most.get('label'))} would be right on {share} of 100{finds}."


def _worth(one: Estimate | None) -> str:
    """Say a net benefit as true cases that are found."""
    if one is None or one.value is None or one.low is None or one.high is None:
        return ""
    value, low, high = (100.0 * end for end in (one.value, one.low, one.high))
    decimals = places(value, low, high)
    ends = f"{format_value(low, decimals)} to {format_value(high, decimals)}"
    return (
        "Measured against saying yes to everybody or to nobody, whichever is better, using the model is worth "
        f"{format_value(value, decimals)} ({ends}) true cases found in 100 rows, with as many false alarms; below "
        "0 it would do harm."
    )


def _other(sizes: list[Mapping[str, object]], most: Mapping[str, object]) -> object:
    return next(one.get("label") for one in sizes if one is not most)
