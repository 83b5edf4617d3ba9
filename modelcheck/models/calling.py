"""How rows reach a model's own code: prepared, with the columns it knows, and with its faults named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError, ModelRaised

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Preparation", "ask", "plain_array", "prepared", "select_features"]

Preparation = Callable[["pd.DataFrame"], Any]


def select_features(X: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return exactly the named columns, in order.

    Parameters
    ----------
    X : DataFrame
        Rows with at least these columns.
    names : sequence of str
        The model's features.

    Returns
    -------
    DataFrame
        A frame of its own: with pandas' copy-on-write, changing it leaves `X` alone.

    Raises
    ------
    ModelError
        Columns are missing; the message gives the closest names there are.
    """
    present = list(X.columns)
    if present == list(names):
        return X.copy(deep=False)
    known = set(present)
    missing = [name for name in names if name not in known]
    if missing:
        texts = [str(name) for name in present]
        lines = []
        for name in missing:
            near = get_close_matches(name, texts, 1)
            lines.append(f"{name!r}" + (f" (closest: {near[0]!r})" if near else ""))
        raise ModelError(
            f"The model needs {len(names)} columns; {len(missing)} of them are not in the table: {', '.join(lines)}. "
            "Rename the columns, or map the rows with `prepare`."
        )
    return X[list(names)]


def ask(what: str, call: Callable[[Any], Any], given: Any, rows: pd.DataFrame) -> Any:
    """Call the user's code and name the rows when it raises.

    Parameters
    ----------
    what : str
        Subject of the message, e.g. ``The model``.
    call : callable
        Takes `given`.
    given : object
        What is handed over.
    rows : DataFrame
        The rows as the caller knows them.

    Returns
    -------
    object
        The call's answer.

    Raises
    ------
    ModelRaised
        The call raised; its own exception is the cause.
    """
    try:
        return call(given)
    except ModelError:
        raise
    except (Exception, SystemExit) as error:
        text = str(error).strip() or "no message"
        if len(text) > 1_000:
            text = f"{text[:1_000]}... ({len(text):,} characters)"
        raise ModelRaised(f"{what} raised {type(error).__name__} on {_rows(rows)}: {text}") from error


def prepared(prepare: Preparation, X: pd.DataFrame) -> Any:
    """Return what the user's `prepare` makes of raw rows: anything with one entry for each row.

    Parameters
    ----------
    prepare : callable
        From a DataFrame to a DataFrame, an array, or a mapping of input names to arrays.
    X : DataFrame
        The raw rows.

    Raises
    ------
    ModelRaised
        It raised.
    ModelError
        It left rows out, or added some.
    """
    given = ask("`prepare`", prepare, X.copy(deep=False), X)
    parts = given.values() if isinstance(given, Mapping) else [given]
    for part in parts:
        if len(part) != len(X):
            raise ModelError(f"`prepare` made {len(part):,} rows of {len(X):,}. It must keep every row, in order.")
    return given


def plain_array(answer: Any) -> NDArray[Any]:
    """Return an answer as an array.

    Raises
    ------
    ModelError
        Parts of it are masked: the values under a mask are no answers.
    """
    masked = int(np.ma.getmaskarray(answer).sum()) if isinstance(answer, np.ma.MaskedArray) else 0
    if masked:
        raise ModelError(f"The model gave a masked array with {masked:,} values masked out. Every row needs an answer.")
    return np.asarray(answer)


def _rows(rows: pd.DataFrame) -> str:
    if not len(rows):
        return "an empty table"
    first, last = rows.index[0], rows.index[-1]
    if rows.index.dtype.kind in "iu":
        return f"rows {first} to {last}" if first != last else f"row {first}"
    return f"{len(rows):,} rows"
