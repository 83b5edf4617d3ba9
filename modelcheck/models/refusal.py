"""Why a model file was not loaded, and the line that would allow it, if there is one."""

from __future__ import annotations

import json
from collections.abc import Sequence

from modelcheck.errors import ArtifactRefused
from modelcheck.models.content import Content
from modelcheck.models.inspected import inspect_content
from modelcheck.models.inspection import Inspection
from modelcheck.models.inspection.outcome import NOT_LISTED

__all__ = ["refusal"]

_NO_LINE = (
    "No line of configuration allows this. If the file is yours, save the model again with joblib.dump or "
    "skops.io.dump, without the part that is refused."
)
_MOST_LOOKS = 20


def refusal(
    source: str,
    inspection: Inspection,
    content: Content,
    trusted: Sequence[str],
    reviewed: Sequence[str] = (),
    expired: Sequence[str] = (),
) -> ArtifactRefused:
    """Return the error for a file that isn't loaded.

    Parameters
    ----------
    source : str
        The file as the user wrote it.
    inspection : Inspection
        Its answer isn't ``allowed``.
    content : Content
        Looked at again, for everything that would have to be trusted.
    trusted : sequence of str
        What is trusted already by the configuration's list.
    reviewed : sequence of str
        What is trusted already by a trust file.
    expired : sequence of str
        Sentences about entries of a trust file that name what is refused and aren't in force.
    """
    message, names = _told(source, inspection, content, trusted, reviewed)
    return ArtifactRefused("\n".join((message, *expired)), names, source=source)


def _told(
    source: str, inspection: Inspection, content: Content, trusted: Sequence[str], reviewed: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    if inspection.refused:
        names, rest = _needed(content, (*trusted, *reviewed), inspection)
        shown = ", ".join(_quoted(name) for name in names)
        if not rest:
            verb = "is" if len(names) == 1 else "are"
            line = ", ".join(_quoted(name) for name in dict.fromkeys((*trusted, *names)))
            return (
                f"The model file {source} was not loaded: it imports {shown}, which {verb} not on the list of names "
                "that a model file may use. Nothing in it was run. If you know where the file comes from, this line "
                f"beside `model` allows it:\n    trusted = [{line}]\n"
                "It lets the file run that code on this machine."
            ), names
        already = "".join(
            f" {where} has {', '.join(map(_quoted, has))} already, which isn't enough."
            for where, listed in (("`trusted`", trusted), ("The trust file", reviewed))
            if (has := [name for name in names if name in listed])
        )
        return (
            f"The model file {source} was not loaded: it imports {shown}, and {rest}. Nothing in it was run.{already} "
            f"{_NO_LINE}"
        ), names
    if inspection.answer == "refused":
        return f"The model file {source} was not loaded: {inspection.reason}. Nothing in it was run. {_NO_LINE}", ()
    return (
        f"The model file {source} was not loaded, because what loading it would run can't be told: "
        f"{inspection.reason}. Nothing in it was run. Allowed: complete model files and folders."
    ), ()


def _needed(content: Content, trusted: Sequence[str], inspection: Inspection) -> tuple[tuple[str, ...], str]:
    """Return every name that has to be trusted, and what would keep the file from loading even then.

    A look stops at the first step that is forbidden, so trusting a name can bring others to light: advice is given
    only after a look that followed it.
    """
    names = dict.fromkeys(inspection.refused)
    for _ in range(_MOST_LOOKS):
        inspection = inspect_content(content, (*trusted, *names))
        if inspection.answer == "allowed":
            return tuple(names), ""
        if not set(inspection.refused) - set(names):
            break
        names.update(dict.fromkeys(inspection.refused))
    return tuple(names), inspection.reason.removeprefix(f"{NOT_LISTED}; ")


def _quoted(name: str) -> str:
    """Return a TOML string; names come from the file, so control characters are escaped."""
    return json.dumps(name)
