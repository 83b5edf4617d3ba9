"""What to do about a gate that doesn't hold: rerun it, accept it with a new limit, or waive it."""

from __future__ import annotations

import math
from collections.abc import Callable

from modelcheck.config.tables import Config
from modelcheck.config.toml_text import toml_value
from modelcheck.gates.plan import PlannedGate
from modelcheck.record.evidence import Verdict
from modelcheck.record.schema import GateRecord

__all__ = ["advise"]


def advise(gate: PlannedGate, record: GateRecord, config: Config, rerun: str | None) -> tuple[str, ...]:
    """Return the lines that end a gate that failed or stayed open; none for a gate that holds.

    Parameters
    ----------
    gate : PlannedGate
        What was asked.
    record : GateRecord
        What came out.
    config : Config
        The model's configuration, whose table names the lines use.
    rerun : str or None
        The line that runs the gate alone; None where there is no such line (a scan of live objects).

    Returns
    -------
    tuple of str
        Each ready to be copied: to the shell, or into the configuration.
    """
    if record.verdict not in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        return ()
    lines = [] if rerun is None else [f"rerun:  {rerun}"]
    accept = _accept(gate, record, config)
    if accept:
        lines.append(f"accept: {accept}")
    if rerun is not None:
        lines += [
            f"waive:  in {config.label}, until a date:",
            f"        [[{config.prefix}waivers]]",
            f"        gate = {toml_value(gate.id)}",
            '        reason = "..."',
            '        owner = "..."',
            "        expires = YYYY-MM-DD",
        ]
    return tuple(lines)


def _accept(gate: PlannedGate, record: GateRecord, config: Config) -> str:
    """Return the lines that make the value measured today the new limit."""
    if gate.criterion is None:
        return ""
    estimates = list(record.groups.values()) or ([record.estimate] if record.estimate else [])
    values = [one.value for one in estimates if one.value is not None and math.isfinite(one.value)]
    if not values:
        return ""
    limits = []
    if gate.criterion.margin is not None and -min(values) > gate.criterion.margin:
        limits.append(("margin", _rounded(-min(values), math.ceil)))
    if gate.criterion.min is not None and min(values) < gate.criterion.min:
        limits.append(("min", _rounded(min(values), math.floor)))
    if gate.criterion.max is not None and max(values) > gate.criterion.max:
        limits.append(("max", _rounded(max(values), math.ceil)))
    if not limits:
        return ""
    table = f"in {config.label}, [{config.prefix}gates.{toml_value(gate.default.check)}]:"
    where = "" if gate.slice is None else f"slices.{toml_value(gate.slice)}."
    return f"{table} " + ", ".join(f"{where}{key} = {value}" for key, value in limits)


def _rounded(value: float, towards: Callable[[float], int]) -> str:
    """Round to three significant digits on the side that the measured value satisfies."""
    if value == 0:
        return "0.0"
    scale = 10.0 ** (2 - math.floor(math.log10(abs(value))))
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{towards(value * scale) / scale:.{max(digits, 1)}f}"
