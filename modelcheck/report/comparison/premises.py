"""What two runs share and where they differ: before any number is compared, what it was measured on and by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelcheck.record.schema import Record, RunVerdict
from modelcheck.report.outline import verdict_word
from modelcheck.report.text import shorten

__all__ = ["Premise", "cautions", "premises", "same_answers", "same_rows", "same_run"]

_HASH = 12
_UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Premise:
    """One fact about both runs.

    Attributes
    ----------
    label : str
        What it is about.
    old, new : str
        As a reader sees it; hashes are shortened.
    same : bool or None
        Whether both are equal; None where one of them isn't known.
    """

    label: str
    old: str
    new: str
    same: bool | None


def premises(old: Record, new: Record) -> tuple[Premise, ...]:
    """Return the facts that decide how two runs may be compared; those that neither run knows are left away."""
    found = [_premise(label, look(old), look(new)) for label, look in _LOOKS.items()]
    found += _libraries(old, new)
    return tuple(one for one in found if (one.old, one.new) != (_UNKNOWN, _UNKNOWN))


def same_rows(old: Record, new: Record) -> bool | None:
    """Return whether both runs judged the same rows; None where a dataset has no hash."""
    return _equal(_hash(old.dataset), _hash(new.dataset))


def same_answers(old: Record, new: Record) -> bool:
    """Return whether both candidates answered every row alike, on the same rows."""
    answers = _equal(*(_within(record.candidate, "outputs_sha256") for record in (old, new)))
    return bool(answers and same_rows(old, new))


def same_run(old: Record, new: Record) -> bool:
    """Return whether two records are of one and the same run."""
    name = _scalar(old.run.get("id"))
    return old == new or (name is not None and name == _scalar(new.run.get("id")))


def cautions(old: Record, new: Record) -> tuple[str, ...]:
    """Return what a reader must know before believing any difference, the gravest first.

    Parameters
    ----------
    old, new : Record
        The earlier run and the later one.

    Returns
    -------
    tuple of str
        Sentences; empty where two models of one name were judged on the same rows in the same way.
    """
    return tuple(_cautions(old, new))


def _cautions(old: Record, new: Record) -> Iterator[str]:
    if same_run(old, new):
        yield "Both records are of the same run, so nothing can differ. Give an older and a newer record."
    rows = same_rows(old, new)
    if rows is False:
        yield (
            f"THE ROWS DIFFER ({_rows(old)} then, {_rows(new)} now): numbers are not comparable row by row. What moved "
            "may have moved because of the rows. Judge both models on the same rows to compare them."
        )
    elif rows is None:
        yield (
            "THE ROWS MAY DIFFER: a dataset's sha256 is not known, so numbers may not be comparable row by row. "
            "Run `pytest --modelcheck` again where it could not be read."
        )
    if old.name != new.name:
        yield (
            f"The records are of different models: {shorten(old.name, 80)} then, {shorten(new.name, 80)} now. Gates of "
            "the same id are compared all the same."
        )
    hashed = _hash(old.baseline) is not None and _hash(new.baseline) is not None
    for label, sentence in _DIFFER.items():
        if label == "Baseline" and hashed:
            # A file that was renamed is the same baseline.
            continue
        one = _premise(label, _LOOKS[label](old), _LOOKS[label](new))
        if one.same is False:
            yield f"{label}: {one.old} then, {one.new} now. {sentence}"
    yield from _of_each("then", old)
    yield from _of_each("now", new)
    started = [record.run.get("started") for record in (old, new)]
    if all(isinstance(time, str) for time in started) and str(started[0]) > str(started[1]):
        yield "The first record was started after the second; if they were swapped, read all of it the other way round."


def _of_each(when: str, record: Record) -> Iterator[str]:
    verdict = RunVerdict(record.verdict)
    if verdict in (RunVerdict.INCOMPLETE, RunVerdict.NO_GATES):
        yield f"The run {when} was {verdict_word(record)}: gates that were not run say nothing about the model."
    chosen = record.run.get("suites_selected")
    if isinstance(chosen, (list, tuple)) and chosen:
        names = ", ".join(shorten(str(one), 40) for one in chosen[:20])
        yield f"The run {when} was asked for some suites only: {names}. Gates of other suites are not asked, not gone."
    twice = sum(count > 1 for count in Counter(gate.id for gate in record.gates).values())
    if twice:
        yield (
            f"The record of the run {when} has {twice:,} gate id{'s' if twice > 1 else ''} more than once; such gates "
            "are paired in their order."
        )


def _rows(record: Record) -> str:
    count = _within(record.dataset, "rows")
    counted = "" if count is None else f"{shorten(count, 20)} rows, "
    return f"{counted}sha256 {shorten(_hash(record.dataset) or _UNKNOWN, _HASH, '')}"


def _premise(label: str, old: str | None, new: str | None) -> Premise:
    hashed = label.endswith("sha256")
    shown = [_UNKNOWN if one is None else shorten(one, _HASH, "") if hashed else shorten(one, 80) for one in (old, new)]
    return Premise(label=label, old=shown[0], new=shown[1], same=_equal(old, new))


def _equal(old: str | None, new: str | None) -> bool | None:
    return None if old is None or new is None else old == new


def _scalar(value: Any) -> str | None:
    """Return a fact as text; None where there is none, or where it isn't a fact of one word."""
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**64) or isinstance(value, float):
        return str(value)
    return value if isinstance(value, str) and value else None


def _hash(part: Mapping[str, Any] | None) -> str | None:
    value = None if part is None else part.get("sha256")
    return value if isinstance(value, str) and value else None


def _within(part: Any, *keys: str) -> str | None:
    for key in keys:
        part = part.get(key) if isinstance(part, Mapping) else None
    return _scalar(part)


def _named(part: Mapping[str, Any] | None, *keys: str) -> str | None:
    return next((text for key in keys if (text := _within(part, key)) is not None), None)


def _baseline(record: Record) -> str:
    return "none" if record.baseline is None else _named(record.baseline, "source", "name", "class") or "a baseline"


def _suites(record: Record) -> str:
    chosen = record.run.get("suites_selected")
    return ", ".join(map(str, chosen)) if isinstance(chosen, (list, tuple)) and chosen else "all"


def _libraries(old: Record, new: Record) -> Iterator[Premise]:
    """Yield the libraries whose versions differ; dozens that are equal would say nothing."""
    then, now = old.run.get("versions"), new.run.get("versions")
    if not (isinstance(then, Mapping) and isinstance(now, Mapping)):
        return
    for name in dict.fromkeys([*then, *now]):
        one = _premise(shorten(str(name), 40), _within(then, name), _within(now, name))
        if name != "modelcheck" and not one.same:
            yield one


_LOOKS: dict[str, Callable[[Record], str | None]] = {
    "Started": lambda record: _within(record.run, "started"),
    "Candidate source": lambda record: _named(record.candidate, "source", "name", "class"),
    "Candidate sha256": lambda record: _hash(record.candidate),
    "Answers sha256": lambda record: _within(record.candidate, "outputs_sha256"),
    "Threshold": lambda record: _within(record.candidate, "threshold"),
    "Dataset source": lambda record: _named(record.dataset, "path", "name"),
    "Rows": lambda record: _within(record.dataset, "rows"),
    "Dataset sha256": lambda record: _hash(record.dataset),
    "Task": lambda record: _within(record.run, "task"),
    "Target": lambda record: _within(record.dataset, "target"),
    "Reference sha256": lambda record: _hash(record.reference),
    "Baseline": _baseline,
    "Baseline sha256": lambda record: _hash(record.baseline),
    "Profile": lambda record: _within(record.run, "profile"),
    "Suites": _suites,
    "Seed": lambda record: _within(record.run, "seed"),
    "Configuration": lambda record: _within(record.run, "config"),
    "modelcheck": lambda record: _within(record.run, "versions", "modelcheck"),
    "Commit": lambda record: _within(record.run, "git", "commit"),
}
_BASELINES = "Gates that compare with a baseline may have compared with another model."
# What makes a difference of two numbers mean something else than a better or worse model.
_DIFFER = {
    "Task": "Metrics of the same name may mean something else.",
    "Target": "The models were judged by different truths.",
    "Profile": "What must be proved, and what stops promotion, differs with it.",
    "Baseline": _BASELINES,
    "Baseline sha256": _BASELINES,
    "Seed": "Checks that draw rows at random drew others.",
    "modelcheck": "Built-in limits and methods may have changed between these versions.",
}
