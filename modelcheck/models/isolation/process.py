"""The run's end of a worker process."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Mapping, Sequence

from modelcheck.models.content import Content
from modelcheck.models.isolation.channel import Channel
from modelcheck.models.isolation.source import Zygote

__all__ = ["Worker"]

_MOST_ANSWER = 4 * 2**30
_LAST_WORDS, _MOST_WORDS = 16_000, 2**20
_CRASH = "Fatal Python error:"


class Worker:
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


def _last_lines(text: str) -> str:
    """Return what is worth telling of what a worker printed: its last lines, or where in the code it crashed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    crash = next((at for at in reversed(range(len(lines))) if lines[at].startswith(_CRASH)), None)
    if crash is None:
        return " | ".join(lines[-3:])[:500]
    # The interpreter tells the thread's calls, the last one first, and then every extension module by name.
    calls = [line for line in lines[crash + 1 :] if line.startswith("File ")]
    return " | ".join((lines[crash], *calls[:3]))[:500]
