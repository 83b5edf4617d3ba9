"""What a model file or folder holds, taken once: what was hashed and inspected is what is loaded."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import IO

from modelcheck.errors import ModelError
from modelcheck.models.inspection import BOUNDS, is_model_folder
from modelcheck.models.inspection.folder_files import folder_files
from modelcheck.models.inspection.outcome import NotAnalysable

__all__ = ["Content", "take", "take_content", "take_folder"]

_BLOCK = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The bytes of one model file, in memory that nobody writes to any more.

    Attributes
    ----------
    name : str
        The file as the configuration spells it.
    sha256 : str
        Hash of the bytes.
    size : int
        How many they are.
    descriptor : int
        Holds them; readable from any position, closed by `close`.
    files : mapping of str to str
        For a folder: each file's hash by its path in it, with ``/``. Empty for a file.
    folder : Path or None
        For a folder: a private copy of it. None for a file.
    """

    name: str
    sha256: str
    size: int
    descriptor: int = -1
    files: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None

    def open(self) -> IO[bytes]:
        """Return a new reader, at the first byte; closing it leaves the content open."""
        return io.BufferedReader(_At(self.descriptor, self.size), _BLOCK)  # type: ignore[type-var]

    def read(self) -> bytes:
        """Return all of it as a copy."""
        with self.open() as stream:
            return stream.read()

    @contextlib.contextmanager
    def on_disk(self, suffix: str = "") -> Iterator[Path]:
        """Lay the bytes into a private file, for libraries that only read paths; it is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="modelcheck-") as place:
            path = Path(place) / f"model{suffix}"
            with path.open("xb") as target, self.open() as source:
                shutil.copyfileobj(source, target, _BLOCK)
            yield path

    def again(self) -> Content:
        """Return the same bytes with a life of their own: closing one leaves the other open. A folder is copied."""
        folder = None
        if self.folder is not None:
            folder = Path(tempfile.mkdtemp(prefix="modelcheck-"))
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return replace(self, descriptor=os.dup(self.descriptor) if self.descriptor >= 0 else -1, folder=folder)

    def close(self) -> None:
        """Let the memory (or the private copy) go."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Content:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def take(path: Path, source: str) -> Content:
    """Take a model, whether it is a file or a folder; see `take_content` and `take_folder`.

    Raises
    ------
    ModelError
        It can't be read, is too large, or is a folder that holds no model: nothing of it is copied then.
    """
    if not path.is_dir():
        return take_content(path, source)
    if not is_model_folder(path):
        raise ModelError(
            f"The model {source} is a folder, not a file, and of neither MLflow (no MLmodel in it) nor Hugging Face "
            "(no config.json in it)."
        )
    return take_folder(path, source)


def take_content(path: Path, source: str) -> Content:
    """Read a model file once.

    Parameters
    ----------
    path : Path
        A regular file.
    source : str
        Its name as the user wrote it, for messages.

    Returns
    -------
    Content
        To be closed by the caller.

    Raises
    ------
    ModelError
        It can't be read, or is too large.
    """
    try:
        with path.open("rb", buffering=0) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > BOUNDS.file_bytes:
                raise ModelError(f"The model file {source} has {size:,} bytes; at most {BOUNDS.file_bytes:,} are read.")
            return _copied(stream, source)
    except OSError as error:
        raise ModelError(f"The model file {source} can't be read: {error.strerror or error}.") from error


def take_folder(path: Path, source: str) -> Content:
    """Copy a model folder into a private place, file by file, each hashed on the way.

    Parameters
    ----------
    path : Path
        A folder without links.
    source : str
        Its name as the user wrote it, for messages.

    Returns
    -------
    Content
        To be closed by the caller, which removes the copy. Its `sha256` is that over the sorted lines
        ``path, NUL, sha256, newline`` of all files; `size` counts their bytes.

    Raises
    ------
    ModelError
        It can't be read, holds links, or is too large.
    """
    private = Path(tempfile.mkdtemp(prefix="modelcheck-"))
    try:
        files: dict[str, str] = {}
        total = 0
        for name in folder_files(path, BOUNDS):
            target = private / name
            target.parent.mkdir(parents=True, exist_ok=True)
            # Not through a link that was put there since the folder was listed.
            descriptor = os.open(path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb", buffering=0) as stream, target.open("xb") as copy:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise ModelError(f"The model folder {source} changed while it was read ({name}).")
                digest = hashlib.sha256()
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    copy.write(block)
                    total += len(block)
                    if total > BOUNDS.file_bytes:
                        raise ModelError(f"The model folder {source} is larger than {BOUNDS.file_bytes:,} bytes.")
            target.chmod(0o400)
            files[name] = digest.hexdigest()
    except NotAnalysable as error:
        shutil.rmtree(private, ignore_errors=True)
        raise ModelError(f"The model folder {source} can't be taken: {error}.") from error
    except OSError as error:
        shutil.rmtree(private, ignore_errors=True)
        raise ModelError(f"The model folder {source} can't be read: {error.strerror or error}.") from error
    except BaseException:
        shutil.rmtree(private, ignore_errors=True)
        raise
    lines = "".join(f"{name}\0{digest}\n" for name, digest in sorted(files.items()))
    whole = hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
    return Content(name=source, sha256=whole, size=total, files=files, folder=private)


def _copied(stream: IO[bytes], source: str) -> Content:
    digest, size, descriptor = hashlib.sha256(), 0, _memory()
    try:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
            if size > BOUNDS.file_bytes:
                raise ModelError(f"The model file {source} grew while it was read, beyond {BOUNDS.file_bytes:,} bytes.")
            view = memoryview(block)
            while view:
                view = view[os.write(descriptor, view) :]
        _seal(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return Content(name=source, sha256=digest.hexdigest(), size=size, descriptor=descriptor)


def _memory() -> int:
    """Return a descriptor of nameless memory: no path leads to it, so nothing can be put in its place."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("modelcheck", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with tempfile.TemporaryFile() as stream:
        return os.dup(stream.fileno())


def _seal(descriptor: int) -> None:
    """Make it constant, also for whoever is handed the descriptor."""
    if not hasattr(os, "memfd_create"):
        return
    import fcntl

    fcntl.fcntl(
        descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
    )


class _At(io.RawIOBase):
    """A reader with a position of its own over a shared descriptor."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"the position {start + offset} lies before the first byte")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        count = os.preadv(self._descriptor, [buffer], self._position)
        self._position += count
        return count
