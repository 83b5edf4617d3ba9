"""What a look at a file notices: names, where they stand, versions, and words that matter wherever they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modelcheck.models.inspection.allow_list import PARTIAL, Use
from modelcheck.models.inspection.attributes import LONGEST, hidden_words
from modelcheck.models.inspection.outcome import Bounds
from modelcheck.models.inspection.source import Source
from modelcheck.models.inspection.stubs import Named

__all__ = ["FORMULA", "Counter", "Seen"]

# What evaluates the formula of a statsmodels model that was made from one. It isn't imported by the file, but used.
FORMULA = "statsmodels.formula._manager.FormulaManager"
_BLOCK = 2**20


class Counter:
    """Operations over all pickles of one file, and words that matter wherever they stand."""

    def __init__(self) -> None:
        self.operations = 0
        self.formula_words: set[str] = set()

    def look(self, data: bytes) -> None:
        """Note words that matter as names, in bytes that are text to somebody."""
        self.formula_words.update(hidden_words(data))

    def look_through(self, source: Source, count: int) -> None:
        """Read the next bytes block by block, as `look` does; a word may lie across two blocks."""
        before = b""
        while count:
            block = source.read(min(count, _BLOCK))
            self.look(before + block)
            before = block[-LONGEST:]
            count -= len(block)


class Seen(Counter):
    """What a dry run noticed; shared by all pickles of one file."""

    def __init__(self, allowed: Mapping[str, Use], bounds: Bounds, trusted: Iterable[str] = ()) -> None:
        super().__init__()
        self.allowed = allowed
        self.trusted = frozenset(trusted)
        self.bounds = bounds
        self.names: set[str] = set()
        self.refused: set[str] = set()
        self.versions: dict[str, set[str]] = {}
        self.wrapped_arrays = 0
        self.companions: frozenset[str] = frozenset()
        self.used_companions: set[str] = set()
        self.partial_judged = False
        self.places: dict[str, str] = {}
        self.member = ""

    def place(self, full: str, position: int) -> None:
        """Note where a name was first seen."""
        self.places.setdefault(full, f"{self.member}, byte {position:,}" if self.member else f"byte {position:,}")

    def name(self, full: str) -> Named:
        """Note an import."""
        use = self.allowed.get(full)
        self.names.add(full)
        if use is None and full != PARTIAL:
            self.refused.add(full)
        return Named(full, use)

    def finish(self) -> None:
        """Refuse what was imported on probation and never used in the one way that is allowed."""
        if PARTIAL in self.names and PARTIAL not in self.allowed and not self.partial_judged:
            self.refused.add(PARTIAL)
        if self.formula_words and any(name.startswith("statsmodels.") for name in self.names):
            self.names.add(FORMULA)
            if FORMULA not in self.allowed:
                self.refused.add(FORMULA)
