"""Explainers in the process of a model: what `modelcheck.explain.elsewhere` runs there."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from modelcheck.errors import ModelcheckError, ModelError
from modelcheck.explain.inside import BUILDERS, Astray
from modelcheck.explain.sources import traced
from modelcheck.explain.subject import Explainer, Subject
from modelcheck.models.stages import Stages

__all__ = ["build", "explain", "trace"]

_MOST_KEPT = 8
_kept: OrderedDict[int, Explainer] = OrderedDict()


def trace(model: Any, frames: Sequence[Any], given: Mapping[str, Any]) -> tuple[str | None, list[Any]]:
    """Return which column each input is made from, as an array, or why nobody can say."""
    found = traced(_stages(model), frames[0], tuple(given["columns"]))
    return (found, []) if isinstance(found, str) else (None, [found.astype(np.int64)])


def build(model: Any, frames: Sequence[Any], given: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return what explainers say to the model, up to the first that can be had, which is kept.

    Parameters
    ----------
    model : Model
        With ``stages()``.
    frames : sequence of DataFrame
        The background and the support.
    given : mapping
        The rest of the subject, the first explainer to be tried, and the key to keep it under.
    """
    stages = _stages(model)
    sources = given["sources"]
    subject = Subject(
        ask=_not_here,
        stages=stages,
        columns=tuple(given["columns"]),
        background=frames[0],
        support=frames[1],
        task=given["task"],
        order=tuple(given["order"]),
        probabilistic=given["probabilistic"],
        sources=np.array(sources, dtype=np.intp) if isinstance(sources, list) else sources,
    )
    said: list[Any] = []
    for one in BUILDERS[given["first"] :]:
        found = one(subject, stages, given["scale"], given["seconds"])
        if not isinstance(found, Explainer):
            said.append(found)
            continue
        _kept[given["key"]] = found
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
        said.append(
            {
                "name": found.name,
                "scale": found.scale,
                "why": found.why,
                "seconds_a_row": found.seconds_a_row,
                "asks_a_row": found.asks_a_row,
            }
        )
        break
    return said, []


def explain(model: Any, frames: Sequence[Any], given: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """Return the attributions of rows by an explainer that was built; ``unknown`` where it isn't kept here."""
    explainer = _kept.get(given["key"])
    if explainer is None:
        return "unknown", []
    _kept.move_to_end(given["key"])
    try:
        found = explainer.explain(frames[0])
    except Astray:
        return {"astray": True}, []
    except ModelcheckError:
        raise
    except Exception as error:  # told by its kind: the run decides what that means, as it does with models of its own
        return {"raised": type(error).__name__, "text": str(error)[:1_000]}, []
    told = {"scale": found.scale, "explainer": found.explainer, "why": found.why, "background": found.background}
    parts = [] if found.parts is None else [found.parts]
    return told, [np.asarray(one, dtype=np.float64) for one in (found.values, found.base, found.output, *parts)]


def _stages(model: Any) -> Stages:
    stages = model.stages()
    if not isinstance(stages, Stages):
        raise ModelError(f"The model {model.describe().name} can't be taken apart.")
    return stages


def _not_here(rows: Any) -> Any:
    raise ModelError("An explainer that looks inside asks no model.")
