"""A stored baseline that knows only some of the rows: whoever chooses the rows chooses the answer."""

from __future__ import annotations

from dataclasses import replace

from modelcheck.checks.context import Context
from modelcheck.checks.words import count
from modelcheck.record.evidence import Estimate

__all__ = ["doubt_of_overlap", "doubted"]

_LEAST_SHARE = 0.5


def doubt_of_overlap(context: Context) -> str:
    """Return why a comparison on part of the rows proves nothing; empty where half of them or more are compared.

    Parameters
    ----------
    context : Context
        With a baseline.

    Returns
    -------
    str
        A clause that can follow "but".
    """
    if context.paired is None or len(context.paired) >= _LEAST_SHARE * len(context.rows):
        return ""
    known = count(len(context.paired), "row")
    return f"the baseline knows {known} of {len(context.rows):,}, and fewer than half of the rows can't speak for all"


def doubted(found: Estimate, context: Context) -> Estimate:
    """Return the estimate, unproven where `doubt_of_overlap` says so."""
    doubt = doubt_of_overlap(context)
    return replace(found, unproven=doubt, n_needed=None) if doubt and not found.unproven else found
