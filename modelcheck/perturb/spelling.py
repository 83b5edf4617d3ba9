"""Categories that are the same to a person and not to a program: white space, case, slips, accents, look-alikes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator

from modelcheck.perturb.columns import coded, one_each, taken
from modelcheck.perturb.letters import (
    NO_BREAK,
    ZERO_WIDTH,
    accented,
    doubled_space,
    look_alike,
    typo,
    unaccented,
)
from modelcheck.perturb.perturbation import BEYOND, Maker, Perturbation
from modelcheck.perturb.profile import TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SPELLING", "respelled", "separated"]

_VARIANTS = 8  # typos of each label


def separated(text: str) -> str:
    """Return a text with other separators: spaces become underscores, else underscores hyphens, else hyphens spaces.

    Examples
    --------
    >>> separated("Never married"), separated("never_married"), separated("Never-married")
    ('Never_married', 'never-married', 'Never married')
    """
    for one, other in ((" ", "_"), ("_", "-"), ("-", " ")):
        if one in text:
            return text.replace(one, other)
    return text


def respelled(change: Callable[[str], str]) -> Maker:
    """Return a maker that changes every label alike.

    Parameters
    ----------
    change : callable
        From a text to how it is spelled instead.

    Returns
    -------
    callable
        See `Perturbation.make`; cells that hold no text stay as they are.
    """

    def make(
        rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
    ) -> dict[str, pd.Series]:
        made = {}
        for name in columns:
            codes, different = coded(rows[name])
            new = [change(one) if isinstance(one, str) else one for one in different]
            made[name] = taken(rows[name], codes, new) if new != different else rows[name]
        return made

    return make


def _typos(
    rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
) -> dict[str, pd.Series]:
    made = {}
    for name in columns:
        codes, different = coded(rows[name])
        # Several slips of each label, but not more texts than there are cells.
        variants = _VARIANTS if _VARIANTS * len(different) <= len(rows) else 1
        new = [typo(one, rng) if isinstance(one, str) else one for one in different for _ in range(variants)]
        chosen = codes * variants + rng.integers(variants, size=len(rows))
        made[name] = taken(rows[name], np.where(codes >= 0, chosen, -1), new)
    return made


def _spelling(name: str, title: str, population: str, change: Callable[[str], str]) -> Perturbation:
    return Perturbation(
        name=name,
        title=title,
        family="spelling",
        population=population,
        support=BEYOND,
        places=one_each(lambda column: column.texts and any(change(level) != level for level in column.levels)),
        make=respelled(change),
    )


SPELLING: tuple[Perturbation, ...] = (
    _spelling("trailing_space", "Trailing space", "Exports of fixed width, and people who type a space at the end.",
              lambda text: text + " "),
    _spelling("leading_space", "Leading space", "Files with a space after every comma.", lambda text: " " + text),
    _spelling("doubled_space", "Doubled space", "Somebody hits the space bar twice between two words.", doubled_space),
    _spelling("non_breaking_space", "Non-breaking space", "Labels copied from a web page or a word processor.",
              lambda text: text.replace(" ", NO_BREAK)),
    _spelling("upper_case", "Upper case", "An old system that writes capitals only.", str.upper),
    _spelling("lower_case", "Lower case", "A pipeline that makes all labels small.", str.lower),
    _spelling("title_case", "Title case", "A form that begins every word with a capital.", str.title),
    _spelling("accents_lost", "Accents lost", "A system that knows only unaccented letters.", unaccented),
    _spelling("accents_added", "Accents added", "A speller that puts accents where they don't belong.", accented),
    _spelling("look_alike_letters", "Look-alike letters", "A Cyrillic keyboard: the letter looks the same.",
              look_alike),
    _spelling("invisible_character", "Invisible character", "A zero-width space that came with a copied label.",
              lambda text: text + ZERO_WIDTH),
    _spelling("other_separators", "Other separators", "A source that writes never_married for never married.",
              separated),
    Perturbation(
        name="typo",
        title="Typo",
        family="spelling",
        population="Labels typed by hand, with one slip each.",
        support=BEYOND,
        places=one_each(lambda column: column.texts),
        make=_typos,
    ),
)  # fmt: skip
