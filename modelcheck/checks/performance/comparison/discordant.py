"""Rows on which only one of two models is right."""

from __future__ import annotations

from modelcheck.checks.columns import decisions_of, design_of
from modelcheck.record.evidence import Table
from modelcheck.scoring.rows import ScoredRows
from modelcheck.stats.paired.rates import Discordant, discordance, mcnemar

__all__ = ["discordant_pairs", "discordant_table", "shares_of"]


def discordant_table(name: str, candidate: ScoredRows, baseline: ScoredRows) -> Table | None:
    """Return on how many rows only one of the two models is right, with McNemar's test.

    Parameters
    ----------
    name, candidate, baseline
        As for `paired`.

    Returns
    -------
    Table or None
        One row: what is counted, their number, right by the candidate only, right by the baseline only, the exact
        p-value and the mid-p. None for metrics that are no share of rows, without rows, and where rows have weights or
        clusters, for which the test doesn't hold.

    References
    ----------
    As for `modelcheck.stats.paired.rates.mcnemar`.
    """
    known = discordant_pairs(name, candidate, baseline)
    if known is None or not design_of(candidate).simple:
        return None
    counts, of = known
    if counts.n == 0:
        return None
    exact, mid = mcnemar(counts.gained, counts.lost)
    return Table(
        name="discordant rows",
        columns=("of", "n", "right by the candidate only", "right by the baseline only", "exact p", "mid-p"),
        rows=((of, counts.n, counts.gained, counts.lost, exact, mid),),
        note=(
            "McNemar's two-sided test that both models are right equally often. It knows no margin, and a large p does "
            "not show that they are: the interval of the difference is what the gate judges."
        ),
    )


def discordant_pairs(name: str, candidate: ScoredRows, baseline: ScoredRows) -> tuple[Discordant, str] | None:
    """Return on which rows of which kind the two differ; None for metrics that are no share of rows."""
    if name not in shares_of(candidate):
        return None
    code = shares_of(candidate)[name]
    target, design = candidate.target, design_of(candidate)
    right = [decisions_of(side) == target for side in (candidate, baseline)]
    if code is not None:
        rows = target == code
        right, design = [side[rows] for side in right], design.take(rows)
    return discordance(right[0], right[1], design), {None: "rows", 1: "positive rows", 0: "negative rows"}[code]


def shares_of(rows: ScoredRows) -> dict[str, int | None]:
    """Return the metrics that are shares of rows, and of which class (None: of all)."""
    # Their denominators are rows of one class, whatever is decided; and being right more often means erring less.
    one_class = {"recall": 1, "false_negative_rate": 1, "false_positive_rate": 0} if len(rows.classes) == 2 else {}
    return {"accuracy": None} | one_class
