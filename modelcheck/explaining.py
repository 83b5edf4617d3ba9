"""One decision explained, outside a run of gates: for the person whom it concerns."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from modelcheck.config.tables import Config, ReportTable
from modelcheck.data.dataset import Dataset, open_dataset
from modelcheck.data.tasks import infer_task
from modelcheck.errors import DataError, ModelcheckError
from modelcheck.gates.assemble import assemble, read_subjects
from modelcheck.gates.execute import execute
from modelcheck.gates.plan import PlannedGate
from modelcheck.models.loading import expect_models, load_model
from modelcheck.record.evidence import Severity
from modelcheck.record.schema import Record
from modelcheck.scoring.store import Store
from modelcheck.scoring.subjects import Subjects
from modelcheck.suites.catalog import find_check

__all__ = ["explain_row", "position_of"]

_CHECK = "explainability.examples"
_SHOWN = 60


def explain_row(config: Config, row: int) -> Record:
    """Explain one row of the dataset: what moved its answer, what would change it, and who is alike.

    Parameters
    ----------
    config : Config
        The model's configuration; its candidate, dataset and reference are read as in a run.
    row : int
        Position of the row in the dataset, from 0, as reports and records name it.

    Returns
    -------
    Record
        With the one gate ``explainability::examples``; nothing is judged, and no look at the dataset is counted.

    Raises
    ------
    DataError
        There is no such row.
    ModelcheckError
        The candidate's answers lie in the table, or it could not be explained.
    """
    started = time.time()
    if config.candidate.score is not None:
        raise ModelcheckError(
            f'the answers of {config.name} lie in the table (score = "{config.candidate.score}"), so nothing can be '
            "found out about their reasons. Give a model."
        )
    expect_models([config.candidate], config.folder)
    dataset = open_dataset(config.dataset, config.folder, scores=config.score_columns)
    rows = sum(batch.num_rows for batch in dataset.batches([config.dataset.target]))
    if not 0 <= row < rows:
        raise DataError(f"there is no row {row}: the dataset has {rows:,} rows, numbered from 0 to {rows - 1:,}.")
    task = config.candidate.task or infer_task(dataset, config.dataset)[0]
    check = find_check(_CHECK)
    assert check is not None  # noqa: S101 - a check of our own
    gate = PlannedGate(id=_CHECK.replace(".", "::"), default=check, severity=Severity.INFO)
    with tempfile.TemporaryDirectory(prefix="modelcheck-") as folder:
        subjects = Subjects.of(
            config,
            task=task,
            candidate=load_model(config.candidate, config.folder, task=config.candidate.task, worker=config.worker),
            baseline=None,
            dataset=dataset,
            reference=_reference(config),
            store=Store(Path(folder), shared=False),
        )
        record = execute(
            gate, subjects, replace(config, baseline=None, report=ReportTable(examples="show")), wanted=(row,)
        )
        if not record.tables:
            raise ModelcheckError(f"row {row} could not be explained: {record.reason or record.reading}")
        return assemble(
            config,
            gates=[record],
            subjects=read_subjects(Path(folder)),
            declared_alpha=0.0,
            started=started,
            facts={"command": f"modelcheck explain --row {row}", "task": task},
        )


def position_of(config: Config, key: str) -> int:
    """Return where the row with a key stands in the dataset.

    Parameters
    ----------
    config : Config
        Names the column by ``[dataset] key``.
    key : str
        As it is written in the table.

    Raises
    ------
    DataError
        No key is declared, or not exactly one row has it.
    """
    column = config.dataset.key
    if column is None:
        raise DataError('no column names the rows: declare [dataset] key = "column", or give the position by --row.')
    dataset = open_dataset(config.dataset, config.folder, scores=config.score_columns)
    found, start = [], 0
    for batch in dataset.batches([column]):
        found += [start + at for at, value in enumerate(batch.column(0).to_pylist()) if str(value) == key]
        start += batch.num_rows
    if len(found) != 1:
        how = f"{len(found):,} rows have" if found else "no row has"
        raise DataError(f"{how} {column} = {key[:_SHOWN]!r}; exactly one is needed.")
    return found[0]


def _reference(config: Config) -> Dataset | None:
    if config.reference is None:
        return None
    return open_dataset(
        config.dataset,
        config.folder,
        path=config.reference,
        name="reference",
        scores=config.score_columns,
        optional=("key", "time", "drop", "descriptions"),
    )
