"""``[gates."suite.check"]`` from TOML: limits for the whole dataset and by slice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from modelcheck.config.fields import Fields, kind_of
from modelcheck.config.known_checks import CheckLike, nearest_check, regression_of
from modelcheck.config.limits import limits_of, read_gate
from modelcheck.config.tables import GateTable
from modelcheck.config.toml_text import shorten, toml_value
from modelcheck.config.words import listed

__all__ = ["read_gates"]


def read_gates(
    fields: Fields,
    *,
    checks: Mapping[str, CheckLike],
    task: str | None,
    suites: Sequence[str],
    slices: Collection[str],
    protected: Collection[str],
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
    protected : collection of str
        Those of them that are protected attributes.

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
            fields.wrong(key, f"must be a table with {limits_of(check)}, not {kind_of(value)}.", hint)
        elif task is not None and task not in check.tasks:
            hint = _rivals(checks, task)
            fields.wrong(key, f'is a check for {listed(check.tasks)}; the task here is "{task}".', hint)
        elif not check.judged:
            fields.wrong(key, "only describes: it takes no limit.")
        elif check.by_attribute and not protected:
            problem = "compares the groups of protected attributes, and none is declared."
            fields.wrong(key, problem, 'Name them under [dataset]: protected = ["sex"]')
        elif len({column for name in protected for column in name.split("*")}) < check.fewest_protected:
            problem = f"needs {check.fewest_protected} protected columns to be declared, for something to meet."
            fields.wrong(key, problem, 'Name them under [dataset]: protected = ["sex", "race"]')
        elif check.suite not in suites:
            fields.wrong(
                key,
                f'never runs: `suites` leaves "{check.suite}" out.',
                f"Add it: suites = {toml_value([*suites, check.suite])}",
            )
        else:
            read_gate(fields.inside(key, value), check, checks.get(regression_of(key)), slices, protected, gates)
    return gates


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
    near = nearest_check(key, checks, task)
    usual = [name for name, check in checks.items() if not check.on_request]
    hint = f"Did you mean {toml_value(near)}?" if near is not None else f"There are {listed(usual, limit=40)}."
    fields.wrong(key, "is no check of this version.", hint)


def _rivals(checks: Mapping[str, CheckLike], task: str) -> str:
    names = [name for name, check in checks.items() if task in check.tasks and not check.on_request]
    return f"For this task there are {listed(names, limit=40)}."


def _as_table(fields: Fields, key: str, value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"Write [{fields.section}.{toml_value(key)}] and below it: min = {toml_value(value)} (or max)"
    return ""
