"""The search for a row and a change that break a property of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelcheck.perturb.falsify.counterexample import Counterexample
from modelcheck.perturb.falsify.hunt import Hunt, hunt
from modelcheck.perturb.falsify.judged import Answer, Asked, Judge
from modelcheck.perturb.falsify.properties import Property
from modelcheck.perturb.falsify.schema import Schema, Unsatisfiable, schema_of
from modelcheck.perturb.falsify.simplify import Kept, simplify
from modelcheck.perturb.profile import TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Search", "find", "search"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a search found.

    Attributes
    ----------
    counterexample : Counterexample or None
        The row and the change; None where nothing broke the property.
    asked_rows : int
        Rows that the model was asked about, shrinking included.
    calls : int
        Calls that these rows took.
    examples : int
        Different examples (a block of rows and a change) judged before one broke.
    stopped : str
        Why it ended: one of the phrases of `modelcheck.perturb.falsify.hunt`, or the reason why nothing could be
        searched.
    satisfiable : bool
        False where nothing could be searched.
    """

    counterexample: Counterexample | None
    asked_rows: int
    calls: int
    examples: int
    stopped: str
    satisfiable: bool = True


def search(
    prop: Property,
    rows: pd.DataFrame,
    profile: TableProfile,
    answer: Answer,
    *,
    seed: int,
    examples: int = 100,
    block: int = 64,
    most_rows: int,
    labels: Sequence[object] | None = None,
) -> Search:
    """Search for a counterexample, and shrink it to the fewest columns and the simplest values.

    One Hypothesis example is a block of rows and a change of all of them: the model is asked about whole blocks, while
    searching and while shrinking.

    Parameters
    ----------
    prop : Property
        What must hold.
    rows : DataFrame
        Real rows as the model is given them; they are visited in an order drawn from the seed.
    profile : TableProfile
        Of the reference: changed cells stay within its support, and are missing only where it has missing values.
    answer : callable
        From rows to their outcomes, in their order.
    seed : int
        Same seed and rows, same search.
    examples : int
        Most examples drawn, shrinking apart; at least 1.
    block : int
        Rows of an example; at least 1.
    most_rows : int
        Most rows the model is asked about, shrinking included. Once they are spent, the best counterexample so far is
        kept.
    labels : sequence or None
        What the class codes of the outcomes stand for; None: the codes themselves.

    Returns
    -------
    Search

    Raises
    ------
    Exception
        Whatever `answer` or the property raises comes through as it is.

    References
    ----------
    MacIver, Donaldson (2020), Test-case reduction via test-case generation, ECOOP: how Hypothesis shrinks.
    """
    others = None
    if prop.in_context:
        others = [name for name in profile.columns if name not in (prop.columns or tuple(profile.columns))]
    judge = Asked(prop, answer, most_rows)
    found = find(
        judge,
        rows,
        profile,
        columns=prop.columns,
        others=others,
        seed=seed,
        examples=examples,
        block=block,
    )
    if isinstance(found, Unsatisfiable):
        return Search(counterexample=None, asked_rows=0, calls=0, examples=0, stopped=found.reason, satisfiable=False)
    ended, kept, row = found
    example = None if kept is None else Counterexample.of(prop, rows, row, kept, labels=labels)
    return Search(
        counterexample=example,
        asked_rows=judge.rows,
        calls=judge.calls,
        examples=ended.examples,
        stopped=ended.stopped,
    )


def find(
    judge: Judge,
    rows: pd.DataFrame,
    profile: TableProfile,
    *,
    columns: Sequence[str] | None,
    others: Sequence[str] | None,
    seed: int,
    examples: int,
    block: int,
) -> tuple[Hunt, Kept | None, int] | Unsatisfiable:
    """Search with any judge.

    Parameters
    ----------
    judge : callable
        See `modelcheck.perturb.falsify.judged.Judge`.
    rows, profile, seed, examples, block
        As in `search`.
    columns : sequence of str or None
        Whose change is judged; None: all.
    others : sequence of str or None
        Which may be changed alike before and after; None: none.

    Returns
    -------
    tuple of Hunt, Kept or None, int, or Unsatisfiable
        How it ended, what was kept, and the position of its row in `rows`.
    """
    if min(examples, block) < 1:
        raise ValueError(f"A search needs at least one example of one row, not {examples} of {block}.")
    rng = np.random.default_rng(seed)
    schema = schema_of(profile, rows, columns, rng)
    if isinstance(schema, Unsatisfiable):
        return schema
    around = schema_of(profile, rows, others, rng) if others else None
    context = around if isinstance(around, Schema) else None
    # Each block's answers before the change are asked for once, so four examples share a block.
    order = rng.permutation(len(rows))[: block * max(examples // 4, 8)]
    places = [np.sort(order[start : start + block]) for start in range(0, len(order), block)]
    blocks = [rows.iloc[place].reset_index(drop=True) for place in places]
    ended = hunt(blocks, schema, context, judge, seed=seed, examples=examples)
    if ended.case is None or ended.judged is None:
        return ended, None, -1
    kept = simplify(judge, blocks[ended.case.block], schema, context, ended.case, ended.judged)
    return ended, kept, int(places[ended.case.block][kept.row])
