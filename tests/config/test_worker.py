"""`[worker]`: what the process of a model may use up."""

from __future__ import annotations

import pytest

from modelcheck.config.tables import WorkerTable
from modelcheck.models.isolation import Limits

from .conftest import BASE


def test_silence_means_ten_minutes_and_no_limit_of_memory(project):
    assert project.config(BASE).worker == WorkerTable(seconds=600.0, memory_gb=None, restarts=400)


def test_all_keys_are_read_and_become_limits(project):
    worker = project.config(f"{BASE}[worker]\nseconds = 30\nmemory_gb = 1.5\nrestarts = 0\n").worker
    assert worker == WorkerTable(seconds=30.0, memory_gb=1.5, restarts=0)
    assert Limits.of(worker) == Limits(seconds=30.0, memory_bytes=1_500_000_000, restarts=0)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("seconds = 0", "must be between 0.1 and 86400"),
        ("seconds = inf", "must be a finite number"),
        ('seconds = "60"', "Write it without quotes: seconds = 60"),
        ("memory_gb = 0.01", "must be between 0.1 and"),
        ("restarts = 1.5", "must be a whole number"),
        ("restarts = -1", "must be between 0 and"),
        ("second = 5", "Did you mean"),
        ("memory = 5", "is not known here"),
    ],
)
def test_mistakes_are_named(project, line, words):
    (mistake,) = project.mistakes(f"{BASE}[worker]\n{line}\n")
    assert mistake.section == "worker"
    assert words in str(mistake)
