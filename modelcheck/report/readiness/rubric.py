"""The 28 items of the ML Test Score as data: what each asks in our words, which gates show it, what else would."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COMING", "ITEMS", "MOST", "SECTIONS", "SOURCE", "Item", "meaning"]

SOURCE = (
    "Breck, E., Cai, S., Nielsen, E., Salib, M. and Sculley, D. (2017). The ML Test Score: A Rubric for ML Production "
    "Readiness and Technical Debt Reduction. IEEE International Conference on Big Data."
)
SECTIONS = {"data": "Data", "model": "Model", "infra": "Infrastructure", "monitor": "Monitoring"}
"""Sections in the order of the paper; each has seven items, so a section has at most 7 points."""
MOST = 7
"""Points of a section where everything is automated, and of the score."""

COMING: frozenset[str] = frozenset()
"""Gates that are announced and not in this version: they count as soon as a record holds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One test of the rubric.

    Attributes
    ----------
    id : str
        Section and number as in the paper (Data 1 is ``data.1``).
    title : str
        What holds where the item is met, in our words.
    gates : tuple of str
        Gates that show it, as ``suite::check`` with ``*`` for any letters; with a third part ``*`` only gates of a
        slice. Empty: a record can't show it.
    blocking : bool
        Whether only gates count that stop promotion when they fail.
    configure : str
        What makes such a gate run.
    limits : str
        What such a gate does not show.
    declare : str
        What to do and declare where no gate shows it.
    effort : int
        How much work that is the first time, from 1 (an afternoon) to 3 (weeks): our own estimate, for the order of
        advice only.
    """

    id: str
    title: str
    gates: tuple[str, ...] = ()
    blocking: bool = False
    configure: str = ""
    limits: str = ""
    declare: str
    effort: int

    @property
    def section(self) -> str:
        """Key of its section."""
        return self.id.partition(".")[0]

    @property
    def announced(self) -> bool:
        """Whether all gates that would show it are still to come."""
        return bool(self.gates) and COMING.issuperset(self.gates)


_PARITY = "deployment::parity"
_FAIR = (
    "demographic_parity_difference", "demographic_parity_ratio", "equal_opportunity_difference",
    "equalized_odds_difference", "predictive_parity_difference", "accuracy_difference", "conditional_parity_difference",
    "error_difference", "calibration_gap", "group_loss", "counterfactual", "intersectional",
)  # fmt: skip

ITEMS: tuple[Item, ...] = (
    Item(
        id="data.1",
        title="What each feature may hold is written down and checked",
        declare="Write types, ranges and categories of the features into a schema and check rows against it.",
        effort=2,
    ),
    Item(
        id="data.2",
        title="Every feature earns its place",
        gates=("explainability::irrelevant",),
        configure="Run the suite explainability with a reference; `canary` names columns known to be noise.",
        limits="A column that earns nothing and moves nothing passes; explainability::importance lists earnings.",
        declare="Leave out each group of features once and note what the model loses.",
        effort=2,
    ),
    Item(
        id="data.3",
        title="No feature costs more than it brings",
        declare="Note beside what each feature earns what it costs: time, memory, sources, upkeep.",
        effort=2,
    ),
    Item(
        id="data.4",
        title="Features keep to rules that stand above the model",
        gates=("explainability::forbidden",),
        configure='Declare forbidden = ["column"] under [dataset] and run the suite explainability.',
        limits="Only columns that are declared forbidden, and near-copies of them.",
        declare="Hold the list of features against your policy and note who did.",
        effort=1,
    ),
    Item(
        id="data.5",
        title="Personal data is guarded along the whole data pipeline",
        declare="Have the access to raw, intermediate and training data reviewed.",
        effort=2,
    ),
    Item(
        id="data.6",
        title="A new feature reaches production quickly",
        declare="Note how many days the last new feature took from the idea to production.",
        effort=1,
    ),
    Item(
        id="data.7",
        title="All code that makes features is tested",
        declare="Unit-test the code that makes features, in training and in serving.",
        effort=2,
    ),
    Item(
        id="model.1",
        title="Every change of the model's code and settings is reviewed and kept in version control",
        declare="Keep training code and settings in a repository whose changes somebody else approves.",
        effort=1,
    ),
    Item(
        id="model.2",
        title="Metrics on stored rows move with what users and business feel",
        declare="Set the metrics of past launches beside what they changed in use, or run a small experiment.",
        effort=3,
    ),
    Item(
        id="model.3",
        title="Hyperparameters were searched",
        declare="Search the hyperparameters and keep the log of the search.",
        effort=1,
    ),
    Item(
        id="model.4",
        title="What an ageing model loses is known",
        declare="Judge models of a week, a month and a quarter ago on today's rows.",
        effort=2,
    ),
    Item(
        id="model.5",
        title="A simpler model does not do as well",
        gates=("performance::better_than_trivial",),
        configure="Run the suite performance with a reference.",
        limits="The rivals are a constant and one split of one column; a linear model as [baseline] asks more.",
        declare="Train a linear model on few features and note how far behind it is.",
        effort=1,
    ),
    Item(
        id="model.6",
        title="Quality holds in every part of the data that matters",
        gates=(
            "performance::weak_slices",
            "performance::regression_by_slice",
            "performance::every_slice.*",
            "performance::*::*",
        ),
        configure='Run the suite performance; name parts under [slices] and give a gate slices."NAME".min.',
        declare="Measure the model in each part of the data that matters and note the figures.",
        effort=1,
    ),
    Item(
        id="model.7",
        title="The model was tested for treating groups of people unfairly",
        gates=tuple(f"bias::{name}" for name in _FAIR),
        configure='Declare protected = ["column"] under [dataset] and run the suite bias.',
        limits="Only groups by columns that are declared protected.",
        declare="Compare the model's errors and decisions between groups of people and note the figures.",
        effort=2,
    ),
    Item(
        id="infra.1",
        title="Training is reproducible",
        declare="Train twice from the same rows, code and seed, and note how far the answers differ.",
        effort=1,
    ),
    Item(
        id="infra.2",
        title="The code that specifies the model has unit tests",
        declare="Test that code without a whole training: a few steps lower the loss, a restart goes on.",
        effort=2,
    ),
    Item(
        id="infra.3",
        title="The whole pipeline is tested end to end",
        declare="Run the way from raw rows to a served answer on small data.",
        effort=3,
    ),
    Item(
        id="infra.4",
        title="Quality is judged before a model is served",
        gates=("performance::*",),
        blocking=True,
        configure="Run the suite performance with a reference or a [baseline], or give a metric a limit.",
        declare="Have somebody judge each model's quality before it is served, and keep the results.",
        effort=1,
    ),
    Item(
        id="infra.5",
        title="One answer can be taken apart to see how it came about",
        gates=("explainability::additivity",),
        configure="Run the suite explainability; `modelcheck explain --row N` then shows one decision.",
        limits="The parts of an answer by column, shown to add up; not the steps of the computation.",
        declare="Build or name the tool that shows how a version of the model answers one row.",
        effort=2,
    ),
    Item(
        id="infra.6",
        title="A model is tried in its serving environment before it takes all traffic",
        gates=(_PARITY,),
        configure='Declare [candidate] served = "http://..." (the server with the new model, before it takes traffic).',
        limits="The same rows through file and server; no share of live traffic.",
        declare="Send a new model a small share of the traffic first and note what was watched.",
        effort=2,
    ),
    Item(
        id="infra.7",
        title="A served model can be rolled back quickly and safely",
        declare="Go back to the former model once, as an exercise, and note how long it took.",
        effort=1,
    ),
    Item(
        id="monitor.1",
        title="The team hears of changes in what the model depends on",
        declare="Subscribe to the announcements of every source of data, and tell its owners that you use it.",
        effort=1,
    ),
    Item(
        id="monitor.2",
        title="What must hold for inputs is watched in training and in serving",
        declare="Check the rows of training and serving against the schema of data.1, with an alarm.",
        effort=2,
    ),
    Item(
        id="monitor.3",
        title="Features have the same values in training and in serving",
        gates=(_PARITY,),
        configure='Declare [candidate] served = "http://..." and take raw rows for [dataset].',
        limits="Equal answers to equal raw rows, not each feature's value.",
        declare="Keep some served feature values, make them again as training does, and compare.",
        effort=2,
    ),
    Item(
        id="monitor.4",
        title="No model in use is too old",
        declare="Watch the age of the model in use, with an alarm at the age that model.4 suggests.",
        effort=1,
    ),
    Item(
        id="monitor.5",
        title="Numbers stay finite and plausible",
        gates=("robustness::nonfinite",),
        configure="Run the suite robustness.",
        limits="The model's answers, also to changed rows; not its training.",
        declare="Watch training and serving for values that are not finite or out of bounds.",
        effort=1,
    ),
    Item(
        id="monitor.6",
        title="Speed and memory in training and serving have not got worse",
        gates=("deployment::latency", "deployment::latency_ratio", "deployment::memory"),
        configure="Name deployment under `suites` with a [baseline], or give latency and memory limits.",
        limits="Answering only, on the machine of the run; not training.",
        declare="Note speed and memory of each version in training and serving, and compare.",
        effort=1,
    ),
    Item(
        id="monitor.7",
        title="Quality on served rows has not got worse",
        declare="Run the gates on freshly labelled rows of what was served, and declare that job: a record can't tell "
        "that its rows were served.",
        effort=2,
    ),
)

_MEANINGS = (
    (0.0, "a research project rather than a system in production"),
    (1.0, "not wholly untested, but serious holes in reliability are possible"),
    (2.0, "a first pass at production; more investment may be needed"),
    (3.0, "reasonably tested; more of it could be automated"),
    (5.0, "strongly tested and monitored by machines, fit for what is critical"),
)


def meaning(score: float) -> str:
    """Return what a score stands for, by the ranges of the paper's table in our words.

    Parameters
    ----------
    score : float
        From 0 to 7. The ranges are 0; over 0 to 1; over 1 to 2; over 2 to 3; over 3 to 5; over 5.

    Examples
    --------
    >>> meaning(0.0), meaning(1.0) == meaning(0.5), meaning(5.5)
    ('a research project rather than a system in production', True, 'exceptionally tested and monitored by machines')
    """
    for most, words in _MEANINGS:
        if score <= most:
            return words
    return "exceptionally tested and monitored by machines"
