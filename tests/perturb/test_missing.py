import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.missing import with_missing

ALL = {
    "n": pd.Series([1, 2, 3]),
    "x": pd.Series([1.0, 2.0, 3.0], dtype="float32"),
    "b": pd.Series([True, False, True]),
    "s": pd.Series(["a", "b", "a"]),
    "c": pd.Series(["a", "b", "a"], dtype="category"),
    "d": pd.Series(pd.to_datetime(["2020-01-01", "2021-01-01", "2022-01-01"])),
    "z": pd.Series(pd.to_datetime(["2020-01-01", "2021-01-01", "2022-01-01"], utc=True)),
    "I": pd.Series([1, 2, 3], dtype="Int64"),
    "o": pd.Series([1, "a", None], dtype=object),
}
AFTER = {"n": "float64", "b": "object"}


@pytest.mark.parametrize("name", ALL)
def test_columns_with_gaps_have_the_type_that_reading_them_gives(name):
    gone = np.array([True, False, False])
    before = ALL[name].copy()
    found = with_missing(ALL[name], gone)
    assert str(found.dtype) == AFTER.get(name, str(before.dtype))
    assert found.isna().tolist() == (gone | before.isna()).tolist()
    assert found[1] == before[1]
    pd.testing.assert_series_equal(ALL[name], before)


def test_categories_stay_known_though_none_of_them_is_left():
    assert with_missing(ALL["c"], np.ones(3, dtype=bool)).cat.categories.tolist() == ["a", "b"]


def test_a_whole_column_goes_missing_where_it_has_values(changed):
    found = changed("missing_column", {"x": [1.0, np.nan, 3.0]}, {"x": "number"})
    assert found.rows.tolist() == [0, 2]
    assert found.values["x"].isna().all()


@pytest.mark.parametrize("severity", [0.05, 0.4])
def test_the_share_of_cells_goes_missing(changed, severity):
    found = changed("missing_at_random", {"n": np.arange(10_000)}, {"n": "integer"}, severity=severity)
    assert len(found.rows) / 10_000 == pytest.approx(severity, rel=0.1)
    assert found.values["n"].isna().all()


def test_milder_gaps_are_some_of_the_harsher_ones(changed):
    mild, harsh = (
        changed("missing_at_random", {"n": np.arange(100)}, {"n": "integer"}, severity=one).rows for one in (0.1, 0.4)
    )
    assert set(mild.tolist()) < set(harsh.tolist())


def test_gaps_in_all_columns_come_one_by_one(changed, places):
    reference = {"n": np.arange(1_000), "s": ["a", "b"] * 500}
    kinds = {"n": "integer", "s": "category"}
    assert places("missing_anywhere", reference, kinds) == [("n", "s")]
    assert places("missing_anywhere", {"n": [1, 2]}, {"n": "integer"}) == []
    found = changed("missing_anywhere", reference, kinds, severity=0.4)
    assert set(zip(found.values["n"].isna(), found.values["s"].isna(), strict=True)) == {
        (True, False), (False, True), (True, True),
    }  # fmt: skip


def test_what_is_missing_together_in_the_reference_goes_missing_together(changed, places):
    reference = pd.DataFrame(
        {"a": [1.0, np.nan, 2.0, 3.0], "b": ["x", None, "y", "x"], "c": [1.0, 2.0, np.nan, 3.0], "d": [1, 2, 3, 4]}
    )
    kinds = {"a": "number", "b": "category", "c": "number", "d": "integer"}
    assert places("missing_pattern", reference, kinds) == [("a", "b", "c")]
    rows = pd.DataFrame({"a": np.ones(99), "b": ["x"] * 99, "c": np.ones(99), "d": np.ones(99, dtype=int)})
    found = changed("missing_pattern", reference, kinds, rows)
    seen = {tuple(row) for row in pd.DataFrame(found.values).isna().to_numpy().tolist()}
    assert seen == {(True, True, False), (False, False, True)}
    assert len(found.rows) == 99


def test_a_complete_reference_has_no_pattern_and_an_empty_column_nothing_to_lose(places):
    assert places("missing_pattern", {"a": [1, 2]}, {"a": "integer"}) == []
    assert places("missing_column", {"a": [np.nan, np.nan]}, {"a": "constant"}) == []
