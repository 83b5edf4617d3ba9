"""The limits of one ``[gates."suite.check"]`` table: for the whole dataset, by slice, against the baseline."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from modelcheck.config.fields import Fields, kind_of
from modelcheck.config.known_checks import CheckLike
from modelcheck.config.tables import SEVERITIES, GateTable, Limit
from modelcheck.config.toml_text import toml_key, toml_value
from modelcheck.config.words import did_you_mean, listed

__all__ = ["limits_of", "read_gate"]


def read_gate(
    fields: Fields,
    check: CheckLike,
    regression: CheckLike | None,
    slices: Collection[str],
    protected: Collection[str],
    gates: dict[str, GateTable],
) -> None:
    """Read one table into `gates`: the check's own gate, and the gate against the baseline that a `margin` asks for."""
    tables = _slice_tables(fields, check, slices, protected)
    limit = _read_limit(fields, check, regression, whole=True)
    by_slice = {name: _read_limit(table, check, regression) for name, table in tables.items()}
    limited = any(side is not None for side in (limit.min, limit.max, check.min, check.max))
    compared = any(margin is not None for margin in (limit.margin, check.margin))
    if not fields.values.get("slices"):
        _require_limit(fields, check, limited or compared)
    for name, own in by_slice.items():
        given = any(side is not None for side in (own.min, own.max, own.margin))
        _require_limit(tables[name], check, limited or compared or given)
    whole = GateTable(check=check.check, limit=limit, slices=by_slice)
    if check.compares:
        _keep(fields, gates, whole)
        return
    # A table that holds nothing but margins is a gate against the baseline and leaves the metric without a limit.
    own_slices = {name: one for name, one in by_slice.items() if one.margin is None or _has_limit(one)}
    margins = {name: one for name, one in by_slice.items() if one.margin is not None}
    if limit.margin is None or _has_limit(limit) or own_slices:
        _keep(fields, gates, replace(whole, limit=_without_margin(limit), slices=_each(own_slices, _without_margin)))
    if regression is not None and (limit.margin is not None or margins):
        _keep(fields, gates, GateTable(check=regression.check, limit=_margin(limit), slices=_each(margins, _margin)))


def _keep(fields: Fields, gates: dict[str, GateTable], table: GateTable) -> None:
    if table.check in gates:
        fields.wrong("margin", f"is set twice: here and under {toml_value(table.check)}; keep one.")
    gates[table.check] = table


def _has_limit(limit: Limit) -> bool:
    return limit.min is not None or limit.max is not None


def _without_margin(limit: Limit) -> Limit:
    return replace(limit, margin=None)


def _margin(limit: Limit) -> Limit:
    """Return the part of a table that concerns the gate against the baseline."""
    return replace(limit, min=None, max=None, resolution=None if _has_limit(limit) else limit.resolution)


def _each(limits: Mapping[str, Limit], change: Callable[[Limit], Limit]) -> dict[str, Limit]:
    return {name: change(limit) for name, limit in limits.items()}


def _slice_tables(
    fields: Fields, check: CheckLike, slices: Collection[str], protected: Collection[str]
) -> dict[str, Fields]:
    tables: dict[str, Fields] = {}
    inner = fields.table("slices")
    if inner is not None and not check.by_slice:
        fields.wrong("slices", "is not offered by this check: it judges the dataset as a whole.")
    elif inner is not None:
        for name, value in inner.values.items():
            if check.by_attribute and name not in protected:
                known = listed(map(toml_value, protected)) or "none"
                problem = f"is no protected attribute, and this check compares the groups of one; declared: {known}."
                inner.wrong(name, problem, did_you_mean(name, protected))
            elif name not in slices:
                hint = did_you_mean(name, slices) or "Declare it in [slices], or as a protected attribute."
                inner.wrong(name, f"is no declared slice; declared: {listed(map(toml_value, slices)) or 'none'}.", hint)
            elif not isinstance(value, Mapping):
                problem = f"must be a table with {limits_of(check)}, not {kind_of(value)}."
                inner.wrong(name, problem, f"Write {toml_key(name)}.{'margin' if check.compares else 'min'} = ...")
            else:
                tables[name] = inner.inside(name, value)
    return tables


def _read_limit(fields: Fields, check: CheckLike, regression: CheckLike | None, *, whole: bool = False) -> Limit:
    low = high = margin = None
    if check.compares:
        margin = fields.number("margin", low=check.lower, high=check.upper)
        for key in ("min", "max"):
            fields.refuse(key, "has no meaning here: this check compares with the baseline; give `margin`.")
    else:
        low = fields.number("min", low=check.lower, high=check.upper)
        high = fields.number("max", low=check.lower, high=check.upper)
        for key in ("min", "max"):
            if check.side not in ("", key):
                fields.refuse(key, f"has no meaning here: give {limits_of(check)}.")
        if regression is not None:
            margin = fields.number("margin", low=regression.lower, high=regression.upper)
        else:
            fields.refuse("margin", "has no meaning here: this check isn't compared with the baseline.")
    if low is not None and high is not None and low > high:
        fields.wrong("min", f"is above max = {high:g}; nothing could pass.")
    severity = fields.text("severity", choices=SEVERITIES)
    confidence = fields.number("confidence", low=0.5, high=1.0, open_ends=True)
    resolution = fields.number("resolution", low=0.0, open_ends=True)
    reason = fields.text("reason")
    fields.close(advice={} if whole else {"slices": "A slice has no slices of its own."})
    return Limit(
        min=low,
        max=high,
        margin=margin,
        severity=severity,
        confidence=confidence,
        resolution=resolution,
        reason=reason or "",
    )


def _require_limit(fields: Fields, check: CheckLike, limited: bool) -> None:
    given = [key for key in ("min", "max", "margin", "severity") if key in fields.values]
    if not given:
        fields.wrong("", f"sets no limit; give {limits_of(check)} or `severity`.")
    elif given == ["severity"] and not limited and fields.values["severity"] != "info":
        problem = "has nothing to judge by: this check has no limit of its own."
        fields.wrong("severity", problem, f"Give {limits_of(check)}.")


def limits_of(check: CheckLike) -> str:
    """Return which keys set the limit of a check, in words."""
    if check.side:
        return f"`{check.side}`"
    return "`margin`" if check.compares else "`min` or `max`"
