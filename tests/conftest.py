"""What all tests need: no job of a CI service around them, and a real pseudo-terminal, read by a terminal emulator."""

from __future__ import annotations

import importlib
import os
import pkgutil
import select
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# What would tell a program that nobody watches, or how wide its terminal is.
_SURROUNDINGS = (
    "CI",
    "BUILD_NUMBER",
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "FORCE_COLOR",
    "TTY_COMPATIBLE",
    "PYTEST_ADDOPTS",
)


@dataclass(frozen=True)
class Watched:
    """What a person in front of the terminal saw.

    `seen` is the screen after each thing that was written, `final` all lines at the end, those scrolled away included.
    """

    code: int
    seen: tuple[str, ...]
    final: str
    cursor_hidden: bool


def surroundings(**more):
    """The environment of a program that somebody runs by hand."""
    kept = {name: value for name, value in os.environ.items() if name not in _SURROUNDINGS}
    return kept | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | more


def _watch(command, cwd, *, columns=120, lines=30, **more):
    fcntl, pty, termios = (pytest.importorskip(name, reason="no pseudo-terminals here") for name in _TERMINALS)
    pyte = pytest.importorskip("pyte", reason="pyte reads what a terminal would show: pip install pyte")
    own, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    program = subprocess.Popen(command, cwd=cwd, env=surroundings(**more), stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    screen = pyte.HistoryScreen(columns, lines, history=10_000)
    stream = pyte.ByteStream(screen)
    seen = []
    try:
        while select.select([own], [], [], 120)[0]:
            written = os.read(own, 1 << 16)
            if not written:
                break
            stream.feed(written)
            seen.append("\n".join(line.rstrip() for line in screen.display))
    except OSError:
        pass  # how Linux says that the other end is closed
    finally:
        os.close(own)
        code = program.wait()
    gone = ["".join(line[place].data for place in sorted(line)) for line in screen.history.top]
    final = "\n".join(line.rstrip() for line in [*gone, *screen.display]).rstrip()
    return Watched(code, tuple(seen), final, screen.cursor.hidden)


_TERMINALS = ("fcntl", "pty", "termios")


@pytest.fixture(scope="session")
def everything_imported():
    """For runs by pytester in this process.

    It forgets modules that such a run imports: numpy can't be imported twice, and our own, read anew by each of some
    hundred runs, take longer than the runs themselves. Workers' zygote, too, starts once only where it is remembered.
    """
    import modelcheck

    for module in pkgutil.walk_packages(modelcheck.__path__, "modelcheck."):
        importlib.import_module(module.name)
    for name in _IMPORTED_WHERE_NEEDED:
        importlib.import_module(name)


_IMPORTED_WHERE_NEEDED = (
    "hypothesis",
    "jinja2",
    "joblib",
    "markupsafe",
    "pandas.core.arrays.arrow.extension_types",
    "pandas.io.formats.csvs",
    "pyarrow.pandas_compat",
    "sklearn.linear_model",
    "skops.io",
    "vl_convert",
)


@pytest.fixture
def on_terminal():
    """Run a command on a terminal of its own; returns what was seen."""
    return _watch


@pytest.fixture
def by_hand():
    """The environment of a program that somebody runs by hand."""
    return surroundings


@pytest.fixture(autouse=True)
def _not_in_a_job_of_github(monkeypatch):
    """Runs inside tests must not write into the summary of the job that runs the tests."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
