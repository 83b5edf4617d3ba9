"""Properties over real rows, for user checks: a decorator that searches for the row that breaks one."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.data.names import closest, shown, shown_list

if TYPE_CHECKING:
    import pandas as pd

    from modelcheck.perturb.falsify.counterexample import Counterexample
    from modelcheck.perturb.falsify.holding import Holding

__all__ = ["given_rows"]

_MOST_ROWS = 1_000
_BLOCK = 64
_SEED = 0
_TABLES = ("dataset", "reference")


def given_rows(
    *, change: Sequence[str] | None = None, examples: int = 100
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Turn a property of rows into a check that searches for a row that breaks it.

    The decorated function takes ``before`` and ``after``: two frames of the same real rows of the dataset, of which
    some columns differ; or only ``rows``: real rows as they are. Everything else that it takes is a fixture
    (``candidate``, ``baseline``, ``dataset``, ``reference``, ``model_name``, or one of a conftest). It returns one bool
    a row, True where the property holds; or it returns nothing and asserts. It is called with many rows at a time.

    Changed cells stay within the support of the reference (of the dataset where there is none): values that occur,
    categories that occur, missing only where values are missing there. What breaks the property is shrunk to one
    row, the fewest columns and the simplest values. Nothing is stored: the same rows are searched in the same way in
    every run, so a counterexample comes back until it is mended.

    Parameters
    ----------
    change : sequence of str or None
        The columns that may differ between ``before`` and ``after``; None: all features.
    examples : int
        How many changes of 64 rows are tried, at least 1; for a property of ``rows``, up to 1,000 rows are looked at
        once and this has no meaning.

    Returns
    -------
    callable
        A decorator.

    Raises
    ------
    TypeError, ValueError
        At once, where the function or the options can't be meant so; in the check, where a column isn't there, none
        has two values, or the function returns something other than one bool a row. The check raises `AssertionError`
        with the row where the property is broken.

    Examples
    --------
    In a ``check_*.py`` file:

    >>> import modelcheck
    >>> @modelcheck.given_rows(change=["age", "income"])
    ... def check_small_changes_never_move_the_score_far(before, after, candidate):
    ...     moved = candidate.predict_proba(after)[:, 1] - candidate.predict_proba(before)[:, 1]
    ...     return abs(moved) < 0.5
    """
    named = _named(change)
    if type(examples) is not int or examples < 1:
        raise ValueError(f"given_rows(examples=...) is a whole number of at least 1, not {examples!r}.")

    def decorate(function: Callable[..., Any]) -> Callable[..., None]:
        fixtures, single = _fixtures(function, named)

        @functools.wraps(function)
        def check(**given: Any) -> None:
            from modelcheck.perturb.falsify.holding import Holding

            prop = Holding(function, {name: given[name] for name in fixtures})
            source = _Source.of(given["dataset"], given["reference"])
            failure = _looked_at(prop, source) if single else _searched(prop, source, named, examples)
            # Raised here, so that the traceback that a reader gets is short.
            if failure:
                raise AssertionError(failure)

        asked = dict.fromkeys([*fixtures, *_TABLES])
        kind = inspect.Parameter.KEYWORD_ONLY
        check.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in asked])  # type: ignore[attr-defined]
        check.__annotations__ = {}
        return check

    return decorate


def _named(change: Any) -> tuple[str, ...] | None:
    if change is None:
        return None
    if isinstance(change, str) or not isinstance(change, Sequence) or not all(isinstance(one, str) for one in change):
        raise TypeError(f'given_rows(change=...) is a list of columns such as ["age"], not {change!r}.')
    if not change:
        raise ValueError("given_rows(change=[]) leaves no column to change. Name some, or leave it out for all.")
    return tuple(dict.fromkeys(change))


def _fixtures(function: Any, named: tuple[str, ...] | None) -> tuple[tuple[str, ...], bool]:
    """Return the fixtures that a function asks for, and whether it takes single rows."""
    if not inspect.isfunction(function):
        raise TypeError("@given_rows(...) decorates a function; write it with parentheses: @modelcheck.given_rows().")
    parameters = inspect.signature(function).parameters.values()
    starred = [one.name for one in parameters if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.POSITIONAL_ONLY)]
    if starred:
        raise TypeError(
            f"{function.__name__}() takes {shown_list(starred)}: name every argument of a given_rows check."
        )
    names = tuple(one.name for one in parameters if one.default is one.empty)
    single = "rows" in names
    pair = [name for name in ("before", "after") if name in names]
    if bool(pair) if single else len(pair) != 2:
        raise TypeError(
            f"{function.__name__}({', '.join(names)}) takes neither `before` and `after` nor `rows` alone: a "
            "given_rows check compares the same rows before and after a change, or looks at rows as they are."
        )
    if single and named is not None:
        raise TypeError(f"{function.__name__}(rows) looks at rows as they are: it can't have `change`.")
    return tuple(name for name in names if name not in ("before", "after", "rows")), single


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """Rows to search, their positions in the dataset, and rows of the reference."""

    rows: pd.DataFrame
    positions: NDArray[np.int64]
    support: pd.DataFrame
    kinds: dict[str, str]
    name: str

    @classmethod
    def of(cls, dataset: Any, reference: Any) -> _Source:
        from modelcheck.data.dataset import Dataset
        from modelcheck.data.frames import to_frame

        if not isinstance(dataset, Dataset):
            raise TypeError(
                f"The fixture dataset is a {type(dataset).__name__}, which given_rows knows no roles of. With several "
                "models an overridden fixture must take `model_name`, so that it can be wrapped."
            )
        features = dataset.schema().features
        sample = dataset.sample()
        rows, positions = to_frame(sample.table, features), sample.positions
        support = dataset if not isinstance(reference, Dataset) else reference
        held = rows if support is dataset else to_frame(support.sample().table, features)
        if len(rows) > _MOST_ROWS:
            chosen = np.sort(np.random.default_rng(_SEED).choice(len(rows), _MOST_ROWS, replace=False))
            rows, positions = rows.iloc[chosen].reset_index(drop=True), positions[chosen]
        kinds = {name: support.kind_of(name) for name in features}
        return cls(rows, positions, held, kinds, support.name)


def _looked_at(prop: Holding, source: _Source) -> str:
    """Look at all rows as they are; return the message about the first that breaks the property."""
    from modelcheck.perturb.falsify.change import Change
    from modelcheck.perturb.falsify.simplify import Kept

    broken = prop.broken({"rows": source.rows.copy()})
    if not broken.any():
        return ""
    row = int(np.flatnonzero(broken)[0])
    tried = f"{len(source.rows):,} rows were looked at"
    alone = bool(prop.broken({"rows": source.rows.iloc[[row]].reset_index(drop=True)}).any())
    kept = Kept(row=row, shared=Change(), change=Change(), alone=alone)
    return _message(prop, source, row, kept, f"{tried}, {int(broken.sum()):,} of them found to break it.")


def _searched(prop: Holding, source: _Source, named: tuple[str, ...] | None, examples: int) -> str:
    """Search for a row and a change; return the message about them."""
    from modelcheck.perturb.falsify.schema import Unsatisfiable
    from modelcheck.perturb.falsify.search import find
    from modelcheck.perturb.profile import profile_table

    for name in named or ():
        if name not in source.rows.columns:
            columns = [str(column) for column in source.rows.columns]
            raise ValueError(
                f"given_rows(change=...) names {shown(name)}, which is no feature.{closest(name, columns)}"
            )

    profile = profile_table(source.support, source.kinds, source=source.name)
    found = find(
        prop.judge, source.rows, profile, columns=named, others=None, seed=_SEED, examples=examples, block=_BLOCK
    )
    if isinstance(found, Unsatisfiable):
        raise ValueError(f"{prop.name} can't be searched: {found.reason}")
    _, kept, row = found
    if kept is None:
        return ""
    return _message(prop, source, row, kept, f"{prop.rows:,} rows were tried in {prop.calls:,} calls.")


def _message(prop: Holding, source: _Source, row: int, kept: Any, tried: str) -> str:
    from modelcheck.perturb.falsify.counterexample import Counterexample
    from modelcheck.perturb.falsify.properties import Property

    title = prop.name.removeprefix("check_").replace("_", " ")
    nothing = Property(
        name=prop.name, title=title, broken=lambda before, after, rows, changed: np.zeros(len(rows), bool)
    )
    place = int(source.positions[row])
    example: Counterexample = Counterexample.of(nothing, source.rows, row, kept)
    lines = [f"{prop.name} doesn't hold for row {place:,} of the dataset (counted from 0)"]
    if prop.said:
        lines[0] += f": {prop.said.splitlines()[0][:200]}"
    lines += [f"  {shown(name)}: {_cell(was)} -> {_cell(now)}" for name, (was, now) in example.changes.items()]
    lines.append(f"  {tried}")
    if not kept.alone:
        lines.append("  Alone, without the other rows of its call, the row doesn't break it.")
    told = example.as_json() | {"row": place}
    lines.append(f"  {json.dumps({key: told[key] for key in ('row', 'changes', 'values')}, ensure_ascii=True)}")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    return "missing" if value is None else shown(value)
