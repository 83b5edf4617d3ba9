"""Where what a record names lies within its repository, for services that put results beside files."""

from __future__ import annotations

import posixpath
import re

from modelcheck.record.schema import Record
from modelcheck.report.text import shorten

__all__ = ["candidate_path", "repository_path"]

_FILE = re.compile(r"[^:]*\.[A-Za-z0-9]+")  # neither an imported object nor a column of the table


def repository_path(label: str, root: str = "") -> str | None:
    """Return a configuration's path within the repository, with ``/``; None where it is no file in there.

    Parameters
    ----------
    label : str
        What the record calls the configuration.
    root : str
        The folder, within the repository, that `label` starts from.

    Returns
    -------
    str or None

    Examples
    --------
    >>> repository_path("checks/modelcheck.toml", "ml"), repository_path("../modelcheck.toml", "ml")
    ('ml/checks/modelcheck.toml', 'modelcheck.toml')
    >>> repository_path("/etc/modelcheck.toml"), repository_path("scan()"), repository_path("../elsewhere.toml")
    (None, None, None)
    """
    if not label or label.endswith("()") or re.match(r"[\\/]|[A-Za-z]:", label):
        return None
    path = posixpath.normpath(posixpath.join(root, label))
    return None if path == "." or path.split("/")[0] == ".." else shorten(path, 400)


def candidate_path(record: Record) -> str | None:
    """Return the path of the candidate's file within the repository; None where it is no file in there.

    Parameters
    ----------
    record : Record
        The record. Its candidate's source is named from the configuration's folder.

    Returns
    -------
    str or None
    """
    # Of a file that was refused the record knows the name it has in the configuration, and nothing else.
    known, config = record.candidate, record.run.get("config")
    source = known.get("source") or (None if known.get("kind") else known.get("name"))
    if not isinstance(source, str) or not isinstance(config, str) or not _FILE.fullmatch(source):
        return None
    return None if repository_path(config) is None else repository_path(source, posixpath.dirname(config))
