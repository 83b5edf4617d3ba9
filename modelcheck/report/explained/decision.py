"""One decision on a page of its own, for the person whom it concerns."""

from __future__ import annotations

from pathlib import Path

from modelcheck.errors import RecordError
from modelcheck.record.schema import Record
from modelcheck.record.store import write_text_atomically
from modelcheck.report.explained.examples import examples_view
from modelcheck.report.explained.facts import facts_view
from modelcheck.report.explained.page import how_explained
from modelcheck.report.explained.presence import gate_of
from modelcheck.report.explained.words import LIMITS, TECHNICAL, WORDS
from modelcheck.report.frame import environment, frame
from modelcheck.report.text import shorten

__all__ = ["render_decision", "write_decision"]


def render_decision(record: Record) -> str:
    """Render one explained decision.

    Parameters
    ----------
    record : Record
        Holds the gate ``explainability::examples`` with one example, and what is known of the model and its rows.

    Returns
    -------
    str
        A whole HTML document, self-contained as `render_explained`'s.

    Raises
    ------
    RecordError
        If the record explains no decision.
    """
    shown = examples_view(gate_of(record, "examples"), most=1)
    if not shown.examples:
        raise RecordError(
            "The record explains no single decision: it has no gate explainability::examples with a table of "
            "decisions. Explain a row with `modelcheck explain --row`."
        )
    return (
        environment()
        .get_template("explained/decision.html")
        .render(
            **frame(f"One decision of {shorten(record.name, 80)}"),
            name=shorten(record.name, 80),
            example=shown.examples[0],
            facts=facts_view(record),
            limits=LIMITS,
            how=how_explained(record),
            words=WORDS,
            technical=TECHNICAL,
        )
    )


def write_decision(record: Record, file: Path) -> Path:
    """Write the page of one decision.

    Parameters
    ----------
    record : Record
        As for `render_decision`.
    file : Path
        Where to; its folder is made if it doesn't exist.

    Returns
    -------
    Path
        The file written, whole or not at all.

    Raises
    ------
    RecordError
        If the record explains no decision, or the file can't be written.
    """
    return write_text_atomically(file, render_decision(record))
