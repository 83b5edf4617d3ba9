"""Files that hold other files: numpy's .npy and zip archives (.npz and others), by content."""

from __future__ import annotations

import ast
import io
import zipfile
from typing import IO, Protocol

from modelcheck.models.inspection.dry_run import Seen, follow
from modelcheck.models.inspection.outcome import Bounds, Forbidden, NotAnalysable
from modelcheck.models.inspection.source import Source

__all__ = ["NPY_MAGIC", "ZIP_MAGIC", "follow_npy", "follow_zip", "open_archive"]

NPY_MAGIC = b"\x93NUMPY"
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


class _Follow(Protocol):
    def __call__(self, stream: IO[bytes], size: int | None, seen: Seen, *, nested: bool) -> str: ...


def follow_npy(source: Source, seen: Seen) -> bool:
    """Follow one .npy; an array of objects is a pickle.

    Parameters
    ----------
    source : Source
        Positioned at the magic bytes.
    seen : Seen
        Collects what is noticed.

    Returns
    -------
    bool
        Whether the array holds objects.
    """
    source.skip(len(NPY_MAGIC))
    major = source.read(2)[0]
    if major not in (1, 2, 3):
        raise NotAnalysable(f"its .npy version {major} is unknown")
    length = int.from_bytes(source.read(2 if major == 1 else 4), "little")
    if length > 2**20:
        raise NotAnalysable("its .npy header is too long")
    from numpy.lib.format import descr_to_dtype

    text = source.read(length).decode("latin-1").strip()
    try:
        objects = bool(descr_to_dtype(ast.literal_eval(text)["descr"]).hasobject)
    except Exception as error:  # whatever a hostile header makes the parser stumble over is an answer
        raise NotAnalysable("its .npy header is broken") from error
    if objects:
        follow(source, seen)
    return objects


def open_archive(stream: IO[bytes], bounds: Bounds) -> zipfile.ZipFile:
    """Open a zip whose directory is plain: no bombs, no duplicate or encrypted members.

    Parameters
    ----------
    stream : binary file
        The archive.
    bounds : Bounds
        Limits.

    Returns
    -------
    zipfile.ZipFile
        Open for reading.

    Raises
    ------
    NotAnalysable
        The archive is broken or breaks a limit.
    """
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise NotAnalysable(f"it is a broken zip archive ({error})") from error
    members = archive.infolist()
    if len(members) > bounds.members:
        raise NotAnalysable(f"it has more than {bounds.members:,} members")
    if len({member.filename for member in members}) != len(members):
        raise NotAnalysable("two of its members have the same name")
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > bounds.unpacked_bytes:
        raise NotAnalysable(f"it holds more than {bounds.unpacked_bytes:,} bytes when decompressed")
    if unpacked > bounds.ratio_free_bytes and unpacked > packed * bounds.ratio:
        raise NotAnalysable(f"it grows more than {bounds.ratio} times when decompressed")
    if any(member.flag_bits & 0x1 for member in members):
        raise NotAnalysable("a member is encrypted")
    return archive


def follow_zip(archive: zipfile.ZipFile, seen: Seen, inner: _Follow) -> None:
    """Follow every member by its content.

    Parameters
    ----------
    archive : zipfile.ZipFile
        As `open_archive` gives it.
    seen : Seen
        Collects what is noticed.
    inner : callable
        Follows one member.

    Raises
    ------
    NotAnalysable, Forbidden
        As the member's own content asks for; a member of unknown content can't be judged.
    """
    for member in archive.infolist():
        if member.is_dir():
            continue
        try:
            seen.member = member.filename
            with archive.open(member) as stream:
                inner(io.BufferedReader(stream), None, seen, nested=True)  # type: ignore[type-var]
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
            raise NotAnalysable(f"its member {member.filename!r} can't be read ({error})") from error
        except NotAnalysable as error:
            raise NotAnalysable(f"its member {member.filename!r}: {error}") from error
        except Forbidden as error:
            raise Forbidden(f"its member {member.filename!r}: {error}") from error
