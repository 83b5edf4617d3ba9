"""Whether a group bears losses that another model, fitted on the reference, would spare it."""

from __future__ import annotations

from modelcheck.checks.bias.attribute import attribute_of
from modelcheck.checks.bias.every_group import EveryGroup, judge_groups
from modelcheck.checks.context import Context
from modelcheck.checks.judging import JudgedPlace
from modelcheck.checks.performance.catalogue import unusable
from modelcheck.checks.performance.weakness.attainable import Attainable, attainable
from modelcheck.checks.words import number, short, with_interval
from modelcheck.record.evidence import Estimate, Evidence

__all__ = ["group_loss"]

_LIMIT = 0.05


def group_loss(context: Context) -> Evidence:
    """Measure what every group loses more than with challengers fitted on the reference.

    A group whose cases are harder is no victim of the model: there everybody loses. But what a boosting on the same
    columns avoids could be avoided. What is avoidable on all rows together is taken off: a model that is simple on
    purpose loses it all over.

    Parameters
    ----------
    context : Context
        With a reference; `by` names the attribute. `limit` is the avoidable loss that is allowed (None: 0.05), in wrong
        decisions per row or in squared error over the target's variance.

    Returns
    -------
    Evidence
        `groups` holds the groups with the candidate's mean loss less the challenger's, beyond that on all rows, with
        Holm's intervals; those proved to lose more than `limit` at ``(1 - confidence) / 2`` for all together are
        `findings`. Groups under 50 rows stand in the table. Not applicable without a reference or decisions.

    References
    ----------
    Friedman, J. H. (2001). Greedy function approximation: a gradient boosting machine. Annals of Statistics 29,
    1189-1232. Holm, S. (1979). Scandinavian Journal of Statistics 6, 65-70. Error rates are measured in
    ``tests/quality/test_weak_slices.py`` and ``test_slice_rates.py``.
    """
    attribute = attribute_of(context)
    if isinstance(attribute, str):
        return Evidence(not_applicable=attribute)
    rows = context.rows
    name = "root_mean_squared_error" if rows.task == "regression" else "accuracy"
    reason = unusable(name, rows)
    if reason:
        return Evidence(not_applicable=reason.replace(name, "group_loss", 1))
    measured = attainable(context)
    if isinstance(measured, str):
        return Evidence(not_applicable=measured)
    losses, limit = measured.losses, _LIMIT if context.limit is None else context.limit
    parts = [attribute.rows(place) for place in range(len(attribute))]
    every = judge_groups(context, attribute, [losses.find(part) for part in parts], limit=limit)
    sides = {attribute.where(place): losses.means(part) for place, part in enumerate(parts)}

    def smallest(found: Estimate) -> float | None:
        drop = losses.findable(found.n, limit=limit, level=(1.0 - found.confidence) / 2.0)
        return drop if drop <= losses.most else None

    def title(one: JudgedPlace) -> str:
        return f"Avoidable loss: {losses.sentence(*sides[one.label])} where {short(one.label)}"

    unit = "Mean squared error over the target's variance" if rows.task == "regression" else "Share of wrong decisions"
    return Evidence(
        estimate=every.worst,
        groups=every.groups,
        findings=every.findings(title, "max"),
        tables=(
            every.table(
                ("candidate", "challenger"),
                list(sides.values()),
                note=f"{unit}; value: candidate less challenger, less the {number(losses.everywhere)} of all rows.",
            ),
        ),
        charts=every.chart(losses.words, "What a challenger would avoid"),
        reading=_reading(every, measured, sides),
        searched=every.searched(smallest, losses.words.removesuffix(",")),
        predicted_rows=len(rows),
    )


def _reading(every: EveryGroup, measured: Attainable, sides: dict[str, tuple[float, float]]) -> str:
    losses = measured.losses
    beyond = ""
    if losses.everywhere > 0.0:
        beyond = f" Groups are judged beyond the {number(losses.everywhere)} that is avoidable on all rows."
    if losses.rows.task != "regression":
        beyond += (
            " A challenger decides for each class as often as the candidate does: too many or too few decisions of "
            "a kind altogether are no loss here, but a matter of parity and of the threshold."
        )
    if not every.broken:
        head = "No group is proved to lose more than the challenger by over the limit."
        if every.worst is not None:
            head += f" Most: {short(every.label)}, {with_interval(every.worst)}."
        return f"{head} {measured.words}{beyond}"
    worst = every.broken[0]
    return (
        f"People in the group {short(worst.label)} bear losses that could be avoided: there "
        f"{losses.sentence(*sides[worst.label])}; beyond all rows that is {with_interval(worst.estimate)}. "
        f"{measured.words}{beyond}"
    )
