"""What ``modelcheck init`` writes: a configuration made of guesses, each with its reason beside it."""

from __future__ import annotations

from modelcheck.scaffold.proposal import Proposal, propose

__all__ = ["Proposal", "propose"]
