"""What a run tells GitHub where it runs in one of its jobs: the step's summary, and annotations in the log."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelcheck.record.schema import Record
from modelcheck.runner.state import Run

__all__ = ["annotation_lines", "append_summary"]

_SUMMARY = "GITHUB_STEP_SUMMARY"


def append_summary(run: Run, records: Sequence[Record], surroundings: Mapping[str, str] = os.environ) -> str:
    """Append the summaries of all models to the file that a job's step is described by.

    Parameters
    ----------
    run : Run
        The finished run.
    records : sequence of Record
        Its records.
    surroundings : mapping
        Environment variables; without ``GITHUB_STEP_SUMMARY`` nothing is done.

    Returns
    -------
    str
        What went wrong, empty when nothing did: a summary that can't be written breaks no run.
    """
    name = surroundings.get(_SUMMARY)
    if not name:
        return ""
    from modelcheck.report.github import STEP_SUMMARY_BYTES, render_step_summary

    # Not blocking: a pipe that nobody reads must not hold the run up.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(name, flags, 0o666), "ab") as file:
            # The step may have written there before, and the limit is one for all of it.
            before = os.fstat(file.fileno()).st_size
            folders = [_shown(run.folder_of(record.name), run) for record in records]
            text = render_step_summary(records, folders, STEP_SUMMARY_BYTES - before - 1)
            if text:
                file.write((b"\n" if before else b"") + text.encode("utf-8", "replace"))
    except OSError as error:
        return f"the summary was not added to ${_SUMMARY}: {error.strerror or error}. It is in {_summaries(run)}."
    if not text:
        return (
            f"the summary was not added to ${_SUMMARY}: {before:,} bytes are in it already, and GitHub takes "
            f"{STEP_SUMMARY_BYTES:,} a step. It is in {_summaries(run)}."
        )
    return ""


def annotation_lines(
    run: Run, records: Sequence[Record], surroundings: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """Return the lines that GitHub turns into annotations; none elsewhere.

    Parameters
    ----------
    run : Run
        The finished run.
    records : sequence of Record
        Its records.
    surroundings : mapping
        Environment variables; ``GITHUB_ACTIONS`` is ``true`` in a job.

    Returns
    -------
    tuple of str
        Each is a line of its own in the log.
    """
    if surroundings.get("GITHUB_ACTIONS") != "true":
        return ()
    from modelcheck.report.github import render_annotations

    return render_annotations(records, _shown(run.folder, run), _root(run, surroundings.get("GITHUB_WORKSPACE")))


def _root(run: Run, workspace: str | None) -> str:
    """Return the root directory within the repository: annotations name files from the latter."""
    if not workspace:
        return ""
    try:
        inside = run.rootdir.resolve().relative_to(Path(workspace).resolve())
    except (OSError, ValueError):
        return ""
    return "" if inside == Path() else inside.as_posix()


def _summaries(run: Run) -> str:
    return _shown(run.folder, run) + ("" if len(run.models) == 1 else "/NAME") + "/summary.md"


def _shown(path: Path, run: Run) -> str:
    try:
        return Path(os.path.relpath(path, run.rootdir)).as_posix()
    except ValueError:
        # Another drive of a Windows machine has no relative path.
        return path.as_posix()
