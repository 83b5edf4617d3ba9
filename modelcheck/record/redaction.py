"""What a record must not carry out of the house: secrets, and where folders lie on a machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modelcheck.record.schema import GateRecord, Record

__all__ = ["Redactor", "redacted"]

_HIDDEN = "***"
# Names that are followed by a secret, in a command, a query or a header; keys with a form of their own; passwords in
# addresses. What merely looks like a digest stays: records are full of those.
_NAMED = re.compile(
    r"(?i)(?<![a-z])((?:password|passwd|secret|token|api[_-]?key|access[_-]?key|auth[_-]?key|credentials?)(?:[_-][\w-]*)?"
    r"[\"']?\s*[=:]\s*[\"']?|authorization:\s*(?:basic|bearer)\s+|bearer\s+)([^\s\"'&;,]{4,})"
)
_OWN_FORM = re.compile(
    r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|hf_[A-Za-z0-9]{20,}"
    r"|sk-[A-Za-z0-9_-]{20,}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*)"
)
# A text that was cut may end before the @.
_IN_ADDRESS = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@:]+(?::[^\s/@]*)?(?:@|(?<=…)|(?<=\.\.\.))")
# Not within a word, a fraction or the address of a page. A folder's name may hold single spaces.
_FOLDERS = re.compile(
    r"(?<![\w:/.~<-])/(?:[^\s/:'\"`()<>|]+(?: [^\s/:'\"`()<>|]+)*/)+|\b[A-Za-z]:[\\/](?:[^\s\\/:'\"`()<>|]+[\\/])+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redactor:
    """Takes secrets and folders out of texts.

    Attributes
    ----------
    roots : tuple of str
        Folders whose files are named relative to them, the innermost first; others lose their folders.
    """

    roots: tuple[str, ...] = ()

    @classmethod
    def of(cls, *folders: Path) -> Redactor:
        """Return one for some folders."""
        return cls(
            roots=tuple(sorted({f"{folder.as_posix().rstrip('/')}/" for folder in folders}, key=len, reverse=True))
        )

    def text(self, text: str) -> str:
        """Return a text as it may leave the house.

        Examples
        --------
        >>> Redactor(roots=("/home/ann/work/",)).text("token=abc123 in /home/ann/work/a.py, /home/ann/b.csv")
        'token=*** in a.py, …/b.csv'
        """
        if not text:
            return text
        shown = _IN_ADDRESS.sub(rf"\1{_HIDDEN}@", text) if "://" in text else text
        shown = _OWN_FORM.sub(_HIDDEN, _NAMED.sub(rf"\1{_HIDDEN}", shown))
        for root in self.roots:
            if len(root) > 1:
                shown = shown.replace(root, "")
        return _FOLDERS.sub("…/", shown)

    def value(self, value: Any) -> Any:
        """Return a plain value with every text in it redacted; keys of mappings stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.value(item) for item in value)
        return value


def redacted(record: Record, redactor: Redactor) -> Record:
    """Return a record as it may be stored and shown.

    Parameters
    ----------
    record : Record
        As a run assembled it.
    redactor : Redactor
        Takes out secrets and folders: of what is known of the run and its subjects, and of every sentence about a gate.

    Returns
    -------
    Record
        Ids, names of columns and numbers stay.
    """
    return replace(
        record,
        run=redactor.value(record.run),
        candidate=redactor.value(record.candidate),
        baseline=redactor.value(record.baseline),
        dataset=redactor.value(record.dataset),
        reference=redactor.value(record.reference),
        gates=tuple(_gate(gate, redactor) for gate in record.gates),
        readiness=None
        if record.readiness is None
        else tuple(
            replace(one, evidence=redactor.text(one.evidence), owner=redactor.text(one.owner))
            for one in record.readiness
        ),
    )


def _gate(gate: GateRecord, redactor: Redactor) -> GateRecord:
    findings = tuple(
        replace(
            one,
            title=redactor.text(one.title),
            reproduce=redactor.text(one.reproduce),
            examples=redactor.value(one.examples),
        )
        for one in gate.findings
    )
    tables = tuple(replace(one, rows=redactor.value(one.rows), note=redactor.text(one.note)) for one in gate.tables)
    charts = tuple(
        replace(one, data=redactor.value(one.data), reading=redactor.text(one.reading)) for one in gate.charts
    )
    return replace(
        gate,
        reason=redactor.text(gate.reason),
        reading=redactor.text(gate.reading),
        advice=tuple(map(redactor.text, gate.advice)),
        findings=findings,
        tables=tables,
        charts=charts,
    )
