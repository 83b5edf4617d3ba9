"""What the candidate does besides answering: files, network, programs, the process's state, its own input."""

from __future__ import annotations

from modelcheck.checks.context import Context
from modelcheck.checks.deployment.sample import Sample, deployed_of, sample_of
from modelcheck.checks.words import count, short
from modelcheck.models.protocol import Model
from modelcheck.record.evidence import Evidence, Finding, Severity, Table
from modelcheck.scoring.deployed import Deployed

__all__ = ["side_effects"]

_KINDS = {
    "file": "files", "network": "the network", "program": "programs and processes", "state": "the process's state",
    "input": "the rows it is given",
}  # fmt: skip
_PROBE = "modelcheck.models.probes.effects:watched"
_MOST = 20


def side_effects(context: Context) -> Evidence:
    """Ask about all rows at once and about one, and watch Python's audit events meanwhile.

    Parameters
    ----------
    context : Context
        With `deployed`.

    Returns
    -------
    Evidence
        A plain fact: each effect is listed once, with how often it was seen. Importing modules, the pool behind
        scikit-learn's ``n_jobs`` and what modelcheck does itself are left out. What compiled code does without
        telling Python is not seen.

    References
    ----------
    PEP 578, Python runtime audit hooks.
    """
    deployed = deployed_of(context)
    if isinstance(deployed, str):
        return Evidence(not_applicable=deployed)
    if deployed.remote:
        return Evidence(not_applicable="the model is served elsewhere: what it does there is not seen from here.")
    sample = sample_of(context)
    if deployed.stays:
        return _seen(deployed, sample, deployed.model)
    # A new process shows what only a first answer does.
    with deployed.model_afresh() as model:
        return _seen(deployed, sample, model)


def _seen(deployed: Deployed, sample: Sample, model: Model) -> Evidence:
    frames = [sample.rows, sample.rows.iloc[:1]]
    asked = len(sample) + len(frames[1])
    reply = deployed.beside(_PROBE, frames, {"method": deployed.method}, model=model, rows=asked)
    effects = [(str(kind), str(what), int(often)) for kind, what, often in reply.told["effects"]]
    problem = f" A call raised: {short(reply.told['problem'], 200)}" if reply.told["problem"] else ""
    lines = tuple((_KINDS.get(kind, kind), short(what, 200), often) for kind, what, often in effects)
    table = Table(
        name="side effects",
        columns=("on what", "what it does", "times"),
        rows=lines,
        note="Seen by Python's audit events; what compiled code does without telling Python is not.",
    )
    if not effects:
        fact = f"Answering {count(asked, 'row')} wrote no file, used no network, started no program and changed no row."
        where = "in the run's own process" if deployed.stays else "in a new process"
        reading = f"Watched {where}, all rows in one call and one row alone."
        return Evidence(proved=f"{fact}{problem}", reading=reading, predicted_rows=asked)
    kinds = " and ".join(dict.fromkeys(_KINDS.get(kind, kind) for kind, *_ in effects))
    fact = f"Answering {count(asked, 'row')} has {count(len(effects), 'effect')} on {kinds}."
    return Evidence(
        disproved=f"{fact}{problem}",
        findings=tuple(
            Finding(
                title=f"Answering {short(what, 200)} ({count(often, 'time')})",
                n=asked,
                severity=Severity.BLOCKING,
                reproduce=(
                    "Ask about any row with sys.addaudithook(print) set.\nTake logging, caches and look-ups out of "
                    "predict: whoever serves the model can do that around it."
                ),
            )
            for _, what, often in effects[:_MOST]
        ),
        tables=(table,),
        reading="Whatever is written or sent may tell which rows were asked about.",
        predicted_rows=asked,
    )
