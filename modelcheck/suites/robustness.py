"""The robustness suite: which checks, with which default limits, and what they ask in words about input."""

from __future__ import annotations

from typing import Any

from modelcheck.suites.catalog import CheckDefault

__all__ = ["CHECKS"]

_CLASSES = ("binary", "multiclass")
_EVERY = ("binary", "multiclass", "regression")
_SCORED = ("binary", "regression")
_CHECKS = "modelcheck.checks.robustness"
_NO_MORE = (
    "Warned of where the loss grows by over 0.03 more than by an entry of another row: an entry that says nothing "
    "needs "
    "do no more harm than a wrong one."
)


def _check(name: str, title: str, about: str, *, module: str = "", **more: Any) -> CheckDefault:
    """Give a check of the suite its line: about the whole dataset, after what needs no further prediction."""
    settings: dict[str, Any] = {"tasks": _EVERY, "lower": 0.0, "side": "max", "cost": 6, "by_slice": False} | more
    return CheckDefault(
        check=f"robustness.{name}",
        function=f"{_CHECKS}.{module or name}:{name}",
        title=title,
        about=about,
        **settings,
    )


CHECKS: tuple[CheckDefault, ...] = (
    _check(
        "plan",
        "What will be asked about changed rows",
        "How many changed rows will be predicted, for whom or what each change stands, and what the budget leaves out.",
        judged=False,
        cost=4,
    ),
    _check(
        "flip_rate",
        "Decisions that flip when input is dirty",
        "For each way in which rows get dirty, and each column: how many decisions change? Near the boundary they may.",
        module="flips",
        tasks=_CLASSES,
        upper=1.0,
    ),
    _check(
        "score_shift",
        "Scores that move when input is dirty",
        "The same for scores, measured by how far apart the scores of two different rows are on average.",
        module="flips",
    ),
    # What a healthy model can't show blocks: exceptions and invalid answers on plausible input, answers that hang on
    # order or chance, steps against a declared direction, more loss under a little noise than another model has.
    _check(
        "determinism",
        "The same answer to the same rows",
        "Does a row get the same answer when it is asked about again?",
        severity="blocking",
        max=0.0,
        upper=1.0,
        burden="breach",
    ),
    _check(
        "crash",
        "No exception on plausible input",
        "Does the model survive every row that could come, going by the reference: other values of the same range, "
        "other categories that occur, missing values where there are some?",
        module="failures",
        severity="blocking",
        max=0.0,
        upper=1.0,
        burden="breach",
    ),
    _check(
        "nonfinite",
        "A valid answer to plausible input",
        "Is every answer to such rows a prediction: finite, a probability, a known label?",
        module="failures",
        severity="blocking",
        max=0.0,
        upper=1.0,
        burden="breach",
    ),
    _check(
        "invariance",
        "What must not matter doesn't",
        "The same rows in another order, in other batches, with columns in another order: does anybody get another "
        "answer? And do columns that you call forbidden move scores, by over 0.05 of the distance between two rows?",
        severity="blocking",
        max=0.05,
        alpha=0.001,
        default_burden="breach",
    ),
    _check(
        "direction",
        "Scores move in the declared direction",
        "Where you say that a score must only rise (or fall) with a column: does it, over the whole range, for every "
        "row?",
        tasks=_SCORED,
        severity="blocking",
        max=0.0,
        upper=1.0,
        burden="breach",
        on_request=True,
        asked_by="monotonic",
        declared_by=("monotonic",),
    ),
    _check(
        "noise",
        "Loss under a little noise",
        "When numbers are a little off (a tenth of their spread), does the model lose more than 0.03, and more than "
        "another model loses on the same rows? That decisions near the boundary flip is no harm by itself.",
        severity="blocking",
        max=0.03,
        alpha=0.0025,
        default_burden="breach",
    ),
    _check(
        "regression",
        "Fragility against the baseline",
        "Does the candidate lose more under noise than the model in use now does?",
        module="severity",
        severity="blocking",
        compares=True,
        needs_baseline=True,
        margin=0.03,
        alpha=0.0025,
        default_burden="breach",
        upper=1.0,
        side="",
    ),
    _check(
        "missing",
        "Loss when a column is missing",
        f"When a column doesn't arrive, does the model make the best of the others? {_NO_MORE}",
        module="no_information",
        severity="warning",
        max=0.03,
        alpha=0.00025,
        default_burden="breach",
    ),
    _check(
        "unseen_category",
        "Loss by a category never seen",
        f"When an entry is new to the model, does it make the best of the others? {_NO_MORE}",
        module="no_information",
        severity="warning",
        max=0.03,
        alpha=0.00025,
        default_burden="breach",
    ),
    _check(
        "whitespace_and_case",
        "Loss by white space and case",
        f'Is " Private " the same to the model as "Private"? {_NO_MORE}',
        module="no_information",
        severity="warning",
        max=0.03,
        alpha=0.00025,
        default_burden="breach",
    ),
    _check(
        "units",
        "Jumps by unit errors",
        "When an amount comes in cents or a weight in pounds, does the score jump, in over one row in ten? That it "
        "moves "
        "on smoothly is no defect.",
        tasks=_SCORED,
        severity="warning",
        max=0.1,
        alpha=0.00025,
        upper=1.0,
        default_burden="breach",
    ),
    _check(
        "zeros",
        "0 is taken for the number 0",
        "Where 0 is a value among others: does the model read it as less than the next one, or as something else, "
        "such as a "
        "missing value, in over one row in ten, and is it wrong about rows that hold 0?",
        tasks=_SCORED,
        severity="warning",
        max=0.1,
        alpha=0.00025,
        upper=1.0,
        default_burden="breach",
    ),
    _check(
        "severity_curve",
        "The metric against the severity of noise",
        "How much is left as input gets worse, beside the baseline?",
        module="severity",
        side="min",
        lower=float("-inf"),
        upper=1.0,
    ),
    _check(
        "minimal_flip",
        "The smallest change that flips a decision",
        "How little does it take, of one entry and within what occurs, to get another decision?",
        tasks=_CLASSES,
        upper=1.0,
    ),
    _check(
        "falsify",
        "Search for a row that breaks the model",
        "Can any row and any plausible change of it be found that makes the model fail, answer nonsense, or break what "
        "you declare? What is found is made as small as possible, kept, and asked about first in the next run.",
        severity="blocking",
        max=0.0,
        upper=1.0,
        burden="breach",
        cost=7,
    ),
)
