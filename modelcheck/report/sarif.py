"""A record as SARIF 2.1.0: what stops or warns, for services that track findings from run to run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from modelcheck.record.evidence import Verdict
from modelcheck.record.schema import Record, RunVerdict
from modelcheck.record.store import PAGE_MARK
from modelcheck.report.headline import sentence
from modelcheck.report.outline import sections, upper_first
from modelcheck.report.sarif_results import BASE, LEVELS, Told, gate_message, result_of, rule_id, safe, what_is_told
from modelcheck.report.text import shorten

__all__ = ["render_sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_OPEN = ("not_run", "inconclusive", "not_applicable")
_UTC = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00:00|Z)")


def render_sarif(record: Record) -> str:
    """Render a record as a SARIF log.

    Parameters
    ----------
    record : Record
        What was measured.

    Returns
    -------
    str
        JSON. One rule for each check that doesn't hold; one result for each gate that fails, broke, is waived (as
        suppressed) or stops a release unproved, and one for each of its findings. Gates that hold and metrics without
        a limit are in ``record.json`` only. Fingerprints are made of names, so that they stay when numbers change. No
        example rows and no absolute paths.
    """
    told = list(what_is_told(record))
    rules = _rules(told)
    places = {key: place for place, key in enumerate(rules)}
    # The standard wants suppressions in all results or in none.
    waives = any(one.gate.verdict == Verdict.WAIVED for one in told)
    run: dict[str, Any] = {
        "tool": {"driver": _driver(record, list(rules.values()))},
        # What services call a category ends with the last slash; what follows names the single run.
        "automationDetails": {"id": f"modelcheck/{_component(record.name)}/{_component(record.run.get('id', ''))}"},
        "originalUriBaseIds": {BASE: {"description": {"text": "The root of the repository (pytest's rootdir)."}}},
        "invocations": [_invocation(record, places)],
        "results": [result_of(record, one, places[rule_id(one.gate)], waives=waives) for one in told],
        "properties": _run_properties(record),
    }
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "properties": {"comment": PAGE_MARK},
        "runs": [run],
    }
    return json.dumps(log, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _rules(told: Sequence[Told]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in told:
        gate, key = one.gate, rule_id(one.gate)
        if key not in found:
            words = re.findall("[A-Za-z0-9]+", key)
            # The title of a gate on a slice names the slice, and a rule has many.
            title = gate.title if gate.slice is None else ""
            short = safe(title or upper_first(gate.check.replace("_", " ")), 200)
            about = safe(gate.about, 1500) or short
            where = "Its limit, severity and waivers stand in the configuration." if gate.criterion is not None else ""
            found[key] = {
                "id": key,
                "name": shorten("".join(word[:1].upper() + word[1:] for word in words), 120) or "Check",
                "shortDescription": {"text": short},
                "fullDescription": {"text": about},
                "help": {"text": f"{about} {where}".rstrip()},
                "defaultConfiguration": {"level": LEVELS[gate.severity]},
                "properties": {"tags": sorted({"modelcheck", shorten(gate.suite, 60) or "suite"})},
            }
    return found


def _driver(record: Record, rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    versions = record.run.get("versions")
    version = versions.get("modelcheck") if isinstance(versions, Mapping) else None
    known = {"version": shorten(version, 60)} if isinstance(version, str) and version else {}
    return {"name": "modelcheck", **known, "rules": list(rules)}


def _invocation(record: Record, places: Mapping[str, int]) -> dict[str, Any]:
    notes = []
    for gate in record.gates:
        if gate.verdict == Verdict.ERROR:
            key = rule_id(gate)
            notes.append(
                {
                    "level": "error",
                    "message": {"text": gate_message(gate)},
                    "associatedRule": {"id": key, "index": places[key]},
                }
            )
    for part in sections(record):
        if part.key in _OPEN:
            names = ", ".join(shorten(gate.id, 120) for gate in part.gates[:20])
            more = f" and {len(part.gates) - 20:,} more" if len(part.gates) > 20 else ""
            text = safe(f"{part.title} ({len(part.gates):,}): {names}{more}.", 4000)
            notes.append({"level": "warning" if part.key == "not_run" else "note", "message": {"text": text}})
    whole = RunVerdict(record.verdict) in (RunVerdict.PROMOTED, RunVerdict.BLOCKED)
    known: dict[str, Any] = {
        "executionSuccessful": whole and not any(gate.verdict == Verdict.ERROR for gate in record.gates),
        "toolExecutionNotifications": notes,
    }
    started = _UTC.fullmatch(str(record.run.get("started", "")))
    return {"startTimeUtc": f"{started[1]}Z"} | known if started else known


def _run_properties(record: Record) -> dict[str, Any]:
    git = record.run.get("git")
    known = {
        "model": shorten(record.name, 200),
        "verdict": str(record.verdict),
        "sentence": safe(sentence(record), 1000),
        "profile": record.run.get("profile"),
        # Not versionControlProvenance: that needs the repository's address, which a record doesn't know.
        "commit": git.get("commit") if isinstance(git, Mapping) else None,
        "candidateSha256": record.candidate.get("sha256"),
        "datasetSha256": record.dataset.get("sha256"),
    }
    return {key: shorten(value, 1000) for key, value in known.items() if isinstance(value, str) and value}


def _component(text: object) -> str:
    return quote(shorten(str(text), 200), safe="")
