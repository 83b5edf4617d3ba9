"""What accepting would change is shown first, and refused where it would hide something."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelcheck.history.acceptance import difference, refusal
from modelcheck.history.baseline import Measured, read_baseline, write_baseline


@pytest.fixture
def old(tmp_path: Path, make: Any) -> Any:
    """Return a stored baseline."""
    metrics = {"performance::roc_auc": Measured(value=0.9, low=0.88, high=0.92), "performance::gone": Measured(value=1)}
    write_baseline(tmp_path, make(seed=1, metrics=metrics))
    return read_baseline(tmp_path)


def test_the_first_baseline_is_told(make: Any) -> None:
    lines = difference(None, make(seed=2, threshold=0.25))
    assert lines == (
        "model                 Forest(2) (222222222222)",
        "accepted              2026-11-02",
        "commit                0123456789ab",
        "task                  binary",
        "threshold             0.25",
        "dataset               dddddddddddd",
        "rows                  50",
        "performance::roc_auc  0.900 (0.880 to 0.920)",
    )


def test_each_line_says_what_replaces_what(old: Any, make: Any) -> None:
    metrics = {"performance::roc_auc": Measured(value=0.95, low=0.93, high=0.97), "performance::new": Measured(value=2)}
    lines = difference(old, make(seed=2, metrics=metrics, commit="fedcba9876543210", created="2026-11-21T00:00:00Z"))
    assert lines == (
        "model                 Forest(1) (111111111111)  ->  Forest(2) (222222222222)",
        "accepted              2026-11-02                ->  2026-11-21",
        "commit                0123456789ab              ->  fedcba987654",
        "task                  binary                    ->  same",
        "dataset               dddddddddddd              ->  same",
        "rows                  50                        ->  same",
        "performance::roc_auc  0.900 (0.880 to 0.920)    ->  0.950 (0.930 to 0.970)",
        "performance::new      -                         ->  2.00",
        "performance::gone     1.00                      ->  -",
    )


def test_uncommitted_changes_are_told_beside_the_commit(tmp_path: Path, make: Any) -> None:
    for number, (clean, words) in enumerate([(None, ""), (True, ""), (False, ", uncommitted changes")]):
        new = make(clean=clean)
        write_baseline(tmp_path / str(number), new)
        stored = read_baseline(tmp_path / str(number))
        assert stored.facts.clean is clean
        assert f"commit                0123456789ab{words}" in difference(None, new)
        (line,) = [line for line in difference(stored, make()) if line.startswith("commit")]
        assert line.split("->")[0].split(maxsplit=1)[1].strip() == f"0123456789ab{words}"
    assert not any("uncommitted" in line for line in difference(None, make(commit=None, clean=False)))


def test_nothing_from_a_file_can_move_the_cursor(old: Any, make: Any) -> None:
    facts = replace(old.facts, candidate={"name": "\x1b[2J\nevil", "sha256": "\u202e"}, commit="\r")
    text = "".join(difference(replace(old, facts=facts), make()))
    assert text.isprintable()
    assert "?[2J?evil" in text


def test_nothing_speaks_against_an_honest_acceptance(old: Any, make: Any) -> None:
    assert refusal(old, make(), ci=False, failing=(), forced=False) == ""
    assert refusal(None, make(), ci=False, failing=(), forced=False) == ""


def test_every_reason_is_named_and_so_is_the_way_out(old: Any, make: Any) -> None:
    other = make(dataset={"name": "dataset", "sha256": "e" * 64, "rows": 50})
    said = refusal(old, other, ci=True, failing=["performance::roc_auc", "performance::f1"], forced=False)
    for part in (
        "the variable CI is set",
        "2 blocking gates did not pass (performance::roc_auc, performance::f1)",
        "sha256 eeeeeeeeeeee instead of dddddddddddd",
        "--modelcheck-force",
    ):
        assert part in said
    assert refusal(old, other, ci=True, failing=["performance::roc_auc"], forced=True) == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ci": True}, "CI is set"),
        ({"failing": ["a::b"]}, "1 blocking gate did not pass (a::b)"),
        ({"failing": [f"a::{n}" for n in range(9)]}, "a::4 and 4 more"),
    ],
)
def test_each_reason_alone_is_enough(make: Any, options: Any, words: str) -> None:
    assert words in refusal(None, make(), **({"ci": False, "failing": (), "forced": False} | options))
