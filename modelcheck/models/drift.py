"""Whether the libraries here are those that a model file was written with."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

__all__ = ["drift_notes"]

_TITLES = {
    "xgboost": ("xgboost", "XGBoost"),
    "lightgbm model text": ("lightgbm", "LightGBM"),
    "catboost": ("catboost", "CatBoost"),
    "statsmodels": ("statsmodels", "statsmodels"),
}


def drift_notes(written: Mapping[str, str]) -> tuple[str, ...]:
    """Return a note for each library whose major version differs from the one that a file names.

    Parameters
    ----------
    written : mapping of str to str
        `Inspection.versions`.

    Returns
    -------
    tuple of str
        Only libraries that are imported by now are compared: others took no part in loading.
    """
    notes = []
    for name, (module, title) in _TITLES.items():
        here = getattr(sys.modules.get(module), "__version__", None)
        before = written.get(name)
        if here is None or before is None:
            continue
        majors = [re.match(r"v?(\d+)", text) for text in (before, here)]
        if all(majors) and len({match.group(1) for match in majors if match is not None}) > 1:
            notes.append(
                f"The model file was written with {title} {before} and loaded with {here}: its predictions may differ "
                "from those of the version it was trained with."
            )
    return tuple(notes)
