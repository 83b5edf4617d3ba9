"""A text classifier of Hugging Face's transformers, in a local folder: safetensors only, no code of the folder's."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelcheck.errors import ModelError
from modelcheck.models.adapters.library import needed
from modelcheck.models.adapters.network import Meaning, network
from modelcheck.models.adapters.request import Loaded, LoadRequest

__all__ = ["load_text_classifier"]

_ROWS = 32
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY")


def load_text_classifier(request: LoadRequest) -> Loaded:
    """Load a folder that ``save_pretrained`` wrote, with model and tokenizer."""
    folder = request.content.folder
    if folder is None:
        raise ModelError(f"The model {request.source} is a file; a folder with config.json is needed.")
    _check_folder(folder, request)
    with _offline():
        transformers: Any = needed(
            "transformers", package="transformers", least="5", extra="huggingface", source=request.source
        )
        torch = needed("torch", package="torch", least="2.10", extra="huggingface", source=request.source)
        tokenizer, model = _loaded(transformers, folder, request)
    model.eval()
    meaning = _meaning(model.config, request)
    longest = _longest(tokenizer, model.config)
    forward = _Reader(torch, tokenizer, model, longest, request.source)
    notes = () if longest is None else (f"Texts are cut after {longest:,} tokens, which is all that the model reads.",)
    written = getattr(model.config, "transformers_version", None)
    return Loaded(
        model=network(forward, meaning, request.source),
        name=type(model).__name__,
        notes=notes,
        versions={} if written is None else {"transformers": str(written)},
    )


def _check_folder(folder: Path, request: LoadRequest) -> None:
    if request.table.factory is not None:
        raise ModelError(f"The model {request.source} is a folder with its own architecture; leave `factory` out.")
    if "auto_map" in _config(folder, request.source):
        raise ModelError(
            f"The model {request.source} brings code of its own (auto_map in config.json), which isn't run. Allowed: "
            "the architectures of transformers. To run it anyway, name a function of yours that loads it: model = "
            '"package.module:function".'
        )
    names = {path.name for path in folder.iterdir()}
    if not names & {"model.safetensors", "model.safetensors.index.json"}:
        other = sorted(name for name in names if name.endswith((".bin", ".pt", ".h5", ".msgpack", ".ckpt")))
        has = f"; it has {', '.join(other)}, which can hold code" if other else ""
        raise ModelError(
            f"The model {request.source} has no weights as safetensors (model.safetensors){has}. Save it again: "
            "model.save_pretrained(folder)."
        )
    if not names & {
        "tokenizer.json",
        "vocab.txt",
        "vocab.json",
        "spiece.model",
        "tokenizer.model",
        "sentencepiece.bpe.model",
    }:
        raise ModelError(
            f"The model {request.source} has no tokenizer beside its weights. Save it there: "
            "tokenizer.save_pretrained(folder)."
        )


def _loaded(transformers: Any, folder: Path, request: LoadRequest) -> tuple[Any, Any]:
    safe = {"local_files_only": True, "trust_remote_code": False}
    verbosity = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **safe)
        model, told = transformers.AutoModelForSequenceClassification.from_pretrained(
            str(folder), use_safetensors=True, output_loading_info=True, **safe
        )
    except Exception as error:
        text = str(error).strip().partition("\n")[0].replace(str(folder), request.source)
        raise ModelError(
            f"The model {request.source} could not be loaded as a text classifier: {type(error).__name__}: {text[:600]}"
        ) from error
    finally:
        transformers.logging.set_verbosity(verbosity)
    missing = sorted(told.get("missing_keys") or ()) + sorted(
        str(item[0]) for item in told.get("mismatched_keys") or ()
    )
    if missing:
        # transformers fills them with random numbers and goes on.
        raise ModelError(
            f"The model {request.source} lacks {len(missing)} of its weights ({', '.join(missing[:3])}): what would "
            "stand in their place is random. Save the fine-tuned classifier, not the model that it was made from."
        )
    return tokenizer, model


def _meaning(config: Any, request: LoadRequest) -> Meaning:
    """Return what the outputs are: the folder says so, and `classes` may give its labels the table's names."""
    kind, count = getattr(config, "problem_type", None), int(config.num_labels)
    if kind == "multi_label_classification":
        raise ModelError(
            f"The model {request.source} gives several labels at once (multi_label_classification). Models that choose "
            "one can be checked."
        )
    if request.task == "regression" or kind == "regression":
        if count != 1 or request.task not in (None, "regression"):
            raise ModelError(
                f"The model {request.source} has {count} outputs for problem_type {kind!r}; the declared task is "
                f"{request.task!r}."
            )
        return Meaning(output="value")
    own = tuple(str(config.id2label[at]) for at in range(count))
    classes = request.table.classes or own
    if len(classes) != max(count, 2):
        named = f"it names them {', '.join(map(repr, own[:20]))}" if count > 1 else "the second of two classes"
        raise ModelError(
            f"The model {request.source} has {count} outputs ({named}); `classes` has {len(request.table.classes)} "
            "labels."
        )
    return Meaning(output="logit", classes=classes)


def _longest(tokenizer: Any, config: Any) -> int | None:
    """Return how many tokens the model reads; tokenizers without a limit say so with a huge number."""
    limits = [getattr(tokenizer, "model_max_length", None), getattr(config, "max_position_embeddings", None)]
    known = [int(limit) for limit in limits if isinstance(limit, int) and 0 < limit < 10**9]
    return min(known) if known else None


class _Reader:
    """Texts in, logits out, a few rows at a time: padding makes every text as long as the longest beside it."""

    def __init__(self, torch: Any, tokenizer: Any, model: Any, longest: int | None, source: str) -> None:
        self._torch = torch
        self._tokenizer = tokenizer
        self._model = model
        self._longest = longest
        self._source = source

    def __call__(self, X: Any) -> NDArray[Any]:
        texts = self._texts(X)
        parts = []
        with self._torch.inference_mode():
            for start in range(0, max(len(texts), 1), _ROWS):
                batch = texts[start : start + _ROWS]
                if not batch:
                    return np.zeros((0, int(self._model.config.num_labels)))
                cut = {"truncation": True, "max_length": self._longest} if self._longest is not None else {}
                given = self._tokenizer(batch, padding=True, return_tensors="pt", **cut)
                parts.append(self._model(**given).logits.float().numpy())
        return np.concatenate(parts)

    def _texts(self, X: Any) -> list[str]:
        if hasattr(X, "columns"):
            if X.shape[1] != 1:
                shown = ", ".join(repr(str(name)) for name in list(X.columns)[:10])
                raise ModelError(
                    f"The model {self._source} reads one column of text; it was given {X.shape[1]} ({shown}). Name it: "
                    'columns = ["comment"], or make it with `prepare`.'
                )
            X = X.iloc[:, 0]
        if isinstance(X, Mapping):
            raise ModelError(f"The model {self._source} reads one text a row; `prepare` gave a mapping.")
        texts = list(X)
        wrong = next((at for at, text in enumerate(texts) if not isinstance(text, str)), None)
        if wrong is not None:
            raise TypeError(f"the model reads text, and row {wrong} of these holds {texts[wrong]!r:.80}")
        return texts


def _config(folder: Path, source: str) -> dict[str, Any]:
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"The model {source}: its config.json can't be read: {error}.") from error
    if not isinstance(found, dict):
        raise ModelError(f"The model {source}: its config.json holds no table.")
    return found


@contextmanager
def _offline() -> Iterator[None]:
    """Let transformers be imported, and read, without a way to the network; the process is left as it was."""
    before = {name: os.environ.get(name) for name in _OFFLINE}
    os.environ.update(dict.fromkeys(_OFFLINE, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
