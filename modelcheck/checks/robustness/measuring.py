"""The sweep and its measures, as every gate of the suite asks for them."""

from __future__ import annotations

from dataclasses import dataclass

from modelcheck.checks.columns import lean
from modelcheck.checks.context import Context
from modelcheck.checks.robustness.sweep.asked import Answered, Sweep
from modelcheck.checks.robustness.sweep.asking import NO_BUDGET, swept
from modelcheck.checks.robustness.sweep.measured import Measures
from modelcheck.checks.words import short
from modelcheck.record.evidence import Evidence

__all__ = ["Measured", "columns_in_words", "drawn_label", "drawn_words", "measured", "nothing", "place_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """Answers, and what is measured on them.

    Attributes
    ----------
    sweep : Sweep
        The answers.
    measures : Measures
        Of the sampled rows.
    """

    sweep: Sweep
    measures: Measures


def measured(context: Context) -> Measured | str:
    """Return the run's answers to changed rows.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Measured or str
        A sentence where nobody can be asked.
    """
    sweep = swept(context)
    if isinstance(sweep, str):
        return sweep
    return Measured(sweep=sweep, measures=Measures.of(lean(context.rows), sweep.positions))


def nothing(reason: str) -> Evidence:
    """Return the evidence of a check that could not ask: it doesn't apply, or the budget leaves it open.

    Parameters
    ----------
    reason : str
        From `measured`, or a sentence of the check.
    """
    if reason.startswith(NO_BUDGET):
        return Evidence(searched=reason, reading=reason)
    return Evidence(not_applicable=reason)


def place_of(one: Answered) -> str:
    """Return what was changed, in words: ``age: Gaussian noise, 0.1 robust standard deviations``."""
    question = one.question
    degree = f", {question.degree}" if question.degree else ""
    return f"{columns_in_words(question.columns)}: {question.how.title}{degree}"


def drawn_label(one: Answered) -> str:
    """Return the same in few letters, for a chart: ``Gaussian noise 0.1, age``."""
    question = one.question
    degree = f" {question.severity:g}" if question.how.unit else ""
    return f"{question.how.title}{degree}, {columns_in_words(question.columns)}"


def columns_in_words(columns: tuple[str, ...]) -> str:
    """Return one or two names; of more, how many."""
    if len(columns) <= 2:
        return " and ".join(short(name) for name in columns)
    return f"{len(columns)} columns at once"


def drawn_words(sweep: Sweep) -> str:
    """Say how many rows the answers rest on."""
    asked = f"{len(sweep.positions):,} of {sweep.everyone:,} rows, drawn at random"
    if len(sweep.positions) == sweep.everyone:
        asked = f"All {sweep.everyone:,} rows"
    return f"{asked}; of each change those whose cells really change."
