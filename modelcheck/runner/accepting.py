"""Accepting a candidate as the baseline: asked for by hand, refused unless its gates hold, told before it is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelcheck.config import Config
from modelcheck.errors import BaselineError, ConfigError, Mistake, ModelcheckError
from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.schema import Record
from modelcheck.record.stopping import stops
from modelcheck.runner.state import ModelRun, Run

if TYPE_CHECKING:
    from modelcheck.history.baseline import NewBaseline, StoredBaseline
    from modelcheck.scoring.stream import Scored

__all__ = ["Accepted", "Offer", "accept", "check_stored", "offer", "refuse_accepting", "stored_baseline"]

_OPTION = "--modelcheck-baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A candidate that may become the baseline.

    Attributes
    ----------
    name : str
        The model's.
    lines : tuple of str
        What would replace what, to be shown first.
    against : str
        Why it may not; empty when nothing speaks against it.
    new : NewBaseline or None
        What would be stored.
    folder : Path or None
        Where.
    """

    name: str
    lines: tuple[str, ...] = ()
    against: str = ""
    new: NewBaseline | None = None
    folder: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What came of accepting one model's candidate.

    Attributes
    ----------
    done : bool
        Whether the baseline was stored.
    said : str
        Where it lies, or why nothing was stored.
    """

    done: bool
    said: str


def check_stored(config: Config, task: str) -> None:
    """Refuse an accepted baseline that can't be compared with, before anything is predicted.

    Parameters
    ----------
    config : Config
        The model's configuration.
    task : str
        Its task.

    Raises
    ------
    BaselineError
        The stored baseline is broken, or for another task.
    ConfigError
        ``[baseline] store`` names a folder without a baseline.
    """
    if config.baseline_use == "ignore" or _live(config):
        return
    stored = stored_baseline(config)
    if stored is None and config.baseline is not None and not config.accepts:
        problem = f"holds no accepted baseline. Accept one with `pytest --modelcheck {_OPTION}=accept`."
        section = f"{config.prefix}baseline"
        raise ConfigError(
            [
                Mistake(
                    file=config.label, section=section, key="store", value=config.baseline.store or "", problem=problem
                )
            ]
        )
    if stored is not None and stored.facts.task != task and not config.accepts:
        raise BaselineError(
            f"The baseline in {stored.place} was accepted for a {stored.facts.task} task, and the task here "
            f"is {task}. Accept another with `pytest --modelcheck {_OPTION}=accept`, or remove that folder."
        )


def stored_baseline(config: Config) -> StoredBaseline | None:
    """Return the accepted baseline of a model; None when there is none or it is left out.

    Raises
    ------
    BaselineError
        It is broken. Where another is accepted by force it counts as none.
    """
    from modelcheck.history.baseline import read_baseline

    if config.baseline_use == "ignore":
        return None
    try:
        return read_baseline(config.baseline_store, name=config.name)
    except BaselineError:
        if config.baseline_use == "force":
            return None
        raise


def refuse_accepting(configs: Sequence[Config]) -> None:
    """Refuse to accept where that can't be meant, before anything is predicted.

    Parameters
    ----------
    configs : sequence of Config
        The models of the run; nothing is refused where none is accepted.

    Raises
    ------
    ConfigError
        On a CI service, or where a live model is the baseline.
    """
    mistakes = []
    if os.environ.get("CI") and any(config.baseline_use == "accept" for config in configs):
        problem = (
            "is refused where CI is set: a baseline is accepted by a person. To do it there, add --modelcheck-force."
        )
        mistakes.append(Mistake(file="command line", key=_OPTION, value="accept", problem=problem))
    for config in configs:
        if config.accepts and _live(config):
            problem = (
                "names a live model, and that is what a candidate is compared with: an accepted one would be ignored."
            )
            hint = "Put the new champion's file in its place, or remove the table and accept again."
            section = f"{config.prefix}baseline"
            mistakes.append(Mistake(file=config.label, section=section, problem=problem, hint=hint))
    if mistakes:
        raise ConfigError(mistakes)


def offer(run: Run, model: ModelRun, record: Record, *, ended: bool) -> Offer:
    """Prepare the candidate's answers as the baseline of later runs; nothing is changed yet.

    Parameters
    ----------
    run : Run
        The run that has just measured the candidate.
    model : ModelRun
        The model.
    record : Record
        What was measured and decided.
    ended : bool
        Whether the run came to its end.

    Returns
    -------
    Offer
        What would replace what, and why not where a reason speaks against it.
    """
    from modelcheck.history.acceptance import difference, refusal

    config = model.config
    forced = config.baseline_use == "force"
    scored = _scored(run, model)
    cut = _cut_short(run, record, scored, ended=ended, forced=forced)
    if cut or scored is None:
        return Offer(name=config.name, against=cut)
    try:
        old = stored_baseline(config)
        new = _new_baseline(config, record, scored)
    except ModelcheckError as error:
        return Offer(name=config.name, against=str(error))
    against = refusal(old, new, ci=bool(os.environ.get("CI")), failing=_failing(record), forced=forced)
    head = "the new baseline" if old is None else "the stored baseline -> the new one"
    lines = (f"{config.name}: {head}", *difference(old, new))
    return Offer(name=config.name, lines=lines, against=against, new=new, folder=config.baseline_store)


def accept(offered: Offer, run: Run) -> Accepted:
    """Store what was offered, unless a reason speaks against it.

    Parameters
    ----------
    offered : Offer
        From `offer`.
    run : Run
        The run, for how its user names places.

    Returns
    -------
    Accepted
        What came of it; the stored baseline is unchanged where it is not `done`.
    """
    from modelcheck.history.baseline import write_baseline

    against = offered.against
    if not against and offered.new is not None and offered.folder is not None:
        try:
            where = os.path.relpath(write_baseline(offered.folder, offered.new).parent, run.rootdir)
        except ModelcheckError as error:
            against = str(error)
        else:
            said = f"{offered.name}: accepted; the baseline lies in {where}. Commit that folder."
            return Accepted(done=True, said=said)
    return Accepted(done=False, said=f"{offered.name}: nothing was accepted: {against}")


def _cut_short(run: Run, record: Record, scored: Scored | None, *, ended: bool, forced: bool) -> str:
    """Return why a run says too little of its candidate; what was never judged can't be forced."""
    missing = [
        gate.id for gate in record.gates if gate.verdict == Verdict.NOT_RUN and gate.severity == Severity.BLOCKING
    ]
    if not ended:
        return "the run was cut short."
    if missing:
        return f"{len(missing):,} blocking gates were not run, e.g. {missing[0]}. Run them all."
    if run.only_suites and not forced:
        return f"only some suites ran ({', '.join(run.only_suites)}). Run all, or insist with --modelcheck-force."
    if scored is None or scored.new_keys is None:
        return "the candidate was not measured."
    if scored.baseline is not None:
        return "a live baseline is compared with (from a conftest); an accepted one would be ignored."
    return ""


def _live(config: Config) -> bool:
    return config.baseline is not None and config.baseline.store is None


def _scored(run: Run, model: ModelRun) -> Scored | None:
    """Return what this process or a worker of it has scored; None when none came so far."""
    from modelcheck.scoring.store import Store

    name = model.config.name
    if name in run.subjects:
        return run.subjects[name].accepted
    found: Scored | None = Store(run.cache / name, shared=True).get("dataset_rows", lambda: None)
    return found


def _new_baseline(config: Config, record: Record, scored: Scored) -> NewBaseline:
    from modelcheck.history.baseline import BaselineFacts, Measured, NewBaseline
    from modelcheck.history.outputs import Outputs

    rows, keys, run = scored.rows, scored.new_keys, record.run
    assert keys is not None  # noqa: S101 - asked for by whoever calls
    facts = BaselineFacts(
        name=config.name,
        task=rows.task,
        classes=tuple(rows.classes),
        threshold=config.candidate.threshold,
        created=str(run["started"]),
        versions=dict(run["versions"]),
        commit=None if run["git"] is None else str(run["git"]["commit"]),
        clean=None if run["git"] is None else bool(run["git"]["clean"]),
        candidate=dict(record.candidate),
        dataset={key: record.dataset.get(key) for key in ("name", "sha256", "rows")},
        key_kind=keys.kind,
        columns=keys.columns,
        metrics={
            gate.id: Measured(value=gate.estimate.value, low=gate.estimate.low, high=gate.estimate.high)
            for gate in record.gates
            # What compares with the older baseline says nothing about this one alone.
            if gate.estimate is not None and not gate.check.startswith(("regression", "negative_flips"))
        },
    )
    outputs = Outputs(
        keys=keys.values, content=keys.content, target=rows.target, score=rows.score, decision=rows.decision
    )
    return NewBaseline(facts=facts, outputs=outputs)


def _failing(record: Record) -> list[str]:
    profile = str(record.run["profile"])
    return [gate.id for gate in record.gates if stops(gate, profile)]
