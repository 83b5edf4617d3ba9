"""Stored counterexamples asked about again, before any new search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from modelcheck.perturb.falsify.change import changed_cells
from modelcheck.perturb.falsify.counterexample import Counterexample, said_of
from modelcheck.perturb.falsify.frames import frame_as
from modelcheck.perturb.falsify.judged import Answer
from modelcheck.perturb.falsify.properties import Property

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Replayed", "replay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of stored examples.

    Attributes
    ----------
    still_broken : tuple of Counterexample
        Those that the model still breaks the property at, with today's answers.
    now_hold : tuple of Counterexample
        Those at which the property holds now, or can't be judged because the row has no answer before the change.
    skipped : tuple of str
        One sentence for each that today's table has no place for.
    asked_rows : int
        Rows that the model was asked about.
    """

    still_broken: tuple[Counterexample, ...] = ()
    now_hold: tuple[Counterexample, ...] = ()
    skipped: tuple[str, ...] = ()
    asked_rows: int = 0


def replay(
    prop: Property,
    examples: Sequence[Counterexample],
    today: pd.DataFrame,
    answer: Answer,
    *,
    labels: Sequence[object] | None = None,
) -> Replayed:
    """Ask about stored examples again, all in one call.

    Parameters
    ----------
    prop : Property
        What must hold.
    examples : sequence of Counterexample
        Of this property.
    today : DataFrame
        Rows as the model is given them now; only columns and types count.
    answer : callable
        From rows to their outcomes.
    labels : sequence or None
        What class codes stand for.

    Returns
    -------
    Replayed
    """
    usable, skipped = [], []
    for example in examples:
        problem = _problem(prop, example, today)
        if problem:
            skipped.append(f"A stored example (row {example.row:,}) was skipped: {problem}")
        else:
            usable.append(example)
    if not usable:
        return Replayed(skipped=tuple(skipped))
    count = len(usable)
    whole = frame_as(
        today,
        [*(example.values for example in usable), *({**one.values, **one.change.values} for one in usable)],
    )
    outcomes = answer(whole)
    if len(outcomes) != len(whole):
        raise ValueError(f"{len(outcomes):,} outcomes were given to {len(whole):,} rows.")
    first, second = np.arange(count), np.arange(count, 2 * count)
    was, now = outcomes.take(first), outcomes.take(second)
    rows, changed = whole.iloc[first], whole.iloc[second].reset_index(drop=True)
    broken = np.asarray(prop.broken(was, now, rows, changed), dtype=bool) & was.answered
    told = []
    for place, example in enumerate(usable):
        one = np.array([place])
        told.append(replace(example, before=said_of(was.take(one), labels), after=said_of(now.take(one), labels)))
    return Replayed(
        still_broken=tuple(example for example, breaks in zip(told, broken, strict=True) if breaks),
        now_hold=tuple(example for example, breaks in zip(told, broken, strict=True) if not breaks),
        skipped=tuple(skipped),
        asked_rows=len(whole),
    )


def _problem(prop: Property, example: Counterexample, today: pd.DataFrame) -> str:
    """Return why an example has no place in today's table; empty where it has one."""
    names = [str(name) for name in today.columns]
    gone = [name for name in example.values if name not in names]
    if gone:
        return f"the table no longer has {', '.join(map(repr, gone[:5]))}."
    new = [name for name in names if name not in example.values]
    if new:
        return f"it knows nothing of {', '.join(map(repr, new[:5]))}, which the table has now."
    if prop.columns is not None and not set(example.changes) <= set(prop.columns):
        return "it changes columns that the property doesn't judge."
    try:
        before = frame_as(today, [example.values])
        after = frame_as(today, [{**example.values, **example.change.values}])
    except (ValueError, TypeError, OverflowError) as error:
        return f"its values don't fit the table's types ({type(error).__name__})."
    if example.changes and not changed_cells(before, after, example.change.columns).any():
        return "its change changes nothing in the table's types."
    return ""
