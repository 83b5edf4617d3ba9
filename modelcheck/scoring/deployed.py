"""The candidate as it will be deployed: its file, loaded anew, saved again, and what is served or converted from it."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelcheck.config.tables import CandidateTable, Config, ModelTable
from modelcheck.errors import ModelError
from modelcheck.models.loading import load_model
from modelcheck.models.probes.saving import saved_as
from modelcheck.models.protocol import Model, ModelDescription
from modelcheck.models.reference import import_here
from modelcheck.scoring.asking import Asking
from modelcheck.scoring.progress import Tally

if TYPE_CHECKING:
    import pandas as pd

    from modelcheck.models.isolation.model import Reply, WorkerModel

__all__ = ["Deployed"]


class Deployed:
    """What checks of the deployment suite may do with the candidate.

    Parameters
    ----------
    model : Model
        The candidate, as the run asks it.
    baseline : Model or None
        The live baseline.
    config : Config
        The run's configuration.
    asking_of : callable
        Makes of a model one that is asked about rows as the candidate is.
    tally : Tally or None
        Counts the rows that are asked about.
    """

    def __init__(
        self,
        model: Model,
        baseline: Model | None,
        *,
        config: Config,
        asking_of: Callable[[Model], Asking],
        tally: Tally | None = None,
    ) -> None:
        self.model = model
        self.baseline = baseline
        self._config = config
        self._asking_of = asking_of
        self._tally = tally or Tally()

    @property
    def description(self) -> ModelDescription:
        """What is known about the candidate."""
        return self.model.describe()

    @property
    def table(self) -> CandidateTable:
        """What the configuration says about it."""
        return self._config.candidate

    @property
    def folder(self) -> Path:
        """The configuration's folder, from which paths are meant."""
        return self._config.folder

    @property
    def path(self) -> Path | None:
        """Where the model's file or folder lies; None where it is none."""
        named = self._config.candidate.model
        path = None if named is None else self._config.folder / named
        return path if path is not None and self.description.sha256 is not None and path.exists() else None

    @property
    def threshold(self) -> float | None:
        """The declared threshold."""
        return self._config.candidate.threshold

    @property
    def method(self) -> str:
        """What the model is asked for: ``predict_proba`` where it gives probabilities, else ``predict``."""
        return method_of(self.model)

    @property
    def remote(self) -> bool:
        """Whether a service answers."""
        return self.description.isolation == "remote"

    @property
    def stays(self) -> str:
        """Why it can't be loaded anew; empty where it can."""
        if _worker_of(self.model) is not None:
            return ""
        if self.remote:
            return "it is served elsewhere, and nothing of it can be loaded here"
        if self.description.sha256 is not None:
            return 'it is loaded in the run\'s own process (isolation = "none")'
        return "it is an object in the run's own process, not a model file"

    @contextlib.contextmanager
    def fresh(self, *, environment: Mapping[str, str] | None = None, hash_seed: int | None = None) -> Iterator[Asking]:
        """Load the same bytes in a new worker, which is ended afterwards.

        Parameters
        ----------
        environment : mapping of str to str or None
            Set there. Libraries read it when they are imported, so it counts with `hash_seed` only.
        hash_seed : int or None
            Of a new interpreter with that seed of hashes, which imports everything itself; None: a worker like the
            run's own.

        Raises
        ------
        ModelError
            It can't be loaded, or `stays` says why it isn't.
        """
        worker = _worker_of(self.model)
        if worker is None:
            raise ModelError(f"The candidate can't be loaded anew: {self.stays}.")
        with contextlib.ExitStack() as stack:
            zygote = None
            if hash_seed is not None:
                from modelcheck.models.isolation.source import Zygote

                zygote = Zygote(warm=False, hash_seed=hash_seed)
                stack.callback(zygote.close)
            other = stack.enter_context(worker.another(zygote=zygote, environment=environment))
            yield self._asking_of(other)

    @contextlib.contextmanager
    def model_afresh(self, *, of: Model | None = None) -> Iterator[Model]:
        """Load the same bytes in a new worker and give the model itself; of the baseline where it is named."""
        worker = _worker_of(of or self.model)
        if worker is None:
            raise ModelError(f"The candidate can't be loaded anew: {self.stays}.")
        with worker.another() as other:
            yield other

    @contextlib.contextmanager
    def empty(self) -> Iterator[Model]:
        """Start a worker whose model is a constant: what a worker holds without a model worth the name."""
        from sklearn.dummy import DummyRegressor

        constant = DummyRegressor(strategy="constant", constant=0.0).fit([[0.0]], [0.0])
        # In the candidate's own format, as what reads a format takes memory too.
        content = saved_as(constant, "skops" if self.description.format == "skops" else "joblib")
        with self._loaded(content, "empty", task="regression", prepare=None) as model:
            yield model

    @contextlib.contextmanager
    def saved(self, content: bytes) -> Iterator[Asking]:
        """Load a file with these bytes in a new worker, as the candidate's own was."""
        name = Path(self.description.source).name or "model"
        table = self._config.candidate
        with self._loaded(content, name, task=table.task, prepare=table.prepare) as model:
            yield self._asking_of(model)

    @contextlib.contextmanager
    def counterpart(self, table: ModelTable) -> Iterator[Asking]:
        """Load what the configuration calls the same model: a service, or a file of another format.

        Parameters
        ----------
        table : ModelTable
            What it gives and its classes are the candidate's where it is silent.

        Raises
        ------
        ModelError
            It can't be loaded or reached, or knows other classes.
        """
        own = self.description
        table = replace(table, output=table.output or own.gives, classes=table.classes or own.classes or ())
        model = load_model(table, self._config.folder, task=self._config.candidate.task or own.task)
        try:
            yield self._asking_of(model)
        finally:
            close = getattr(model, "close", None)
            if close is not None:
                close()

    def beside(
        self,
        reference: str,
        frames: Sequence[pd.DataFrame] = (),
        given: Any = None,
        *,
        model: Model | None = None,
        seconds: float | None = None,
        rows: int = 0,
    ) -> Reply:
        """Run a function of modelcheck beside a model: in its worker, or here where it has none.

        Parameters
        ----------
        reference : str
            ``modelcheck.package.module:function`` of (model, frames, given).
        frames : sequence of DataFrame
            Handed over.
        given : object
            What JSON can hold.
        model : Model or None
            Which one; None: the candidate.
        seconds : float or None
            How long a worker may take.
        rows : int
            How many the function asks about, each time counted.

        Raises
        ------
        ModelError
            As the function raises it, or the worker ended.
        """
        began = time.perf_counter()
        try:
            return self._beside(reference, frames, given, model or self.model, seconds)
        finally:
            self._tally.predicted(rows, time.perf_counter() - began)

    def _beside(
        self, reference: str, frames: Sequence[pd.DataFrame], given: Any, asked: Model, seconds: float | None
    ) -> Reply:
        from modelcheck.models.isolation.model import Cost, Reply

        worker = _worker_of(asked)
        if worker is not None:
            return worker.run(reference, frames, given, seconds=seconds)
        function = import_here(reference)
        started, processor = time.perf_counter(), time.process_time()
        told, arrays = function(asked, frames, given)
        cost = Cost(seconds=time.perf_counter() - started, cpu_seconds=time.process_time() - processor, peak_bytes=0)
        return Reply(told=told, arrays=tuple(arrays), cost=cost)

    @contextlib.contextmanager
    def _loaded(self, content: bytes, name: str, *, task: str | None, prepare: str | None) -> Iterator[Model]:
        # The names that were reviewed for the file stay so for its copy, which has another hash.
        worker = _worker_of(self.model)
        table = replace(self._config.candidate if worker is None else worker.table, prepare=prepare)
        with tempfile.TemporaryDirectory(prefix="modelcheck-") as place:
            path = Path(place) / name
            path.write_bytes(content)
            # Names and `prepare` are looked for where the candidate's are.
            model = load_model(replace(table, model=str(path)), self._config.folder, task=task)
        try:
            yield model
        finally:
            close = getattr(model, "close", None)
            if close is not None:
                close()


def method_of(model: Model) -> str:
    """Return what a model is asked for."""
    return "predict_proba" if model.describe().gives == "probability" else "predict"


def _worker_of(model: Model) -> WorkerModel | None:
    from modelcheck.models.isolation.model import WorkerModel

    return model if isinstance(model, WorkerModel) else None
