"""CatBoost: model files in its binary format and in JSON, and live models without scikit-learn's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.models.adapters.request import LoadRequest
from modelcheck.models.adapters.settled import Tells, settle
from modelcheck.models.native import NativeModel
from modelcheck.models.threads import thread_count

if TYPE_CHECKING:
    import pandas as pd

    from modelcheck.config.tables import ModelTable

__all__ = ["from_model", "load"]

_BINARY = b"CBM1"
_CLASSES = frozenset({"Logloss", "MultiClass", "MultiClassOneVsAll"})
_EXPONENT = frozenset({"Poisson", "Tweedie"})
_VALUES = frozenset(
    {"RMSE", "MAE", "Quantile", "LogLinQuantile", "MAPE", "Lq", "Huber", "Expectile", "LogCosh", "GroupQuantile"}
)


def load(request: LoadRequest) -> NativeModel:
    """Load a file of ``save_model``.

    Raises
    ------
    ModelError
        CatBoost can't read it, or what it answers has to be declared.
    """
    import catboost

    model = catboost.CatBoost()
    content = request.content.read()
    try:
        if content.startswith(_BINARY):
            model.load_model(blob=content)
        else:
            # JSON is read from a path only.
            with request.content.on_disk(".json") as path:
                model.load_model(str(path), format="json")
    except (catboost.CatBoostError, ValueError, TypeError) as error:
        raise request.unreadable("CatBoost", catboost.__version__, str(error)) from error
    return from_model(model, request.table, request.task, title=f"The CatBoost model {request.source}")


def from_model(model: Any, table: ModelTable, task: str | None, *, title: str) -> NativeModel:
    """Return a CatBoost object as a model.

    Parameters
    ----------
    model : catboost.CatBoost
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
        Answers as CatBoostClassifier and CatBoostRegressor do; the labels lie in the file.

    Raises
    ------
    ModelError
        The loss tells nothing of what the answers are, and nothing is declared.
    """
    loss = str(_parameters(model).get("loss_function", "")).partition(":")[0]
    stored = tuple(np.asarray(model.classes_).tolist())
    tells: Tells = "probability" if loss in _CLASSES else "share" if loss == "CrossEntropy" else "raw"
    if loss in _VALUES or loss in _EXPONENT:
        tells = "value"
    classes = max(len(stored), 2)
    settled = settle(
        title,
        tells,
        objective=f"has the loss {loss or 'of its own'}",
        outputs=classes if tells == "probability" else 1,
        stored=stored or None if tells == "probability" else None,
        usual=tuple(range(classes)),
        table=table,
        task=task,
    )
    names = tuple(str(name) for name in model.feature_names_)
    named = names != tuple(str(at) for at in range(len(names)))
    categorical = set(model.get_cat_feature_indices())
    asked = "Probability" if settled.gives == "probability" and tells != "raw" else "RawFormulaVal"
    if loss in _EXPONENT:
        asked = "Exponent"

    def answers(X: pd.DataFrame) -> NDArray[Any]:
        return np.asarray(_asked(model, X, categorical, prediction_type=asked))

    def decides(X: pd.DataFrame) -> NDArray[Any]:
        found = _asked(model, X, categorical, prediction_type="Class")
        # True and False come back as texts.
        known = {str(label): label for label in settled.classes or ()}
        return np.array([known.get(str(label), label) for label in np.ravel(found).tolist()], dtype=object)

    return NativeModel(
        name=f"CatBoost model ({loss})",
        task=settled.task,
        gives=settled.gives,
        answers=answers,
        # The border between two classes can be moved in the file.
        decides=decides if asked == "Probability" and loss in _CLASSES else None,
        classes=settled.classes,
        features=names if named else None,
        width=None if named else len(names),
    )


def _asked(model: Any, X: pd.DataFrame, categorical: set[int], *, prediction_type: str) -> Any:
    """Return CatBoost's answer; what it says of a missing category names neither the column nor the way out."""
    import catboost

    try:
        return model.predict(_given(X, categorical), prediction_type=prediction_type, thread_count=thread_count())
    except catboost.CatBoostError as error:
        missing = [str(X.columns[at]) for at in sorted(categorical) if at < X.shape[1] and X.iloc[:, at].isna().any()]
        if not missing:
            raise
        raise catboost.CatBoostError(
            f"missing entries in the categorical column{'s' * (len(missing) > 1)} {', '.join(map(repr, missing[:5]))}, "
            "of which CatBoost takes none. Fill them as they were filled in training, by a function that maps the "
            f'rows: prepare = "package.module:function" beside `model`. In its words: {error}'
        ) from error


def _given(X: pd.DataFrame, categorical: set[int]) -> pd.DataFrame:
    """Return rows with missing numbers as CatBoost takes them; categories are left to it."""
    from modelcheck.models.adapters.columns import as_trained

    numbers = [at for at in range(X.shape[1]) if at not in categorical]
    if all(X.dtypes.iloc[at].kind in "biuf" for at in numbers):
        return X
    plain = as_trained(X.iloc[:, numbers], {}, new=False)
    return X.assign(**{name: plain[name] for name in plain.columns})


def _parameters(model: Any) -> dict[str, Any]:
    found: dict[str, Any] = model.get_all_params()
    return found
