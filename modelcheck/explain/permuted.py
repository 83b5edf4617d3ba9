"""Permutation importance: what a row's loss grows by when a column holds another row's entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from modelcheck.explain.questions import Ask, asked
from modelcheck.record.evidence import Estimate
from modelcheck.stats.design import Design, too_few
from modelcheck.stats.linearised import Linearised, undefined
from modelcheck.stats.means import FEWEST_UNITS
from modelcheck.stats.paired.changes import gather, interval_of
from modelcheck.stats.paired.largest import FEWEST_CHANGED, largest_change

if TYPE_CHECKING:
    import pandas as pd

from modelcheck.explain.questions import mixed

__all__ = ["Loss", "Shuffled", "cyclic_donors", "importance", "shuffled_losses"]

_SAME = 1e-9

Loss: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.intp]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shuffled:
    """What each row loses by columns that say nothing of it.

    Attributes
    ----------
    names : tuple of str
        Columns, or groups of columns that were moved together.
    unchanged : ndarray of float64, shape (n_rows,)
        Each row's own loss; NaN without an answer.
    increase : ndarray of float64, shape (n_names, n_rows)
        What it grows by with another row's entries, mean over the answered repeats; NaN where there is none.
    influence : ndarray of float64, shape (n_names, n_rows)
        What each row adds to the error of the mean increase, as a row and as the donor of another; NaN where
        `increase` is. The spread of `increase` alone leaves out that the donors, too, are a sample.
    unanswered : ndarray of int, shape (n_names,)
        Changed rows without an answer.
    repeats : int
        Donors of each row.
    design : Design
        Of the rows.
    """

    names: tuple[str, ...]
    unchanged: NDArray[np.float64] = field(repr=False)
    increase: NDArray[np.float64] = field(repr=False)
    influence: NDArray[np.float64] = field(repr=False)
    unanswered: NDArray[np.intp]
    repeats: int
    design: Design = field(repr=False)


def cyclic_donors(n_rows: int, repeats: int, rng: Generator) -> NDArray[np.intp]:
    """Return each row's donor: in every repeat the next row of a random cyclic order, so never the row itself.

    Parameters
    ----------
    n_rows : int
        Number of rows, at least 2.
    repeats : int
        Number of orders.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    ndarray of int, shape (repeats, n_rows)
        Positions; each row gives its entries once a repeat.

    Examples
    --------
    >>> cyclic_donors(2, 3, np.random.default_rng(0)).tolist()
    [[1, 0], [1, 0], [1, 0]]
    """
    if n_rows < 2:
        raise ValueError(f"cyclic_donors: {n_rows} rows; there must be another row to take entries from.")
    donors = np.empty((repeats, n_rows), dtype=np.intp)
    for donor in donors:
        order = rng.permutation(n_rows)
        donor[order] = np.roll(order, -1)
    return donors


def shuffled_losses(
    ask: Ask,
    loss: Loss,
    rows: pd.DataFrame,
    groups: Mapping[str, Sequence[str]],
    donors: NDArray[np.intp],
    *,
    design: Design | None = None,
) -> Shuffled:
    """Ask for the losses of all rows with columns that hold other rows' entries.

    Parameters
    ----------
    ask : callable
        From rows to scores, shape (n_rows,) or (n_rows, n_classes); NaN where the model has no answer.
    loss : callable
        From scores and the positions of the rows that they are of to the rows' losses, at least 0.
    rows : DataFrame
        As the model is given them; not modified.
    groups : mapping of str to sequence of str
        Columns that take their entries from the same row, by name: ``{"age": ("age",)}`` for one column, more for a
        column and its stand-ins.
    donors : ndarray of int, shape (repeats, n_rows)
        Whose entries each row gets; from `cyclic_donors`. All groups have the same donors, so that they compare.
    design : Design or None
        Of the rows; None: simple random rows. Donors are drawn without regard to weights.

    Returns
    -------
    Shuffled
        For ``n_rows * (1 + repeats * len(groups))`` questions.

    References
    ----------
    Breiman, L. (2001). Random forests. Machine Learning 45, 5-32. Fisher, A., Rudin, C. and Dominici, F. (2019). All
    models are wrong, but many are useful. JMLR 20 (177), 1-81 (model reliance, as a difference; without the pairs of a
    row with itself that a permutation may have).

    Examples
    --------
    >>> import pandas as pd
    >>> rows, target = pd.DataFrame({"a": [1.0, 2.0], "b": [0.0, 9.0]}), np.array([1.0, 2.0])
    >>> found = shuffled_losses(lambda frame: frame["a"].to_numpy(), lambda score, at: (score - target[at]) ** 2,
    ...                         rows, {"a": ("a",), "b": ("b",)}, np.array([[1, 0]]))
    >>> found.increase.tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """
    design = Design() if design is None else design
    n, repeats, names = len(rows), len(donors), tuple(groups)
    unchanged = np.full(n, np.nan)
    for at, scores in asked(ask, n, lambda at: mixed(rows, at, at, {})):
        unchanged[at] = _losses(loss, scores, at)
    # By group, repeat and row, so that few calls serve many groups of few rows.
    member = {name: np.array([name in groups[group] for group in names]) for name in _moved(groups)}
    shape = (len(names), repeats, n)

    def question(at: NDArray[np.intp]) -> pd.DataFrame:
        group, repeat, row = np.unravel_index(at, shape)
        return mixed(rows, row, donors[repeat, row], {name: here[group] for name, here in member.items()})

    weight = np.ones(n) if design.weight is None else design.weight
    got, given = (np.zeros((len(names), n)) for _ in range(2))
    times, lent = (np.zeros((len(names), n)) for _ in range(2))
    for at, scores in asked(ask, len(names) * repeats * n, question):
        group, repeat, row = np.unravel_index(at, shape)
        grown = _losses(loss, scores, row) - unchanged[row]
        here = np.flatnonzero(np.isfinite(grown))
        group, row, donor, grown = group[here], row[here], donors[repeat[here], row[here]], grown[here]
        np.add.at(got, (group, row), grown)
        np.add.at(times, (group, row), 1.0)
        np.add.at(given, (group, donor), weight[row] * grown)
        np.add.at(lent, (group, donor), weight[row])
    unanswered = repeats * n - np.rint(times.sum(axis=1)).astype(np.intp)
    increase = np.divide(got, times, out=np.full_like(got, np.nan), where=times > 0.0)
    influence = got  # no longer needed, and as wide
    for place in range(len(names)):
        known = np.flatnonzero(times[place])
        value = design.take(known).mean(increase[place, known]) if len(known) else np.nan
        donated = (given[place] - value * lent[place]) / (max(repeats, 1) * weight)
        np.add(increase[place] - value, donated, out=influence[place])
    return Shuffled(
        names=names,
        unchanged=unchanged,
        increase=increase,
        influence=influence,
        unanswered=unanswered,
        repeats=repeats,
        design=design,
    )


def importance(shuffled: Shuffled, *, metric: str, confidence: float) -> dict[str, Estimate]:
    """Return the mean increase of the loss, by column or group, with a paired interval.

    Parameters
    ----------
    shuffled : Shuffled
        From `shuffled_losses`.
    metric : str
        Name of the increase, e.g. ``log_loss_increase``.
    confidence : float
        Level of the equal-tailed interval.

    Returns
    -------
    dict of str to Estimate
        Above 0 where the model needs the column. Intervals and doubts as for
        `modelcheck.stats.paired.losses.compare_losses`, by row or cluster, with each row's part as a donor beside its
        own; a little wide with few repeats, as the draw of donors counts for both.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> rows = pd.DataFrame({"a": rng.normal(size=400), "b": 0.0})
    >>> target = rows["a"].to_numpy()
    >>> found = shuffled_losses(lambda frame: frame["a"].to_numpy(), lambda score, at: (score - target[at]) ** 2,
    ...                         rows, {"a": ("a",), "b": ("b",)}, cyclic_donors(400, 5, rng))
    >>> by_name = importance(found, metric="squared_error_increase", confidence=0.95)
    >>> by_name["a"].low < 2.0 < by_name["a"].high, by_name["b"].value
    (True, 0.0)
    """
    return {name: _estimate(shuffled, place, metric, confidence) for place, name in enumerate(shuffled.names)}


def _losses(loss: Loss, scores: NDArray[np.float64], at: NDArray[np.intp]) -> NDArray[np.float64]:
    missing = np.isnan(scores if scores.ndim == 1 else scores.sum(axis=1))
    found = np.array(loss(scores, at), dtype=np.float64)
    found[missing | ~np.isfinite(found)] = np.nan
    return found


def _moved(groups: Mapping[str, Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(name for columns in groups.values() for name in columns))


def _estimate(shuffled: Shuffled, place: int, metric: str, confidence: float) -> Estimate:
    rows = np.flatnonzero(np.isfinite(shuffled.increase[place]))
    if not len(rows):
        return undefined(metric, confidence, "no changed row has an answer")
    design = shuffled.design.take(rows)
    increase, influence = shuffled.increase[place, rows], shuffled.influence[place, rows]
    before = shuffled.unchanged[rows]
    most = float(np.maximum(before, before + increase).max())
    changed = np.abs(increase) > _SAME * most
    units = design.units(len(rows))
    few = units < FEWEST_UNITS and design.cluster is None
    largest = largest_change(influence, changed, design, possible=most)
    enough = design.take(changed).units(int(np.count_nonzero(changed))) >= FEWEST_CHANGED
    value, how = design.mean(increase), ""
    if design.weight is not None and design.cluster is None:
        # A donor's part has the weights of those who take; its own says nothing of it, as `gather` would assume.
        mean = float(design.weight.mean())
        influence, largest, design = influence * (design.weight / mean), largest / mean, Design()
        how = ", weighted"
    changes = gather(
        Linearised(value=value, influence=influence),
        design,
        largest=largest,
        statistic="entries of other rows, ",
        unproven=too_few(units, "row") if few else "",
        n_needed=FEWEST_UNITS if few else None,
        skewed=enough,
    )
    changes = replace(changes, method=changes.method + how)
    return interval_of(changes, metric=metric, confidence=confidence)
