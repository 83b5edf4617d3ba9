"""How one decision came about: from the score and the limit that parts answers, and whether it was right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelcheck.record.numbers import format_value
from modelcheck.record.schema import Record
from modelcheck.report.encodings import number_or_none
from modelcheck.report.explained.columns import answer
from modelcheck.report.explained.sentences import name

__all__ = ["Deciding", "answer_word", "deciding", "positive_of", "short", "task_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """A decision in words.

    Attributes
    ----------
    sentence : str
        What was decided, why, and what was true.
    unchanged : str
        What to say where nothing was found that would change it; empty where there is no decision.
    word : str
        What the answer is called: ``score`` or ``estimate``.
    of : str
        The same with the answer that it belongs to, where there are several.
    scale : str
        Title of the axis; empty where the record's own says it.
    positive : str
        The answer from the threshold on; empty where there is none.
    """

    sentence: str
    unchanged: str
    word: str
    of: str
    scale: str
    positive: str


def deciding(record: Record, row: Mapping[str, Any]) -> Deciding:
    """Return how a row of the table ``decisions`` was decided."""
    decided = row.get("decided")
    number = task_of(record) == "regression" or decided in (None, "")
    several = task_of(record) == "multiclass" and not number
    word = answer_word(record)
    of = f"probability of {str(decided)[:60]}" if several else word
    return Deciding(
        sentence=_answered(row) if number else _decided(record, row, several=several),
        # An answer that is a number is no decision, so nothing could turn it over.
        unchanged="" if number else "Nothing simple was found that would change it.",
        word=word,
        of=f"probability of {name(decided)}" if several else word,
        scale=of if several or word == "estimate" else "",
        positive="" if number or several else positive_of(record),
    )


def answer_word(record: Record) -> str:
    """Return what the model's answer is called before it decides: of a number there is nothing to decide."""
    return "estimate" if task_of(record) == "regression" else "score"


def task_of(record: Record) -> str:
    """Return the task, or nothing where the record doesn't say it."""
    return str(record.candidate.get("task") or record.run.get("task") or "")


def positive_of(record: Record) -> str:
    """Return the answer that a score at or over the threshold decides for, marked as a name."""
    known = record.candidate.get("classes") or record.dataset.get("classes")
    classes = known if isinstance(known, (list, tuple)) else ()
    last = classes[-1] if classes and not isinstance(classes[-1], Mapping) else None
    positive = record.dataset.get("positive", last)
    return name(positive) if positive is not None else ""


def _answered(row: Mapping[str, Any]) -> str:
    score = number_or_none(row.get("score"))
    text = "" if score is None else f"Answered: {short(score)}."
    truth = row.get("truth")
    if truth in (None, ""):
        return f"{text} The truth is not known.".strip()
    number = number_or_none(truth)
    return f"{text} In truth it was {name(truth) if number is None else short(number)}.".strip()


def _decided(record: Record, row: Mapping[str, Any], *, several: bool) -> str:
    decided, score, truth = row.get("decided"), number_or_none(row.get("score")), row.get("truth")
    text = f"Decided: {answer(record, decided)}"
    if score is not None and several:
        text += f", to which it gives a probability of {short(score)}"
    elif score is not None:
        text += _because(score, number_or_none(record.candidate.get("threshold")))
    if truth in (None, ""):
        return f"{text}. The truth is not known."
    right = str(truth) == str(decided)
    return f"{text}. In truth it was {answer(record, truth)}: this decision was {'right' if right else 'wrong'}."


def _because(score: float, limit: float | None) -> str:
    if limit is None:
        return f", with a score of {short(score)}"
    shown, bound = short(score), format_value(limit)
    if shown == bound:
        # Just beside the limit: as many digits as it takes to see on which side.
        shown = next((text for places in range(4, 12) if (text := f"{score:.{places}f}").rstrip("0") != bound), shown)
    return f", because {shown} is {'below' if score < limit else 'not below'} {bound}"


def short(value: float) -> str:
    """Return a number with about three digits: a reader compares, and doesn't compute."""
    return format_value(round(value, 3) if abs(value) < 1 else value)
