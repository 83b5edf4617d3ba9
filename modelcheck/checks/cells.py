"""One cell of a table as a reader sees it."""

from __future__ import annotations

import numpy as np

from modelcheck.checks.words import short
from modelcheck.record.plain import plain

__all__ = ["cell"]

_LONGEST = 60


def cell(value: object) -> str:
    """Return a cell as a reader sees it; white space at an end is made visible by quotes."""
    import pandas as pd

    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return "(missing)"
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    if isinstance(value, str):
        odd = value != value.strip() or not value.isprintable() or "  " in value
        return short(repr(value) if odd else value, _LONGEST)
    return short(plain(value), _LONGEST)
