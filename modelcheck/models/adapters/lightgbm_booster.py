"""LightGBM: model files in its text format, and live boosters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.models.adapters.columns import as_trained
from modelcheck.models.adapters.lightgbm_text import check_whole, header
from modelcheck.models.adapters.request import LoadRequest
from modelcheck.models.adapters.settled import Tells, settle
from modelcheck.models.native import NativeModel

if TYPE_CHECKING:
    import pandas as pd

    from modelcheck.config.tables import ModelTable

__all__ = ["from_booster", "load"]

_TELLS: dict[str, Tells] = {
    "binary": "probability",
    "multiclass": "probability",
    "multiclassova": "probability",
    "cross_entropy": "share",
    "lambdarank": "raw",
    "rank_xendcg": "raw",
}


def load(request: LoadRequest) -> NativeModel:
    """Load a file of ``Booster.save_model``.

    Raises
    ------
    ModelError
        LightGBM can't read it, or what it answers has to be declared.
    """
    import lightgbm

    try:
        text = request.content.read().decode("utf-8")
        check_whole(text)
        booster = lightgbm.Booster(model_str=text)
    except (lightgbm.basic.LightGBMError, ValueError, TypeError) as error:
        raise request.unreadable("LightGBM", lightgbm.__version__, str(error)) from error
    return from_booster(booster, request.table, request.task, title=f"The LightGBM model {request.source}")


def from_booster(booster: Any, table: ModelTable, task: str | None, *, title: str) -> NativeModel:
    """Return a booster as a model.

    Parameters
    ----------
    booster : lightgbm.Booster
        Trained.
    table : ModelTable
        `output` and `classes`.
    task : str or None
        The declared task.
    title : str
        Subject of the messages.

    Returns
    -------
    NativeModel
        Answers as the booster does. Labels are 0 to k - 1, those that LightGBM trains on, unless `classes` are
        declared.

    Raises
    ------
    ModelError
        The objective tells nothing of what the answers are, and nothing is declared.
    """
    text = booster.model_to_string(num_iteration=1)
    objective = header(text).get("objective", "").partition(" ")[0]
    tells: Tells = _TELLS.get(objective, "value" if objective else "raw")
    outputs = int(booster.num_model_per_iteration())
    classes = max(outputs, 2)
    settled = settle(
        title,
        tells,
        objective=f"has the objective {objective}" if objective else "has no objective in its file",
        outputs=classes if tells == "probability" else outputs,
        usual=tuple(range(classes)),
        table=table,
        task=task,
    )
    names = tuple(booster.feature_name())
    named = names != tuple(f"Column_{at}" for at in range(len(names)))
    lists = booster.pandas_categorical or []
    by_category = _categorical_columns(text, names)

    def answers(X: pd.DataFrame) -> NDArray[Any]:
        categories = _lists_of_columns(X, lists, by_category)
        given = as_trained(X, categories, new=False)
        return np.asarray(booster.predict(given if named or categories else given.to_numpy(dtype=np.float64)))

    return NativeModel(
        name=f"LightGBM model ({objective or 'own objective'})",
        task=settled.task,
        gives=settled.gives,
        answers=answers,
        classes=settled.classes,
        features=names if named else None,
        width=None if named else len(names),
        trees=None if by_category or lists else booster,
    )


def _categorical_columns(text: str, names: Sequence[str]) -> tuple[int, ...]:
    """Return the columns that the model was trained on as categories, by position."""
    declared = text.rpartition("\n[categorical_feature: ")[2].partition("]")[0]
    found = [part.strip() for part in declared.split(",")] if len(declared) < 1_000_000 else []
    return tuple(int(part) for part in found if part.isdecimal() and int(part) < len(names))


def _lists_of_columns(
    X: pd.DataFrame, lists: Sequence[Sequence[Any]], by_category: Sequence[int]
) -> dict[str, Sequence[Any]]:
    """Return which list of categories belongs to which column.

    The file has one list for each column that was of pandas' type category, in order, and doesn't say which these were.
    """
    if not lists:
        return {}
    if len(by_category) == len(lists):
        return {X.columns[at]: values for at, values in zip(sorted(by_category), lists, strict=True)}
    texts = [name for name in X.columns if X[name].dtype.kind not in "biuf"]
    if len(texts) == len(lists):
        return dict(zip(texts, lists, strict=True))
    raise TypeError(
        f"the model file has lists of categories for {len(lists)} columns, and the table has {len(texts)} columns that "
        f"aren't numbers ({json.dumps([str(name) for name in texts[:10]])})"
    )
