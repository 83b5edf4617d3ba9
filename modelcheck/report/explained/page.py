"""The whole page for a reader without statistics: verdict first, then why, then what to do."""

from __future__ import annotations

from modelcheck.record.schema import Record
from modelcheck.report.explained.drivers import drivers_view
from modelcheck.report.explained.examples import examples_view
from modelcheck.report.explained.facts import facts_view
from modelcheck.report.explained.groups import groups_view
from modelcheck.report.explained.tested import tested_view
from modelcheck.report.explained.verdict import verdict_view
from modelcheck.report.explained.weak import weak_view
from modelcheck.report.explained.words import limits_for, words_for
from modelcheck.report.frame import environment, frame
from modelcheck.report.text import shorten

__all__ = ["render_explained"]


def render_explained(record: Record) -> str:
    """Render the page for everyone.

    Parameters
    ----------
    record : Record
        Must hold what drives the model (`has_explanation`).

    Returns
    -------
    str
        A whole HTML document: no script, nothing fetched, readable in light, dark and print. Same record, same bytes.
    """
    verdict = verdict_view(record)
    return (
        environment()
        .get_template("explained/page.html")
        .render(
            **frame(f"{shorten(record.name, 80)} in plain words"),
            name=shorten(record.name, 80),
            verdict=verdict,
            facts=facts_view(record),
            drivers=drivers_view(record),
            groups=groups_view(record),
            weak=weak_view(record),
            decisions=examples_view(record),
            tested=tested_view(record),
            limits=limits_for("run"),
            words=words_for("run"),
        )
    )
