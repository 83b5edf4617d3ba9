"""The same plan without pytest: for notebooks and scripts."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelcheck.config.addresses import is_http
from modelcheck.config.assembly import assemble as assemble_config
from modelcheck.config.source import Source
from modelcheck.config.tables import Config, ModelTable
from modelcheck.data.dataset import Dataset, wrap_dataset
from modelcheck.data.tasks import infer_task
from modelcheck.errors import ConfigError, DataError, Mistake
from modelcheck.gates.assemble import assemble, read_subjects
from modelcheck.gates.execute import execute, execute_on_files
from modelcheck.gates.foreseen import tally_of
from modelcheck.gates.plan import declared_alpha, plan_gates
from modelcheck.models.loading import expect_models, load_model
from modelcheck.models.protocol import Model
from modelcheck.scanning.result import Scan
from modelcheck.scanning.tables import LABEL, name_of, reference_of, table_of
from modelcheck.scoring.progress import Tally
from modelcheck.scoring.store import Store
from modelcheck.scoring.subjects import Subjects
from modelcheck.suites.catalog import all_checks

__all__ = ["Scan", "scan"]


def scan(
    model: Any,
    X: Any,
    y: Any = None,
    *,
    target: str | None = None,
    baseline: Any = None,
    reference: Any = None,
    name: str = "model",
    task: str | None = None,
    threshold: float | None = None,
    interval: float | None = None,
    cost: Mapping[str, float] | None = None,
    output: str | None = None,
    classes: Sequence[Any] = (),
    http: Mapping[str, Any] | None = None,
    positive: Any = None,
    protected: Sequence[Any] = (),
    cluster: str | None = None,
    weight: str | None = None,
    dataset: Mapping[str, Any] | None = None,
    slices: Mapping[str, str] | None = None,
    gates: Mapping[str, Mapping[str, Any]] | None = None,
    suites: Sequence[str] = (),
    profile: str = "ci",
    seed: int = 0,
    budget: int | None = None,
    progress: bool | Callable[[str], None] | None = None,
) -> Scan:
    """Run the default plan on a live model and a table.

    Parameters
    ----------
    model : estimator, callable, path or address
        A fitted estimator, a function of a DataFrame (with `output` and `classes`), a model file (inspected before
        it is loaded), or the http or https address of a served model (with `output` and `classes`).
    X : DataFrame or array of shape (n_rows, n_features)
        Labelled evaluation rows. pandas, polars, pyarrow or numpy.
    y : array-like of shape (n_rows,), optional
        The truth; leave it out when `target` names a column of `X`.
    target : str, optional
        Name of the target column.
    baseline : estimator, callable or path, optional
        The champion.
    reference : DataFrame with the target, or (X, y), optional
        Rows the model was trained on.
    name : str
        Letters, digits, ``.``, ``_`` and ``-``.
    task : {"binary", "multiclass", "regression"}, optional
        Inferred from the target where it is silent.
    threshold : float, optional
        Scores at or over it decide for the positive class; default: the model's own ``predict``.
    interval : float, optional
        Level that a regression's ``predict_interval`` promises.
    cost : mapping, optional
        What a false positive and a false negative cost: ``{"fp": 1, "fn": 5}``.
    output, classes
        What a plain function or a served model returns, see the configuration's ``[candidate]``.
    http : mapping, optional
        How a served model is asked, see the configuration's ``[candidate.http]``; a served `baseline` too.
    positive : scalar, optional
        The label of the positive class.
    protected : sequence of str or of lists of str
        Attributes whose groups are shown, and intersections of them.
    cluster, weight : str, optional
        Columns of `X`: rows of one cluster are not independent; how many rows a row stands for.
    dataset : mapping, optional
        Further keys of the configuration's ``[dataset]``: ``bands``, ``labels``, ``categorical``, ``drop``, ...
    slices, gates : mapping, optional
        As in the configuration, e.g. ``gates={"performance.roc_auc": {"min": 0.8}}``.
    suites : sequence of str
        Only these suites.
    profile, seed
        As in the configuration.
    budget : int, optional
        How many changed rows may be predicted, beside `X` and `reference`; default 500,000.
    progress : bool or callable, optional
        None: a line tells how far the scan is, on a terminal or in a notebook, once it takes longer than two seconds,
        and never in CI. True: the same from the start. False: never. A function is called with each gate's id before
        it runs, and no line is shown.

    Returns
    -------
    Scan
        ``print(result)`` shows the verdict; ``result.write()`` writes the pages.

    Raises
    ------
    ConfigError
        An argument is wrong; all mistakes at once.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> import modelcheck
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> fitted = LogisticRegression(max_iter=1000).fit(X[::2], y[::2])
    >>> result = modelcheck.scan(fitted, X[1::2], y[1::2], reference=(X[::2], y[::2]))
    >>> result.verdict
    'promoted'
    """
    started = time.time()
    _refuse_other_progress(progress)
    files = [ModelTable(model=str(one)) for one in (model, baseline) if isinstance(one, (str, Path))]
    expect_models(files, Path.cwd())
    column = target or ("target" if y is None else name_of(y))
    values = {
        "name": name,
        "profile": profile,
        "seed": seed,
        "candidate": _present(
            model=_named(model, "live:candidate"),
            task=task,
            threshold=threshold,
            interval=interval,
            output=output,
            classes=list(classes) or None,
            http=None if http is None else dict(http),
        ),
        "dataset": {
            "path": "live:dataset",
            "target": column,
            **_present(positive=_plain(positive), protected=list(protected) or None, cluster=cluster, weight=weight),
            **(dataset or {}),
        },
        **_present(slices=slices and dict(slices), gates=gates and {key: _table_of(key, gates) for key in gates}),
        **_present(cost=None if cost is None else {key: _plain(value) for key, value in cost.items()}),
        **_present(budget=budget),
        **_present(suites=list(suites) or None, baseline=_baseline(baseline, output, classes, http)),
        **_present(reference=None if reference is None else {"path": "live:reference"}),
    }
    config = _config(values)
    rows = wrap_dataset(table_of(X, y, column), config.dataset)
    kind, reason = (task, "declared") if task else _infer(rows, config)
    gate_list = plan_gates(config, kind, all_checks())
    tally = tally_of(gate_list, config)
    with tempfile.TemporaryDirectory(prefix="modelcheck-") as folder, _shown(progress, tally):
        subjects = Subjects.of(
            config,
            task=kind,
            candidate=_model(model, config.candidate, task),
            baseline=None if baseline is None else _model(baseline, config.baseline or ModelTable(), task),
            dataset=rows,
            reference=reference_of(reference, config, column),
            store=Store(Path(folder), shared=False),
            tally=tally,
        )
        records = {}
        for gate in sorted(gate_list, key=lambda gate: gate.default.looks_back):
            if callable(progress):
                progress(gate.id)
            if gate.default.needs_rows:
                records[gate.id] = execute(gate, subjects, config)
                continue
            with tally.during(gate.id, gate.default.suite):
                records[gate.id] = execute_on_files(gate, config, loaded=subjects.model, subjects=lambda: subjects)
        record = assemble(
            config,
            gates=[records[gate.id] for gate in gate_list],
            subjects=read_subjects(Path(folder)),
            declared_alpha=declared_alpha(gate_list),
            started=started,
            facts={"command": "modelcheck.scan(...)", "task": kind, "task_reason": reason},
        )
    return Scan(record=record)


def _refuse_other_progress(given: Any) -> None:
    if not (given is None or isinstance(given, bool) or callable(given)):
        problem = "is no way to show progress; allowed: None, True, False, or a function of a gate's id."
        raise ConfigError([Mistake(file=LABEL, key="progress", value=given, problem=problem)])


def _shown(progress: bool | Callable[[str], None] | None, tally: Tally) -> AbstractContextManager[object]:
    """Return what shows how far the scan is while it lasts."""
    from modelcheck.report.progress import LiveLine, Screen, progress_line
    from modelcheck.report.screens import NotebookScreen, TerminalScreen, in_notebook, is_terminal

    screen: Screen
    if progress is False or callable(progress):
        return nullcontext()
    if is_terminal(sys.stdout):
        screen = TerminalScreen(sys.stdout, shares=True)
    elif in_notebook():
        screen = NotebookScreen()
    else:
        return nullcontext()
    return LiveLine(lambda: progress_line(tally.standing()), screen, after_s=0.0 if progress else 2.0)


def _config(values: Mapping[str, Any]) -> Config:
    mistakes: list[Mistake] = []
    source = Source(file=Path.cwd() / LABEL, label=LABEL, prefix="", values=values, default_name="model")
    config = assemble_config(source, checks=all_checks(), mistakes=mistakes)
    if mistakes:
        raise ConfigError(mistakes)
    return replace(config, keeps=False)


def _infer(rows: Dataset, config: Config) -> tuple[str, str]:
    try:
        return infer_task(rows, config.dataset)
    except DataError as error:
        raise ConfigError([Mistake(file=LABEL, section="dataset", problem=str(error))]) from None


def _model(model: Any, table: ModelTable, task: str | None) -> Model | Any:
    """Load a model that is given as a path or an address; anything else is wrapped later."""
    if isinstance(model, (str, Path)):
        return load_model(replace(table, model=str(model)), Path.cwd(), task=task)
    return model


def _named(model: Any, live: str) -> str:
    """Return how the configuration of a scan calls a model: its address, its file if there is one, or live."""
    if isinstance(model, str) and is_http(model):
        return model
    return str(model) if isinstance(model, (str, Path)) and Path(model).exists() else live


def _baseline(
    model: Any, output: str | None, classes: Sequence[Any], http: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    if model is None:
        return None
    name = _named(model, "live:baseline")
    if not is_http(name):
        return {"model": name}
    return {"model": name, **_present(output=output, classes=list(classes) or None, http=http and dict(http))}


def _table_of(key: str, gates: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(gates[key], Mapping):
        hint = f'Write gates={{"{key}": {{"min": ...}}}}.'
        problem = f"the gate {key!r} is given {gates[key]!r}; a limit is a mapping with min or max."
        raise ConfigError([Mistake(file=LABEL, section="gates", problem=problem, hint=hint)])
    return dict(gates[key])


def _plain(value: Any) -> Any:
    """Return a numpy scalar as the Python value that a configuration file would hold."""
    return value.item() if hasattr(value, "item") else value


def _present(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
