"""From a check's name in a suite to the function that runs it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TypeAlias, cast

from modelcheck.checks.context import Context
from modelcheck.checks.file_context import FileContext
from modelcheck.record.evidence import Evidence

__all__ = ["Check", "FileCheck", "resolve", "resolve_file_check"]

Check: TypeAlias = Callable[[Context], Evidence]
FileCheck: TypeAlias = Callable[[FileContext], Evidence]


def resolve(function: str) -> Check:
    """Import a check.

    Parameters
    ----------
    function : str
        ``package.module:function``, as :class:`modelcheck.suites.catalog.CheckDefault` spells it.

    Returns
    -------
    callable
        A function of a :class:`~modelcheck.checks.context.Context` that returns
        :class:`~modelcheck.record.evidence.Evidence`.

    Raises
    ------
    ValueError
        When `function` isn't of that form, or names something that is missing or can't be called. An error
        raised by the module's own code while it is imported comes through unchanged.

    Examples
    --------
    >>> resolve("modelcheck.checks.performance.metrics:measure").__name__
    'measure'
    """
    module_name, colon, name = function.partition(":")
    if not (module_name and colon and name.isidentifier()):
        raise ValueError(f"check function is {function!r}; it must read 'package.module:function'.")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if module_name != missing and not module_name.startswith(f"{missing}."):
            raise  # the module exists; something that it needs does not
        raise ValueError(f"check function {function!r}: there is no module named {missing!r}.") from error
    found = getattr(module, name, None)
    if not callable(found):
        raise ValueError(f"check function {function!r}: {module_name} has no function named {name!r}.")
    return cast("Check", found)


def resolve_file_check(function: str) -> FileCheck:
    """Import a check that needs no rows: the same, but a function of a `FileContext`; see `resolve`."""
    return cast("FileCheck", resolve(function))
