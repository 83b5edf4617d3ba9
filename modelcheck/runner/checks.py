"""User checks: functions named `check_*` in `check_*.py`, repeated for each model they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelcheck.record.evidence import Severity, Verdict
from modelcheck.record.schema import GateRecord
from modelcheck.runner import _compat
from modelcheck.runner.items import GateItem
from modelcheck.runner.state import RUN, ModelRun, Run

__all__ = ["CheckModule", "gate_of", "missing_files", "user_gate"]

_SUITE = "user"


class CheckModule(pytest.Module):
    """A `check_*.py` file: its `check_*` functions are gates."""

    def _getobj(self) -> Any:
        return _compat.import_by_path(self)

    def funcnamefilter(self, name: str) -> bool:
        """Take functions whose name starts with ``check_``."""
        return name.startswith("check_")


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Read `check_*.py` files of this run's models as check modules."""
    run = parent.config.stash[RUN]
    if module_path.name.startswith("check_") and any(model.owns(module_path) for model in run.models):
        return CheckModule.from_parent(parent, path=module_path)
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat a check that uses a model's fixtures for every model that its file belongs to."""
    run = metafunc.config.stash[RUN]
    if len(run.models) == 1 or "model_name" not in metafunc.fixturenames:
        return
    path = metafunc.definition.path
    owners = [model.config.name for model in run.models if model.owns(path)]
    if not owners:
        return
    ids = [pytest.HIDDEN_PARAM] if len(owners) == 1 else owners
    metafunc.parametrize("model_name", owners, ids=ids, indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Note every user check before anything can deselect it."""
    if isinstance(item, GateItem) or not isinstance(item.getparent(pytest.Module), CheckModule):
        return
    run = item.config.stash[RUN]
    callspec = getattr(item, "callspec", None)
    name = callspec.params.get("model_name") if callspec is not None else None
    owner = name or next((model.config.name for model in run.models if model.owns(item.path)), None)
    if owner is not None:
        run.seen[item.nodeid] = str(owner)


def gate_of(nodeid: str) -> str:
    """Return the gate id of a user check's node id: ``user::folder.check_file.check_name``."""
    path, _, name = nodeid.partition("::")
    dotted = path.removesuffix(".py").replace("\\", "/").strip("./").replace("/", ".")
    readable = name.replace("::", ".").replace("[", ".").replace("]", "").replace("\n", " ")
    return f"{_SUITE}::{dotted}.{readable}" if name else f"{_SUITE}::{dotted}"


def user_gate(nodeid: str, verdict: Verdict, reason: str, *, duration_s: float = 0.0) -> GateRecord:
    """Return the record of a user check."""
    gate = gate_of(nodeid)
    return GateRecord(
        id=gate,
        suite=_SUITE,
        check=gate.partition("::")[2],
        slice=None,
        title=nodeid.partition("::")[2].removeprefix("check_").replace("_", " ") or nodeid,
        severity=Severity.BLOCKING,
        verdict=verdict,
        reason=reason,
        advice=(f"rerun:  pytest --modelcheck --modelcheck-profile dev '{nodeid}'",)
        if verdict is not Verdict.PASS
        else (),
        duration_s=round(duration_s, 6),
    )


def missing_files(run: Run, model: ModelRun) -> list[str]:
    """Return the check files of a model from which nothing was collected, as node ids of their files."""
    collected = {nodeid.partition("::")[0] for nodeid in run.seen}
    missing = []
    for folder in model.check_folders():
        for path in sorted(folder.rglob("check_*.py")) if folder.is_dir() else [folder]:
            first = next(other for other in run.models if other.owns(path))
            label = path.relative_to(run.rootdir).as_posix() if run.rootdir in path.parents else str(path)
            if first is model and label not in collected and _defines_checks(path):
                missing.append(label)
    return missing


def _defines_checks(path: Path) -> bool:
    """Return whether a file that was not collected would hold checks; an unreadable file counts as holding some."""
    import ast

    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return True
    return any(isinstance(node, ast.FunctionDef) and node.name.startswith("check_") for node in tree.body)
