"""What a reader of files may raise, turned into errors that say how to mend the file."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from modelcheck.data.names import shown
from modelcheck.errors import DataError

__all__ = ["reading"]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn the errors of reading `path` into `DataError`.

    Raises
    ------
    DataError
        Missing, not permitted, not UTF-8, truncated, or not the format that its name promises.
    """
    try:
        yield
    except FileNotFoundError as exc:
        raise DataError(f"No file {path}. Paths are relative to the configuration's folder.") from exc
    except PermissionError as exc:
        raise DataError(f"{path} can't be opened: permission denied.") from exc
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, zlib.error) as exc:
        text = " ".join(str(exc).split())
        if isinstance(exc, UnicodeDecodeError) or "UTF8" in text or "UTF-8" in text:
            mend = 'Save it as UTF-8, or read it in a function: path = "package.module:function".'
        else:
            mend = "The file is damaged, truncated, or not of the format that its name says. Write it again."
        raise DataError(f"{path} can't be read: {shown(text, limit=300)[1:-1]}. {mend}") from exc
