"""Arrow batches as the pandas frames that models were fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["to_frame"]


def to_frame(batch: pa.RecordBatch | pa.Table, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return rows as a pandas frame with the dtypes that ``pandas.read_csv`` gives.

    Parameters
    ----------
    batch : RecordBatch or Table
        The rows.
    columns : sequence of str or None
        Which columns, in this order; None means all.

    Returns
    -------
    DataFrame
        Text as ``str``, categories as ``category``, whole numbers with missing values as float64, dates as datetime64.
        Owns its memory: what a model does to it doesn't reach the dataset.

    Examples
    --------
    >>> import pyarrow as pa
    >>> to_frame(pa.table({"a": [1, None], "b": ["x", "y"]})).dtypes.astype(str).to_dict()
    {'a': 'float64', 'b': 'str'}
    """
    import pandas as pd

    chosen = batch if columns is None else batch.select(list(columns))
    if not chosen.num_columns:
        return pd.DataFrame(index=pd.RangeIndex(chosen.num_rows))
    plain = _plain_floats(chosen)
    if plain is not None:
        return pd.DataFrame(plain, columns=list(chosen.schema.names), copy=False)
    table = pa.Table.from_batches([chosen]) if isinstance(chosen, pa.RecordBatch) else chosen
    frame = table.to_pandas(date_as_object=False)
    for place, name in enumerate(chosen.schema.names):
        # A column that is alone in its block shares memory with Arrow.
        values = frame.iloc[:, place].array
        if isinstance(values, pd.arrays.NumpyExtensionArray) and not values.to_numpy().flags.writeable:
            frame[name] = frame.iloc[:, place].copy()
    return cast("pd.DataFrame", frame)


def _plain_floats(chosen: pa.RecordBatch | pa.Table) -> np.ndarray[tuple[int, int], np.dtype[np.float64]] | None:
    """Return the values of an all-float64 batch; several times faster than the general way."""
    if isinstance(chosen, pa.Table) or any(not pa.types.is_float64(kind) for kind in chosen.schema.types):
        return None
    block = np.empty((chosen.num_columns, chosen.num_rows))
    for place, column in enumerate(chosen.columns):
        block[place] = column.to_numpy(zero_copy_only=False)
    return block.T
