"""What a stored baseline tells of its model, kept to kinds and sizes that every page and terminal can show."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["MOST_TEXT", "bounded_texts", "candidate_facts"]

MOST_TEXT = 300
_MOST_ITEMS = 1_000
_MOST_WHOLE = 2**63


def candidate_facts(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of an accepted model, without keys and values that no version of modelcheck wrote.

    Nothing is computed with these facts, so what doesn't fit is left out and the baseline stays usable.

    Parameters
    ----------
    data : mapping
        ``candidate`` of a parsed ``baseline.json``.

    Returns
    -------
    dict
        Texts of at most 300 characters, whole numbers of 64 bits, finite numbers, lists of at most 1,000 of these, and
        one mapping of text to text; each key holds its own kind or None.

    Examples
    --------
    >>> candidate_facts({"name": "Forest", "bytes": 10**400, "sha256": None, "mood": "good"})
    {'name': 'Forest', 'sha256': None}
    """
    return {key: value for key, value in data.items() if key in _KNOWN and (value is None or _KNOWN[key](value))}


def bounded_texts(data: Mapping[str, Any]) -> dict[str, str]:
    """Return at most 1,000 pairs of a name and a text, both of at most 300 characters; what is none is left out."""
    pairs = [(name, value) for name, value in data.items() if _is_text(name) and _is_text(value)]
    return dict(pairs[:_MOST_ITEMS])


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MOST_TEXT


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_MOST_WHOLE <= value < _MOST_WHOLE


def _is_number(value: Any) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_list(value: Any) -> bool:
    kinds = (_is_text, _is_number, _is_flag)
    return (
        isinstance(value, list) and len(value) <= _MOST_ITEMS and all(any(is_one(x) for is_one in kinds) for x in value)
    )


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict) and len(value) <= _MOST_ITEMS and len(bounded_texts(value)) == len(value)


_KNOWN: dict[str, Callable[[Any], bool]] = {
    "name": _is_text,
    "kind": _is_text,
    "source": _is_text,
    "sha256": _is_text,
    "outputs_sha256": _is_text,
    "task": _is_text,
    "gives": _is_text,
    "bytes": _is_whole,
    "threshold": _is_number,
    "decides_by_probability": _is_flag,
    "classes": _is_list,
    "feature_names": _is_list,
    "trusted_names": _is_list,
    "trusted_by": _is_mapping,
    "notes": _is_list,
    "versions": _is_mapping,
}
