"""One cell twice: by `modelcheck.scan` as in the experiments, and as a user runs it. Both have to say the same."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.proving_ground.draws import trial_of
from benchmarks.proving_ground.tools.modelcheck_scan import scanned
from benchmarks.proving_ground.trial import Trial
from benchmarks.proving_ground.user_folder import ONLY_DECLARED, as_files, run_pytest, write_files, write_module

__all__ = ["Comparison", "Difference", "as_user"]

_THREADS = "when threads meet is chance, so another number of rows gets a wrong answer"
_CLOCK = "a clock or a process's memory is read, which is never twice the same"
_IN_WORKER = "the user's model is a file in a worker, so it is asked in new processes too; live it can't be"
_FILE = "the user's model is a file, which is looked at; scanned live there is none"
_KEPT = " Kept in .modelcheck/"
# Which fields of which gates may differ, and why. Anything else that differs is a fault.
_TIMES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "deployment::latency": (("estimate", "groups", "reason", "findings"), _CLOCK),
    "deployment::latency_ratio": (("estimate", "baseline", "groups", "reason", "findings"), _CLOCK),
    "deployment::thread_safety": (("estimate", "reason"), _THREADS),
    "deployment::memory": (("estimate", "reason", "findings"), _CLOCK),
}
_MODULE: Mapping[str, tuple[tuple[str, ...], str]] = {
    "security::artifact": (("reason",), "both say that there is no file; the user's object has a name"),
}
_FILES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "deployment::environment": (("verdict", "reason"), _FILE),
    "deployment::size": (("verdict", "estimate", "reason"), _FILE),
    "deployment::roundtrip": (("verdict", "estimate", "reason"), _FILE),
    "deployment::determinism": (("reason",), _IN_WORKER),
    "deployment::memory": (("verdict", "estimate", "reason"), _IN_WORKER),
    "security::artifact": (("verdict", "reason"), _FILE),
}


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One field of one gate that the two runs tell otherwise; `why` where that can't be helped."""

    gate: str
    field: str
    scan: Any
    user: Any
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What two runs of one cell say.

    Attributes
    ----------
    subject, rows, seed, strength
        The cell.
    form : str
        ``files`` (joblib and Parquet) or ``module`` (objects and functions of a module).
    scan_verdict, user_verdict : str
        Of the whole run; ``refused`` where a scan doesn't begin, ``not covered`` where it has no argument for the cell.
    exit_code : int
        pytest's.
    gates : int
        How many gates were held against each other.
    differences : tuple of Difference
        All of them.
    failed : tuple of str
        Gates that fail or err for the user.
    """

    subject: str
    rows: int
    seed: int
    strength: float | None
    form: str
    scan_verdict: str
    user_verdict: str
    exit_code: int
    gates: int
    differences: tuple[Difference, ...]
    failed: tuple[str, ...]

    @property
    def faults(self) -> tuple[Difference, ...]:
        """Differences without a reason."""
        return tuple(one for one in self.differences if not one.why)

    @property
    def equal(self) -> bool:
        """Whether both say the same, but for what is named."""
        return not self.faults


def as_user(subject: str, rows: int, seed: int, strength: float | None = None, *, form: str = "") -> Comparison:
    """Run a cell by `modelcheck.scan` and as ``pytest --modelcheck`` in a folder, and hold the records together.

    Parameters
    ----------
    subject, rows, seed, strength
        The cell, as for `trial_of`.
    form : {"files", "module"}, optional
        How models and tables are handed over; default: as files where nobody's code is needed to load them.
    """
    trial = trial_of(subject, rows, seed, strength)
    form = form or ("files" if as_files(trial) else "module")
    with tempfile.TemporaryDirectory(prefix="proving-ground-") as place:
        folder = Path(place).resolve()
        if form == "files":
            write_files(trial, folder)
        else:
            write_module(trial, folder, subject, rows, seed, strength)
        record, exit_code = run_pytest(folder)
    user = _gates(record)
    scan_verdict, scan, why = _scan(trial)
    differences = [_known(one, trial, form) for one in _differences(scan, user)] if scan else []
    differences += _verdicts(scan_verdict, str(record.verdict), exit_code, why)
    return Comparison(
        subject=subject,
        rows=rows,
        seed=seed,
        strength=strength,
        form=form,
        scan_verdict=scan_verdict,
        user_verdict=str(record.verdict),
        exit_code=exit_code,
        gates=len(scan.keys() & user.keys()),
        differences=tuple(differences),
        failed=tuple(name for name, gate in user.items() if gate["verdict"] in ("fail", "error")),
    )


def _scan(trial: Trial) -> tuple[str, dict[str, Any], str]:
    """Return the verdict and the gates of a scan, or why there are none."""
    from modelcheck.errors import ArtifactRefused

    if ONLY_DECLARED in trial.options:
        keys = ", ".join(trial.options[ONLY_DECLARED])
        return "not covered", {}, f"scan has no argument for these keys of [candidate]: {keys}"
    try:
        record = scanned(trial)
    except ArtifactRefused:
        return "refused", {}, "scan raises ArtifactRefused, where pytest goes on and tells of it by security.artifact"
    return str(record.verdict), _gates(record), ""


def _gates(record: Any) -> dict[str, Any]:
    # Through JSON, as one of the two was.
    return {gate["id"]: gate for gate in json.loads(json.dumps(record.as_json()))["gates"]}


def _verdicts(scan: str, user: str, exit_code: int, why: str) -> Iterator[Difference]:
    if scan != user:
        # Where a scan refuses, the user's run has to block.
        excused = scan != "refused" or user == "blocked"
        yield Difference(gate="(run)", field="verdict", scan=scan, user=user, why=why if excused else "")
    if (exit_code == 0) != (user == "promoted"):
        yield Difference(gate="(run)", field="exit code", scan=user, user=exit_code)


def _differences(scan: Mapping[str, Any], user: Mapping[str, Any]) -> Iterator[Difference]:
    for name in [*scan, *(name for name in user if name not in scan)]:
        if name not in scan or name not in user:
            yield Difference(gate=name, field="planned", scan=name in scan, user=name in user)
            continue
        one, other = _told(scan[name]), _told(user[name])
        yield from (
            Difference(gate=name, field=field, scan=one[field], user=other[field])
            for field in one
            if one[field] != other[field]
        )


def _told(gate: Mapping[str, Any]) -> dict[str, Any]:
    def number(estimate: Mapping[str, Any] | None) -> Any:
        return estimate and {key: estimate[key] for key in ("value", "low", "high", "n")}

    return {
        "severity": gate["severity"],
        "verdict": gate["verdict"],
        "reason": gate["reason"],
        "estimate": number(gate["estimate"]),
        "baseline": number(gate["baseline"]),
        "groups": {label: number(one) for label, one in gate["groups"].items()},
        # Where a counterexample is kept is said only where it is kept: a scan keeps none.
        "findings": [one["title"].partition(_KEPT)[0] for one in gate["findings"]],
    }


def _known(one: Difference, trial: Trial, form: str) -> Difference:
    """Say why a difference can't be helped, where that is so."""
    # Where the scan is given a file too, nothing about files differs.
    of_files = {} if isinstance(trial.candidate, str) else _FILES
    for known in (_TIMES, _MODULE if form == "module" else of_files):
        fields, why = known.get(one.gate, ((), ""))
        if one.field in fields:
            return Difference(gate=one.gate, field=one.field, scan=one.scan, user=one.user, why=why)
    return one


def main(arguments: list[str]) -> int:
    """Compare one cell: SUBJECT ROWS SEED [STRENGTH]; 0 where both say the same."""
    subject, rows, seed, *more = arguments
    found = as_user(subject, int(rows), int(seed), float(more[0]) if more else None)
    print(f"{found.form}: {found.gates} gates; scan {found.scan_verdict}, user {found.user_verdict}: {found.failed}")
    for one in found.differences:
        print(f"{one.gate} {one.field}: {one.scan!r} | {one.user!r}{f' ({one.why})' if one.why else ' FAULT'}")
    return 0 if found.equal else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
