"""What to do about a gate that doesn't hold: rerun it, accept it with a new limit, or waive it."""

from __future__ import annotations

import math
from collections.abc import Callable

from modelcheck.config.tables import Config
from modelcheck.config.toml_text import toml_value
from modelcheck.gates.judge import judge
from modelcheck.gates.plan import PlannedGate
from modelcheck.record.evidence import Criterion, Estimate, Evidence, Verdict
from modelcheck.record.schema import GateRecord
from modelcheck.suites.catalog import CheckDefault

__all__ = ["advise"]

_SCAN = "scan()"  # the label of a configuration given as arguments, which no file holds
# Any looser limit would give up what such a gate is for: to beat a guess, to move the way that the user declared,
# to run nothing that nobody allowed.
_NEVER_ACCEPTED = (
    "performance.better_than_trivial",
    "robustness.direction",
    "explainability.direction",
    "security.artifact",
)


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
    if gate.default.check == "security.artifact" and record.findings and record.findings[0].reproduce:
        lines.append(f"look:   {record.findings[0].reproduce}")
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
        if gate.default.check == "security.artifact":
            lines.append("        (lets a finding through; a file that is refused isn't loaded by it)")
    return tuple(lines)


def _accept(gate: PlannedGate, record: GateRecord, config: Config) -> str:
    """Return the lines that make the value measured today the new limit; empty where that would be no limit."""
    criterion, default = gate.criterion, gate.default
    if criterion is None or default.check in _NEVER_ACCEPTED:
        return ""
    values = _deciding(record, criterion)
    if not values:
        return ""
    least, most = min(values), max(values)
    limits = []
    if criterion.margin is not None and -least > criterion.margin:
        limits.append(("margin", _rounded(-least, math.ceil)))
    if criterion.min is not None and least < criterion.min:
        limits.append(("min", _rounded(least, math.floor)))
    if criterion.max is not None and most > criterion.max:
        limits.append(("max", _rounded(most, math.ceil)))
    if not limits or any(_holds_anything(key, float(value), default) for key, value in limits):
        return ""
    if config.label == _SCAN:
        inner = "{" + ", ".join(f'"{key}": {value}' for key, value in limits) + "}"
        if gate.slice is not None:
            inner = f'{{"slices": {{{toml_value(gate.slice)}: {inner}}}}}'
        return f"scan(..., gates={{{toml_value(default.check)}: {inner}}})"
    table = f"in {config.label}, [{config.prefix}gates.{toml_value(default.check)}]:"
    where = "" if gate.slice is None else f"slices.{toml_value(gate.slice)}."
    return f"{table} " + ", ".join(f"{where}{key} = {value}" for key, value in limits)


def _deciding(record: GateRecord, criterion: Criterion) -> list[float]:
    """Return the values that gave the gate its verdict: beside a place that fails, what isn't proved is no measure."""
    estimates: list[Estimate] = list(record.groups.values()) or ([record.estimate] if record.estimate else [])
    return [
        one.value
        for one in estimates
        if one.value is not None
        and math.isfinite(one.value)
        and judge(Evidence(estimate=one), criterion).verdict is record.verdict
    ]


def _holds_anything(key: str, value: float, default: CheckDefault) -> bool:
    """Return whether a limit lies at the end of what the quantity can be, so that no model could break it."""
    return value <= default.lower if key == "min" else value >= default.upper


def _rounded(value: float, towards: Callable[[float], int]) -> str:
    """Round to three significant digits on the side that the measured value satisfies."""
    if value == 0:
        return "0.0"
    scale = 10.0 ** (2 - math.floor(math.log10(abs(value))))
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{towards(value * scale) / scale:.{max(digits, 1)}f}"
