"""What the candidate tells by some of its columns alone, while all others hold another row's entries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import design_of
from modelcheck.checks.context import Context
from modelcheck.checks.explainability.drawn import Drawn, Scores, scores_of
from modelcheck.checks.explainability.recalibrated import FOLDS, errors, squares
from modelcheck.checks.judging import beyond
from modelcheck.explain.permuted import cyclic_donors
from modelcheck.explain.questions import answers, mixed
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import Design, too_few
from modelcheck.stats.linearised import Linearised, interval
from modelcheck.stats.rates import rate_from_counts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Alone", "tells_alone"]

_NEAR = 0.95  # of the candidate's skill: columns that have as much alone say what the candidate says
_TELLS = 0.5  # of the loss of knowing nothing: columns that take away less may be all there is, but are no leak
_DONORS = 3  # odd, so that decisions of two classes have a majority
_FEWEST = 30
_EXACT = 1e-9
_METRIC = "told_alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """Skill by some columns alone and by all: the part of what knowing nothing loses that is not lost.

    Attributes
    ----------
    tells, candidate : float
        By these columns, and by all.
    above : Estimate
        The first less .95 of the second, paired by row.
    over : Estimate
        The first less a half.
    decides : bool
        Whether it is decisions that were compared.
    asked : int
        Rows that the candidate was asked about.
    """

    tells: float
    candidate: float
    above: Estimate
    over: Estimate
    decides: bool
    asked: int

    @property
    def near(self) -> bool:
        """Whether the columns are proved to tell over half of the truth, and what the candidate tells."""
        return beyond(self.above, 0.0) and beyond(self.over, 0.0)

    @property
    def less(self) -> bool:
        """Whether they are proved to tell clearly less than the candidate, or under half of the truth."""
        return beyond(self.above, 0.0, side="min") or beyond(self.over, 0.0, side="min")


def tells_alone(context: Context, ready: Drawn, columns: tuple[str, ...], *, allowed: int) -> Alone | str:
    """Ask the candidate about rows in which only some columns are the row's own.

    Parameters
    ----------
    context : Context
        With `asking`.
    ready : Drawn
        The sample.
    columns : tuple of str
        They keep their entries; all others take theirs, together, from one other row, three times.
    allowed : int
        How many rows may be asked about.

    Returns
    -------
    Alone or str
        Values: squared error of answers on the straight line that is nearest to the truth in other rows, probabilities:
        on the nearest rising curve, so that answers which are too extreme or too tame tell as much. Decisions: errors,
        when a row's decisions are read as the class that other rows decided alike mostly have. All of it for the mean
        over the three other rows, less what that still loses by these (half of what it saves over a single one), and as
        the part of what the best constant answer loses. A sentence where it can't be had.

    References
    ----------
    Friedman, J. H. (2001). Greedy function approximation. Annals of Statistics 29, 1189-1232, section 8.2 (partial
    dependence). Zadrozny, B. and Elkan, C. (2002). Transforming classifier scores into accurate multiclass probability
    estimates. KDD, 694-699 (recalibration by isotonic regression).
    """
    assert context.asking is not None  # noqa: S101 - `drawn` answered otherwise
    n = min(len(ready.rows), allowed // _DONORS)
    if n < _FEWEST:
        return f"the budget leaves {n:,} rows to find out what it tells alone; {_FEWEST} are needed"
    some = ready.scored.take(np.arange(n))
    scores = Scores(context.asking, some)
    donors = cyclic_donors(n, _DONORS, context.generator(f"explainability alone {columns}"))
    others = [name for name in ready.columns if name not in columns]

    def question(at: NDArray[np.intp]) -> pd.DataFrame:
        repeat, row = np.unravel_index(at, (_DONORS, n))
        lent = np.ones(len(at), dtype=bool)
        return mixed(ready.rows, row, donors[repeat, row], dict.fromkeys(others, lent))

    said = answers(scores, _DONORS * n, question).reshape(_DONORS, n, -1)
    known = np.flatnonzero(np.isfinite(said).all(axis=(0, 2)))
    if len(known) < _FEWEST or len(known) < 0.99 * n:
        return f"{n - len(known):,} of {n:,} rows have no answer once the other columns hold another row's entries"
    found = _compared(some.take(known), said[:, known], context.confidence)
    return found if isinstance(found, str) else replace(found, asked=scores.asked)


def _compared(rows: ScoredRows, said: NDArray[np.float64], confidence: float) -> Alone | str:
    own, design = scores_of(rows), design_of(rows)
    own = own[:, None] if own.ndim == 1 else own
    truth = np.asarray(rows.target, dtype=np.float64)[:, None]
    if own.shape[1] > 1:
        truth = np.eye(own.shape[1])[rows.target.astype(np.intp)]
    # Rows are in random order; those of a cluster stay together.
    fold = (np.arange(len(rows)) if design.cluster is None else design.cluster) % FOLDS
    decides = rows.score is None or not (rows.probabilistic or rows.task == "regression")
    if decides and rows.decision is None:
        return "the candidate gives neither probabilities nor decisions"
    if decides and rows.score is not None:
        return "the candidate's scores are no probabilities, so that what a column tells alone has no unit"
    if decides:
        by_some, by_all, constant = errors(own, said, truth, fold, design)
    else:
        by_some, by_all, constant = squares(own, said, truth, fold, design, line=not rows.classes)
    most = design.mean(constant)
    if not most > 0.0:
        return "all rows that were asked about have the same truth"
    alone, whole = (_saved(lost, constant, design) for lost in (by_some, by_all))
    exact = alone.value > 1.0 - _EXACT
    return Alone(
        tells=alone.value,
        candidate=whole.value,
        above=_estimate(alone, _NEAR, whole, design, confidence, exact=exact),
        over=_estimate(alone, 0.0, whole, design, confidence, exact=exact, less=_TELLS),
        decides=decides,
        asked=0,
    )


def _saved(lost: NDArray[np.float64], constant: NDArray[np.float64], design: Design) -> Linearised:
    most = design.mean(constant)
    part = design.mean(lost) / most
    return Linearised(value=1.0 - part, influence=(part * constant - lost) / most)


def _estimate(
    alone: Linearised,
    times: float,
    whole: Linearised,
    design: Design,
    confidence: float,
    *,
    exact: bool,
    less: float = 0.0,
) -> Estimate:
    value = alone.value - times * whole.value - less
    n = len(alone.influence)
    units = design.units(n)
    few = too_few(units, "row") if units < _FEWEST and design.cluster is None else ""
    both = Linearised(value=value, influence=alone.influence - times * whole.influence)
    found = interval(both, design, metric=_METRIC, confidence=confidence, unproven=few)
    if not exact or design.doubt(units)[0]:
        return found
    # Not one row shows how far a wrong one would be off: as another row's truth, which loses twice the variance.
    wrong = rate_from_counts(0, units, metric=_METRIC, confidence=confidence).high or 1.0
    return replace(found, low=value - 2.0 * wrong, high=value, unproven=few, method="no row told wrong: exact limit")
