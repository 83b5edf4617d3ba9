"""What a whole run consists of: which case or twin, at which strength, size and seed, by which tool."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from benchmarks.proving_ground.bases import BASES
from benchmarks.proving_ground.catalogue import CASES
from benchmarks.proving_ground.draws import base_of

__all__ = ["SIZES", "TOOLS", "UNSEEN", "Cell", "Seeds", "code_of", "plan"]

TOOLS = {
    "modelcheck": "modelcheck_scan",
    "giskard": "giskard_scan",
    "deepchecks": "deepchecks_suite",
    "evidently": "evidently_presets",
    "fairlearn": "fairlearn_metrics",
    "sliceline": "sliceline_search",
    # The value of its notebooks, with slices of up to three conditions.
    "sliceline, alpha 0.95": "sliceline_tutorial",
}
_HOME = "benchmarks.proving_ground"


# Cases, checks and adapters were built while looking at lower seeds. From here on nobody had looked before the run.
UNSEEN = 101


def _seeds(count: int) -> tuple[int, ...]:
    """Return the seed that the peers get too, then seeds that nothing was built on."""
    return (0, *range(UNSEEN, UNSEEN + count - 1))


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """Which seeds a cell gets: a defect at its default strength, at another one, and a twin by its rows."""

    default: Sequence[int]
    other: Sequence[int]
    twin: Mapping[int, Sequence[int]]
    real_twin: Sequence[int]


# A peer is asked at default strength only: it costs most of the time. 72 quiet runs of a size exclude a rate of 5 %.
SIZES: dict[str, dict[str, Seeds]] = {
    "full": {
        "modelcheck": Seeds(
            default=_seeds(2),
            other=(0,),
            twin={300: _seeds(19), 2000: _seeds(18), 20_000: _seeds(37)},
            real_twin=_seeds(3),
        ),
        "peer": Seeds(default=(0,), other=(), twin={300: (0, 1), 2000: (0, 1), 20_000: ()}, real_twin=(0,)),
    },
    "quick": {
        "modelcheck": Seeds(default=(0,), other=(), twin={300: (0,), 2000: (0,), 20_000: ()}, real_twin=(0,)),
        "peer": Seeds(default=(0,), other=(), twin={300: (), 2000: (0,), 20_000: ()}, real_twin=()),
    },
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One run of one tool. `strength` is None for a clean twin."""

    tool: str
    subject: str
    rows: int
    seed: int
    strength: float | None

    @property
    def key(self) -> str:
        """Say in one string what was run."""
        return "|".join(str(value) for value in asdict(self).values())


def plan(tools: Iterable[str], size: str, subjects: Sequence[str] = ()) -> list[Cell]:
    """Return the cells of a run, in turns: each subject's first seed before any second, defaults first."""
    cells = []
    for tool in tools:
        seeds = SIZES[size]["modelcheck" if tool == "modelcheck" else "peer"]
        for case in CASES.values():
            for strength in case.strengths:
                wanted = seeds.default if strength == case.default else seeds.other
                cells += [_cell(tool, case.name, case.rows, seed, strength) for seed in wanted]
        for base in BASES.values():
            for rows in base.rows:
                wanted = seeds.twin.get(rows, seeds.real_twin) if base.simulated else seeds.real_twin
                cells += [_cell(tool, base.name, rows, seed, None) for seed in wanted]
    chosen = [cell for cell in cells if not subjects or cell.subject in subjects]
    return sorted(chosen, key=lambda cell: (cell.seed, cell.tool != "modelcheck", _is_other(cell)))


def _is_other(cell: Cell) -> bool:
    return cell.subject in CASES and cell.strength != CASES[cell.subject].default


def _cell(tool: str, subject: str, rows: int, seed: int, strength: float | None) -> Cell:
    return Cell(tool=tool, subject=subject, rows=rows, seed=seed, strength=strength)


def code_of(tool: str, subject: str) -> str:
    """Digest the code that a result hangs on: what draws and plants it, and the tool with its adapter.

    A result of other code is not taken for one of this code when a run is resumed.
    """
    modules = {f"{_HOME}.{name}" for name in ("trial", "models", "draws", f"tools.{TOOLS[tool]}")}
    modules |= _ours(import_module(f"{_HOME}.tools.{TOOLS[tool]}"))
    if subject in CASES:
        planted = import_module(CASES[subject].plant.__module__)
        modules |= {planted.__name__} | _ours(planted)
    drawn = import_module(base_of(subject).draw.__module__)
    modules |= {drawn.__name__} | _ours(drawn)
    modules -= {f"{_HOME}.catalogue", f"{_HOME}.bases"}
    files = [Path(str(import_module(name).__file__)) for name in modules]
    if tool == "modelcheck":
        files += Path(str(import_module("modelcheck").__file__)).parent.rglob("*.py")
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _ours(module: ModuleType) -> set[str]:
    """Return the modules of the proving ground whose things a module uses."""
    used = {getattr(value, "__module__", None) or getattr(value, "__name__", "") for value in vars(module).values()}
    used |= {value.__name__ for value in vars(module).values() if isinstance(value, ModuleType)}
    return {name for name in used if isinstance(name, str) and name.startswith(f"{_HOME}.")}
