"""Stand-ins as people read them: who is told by what, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.checks.bias.attribute import Attribute
from modelcheck.checks.bias.proxy.measured import EVERYTHING, Measured, itself
from modelcheck.checks.bias.proxy.stand_ins import StandIn
from modelcheck.checks.words import level, number, short
from modelcheck.record.evidence import Estimate, Finding, Severity, Table

__all__ = ["finding_of", "scores_table", "stand_ins_table"]

_MOST_LINES = 100


def stand_ins_table(
    attribute: Attribute, measured: Measured, ranked: Sequence[StandIn], uses: Sequence[Estimate]
) -> Table:
    """Return stand-ins, those that the score rests on most first.

    Parameters
    ----------
    attribute : Attribute
        What they stand in for.
    measured : Measured
        All that was found.
    ranked : sequence of StandIn
        In the order shown.
    uses : sequence of Estimate
        What the score rests on each, in the same order.
    """
    rows = tuple(
        (
            one.name,
            attribute.labels[one.group],
            one.tells.value,
            one.share.value,
            one.of_guess,
            use.value,
            use.low,
            use.high,
        )
        for one, use in zip(ranked[:_MOST_LINES], uses[:_MOST_LINES], strict=True)
    )
    note = (
        "Score and guess: out-of-fold share of their variance that goes with the column; below 0 means none. Score "
        "rests on it: that share of the score times (2 AUC - 1); the limits hold together for all stand-ins and groups."
    )
    left = measured.places - len(rows)
    if left > 0:
        note += f" {left:,} more of {measured.places:,} are not shown."
    return Table(
        name="stand-ins",
        columns=(
            "stand-in",
            "for",
            "tells them apart (AUC)",
            "score goes with it",
            "guess goes with it",
            "score rests on it",
            "low",
            "high",
        ),
        rows=rows,
        note=note,
    )


def scores_table(attribute: Attribute, measured: Measured) -> Table:
    """Return how well each group can be told from the others: by all other columns, and by the score alone.

    Parameters
    ----------
    attribute : Attribute
        Its groups.
    measured : Measured
        What was found.
    """
    lines = []
    for place in measured.judged:
        guessed, scored = measured.guessed.get(place), measured.scored[place]
        by_guess = (None, None, None) if guessed is None else (guessed.value, guessed.low, guessed.high)
        lines.append((attribute.labels[place], *by_guess, scored.value, scored.low, scored.high))
    small = [short(attribute.labels[place]) for place in measured.small]
    note = f"AUC of the group against the others, 0.5 is chance; limits together at {_level(measured)}."
    if len(attribute) == 2 and not small:
        note += " Who is told from one group is told to be of the other."
    if small:
        note += f" Fewer than 30 rows, or 30 others, among those looked at: {', '.join(small[:20])}"
        note += f" and {len(small) - 20} more." if len(small) > 20 else "."
    return Table(
        name="who can be told",
        columns=(
            "group",
            "by all other columns",
            "low",
            "high",
            "by the score alone",
            "score: low",
            "score: high",
        ),
        rows=tuple(lines),
        note=note,
    )


def _level(measured: Measured) -> str:
    one = next(iter(measured.scored.values()))
    return level(1.0 - (1.0 - one.confidence) * len(measured.judged))


def finding_of(attribute: Attribute, one: StandIn, use: Estimate) -> Finding:
    """Return a stand-in that the score is proved to rest on.

    Parameters
    ----------
    attribute : Attribute
        What it stands in for.
    one : StandIn
        The stand-in.
    use : Estimate
        How far the score rests on it.
    """
    name, who = short(attribute.name), short(attribute.labels[one.group])
    share = f"{100.0 * one.share.value:.0f} % of the differences between scores go with it"
    told = f"it tells {who} from the others with an AUC of {number(one.tells.value)}"
    if one.name == itself(attribute.name):
        title = f"The score is mostly {name}: {share}"
        advice = f"Train without {name}. If the model isn't given it, look for what else stands in for it below."
    elif one.name == EVERYTHING:
        title = f"The score is mostly a guess of {name} from other columns: {share}, and {told}"
        advice = "Look in the table for the columns that the guess goes with, and train without them."
    else:
        title = f"{short(one.name)} stands in for {name}: {share}, and {told}"
        advice = (
            f"Train without {short(one.name)} and compare how good the model still is; if it is needed, write down why "
            f"it is fair to use it although it tells {name}."
        )
    return Finding(
        title=title,
        n=use.n,
        effect=use.value,
        low=use.low,
        high=use.high,
        severity=Severity.WARNING,
        reproduce=advice,
    )
