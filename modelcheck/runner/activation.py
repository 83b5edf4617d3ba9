"""What `--modelcheck` switches on: read the configuration, plan the gates, point pytest at them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelcheck.config import Config, NoConfiguration, load_configs
from modelcheck.config.source import label_of
from modelcheck.errors import ConfigError, DataError, Mistake, ModelcheckError
from modelcheck.gates.plan import plan_gates
from modelcheck.record.store import RECORD_NAME, remove_stale
from modelcheck.report.text import block
from modelcheck.runner import _compat
from modelcheck.runner.accepting import check_stored, refuse_accepting
from modelcheck.runner.folders import prepare_folders
from modelcheck.runner.state import RUN, ModelRun, Run
from modelcheck.suites.catalog import all_checks

__all__ = ["activate"]

_NOTHING = """modelcheck: no configuration was found in {root}: no modelcheck.toml, no [tool.modelcheck] table.
`modelcheck init MODEL DATA` writes one with its guesses, for example:

{example}"""

_EXAMPLE = """    # modelcheck.toml
    [candidate]
    model = "models/candidate.skops"      # or "package.module:object"
    [dataset]
    path = "data/holdout.csv"             # labelled rows the model has not seen
    target = "label"
    # positive = "yes"                    # label of the positive class
    # protected = ["sex"]                 # every metric is also shown by these groups
    # [reference]
    # path = "data/train.csv"             # rows the model was trained on
    # [gates."performance.roc_auc"]
    # min = 0.80                          # a limit makes a metric a blocking gate"""


def activate(config: pytest.Config) -> None:
    """Prepare a run with gates.

    Parameters
    ----------
    config : pytest.Config
        The configuration of this pytest run.

    Raises
    ------
    pytest.UsageError
        The configuration has mistakes (exit 4). Any older record and page is removed first.
    """
    from modelcheck.runner import checks, fixtures, items, progress, session

    folder = _report_folder(config)
    leads = not _compat.is_worker(config)
    writes = leads and not _compat.runs_nothing(config)
    try:
        if writes:
            _remove_older(folder)
        configs = _configs(config)
        if not _compat.runs_nothing(config) and not _compat.hands_out(config):
            _expect(configs)
        models = tuple(_model_run(one) for one in configs)
        if writes:
            prepare_folders(folder, [model.config.name for model in models])
    except NoConfiguration:
        root = config.rootpath.name or "rootdir"
        raise pytest.UsageError(_NOTHING.format(root=root, example=_EXAMPLE)) from None
    except ModelcheckError as error:
        # Names, values and what a dataset function said are somebody else's text.
        raise pytest.UsageError(block(str(error))) from None
    cache = (
        Path(tempfile.mkdtemp(prefix="modelcheck-"))
        if leads
        else Path(_compat.worker_input(config)["modelcheck_cache"])
    )
    if leads:
        config.add_cleanup(lambda: shutil.rmtree(cache, ignore_errors=True))
    run = Run(
        models=models,
        folder=folder,
        cache=cache,
        rootdir=config.rootpath,
        baseline=config.getoption("--modelcheck-baseline"),
        only_suites=tuple(config.getoption("--modelcheck-suite")),
        shares_cache=_compat.is_worker(config),
    )
    config.stash[RUN] = run
    # In xdist workers too: they are handed the command line, not the controller's arguments.
    if not _compat.paths_were_given(config):
        _compat.add_arguments(config, _paths(run))
    config.addinivalue_line("python_files", "check_*.py")
    for name, plugin in (("items", items), ("checks", checks), ("fixtures", fixtures)):
        config.pluginmanager.register(plugin, f"modelcheck-{name}")
    config.pluginmanager.register(session.Session(config, run), "modelcheck-session")
    if progress.may_show(config):
        config.pluginmanager.register(progress.LiveGates(config, run), "modelcheck-progress")
    if config.pluginmanager.hasplugin("xdist"):
        from modelcheck.runner import distributed

        config.pluginmanager.register(distributed, "modelcheck-distributed")


def _configs(config: pytest.Config) -> Sequence[Config]:
    # Not left to the option parser: its refusal would come before the older report is removed.
    baseline = config.getoption("--modelcheck-baseline")
    if baseline not in ("compare", "accept", "ignore"):
        problem = "is not a way to use the baseline; allowed: compare, accept, ignore."
        raise ConfigError([Mistake(file="command line", key="--modelcheck-baseline", value=baseline, problem=problem)])
    if config.getoption("--modelcheck-force") and baseline != "accept":
        problem = "has a meaning with --modelcheck-baseline=accept only."
        raise ConfigError([Mistake(file="command line", key="--modelcheck-force", problem=problem)])
    asked = [str(Path(config.invocation_params.dir, file)) for file in config.getoption("--modelcheck-config")]
    use = "force" if config.getoption("--modelcheck-force") else baseline
    budget = _budget(config)
    found = [replace(one, baseline_use=use) for one in _found(config, asked)]
    if budget is not None:
        found = [replace(one, budget=budget) for one in found]
    if baseline == "ignore":
        return [replace(one, baseline=None) for one in found]
    refuse_accepting(found)
    return found


def _expect(configs: Sequence[Config]) -> None:
    """Let the process that models are loaded in import its libraries while this one plans."""
    from modelcheck.models.loading import expect_models

    for one in configs:
        expect_models([one.candidate, one.baseline], one.folder)


def _budget(config: pytest.Config) -> int | None:
    """Return the rows that the command line allows; None where it is silent."""
    given = config.getoption("--modelcheck-budget")
    if given is None:
        return None
    digits = given.replace("_", "").replace(",", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        problem = "is no number of rows; write for example --modelcheck-budget 50000 (0: nothing is asked again)."
        raise ConfigError([Mistake(file="command line", key="--modelcheck-budget", value=given, problem=problem)])
    return int(digits)


def _found(config: pytest.Config, asked: Sequence[str]) -> Sequence[Config]:
    """Look in the root directory, then where pytest was called.

    pytest takes the value of an option it doesn't know yet for a path when it looks for the root directory, so
    ``--modelcheck-report ../elsewhere`` can move that directory up.
    """
    root, here = config.rootpath, Path(config.invocation_params.dir)
    wanted: dict[str, Any] = {
        "checks": all_checks(),
        "profile": config.getoption("--modelcheck-profile"),
        "suites": config.getoption("--modelcheck-suite"),
    }
    try:
        return load_configs(root, asked, **wanted)
    except NoConfiguration:
        if here == root:
            raise
    return [replace(one, label=label_of(one.file, root)) for one in load_configs(here, **wanted)]


def _model_run(config: Config) -> ModelRun:
    """Plan one model's gates; the target column is looked at only where the configuration is silent about the task."""
    task, reason = config.candidate.task, "declared"
    if task is None:
        from modelcheck.data.dataset import open_dataset
        from modelcheck.data.tasks import infer_task

        try:
            task, reason = infer_task(open_dataset(config.dataset, config.folder), config.dataset)
        except DataError as error:
            section = f"{config.prefix}dataset"
            raise ConfigError([Mistake(file=config.label, section=section, problem=str(error))]) from None
    check_stored(config, task)
    gates = plan_gates(config, task, all_checks())
    mistakes = [
        Mistake(
            file=config.label,
            section=f'{config.prefix}gates."{name}"',
            problem=f"there is no such check for a {task} task (the task is {reason}).",
        )
        for name in config.gates
        if not any(gate.default.check == name and not gate.unseen for gate in gates)
        and name.partition(".")[0] in config.suites
    ]
    if mistakes:
        raise ConfigError(mistakes)
    return ModelRun(config=config, task=task, task_reason=reason, gates=gates)


def _remove_older(folder: Path) -> None:
    """Remove what earlier runs wrote, of whatever models: a verdict of yesterday must not pass for today's."""
    remove_stale(folder)
    if folder.is_dir():
        for below in sorted(folder.iterdir()):
            # A model's folder has a record; a folder of kept samples holds such folders, and is left alone.
            if (below / RECORD_NAME).is_file() and not below.is_symlink():
                remove_stale(below)


def _report_folder(config: pytest.Config) -> Path:
    given = config.getoption("--modelcheck-report")
    if given:
        return Path(config.invocation_params.dir, given)
    return config.rootpath / "reports"


def _paths(run: Run) -> list[str]:
    paths: list[str] = []
    for model in run.models:
        paths.append(str(model.config.file))
        paths += [str(path) for path in model.check_folders()]
    return list(dict.fromkeys(paths))
