"""The same values as another type: what readers, joins and databases make of a column."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator

from modelcheck.perturb.columns import coded, numbers, series, taken
from modelcheck.perturb.perturbation import BEYOND, WITHIN, Maker, Perturbation
from modelcheck.perturb.profile import ColumnProfile, TableProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TYPES"]


def _whole_numbers(values: pd.Series, column: ColumnProfile) -> bool:
    return values.dtype.kind in "iu"


def _float64(values: pd.Series, column: ColumnProfile) -> bool:
    return values.dtype == np.float64 and len(column.points) > 0


def _text(values: pd.Series, column: ColumnProfile) -> bool:
    import pandas as pd

    return column.texts and not isinstance(values.dtype, pd.CategoricalDtype)


def _category(values: pd.Series, column: ColumnProfile) -> bool:
    import pandas as pd

    return isinstance(values.dtype, pd.CategoricalDtype)


def _bool(values: pd.Series, column: ColumnProfile) -> bool:
    return values.dtype.kind == "b"


def _zero_one(values: pd.Series, column: ColumnProfile) -> bool:
    return values.dtype.kind in "iu" and column.kind == "boolean"


def _any_number(values: pd.Series, column: ColumnProfile) -> bool:
    return numbers(values) is not None


def _to_float(values: pd.Series, column: ColumnProfile) -> pd.Series:
    return values.astype("float64" if isinstance(values.dtype, np.dtype) else "Float64")


def _to_float32(values: pd.Series, column: ColumnProfile) -> pd.Series:
    exact = values.to_numpy()
    most = np.finfo(np.float32).max
    # Too large a number becomes the largest there is: an infinite one would be another defect.
    fits = np.where(np.isfinite(exact), np.clip(exact, -most, most), exact)
    return series(fits.astype(np.float32), values)


def _to_category(values: pd.Series, column: ColumnProfile) -> pd.Series:
    import pandas as pd

    codes, different = coded(values)
    labels = sorted({*different, *column.levels}, key=str)
    place = {label: at for at, label in enumerate(labels)}
    new = np.array([*(place[one] for one in different), -1], dtype=np.intp)[codes]
    categories = pd.Categorical.from_codes(new, dtype=pd.CategoricalDtype(labels))
    return pd.Series(categories, index=values.index, name=values.name)


def _to_text(values: pd.Series, column: ColumnProfile) -> pd.Series:
    import pandas as pd

    codes, different = coded(values)
    if values.dtype == np.float32:  # its own digits, not those of the float64 beside it
        different = [str(np.float32(one)) for one in different]
    empty = pd.Series(np.nan, index=values.index, name=values.name, dtype="str")
    return taken(empty, codes, [one if isinstance(one, str) else str(one) for one in different])


def _to_int(values: pd.Series, column: ColumnProfile) -> pd.Series:
    return values.astype("int64" if isinstance(values.dtype, np.dtype) else "Int64")


def _to_bool(values: pd.Series, column: ColumnProfile) -> pd.Series:
    return values.astype("bool" if isinstance(values.dtype, np.dtype) else "boolean")


def _type(
    name: str,
    title: str,
    population: str,
    fits: Callable[[pd.Series, ColumnProfile], bool],
    change: Callable[[pd.Series, ColumnProfile], pd.Series],
    support: str = WITHIN,
) -> Perturbation:
    def places(profile: TableProfile) -> list[tuple[str, ...]]:
        columns = profile.columns.values()
        return [(one.name,) for one in columns if fits(profile.rows[one.name], one) and one.missing_share < 1.0]

    return Perturbation(
        name=name,
        title=title,
        family="types",
        population=population,
        support=support,
        places=places,
        make=_maker(fits, change),
        other_form=True,
    )


def _maker(
    fits: Callable[[pd.Series, ColumnProfile], bool], change: Callable[[pd.Series, ColumnProfile], pd.Series]
) -> Maker:
    def make(
        rows: pd.DataFrame, columns: tuple[str, ...], profile: TableProfile, severity: float, rng: Generator
    ) -> dict[str, pd.Series]:
        known = profile.columns
        return {name: change(rows[name], known[name]) if fits(rows[name], known[name]) else rows[name]
                for name in columns}  # fmt: skip

    return make


TYPES: tuple[Perturbation, ...] = (
    _type("int_to_float", "Whole numbers as float64", "A join or one missing value made the column floating point.",
          _whole_numbers, _to_float),
    _type("float_to_float32", "Numbers as float32", "A feature store that saves half of the memory, and digits.",
          _float64, _to_float32),
    _type("text_to_category", "Text as category", "A reader that recognises categories.", _text, _to_category),
    _type("category_to_text", "Category as text", "A file format that knows no categories.", _category, _to_text),
    _type("bool_to_int", "Booleans as 0 and 1", "A database without booleans.", _bool, _to_int),
    _type("int_to_bool", "0 and 1 as booleans", "A database that recognises booleans.", _zero_one, _to_bool),
    _type("number_to_text", "Numbers as text", "A reader that takes every column for text.", _any_number, _to_text,
          BEYOND),
)  # fmt: skip
