"""The ledger of looks: how many different candidates a dataset has judged. A test set wears out."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelcheck.errors import BaselineError, RecordError
from modelcheck.history.files import locked, place_of, read_object, shown, want
from modelcheck.record.store import write_text_atomically

__all__ = ["LOOKS_NAME", "SCHEMA", "Looks", "expected_luck", "note_look", "sentence"]

SCHEMA = "modelcheck/looks/1"
LOOKS_NAME = "looks.json"
_MOST_RUNS = 10**9
_MOST_CANDIDATES = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How often one dataset has judged the candidates of one model's name.

    Attributes
    ----------
    candidates : int
        Candidates with different outputs, this one included; 0 when that isn't known.
    runs : int
        Runs, repeated ones included; 0 when that isn't known.
    first : str
        Date of the first run, ISO 8601, UTC; empty when that isn't known.
    place : int
        Which of the candidates this one is, by first appearance, from 1; 0 when that isn't known.
    problem : str
        Why the run couldn't be counted; empty when it was.
    """

    candidates: int = 0
    runs: int = 0
    first: str = ""
    place: int = 0
    problem: str = ""


def note_look(
    file: Path, *, lineage: str, dataset_sha256: str, candidate_digest: str, when: datetime.datetime, verdict: str
) -> Looks:
    """Count a run in the ledger.

    The same outputs again are a further run, not a further look: nothing new was learnt about the dataset.

    Parameters
    ----------
    file : Path
        The ledger, ``.modelcheck/NAME/looks.json``; made when there is none. One that can't be read is left as it is.
    lineage : str
        Name of the model whose candidates follow each other.
    dataset_sha256 : str
        Hash of the dataset.
    candidate_digest : str
        From `modelcheck.history.outputs.outputs_digest`.
    when : datetime
        Moment of the run.
    verdict : str
        What the run said; the latest is kept.

    Returns
    -------
    Looks
        With `problem` where the run couldn't be counted; never an error, because a ledger must not stop a run.
    """
    date = when.astimezone(datetime.UTC).date().isoformat()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with locked(file.parent):
            entries = _read(file)
            entry = _entry(entries, lineage, dataset_sha256)
            candidates = entry["candidates"]
            digests = [one["digest"] for one in candidates]
            if candidate_digest not in digests:
                digests.append(candidate_digest)
                candidates.append({"digest": candidate_digest, "first": date})
            place = digests.index(candidate_digest)
            candidates[place]["verdict"] = verdict
            entry["runs"] += 1
            problem = _write(file, entries)
    except BaselineError as error:
        return Looks(problem=f"the ledger of looks {place_of(file)} can't be used and was left as it is: {error}")
    except OSError as error:
        return Looks(
            problem=f"the ledger of looks {place_of(file)} can't be used: {error.strerror or 'no reason known'}"
        )
    return Looks(
        candidates=len(candidates), runs=entry["runs"], first=candidates[0]["first"], place=place + 1, problem=problem
    )


def expected_luck(candidates: int) -> float:
    """Return by how many standard errors the best of some equally good candidates looks better than it is.

    The expected maximum of independent standard normal variables, by numerical integration of its distribution
    function; agrees with Harter (1961), Expected values of normal order statistics, Biometrika 48.

    Parameters
    ----------
    candidates : int
        At least 1. Candidates whose errors are correlated have less luck than that.

    Returns
    -------
    float
        In standard errors of one estimate.

    Examples
    --------
    >>> [round(expected_luck(count), 2) for count in (1, 10, 50, 200)]
    [0.0, 1.54, 2.25, 2.75]
    """
    import numpy as np
    from scipy.integrate import quad
    from scipy.special import log_ndtr

    if candidates < 1:
        raise ValueError(f"candidates must be at least 1, not {candidates}")
    above, _ = quad(lambda x: -np.expm1(candidates * log_ndtr(x)), 0.0, 40.0, limit=200)
    below, _ = quad(lambda x: np.exp(candidates * log_ndtr(-x)), 0.0, 40.0, limit=200)
    return float(above - below)


def sentence(looks: Looks) -> str:
    """Return what a reader must know about earlier looks; empty for the first one.

    Parameters
    ----------
    looks : Looks
        From `note_look`.

    Returns
    -------
    str
        One or two sentences.

    Examples
    --------
    >>> sentence(Looks(candidates=1, runs=3, first="2026-11-02", place=1))
    ''
    """
    problem = f"Looks at this dataset could not be counted: {looks.problem}." if looks.problem else ""
    if looks.candidates < 2:
        return problem
    told = (
        f"This dataset has judged {looks.candidates:,} different candidates in {looks.runs:,} runs since "
        f"{looks.first}, counted in this checkout alone. The best of {looks.candidates:,} equally good candidates "
        f"looks about {expected_luck(looks.candidates):.1f} standard errors better than it is: confirm a narrow win on "
        "fresh rows."
    )
    return f"{told} {problem}" if problem else told


def _read(file: Path) -> list[dict[str, Any]]:
    try:
        data = read_object(file, SCHEMA)
    except FileNotFoundError:
        return []
    return [_checked(entry) for entry in want(data, "entries", list, "a list")]


def _checked(entry: Any) -> dict[str, Any]:
    """Return what an entry says, with nothing else that may be in the file."""
    runs = want(entry, "runs", int, "a whole number")
    candidates = want(entry, "candidates", list, "a list")
    if not 1 <= runs <= _MOST_RUNS:
        raise BaselineError(f"runs is {shown(runs)}, a number from 1 to {_MOST_RUNS:,} was expected")
    if not 1 <= len(candidates) <= _MOST_CANDIDATES:
        raise BaselineError(f"an entry has {len(candidates):,} candidates, 1 to {_MOST_CANDIDATES:,} were expected")
    return {
        "lineage": want(entry, "lineage", str, "text"),
        "dataset": want(entry, "dataset", str, "text"),
        "runs": runs,
        "candidates": [
            {
                "digest": want(one, "digest", str, "text"),
                "first": _date(want(one, "first", str, "a date")),
                "verdict": want(one, "verdict", str, "text"),
            }
            for one in candidates
        ],
    }


def _date(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise BaselineError(f"first is {shown(text)}, a date was expected") from error


def _entry(entries: list[dict[str, Any]], lineage: str, dataset_sha256: str) -> dict[str, Any]:
    for entry in entries:
        if (entry["lineage"], entry["dataset"]) == (lineage, dataset_sha256):
            return entry
    entry = {"lineage": lineage, "dataset": dataset_sha256, "runs": 0, "candidates": []}
    entries.append(entry)
    return entry


def _write(file: Path, entries: list[dict[str, Any]]) -> str:
    try:
        write_text_atomically(file, json.dumps({"schema": SCHEMA, "entries": entries}, indent=1) + "\n")
    except RecordError as error:
        cause = error.__cause__
        why = (cause.strerror if isinstance(cause, OSError) else None) or "no reason known"
        return f"the ledger of looks {place_of(file)} can't be written: {why}"
    return ""
