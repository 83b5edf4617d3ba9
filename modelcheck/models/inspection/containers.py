"""Files that hold other files: numpy's .npy and zip archives (.npz and others), by content."""

from __future__ import annotations

import ast
import io
import lzma
import math
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Protocol

from modelcheck.models.inspection.dry_run import follow
from modelcheck.models.inspection.outcome import Bounds, Forbidden, NotAnalysable
from modelcheck.models.inspection.seen import Seen
from modelcheck.models.inspection.source import Source

__all__ = [
    "BROKEN",
    "NPY_MAGIC",
    "ZIP_MAGIC",
    "follow_npy",
    "follow_npz",
    "follow_zip",
    "open_archive",
    "read_member",
    "spooled",
]

NPY_MAGIC = b"\x93NUMPY"
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# What reading a damaged or hostile archive raises.
BROKEN = (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, zlib.error, lzma.LZMAError)
_STORED, _DEFLATED = 0, 8
_SPOOL = 32 * 2**20


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
        header = ast.literal_eval(text)
        dtype, shape = descr_to_dtype(header["descr"]), header["shape"]
        sound = isinstance(shape, tuple) and all(type(part) is int and part >= 0 for part in shape)
    except Exception as error:  # whatever a hostile header makes the parser stumble over is an answer
        raise NotAnalysable("its .npy header is broken") from error
    if not sound or len(shape) > 64:
        raise NotAnalysable("its .npy header is broken")
    if dtype.hasobject:
        follow(source, seen)
        return True
    if dtype.kind in "USV":
        seen.look_through(source, math.prod(shape) * dtype.itemsize)
    else:
        source.skip(math.prod(shape) * dtype.itemsize)
    if not source.at_end():
        raise NotAnalysable("there is more data after its array")
    return False


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
        _check_directory(stream, bounds)
        archive = zipfile.ZipFile(stream)
    except (ValueError, struct.error, *BROKEN) as error:
        raise NotAnalysable(f"it is a broken zip archive ({error})") from error
    members = archive.infolist()
    if len(members) > bounds.members:
        raise NotAnalysable(f"it has more than {bounds.members:,} members")
    if len({member.filename for member in members}) != len(members):
        raise NotAnalysable("two of its members have the same name")
    if not all(member.filename for member in members):
        raise NotAnalysable("a member has no name")
    if any(_is_unsafe(member.filename) for member in members):
        raise NotAnalysable("a member's name leads out of the archive")
    if any(member.is_dir() and member.file_size for member in members):
        raise NotAnalysable("a folder in it has a content of its own")
    if any(member.compress_type not in (_STORED, _DEFLATED) for member in members):
        raise NotAnalysable("a member is compressed in a way that model files aren't")
    if members and min(member.header_offset for member in members) != 0:
        # What lies before the first member is seen by some readers and not by others.
        raise NotAnalysable("there is more data before its first member")
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > bounds.unpacked_bytes:
        raise NotAnalysable(f"it holds more than {bounds.unpacked_bytes:,} bytes when decompressed")
    if unpacked > bounds.ratio_free_bytes and unpacked > packed * bounds.ratio:
        raise NotAnalysable(f"it grows more than {bounds.ratio} times when decompressed")
    if any(member.flag_bits & 0x1 for member in members):
        raise NotAnalysable("a member is encrypted")
    return archive


def _check_directory(stream: IO[bytes], bounds: Bounds) -> None:
    """Look at the table of contents' size before it is read: each of its entries becomes an object."""
    end = zipfile._EndRecData(stream)  # type: ignore[attr-defined]
    if not end:
        raise zipfile.BadZipFile("it has no table of contents; truncated?")
    if end[zipfile._ECD_SIZE] > bounds.directory_bytes:  # type: ignore[attr-defined]
        raise NotAnalysable(f"its table of contents is larger than {bounds.directory_bytes:,} bytes")


def _is_unsafe(name: str) -> bool:
    return name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/")


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
        except BROKEN as error:
            raise NotAnalysable(f"its member {member.filename!r} can't be read ({error})") from error
        except NotAnalysable as error:
            raise NotAnalysable(f"its member {member.filename!r}: {error}") from error
        except Forbidden as error:
            raise Forbidden(f"its member {member.filename!r}: {error}") from error


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, bounds: Bounds, *, most: int | None = None) -> bytes:
    """Return a member's whole content, its checksum checked.

    Raises
    ------
    NotAnalysable
        It is broken, or larger than `most` (by default the bound for decompressed data).
    """
    limit = bounds.unpacked_bytes if most is None else most
    if member.file_size > limit:
        raise NotAnalysable(f"its member {member.filename!r} is larger than {limit:,} bytes")
    try:
        return archive.read(member)
    except BROKEN as error:
        raise NotAnalysable(f"its member {member.filename!r} can't be read ({error})") from error


@contextmanager
def spooled(archive: zipfile.ZipFile, member: zipfile.ZipInfo, bounds: Bounds) -> Iterator[IO[bytes]]:
    """Give a member's content as a file that can be positioned, on disk when it is large.

    Going back within a compressed member would decompress it again from its start, as often as a hostile archive likes.

    Raises
    ------
    NotAnalysable
        It is broken, or larger than decompressed data may be.
    """
    if member.file_size > bounds.unpacked_bytes:
        raise NotAnalysable(f"its member {member.filename!r} is larger than {bounds.unpacked_bytes:,} bytes")
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL) as target:
        try:
            with archive.open(member) as source:
                shutil.copyfileobj(source, target, 2**20)
        except BROKEN as error:
            raise NotAnalysable(f"its member {member.filename!r} can't be read ({error})") from error
        target.seek(0)
        yield target


def follow_npz(content: IO[bytes], seen: Seen) -> None:
    """Follow arrays that are never unpickled, such as the weights of a network.

    Raises
    ------
    Forbidden
        An array holds objects, which are a pickle.
    NotAnalysable
        A member is no array.
    """
    with open_archive(content, seen.bounds) as archive:
        for member in archive.infolist():
            with spooled(archive, member, seen.bounds) as data:
                if data.read(len(NPY_MAGIC)) != NPY_MAGIC:
                    raise NotAnalysable(f"its member {member.filename!r} isn't an array")
                data.seek(0)
                if follow_npy(Source(data, size=member.file_size, bounds=seen.bounds), seen):
                    raise Forbidden(f"its member {member.filename!r} hides a pickle in an array of objects")
