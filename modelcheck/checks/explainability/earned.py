"""How answers and loss change when a column holds another row's entry: asked once a run, on each table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import NO_BUDGET, Drawn, Scores, drawn, rows_for, scores_of, support_scored
from modelcheck.checks.explainability.earnings import Earned
from modelcheck.checks.explainability.losing import Answered, Kept, distance, loss_of, on_line, slope_of
from modelcheck.errors import DataError
from modelcheck.explain.permuted import Loss, Shuffled, cyclic_donors, shuffled_losses
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.rows import ScoredRows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Earned", "earned", "earned_on_reference", "moved_together", "spare"]

_FEWEST = 20
_SPARE = 0.2  # of the rows that may be asked about are left for what columns move together and tell alone


def earned(context: Context) -> Earned | str:
    """Return what each column earns on the dataset.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Earned or str
        A sentence where nobody can be asked, or the budget is too small.
    """
    ready = drawn(context)
    if isinstance(ready, str):
        return ready
    asking = context.asking
    assert asking is not None  # noqa: S101 - `drawn` answered otherwise
    return context.share(
        "explainability-earned",
        lambda: _earn(context, asking, ready, ready.rows, ready.scored, _affordable(context, ready), "dataset"),
    )


def spare(context: Context) -> int:
    """Return how many rows `earned` leaves for what columns move together and tell alone."""
    return int(_SPARE * rows_for(context, "shuffled"))


def _affordable(context: Context, ready: Drawn) -> int:
    """Return how many rows of the dataset can be asked about with each column shuffled."""
    left = spare(context)
    # Half of what is left pays for one more question of each row: columns that are copies, moved together.
    return min((rows_for(context, "shuffled") - left) // (len(ready.columns) + 1), left // 2)


def earned_on_reference(context: Context) -> Earned | str:
    """Return the same on the reference: what each column seemed to earn while the candidate was made."""
    ready = drawn(context)
    if isinstance(ready, str):
        return ready
    asking = context.asking
    try:
        scored = support_scored(context, ready)
    except DataError as error:
        raise DataError(f"The reference can't be scored, so nobody knows what columns earned there. {error}") from error
    if scored is None:
        return "no reference is declared, so nobody knows what the columns earned there: [reference] path."
    assert asking is not None  # noqa: S101 - `drawn` answered otherwise
    allowed = rows_for(context, "shuffled reference") // (len(ready.columns) + 1)
    return context.share(
        "explainability-earned-reference",
        lambda: _earn(context, asking, ready, ready.support, scored, allowed, "reference"),
    )


def moved_together(context: Context, gains: Earned, columns: tuple[str, ...]) -> Shuffled | None:
    """Return how far answers move when columns hold the entries of one other row, in the unit of ``Earned.moved``.

    Parameters
    ----------
    context : Context
        With `asking`.
    gains : Earned
        What `earned` returned: the same rows are asked about, once each, with the same donors.
    columns : tuple of str
        Which.
    """
    ready, asking = drawn(context), context.asking
    if isinstance(ready, str) or asking is None:
        return None
    some = ready.scored.take(np.arange(gains.rows))
    own = scores_of(some)
    _, unit, _ = loss_of(some)
    slope = slope_of(some, own)
    moved = distance(some, own, 1.0 if slope is None else slope)
    return shuffled_losses(
        Answered(Scores(asking, some), own),
        lambda score, at: moved(score, at) / unit,
        ready.rows.iloc[: gains.rows],
        {" and ".join(columns): columns},
        _donors(context, gains.rows, "dataset"),
        design=design_of(some),
    )


def _donors(context: Context, n: int, name: str) -> NDArray[np.intp]:
    return cyclic_donors(n, 1, context.generator(f"explainability shuffles {name}"))


def _earn(
    context: Context, asking: Asking, ready: Drawn, rows: pd.DataFrame, scored: ScoredRows, allowed: int, name: str
) -> Earned | str:
    import pandas as pd

    n = min(len(rows), allowed)
    if n < min(_FEWEST, len(rows)) or n < 2:
        return f"{NO_BUDGET} {_FEWEST} rows with each of {len(ready.columns):,} columns shuffled are needed."
    some = scored.take(np.arange(n))
    loss, unit, words = loss_of(some)
    if unit <= 0.0:
        return f"every drawn row of the {name} has the same truth, so no column can earn anything."
    scores = Scores(asking, some)
    donors = _donors(context, n, name)
    design = design_of(some)
    kept = Kept(scores)
    found = shuffled_losses(
        kept,
        lambda score, at: loss(score, at) / unit,
        rows.iloc[:n],
        {column: (column,) for column in ready.columns},
        donors,
        design=design,
    )
    own = kept.first(n)
    slope = slope_of(some, own)

    def read(of: Loss) -> Shuffled:
        # The same questions in the same order, without the rows that nobody has to be asked about again.
        bare = pd.DataFrame(index=range(n))
        return shuffled_losses(
            kept.again(),
            lambda score, at: of(score, at) / unit,
            bare,
            dict.fromkeys(ready.columns, ()),
            donors,
            design=design,
        )

    return Earned(
        shuffled=found,
        scaled=found if slope is None else read(on_line(some, own, slope)),
        moved=read(distance(some, own, 1.0 if slope is None else slope)),
        loss=words,
        rows=n,
        predicted=scores.asked,
    )
