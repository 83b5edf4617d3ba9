"""One sentence for a whole run: what blocks, what holds, and what was not proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.report.limits import beyond
from modelcheck.report.outline import is_gate, sections, verdict_word
from modelcheck.report.standing import Standing, standing
from modelcheck.report.text import shorten

__all__ = ["caution", "compared_with", "headline", "sentence", "state", "verdict_line"]

_NAMED = 3
# So many errors of one wording are one fault of the model, and worth a sentence beside the verdict.
_COMMON = 5


def state(record: Record) -> str:
    """Return how a run is coloured: its verdict, or ``unproved`` when it is promoted without proof.

    Parameters
    ----------
    record : Record
        The record.

    Returns
    -------
    str
        ``unproved`` when no blocking gate with a limit holds, or one of them is inconclusive; else the run's verdict.
    """
    if RunVerdict(record.verdict) is RunVerdict.PROMOTED and (not _proves(record.gates) or _open(record.gates)):
        return "unproved"
    return str(record.verdict)


def headline(record: Record) -> str:
    """Return one sentence after the verdict's word: what blocks, or what was decided, with counts.

    Parameters
    ----------
    record : Record
        The record.

    Returns
    -------
    str
        Reads on from ``NAME: PROMOTED`` and the like.
    """
    found = {
        part.key: tuple(gate for gate in part.gates if is_gate(gate) or part.key in ("metric", "error"))
        for part in sections(record)
    }
    judged = sum(is_gate(gate) for key, gates in found.items() for gate in gates if key != "not_applicable")
    verdict = RunVerdict(record.verdict)
    if verdict is RunVerdict.BLOCKED:
        stopping = found.get("stops", ())
        names = f": {_names(stopping)}" if stopping else ""
        text = f"by {len(stopping)} of {_gates(judged)}{names}.{_common_reason(stopping)}"
        return text + _besides(found) + _not_judged(found) + _no_limits(record)
    if verdict is RunVerdict.INCOMPLETE:
        missing = found.get("not_run", ())
        text = f"{len(missing)} of {_gates(judged)} {_was(len(missing))} not run, so nothing is promoted."
        if not missing:
            text = "the run was cut short, so nothing is promoted."
        return text + _besides(found, "not_run") + _no_limits(record)
    if verdict is RunVerdict.NO_GATES:
        measured = len(found.get("metric", ()))
        return f"no gate with a limit was judged, so nothing is promoted; {_metrics(measured)} measured."
    return _promoted(record, found) + _not_judged(found) + _no_limits(record)


def verdict_line(record: Record) -> tuple[str, str]:
    """Return the verdict's word and the sentence that follows it, with what stands between them."""
    text = headline(record)
    verdict = RunVerdict(record.verdict)
    glue = " " if verdict is RunVerdict.BLOCKED else ", " if _is_but(text) else ": "
    return verdict_word(record), f"{glue}{text}"


def sentence(record: Record) -> str:
    """Return `headline` as a sentence of its own, for a page that has shown the verdict's word already."""
    text = headline(record)
    if RunVerdict(record.verdict) is RunVerdict.BLOCKED:
        return f"Blocked {text}"
    return f"Promoted, {text}" if _is_but(text) else text[:1].upper() + text[1:]


def caution(record: Record) -> str:
    """Return what a reader must bear in mind whatever the verdict is, or nothing.

    Rows that judged many candidates; a baseline that knows only some of the rows.
    """
    notes = [record.baseline.get("note") if record.baseline is not None else None, record.run.get("looks_note")]
    return " ".join(shorten(note, 600) for note in notes if isinstance(note, str) and note)


def compared_with(record: Record) -> str:
    """Return who the baseline is, as a sentence; empty without one."""
    if record.baseline is None:
        return ""
    name = next((record.baseline[key] for key in ("source", "name", "class") if record.baseline.get(key)), "a baseline")
    accepted = record.baseline.get("accepted")
    when = f", accepted {accepted[:10]}" if isinstance(accepted, str) else ""
    return f"Compared with {shorten(str(name), 100)}{when}."


def _common_reason(stopping: Sequence[GateRecord]) -> str:
    """Return what nearly all gates that stop say: a model that answers nothing is one fault, not one a gate."""
    errors = Counter(gate.reason for gate in stopping if gate.verdict is Verdict.ERROR and gate.reason)
    if not errors:
        return ""
    reason, times = errors.most_common(1)[0]
    if times < _COMMON or 2 * times < len(stopping):
        return ""
    who = "All" if times == len(stopping) else f"{times:,}"
    told = shorten(reason, 300)
    return f" {who} for one reason: {told}{'' if told.endswith(('.', '…', '...')) else '.'}"


def _is_but(text: str) -> bool:
    return text.startswith("but ")


def _promoted(record: Record, found: Mapping[str, Sequence[GateRecord]]) -> str:
    passing = len(found.get("pass", ()))
    holding = _passing(found.get("pass", ()))
    undecided = _open(record.gates)
    if state(record) != "unproved":
        besides = _besides(found)
        return f"{holding}{'' if besides else ', none fails'}.{besides}"
    if _proves(record.gates):
        lead = "but not everything was proved"
    else:
        lead = "but no limit was proved to hold" if passing else "but nothing was proved"
    text = f"{lead}: {holding}{_undecided(undecided)}."
    rest = {key: [gate for gate in gates if gate not in undecided] for key, gates in found.items()}
    return text + _besides(rest)


def _passing(gates: Sequence[GateRecord]) -> str:
    """Count what passes, and of it what is proved kept where that is less: to pass is only not to be proved broken."""
    text = f"{_gates(len(gates))} {'passes' if len(gates) == 1 else 'pass'}"
    kept = sum(standing(gate) is not Standing.UNBROKEN for gate in gates)
    return text if kept == len(gates) else f"{text}, {kept or 'none'} proved kept"


def _undecided(gates: Sequence[GateRecord]) -> str:
    if not gates:
        return ""
    missing = sum(beyond(gate.estimate, gate.criterion) > 0.0 for gate in gates)
    if len(gates) == 1:
        return f", 1 is inconclusive{' and misses its limit' if missing else ''}"
    of_them = f", {missing} of them {'misses its' if missing == 1 else 'miss their'} limit" if missing else ""
    return f", {len(gates):,} are inconclusive{of_them}"


def _proves(gates: Sequence[GateRecord]) -> bool:
    return any(gate.verdict == Verdict.PASS and gate.criterion is not None and _blocks(gate) for gate in gates)


def _open(gates: Sequence[GateRecord]) -> tuple[GateRecord, ...]:
    return tuple(gate for gate in gates if gate.verdict == Verdict.INCONCLUSIVE and _blocks(gate))


def _blocks(gate: GateRecord) -> bool:
    return gate.severity == Severity.BLOCKING


def _not_judged(found: Mapping[str, Sequence[GateRecord]]) -> str:
    """Name the blocking limits that could not be asked: nobody may take them for kept."""
    gates = [gate for gate in found.get("not_applicable", ()) if gate.criterion is not None and _blocks(gate)]
    compared = [gate for gate in gates if gate.criterion is not None and gate.criterion.margin is not None]
    others = [gate for gate in gates if gate not in compared]
    text = f" Not judged: {_names(others)}." if others else ""
    if compared and not any(_compares(gate) for key, part in found.items() if key != "not_applicable" for gate in part):
        return f"{text} Not compared with a baseline."
    return f"{text} Not compared: {_names(compared)}." if compared else text


def _compares(gate: GateRecord) -> bool:
    return gate.criterion is not None and gate.criterion.margin is not None


def _no_limits(record: Record) -> str:
    declared = record.run.get("declared_alpha")
    if not isinstance(declared, (int, float)) or isinstance(declared, bool) or declared != 0:
        return ""
    own = any(gate.suite == "user" for gate in record.gates)
    return f" No limit of yours yet: only built-in gates{' and your own checks' if own else ''} judged."


def _besides(found: Mapping[str, Sequence[GateRecord]], *told: str) -> str:
    words = {
        "not_run": ("not run", "not run"),
        "inconclusive": ("inconclusive", "inconclusive"),
        "warns": ("warning", "warnings"),
        "error": ("crash that only informs", "crashes that only inform"),
        "waived": ("waived", "waived"),
    }
    rest = [
        f"{len(found[key]):,} {text[len(found[key]) > 1]}"
        for key, text in words.items()
        if found.get(key) and key not in told
    ]
    return f" Besides: {', '.join(rest)}." if rest else ""


def _names(gates: Sequence[GateRecord]) -> str:
    shown = [shorten(gate.title or gate.id, 60, "...") for gate in gates[:_NAMED]]
    more = len(gates) - len(shown)
    return "; ".join(shown) + (f"; and {more:,} more" if more else "")


def _gates(count: int) -> str:
    return f"{count:,} gate{'' if count == 1 else 's'}"


def _metrics(count: int) -> str:
    return f"{count:,} metric{' was' if count == 1 else 's were'}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
