"""What loading the model's file would run, and whether it is still the file that was loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelcheck.checks.file_context import FileContext
from modelcheck.checks.security.tables import files_table, imports_table, trust_table
from modelcheck.checks.words import count, short
from modelcheck.models.facts import ArtifactFacts
from modelcheck.models.told import save_again
from modelcheck.record.evidence import Evidence, Finding, Severity

__all__ = ["artifact"]

_MOST_NAMED = 5


def artifact(context: FileContext) -> Evidence:
    """Look at the files of candidate, baseline and models of other seeds.

    Parameters
    ----------
    context : FileContext
        Nothing has to be loadable.

    Returns
    -------
    Evidence
        A plain fact: every name of the files was looked at, so there is no sample, no interval and no margin. A finding
        for each name and feature that nobody allowed, and for each file that changed during the run. Not applicable
        where no model is a file.
    """
    looked = [context.find_artifact(role) for role in context.models]
    files = [one for one in looked if not one.absent]
    if not files:
        return Evidence(not_applicable=f"The {looked[0].role} is no file: {looked[0].absent}")
    findings = [finding for one in files for finding in _findings(one, context.profile)]
    names = sum(len(_names(one)) for one in files)
    fact = _refused_in_words(files, findings) if findings else _allowed_in_words(files, names)
    apart = [f"The {one.role} is no file: {one.absent}" for one in looked if one.absent]
    plain = [name for one in files for name in _plainly_trusted(one)]
    if plain and context.profile != "release":
        apart.append(
            f"Nobody answers for {_named(plain)}: `trusted` has no owner, reason or expiry. Profile release asks for "
            "an entry in a trust file instead."
        )
    return Evidence(
        findings=tuple(findings),
        tables=(files_table(files), imports_table(files), *trust_table(files)),
        reading=" ".join((*map(_what_to_do, files), *apart)).strip(),
        proved="" if findings else fact,
        disproved=fact if findings else "",
    )


def _findings(one: ArtifactFacts, profile: str) -> Iterator[Finding]:
    if one.inspection is None:
        yield _finding(one, f"can't be read: {one.unreadable}")
        return
    for name in one.inspection.refused:
        place = short(one.inspection.places.get(name, ""))
        at = f" ({place})" if place else ""
        standing = one.standing_of(name)
        why = "is on no list of what a model file may use"
        if standing is not None:
            why = standing.problem or "is trusted, and used in a way that can't be allowed"
            why = f"{standing.entry.owner} trusted until {standing.entry.expires.isoformat()}, but {why}"
        elif name in one.listed:
            why = "is trusted, and used in a way that can't be allowed"
        yield _finding(one, f"imports {short(name, 120)}{at}, which {why}")
    for reason in _other_reasons(one):
        yield _finding(one, reason)
    if profile == "release":
        for name in _plainly_trusted(one):
            yield _finding(
                one,
                f"imports {short(name, 120)}, which the configuration's `trusted` allows without owner, reason and "
                "expiry: in release it needs an entry in a trust file",
            )
    if one.changed:
        yield _finding(
            one,
            f"changed during the run: sha256 {(one.loaded_sha256 or '')[:12]}... was loaded and measured, "
            f"{one.sha256[:12]}... lies there now",
        )


def _other_reasons(one: ArtifactFacts) -> Iterator[str]:
    """Yield what keeps a file from being loaded besides single names."""
    found = one.inspection
    if found is None or found.answer == "allowed":
        return
    parts = found.reason.split("; ", 1)
    rest = parts[1:] if found.refused else [found.reason]
    for reason in rest:
        if found.answer == "not_analysable":
            yield f"can't be followed to its end, so what it would run isn't known: {short(reason, 200)}"
        elif not (found.refused and _tells_of_a_name(reason, found.refused)):
            yield f"uses what no model file needs: {short(reason, 200)}"


def _tells_of_a_name(reason: str, refused: Sequence[str]) -> bool:
    return any(name in reason for name in refused)


def _plainly_trusted(one: ArtifactFacts) -> list[str]:
    names = () if one.inspection is None else one.inspection.names
    return [name for name in names if one.answer(name) == "trusted"]


def _finding(one: ArtifactFacts, problem: str) -> Finding:
    source = short(one.source, 200)
    trust = "" if one.trust_file is None else f" --trust {_quoted(one.trust_file)}"
    return Finding(
        title=f"The {one.role}'s file {source} {problem}",
        n=1,
        severity=Severity.BLOCKING,
        reproduce=f"modelcheck inspect {_quoted(one.source)}{trust}   # in the configuration's folder; loads nothing",
    )


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(short(path, 500))


def _refused_in_words(files: Sequence[ArtifactFacts], findings: Sequence[Finding]) -> str:
    """Return one short paragraph: what was refused, whether anything ran, what to do."""
    told = []
    for one in files:
        found = one.inspection
        source = f"The {one.role}'s file {short(one.source, 120)}"
        if found is None:
            told.append(f"{source} can't be read.")
        elif found.answer != "allowed":
            what = (
                f"{count(len(found.refused), 'name')} of {len(found.names):,} that it would import "
                f"{'is' if len(found.refused) == 1 else 'are'} allowed by nobody: {_named(found.refused)}"
                if found.refused
                else short(found.reason, 300)
            )
            told.append(f"{source} was refused: {what}. Nothing in it was run.")
        elif one.changed:
            told.append(f"{source} changed during the run: what was measured isn't what lies there now.")
    if not told:
        told = [f"{count(len(findings), 'name')} trusted without owner, reason and expiry; release asks for them."]
    return " ".join(told)


def _what_to_do(one: ArtifactFacts) -> str:
    found = one.inspection
    if found is None or found.answer == "allowed":
        return ""
    again = f"{save_again(found)}, without that part"
    if found.answer == "not_analysable" or not found.refused:
        return f"If {short(one.source, 120)} is yours, {again}; no line of configuration allows this."
    source = short(one.source, 120)
    return (
        f"If you don't know where {source} comes from, don't load it anywhere. If it is yours, {again}; "
        "or have the code reviewed and write an entry in a trust file: [[trust]] with name, owner, reason, expires and "
        'the sha256 of the source file, named beside `model` by trust = "modelcheck-trust.toml". It lets the file run '
        "that code on this machine."
    )


def _allowed_in_words(files: Sequence[ArtifactFacts], names: int) -> str:
    which = " and ".join(f"the {one.role}'s file" for one in files[:2])
    more = f" and {count(len(files) - 2, 'more file')}" if len(files) > 2 else ""
    reviewed = sum(one.answer(name) in ("reviewed", "trusted") for one in files for name in _names(one))
    by = f", {reviewed:,} of them because somebody trusts them" if reviewed else ""
    checked = sum(one.loaded_sha256 is not None for one in files)
    same = f" After the run {'it is' if len(files) == 1 else 'they are'} still what was loaded (sha256)."
    return (
        f"Every name that {which}{more} would import is allowed: {count(names, 'name')}{by}."
        f"{same if checked == len(files) else ''}"
    )


def _names(one: ArtifactFacts) -> tuple[str, ...]:
    return () if one.inspection is None else one.inspection.names


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(short(name, 80) for name in names[:_MOST_NAMED])
    return shown + (f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else "")
