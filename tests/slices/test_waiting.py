"""Progress goes to standard error, and only where somebody is looking or asks for it."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

from modelcheck.slices import find
from modelcheck.slices import waiting as module
from modelcheck.slices.waiting import waiting

TABLE = {"a": np.arange(600) % 7, "b": np.arange(600) % 11}
LOSS = (np.arange(600) % 5 == 0).astype(float)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("loss", [LOSS, np.arange(600.0)])
def test_a_bar_on_demand_goes_to_standard_error_only(capsys, monkeypatch, loss):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    shown = find(TABLE, loss, progress=True, permutations=20)
    monkeypatch.undo()
    assert "Searching slices" in screen.getvalue()
    out = capsys.readouterr()
    assert out.out == ""
    assert shown == find(TABLE, loss, progress=False, permutations=20)


@pytest.mark.parametrize("progress", [None, False])
def test_without_a_terminal_nothing_is_written(capsys, progress):
    find(TABLE, LOSS, progress=progress)
    assert capsys.readouterr() == ("", "")


def test_a_short_search_on_a_terminal_writes_nothing(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(module, "_PATIENCE", 1e9)
    find(TABLE, LOSS)
    assert screen.getvalue() == ""


def test_a_long_search_on_a_terminal_shows_a_bar(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(module, "_PATIENCE", -1.0)
    monkeypatch.setenv("TERM", "xterm")
    find(TABLE, LOSS)
    assert "Searching slices" in screen.getvalue()
    screen.truncate(0)
    find(TABLE, LOSS, progress=False)
    assert screen.getvalue() == ""


def test_the_bar_is_taken_away_when_the_search_fails(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)

    def fail():
        with waiting(True) as report:
            report(1, 2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    # The cursor, which is hidden while a bar is shown, is there again.
    written = screen.getvalue()
    assert written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l") >= 0
