"""A model asked as whoever serves it would ask: rows as they are, and what it says about them in its own words."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.models.protocol import Model

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["plainly_asked"]

_LONGEST = 600


def plainly_asked(
    model: Model, frames: Sequence[pd.DataFrame], given: Mapping[str, Any]
) -> tuple[dict[str, str], list[NDArray[Any]]]:
    """Ask about one frame without putting its columns right first.

    Parameters
    ----------
    model : Model
        Where it has ``unguarded``, that is asked.
    frames : sequence of DataFrame
        One.
    given : mapping
        ``method``.

    Returns
    -------
    told : dict
        ``raised``: kind and text of what the call raised; both empty where it answered.
    arrays : list of ndarray
        Its answer, whatever it is; nothing where it raised.
    """
    plain = getattr(model, "unguarded", None)
    method = str(given["method"])
    try:
        # A warning is no refusal: whoever serves the model doesn't see it.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = getattr(model, method)(frames[0]) if plain is None else plain(method, frames[0])
        return {"kind": "", "text": ""}, [np.asarray(answer)]
    except Exception as error:  # what it raises is the answer to the question
        cause = error.__cause__ or error
        return {"kind": type(cause).__name__, "text": str(cause)[:_LONGEST]}, []
