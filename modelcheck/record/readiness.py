"""What a team declares of its readiness: items of the ML Test Score that are met outside of modelcheck."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from modelcheck.config.tables import DeclarationTable
from modelcheck.record.decoding import Reader

__all__ = ["Declaration", "How", "read_declaration"]


class How(StrEnum):
    """How a test is done: by hand with a result that others can see, or by a system that repeats it."""

    MANUAL = "manual"
    AUTOMATED = "automated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One item that somebody answers for.

    Attributes
    ----------
    id : str
        Section and number of the item, e.g. ``data.3``.
    how : How
        By hand or by a system.
    evidence : str
        Where the result can be seen: a link or a text, from a file and not to be trusted.
    owner : str
        Who answers for it.
    date : date
        Day of the last result.
    expires : date or None
        The last day on which it holds; None: left open.
    """

    id: str
    how: How
    evidence: str
    owner: str
    date: datetime.date
    expires: datetime.date | None = None

    @classmethod
    def of(cls, table: DeclarationTable) -> Declaration:
        """Return what a table of the configuration declares."""
        return cls(
            id=table.id,
            how=How(table.how),
            evidence=table.evidence,
            owner=table.owner,
            date=table.date,
            expires=table.expires,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the declaration as plain JSON, days as ``YYYY-MM-DD``."""
        return {
            "id": self.id,
            "how": str(self.how),
            "evidence": self.evidence,
            "owner": self.owner,
            "date": self.date.isoformat(),
            "expires": None if self.expires is None else self.expires.isoformat(),
        }


def read_declaration(source: Reader) -> Declaration:
    """Return the declaration that `Declaration.as_json` wrote."""
    return Declaration(
        id=source.text("id"),
        how=source.word("how", How),
        evidence=source.text("evidence"),
        owner=source.text("owner"),
        date=source.day("date"),
        expires=source.day("expires") if source.present("expires") else None,
    )
