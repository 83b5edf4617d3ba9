"""The tables of `security.artifact`: the files, what they import by library, and who trusts what."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.checks.words import short
from modelcheck.models.facts import ArtifactFacts
from modelcheck.record.evidence import Table

__all__ = ["files_table", "imports_table", "trust_table"]

_MOST_ROWS = 300
_ORDER = ("refused", "trusted", "reviewed", "listed")
_SAID = {
    "listed": "allowed by the shipped list",
    "reviewed": "trusted by the trust file",
    "trusted": "trusted, nobody answers for it",
    "refused": "refused",
}
_ANSWERS = {"allowed": "allowed", "refused": "refused", "not_analysable": "refused: not analysable"}
_WHERE = {
    None: "not loaded",
    "none": "in this process",
    "process": "in a process of its own",
    "sandbox": "in a sandbox",
    "remote": "elsewhere, as a service",
}


def files_table(files: Sequence[ArtifactFacts]) -> Table:
    """Return what each file is: answer, format, size, hash, whether it stayed the same, where it runs."""
    return Table(
        name="files",
        columns=("model", "file", "answer", "format", "written with", "bytes", "sha256", "after loading", "runs"),
        rows=tuple(_file(one) for one in files),
        note="The hash is of the bytes that lie on disk after the run's loading.",
    )


def _file(one: ArtifactFacts) -> tuple[object, ...]:
    found = one.inspection
    if found is None:
        return (one.role, short(one.source, 200), "refused: not readable", None, None, None, None, "not loaded", None)
    versions = ", ".join(f"{short(name)} {short(version)}" for name, version in list(found.versions.items())[:10])
    if one.loaded_sha256 is not None:
        after = "changed" if one.changed else "the same bytes"
    else:
        after = "not verified" if one.isolation is not None else "not loaded"
    return (
        one.role,
        short(one.source, 200),
        _ANSWERS[found.answer],
        short(found.format),
        versions or None,
        one.size,
        one.sha256,
        after,
        _WHERE.get(one.isolation, one.isolation),
    )


def imports_table(files: Sequence[ArtifactFacts]) -> Table:
    """Return every import with the answer to it, by file, what is refused first, then by library."""
    rows = [
        (one.role, short(name.partition(".")[0]), short(name, 200), _SAID[one.answer(name)])
        for one in files
        for name in sorted(_names(one), key=lambda name, one=one: (_ORDER.index(one.answer(name)), name))  # type: ignore[misc]
    ]
    left = len(rows) - _MOST_ROWS
    return Table(
        name="imports",
        columns=("model", "library", "name", "answer"),
        rows=tuple(rows[:_MOST_ROWS]),
        note=f"{left:,} more names are not shown; `modelcheck inspect` lists them." if left > 0 else "",
    )


def _names(one: ArtifactFacts) -> tuple[str, ...]:
    return () if one.inspection is None else one.inspection.names


def trust_table(files: Sequence[ArtifactFacts]) -> tuple[Table, ...]:
    """Return whom the files' trusted names rest on; nothing where nobody was asked."""
    rows: list[tuple[object, ...]] = []
    for one in files:
        names = set(_names(one))
        for standing in one.standings:
            entry = standing.entry
            needed = "allows it" if entry.name in names else "not needed: the file doesn't import it"
            digest = f"source sha256 {entry.sha256}" if entry.sha256 is not None else entry.package
            rows.append(
                (
                    one.role,
                    short(entry.name, 200),
                    short(entry.owner, 100),
                    short(entry.reason, 300),
                    entry.expires.isoformat(),
                    digest,
                    short(standing.problem, 300) or needed,
                )
            )
        rows += [
            (one.role, short(name, 200), None, None, None, None, "allowed by `trusted`: nobody answers for it")
            for name in one.listed
            if name in names and one.answer(name) == "trusted"
        ]
    if not rows:
        return ()
    return (
        Table(
            name="trust",
            columns=("model", "name", "owner", "reason", "expires", "reviewed code", "standing"),
            rows=tuple(rows[:_MOST_ROWS]),
            note="A trusted name lets the file call that code. The hash covers the file that defines the name, not "
            "what that file imports.",
        ),
    )
