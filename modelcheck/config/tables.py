"""The configuration as frozen data: one class per TOML table. Nothing here reads a file."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelcheck.config.subjects import (
    ISOLATION,
    MOST_RETRAINED,
    OUTPUTS,
    PROTOCOLS,
    ROW_FORMS,
    BaselineTable,
    CandidateTable,
    HttpTable,
    ModelTable,
    TrustEntry,
    WorkerTable,
)

__all__ = [
    "BUDGET",
    "ISOLATION",
    "MOST_RETRAINED",
    "OUTPUTS",
    "PROFILES",
    "PROTOCOLS",
    "ROW_FORMS",
    "SEVERITIES",
    "TASKS",
    "BaselineTable",
    "CandidateTable",
    "Config",
    "CostTable",
    "DatasetTable",
    "DeclarationTable",
    "GateTable",
    "HttpTable",
    "Limit",
    "ModelTable",
    "ReportTable",
    "TrustEntry",
    "WaiverTable",
    "WorkerTable",
]

TASKS = ("binary", "multiclass", "regression")
PROFILES = ("dev", "ci", "release")
SEVERITIES = ("blocking", "warning", "info")
BUDGET = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTable:
    """``[cost]``: what a wrong decision costs, in any one unit; right decisions cost nothing.

    Attributes
    ----------
    fp, fn : float
        Cost of a false positive and of a false negative; not negative, one of them above 0.
    """

    fp: float = 1.0
    fn: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """``[report]``: what records and pages may say.

    Attributes
    ----------
    examples : str or None
        What they do with entries of single rows: ``show``, ``hash`` or ``off``; None: see `Config.row_entries`.
    """

    examples: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetTable:
    """``[dataset]``: labelled evaluation rows. ``[reference]`` has `path` only and shares the rest.

    Attributes
    ----------
    path : str
        File, folder, glob, or ``package.module:function``.
    target : str
        Column with the truth.
    positive : scalar or None
        The table's label of the positive class.
    labels : mapping
        Table label (as text) to model label.
    protected : tuple of tuple of str
        Each entry is one attribute or an intersection of several.
    forbidden, categorical, drop : tuple of str
        Columns.
    monotonic : mapping of str to str
        Column to ``increasing`` or ``decreasing``: the score must never move the other way.
    signs : mapping of str to str
        The same words, asked less strictly: from one end of the column's range to the other.
    canary : tuple of str
        Columns that are known to say nothing, such as random numbers: nothing real may matter less.
    bands : mapping of str to tuple of float
        Cut points that turn a numeric protected or control column into groups: ``age = [25, 45]`` gives three.
    control : tuple of str
        Columns that may legitimately make a difference: parity is also measured among rows that are alike in them.
    follows : mapping of str to str
        Column to the protected column that it follows: it changes with it where a counterfactual is asked for.
    unchangeable : tuple of str
        Columns that nobody can change, such as age: what would change a decision never offers them.
    descriptions : mapping of str to str
        Column to what it holds, in plain words, for readers of the pages.
    answers : mapping of str to str
        Answer (as text) to what it means, in plain words.
    cluster, weight, key, time : str or None
        Columns with a role of their own.
    """

    path: str
    target: str
    positive: Any = None
    labels: Mapping[str, Any] = field(default_factory=dict)
    protected: tuple[tuple[str, ...], ...] = ()
    forbidden: tuple[str, ...] = ()
    monotonic: Mapping[str, str] = field(default_factory=dict)
    signs: Mapping[str, str] = field(default_factory=dict)
    canary: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    bands: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    control: tuple[str, ...] = ()
    follows: Mapping[str, str] = field(default_factory=dict)
    unchangeable: tuple[str, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    cluster: str | None = None
    weight: str | None = None
    key: str | None = None
    time: str | None = None
    drop: tuple[str, ...] = ()

    @property
    def protected_names(self) -> tuple[str, ...]:
        """Names of the protected attributes as gates and records spell them, e.g. ``sex*race``."""
        return tuple("*".join(columns) for columns in self.protected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a gate is judged by, as the user wrote it; None means silent."""

    min: float | None = None
    max: float | None = None
    margin: float | None = None
    severity: str | None = None
    confidence: float | None = None
    resolution: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateTable:
    """``[gates."suite.check"]``: a limit for the whole dataset and limits by slice."""

    check: str
    limit: Limit
    slices: Mapping[str, Limit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverTable:
    """``[[waivers]]``: a gate accepted although it fails, until a date."""

    gate: str
    reason: str
    owner: str
    expires: datetime.date


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationTable:
    """``[[items]]`` of a readiness.toml: an item of the ML Test Score that is met outside of modelcheck."""

    id: str
    how: str
    evidence: str
    owner: str
    date: datetime.date
    expires: datetime.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One model's gates.

    Attributes
    ----------
    name : str
        ``[A-Za-z0-9._-]+``, unique in a run.
    file : Path
        The file it came from (absolute).
    label : str
        `file` relative to the root directory with ``/``, as node ids spell it.
    prefix : str
        ``tool.modelcheck.`` in a pyproject.toml, else empty: what to put before a table's name in hints.
    candidate, baseline, dataset, reference : tables
        `baseline` and `reference` (a path) may be None.
    baseline_use : str
        ``compare``, ``accept``, ``force`` (accept in spite of everything) or ``ignore``, from the command line; no key
        of a file.
    cost : CostTable or None
        What wrong decisions cost; None when silent.
    slices : mapping of str to str
        Name to condition, e.g. ``{"65+": "age >= 65"}``.
    suites_named : bool
        Whether the user named the suites: what takes the time of answers runs only then, or where a gate asks for it.
    gates : mapping of str to GateTable
        Key ``suite.check``.
    budget : int
        How many changed rows may be predicted in a run, beside the dataset and the reference.
    report : ReportTable
        What records and pages may say.
    worker : WorkerTable
        What the processes of model files may use up.
    readiness : tuple of DeclarationTable or None
        What the file that the key names declares of the ML Test Score; None when the key is silent.
    keeps : bool
        Whether files lie beside the configuration: False for a scan without one.
    """

    name: str
    file: Path
    label: str
    prefix: str = ""
    profile: str = "ci"
    seed: int = 0
    suites: tuple[str, ...] = ("performance",)
    suites_named: bool = False
    check_paths: tuple[str, ...] = ("checks",)
    candidate: CandidateTable
    baseline: BaselineTable | None = None
    dataset: DatasetTable
    baseline_use: str = "compare"
    reference: str | None = None
    cost: CostTable | None = None
    slices: Mapping[str, str] = field(default_factory=dict)
    gates: Mapping[str, GateTable] = field(default_factory=dict)
    waivers: tuple[WaiverTable, ...] = ()
    budget: int = BUDGET
    report: ReportTable = ReportTable()
    worker: WorkerTable = field(default_factory=WorkerTable)
    readiness: tuple[DeclarationTable, ...] | None = None
    keeps: bool = True

    @property
    def folder(self) -> Path:
        """Folder of the configuration; paths in it are relative to this."""
        return self.file.parent

    @property
    def accepts(self) -> bool:
        """Whether the candidate is to become the stored baseline."""
        return self.baseline_use in ("accept", "force")

    @property
    def row_entries(self) -> str:
        """What is done with entries of single rows: what is declared, else shown at a desk and hashed elsewhere."""
        at_a_desk = self.profile == "dev" or not self.keeps
        return self.report.examples or ("show" if at_a_desk else "hash")

    @property
    def history(self) -> Path:
        """Folder of what earlier runs of this model left: the accepted baseline and the ledger of looks."""
        return self.folder / ".modelcheck" / self.name

    @property
    def examples(self) -> Path | None:
        """Folder of the counterexamples that were found: they are asked about first in the next run."""
        return self.folder / ".modelcheck" / "examples" / self.name if self.keeps else None

    @property
    def baseline_store(self) -> Path:
        """Folder of the accepted baseline."""
        own = None if self.baseline is None else self.baseline.store
        return self.history / "baseline" if own is None else self.folder / own

    @property
    def score_columns(self) -> tuple[str, ...]:
        """Columns of the table that hold predictions; they are never features."""
        names = [self.candidate.score, self.candidate.lower, self.candidate.upper]
        if self.baseline is not None:
            names.append(self.baseline.score)
        return tuple(name for name in names if name is not None)
