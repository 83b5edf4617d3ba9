"""``[report]`` from TOML: what pages and records may say of single rows."""

from __future__ import annotations

from modelcheck.config.fields import Fields

__all__ = ["EXAMPLES", "read_report"]

EXAMPLES = ("show", "hash", "off")


def read_report(fields: Fields) -> str | None:
    """Read whether entries of single rows are shown, replaced by codes or left out.

    Parameters
    ----------
    fields : Fields
        The table; mistakes are noted there.

    Returns
    -------
    str or None
        One of `EXAMPLES`; None where it is silent.
    """
    examples = fields.text("examples", choices=EXAMPLES)
    fields.close()
    return examples
