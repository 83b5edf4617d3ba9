"""The pages of one model, written beside its record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from modelcheck.record.schema import Record
from modelcheck.record.store import write_text_atomically
from modelcheck.report.explained import has_explanation, render_explained
from modelcheck.report.model_card import render_model_card
from modelcheck.report.page import render_html, render_index
from modelcheck.report.sarif import render_sarif
from modelcheck.report.summary import render_summary

__all__ = ["write_index", "write_reports"]


def write_reports(record: Record, folder: Path, *, sarif: bool = False, model_card: bool = False) -> tuple[Path, ...]:
    """Write ``report.html``, ``summary.md`` and, where decisions were explained, ``explainability.html``.

    Each is written whole or not at all.

    Parameters
    ----------
    record : Record
        What was measured.
    folder : Path
        Made if it doesn't exist.
    sarif : bool
        Whether to write ``report.sarif`` too.
    model_card : bool
        Whether to write ``model_card.md`` too.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    RecordError
        If a file can't be written.
    """
    # All are rendered before any is written, so that a fault in one leaves the old ones together.
    pages = {"report.html": render_html(record), "summary.md": render_summary(record)}
    if has_explanation(record):
        pages["explainability.html"] = render_explained(record)
    if sarif:
        pages["report.sarif"] = render_sarif(record)
    if model_card:
        pages["model_card.md"] = render_model_card(record)
    return tuple(write_text_atomically(folder / name, text) for name, text in pages.items())


def write_index(records: Sequence[Record], folder: Path) -> Path:
    """Write ``index.html``, the page that leads to the reports of several models in ``folder/NAME``.

    Parameters
    ----------
    records : sequence of Record
        In the order of the run.
    folder : Path
        The folder above the models' folders.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    RecordError
        If it can't be written.
    """
    return write_text_atomically(folder / "index.html", render_index(records))
