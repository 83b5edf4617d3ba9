"""Whether the score rests on something that stands in for a protected attribute."""

from __future__ import annotations

from dataclasses import replace

from modelcheck.checks.bias.attribute import Attribute, attribute_of
from modelcheck.checks.bias.proxy.measured import EVERYTHING, Measured, itself, measure
from modelcheck.checks.bias.proxy.stand_ins import METRIC, StandIn, use_of
from modelcheck.checks.bias.proxy.told import finding_of, scores_table, stand_ins_table
from modelcheck.checks.context import Context
from modelcheck.checks.forest import forest_chart
from modelcheck.checks.judging import beyond
from modelcheck.checks.words import count, number, short, with_interval
from modelcheck.record.evidence import Estimate, Evidence
from modelcheck.stats.linearised import undefined

__all__ = ["proxy"]

_NO_OUTPUTS = "these rows have neither scores nor decisions."
_DRAWN = 20
_FINDINGS = 5


def proxy(context: Context) -> Evidence:
    """Measure how far the candidate's score rests on something that stands in for a protected attribute.

    Stand-ins are each other column, a guess of the attribute from all other columns together, and the attribute itself.
    None needs to be an input of the model, nor needs the attribute to be.

    Parameters
    ----------
    context : Context
        Of any task, with `by`. The attribute's own columns, and those that are declared to follow it, are no
        stand-ins.

    Returns
    -------
    Evidence
        ``proxy_share``, the largest over stand-ins and groups of: the share of the score's variance that goes with the
        stand-in, times how well the stand-in tells the group from the rest (2 AUC - 1: 0 is chance, 1 is certain).
        0: nothing that tells the group matters; 1: the score is made of it. All is measured out of fold (by cluster),
        on at most 20,000 rows, and intervals hold together for all stand-ins and groups.

    Notes
    -----
    Measured on the test part of UCI Adult (16,281 rows) for sex: boosting .34, logistic regression .38, tree of depth 4
    .41, forest .43, the first two without sex the same; a model of relationship alone .83, of marital status alone .82,
    of a copy of sex that is wrong in 5 % of rows .90, of sex alone 1. The healthy ones have .11 to .14 for race and .28
    to .35 for bands of age.

    References
    ----------
    Hardt, M., Price, E. and Srebro, N. (2016). Equality of opportunity in supervised learning. NeurIPS 29, section 5
    (why a score may go with a group). Feldman, M. et al. (2015). Certifying and removing disparate impact. KDD
    (guessing the protected attribute from the others). Yeom, S., Datta, A. and Fredrikson, M. (2018). Hunting for
    discriminatory proxies in linear regression models. NeurIPS 31 (a proxy goes with the attribute and the score).
    """
    attribute = attribute_of(context)
    if isinstance(attribute, str):
        return Evidence(not_applicable=attribute)
    if context.rows.score is None and context.rows.decision is None:
        return Evidence(not_applicable=_NO_OUTPUTS)
    columns = set(context.protected_columns or attribute.name.split("*"))
    left_out = columns | {name for name, followed in context.follows.items() if followed in columns}
    measured = measure(context.rows, attribute, left_out=left_out, confidence=context.confidence, rng=context.rng)
    if isinstance(measured, str):
        found = undefined(METRIC, context.confidence, measured, n=len(context.rows), n_needed=None)
        return Evidence(estimate=found, reading=f"{measured[:1].upper()}{measured[1:]}.")
    return _evidence(context, attribute, measured)


def _evidence(context: Context, attribute: Attribute, measured: Measured) -> Evidence:
    ranked = sorted(measured.stand_ins, key=lambda one: -one.use)
    uses = [
        use_of(
            one,
            measured.design,
            confidence=context.confidence,
            farthest=measured.farthest,
            places=measured.places,
        )
        for one in ranked
    ]
    worst = _largest(uses, context.confidence)
    broken = [
        (one, use)
        for one, use in zip(ranked, uses, strict=True)
        if context.limit is not None and beyond(use, context.limit)
    ]
    named = [f"{short(one.name)} for {attribute.labels[one.group]}" for one in ranked]
    chart = forest_chart(
        dict(zip(named[:_DRAWN], uses[:_DRAWN], strict=True)),
        metric="share of the score that rests on it",
        overall=None,
        limit=context.limit,
        title=f"What may stand in for {short(attribute.name)}",
    )
    return Evidence(
        estimate=worst,
        findings=tuple(finding_of(attribute, one, use) for one, use in broken[:_FINDINGS]),
        tables=(
            stand_ins_table(attribute, measured, ranked, uses),
            scores_table(attribute, measured),
        ),
        charts=() if chart is None else (chart,),
        reading=_reading(attribute, measured, ranked[0], worst),
        predicted_rows=len(context.rows),
    )


def _largest(uses: list[Estimate], confidence: float) -> Estimate:
    """Return the largest use: it is at least as large as every lower limit and no larger than the largest upper one."""
    lows, highs = ([getattr(use, end) for use in uses] for end in ("low", "high"))
    return replace(
        uses[0],
        low=max(low for low in lows if low is not None),
        high=max(high for high in highs if high is not None),
        confidence=confidence,
        method=f"largest of {len(uses):,}; {uses[0].method}; simultaneous (Bonferroni)",
    )


def _reading(attribute: Attribute, measured: Measured, worst: StandIn, found: Estimate) -> str:
    name = short(attribute.name)
    share = f"{100.0 * max(worst.share.value, 0.0):.0f} % of the differences between people's scores"
    who = short(attribute.labels[worst.group])
    if worst.name == itself(attribute.name):
        what = f"{share} go with {name} itself"
    else:
        with_what = "a guess from all other columns" if worst.name == EVERYTHING else short(worst.name)
        what = (
            f"{share} go with {with_what}, which tells {who} from the others with an AUC of "
            f"{number(worst.tells.value)} (0.5 is chance)"
        )
    text = f"The score rests on a stand-in for {name} by {with_interval(found)}, where 1 is all of it: {what}. "
    if measured.scored:
        place = max(measured.scored, key=lambda code: abs((measured.scored[code].value or 0.5) - 0.5))
        text += (
            f"The score by itself tells {short(attribute.labels[place])} from the others with an AUC of "
            f"{with_interval(measured.scored[place])}. "
        )
    if measured.rows < measured.everyone:
        text += f"Looked at {measured.rows:,} of {measured.everyone:,} rows, drawn at random. "
    if not measured.columns:
        text += "There are no other columns to look at. "
    if measured.small:
        text += f"Too small to be told from the rest: {count(len(measured.small), 'group')}. "
    return f"{text}What goes together need not be cause and effect."
