"""What every perturbation promises, tried on all sorts of columns at once."""

import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.catalogue import CATALOGUE, families, named
from modelcheck.perturb.perturbation import BEYOND, SEEN, WITHIN, differs, perturb
from modelcheck.perturb.profile import profile_table

FAMILIES = [
    "noise", "rounding", "units", "range", "missing", "sentinel", "categories", "donor", "edges", "spelling", "types",
    "dates",    "text", "swaps",
]  # fmt: skip
KINDS = {
    "whole": "integer", "small": "integer", "nullable": "integer", "large": "integer", "unsigned": "integer",
    "fraction": "number", "float32": "number", "gaps": "number", "infinite": "number", "extreme": "number",
    "empty": "constant", "one": "constant", "label": "category", "labels with gaps": "category", "na text": "category",
    "category": "category", "coded category": "category", "code": "category", "mixed": "category",
    "truth": "boolean", "nullable truth": "boolean", "zero one": "boolean", "truth with gaps": "boolean",
    "day": "date", "zoned": "date", "nanosecond": "date", "iso": "date", "iso time": "date",
    "text": "text", "lists": "text", "arrays": "text", "id": "identifier", "q`uo\"te\n ü": "number",
}  # fmt: skip


def _table(size, seed):
    rng = np.random.default_rng(seed)
    days = pd.date_range("2020-01-01", periods=max(size, 1), freq="31h")[:size]
    labels = rng.choice(["Never married", "self_employed", "Prof-specialty", "Málaga"], size)
    columns = {
        "whole": rng.integers(-3, 40, size),
        "small": rng.integers(0, 256, size).astype("uint8"),
        "nullable": pd.array(np.where(rng.random(size) < 0.2, None, rng.integers(0, 9, size)), dtype="Int64"),
        "large": rng.integers(2**62, 2**63 - 1, size),
        "unsigned": rng.integers(2**62, 2**63 - 1, size).astype("uint64") * 2,
        "fraction": rng.normal(0.0, 4.0, size).round(2),
        "float32": rng.normal(size=size).astype("float32"),
        "gaps": np.where(rng.random(size) < 0.3, np.nan, rng.normal(size=size)),
        "infinite": np.where(rng.random(size) < 0.2, np.inf, rng.normal(size=size)),
        "extreme": rng.choice([1e300, -1e300, 1e-308, 0.0, 3.5], size),
        "empty": np.full(size, np.nan),
        "one": np.ones(size),
        "label": labels,
        "labels with gaps": pd.Series(labels, dtype="str").mask(rng.random(size) < 0.3),
        "na text": pd.array(labels, dtype="string"),
        "category": pd.Categorical(labels),
        "coded category": pd.Categorical(rng.integers(0, 3, size)),
        "code": rng.integers(1, 5, size),
        "mixed": np.array(["p", "q", None, 3], dtype=object)[rng.integers(0, 4, size)],
        "truth": rng.random(size) < 0.5,
        "nullable truth": pd.array(rng.random(size) < 0.5, dtype="boolean"),
        "zero one": rng.integers(0, 2, size),
        "truth with gaps": np.array([True, False, None], dtype=object)[rng.integers(0, 3, size)],
        "day": days,
        "zoned": days.tz_localize("Europe/Berlin"),
        "nanosecond": days.as_unit("ns"),
        "iso": days.strftime("%Y-%m-%d"),
        "iso time": days.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "text": [f"Text number {place} of several, isn't it? Déjà vu {'x' * place}" for place in range(size)],
        "lists": pd.Series([[1, 2]] * size, dtype=object),
        "arrays": pd.Series([np.array([1, 2])] * size, dtype=object),
        "id": np.arange(size),
        'q`uo"te\n ü': rng.normal(size=size),
    }
    return pd.DataFrame(columns)


REFERENCE = _table(120, 0)
PROFILE = profile_table(REFERENCE, KINDS)


def _every_change(one, profile):
    return [(columns, severity) for columns in one.places(profile) for severity in one.severities]


def test_names_differ_and_what_others_rely_on_is_there():
    names = [one.name for one in CATALOGUE]
    assert len(set(names)) == len(names)
    assert set(names) >= {
        "gaussian_noise", "uniform_noise", "integer_steps", "to_zero", "from_zero", "missing_column",
        "missing_at_random", "missing_pattern", "unseen_category", "swapped_category", "donor_value", "trailing_space",
        "leading_space", "upper_case", "lower_case", "title_case", "typo", "times_10", "times_1000",
    }  # fmt: skip
    assert list(families()) == FAMILIES
    assert sum(map(len, families().values())) == len(CATALOGUE)


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.name)
def test_each_says_what_it_stands_for_and_how_much(one):
    assert one.name.replace("_", "").isalnum()
    assert one.name == one.name.lower()
    assert one.population.endswith(".")
    assert list(one.severities) == sorted(set(one.severities))
    assert all(severity > 0.0 for severity in one.severities)
    assert bool(one.unit) == (one.severities != (1.0,))
    assert one.support in (WITHIN, SEEN, BEYOND)
    assert named(one.name) is one


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.name)
@pytest.mark.parametrize("size", [0, 1, 40])
def test_any_column_of_any_rows_is_changed_without_a_crash_and_left_as_it_was(one, size):
    rows = _table(size, 1)
    before = rows.copy(deep=True)
    for columns, severity in _every_change(one, PROFILE):
        cells = perturb(one, rows, columns, PROFILE, severity, np.random.default_rng(2))
        again = perturb(one, rows, columns, PROFILE, severity, np.random.default_rng(2))
        assert set(cells.values) == set(columns)
        assert cells.rows.tolist() == sorted(set(cells.rows.tolist()))
        assert cells.rows.tolist() == again.rows.tolist()
        for name, values in cells.values.items():
            assert values.index.equals(pd.RangeIndex(len(cells.rows)))
            pd.testing.assert_series_equal(values, again.values[name])
    pd.testing.assert_frame_equal(rows, before)
    pd.testing.assert_frame_equal(REFERENCE, _table(120, 0))


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.name)
def test_every_perturbation_has_a_place_and_changes_something(one):
    changes = _every_change(one, PROFILE)
    found = [perturb(one, REFERENCE, columns, PROFILE, severity, np.random.default_rng(2)).rows
             for columns, severity in changes]  # fmt: skip
    assert any(len(rows) for rows in found)


@pytest.mark.parametrize("size", [0, 1])
def test_a_reference_of_no_rows_or_one_crashes_nothing(size):
    profile = profile_table(_table(size, 0), KINDS)
    rows = _table(9, 1)
    for one in CATALOGUE:
        for columns, severity in _every_change(one, profile):
            perturb(one, rows, columns, profile, severity, np.random.default_rng(2))


@pytest.mark.parametrize("one", [one for one in CATALOGUE if one.support == WITHIN and not one.other_form],
                         ids=lambda one: one.name)  # fmt: skip
def test_what_is_said_to_be_within_the_support_is(one):
    rows = _table(60, 3)
    for columns, severity in _every_change(one, PROFILE):
        cells = perturb(one, rows, columns, PROFILE, severity, np.random.default_rng(2))
        for name, values in cells.values.items():
            column = PROFILE.columns[name]
            present = values.dropna()
            if column.levels:
                assert set(present) <= set(column.levels)
            elif column.kind in ("integer", "number") and one.family != "donor":
                # A place of several columns may hold cells that didn't change.
                moved = values[differs(rows[name][cells.rows].reset_index(drop=True), values)]
                assert moved.between(column.low, column.high).all()
            elif column.kind == "date" and not isinstance(present.iloc[:1].squeeze(), str):
                seen = REFERENCE[name]
                assert present.between(seen.min(), seen.max()).all()
