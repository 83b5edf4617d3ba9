"""Protected attributes as groups: labels that people read and one integer per row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelcheck.data.arrow import missing_mask, plain_column
from modelcheck.data.group_levels import levels_of
from modelcheck.data.levels import Levels
from modelcheck.data.names import shown
from modelcheck.errors import DataError

__all__ = ["MISSING", "GroupBuilder", "GroupCodes", "band_labels"]

MISSING = "(missing)"
_EMPTY = "(empty)"
_MOST_NUMBERS = 50
_MOST_GROUPS = 1_000
_MOST_VALUES = 250

_Key = tuple[int, float, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCodes:
    """The groups of one attribute or intersection.

    Attributes
    ----------
    labels : tuple of str
        Distinct, in a stable order: bands and numbers by size, text by code point, ``(missing)`` last.
    codes : ndarray of int32, shape (n_rows,)
        Index into `labels`.
    levels : Levels or None
        What the groups of one column mean as conditions; None for an intersection.
    level_codes : tuple of int
        For each label its code in `levels`.
    """

    labels: tuple[str, ...]
    codes: NDArray[np.int32]
    levels: Levels | None = None
    level_codes: tuple[int, ...] = ()


class GroupBuilder:
    """Collects the groups of one protected attribute, or of an intersection, over batches.

    Parameters
    ----------
    columns : sequence of str
        One column, or several whose values together make a group.
    bands : mapping of str to sequence of float
        Increasing cut points by numeric column; a cut belongs to the band above it.

    Examples
    --------
    >>> import pyarrow as pa
    >>> builder = GroupBuilder(["age"], {"age": (25, 45)})
    >>> builder.update(pa.RecordBatch.from_pydict({"age": [70, 25, None, 3]}))
    >>> groups = builder.finish()
    >>> groups.labels, groups.codes.tolist()
    (('< 25', '25 to 45', '>= 45', '(missing)'), [2, 1, 3, 0])
    """

    def __init__(self, columns: Sequence[str], bands: Mapping[str, Sequence[float]] | None = None) -> None:
        self.columns = tuple(columns)
        self._parts = [_Attribute(name, tuple((bands or {}).get(name, ()))) for name in self.columns]
        self._keys: dict[tuple[_Key, ...], int] = {}
        self._chunks: list[NDArray[np.int32]] = []

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the next rows.

        Raises
        ------
        DataError
            A numeric column with more than 50 values and no bands, another with more than 250, bands on a text
            column, or more than 1,000 groups of an intersection.
        """
        parts = [part.read(batch.column(part.name)) for part in self._parts]
        joint = np.zeros(batch.num_rows, dtype=np.int64)
        for keys, codes in parts:
            joint = joint * max(1, len(keys)) + codes
        found, inverse = np.unique(joint, return_inverse=True)
        own = np.empty(len(found), dtype=np.int32)
        for place, number in enumerate(found.tolist()):
            combined: list[_Key] = []
            for keys, _ in reversed(parts):
                number, code = divmod(number, max(1, len(keys)))
                combined.append(keys[code])
            own[place] = self._keys.setdefault(tuple(reversed(combined)), len(self._keys))
        if len(self._parts) == 1 and len(self._keys) > _MOST_VALUES:
            raise DataError(
                f"The column {shown(self.columns[0])} has more than {_MOST_VALUES} different values, too many "
                "groups to compare. Join those that belong together in a column of their own (a dataset function can "
                "make it), e.g. countries to regions, and name that instead."
            )
        if len(self._keys) > _MOST_GROUPS:
            raise DataError(
                f"{shown('*'.join(self.columns))} makes more than {_MOST_GROUPS:,} groups, too many to compare. "
                "Under [dataset] protected, name a column with fewer values, or a smaller intersection."
            )
        self._chunks.append(own[inverse])

    def finish(self) -> GroupCodes:
        """Return labels and codes; neither depends on how the rows were batched."""
        order = sorted(self._keys)
        places = np.empty(len(order), dtype=np.int32)
        for place, key in enumerate(order):
            places[self._keys[key]] = place
        codes = np.concatenate(self._chunks) if self._chunks else np.zeros(0, dtype=np.int32)
        levels, level_codes = self._levels([key[0] for key in order]) if len(self._parts) == 1 else (None, ())
        return GroupCodes(
            labels=tuple(self._label(key) for key in order),
            codes=places[codes] if len(codes) else codes,
            levels=levels,
            level_codes=level_codes,
        )

    def _levels(self, keys: list[_Key]) -> tuple[Levels, tuple[int, ...]]:
        part = self._parts[0]
        bands = band_labels(part.cuts) if part.cuts else ()
        return levels_of(part.name, keys, part.cuts, bands, _EMPTY)

    def _label(self, key: tuple[_Key, ...]) -> str:
        if len(key) == 1:
            return key[0][2]
        # Otherwise a*b with c and a with b*c would read the same.
        return "*".join(text.replace("\\", "\\\\").replace("*", "\\*") for _, _, text in key)


def band_labels(cuts: Sequence[float]) -> tuple[str, ...]:
    """Return readable names of the bands that increasing cut points make.

    Examples
    --------
    >>> band_labels([25, 45])
    ('< 25', '25 to 45', '>= 45')
    """
    names = [number_text(cut) for cut in cuts]
    middle = [f"{low} to {high}" for low, high in pairwise(names)]
    return (f"< {names[0]}", *middle, f">= {names[-1]}")


def number_text(value: float) -> str:
    """Return a number as people write it: whole numbers without a point."""
    whole = math.isfinite(value) and value == int(value) and abs(value) < 1e15
    return str(int(value)) if whole else repr(value)


class _Attribute:
    """One column's values as sortable keys (rank, number, label)."""

    def __init__(self, name: str, cuts: tuple[float, ...]) -> None:
        self.name = name
        self.cuts = cuts
        self._numbers: set[float] = set()

    def read(self, column: pa.Array) -> tuple[list[_Key], NDArray[np.int64]]:
        column = plain_column(column)
        missing = missing_mask(column).to_numpy(zero_copy_only=False)
        kind = column.type
        numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        if self.cuts:
            if not numeric:
                raise DataError(
                    f"bands are declared for {shown(self.name)}, which holds {kind}, not numbers. "
                    "Remove it from bands under [dataset]; each value is a group then."
                )
            return self._banded(column, missing)
        coded = pc.dictionary_encode(pc.if_else(pa.array(missing), pa.scalar(None, kind), column))
        values = coded.dictionary.to_pylist()
        if numeric:
            self._refuse_many(values)
        keys = [_key(value) for value in values]
        codes = pc.fill_null(coded.indices, len(keys)).to_numpy(zero_copy_only=False).astype(np.int64)
        return [*keys, (3, 0.0, MISSING)], codes

    def _banded(self, column: pa.Array, missing: NDArray[np.bool_]) -> tuple[list[_Key], NDArray[np.int64]]:
        values = column.to_numpy(zero_copy_only=False)
        codes = np.searchsorted(np.asarray(self.cuts, dtype=float), values, side="right").astype(np.int64)
        codes[missing] = len(self.cuts) + 1
        keys = [(0, float(place), label) for place, label in enumerate(band_labels(self.cuts))]
        return [*keys, (3, 0.0, MISSING)], codes

    def _refuse_many(self, values: list[Any]) -> None:
        self._numbers.update(values)
        if len(self._numbers) <= _MOST_NUMBERS:
            return
        finite = np.array(sorted(value for value in self._numbers if math.isfinite(value)), dtype=float)
        cuts = dict.fromkeys(
            number_text(float(f"{cut:.3g}")) for cut in np.quantile(finite, [0.25, 0.5, 0.75], method="inverted_cdf")
        )
        name = f'"{self.name}"' if not self.name.replace("_", "").isalnum() else self.name
        line = f"bands = {{ {name} = [{', '.join(cuts)}] }}"
        raise DataError(
            f"The column {shown(self.name)} has more than {_MOST_NUMBERS} different numbers; groups of "
            f"single numbers are too small to compare. Declare bands under [dataset], for example: {line}"
        )


def _key(value: Any) -> _Key:
    if isinstance(value, bool):
        return (1, float(value), str(value))
    if isinstance(value, int | float):
        return (1, float(value), number_text(value))
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    if text in (MISSING, _EMPTY):
        text = repr(text)
    return (2, 0.0, text or _EMPTY)
