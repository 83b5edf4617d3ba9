"""Gates and facts into one record, and the run's overall verdict."""

from __future__ import annotations

import datetime
import json
import platform
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from modelcheck.config.addresses import is_http, parse_address
from modelcheck.config.tables import Config
from modelcheck.record.readiness import Declaration
from modelcheck.record.redaction import Redactor, redacted
from modelcheck.record.schema import GateRecord, Record
from modelcheck.record.stopping import overall
from modelcheck.scoring.subjects import TRAFFIC

__all__ = ["assemble", "read_subjects"]

_LIBRARIES = ("modelcheck", "pytest", "scikit-learn", "numpy", "scipy", "pandas", "pyarrow", "skops")


def assemble(
    config: Config,
    *,
    gates: Sequence[GateRecord],
    subjects: Mapping[str, Any],
    declared_alpha: float,
    started: float,
    facts: Mapping[str, Any],
) -> Record:
    """Build the record of one model's run.

    Parameters
    ----------
    config : Config
        The model's configuration.
    gates : sequence of GateRecord
        Every planned gate, run or not, in the order of the plan.
    subjects : mapping
        What is known of candidate, baseline, dataset and reference; may lack each of them when reading it failed.
    declared_alpha : float
        Summed error probability of the limits that the user declared.
    started : float
        Seconds since the epoch.
    facts : mapping
        What else the run knows: command, task, selected suites, ...

    Returns
    -------
    Record
        Everything outside `run` and durations is equal for equal inputs.
    """
    run = {
        "id": uuid.uuid4().hex,
        "started": datetime.datetime.fromtimestamp(started, datetime.UTC).isoformat(timespec="seconds"),
        "duration_s": round(time.time() - started, 3),
        "profile": config.profile,
        "seed": config.seed,
        "config": config.label,
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _LIBRARIES}},
        "machine": f"{platform.system()} {platform.machine()}",
        "git": _git(config.folder),
        "looks": None,
        "declared_alpha": declared_alpha,
        "default_alpha": 0.05,
        "examples": config.row_entries,
        # In `run`, because how often a request was sent again differs between equal runs.
        **({"services": subjects["services"]} if subjects.get("services") else {}),
        **facts,
    }
    candidate = subjects.get("candidate") or {
        "name": _called(config.candidate.model or config.candidate.score),
        "sha256": None,
    }
    if config.candidate.purpose is not None:
        candidate = {**candidate, "purpose": config.candidate.purpose}
    record = Record(
        name=config.name,
        run=run,
        candidate=candidate,
        baseline=subjects.get("baseline"),
        dataset=subjects.get("dataset") or {"name": config.dataset.path, "sha256": None, "rows": None, "columns": []},
        reference=subjects.get("reference"),
        verdict=overall(gates, config.profile),
        gates=tuple(gates),
        readiness=None if config.readiness is None else tuple(map(Declaration.of, config.readiness)),
    )
    return redacted(record, Redactor.of(Path.cwd(), config.folder, Path(sys.prefix)))


def read_subjects(folder: Path) -> dict[str, Any]:
    """Return what the measuring processes wrote about their subjects; those they never came to are absent."""
    names = ("candidate", "baseline", "dataset", "reference")
    files = {name: folder / f"{name}.json" for name in names}
    found = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items() if file.is_file()}
    services: dict[str, Counter[str]] = {}
    for file in sorted(folder.glob(f"{TRAFFIC}*.json")):
        for name, traffic in json.loads(file.read_text(encoding="utf-8")).items():
            services.setdefault(name, Counter()).update(traffic)
    return {**found, **({"services": {name: dict(one) for name, one in services.items()}} if services else {})}


def _called(source: str | None) -> str | None:
    # The query of an address may hold a key.
    return parse_address(source).name if source is not None and is_http(source) else source


@cache
def _version(library: str) -> str:
    # What is imported stays as it is for the life of the process, so one look is enough.
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "not installed"


def _git(folder: Path) -> dict[str, Any] | None:
    """Return commit and cleanliness of the work tree around a folder; None outside git or without git."""
    try:
        commit = _ask_git(folder, "rev-parse", "HEAD")
        changed = _ask_git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "clean": not changed}


def _ask_git(folder: Path, *words: str) -> str:
    # An absolute program name would differ by system; git is looked up on the user's own PATH, as pytest itself is.
    done = subprocess.run(
        ["git", *words],  # noqa: S607
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    return done.stdout.strip()
