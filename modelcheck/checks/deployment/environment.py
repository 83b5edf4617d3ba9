"""Whether the libraries here are those that the model was made with and is deployed with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.requirements import DRIFTS, Wanted, drift, installed, read_requirements
from modelcheck.checks.deployment.sample import deployed_of
from modelcheck.checks.words import count, short
from modelcheck.record.evidence import Evidence, Finding, Severity, Table
from modelcheck.scoring.deployed import Deployed

__all__ = ["environment"]

_BESIDE = ("requirements.txt", "python_env.yaml", "conda.yaml", "MLmodel")
_KEPT = 2  # a drift of a minor version is told; one of a major version, or a missing library, breaks the default
_MOST = 200


def environment(context: Context) -> Evidence:
    """Hold the versions that the model's file and its requirements name against the installed ones.

    Parameters
    ----------
    context : Context
        With `deployed`; its `limit` is the largest drift allowed: 0 none, 1 patch, 2 minor, 3 major.

    Returns
    -------
    Evidence
        A plain fact for each library. Not applicable where nothing names a version.
    """
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    wanted, unread = _wanted(deployed)
    if not wanted:
        return Evidence(
            not_applicable=(
                "neither the model nor a file of requirements names a version; declare one: "
                '[candidate] requirements = "requirements.txt".'
            )
        )
    most = _KEPT if context.limit is None else context.limit
    lines, bad, worst = [], [], 0
    for one in wanted:
        here = installed(one.name)
        found = drift(one, here)
        level = DRIFTS.index(found)
        worst = max(worst, level)
        lines.append((one.name, one.version or "any", here or "not installed", found, one.source))
        if level > most:
            bad.append((one, here, found))
    differ = sum(line[3] != "same" for line in lines)
    fact = f"{count(len(lines), 'version')} asked for, {differ} differ{'s' if differ == 1 else ''} here"
    fact += f"; the largest difference is of a {DRIFTS[worst]} version." if 0 < worst < 4 else "."
    if worst == 4:
        fact += f" Not installed: {', '.join(short(line[0]) for line in lines if line[3] == 'missing')}."
    left = f" {count(len(unread), 'line')} of requirements name no version and were left out." if unread else ""
    return Evidence(
        proved="" if bad else fact,
        disproved=fact if bad else "",
        findings=tuple(
            Finding(
                title=(
                    f"{short(one.name)} {short(one.version) or '(any)'} is asked for, {here or 'nothing'} is installed"
                ),
                n=1,
                severity=Severity.BLOCKING,
                reproduce=(
                    f"Asked for by {short(one.source)}.\nRun the gates in the environment that the model is deployed "
                    "in, or make the model again with the versions of that one."
                ),
            )
            for one, here, _ in bad[:20]
        ),
        tables=(
            Table(
                name="versions",
                columns=("library", "asked for", "installed", "difference", "asked for by"),
                rows=tuple(lines[:_MOST]),
                note=f"Installed where the gates run.{left}",
            ),
        ),
        reading=_named(lines),
    )


def _wanted(deployed: Deployed) -> tuple[list[Wanted], list[str]]:
    versions = {} if deployed.remote else deployed.description.versions
    # What isn't installed was not needed to load it: the file's own format, or who converted it.
    own = [
        Wanted(name=name, version=version, source="the model's file")
        for name, version in sorted(versions.items())
        if installed(name) is not None
    ]
    unread: list[str] = []
    for path, source in _files(deployed):
        more, odd = read_requirements(path, source)
        own += more
        unread += odd
    return own, unread


def _files(deployed: Deployed) -> list[tuple[Path, str]]:
    declared = deployed.table.requirements
    if declared is not None:
        return [(deployed.folder / declared, declared)]
    folder = deployed.path
    if folder is None or not folder.is_dir():
        return []
    return [(folder / name, name) for name in _BESIDE if (folder / name).is_file()]


def _named(lines: Sequence[tuple[str, str, str, str, str]]) -> str:
    other = [f"{short(name)} {asked} asked for, {here}" for name, asked, here, found, _ in lines if found != "same"]
    if not other:
        return "Every library here is as it was asked for."
    more = f" And {len(other) - 5} more." if len(other) > 5 else ""
    return f"{'; '.join(other[:5])}.{more}"
