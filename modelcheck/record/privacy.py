"""What a record says of single rows: entries of people are shown, replaced by codes, or left out."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from modelcheck.record.evidence import Chart, Finding, Table
from modelcheck.record.schema import GateRecord

__all__ = ["Examples", "conceal", "quoted"]

# Private use characters: text between them quotes an entry of a row; what follows the second stands in for it.
_OPEN, _INSTEAD, _CLOSE = "\ue0f0", "\ue0f1", "\ue0f2"
_QUOTE = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*?)(?:{_INSTEAD}([^{_OPEN}{_CLOSE}]*?))?(?:{_CLOSE}|$)", re.DOTALL)
_STRAY = re.compile(f"[{_OPEN}{_INSTEAD}{_CLOSE}]")
# Of an example: where it lies, and what models say of it. Numbers that aren't in a column of the table are measured.
_PLACES = frozenset({"row", "rows", "column"})
_SAID = re.compile(r"(truth|decided|decision|prediction|baseline|candidate|answer)\b.*")
_DIGITS = 8
_LEFT_OUT = "…"


class Examples(StrEnum):
    """What is done with entries of single rows."""

    SHOW = "show"
    HASH = "hash"
    OFF = "off"


def quoted(text: str, instead: str = "") -> str:
    """Mark a text that quotes an entry of a row, so that `conceal` finds it in a longer one.

    Parameters
    ----------
    text : str
        What is shown where entries are shown.
    instead : str
        What stands for it elsewhere; empty: its code.

    Returns
    -------
    str
        To be built into reasons, readings, titles and cells of evidence.
    """
    inner = _STRAY.sub("", text)
    return f"{_OPEN}{inner}{_INSTEAD + _STRAY.sub('', instead) if instead else ''}{_CLOSE}"


@dataclass(slots=True, kw_only=True)
class _Codes:
    """Codes for values, the same for the same value within one gate."""

    mode: Examples
    key: bytes
    columns: frozenset[str]
    known: dict[str, str] = field(default_factory=dict)

    def of(self, value: Any) -> str:
        """Return what stands for a value."""
        if self.mode is Examples.OFF:
            return _LEFT_OUT
        text = str(value)
        if text not in self.known:
            digest = hmac.new(self.key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:_DIGITS]
            self.known[text] = f"#{digest}" if self.key else f"#{len(self.known) + 1}"
        return self.known[text]

    def text(self, text: str) -> str:
        """Return a text with its quotes resolved."""
        if _OPEN not in text:
            return text
        if self.mode is Examples.SHOW:
            return _QUOTE.sub(lambda match: match[1], text)
        return _QUOTE.sub(lambda match: match[2] if match[2] is not None else self.of(match[1]), text)


def conceal(gate: GateRecord, mode: Examples, *, columns: Collection[str] = (), key: bytes = b"") -> GateRecord:
    """Return a gate as it may be stored and shown.

    Parameters
    ----------
    gate : GateRecord
        As a check measured it.
    mode : Examples
        ``show`` everything; ``hash``: entries of rows become codes, equal for equal entries; ``off``: no examples and
        no entries at all. Which rows they are and what models say of them stays: whoever has the table can look.
    columns : collection of str
        Names of the table's columns: what an example says under such a name is an entry, whatever it looks like.
    key : bytes
        Codes are keyed digests (HMAC-SHA256), the same in every run with this key; without one they are numbered in
        order of appearance, since a digest that anybody can compute hides no age and no sex.

    Returns
    -------
    GateRecord

    Examples
    --------
    >>> gate = GateRecord(id="a::b", suite="a", check="b", reason=f"Row 3, age {quoted('41')}.")
    >>> conceal(gate, Examples.SHOW).reason, conceal(gate, Examples.HASH).reason
    ('Row 3, age 41.', 'Row 3, age #1.')
    """
    codes = _Codes(mode=mode, key=key, columns=frozenset(columns))
    return replace(
        gate,
        reason=codes.text(gate.reason),
        reading=codes.text(gate.reading),
        advice=tuple(map(codes.text, gate.advice)),
        findings=tuple(_finding(one, codes) for one in gate.findings),
        tables=tuple(_table(one, codes) for one in gate.tables),
        charts=tuple(_chart(one, codes) for one in gate.charts),
    )


def _finding(finding: Finding, codes: _Codes) -> Finding:
    examples: tuple[Mapping[str, Any], ...] = ()
    if codes.mode is not Examples.OFF:
        examples = tuple({key: _example(key, value, codes) for key, value in one.items()} for one in finding.examples)
    return replace(finding, title=codes.text(finding.title), examples=examples, reproduce=codes.text(finding.reproduce))


def _example(key: str, value: Any, codes: _Codes) -> Any:
    shown = codes.text(value) if isinstance(value, str) else value
    if codes.mode is Examples.SHOW or value is None:
        return shown
    # The truth of a class says what many share; a number is the person's own.
    own = key.startswith("truth") and isinstance(value, float)
    measured = not own and (key in _PLACES or isinstance(value, (int, float)) or _SAID.fullmatch(key))
    return shown if measured and key not in codes.columns else codes.of(shown)


def _table(table: Table, codes: _Codes) -> Table:
    private = {place for place, name in enumerate(table.columns) if name in table.private}
    return replace(
        table,
        note=codes.text(table.note),
        rows=tuple(tuple(_cell(cell, place in private, codes) for place, cell in enumerate(row)) for row in table.rows),
    )


def _chart(chart: Chart, codes: _Codes) -> Chart:
    return replace(
        chart,
        reading=codes.text(chart.reading),
        data=tuple(
            {key: _cell(value, key in chart.private, codes) for key, value in row.items()} for row in chart.data
        ),
    )


def _cell(value: Any, private: bool, codes: _Codes) -> Any:
    shown = codes.text(value) if isinstance(value, str) else value
    return shown if not private or codes.mode is Examples.SHOW or value is None else codes.of(shown)
