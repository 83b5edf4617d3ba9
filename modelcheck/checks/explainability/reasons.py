"""A column as a reason: what it earned in the reference and earns here, and whether its levels keep their word."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import drawn
from modelcheck.checks.explainability.earnings import FEWEST, Earned, doubted
from modelcheck.checks.explainability.stand_ins import Told, word_lost
from modelcheck.checks.judging import beyond
from modelcheck.checks.words import short
from modelcheck.data.levels import OTHER
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import FeatureCodes
from modelcheck.stats.design import too_few
from modelcheck.stats.holm import AtConfidence, proved_below
from modelcheck.stats.linearised import Linearised, interval, undefined, unpaired_difference
from modelcheck.stats.power import Side, rows_needed

__all__ = ["Reason", "reasons"]

_METRIC = "earnings_share_lost"
_MERGED = 0.1  # of the rows may share the code of all rare levels before the codes don't say what the column holds
_HOPELESS = 100
_MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A column: what it lost, and whether its levels keep their word.

    Attributes
    ----------
    name : str
        Of the column.
    at : callable
        What it lost, at any confidence.
    lost : Estimate
        The same at the gate's.
    limit : float
        How much it may lose.
    kept : bool
        Whether it is proved to have lost, or to have had, under the limit, or is the same in all rows here.
    word : callable or None
        How much less than half of what they told its levels tell, at any confidence; None where nobody has to know.
    coded : bool
        Whether codes say what the column holds.
    asked : str
        How many rows were asked about.
    """

    name: str
    at: AtConfidence
    lost: Estimate
    limit: float
    kept: bool
    word: AtConfidence | None
    coded: bool
    asked: str

    @property
    def keeps(self) -> bool:
        """Whether the column is proved to be no shortcut."""
        if self.kept or not self.coded or self.word is None:
            return self.kept
        return beyond(self.word(self.lost.confidence), 0.0, side="min")

    @property
    def left_open(self) -> Estimate:
        """What it lost, with what it takes to know whether that is a shortcut."""
        lost = self.lost
        if lost.unproven or lost.value is None:
            return lost
        word = None if self.word is None or not self.coded else self.word(lost.confidence)
        less = _more(lost, self.limit) if lost.value < self.limit else None
        if word is None or word.value is None:
            why = f"the codes of {short(self.name)} don't say what it holds, so that what it still tells isn't known"
            return replace(lost, unproven=f"{why} ({self.asked})", n_needed=less)
        why = (
            f"it is proved neither that {short(self.name)} lost under {self.limit:g} of all that columns earn, nor "
            f"whether its levels still tell over half of what they told ({self.asked})"
        )
        tells = _more(word, 0.0)
        if word.value >= 0.0 and lost.value >= self.limit:  # then both have to be shown
            tells = max(tells or 0, _more(lost, self.limit) or 0)
        return replace(lost, unproven=why, n_needed=min((one for one in (less, tells) if one), default=None))


def reasons(context: Context, before: Earned, now: Earned, limit: float) -> list[Reason]:
    """Return every column with what it lost since the reference.

    Parameters
    ----------
    context : Context
        With a reference.
    before, now : Earned
        What columns earn there and here.
    limit : float
        How much a column may lose.
    """
    ready, find, here = drawn(context), context.find_reference, context.rows
    reference = None if find is None else find()
    if isinstance(ready, str) or reference is None:
        return []
    then, today, half = None, None, np.zeros(0, dtype=np.intp)
    if reference.features is not None and here.features is not None:
        # Nobody has to be asked what levels tell: all rows count, up to a number that costs no time.
        rng = context.generator("explainability words")
        then, today = (Told.of(one, np.sort(rng.permutation(len(one))[:_MOST_ROWS])) for one in (reference, here))
        half = rng.permutation(len(then.truth)) % 2

    def word(name: str) -> AtConfidence | None:
        if then is None or today is None:
            return None
        return lambda confidence: word_lost(then, today, name, half=half, confidence=confidence)

    found = []
    for column, name in enumerate(now.columns):
        at = _place(before, now, column)
        lost = at(context.confidence)
        kept = ready.rows[name].nunique(dropna=False) == 1 or _small(lost, limit, before, now, column)
        found.append(
            Reason(
                name=name,
                at=at,
                lost=lost,
                limit=limit,
                kept=kept,
                word=None if kept else word(name),
                coded=_tells_apart(here.features, name),
                asked=f"asked about {before.rows:,} rows of the reference and {now.rows:,} of the dataset",
            )
        )
    return found


def _small(lost: Estimate, limit: float, before: Earned, now: Earned, column: int) -> bool:
    """Return whether a column is proved to have lost little, or to have had little that it could lose."""
    had = before.part(column)
    if had is None or before.doubt or now.doubt or min(len(before.known), len(now.known)) < FEWEST:
        return False
    if not had.value and not had.influence.any():
        return True  # the candidate doesn't use it
    part = interval(had, before.design, metric=_METRIC, confidence=lost.confidence)
    return proved_below(lost, limit) or proved_below(part, limit)


def _place(before: Earned, now: Earned, column: int) -> AtConfidence:
    parts = before.lost(now, column)
    few = min(len(before.known), len(now.known))

    def at(confidence: float) -> Estimate:
        if parts is None:
            return undefined(_METRIC, confidence, "columns earn nothing together in the reference", n_needed=None)
        old: Linearised
        old, new = parts
        found = unpaired_difference(old, before.design, new, now.design, metric=_METRIC, confidence=confidence)
        if few < FEWEST and not found.unproven:
            return replace(found, unproven=too_few(few, "row"), n_needed=FEWEST)
        return doubted(found, before.doubt or now.doubt)

    return at


def _more(found: Estimate, limit: float) -> int | None:
    """Return how many rows, of both tables together, would show on which side of the limit the value lies."""
    if found.value is None:
        return None
    side: Side = "high" if found.value < limit else "low"
    needed = rows_needed(found, found.value - limit, side=side, power=0.5)
    return None if needed is None or needed > _HOPELESS * found.n else max(needed, found.n + 1)


def _tells_apart(features: FeatureCodes | None, name: str) -> bool:
    """Return whether codes say what a column holds: not of text, nor where many rows share one code for the rest."""
    if features is None or name not in features.names:
        return False
    place = features.names.index(name)
    labels = features.levels[place].labels
    if labels[1:] == ("present",):
        return False
    rest = len(labels) - 1 if labels[-1] == OTHER else -1
    return features.levels[place].ordered or float(np.mean(features.values[place] == rest)) <= _MERGED
