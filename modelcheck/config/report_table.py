"""``[report]`` from TOML: what pages and records may say of single rows."""

from __future__ import annotations

from modelcheck.config.fields import Fields
from modelcheck.config.tables import ReportTable

__all__ = ["EXAMPLES", "read_report"]

EXAMPLES = ("show", "hash", "off")


def read_report(fields: Fields) -> ReportTable:
    """Read what records and pages may say.

    Parameters
    ----------
    fields : Fields
        The table; mistakes are noted there.

    Returns
    -------
    ReportTable
        Only meaningful when no mistake was noted.
    """
    examples = fields.text("examples", choices=EXAMPLES)
    fields.close()
    return ReportTable(examples=examples)
