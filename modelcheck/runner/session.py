"""Bookkeeping of a run: what was planned, what came back, the verdict, the exit code. Closed unless proved open."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from modelcheck.errors import ModelcheckError
from modelcheck.gates.assemble import assemble, read_subjects
from modelcheck.gates.execute import errored, not_run
from modelcheck.gates.plan import declared_alpha
from modelcheck.record.evidence import Verdict
from modelcheck.record.schema import GateRecord, Record, gate_from_json
from modelcheck.record.stopping import overall
from modelcheck.report.text import block
from modelcheck.runner import _compat
from modelcheck.runner.accepting import Accepted, accept, offer
from modelcheck.runner.checks import missing_checks, user_gate
from modelcheck.runner.github import annotation_lines, append_summary
from modelcheck.runner.items import GateItem
from modelcheck.runner.junit import tell
from modelcheck.runner.looks import look_facts
from modelcheck.runner.output import header, publish, show
from modelcheck.runner.state import ModelRun, Run

__all__ = ["Session"]

_WORDS = {
    Verdict.INCONCLUSIVE: ("inconclusive", "i", ("INCONCLUSIVE", {"yellow": True})),
    Verdict.FAIL: ("warned", "w", ("WARNED", {"yellow": True})),
    Verdict.ERROR: ("warned", "w", ("ERRORED", {"yellow": True})),
    Verdict.NOT_APPLICABLE: ("not applicable", "n", "NOT APPLICABLE"),
    Verdict.WAIVED: ("waived", "W", ("WAIVED", {"yellow": True})),
    None: ("measured", "m", "MEASURED"),
}


class Session:
    """The plugin that counts planned against run gates; one per pytest session."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self.config = config
        self.run = run
        self.started = time.time()
        self.records: tuple[Record, ...] | None = None
        self.accepted: list[Accepted] = []
        self.ended = False
        self.unwritten = ""
        self.planned = {model.node_id(gate): gate for model in run.models for gate in model.gates}

    def pytest_report_header(self) -> list[str]:
        """Say what will run and what it costs, before it runs."""
        return header(self.run)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put a gate's result on its report, as one JSON string: that is all that crosses process borders."""
        report = yield
        if isinstance(item, GateItem):
            early_or_late = item.result is None or report.when == "teardown"
            if early_or_late and call.excinfo is not None and report.outcome == "failed":
                item.crashed(call.excinfo.value)
                if isinstance(call.excinfo.value, ModelcheckError):
                    # A refusal speaks for itself; a traceback through modelcheck would bury it.
                    report.longrepr = item.told()
                # The report was made before: JUnit reads its copy.
                report.user_properties = list(item.user_properties)
            if item.result is not None and (report.when == "call" or report.outcome == "failed"):
                report.modelcheck_gate = json.dumps(item.result.as_json())  # type: ignore[attr-defined]
        elif item.nodeid in self.run.seen and (report.when == "call" or report.outcome != "passed"):
            _tell_user_check(item, report)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> Any:
        """Name the verdicts that pytest has no word for."""
        gate = _gate_on(report)
        if gate is None or report.when != "call" or report.outcome == "failed":
            return None
        return _WORDS.get(gate.verdict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what ran, with and without xdist."""
        gate = _gate_on(report)
        if gate is not None:
            self.run.outcomes[report.nodeid] = gate
        elif report.nodeid in self.planned:
            if report.outcome == "failed":
                # Nobody could settle the gate: its worker died under it.
                self.run.outcomes[report.nodeid] = errored(self.planned[report.nodeid], str(report.longrepr))
        elif report.when == "call" or report.outcome != "passed":
            self._log_user_check(report)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Turn the session red where a blocking gate failed or did not run."""
        result = yield
        self.ended = True
        if self._leads() and not _compat.runs_nothing(self.config):
            self._finish()
            if self._red() and not session.testsfailed:
                session.testsfailed += 1
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the record also when the loop was cut short; exit 5 where no gate was executed."""
        if not self._leads() or _compat.runs_nothing(self.config):
            return
        self._finish()
        ended = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
        # --maxfail ends a run of xdist workers as if it had been interrupted.
        if session.exitstatus in ended or session.shouldfail:
            if all(record.verdict == "no_gates" for record in self.records or ()):
                session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
            elif self._red():
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show each model's verdict, then why, then what to do."""
        if self.records:
            show(terminalreporter, self.run, self.records)
            for accepted in self.accepted:
                terminalreporter.write_line(block(accepted.said))
            if self.unwritten:
                terminalreporter.write_line(block(f"modelcheck: warning: {self.unwritten}"), yellow=True)
            for line in annotation_lines(self.run, self.records):
                terminalreporter.write_line(line)

    def _leads(self) -> bool:
        return not _compat.is_worker(self.config)

    def _red(self) -> bool:
        verdicts = [
            (record.verdict, model.config.profile)
            for record, model in zip(self.records or (), self.run.models, strict=True)
        ]
        if any(not accepted.done for accepted in self.accepted):
            return True
        return any(
            verdict == "blocked" or (verdict in ("incomplete", "no_gates") and profile != "dev")
            for verdict, profile in verdicts
        )

    def _finish(self) -> None:
        if self.records is not None:
            return
        self.records = tuple(self._record(model) for model in self.run.models)
        publish(self.run, self.records)
        if self.run.baseline == "accept":
            self.records = tuple(map(self._accept, self.run.models, self.records))
            publish(self.run, self.records)
        self.unwritten = append_summary(self.run, self.records)
        self.config.hook.pytest_modelcheck_finished(config=self.config, records=self.records)

    def _record(self, model: ModelRun) -> Record:
        gates = self._gates(model)
        subjects = read_subjects(self.run.cache / model.config.name)
        verdict = overall(gates, model.config.profile)
        return assemble(
            model.config,
            gates=gates,
            subjects=subjects,
            declared_alpha=declared_alpha(model.gates),
            started=self.started,
            facts=self._run_facts(model) | look_facts(model.config, subjects, verdict=verdict, started=self.started),
        )

    def _accept(self, model: ModelRun, record: Record) -> Record:
        """Show what accepting would change, then do it unless a reason speaks against it."""
        offered = offer(self.run, model, record, ended=self.ended)
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and offered.lines:
            reporter.ensure_newline()
            for line in offered.lines:
                reporter.write_line(block(line))
        self.accepted.append(accept(offered, self.run))
        return replace(record, run={**record.run, "accepted": self.accepted[-1].done})

    def _gates(self, model: ModelRun) -> list[GateRecord]:
        gates = [
            self.run.outcomes.get(model.node_id(gate))
            or not_run(gate, "it was planned and not run (deselected, or the run was cut short).")
            for gate in model.gates
        ]
        for nodeid, owner in self.run.seen.items():
            if owner == model.config.name:
                gates.append(
                    self.run.outcomes.get(nodeid)
                    or user_gate(nodeid, Verdict.NOT_RUN, "it was collected and not run (deselected, or cut short).")
                )
        gates += [user_gate(nodeid, Verdict.NOT_RUN, reason) for nodeid, reason in missing_checks(self.run, model)]
        return gates

    def _run_facts(self, model: ModelRun) -> dict[str, Any]:
        return {
            "command": " ".join(["pytest", *(str(arg) for arg in self.config.invocation_params.args)]),
            "suites_selected": list(self.run.only_suites),
            "task": model.task,
            "task_reason": model.task_reason,
            "baseline": self.run.baseline,
        }

    def _log_user_check(self, report: pytest.TestReport) -> None:
        if report.nodeid not in self.run.seen and not _is_check(report.nodeid):
            return
        previous = self.run.outcomes.get(report.nodeid)
        if previous is not None and previous.verdict in (Verdict.FAIL, Verdict.ERROR):
            return
        verdict, reason = _judge_user_check(report)
        self.run.outcomes[report.nodeid] = user_gate(report.nodeid, verdict, reason, duration_s=report.duration)


def _gate_on(report: pytest.TestReport) -> GateRecord | None:
    text = getattr(report, "modelcheck_gate", None)
    return None if text is None else gate_from_json(json.loads(text))


def _is_check(nodeid: str) -> bool:
    path = nodeid.partition("::")[0]
    return path.endswith(".py") and path.rpartition("/")[2].startswith("check_")


def _judge_user_check(report: pytest.TestReport) -> tuple[Verdict, str]:
    if report.outcome == "skipped":
        expected = hasattr(report, "wasxfail")
        text = report.wasxfail if expected else _skip_reason(report)
        return Verdict.NOT_RUN, f"{'expected to fail' if expected else 'skipped'}: {text or 'no reason given'}"
    if report.outcome == "passed":
        if hasattr(report, "wasxfail"):
            return Verdict.NOT_RUN, f"marked as expected to fail, and passed: {report.wasxfail or 'no reason given'}"
        return Verdict.PASS, ""
    crash = getattr(report.longrepr, "reprcrash", None)
    message = crash.message if crash is not None else str(report.longrepr)
    asserted = report.when == "call" and message.startswith(("assert", "AssertionError"))
    return (Verdict.FAIL if asserted else Verdict.ERROR), message


def _tell_user_check(item: pytest.Item, report: pytest.TestReport) -> None:
    # As in the record: what fails stays failed, whatever its fixtures do afterwards.
    if ("modelcheck.verdict", "fail") not in item.user_properties:
        tell(item.user_properties, user_gate(item.nodeid, _judge_user_check(report)[0], ""))
        report.user_properties = list(item.user_properties)


def _skip_reason(report: pytest.TestReport) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
