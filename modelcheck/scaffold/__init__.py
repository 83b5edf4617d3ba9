"""What ``modelcheck init`` writes: a configuration made of guesses, each with its reason beside it."""

from __future__ import annotations

from modelcheck.scaffold.proposal import propose

__all__ = ["propose"]
