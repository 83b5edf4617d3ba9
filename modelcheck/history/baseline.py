"""The accepted baseline: one folder with ``baseline.json`` and a Parquet file of outputs."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelcheck.errors import BaselineError, RecordError
from modelcheck.history.facts import BaselineFacts, Measured, facts_digest, facts_from_json, facts_json
from modelcheck.history.files import locked, place_of, read_object, shown, sync_folder, want
from modelcheck.history.outputs import Outputs
from modelcheck.history.outputs_file import Layout, OutputsFile, probe_outputs, read_outputs, write_outputs
from modelcheck.record.store import write_text_atomically

__all__ = [
    "BASELINE_NAME",
    "SCHEMA",
    "BaselineFacts",
    "Measured",
    "NewBaseline",
    "StoredBaseline",
    "read_baseline",
    "write_baseline",
]

SCHEMA = "modelcheck/baseline/1"
BASELINE_NAME = "baseline.json"
_OUTPUTS = re.compile(r"outputs-[0-9a-f]{16}\.parquet")
_DRAFTS = re.compile(r"\.(outputs|baseline\.json)\.[0-9]+-[0-9a-f]{8}\.tmp")
_MOST = 2**62
_MEND = (
    "Restore the folder, or accept a baseline again: `pytest --modelcheck --modelcheck-baseline=accept "
    "--modelcheck-force`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBaseline:
    """A candidate about to be accepted.

    Attributes
    ----------
    facts : BaselineFacts
        What is known about it.
    outputs : Outputs
        Its answers, one row for each row of the dataset.
    """

    facts: BaselineFacts
    outputs: Outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBaseline:
    """An accepted baseline as it lies on disk.

    Attributes
    ----------
    folder : Path
        Where it lies.
    facts : BaselineFacts
        What is known about it.
    file : OutputsFile
        The file of outputs.
    layout : Layout
        Its columns.
    """

    folder: Path
    facts: BaselineFacts
    file: OutputsFile
    layout: Layout

    @property
    def place(self) -> str:
        """Where it lies, as messages and the record may tell it: with nothing of the machine."""
        return place_of(self.folder)

    def as_record(self) -> dict[str, Any]:
        """Return what the record says about the baseline: its model's facts, and when and on what it was accepted."""
        facts = self.facts
        return {
            **facts.candidate,
            "accepted": facts.created,
            "commit": facts.commit,
            "versions": dict(facts.versions),
            "dataset": dict(facts.dataset),
        }

    def read_outputs(self) -> Outputs:
        """Return the outputs; each call reads and checks the file anew.

        Raises
        ------
        BaselineError
            The file isn't the one that was accepted, or holds impossible values.
        """
        with _about(self.folder, self.file.name):
            return read_outputs(self.folder, self.file, self.layout)


def write_baseline(folder: Path, baseline: NewBaseline) -> Path:
    """Store a baseline; whoever reads after a crash at any point finds the old one or the new one, whole.

    The file of outputs is named by its content and written first; replacing ``baseline.json`` is the one step that
    counts; only then older outputs go.

    Parameters
    ----------
    folder : Path
        Made if it doesn't exist. Files of others in it are left alone.
    baseline : NewBaseline
        What to store.

    Returns
    -------
    Path
        ``baseline.json``.

    Raises
    ------
    BaselineError
        The folder can't be written, or the outputs are none that could be read again; the old baseline is untouched.
    """
    path = folder / BASELINE_NAME
    draft = folder / f".outputs.{os.getpid()}-{os.urandom(4).hex()}.tmp"
    try:
        layout = _layout_of(baseline)
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            try:
                file = write_outputs(draft, baseline.outputs, layout)
                os.replace(draft, folder / file.name)
            finally:
                draft.unlink(missing_ok=True)
            # A loss of power must not keep the JSON and lose the name of what it points to.
            sync_folder(folder)
            text = json.dumps(_as_json(baseline.facts, file, layout), indent=1, allow_nan=False) + "\n"
            write_text_atomically(path, text)
            _remove_older(folder, file.name)
    except (OSError, RecordError) as error:
        cause = error.__cause__ if isinstance(error, RecordError) else error
        problem = (cause.strerror if isinstance(cause, OSError) else None) or "no reason known"
        raise BaselineError(
            f"The baseline can't be stored in {place_of(folder)}: {problem}. Make the folder writable and not full, or "
            "name another. A baseline that was there is still whole."
        ) from error
    except BaselineError as error:
        raise BaselineError(
            f"The baseline can't be stored in {place_of(folder)}: {error}. A baseline that was there is still whole."
        ) from error
    return path


def read_baseline(folder: Path, *, name: str | None = None) -> StoredBaseline | None:
    """Read what is known about a stored baseline, and make sure that its outputs are those that were accepted.

    Parameters
    ----------
    folder : Path
        Where `write_baseline` stored it.
    name : str or None
        The model that it must be for; None: any.

    Returns
    -------
    StoredBaseline or None
        None when there is no ``baseline.json``.

    Raises
    ------
    BaselineError
        Not JSON, a newer schema, keys missing or of the wrong kind; outputs missing, changed, of other columns, or
        written for other facts; another model's.
    """
    path = folder / BASELINE_NAME
    try:
        with _about(folder, BASELINE_NAME):
            data = read_object(path, SCHEMA)
            facts = facts_from_json(data)
            file, layout = _file_from_json(data, facts)
    except FileNotFoundError:
        return None
    if name is not None and facts.name != name:
        raise BaselineError(
            f"The baseline in {place_of(folder)} was accepted for {shown(facts.name)}, this model is {shown(name)}. "
            "Give each model a folder of its own: name another as `store` under [baseline], or go back to that name."
        )
    with _about(folder, file.name):
        probe_outputs(folder, file, layout)
    return StoredBaseline(folder=folder, facts=facts, file=file, layout=layout)


@contextlib.contextmanager
def _about(folder: Path, name: str) -> Iterator[None]:
    try:
        yield
    except BaselineError as error:
        raise BaselineError(f"The stored baseline {place_of(folder)}/{name} can't be used: {error}. {_MEND}") from error


def _as_json(facts: BaselineFacts, file: OutputsFile, layout: Layout) -> dict[str, Any]:
    outputs = {
        "file": file.name,
        "sha256": file.sha256,
        "bytes": file.bytes,
        "rows": file.rows,
        "scores": layout.score_width,
    }
    return {"schema": SCHEMA, **facts_json(facts), "outputs": outputs}


def _file_from_json(data: Any, facts: BaselineFacts) -> tuple[OutputsFile, Layout]:
    file = OutputsFile(
        name=want(data, "outputs.file", str, "text"),
        sha256=want(data, "outputs.sha256", str, "text"),
        bytes=want(data, "outputs.bytes", int, "a whole number"),
        rows=want(data, "outputs.rows", int, "a whole number"),
    )
    # With such a name alone the file lies in this folder, whatever else the JSON says.
    if _OUTPUTS.fullmatch(file.name) is None or file.name != f"outputs-{file.sha256[:16]}.parquet":
        raise BaselineError(
            f"outputs.file is {shown(file.name)}, 'outputs-<digits of its sha256>.parquet' was expected"
        )
    if not 1 <= file.bytes <= _MOST:
        raise BaselineError(f"outputs.bytes is {shown(file.bytes)}, the size of a file was expected")
    if not 1 <= file.rows <= _MOST or file.rows != facts.dataset["rows"]:
        raise BaselineError(f"outputs.rows is {shown(file.rows)}, the dataset had {shown(facts.dataset['rows'])} rows")
    width = want(data, "outputs.scores", int, "a whole number")
    if width not in _widths(facts):
        raise BaselineError(f"outputs.scores is {shown(width)} for a {facts.task} task")
    return file, _layout(facts, width)


def _layout(facts: BaselineFacts, width: int) -> Layout:
    content = facts.key_kind == "key"
    return Layout(n_classes=len(facts.classes), score_width=width, content=content, bound_to=facts_digest(facts))


def _widths(facts: BaselineFacts) -> tuple[int, ...]:
    return {"binary": (0, 1), "multiclass": (0, len(facts.classes)), "regression": (1,)}[facts.task]


def _layout_of(baseline: NewBaseline) -> Layout:
    """Return the columns that outputs need; refuse those that don't fit their own facts."""
    facts, outputs = baseline.facts, baseline.outputs
    # Whatever can't be read again must not replace what can.
    facts_from_json(json.loads(json.dumps(facts_json(facts), allow_nan=False)))
    if (outputs.content is not None) != (facts.key_kind == "key"):
        raise BaselineError("a hash of each row's content is kept beside its key, and only there")
    rows, score = len(outputs), outputs.score
    width = 0 if score is None else 1 if score.ndim == 1 else score.shape[1]
    lengths = {len(one) for one in (outputs.keys, outputs.content, score, outputs.decision) if one is not None}
    decides = outputs.decision is not None
    if lengths != {rows} or rows != facts.dataset["rows"] or width not in _widths(facts):
        raise BaselineError(
            f"outputs of {rows:,} rows and {width} scores don't fit a {facts.task} task and its dataset"
        )
    if decides != bool(facts.classes) or not rows:
        raise BaselineError(
            f"outputs of a {facts.task} task {'have' if decides else 'lack'} decisions, or have no rows"
        )
    return _layout(facts, width)


def _remove_older(folder: Path, current: str) -> None:
    """Remove outputs of earlier baselines and drafts of killed runs; what can't be removed does no harm."""
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            ours = _OUTPUTS.fullmatch(path.name) or _DRAFTS.fullmatch(path.name)
            if ours and path.name != current and path.is_file() and not path.is_symlink():
                path.unlink()
