"""What an inspection answers, the bounds it keeps, and the two ways it stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["BOUNDS", "NOT_LISTED", "Bounds", "Forbidden", "Inspection", "NotAPickle", "NotAnalysable"]

NOT_LISTED = "it imports names that are not on the list of what a model file may use"

Answer = Literal["allowed", "refused", "not_analysable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The answer of a static look at a model file; nothing in the file was imported or called.

    Attributes
    ----------
    answer : str
        ``allowed``: every import is on the list. ``refused``: at least one isn't, or the file uses a feature that
        no model file needs. ``not_analysable``: the content couldn't be followed to its end, so nothing is known.
    format : str
        What the content (never the extension) says: ``pickle``, ``joblib``, ``pickle in zlib``, ``skops``, ``npy``,
        ``zip``, ``torch``, ``torchscript``, ``torch_export``, ``onnx``, ``keras``, ``xgboost``, ``lightgbm``,
        ``catboost``, ``safetensors``; of a folder ``mlflow`` or ``huggingface``.
    names : tuple of str
        Every import seen, as ``module.name``, sorted. They come from the file: escape before showing.
    refused : tuple of str
        Those that aren't allowed.
    reason : str
        One sentence in plain words; empty when allowed.
    versions : mapping of str to str
        Library versions noted in the file, e.g. ``{"scikit-learn": "1.9.1"}``.
    places : mapping of str to str
        Where each refused name was first seen, e.g. ``byte 21`` or ``data.pkl, byte 21``, counted after decompression.
        Names of members come from the file as well.
    """

    answer: Answer
    format: str
    names: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    reason: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of a hostile file is followed before giving up.

    Attributes
    ----------
    file_bytes, unpacked_bytes : int
        Size of the file, and of everything decompressed from it.
    ratio, ratio_free_bytes : int
        Decompressed bytes per compressed byte, once more than `ratio_free_bytes` came out.
    operations : int
        Pickle opcodes over the whole file.
    depth : int
        Open marks, and nesting of tuples (their hash recurses in C without a guard).
    tuple_leaves : int
        Leaves of one nested tuple with shared parts counted every time, as hashing would.
    memo : int
        Values that one pickle keeps for later, and those that it holds at once.
    frame_bytes, line_bytes, text_chars : int
        One frame; one line of a text opcode; text kept for names (longer text is skipped).
    members : int
        Members of a zip.
    schema_bytes : int
        ``schema.json`` of a skops file.
    memory_bytes : int
        Working memory of a decompressor.
    text_bytes : int
        A model written as JSON or text, and one line of it.
    directory_bytes : int
        The table of contents of a zip.
    files : int
        Files of a folder.
    """

    file_bytes: int = 8 * 2**30
    unpacked_bytes: int = 8 * 2**30
    ratio: int = 200
    ratio_free_bytes: int = 256 * 2**20
    operations: int = 30_000_000
    depth: int = 2_000
    tuple_leaves: int = 10_000_000
    memo: int = 6_000_000
    frame_bytes: int = 64 * 2**20
    line_bytes: int = 256 * 2**20
    text_chars: int = 1_000
    members: int = 100_000
    schema_bytes: int = 256 * 2**20
    memory_bytes: int = 256 * 2**20
    text_bytes: int = 256 * 2**20
    directory_bytes: int = 16 * 2**20
    files: int = 1_000


BOUNDS = Bounds()


class NotAnalysable(Exception):
    """The content can't be followed to its end."""


class NotAPickle(NotAnalysable):
    """The content was read as a pickle, and following it broke as only something else does, or damage."""


class Forbidden(Exception):
    """The content uses something that no model file needs and that can't be judged by names."""
