"""The trivial rivals of a model, and the paired comparison with each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of, design_of, lean, scores_of
from modelcheck.checks.performance.catalogue import estimate, linearise
from modelcheck.checks.performance.trivial.skill import skill
from modelcheck.checks.performance.trivial.stump import Stump
from modelcheck.checks.words import short
from modelcheck.record.evidence import Estimate
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.linearised import paired_difference, undefined

__all__ = ["Comparison", "Rival", "compare", "constant_rival", "ranked", "stump_rival", "yardstick"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A trivial model's answers to the rows.

    Attributes
    ----------
    name : str
        ``constant`` or ``stump``.
    words : str
        The rival in words, e.g. ``a stump on `age` (split at 40)``.
    answers : ndarray or None
        What it answers, like `ScoredRows.score` (or `decision`, where the yardstick is one of decisions); where only
        the order of scores counts, bytes in that order. None for the constant of a classification, whose value on
        any rows is known.
    """

    name: str
    words: str
    answers: NDArray[Any] | None = None

    def take(self, rows: NDArray[Any]) -> Rival:
        """Return the answers to a subset of the rows."""
        return self if self.answers is None else replace(self, answers=self.answers[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The candidate against one rival on the same rows.

    Attributes
    ----------
    rival : Rival
        Whom it is compared with.
    candidate, opponent : float or None
        Yardstick of both; for values the root mean squared error.
    gain : Estimate
        What the candidate adds: above 0 is better.
    """

    rival: Rival
    candidate: float | None
    opponent: float | None
    gain: Estimate


def yardstick(rows: ScoredRows) -> str:
    """Return what both sides are measured by.

    Parameters
    ----------
    rows : ScoredRows
        Scored by the candidate.

    Returns
    -------
    str
        ``roc_auc`` (two classes, and more with scores), ``balanced_accuracy`` (more than two classes, labels only) or
        ``root_mean_squared_error``.
    """
    if rows.task == "regression":
        return "root_mean_squared_error"
    return "balanced_accuracy" if rows.task == "multiclass" and rows.score is None else "roc_auc"


def ranked(rows: ScoredRows) -> ScoredRows:
    """Return the rows with a score: two classes with labels only rank by the label."""
    if rows.score is None and rows.task == "binary":
        return replace(rows, score=decisions_of(rows).astype(np.float64), probabilistic=False)
    return rows


def constant_rival(rows: ScoredRows, reference: ScoredRows | None) -> Rival:
    """Return the best constant.

    Parameters
    ----------
    rows : ScoredRows
        The evaluation rows.
    reference : ScoredRows or None
        Where a constant value is fitted; None: on `rows`, in hindsight, which favours the rival.

    Returns
    -------
    Rival
    """
    if rows.task != "regression":
        return Rival(name="constant", words="a constant answer")
    source, where = (rows, "these rows, in hindsight") if reference is None else (reference, "the reference")
    mean = float(np.average(source.target, weights=source.weight))
    return Rival(name="constant", words=f"the mean of {where}", answers=np.broadcast_to(mean, len(rows)))


def stump_rival(stump: Stump, rows: ScoredRows, reference: ScoredRows) -> Rival:
    """Return the answers of a fitted stump.

    Parameters
    ----------
    stump : Stump
        Fitted on `reference`.
    rows : ScoredRows
        The evaluation rows, with feature codes.
    reference : ScoredRows
        Its class shares turn leaves into decisions where the yardstick is one of decisions.

    Returns
    -------
    Rival
    """
    if rows.features is None:
        raise ValueError("stump_rival: these rows have no feature codes, so a stump can't answer.")
    side = stump.side(rows.features).view(np.uint8)
    leaves = stump.leaves
    if yardstick(rows) == "roc_auc":
        # Two leaves rank as 0 and 1 (for each class): a byte a row says as much as the share itself.
        leaves = (leaves > leaves.min(axis=0)).astype(np.uint8)
    elif yardstick(rows) == "balanced_accuracy":
        prior = np.bincount(reference.target, weights=reference.weight, minlength=len(rows.classes))
        # Classes count the same in balanced accuracy, so a leaf decides for the class it raises most.
        lift = np.divide(leaves, prior, out=np.zeros_like(leaves), where=prior > 0.0)
        leaves = np.argmax(lift, axis=1).astype(np.int16)
    return Rival(name="stump", words=f"a stump on `{short(stump.feature)}` ({stump.split})", answers=leaves[side])


def compare(rows: ScoredRows, rival: Rival, confidence: float) -> Comparison:
    """Compare the candidate with a rival, row by row.

    Parameters
    ----------
    rows : ScoredRows
        Scored by the candidate.
    rival : Rival
        With answers to the same rows.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    Comparison
        Classes: difference of the yardstick; against a constant the interval is the yardstick's own, moved by the
        constant's value. Values: skill, the share of the rival's mean squared error that the candidate saves.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845, for paired areas.
    """
    rows = ranked(lean(rows))
    name = yardstick(rows)
    metric = "skill" if rows.task == "regression" else f"{name}_difference"
    if len(rows) == 0:
        nothing = undefined(metric, confidence, "there are no rows")
        return Comparison(rival=rival, candidate=None, opponent=None, gain=nothing)
    if rows.task == "regression":
        return _skill(rows, rival, confidence)
    own = estimate(name, rows, confidence)
    if own.value is None:
        return Comparison(rival=rival, candidate=None, opponent=None, gain=replace(own, metric=metric))
    if rival.answers is None:
        present = int(np.count_nonzero(np.bincount(rows.target)))
        level = 0.5 if name == "roc_auc" else 1.0 / present
        return Comparison(rival=rival, candidate=own.value, opponent=level, gain=_moved(own, level, metric))
    answers = replace(rows, score=rival.answers) if name == "roc_auc" else replace(rows, decision=rival.answers)
    a, b = linearise(name, rows), linearise(name, answers)
    if a is None or b is None:
        gain = undefined(metric, confidence, f"{name} has no value on these rows", n=len(rows))
        return Comparison(rival=rival, candidate=own.value, opponent=None, gain=gain)
    gain = paired_difference(
        a,
        b,
        design_of(rows),
        metric=metric,
        confidence=confidence,
        n=own.n,
        unproven=own.unproven,
        n_needed=own.n_needed,
    )
    return Comparison(rival=rival, candidate=a.value, opponent=b.value, gain=gain)


def _moved(own: Estimate, by: float, metric: str) -> Estimate:
    return replace(
        own,
        metric=metric,
        value=None if own.value is None else own.value - by,
        low=None if own.low is None else own.low - by,
        high=None if own.high is None else own.high - by,
        method=f"{own.method}, less {by:.3g}",
    )


def _skill(rows: ScoredRows, rival: Rival, confidence: float) -> Comparison:
    ours, theirs = rows.target - scores_of(rows), rows.target - rival.answers
    for errors in (ours, theirs):
        np.square(errors, out=errors)
    design = design_of(rows)
    return Comparison(
        rival=rival,
        candidate=float(np.sqrt(design.mean(ours))),
        opponent=float(np.sqrt(design.mean(theirs))),
        gain=skill(ours, theirs, design, rival=rival.words, confidence=confidence),
    )
