"""Hugging Face folders of one text model: weights as data, settings as JSON, and no code of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelcheck.models.inspection.file import inspect_file
from modelcheck.models.inspection.folder_files import Judgement, read_text
from modelcheck.models.inspection.json_text import read_json
from modelcheck.models.inspection.outcome import Bounds, NotAnalysable

__all__ = ["CONFIG", "judge_huggingface"]

CONFIG = "config.json"
_JSON = re.compile(
    r"(?:config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|generation_config|"
    r"model\.safetensors\.index|pytorch_model\.bin\.index)\.json"
)
_TEXTS = re.compile(
    r"vocab\.txt|merges\.txt|bpe\.codes|README\.md|LICENSE(?:\.txt|\.md)?|\.gitattributes|\.gitignore|"
    # What a download leaves beside the files.
    r"\.cache/huggingface/(?:\.gitignore|CACHEDIR\.TAG|download/[\w./-]+\.(?:metadata|lock))"
)
# Sentence piece models: lists of words, read by a library that runs nothing of them.
_WORDS = re.compile(r"spiece\.model|sentencepiece\.bpe\.model|tokenizer\.model")
_WEIGHTS = re.compile(r"model(?:-\d{5}-of-\d{5})?\.safetensors|pytorch_model(?:-\d{5}-of-\d{5})?\.bin")
# transformers takes any class of its own by this name, and some of them load more than words.
_TOKENIZER = re.compile(r"[A-Z]\w{0,60}Tokenizer(?:Fast)?|TokenizersBackend|SentencePieceBackend|PythonBackend")
_CODE = ("auto_map", "custom_pipelines", "custom_generate", "trust_remote_code")


def judge_huggingface(folder: Path, files: Mapping[str, int], judgement: Judgement, bounds: Bounds) -> None:
    """Judge the settings and every file.

    Parameters
    ----------
    folder : Path
        The folder.
    files : mapping of str to int
        As `folder_files` gives it.
    judgement : Judgement
        Takes in what is noticed.
    bounds : Bounds
        Limits.

    Raises
    ------
    NotAnalysable
        A settings file can't be read.
    """
    weights = 0
    for name, size in files.items():
        if _JSON.fullmatch(name):
            found = read_json(read_text(folder / name, name, bounds.text_bytes).encode())
            _judge_settings(found, name, judgement)
            if name == CONFIG and isinstance(found, dict):
                judgement.note("transformers", found.get("transformers_version"))
        elif _TEXTS.fullmatch(name):
            read_text(folder / name, name, bounds.text_bytes)
        elif _WORDS.fullmatch(name):
            if size > bounds.text_bytes:
                judgement.unknown(f"its file {name!r} is larger than {bounds.text_bytes:,} bytes")
        elif name.endswith((".py", ".so", ".pyc", ".pyd", ".dll")):
            judgement.use(name, f"it brings code of its own ({name})")
        else:
            known = _WEIGHTS.fullmatch(name) is not None
            weights += known
            formats = ("safetensors",) if name.endswith(".safetensors") else ("torch",)
            inspection = inspect_file(folder / name, judgement.trusted, bounds=bounds)
            judgement.add(name, inspection, formats if known else ("safetensors",))
    if not weights:
        judgement.unknown("it holds no weights (model.safetensors)")


def _judge_settings(found: Any, name: str, judgement: Judgement) -> None:
    if not isinstance(found, dict):
        raise NotAnalysable(f"its file {name!r} isn't an object")
    if name in ("vocab.json", "added_tokens.json", "tokenizer.json"):
        # Words of any kind as keys; the library that reads them imports nothing.
        return
    pending: list[Any] = [found]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            pending.extend(node.values())
            for key in _CODE:
                if node.get(key):
                    judgement.use(f"{name}: {key}", f"its {name} brings code of its own ({key})")
            tokenizer = node.get("tokenizer_class")
            if isinstance(tokenizer, str) and not _TOKENIZER.fullmatch(tokenizer):
                judgement.use(tokenizer, f"its {name} names {tokenizer!r} as its tokenizer, which isn't one")
            for key, value in node.items():
                if "_implementation" in key and isinstance(value, str) and "/" in value:
                    judgement.use(value, f"its {name} fetches code from elsewhere ({key}: {value!r})")
