"""Who the candidate is measured by: a boosting, and a linear model too where it may be a simple model on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from modelcheck.checks.context import Context
from modelcheck.checks.performance.weakness.avoidable import Avoidable, avoidable_loss
from modelcheck.checks.performance.weakness.both import AvoidableByBoth
from modelcheck.checks.performance.weakness.challenger import (
    Challenger,
    NoChallenger,
    fit_challenger,
    why_no_challenger,
)
from modelcheck.checks.performance.weakness.linear import fit_linear

__all__ = ["Attainable", "attainable", "linear_yardstick"]

_T = TypeVar("_T")
_SURE = 0.95
_NO_REFERENCE = (
    "there is no reference: a challenger is fitted on the rows that the candidate was trained on, never on those it is "
    "judged by. Name them under [reference] path."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attainable:
    """What could have been avoided, and by whom.

    Attributes
    ----------
    challenger : Challenger
        The boosting, with its answers.
    losses : Avoidable or AvoidableByBoth
        The candidate's losses beside the challengers'.
    words : str
        Who the challengers are, as a sentence.
    """

    challenger: Challenger
    losses: Avoidable | AvoidableByBoth
    words: str


def attainable(context: Context) -> Attainable | str:
    """Compare the candidate's losses with what challengers that are fitted on the reference lose.

    A candidate that is no better than a linear model on the whole may be one on purpose. Then what a boosting alone
    avoids is the price of that choice, and only what a linear model avoids too is a weakness.

    Parameters
    ----------
    context : Context
        With a reference. The models are fitted once a run, for every gate about the whole dataset.

    Returns
    -------
    Attainable or str
        A sentence where there is nothing to compare with.
    """
    rows, reference = context.rows, context.reference
    if reference is None:
        return _NO_REFERENCE
    challenger = _once(
        context, "challenger", lambda: fit_challenger(reference, rows, rng=context.generator("challenger"))
    )
    if isinstance(challenger, NoChallenger):
        return f"there is no challenger to compare with. {challenger.reason}"
    losses = avoidable_loss(rows, challenger)
    if isinstance(losses, str):
        return losses
    simple = linear_yardstick(context)
    if simple is None:
        return Attainable(challenger=challenger, losses=losses, words=f"The challenger is {challenger.words}.")
    linear, own = simple
    words = (
        "On the whole the candidate isn't proved better than a linear model, so two challengers have to avoid the "
        f"loss: {challenger.words}, and {linear.words}."
    )
    return Attainable(challenger=challenger, losses=AvoidableByBoth(first=losses, second=own), words=words)


def linear_yardstick(context: Context) -> tuple[Challenger, Avoidable] | None:
    """Fit a linear model where the candidate may be one on purpose.

    Parameters
    ----------
    context : Context
        The evaluation rows and the reference to fit on, scored by the candidate, with one coding of features.

    Returns
    -------
    (Challenger, Avoidable) or None
        The linear model, and the loss that it avoids. None where nothing can be fitted, and where the candidate is
        proved to lose less than it on the whole, at 95 %: such a candidate can do more, and what it loses is measured
        by more.
    """
    rows, reference = context.rows, context.reference
    if reference is None or why_no_challenger(reference, rows):
        return None
    linear = _once(context, "linear", lambda: fit_linear(reference, rows, rng=context.generator("linear")))
    losses = avoidable_loss(rows, linear)
    if isinstance(losses, str):
        return None
    lead = losses.find(np.arange(len(rows)))(_SURE)
    if not lead.unproven and lead.high is not None and lead.high + losses.everywhere < 0.0:
        return None
    return linear, losses


def _once(context: Context, name: str, make: Callable[[], _T]) -> _T:
    """Share what is made for the whole dataset; a slice of it has challengers of its own."""
    whole = context.slice is None or context.by is not None
    return context.share(name, make) if whole else make()
