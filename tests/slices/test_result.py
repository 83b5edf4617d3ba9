"""What is found can be read, selected in pandas and written into a configuration."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from modelcheck.conditions import parse_condition
from modelcheck.slices import Feature, SearchResult, find


@pytest.fixture
def awkward():
    """Columns that queries stumble over: gaps, quotes, dates, whole numbers with gaps, infinity, odd names."""
    rng = np.random.default_rng(5)
    n = 900
    number = np.round(rng.lognormal(2, 1, n), 1)
    number[rng.random(n) < 0.1] = np.nan
    number[rng.random(n) < 0.05] = np.inf
    frame = pd.DataFrame(
        {
            "city": rng.choice(["a", "it's", 'b "q"', "missing"], n),
            "age": rng.integers(18, 80, n),
            "monthly income": number,
            "class": rng.choice([True, False], n),
            "größe": rng.normal(size=n),
            "children": rng.choice([0.0, 1.0, 2.0, np.nan], n),
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
            "kind": pd.Categorical(rng.choice(["x", "y"], n)),
            "day": rng.choice(["2020-01-01", "2020-02-01"], n),
        }
    )
    for name in ("city", "joined", "kind", "day"):
        frame.loc[rng.random(n) < 0.15, name] = None
    return frame


@pytest.mark.parametrize("seed", range(4))
def test_every_query_selects_exactly_the_rows_of_the_slice(awkward, seed):
    loss = np.random.default_rng(seed).exponential(size=len(awkward))
    found = find(awkward, loss, depth=2, max_overlap=1, tolerance=0, top=300, inference=False, objective="effect")
    plain = find(awkward, loss, depth=1, max_overlap=1, tolerance=0, top=900, least=5, most=899, inference=False)
    assert len(found.slices) == 300
    assert {awkward.columns[place] for one in plain.slices for place, _, _ in one.runs} == set(awkward.columns)
    for result in (found, plain):
        for one in result.slices:
            mask = result.mask(one)
            assert 0 < mask.sum() == one.rows
            selected = awkward.query(one.query, engine="python").index
            assert np.array_equal(selected, np.flatnonzero(mask)), one.query


def test_every_condition_parses_back_to_itself(awkward):
    loss = np.random.default_rng(9).exponential(size=len(awkward))
    found = find(awkward, loss, max_overlap=1, tolerance=0, top=300, inference=False)
    assert len(found.slices) == 300
    for one in found.slices:
        assert parse_condition(one.condition.text()) == one.condition
        assert set(one.condition.columns) == {awkward.columns[place] for place, _, _ in one.runs}


def test_codes_without_levels_have_no_query_and_no_condition():
    codes = np.arange(400) % 4
    found = find([Feature(name="a", codes=codes, size=4)], (codes == 2).astype(float))
    one = found.slices[0]
    assert (one.words, one.condition, one.query) == ("a = 2", None, "")
    assert found.mask(one).tolist() == (codes == 2).tolist()


def test_the_frame_has_one_row_for_each_slice(noisy):
    frame, wrong, _ = noisy
    found = find(frame, wrong)
    table = found.to_frame()
    assert len(table) == len(found.slices) > 1
    for (_, line), one in zip(table.iterrows(), found.slices, strict=True):
        for name in (
            "words",
            "rows",
            "n",
            "loss",
            "effect",
            "corrected",
            "low",
            "high",
            "p_adjusted",
            "proved",
            "query",
        ):
            assert line[name] == getattr(one, name)
    assert table["score"].is_monotonic_decreasing
    assert json.loads(table.to_json(orient="records"))


def test_the_text_says_what_was_looked_at_and_what_would_have_been_found(noisy):
    frame, wrong, _ = noisy
    found = find(frame, wrong)
    text = str(found)
    first, *lines = text.splitlines()
    assert first.startswith(f"{sum(found.eligible):,} slices of 60 to 1,500 of 3,000 rows; exact hypergeometric tails")
    assert lines[0].startswith("  city = b & age >= 60: ")
    assert "against" in lines[0]
    assert "adjusted p " in lines[0]
    assert "With 80 % power" in text
    assert "more in 60 rows would have been found." in text
    assert str(found.slices[0]) in text


def test_the_text_of_an_empty_answer_says_so():
    text = str(find({"a": ["x", "y"] * 100}, np.zeros(200)))
    assert "no slice is worse than the rest" in text
    assert "The loss is 0 in each of 200 rows" in text


def test_a_slice_that_is_not_judged_has_no_p_in_its_text(noisy):
    frame, wrong, _ = noisy
    found = find(frame, wrong, inference=False)
    assert "adjusted p" not in str(found)
    assert str(found).startswith("Slices of 60 to 1,500 of 3,000 rows; not judged.")


def test_features_left_out_are_named_up_to_five():
    table = {f"c{k}": ["k"] * 200 for k in range(8)} | {"a": ["x", "y"] * 100}
    found = find(table, np.tile([0.0, 0.0, 1.0], 67)[:200])
    assert any(note.endswith(": c0, c1, c2, c3, c4 and 3 more.") for note in found.notes)


def test_results_don_t_show_rows():
    found = find({"a": ["x", "y"] * 100}, np.arange(200.0), permutations=20)
    assert isinstance(found, SearchResult)
    assert "array(" not in repr(found)
