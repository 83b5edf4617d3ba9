"""A model in a worker, asked like any other model."""

from __future__ import annotations

import dataclasses
import os
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.config.tables import ModelTable
from modelcheck.errors import ModelError
from modelcheck.models.artifact import Artifact
from modelcheck.models.isolation.answers import Cost, Reply, cost_of
from modelcheck.models.isolation.conversation import Conversation
from modelcheck.models.isolation.frames import decode_array, encode_frame, packed
from modelcheck.models.isolation.levels import Limits
from modelcheck.models.isolation.memory import SHARED_FROM, shared
from modelcheck.models.isolation.process import Worker
from modelcheck.models.isolation.source import Zygote
from modelcheck.models.protocol import ModelDescription
from modelcheck.models.stages import StagesElsewhere
from modelcheck.models.trust import reviewers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cost", "Reply", "WorkerModel", "load_in_worker"]

_EXPLAINING, _EXPLAINS_WITH = "modelcheck.explain.", ("shap", "modelcheck.explain.beside")
_STAGES = "modelcheck.models.isolation.worker:kind_of"


class WorkerModel:
    """A model that lives in a process of its own.

    Parameters
    ----------
    artifact : Artifact
        Taken and inspected; stays open as long as the model, which closes it.
    table, folder, task
        As for `modelcheck.models.loading.load_model`.
    level : str
        ``process`` or ``sandbox``.
    limits : Limits
        What the worker may use up.
    zygote : Zygote or None
        Where it is forked from; None: the run's own.
    environment : mapping of str to str
        Set in the worker before it loads anything, e.g. numbers of threads.

    Raises
    ------
    ModelError
        Loading fails, the worker dies meanwhile, or a level that is asked for can't be reached.
    """

    def __init__(
        self,
        artifact: Artifact,
        table: ModelTable,
        folder: Path,
        *,
        task: str | None = None,
        level: str = "process",
        limits: Limits | None = None,
        zygote: Zygote | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._artifact = artifact
        self._table = table
        self._task = task
        self._level = level
        self._limits = limits or Limits()
        self._zygote = zygote
        self._environment = dict(environment or {})
        self._folder = folder.resolve()
        self._kind: str | None = None
        self._worker = Worker(artifact.content)
        # Not __del__: what it closes must still be there, however the model itself goes.
        weakref.finalize(self, self._worker.let_go)
        self._conversation = Conversation(
            self._worker,
            artifact,
            _told_first(artifact, table, self._folder, task=task, level=level, limits=self._limits),
            level=level,
            limits=self._limits,
            zygote=zygote,
            environment=self._environment,
        )
        try:
            self._description = self._described(*self._conversation.start())
        except BaseException:
            self.close()
            raise

    # -- the model ------------------------------------------------------------------------------------------------

    def describe(self) -> ModelDescription:
        """Return what is known about the model, and where it runs."""
        return self._description

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return labels or values, shape (n_rows,)."""
        return self._answer("predict", X)

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities, shape (n_rows, n_classes)."""
        return self._answer("predict_proba", X)

    def predict_interval(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return lower and upper ends, shape (n_rows, 2)."""
        return self._answer("predict_interval", X)

    def stages(self) -> StagesElsewhere | None:
        """Return the model as explainers can look into it, in its worker; None where they can't."""
        if self._kind is None:
            kind = self.run(_STAGES).told
            if not isinstance(kind, str):
                raise ModelError("The model's worker sent something that is no answer.")
            self._kind = kind
        return StagesElsewhere(run=self.run, kind=self._kind) if self._kind else None

    # -- the worker -----------------------------------------------------------------------------------------------

    def run(
        self, reference: str, frames: Sequence[pd.DataFrame] = (), given: Any = None, *, seconds: float | None = None
    ) -> Reply:
        """Run a function of modelcheck beside the model.

        Parameters
        ----------
        reference : str
            ``modelcheck.package.module:function`` of (model, frames, given); returns what JSON can hold and a list of
            arrays.
        frames : sequence of DataFrame
            Handed over.
        given : object
            What JSON can hold.
        seconds : float or None
            How long it may take; None: the worker's limit.

        Returns
        -------
        Reply
            What it returned.

        Raises
        ------
        WorkerDied
            The worker ended, or took too long and was ended.
        ModelError
            As the function raises it.
        """
        if reference.startswith(_EXPLAINING):
            self._worker.expect(_EXPLAINS_WITH)
        encoded = [encode_frame(frame) for frame in frames]
        header: dict[str, Any] = {"do": reference, "given": given, "frames": [facts for facts, _ in encoded]}
        streams = [batches for _, batches in encoded]
        large = sum(batch.nbytes for batches in streams for batch in batches) >= SHARED_FROM
        memory = shared(streams) if large else None
        if memory is None:
            reply, blocks = self._conversation.ask(
                header, [packed(one) for one in streams], seconds=seconds, frames=frames
            )
        else:
            header["memory"] = memory[1]
            try:
                reply, blocks = self._conversation.ask(header, descriptors=memory[:1], seconds=seconds, frames=frames)
            finally:
                os.close(memory[0])
        try:
            arrays = tuple(decode_array(facts, block) for facts, block in zip(reply["arrays"], blocks, strict=True))
            return Reply(told=reply["told"], arrays=arrays, cost=cost_of(reply["cost"]))
        except (KeyError, TypeError, ValueError, ModelError) as error:
            self._conversation.end()
            raise ModelError("The model's worker sent something that is no answer.") from error

    def another(self, *, zygote: Zygote | None = None, environment: Mapping[str, str] | None = None) -> WorkerModel:
        """Return the same model, loaded anew from the same bytes in a worker of its own.

        Parameters
        ----------
        zygote : Zygote or None
            Where that worker is forked from; None: where this one was.
        environment : mapping of str to str or None
            Set in it beside this one's.

        Raises
        ------
        ModelError
            Loading fails, or the worker dies meanwhile.
        """
        artifact = replace(self._artifact, content=self._artifact.content.again())
        return WorkerModel(
            artifact,
            self._table,
            self._folder,
            task=self._task,
            level=self._level,
            limits=self._limits,
            zygote=zygote or self._zygote,
            environment={**self._environment, **(environment or {})},
        )

    @property
    def table(self) -> ModelTable:
        """How it was loaded; `trusted` holds the reviewed names too."""
        return self._table

    @property
    def pid(self) -> int:
        """The worker's process id; another one after it died and was started again."""
        return self._worker.pid

    def close(self) -> None:
        """End the worker, and let the model's bytes go."""
        self._conversation.end()
        self._worker.let_go()

    def __enter__(self) -> WorkerModel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, method: str, X: pd.DataFrame) -> NDArray[Any]:
        arrays = self.run(method, [X]).arrays
        if len(arrays) != 1:
            self._conversation.end()
            raise ModelError("The model's worker sent something that is no answer.")
        return arrays[0]

    def _described(self, told: ModelDescription, reached: str, missing: Sequence[str]) -> ModelDescription:
        """Return what the worker tells of the model; what the run knows itself is never taken from there."""
        content = self._artifact.content
        notes = tuple(f"The model's worker is kept apart without {one}: this system refuses it." for one in missing)
        return replace(
            told,
            source=content.name,
            sha256=content.sha256,
            bytes=content.size,
            format=self._artifact.inspection.format,
            trusted_names=self._artifact.trusted_names(self._table.trusted),
            trusted_by=reviewers(
                self._table.trust, self._artifact.trusted_names(self._artifact.reviewed), content.sha256
            ),
            isolation=reached,
            notes=(*told.notes, *notes),
        )


def load_in_worker(
    artifact: Artifact,
    table: ModelTable,
    folder: Path,
    *,
    task: str | None = None,
    level: str = "process",
    limits: Limits | None = None,
) -> WorkerModel:
    """Load a model file in a process of its own; see `WorkerModel`.

    The artifact belongs to the model from now on; where loading fails it is closed.
    """
    return WorkerModel(artifact, table, folder, task=task, level=level, limits=limits)


def _told_first(
    artifact: Artifact, table: ModelTable, folder: Path, *, task: str | None, level: str, limits: Limits
) -> dict[str, Any]:
    content = artifact.content
    return {
        # Which names are reviewed is settled; a worker needs to know only that they are trusted.
        "table": {
            field.name: getattr(table, field.name)
            for field in dataclasses.fields(ModelTable)
            if field.name not in ("trust", "trust_file")
        },
        "folder": str(folder),
        "task": task,
        "level": level,
        "limits": dataclasses.asdict(limits),
        "inspection": dataclasses.asdict(artifact.inspection),
        "content": {
            "name": content.name,
            "sha256": content.sha256,
            "size": content.size,
            "files": dict(content.files),
            "folder": None if content.folder is None else str(content.folder),
        },
    }
