"""Gates as pytest items: a configuration file collects into suites, checks and slices."""

from __future__ import annotations

import os
import shlex
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelcheck.errors import ArtifactRefused, ModelcheckError
from modelcheck.gates.execute import errored, execute, execute_on_files
from modelcheck.gates.plan import PlannedGate
from modelcheck.record.evidence import Verdict
from modelcheck.record.schema import GateRecord
from modelcheck.record.stopping import stops
from modelcheck.report.text import block, shorten
from modelcheck.runner import _compat
from modelcheck.runner.fixtures import subjects_of
from modelcheck.runner.junit import tell
from modelcheck.runner.state import RUN, ModelRun
from modelcheck.scoring.progress import Tally
from modelcheck.scoring.subjects import Subjects

__all__ = ["GateFailed", "GateItem"]


_TELLS = "security.artifact"  # the check that says why a file was refused
_BEGINS = 60


class GateFailed(Exception):
    """A gate stops promotion; the message is all that a reader needs."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Turn exactly the configuration files of this run into gates."""
    model = parent.config.stash[RUN].at(file_path)
    return None if model is None else GateFile.from_parent(parent, path=file_path, model=model)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Tell the collector of a check's slices apart from the check's own gate: both have its node id.

    ``--lf`` forgets a failed id as soon as a collector of that id was collected.
    """
    report = yield
    if isinstance(collector, GateGroup) and collector.by_slice:
        report.nodeid += "::"
    return report


class GateFile(pytest.File):
    """A configuration file; its children are the suites."""

    def __init__(self, *, model: ModelRun, **options: Any) -> None:
        super().__init__(**options)
        self.model = model

    def collect(self) -> Iterator[pytest.Collector]:
        """Yield one collector a suite, in the order of the plan, last those that look back at the run."""
        ordered = sorted(self.model.gates, key=lambda gate: gate.default.looks_back)
        for suite in dict.fromkeys(gate.default.suite for gate in ordered):
            gates = [gate for gate in self.model.gates if gate.default.suite == suite]
            yield GateGroup.from_parent(self, name=suite, model=self.model, gates=gates)


class GateGroup(pytest.Collector):
    """A suite, or a check's slices: nested so that no name ever needs brackets."""

    def __init__(
        self, *, model: ModelRun, gates: Iterable[PlannedGate], by_slice: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        self.model = model
        self.gates = tuple(gates)
        self.by_slice = by_slice

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Yield gates; gates on slices sit below a collector named after their check."""
        for gate in self.gates:
            if self.by_slice or gate.slice is None:
                yield self._item(gate)
                continue
            slices = [other for other in self.gates if other.default is gate.default and other.slice is not None]
            if slices[0] is gate:
                yield GateGroup.from_parent(self, name=gate.default.name, model=self.model, gates=slices, by_slice=True)

    def _item(self, gate: PlannedGate) -> GateItem:
        name = gate.slice if self.by_slice and gate.slice is not None else gate.default.name
        several = len(self.config.stash[RUN].models) > 1
        measure = _measure if gate.default.needs_rows else _examine
        info, callspec = _compat.with_model_name(self, name, measure, self.model.config.name if several else None)
        return GateItem.from_parent(
            self, name=name, callobj=measure, fixtureinfo=info, callspec=callspec, model=self.model, gate=gate
        )


def _measure(
    request: pytest.FixtureRequest, model_name: str, candidate: Any, baseline: Any, dataset: Any, reference: Any
) -> None:
    """Run one gate on the fixtures of its model, whoever provides them."""
    item = request.node
    run = request.config.stash[RUN]
    own = item.model.config.name
    if model_name != own and len(run.models) > 1:
        item.settle(errored(item.gate, _other_model(model_name, own), item.rerun_line()))
        return
    try:
        subjects = subjects_of(run, own, candidate, baseline, dataset, reference)
    except ModelcheckError as error:
        item.settle(errored(item.gate, str(error), item.rerun_line()))
        return
    item.settle(execute(item.gate, subjects, item.model.config, rerun=item.rerun_line()))


def _examine(request: pytest.FixtureRequest, model_name: str) -> None:
    """Run one gate that needs no rows: fixtures are asked for one by one: those that fail are its matter."""
    item = request.node
    run = request.config.stash[RUN]
    own = item.model.config.name
    if model_name != own and len(run.models) > 1:
        item.settle(errored(item.gate, _other_model(model_name, own), item.rerun_line()))
        return

    def subjects() -> Subjects:
        given = {name: request.getfixturevalue(name) for name in ("candidate", "baseline", "dataset", "reference")}
        return subjects_of(run, own, **given)

    with (run.tallies.get(own) or Tally()).during(item.gate.id, item.gate.default.suite):
        record = execute_on_files(
            item.gate,
            item.model.config,
            loaded=request.getfixturevalue,
            subjects=subjects,
            rerun=item.rerun_line(),
        )
    item.settle(record)


def _other_model(given: str, own: str) -> str:
    return f"the model_name fixture gave {given!r} to a gate of {own!r}; with several models it must not."


class GateItem(pytest.Function):
    """One gate."""

    def __init__(self, *, model: ModelRun, gate: PlannedGate, **options: Any) -> None:
        super().__init__(**options)
        self.model = model
        self.gate = gate
        self.result: GateRecord | None = None

    def settle(self, record: GateRecord) -> None:
        """Keep the result and raise what pytest has to know.

        Raises
        ------
        GateFailed
            The gate stops promotion in this profile.
        """
        self.result = record
        tell(self.user_properties, record)
        if stops(record, self.model.config.profile):
            raise GateFailed(self._described(record))
        if record.verdict in (Verdict.NOT_APPLICABLE, Verdict.WAIVED):
            pytest.skip(f"{record.verdict}: {record.reason}")

    def crashed(self, error: BaseException) -> None:
        """Note that something raised before the gate had a result: its fixtures, or what wraps them."""
        self.result = errored(self.gate, self._said(error), self.rerun_line())
        tell(self.user_properties, self.result)

    def told(self) -> str:
        """Return the message of a gate that has a result."""
        return "" if self.result is None else self._described(self.result)

    def _described(self, record: GateRecord) -> str:
        """Return a gate's message; an error that another gate had already is named, not told again.

        A model that can't be loaded or asked fails every gate alike, and what it says would fill the screen.
        """
        if record.verdict is not Verdict.ERROR:
            return describe(record)
        first = self.config.stash[RUN].told.setdefault((self.model.config.name, record.reason), record.id)
        if first == record.id:
            return describe(record)
        begins = shorten(record.reason, _BEGINS, "...")
        return describe(replace(record, reason=f"as {first}: {begins}", advice=()))

    def _said(self, error: BaseException) -> str:
        """Return what an exception says; a refused file is told once, by the gate whose matter it is."""
        tells = next((gate.id for gate in self.model.gates if gate.default.check == _TELLS), None)
        if isinstance(error, ArtifactRefused) and error.source and tells is not None:
            return f"the model file {error.source} was refused and nothing in it was run: {tells} tells why."
        return str(error) or type(error).__name__

    def rerun_line(self) -> str:
        """Return the line that runs this gate alone; in dev, but for release, as there a partial run is no failure."""
        named = [f"--modelcheck-config {shlex.quote(file)}" for file in self.config.getoption("--modelcheck-config")]
        # In release the burden of proof is another one, and a rerun has to be judged like the run.
        profile = "release" if self.model.config.profile == "release" else "dev"
        words = ["pytest", "--modelcheck", *named, "--modelcheck-profile", profile, shlex.quote(self.nodeid)]
        return " ".join(words)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the gate's own sentence instead of a traceback through modelcheck."""
        if isinstance(excinfo.value, GateFailed):
            return str(excinfo.value)
        if isinstance(excinfo.value, ModelcheckError):
            self.result = self.result or errored(self.gate, self._said(excinfo.value), self.rerun_line())
            return self.told()
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[os.PathLike[str], int | None, str]:
        """Return where the gate is written down: its configuration file."""
        return self.path, None, self.gate.id


def describe(record: GateRecord) -> str:
    """Return a gate's message: verdict and why first, then the evidence in words, then the lines to act on.

    Names, values and what a model said when it raised are somebody else's text: control characters are made visible,
    and no line can begin like a command to a CI system.
    """
    lines = [f"{record.title} {str(record.verdict).upper()}: {record.reason}", record.reading, *record.advice]
    shown = [line for text in lines if text for line in block(text).splitlines()]
    return "\n  ".join(f"| {line}" if line.lstrip().startswith("::") else line for line in shown)
