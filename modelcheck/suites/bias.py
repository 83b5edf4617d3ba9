"""The bias suite: which checks, for which task, with which default limits, and what they ask in words about people."""

from __future__ import annotations

from typing import Any

from modelcheck.suites.catalog import CheckDefault

__all__ = ["CHECKS"]

_CLASSES = ("binary", "multiclass")
_REGRESSION = ("regression",)
_EVERY = ("binary", "multiclass", "regression")
_CHECKS = "modelcheck.checks.bias"
_PARITY = f"{_CHECKS}.parity.parity:parity"
_CONVENTION = (
    "Warned of beyond 0.1, a convention of fairness toolkits and no law: groups whose truth differs can't be equal in "
    "everything, so it blocks only where you declare a limit."
)


def _parity(name: str, title: str, about: str, **more: Any) -> CheckDefault:
    """Give a comparison of groups its line: a warning unless the user declares a limit."""
    settings: dict[str, Any] = {"function": _PARITY, "tasks": _CLASSES, "max": 0.1, "alpha": 0.001}
    settings |= {"side": "max", "upper": 1.0} | more
    return CheckDefault(
        check=f"bias.{name}",
        title=title,
        severity="warning",
        default_burden="breach",
        by_attribute=True,
        lower=0.0,
        about=about,
        **settings,
    )


CHECKS: tuple[CheckDefault, ...] = (
    CheckDefault(
        check="bias.attributes",
        function=f"{_CHECKS}.attributes:attributes",
        title="Protected attributes and their groups",
        judged=False,
        tasks=_EVERY,
        by_slice=False,
        needs_reference=True,
        about="Who is in the data, and which columns look protected without being declared.",
    ),
    CheckDefault(
        check="bias.group_metrics",
        function=f"{_CHECKS}.group_metrics:group_metrics",
        title="Every group by every metric",
        judged=False,
        tasks=_EVERY,
        by_attribute=True,
        about="How the model does for each group, side by side.",
    ),
    CheckDefault(
        check="bias.representation",
        function=f"{_CHECKS}.representation:representation",
        title="Groups large enough to decide anything",
        tasks=_EVERY,
        severity="warning",
        max=0.2,
        default_burden="breach",
        by_attribute=True,
        lower=0.0,
        side="max",
        needs_reference=True,
        about=(
            "Whether a gap could be seen at all: the smallest difference to the other groups that these rows would "
            "show. A group that is too small is neither cleared nor accused."
        ),
    ),
    _parity(
        "demographic_parity_difference",
        "Demographic parity: difference",
        "Of 100 people of each group, how many get the decision? The difference between the two groups that lie "
        f"furthest apart. {_CONVENTION}",
    ),
    _parity(
        "demographic_parity_ratio",
        "Demographic parity: ratio (four-fifths)",
        "The share of a group that gets the decision over that of the group that gets it most. Under four fifths the "
        "US agencies' Uniform Guidelines (29 CFR 1607.4(D)) see evidence of adverse impact, a rule of thumb with "
        "exceptions for small numbers; New York's Local Law 144 asks for the same number, the impact ratio.",
        max=None,
        min=0.8,
        side="min",
    ),
    _parity(
        "equal_opportunity_difference",
        "Equal opportunity: true positive rates",
        "Of 100 people of each group who deserve the decision, how many get it? (Hardt, Price and Srebro 2016.) "
        f"{_CONVENTION}",
    ),
    _parity(
        "equalized_odds_difference",
        "Equalised odds: true and false positive rates",
        "As equal opportunity, and the same for people who don't deserve the decision: how many get it all the same? "
        f"The worse of the two counts. {_CONVENTION}",
    ),
    _parity(
        "predictive_parity_difference",
        "Predictive parity: what the decision means",
        "Of 100 people of each group who get the decision, for how many is it right? (Chouldechova 2017.) "
        f"{_CONVENTION}",
    ),
    _parity(
        "accuracy_difference",
        "Accuracy between groups",
        f"Of 100 people of each group, how many get the decision that is right? {_CONVENTION}",
    ),
    _parity(
        "conditional_parity_difference",
        "Demographic parity among people alike",
        "Among people who are alike in the columns that you call legitimate (control), how many of each group get the "
        "decision? Pooled over them as Mantel and Haenszel do.",
        function=f"{_CHECKS}.parity.conditional:conditional_parity_difference",
        on_request=True,
        asked_by="control",
    ),
    _parity(
        "error_difference",
        "Errors between groups",
        "Are values of one group missed by more, or always too high or too low? In the target's own unit, so that only "
        "you can say how much is too much.",
        tasks=_REGRESSION,
        max=None,
        alpha=0.0,
        upper=float("inf"),
    ),
    # What a healthy model can't show blocks: a group worse than another model would have it, promises that don't hold
    # for a group, a group worse off than with the baseline, decisions that change with the protected entry alone.
    CheckDefault(
        check="bias.calibration_gap",
        function=f"{_CHECKS}.calibration_gap:calibration_gap",
        title="Promises that hold for every group",
        tasks=_CLASSES,
        severity="blocking",
        max=0.1,
        alpha=0.002,
        default_burden="breach",
        by_attribute=True,
        lower=0.0,
        upper=1.0,
        side="max",
        cost=1,
        about="Of 100 people of a group who are promised 30 %, do 30 see it come true?",
    ),
    CheckDefault(
        check="bias.group_loss",
        function=f"{_CHECKS}.group_loss:group_loss",
        title="Loss of a group that a challenger avoids",
        tasks=_EVERY,
        severity="blocking",
        max=0.05,
        alpha=0.002,
        default_burden="breach",
        by_attribute=True,
        lower=0.0,
        side="max",
        cost=3,
        needs_reference=True,
        about=(
            "Is a group served worse than it need be? Not by comparison with other groups, which may be harder to "
            "serve, but with what another model made of the same columns does for the same people."
        ),
    ),
    CheckDefault(
        check="bias.regression",
        function=f"{_CHECKS}.regression:regression",
        title="Groups against the baseline",
        tasks=_EVERY,
        severity="blocking",
        compares=True,
        needs_baseline=True,
        margin=0.03,
        alpha=0.002,
        default_burden="breach",
        by_attribute=True,
        lower=0.0,
        upper=1.0,
        cost=1,
        about="Is any group worse off than with the model in use now, even where all people together are not?",
    ),
    CheckDefault(
        check="bias.counterfactual",
        function=f"{_CHECKS}.counterfactual.counterfactual:counterfactual",
        title="The protected entry changed and nothing else",
        tasks=_EVERY,
        severity="blocking",
        max=0.5,
        alpha=0.002,
        default_burden="breach",
        by_attribute=True,
        lower=0.0,
        side="max",
        cost=5,
        about=(
            "The same people with another entry for the protected attribute: how far do their scores move, measured by "
            "how far apart the scores of any two people are on average? Over half of that blocks."
        ),
    ),
    CheckDefault(
        check="bias.counterfactual_noticeable",
        function=f"{_CHECKS}.counterfactual.counterfactual:counterfactual",
        title="The protected entry changed: noticeable shifts",
        tasks=_EVERY,
        severity="warning",
        max=0.15,
        alpha=0.001,
        default_burden="breach",
        by_attribute=True,
        lower=0.0,
        side="max",
        cost=5,
        about="As counterfactual, for shifts that are worth a look: over 0.15 warns.",
    ),
    CheckDefault(
        check="bias.proxy",
        function=f"{_CHECKS}.proxy.proxy:proxy",
        title="Other columns that stand for the protected attribute",
        tasks=_EVERY,
        severity="warning",
        max=0.6,
        alpha=0.001,
        default_burden="breach",
        by_attribute=True,
        lower=0.0,
        upper=1.0,
        side="max",
        cost=3,
        about=(
            "Could the protected attribute be guessed from the other columns, and do the scores follow that guess? "
            "Works where the model isn't given the attribute. The share of the score's differences that go with a "
            "stand-in, times how well it tells the group; usual models of UCI Adult reach 0.44, models of a stand-in "
            "alone 0.65 and more."
        ),
    ),
    CheckDefault(
        check="bias.intersectional",
        function=f"{_CHECKS}.intersections.intersectional:intersectional",
        title="The worst intersection of protected attributes",
        fewest_protected=2,
        tasks=_EVERY,
        severity="warning",
        max=0.1,
        alpha=0.001,
        burden="breach",
        lower=0.0,
        side="max",
        by_slice=False,
        cost=1,
        about=(
            "Who fares most differently where protected attributes meet, such as older women of one origin? Everything "
            "that was looked at is counted against a finding; those who are too few to be judged alone are judged "
            "together."
        ),
    ),
)
