"""The text of a proposed modelcheck.toml."""

from __future__ import annotations

import math
import os
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelcheck.config.addresses import AddressRefused, is_http, parse_address
from modelcheck.config.locations import is_local_path, is_object
from modelcheck.config.toml_text import shorten, toml_value
from modelcheck.config.words import did_you_mean
from modelcheck.errors import ArtifactRefused, DataError, ModelError
from modelcheck.scaffold.columns import Column, Columns, read_columns
from modelcheck.scaffold.guesses import coded_labels, guess_positive, guess_protected, guess_roles
from modelcheck.scaffold.service import described_service, outputs_of_service, service_lines
from modelcheck.scaffold.target import Target, guess_target

if TYPE_CHECKING:
    from modelcheck.models.protocol import ModelDescription

__all__ = ["Proposal", "propose"]

_WIDTH = 100
_LONGEST_COMMENT = 3_000
_QUOTED_LINE = re.compile(r'\b[a-z_]+ = (?:"[^"]*"|\[[^]]*\])')
_JOINED = "\x00"
_MOST_NAMES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposed configuration.

    Attributes
    ----------
    text : str
        The file.
    warnings : tuple of str
        What keeps it from running as it stands; `text` says it too.
    asked : bool
        Whether the model told anything of itself; where it could not be loaded, `text` says why.
    """

    text: str
    warnings: tuple[str, ...] = ()
    asked: bool = True


def propose(model: str | None, data: str, folder: Path, *, score: str | None = None) -> Proposal:
    """Return a modelcheck.toml for one model, or one column of predictions, and one table.

    Parameters
    ----------
    model : str or None
        Model file (relative to `folder`), ``package.module:object``, or the address of a served model, which is asked
        what it serves and nothing else. A file is loaded only where its static inspection allows it; otherwise the text
        says why it was not. None with `score`.
    data : str
        File, folder or glob (relative to `folder`), or ``package.module:function``.
    folder : Path
        Where the configuration will lie.
    score : str or None
        Column that holds the predictions, instead of `model`.

    Returns
    -------
    Proposal
        Guesses come from the model's own description and from the first 20,000 rows, and say so.

    Raises
    ------
    DataError
        The table can't be read, holds nothing that could be a target, or lacks the column `score`.
    ModelError
        There is no such model file, or it is a remote one.
    """
    if model is not None:
        _check_model(model, folder)
    table = read_columns(data, folder)
    if len(table.columns) < 2:
        raise DataError(f"{shorten(toml_value(data), 200)} has one column; a target and at least one more are needed.")
    served = model is not None and is_http(model)
    described, trouble = (None, []) if model is None else (described_service if served else _describe)(model, folder)
    features = frozenset(described.feature_names or ()) if described is not None else frozenset()
    scores = _score_column(score, table) if score is not None else None
    others = [column for column in table.columns if column is not scores]
    target = guess_target(
        others,
        features=features,
        task=described.task if described is not None else None,
        classes=described.classes if described is not None else None,
    )
    others = [column for column in others if column is not target.column]
    warnings = _absent_features(described, table) if scores is None else _odd_scores(scores, target)
    source = [f"model = {toml_value(model)}", *trouble] if scores is None else _score_lines(scores, target)
    if served and model is not None:
        source += outputs_of_service(target, described)
    classes = described.classes if described is not None else None
    coded = coded_labels(target.column, classes) if target.task == "binary" else ""
    if coded:
        warnings = (*warnings, coded)
    lines = [
        "# Written by `modelcheck init`. Read each guess and correct it, then run: pytest --modelcheck",
        f"# What is said about columns was seen in {table.seen}.",
        "",
        "[candidate]",
        *source,
        f'task = "{target.task}"  # {target.task_why}',
        *(service_lines(model) if served and model is not None else ()),
        "",
        "# The champion to compare with.",
        "# [baseline]",
        '# model = "models/champion.skops"',
        "",
        "[dataset]",
        f"path = {toml_value(data)}",
        *(line for warning in warnings for line in _comment(f"Warning: {warning}")),
        f"target = {toml_value(target.column.name)}  # {target.why}",
        *([guess_positive(target.column, classes)] if target.task == "binary" else []),
        *([f"# {coded.rpartition('uncomment: ')[2]}"] if coded else []),
        *guess_protected(others),
        *guess_roles(others, features),
        "",
        "# Rows the candidate was trained on, or like them; trivial rivals are fitted on these.",
        "# [reference]",
        '# path = "data/train.csv"',
        "",
        "# A limit makes a metric a blocking gate. Choose the worst value that is still worth using.",
        *_limit(target),
        '# reason = "why this value"',
    ]
    return Proposal(text="\n".join(lines) + "\n", warnings=warnings, asked=not trouble)


def _check_model(model: str, folder: Path) -> None:
    if is_http(model):
        try:
            parse_address(model)
        except AddressRefused as error:
            raise ModelError(f"the model's address {error}") from None
        return
    if not is_local_path(model) and not is_object(model):
        raise ModelError(
            f"{shorten(toml_value(model), 200)} points at a store or registry; models are files, "
            '"package.module:object" or http addresses. Download the model and name the file.'
        )
    # normpath, because a path relative to the new file's folder climbs out of it and reads badly in a message.
    place = os.path.normpath(folder / model)
    if not is_local_path(model):
        return
    from modelcheck.models.inspection import is_model_folder

    shown = shorten(toml_value(place), 300)
    if Path(place).is_dir():
        if not is_model_folder(Path(place)):
            raise ModelError(
                f"{shown} is a folder, not a file, and of neither MLflow (no MLmodel in it) nor Hugging Face "
                "(no config.json in it). Name the model file or the model's folder."
            )
    elif not Path(place).is_file():
        raise ModelError(f"there is no model file {shown}.")


def _describe(model: str, folder: Path) -> tuple[ModelDescription | None, list[str]]:
    """Return what the model says of itself, or comment lines that say why it was not asked."""
    from modelcheck.config.tables import ModelTable
    from modelcheck.models.loading import load_model

    try:
        return load_model(ModelTable(model=model), folder).describe(), []
    except ArtifactRefused as error:
        lines = _comment(f"Not loaded: {error}")
        # The refusal proposes the line itself, unless it was too long to keep.
        if error.names and not any(line.startswith("# trusted = [") for line in lines):
            lines.append("# Only if you trust whoever made this file, allow what it imports; it may run code then:")
            lines += _trusted(error.names)
        return None, lines
    except ModelError as error:
        return None, _comment(f"Not loaded: {error}")


def _trusted(names: tuple[str, ...]) -> list[str]:
    line = f"# trusted = {toml_value(list(names))}"
    if len(line) <= _WIDTH:
        return [line]
    return ["# trusted = [", *(f"#   {toml_value(name)}," for name in names), "# ]"]


def _score_column(score: str, table: Columns) -> Column:
    for column in table.columns:
        if column.name == score:
            return column
    near = did_you_mean(score, [column.name for column in table.columns])
    raise DataError(
        f"The table has no column {shorten(toml_value(score), 80)} to take predictions from. {near}".strip()
    )


def _score_lines(scores: Column, target: Target) -> list[str]:
    """Return the lines that name the predictions and say what they are."""
    lines = [f"score = {toml_value(scores.name)}  # the predictions lie in this column of the table"]
    if target.task == "regression":
        return [*lines, 'output = "value"']
    if target.task == "multiclass" or _are_labels(scores, target):
        return [*lines, 'output = "label"  # it holds the predicted class']
    return [*lines, 'output = "probability"  # of the positive class']


def _are_labels(scores: Column, target: Target) -> bool:
    return {str(value) for value in scores.values} <= {str(value) for value in target.column.values}


def _odd_scores(scores: Column, target: Target) -> tuple[str, ...]:
    """Return a warning when predictions are none that the task can use."""
    shown = shorten(toml_value(scores.name), 80)
    if target.task == "binary" and not _are_labels(scores, target):
        if scores.low is None or scores.high is None:
            return (
                f"the column {shown} holds neither numbers nor the target's labels, so every gate will fail to run.",
            )
        if scores.low < 0.0 or scores.high > 1.0:
            return (
                f"the column {shown} holds values from {scores.low:g} to {scores.high:g}, and probabilities lie "
                "between 0 and 1, so every gate will end in an error. Scale it first.",
            )
    if target.task == "regression" and scores.low is None:
        return (f"the column {shown} holds no numbers, so every gate will end in an error.",)
    return ()


def _absent_features(described: ModelDescription | None, table: Columns) -> tuple[str, ...]:
    """Return a warning when the table lacks columns that the model was fitted on."""
    named = (described.feature_names or ()) if described is not None else ()
    present = {column.name for column in table.columns}
    absent = [name for name in named if name not in present]
    if not absent:
        return ()
    shown = ", ".join(shorten(toml_value(name), 60) for name in absent[:_MOST_NAMES])
    more = f" and {len(absent) - _MOST_NAMES} more" if len(absent) > _MOST_NAMES else ""
    return (
        f"the table lacks {len(absent)} of the {len(named)} columns that the model was fitted on: {shown}{more}. "
        "Every gate will end in an error until the rows have them, or until `prepare` in [candidate] names a function "
        "that makes them.",
    )


def _limit(target: Target) -> list[str]:
    """Return a commented gate as an example."""
    if target.task == "binary":
        return ['# [gates."performance.roc_auc"]', "# min = 0.80"]
    if target.task == "multiclass":
        return ['# [gates."performance.balanced_accuracy"]', "# min = 0.80"]
    spread = target.column.spread
    gate = '# [gates."performance.root_mean_squared_error"]'
    if spread is None or not math.isfinite(spread) or spread <= 0.0:
        return [gate, "# max = 10.0"]
    rounded = float(f"{spread:.2g}")
    return [gate, f"# max = {toml_value(rounded)}  # the target's standard deviation: the error of a constant"]


def _comment(text: str) -> list[str]:
    """Return text as comment lines; it may quote names from a hostile file, so only printable letters stay."""
    lines: list[str] = []
    if len(text) > _LONGEST_COMMENT:
        text = text[:_LONGEST_COMMENT].rpartition(" ")[0].partition("trusted = [")[0] + " ... (shortened)"
    for paragraph in text.splitlines():
        safe = "".join(letter if letter.isprintable() else "?" for letter in " ".join(paragraph.split()))
        # A line of configuration that is quoted stays in one piece, ready to be copied.
        whole = _QUOTED_LINE.sub(lambda found: found[0].replace(" ", _JOINED), safe)
        wrapped = textwrap.wrap(whole, _WIDTH - 2, break_on_hyphens=False, break_long_words=False)
        lines += [line.replace(_JOINED, " ") for line in wrapped]
    return [f"# {line}" for line in lines]
