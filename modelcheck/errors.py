"""What can go wrong, as one small tree.

::

    ModelcheckError
    +-- ConfigError        the configuration is wrong; carries every mistake (exit 4)
    +-- DataError          a table can't be read, or doesn't hold what was declared
    +-- ModelError         a model can't be loaded, raises, or answers nonsense
    |   +-- ModelRaised       the model's own code raised an exception
    |   |   +-- WorkerDied       it ended the process that it runs in
    |   |       +-- WorkerTimedOut   it took too long, and that process was ended
    |   +-- WorkerSpent       that process died so often that it isn't started again
    |   +-- AnswerRefused     some of its answers are no predictions
    |   +-- ArtifactRefused   a model file was not loaded because reading it could run code
    |   +-- RetrainedError    a model that is declared for comparison can't be used; stops the run
    +-- RecordError        a record can't be read or written
    +-- BaselineError      a stored baseline can't be read, written or compared with

Every message says what happened, the value received, what is allowed, and how to mend it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "AnswerRefused",
    "ArtifactRefused",
    "BaselineError",
    "ConfigError",
    "DataError",
    "Mistake",
    "ModelError",
    "ModelRaised",
    "ModelcheckError",
    "RecordError",
    "RetrainedError",
    "WorkerDied",
    "WorkerSpent",
    "WorkerTimedOut",
]


class ModelcheckError(Exception):
    """Root of everything modelcheck raises on purpose.

    Attributes
    ----------
    blocks : bool
        Whether it stops promotion even where it only keeps something from being shown.
    """

    blocks: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One wrong entry in a configuration.

    Attributes
    ----------
    file : str
        The file as the user knows it (relative to the root directory where possible).
    section : str
        The TOML table, e.g. ``tool.modelcheck.dataset``; empty for the top level.
    key : str
        The key; empty when the whole section is meant.
    value : str
        The value received, shortened, as TOML would write it; empty when there is none.
    problem : str
        What is wrong and what is allowed.
    hint : str
        The closest valid name or the line that mends it; may be empty.
    """

    file: str
    section: str = ""
    key: str = ""
    value: str = ""
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        where = self.file + (f" [{self.section}]" if self.section else "")
        what = f" {self.key}" if self.key else ""
        value = f" = {self.value}" if self.value else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{where}{what}{value}: {self.problem}{hint}"


class ConfigError(ModelcheckError):
    """The configuration has mistakes; all of them are reported at once.

    Parameters
    ----------
    mistakes : sequence of Mistake
        At least one.
    """

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        count = len(self.mistakes)
        head = "1 mistake" if count == 1 else f"{count} mistakes"
        lines = [f"modelcheck: {head} in the configuration"]
        lines += [f"  {number}. {mistake}" for number, mistake in enumerate(self.mistakes, 1)]
        super().__init__("\n".join(lines))


class DataError(ModelcheckError):
    """A table can't be read, or doesn't hold what the configuration declares."""


class ModelError(ModelcheckError):
    """A model can't be loaded, raises, or answers something that isn't a prediction."""


class ModelRaised(ModelError):
    """The model's own code raised an exception, which is the cause."""


class WorkerDied(ModelRaised):
    """The process in which a model runs ended while it was asked."""


class WorkerTimedOut(WorkerDied):
    """A model took too long, and the process in which it runs was ended."""


class WorkerSpent(ModelError):
    """The process in which a model runs died so often that it isn't started again: nobody was asked."""


class AnswerRefused(ModelError):
    """Some of a model's answers are no predictions.

    Parameters
    ----------
    message : str
        The whole sentence for the user.
    rows : sequence of bool
        Which of the rows that it was asked about have such an answer.
    """

    def __init__(self, message: str, rows: Sequence[bool] = ()) -> None:
        super().__init__(message)
        self.rows = rows


class ArtifactRefused(ModelError):
    """A model file was not loaded because reading it could run code.

    Parameters
    ----------
    message : str
        The whole sentence for the user.
    names : sequence of str
        The exact import names that are not on the allow-list; empty when the file could not be analysed.
    source : str
        The file as the user wrote it; empty where nobody said.
    """

    def __init__(self, message: str, names: Sequence[str] = (), *, source: str = "") -> None:
        super().__init__(message)
        self.names = tuple(names)
        self.source = source


class RetrainedError(ModelError):
    """A model that ``[candidate] retrained`` names can't be loaded or explained: what was asked for is not known."""

    blocks = True


class RecordError(ModelcheckError):
    """A record can't be read or written."""


class BaselineError(ModelcheckError):
    """A stored baseline can't be read or written, or can't be compared with this candidate."""
