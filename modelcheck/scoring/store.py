"""Scored rows are made once per run: kept in memory, and shared by workers through the run's private folder."""

from __future__ import annotations

import json
import os
import pickle
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from modelcheck.errors import ModelcheckError
from modelcheck.record.plain import plain

__all__ = ["Store"]

_T = TypeVar("_T")
_POLL_SECONDS = 0.05


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
        file, lock = self._folder / f"{name}.pickle", self._folder / f"{name}.lock"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        while not file.is_file():
            if not self._acquire(lock):
                time.sleep(_POLL_SECONDS)
                continue
            try:
                if not file.is_file():
                    self._make(file, make)
            finally:
                lock.unlink(missing_ok=True)
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

    def _acquire(self, lock: Path) -> bool:
        """Take the lock; a lock whose owner is gone is taken over."""
        try:
            handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            if _owner_is_gone(lock):
                lock.unlink(missing_ok=True)
            return False
        with os.fdopen(handle, "w") as file:
            file.write(str(os.getpid()))
        return True


def _owner_is_gone(lock: Path) -> bool:
    try:
        owner = int(lock.read_text() or "0")
    except (OSError, ValueError):
        return False
    if owner == 0:
        return False
    try:
        os.kill(owner, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
