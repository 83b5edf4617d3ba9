"""The bias suite: which checks, for which task, with which default limits, and what they ask in words about people."""

from __future__ import annotations

from modelcheck.suites.catalog import CheckDefault

__all__ = ["CHECKS"]

CHECKS: tuple[CheckDefault, ...] = ()
