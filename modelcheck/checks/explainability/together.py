"""What forbidden columns and their near-copies move as one, whatever the number of other columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import Drawn, Scores
from modelcheck.checks.explainability.moving import stacked
from modelcheck.checks.words import short
from modelcheck.explain.questions import answers, mixed
from modelcheck.record.evidence import Estimate
from modelcheck.stats.linearised import undefined
from modelcheck.stats.shares import linearised_share, share_interval

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Together", "asked_a_row", "moved_together"]

_WALKS = 8
_OTHERS = 4
_MOST_ROWS = 400
_FEWEST_ROWS = 30
_METRIC = "attribution_share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """The share of some columns as one.

    Attributes
    ----------
    estimate : Estimate
        ``attribution_share``.
    lost : int
        Rows without an answer on the way.
    rows : int
        Rows that it rests on.
    carriers : int
        Rows in which the columns move anything.
    asked : int
        Rows that the model was asked about.
    """

    estimate: Estimate
    lost: int
    rows: int
    carriers: int
    asked: int


def asked_a_row(n_others: int) -> int:
    """Return how many rows the model is asked about for each row of `moved_together`."""
    return 4 * _WALKS * (1 + min(_OTHERS, n_others))


def moved_together(
    context: Context, ready: Drawn, group: tuple[str, ...], *, weight: float, allowed: int
) -> Together | None:
    """Return the share of attribution of some columns that are switched as one.

    Parameters
    ----------
    context : Context
        With `asking`.
    ready : Drawn
        The run's sample.
    group : tuple of str
        The columns.
    weight : float
        How much of what they move counts.
    allowed : int
        Rows that may be asked about.

    Returns
    -------
    Together or None
        Shapley values of a game in which the group is one player and every other column one each, on the model's own
        scale. Of each row the group's value is estimated and that of 4 other columns, drawn at random, which stand for
        all of them: so a row costs at most 160 questions however many columns there are. Each value is the mean over 8
        rows of the background of what switching does once some others have been switched, each of them with a
        probability drawn anew, and once the rest of them has.

        Sizes of noisy values are too large, those of the other columns most. So the interval also holds what the share
        would be with sizes that are too small by as much: those of each half of the walks with the other half's sign.
        As the group is never torn apart, a model that refuses rows in which a column and its copy disagree is not asked
        about such rows. None where 30 rows cost too much.

    References
    ----------
    Owen, G. (1972). Multilinear extensions of games. Management Science 18 (5), 64-79. Owen, G. (1977). Values of games
    with a priori unions (columns that join as one). Mathematical Economics and Game Theory, 76-88.
    """
    asking = context.asking
    assert asking is not None  # noqa: S101 - the check answered otherwise
    others = tuple(name for name in ready.columns if name not in group)
    n = min(len(ready.rows), _MOST_ROWS, allowed // asked_a_row(len(others)))
    if n < min(_FEWEST_ROWS, len(ready.rows)):
        return None
    scores = Scores(asking, ready.scored)
    rng = context.generator("explainability together")
    halves = _values(scores, ready, group, others, n, rng)
    each = len(others) / max(halves.shape[1] - 1, 1)
    size = np.abs(halves.mean(axis=2)).sum(axis=2)
    careful = (0.5 * (np.sign(halves) * halves[:, :, ::-1]).sum(axis=2)).sum(axis=2)
    known = np.flatnonzero(np.isfinite(size).all(axis=1))
    design = ready.design.take(known)

    def of(own: NDArray[np.float64], rest: NDArray[np.float64]) -> Estimate:
        part, left = own[known, 0], each * rest[known, 1:].sum(axis=1)
        found = linearised_share(weight * part, part + left, design)
        if found is None:
            return undefined(_METRIC, context.confidence, "nothing moves, so there is no whole to have a share of")
        return share_interval(found, design, metric=_METRIC, confidence=context.confidence)

    estimate, least, most = of(size, size), of(careful, size), of(size, careful)
    if estimate.low is not None and estimate.high is not None:
        estimate = replace(
            estimate,
            low=min(estimate.low, 0.0 if least.low is None else least.low),
            high=max(estimate.high, 1.0 if most.high is None else most.high),
        )
    one = " and ".join(short(name) for name in group) if len(group) < 3 else f"{len(group)} columns"
    return Together(
        estimate=replace(estimate, method=f"{estimate.method}; {one} switched as one against columns drawn by row"),
        lost=n - len(known),
        rows=len(known),
        carriers=int((size[known, 0] > 0.0).sum()),
        asked=scores.asked,
    )


def _values(
    scores: Scores, ready: Drawn, group: tuple[str, ...], others: tuple[str, ...], n: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return what the group (first) and the columns drawn for a row add to its answer, by both halves of the walks.

    Of shape (n, 1 + drawn, 2, n_outputs).
    """
    rows, table = n, stacked(ready.rows.iloc[:n], ready.background)
    drawn = min(_OTHERS, len(others))
    # Player 0 is the group; which others are asked about differs by row.
    player = np.zeros((rows, 1 + drawn), dtype=np.intp)
    for row in range(rows):
        player[row, 1:] = 1 + rng.permutation(len(others))[:drawn]
    far = rows + np.stack([np.resize(rng.permutation(len(ready.background)), _WALKS) for _ in range(rows)])
    shape = (rows, 1 + drawn, _WALKS)
    count = int(np.prod(shape))
    first = np.empty((count, 1 + len(others)), dtype=np.bool_)
    for some in first:
        some[:] = rng.random(1 + len(others)) < rng.random()

    def question(at: NDArray[np.intp]) -> pd.DataFrame:
        # Four questions in a row: without and with the player, beside some of the others, then beside the rest.
        cell, kind = at // 4, at % 4
        row, place, walk = np.unravel_index(cell, shape)
        taken = first[cell] ^ (kind >= 2)[:, None]
        taken[np.arange(len(at)), player[row, place]] = kind % 2 == 1
        moved = dict.fromkeys(group, ~taken[:, 0])
        moved |= {name: ~taken[:, 1 + spot] for spot, name in enumerate(others)}
        return mixed(table, row, far[row, walk], moved)

    told = answers(scores, 4 * count, question)
    told = told.reshape(*shape, 2, 2, -1)
    each = (told[..., 1, :] - told[..., 0, :]).mean(axis=3)
    return np.stack([each[:, :, ::2].mean(axis=2), each[:, :, 1::2].mean(axis=2)], axis=2)
