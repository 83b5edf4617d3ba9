"""Free text as people and programs mistreat it."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator

from modelcheck.perturb.columns import coded, one_each, taken
from modelcheck.perturb.letters import LOOK_ALIKES, ZERO_WIDTH, accented, doubled_space, typo, unaccented
from modelcheck.perturb.perturbation import BEYOND, WITHIN, Perturbation
from modelcheck.perturb.profile import TableProfile
from modelcheck.perturb.spelling import respelled

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TEXT", "numbers_in_words", "typos_in_words"]

_NUMBER = re.compile(r"(?<![\w.,-])\d{1,2}(?![\w-]|[.,]\d)")
_QUOTES = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
_PUNCTUATION = str.maketrans("", "", string.punctuation + _QUOTES + "\u2013\u2014\u2026\u00a1\u00bf")
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def typos_in_words(texts: list[str], share: float, rng: Generator) -> list[str]:
    """Return texts in which some words have one slip each.

    Parameters
    ----------
    texts : list of str
        Words are what stands between spaces.
    share : float
        Chance of each word, in [0, 1].
    rng : numpy.random.Generator
        The only source of randomness.

    Returns
    -------
    list of str
        As many; texts without a hit are the same.
    """
    split = [text.split(" ") for text in texts]
    ends = list(accumulate((len(words) for words in split), initial=0))
    hits = np.flatnonzero(rng.random(ends[-1]) < share)
    owners = np.searchsorted(ends, hits, side="right") - 1
    for owner, at in zip(owners.tolist(), hits.tolist(), strict=True):
        words = split[owner]
        words[at - ends[owner]] = typo(words[at - ends[owner]], rng)
    return [" ".join(words) for words in split]


def numbers_in_words(text: str) -> str:
    """Return a text with its whole numbers below 100 in words.

    Examples
    --------
    >>> numbers_in_words("2 of 21 beds, 3.5 hours, 100 days")
    'two of twenty-one beds, 3.5 hours, 100 days'
    """
    return _NUMBER.sub(lambda match: _word(int(match[0])), text)


def _word(number: int) -> str:
    if number < len(_ONES):
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


def _punctuation_added(text: str) -> str:
    return text + ("." if text[-1:].isalnum() else "!")


def _accents_added(text: str) -> str:
    return " ".join(accented(word) for word in text.split(" "))


def _look_alikes(text: str) -> str:
    return text.translate(LOOK_ALIKES)


def _invisible(text: str) -> str:
    return text.replace(" ", " " + ZERO_WIDTH)


def _typos(
    rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
) -> dict[str, pd.Series]:
    made = {}
    for name in columns:
        codes, different = coded(rows[name])
        words = [at for at, one in enumerate(different) if isinstance(one, str)]
        new = list(different)
        for at, text in zip(words, typos_in_words([different[at] for at in words], severity, rng), strict=True):
            new[at] = text
        made[name] = taken(rows[name], codes, new) if new != different else rows[name]
    return made


def _text(name: str, title: str, population: str, change: Callable[[str], str], support: str = WITHIN) -> Perturbation:
    """Return a change of every text; within the support where any writer of the reference may write so."""
    return Perturbation(
        name=name,
        title=title,
        family="text",
        population=population,
        support=support,
        places=one_each(lambda column: column.kind == "text"),
        make=respelled(change),
    )


TEXT: tuple[Perturbation, ...] = (
    Perturbation(
        name="text_typos",
        title="Typos",
        family="text",
        population="People who type fast, or on a phone.",
        unit="share of the words",
        severities=(0.02, 0.05, 0.1, 0.2),
        support=WITHIN,
        places=one_each(lambda column: column.kind == "text"),
        make=_typos,
    ),
    _text("text_upper_case", "All capitals", "People who shout, and old systems.", str.upper),
    _text("text_lower_case", "No capitals", "People who never press shift.", str.lower),
    _text("text_punctuation_lost", "Punctuation lost", "Dictated text, and chats.",
          lambda text: text.translate(_PUNCTUATION)),
    _text("text_punctuation_added", "Punctuation added", "People who end every text with a mark.", _punctuation_added),
    _text("text_doubled_spaces", "Doubled spaces", "Text that was set in columns or copied from a page.",
          doubled_space),
    _text("text_numbers_in_words", "Numbers in words", "Careful writers spell small numbers out.", numbers_in_words),
    _text("text_accents_lost", "Accents lost", "A keyboard or a system without accents.", unaccented),
    _text("text_accents_added", "Accents added", "A keyboard layout that puts accents where none belong.",
          _accents_added, BEYOND),
    _text("text_look_alikes", "Look-alike letters", "Senders who hide words from a filter by Cyrillic twins.",
          _look_alikes, BEYOND),
    _text("text_invisible_characters", "Invisible characters", "Text copied from a web page, or made to pass a filter.",
          _invisible, BEYOND),
)  # fmt: skip
