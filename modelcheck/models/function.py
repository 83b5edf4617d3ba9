"""A plain function of a DataFrame as a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.calling import Preparation, ask, plain_array, prepared
from modelcheck.models.declared import DeclaredModel
from modelcheck.models.protocol import ModelDescription
from modelcheck.models.unchanged import what_changed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FunctionModel", "describe_function"]

_OUTPUTS = ("label", "probability", "value")


class FunctionModel(DeclaredModel):
    """A function that takes a DataFrame and returns labels, probabilities or values.

    Parameters
    ----------
    function : callable
        Takes a DataFrame.
    description : ModelDescription
        As `describe_function` gives it.
    prepare : callable or None
        Maps raw rows to the function's argument.
    """

    WHAT = "function"

    def __init__(
        self, function: Callable[[Any], Any], description: ModelDescription, prepare: Preparation | None = None
    ) -> None:
        super().__init__(description)
        self._function = function
        self._prepare = prepare

    def _answer(self, X: pd.DataFrame) -> NDArray[Any]:
        given: Any = X.copy(deep=False)
        if self._prepare is not None:
            return plain_array(ask("The model", self._function, prepared(self._prepare, X), X))
        answer = ask("The model", self._function, given, X)
        changed = what_changed(given, X)
        if changed:
            raise ModelError(
                f"The function {self._description.name} changed the rows it was given: it {changed}. "
                "Let it work on a copy: X = X.copy()."
            )
        return plain_array(answer)


def describe_function(
    function: Callable[..., Any], *, source: str, task: str | None, output: str | None, classes: tuple[Any, ...]
) -> ModelDescription:
    """Return what is declared about a function.

    Parameters
    ----------
    function : callable
        Takes a DataFrame.
    source : str
        Where it came from.
    task : str or None
        The declared task.
    output : str or None
        ``label``, ``probability`` or ``value``; may be silent only for a regression.
    classes : tuple
        Labels in the order of the probability columns; may be empty.

    Returns
    -------
    ModelDescription
        Without file facts.

    Raises
    ------
    ModelError
        What the function gives isn't declared, or contradicts the task.
    """
    name = getattr(function, "__qualname__", None) or type(function).__name__
    output = output or ("value" if task == "regression" else None)
    if output not in _OUTPUTS:
        raise ModelError(
            f"The function {name} doesn't say what it gives (received {output!r}). Declare it beside the model: "
            'output = "label", "probability" or "value".'
        )
    if (output == "value") != (task == "regression") and task is not None:
        raise ModelError(
            f'The function {name} gives a {output} (output = "{output}"), but the declared task is {task!r}.'
        )
    if len(classes) == 1 or len(set(classes)) != len(classes):
        raise ModelError(
            f"The function {name} has the classes {list(classes)!r}. At least two different labels are needed."
        )
    found = "regression" if output == "value" else {0: None, 2: "binary"}.get(len(classes), "multiclass")
    if task is not None and found is not None and task != found:
        raise ModelError(f"The function {name} has {len(classes)} classes, but the declared task is {task!r}.")
    return ModelDescription(
        name=str(name),
        kind="function",
        source=source,
        task=task or found,
        classes=classes or None,
        gives=output,
        decides_by_probability=output == "probability" and len(classes) > 0,
    )
