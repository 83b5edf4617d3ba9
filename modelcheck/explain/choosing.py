"""The right explainer for a model: the nearest one whose attributions add up to what the model really answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.explain.attributions import (
    LINEAR,
    LOG_ODDS,
    PATHS,
    PERMUTATION,
    PROBABILITY,
    TREE,
    VALUE,
    Attributions,
)
from modelcheck.explain.linear import coefficients_of, linear_values
from modelcheck.explain.sources import matrix_of, traced
from modelcheck.explain.trees import TreeValues, leaves_of, looks_like_trees
from modelcheck.explain.walks import asked_by_walks, walk
from modelcheck.models.stages import Stages

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Explainer", "Subject", "choose", "score_of"]

_TREE_SECONDS = 5e-7  # of one leaf and row: measured on boosting and forests, both kinds, 1 to 6e-7
_DENSEST = 5_000  # inputs of a tree ensemble that are made dense
_ODD = 1e-6  # of the answers' spread: a larger gap between attributions and answer refuses an explainer
_PILOT = 16
_EPSILON = 1e-6
_WALKS = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """What is explained.

    Attributes
    ----------
    ask : callable
        From raw rows to answers, shape (n_rows,) for the positive class or values, else (n_rows, n_classes); NaN where
        there is none.
    stages : Stages or None
        The model taken apart; None where only its answers are known.
    columns : tuple of str
        Raw columns that the answer is shared out to.
    background : DataFrame
        Raw rows that stand for "nothing known of this row".
    support : DataFrame
        Raw rows that show which values each column takes.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    order : tuple of int
        Place in the model's own order of each class.
    probabilistic : bool
        Whether answers of a classifier are probabilities.
    sources : ndarray of int, str or None
        What `modelcheck.explain.sources.traced` says of the model, where that is known already.
    """

    ask: Callable[[Any], NDArray[np.float64]]
    stages: Stages | None
    columns: tuple[str, ...]
    background: pd.DataFrame
    support: pd.DataFrame
    task: str
    order: tuple[int, ...] = ()
    probabilistic: bool = True
    sources: NDArray[np.intp] | str | None = None

    def traced(self, stages: Stages) -> NDArray[np.intp] | str:
        """Return which raw column each input of the final estimator is made from, or why nobody can say."""
        return traced(stages, self.support, self.columns) if self.sources is None else self.sources


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explainer:
    """A way to explain rows, chosen for one subject.

    Attributes
    ----------
    name : str
        ``Linear``, ``Tree``, ``Tree (path-dependent)`` or ``Permutation``.
    scale : str
        Of what it explains.
    why : str
        Why no nearer one; empty for the nearest.
    explain : callable
        From raw rows to attributions.
    seconds_a_row : float
        About how long a row takes beside predictions, as its size says, not as a clock says.
    asks_a_row : int
        Rows that the model is asked about for each.
    """

    name: str
    scale: str
    why: str
    explain: Callable[[Any], Attributions] = field(repr=False)
    seconds_a_row: float = 0.0
    asks_a_row: int = 0


def choose(
    subject: Subject,
    pilot: pd.DataFrame,
    *,
    rng: np.random.Generator,
    scale: str | None = None,
    seconds: float = float("inf"),
    fewest: int = 1,
    walks: int = _WALKS,
) -> Explainer:
    """Choose the explainer.

    Parameters
    ----------
    subject : Subject
        What is explained.
    pilot : DataFrame
        Raw rows on which an explainer has to prove that it adds up; the first 16 are used.
    rng : numpy.random.Generator
        For walks.
    scale : {"log-odds", "probability", "value"} or None
        None: the scale on which the model adds up.
    seconds : float
        How long `fewest` rows may take; a dearer explainer is refused.
    fewest : int
        How many rows are to be explained at least.
    walks : int
        Walks for a row, where it comes to that.

    Returns
    -------
    Explainer
        Linear models by their coefficients, tree ensembles by shap's TreeExplainer, both on the final estimator's
        inputs, which are summed up to raw columns; anything else by walks on the raw columns. All of them share the
        answer out against the same background, features switched independently (interventional).
    """
    refused: list[str] = []
    stages = subject.stages
    if stages is None:
        refused.append("only the model's answers are known")
    else:
        for build in (_linear, _tree, _tree_paths):
            found = build(subject, stages, scale, seconds / max(fewest, 1))
            if found is None:
                continue
            if isinstance(found, Explainer):
                problem = _odd(subject, found, pilot.iloc[:_PILOT])
                if not problem:
                    return found
                found = problem
            if found not in refused:
                refused.append(found)
        if not refused:
            refused.append(f"{type(stages.final).__name__} is neither linear nor made of trees")
    return _permutation(subject, scale, walks, rng, "; ".join(refused))


def score_of(attributions: Attributions) -> NDArray[np.float64]:
    """Return the answers that base and attributions add up to, on the model's own scale.

    Parameters
    ----------
    attributions : Attributions
        Any.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_outputs)
        Log-odds are turned into probabilities.
    """
    total = attributions.base + attributions.values.sum(axis=1)
    return _linked(total, attributions.scale)


def _linked(total: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    from scipy.special import expit, softmax

    if scale != LOG_ODDS:
        return total
    return np.asarray(expit(total) if total.shape[1] == 1 else softmax(total, axis=1))


def _native(subject: Subject, log_odds: bool) -> str:
    if subject.task == "regression":
        return VALUE
    return LOG_ODDS if log_odds else PROBABILITY


def _linear(subject: Subject, stages: Stages, scale: str | None, seconds: float) -> Explainer | str | None:
    found = coefficients_of(stages.final)
    if found is None:
        return None
    native = _native(subject, log_odds=True)
    if scale not in (None, native):
        return f"a linear model adds up on the scale of {native} only"
    weights, intercepts = found
    sources = subject.traced(stages)
    if isinstance(sources, str):
        return sources
    background = matrix_of(stages.transform(subject.background))

    def explain(rows: pd.DataFrame) -> Attributions:
        given = matrix_of(stages.transform(rows))
        both = linear_values(weights, intercepts, given, background, sources, len(subject.columns))
        if both is None:
            raise _Astray
        total = np.asarray(given @ weights.T) + intercepts
        return _ordered(subject, *both, total, scale=native, name=LINEAR)

    return Explainer(name=LINEAR, scale=native, why="", explain=explain)


def _tree_paths(subject: Subject, stages: Stages, scale: str | None, seconds: float) -> Explainer | str | None:
    return _tree(subject, stages, scale, seconds, paths=True)


def _tree(
    subject: Subject, stages: Stages, scale: str | None, seconds: float, *, paths: bool = False
) -> Explainer | str | None:
    final = stages.final
    if not looks_like_trees(final):
        return None
    if type(final).__name__.startswith("HistGradient") and not paths:
        return None  # shap's interventional values of these don't add up
    if np.any(getattr(final, "is_categorical_", False)):
        # It may add up on the few rows that it is tried on, and not on those that reach such a split.
        return "shap's TreeExplainer takes its splits by category for thresholds"
    boosted = "Boosting" in type(final).__name__ or type(final).__name__ in ("XGBClassifier", "LGBMClassifier")
    native = _native(subject, log_odds=boosted)
    turned = scale == PROBABILITY and native == LOG_ODDS and not paths
    if scale not in (None, native) and not (turned and subject.task == "binary"):
        return f"these trees add up on the scale of {native} only"
    leaves = leaves_of(final)
    each = _TREE_SECONDS * leaves
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
    try:
        values = TreeValues(final, None if paths else _dense(stages, subject.background), probability=turned)
    except Exception as error:  # shap refuses models in many ways; answers can be explained without looking inside
        return f"shap's TreeExplainer can't read it ({type(error).__name__})"
    told = PROBABILITY if turned else native
    name = PATHS if paths else TREE

    def explain(rows: pd.DataFrame) -> Attributions:
        given = _dense(stages, rows)
        both = values.values(given, sources, len(subject.columns))
        if both is None:
            raise _Astray
        total = _as_scale(subject, final, stages.transform(rows), told)
        return _ordered(subject, *both, total, scale=told, name=name)

    return Explainer(name=name, scale=told, why="", explain=explain, seconds_a_row=each)


class _Astray(Exception):
    """An input contributes that no raw column was seen to move."""


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
            bounded = np.clip(found, _EPSILON**2, 1.0)
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
) -> Attributions:
    """Put outputs into the run's order of classes; one output for two classes."""
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
        background=len(subject.background),
    )


def _permutation(subject: Subject, scale: str | None, walks: int, rng: np.random.Generator, why: str) -> Explainer:
    native = _native(subject, log_odds=False)
    told = LOG_ODDS if scale == LOG_ODDS and native == PROBABILITY and subject.probabilistic else native

    def ask(rows: pd.DataFrame) -> NDArray[np.float64]:
        answers = subject.ask(rows)
        if told != LOG_ODDS:
            return answers
        bounded = np.clip(answers, _EPSILON, 1.0 - _EPSILON)
        return np.asarray(np.log(bounded / (1.0 - bounded)) if bounded.ndim == 1 else np.log(bounded))

    def explain(rows: pd.DataFrame) -> Attributions:
        return walk(
            ask, rows, subject.background, subject.columns, walks=walks, rng=rng.spawn(1)[0], scale=told, why=why
        )

    return Explainer(
        name=PERMUTATION,
        scale=told,
        why=why,
        explain=explain,
        asks_a_row=asked_by_walks(len(subject.columns), min(walks, len(subject.background))),
    )


def _odd(subject: Subject, explainer: Explainer, pilot: pd.DataFrame) -> str:
    """Say why an explainer's sums aren't what the model answers; empty where they are."""
    try:
        found = explainer.explain(pilot)
    except _Astray:
        return "an input contributes that no column was seen to move"
    except Exception as error:  # see above: what can't be explained from inside is explained from its answers
        return f"{explainer.name} raised {type(error).__name__}"
    answers = np.asarray(subject.ask(pilot), dtype=np.float64)
    answers = answers[:, None] if answers.ndim == 1 else answers
    told = score_of(found)
    if told.shape != answers.shape:
        return f"{explainer.name} explains {told.shape[1]} outputs, and the model gives {answers.shape[1]}"
    gap = np.abs(told - answers)
    unit = _spread(answers, subject.task)
    worst = float(np.nanmax(gap, initial=0.0))
    if not np.isfinite(told).all() or worst > _ODD * unit:
        return f"what {explainer.name} adds up to is up to {worst:.2g} away from the model's answers"
    return ""


def _spread(answers: NDArray[np.float64], task: str) -> float:
    if task != "regression":
        return 1.0
    finite = answers[np.isfinite(answers)]
    return max(float(np.ptp(finite)) if len(finite) else 0.0, float(np.abs(finite).max(initial=0.0)) * 1e-3, 1e-300)
