"""Slices of up to three conditions in which flipped rows gather."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelcheck.checks.performance.comparison.flipped_rows import flipped_rows
from modelcheck.checks.performance.weakness.excess import Excess
from modelcheck.checks.performance.weakness.judged import FoundSlice
from modelcheck.checks.performance.weakness.looked import Looked, Seen
from modelcheck.checks.performance.weakness.places import look
from modelcheck.checks.performance.weakness.told import LONGEST, reproduce, slices_table
from modelcheck.checks.words import number, short
from modelcheck.record.evidence import Finding, Severity, Table
from modelcheck.scoring.rows import ScoredRows

__all__ = ["Gathered", "conjunctions"]

_FINDINGS = 5
_EXAMPLES = 5
_PROPOSED = 0.02
_SAME = 0.5  # Jaccard index from which a slice tells nothing new beside a single condition


class Gathered:
    """The slices that hold more of some rows than the rest.

    Parameters
    ----------
    marked : ndarray of bool, shape (n_rows,)
        The rows in question.
    excess : Excess
        They, as losses of 0 and 1.
    seen : Seen or None
        What was searched; None where there was nothing to search.
    slices : sequence of FoundSlice
        Judged; `corrected` is None where nothing is proved.
    """

    def __init__(
        self, marked: NDArray[np.bool_], excess: Excess, seen: Seen | None, slices: Sequence[FoundSlice]
    ) -> None:
        self._marked = marked
        self._excess = excess
        self._seen = seen
        self.slices = tuple(slices)

    @property
    def proved(self) -> tuple[FoundSlice, ...]:
        """The slices that hold more than chance would."""
        return tuple(one for one in self.slices if one.corrected is not None)

    def reading(self) -> str:
        """Say it in a sentence; empty where nothing was searched."""
        if self._seen is None or not self._seen.eligible:
            return ""
        looked = f"{sum(self._seen.eligible):,} slices of up to {self._seen.depth} conditions"
        if not self.proved:
            return f"None of {looked} holds more of them than chance would."
        inside, outside = (number(100.0 * share) for share in self._excess.means(self.proved[0].rows))
        where = short(self.proved[0].words, LONGEST)
        return f"Of {looked} {where} holds most of them: {inside} of 100 rows against {outside} in the rest."

    def tables(self, confidence: float) -> list[Table]:
        """Return the slices as a table, if there are any."""
        if self._seen is None or not self.slices:
            return []
        note = (
            f"The slices of up to {self._seen.depth} conditions that stand out most, each different from those above "
            f"it, of {sum(self._seen.eligible):,} with at least {self._seen.least:,} rows. p-values and intervals are "
            "adjusted for all of them."
        )
        found = slices_table(
            Looked(
                slices=self.slices,
                eligible=self._seen.eligible,
                least=self._seen.least,
                depth=self._seen.depth,
                level=self._seen.level((1.0 - confidence) / 2.0),
                everywhere=np.arange(len(self._marked)),
                notes=self._seen.notes,
            ),
            self._excess.means,
            ("share", "share in the rest"),
            quantity="a share of flips",
            confidence=confidence,
            measured="excess",
            note=note,
        )
        return [replace(table, name="conditions together") for table in found]

    def findings(self, baseline: ScoredRows, told: Sequence[NDArray[np.bool_]]) -> tuple[Finding, ...]:
        """Return slices that are proved to hold more, without those that `told` masks tell already."""
        rows = self._excess.rows
        new = [one for one in self.proved if not any(_jaccard(one.rows, mask) > _SAME for mask in told)]
        findings = []
        for one in new[:_FINDINGS]:
            inside, outside = (number(100.0 * share) for share in self._excess.means(one.rows))
            where = one.rows[self._marked[one.rows]]
            findings.append(
                Finding(
                    title=f"More negative flips where {one.words}: {inside} of 100 rows against {outside} in the rest",
                    slice=one.words,
                    n=len(one.rows),
                    effect=one.corrected,
                    low=one.estimate.low,
                    high=one.estimate.high,
                    p_adjusted=one.p_adjusted,
                    severity=Severity.INFO,
                    examples=tuple(flipped_rows(rows, baseline, where, [], most=_EXAMPLES)),
                    reproduce=reproduce(one, "negative_flips", "max", _PROPOSED),
                )
            )
        return tuple(findings)


def conjunctions(marked: NDArray[np.bool_], rows: ScoredRows, confidence: float) -> Gathered:
    """Search for the slices in which marked rows gather.

    Parameters
    ----------
    marked : ndarray of bool, shape (n_rows,)
        The rows in question.
    rows : ScoredRows
        The same rows.
    confidence : float
        Level of all intervals together.

    Returns
    -------
    Gathered
        p-values by exact hypergeometric tails, for weighted or clustered rows by linearised standard errors, adjusted
        after Holm over all slices that were eligible.
    """
    excess = Excess(rows=rows, loss=marked.astype(np.float64))
    some = 0 < int(np.count_nonzero(marked)) < len(marked)
    if not some or rows.features is None or not rows.features.levels:
        return Gathered(marked, excess, None, ())
    sums = excess.sums()
    seen = look(rows, sums, excess.goal(sums), most=len(rows) // 2)
    return Gathered(marked, excess, seen, excess.judge(seen, confidence))


def _jaccard(positions: NDArray[np.intp], mask: NDArray[np.bool_]) -> float:
    both = int(np.count_nonzero(mask[positions]))
    return both / max(len(positions) + int(np.count_nonzero(mask)) - both, 1)
