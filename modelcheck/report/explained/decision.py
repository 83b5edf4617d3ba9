"""One decision on a page of its own, for the person whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modelcheck.errors import RecordError
from modelcheck.record.schema import Record
from modelcheck.record.store import write_text_atomically
from modelcheck.report.explained.examples import examples_view
from modelcheck.report.explained.facts import facts_view
from modelcheck.report.explained.presence import gate_of, rows_of, table_of
from modelcheck.report.explained.words import limits_for, words_for
from modelcheck.report.frame import environment, frame
from modelcheck.report.text import shorten

__all__ = ["render_decision", "write_decision"]

_HOW = "how it was explained"


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
    shown = examples_view(record, most=1)
    if not shown.examples:
        raise RecordError(
            "The record explains no single decision: it has no gate explainability::examples with a table of "
            "decisions. Explain a row with `modelcheck explain --row`."
        )
    row = shorten(str(rows_of(table_of(gate_of(record, "examples"), "decisions"))[0].get("row", "")), 40)
    title = f"The decision about row {row}"
    return (
        environment()
        .get_template("explained/decision.html")
        .render(
            **frame(f"{title}, by {shorten(record.name, 80)}"),
            heading=title,
            name=shorten(record.name, 80),
            example=shown.examples[0],
            facts=facts_view(record),
            limits=limits_for("decision"),
            words=words_for("decision"),
            made=_made(record),
        )
    )


def _made(record: Record) -> str:
    """Say when, by what and for which model a decision was explained."""
    run = record.run
    versions = run.get("versions")
    version = versions.get("modelcheck") if isinstance(versions, Mapping) else None
    parts = ["Explained"]
    if isinstance(run.get("started"), str):
        parts.append(f"on {shorten(run['started'][:10], 20)}")
    parts.append(f"by modelcheck{f' {shorten(str(version), 20)}' if version else ''}")
    source, sha = record.candidate.get("source"), record.candidate.get("sha256")
    if isinstance(source, str) and source:
        parts.append(f"for the model {shorten(source, 80)}")
    if isinstance(sha, str) and sha:
        parts.append(f"{'' if source else 'for a model '}with the fingerprint {shorten(sha[:12], 12)} (SHA-256)")
    how = {str(row.get("what")): str(row.get("value")) for row in rows_of(table_of(gate_of(record, "examples"), _HOW))}
    method = "; ".join(
        f"{key}: {shorten(how[key], 200)}" for key in ("explainer", "background", "walks") if how.get(key)
    )
    return " ".join(parts) + "." + (f" For experts: {method}." if method else "")


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
