"""What models share that only answer: what their answers are is declared, and labels follow from probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.outputs import check_probabilities
from modelcheck.models.protocol import ModelDescription

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DeclaredModel"]


class DeclaredModel:
    """A model with one kind of answer, as ``output`` and ``classes`` declare it.

    Parameters
    ----------
    description : ModelDescription
        What is declared.
    """

    WHAT: ClassVar[str]  #: What messages call it, e.g. ``function``.

    def __init__(self, description: ModelDescription) -> None:
        self._description = description

    def describe(self) -> ModelDescription:
        """Return what is known about the model."""
        return self._description

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return labels or values; probabilities decide for the largest one, at 0.5 for the second of two classes."""
        if self._description.gives != "probability":
            return self._answer(X)
        classes = self._description.classes
        if classes is None:
            raise ModelError(
                f"The {self.WHAT} {self._description.name} gives probabilities of unknown classes. Name them in the "
                'order of the columns: classes = ["no", "yes"].'
            )
        probabilities = check_probabilities(self._answer(X), len(X), len(classes))
        codes = probabilities[:, 1] >= 0.5 if len(classes) == 2 else probabilities.argmax(axis=1)
        labels: NDArray[Any] = np.array(classes, dtype=object)[codes.astype(np.intp)]
        return labels

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return what the model gives, shape (n_rows,) or (n_rows, n_classes)."""
        if self._description.gives != "probability":
            raise ModelError(
                f"The {self.WHAT} {self._description.name} gives a {self._description.gives}, no probability "
                f'(output = "{self._description.gives}").'
            )
        return self._answer(X)

    def _answer(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return the answers to some rows."""
        raise NotImplementedError
