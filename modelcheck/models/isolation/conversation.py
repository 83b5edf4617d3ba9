"""A worker that is asked one thing after the other, and started again after it died."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelcheck.errors import ModelError, WorkerDied, WorkerSpent, WorkerTimedOut
from modelcheck.models.artifact import Artifact
from modelcheck.models.isolation.answers import error_of, on_rows, warn_again
from modelcheck.models.isolation.channel import Broken, TimedOut
from modelcheck.models.isolation.described import described
from modelcheck.models.isolation.levels import LEVELS, Limits, at_least
from modelcheck.models.isolation.process import Worker
from modelcheck.models.isolation.source import Zygote, warm_zygote
from modelcheck.models.protocol import ModelDescription

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Conversation"]

_PATIENCE = 2.0
_AHEAD = ("sklearn.", "scipy.", "numpy.", "pandas.")


class Conversation:
    """Questions to a worker, and the answers.

    Parameters
    ----------
    worker : Worker
        Not yet started.
    artifact : Artifact
        What it loads.
    told : mapping
        What it is told first; JSON can hold it.
    level, limits, zygote, environment
        As for `modelcheck.models.isolation.model.WorkerModel`.
    """

    def __init__(
        self,
        worker: Worker,
        artifact: Artifact,
        told: Mapping[str, Any],
        *,
        level: str,
        limits: Limits,
        zygote: Zygote | None,
        environment: Mapping[str, str],
    ) -> None:
        self._worker = worker
        self._artifact = artifact
        self._told = told
        self._level = level
        self._limits = limits
        self._zygote = zygote
        self._environment = environment
        self._lock = threading.RLock()
        self._deaths = 0

    def start(self) -> tuple[ModelDescription, str, list[str]]:
        """Start the worker, and let it load the model.

        Returns
        -------
        description : ModelDescription
            As the worker tells it.
        level : str
            What it reached.
        missing : list of str
            What this system refused to keep it apart.

        Raises
        ------
        ModelError
            Loading fails, the worker dies meanwhile, or the level can't be reached.
        """
        content = self._artifact.content
        modules = sorted({name.rpartition(".")[0] for name in self._artifact.inspection.names})
        try:
            self._worker.start(
                self._zygote or warm_zygote(),
                [content.descriptor] if content.descriptor >= 0 else [],
                modules=[name for name in modules if name.startswith(_AHEAD)],
                environment=self._environment,
            )
            confined, _ = self.ask({**self._told, "here": _here()})
            reached = str(confined.get("level"))
            missing = [str(one)[:200] for one in confined.get("missing") or ()]
            if reached not in LEVELS or not at_least(reached, self._level):
                raise ModelError(
                    f'isolation = "{self._level}" could not be reached for {content.name}: this system refuses '
                    f"{', '.join(missing)}. Allow it, or write another level beside the model."
                )
            reply, _ = self.ask(None)
        except BaseException:
            self.end()
            raise
        return described(reply.get("description")), reached, missing

    def ask(
        self,
        header: Mapping[str, Any] | None,
        blocks: Sequence[Any] = (),
        *,
        descriptors: Sequence[int] = (),
        seconds: float | None = None,
        frames: Sequence[pd.DataFrame] = (),
    ) -> tuple[dict[str, Any], list[memoryview]]:
        """Send a message, where there is one, and return the answer to it.

        Raises
        ------
        WorkerDied
            The worker ended, or took too long and was ended.
        ModelError
            As the worker tells it.
        """
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
                self.end()
                raise WorkerTimedOut(
                    f"The model took longer than {limit:g} s{on_rows(frames)}, and its worker was ended. Allow more "
                    "with seconds = ... under [worker], or make the model faster."
                ) from None
            except Broken:
                raise self._died(frames) from None
            except BaseException:
                # Whoever breaks off in the middle leaves half a message behind: the worker can't be used any more.
                self.end()
                raise
            self._worker.forget_words()
        warn_again(reply.get("warned"), frames)
        if "error" not in reply:
            return reply, answers
        if not isinstance(reply["error"], dict):
            self.end()
        raise error_of(reply["error"])

    def _again(self) -> None:
        if self._worker.channel is not None:
            # Another process, forked from the one that started the worker, which stays with that one.
            self._worker.leave()
        if self._deaths > self._limits.restarts:
            raise WorkerSpent(
                f"The model's worker died {self._deaths} times in this run and isn't started again. See what it is "
                "asked when it dies, or allow more with restarts = ... under [worker]."
            )
        self.start()

    def _died(self, frames: Sequence[pd.DataFrame]) -> WorkerDied:
        words = self._worker.last_words()
        code, ended_here = self.end(patience=_PATIENCE)
        if ended_here:
            how = "broke off the line to the run and was ended"
        elif code is None:
            how = "ended"
        elif code < 0:
            how = f"died of signal {-code}{_signal(-code)}"
        else:
            how = f"ended with exit code {code}"
        last = f" The last that it printed: {words}" if words else ""
        return WorkerDied(f"The model's worker {how}{on_rows(frames)}. Its answers are not known.{last}")

    def end(self, *, patience: float = 0.0) -> tuple[int | None, bool]:
        """End the worker; return how it ended, as `Zygote.end`. The next question starts another one."""
        if not self._worker.is_here:
            return None, False
        self._deaths += 1
        return self._worker.end(patience)


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
