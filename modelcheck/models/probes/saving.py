"""A loaded model saved again in the format that it came in."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.models.native import NativeModel
from modelcheck.models.protocol import Model

__all__ = ["SAVED", "saved_again", "saved_as"]

SAVED = ("skops", "joblib", "pickle")
"""Formats in which any object can be saved again; the others are only loaded twice."""

_LONGEST = 500


def saved_again(
    model: Model, frames: Sequence[Any], given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[NDArray[np.uint8]]]:
    """Save the model's object.

    Parameters
    ----------
    model : Model
        With the loaded object as ``estimator``.
    frames : sequence
        Empty.
    given : mapping
        ``format``, one of `SAVED`.

    Returns
    -------
    told : dict
        ``problem``: why it can't be saved; empty where it can. ``kept``: why it isn't the model's matter.
    arrays : list of ndarray
        The file's bytes.
    """
    loaded = getattr(model, "estimator", None)
    # What an adapter made of a file (statsmodels' results) is no object that anybody saves.
    if loaded is None or isinstance(loaded, NativeModel):
        return {"problem": "", "kept": "the adapter keeps its object to itself"}, []
    try:
        content = saved_as(loaded, str(given["format"]))
    except (AttributeError, TypeError, ValueError, NotImplementedError, pickle.PicklingError) as error:
        return {"problem": f"{type(error).__name__}: {error}"[:_LONGEST], "kept": ""}, []
    return {"problem": "", "kept": ""}, [np.frombuffer(content, dtype=np.uint8)]


def saved_as(loaded: Any, form: str) -> bytes:
    """Return an object as the bytes of a file in one of the formats `SAVED`."""
    if form == "skops":
        import skops.io

        content: bytes = skops.io.dumps(loaded)
        return content
    if form == "joblib":
        import joblib

        stream = io.BytesIO()
        joblib.dump(loaded, stream)
        return stream.getvalue()
    return pickle.dumps(loaded, protocol=5)
