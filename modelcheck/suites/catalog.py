"""What a suite consists of, as data: light enough to import while a configuration is validated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["BUDGET_PARTS", "CheckDefault", "all_checks", "find_check"]

BUDGET_PARTS = {"robustness": 0.6, "explainability": 0.4}
"""How much of the run's budget of changed rows belongs to a suite, whichever others run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDefault:
    """One line of defaults for one check.

    Attributes
    ----------
    check : str
        ``suite.check``, the configuration key.
    function : str
        ``package.module:function``; imported when the gate runs.
    title : str
        What a reader of the table sees.
    tasks : tuple of str
        Tasks it belongs to.
    severity : str
        Severity without a user's limit: ``blocking``, ``warning`` or ``info``.
    min, max : float or None
        Default limit; none means that the check informs.
    compares : bool
        Whether it compares the candidate with the baseline: such a check takes a margin instead of a limit.
    margin : float or None
        Default margin of a check that compares.
    on_request : bool
        Whether it is planned only where the configuration asks for it: by a gate of its name, or by `asked_by`.
    asked_by : str
        What else asks for it: ``served`` or ``onnx`` (another copy of the candidate),
        ``cost`` (a table of costs), ``interval`` (a level of prediction intervals),
        ``control``, ``monotonic`` or ``forbidden`` (columns under ``[dataset]``), ``direction`` (``monotonic`` or
        ``signs``), ``suite`` (``suites`` names the check's own suite).
    declared_by : tuple of str
        Keys under ``[dataset]`` whose columns the user declares for it to look at: where it can't, it stays open.
    given_by : tuple of str
        Those of them whose columns the candidate has to be given for anything to be found out.
    alpha : float
        Its fixed share of the run's error budget (0 for information).
    burden : str or None
        A burden of proof that holds in every profile; None: the profile's.
    default_burden : str or None
        The same for the default limit only: one that the user declares has the profile's.
    resolution : float or None
        The breach that must have been findable for a pass without proof, in the metric's unit; None: a tenth for
        quantities in [0, 1], a fifth of the limit for others.
    by_attribute : bool
        Whether there is a gate for each protected attribute, and none for the dataset as a whole. They share `alpha`.
    fewest_protected : int
        How many protected columns have to be declared for it to be planned.
    judged : bool
        Whether a limit has a meaning; False for what only describes.
    about : str
        What is asked, in words about people, and where the default limit comes from: for the report's glossary.
    lower, upper : float
        Range of values that a limit or margin may have.
    side : str
        The only limit that has a meaning, ``min`` or ``max``; empty: both.
    by_slice : bool
        Whether a limit may be given for a slice.
    cost : int
        Order of running: cheap first. 0 counts what the pass made, 1 sorts, 2 fits a small model, 5 predicts again.
        What is below 0 is told before all others.
    needs_reference : bool
        Whether the check looks at the reference (which is then scored too).
    needs_baseline : bool
        Whether the check can't do without the baseline; the others only show it beside the candidate.
    needs_rows : bool
        Whether it looks at scored rows. A check that doesn't runs although the models can't be loaded or the table
        can't be read, and is given a `modelcheck.checks.file_context.FileContext`, from which it may ask for more.
    looks_back : bool
        Whether it runs after all others, wherever it is listed: it looks at what the run left.
    """

    check: str
    function: str
    title: str
    tasks: tuple[str, ...]
    severity: str = "info"
    min: float | None = None
    max: float | None = None
    compares: bool = False
    margin: float | None = None
    on_request: bool = False
    asked_by: str = ""
    declared_by: tuple[str, ...] = ()
    given_by: tuple[str, ...] = ()
    alpha: float = 0.0
    burden: str | None = None
    default_burden: str | None = None
    resolution: float | None = None
    by_attribute: bool = False
    fewest_protected: int = 0
    judged: bool = True
    about: str = ""
    lower: float = float("-inf")
    upper: float = float("inf")
    side: str = ""
    by_slice: bool = True
    cost: int = 0
    needs_reference: bool = False
    needs_baseline: bool = False
    needs_rows: bool = True
    looks_back: bool = False

    @property
    def suite(self) -> str:
        """Name of the suite."""
        return self.check.partition(".")[0]

    @property
    def name(self) -> str:
        """Name of the check within its suite."""
        return self.check.partition(".")[2]


def all_checks() -> Sequence[CheckDefault]:
    """Return the defaults of every built-in check, suite by suite."""
    from modelcheck.suites import bias, deployment, explainability, performance, robustness, security

    return (
        *performance.CHECKS,
        *bias.CHECKS,
        *robustness.CHECKS,
        *explainability.CHECKS,
        *deployment.CHECKS,
        *security.CHECKS,
    )


def find_check(check: str) -> CheckDefault | None:
    """Return the defaults of ``suite.check``, or None when there is no such check."""
    return next((item for item in all_checks() if item.check == check), None)
