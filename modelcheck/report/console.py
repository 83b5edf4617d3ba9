"""A place to print to that becomes text for a terminal: same input, same bytes, whatever surrounds it."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from modelcheck.report.text import no_command

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["open_console", "printed"]

_NARROWEST = 40


def open_console(width: int, color: bool) -> Console:
    """Return a console that keeps what is printed; `printed` hands it out.

    Parameters
    ----------
    width : int
        Columns; fewer than 40 are taken as 40.
    color : bool
        Whether to write ANSI colours. Without them the text holds no escape sequence at all.

    Returns
    -------
    rich.console.Console
    """
    from rich.console import Console

    return Console(
        file=StringIO(),
        width=max(width, _NARROWEST),
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        # Nothing of the surroundings may change the text.
        _environ={},
    )


def printed(console: Console) -> str:
    """Return what was printed to a console of `open_console`; nothing in it is a command to a CI service."""
    text = console.file.getvalue() if isinstance(console.file, StringIO) else ""
    # Padding on the right would break lines in logs that are narrower than the terminal was.
    return "".join(f"{no_command(line.rstrip(' '))}\n" for line in text.splitlines())
