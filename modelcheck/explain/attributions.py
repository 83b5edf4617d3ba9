"""What each column adds to a model's answer, beside how that was found out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.explain.sizes import size_without_chance

__all__ = ["DECISION", "LINEAR", "LOG_ODDS", "PATHS", "PERMUTATION", "PROBABILITY", "TREE", "VALUE", "Attributions"]

LINEAR, TREE, PATHS, PERMUTATION = "Linear", "Tree", "Tree (path-dependent)", "Permutation"
LOG_ODDS, PROBABILITY, DECISION, VALUE = "log-odds", "probability", "decision", "value"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attributions:
    """Shapley values of some rows.

    Attributes
    ----------
    columns : tuple of str
        The raw columns that the answer is shared out to.
    values : ndarray of float64, shape (n_rows, n_columns, n_outputs)
        What each column adds, in the unit of `scale`; one output for a binary task or values, else one a class.
    base : ndarray of float64, shape (n_outputs,)
        The mean answer to the background.
    output : ndarray of float64, shape (n_rows, n_outputs)
        The model's answer, on the same scale.
    scale : str
        ``log-odds``, ``probability``, ``decision`` (1 for the class that is decided for, else 0) or ``value``.
    explainer : str
        ``Linear``, ``Tree``, ``Tree (path-dependent)`` or ``Permutation``.
    why : str
        Why this explainer, where a nearer one was refused; empty otherwise.
    background : int
        Rows of the background.
    asked : int
        Rows that the model was asked about.
    noise : ndarray of float64 or None, shape (n_rows, n_columns, n_outputs)
        Standard error of `values` by the random walks; None where the values are exact for the background.
    walks : int
        Random walks of each row, from as many rows of the background; 0 where the values are exact.
    parts : ndarray of float64 or None, shape (n_parts, n_rows, n_columns, n_outputs)
        The same values against each of several parts of the background alone: how much they hang on who was drawn
        into it. None where there is no background, or where it has too few rows to be parted.
    """

    columns: tuple[str, ...]
    values: NDArray[np.float64]
    base: NDArray[np.float64]
    output: NDArray[np.float64]
    scale: str
    explainer: str
    why: str = ""
    background: int
    asked: int = 0
    noise: NDArray[np.float64] | None = None
    walks: int = 0
    parts: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def size(self) -> NDArray[np.float64]:
        """How much each column moves each row's answer, summed over outputs: shape (n_rows, n_columns)."""
        return np.asarray(np.abs(self.values).sum(axis=2))

    @property
    def fair_size(self) -> NDArray[np.float64]:
        """The same without what the chance of walks adds: right in the mean over rows, below 0 in some of them."""
        if self.noise is None:
            return self.size
        return np.asarray(size_without_chance(self.values, self.noise).sum(axis=2))

    @property
    def sizes_without_a_part(self) -> tuple[NDArray[np.float64], ...]:
        """`fair_size` against the background less each of its parts in turn."""
        if self.parts is None:
            return ()
        k = len(self.parts)
        more = np.sqrt(k / (k - 1.0))
        return tuple(
            replace(
                self,
                values=(k * self.values - part) / (k - 1.0),
                noise=None if self.noise is None else more * self.noise,
                parts=None,
            ).fair_size
            for part in self.parts
        )

    @property
    def shares(self) -> NDArray[np.float64]:
        """Each column's part of all that moves the answers: shape (n_columns,), summing to 1; 0 where nothing moves."""
        total = np.maximum(self.fair_size.sum(axis=0), 0.0)
        whole = float(total.sum())
        return np.asarray(total / whole if whole > 0.0 else total)

    @property
    def error(self) -> NDArray[np.float64]:
        """How far base and attributions together are from the answer: shape (n_rows,), the largest over outputs."""
        gap = np.abs(self.base + self.values.sum(axis=1) - self.output)
        return np.asarray(gap.max(axis=1))

    def take(self, rows: NDArray[np.intp]) -> Attributions:
        """Return some of the rows."""
        return replace(
            self,
            values=self.values[rows],
            output=self.output[rows],
            noise=None if self.noise is None else self.noise[rows],
            parts=None if self.parts is None else self.parts[:, rows],
        )

    def followed_by(self, more: Attributions) -> Attributions:
        """Return these rows and then those of the same explainer."""
        both = (self.noise, more.noise), (self.parts, more.parts)
        noise, parts = (None if a is None or b is None else (a, b) for a, b in both)
        return replace(
            self,
            values=np.concatenate([self.values, more.values]),
            output=np.concatenate([self.output, more.output]),
            noise=None if noise is None else np.concatenate(noise),
            parts=None if parts is None else np.concatenate(parts, axis=1),
            asked=self.asked + more.asked,
        )
