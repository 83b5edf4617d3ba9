"""Whether the candidate's score hangs on a protected entry by itself."""

from __future__ import annotations

import hashlib
import math

import numpy as np

from modelcheck.checks.bias.attribute import Attribute, attribute_of
from modelcheck.checks.bias.counterfactual.asked import Asked, NobodyToAsk
from modelcheck.checks.bias.counterfactual.asking_again import CONFIDENCE, HALF_WIDTH, ask, given_columns
from modelcheck.checks.bias.counterfactual.shifts import (
    METRIC,
    changed_decisions,
    decision_shift,
    mean_shift,
    nobody_moved,
)
from modelcheck.checks.bias.counterfactual.told import (
    examples_of,
    moves_table,
    quantiles_table,
    reproduce,
    shift_chart,
)
from modelcheck.checks.columns import design_of, lean
from modelcheck.checks.context import Context
from modelcheck.checks.judging import beyond
from modelcheck.checks.performance.groups import joint_confidence
from modelcheck.checks.words import count, level, number, out_of_100, short, with_interval
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.design import Design
from modelcheck.stats.linearised import undefined

__all__ = ["counterfactual"]

_NOBODY = "the candidate's predictions lie in the table, so it can't be asked about changed rows."


def counterfactual(context: Context) -> Evidence:
    """Measure how far a score moves when only a protected entry (and what is declared to follow it) is changed.

    Each row is given the protected entries of real rows of the other groups, and the candidate is asked again. Nothing
    is said about causes in life: only the entry was changed, what would go with it was not.

    Parameters
    ----------
    context : Context
        Of any task, with `by`, `protected_columns` and `asking`.

    Returns
    -------
    Evidence
        ``mean_score_shift``: the mean over rows of the distance between the scores before and after (several
        probabilities: total variation distance; decisions alone: 0 or 1), over the mean distance of two different rows
        (Gini's mean difference). Beside it ``decision_shift``: the share of changed decisions over how often two rows
        are decided otherwise, at least 0.2. Both must keep the limit, with intervals that hold together; `estimate` is
        the larger. 0: the entry by itself doesn't matter; 1: it moves a score as far as two people's
        scores lie apart; a model of the protected entry alone has more than 1. `proved` where the candidate isn't
        given the columns, and where no score moves at all. A shift that is proved to lie over the limit is a finding,
        with the rows that move most.

    References
    ----------
    Kusner, M. J., Loftus, J., Russell, C. and Silva, R. (2017). Counterfactual fairness. NeurIPS 30 (which asks for a
    causal model as well; a changed entry alone is their "fairness through unawareness" put to the test). Galhotra, S.,
    Brun, Y. and Meliou, A. (2017). Fairness testing: testing software for discrimination. ESEC/FSE (changed decisions
    as "causal discrimination"). Yitzhaki, S. (2003). Metron 61, 285-316 (Gini's mean difference).
    """
    attribute = attribute_of(context)
    if isinstance(attribute, str):
        return Evidence(not_applicable=attribute)
    asking = context.asking
    if asking is None:
        return Evidence(not_applicable=_NOBODY)
    columns = context.protected_columns
    if not given_columns(asking, columns, context.follows):
        return _not_given(context)

    def make() -> Asked | NobodyToAsk:
        rng = context.generator(f"counterfactual {context.by}")
        return ask(asking, context.rows, attribute, protected=columns, follows=context.follows, rng=rng)

    name = hashlib.sha256(attribute.name.encode()).hexdigest()[:16]
    asked = context.share(f"counterfactual-{name}", make)
    if isinstance(asked, NobodyToAsk):
        return Evidence(not_applicable=f"{short(attribute.name)}: {asked.reason}")
    if not asked.distance.any():
        return _still(asked, attribute, context)
    return _moved(context, asked, attribute)


def _not_given(context: Context) -> Evidence:
    fact = f"The model isn't given {short(context.by)}: nothing to change."
    return Evidence(proved=fact, reading=f"{fact} Whether other columns stand in for it is what bias.proxy asks.")


def _still(asked: Asked, attribute: Attribute, context: Context) -> Evidence:
    kept = "answer" if asked.before is None else "score"
    times = f" ({len(asked.distance):,} changes)" if len(asked.distance) > len(asked.rows) else ""
    fact = (
        f"Changing {_changed(asked, attribute)} alone moves nobody's {kept}: asked about {len(asked.rows):,} of "
        f"{count(asked.everyone, 'row')} again{times}."
    )
    if len(asked.rows) == asked.everyone:
        return Evidence(proved=fact, reading=fact, predicted_rows=asked.predicted)
    design = design_of(context.rows).take(asked.rows)
    estimate = nobody_moved(asked, design, most=_most(asked, context.rows), confidence=context.confidence)
    return Evidence(estimate=estimate, reading=f"{fact} {_drawn(asked)}", predicted_rows=asked.predicted)


def _moved(context: Context, asked: Asked, attribute: Attribute) -> Evidence:
    rows = context.rows
    design = design_of(rows).take(asked.rows)
    if asked.spread <= 0.0:
        estimate = undefined(
            METRIC, context.confidence, "all scores are equal, so there is no spread to measure a shift in"
        )
        return Evidence(estimate=estimate, reading="All scores are equal, yet changed rows get others.")
    # Scores and decisions are judged together: the wider error of neither may let the other go unseen.
    each = joint_confidence(context.confidence, 2 if asked.now is not None and asked.before is not None else 1)
    shift = mean_shift(asked, lean(rows).take(asked.rows), most=_most(asked, rows), confidence=each)
    decided = changed_decisions(asked, design, confidence=each)
    judged = {"scores": shift}
    if decided is not None and asked.before is not None:
        judged["decisions"] = decision_shift(decided, rows)
    limit = math.inf if context.limit is None else context.limit
    estimate = max(judged.values(), key=lambda one: (beyond(one, limit), one.value or 0.0))
    broken = beyond(estimate, limit)
    chart = shift_chart(asked)
    return Evidence(
        estimate=estimate,
        groups=judged if len(judged) > 1 else {},
        looked_at=len(judged) if len(judged) > 1 else 0,
        findings=(_finding(context, asked, attribute, estimate, decided),) if broken else (),
        tables=(
            moves_table(asked, attribute, rows, design, context.confidence),
            quantiles_table(asked, design, context.confidence),
        ),
        charts=() if chart is None else (chart,),
        reading=_reading(asked, attribute, shift, decided, design),
        predicted_rows=asked.predicted,
    )


def _most(asked: Asked, rows: ScoredRows) -> float:
    """Return the largest shift that a row could have: nothing bounds values."""
    if asked.before is None or asked.signed is None:
        return 1.0
    return 1.0 if rows.task == "binary" and rows.probabilistic else math.inf


def _reading(asked: Asked, attribute: Attribute, found: Estimate, decided: Estimate | None, design: Design) -> str:
    what = "answer" if asked.before is None else "score"
    text = (
        f"When only {_changed(asked, attribute)} is changed, the same person's {what} moves on average by "
        f"{with_interval(found)} of the distance between two people's {what}s. "
    )
    if decided is not None:
        share, limits = out_of_100(decided)
        text += f"The decision changes in {share} of 100 changes{limits}. "
    moved = float(np.mean(asked.distance > 0.0))
    text += f"{100.0 * moved:.3g} % of the changes move the {what} at all (among the rows asked about). "
    return f"{text}{_drawn(asked)} {_caveat(asked, attribute)}".replace("  ", " ").strip()


def _drawn(asked: Asked) -> str:
    if len(asked.rows) == asked.everyone:
        return ""
    return (
        f"{len(asked.rows):,} of {asked.everyone:,} rows, drawn at random: where shifts differ between rows as much as "
        f"scores do, that gives the mean shift to within {HALF_WIDTH:g} at {level(CONFIDENCE)}."
    )


def _caveat(asked: Asked, attribute: Attribute) -> str:
    followed = len(asked.columns) > attribute.name.count("*") + 1
    more = "" if followed else ' (columns that follow it can be named: [dataset] follows = { column = "protected" })'
    return f"Only the entry was changed; what would go with it in life was not{more}."


def _changed(asked: Asked, attribute: Attribute) -> str:
    """Name what was changed: the attribute, and other columns where some follow it."""
    others = [short(name) for name in asked.columns if name not in attribute.name.split("*")]
    return short(attribute.name) + (f" (with {', '.join(others)})" if others else "")


def _finding(
    context: Context, asked: Asked, attribute: Attribute, found: Estimate, decided: Estimate | None
) -> Finding:
    flips = "" if decided is None else f", and {number(100.0 * (decided.value or 0.0))} % of the decisions"
    what = "answers" if asked.before is None else "scores"
    return Finding(
        title=(
            f"{short(attribute.name)} by itself moves {what}: by {number(found.value)} of the distance between two "
            f"people's {what}{flips}"
        ),
        slice=None,
        n=len(asked.rows),
        effect=found.value,
        low=found.low,
        high=found.high,
        severity=Severity.BLOCKING if context.name == "counterfactual" else Severity.WARNING,
        examples=examples_of(asked, attribute, context.rows),
        reproduce=reproduce(asked, attribute),
    )
