"""Examples are kept as files and asked about again, in one call, with the types of today's table."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import numpy as np
import pytest

from modelcheck.errors import RecordError
from modelcheck.perturb.falsify.folder import MOST_EXAMPLES, ExamplesFolder
from modelcheck.perturb.falsify.properties import increasing, no_crash
from modelcheck.perturb.falsify.replay import replay
from modelcheck.perturb.falsify.search import search

from .conftest import answering, clean, dips, raises_on_missing


@pytest.fixture(scope="module")
def examples(people, profile):
    found = [
        search(increasing("age"), people, profile, answering(dips), seed=seed, most_rows=50_000) for seed in range(3)
    ]
    return [one.counterexample for one in found]


def test_what_was_kept_is_read_again_and_twice_is_once(tmp_path, examples):
    folder = ExamplesFolder(tmp_path / "deep" / "examples")
    assert folder.read("increasing(age)").examples == ()
    paths = {folder.keep(example) for example in [*examples, examples[0]]}
    assert len(paths) == 3
    stored = folder.read("increasing(age)")
    assert sorted(one.row for one in stored.examples) == sorted(one.row for one in examples)
    assert stored.problems == ()
    assert folder.read("increasing(Age)").examples == ()
    assert all(path.name.startswith("increasing_age-") for path in paths)


def test_the_oldest_makes_room(tmp_path, examples):
    folder = ExamplesFolder(tmp_path)
    paths = []
    for row in range(MOST_EXAMPLES + 3):
        paths.append(folder.keep(replace(examples[0], row=row)))
        os.utime(paths[-1], ns=(row, row))
    assert [path.exists() for path in paths] == [False] * 3 + [True] * MOST_EXAMPLES


def test_files_that_cannot_be_used_are_reported_and_the_others_read(tmp_path, examples):
    folder = ExamplesFolder(tmp_path)
    path = folder.keep(examples[0])
    start = path.name.rpartition("-")[0]
    bad = {
        "cut": path.read_text()[:50],
        "deep": "[" * 100_000,
        "nonsense": "[1, 2]",
        "nan": '{"schema": NaN}',
        "large": " " * 1_000_001,
        "other": json.dumps(examples[0].as_json() | {"property": "another"}),
    }
    for name, text in bad.items():
        (tmp_path / f"{start}-{name}.json").write_text(text)
    (tmp_path / f"{start}-bytes.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / f"{start}-folder.json").mkdir()
    (tmp_path / "unrelated.json").write_text("{")
    stored = folder.read("increasing(age)")
    assert stored.examples == (examples[0],)
    assert len(stored.problems) == len(bad) + 2
    assert all(problem.startswith(start) and problem.endswith(".") for problem in stored.problems)


def test_a_folder_that_cannot_be_written_is_said(tmp_path, examples):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="can't be written"):
        ExamplesFolder(tmp_path / "file").keep(examples[0])


def test_stored_examples_are_asked_about_in_one_call(examples, people):
    log = []
    done = replay(increasing("age"), examples, people, answering(dips, log))
    assert [one.row for one in done.still_broken] == [one.row for one in examples]
    assert [one.after for one in done.still_broken] == [one.after for one in examples]
    assert log == [2 * len(examples)]
    assert done.asked_rows == 2 * len(examples)
    mended = replay(increasing("age"), examples, people, answering(clean))
    assert (mended.still_broken, len(mended.now_hold)) == ((), 3)


def test_todays_types_count(examples, people):
    seen = []

    def model(rows):
        seen.append(rows.dtypes)
        return dips(rows)

    today = people.astype({"age": "float64", "sex": "category"})
    assert len(replay(increasing("age"), examples, today, answering(model)).still_broken) == 3
    assert (seen[0] == today.dtypes).all()


def test_a_missing_value_makes_whole_numbers_floats(people, profile):
    prop = no_crash()
    example = search(prop, people, profile, answering(raises_on_missing), seed=0, most_rows=50_000).counterexample
    whole = people.astype({"debt": "int64"})
    assert len(replay(prop, [example], whole, answering(raises_on_missing)).still_broken) == 1


def test_examples_without_a_place_in_todays_table_are_skipped_with_the_reason(examples, people):
    gone = replay(increasing("age"), examples[:1], people.drop(columns="zip"), answering(dips))
    assert "no longer has 'zip'" in gone.skipped[0]
    new = replay(increasing("age"), examples[:1], people.assign(extra=1), answering(dips))
    assert "knows nothing of 'extra'" in new.skipped[0]
    typed = replay(increasing("age"), examples[:1], people.assign(sex=np.arange(len(people))), answering(dips))
    assert "don't fit" in typed.skipped[0]
    other = replay(increasing("income"), examples[:1], people, answering(dips))
    assert "doesn't judge" in other.skipped[0]
    assert replay(increasing("age"), [], people, answering(dips)).asked_rows == 0
