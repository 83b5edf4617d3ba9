"""Whether the model is better than no model: than the best constant and the best split on one feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.columns import decisions_of, lean
from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.performance.groups import joint_confidence
from modelcheck.checks.performance.trivial.rivals import (
    Comparison,
    Rival,
    compare,
    constant_rival,
    stump_rival,
    yardstick,
)
from modelcheck.checks.performance.trivial.stump import fit_stump
from modelcheck.checks.words import count, level, number, short, with_interval
from modelcheck.record.evidence import Chart, Estimate, Evidence, Table
from modelcheck.scoring.rows import ScoredRows

__all__ = ["better_than_trivial"]

_FEWEST_FOR_A_FACT = 30
_NAMES = {"roc_auc": "ROC AUC", "balanced_accuracy": "balanced accuracy"}
_COLUMNS = ("rival", "candidate's value", "rival's value", "gain", "low", "high", "method", "note")


def better_than_trivial(context: Context) -> Evidence:
    """Compare the candidate with the best constant and the best one-feature stump, on the same rows.

    Both rivals are fitted on the reference, never on the rows they are compared on; without a reference the stump is
    left out, and the constant of a regression is the rows' own mean, which favours the rival.

    Parameters
    ----------
    context : Context
        With `by` every group of that attribute must hold, each at ``1 - (1 - confidence) / k`` for k groups.

    Returns
    -------
    Evidence
        The estimate is the comparison that stands worse: a rival proved to be better comes first, then one that
        nothing is proved of, then the smaller lower limit. Both must hold, so both have the same confidence and
        need no further adjustment (an intersection-union test). `disproved` when the candidate gives
        all rows (30 at least) the same answer.

    References
    ----------
    Berger, R. L. (1982). Multiparameter hypothesis testing and acceptance sampling. Technometrics 24, 295-300.
    """
    rows = context.rows
    if rows.score is None and (rows.task == "regression" or rows.decision is None):
        return Evidence(not_applicable="The model's output holds neither scores nor decisions.")
    rivals, missing = _rivals(rows, context.reference)
    disproved = _same_answer(rows, None if context.by else context.slice)
    narrow = lean(rows)
    if context.by is None:
        found = [compare(narrow, rival, context.confidence) for rival in rivals]
        hardest = min(found, key=lambda item: _standing(item.gain))
        charts = _chart({item.rival.name: item.gain for item in found})
        return Evidence(
            estimate=hardest.gain,
            tables=(_table("rivals", found, context.confidence),),
            charts=charts,
            reading=" ".join(
                part for part in (_place(context.slice), *(_sentence(rows, item) for item in found), missing) if part
            ),
            disproved=disproved,
            predicted_rows=len(rows),
        )

    groups = rows.groups[context.by]
    sizes = np.bincount(groups.codes, minlength=len(groups.labels))
    each = joint_confidence(context.confidence, int(np.count_nonzero(sizes)))
    hardest_of: dict[str, Comparison] = {}
    tables: list[Table] = []
    for code, label in enumerate(groups.labels):
        if not sizes[code]:
            continue
        members = np.flatnonzero(groups.codes == code)
        part = narrow.take(members)
        found = [compare(part, rival.take(members), each) for rival in rivals]
        hardest_of[label] = min(found, key=lambda item: _standing(item.gain))
        tables.append(_table(f"rivals in {context.by} = {label}", found, each))
    gains = {label: item.gain for label, item in hardest_of.items()}
    worst = min(gains, key=lambda label: _standing(gains[label]), default=None)
    if worst is None:
        return Evidence(estimate=compare(narrow, rivals[0], context.confidence).gain, reading="There are no rows.")
    head = (
        f"Worst of {count(len(gains), 'group')} by {short(context.by)} is {short(worst)} "
        f"(the intervals hold together with {level(context.confidence)} confidence)."
    )
    return Evidence(
        estimate=gains[worst],
        groups=gains,
        tables=tuple(tables),
        charts=_chart(gains),
        reading=" ".join(part for part in (head, _sentence(rows, hardest_of[worst]), missing) if part),
        disproved=disproved,
        predicted_rows=len(rows),
    )


def _rivals(rows: ScoredRows, reference: ScoredRows | None) -> tuple[list[Rival], str]:
    """Return the rivals there are, and a sentence about one that is missing."""
    rivals = [constant_rival(rows, reference)]
    if reference is None:
        return rivals, "There is no reference: no stump."
    if rows.features is None or reference.features is None:
        return rivals, "The rows have no features: no stump."
    ours, theirs = rows.features, reference.features
    if (ours.names, ours.labels) != (theirs.names, theirs.labels):
        raise ValueError(
            f"the reference's features are coded otherwise than the dataset's ({len(theirs.names)} features against "
            f"{len(ours.names)}, or other bins); both must come from one coding."
        )
    stump = fit_stump(reference)
    if stump is None:
        return rivals, "No feature splits the reference: no stump."
    return [*rivals, stump_rival(stump, rows, reference)], ""


def _same_answer(rows: ScoredRows, where: str | None) -> str:
    """Return the fact that all rows get one answer; a few rows of a slice may do so by chance."""
    if len(rows) < (2 if where is None and rows.score is not None else _FEWEST_FOR_A_FACT):
        return ""
    answers: NDArray[Any] = decisions_of(rows) if rows.score is None else rows.score
    if not np.array_equal(answers.min(axis=0), answers.max(axis=0)):
        return ""
    first = answers[0]
    if rows.score is None:
        shown = short(rows.classes[int(first)])
    elif rows.task == "multiclass":
        top = int(np.argmax(first))
        shown = f"{short(rows.classes[top])} first with {number(float(first[top]))}"
    else:
        shown = number(float(first))
    inside = "" if where is None else f" of {short(where)}"
    return f"the model gives the same answer, {shown}, for all {count(len(rows), 'row')}{inside}"


def _standing(gain: Estimate) -> tuple[int, float]:
    """Return a key that puts the worst first: proved to be behind, then unproven, then by what is proved."""
    if gain.low is None or gain.high is None or gain.unproven:
        return 1, -np.inf
    return (0 if gain.high < 0.0 else 2), gain.low


def _place(where: str | None) -> str:
    return "" if where is None else f"In {short(where)}:"


def _sentence(rows: ScoredRows, found: Comparison) -> str:
    rival = found.rival.words[0].upper() + found.rival.words[1:]
    if found.gain.value is None:
        return f"{rival}: not compared ({found.gain.unproven})."
    own, other = number(found.candidate), number(found.opponent)
    if rows.task == "regression":
        return (
            f"{rival} has a root mean squared error of {other}, the model {own}; share of squared error saved "
            f"{with_interval(found.gain)}."
        )
    what = _NAMES[yardstick(rows)]
    return f"{rival} reaches a {what} of {other}, the model {own}; difference {with_interval(found.gain)}."


def _table(name: str, found: Sequence[Comparison], confidence: float) -> Table:
    return Table(
        name=name,
        columns=_COLUMNS,
        rows=tuple(
            (
                item.rival.words,
                item.candidate,
                item.opponent,
                item.gain.value,
                item.gain.low,
                item.gain.high,
                item.gain.method,
                f"unproven: {item.gain.unproven}" if item.gain.unproven else "",
            )
            for item in found
        ),
        note=f"Each interval at {level(confidence)}. Both must hold, so neither is adjusted for the other.",
    )


def _chart(gains: dict[str, Estimate]) -> tuple[Chart, ...]:
    chart = forest_chart(gains, metric="gain over the rival", overall=None, limit=0.0, title="Better than trivial?")
    return () if chart is None else (chart,)
