"""A table's columns as a booster was trained on them: numbers, and categories with the codes of the model file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_codes", "as_trained", "known_then_new"]

_NUMBERS = frozenset({"integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty"})


def as_trained(X: pd.DataFrame, categories: Mapping[str, Sequence[Any]], *, new: bool) -> pd.DataFrame:
    """Return rows whose columns have the types that a booster's library accepts.

    Parameters
    ----------
    X : DataFrame
        The model's columns, in order.
    categories : mapping of str to sequence
        Column to its categories in the model file, in the order of their codes.
    new : bool
        Whether entries that the model doesn't know become categories after those that it knows (its library has a way
        with them), instead of missing values.

    Returns
    -------
    DataFrame
        A frame of its own; missing values stay missing.

    Raises
    ------
    TypeError
        A column holds texts where the model has numbers, or the other way round.
    """
    changed: dict[Any, Any] = {}
    for at, name in enumerate(X.columns):
        column = X.iloc[:, at]
        if name in categories:
            changed[name] = (known_then_new if new else as_codes)(column, categories[name])
        elif column.dtype.kind not in "biuf":
            changed[name] = _as_numbers(column)
    return X.assign(**changed) if changed else X.copy(deep=False)


def as_codes(column: pd.Series, categories: Sequence[Any]) -> pd.Categorical:
    """Return a column as exactly these categories; any other entry is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> as_codes(pd.Series(["z", "new", None, "x"]), ["x", "y", "z"]).codes.tolist()
    [2, -1, -1, 0]
    """
    import pandas as pd

    _check_kind(column, categories)
    index = pd.Index(list(categories))
    return pd.Categorical.from_codes(index.get_indexer(_plain(column)), categories=index)


def known_then_new(column: pd.Series, categories: Sequence[Any]) -> pd.Categorical:
    """Return a column as these categories, and after them those that only the column has.

    Examples
    --------
    >>> import pandas as pd
    >>> known_then_new(pd.Series(["z", "new", None, "x"]), ["x", "y", "z"]).codes.tolist()
    [2, 3, -1, 0]
    """
    import pandas as pd

    _check_kind(column, categories)
    plain = _plain(column)
    known = pd.Index(list(categories))
    unknown = pd.Index(plain.dropna().unique()).difference(known)
    if known.dtype.kind in "iu" and len(unknown):
        if any(float(value) != int(value) for value in unknown):
            raise TypeError(
                f"column {column.name!r} holds {unknown[0]!r}; the model's categories there are whole numbers"
            )
        unknown = unknown.astype(known.dtype)
    every = known.append(unknown) if len(unknown) else known
    return pd.Categorical.from_codes(every.get_indexer(plain), categories=every)


def _plain(column: pd.Series) -> pd.Series:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        # Its own order of categories means nothing to the model.
        return column.astype(column.cat.categories.dtype if not column.isna().any() else object)
    return column


def _check_kind(column: pd.Series, categories: Sequence[Any]) -> None:
    """Refuse numbers for texts and texts for numbers: every entry would silently be unknown."""
    from pandas.api.types import infer_dtype

    found = infer_dtype(_plain(column), skipna=True)
    texts = any(isinstance(value, str) for value in categories)
    if len(categories) and found != "empty" and texts != (found in ("string", "mixed", "mixed-integer")):
        shown = next(iter(column.dropna()), None)
        raise TypeError(
            f"column {column.name!r} holds {shown!r}; the model's categories there are "
            f"{'texts' if texts else 'numbers'}, such as {categories[0]!r}"
        )


def _as_numbers(column: pd.Series) -> Any:
    from pandas.api.types import infer_dtype, is_numeric_dtype

    if is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    plain = _plain(column)
    if infer_dtype(plain, skipna=True) in _NUMBERS:
        return plain.astype(object).where(plain.notna(), np.nan).to_numpy(dtype=np.float64)
    shown = next((value for value in plain.dropna() if not isinstance(value, int | float)), None)
    raise TypeError(f"column {column.name!r} holds {str(shown)[:80]!r}; the model was trained on numbers there")
