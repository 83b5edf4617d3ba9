"""Where a line can be shown and taken away again: the last line of a terminal, an output of a notebook's cell."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.live import Live

__all__ = ["NotebookScreen", "TerminalScreen", "in_ci", "in_notebook", "is_terminal"]


class TerminalScreen:
    """The last line of a terminal, drawn by rich.

    Parameters
    ----------
    file : text file
        The terminal.
    columns : callable or None
        Returns its width, without arguments; None: rich finds it.
    below : callable or None
        For a terminal whose cursor stands in a line that somebody goes on writing: returns the column it stands in, or
        None where it can't be said. The line is shown below, and the cursor is put back where it was.
    shares : bool
        Whether the program prints to the same terminal meanwhile: what it prints is put above the line.
    """

    def __init__(
        self,
        file: TextIO,
        *,
        columns: Callable[[], int] | None = None,
        below: Callable[[], int | None] | None = None,
        shares: bool = False,
    ) -> None:
        self._file = file
        self._columns = columns
        self._below = below
        self._shares = shares
        self._live: Live | None = None
        self._column: int | None = None

    def show(self, line: str) -> None:
        """Show a line, cut to the terminal's width."""
        from rich.text import Text

        if self._live is None and not self._start():
            return
        assert self._live is not None  # noqa: S101 - it was started
        encoding = self._file.encoding or "ascii"
        shown = line.encode(encoding, "replace").decode(encoding)
        self._live.update(Text(shown, style="dim", no_wrap=True, overflow="crop"), refresh=True)

    def clear(self) -> None:
        """Erase the line and put the cursor back."""
        if self._live is None:
            return
        try:
            self._live.stop()
            if self._column is not None:
                self._file.write(f"\x1b[1A\x1b[{self._column + 1}G")
            self._file.flush()
        except OSError:
            pass  # the terminal is gone, and the line with it
        self._live = None

    def _start(self) -> bool:
        from rich.console import Console
        from rich.live import Live

        if self._below is not None:
            self._column = self._below()
            if self._column is None:
                return False
            self._file.write("\n")
        console = Console(
            file=self._file,
            width=None if self._columns is None else self._columns(),
            force_terminal=True,
            force_jupyter=False,
            highlight=False,
            emoji=False,
            markup=False,
        )
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=self._shares,
            redirect_stderr=self._shares,
        )
        self._live.start()
        return True


class NotebookScreen:
    """An output of a notebook's cell that is replaced again and again.

    rich's own display needs ipywidgets in a notebook, which not everybody has and not every frontend shows; a display
    with a name is replaced by all of them.
    """

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, line: str) -> None:
        """Show a line."""
        if self._handle is None:
            shown = import_module("IPython.display")
            self._handle = shown.display({"text/plain": line}, raw=True, display_id=True)
        else:
            self._handle.update({"text/plain": line}, raw=True)

    def clear(self) -> None:
        """Empty the output."""
        if self._handle is not None:
            self._handle.update({"text/plain": "", "text/html": ""}, raw=True)


def is_terminal(file: object) -> bool:
    """Return whether a line can be drawn on a file: a terminal that moves its cursor, and none of a CI service.

    Services such as GitLab's give a job a terminal, and keep all that is written to it as the job's log.
    """
    isatty = getattr(file, "isatty", None)
    if isatty is None or getattr(file, "closed", False) or not isatty():
        return False
    return os.environ.get("TERM", "") not in ("", "dumb", "unknown") and not in_ci()


def in_ci() -> bool:
    """Return whether a CI service runs this, as pytest tells it."""
    return any(os.environ.get(name) for name in ("CI", "BUILD_NUMBER"))


def in_notebook() -> bool:
    """Return whether a notebook's kernel runs this and somebody may watch."""
    # Who hasn't imported it can't be running in it.
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None and not in_ci()
