"""How often a dataset was looked at is counted, and never in the way of a run."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelcheck.history.files import locked
from modelcheck.history.looks import LOOKS_NAME, Looks, expected_luck, note_look, sentence
from modelcheck.history.outputs import outputs_digest

NOON = datetime.datetime(2026, 11, 2, 12, tzinfo=datetime.UTC)


def _look(file: Path, candidate: str, **options: Any) -> Looks:
    words = {"lineage": "income", "dataset_sha256": "d" * 64, "when": NOON, "verdict": "blocked"}
    return note_look(file, candidate_digest=candidate, **(words | options))


def test_candidates_are_counted_once_and_runs_each_time(tmp_path: Path) -> None:
    file = tmp_path / "history" / "looks.json"
    assert _look(file, "a") == Looks(candidates=1, runs=1, first="2026-11-02", place=1)
    assert _look(file, "a").runs == 2
    later = NOON + datetime.timedelta(days=3)
    assert _look(file, "b", when=later) == Looks(candidates=2, runs=3, first="2026-11-02", place=2)
    assert _look(file, "a", when=later, verdict="promoted") == Looks(candidates=2, runs=4, first="2026-11-02", place=1)
    (entry,) = json.loads(file.read_text())["entries"]
    assert entry["candidates"] == [
        {"digest": "a", "first": "2026-11-02", "verdict": "promoted"},
        {"digest": "b", "first": "2026-11-05", "verdict": "blocked"},
    ]


def test_other_names_and_other_datasets_are_counted_apart(tmp_path: Path) -> None:
    file = tmp_path / "looks.json"
    _look(file, "a")
    assert _look(file, "b", lineage="visits").candidates == 1
    assert _look(file, "b", dataset_sha256="e" * 64).candidates == 1
    assert _look(file, "b").candidates == 2


def test_dates_are_those_of_greenwich(tmp_path: Path) -> None:
    late = datetime.datetime(2026, 11, 2, 23, tzinfo=datetime.timezone(datetime.timedelta(hours=-5)))
    assert _look(tmp_path / "looks.json", "a", when=late).first == "2026-11-03"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "[" * 100_000,
        '{"schema": "modelcheck/looks/2", "entries": []}',
        '{"schema": "modelcheck/looks/1"}',
        '{"schema": "modelcheck/looks/1", "entries": [3]}',
        '{"schema": "modelcheck/looks/1", "entries": [{"lineage": "a", "dataset": "b", "runs": 0, "candidates": []}]}',
        '{"schema": "modelcheck/looks/1", "entries": [{"lineage": "a", "dataset": "b", "runs": 1, "candidates": [1]}]}',
        '{"schema": "modelcheck/looks/1", "entries": [{"lineage": "a", "dataset": "b", "runs": 1, "candidates": '
        '[{"digest": "a", "first": "soon"}]}]}',
        '{"schema": "modelcheck/looks/1", "entries": [{"lineage": "a", "dataset": "b", "runs": 1000000001, '
        '"candidates": [{"digest": "a", "first": "2026-11-02", "verdict": "blocked"}]}]}',
        '{"schema": "modelcheck/looks/1", "entries": [{"lineage": "a", "dataset": "b", "runs": '
        + "9" * 4000
        + ', "candidates": [{"digest": "a", "first": "2026-11-02", "verdict": "blocked"}]}]}',
    ],
)
def test_a_ledger_that_cannot_be_read_is_left_alone_and_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "looks.json"
    file.write_text(content)
    looks = _look(file, "a")
    assert looks.candidates == 0
    assert "was left as it is" in looks.problem
    assert "could not be counted" in sentence(looks)
    assert file.read_text() == content


def test_more_candidates_than_there_can_be_are_told(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("modelcheck.history.looks._MOST_CANDIDATES", 3)
    for candidate in "abc":
        assert not _look(tmp_path / "looks.json", candidate).problem
    assert not _look(tmp_path / "looks.json", "d").problem
    assert "an entry has 4 candidates, 1 to 3 were expected" in _look(tmp_path / "looks.json", "a").problem


def test_a_ledger_with_anything_more_in_it_is_counted_on(tmp_path: Path) -> None:
    deep: Any = 0
    for _ in range(400):
        deep = [deep]
    one = {"digest": "a", "first": "2026-11-02", "verdict": "blocked", "more": deep}
    entry = {"lineage": "income", "dataset": "d" * 64, "runs": 1, "candidates": [one], "more": deep}
    file = tmp_path / "looks.json"
    file.write_text(json.dumps({"schema": "modelcheck/looks/1", "entries": [entry], "more": deep}))
    assert _look(file, "b") == Looks(candidates=2, runs=2, first="2026-11-02", place=2)
    assert "more" not in file.read_text()


def test_a_ledger_that_another_holds_is_told_and_stops_nothing(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("modelcheck.history.files._PATIENCE_S", 0.0)
    file = tmp_path / "looks.json"
    _look(file, "a")
    with locked(tmp_path):
        looks = _look(file, "b")
    assert looks.candidates == 0
    assert "another process writes there" in looks.problem
    assert _look(file, "b").candidates == 2


def test_problems_name_the_ledger_and_nothing_of_the_machine(tmp_path: Path) -> None:
    file = tmp_path / ".modelcheck" / "income" / LOOKS_NAME
    file.parent.mkdir(parents=True)
    file.write_text("{")
    problem = _look(file, "a").problem
    assert "the ledger of looks .modelcheck/income/looks.json can't be used" in problem
    assert str(tmp_path) not in problem


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text('{"schema": "modelcheck/looks/1", "entries": []}')
    (tmp_path / "looks.json").symlink_to(tmp_path / "other")
    assert "it is a link" in _look(tmp_path / "looks.json", "a").problem


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "file").write_text("x")
    assert "can't be used" in _look(tmp_path / "file" / "looks.json", "a").problem
    file = tmp_path / "looks.json"
    _look(file, "a")

    def read_only(*_: Any, **__: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "replace", read_only)
    looks = _look(file, "b")
    # What is known is still told: this candidate is the second.
    assert (looks.candidates, looks.place) == (2, 2)
    assert "can't be written: Read-only file system" in looks.problem
    assert sentence(looks).count(".") >= 3


_LOOKING = """
    import datetime, sys
    from pathlib import Path
    from modelcheck.history.looks import note_look

    for number in range(40):
        note_look(Path(sys.argv[1]), lineage="m", dataset_sha256="d", candidate_digest=f"{sys.argv[2]}-{number}",
                  when=datetime.datetime.now(datetime.UTC), verdict="blocked")
"""


def test_two_processes_lose_no_look(tmp_path: Path) -> None:
    script, file = tmp_path / "look.py", tmp_path / "ledger" / "looks.json"
    script.write_text(textwrap.dedent(_LOOKING))
    several = [subprocess.Popen([sys.executable, str(script), str(file), name]) for name in ("a", "b")]
    assert [one.wait() for one in several] == [0, 0]
    looks = _look(file, "c", lineage="m", dataset_sha256="d")
    assert (looks.candidates, looks.runs) == (81, 81)
    assert os.listdir(file.parent) == ["looks.json"]


@pytest.mark.parametrize(
    ("candidates", "luck"),
    # Harter (1961), Expected values of normal order statistics, table 1: 2 to 200.
    [(1, 0.0), (2, 0.56419), (3, 0.84628), (10, 1.53875), (50, 2.24907), (200, 2.74604)],
)
def test_the_luck_of_the_best_agrees_with_published_figures(candidates: int, luck: float) -> None:
    assert expected_luck(candidates) == pytest.approx(luck, abs=5e-6)


def test_the_luck_of_the_best_agrees_with_simulation_for_many() -> None:
    best = np.random.default_rng(0).normal(size=(2_000, 5_000)).max(axis=1)
    assert expected_luck(5_000) == pytest.approx(best.mean(), abs=4 * best.std() / np.sqrt(len(best)))
    assert 4.8 < expected_luck(10**6) < 4.9


def test_luck_needs_a_candidate() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        expected_luck(0)


def test_the_first_look_needs_no_words_and_the_tenth_does() -> None:
    assert sentence(Looks(candidates=1, runs=5, first="2026-11-02", place=1)) == ""
    said = sentence(Looks(candidates=10, runs=1234, first="2026-11-02", place=10))
    for part in (
        "10 different candidates in 1,234 runs since 2026-11-02",
        "this checkout alone",
        "1.5 standard errors",
    ):
        assert part in said


def test_outputs_that_differ_anywhere_are_different_candidates() -> None:
    score, decision = np.linspace(0, 1, 300_000), np.zeros(300_000, dtype=np.int16)
    other = score.copy()
    other[-1] = np.nextafter(1.0, 0.0)
    digests = [
        outputs_digest(score, decision),
        outputs_digest(other, decision),
        outputs_digest(score, None),
        outputs_digest(None, decision),
        outputs_digest(score.reshape(-1, 2), decision),
        outputs_digest(score, 1 - decision),
    ]
    assert len(set(digests)) == 6
    assert outputs_digest(np.asfortranarray(score.reshape(-1, 2)), decision) == digests[4]
    assert outputs_digest(np.array([0.5]), np.array([1], dtype=np.int16)) == (
        "9232d25f153b389678f66425f3863195898daa33688a96aacfb1d59750291512"
    )
