"""A fitted estimator with scikit-learn's API as a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.calling import Preparation, ask, plain_array, prepared, select_features
from modelcheck.models.decisions import decides_by_probability
from modelcheck.models.native import NativeModel
from modelcheck.models.protocol import ModelDescription
from modelcheck.models.stages import Stages, stages_of
from modelcheck.models.unchanged import what_changed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EstimatorModel", "describe_estimator"]


class EstimatorModel:
    """Anything with a scikit-learn-like ``predict``, and ``predict_proba`` where it has one.

    Parameters
    ----------
    estimator : object
        Fitted.
    description : ModelDescription
        As `describe_estimator` gives it.
    prepare : callable or None
        Maps raw rows to the estimator's X.
    enforce : callable or None
        Brings the estimator's columns into the types that its file promises; raises where they can't be.
    """

    def __init__(
        self,
        estimator: Any,
        description: ModelDescription,
        prepare: Preparation | None = None,
        enforce: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    ) -> None:
        self._estimator = estimator
        self._enforce = enforce
        self._names = description.feature_names
        self._prepare = prepare
        # After `prepare` the table's columns are no longer the model's: don't ask the table for them.
        self._description = description if prepare is None else replace(description, feature_names=None)
        self._as_array = _feature_names(estimator) is None and _fitted_without_names(estimator)
        unnamed = self._as_array or getattr(estimator, "by_position_", False)
        if unnamed and description.feature_names is None:
            self._description = replace(self._description, by_position=True)

    def describe(self) -> ModelDescription:
        """Return what is known about the model."""
        return self._description

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return labels or values, shape (n_rows,)."""
        return plain_array(self._answer("predict", X))

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities, shape (n_rows, n_classes)."""
        if not hasattr(self._estimator, "predict_proba"):
            raise ModelError(f"The model {self._description.name} gives labels only: it has no predict_proba.")
        answer: NDArray[np.float64] = plain_array(self._answer("predict_proba", X))
        return answer

    def predict_interval(self, X: pd.DataFrame) -> Any:
        """Return lower and upper ends, shape (n_rows, 2); some libraries give them behind the values, in a tuple."""
        if not hasattr(self._estimator, "predict_interval"):
            raise ModelError(
                f"The model {self._description.name} offers no intervals: it has no predict_interval. Remove `interval`"
                " under [candidate], or give a model that has it."
            )
        answer = self._answer("predict_interval", X)
        return answer[-1] if isinstance(answer, tuple) else answer

    @property
    def estimator(self) -> Any:
        """The object itself, for whoever saves it again."""
        return self._estimator

    def unguarded(self, method: str, X: pd.DataFrame) -> Any:
        """Return what the object's own method says to rows as they are: columns neither chosen nor put into order.

        A file without an API of its own is always asked through its adapter, which chooses and orders: so it is here.
        """
        if isinstance(self._estimator, NativeModel):
            return plain_array(self._answer(method, X))
        frame: Any = X if self._prepare is None else ask("`prepare`", self._prepare, X.copy(deep=False), X)
        given = frame.to_numpy() if self._as_array and hasattr(frame, "to_numpy") else frame
        return plain_array(ask("The model", getattr(self._estimator, method), given, X))

    def stages(self) -> Stages | None:
        """Return the estimator taken apart, for explainers that look inside; None where it can't be."""
        return stages_of(self._estimator, self._given, prepared=self._prepare is not None)

    def _given(self, X: pd.DataFrame) -> Any:
        frame: Any = X if self._prepare is None else self._prepare(X.copy(deep=False))
        if not hasattr(frame, "columns"):
            return frame
        given = select_features(frame, self._names if self._names is not None else tuple(frame.columns))
        given = given if self._enforce is None else self._enforce(given)
        return given.to_numpy() if self._as_array else given

    def _answer(self, method: str, X: pd.DataFrame) -> Any:
        import pandas as pd

        frame: Any = X
        if self._prepare is not None:
            frame = prepared(self._prepare, X)
        if not isinstance(frame, pd.DataFrame):
            return ask("The model", getattr(self._estimator, method), frame, X)
        names = self._names if self._names is not None else tuple(frame.columns)
        given = select_features(frame, names)
        if self._enforce is not None:
            given = ask("The model's signature", self._enforce, given, X)
        before = given.copy(deep=False)
        call = getattr(self._estimator, method)
        if self._as_array:
            _check_width(self._estimator, given)
            return ask("The model", call, given.to_numpy(), X)
        answer = ask("The model", call, given, X)
        changed = what_changed(given, before)
        if changed:
            raise ModelError(
                f"The model changed the rows it was given: it {changed}. A model that changes its input gives answers "
                "that depend on the order of calls. Let it work on a copy."
            )
        return answer


def describe_estimator(estimator: Any, *, source: str, task: str | None, output: str | None = None) -> ModelDescription:
    """Return what an estimator tells about itself.

    Parameters
    ----------
    estimator : object
        Fitted, with `predict`.
    source : str
        Where it came from.
    task : str or None
        The declared task, which must agree with the estimator.
    output : str or None
        The declared output, used only where the estimator doesn't tell.

    Returns
    -------
    ModelDescription
        Without file facts.

    Raises
    ------
    ModelError
        Not fitted, several outputs, or of another task than declared.
    """
    if isinstance(estimator, NativeModel):
        return estimator.described(source)
    name = _name(estimator)
    _check_fitted(estimator, name)
    classes = _classes(estimator, name)
    kind = _estimator_type(estimator)
    if kind not in ("classifier", "regressor") and classes is not None:
        kind = "classifier"
    found = _task(kind, classes)
    if task is not None and found is not None and task != found:
        is_what = f"a classifier of {len(classes)} classes" if classes else f"made for {found}"
        raise ModelError(
            f"The model {name} is {is_what}, but the declared task is {task!r}. Allowed here: task = {found!r}."
        )
    if kind not in ("classifier", "regressor", None):
        raise ModelError(f"The model {name} is a {kind.replace('_', ' ')}. Classifiers and regressors can be checked.")
    if kind == "regressor" and getattr(estimator, "n_outputs_", 1) not in (1, None):
        raise ModelError(f"The model {name} has {estimator.n_outputs_} outputs. Models with one output can be checked.")
    task = task or found
    if hasattr(estimator, "predict_proba") and task != "regression":
        gives = "probability"
    else:
        gives = output or ("value" if task == "regression" else "label")
    return ModelDescription(
        name=name,
        kind="estimator",
        source=source,
        task=task,
        classes=None if task == "regression" else classes,
        feature_names=_feature_names(estimator),
        gives=gives,
        decides_by_probability=gives == "probability" and decides_by_probability(estimator),
    )


def _name(estimator: Any) -> str:
    steps = getattr(estimator, "steps", None)
    own = type(estimator).__name__
    if isinstance(steps, list) and all(isinstance(step, tuple) and len(step) == 2 for step in steps):
        inner = (step[1] if isinstance(step[1], str) else type(step[1]).__name__ for step in steps)
        return f"{own}({', '.join(inner)})"
    return own


def _safely(read: Callable[[], Any], default: Any = None) -> Any:
    """Attributes of estimators may be properties that delegate to a part which lacks them."""
    try:
        return read()
    except (AttributeError, TypeError, NotImplementedError, IndexError):
        return default


def _check_fitted(estimator: Any, name: str) -> None:
    from sklearn.base import BaseEstimator
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    if not isinstance(estimator, BaseEstimator):
        return
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        raise ModelError(f"The model {name} is not fitted. Call fit before saving it or handing it over.") from error
    except (AttributeError, TypeError):
        return


def _estimator_type(estimator: Any) -> str | None:
    from sklearn.utils import get_tags

    kind = _safely(lambda: get_tags(estimator).estimator_type) or _safely(lambda: estimator._estimator_type)
    return kind if isinstance(kind, str) else None


def _classes(estimator: Any, name: str) -> tuple[Any, ...] | None:
    raw = _safely(lambda: estimator.classes_)
    if raw is None:
        return None
    if isinstance(raw, list) and raw and isinstance(raw[0], np.ndarray):
        raise ModelError(f"The model {name} has {len(raw)} outputs. Models with one output can be checked.")
    labels = np.asarray(raw)
    if labels.ndim != 1:
        raise ModelError(f"The model {name} has classes of shape {labels.shape}. A plain list of labels is needed.")
    return tuple(labels.tolist())


def _task(kind: str | None, classes: tuple[Any, ...] | None) -> str | None:
    if kind == "regressor":
        return "regression"
    if kind == "classifier" and classes is not None:
        return "binary" if len(classes) == 2 else "multiclass"
    return None


def _feature_names(estimator: Any) -> tuple[str, ...] | None:
    names = _safely(lambda: estimator.feature_names_in_)
    if names is None and type(estimator).__module__ == "catboost.core":
        # CatBoost has a name of its own for them, and numbers the columns of an array.
        names = _safely(lambda: estimator.feature_names_)
        names = None if names is None or list(names) == [str(at) for at in range(len(names))] else names
    return None if names is None else tuple(str(name) for name in names)


def _fitted_without_names(estimator: Any) -> bool:
    """Whether scikit-learn saw plain arrays in fit: a frame would then raise warnings at every call."""
    steps = _safely(lambda: estimator.steps)
    first = steps[0][1] if isinstance(steps, list) and steps else estimator
    plain = type(first).__module__.startswith("sklearn.") and type(first).__name__ != "FunctionTransformer"
    return plain and isinstance(_safely(lambda: estimator.n_features_in_), int)


def _check_width(estimator: Any, given: pd.DataFrame) -> None:
    if given.shape[1] != estimator.n_features_in_:
        raise ModelError(
            f"The model was fitted on {estimator.n_features_in_} unnamed columns; the table has {given.shape[1]} "
            "features. Leave the others out with `drop`, choose them with `prepare`, or fit the model on a DataFrame."
        )
