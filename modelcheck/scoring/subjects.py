"""Candidate, baseline, dataset and reference of one model: scored when first asked for, once a run."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from modelcheck.config.tables import Config, ModelTable
from modelcheck.data.coding import Coding, fit_coding
from modelcheck.data.dataset import Dataset, wrap_dataset
from modelcheck.data.names import shown_list
from modelcheck.errors import BaselineError, DataError, ModelError, RetrainedError
from modelcheck.history.baseline import StoredBaseline
from modelcheck.models.loading import load_model, wrap_model
from modelcheck.models.protocol import Model
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.deployed import Deployed
from modelcheck.scoring.pairing import Pairing, columns_gone, pair
from modelcheck.scoring.predictor import ColumnPredictor, ModelPredictor, Predictor, bind_to
from modelcheck.scoring.progress import Tally
from modelcheck.scoring.rows import ScoredRows
from modelcheck.scoring.store import Store
from modelcheck.scoring.stream import Scored, score

__all__ = ["TRAFFIC", "Subjects", "dataset_of", "model_of"]

TRAFFIC = "traffic-"
"""How the files begin in which each process of a run counts what it asked of services."""


class Subjects:
    """What a model's gates measure.

    Parameters
    ----------
    config : Config
        The model's configuration.
    task : str
        ``binary``, ``multiclass`` or ``regression``.
    candidate, baseline : Predictor or None
        Who answers for the candidate and the baseline.
    stored : StoredBaseline or None
        An accepted baseline, where no live one answers.
    dataset, reference : Dataset
        Labelled rows; `reference` may be None.
    store : Store
        Keeps what was scored.
    tally : Tally or None
        Counts what is predicted, for whoever shows how far the run is.
    """

    def __init__(
        self,
        config: Config,
        *,
        task: str,
        candidate: Predictor,
        baseline: Predictor | None,
        stored: StoredBaseline | None = None,
        dataset: Dataset,
        reference: Dataset | None,
        store: Store,
        tally: Tally | None = None,
    ) -> None:
        self._config = config
        self._task = task
        self._candidate = candidate
        self._baseline = baseline
        self.stored = stored if baseline is None else None
        self._pairing: Pairing | None = None
        self._unpaired: BaselineError | None = None
        self._dataset = dataset
        self._reference = reference
        self.store = store
        self.tally = tally or Tally()

    @classmethod
    def of(
        cls,
        config: Config,
        *,
        task: str,
        candidate: Any,
        baseline: Any,
        stored: StoredBaseline | None = None,
        dataset: Any,
        reference: Any,
        store: Store,
        tally: Tally | None = None,
    ) -> Subjects:
        """Wrap whatever the fixtures gave: models, estimators, callables; datasets, frames.

        Parameters
        ----------
        config, task, store, tally
            See the class.
        candidate : Model, estimator, callable or None
            None only when the configuration names a ``score`` column.
        baseline : Model, estimator, callable or None
            None when there is no live baseline.
        stored : StoredBaseline or None
            An accepted baseline; a live one goes before it.
        dataset, reference : Dataset, DataFrame or None
            `reference` may be None.

        Returns
        -------
        Subjects
            Nothing is predicted yet.
        """
        live = not _absent(baseline, config.baseline)
        return cls(
            config,
            task=task,
            candidate=_predictor(candidate, config.candidate, config, task),
            baseline=_predictor(baseline, config.baseline, config, task) if live else None,
            stored=stored,
            dataset=dataset_of(dataset, config),
            reference=None if reference is None else dataset_of(reference, config, name="reference"),
            store=store,
            tally=tally,
        )

    def model(self, role: str) -> Model | None:
        """Return the model that answers for ``candidate`` or ``baseline``; None where its answers lie in the table."""
        predictor = self._candidate if role == "candidate" else self._baseline
        return predictor.model if isinstance(predictor, ModelPredictor) else None

    @property
    def rows(self) -> ScoredRows:
        """The dataset scored by the candidate."""
        return self._scored_dataset().rows

    @property
    def comparison(self) -> Pairing | None:
        """Candidate and baseline on the rows that both scored; None without a baseline."""
        scored = self._scored_dataset()
        if scored.baseline is not None:
            return Pairing(candidate=scored.rows, baseline=scored.baseline)
        if self._unpaired is not None:
            raise self._unpaired
        if self._pairing is None and self.stored is not None:
            self._pairing = self._paired(scored, self.stored)
        return self._pairing

    @property
    def asking(self) -> Asking | None:
        """The candidate, for questions about changed rows; None where its answers lie in the table."""
        if isinstance(self._candidate, ColumnPredictor):
            return None
        return self._asked(self._candidate)

    @property
    def asking_baseline(self) -> Asking | None:
        """The same for the baseline; None without one, or where it is stored answers or lies in the table."""
        if self._baseline is None or isinstance(self._baseline, ColumnPredictor):
            return None
        return self._asked(self._baseline)

    @property
    def deployed(self) -> Deployed | None:
        """The candidate as it will be deployed; None where its answers lie in the table."""
        if not isinstance(self._candidate, ModelPredictor):
            return None
        baseline = self._baseline.model if isinstance(self._baseline, ModelPredictor) else None
        return Deployed(
            self._candidate.model, baseline, config=self._config, asking_of=self._asked_alike, tally=self.tally
        )

    def _asked_alike(self, model: Model) -> Asking:
        predictor = ModelPredictor(model, self._config.candidate, self._config, self._task)
        bind_to(predictor, self.rows.classes, "model")
        return self._asked(predictor)

    def retrained(self) -> dict[str, Asking]:
        """Return the same recipe trained with other seeds, each loaded now, by its name; empty where none is declared.

        Raises
        ------
        RetrainedError
            One of them can't be loaded, knows other classes, or takes other columns than the candidate.
        """
        found: dict[str, Asking] = {}
        own = self.asking
        for name in self._config.candidate.retrained:
            try:
                found[name] = asking = self._retrained(name)
            except ModelError as error:
                raise RetrainedError(f"[candidate] retrained names {name!r}, which can't be asked: {error}") from error
            if own is not None and asking.columns != own.columns:
                raise RetrainedError(
                    f"The retrained model {name!r} takes the columns {shown_list(asking.columns)}, the candidate "
                    f"{shown_list(own.columns)}. [candidate] retrained names the same recipe trained with other seeds; "
                    "name models of the same columns in the same order, or take this one out."
                )
        return found

    def _retrained(self, name: str) -> Asking:
        table = replace(self._config.candidate, model=name)
        task = self._config.candidate.task
        model = load_model(table, self._config.folder, task=task, worker=self._config.worker)
        predictor = ModelPredictor(model, table, self._config, self._task)
        bind_to(predictor, self.rows.classes, "retrained model")
        return self._asked(predictor)

    @property
    def accepted(self) -> Scored:
        """The dataset scored by the candidate with the names of its rows: what an accepted baseline keeps."""
        return self._scored_dataset()

    @property
    def reference_rows(self) -> ScoredRows | None:
        """The reference scored by the candidate, with the dataset's codes of features and clusters; None without."""
        if self._reference is None:
            return None
        reference = self._reference
        return self.store.get("reference_rows", lambda: self._score_reference(reference)).rows

    def tell_traffic(self) -> None:
        """Write how much this process has asked of services so far, by model; nothing where none is served."""
        models = {"candidate": self._candidate, "baseline": self._baseline}
        counted = {name: one.traffic() for name, one in models.items() if isinstance(one, ModelPredictor)}
        served = {name: traffic for name, traffic in counted.items() if traffic is not None}
        if served:
            self.store.tell(f"{TRAFFIC}{os.getpid()}", served)

    def _asked(self, predictor: Predictor) -> Asking:
        # Another process may have scored the rows, so that nobody bound this one's model yet.
        classes = self.rows.classes
        predictor.bind(classes)
        return Asking(
            self._dataset,
            predictor,
            reference=self._reference,
            coding=self._coding(),
            classes=classes,
            tally=self.tally,
        )

    def _paired(self, scored: Scored, stored: StoredBaseline) -> Pairing | None:
        try:
            if scored.keys is None:
                raise columns_gone(stored, scored.gone)
            pairing = pair(scored.rows, scored.keys, stored, threshold=self._config.candidate.threshold)
        except BaselineError as error:
            # What is replaced by force need not be comparable.
            if self._config.baseline_use != "force":
                self._unpaired = error
                raise
            self.stored = None
            return None
        self.store.tell("baseline", {**stored.as_record(), "kind": "stored", "note": pairing.note})
        return pairing

    def _scored_dataset(self) -> Scored:
        return self.store.get("dataset_rows", self._score_dataset)

    def _score_dataset(self) -> Scored:
        scored = score(
            self._dataset,
            self._config,
            task=self._task,
            candidate=self._candidate,
            baseline=self._baseline,
            coding=self._coding(),
            stored_columns=None if self.stored is None else self.stored.facts.columns,
            accepts=self._config.accepts,
            tally=self.tally,
        )
        self.store.tell("candidate", {**_facts(self._candidate), "outputs_sha256": scored.outputs_sha256})
        if self._baseline is not None:
            self.store.tell("baseline", _facts(self._baseline))
        self.store.tell("dataset", scored.facts)
        # Only a reference continues the clusters; else nobody asks which value a code stands for.
        return scored if self._reference is not None else replace(scored, clusters=None)

    def _score_reference(self, reference: Dataset) -> Scored:
        # The dataset goes first whoever is asked for first: its cluster codes are continued here.
        dataset = self._scored_dataset()
        scored = score(
            reference,
            self._config,
            task=self._task,
            candidate=self._candidate,
            baseline=None,
            coding=self._coding(),
            known_clusters=dataset.clusters,
            tally=self.tally,
        )
        self.store.tell("reference", scored.facts)
        _refuse_the_same_rows(dataset, scored)
        return scored

    def _coding(self) -> Coding:
        return self.store.get("coding", self._fit_coding)

    def _fit_coding(self) -> Coding:
        source, name = (self._reference, "reference") if self._reference is not None else (self._dataset, "dataset")
        features = source.schema(self._candidate.feature_names).features
        coding = fit_coding(source, features, from_name=name)
        if self._reference is not None and not isinstance(self._candidate, ColumnPredictor):
            # Its rows were just read, so how many there are is known.
            self.tally.plan(name, self._reference.rows_hint() or 0)
        return coding


def dataset_of(rows: Any, config: Config, name: str = "dataset") -> Dataset:
    """Return whatever a fixture or a caller gave for rows as a dataset; a dataset stays as it is."""
    if isinstance(rows, Dataset):
        return rows
    optional = () if name == "dataset" else ("key", "time", "drop")
    return wrap_dataset(rows, config.dataset, name=name, scores=config.score_columns, optional=optional)


def model_of(model: Any, table: ModelTable | None, config: Config) -> Model:
    """Return whatever a fixture or a caller gave for a model as a model; a model stays as it is."""
    if isinstance(model, Model) and not isinstance(model, type):
        return model
    return wrap_model(model, table or ModelTable(), task=config.candidate.task, folder=config.folder)


def _predictor(model: Any, table: ModelTable | None, config: Config, task: str) -> Predictor:
    table = table or ModelTable()
    if model is None and table.score is not None:
        return ColumnPredictor(table, config, task)
    return ModelPredictor(model_of(model, table, config), table, config, task)


def _absent(model: Any, table: ModelTable | None) -> bool:
    return model is None and (table is None or table.score is None)


def _facts(predictor: Predictor) -> dict[str, Any]:
    facts = predictor.facts()
    return {key: value for key, value in facts.items() if not (key == "source" and os.path.isabs(str(value)))}


def _refuse_the_same_rows(dataset: Scored, reference: Scored) -> None:
    """Refuse a reference that is the dataset itself: every gap would be zero and look like health."""
    same = dataset.facts["sha256"] == reference.facts["sha256"]
    if same:
        raise DataError(
            "dataset and reference hold the same rows (equal sha256); the dataset must be rows that the candidate was "
            "not trained on. Name other files under [dataset] path and [reference] path."
        )
