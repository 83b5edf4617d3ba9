"""The folder of stored counterexamples: readable JSON, written whole or not at all, read with care."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from modelcheck.errors import RecordError
from modelcheck.perturb.falsify.counterexample import Counterexample
from modelcheck.perturb.falsify.regression_check import slug
from modelcheck.record.store import write_text_atomically

__all__ = ["MOST_EXAMPLES", "ExamplesFolder", "Stored"]

MOST_EXAMPLES = 20
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a folder holds of one property.

    Attributes
    ----------
    examples : tuple of Counterexample
        In the order of their file names.
    problems : tuple of str
        One sentence for each file that can't be used.
    """

    examples: tuple[Counterexample, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExamplesFolder:
    """A folder of counterexamples.

    Attributes
    ----------
    path : Path
        It need not exist.
    """

    path: Path

    def read(self, name: str) -> Stored:
        """Return the examples of a property, at most 20.

        Parameters
        ----------
        name : str
            The property's name.

        Returns
        -------
        Stored
            Never fails: what can't be read is among the problems.
        """
        examples, problems = [], []
        for path in self._files(name):
            try:
                example = _read(path)
            except RecordError as error:
                problems.append(f"{path.name}: {error}")
                continue
            if example.name == name:
                examples.append(example)
            else:
                problems.append(f"{path.name}: it holds an example of {example.name[:80]!r}, not of {name!r}.")
        left = len(examples) - MOST_EXAMPLES
        if left > 0:
            problems.append(
                f"{left:,} more stored examples of {name!r} are left out: at most {MOST_EXAMPLES} are used."
            )
        return Stored(examples=tuple(examples[:MOST_EXAMPLES]), problems=tuple(problems))

    def keep(self, example: Counterexample) -> Path:
        """Store an example; where there are 20 of its property, the oldest makes room.

        Raises
        ------
        RecordError
            The folder can't be written.
        """
        text = example.dump()
        path = self.path / f"{_stem(example.name)}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
        if path.is_file():
            return path
        if self.path.exists() and not self.path.is_dir():
            raise RecordError(f"{self.path} can't be written: it is no folder.")
        try:
            older = sorted(self._files(example.name), key=lambda other: (other.stat().st_mtime_ns, other.name))
            for other in older[: max(len(older) - MOST_EXAMPLES + 1, 0)]:
                other.unlink(missing_ok=True)
        except OSError as error:
            raise RecordError(f"{self.path} can't be tidied: {error.strerror or error}.") from error
        return write_text_atomically(path, text)

    def _files(self, name: str) -> list[Path]:
        if not self.path.is_dir():
            return []
        start = f"{_stem(name)}-"
        return sorted(path for path in self.path.iterdir() if path.name.startswith(start) and path.suffix == ".json")


def _stem(name: str) -> str:
    """Return the start of a property's file names; the hash tells names apart that differ in marks only."""
    return f"{slug(name) or 'property'}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _read(path: Path) -> Counterexample:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise RecordError(f"it is larger than {_MOST_BYTES:,} bytes, so it is no stored example.")
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise RecordError(f"it can't be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise RecordError(f"it isn't whole JSON ({type(error).__name__}): it was cut off or edited.") from error
    return Counterexample.from_json(data)
