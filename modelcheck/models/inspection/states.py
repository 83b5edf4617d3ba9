"""What BUILD may set on an object: attributes by names that are written out, and none that changes what it is."""

from __future__ import annotations

from modelcheck.models.inspection.attributes import METHOD_KEYS, judge_word
from modelcheck.models.inspection.outcome import Forbidden
from modelcheck.models.inspection.seen import Seen
from modelcheck.models.inspection.stubs import DType, Items, Listed, Made, Named, Pairs, check_array_state

__all__ = ["COMPUTED", "judge_built", "judge_state"]

COMPUTED = "it gives attributes names that are computed while loading"
# pandas' own arrays: their state is (ndarray, dtype, attributes).
_KEEPS_DTYPE = {
    "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked",
    *(f"pandas.arrays.{name}" for name in ("DatetimeArray", "TimedeltaArray", "NumpyExtensionArray", "StringArray")),
    "pandas.core.arrays.datetimes.DatetimeArray",
}
_CATEGORIES = {"pandas.Categorical", "pandas.core.arrays.categorical.Categorical"}
# Compiled classes: their state is a dict and a seed, or a dtype and codes, which look like attributes and slots.
_OWN_TUPLES = {"numpy.random._pickle.__bit_generator_ctor", *_KEEPS_DTYPE, *_CATEGORIES}


def judge_built(name: str, state: object, seen: Seen) -> None:
    """Judge the state of an object by what made it, and note the version that it tells.

    Parameters
    ----------
    name : str
        The class or function that made the object.
    state : object
        What BUILD hands over.
    seen : Seen
        Tells which names are trusted, and collects versions.

    Raises
    ------
    Forbidden
        An attribute's name is computed or special, or a dtype is kept where it isn't known to belong.
    """
    if isinstance(state, Items) and any(isinstance(part, DType) for part in state) and name not in _KEEPS_DTYPE:
        check_array_state(state)
    if name not in seen.trusted:
        judge_state(state, slots=name not in _OWN_TUPLES)
    _note_version(state, seen)


def judge_state(state: object, *, slots: bool = True) -> None:
    """Judge the names of attributes: of an object, or of one and its slots."""
    parts = state if isinstance(state, Items) else (state,)
    # A mapping is as good as its pairs to whoever updates attributes with them.
    pairs = any(isinstance(part, Items) and len(part) == 2 and type(part[0]) is str for part in parts)
    computed = slots and isinstance(state, Items) and len(state) == 2 and any(isinstance(p, Made) for p in parts)
    if pairs or computed or isinstance(state, (Made, Listed)):
        raise Forbidden(COMPUTED)
    for part in parts:
        if isinstance(part, Pairs):
            _judge_names(part)


def _judge_names(state: Pairs) -> None:
    if state.computed:
        raise Forbidden(COMPUTED)
    if state.special:
        raise Forbidden("it gives an attribute the name of what an object is to Python")
    for key in (*METHOD_KEYS, "importance_getter"):
        if key in state.kept:
            value = state.kept[key]
            if isinstance(value, Listed):
                value.hold_methods_only()
            elif not (value is None or (key == "importance_getter" and isinstance(value, Named))):
                judge_word(key, value)


def _note_version(state: object, seen: Seen) -> None:
    if isinstance(state, Items) and state:
        state = state[0]
    if isinstance(state, Pairs):
        version = state.kept.get("_sklearn_version")
        if isinstance(version, str):
            seen.versions.setdefault("scikit-learn", set()).add(version)
