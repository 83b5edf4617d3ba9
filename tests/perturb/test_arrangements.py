import numpy as np
import pandas as pd
import pytest

from modelcheck.perturb.arrangements import arrangements


@pytest.fixture
def rows():
    return pd.DataFrame({"n": np.arange(20), "s": ["a", "b"] * 10, "remark": pd.Categorical(["x", None] * 10)})


@pytest.fixture
def made(rows):
    return {one.name: one for one in arrangements(rows, np.random.default_rng(0))}


def test_every_row_of_every_frame_is_the_original_row_of_its_position(rows, made):
    for one in made.values():
        for frame, at in zip(one.frames, one.positions, strict=True):
            assert len(frame) == len(at) > 0
            found = frame[list(rows.columns)].reset_index(drop=True)
            pd.testing.assert_frame_equal(found, rows.iloc[at].reset_index(drop=True))


def test_all_ways_are_there_and_are_what_they_say(rows, made):
    assert list(made) == [
        "reversed_rows", "shuffled_rows", "duplicated_rows", "single_rows", "two_halves", "batches_of_7",
        "reversed_columns", "shuffled_columns", "extra_columns", "other_index",
    ]  # fmt: skip
    assert made["reversed_rows"].positions[0].tolist() == list(range(19, -1, -1))
    assert sorted(made["shuffled_rows"].positions[0].tolist()) == list(range(20))
    assert made["duplicated_rows"].positions[0].tolist()[:4] == [0, 0, 1, 1]
    assert [len(frame) for frame in made["single_rows"].frames] == [1] * 10
    assert [len(frame) for frame in made["two_halves"].frames] == [10, 10]
    assert [len(frame) for frame in made["batches_of_7"].frames] == [7, 7, 6]
    assert made["reversed_columns"].frames[0].columns.tolist() == ["remark", "s", "n"]
    assert set(made["extra_columns"].frames[0].columns) - set(rows.columns) == {"record_number", "remark_"}
    assert not set(made["other_index"].frames[0].index) & set(rows.index)


def test_frames_have_the_index_of_a_fresh_table_unless_that_is_the_point(made):
    for name, one in made.items():
        if name != "other_index":
            assert all(frame.index.equals(pd.RangeIndex(len(frame))) for frame in one.frames)


def test_together_they_have_about_ten_times_as_many_rows(made):
    assert sum(len(one) for one in made.values()) <= 10 * 20 + 10


def test_what_a_model_does_to_a_frame_does_not_reach_the_rows(rows, made):
    before = rows.copy(deep=True)
    for one in made.values():
        for frame in one.frames:
            frame.loc[frame.index[0], "n"] = -1
            frame["new"] = 0
    pd.testing.assert_frame_equal(rows, before)


def test_the_same_seed_gives_the_same_frames(rows, made):
    again = arrangements(rows, np.random.default_rng(0))
    for one, other in zip(made.values(), again, strict=True):
        for frame, same in zip(one.frames, other.frames, strict=True):
            pd.testing.assert_frame_equal(frame, same)


def test_one_row_and_one_column_are_arranged_in_few_ways_and_no_rows_in_none():
    rng = np.random.default_rng(0)
    one = pd.DataFrame({"n": [1]})
    assert [way.name for way in arrangements(one, rng)] == ["duplicated_rows", "extra_columns", "other_index"]
    assert arrangements(one.iloc[:0], rng) == ()
