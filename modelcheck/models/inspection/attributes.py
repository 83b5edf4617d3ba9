"""Attributes that a file gives to the objects it makes.

An allowed class is harmless as its library makes it, with attributes of the library's choice. A file chooses them
itself: a name with two underscores changes what an object *is* to Python or numpy, and a few attributes of
scikit-learn are names of methods, which it looks up on whatever object the file put beside them. So names of attributes
must be written out where they are given, and those few may only say what scikit-learn itself would have written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from modelcheck.models.inspection.outcome import Forbidden

__all__ = ["FORMULA_WORDS", "METHOD_KEYS", "hidden_words", "is_method_word", "is_special", "judge_word"]

# Attributes that hold a formula of statsmodels, which it evaluates as Python.
FORMULA_WORDS = frozenset({"formula", "model_spec", "design_info", "restore_model_spec", "restore_design_info"})

_ANSWERS = frozenset(
    {"auto", "predict", "predict_proba", "predict_log_proba", "decision_function", "transform", "score_samples"}
)
# scikit-learn calls the method that these name, or reads what they name; "filename" and "file" open and read.
METHOD_KEYS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("stack_method", "stack_method_", "response_method", "chain_method", "chain_method_"), _ANSWERS),
    "input": frozenset({"content"}),
}
_PATH_KEY, _PATH = "importance_getter", re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*){0,5}")
_ALL_WORDS = frozenset().union(*METHOD_KEYS.values())

# numpy reads memory at the address that such an attribute gives, also where pandas takes a label for an attribute.
_ADDRESS = "__array_interface__"


def is_special(name: str) -> bool:
    """Whether Python or a library treats an attribute of this name as part of what an object is.

    Examples
    --------
    >>> is_special("__setstate__"), is_special("__model"), is_special("coef_")
    (True, False, False)
    """
    # statsmodels writes docstrings of its own.
    return name.startswith("__") and name.endswith("__") and name != "__doc__"


def is_method_word(word: object) -> bool:
    """Whether a value could stand in a list of names of methods."""
    return type(word) is str and word in _ALL_WORDS


def judge_word(key: str, word: object) -> None:
    """Refuse a method's name that scikit-learn would not have written under this key.

    Raises
    ------
    Forbidden
        It is another name, or computed while loading.

    Examples
    --------
    >>> judge_word("stack_method_", "predict_proba")
    """
    if key == _PATH_KEY:
        sound = type(word) is not str or _PATH.fullmatch(word) is not None
    else:
        sound = type(word) is str and word in METHOD_KEYS[key]
    if not sound:
        raise Forbidden(f"its attribute {key!r} names something else than a method that answers")


def _spellings(word: str) -> tuple[bytes, ...]:
    # Text of Arrow and of pickles, and numpy's fixed-width text in both byte orders.
    return tuple(word.encode(code) for code in ("utf-8", "utf-32-le", "utf-32-be"))


_HIDDEN = {word: _spellings(word) for word in (_ADDRESS, "formula", "model_spec", "design_info")}
LONGEST = max(len(spelling) for spellings in _HIDDEN.values() for spelling in spellings)


def hidden_words(data: bytes) -> list[str]:
    """Return the words that matter as names, wherever bytes spell them.

    Arrays of text and pandas' labels are bytes to a pickle, and names to whoever looks an attribute up.

    Raises
    ------
    Forbidden
        They spell the attribute by which numpy reads any memory.

    Examples
    --------
    >>> hidden_words("formula".encode("utf-32-le"))
    ['formula']
    """
    found = [word for word, spellings in _HIDDEN.items() if any(spelling in data for spelling in spellings)]
    if _ADDRESS in found:
        raise Forbidden(f"it names {_ADDRESS}, by which numpy reads any memory")
    return found
