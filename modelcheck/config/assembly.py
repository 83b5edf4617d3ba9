"""One configuration file's table made into a `Config`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from modelcheck.config.costs import read_cost
from modelcheck.config.dataset_tables import read_dataset, read_reference
from modelcheck.config.fields import Fields
from modelcheck.config.gates import read_gates
from modelcheck.config.known_checks import CheckLike
from modelcheck.config.locations import check_folder
from modelcheck.config.model_tables import read_baseline, read_candidate
from modelcheck.config.readiness import read_readiness
from modelcheck.config.report_table import read_report
from modelcheck.config.slices import read_slices
from modelcheck.config.source import Source
from modelcheck.config.tables import (
    BUDGET,
    PROFILES,
    CandidateTable,
    Config,
    DatasetTable,
    ModelTable,
    ReportTable,
    WorkerTable,
)
from modelcheck.config.toml_text import toml_value
from modelcheck.config.waivers import read_waivers
from modelcheck.config.words import VALUE_SYNONYMS, did_you_mean, listed
from modelcheck.config.worker_table import read_worker
from modelcheck.errors import Mistake

__all__ = ["SUITES", "assemble", "available_suites", "suite_problem"]

# Every name the design gives; which of them have checks follows from the checks handed in.
SUITES = ("performance", "bias", "robustness", "explainability", "data", "deployment", "security", "text", "llm")

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_LONGEST_NAME = 100
_DEFAULT_CHECK_PATH = "checks"


def available_suites(checks: Sequence[CheckLike]) -> tuple[str, ...]:
    """Return the suites that have a check, in the design's order, unknown ones last."""
    present = {check.suite: None for check in checks}
    return (*(suite for suite in SUITES if suite in present), *(suite for suite in present if suite not in SUITES))


def suite_problem(suite: str, available: Sequence[str]) -> tuple[str, str]:
    """Return what is wrong with a suite's name and a hint; two empty texts when nothing is."""
    if suite in available:
        return "", ""
    if suite in SUITES:
        return f"{toml_value(suite)} has no checks in this version.", f"Available: {listed(available)}."
    return f"{toml_value(suite[:80])} is no suite; available: {listed(available)}.", did_you_mean(
        suite, available, VALUE_SYNONYMS
    )


def assemble(source: Source, *, checks: Sequence[CheckLike], mistakes: list[Mistake]) -> Config:
    """Make one file's table into a `Config`.

    Parameters
    ----------
    source : Source
        A file that describes one model.
    checks : sequence of CheckLike
        Every check that exists.
    mistakes : list of Mistake
        Where mistakes are added.

    Returns
    -------
    Config
        Only meaningful when no mistake was added.
    """
    fields = Fields(source.values, file=source.label, section=source.section, mistakes=mistakes)
    folder = source.file.parent
    by_name = {check.check: check for check in checks}
    name = _read_name(fields, source)
    profile = fields.text("profile", choices=PROFILES) or "ci"
    seed = _read_seed(fields)
    budget = _read_budget(fields)
    suites = _read_suites(fields, available_suites(checks))
    check_paths = _read_check_paths(fields, folder)
    readiness = read_readiness(fields, folder)

    first = fields.table("candidate", required="the model under test.")
    candidate = read_candidate(first, folder) if first is not None else CandidateTable()
    second = fields.table("baseline")
    baseline = read_baseline(second, folder) if second is not None else None
    inner = fields.table("dataset", required="the labelled evaluation rows.")
    dataset = DatasetTable(path="", target="")
    if inner is not None:
        dataset = read_dataset(inner, folder, task=candidate.task)
    for table, model in ((first, candidate), (second, baseline)):
        if table is not None:
            _check_score(table, model, dataset)
    inner = fields.table("reference")
    reference = read_reference(inner, folder) if inner is not None else None

    inner = fields.table("report")
    report = read_report(inner) if inner is not None else ReportTable()
    inner = fields.table("worker")
    worker = read_worker(inner) if inner is not None else WorkerTable()
    inner = fields.table("cost")
    cost = read_cost(inner, task=candidate.task) if inner is not None else None
    inner = fields.table("slices")
    slices = read_slices(inner, taken=dataset.protected_names) if inner is not None else {}
    names = (*dataset.protected_names, *slices)
    inner = fields.table("gates")
    gates = {}
    if inner is not None:
        known = {"slices": names, "protected": dataset.protected_names}
        gates = read_gates(inner, checks=by_name, task=candidate.task, suites=suites, **known)
    waivers = read_waivers(fields, checks=by_name, task=candidate.task, suites=suites, slices=names)
    advice = {"tool": "In this file tables stand without the tool.modelcheck prefix."} if not source.prefix else {}
    fields.close(advice=advice)
    return Config(
        name=name,
        file=source.file,
        label=source.label,
        prefix=source.prefix,
        profile=profile,
        seed=seed,
        suites=suites,
        suites_named=fields.has("suites"),
        check_paths=check_paths,
        candidate=candidate,
        baseline=baseline,
        dataset=dataset,
        reference=reference,
        cost=cost,
        slices=slices,
        gates=gates,
        waivers=waivers,
        budget=budget,
        report=report,
        worker=worker,
        readiness=readiness,
    )


def _read_name(fields: Fields, source: Source) -> str:
    name = fields.text("name")
    if name is None:
        made = re.sub(r"[^A-Za-z0-9._-]+", "-", source.default_name).strip(".-")[:_LONGEST_NAME]
        return made or "model"
    # The name becomes a folder of the reports, so it must stay one step below it.
    if not _NAME.fullmatch(name) or not name.strip(".") or len(name) > _LONGEST_NAME:
        made = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:_LONGEST_NAME]
        fields.wrong(
            "name",
            f"must be made of letters A to Z, digits and . _ - only, at most {_LONGEST_NAME}, and not only dots.",
            f"Write for example name = {toml_value(made)}" if made else "",
        )
    return name


def _read_seed(fields: Fields) -> int:
    if not fields.has("seed"):
        return 0
    value = fields.values["seed"]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        fields.wrong("seed", "must be a whole number from 0 to 9223372036854775807.")
        return 0
    return value


def _read_budget(fields: Fields) -> int:
    if not fields.has("budget"):
        return BUDGET
    value = fields.values["budget"]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        fields.wrong(
            "budget",
            "must be a whole number of rows: how many changed rows may be predicted in a run, beside the dataset.",
            f"The default is {BUDGET}.",
        )
        return BUDGET
    return value


def _read_suites(fields: Fields, available: Sequence[str]) -> tuple[str, ...]:
    if not fields.has("suites"):
        return tuple(available)
    suites = fields.texts("suites")
    if fields.values["suites"] == []:
        fields.wrong("suites", f"is empty, so nothing would run; available: {listed(available)}.")
    for suite in suites:
        problem, hint = suite_problem(suite, available)
        if problem:
            fields.wrong("suites", problem, hint)
    return suites or tuple(available)


def _read_check_paths(fields: Fields, folder: Path) -> tuple[str, ...]:
    if not fields.has("check_paths"):
        return (_DEFAULT_CHECK_PATH,)
    paths = fields.texts("check_paths")
    for path in paths:
        check_folder(fields, "check_paths", path, folder, must_exist=path != _DEFAULT_CHECK_PATH)
    return paths


def _check_score(fields: Fields, model: ModelTable | None, dataset: DatasetTable) -> None:
    if model is not None and model.score is not None and model.score == dataset.target:
        fields.wrong("score", "is the target; the truth would be compared with itself.")
