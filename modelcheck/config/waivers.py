"""``[[waivers]]`` from TOML: gates accepted although they fail, each with a reason, an owner and a last day."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from modelcheck.config.fields import Fields, kind_of
from modelcheck.config.known_checks import CheckLike, nearest_check
from modelcheck.config.tables import WaiverTable
from modelcheck.config.toml_text import toml_value
from modelcheck.config.words import did_you_mean, listed

__all__ = ["read_waivers"]

_PURPOSES = {"reason": "why the failing gate is accepted.", "owner": "who answers for it."}
_USER = "user"


def read_waivers(
    fields: Fields,
    *,
    checks: Mapping[str, CheckLike],
    task: str | None,
    suites: Sequence[str],
    slices: Collection[str],
) -> tuple[WaiverTable, ...]:
    """Read the waivers; the parameters are those of `modelcheck.config.gates.read_gates`.

    Parameters
    ----------
    fields : Fields
        The top-level table; mistakes are noted with the number of the waiver.
    checks : mapping of str to CheckLike
        Every check that exists.
    task : str or None
        The declared task.
    suites : sequence of str
        Suites that this configuration runs.
    slices : collection of str
        Names that a gate's id may carry.

    Returns
    -------
    tuple of WaiverTable
        Expired ones too: whether a waiver still holds is for the run to say.
    """
    if not fields.has("waivers"):
        return ()
    entries = fields.values["waivers"]
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        prefix = f"{fields.section}." if fields.section else ""
        fields.wrong("waivers", "must be a list of tables.", f"Write [[{prefix}waivers]] before each waiver's keys.")
        return ()
    waivers: list[WaiverTable] = []
    for number, entry in enumerate(entries, 1):
        inner = fields.inside("waivers", entry)
        inner.section += f" (number {number})"
        waiver = _read_waiver(inner)
        if waiver.gate:
            _check_gate(inner, waiver.gate, checks=checks, task=task, suites=suites, slices=slices)
            if any(other.gate == waiver.gate for other in waivers):
                inner.wrong("gate", "has a waiver already; keep one.")
        waivers.append(waiver)
    return tuple(waivers)


def _read_waiver(fields: Fields) -> WaiverTable:
    gate = fields.text("gate", required='the gate\'s id, e.g. "performance::roc_auc" or "performance::recall::sex".')
    reason = fields.text("reason", required=_PURPOSES["reason"])
    owner = fields.text("owner", required=_PURPOSES["owner"])
    for key, text in (("reason", reason), ("owner", owner)):
        # The terminal's proposal of a waiver says "..." there; copied as it stands nobody would answer for it.
        if text is not None and not any(character.isalpha() for character in text):
            fields.wrong(key, f"must say in words {_PURPOSES[key].rstrip('.')}; it holds no letter.")
    expires = datetime.date.min
    if not fields.has("expires"):
        fields.wrong("expires", "is missing; it is required: the last day on which the waiver holds.")
    else:
        value: Any = fields.values["expires"]
        # A date and time is a date to Python; here it would leave open in which place of the world.
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            expires = value
        else:
            kind = "a date with a time" if isinstance(value, datetime.datetime) else kind_of(value)
            fields.wrong("expires", f"must be a date without quotes, e.g. 2027-01-31, not {kind}.")
    fields.close()
    return WaiverTable(gate=gate or "", reason=reason or "", owner=owner or "", expires=expires)


def _check_gate(
    fields: Fields,
    gate: str,
    *,
    checks: Mapping[str, CheckLike],
    task: str | None,
    suites: Sequence[str],
    slices: Collection[str],
) -> None:
    suite, first, rest = gate.partition("::")
    name, second, part = rest.partition("::")
    if not first or not suite or not name or (second and not part):
        dotted = gate.replace(".", "::", 1) if not first and gate in checks else ""
        hint = f"Did you mean {toml_value(dotted)}?" if dotted else ""
        fields.wrong("gate", 'must be a gate\'s id: "suite::check" or "suite::check::slice".', hint)
        return
    key = f"{suite}.{name}"
    check = checks.get(key)
    if suite == _USER and check is None:
        fields.wrong("gate", "names a check of your own, and those can't be waived.", "Change or remove the check.")
    elif check is None:
        near = nearest_check(key, checks, task)
        meant = "::".join([*near.split(".", 1), *([part] if part else [])]) if near is not None else ""
        fields.wrong("gate", "names no check of this version.", f"Did you mean {toml_value(meant)}?" if meant else "")
    elif task is not None and task not in check.tasks:
        fields.wrong("gate", f'names a check for {listed(check.tasks)}; the task here is "{task}".')
    elif check.suite not in suites:
        fields.wrong("gate", f'can\'t exist: `suites` leaves "{check.suite}" out.')
    elif part and not check.by_slice:
        fields.wrong("gate", "can't exist: this check judges the dataset as a whole.")
    elif check.by_attribute and not part:
        hint = f"Did you mean {toml_value(f'{gate}::{next(iter(slices))}')}?" if slices else ""
        fields.wrong("gate", "can't exist: this check has a gate for each protected attribute.", hint)
    elif part and part not in slices:
        hint = did_you_mean(part, slices)
        fields.wrong("gate", f"names no declared slice; declared: {listed(map(toml_value, slices)) or 'none'}.", hint)
