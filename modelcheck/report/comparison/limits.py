"""What a gate asks, then and now: a gate that holds because its limit was loosened was not mended."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from modelcheck.record.evidence import Burden, Criterion
from modelcheck.record.numbers import format_level, format_limit, format_value

__all__ = ["LimitChange", "limit_change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChange:
    """How a criterion changed.

    Attributes
    ----------
    looser, stricter : bool
        Whether any part of it asks less, or more; neither where only its form changed.
    words : str
        What changed, then and now.
    """

    looser: bool
    stricter: bool
    words: str


def limit_change(old: Criterion | None, new: Criterion | None) -> LimitChange | None:
    """Return how a limit changed.

    Parameters
    ----------
    old, new : Criterion or None
        None for a metric without a limit. The reasons that people gave for a limit are not compared.

    Returns
    -------
    LimitChange or None
        None where the same is asked.

    Examples
    --------
    >>> limit_change(Criterion(min=0.6), Criterion(min=0.5)).words
    'limit loosened: at least 0.6, now at least 0.5'
    """
    if old is None or new is None:
        if old is new:
            return None
        if new is None:
            return LimitChange(looser=True, stricter=False, words=f"limit removed: {_limit(old)}")
        return LimitChange(looser=False, stricter=True, words=f"limit is new: {_limit(new)}")
    turns, words = [], []
    bounds = list(_bounds(old, new))
    if bounds:
        turns += bounds
        verb = {(True, False): "loosened", (False, True): "tightened"}.get(_both(bounds), "changed")
        words.append(f"limit {verb}: {format_limit(old)}, now {format_limit(new)}")
    for turn, text in _proof(old, new):
        turns.append(turn)
        words.append(text)
    if not words:
        return None
    looser, stricter = _both(turns)
    return LimitChange(looser=looser, stricter=stricter, words="; ".join(words))


def _limit(criterion: Criterion | None) -> str:
    return "none" if criterion is None else format_limit(criterion)


def _both(turns: list[int]) -> tuple[bool, bool]:
    return any(turn < 0 for turn in turns), any(turn > 0 for turn in turns)


def _bounds(old: Criterion, new: Criterion) -> Iterator[int]:
    """Yield -1 for each bound that asks less now, 1 for each that asks more."""
    for before, after, sign in ((old.min, new.min, 1), (old.max, new.max, -1), (old.margin, new.margin, -1)):
        if _same(before, after):
            continue
        if before is None or after is None:
            yield 1 if before is None else -1
        else:
            yield sign if after > before else -sign


def _proof(old: Criterion, new: Criterion) -> Iterator[tuple[int, str]]:
    """Yield the changes of what counts as proof, with -1 where less is asked, 1 where more, 0 where it depends."""
    if old.burden is not new.burden:
        turn = 1 if new.burden is Burden.COMPLIANCE else -1
        yield turn, f"burden of proof {old.burden}, now {new.burden}"
    if not _same(old.confidence, new.confidence):
        # Under breach, one that has to be proved more surely is found less often; less surely, passes change as well.
        surer, less_sure = (1, -1) if new.burden is Burden.COMPLIANCE else (-1, 0)
        turn = surer if new.confidence > old.confidence else less_sure
        yield turn, f"confidence {format_level(old.confidence)}, now {format_level(new.confidence)}"
    if not _same(old.resolution, new.resolution):
        before, after = (math.inf if one is None else one for one in (old.resolution, new.resolution))
        turn = -1 if after > before else 1
        yield turn, f"resolution {_resolution(old)}, now {_resolution(new)}"


def _resolution(criterion: Criterion) -> str:
    return "not asked for" if criterion.resolution is None else format_value(criterion.resolution)


def _same(one: float | None, other: float | None) -> bool:
    """Return whether two settings are equal but for what another version's arithmetic rounded."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9)
