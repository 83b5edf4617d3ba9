"""Everything that leans on names pytest doesn't promise, in one place. Each is pinned by a test in tests/plugin."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from typing import Any, TextIO

import pytest
from _pytest.fixtures import FuncFixtureInfo
from _pytest.python import FunctionDefinition, Metafunc, importtestmodule

__all__ = [
    "add_arguments",
    "column_of",
    "hands_out",
    "import_by_path",
    "is_worker",
    "paths_were_given",
    "runs_nothing",
    "terminal_of",
    "with_model_name",
    "worker_input",
]


def paths_were_given(config: pytest.Config) -> bool:
    """Return whether the user named paths or node ids on the command line."""
    return config.args_source is pytest.Config.ArgsSource.ARGS


def add_arguments(config: pytest.Config, paths: Sequence[str]) -> None:
    """Collect exactly these paths, as if they had been typed."""
    config.args[:] = list(paths)


def runs_nothing(config: pytest.Config) -> bool:
    """Return whether this call of pytest only shows something: no test will run, no report may be touched."""
    shows = ("collectonly", "help", "version", "showfixtures", "show_fixtures_per_test", "markers")
    return any(getattr(config.option, name, False) for name in shows)


def is_worker(config: pytest.Config) -> bool:
    """Return whether this process is a pytest-xdist worker."""
    return hasattr(config, "workerinput")


def hands_out(config: pytest.Config) -> bool:
    """Return whether this process only hands tests to pytest-xdist workers."""
    return getattr(config.option, "dist", "no") != "no" and not is_worker(config)


def worker_input(config: pytest.Config) -> dict[str, Any]:
    """Return what the xdist controller handed to this worker."""
    handed: dict[str, Any] = getattr(config, "workerinput", {})
    return handed


def terminal_of(reporter: pytest.TerminalReporter) -> TextIO | None:
    """Return the terminal that a reporter writes to, as a file of its own that capturing doesn't touch.

    To be called while nothing is captured: between tests. None where it isn't written to a file of the system.
    """
    try:
        number = os.dup(reporter._tw._file.fileno())
    except (OSError, io.UnsupportedOperation):
        return None
    return open(number, "w", encoding=reporter._tw._file.encoding, errors="replace")


def column_of(reporter: pytest.TerminalReporter, columns: int) -> int | None:
    """Return the column in which the terminal's cursor stands, from 0.

    None right after the last column: whether the cursor has gone on to the next line then depends on the terminal.
    """
    width: int = reporter._tw.width_of_current_line
    return None if width and width % columns == 0 else width % columns


def import_by_path(module: pytest.Module) -> Any:
    """Import a check file by its path, whatever the user's import mode: two folders may hold the same file name."""
    options = module.config.option
    before = options.importmode
    options.importmode = "importlib"
    try:
        return importtestmodule(module.path, module.config)
    except SystemExit as error:
        raise module.CollectError(f"{module.path.name} ends the interpreter while it is imported: {error!r}") from None
    finally:
        options.importmode = before


def with_model_name(
    parent: pytest.Collector, name: str, function: Callable[..., Any], model: str | None
) -> tuple[FuncFixtureInfo, Any]:
    """Return fixture information and call specification that bind the `model_name` fixture to one model.

    The parameter is hidden, so that the node's name stays the gate's name.
    """
    definition = FunctionDefinition.from_parent(parent, name=name, callobj=function)
    info = definition._fixtureinfo
    if model is None:
        return info, None
    metafunc = Metafunc(definition, info, parent.config, _ispytest=True)
    metafunc.parametrize("model_name", [model], ids=[pytest.HIDDEN_PARAM], indirect=True, scope="session")
    metafunc._recompute_direct_params_indices()
    return info, metafunc._calls[0]
