"""A bar for searches that take a while."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from modelcheck.slices.walk import Progress

__all__ = ["waiting"]

_PATIENCE = 2.0  # seconds without a bar


@contextmanager
def waiting(show: bool | None) -> Iterator[Progress | None]:
    """Give a function to report progress to.

    Parameters
    ----------
    show : bool or None
        Whether a bar is drawn on standard error; None: on terminals, after two seconds.

    Yields
    ------
    callable or None
        Takes what is done and what there is to do.
    """
    if show is False or (show is None and not sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    bar = Bar(console=Console(stderr=True), transient=True)
    begun = time.monotonic()
    task = bar.add_task("Searching slices")
    started = False

    def report(done: int, whole: int) -> None:
        nonlocal started
        if not started and (show or time.monotonic() - begun > _PATIENCE):
            bar.start()
            started = True
        bar.update(task, completed=done, total=whole)

    try:
        yield report
    finally:
        if started:
            bar.stop()
