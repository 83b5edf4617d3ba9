"""What the configuration knows of the checks: their names, tasks, ranges; and the name that was most likely meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from modelcheck.config.words import CHECK_SYNONYMS, VALUE_SYNONYMS, closest

__all__ = ["CheckLike", "nearest_check", "regression_of"]


class CheckLike(Protocol):
    """What the configuration needs to know of a check, e.g. ``modelcheck.suites.catalog.CheckDefault``."""

    @property
    def check(self) -> str:
        """The configuration key, ``suite.check``."""

    @property
    def suite(self) -> str:
        """Name of the suite."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks that the check belongs to."""

    @property
    def min(self) -> float | None:
        """Default lower limit."""

    @property
    def max(self) -> float | None:
        """Default upper limit."""

    @property
    def compares(self) -> bool:
        """Whether it takes a margin against the baseline instead of a limit."""

    @property
    def margin(self) -> float | None:
        """Default margin of a check that compares."""

    @property
    def on_request(self) -> bool:
        """Whether it runs only where a configuration names it."""

    @property
    def lower(self) -> float:
        """Smallest value that a limit may have."""

    @property
    def upper(self) -> float:
        """Largest value that a limit may have."""

    @property
    def side(self) -> str:
        """The only limit that has a meaning, ``min`` or ``max``; empty: both."""

    @property
    def by_slice(self) -> bool:
        """Whether a limit may be given for a slice."""

    @property
    def fewest_protected(self) -> int:
        """How many protected columns have to be declared for it to be planned."""

    @property
    def judged(self) -> bool:
        """Whether a limit has a meaning; False for what only describes."""

    @property
    def by_attribute(self) -> bool:
        """Whether there is a gate for each protected attribute, and none for the dataset as a whole."""


def regression_of(check: str) -> str:
    """Return the check that compares the candidate's value of a metric with the baseline's.

    Examples
    --------
    >>> regression_of("performance.roc_auc")
    'performance.regression.roc_auc'
    """
    suite, _, name = check.partition(".")
    return f"{suite}.regression.{name}"


def nearest_check(key: str, checks: Mapping[str, CheckLike], task: str | None = None) -> str | None:
    """Return the check that `key` most likely means, whether or not it names the suite.

    Parameters
    ----------
    key : str
        What the user wrote, e.g. ``auc`` or ``performance.auc``.
    checks : mapping of str to CheckLike
        Every check that exists.
    task : str or None
        Checks of other tasks are left out when it is known.
    """
    usable = [name for name, check in checks.items() if task is None or task in check.tasks]
    first, dot, rest = key.partition(".")
    suites = dict.fromkeys(checks[name].suite for name in usable)
    suite = closest(first, suites, VALUE_SYNONYMS) if dot else None
    # Two suites may share a name, so the suite that was written goes first. A check's own name may hold dots, so
    # the whole word is tried last.
    for word, within in ((rest, suite), (rest, None), (key, None)):
        names = {name.partition(".")[2]: name for name in usable if within in (None, checks[name].suite)}
        near = closest(word, names, CHECK_SYNONYMS) if word else None
        if near is not None:
            return names[near]
    return None
