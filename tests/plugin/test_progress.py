"""The line under pytest's own, on a real terminal: there while a gate takes long, and never in the way."""

from __future__ import annotations

import re
import signal
import sys

import pytest

MODEL = """
import time
import numpy as np

waits = [2.5]

def predict(rows):
    print("the model prints", flush=True)
    time.sleep(waits.pop() if waits else 0)
    return 1 / (1 + np.exp(-rows["score"].to_numpy(float)))
"""
LINE = re.compile(r"^. gate \d+ of \d+, [\d,]+", re.MULTILINE)


@pytest.fixture
def slow_project(project):
    (project.path / "slow.py").write_text(MODEL, encoding="utf-8")
    candidate = '"slow:predict"\noutput = "probability"\nclasses = ["no", "yes"]'
    text = (project.path / "modelcheck.toml").read_text(encoding="utf-8")
    text = text.replace('"model.skops"', candidate)
    (project.path / "modelcheck.toml").write_text(text, encoding="utf-8")
    return project


@pytest.fixture
def watch(slow_project, on_terminal):
    def run(*options, **more):
        command = [sys.executable, "-m", "pytest", "--modelcheck", "-p", "no:cacheprovider", *options]
        return on_terminal(command, slow_project.path, **more)

    return run


def plain(text):
    """What pytest wrote without what differs from run to run."""
    return re.sub(r"in [\d.]+s( \([\d:]+\))?|=+", "", text)


@pytest.mark.parametrize(
    ("options", "size"),
    [((), {}), (("-v",), {}), (("-v",), {"lines": 7, "columns": 100})],
    ids=["dots", "names", "a small screen that scrolls"],
)
def test_the_line_comes_while_a_gate_takes_long_and_pytests_lines_stay_as_they_are(watch, options, size):
    watched = watch(*options, **size)
    shown = [screen for screen in watched.seen if LINE.search(screen)]
    assert shown
    # Below the line that pytest goes on writing.
    assert all(screen.rstrip().splitlines()[-1].startswith(tuple("|/-\\")) for screen in shown)
    without = watch(*options, "-p", "no:modelcheck-progress", **size)
    assert not any(LINE.search(screen) for screen in without.seen)
    assert plain(watched.final) == plain(without.final)
    assert "the model prints" not in watched.final
    assert watched.code == without.code == 0
    assert not watched.cursor_hidden


@pytest.mark.parametrize(
    ("options", "surroundings"),
    [
        (("-q",), {}),
        (("-s",), {}),
        (("-p", "no:terminal"), {}),
        (("-n", "1"), {}),
        (("-o", "log_cli=true"), {}),
        ((), {"CI": "true"}),
        ((), {"TERM": "dumb"}),
    ],
    ids=["quiet", "no capturing", "no terminal", "workers", "live logs", "CI", "no screen"],
)
def test_the_line_stays_away_where_it_would_be_in_the_way(watch, options, surroundings):
    if "-n" in options:
        pytest.importorskip("xdist")
    watched = watch(*options, **surroundings)
    assert watched.code == 0
    assert not any(LINE.search(screen) for screen in watched.seen)


def test_nothing_is_written_into_a_pipe(slow_project):
    done = slow_project.run(inprocess=False)
    assert done.ret == 0
    assert not LINE.search(done.stdout.str())
    assert "\x1b" not in done.stdout.str()


def test_an_interrupted_run_gives_the_terminal_back(watch, slow_project):
    interrupting = f"    import os; os.kill(os.getpid(), {int(signal.SIGINT)})\n    return"
    (slow_project.path / "slow.py").write_text(MODEL.replace("    return", interrupting), encoding="utf-8")
    watched = watch()
    assert "KeyboardInterrupt" in watched.final
    assert any(LINE.search(screen) for screen in watched.seen)
    assert not LINE.search(watched.final)
    assert not watched.cursor_hidden
