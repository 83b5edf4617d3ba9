"""The text of a proposed modelcheck.toml."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelcheck.config.locations import is_local_path, is_object
from modelcheck.config.toml_text import shorten, toml_value
from modelcheck.errors import ArtifactRefused, DataError, ModelError
from modelcheck.scaffold.columns import read_columns
from modelcheck.scaffold.guesses import guess_positive, guess_protected, guess_roles, guess_target, guess_task

if TYPE_CHECKING:
    from modelcheck.models.protocol import ModelDescription

__all__ = ["propose"]

_LIMITS = {
    "binary": ("performance.roc_auc", "min = 0.80"),
    "multiclass": ("performance.balanced_accuracy", "min = 0.80"),
    "regression": ("performance.root_mean_squared_error", "max = 10.0"),
}


def propose(model: str, data: str, folder: Path) -> str:
    """Return the text of a modelcheck.toml for one model and one table.

    Parameters
    ----------
    model : str
        Model file (relative to `folder`) or ``package.module:object``. A file is loaded only where its static
        inspection allows it; otherwise the text says why it was not.
    data : str
        File, folder or glob (relative to `folder`), or ``package.module:function``.
    folder : Path
        Where the configuration will lie.

    Returns
    -------
    str
        TOML. Guesses come from the model's own description and from the first 20,000 rows, and say so.

    Raises
    ------
    DataError
        The table can't be read, or holds nothing that could be a target.
    ModelError
        There is no such model file, or it is a remote one.
    """
    if not is_local_path(model) and not is_object(model):
        raise ModelError(
            f"{shorten(toml_value(model), 200)} is a remote model; this version reads model files and "
            '"package.module:object". Download the model and name the file.'
        )
    if is_local_path(model) and not (folder / model).is_file():
        raise ModelError(f"there is no model file {shorten(toml_value(model), 200)}; paths are relative to {folder}.")
    table = read_columns(data, folder)
    if len(table.columns) < 2:
        raise DataError(f"{shorten(toml_value(data), 200)} has one column; a target and at least one more are needed.")
    described, trouble = _describe(model, folder)
    features = frozenset(described.feature_names or ()) if described is not None else frozenset()
    target, why = guess_target(table.columns, features)
    task, task_why = guess_task(target)
    classes = None
    if described is not None:
        task, task_why = (described.task, "the model says so") if described.task else (task, task_why)
        classes = described.classes
    others = [column for column in table.columns if column is not target]
    check, limit = _LIMITS[task]
    lines = [
        "# Written by `modelcheck init`. Read each guess and correct it, then run: pytest --modelcheck",
        f"# What is said about columns was seen in {table.seen}.",
        "",
        "[candidate]",
        f"model = {toml_value(model)}",
        *trouble,
        f'task = "{task}"  # {task_why}',
        "",
        "# The champion to compare with.",
        "# [baseline]",
        '# model = "models/champion.skops"',
        "",
        "[dataset]",
        f"path = {toml_value(data)}",
        f"target = {toml_value(target.name)}  # {why}",
        *([guess_positive(target, classes)] if task == "binary" else []),
        *guess_protected(others),
        *guess_roles(others, features),
        "",
        "# Rows the candidate was trained on, or like them; trivial rivals are fitted on these.",
        "# [reference]",
        '# path = "data/train.csv"',
        "",
        "# A limit makes a metric a blocking gate. Choose the worst value that is still worth using.",
        f'# [gates."{check}"]',
        f"# {limit}",
        '# reason = "why this value"',
    ]
    return "\n".join(lines) + "\n"


def _describe(model: str, folder: Path) -> tuple[ModelDescription | None, list[str]]:
    """Return what the model says of itself, or comment lines that say why it was not asked."""
    from modelcheck.config.tables import ModelTable
    from modelcheck.models.loading import load_model

    try:
        return load_model(ModelTable(model=model), folder).describe(), []
    except ArtifactRefused as error:
        lines = [f"# Not loaded: {_comment(error)}"]
        if error.names:
            names = toml_value(list(error.names))
            lines.append("# Only if you trust whoever made this file, allow what it imports; it may run code then:")
            lines.append(f"# trusted = {names}")
        return None, lines
    except ModelError as error:
        return None, [f"# Not loaded: {_comment(error)}"]


def _comment(error: Exception) -> str:
    """Return a message as one printable line, because it may quote names from a hostile file."""
    text = " ".join(str(error).split())
    return shorten("".join(letter if letter.isprintable() else "?" for letter in text), 300)
