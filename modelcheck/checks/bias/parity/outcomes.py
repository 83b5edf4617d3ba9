"""What happens to people: outcomes of a decision or of an error, counted in each group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.columns import decisions_of, design_of, scores_of
from modelcheck.checks.words import short
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.between.groups import GroupValues
from modelcheck.stats.between.means import means_of
from modelcheck.stats.between.rates import rates_from_counts, rates_of

__all__ = ["OUTCOMES", "Measured", "Outcome", "counts_of", "measure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One kind of outcome, and how people would say it.

    Attributes
    ----------
    name : str
        As fairlearn and scikit-learn call it.
    among : str
        Whom it is about, in words with ``{label}`` for the class: ``people``, ``people whose truth is {label}``.
    happens : str
        What happens to them, after a number: ``get the decision {label}``.
    each_class : bool
        Whether it is counted for each class where there are more than two.
    share : bool
        Whether it is a share of people; else a mean in the target's unit.
    """

    name: str
    among: str
    happens: str
    each_class: bool = True
    share: bool = True


OUTCOMES: Mapping[str, Outcome] = {
    one.name: one
    for one in (
        Outcome(name="selection_rate", among="people", happens="get the decision {label}"),
        Outcome(name="true_positive_rate", among="people whose truth is {label}", happens="get the decision {label}"),
        Outcome(
            name="false_positive_rate",
            among="people whose truth is not {label}",
            happens="get the decision {label} all the same",
        ),
        Outcome(name="precision", among="people who get the decision {label}", happens="have the truth {label}"),
        Outcome(name="accuracy", among="people", happens="get the decision that is right", each_class=False),
        Outcome(name="mean_error", among="people", happens="(predicted less observed)", each_class=False, share=False),
        Outcome(name="mean_absolute_error", among="people", happens="", each_class=False, share=False),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """One outcome in every group.

    Attributes
    ----------
    outcome : Outcome
        What was counted.
    label : str
        The class that it is about; empty where it is about none.
    name : str
        Of the outcome, with the class where there are several.
    values : GroupValues
        By place of the group in its attribute.
    rest : GroupValues
        The same for groups against all other rows: group g against its rest is ``(g, n_groups + g)``.
    """

    outcome: Outcome
    label: str
    name: str
    values: GroupValues
    rest: GroupValues

    @property
    def among(self) -> str:
        """Whom it is about."""
        return self.outcome.among.format(label=short(self.label))

    @property
    def happens(self) -> str:
        """What happens to them."""
        return self.outcome.happens.format(label=short(self.label))


def measure(name: str, rows: ScoredRows, attribute: Attribute) -> list[Measured]:
    """Count an outcome in every group.

    Parameters
    ----------
    name : str
        A key of `OUTCOMES`.
    rows : ScoredRows
        With decisions, or predicted values for errors.
    attribute : Attribute
        Of the same rows.

    Returns
    -------
    list of Measured
        One; for an outcome that is counted for each class and more than two classes, one a class.
    """
    outcome = OUTCOMES[name]
    if not outcome.share:
        error = scores_of(rows) - rows.target
        lowest = -np.inf
        if name == "mean_absolute_error":
            error, lowest = np.abs(error, out=error), 0.0
        values, rest = (
            means_of(error, attribute.codes, len(attribute), design_of(rows), lowest=lowest, rest=rest)
            for rest in (False, True)
        )
        return [Measured(outcome=outcome, label="", name=name, values=values, rest=rest)]
    codes = _classes(rows) if outcome.each_class else [len(rows.classes) - 1]
    counts = counts_of(rows, attribute) if design_of(rows).simple else None
    found = []
    for code in codes:
        label = str(rows.classes[code])
        several = outcome.each_class and len(codes) > 1
        values, rest = (
            _from_counts(name, counts, code, rest)
            if counts is not None
            else _by_design(name, rows, attribute, code, rest)
            for rest in (False, True)
        )
        shown = f"{name} of {short(label)}" if several else name
        found.append(Measured(outcome=outcome, label=label, name=shown, values=values, rest=rest))
    return found


def counts_of(rows: ScoredRows, attribute: Attribute) -> NDArray[np.int64]:
    """Return how many rows have each group, truth and decision, shape (n_groups, n_classes, n_classes)."""
    classes = len(rows.classes)
    cell = attribute.codes.astype(np.int64)
    for part in (rows.target, decisions_of(rows)):
        cell *= classes
        cell += part
    return np.bincount(cell, minlength=len(attribute) * classes**2).reshape(len(attribute), classes, classes)


def _classes(rows: ScoredRows) -> list[int]:
    return [1] if len(rows.classes) == 2 else list(range(len(rows.classes)))


_OF = {
    "true_positive_rate": "rows whose truth is the class",
    "false_positive_rate": "rows whose truth is another class",
    "precision": "rows decided for the class",
}


def _from_counts(name: str, counts: NDArray[np.int64], code: int, rest: bool) -> GroupValues:
    total = counts.sum(axis=(1, 2))
    truth, decided, both = counts[:, code].sum(axis=1), counts[:, :, code].sum(axis=1), counts[:, code, code]
    top, bottom = {
        "selection_rate": (decided, total),
        "true_positive_rate": (both, truth),
        "false_positive_rate": (decided - both, total - truth),
        "precision": (both, decided),
        "accuracy": (np.trace(counts, axis1=1, axis2=2), total),
    }[name]
    return rates_from_counts(top, bottom, of=_OF.get(name, "rows"), rest=rest)


def _by_design(name: str, rows: ScoredRows, attribute: Attribute, code: int, rest: bool) -> GroupValues:
    truth, decided = rows.target == code, decisions_of(rows) == code
    success, within = {
        "selection_rate": (decided, None),
        "true_positive_rate": (decided, truth),
        "false_positive_rate": (decided, ~truth),
        "precision": (truth, decided),
        "accuracy": (rows.target == decisions_of(rows), None),
    }[name]
    return rates_of(
        success,
        within,
        attribute.codes,
        len(attribute),
        design_of(rows),
        of=_OF.get(name, "rows"),
        rest=rest,
    )
