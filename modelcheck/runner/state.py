"""What one run knows: models, planned gates, where reports go, what came back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modelcheck.config import Config
from modelcheck.gates.plan import PlannedGate
from modelcheck.record.schema import GateRecord
from modelcheck.scoring.progress import Tally
from modelcheck.scoring.subjects import Subjects

__all__ = ["RUN", "ModelRun", "Run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRun:
    """One model of the run and its planned gates."""

    config: Config
    task: str
    task_reason: str
    gates: tuple[PlannedGate, ...]

    def node_id(self, gate: PlannedGate) -> str:
        """Return the pytest node id of a gate."""
        return f"{self.config.label}::{gate.id}"

    def check_folders(self) -> tuple[Path, ...]:
        """Return the folders (or files) of user checks that exist."""
        paths = (self.config.folder / path for path in self.config.check_paths)
        return tuple(path.resolve() for path in paths if path.exists())

    def owns(self, path: Path) -> bool:
        """Return whether a check file belongs to this model."""
        return any(path == folder or folder in path.parents for folder in self.check_folders())


@dataclass(slots=True, kw_only=True)
class Run:
    """The state of one pytest run with gates.

    Attributes
    ----------
    models : tuple of ModelRun
        In the order of the configuration.
    folder : Path
        Where reports go.
    cache : Path
        A private folder that the workers of this run share.
    baseline : str
        ``compare``, ``accept`` or ``ignore``.
    outcomes : dict
        Node id to finished gate, as reports arrive.
    seen : dict
        Node id to model name, for every user check that was collected (also those deselected later).
    subjects : dict
        Model name to what is measured, in the process that measures it.
    tallies : dict
        Model name to what counts how far its gates are, where somebody watches.
    told : dict
        Model name and reason of an error to the first gate that ended so, in this process.
    """

    models: tuple[ModelRun, ...]
    folder: Path
    cache: Path
    rootdir: Path
    baseline: str
    only_suites: tuple[str, ...]
    shares_cache: bool
    outcomes: dict[str, GateRecord] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    subjects: dict[str, Subjects] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    told: dict[tuple[str, str], str] = field(default_factory=dict)

    def model(self, name: str) -> ModelRun:
        """Return one model by its name."""
        return next(model for model in self.models if model.config.name == name)

    def folder_of(self, name: str) -> Path:
        """Return where one model's reports go: the folder itself for one model, a folder below for several."""
        return self.folder if len(self.models) == 1 else self.folder / name

    def at(self, path: Path) -> ModelRun | None:
        """Return the model whose configuration is this file."""
        return next((model for model in self.models if model.config.file == path), None)


RUN = pytest.StashKey[Run]()
