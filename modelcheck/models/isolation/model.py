"""A model in a worker, asked like any other model."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck import errors
from modelcheck.config.tables import ModelTable
from modelcheck.errors import ModelcheckError, ModelError, WorkerDied
from modelcheck.models.artifact import Artifact
from modelcheck.models.content import Content
from modelcheck.models.isolation.channel import Broken, Channel, TimedOut
from modelcheck.models.isolation.described import described
from modelcheck.models.isolation.frames import decode_array, encode_frame
from modelcheck.models.isolation.levels import LEVELS, Limits, at_least
from modelcheck.models.isolation.source import Zygote, warm_zygote
from modelcheck.models.protocol import ModelDescription
from modelcheck.models.trust import reviewers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cost", "Reply", "WorkerModel", "load_in_worker"]

_MOST_ANSWER = 8 * 2**30
_LAST_WORDS = 2_000
_AHEAD = ("sklearn.", "scipy.", "numpy.", "pandas.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one question cost the worker.

    Attributes
    ----------
    seconds, cpu_seconds : float
        Time on the clock, and of the processor, without the way there and back.
    peak_bytes : int
        The worker's largest memory so far.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back from a function that ran in the worker.

    Attributes
    ----------
    told : object
        What JSON can hold.
    arrays : tuple of ndarray
        The rest.
    cost : Cost
        Of the question.
    """

    told: Any
    arrays: tuple[NDArray[Any], ...]
    cost: Cost


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
        self._lock = threading.RLock()
        self._deaths = 0
        self._worker = _Worker(artifact.content)
        # Not __del__: what it closes must still be there, however the model itself goes.
        weakref.finalize(self, self._worker.let_go)
        self._started = {
            # Which names are reviewed is settled; a worker needs to know only that they are trusted.
            "table": {
                field.name: getattr(table, field.name)
                for field in dataclasses.fields(ModelTable)
                if field.name not in ("trust", "trust_file")
            },
            "folder": str(folder.resolve()),
            "task": task,
            "level": level,
            "limits": dataclasses.asdict(self._limits),
            "inspection": dataclasses.asdict(artifact.inspection),
            "content": {
                "name": artifact.content.name,
                "sha256": artifact.content.sha256,
                "size": artifact.content.size,
                "files": dict(artifact.content.files),
                "folder": None if artifact.content.folder is None else str(artifact.content.folder),
            },
        }
        try:
            self._description = self._start()
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
        encoded = [encode_frame(frame) for frame in frames]
        header = {"do": reference, "given": given, "frames": [facts for facts, _ in encoded]}
        reply, blocks = self._exchange(header, [block for _, block in encoded], seconds, frames)
        try:
            arrays = tuple(decode_array(facts, block) for facts, block in zip(reply["arrays"], blocks, strict=True))
            return Reply(told=reply["told"], arrays=arrays, cost=Cost(**reply["cost"]))
        except (KeyError, TypeError, ValueError) as error:
            self._end()
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
            Path(str(self._started["folder"])),
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
        """End the worker and let the model's bytes go."""
        self._end()
        self._worker.let_go()

    def __enter__(self) -> WorkerModel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, method: str, X: pd.DataFrame) -> NDArray[Any]:
        arrays = self.run(method, [X]).arrays
        if len(arrays) != 1:
            self._end()
            raise ModelError("The model's worker sent something that is no answer.")
        return arrays[0]

    def _start(self) -> ModelDescription:
        zygote = self._zygote or warm_zygote()
        own, theirs = socket.socketpair()
        content = self._artifact.content
        descriptors = [content.descriptor] if content.descriptor >= 0 else []
        modules = sorted({name.rpartition(".")[0] for name in self._artifact.inspection.names})
        worker = self._worker
        worker.start(Channel(own, _MOST_ANSWER))
        with theirs:
            worker.pid = zygote.fork(
                theirs,
                worker.output,
                descriptors,
                modules=[name for name in modules if name.startswith(_AHEAD)],
                environment=self._environment,
            )
        reply, _ = self._exchange(self._started, [], None, ())
        reached = str(reply.get("level"))
        if reached not in LEVELS or not at_least(reached, self._level):
            self._end()
            raise ModelError(
                f'isolation = "{self._level}" could not be reached for {content.name}: this system refuses '
                f"{', '.join(map(str, reply.get('missing', ())))}. Allow it, or write another level beside the model."
            )
        # What the run knows itself is never taken from a process in which the model has run.
        return replace(
            described(reply.get("description")),
            source=content.name,
            sha256=content.sha256,
            bytes=content.size,
            format=self._artifact.inspection.format,
            trusted_names=self._artifact.trusted_names(self._table.trusted),
            trusted_by=reviewers(
                self._table.trust, self._artifact.trusted_names(self._artifact.reviewed), content.sha256
            ),
            isolation=reached,
        )

    def _exchange(
        self, header: Mapping[str, Any], blocks: Sequence[Any], seconds: float | None, frames: Sequence[pd.DataFrame]
    ) -> tuple[dict[str, Any], list[bytearray]]:
        with self._lock:
            if self._worker.channel is None:
                self._again()
            channel = self._worker.channel
            assert channel is not None  # noqa: S101
            limit = self._limits.seconds if seconds is None else seconds
            try:
                channel.send(dict(header), blocks, seconds=limit)
                reply, answers, _ = channel.receive(seconds=limit)
            except TimedOut:
                self._end()
                raise WorkerDied(
                    f"The model took longer than {limit:g} s{_on(frames)}, and its worker was ended. Allow more with "
                    "seconds = ... under [worker], or make the model faster."
                ) from None
            except Broken:
                raise self._died(frames) from None
            except BaseException:
                # Whoever breaks off in the middle leaves half a message behind: the worker can't be used any more.
                self._end()
                raise
        if "error" in reply:
            raise _error(reply["error"])
        return reply, answers

    def _again(self) -> None:
        if self._deaths > self._limits.restarts:
            raise WorkerDied(
                f"The model's worker died {self._deaths} times in this run and isn't started again. See what it is "
                "asked when it dies."
            )
        self._start()

    def _died(self, frames: Sequence[pd.DataFrame]) -> WorkerDied:
        code = (self._zygote or warm_zygote()).ended(self._worker.pid)
        words = self._worker.last_words()
        self._end(known_dead=True)
        if code is None:
            how = "ended"
        elif code < 0:
            how = f"died of signal {-code} ({signal.Signals(-code).name})"
        else:
            how = f"ended with exit code {code}"
        last = f" The last thing it printed: {words}" if words else ""
        return WorkerDied(f"The model's worker {how}{_on(frames)}. Nothing it was asked is known.{last}")

    def _end(self, *, known_dead: bool = False) -> None:
        if self._worker.channel is not None:
            self._deaths += 1
            self._worker.end(known_dead=known_dead)


class _Worker:
    """What a worker holds open in the run: its line, what it prints, and the model's bytes."""

    def __init__(self, content: Content) -> None:
        self._content: Content | None = content
        self.channel: Channel | None = None
        self.output = -1
        self.pid = 0

    def start(self, channel: Channel) -> None:
        """Open a line and a nameless file for what the worker prints, which is read only when it dies."""
        self.channel = channel
        with tempfile.TemporaryFile() as stream:
            self.output = os.dup(stream.fileno())

    def last_words(self) -> str:
        """Return the last lines that the worker printed."""
        size = os.fstat(self.output).st_size
        text = os.pread(self.output, _LAST_WORDS, max(0, size - _LAST_WORDS)).decode("utf-8", "replace")
        return " | ".join(line.strip() for line in text.strip().splitlines()[-3:])[:500]

    def end(self, *, known_dead: bool = False) -> None:
        """Close the line; a worker that may still be busy is ended with all that it started."""
        if self.channel is None:
            return
        self.channel.close()
        self.channel = None
        os.close(self.output)
        if not known_dead and self.pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def let_go(self) -> None:
        """End it for good; the model's bytes go too."""
        self.end()
        if self._content is not None:
            self._content.close()
            self._content = None


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


def _on(frames: Sequence[pd.DataFrame]) -> str:
    if not frames:
        return " while it was loaded" if not len(frames) else ""
    rows = sum(len(frame) for frame in frames)
    return f" on {rows:,} row{'s' if rows != 1 else ''}"


_RAISED = ("ModelError", "ModelRaised", "AnswerRefused", "ArtifactRefused")


def _error(told: Any) -> ModelcheckError:
    """Return the error that the worker told of; whatever it says, it is an error of the model."""
    if not isinstance(told, dict):
        return ModelError("The model's worker sent something that is no answer.")
    message = str(told.get("message", ""))
    kind = told.get("kind")
    if kind == "AnswerRefused":
        return errors.AnswerRefused(message, [bool(one) for one in told.get("rows", ())])
    if kind == "ArtifactRefused":
        return errors.ArtifactRefused(message, [str(one) for one in told.get("names", ())])
    if kind in _RAISED:
        found: type[ModelError] = getattr(errors, str(kind))
        return found(message)
    return ModelError(message if kind else f"The model's worker failed: {message}")
