"""The deployment suite: which checks, with which default limits, and what they ask about life outside of the run."""

from __future__ import annotations

from typing import Any

from modelcheck.suites.catalog import CheckDefault

__all__ = ["CHECKS"]

_EVERY = ("binary", "multiclass", "regression")
_CHECKS = "modelcheck.checks.deployment"
_ROUNDING = "Scores may lie 1e-5 apart: sums are rounded otherwise where batches or threads differ."


def _check(name: str, title: str, about: str, *, module: str = "", **more: Any) -> CheckDefault:
    """Give a check of the suite its line: about the whole dataset, judged by a largest value."""
    settings: dict[str, Any] = {"tasks": _EVERY, "lower": 0.0, "side": "max", "cost": 4, "by_slice": False} | more
    return CheckDefault(
        check=f"deployment.{name}",
        function=f"{_CHECKS}.{module or name}:{name}",
        title=title,
        about=about,
        **settings,
    )


def _same_answers(name: str, title: str, about: str, **more: Any) -> CheckDefault:
    """Give a check its line that holds answers to the same rows against each other: not one may differ."""
    settings: dict[str, Any] = {"severity": "blocking", "max": 0.0, "upper": 1.0, "burden": "breach"} | more
    return _check(name, title, f"{about} {_ROUNDING}", **settings)


# No healthy model answers a row otherwise because of the process, the batch or the copy that is asked, so a single row
# blocks, without any error to share out. What hangs on how the model is served (threads), on what a request gets wrong,
# or on versions that often do no harm, warns or is told. What takes time on a clock runs only where it is asked for.
CHECKS: tuple[CheckDefault, ...] = (
    _check(
        "environment",
        "The libraries that the model was made with",
        "Are the libraries here those that the model's file and its requirements ask for? Blocks at another major "
        "version and at a library that is missing: 0 allows no difference, 1 patches, 2 minor versions, 3 major ones.",
        severity="blocking",
        max=2.0,
        upper=4.0,
        burden="breach",
        cost=0,
    ),
    _check(
        "size", "Size of the model's file", "How many MB does the file have? A limit is in MB (10^6 bytes).", cost=0
    ),
    _same_answers(
        "determinism",
        "The same answer in every process",
        "Do 1,000 rows get the same answers again: here, in a new process, in new interpreters with other hashes, with "
        "1 thread and with all cores?",
    ),
    _same_answers(
        "batch_invariance",
        "The same answer in every batch",
        "Does a row's answer hang on how many rows are asked about with it? From single rows to 1,000, shuffled and "
        "backwards.",
    ),
    _same_answers(
        "roundtrip",
        "The file gives the model back",
        "Loaded in new processes, saved again and loaded once more: does the model answer as before?",
        cost=5,
    ),
    _same_answers(
        "thread_safety",
        "The same answer to several threads",
        "Do four threads that ask at the same time get the answers that one gets? Warns only: a model that is served "
        "in processes never meets a second thread.",
        severity="warning",
        cost=5,
    ),
    _check(
        "side_effects",
        "Answering does nothing else",
        "Does the model write files, use the network, start programs or change the rows it is given while it answers? "
        "No model needs to; which rows were asked about then lies somewhere that nobody looks after.",
        severity="blocking",
        max=0.0,
        upper=0.0,
        burden="breach",
        cost=5,
    ),
    _check(
        "schema",
        "Requests that break the schema",
        "A column missing, extra, in another place, empty or of another type: blocks where the process ends, hangs, "
        "gives another number of answers than rows, or mixes columns up. Answering and refusing are both told.",
        severity="blocking",
        max=0.0,
        upper=0.0,
        burden="breach",
        cost=5,
    ),
    _check(
        "schema_messages",
        "What a refused request is told",
        "Does a refusal name the column, the value or the fault, so that whoever sent the request can mend it? Warns; "
        "also where a column is missing and answers change without a word, or where they are no numbers.",
        module="schema",
        severity="warning",
        max=0.0,
        upper=0.0,
        burden="breach",
        cost=5,
    ),
    _same_answers(
        "parity",
        "The service against the file",
        "Do the rows get the same answers from the service that [candidate] served names, in requests of many sizes?",
        cost=6,
        on_request=True,
        asked_by="served",
    ),
    _same_answers(
        "onnx_parity",
        "The ONNX twin against the model",
        "Do the rows get the same answers from the file that [candidate] onnx names?",
        module="parity",
        cost=6,
        on_request=True,
        asked_by="onnx",
    ),
    _check(
        "latency",
        "Time for an answer",
        "How long does one row take, in milliseconds (median)? A limit is your budget on this machine. Runs where "
        "`suites` names deployment or the gate is configured, as equal runs give other times.",
        on_request=True,
        asked_by="suite",
        cost=7,
    ),
    _check(
        "latency_ratio",
        "Time for an answer, over the baseline's",
        "How many times as long as the baseline does the candidate take for one row? They are asked in turns. Warns "
        "where it is proved to take over half as long again.",
        module="latency",
        severity="warning",
        max=1.5,
        alpha=0.005,
        burden="breach",
        needs_baseline=True,
        on_request=True,
        asked_by="suite",
        cost=7,
    ),
    _check(
        "memory",
        "Memory of a worker",
        "How many MB (10^6 bytes) does the model add to a worker's memory? Runs where latency does.",
        on_request=True,
        asked_by="suite",
        cost=7,
    ),
)
