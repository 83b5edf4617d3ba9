"""One model file's inspection by itself, for the console: for people in a hurry, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from modelcheck.config.toml_text import shorten, toml_value
from modelcheck.models.facts import ArtifactFacts
from modelcheck.models.inspection import Inspection

__all__ = ["SCHEMA", "inspection_json", "inspection_text", "save_again", "trust_entry"]

SCHEMA = "modelcheck/inspection/1"

_VERDICTS = {"allowed": "ALLOWED", "refused": "REFUSED", "not_analysable": "NOT ANALYSABLE, so refused"}
_ANSWERS = {"listed": "allowed", "reviewed": "trusted", "trusted": "trusted", "refused": "refused"}
_SAVES = {
    **dict.fromkeys(("lightgbm", "catboost", "xgboost", "json"), "save_model of its own library"),
    "onnx": "onnx.save",
    **dict.fromkeys(("torch", "safetensors"), "torch.save(module.state_dict(), FILE)"),
    "torchscript": "torch.jit.save",
    "torch_export": "torch.export.save",
    "keras": 'model.save("FILE.keras")',
    "mlflow": "save_model of its MLflow flavor",
    "huggingface": "save_pretrained",
    **dict.fromkeys(("zip", "empty", "unknown"), "what wrote it: skops.io.dump, joblib.dump or save of its library"),
}
_MOST_LINES = 500
_LONGEST = 160
_SPACE = "         "


def inspection_text(facts: ArtifactFacts) -> str:
    """Return the verdict, why, what to do, what the file is, and every import by library.

    Parameters
    ----------
    facts : ArtifactFacts
        Of a file that could be read.

    Returns
    -------
    str
        Several lines. Names come from the file: they are shortened here, and whoever prints them takes control
        characters out.
    """
    found = facts.inspection
    if found is None:
        return facts.unreadable
    lines = [f"{_VERDICTS[found.answer]}  {facts.source}  (nothing in it was loaded or run)"]
    if found.reason:
        lines.append(f"why:     {shorten(found.reason, 600)}")
        lines += [f"{_SPACE}{_short(name)}{_at(facts, name)}" for name in found.refused[:10]]
        if len(found.refused) > 10:
            lines.append(f"{_SPACE}and {len(found.refused) - 10:,} more, below")
        lines += [f"{_SPACE}{one.told}" for one in facts.standings if one.problem and one.entry.name in found.refused]
        lines += ["do:      " + text if not place else _SPACE + text for place, text in enumerate(_what_to_do(facts))]
    lines.append(f"format:  {found.format}, {facts.size:,} bytes")
    lines.append(f"sha256:  {facts.sha256}")
    if found.versions:
        versions = (f"{_short(name)} {_short(version)}" for name, version in list(found.versions.items())[:20])
        lines.append("written: with " + ", ".join(versions))
    lines += _imports(facts)
    return "\n".join(lines)


def _imports(facts: ArtifactFacts) -> Iterator[str]:
    names = () if facts.inspection is None else facts.inspection.names
    if not names:
        yield "imports: nothing"
        return
    yield f"imports: {len(names):,} name{'s' * (len(names) > 1)}"
    shown = 0
    for library, group in groupby(names, key=lambda name: name.partition(".")[0]):
        members = list(group)
        if shown >= _MOST_LINES:
            break
        yield f"  {_short(library)} ({len(members):,})"
        for name in members[: _MOST_LINES - shown]:
            yield f"    {_ANSWERS[facts.answer(name)]}  {_short(name)}{_by(facts, name)}{_at(facts, name)}"
        shown += len(members)
    if shown > _MOST_LINES or len(names) > shown:
        yield "  more names are left out here; --json lists all"


def _by(facts: ArtifactFacts, name: str) -> str:
    standing = facts.standing_of(name)
    if facts.answer(name) != "reviewed" or standing is None:
        return ""
    return f"  (by {standing.entry.owner} until {standing.entry.expires.isoformat()}: {_short(standing.entry.reason)})"


def _at(facts: ArtifactFacts, name: str) -> str:
    place = None if facts.inspection is None else facts.inspection.places.get(name)
    return f"  ({_short(place)})" if place else ""


def _short(text: str) -> str:
    return shorten(text, _LONGEST)


def _what_to_do(facts: ArtifactFacts) -> Iterator[str]:
    found = facts.inspection
    yield "if you don't know where the file comes from, don't load it anywhere;"
    if found is not None and found.answer == "refused" and found.refused:
        yield "if it is yours, save the model again without that part, or have the code reviewed and write"
        yield "an entry in a trust file, then look again: modelcheck inspect FILE --trust modelcheck-trust.toml"
        if len(found.refused[0]) <= _LONGEST:
            yield from (f"    {line}" for line in trust_entry(found.refused[0]))
    else:
        yield f"if it is yours, {save_again(found)}."


def trust_entry(name: str) -> tuple[str, ...]:
    """Return the lines of an entry in a trust file, to be filled in by who reviewed the code."""
    return (
        "[[trust]]",
        f"name = {toml_value(name)}",
        'owner = "..."',
        'reason = "..."',
        "expires = YYYY-MM-DD",
        'sha256 = "..."   # of the source file that defines it: sha256sum FILE',
    )


def save_again(found: Inspection | None) -> str:
    """Return how a file of a format is made anew, as its own library does it."""
    form = "" if found is None else found.format.partition(" in ")[0]
    return f"save the model again with {_SAVES.get(form, 'skops.io.dump or joblib.dump')}"


def inspection_json(facts: ArtifactFacts) -> dict[str, Any]:
    """Return everything as plain values, nothing shortened.

    Parameters
    ----------
    facts : ArtifactFacts
        Of a file that could be read.

    Returns
    -------
    dict
        ``schema`` (``modelcheck/inspection/1``: keys are added, never renamed or dropped), ``file``, ``answer``
        (``allowed``, ``refused`` or ``not_analysable``), ``reason``, ``format``, ``bytes``, ``sha256``, ``versions``,
        ``names`` and ``refused`` (lists of full names), ``imports`` (one object a name: ``name``, ``library``,
        ``answer`` ``listed``, ``reviewed`` or ``refused``, and ``place`` of what is refused, else null), ``trust`` (one
        object an entry of the trust file: its keys, ``in_force``, ``problem`` and ``needed``).
    """
    found = facts.inspection
    names = () if found is None else found.names
    return {
        "schema": SCHEMA,
        "file": facts.source,
        "answer": None if found is None else found.answer,
        "reason": facts.unreadable if found is None else found.reason,
        "format": None if found is None else found.format,
        "bytes": facts.size,
        "sha256": facts.sha256,
        "versions": {} if found is None else dict(found.versions),
        "names": list(names),
        "refused": [] if found is None else list(found.refused),
        "imports": [
            {
                "name": name,
                "library": name.partition(".")[0],
                "answer": facts.answer(name),
                "place": None if found is None else found.places.get(name),
            }
            for name in names
        ],
        "trust": [
            {
                "name": one.entry.name,
                "owner": one.entry.owner,
                "reason": one.entry.reason,
                "expires": one.entry.expires.isoformat(),
                "sha256": one.entry.sha256,
                "package": one.entry.package,
                "artifact": one.entry.artifact,
                "in_force": one.in_force,
                "problem": one.problem,
                "needed": one.entry.name in names,
            }
            for one in facts.standings
        ],
    }
