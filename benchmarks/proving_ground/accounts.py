"""What rates don't tell: runs that missed, what crashed, what a tool can't express, and how it was asked."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from benchmarks.proving_ground import tools as adapters
from benchmarks.proving_ground.rates import defects, grouped
from benchmarks.proving_ground.results import Run
from benchmarks.proving_ground.scoring import TRUE_OF_TABLES
from benchmarks.proving_ground.tables import Cell, Table, name_of
from benchmarks.proving_ground.tools.outcome import NotCovered
from benchmarks.proving_ground.trial import Base, Case
from modelcheck.record.numbers import format_count
from modelcheck.report.text import paragraph, shorten

__all__ = ["Asked", "Crash", "crashes", "mappings", "missed", "not_covered", "true_of_twins"]

_TOOL = "modelcheck"
_MOST_NAMES = 6
_MOST_REASONS = 60
_MOST_MAPPING = 3000
_MOST_MEANING = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A tool, what its adapter says of it, and which of its findings mean which case."""

    tool: str
    told: str
    meaning: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """Runs of a tool that ended in the same error, with the traceback of the first of them."""

    tool: str
    error: str
    runs: int
    where: str
    traceback: str


def missed(runs: Sequence[Run], most: int) -> tuple[Table, int]:
    """Return modelcheck's runs in which the right gate didn't find the defect at default strength.

    Returns
    -------
    table : Table
        What it said instead; runs of a case that said the same share a row.
    left : int
        Runs beyond `most` rows.
    """
    lost = [run for run in defects(runs) if run.tool == _TOOL and not (run.status == "ok" and run.found_right)]
    alike = list(grouped(lost, lambda run: (run.subject, run.strength, run.rows, _instead(run))).items())
    rows = []
    for (subject, strength, size, instead), same in alike[:most]:
        seeds = shorten(", ".join(str(run.seed) for run in same), 60)
        rows.append((Cell(name_of(subject)), Cell(f"{strength:g}" if strength is not None else "", f"{size:,} rows"),
                     Cell(seeds, f"{len(same):,} of them" if len(same) > 1 else ""), Cell(instead)))  # fmt: skip
    table = Table(
        caption="Runs of modelcheck that missed a defect at default strength",
        columns=("Planted", "Strength", "Seeds", "What was said instead"),
        rows=tuple(rows),
    )
    return table, sum(len(same) for _, same in alike[most:])


def _instead(run: Run) -> str:
    if run.status != "ok":
        return run.status
    names = [name_of(name) for name in [*run.found, *run.errors]]
    told = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES:,} others" if names[_MOST_NAMES:] else "")
    return f"{shorten(run.verdict, 40) or 'no verdict'}: {told or 'nothing found'}"


def crashes(runs: Sequence[Run], most: int, characters: int) -> tuple[list[Crash], int]:
    """Return what crashed, the most frequent first, each error once.

    Returns
    -------
    crashes : list of Crash
        At most `most`, tracebacks of at most so many `characters`: their end, where the error is named.
    left : int
        Runs with other errors.
    """
    broken = [run for run in runs if run.status == "crashed"]
    alike = sorted(grouped(broken, lambda run: (run.tool, _error(run))).items(), key=lambda item: -len(item[1]))
    made = []
    for (tool, error), same in alike[:most]:
        where = shorten(", ".join(sorted({name_of(run.subject) for run in same})), 300)
        whole = same[0].traceback.strip()
        end = whole[-characters:]
        shown = end if len(end) == len(whole) else f"…{end}"
        made.append(Crash(tool=name_of(tool), error=error, runs=len(same), where=where, traceback=shown))
    return made, sum(len(same) for _, same in alike[most:])


def _error(run: Run) -> str:
    lines = (run.traceback.strip() or run.notes.strip() or "no traceback").splitlines()
    # The last line that isn't indented names the error; a message may go on over further lines.
    named = next((line for line in reversed(lines) if line[:1].strip()), lines[-1])
    return shorten(named, 200)


def not_covered(runs: Sequence[Run]) -> Table:
    """Return what the tools can't express, by the reasons that their adapters gave."""
    outside = [run for run in runs if run.status == "not covered"]
    rows = []
    by_reason = sorted(grouped(outside, lambda run: (run.tool, run.notes)).items())
    for (tool, reason), same in by_reason[:_MOST_REASONS]:
        subjects = sorted({name_of(run.subject) for run in same})
        which = Cell(shorten(", ".join(subjects), 600), f"{len(subjects):,} cases and twins")
        rows.append((Cell(name_of(tool)), Cell(shorten(reason, 300) or "no reason given"), which))
    left = len(by_reason) - len(rows)
    if left:
        rows.append((Cell("and more"), Cell(f"{format_count(left)} further reasons"), Cell("")))
    columns = ("Tool", "Why it has no way to express them", "Cases")
    return Table(caption="Counted apart, never as missed", columns=columns, rows=tuple(rows))


def true_of_twins(bases: Mapping[str, Base]) -> Table:
    """Return what is true of clean twins, and hence no false alarm."""
    rows = [
        (Cell(base.name), Cell(check, f"at {int(size):,} rows and fewer" if size else ""), Cell(why))
        for base in bases.values()
        for key, why in base.true_of_it.items()
        for check, _, size in [key.partition("@")]
    ]
    rows += [
        (Cell(base.name), Cell(check, "a peer's check"), Cell(why))
        for base in bases.values()
        for check, why in TRUE_OF_TABLES.get(base.name, {}).items()
    ]
    return Table(caption="Said of a clean twin and true", columns=("Base", "Check", "Why it is true"), rows=tuple(rows))


def mappings(cases: Mapping[str, Case]) -> list[Asked]:
    """Return how each tool was asked, in the words of its adapter; modelcheck first."""
    told = []
    for found in pkgutil.iter_modules(adapters.__path__):
        module = importlib.import_module(f"{adapters.__name__}.{found.name}")
        if hasattr(module, "NAME"):
            rows = tuple((Cell(name_of(name)), _counts(module, name)) for name in cases)
            meaning = Table(caption="What counts as finding it", columns=("Planted", "Any of"), rows=rows)
            text = paragraph((module.__doc__ or "").strip(), _MOST_MAPPING)
            told.append(Asked(tool=name_of(module.NAME), told=text, meaning=meaning))
    return sorted(told, key=lambda one: (one.tool != _TOOL, one.tool))


def _counts(module: ModuleType, case: str) -> Cell:
    try:
        names = sorted(module.right(case))
    except NotCovered as reason:
        return Cell(shorten(str(reason), _MOST_MEANING), tone="none")
    except LookupError:
        names = []
    return Cell(shorten(", ".join(names), _MOST_MEANING)) if names else Cell("nothing", tone="none")
