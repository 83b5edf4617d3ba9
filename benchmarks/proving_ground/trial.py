"""What a tool is given to look at: models, tables and what a user would declare about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Base", "Case", "Trial", "case"]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One question to a tool, whether this candidate may be promoted.

    Attributes
    ----------
    candidate : object or str
        Something with ``predict`` (and ``predict_proba``), fitted; or the path of a model file.
    baseline : object or None
        The model in use, of the same kind.
    fit : callable
        ``fit(train, **features)`` fits another model of the trial's kind to a table with the target.
    train, holdout : DataFrame
        Rows that the candidate was trained on, and rows to judge it on, both with the target.
    target, task : str
        Name of the target's column; ``binary``, ``multiclass`` or ``regression``.
    protected : tuple of str
        Columns whose groups are compared.
    dataset : mapping
        Further declarations by their keys under modelcheck's ``[dataset]``: ``monotonic``, ``forbidden``, ``canary``.
    options : mapping
        Further keyword arguments of `modelcheck.scan`; peers have no use for them.
    """

    candidate: Any
    baseline: Any
    fit: Callable[..., Any]
    train: pd.DataFrame
    holdout: pd.DataFrame
    target: str
    task: str
    protected: tuple[str, ...] = ()
    dataset: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def features(self) -> list[str]:
        """Every column but the target."""
        return [name for name in self.train.columns if name != self.target]


@dataclass(frozen=True, kw_only=True)
class Base:
    """A task that defects are planted into; as drawn it is the clean twin of all of them.

    Attributes
    ----------
    name, about : str
        As on the page.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    draw : callable
        ``draw(rows, seed) -> Trial`` with so many rows in the holdout; equal arguments, equal trial.
    rows : tuple of int
        Sizes of the holdout at which the clean twin is looked at.
    true_of_it : mapping
        What a gate (``suite.check``) truly says of the clean twin, and why: no false alarm. ``suite.check@300`` holds
        at holdouts of so many rows and fewer. Few, and each is printed on the page.
    simulated : bool
        Whether the truth is known exactly.
    """

    name: str
    about: str
    task: str
    draw: Callable[[int, int], Trial]
    rows: tuple[int, ...]
    true_of_it: Mapping[str, str] = field(default_factory=dict)
    simulated: bool = True

    def says_truly(self, check: str, rows: int) -> bool:
        """Return whether a finding of ``suite.check`` on the clean twin is a fact rather than a false alarm."""
        for key in self.true_of_it:
            named, _, most = key.partition("@")
            if named == check and (not most or rows <= int(most)):
                return True
        return False


@dataclass(frozen=True, kw_only=True)
class Case:
    """A defect with its dial; its clean twin is the base without it.

    Attributes
    ----------
    name, family, about : str
        Function, module and docstring that plant it.
    base : str
        Name of the base.
    gates : tuple of str
        The gates (``suite.check``) that say just this, by failing; any of them. Empty: modelcheck has none yet.
    plant : callable
        ``plant(trial, strength, rng) -> Trial``.
    strengths : tuple of float
        From faint to plain.
    default : float
        The one that must be found, one of `strengths`.
    unit : str
        What the strength counts.
    rows : int
        Rows of the holdout.
    needs : tuple of str
        What a tool must be able to look at to express this case: any of ``model``, ``tables``, ``baseline``,
        ``protected``, ``declarations``, ``file``.
    error_finds : bool
        Whether a gate of `gates` that ends in an error counts as found.
    """

    name: str
    family: str
    about: str
    base: str
    gates: tuple[str, ...]
    plant: Callable[[Trial, float, np.random.Generator], Trial]
    strengths: tuple[float, ...]
    default: float
    unit: str
    rows: int = 2000
    needs: tuple[str, ...] = ("model",)
    error_finds: bool = False

    def spoil(self, clean: Trial, strength: float, seed: int) -> Trial:
        """Plant the defect; equal arguments, equal trial."""
        return self.plant(clean, strength, np.random.default_rng([seed, *self.name.encode()]))


def case(**about: Any) -> Callable[[Callable[[Trial, float, np.random.Generator], Trial]], Case]:
    """Make a case of the function that plants it: its name, its module and the docstring's first line are the case's.

    Parameters
    ----------
    **about
        Further fields of `Case`. `strengths` may be left out where a defect is there or not; the dial is then 1.
    """

    def made(plant: Callable[[Trial, float, np.random.Generator], Trial]) -> Case:
        settings: dict[str, Any] = {"strengths": (1.0,), "default": 1.0, "unit": "there or not"} | about
        if settings["default"] not in settings["strengths"]:
            raise ValueError(
                f"{plant.__name__}: default {settings['default']!r} is none of its strengths {settings['strengths']!r}."
            )
        return Case(
            name=plant.__name__,
            family=plant.__module__.rpartition(".")[2],
            about=(plant.__doc__ or "").strip().splitlines()[0],
            plant=plant,
            **settings,
        )

    return made
