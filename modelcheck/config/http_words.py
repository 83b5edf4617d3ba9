"""Two small grammars for services that speak JSON of their own: where rows go into a request, and where answers lie."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

__all__ = ["ALL", "AnswerPath", "GrammarError", "RequestTemplate", "parse_answer", "parse_request"]

_ROWS = "$rows"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_STEP = re.compile(r'(?P<dot>\.)?(?:(?P<name>[A-Za-z_$][A-Za-z0-9_$-]*)|\[(?P<place>\*|\d{1,6}|"(?:[^"\\]|\\.)*")\])')
_LONGEST = 4_000
_MOST_STEPS = 12

ALL = "*"
"""The step ``[*]``: every item of a list, one for each row."""


class GrammarError(ValueError):
    """A text that doesn't follow its grammar; the text says where and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTemplate:
    """A JSON text with one place for the rows.

    Attributes
    ----------
    before, after : str
        What is sent before and after the encoded rows.
    """

    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPath:
    """Where answers lie.

    Attributes
    ----------
    text : str
        As the user wrote it.
    steps : tuple of (str or int)
        A name in an object, a place in a list, or `ALL`, which occurs once at most.
    """

    text: str
    steps: tuple[str | int, ...]


def parse_request(text: str) -> RequestTemplate:
    """Read a request's template: JSON in which ``$rows`` stands once, outside of quotes.

    Parameters
    ----------
    text : str
        E.g. ``{"instances": $rows}``.

    Raises
    ------
    GrammarError
        ``$rows`` is missing or stands twice, or the text isn't JSON once rows take its place.

    Examples
    --------
    >>> parse_request('{"instances": $rows}')
    RequestTemplate(before='{"instances": ', after='}')
    """
    if len(text) > _LONGEST:
        raise GrammarError(f"is longer than {_LONGEST:,} letters.")
    # What stands within quotes is text, even where it reads $rows.
    hidden = _STRING.sub(lambda match: "_" * len(match.group()), text)
    if hidden.count(_ROWS) != 1:
        raise GrammarError(f"must hold {_ROWS} once, outside of quotes: there the rows go.")
    place = hidden.index(_ROWS)
    before, after = text[:place], text[place + len(_ROWS) :]
    try:
        json.loads(f"{before}[]{after}")
    except (ValueError, RecursionError) as error:
        raise GrammarError(f"is no JSON once rows stand in place of {_ROWS} ({error}).") from None
    return RequestTemplate(before=before, after=after)


def parse_answer(text: str) -> AnswerPath:
    """Read a path to the answers: names, ``[number]``, ``["any name"]``, and ``[*]`` for each row.

    Parameters
    ----------
    text : str
        E.g. ``predictions[*].score``.

    Raises
    ------
    GrammarError
        Another letter stands where a step should begin, or ``[*]`` stands twice.

    Examples
    --------
    >>> parse_answer("predictions[*].score").steps
    ('predictions', '*', 'score')
    """
    steps: list[str | int] = []
    place = 0
    while place < len(text):
        match = _STEP.match(text, place)
        bare = match is not None and match["name"] is not None
        if match is None or bool(match["dot"]) != (bare and place > 0):
            raise GrammarError(
                f"can't be read from {text[place : place + 20]!r} on. Allowed: names joined by dots, [0], "
                '["any name"], and [*] for each row, e.g. predictions[*].score.'
            )
        steps.append(_step(match))
        place = match.end()
    # A quoted name may be a star too; a step that is one comes from [*] alone.
    if steps.count(ALL) > 1:
        raise GrammarError("holds [*] twice; one list has one item for each row.")
    if not steps or len(steps) > _MOST_STEPS:
        raise GrammarError(f"must have 1 to {_MOST_STEPS} steps.")
    return AnswerPath(text=text, steps=tuple(steps))


def _step(match: re.Match[str]) -> str | int:
    if match["name"] is not None:
        return match["name"]
    place = match["place"]
    if place == ALL:
        return ALL
    if place.isdigit():
        return int(place)
    try:
        name = json.loads(place)
    except ValueError as error:
        raise GrammarError(f"holds {place}, which is no quoted name ({error}).") from None
    if name == ALL:
        raise GrammarError('can\'t go through an entry named "*".')
    return str(name)
