"""The words of a gate: evidence, criterion, verdict. Plain frozen data, no behaviour beyond shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = [
    "Burden",
    "Chart",
    "Criterion",
    "Estimate",
    "Evidence",
    "Finding",
    "Severity",
    "Table",
    "Verdict",
]


class Severity(StrEnum):
    """What a failing gate does: stop promotion, warn, or merely tell."""

    BLOCKING = "blocking"
    WARNING = "warning"
    INFO = "info"


class Verdict(StrEnum):
    """The seven states of a gate; never merged."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"
    NOT_RUN = "not_run"
    WAIVED = "waived"


class Burden(StrEnum):
    """Who has to prove what: `breach` must be proved to fail, `compliance` must be proved to pass."""

    BREACH = "breach"
    COMPLIANCE = "compliance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with what is needed to trust it.

    Attributes
    ----------
    metric : str
        Name of the measured quantity, e.g. ``roc_auc``.
    value : float or None
        Point estimate; None when it can't be computed (no positives, no rows).
    low, high : float or None
        The equal-tailed interval at `confidence`; may be infinite. None when there is no interval.
    confidence : float
        Level of the interval, in (0, 1).
    n : int
        Rows the estimate rests on (its denominator for a rate).
    clusters : int or None
        Number of independent clusters, when rows are clustered.
    method : str
        Name of the interval's method, as a reader of the field would look it up.
    resolution : float or None
        The smallest distance from a limit that would be noticed with 80 % power at this confidence, in the
        metric's unit. None lets the judge derive it from the interval's width.
    unproven : str
        Why the interval proves nothing (method outside its validated domain, zero width, too few clusters);
        empty when it may judge.
    n_needed : int or None
        Rows (or positives, as `unproven` says) that would bring the method into its domain.
    """

    metric: str
    value: float | None
    low: float | None
    high: float | None
    confidence: float
    n: int
    clusters: int | None = None
    method: str
    resolution: float | None = None
    unproven: str = ""
    n_needed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A limit that an estimate is judged by.

    Attributes
    ----------
    min, max : float or None
        The limit; exactly one of them, or both for a band; none where there is a margin.
    margin : float or None
        How much worse than the baseline the candidate may be; judges a difference that is positive where the
        candidate is better.
    confidence : float
        Level of the equal-tailed interval; each single limit is judged at ``(1 - confidence) / 2``.
    burden : Burden
        Which side must be proved.
    resolution : float or None
        A breach this large (metric's unit) must have been findable with 80 % power for a plug-in pass under
        `breach`. None: any resolution that the interval has is accepted and stated.
    reason : str
        Why this limit, in the user's words.
    """

    min: float | None = None
    max: float | None = None
    margin: float | None = None
    confidence: float = 0.95
    burden: Burden = Burden.BREACH
    resolution: float | None = None
    reason: str = ""

    @property
    def alpha(self) -> float:
        """Error probability of one limit."""
        return (1.0 - self.confidence) / 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One concrete problem: where, how bad, how sure, and how to see it again."""

    title: str
    slice: str | None = None
    n: int = 0
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    p_adjusted: float | None = None
    severity: Severity = Severity.INFO
    examples: tuple[Mapping[str, Any], ...] = ()
    reproduce: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A small table of evidence: plain values, one tuple a row; `private` columns quote entries of single rows."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    note: str = ""
    private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a chart shows, not how: the report decides how it is drawn.

    Attributes
    ----------
    name : str
        Unique within the gate.
    kind : str
        One of ``line`` (roc, precision-recall, ...), ``matrix`` (confusion), ``scatter``, ``histogram``, ``forest``,
        ``reliability``, ``beeswarm`` (contributions by column), ``waterfall`` (one decision), ``dependence`` (the score
        against one column).
    title, x, y : str
        Title and axis labels.
    reading : str
        One sentence that reads the chart to someone in a hurry.
    data : tuple of mapping
        Rows of plain values. ``line``: x, y, series. ``matrix``: row, column, count, share. ``scatter``: x, y, count
        (binned). ``histogram``: low, high, count. ``forest``: label, value, low, high, n.
        ``reliability``: x (promised), y (observed), low, high (of y), count. ``beeswarm`` (binned): label, x (centre of
        the bin), count, level (0 to 1, mean relative size of the column's values there; None for categories).
        ``waterfall``: label, value (what it adds, None in the first and the last row), start, end. ``dependence``,
        told apart by part: ``curve`` (x, y, low, high, ale or None), ``density`` (low, high, count), for categories
        ``level`` (label, y, low, high, count).
    reference : mapping
        Optional guides: ``diagonal`` (bool), ``zero`` (bool), ``limit`` (float; in a ``waterfall`` where decisions
        part).
    private : tuple of str
        Keys of `data` that quote entries of single rows.
    """

    name: str
    kind: str
    title: str
    x: str = ""
    y: str = ""
    reading: str = ""
    data: tuple[Mapping[str, Any], ...] = ()
    reference: Mapping[str, Any] = field(default_factory=dict)
    private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a check measured. It decides nothing.

    Attributes
    ----------
    estimate : Estimate or None
        The quantity that a criterion judges; None when the check doesn't apply.
    groups : mapping of str to Estimate
        Where several groups were looked at and each must hold: simultaneous estimates by group label. The judge
        then uses these and `estimate` names the worst one.
    baseline : Estimate or None
        The same quantity of the baseline on the same rows.
    findings, tables, charts : tuple
        Concrete problems and what the pages show.
    reading : str
        One sentence that reads the evidence, with its numbers.
    not_applicable : str
        Why the check doesn't apply here; empty when it does.
    searched : str
        Where `groups` are the places of a search: how many there were and what would have been found. A search is no
        proof of absence, so the gate fails where a place is proved to break the limit, and passes otherwise.
    looked_at : int
        How many places a search looked at, where `groups` holds only those that came nearest to the limit; 0: all of
        them are there.
    proved : str
        A plain fact (not a statistic) that makes the gate pass, e.g. that two models answer alike; empty otherwise.
    disproved : str
        A plain fact (not a statistic) that makes the gate fail whatever the interval says; empty otherwise.
    unseen : str
        What the user declared and could not be looked at, by name and why: a gate that would pass, or not apply, is
        left open; empty where everything was looked at.
    predicted_rows : int
        Rows whose predictions the check needed, cached or not.
    """

    estimate: Estimate | None = None
    groups: Mapping[str, Estimate] = field(default_factory=dict)
    baseline: Estimate | None = None
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    reading: str = ""
    not_applicable: str = ""
    searched: str = ""
    looked_at: int = 0
    proved: str = ""
    disproved: str = ""
    unseen: str = ""
    predicted_rows: int = 0
