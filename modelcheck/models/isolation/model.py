"""A model in a worker, asked like any other model."""

from __future__ import annotations

import builtins
import dataclasses
import os
import signal
import socket
import tempfile
import threading
import warnings
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelcheck import errors
from modelcheck.config.tables import ModelTable
from modelcheck.errors import ModelcheckError, ModelError, WorkerDied, WorkerSpent, WorkerTimedOut
from modelcheck.models.artifact import Artifact
from modelcheck.models.content import Content
from modelcheck.models.isolation.channel import Broken, Channel, TimedOut
from modelcheck.models.isolation.described import described
from modelcheck.models.isolation.frames import decode_array, encode_frame, packed
from modelcheck.models.isolation.levels import LEVELS, Limits, at_least
from modelcheck.models.isolation.memory import SHARED_FROM, shared
from modelcheck.models.isolation.source import Zygote, warm_zygote
from modelcheck.models.protocol import ModelDescription
from modelcheck.models.stages import StagesElsewhere
from modelcheck.models.trust import reviewers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cost", "Reply", "WorkerModel", "load_in_worker"]

_MOST_ANSWER = 4 * 2**30
_LAST_WORDS, _MOST_WORDS = 16_000, 2**20
_CRASH = "Fatal Python error:"
_PATIENCE = 2.0
_EXPLAINING, _EXPLAINS_WITH = "modelcheck.explain.", ("shap", "modelcheck.explain.beside")
_STAGES = "modelcheck.models.isolation.worker:kind_of"
_MOST_WARNINGS, _LONGEST_WARNING = 100, 2_000
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
        self._kind: str | None = None
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
            reply, blocks = self._exchange(header, [packed(one) for one in streams], seconds=seconds, frames=frames)
        else:
            header["memory"] = memory[1]
            try:
                reply, blocks = self._exchange(header, descriptors=memory[:1], seconds=seconds, frames=frames)
            finally:
                os.close(memory[0])
        try:
            arrays = tuple(decode_array(facts, block) for facts, block in zip(reply["arrays"], blocks, strict=True))
            return Reply(told=reply["told"], arrays=arrays, cost=_cost(reply["cost"]))
        except (KeyError, TypeError, ValueError, ModelError) as error:
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
        """End the worker, and let the model's bytes go."""
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
        content, worker = self._artifact.content, self._worker
        modules = sorted({name.rpartition(".")[0] for name in self._artifact.inspection.names})
        try:
            worker.start(
                self._zygote or warm_zygote(),
                [content.descriptor] if content.descriptor >= 0 else [],
                modules=[name for name in modules if name.startswith(_AHEAD)],
                environment=self._environment,
            )
            confined, _ = self._exchange({**self._started, "here": _here()})
            reached = str(confined.get("level"))
            missing = [str(one)[:200] for one in confined.get("missing") or ()]
            if reached not in LEVELS or not at_least(reached, self._level):
                raise ModelError(
                    f'isolation = "{self._level}" could not be reached for {content.name}: this system refuses '
                    f"{', '.join(missing)}. Allow it, or write another level beside the model."
                )
            reply, _ = self._exchange(None)
        except BaseException:
            self._end()
            raise
        told = described(reply.get("description"))
        notes = tuple(f"The model's worker is kept apart without {one}: this system refuses it." for one in missing)
        # What the run knows itself is never taken from a process in which the model has run.
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

    def _exchange(
        self,
        header: Mapping[str, Any] | None,
        blocks: Sequence[Any] = (),
        *,
        descriptors: Sequence[int] = (),
        seconds: float | None = None,
        frames: Sequence[pd.DataFrame] = (),
    ) -> tuple[dict[str, Any], list[memoryview]]:
        """Send a message, where there is one, and return the answer to it."""
        with self._lock:
            if not self._worker.is_here:
                self._again()
            channel = self._worker.channel
            assert channel is not None  # noqa: S101
            limit = self._limits.seconds if seconds is None else seconds
            try:
                if header is not None:
                    channel.send(dict(header), blocks, descriptors=descriptors, seconds=limit)
                reply, answers, _ = channel.receive(seconds=limit)
            except TimedOut:
                self._end()
                raise WorkerTimedOut(
                    f"The model took longer than {limit:g} s{_on(frames)}, and its worker was ended. Allow more with "
                    "seconds = ... under [worker], or make the model faster."
                ) from None
            except Broken:
                raise self._died(frames) from None
            except BaseException:
                # Whoever breaks off in the middle leaves half a message behind: the worker can't be used any more.
                self._end()
                raise
            self._worker.forget_words()
        _warn_again(reply.get("warned"), frames)
        if "error" not in reply:
            return reply, answers
        if not isinstance(reply["error"], dict):
            self._end()
        raise _error(reply["error"])

    def _again(self) -> None:
        if self._worker.channel is not None:
            # Another process, forked from the one that started the worker, which stays with that one.
            self._worker.leave()
        if self._deaths > self._limits.restarts:
            raise WorkerSpent(
                f"The model's worker died {self._deaths} times in this run and isn't started again. See what it is "
                "asked when it dies, or allow more with restarts = ... under [worker]."
            )
        self._start()

    def _died(self, frames: Sequence[pd.DataFrame]) -> WorkerDied:
        words = self._worker.last_words()
        code, ended_here = self._end(patience=_PATIENCE)
        if ended_here:
            how = "broke off the line to the run and was ended"
        elif code is None:
            how = "ended"
        elif code < 0:
            how = f"died of signal {-code}{_signal(-code)}"
        else:
            how = f"ended with exit code {code}"
        last = f" The last that it printed: {words}" if words else ""
        return WorkerDied(f"The model's worker {how}{_on(frames)}. Its answers are not known.{last}")

    def _end(self, *, patience: float = 0.0) -> tuple[int | None, bool]:
        if not self._worker.is_here:
            return None, False
        self._deaths += 1
        return self._worker.end(patience)


class _Worker:
    """What a worker holds open in the run: its line, what it prints, and the model's bytes."""

    def __init__(self, content: Content) -> None:
        self._content: Content | None = content
        self._zygote: Zygote | None = None
        self._owner = os.getpid()
        self.channel: Channel | None = None
        self.output = -1
        self.pid = 0

    @property
    def is_here(self) -> bool:
        """Whether there is a worker, and it belongs to this very process."""
        return self.channel is not None and self._owner == os.getpid()

    def start(
        self, zygote: Zygote, descriptors: Sequence[int], *, modules: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        """Fork one, with a line to it and a nameless file for what it prints, which is read only when it dies."""
        self._zygote, self._owner, self.pid = zygote, os.getpid(), 0
        with tempfile.TemporaryFile("ab", buffering=0) as stream:
            self.output = os.dup(stream.fileno())
        own, theirs = socket.socketpair()
        self.channel = Channel(own, _MOST_ANSWER)
        with theirs:
            self.pid = zygote.fork(theirs, self.output, descriptors, modules=modules, environment=environment)

    def expect(self, modules: Sequence[str]) -> None:
        """Let the next worker have what this one has to import first."""
        if self._zygote is not None:
            self._zygote.expect(modules)

    def last_words(self) -> str:
        """Return the last lines that the worker printed."""
        size = os.fstat(self.output).st_size
        text = os.pread(self.output, _LAST_WORDS, max(0, size - _LAST_WORDS)).decode("utf-8", "replace")
        return _last_lines(text)

    def forget_words(self) -> None:
        """Empty what it printed, once that is much: a model may talk all day."""
        if self.output >= 0 and os.fstat(self.output).st_size > _MOST_WORDS:
            os.ftruncate(self.output, 0)

    def end(self, patience: float = 0.0) -> tuple[int | None, bool]:
        """Close the line and end the worker with all that it started; return how it ended, as `Zygote.end`."""
        here = self.is_here
        self.leave()
        if not here or not self.pid or self._zygote is None:
            return None, False
        return self._zygote.end(self.pid, patience)

    def leave(self) -> None:
        """Close the line: a worker that waits for questions ends by itself."""
        if self.channel is not None:
            self.channel.close()
            self.channel = None
        if self.output >= 0:
            os.close(self.output)
            self.output = -1

    def let_go(self) -> None:
        """Leave it for good; the model's bytes go too.

        The zygote isn't asked: a collected model comes here at any time, also while somebody talks to the zygote.
        """
        self.leave()
        if self._content is not None and self._owner == os.getpid():
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


def _last_lines(text: str) -> str:
    """Return what is worth telling of what a worker printed: its last lines, or where in the code it crashed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    crash = next((at for at in reversed(range(len(lines))) if lines[at].startswith(_CRASH)), None)
    if crash is None:
        return " | ".join(lines[-3:])[:500]
    # The interpreter tells the thread's calls, the last one first, and then every extension module by name.
    calls = [line for line in lines[crash + 1 :] if line.startswith("File ")]
    return " | ".join((lines[crash], *calls[:3]))[:500]


def _on(frames: Sequence[pd.DataFrame]) -> str:
    if not frames:
        return " while it was loaded"
    rows = sum(len(frame) for frame in frames)
    return f" on {rows:,} row{'s' if rows != 1 else ''}"


def _here() -> str:
    try:
        return os.getcwd()
    except OSError:  # somebody removed it
        return "/"


def _signal(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        return ""
    return f" ({name}{', perhaps for lack of memory' if name == 'SIGKILL' else ''})"


def _cost(told: Any) -> Cost:
    return Cost(
        seconds=float(told["seconds"]), cpu_seconds=float(told["cpu_seconds"]), peak_bytes=int(told["peak_bytes"])
    )


def _warn_again(told: Any, frames: Sequence[pd.DataFrame]) -> None:
    """Warn of what the model warned of in its worker; where the run takes warnings for errors, the model raised one."""
    for one in told[:_MOST_WARNINGS] if isinstance(told, list) else ():
        if not isinstance(one, list) or len(one) != 2 or not all(isinstance(part, str) for part in one):
            continue
        kind = getattr(builtins, one[0], None)
        category = kind if isinstance(kind, type) and issubclass(kind, Warning) else UserWarning
        try:
            warnings.warn(one[1][:_LONGEST_WARNING], category, stacklevel=6)
        except Warning as error:
            text = f"The model raised {category.__name__}{_on(frames)}: {one[1][:_LONGEST_WARNING]}"
            raise errors.ModelRaised(text) from error


def _many(told: Any) -> list[Any]:
    return told if isinstance(told, list) else []


_RAISED = ("ModelError", "ModelRaised", "AnswerRefused", "ArtifactRefused")


def _error(told: Any) -> ModelcheckError:
    """Return the error that the worker told of; whatever it says, it is an error of the model."""
    if not isinstance(told, dict):
        return ModelError("The model's worker sent something that is no answer.")
    message = str(told.get("message", ""))
    kind = told.get("kind")
    if kind == "AnswerRefused":
        return errors.AnswerRefused(message, [bool(one) for one in _many(told.get("rows"))])
    if kind == "ArtifactRefused":
        return errors.ArtifactRefused(message, [str(one) for one in _many(told.get("names"))])
    if kind in _RAISED:
        found: type[ModelError] = getattr(errors, str(kind))
        return found(message)
    return ModelError(message if kind else f"The model's worker failed: {message}")
