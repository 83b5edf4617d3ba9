"""Scored rows are made once per run: kept in memory, and shared by workers through the run's private folder."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from modelcheck.errors import ModelcheckError
from modelcheck.record.plain import plain

__all__ = ["Store"]

_T = TypeVar("_T")


class Store:
    """Results by name, each made once.

    Parameters
    ----------
    folder : Path
        Private to one run and one model (made on demand, readable by the user alone). Files in it are written and
        read by the processes of this run only.
    shared : bool
        Whether other processes of this run use the same folder.
    """

    def __init__(self, folder: Path, *, shared: bool) -> None:
        self._folder = folder
        self._shared = shared
        self._kept: dict[str, Any] = {}
        self._failed: dict[str, ModelcheckError] = {}

    def get(self, name: str, make: Callable[[], _T]) -> _T:
        """Return the result of `make`, which runs once per run; what it raised is raised to everyone.

        Parameters
        ----------
        name : str
            Name of the result, a plain word.
        make : callable
            Called without arguments.

        Raises
        ------
        ModelcheckError
            What `make` raised, in this or another process.
        """
        if name in self._failed:
            raise self._failed[name]
        if name not in self._kept:
            try:
                self._kept[name] = self._from_run(name, make) if self._shared else make()
            except ModelcheckError as error:
                self._failed[name] = error
                raise
        kept: _T = self._kept[name]
        return kept

    def tell(self, name: str, facts: Mapping[str, Any]) -> None:
        """Write facts for the record as ``name.json``, whole or not at all."""
        self._replace(self._folder / f"{name}.json", json.dumps(plain(facts), allow_nan=False).encode())

    def _from_run(self, name: str, make: Callable[[], _T]) -> _T:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._folder / f"{name}.pickle"
        # The system drops the lock when its holder dies, however it dies; the next one then makes the result.
        with _locked(self._folder / f"{name}.lock"):
            if not file.is_file():
                self._make(file, make)
        failed, result = pickle.loads(file.read_bytes())  # noqa: S301 - written by this run into its private folder
        if failed:
            raise result
        kept: _T = result
        return kept

    def _make(self, file: Path, make: Callable[[], Any]) -> None:
        try:
            outcome: tuple[bool, Any] = (False, make())
        except ModelcheckError as error:
            outcome = (True, error)
        self._replace(file, pickle.dumps(outcome, protocol=5))

    def _replace(self, file: Path, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.write_bytes(content)
        draft.replace(file)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock between processes; where the system has none, each process makes its own result."""
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        yield
        return
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
