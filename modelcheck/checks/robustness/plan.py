"""What will be asked, before anything is predicted."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from modelcheck.checks.context import Context
from modelcheck.checks.robustness.measuring import columns_in_words
from modelcheck.checks.robustness.sweep.asked import Prepared
from modelcheck.checks.robustness.sweep.asking import SWEEP_SHARE, prepared
from modelcheck.checks.robustness.sweep.questions import DESCRIBED, JUDGED, Question
from modelcheck.checks.words import count, short
from modelcheck.record.evidence import Evidence, Table
from modelcheck.record.privacy import quoted

__all__ = ["plan"]

_SHOWN = 1_000


def plan(context: Context) -> Evidence:
    """Say how many changed rows will be predicted, which changes they stand for, and what the budget leaves out.

    Parameters
    ----------
    context : Context
        With `asking` and `budget`.

    Returns
    -------
    Evidence
        Tables of the perturbations and of what was left out. Nothing is predicted by this check.
    """
    ready = prepared(context)
    if isinstance(ready, str):
        return Evidence(not_applicable=ready)
    tables = [_asked(ready), _support(ready)]
    if ready.plan.left_out:
        tables.append(_left_out(ready))
    return Evidence(tables=tuple(tables), reading=_reading(context, ready))


def _reading(context: Context, ready: Prepared) -> str:
    plan = ready.plan
    sample = f"{len(ready.positions):,} of {ready.everyone:,} rows, drawn at random"
    if len(ready.positions) == ready.everyone:
        sample = f"all {ready.everyone:,} rows"
    text = (
        f"{count(len(plan.questions), 'question')} about changed rows, {plan.rows:,} rows to predict, from {sample}. "
        f"Plausible is what lies inside the {ready.profile.source}'s support. Judged questions take up to {JUDGED:,} "
        "rows "
        f"(a mean loss to within 0.03), described ones up to {DESCRIBED:,} (a share of decisions to within 0.05). The "
        f"suite's part of the budget is {context.budget:,} rows, {100 * SWEEP_SHARE:.0f} % of them for these; "
        "direction, minimal_flip, invariance and falsify share the rest."
    )
    if plan.left_out:
        lost = sum(question.rows for question in plan.left_out)
        text += (
            f" The budget leaves out {count(len(plan.left_out), 'question')} ({lost:,} rows): they are listed, and "
            "--modelcheck-budget takes more."
        )
    return text


def _asked(ready: Prepared) -> Table:
    by_name: dict[str, list[Question]] = defaultdict(list)
    for question in ready.plan.questions:
        by_name[question.perturbation].append(question)
    lines: list[tuple[Any, ...]] = []
    for questions in by_name.values():
        how = questions[0].how
        degrees = ", ".join(f"{one:g}" for one in sorted({question.severity for question in questions}))
        lines.append(
            (
                how.family,
                how.title,
                how.population,
                f"{degrees} {how.unit}" if how.unit else "",
                len({question.columns for question in questions}),
                sum(question.rows for question in questions),
                "yes"
                if all(question.plausible for question in questions)
                else "no"
                if not any(question.plausible for question in questions)
                else "where seen",
            )
        )
    return Table(
        name="what is asked",
        columns=("family", "change", "stands for", "degrees", "places", "rows", "plausible"),
        rows=tuple(sorted(lines, key=lambda line: (line[0], line[1]))),
        note=f"{ready.plan.unchanged:,} further questions change no cell of these rows."
        if ready.plan.unchanged
        else "",
    )


def _support(ready: Prepared) -> Table:
    lines: list[tuple[Any, ...]] = []
    for column in list(ready.profile.columns.values())[:_SHOWN]:
        values = ""
        if len(column.points) and column.kind != "date":
            # The ends of a range are entries of single rows.
            low, high = (float(f"{end:.1g}") for end in (column.low, column.high))
            values = quoted(f"{column.low:.6g} to {column.high:.6g}", f"about {low:g} to {high:g}")
        if column.levels:
            values = f"{len(column.levels):,} values"
        lines.append((short(column.name), column.kind, values, column.spread or None, column.missing_share))
    note = (
        f"Of the {ready.profile.source}. The spread is the interquartile range over 1.349, or the standard deviation."
    )
    if len(ready.profile.columns) > _SHOWN:
        note += f" The first {_SHOWN} of {len(ready.profile.columns):,} columns."
    return Table(
        name="what is plausible",
        columns=("column", "kind", "values", "robust spread", "share missing"),
        rows=tuple(lines),
        note=note,
    )


def _left_out(ready: Prepared) -> Table:
    left = ready.plan.left_out
    return Table(
        name="what the budget leaves out",
        columns=("change", "column", "degree", "rows"),
        rows=tuple((one.how.title, columns_in_words(one.columns), one.degree, one.rows) for one in left[:_SHOWN]),
        note=f"The first {_SHOWN} of {len(left):,}." if len(left) > _SHOWN else "",
    )
