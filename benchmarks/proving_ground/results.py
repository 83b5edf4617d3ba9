"""Results as the runner wrote them, one run a line, and the same as Parquet for whoever wants to look closer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from modelcheck.report.text import block, without_folders

__all__ = ["STATUSES", "Run", "json_lines", "read_parquet", "read_runs", "write_parquet"]

STATUSES = ("ok", "not covered", "crashed", "timed out")
_MOST_TRACEBACK = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One tool, one trial: what was planted, and what the tool said.

    Attributes
    ----------
    tool, subject, role, family, base, task : str
        The subject is a case (role ``defect``) or a base (role ``twin``).
    strength : float or None
        None for twins. `at_default` says whether it is the one at which the defect must be found.
    status : str
        One of `STATUSES`. Only ``ok`` runs have something to say.
    found_right, found_any, blocked : bool or None
        Of twins without what is true of them: then a false alarm, and a false blocking one.
    found, blocking, errors, alarms : tuple of str
        The tool's own names; `alarms` of twins only.
    code : str
        Digest of the code that made it: a run that is resumed takes over no other.
    """

    tool: str
    subject: str
    role: str
    family: str = ""
    base: str = ""
    task: str = ""
    rows: int = 0
    seed: int = 0
    strength: float | None = None
    at_default: bool = True
    status: str = "ok"
    found_right: bool | None = None
    found_any: bool | None = None
    blocked: bool | None = None
    alarms: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    verdict: str = ""
    cpu_s: float | None = None
    wall_s: float | None = None
    peak_mb: float | None = None
    predicted_rows: int | None = None
    notes: str = ""
    traceback: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""


_LISTS = ("alarms", "found", "blocking", "errors")
_MAPPINGS = ("versions", "details")
_NAMES = tuple(item.name for item in fields(Run))


def json_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file that holds one a line.

    Raises
    ------
    ValueError
        A line is no JSON object. A runner that was killed leaves half a line: rather stop than publish without it.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path.name}, line {number} is no JSON ({error.msg}); mend or remove it.") from error
        if not isinstance(row, dict):
            raise ValueError(f"{path.name}, line {number} holds {type(row).__name__}, must be an object.")
        rows.append(row)
    return rows


def read_runs(path: Path) -> list[Run]:
    """Read results; of runs that were done again the last counts.

    Raises
    ------
    ValueError
        A line can't be read, or its role or status is unknown.
    """
    runs: dict[tuple[object, ...], Run] = {}
    for row in json_lines(path):
        run = _run(row)
        if run.role not in ("defect", "twin") or run.status not in STATUSES:
            raise ValueError(
                f"{path.name}: {run.tool} on {run.subject} has role {run.role!r} and status {run.status!r}; "
                f"known are defect and twin, and {', '.join(STATUSES)}."
            )
        key = (run.tool, run.subject, run.role, run.rows, run.seed, run.strength)
        runs.pop(key, None)
        runs[key] = run
    return list(runs.values())


def _run(row: Mapping[str, Any]) -> Run:
    # What is absent, null or of a later version is left to the defaults.
    known = {name: row[name] for name in _NAMES if row.get(name) is not None}
    for name in _LISTS:
        known[name] = tuple(map(str, known.get(name, ())))
    for name in ("notes", "traceback"):
        # The results travel: folders of this machine are nobody's business.
        known[name] = without_folders(str(known.get(name, "")))
    known["traceback"] = block(known["traceback"][-_MOST_TRACEBACK:])
    known["details"] = {key: without_folders(str(value)) for key, value in dict(known.get("details", {})).items()}
    return Run(**known)


def write_parquet(runs: Sequence[Run], path: Path) -> Path:
    """Write one row a run: lists of names as lists, mappings as JSON text; whole or not at all."""
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {
        **dict.fromkeys(("rows", "seed", "predicted_rows"), pa.int64()),
        **dict.fromkeys(("strength", "cpu_s", "wall_s", "peak_mb"), pa.float64()),
        **dict.fromkeys(("at_default", "found_right", "found_any", "blocked"), pa.bool_()),
        **dict.fromkeys(_LISTS, pa.list_(pa.string())),
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in _NAMES])
    columns = {name: pa.array(_column(runs, name), type=schema.field(name).type) for name in _NAMES}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pa.table(columns, schema=schema), temporary, compression="zstd")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def read_parquet(path: Path) -> list[dict[str, Any]]:
    """Return the rows of such a file as the runner wrote them: published results are where a new run goes on."""
    from pyarrow import parquet

    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return [row | {name: json.loads(row[name]) for name in _MAPPINGS} for row in rows]


def _column(runs: Iterable[Run], name: str) -> list[Any]:
    values = [getattr(run, name) for run in runs]
    if name in _LISTS:
        return [[_encodable(item) for item in value] for value in values]
    if name in _MAPPINGS:
        return [json.dumps(dict(value), sort_keys=True, default=str) for value in values]
    return [_encodable(value) if isinstance(value, str) else value for value in values]


def _encodable(text: str) -> str:
    """Replace lone surrogates, which no file in UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()
