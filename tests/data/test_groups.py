"""Protected attributes as groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelcheck.data.groups import GroupBuilder, GroupCodes
from modelcheck.errors import DataError


def _groups(data: dict[str, Any], columns: list[str], bands: Any = None, rows: int = 10_000) -> GroupCodes:
    builder = GroupBuilder(columns, bands)
    for batch in pa.table({k: pa.array(v, from_pandas=True) for k, v in data.items()}).to_batches(max_chunksize=rows):
        builder.update(batch)
    groups = builder.finish()
    assert groups.codes.dtype == np.int32
    return groups


def _names(groups: GroupCodes) -> list[str]:
    return [groups.labels[code] for code in groups.codes]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (["b", "a", None, "b"], ("a", "b", "(missing)")),
        ([10, 2, None, 2], ("2", "10", "(missing)")),
        ([1.0, 0.0, float("nan"), 1.0], ("0", "1", "(missing)")),
        ([0.5, 2.0, 10.0, 0.5], ("0.5", "2", "10")),
        ([True, False, None, True], ("False", "True", "(missing)")),
        (["", "(missing)", None, ""], ("'(missing)'", "(empty)", "(missing)")),
        (pd.Categorical(["b", "a", None, "b"]), ("a", "b", "(missing)")),
    ],
)
def test_labels_are_sorted_and_missing_is_a_group(values: Any, labels: tuple[str, ...]) -> None:
    groups = _groups({"a": values}, ["a"])
    assert groups.labels == labels


def test_codes_point_at_their_labels_whatever_the_batches() -> None:
    rng = np.random.default_rng(0)
    data = {"sex": rng.choice(["F", "M", None], 500), "race": rng.choice(["x", "y", "z"], 500)}
    whole = _groups(data, ["sex", "race"])
    parts = _groups(data, ["sex", "race"], rows=7)
    assert whole.labels == parts.labels
    assert np.array_equal(whole.codes, parts.codes)
    expected = [f"{s or '(missing)'}*{r}" for s, r in zip(data["sex"], data["race"], strict=True)]
    assert _names(whole) == expected
    assert len(whole.labels) == 9


def test_only_combinations_that_occur_are_groups() -> None:
    assert _groups({"a": ["x", "y"], "b": ["1", "2"]}, ["a", "b"]).labels == ("x*1", "y*2")


def test_combinations_that_would_read_the_same_stay_apart() -> None:
    groups = _groups({"a": ["p*q", "p"], "b": ["r", "q*r"]}, ["a", "b"])
    assert len(set(groups.labels)) == 2


def test_bands_make_readable_groups() -> None:
    groups = _groups({"age": [24.9, 25, 44, 45, 80, None]}, ["age"], {"age": (25, 45)})
    assert groups.labels == ("< 25", "25 to 45", ">= 45", "(missing)")
    assert _names(groups) == ["< 25", "25 to 45", "25 to 45", ">= 45", ">= 45", "(missing)"]


def test_bands_work_inside_an_intersection() -> None:
    groups = _groups({"age": [20, 50], "sex": ["F", "M"]}, ["sex", "age"], {"age": (25,)})
    assert groups.labels == ("F*< 25", "M*>= 25")


def test_many_numbers_ask_for_bands_with_a_line_to_copy() -> None:
    data = {"age": list(range(18, 90))}
    with pytest.raises(DataError, match=r"more than 50 different numbers.*bands = \{ age = \[\d+, \d+, \d+\] \}"):
        _groups(data, ["age"])
    with pytest.raises(DataError, match="more than 50"):
        _groups(data, ["age"], rows=10)
    assert len(_groups({"age": [*range(50), None]}, ["age"]).labels) == 51


def test_bands_on_text_and_far_too_many_groups_are_refused() -> None:
    with pytest.raises(DataError, match="bands are declared for 'a', which holds string"):
        _groups({"a": ["x"]}, ["a"], {"a": (1,)})
    with pytest.raises(DataError, match=r"more than 250 different values.*Join those that belong together"):
        _groups({"a": [f"name {i}" for i in range(251)]}, ["a"])
    many = {"a": [f"a{i % 40}" for i in range(1_600)], "b": [f"b{i // 40}" for i in range(1_600)]}
    with pytest.raises(DataError, match=r"a\*b.* makes more than 1,000 groups"):
        _groups(many, ["a", "b"])


def test_the_groups_of_a_column_are_levels_with_conditions() -> None:
    groups = _groups({"a": ["x", None, "", "(missing)", "y"]}, ["a"])
    assert groups.levels is not None
    conditions = dict(
        zip(groups.labels, (groups.levels.condition(code, code).text() for code in groups.level_codes), strict=True)
    )
    assert conditions["x"] == "a == 'x'"
    assert conditions["(empty)"] == "a == ''"
    assert conditions["'(missing)'"] == "a == '(missing)'"
    assert conditions["(missing)"] == "a is missing"


def test_bands_without_rows_keep_their_place_among_the_levels() -> None:
    groups = _groups({"age": [70, 3, None]}, ["age"], {"age": (25, 45)})
    assert groups.levels is not None
    assert groups.level_codes == (1, 3, 0)
    assert groups.levels.condition(3, 3).text() == "age >= 45"


def test_numbers_and_truth_values_are_compared_as_such() -> None:
    groups = _groups({"a": [2, 1, None]}, ["a"])
    assert groups.levels is not None
    assert groups.levels.condition(1, 1).text() == "a == 1"
    groups = _groups({"a": [True, False]}, ["a"])
    assert groups.levels is not None
    assert groups.levels.condition(1, 1).text() == "a == false"


def test_no_rows_make_no_groups() -> None:
    groups = GroupBuilder(["a"]).finish()
    assert groups.labels == ()
    assert len(groups.codes) == 0
