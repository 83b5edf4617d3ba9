"""Whether an entry that says nothing does more harm than the wrong entry of somebody else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.context import Context
from modelcheck.checks.robustness.losing import Loss, evidence_of_losses, refusals
from modelcheck.checks.robustness.measuring import Measured, measured, nothing
from modelcheck.checks.robustness.sweep.asked import Answered
from modelcheck.checks.robustness.sweep.measured import lesser
from modelcheck.record.evidence import Evidence, Severity

__all__ = ["missing", "unseen_category", "whitespace_and_case"]

_DONOR = (
    "What counts is the smaller of the growth and of what is lost beyond the entry of another row, drawn at random: a "
    "model that simply makes nothing of the entry loses no more than that."
)
_DECLARED = "The limit is yours, so the growth itself is held against it."
_FORMS = ("trailing_space", "leading_space", "upper_case", "lower_case", "title_case")


def missing(context: Context) -> Evidence:
    """Measure what it costs that a column is missing, wherever the reference has missing values or not.

    Parameters
    ----------
    context : Context
        Of any task, with `asking`.

    Returns
    -------
    Evidence
        Places are columns, by kind of loss. See `unseen_category`.
    """
    return _evidence(
        context,
        ("missing_column",),
        without="no column can be made missing.",
        advice="Train with missing values, impute them, or let the model refuse such rows aloud.",
    )


def unseen_category(context: Context) -> Evidence:
    """Measure what a category costs that the reference doesn't have.

    Parameters
    ----------
    context : Context
        Of any task, with `asking`.

    Returns
    -------
    Evidence
        Places are columns, by kind of loss: wrong decisions, Brier score, or squared error over the target's variance.
        Under a default limit what counts is the smaller of the growth of the loss and of its excess over that with the
        entry of another row drawn at random: an entry that says nothing needs do no more harm than that. Under a
        declared limit the growth alone counts. A model that raises an exception refuses aloud: that is told and is no
        loss.

    References
    ----------
    Breiman, L. (2001). Random forests. Machine Learning 45, 5-32 (section 10: a column's entries exchanged among rows,
    as the measure of what the column is worth).
    """
    return _evidence(
        context,
        ("unseen_category",),
        without="no column holds categories.",
        advice='Let unknown categories count for nothing, e.g. OneHotEncoder(handle_unknown="infrequent_if_exist").',
    )


def whitespace_and_case(context: Context) -> Evidence:
    """Measure what white space around a category, or another case, costs.

    Parameters
    ----------
    context : Context
        Of any task, with `asking`.

    Returns
    -------
    Evidence
        Places are columns by way of writing, by kind of loss. See `unseen_category`.
    """
    return _evidence(
        context,
        _FORMS,
        without="no column holds categories written as text.",
        advice="Strip white space and fold case before the model, in training and in production alike.",
    )


def _evidence(context: Context, names: tuple[str, ...], *, without: str, advice: str) -> Evidence:
    found = measured(context)
    if isinstance(found, str):
        return nothing(found)
    asked = [one for one in found.sweep.about(*names) if len(one.question.columns) == 1]
    if not asked:
        return Evidence(not_applicable=without)
    refused = refusals([one for one in asked if not one.question.plausible])
    donors = {one.question.columns: one for one in found.sweep.about("donor_value")}
    answers = [one for one in map(found.sweep.sound, asked) if len(one.rows)]
    losses = [
        loss
        for one in answers
        for loss in _losses(found, one, donors.get(one.question.columns), declared=context.declared)
    ]
    if not losses:
        return Evidence(not_applicable=refused or "no changed row got an answer; robustness.crash says why.")
    evidence = evidence_of_losses(
        context,
        found,
        losses,
        yardstick=_DECLARED if context.declared else _DONOR,
        severity=Severity.WARNING,
        advice=advice,
    )
    return evidence if not refused else _with_reading(evidence, refused)


def _with_reading(evidence: Evidence, text: str) -> Evidence:
    from dataclasses import replace

    return replace(evidence, reading=f"{evidence.reading} {text}")


def _losses(found: Measured, one: Answered, donor: Answered | None, *, declared: bool) -> list[Loss]:
    losses = []
    for kind in found.measures.kinds:
        growth = found.measures.growth(kind, found.sweep, one)
        judged = growth
        if not declared:
            if donor is None:
                continue
            ours = found.measures.losses(kind, one.after, one.rows)
            theirs = _with_donors(found, kind, donor)[one.rows]
            known = np.isfinite(theirs)
            excess = found.measures.more(kind, ours[known], theirs[known], one.rows[known])
            judged = lesser(growth, excess)
        losses.append(Loss(one=one, kind=kind, growth=growth, judged=judged))
    return losses


def _with_donors(found: Measured, kind: str, donor: Answered) -> NDArray[np.float64]:
    """Return the loss of every sampled row with another row's entry; where that is the same entry, the row's own.

    NaN where there was no answer.
    """
    sweep = found.sweep
    losses = found.measures.losses(kind, sweep.before, np.arange(len(sweep.positions)))
    losses[donor.rows] = np.nan
    sound = sweep.sound(donor)
    losses[sound.rows] = found.measures.losses(kind, sound.after, sound.rows)
    return losses
