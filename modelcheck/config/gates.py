"""``[gates."suite.check"]`` from TOML: limits for the whole dataset and by slice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from modelcheck.config.fields import Fields, kind_of
from modelcheck.config.tables import SEVERITIES, GateTable, Limit
from modelcheck.config.toml_text import shorten, toml_key, toml_value
from modelcheck.config.words import CHECK_SYNONYMS, VALUE_SYNONYMS, closest, did_you_mean, listed

__all__ = ["CheckLike", "nearest_check", "read_gates"]

_NO_BASELINE = "gates against the baseline are not available in this version; use `min` or `max`."


class CheckLike(Protocol):
    """What the configuration needs to know of a check, e.g. ``modelcheck.suites.catalog.CheckDefault``."""

    @property
    def check(self) -> str:
        """The configuration key, ``suite.check``."""

    @property
    def suite(self) -> str:
        """Name of the suite."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks that the check belongs to."""

    @property
    def min(self) -> float | None:
        """Default lower limit."""

    @property
    def max(self) -> float | None:
        """Default upper limit."""

    @property
    def lower(self) -> float:
        """Smallest value that a limit may have."""

    @property
    def upper(self) -> float:
        """Largest value that a limit may have."""

    @property
    def by_slice(self) -> bool:
        """Whether a limit may be given for a slice."""


def read_gates(
    fields: Fields,
    *,
    checks: Mapping[str, CheckLike],
    task: str | None,
    suites: Sequence[str],
    slices: Collection[str],
) -> dict[str, GateTable]:
    """Read the limits that the user declares.

    Parameters
    ----------
    fields : Fields
        The table ``[gates]``; mistakes are noted there.
    checks : mapping of str to CheckLike
        Every check that exists, by ``suite.check``.
    task : str or None
        The declared task; without one every check may have a limit.
    suites : sequence of str
        Suites that this configuration runs.
    slices : collection of str
        Names that a limit by slice may use: protected attributes and declared slices.

    Returns
    -------
    dict of str to GateTable
        Only meaningful when no mistake was noted.
    """
    gates: dict[str, GateTable] = {}
    for key, value in fields.values.items():
        check = checks.get(key)
        if check is None:
            _note_unknown(fields, key, checks, task)
        elif not isinstance(value, Mapping):
            hint = _as_table(fields, key, value)
            fields.wrong(key, f"must be a table with `min` or `max`, not {kind_of(value)}.", hint)
        elif task is not None and task not in check.tasks:
            hint = _rivals(checks, task)
            fields.wrong(key, f'is a check for {listed(check.tasks)}; the task here is "{task}".', hint)
        elif check.suite not in suites:
            fields.wrong(
                key,
                f'never runs: `suites` leaves "{check.suite}" out.',
                f"Add it: suites = {toml_value([*suites, check.suite])}",
            )
        else:
            gates[key] = _read_gate(fields.inside(key, value), check, slices)
    return gates


def nearest_check(key: str, checks: Mapping[str, CheckLike], task: str | None = None) -> str | None:
    """Return the check that `key` most likely means, whether or not it names the suite.

    Parameters
    ----------
    key : str
        What the user wrote, e.g. ``auc`` or ``performance.auc``.
    checks : mapping of str to CheckLike
        Every check that exists.
    task : str or None
        Checks of other tasks are left out when it is known.
    """
    usable = [name for name, check in checks.items() if task is None or task in check.tasks]
    first, dot, rest = key.partition(".")
    suites = dict.fromkeys(checks[name].suite for name in usable)
    suite = closest(first, suites, VALUE_SYNONYMS) if dot else None
    # Two suites may share a name, so the suite that was written goes first. A check's own name may hold dots, so
    # the whole word is tried last.
    for word, within in ((rest, suite), (rest, None), (key, None)):
        names = {name.partition(".")[2]: name for name in usable if within in (None, checks[name].suite)}
        near = closest(word, names, CHECK_SYNONYMS) if word else None
        if near is not None:
            return names[near]
    return None


def _read_gate(fields: Fields, check: CheckLike, slices: Collection[str]) -> GateTable:
    tables: dict[str, Fields] = {}
    inner = fields.table("slices")
    if inner is not None and not check.by_slice:
        fields.wrong("slices", "is not offered by this check: it judges the dataset as a whole.")
    elif inner is not None:
        for name, value in inner.values.items():
            if name not in slices:
                hint = did_you_mean(name, slices) or "Declare it in [slices], or as a protected attribute."
                inner.wrong(name, f"is no declared slice; declared: {listed(map(toml_value, slices)) or 'none'}.", hint)
            elif not isinstance(value, Mapping):
                problem = f"must be a table with `min` or `max`, not {kind_of(value)}."
                inner.wrong(name, problem, f"Write {toml_key(name)}.min = ...")
            else:
                tables[name] = inner.inside(name, value)
    limit = _read_limit(fields, check, whole=True)
    by_slice = {name: _read_limit(table, check) for name, table in tables.items()}
    limited = any(side is not None for side in (limit.min, limit.max, check.min, check.max))
    if inner is None or not inner.values:
        _require_limit(fields, limited)
    for name, own in by_slice.items():
        _require_limit(tables[name], limited or own.min is not None or own.max is not None)
    return GateTable(check=check.check, limit=limit, slices=by_slice)


def _read_limit(fields: Fields, check: CheckLike, *, whole: bool = False) -> Limit:
    low = fields.number("min", low=check.lower, high=check.upper)
    high = fields.number("max", low=check.lower, high=check.upper)
    if low is not None and high is not None and low > high:
        fields.wrong("min", f"is above max = {high:g}; nothing could pass.")
    severity = fields.text("severity", choices=SEVERITIES)
    confidence = fields.number("confidence", low=0.5, high=1.0, open_ends=True)
    resolution = fields.number("resolution", low=0.0, open_ends=True)
    reason = fields.text("reason")
    fields.refuse("margin", _NO_BASELINE)
    fields.close(advice={} if whole else {"slices": "A slice has no slices of its own."})
    return Limit(
        min=low,
        max=high,
        severity=severity,
        confidence=confidence,
        resolution=resolution,
        reason=reason or "",
    )


def _require_limit(fields: Fields, limited: bool) -> None:
    given = [key for key in ("min", "max", "severity") if key in fields.values]
    if not given and "margin" not in fields.values:
        fields.wrong("", "sets no limit; give `min`, `max` or `severity`.")
    elif given == ["severity"] and not limited and fields.values["severity"] != "info":
        fields.wrong("severity", "has nothing to judge by: this check has no limit of its own.", "Give `min` or `max`.")


def _note_unknown(fields: Fields, key: str, checks: Mapping[str, CheckLike], task: str | None) -> None:
    value = fields.values[key]
    suites = sorted({check.suite for check in checks.values()})
    if key in suites and isinstance(value, Mapping):
        inner = next(iter(value), "check")
        section = fields.section.removesuffix(".gates")
        prefix = f"{section}." if section != fields.section and section else ""
        full = f"{key}.{inner}"
        name = full if full in checks else nearest_check(full, checks, task) or full
        fields.wrong(
            key,
            "must be written together with the check's name and in quotes, because TOML takes the dot for a table.",
            f"Write [{prefix}gates.{toml_value(shorten(name, 80))}]",
        )
        return
    if ".regression." in key:
        fields.wrong(key, f"is unknown: {_NO_BASELINE}")
        return
    near = nearest_check(key, checks, task)
    hint = f"Did you mean {toml_value(near)}?" if near is not None else f"There are {listed(checks, limit=40)}."
    fields.wrong(key, "is no check of this version.", hint)


def _rivals(checks: Mapping[str, CheckLike], task: str) -> str:
    names = [name for name, check in checks.items() if task in check.tasks]
    return f"For this task there are {listed(names, limit=40)}."


def _as_table(fields: Fields, key: str, value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"Write [{fields.section}.{toml_value(key)}] and below it: min = {toml_value(value)} (or max)"
    return ""
