"""The one pass: record batches in, narrow columns out. Each row is predicted once by each model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelcheck.conditions import parse_condition
from modelcheck.config.tables import Config
from modelcheck.data.clusters import ClusterReader, Clusters
from modelcheck.data.coding import Coding
from modelcheck.data.dataset import Dataset
from modelcheck.data.digest import Digest
from modelcheck.data.frames import to_frame
from modelcheck.data.groups import GroupBuilder
from modelcheck.data.labels import LabelReader, Labels
from modelcheck.data.masks import evaluate
from modelcheck.data.row_keys import RowKeyReader, RowKeys, content_columns
from modelcheck.data.weights import WeightReader
from modelcheck.errors import DataError, ModelError
from modelcheck.history.outputs import outputs_digest
from modelcheck.scoring.growing import GrowingArray
from modelcheck.scoring.predictor import ColumnPredictor, Predictor, bind_to
from modelcheck.scoring.progress import Tally
from modelcheck.scoring.rows import FeatureCodes, Groups, ScoredRows

__all__ = ["Scored", "score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A table after the pass.

    Attributes
    ----------
    rows : ScoredRows
        Scored by the candidate.
    baseline : ScoredRows or None
        The same rows scored by the baseline.
    facts : mapping
        What the record says about the table: name, sha256, rows, columns, labels, notes, cost.
    outputs_sha256 : str
        Digest of the candidate's outputs: equal for models that answer alike on these rows.
    keys : RowKeys or None
        What names each row for a stored baseline, by the columns that it was accepted with; None without one, and where
        some of them are `gone`.
    gone : tuple of str
        Columns that a stored baseline was accepted with and this table lacks.
    new_keys : RowKeys or None
        What names each row for the baseline that this run may store, by all columns of today; None unless it accepts.
        The same object as `keys` where the columns are the same.
    clusters : pyarrow.Array or None
        What the cluster column holds for each code of `ScoredRows.cluster`, so that another table can continue the
        codes; None without clusters, and of a table that itself continues another.
    """

    rows: ScoredRows
    baseline: ScoredRows | None
    facts: Mapping[str, Any]
    outputs_sha256: str = ""
    keys: RowKeys | None = None
    gone: tuple[str, ...] = ()
    new_keys: RowKeys | None = None
    clusters: pa.Array | None = None


class _Outputs:
    """One model's answers, batch after batch."""

    def __init__(self, predictor: Predictor, dataset: Dataset, expected: int, tally: Tally) -> None:
        self._predictor = predictor
        self._table = dataset.name
        self._tally = tally
        self.live = not isinstance(predictor, ColumnPredictor)
        self._columns = predictor.columns(dataset)
        self._expected = expected
        self._score: GrowingArray | None = None
        self._decision: GrowingArray | None = None
        self._interval: GrowingArray | None = None
        self.seconds = 0.0

    def update(self, batch: pa.RecordBatch, first_row: int) -> None:
        frame = to_frame(batch, self._columns)
        started = time.perf_counter()
        try:
            answer = self._predictor.answer(frame, first_row)
        except ModelError as error:
            if first_row:
                # Rows are counted within a batch by whoever only sees the batch.
                raise ModelError(f"in the batch that starts at row {first_row:,}: {error}") from error
            raise
        seconds = time.perf_counter() - started
        self.seconds += seconds
        if self.live:
            self._tally.predicted(batch.num_rows, seconds, self._table)
        if answer.score is not None:
            if self._score is None:
                self._score = GrowingArray(np.float64, self._expected, answer.score.shape[1:])
            self._score.extend(answer.score)
        if answer.decision is not None:
            if self._decision is None:
                self._decision = GrowingArray(np.int16, self._expected)
            self._decision.extend(answer.decision)
        if answer.interval is not None:
            if self._interval is None:
                self._interval = GrowingArray(np.float64, self._expected, (2,))
            self._interval.extend(answer.interval)

    def score(self) -> NDArray[np.float64] | None:
        return None if self._score is None else self._score.finish()

    def decision(self) -> NDArray[np.int16] | None:
        return None if self._decision is None else self._decision.finish()

    def interval(self) -> NDArray[np.float64] | None:
        return None if self._interval is None else self._interval.finish()


def score(
    dataset: Dataset,
    config: Config,
    *,
    task: str,
    candidate: Predictor,
    baseline: Predictor | None,
    coding: Coding | None,
    stored_columns: Sequence[str] | None = None,
    accepts: bool = False,
    known_clusters: pa.Array | None = None,
    tally: Tally | None = None,
) -> Scored:
    """Stream a table once through the models and keep what statistics need.

    Parameters
    ----------
    dataset : Dataset
        Labelled rows.
    config : Config
        Roles of columns, protected attributes, slices.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    candidate, baseline : Predictor
        `baseline` may be None.
    coding : Coding or None
        Turns features into small integers; None leaves them out.
    stored_columns : sequence of str or None
        The columns by which a stored baseline tells rows; None without one.
    accepts : bool
        Whether these answers may be stored as a baseline.
    known_clusters : pyarrow.Array or None
        `Scored.clusters` of a table with which this one shares cluster codes.
    tally : Tally or None
        Counts the rows that are predicted, batch by batch.

    Returns
    -------
    Scored
        Rows in the order of the table.

    Raises
    ------
    DataError, ModelError
        What is wrong with the table or with an answer, with counts, rows and values.
    """
    labels = _read_labels(dataset, config, task, candidate)
    bind_to(candidate, labels.classes, "candidate")
    if baseline is not None:
        bind_to(baseline, labels.classes, "baseline")
    expected = len(labels.target)
    tally = tally or Tally()
    outputs = [_Outputs(one, dataset, expected, tally) for one in (candidate, baseline) if one is not None]
    tally.plan(dataset.name, expected, sum(output.live for output in outputs))
    table = config.dataset
    groups = {
        name: GroupBuilder(cols, table.bands) for name, cols in zip(table.protected_names, table.protected, strict=True)
    }
    single = dict.fromkeys(column for columns in table.protected for column in columns)
    # A column that is an attribute by itself is read once.
    alone = {name: groups.get(name) or GroupBuilder([name], table.bands) for name in single}
    control = GroupBuilder(table.control, table.bands) if table.control else None
    builders = list({id(one): one for one in (*groups.values(), *alone.values(), control) if one is not None}.values())
    slices = {name: parse_condition(text) for name, text in config.slices.items()}
    masks = {name: GrowingArray(np.bool_, expected) for name in slices}
    weights = WeightReader(table.weight) if table.weight else None
    cluster_reader = ClusterReader(table.cluster, known_clusters) if table.cluster else None
    codes = None if coding is None else np.empty((len(coding.names), expected), dtype=np.uint8)
    digest = Digest()
    gone = tuple(name for name in stored_columns or () if name not in dataset.columns)
    keys = (
        None if stored_columns is None or gone else RowKeyReader(table.key, ties=table.target, columns=stored_columns)
    )
    new_keys = _new_key_reader(dataset, config, None if keys is None else stored_columns) if accepts else None
    seen = 0
    for batch in dataset.batches():
        if seen + batch.num_rows > expected:
            raise _changed_rows(dataset, expected, seen + batch.num_rows)
        digest.update(batch)
        for output in outputs:
            output.update(batch, seen)
        for builder in builders:
            builder.update(batch)
        for name, condition in slices.items():
            masks[name].extend(evaluate(condition, batch))
        for reader in (weights, cluster_reader, keys, new_keys):
            if reader is not None:
                reader.update(batch)
        if coding is not None and codes is not None:
            codes[:, seen : seen + batch.num_rows] = coding.encode(batch)
        seen += batch.num_rows
    if seen != expected:
        raise _changed_rows(dataset, expected, seen)
    clusters = None if cluster_reader is None else cluster_reader.finish()
    made = {id(builder): _groups(builder) for builder in builders}
    shared: dict[str, Any] = {
        "task": task,
        "classes": labels.classes,
        "target": labels.target,
        "weight": None if weights is None else weights.finish(),
        "cluster": None if clusters is None else clusters.codes,
        "groups": {name: made[id(builder)] for name, builder in groups.items()},
        "protected": {name: made[id(builder)] for name, builder in alone.items()},
        "strata": None if control is None else made[id(control)],
        "slices": {name: mask.finish() for name, mask in masks.items()},
        "features": None if coding is None or codes is None else _feature_codes(dataset, coding, codes),
    }
    scored = [
        ScoredRows(score=output.score(), decision=output.decision(), interval=output.interval(), **shared)
        for output in outputs
    ]
    named = None if keys is None else keys.finish()
    return Scored(
        rows=scored[0],
        baseline=scored[1] if len(scored) > 1 else None,
        facts=_facts(dataset, config, labels, digest, coding, outputs, candidate, clusters, weights is not None),
        outputs_sha256=outputs_digest(scored[0].score, scored[0].decision),
        keys=named,
        gone=gone,
        new_keys=new_keys.finish() if new_keys is not None else named if accepts else None,
        clusters=None if clusters is None or known_clusters is not None else clusters.values,
    )


def _new_key_reader(dataset: Dataset, config: Config, named: Sequence[str] | None) -> RowKeyReader | None:
    """Return what names rows by all columns of today; None where `named` are the same and rows have these names."""
    table = config.dataset
    # The truth is no part of a row's name: a label that was corrected since leaves the row what it was.
    left_out = (*config.score_columns, table.target)
    if named is not None and content_columns(dataset.columns, table.key, left_out) == tuple(sorted(named)):
        return None
    return RowKeyReader(table.key, leave_out=left_out, ties=table.target)


def _read_labels(dataset: Dataset, config: Config, task: str, candidate: Predictor) -> Labels:
    """Read the truth first: classes and their order are needed before the first answer can be understood."""
    reader = LabelReader(config.dataset, task, candidate.classes)
    for batch in dataset.batches([config.dataset.target]):
        reader.update(batch)
    return reader.finish()


def _changed_rows(dataset: Dataset, expected: int, seen: int) -> DataError:
    return DataError(
        f"{dataset.name} had {expected:,} rows when its labels were read and {seen:,} when it was scored; "
        "a table must give the same rows each time it is read. Fix its function's randomness, or write it to a file."
    )


def _groups(builder: GroupBuilder) -> Groups:
    made = builder.finish()
    return Groups(labels=made.labels, codes=made.codes, levels=made.levels, level_codes=made.level_codes)


def _feature_codes(dataset: Dataset, coding: Coding, codes: NDArray[np.uint8]) -> FeatureCodes:
    # The reference may store a column as another type; conditions are for this table.
    levels = coding.levels_in(dataset.sample().table.schema)
    return FeatureCodes(values=codes, levels=levels, edges_from=coding.edges_from)


def _facts(
    dataset: Dataset,
    config: Config,
    labels: Labels,
    digest: Digest,
    coding: Coding | None,
    outputs: list[_Outputs],
    candidate: Predictor,
    clusters: Clusters | None,
    weighted: bool,
) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "path": dataset.shown_path,
        "sha256": digest.hexdigest(),
        "rows": digest.rows,
        "target": config.dataset.target,
        "classes": [
            {"label": label, "rows": count} for label, count in zip(labels.classes, labels.counts, strict=True)
        ],
        **({"answers": dict(config.dataset.answers)} if config.dataset.answers else {}),
        "clusters": None if clusters is None else clusters.count,
        "weighted": weighted,
        "columns": dataset.schema(candidate.feature_names).as_record(),
        "codes": None if coding is None else {"edges_from": coding.edges_from},
        "notes": [*labels.notes, *dataset.notes],
        "cost": {
            "predicted_rows": digest.rows * len(outputs),
            "duration_s": round(sum(output.seconds for output in outputs), 6),
        },
    }
