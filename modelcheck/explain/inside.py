"""Explainers that look into a model: linear ones by their coefficients, ensembles of trees by shap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.explain.attributions import (
    DECISION,
    LINEAR,
    LOG_ODDS,
    PATHS,
    PROBABILITY,
    TREE,
    VALUE,
    Attributions,
)
from modelcheck.explain.linear import coefficients_of, linear_shifts, linear_values
from modelcheck.explain.sources import matrix_of
from modelcheck.explain.subject import Explainer, Subject
from modelcheck.explain.trees import TreeValues, leaves_of, looks_like_trees
from modelcheck.models.native import NativeModel
from modelcheck.models.stages import Stages

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BUILDERS", "EPSILON", "Astray", "linear", "scale_of", "tree", "tree_paths"]


_TREE_SECONDS = 5e-7  # of one leaf and row: measured on boosting and forests, both kinds, 1 to 6e-7
_TREE_BACKGROUND = 50  # rows that this was measured with
_ROW_SECONDS = 0.005  # for a row, where there is a choice of how many rows of the background are taken
_MOST_BACKGROUND = 200
_PARTS = 5  # of the background, each of which is also taken alone
_DENSEST = 5_000  # inputs of a tree ensemble that are made dense
EPSILON = 1e-6


def scale_of(subject: Subject, log_odds: bool) -> str:
    """Return the scale on which a model adds up: log-odds, probability or decisions for classes, else values."""
    if subject.task == "regression":
        return VALUE
    if log_odds:
        return LOG_ODDS
    return PROBABILITY if subject.probabilistic else DECISION


def linear(subject: Subject, stages: Stages, scale: str | None, seconds: float) -> Explainer | str | None:
    """Return the explainer of a linear model by its coefficients.

    Parameters
    ----------
    subject : Subject
        What is explained.
    stages : Stages
        The model taken apart.
    scale : str or None
        The scale that is asked for; None: the model's own.
    seconds : float
        How long a row may take.

    Returns
    -------
    Explainer, str or None
        None where it is no such model; a sentence where it is one and can't be explained like this.
    """
    found = coefficients_of(stages.final)
    if found is None:
        return None
    native = scale_of(subject, log_odds=True)
    if scale not in (None, native):
        return f"a linear model adds up on the scale of {native} only"
    weights, intercepts = found
    sources = subject.traced(stages)
    if isinstance(sources, str):
        return sources
    # Only the mean of the background counts here, so every row that is known can be in it.
    background = matrix_of(stages.transform(subject.support))
    shifts = linear_shifts(weights, background, sources, len(subject.columns), parts=_PARTS)

    def explain(rows: pd.DataFrame) -> Attributions:
        given = matrix_of(stages.transform(rows))
        both = linear_values(weights, intercepts, given, background, sources, len(subject.columns))
        if both is None:
            raise Astray
        total = np.asarray(given @ weights.T) + intercepts
        parts = [both[0] + shift for shift in shifts]
        return _ordered(subject, *both, total, scale=native, name=LINEAR, rows=len(subject.support), parts=parts)

    return Explainer(name=LINEAR, scale=native, why="", explain=explain)


def tree_paths(subject: Subject, stages: Stages, scale: str | None, seconds: float) -> Explainer | str | None:
    """Return the explainer of an ensemble of trees along the paths of its training rows; as `tree`."""
    return tree(subject, stages, scale, seconds, paths=True)


def tree(
    subject: Subject, stages: Stages, scale: str | None, seconds: float, *, paths: bool = False
) -> Explainer | str | None:
    """Return the explainer of an ensemble of trees by shap.

    Parameters
    ----------
    subject : Subject
        What is explained.
    stages : Stages
        The model taken apart.
    scale : str or None
        The scale that is asked for; None: the model's own.
    seconds : float
        How long a row may take.
    paths : bool
        Whether rows of the background stand in for what is taken away (False), or the paths of training rows.

    Returns
    -------
    Explainer, str or None
        None where it is no such model; a sentence where it is one and can't be explained like this.
    """
    final = stages.final
    if not looks_like_trees(final):
        return None
    if type(final).__name__.startswith("HistGradient") and not paths:
        return None  # shap's interventional values of these don't add up
    if np.any(getattr(final, "is_categorical_", False)):
        # It may add up on the few rows that it is tried on, and not on those that reach such a split.
        return "shap's TreeExplainer takes its splits by category for thresholds"
    boosted = (
        isinstance(final, NativeModel)
        or "Boosting" in type(final).__name__
        or type(final).__name__ in ("XGBClassifier", "LGBMClassifier")
    )
    native = scale_of(subject, log_odds=boosted)
    turned = scale == PROBABILITY and native == LOG_ODDS and not paths
    if scale not in (None, native) and not (turned and subject.task == "binary"):
        return f"these trees add up on the scale of {native} only"
    leaves = leaves_of(final)
    # Rows of the background are walked through one by one.
    each = _TREE_SECONDS * leaves * (1.0 if paths else max(_rows_within(leaves, subject) / _TREE_BACKGROUND, 1.0))
    if each > seconds:
        return (
            f"its {leaves:,} leaves would take shap's TreeExplainer about {each:.2g} s a row, "
            f"and {seconds:.2g} s are to be had"
        )
    sources = subject.traced(stages)
    if isinstance(sources, str):
        return sources
    if len(sources) > _DENSEST:
        return f"it has {len(sources):,} inputs, too many to be made dense"
    background = None if paths else _dense(stages, subject.background.iloc[: _rows_within(leaves, subject)])
    several: list[NDArray[np.float64] | None] = [None]
    if background is not None:
        several = [background[at::_PARTS] for at in range(min(_PARTS, len(background)))]
    try:
        values = [TreeValues(final, part, probability=turned) for part in several]
    except Exception as error:  # shap refuses models in many ways; answers can be explained without looking inside
        return f"shap's TreeExplainer can't read it ({type(error).__name__})"
    told = PROBABILITY if turned else native
    name = PATHS if paths else TREE

    def explain(rows: pd.DataFrame) -> Attributions:
        given = _dense(stages, rows)
        each = [one.values(given, sources, len(subject.columns)) for one in values]
        found = [one for one in each if one is not None]
        if len(found) < len(each):
            raise Astray
        weight = [1 if part is None else len(part) for part in several]
        told_values, base = (np.average([one[at] for one in found], axis=0, weights=weight) for at in (0, 1))
        total = _as_scale(subject, final, stages.transform(rows), told)
        return _ordered(
            subject,
            told_values,
            base,
            total,
            scale=told,
            name=name,
            rows=0 if background is None else len(background),
            parts=[one[0] for one in found] if len(found) > 1 else [],
        )

    return Explainer(name=name, scale=told, why="", explain=explain, seconds_a_row=each)


def _rows_within(leaves: int, subject: Subject) -> int:
    """Return how many rows of the background an ensemble can afford: more of them where it is small."""
    affordable = int(_ROW_SECONDS / (_TREE_SECONDS * max(leaves, 1)) * _TREE_BACKGROUND)
    return min(len(subject.background), max(affordable, _TREE_BACKGROUND), _MOST_BACKGROUND)


class Astray(Exception):
    """An input contributes that no raw column was seen to move."""

    def __init__(self) -> None:
        super().__init__("an input contributes that no column was seen to move")


def _dense(stages: Stages, rows: pd.DataFrame) -> NDArray[np.float64]:
    given = matrix_of(stages.transform(rows))
    return np.asarray(given.toarray() if hasattr(given, "toarray") else given, dtype=np.float64)


def _as_scale(subject: Subject, final: Any, given: Any, scale: str) -> NDArray[np.float64]:
    """Return the final estimator's own answer, one column an output, in its own order of classes."""
    if subject.task == "regression":
        found = np.asarray(final.predict(given), dtype=np.float64)
    elif scale == LOG_ODDS and hasattr(final, "decision_function"):
        found = np.asarray(final.decision_function(given), dtype=np.float64)
    else:
        found = np.asarray(final.predict_proba(given), dtype=np.float64)
        if scale == LOG_ODDS:
            bounded = np.clip(found, EPSILON**2, 1.0)
            found = np.log(bounded[:, 1] / bounded[:, 0]) if found.shape[1] == 2 else np.log(bounded)
    return found[:, None] if found.ndim == 1 else found


def _ordered(
    subject: Subject,
    values: NDArray[np.float64],
    base: NDArray[np.float64],
    total: NDArray[np.float64],
    *,
    scale: str,
    name: str,
    rows: int,
    parts: Sequence[NDArray[np.float64]] = (),
) -> Attributions:
    """Put outputs into the run's order of classes; one output for two classes."""
    if parts:
        each = [_ordered(subject, one, base, total, scale=scale, name=name, rows=rows).values for one in parts]
        whole = _ordered(subject, values, base, total, scale=scale, name=name, rows=rows)
        return replace(whole, parts=np.stack(each))
    if subject.task == "binary":
        # One column stands for the model's second class, two are its classes in its own order.
        first = bool(subject.order) and subject.order[-1] == 0
        sign = -1.0 if scale == LOG_ODDS else 1.0
        if values.shape[2] == 2:
            at = 0 if first else 1
            values, base = values[:, :, [at]], base[[at]]
        elif first:
            values, base = (-values, -base) if sign < 0 else (-values, 1.0 - base)
        if total.shape[1] == 2:
            total = total[:, [0 if first else 1]]
        elif first:
            total = -total if sign < 0 else 1.0 - total
    elif subject.task == "multiclass" and subject.order and values.shape[2] == len(subject.order):
        order = list(subject.order)
        values, base, total = values[:, :, order], base[order], total[:, order]
    return Attributions(
        columns=subject.columns,
        values=values,
        base=base,
        output=total,
        scale=scale,
        explainer=name,
        background=rows,
    )


BUILDERS = (linear, tree, tree_paths)
"""From the nearest explainer to the farthest."""
