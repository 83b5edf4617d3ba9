"""A line under pytest's own that tells how far the gates are, while one of them takes long."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator
from typing import TextIO

import pytest

from modelcheck.gates.foreseen import tally_of
from modelcheck.report.progress import LiveLine, progress_line
from modelcheck.report.screens import TerminalScreen, is_terminal
from modelcheck.report.text import shorten
from modelcheck.runner import _compat
from modelcheck.runner.items import GateItem
from modelcheck.runner.state import Run

__all__ = ["LiveGates", "may_show"]

_LONG_RUN_S = 2.0
_LONG_GATE_S = 1.0


def may_show(config: pytest.Config) -> bool:
    """Return whether a line may be shown at all.

    Only on a terminal that nobody else writes to while a gate runs: not with -q, without capturing, with live logs, a
    debugger, another reporter than pytest's, in CI, or where gates run in other processes.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if type(reporter) is not pytest.TerminalReporter or sys.platform == "win32" or _compat.is_worker(config):
        return False
    shares = config.getoption("capture") not in ("fd", "sys") or config.getoption("usepdb") or config.getoption("trace")
    logs = config.getoption("--log-cli-level") is not None or config.getini("log_cli")
    return not (shares or logs or config.getoption("verbose") < 0) and is_terminal(reporter._tw._file)


class LiveGates:
    """The plugin that shows the line; one per pytest session."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self.run = run
        self.reporter: pytest.TerminalReporter = config.pluginmanager.getplugin("terminalreporter")
        self.started = time.monotonic()
        self.terminal: TextIO | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Count for the gates that will run, and hold the terminal open."""
        for model in self.run.models:
            items = [item for item in session.items if isinstance(item, GateItem)]
            gates = [item.gate for item in items if item.model.config.name == model.config.name]
            self.run.tallies[model.config.name] = tally_of(gates, model.config)
        self.terminal = _compat.terminal_of(self.reporter)
        try:
            return (yield)
        finally:
            if self.terminal is not None:
                self.terminal.close()
                self.terminal = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Show the line while a gate takes long."""
        if self.terminal is None or not isinstance(item, GateItem):
            return (yield)
        name = item.model.config.name
        before = f"{shorten(name, 40, '...')}: " if len(self.run.models) > 1 else ""
        tally, width = self.run.tallies[name], self._columns
        screen = TerminalScreen(
            self.terminal, columns=width, below=lambda: _compat.column_of(self.reporter, self._columns())
        )
        waiting = max(_LONG_GATE_S, _LONG_RUN_S - (time.monotonic() - self.started))
        with LiveLine(lambda: before + progress_line(tally.standing()), screen, after_s=waiting):
            return (yield)

    def _columns(self) -> int:
        assert self.terminal is not None  # noqa: S101 - asked while a gate runs
        return os.get_terminal_size(self.terminal.fileno()).columns
