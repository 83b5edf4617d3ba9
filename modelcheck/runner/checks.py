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

__all__ = ["CheckModule", "gate_of", "missing_checks", "user_gate"]

_SUITE = "user"
_NOT_A_CHECK = "it is not collected: a check is a plain function `check_...` at the top level of its file."


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
    # A check that returns something asserts nothing with it: `return ok` must not read as a pass.
    item.add_marker(pytest.mark.filterwarnings("error::pytest.PytestReturnNotNoneWarning"))
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


def missing_checks(run: Run, model: ModelRun) -> list[tuple[str, str]]:
    """Return what the check files of a model hold and pytest did not collect, as (node id, why)."""
    collected = {nodeid.partition("[")[0] for nodeid in run.seen}
    files = {nodeid.partition("::")[0] for nodeid in collected}
    missing = []
    for path in _check_files(model):
        first = next(other for other in run.models if other.owns(path))
        label = path.relative_to(run.rootdir).as_posix() if run.rootdir in path.parents else path.as_posix()
        names = _names_in(path) if first is model else []
        if names and label not in files:
            missing.append((label, "this file holds checks and was not collected."))
        else:
            absent = [f"{label}::{name}" for name in names if f"{label}::{name}" not in collected]
            missing += [(nodeid, _NOT_A_CHECK) for nodeid in absent]
    return missing


def _check_files(model: ModelRun) -> list[Path]:
    found: set[Path] = set()
    for folder in model.check_folders():
        found |= {folder} if folder.is_file() else set(folder.rglob("check_*.py"))
    return sorted(path for path in found if path.name.startswith("check_") and path.suffix == ".py")


def _names_in(path: Path) -> list[str]:
    """Return the functions of a file that look like checks, wherever they hide; an unreadable file holds some."""
    import ast

    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ["<unreadable>"]
    found: list[str] = []

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                # What a function defines inside itself is its own affair.
                if child.name.startswith(("check_", "test_")):
                    found.append(prefix + child.name)
            else:
                visit(child, f"{prefix}{child.name}::" if isinstance(child, ast.ClassDef) else prefix)

    visit(tree, "")
    return list(dict.fromkeys(found))
