"""One column that carries nearly everything, and alone tells the truth as well as the whole model: a leak, perhaps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from modelcheck.checks.context import Context
from modelcheck.checks.explainability.alone import Alone, tells_alone
from modelcheck.checks.explainability.copies import copies_that_move
from modelcheck.checks.explainability.drawn import Drawn, drawn, nothing
from modelcheck.checks.explainability.earned import earned, moved_together, spare
from modelcheck.checks.explainability.earnings import Earned
from modelcheck.checks.explainability.explained import Explained, explained
from modelcheck.checks.judging import JudgedPlace, judge_places
from modelcheck.checks.words import number, out_of_100, short
from modelcheck.record.evidence import Estimate, Evidence, Finding, Severity, Table
from modelcheck.stats.holm import AtConfidence, proved_below
from modelcheck.stats.linearised import Linearised

__all__ = ["dominance"]

_METRIC = "largest_movement_share"
_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A column, or columns that are near-copies of each other, and what was found out about them."""

    columns: tuple[str, ...]
    judged: JudgedPlace
    alone: Alone | str = ""

    @property
    def name(self) -> str:
        """Of the columns, as sentences hold it."""
        return " and ".join(short(one) for one in self.columns)

    @property
    def leaks(self) -> bool:
        """Whether it is proved to carry too much and to tell alone what the candidate tells."""
        return self.judged.broken and isinstance(self.alone, Alone) and self.alone.near

    @property
    def cleared(self) -> bool:
        """Whether it carries too much, but is proved to tell less alone: a strong column and no leak."""
        return self.judged.broken and isinstance(self.alone, Alone) and self.alone.less

    @property
    def estimate(self) -> Estimate:
        """What is judged: it proves nothing where it isn't known what the columns tell alone."""
        found = self.judged.estimate
        if not self.judged.broken or self.leaks or self.cleared:
            return found
        why = self.alone if isinstance(self.alone, str) else _undecided(self.alone)
        return replace(found, unproven=f"whether it is a leak is open: {why}", n_needed=None)


def dominance(context: Context) -> Evidence:
    """Look whether one column moves the answers nearly alone, and whether it alone does as well as the candidate.

    Parameters
    ----------
    context : Context
        With `asking`.

    Returns
    -------
    Evidence
        ``largest_movement_share``, in [0, 1]: the column's part in how far the answers move, squared, when columns
        hold other rows' entries, with a linearised interval, by Holm over all columns. Attributions on the scale of
        log-odds would hide a leak: where it has decided, the other columns go on moving the log-odds, but no answer.
        Where no column is over the limit, columns that tell each other and may be so together are moved together, as
        one more place.

        Of what is over the limit the candidate itself is asked what it tells by these columns alone
        (`modelcheck.checks.explainability.alone.tells_alone`): it is a leak where that is proved to be over .95 of the
        candidate's skill and over a half; a strong column, which passes, where it is proved to be under one of them;
        inconclusive otherwise.

    References
    ----------
    Kaufman, S., Rosset, S., Perlich, C. and Stitelman, O. (2012). Leakage in data mining: formulation, detection, and
    avoidance. ACM TKDD 6 (4), 1-21.
    """
    # A model that nobody can explain is an error, here too; one that has too many columns for it isn't.
    ready, found, gains = drawn(context), explained(context), earned(context)
    if isinstance(ready, str) or isinstance(gains, str):
        return nothing(ready if isinstance(ready, str) else str(gains))
    if len(gains.columns) < 2:
        return Evidence(not_applicable="the candidate is given one column, which has everything.")
    moved: dict[tuple[str, ...], Linearised | None] = {
        (name,): gains.movement(place) for place, name in enumerate(gains.columns)
    }
    parts = {name: one.value for (name, *_), one in moved.items() if one is not None}
    if len(parts) < len(moved) and gains.doubt:
        return Evidence(searched=f"{gains.doubt[:1].upper()}{gains.doubt[1:]}.", predicted_rows=gains.predicted)
    if len(parts) < len(moved):
        return Evidence(not_applicable="no column moves any answer.")
    places, asked = _places(context, ready, gains, moved, parts)
    top = max(places, key=lambda one: one.judged.estimate.value or 0.0)
    limit = context.limit
    # What is proved to keep the limit keeps it: it would only make the list long.
    left = [] if limit is None else [one for one in places if not one.cleared and not proved_below(one.estimate, limit)]
    cleared = [one for one in places if one.cleared]
    return Evidence(
        estimate=top.estimate,
        groups={one.name: one.estimate for one in left or ([] if cleared or limit is None else [top])},
        looked_at=0 if limit is None else len(places),
        findings=tuple(_finding(one) for one in left if one.leaks),
        proved="" if left or not cleared else _cleared(cleared[0]),
        tables=(_table(found, parts),),
        reading=_reading(top),
        predicted_rows=gains.predicted + asked,
    )


def _places(
    context: Context,
    ready: Drawn,
    gains: Earned,
    moved: dict[tuple[str, ...], Linearised | None],
    parts: dict[str, float],
) -> tuple[list[_Place], int]:
    """Judge columns, then near-copies together, and ask about what is over the limit; return rows asked as well."""
    limit, asked = 1.0 if context.limit is None else context.limit, 0

    def at(found: Linearised | None) -> AtConfidence:
        return lambda confidence: gains.share_estimate(found, confidence, _METRIC)

    def judged() -> list[_Place]:
        # Near-copies may be one more place, so they count from the start.
        share = 1.0 - (1.0 - context.confidence) * len(moved) / (len(gains.columns) + 1)
        keys = {str(place): columns for place, columns in enumerate(moved)}
        found = judge_places({key: at(moved[columns]) for key, columns in keys.items()}, limit=limit, confidence=share)
        return [_Place(columns=keys[one.label], judged=one) for one in found]

    places = judged()
    if context.limit is not None and not any(one.judged.broken for one in places):
        group = copies_that_move(context, ready, parts, limit=limit)
        joint = moved_together(context, gains, group) if group else None
        if joint is not None:
            asked += gains.rows
            moved[group] = gains.movement_together([gains.columns.index(name) for name in group], joint)
            places = judged()
    over = [one for one in places if one.judged.broken]
    for one in over:
        alone = tells_alone(context, ready, one.columns, allowed=(spare(context) - asked) // len(over))
        places[places.index(one)] = replace(one, alone=alone)
    asked += sum(one.alone.asked for one in places if isinstance(one.alone, Alone))
    return places, asked


def _undecided(alone: Alone) -> str:
    return (
        f"alone it tells {number(100.0 * alone.tells)} % and the candidate {number(100.0 * alone.candidate)} % of the "
        f"truth, and {alone.above.n:,} rows don't prove whether it is over .95 of that, and over a half"
    )


def _told(alone: Alone) -> str:
    told, whole = (number(100.0 * max(one, 0.0)) for one in (alone.tells, alone.candidate))
    what = (
        "of the errors that naming the commonest class makes"
        if alone.decides
        else "of the loss that knowing nothing has (answers recalibrated)"
    )
    return f"Alone, with all other columns shuffled, it takes away {told} % {what}, the candidate {whole} %."


def _reading(top: _Place) -> str:
    part, inside = out_of_100(top.judged.estimate)
    # Another quantity than the share of contributions, so it is told in other words.
    verb = "bring" if len(top.columns) > 1 else "brings"
    reading = (
        f"When one column after the other is shuffled, {top.name} {verb} about {part} % of how far the answers "
        f"jump{inside}, large jumps counting more."
    )
    if isinstance(top.alone, Alone):
        return f"{reading} {_told(top.alone)}"
    return f"{reading} What it tells alone isn't known: {top.alone}." if top.alone else reading


def _cleared(one: _Place) -> str:
    if isinstance(one.alone, Alone) and one.alone.over.high is not None and one.alone.over.high < 0.0:
        return f"{one.name} moves the answers most, but alone it tells too little for a leak of the truth."
    return f"{one.name} moves the answers most, but the candidate does clearly better than {one.name} alone."


def _finding(one: _Place) -> Finding:
    estimate, many = one.judged.estimate, len(one.columns) > 1
    part, _ = out_of_100(estimate)
    return Finding(
        title=(
            f"{one.name} {'carry' if many else 'carries'} {part} % of the answers and alone "
            f"{'do' if many else 'does'} as well as the candidate"
        ),
        n=estimate.n,
        effect=estimate.value,
        low=estimate.low,
        high=estimate.high,
        p_adjusted=one.judged.p_adjusted,
        severity=Severity.WARNING,
        reproduce=(
            f"Ask when {one.name} {'are' if many else 'is'} known: before the outcome, or only with it? If it is a "
            "leak, fit without it; if not, a rule on this one column may do the model's work."
        ),
    )


def _table(found: Explained | str, parts: dict[str, float]) -> Table:
    shares = {} if isinstance(found, str) else dict(zip(found.columns, found.attributions.shares.tolist(), strict=True))
    order = sorted(parts, key=lambda name: -parts[name])[:_SHOWN]
    note = f"{len(order)} of {len(parts)} columns; all are in importance. Moves: squared, by shuffling."
    if isinstance(found, str):
        note += f" Attributions: {found}"
    return Table(
        name="largest shares",
        columns=("column", "share of what moves the answers", "share of attribution"),
        rows=tuple((short(name), parts[name], shares.get(name)) for name in order),
        note=note,
    )
