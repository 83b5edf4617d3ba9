"""Columns that tell each other, which a candidate may lean on in turns: what they move, they move together."""

from __future__ import annotations

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import Drawn
from modelcheck.checks.explainability.near_copies import NEAR_COPY
from modelcheck.checks.explainability.telling import seen_of, telling

__all__ = ["copies_that_move"]

_MOVING = 0.05  # of all movement: a copy that has less adds little to the one that it copies


def copies_that_move(context: Context, ready: Drawn, shares: dict[str, float], *, limit: float) -> tuple[str, ...]:
    """Return the columns that may together move the answers by more than the limit, though none does by itself.

    Parameters
    ----------
    context : Context
        Of the run.
    ready : Drawn
        The sample whose values are compared.
    shares : dict of str to float
        The part that each column has in what moves the answers.
    limit : float
        As for the part of one column.

    Returns
    -------
    tuple of str
        A column and its near-copies (of the two one tells over .8 of the other), those that move most; empty where
        there are none, where they can't have more than the limit (what k columns do together is at most k times,
        squared, what they do one by one), or where they are all columns.
    """
    moving = [name for name in ready.columns if shares.get(name, 0.0) >= _MOVING]
    if len(moving) < 2:
        return ()
    seen = {name: seen_of(ready.rows[name]) for name in moving}
    rng = context.generator("explainability copies")
    told = {
        one: {other: telling(seen[other], seen[one], rng).value for other in moving if other != one} for one in moving
    }
    best: tuple[str, ...] = ()
    for name in moving:
        group = [other for other in moving if _alike(told, name, other)]
        part, size = sum(shares[one] for one in group), len(group)
        most = size * part / (1.0 - part + size * part)
        if 1 < size < len(shares) and most > limit and part > sum(shares[one] for one in best):
            best = tuple(sorted(group, key=lambda one: -shares[one]))
    return best


def _alike(told: dict[str, dict[str, float]], one: str, other: str) -> bool:
    return one == other or max(told[one].get(other, 0.0), told[other].get(one, 0.0)) >= NEAR_COPY
