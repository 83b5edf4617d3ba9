"""Which gates a configuration asks for. Decided before anything is measured, from the configuration alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelcheck.config.tables import Config, GateTable, Limit
from modelcheck.gates.unseen import declared_columns
from modelcheck.record.evidence import Burden, Criterion, Severity
from modelcheck.suites.catalog import CheckDefault

__all__ = ["PlannedGate", "declared_alpha", "plan_gates"]

# Without a margin or a declared resolution a limit is held to these: a tenth for quantities that live in [0, 1]
# (and R2), a fifth of the limit for errors in the target's own unit.
_SHARE_RESOLUTION = 0.10
_RELATIVE_RESOLUTION = 0.20
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedGate:
    """A gate before it ran: check, slice, criterion, severity.

    Attributes
    ----------
    id : str
        ``suite::check`` or ``suite::check::slice``.
    default : CheckDefault
        The check and its defaults.
    slice : str or None
        A declared slice or protected attribute; None for the whole dataset.
    by : str or None
        Set when `slice` is a protected attribute: each of its groups must hold.
    severity : Severity
        What failing does.
    criterion : Criterion or None
        None for a metric without a limit.
    declared : bool
        Whether the limit comes from the user (and so stands outside the run's error budget).
    unseen : str
        Why it can't look at what the user declares for it, as the plan already shows; empty where it can.
    """

    id: str
    default: CheckDefault
    slice: str | None = None
    by: str | None = None
    severity: Severity
    criterion: Criterion | None = None
    declared: bool = False
    unseen: str = ""

    @property
    def title(self) -> str:
        """What a reader of the table sees."""
        if self.slice is None:
            return self.default.title
        return f"{self.default.title} ({self.slice})" if self.by else f"{self.default.title} in {self.slice}"


def plan_gates(config: Config, task: str, checks: Sequence[CheckDefault]) -> tuple[PlannedGate, ...]:
    """Plan every gate of one model, cheap ones first.

    Parameters
    ----------
    config : Config
        The model's configuration.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    checks : sequence of CheckDefault
        The known checks.

    Returns
    -------
    tuple of PlannedGate
        Stable order: cost, then the order of the suites. A check that columns are declared for and that has no meaning
        for the task is planned all the same, and stays open: what was asked for doesn't vanish.
    """
    planned: list[PlannedGate] = []
    for default in checks:
        if default.suite not in config.suites:
            continue
        table = config.gates.get(default.check)
        if task not in default.tasks:
            reason = _unseen(config, default, task)
            planned += (
                [replace(_gate(config, default, table.limit if table else Limit()), unseen=reason)] if reason else []
            )
            continue
        if len({column for columns in config.dataset.protected for column in columns}) < default.fewest_protected:
            continue
        if default.on_request and table is None and not _asked(config, default):
            continue
        if default.by_attribute:
            planned += _by_attribute(config, default, table)
            continue
        planned.append(_gate(config, default, table.limit if table else Limit()))
        if table:
            planned += [
                _gate(config, default, _inherit(limit, table.limit, default), name)
                for name, limit in table.slices.items()
            ]
    return tuple(sorted(planned, key=lambda gate: gate.default.cost))


def _by_attribute(config: Config, default: CheckDefault, table: GateTable | None) -> list[PlannedGate]:
    """Plan a gate for each protected attribute; the attributes share the check's part of the error budget."""
    names = config.dataset.protected_names
    whole = table.limit if table else Limit()
    limits = {name: table.slices[name] if table and name in table.slices else Limit() for name in names}
    share = replace(default, alpha=default.alpha / max(len(names), 1))
    return [_gate(config, share, _attribute_limit(limits[name], whole), name) for name in names]


def _attribute_limit(own: Limit, whole: Limit) -> Limit:
    """Complete an attribute's limit by the check's own table; where both are silent the default limit holds."""
    if not _declared(own):
        own = replace(own, min=whole.min, max=whole.max, margin=whole.margin)
    return _completed(own, whole)


def _completed(limit: Limit, whole: Limit) -> Limit:
    return replace(
        limit,
        confidence=whole.confidence if limit.confidence is None else limit.confidence,
        resolution=whole.resolution if limit.resolution is None else limit.resolution,
        severity=whole.severity if limit.severity is None else limit.severity,
        reason=limit.reason or whole.reason,
    )


def declared_alpha(gates: Sequence[PlannedGate]) -> float:
    """Return the summed error probability of the limits that the user declared."""
    total = 0.0
    for gate in gates:
        if gate.declared and gate.criterion is not None:
            criterion = gate.criterion
            sides = sum(side is not None for side in (criterion.min, criterion.max, criterion.margin))
            total += sides * gate.criterion.alpha
    return round(total, 12)


def _inherit(limit: Limit, whole: Limit, default: CheckDefault) -> Limit:
    """Complete a slice's limit: without one of its own it takes that of the whole dataset."""
    if not _declared(limit):
        own = whole if _declared(whole) else default
        limit = replace(limit, min=own.min, max=own.max, margin=own.margin)
    return _completed(limit, whole)


def _asked(config: Config, default: CheckDefault) -> bool:
    asked = {
        "cost": config.cost is not None,
        "interval": config.candidate.interval is not None,
        "control": bool(config.dataset.control),
        "monotonic": bool(config.dataset.monotonic),
        "direction": bool(config.dataset.monotonic or config.dataset.signs),
        "forbidden": bool(config.dataset.forbidden),
        "served": config.candidate.served is not None,
        "onnx": config.candidate.onnx is not None,
        "suite": config.suites_named and default.suite in config.suites,
    }
    return asked.get(default.asked_by, False)


def _unseen(config: Config, default: CheckDefault, task: str) -> str:
    """Say what is declared for a check that isn't asked of such a task; empty where nothing is."""
    declared = declared_columns(config.dataset, default.declared_by)
    if default.check in config.gates and not declared:
        declared = "a limit"
    tasks = " and ".join(default.tasks)
    return f"{declared} is declared, and this is asked of {tasks} tasks; this one is {task}." if declared else ""


def _declared(limit: Limit) -> bool:
    return any(side is not None for side in (limit.min, limit.max, limit.margin))


def _gate(config: Config, default: CheckDefault, limit: Limit, slice_name: str | None = None) -> PlannedGate:
    declared = _declared(limit)
    criterion = _criterion(config, default, limit, declared, whole=slice_name is None or default.by_attribute)
    if limit.severity is not None:
        severity = Severity(limit.severity)
        if severity is Severity.INFO and not declared:
            # What is only to be told needs no limit that nobody asked for.
            criterion = None
    elif declared:
        severity = Severity.BLOCKING
    else:
        severity = Severity(default.severity) if criterion else Severity.INFO
    suffix = "" if slice_name is None else f"::{slice_name}"
    return PlannedGate(
        id=f"{default.suite}::{default.name}{suffix}",
        default=default,
        slice=slice_name,
        by=slice_name if slice_name in config.dataset.protected_names else None,
        severity=severity,
        criterion=criterion,
        declared=declared,
    )


def _criterion(config: Config, default: CheckDefault, limit: Limit, declared: bool, *, whole: bool) -> Criterion | None:
    fixed = default.burden or (None if declared else default.default_burden)
    burden = Burden(fixed or ("compliance" if config.profile == "release" else "breach"))
    if declared:
        given: Limit | CheckDefault = limit
        confidence = limit.confidence or _CONFIDENCE
    elif whole and any(side is not None for side in (default.min, default.max, default.margin)):
        given = default
        # A plain fact has no part in the run's error.
        confidence = limit.confidence or (1.0 - 2.0 * default.alpha if default.alpha else _CONFIDENCE)
    else:
        return None
    resolution = limit.resolution
    # A search and a built-in warning speak up on proof alone; what the rows would have shown stands in the reason.
    proof_alone = fixed == "breach" or (default.severity == "warning" and not declared)
    if resolution is None and not proof_alone:
        resolution = _resolution(default, given)
    return Criterion(
        min=given.min,
        max=given.max,
        margin=given.margin,
        confidence=confidence,
        burden=burden,
        resolution=resolution,
        reason=limit.reason,
    )


def _resolution(default: CheckDefault, given: Limit | CheckDefault) -> float | None:
    """Return the breach that must have been findable for a plug-in pass, in the metric's unit."""
    if given.margin is not None:
        # With a margin of 0 the candidate has to be proved at least as good.
        return given.margin
    if default.resolution is not None:
        return default.resolution
    low, high = given.min, given.max
    if default.upper <= 1.0:
        return _SHARE_RESOLUTION
    if low is not None and high is not None:
        return (high - low) / 2.0
    limit = low if low is not None else high
    return abs(limit) * _RELATIVE_RESOLUTION if limit else 0.0
