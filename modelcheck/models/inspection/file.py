"""Inspect, then load: the answer for one file or its bytes."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from modelcheck.errors import ModelError
from modelcheck.models.inspection.allow_list import allowed_names
from modelcheck.models.inspection.containers import NPY_MAGIC, ZIP_MAGIC, follow_npy, follow_zip, open_archive
from modelcheck.models.inspection.dry_run import follow
from modelcheck.models.inspection.keras_file import follow_keras, is_keras
from modelcheck.models.inspection.outcome import (
    BOUNDS,
    NOT_LISTED,
    Bounds,
    Forbidden,
    Inspection,
    NotAnalysable,
    NotAPickle,
)
from modelcheck.models.inspection.own_formats import own_format
from modelcheck.models.inspection.seen import Seen
from modelcheck.models.inspection.skops_file import SCHEMA, follow_skops
from modelcheck.models.inspection.source import Source, compression_of, decompressed
from modelcheck.models.inspection.torch_file import follow_torch, torch_form, torch_prefix

__all__ = ["inspect_bytes", "inspect_file", "inspect_stream"]

_UNREADABLE = (
    (b"ZF", "joblib before 0.10", "joblib older than 0.10 keeps arrays in companion files; save it again"),
    (b"\x04\x22\x4d\x18", "lz4", "lz4 compression can't be looked into; save it again with zlib or gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z", "7z archives aren't model files that this version reads"),
    (b"\x89HDF", "hdf5", "HDF5 files (.h5) can hold code; load it where you trust it and save it again as .keras"),
    (
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
        "torch before 1.6",
        "torch's format before 1.6 is several pickles; load it where you trust it and torch.save it again",
    ),
    (b"Rar!", "rar", "rar archives aren't model files that this version reads"),
)
_PROTOCOL = b"\x80"
"""What pickles of protocol 2 and later begin with."""


def inspect_file(
    path: str | os.PathLike[str],
    trusted: Iterable[str] = (),
    *,
    bounds: Bounds = BOUNDS,
    companions: Iterable[str] = (),
    used: set[str] | None = None,
) -> Inspection:
    """Say whether a model file may be loaded, without importing or running anything in it.

    Parameters
    ----------
    path : path
        The file; its content decides the format, never its extension.
    trusted : iterable of str
        Exact names allowed besides the shipped list, e.g. ``mypackage.features.LogScaler``.
    bounds : Bounds
        How much of the file is followed.
    companions : iterable of str
        Names of files beside it that may hold its weights; for a file that is part of a folder.
    used : set of str, optional
        Is given those that it names.

    Returns
    -------
    Inspection
        The answer, every import seen, and those refused.

    Raises
    ------
    ModelError
        The file can't be opened.
    """
    if Path(path).exists() and not Path(path).is_file() and not Path(path).is_dir():
        # A device or a pipe may never end.
        raise ModelError(f"The model file {os.fspath(path)} is not a regular file.")
    try:
        with Path(path).open("rb") as stream:
            return inspect_stream(stream, trusted, bounds=bounds, companions=companions, used=used)
    except OSError as error:
        what = "is a folder, not a file" if isinstance(error, IsADirectoryError) else f"can't be read: {error.strerror}"
        raise ModelError(f"The model file {os.fspath(path)} {what}.") from error


def inspect_bytes(content: bytes, trusted: Iterable[str] = (), *, bounds: Bounds = BOUNDS) -> Inspection:
    """Say the same of bytes in memory, without copying them; see `inspect_file`.

    Parameters
    ----------
    content : bytes
        The whole file.
    trusted : iterable of str
        Exact names allowed besides the shipped list.
    bounds : Bounds
        How much is followed.

    Returns
    -------
    Inspection
        The answer.

    Examples
    --------
    >>> import pickle
    >>> inspect_bytes(pickle.dumps(print)).refused
    ('builtins.print',)
    """
    return inspect_stream(io.BytesIO(content), trusted, bounds=bounds)


def inspect_stream(
    stream: IO[bytes],
    trusted: Iterable[str] = (),
    *,
    bounds: Bounds = BOUNDS,
    companions: Iterable[str] = (),
    used: set[str] | None = None,
) -> Inspection:
    """Say the same of an open file that can be positioned; see `inspect_file`."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    head = stream.read(16)
    stream.seek(0)
    if size == 0:
        return Inspection(answer="not_analysable", format="empty", reason="the file is empty")
    for magic, name, reason in _UNREADABLE:
        if head.startswith(magic):
            return Inspection(answer="not_analysable", format=name, reason=reason)
    trusted = tuple(trusted)
    seen = Seen(allowed_names(trusted), bounds, trusted)
    seen.companions = frozenset(companions)
    form = _Form()
    problem: NotAnalysable | Forbidden | None = None
    try:
        if size > bounds.file_bytes:
            raise NotAnalysable(f"it is larger than {bounds.file_bytes:,} bytes")
        form.name = _follow_content(stream, size, seen, nested=False, form=form)
    except (NotAnalysable, Forbidden) as error:
        problem = error
    except Exception as error:  # a fault of the look itself refuses the file: it must never let one through
        problem = NotAnalysable(f"{LOOK_RAISED} {type(error).__name__}")
    if used is not None:
        used.update(seen.used_companions)
    if isinstance(problem, NotAPickle) and form.name == "pickle" and not seen.names and head[:1] != _PROTOCOL:
        # Nothing else is known to begin so, and an old pickle would have gone on: how its reading broke says nothing.
        form.name = "unknown"
        problem = NotAnalysable(f"it is no model file that this version reads: it begins with {ascii(head)[1:]}")
    return _answer(form.name, seen, problem)


LOOK_RAISED = "looking into it raised"


class _Form:
    """The format as far as it is known when following stops."""

    def __init__(self) -> None:
        self.name = "pickle"


def _follow_content(stream: IO[bytes], size: int | None, seen: Seen, *, nested: bool, form: _Form | None = None) -> str:
    form = form or _Form()
    head = stream.peek(16)[:16] if isinstance(stream, io.BufferedReader) else _peek(stream)
    if head.startswith(ZIP_MAGIC):
        if nested:
            raise NotAnalysable("it is an archive within an archive")
        form.name = "zip"
        with open_archive(stream, seen.bounds) as archive:
            _follow_archive(stream, archive, seen, form)
        return form.name
    if size is not None and not nested:
        own = own_format(head, size)
        if own is not None:
            form.name = own.name
            form.name = own.follow(stream, size, seen)
            return form.name
    if head.startswith(NPY_MAGIC):
        form.name = "npy"
        follow_npy(Source(stream, size=size, bounds=seen.bounds), seen)
        return form.name
    compression = compression_of(head)
    if compression is not None:
        form.name = f"pickle in {compression}"
        source = decompressed(stream, compression, seen.bounds)
    else:
        source = Source(stream, size=size, bounds=seen.bounds)
    follow(source, seen)
    if seen.wrapped_arrays:
        form.name = form.name.replace("pickle", "joblib")
    return form.name


def _follow_archive(stream: IO[bytes], archive: zipfile.ZipFile, seen: Seen, form: _Form) -> None:
    prefix = torch_prefix(archive)
    if SCHEMA in archive.NameToInfo:
        form.name = "skops"
        follow_skops(archive, seen)
    elif is_keras(archive):
        form.name = "keras"
        follow_keras(archive, seen)
    elif prefix is not None:
        form.name = torch_form(archive, prefix)
        follow_torch(archive, prefix, seen)
    else:
        follow_zip(archive, seen, _follow_content)


def _peek(stream: IO[bytes]) -> bytes:
    head = stream.read(16)
    stream.seek(-len(head), os.SEEK_CUR)
    return head


def _answer(form: str, seen: Seen, problem: NotAnalysable | Forbidden | None) -> Inspection:
    seen.finish()
    refused = tuple(sorted(seen.refused))
    versions = {library: ", ".join(sorted(found)) for library, found in sorted(seen.versions.items())}
    reasons = []
    if refused:
        reasons.append(NOT_LISTED)
    if problem is not None:
        reasons.append(str(problem))
    answer = "refused" if refused or isinstance(problem, Forbidden) else "not_analysable" if problem else "allowed"
    return Inspection(
        answer=answer,  # type: ignore[arg-type]
        format=form,
        names=tuple(sorted(seen.names)),
        refused=refused,
        reason="; ".join(reasons),
        versions=versions,
        # Only a skops file names types outside of a pickle.
        places={name: seen.places.get(name) or SCHEMA for name in refused},
    )
