"""What every run in this repository needs: pytester for the tests, and the example's models before the gates."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

with contextlib.suppress(ImportError):
    # Runs within a test's own process put sys.modules back as they were: what is imported in them first would be there
    # twice afterwards, and one half would not know the other's classes.
    import jinja2  # noqa: F401

pytest_plugins = ["pytester"]

EXAMPLES = Path(__file__).parent / "checks"
MODEL_FILES = ("baseline.skops", "candidate.skops")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Train the example models before modelcheck reads the configuration that names them."""
    worker = hasattr(config, "workerinput")
    if worker or not config.getoption("modelcheck", default=False):
        return
    for folder in sorted(path.parent for path in EXAMPLES.glob("*/train.py")):
        if _out_of_date(folder):
            _train(folder)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Spread the whole test run over two processes, where xdist is installed and nobody said otherwise."""
    option = config.option
    if hasattr(config, "workerinput"):
        return
    asked = getattr(option, "numprocesses", 0) is not None or option.usepdb or option.collectonly
    if not asked and config.args == config.getini("testpaths") and not config.getoption("modelcheck", default=False):
        option.numprocesses, option.dist = 2, "worksteal"
        # Tests start dozens of processes. Without compiled modules each compiles the package anew, for two seconds.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        # Both cores are taken. OpenMP's threads spin while they wait for one: where each of two processes starts two of
        # them, fitting a small boosted model takes ten to twenty times as long.
        os.environ.setdefault("OMP_NUM_THREADS", "1")


def _out_of_date(folder: Path) -> bool:
    written = [folder / "models" / name for name in MODEL_FILES]
    if not all(path.exists() for path in written):
        return True
    made_of = [folder / "train.py", *folder.glob("*_data.py")]
    return min(path.stat().st_mtime for path in written) < max(path.stat().st_mtime for path in made_of)


def _train(folder: Path) -> None:
    # A process of its own: whatever training imports or sets stays out of the run that judges its models.
    command = [sys.executable, str(folder / "train.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise pytest.UsageError(
            f"the example models in {folder.name}/ could not be trained:\n{done.stderr.strip()}\n"
            'Install what the example needs: pip install -e ".[example]"'
        )
