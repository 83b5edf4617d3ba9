"""Where reports go: looked at before the first prediction, so that no run ends with nowhere to write."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from modelcheck.errors import RecordError

__all__ = ["prepare_folders"]

_PAGES = ("record.json", "report.html", "explainability.html", "summary.md", "index.html")


def prepare_folders(folder: Path, names: Sequence[str]) -> None:
    """Make the report folders of a run and see that they can be written.

    Parameters
    ----------
    folder : Path
        The run's report folder.
    names : sequence of str
        Names of the models; with several each has a folder of its own below.

    Raises
    ------
    RecordError
        A folder can't be made or written, or a page's name is taken.
    """
    for target in [folder] if len(names) == 1 else [folder, *(folder / name for name in names)]:
        if target != folder and target.name in _PAGES:
            raise RecordError(f"a model can't be called {target.name!r}: a page of the reports has that name.")
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(target, error.strerror or str(error)) from None
        if not os.access(target, os.W_OK | os.X_OK):
            raise _unusable(target, "it is not writable")
        taken = [page for page in _PAGES if (target / page).is_dir()]
        if taken:
            raise _unusable(target / taken[0], "it is a folder, and a page has to go there")


def _unusable(path: Path, why: str) -> RecordError:
    return RecordError(
        f"the reports can't be written to {path}: {why}. Move what is in the way, or name another folder with "
        "--modelcheck-report DIR."
    )
