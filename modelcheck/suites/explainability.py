"""The explainability suite: which checks, with which default limits, and what they ask in words about reasons."""

from __future__ import annotations

from typing import Any

from modelcheck.suites.catalog import CheckDefault

__all__ = ["CHECKS"]

_EVERY = ("binary", "multiclass", "regression")
_SCORED = ("binary", "regression")
_CHECKS = "modelcheck.checks.explainability"
_BREACH = 0.05  # over what is allowed: what must have been findable for a pass without proof


def _check(name: str, title: str, about: str, **more: Any) -> CheckDefault:
    """Give a check of the suite its line: about the whole dataset, after everything else."""
    settings: dict[str, Any] = {"tasks": _EVERY, "lower": 0.0, "side": "max", "cost": 8, "by_slice": False} | more
    return CheckDefault(
        check=f"explainability.{name}",
        function=f"{_CHECKS}.{name}:{name}",
        title=title,
        about=about,
        **settings,
    )


CHECKS: tuple[CheckDefault, ...] = (
    _check(
        "importance",
        "What drives the answers",
        "How much of what moves the answers is each column, which way does it work, and does the candidate earn "
        "anything by it?",
        upper=1.0,
    ),
    # What a healthy model can't show blocks: explanations that don't add up to the answers, more reliance on a column
    # that says nothing than on the best one, declared columns that move scores where or as they must not.
    _check(
        "additivity",
        "Explanations add up to the answers",
        "Are the parts together what the candidate really answered? They aren't where it answers the same rows "
        "otherwise when it is asked again.",
        severity="blocking",
        max=0.0,
        upper=1.0,
        burden="breach",
    ),
    _check(
        "forbidden",
        "No reliance on forbidden columns",
        "Do the columns that you forbid, or near-copies of them, move the answers, by over 0.05 of all that moves "
        "them?",
        severity="blocking",
        max=0.05,
        alpha=0.002,
        upper=1.0,
        resolution=_BREACH,
        on_request=True,
        asked_by="forbidden",
        declared_by=("forbidden",),
    ),
    _check(
        "direction",
        "Scores follow the declared signs",
        "Where you say that a score rises (or falls) with a column: does it, for over 95 of 100 rows?",
        tasks=_SCORED,
        severity="blocking",
        max=0.05,
        alpha=0.002,
        upper=1.0,
        resolution=_BREACH,
        on_request=True,
        asked_by="direction",
        declared_by=("monotonic", "signs"),
    ),
    _check(
        "irrelevant",
        "What says nothing moves little",
        "Does a column that says next to nothing about the truth, or one that you know to be noise, move the answers "
        "more than the column that the candidate earns most by?",
        severity="blocking",
        max=0.0,
        alpha=0.002,
        lower=-1.0,
        upper=1.0,
        default_burden="breach",
        declared_by=("canary",),
        given_by=("canary",),
    ),
    _check(
        "dominance",
        "No column carries everything",
        "Does one column move the answers with over 0.8 of all that moves them, and does it alone as well as the "
        "candidate, and tell over half of the truth? That is what a leak looks like; a simple rule looks the same.",
        severity="warning",
        max=0.8,
        alpha=0.0005,
        upper=1.0,
        default_burden="breach",
    ),
    _check(
        "shift",
        "Reasons that paid still pay",
        "Did a column that earned much in the reference lose over 0.25 of its part in what columns earn? What told the "
        "truth only there is a shortcut.",
        severity="warning",
        max=0.25,
        alpha=0.0005,
        lower=-1.0,
        upper=1.0,
        default_burden="breach",
    ),
    _check(
        "shift_from_baseline",
        "Other reasons than the baseline's",
        "Does the candidate decide by other columns than the model in use now? It may: better models have better "
        "reasons.",
        upper=1.0,
        needs_baseline=True,
    ),
    _check(
        "stability",
        "The same reasons for nearly the same row",
        "Does the order of columns stay when numbers are a hundredth of their spread off, when other rows are drawn, "
        "or "
        "when other rows are the background?",
        side="min",
        lower=-1.0,
        upper=1.0,
    ),
    _check(
        "faithfulness",
        "The columns named first move the answer",
        "When columns are changed in the order that explanations give, does the score move sooner than in random "
        "order?",
        tasks=_SCORED,
        side="min",
        lower=float("-inf"),
    ),
    _check(
        "dependence",
        "How the score follows the columns",
        "What happens to the score over the values of each of the most important columns?",
        judged=False,
    ),
    _check(
        "interactions",
        "Columns that act together",
        "Which columns' effects depend on each other?",
        judged=False,
    ),
    _check(
        "examples",
        "Single decisions explained",
        "Why were these rows answered as they were, what would change that, and who is like them?",
        judged=False,
        cost=9,
    ),
)
