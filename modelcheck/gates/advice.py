"""What to do about a gate that doesn't hold: rerun it, accept it with a new limit, or waive it."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable

from modelcheck.config.tables import Config
from modelcheck.gates.plan import PlannedGate
from modelcheck.record.evidence import Estimate, Verdict
from modelcheck.record.schema import GateRecord

__all__ = ["advise", "rerun_command"]


def rerun_command(gate_id: str, config: Config) -> str:
    """Return the shell line that runs one gate alone.

    Parameters
    ----------
    gate_id : str
        ``suite::check`` or ``suite::check::slice``.
    config : Config
        The model's configuration.

    Returns
    -------
    str
        Quoted for a POSIX shell; profile dev, in which a partial run is no failure by itself.
    """
    return f"pytest --modelcheck --modelcheck-profile dev {shlex.quote(f'{config.label}::{gate_id}')}"


def advise(gate: PlannedGate, record: GateRecord, config: Config) -> tuple[str, ...]:
    """Return the lines that end a gate that failed, errored or stayed open; none for a gate that holds."""
    if record.verdict not in (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.ERROR):
        return ()
    lines = [f"rerun:  {rerun_command(gate.id, config)}"]
    if record.verdict == Verdict.ERROR:
        return tuple(lines)
    accept = _accept(gate, record, config)
    if accept:
        lines.append(f"accept: {accept}")
    lines.append(
        f"waive:  [[{config.prefix}waivers]] gate = {_text(gate.id)}, "
        'reason = "...", owner = "...", expires = YYYY-MM-DD  (one key a line)'
    )
    return tuple(lines)


def _accept(gate: PlannedGate, record: GateRecord, config: Config) -> str:
    """Return the lines that make the value measured today the new limit."""
    if gate.criterion is None:
        return ""
    estimates = list(record.groups.values()) or ([record.estimate] if record.estimate else [])
    values = [estimate.value for estimate in estimates if _finite(estimate)]
    if not values:
        return ""
    limits = []
    if gate.criterion.min is not None and min(values) < gate.criterion.min:
        limits.append(("min", _rounded(min(values), math.floor)))
    if gate.criterion.max is not None and max(values) > gate.criterion.max:
        limits.append(("max", _rounded(max(values), math.ceil)))
    if not limits:
        return ""
    table = f"[{config.prefix}gates.{_text(gate.default.check)}]"
    where = "" if gate.slice is None else f"slices.{_text(gate.slice)}."
    return f"{table} " + ", ".join(f"{where}{key} = {value}" for key, value in limits)


def _finite(estimate: Estimate) -> bool:
    return estimate.value is not None and math.isfinite(estimate.value)


def _rounded(value: float, towards: Callable[[float], int]) -> str:
    """Round to three significant digits on the side that the measured value satisfies."""
    if value == 0:
        return "0.0"
    scale = 10.0 ** (2 - math.floor(math.log10(abs(value))))
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{towards(value * scale) / scale:.{max(digits, 1)}f}"


def _text(value: str) -> str:
    """Quote a name as a TOML basic string."""
    return json.dumps(value, ensure_ascii=False)
