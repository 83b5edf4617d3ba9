"""Hypothesis strategies for blocks of rows and changes, built from a schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from modelcheck.perturb.falsify.plans import Alike, Case, Lent, Plan, Singles
from modelcheck.perturb.falsify.schema import Schema

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["MOST_COLUMNS", "cases", "one_of", "places"]

MOST_COLUMNS = 3

_T = TypeVar("_T")


def places(count: int) -> SearchStrategy[int]:
    """Draw a whole number from 0 to `count` - 1 evenly; shrinks to 0.

    Drawn bit by bit. Hypothesis' own integers prefer small ones and constants that it reads from the source of
    whatever modules the process has imported, and writes to a folder: the same seed would draw other numbers in
    another process.

    Parameters
    ----------
    count : int
        At least 1.

    Returns
    -------
    SearchStrategy of int
    """
    from hypothesis import strategies as st

    bits = (count - 1).bit_length()
    if not bits:
        return st.just(0)
    # Two bits more than needed keep the numbers even to a quarter although the last ones wrap around.
    extra = 0 if count == 1 << bits else 2
    return st.tuples(*[st.booleans()] * (bits + extra)).map(lambda drawn: _whole(drawn) % count)


def _whole(bits: Sequence[bool]) -> int:
    whole = 0
    for bit in bits:
        whole = 2 * whole + bit
    return whole


def one_of(values: Sequence[_T]) -> SearchStrategy[_T]:
    """Draw one of some values evenly; shrinks to the first."""
    return places(len(values)).map(lambda place: values[place])


def cases(schema: Schema, context: Schema | None, blocks: int) -> SearchStrategy[Case]:
    """Draw a block of rows and a change of it.

    Parameters
    ----------
    schema : Schema
        Of the columns whose change is judged.
    context : Schema or None
        Of the columns that may be changed alike before and after.
    blocks : int
        How many blocks there are.

    Returns
    -------
    SearchStrategy of Case
        Half of the draws give every row a change of a single cell, a quarter one change for all rows, a quarter cells
        of other rows. Shrinks to the first block, fewer columns and simpler values; which of the three ways is left
        doesn't matter, as one row is taken out of the block in the end.
    """
    from hypothesis import strategies as st

    # Made once: making a strategy costs more than drawing from it.
    block = places(blocks)
    alike, lent, singles = _alike(schema), _lent(schema), _singles(schema)
    shared = None if context is None else _alike(context)
    toss = st.booleans()

    @st.composite
    def case(draw: Any) -> Case:
        chosen = draw(block)
        kind = 2 * draw(toss) + draw(toss)
        plan: Plan = draw(alike if kind == 0 else lent if kind == 1 else singles)
        fixed = draw(shared) if shared is not None and draw(toss) else Alike(())
        return Case(chosen, fixed, plan)

    return case()


def _few(columns: tuple[str, ...]) -> SearchStrategy[tuple[str, ...]]:
    from hypothesis import strategies as st

    column, more = one_of(columns), st.booleans()

    @st.composite
    def few(draw: Any) -> tuple[str, ...]:
        found = [draw(column)]
        while len(found) < MOST_COLUMNS and draw(more):
            found.append(draw(column))
        # In the table's order, so that one set of columns is one case.
        return tuple(name for name in columns if name in found)

    return few()


def _alike(schema: Schema) -> SearchStrategy[Alike]:
    from hypothesis import strategies as st

    columns, gone = _few(schema.columns), st.booleans()
    present = {name: one_of([value for value in pool if value is not None]) for name, pool in schema.pools.items()}

    @st.composite
    def alike(draw: Any) -> Alike:
        chosen = draw(columns)
        values = []
        for name in chosen:
            # A missing value is one of hundreds, and another branch of most models. Both are always drawn: what takes
            # fewer draws would count as simpler.
            is_gone = schema.missing(name) and draw(gone)
            value = draw(present[name])
            values.append((name, None if is_gone else value))
        return Alike(tuple(values))

    return alike()


def _lent(schema: Schema) -> SearchStrategy[Lent]:
    from hypothesis import strategies as st

    return st.builds(Lent, _few(schema.columns), places(schema.n_donors))


def _singles(schema: Schema) -> SearchStrategy[Singles]:
    columns = schema.columns
    pairs = len(columns) * max(len(pool) for pool in schema.pools.values())
    return places(pairs).map(lambda first: Singles(columns, first))
