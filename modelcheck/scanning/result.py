"""What a scan measured and decided, as a notebook holds it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modelcheck.record.schema import GateRecord, Record
from modelcheck.record.store import write_record

__all__ = ["Scan"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Scan:
    """What a scan measured and decided.

    Attributes
    ----------
    record : Record
        Everything measured; every page is a view of it.
    """

    record: Record

    @property
    def verdict(self) -> str:
        """``promoted``, ``blocked``, ``incomplete`` or ``no_gates``."""
        return str(self.record.verdict)

    @property
    def promoted(self) -> bool:
        """Whether no gate stops the candidate."""
        return self.verdict == "promoted"

    def __getitem__(self, gate: str) -> GateRecord:
        """Return one gate by its id, e.g. ``performance::roc_auc``."""
        found = next((one for one in self.record.gates if one.id == gate), None)
        if found is None:
            known = ", ".join(one.id for one in self.record.gates)
            raise KeyError(f"there is no gate {gate!r}; this scan has: {known}")
        return found

    def __repr__(self) -> str:
        from modelcheck.report.headline import verdict_line
        from modelcheck.report.text import one_line, shorten

        return f"<Scan of {shorten(self.record.name, 80)}: {one_line(''.join(verdict_line(self.record)))}>"

    def __str__(self) -> str:
        from modelcheck.report import render_terminal

        return render_terminal(self.record, 100, False)

    def _repr_html_(self) -> str:
        """Show the verdict, the gates to look at and the findings in a notebook."""
        from modelcheck.report import render_notebook

        return render_notebook(self.record)

    def write(self, folder: str | Path = "reports") -> Path:
        """Write ``record.json``, ``report.html`` and ``summary.md``.

        Parameters
        ----------
        folder : path
            Made when it does not exist.

        Returns
        -------
        Path
            The page.
        """
        from modelcheck.report import write_reports

        target = Path(folder)
        write_record(self.record, target)
        write_reports(self.record, target)
        return target / "report.html"
