"""A run as GitHub shows it: the summary of a job's step, and annotations beside the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.numbers import format_count
from modelcheck.record.schema import GateRecord, Record, RunVerdict
from modelcheck.record.stopping import stops
from modelcheck.report.headline import sentence
from modelcheck.report.markdown import code
from modelcheck.report.outline import gate_sentence, verdict_word
from modelcheck.report.places import repository_path
from modelcheck.report.summary import summary_parts
from modelcheck.report.text import no_command, paragraph, shorten

__all__ = ["STEP_SUMMARY_BYTES", "render_annotations", "render_step_summary"]

STEP_SUMMARY_BYTES = 1024 * 1024
"""What GitHub takes for one step; of a longer summary it shows nothing at all."""

_MOST = 10  # annotations of one level that GitHub shows for a step
_LINES = 2
_WORDS = {Verdict.FAIL: "fails", Verdict.ERROR: "broke", Verdict.INCONCLUSIVE: "is not proved"}
_RED = (RunVerdict.INCOMPLETE, RunVerdict.NO_GATES)


def render_step_summary(records: Sequence[Record], folders: Sequence[str], room: int = STEP_SUMMARY_BYTES) -> str:
    """Render the summaries of a run's models for the page of a GitHub job.

    Parameters
    ----------
    records : sequence of Record
        In the order of the run.
    folders : sequence of str
        Where each model's reports lie, as the user would type it.
    room : int
        Bytes of UTF-8 that may be written. Longer summaries are cut between two gates, the longest first, and say how
        much was left out.

    Returns
    -------
    str
        Markdown; empty where not even one verdict fits.
    """
    texts = [list(summary_parts(record, folder)) for record, folder in zip(records, folders, strict=True)]
    shown: dict[int, str] = {}
    left, lost = room - len(_left_out(len(records), len(records)).encode()), 0
    # Short ones first: what they leave is for the long ones.
    order = sorted(range(len(texts)), key=lambda place: _bytes(texts[place]))
    for turn, place in enumerate(order):
        share = left // (len(order) - turn)
        whole = "".join(texts[place])
        shown[place] = whole if len(whole.encode()) <= share else _cut(texts[place], folders[place], share)
        left -= len(shown[place].encode())
        lost += not shown[place]
    if lost == len(records):
        return ""
    text = "".join(shown[place] for place in range(len(records)))
    return text + (_left_out(lost, len(records)) if lost else "")


def _bytes(parts: Sequence[str]) -> int:
    return sum(len(part.encode()) for part in parts)


def _cut(parts: Sequence[str], folder: str, room: int) -> str:
    """Return the parts that fit, and what is missing; the last part is the footer, which the note stands for."""
    left = room - len(_note(len(parts), len(parts), folder).encode())
    kept: list[str] = []
    for part in parts[:-1]:
        left -= len(part.encode())
        if left < 0:
            break
        kept.append(part)
    return "".join(kept) + _note(len(kept), len(parts) - 1, folder) if kept else ""


def _note(kept: int, whole: int, folder: str) -> str:
    where = code(shorten(folder, 200))
    return (
        f"**Cut here: {format_count(kept)} of {format_count(whole)} sections are shown, because GitHub takes 1 MiB a "
        f"step.** All of it is in summary.md and report.html in {where}.\n\n"
    )


def _left_out(lost: int, models: int) -> str:
    return (
        f"**{format_count(lost)} of {format_count(models)} models are left out here, because GitHub takes 1 MiB a "
        "step.** Their summaries are in the folder of the reports.\n"
    )


def render_annotations(records: Sequence[Record], folder: str = "reports", root: str = "") -> tuple[str, ...]:
    """Render failing gates as GitHub workflow commands.

    Parameters
    ----------
    records : sequence of Record
        In the order of the run.
    folder : str
        Where the reports lie, as the user would type it.
    root : str
        The folder, within the repository, that configuration files are named from.

    Returns
    -------
    tuple of str
        Lines for the log: an ``::error`` for each gate that stops promotion and for a run that is not whole, a
        ``::warning`` for each gate that fails and warns. Of more than ten of a kind, which is what GitHub shows for a
        step, the tenth says how many more there are. Nothing from a record can begin another command.
    """
    lines: list[str] = []
    for level, words in (("error", "stop promotion"), ("warning", "fail and warn")):
        by_model = [_annotations(record, level, root) for record in records]
        # In turn, so that ten failures of one model don't hide another's only one.
        found = [line for turn in zip_longest(*by_model) for line in turn if line is not None]
        if len(found) > _MOST:
            more = len(found) - _MOST + 1
            text = f"{format_count(more)} more {words}; all are in report.html in {shorten(folder, 200)}."
            found = [*found[: _MOST - 1], _command(level, f"modelcheck: {format_count(more)} more", text, None)]
        lines += found
    return tuple(lines)


def _annotations(record: Record, level: str, root: str) -> list[str]:
    profile = str(record.run.get("profile", ""))
    file = repository_path(str(record.run.get("config", "")), root)
    name = shorten(record.name, 60)
    lines = []
    unfinished = "warning" if profile == "dev" else "error"
    if RunVerdict(record.verdict) in _RED and level == unfinished:
        lines.append(_command(level, f"{name}: {verdict_word(record)}", sentence(record), file))
    for gate in record.gates:
        if _level(gate, profile) == level and gate.verdict is not None:
            title = f"{name}: {shorten(gate.title or gate.id, 100)} {_WORDS[gate.verdict]}"
            lines.append(_command(level, title, f"{shorten(gate.id, 160)}: {gate_sentence(gate)}", file))
    return lines


def _level(gate: GateRecord, profile: str) -> str:
    if stops(gate, profile):
        return "error"
    return "warning" if gate.verdict == Verdict.FAIL and gate.severity == Severity.WARNING else ""


def _command(level: str, title: str, message: str, file: str | None) -> str:
    told = paragraph(message, 800).split("\n")
    text = "\n".join(told[:_LINES]) + (" …" if len(told) > _LINES else "")
    where = f"file={_property(file)}," if file else ""
    return no_command(f"::{level} {where}title={_property(shorten(title, 200))}::{_data(text)}", start=False)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
