"""The same list while really loading: a second lock behind the inspection.

Python raises the audit event ``pickle.find_class`` (PEP 578) for every unpickler, in C or in Python, also for those
that a library starts while it restores its own state. The hook refuses what the list doesn't hold.
"""

from __future__ import annotations

import _compat_pickle
import sys
import threading
from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import Any

from modelcheck.errors import ArtifactRefused

__all__ = ["only_allowed"]

_armed = threading.local()
_installed = threading.Lock()


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event != "pickle.find_class":
        return
    allowed = getattr(_armed, "names", None)
    if allowed is None:
        return
    module, name = args
    # The event carries the name as written: protocols before 3 spell it as Python 2 did.
    if (module, name) in _compat_pickle.NAME_MAPPING:
        mapped = ".".join(_compat_pickle.NAME_MAPPING[module, name])
    else:
        mapped = f"{_compat_pickle.IMPORT_MAPPING.get(module, module)}.{name}"
    if f"{module}.{name}" not in allowed and mapped not in allowed:
        raise ArtifactRefused(
            f"While loading, the model file tried to import {mapped!r}, which its inspection had not shown.", (mapped,)
        )


@contextmanager
def only_allowed(allowed: Container[str]) -> Iterator[None]:
    """Refuse every other import by an unpickler in this thread.

    Parameters
    ----------
    allowed : container of str
        Full names that may be imported.

    Raises
    ------
    ArtifactRefused
        From within the loading, when another name is asked for.
    """
    if _installed.acquire(blocking=False):  # an audit hook can't be removed: once is enough
        sys.addaudithook(_hook)
    before = getattr(_armed, "names", None)
    _armed.names = allowed
    try:
        yield
    finally:
        _armed.names = before
