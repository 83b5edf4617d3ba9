"""All stand-ins of one attribute, measured on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.bias.proxy.guess import guess, matrix_of
from modelcheck.checks.bias.proxy.looked_at import draw_rows, fold_of, judged_groups
from modelcheck.checks.bias.proxy.stand_ins import StandIn, goes_with, level_means, level_ranks, outputs_of
from modelcheck.checks.columns import design_of, lean
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import FeatureCodes, ScoredRows
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import Linearised
from modelcheck.stats.ranking import linearise_roc_auc, roc_auc

__all__ = ["EVERYTHING", "Measured", "itself", "measure"]

EVERYTHING = "all other columns together"
_MOST_PLACES = 600
_FEWEST_COLUMNS = 5
_BINS = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """What was found.

    Attributes
    ----------
    stand_ins : tuple of StandIn
        The attribute itself, the guess and single columns, for each judged group.
    places : int
        How many there were to look at, measured or not.
    columns : int
        Columns that were looked at.
    rows, everyone : int
        Rows that were looked at, of how many.
    judged, small : tuple of int
        Groups that were told from the rest, and those with too few rows for it.
    design : Design
        Of the rows.
    farthest : float
        Largest squared distance of a row's output from the mean, over the variance.
    guessed, scored : mapping of int to Estimate
        Area under the curve of the guess, and of the candidate's own score, by judged group.
    """

    stand_ins: tuple[StandIn, ...]
    places: int
    columns: int
    rows: int
    everyone: int
    judged: tuple[int, ...]
    small: tuple[int, ...]
    design: Design
    farthest: float
    guessed: dict[int, Estimate]
    scored: dict[int, Estimate]


def itself(name: str) -> str:
    """Return the name of the stand-in that is the attribute."""
    return f"{name} itself"


def measure(
    rows: ScoredRows, attribute: Attribute, *, left_out: set[str], confidence: float, rng: Generator
) -> Measured | str:
    """Measure every stand-in of an attribute.

    Parameters
    ----------
    rows : ScoredRows
        All rows, scored by the candidate.
    attribute : Attribute
        Of `rows`.
    left_out : set of str
        The attribute's own columns and those that follow it: no stand-ins.
    confidence : float
        Of the areas under the curve, together for all groups.
    rng : numpy.random.Generator
        Draws rows and folds.

    Returns
    -------
    Measured or str
        The latter says why nothing can be measured.
    """
    features = rows.features
    names = () if features is None else features.names
    used = np.array([place for place, name in enumerate(names) if name not in left_out], dtype=np.intp)
    chosen = draw_rows(len(rows), len(used), rows.cluster, rng)
    some = lean(rows).take(chosen)
    group = attribute.codes[chosen]
    judged, small = judged_groups(attribute, group)
    if not judged:
        return "no group has 30 rows beside 30 others, so none can be told from the rest"
    design = design_of(some)
    ranked = rows.task == "regression" or not rows.probabilistic
    outputs = outputs_of(some.score, some.decision, ranked=ranked)
    fold = fold_of(len(chosen), some.cluster, rng)
    # Guesses of one fold share their model's habits: other folds' rows would have no level like theirs.
    other_fold = fold_of(len(chosen), some.cluster, rng)
    weight = None if some.weight is None else some.weight / float(some.weight.mean())
    own = goes_with(outputs, level_means(group, fold, outputs, weight), design)
    if own is None:
        return "all scores are equal, so no part of them can go with anything"
    level = 1.0 - (1.0 - confidence) / len(judged)
    found = [_itself(attribute.name, place, own) for place in judged]
    guessed: dict[int, Estimate] = {}
    if features is not None and len(used):
        categorical = ~np.array(features.ordered, dtype=np.bool_)[used]
        table = matrix_of(features, used, chosen)
        shares = guess(table, group, len(attribute), fold, categorical=categorical, weight=weight)
        del table
        for place in judged:
            guessed[place] = roc_auc(group == place, shares[:, place], confidence=level, design=design)
            found.append(_guessed(place, group, shares[:, place], other_fold, outputs, weight, design))
        found += _columns(features, used, chosen, judged, group, shares, fold, outputs, weight, design)
    return Measured(
        stand_ins=tuple(found),
        places=len(judged) * (1 + (len(used) + 1 if len(used) else 0)),
        columns=len(used),
        rows=len(chosen),
        everyone=len(rows),
        judged=tuple(judged),
        small=tuple(small),
        design=design,
        farthest=_farthest(outputs, design),
        guessed=guessed,
        scored=_scored(some, group, judged, len(attribute), fold, outputs, weight, level),
    )


def _itself(name: str, place: int, share: Linearised) -> StandIn:
    certain = Linearised(value=1.0, influence=np.zeros(0))
    return StandIn(name=itself(name), group=place, tells=certain, share=share)


def _tells(positive: NDArray[np.bool_], by: NDArray[np.float64], design: Design) -> Linearised:
    found = linearise_roc_auc(positive, by, design=design)
    if found is None:
        raise ValueError("a judged group has rows, and so have the others.")
    return found


def _share(
    codes: NDArray[np.intp],
    fold: NDArray[np.intp],
    outputs: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    design: Design,
) -> Linearised:
    found = goes_with(outputs, level_means(codes, fold, outputs, weight), design)
    if found is None:
        raise ValueError("the outputs don't vary.")
    return found


def _guessed(
    place: int,
    group: NDArray[np.intp],
    share: NDArray[np.float64],
    fold: NDArray[np.intp],
    outputs: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    design: Design,
) -> StandIn:
    cuts = np.unique(np.quantile(share, np.linspace(0.0, 1.0, _BINS + 1)[1:-1]))
    bins = np.searchsorted(cuts, share, side="right")
    return StandIn(
        name=EVERYTHING,
        group=place,
        tells=_tells(group == place, share, design),
        share=_share(bins, fold, outputs, weight, design),
    )


def _columns(
    features: FeatureCodes,
    used: NDArray[np.intp],
    chosen: NDArray[np.intp],
    judged: list[int],
    group: NDArray[np.intp],
    shares: NDArray[np.float64],
    fold: NDArray[np.intp],
    outputs: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    design: Design,
) -> list[StandIn]:
    """Measure single columns: all, or of very many those that the score or the guess goes with most."""
    truth = np.equal(group[:, None], np.array(judged)[None, :]).astype(np.float64)
    guesses = shares[:, judged]
    of_score: list[Linearised] = []
    of_guess = np.zeros((len(used), len(judged)))
    codes = [features.values[feature, chosen].astype(np.intp) for feature in used]
    for at, column in enumerate(codes):
        of_score.append(_share(column, fold, outputs, weight, design))
        expected = level_means(column, fold, guesses, weight)
        for place in range(len(judged)):
            told = goes_with(guesses[:, [place]], expected[:, [place]], design)
            of_guess[at, place] = 0.0 if told is None else max(told.value, 0.0)
    most = max(_MOST_PLACES // len(judged), _FEWEST_COLUMNS)
    reach = np.maximum(of_guess.max(axis=1), [one.value for one in of_score])
    kept = np.sort(np.argsort(-reach, kind="stable")[:most])
    found = []
    for at in kept.tolist():
        ranks = level_ranks(codes[at], fold, truth, weight)
        for place, code in enumerate(judged):
            tells = _tells(group == code, ranks[:, place], design)
            name = features.names[used[at]]
            found.append(
                StandIn(name=name, group=code, tells=tells, share=of_score[at], of_guess=float(of_guess[at, place]))
            )
    return found


def _scored(
    rows: ScoredRows,
    group: NDArray[np.intp],
    judged: list[int],
    n_groups: int,
    fold: NDArray[np.intp],
    outputs: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    level: float,
) -> dict[int, Estimate]:
    """Return how well the candidate's own output tells each group."""
    design = design_of(rows)
    if rows.score is not None and rows.score.ndim == 1:
        told = np.repeat(rows.score[:, None], n_groups, axis=1)
    elif rows.score is None:
        truth = np.equal(group[:, None], np.arange(n_groups)[None, :]).astype(np.float64)
        told = level_ranks(outputs.argmax(axis=1), fold, truth, weight)
    else:
        told = guess(outputs, group, n_groups, fold, weight=weight)
    return {place: roc_auc(group == place, told[:, place], confidence=level, design=design) for place in judged}


def _farthest(outputs: NDArray[np.float64], design: Design) -> float:
    centre = np.array([design.mean(outputs[:, place]) for place in range(outputs.shape[1])])
    square = ((outputs - centre) ** 2).sum(axis=1)
    return float(square.max() / design.mean(square))
