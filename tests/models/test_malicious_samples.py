"""Every sample made to run something is refused or not analysable, and nothing of it ever runs."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from modelcheck.config.tables import CandidateTable
from modelcheck.errors import ModelError
from modelcheck.models.inspection import inspect_bytes, inspect_folder
from modelcheck.models.loading import load_model

from .malicious import FILES, FOLDERS


@pytest.fixture
def marker(tmp_path):
    path = tmp_path / "marker"
    yield path
    assert not path.exists(), "the payload ran"


def test_there_are_samples_of_every_class():
    assert len(FILES) + len(FOLDERS) >= 60
    classes = {name.partition(":")[0] for name in (*FILES, *FOLDERS)}
    assert classes >= {
        "dangerous name", "prefix", "nested loader", "indirection", "opcode", "memo", "state", "concatenated", "joblib",
        "compressed", "npy", "npz", "zip", "archive", "bomb", "torch", "torchscript", "torch.export", "onnx", "keras",
        "polyglot", "boosters", "safetensors", "skops", "mlflow", "huggingface", "folder",
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # a deprecated module of a sample's own choice may say so when pickled
@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_is_not_allowed_and_never_runs(name, tmp_path, marker):
    content = FILES[name](marker)
    inspection = inspect_bytes(content)
    assert inspection.answer != "allowed", inspection
    assert inspection.reason
    # A bomb takes half a second each time, whatever its name.
    for extension in ("pkl",) if name.startswith("bomb: half") else ("pkl", "bin"):
        (tmp_path / f"model.{extension}").write_bytes(content)
        with pytest.raises(ModelError):
            load_model(CandidateTable(model=f"model.{extension}"), tmp_path)


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_a_folder_is_not_allowed_and_never_runs(name, tmp_path, marker):
    if name.startswith("mlflow"):
        pytest.importorskip("yaml", reason="reading MLmodel needs PyYAML")
    FOLDERS[name](tmp_path / "model", marker)
    inspection = inspect_folder(tmp_path / "model")
    assert inspection.answer != "allowed", inspection
    assert inspection.reason
    with pytest.raises(ModelError):
        load_model(CandidateTable(model="model"), tmp_path)


@pytest.mark.parametrize("name", sorted(name for name in FILES if not name.startswith(("bomb", "opcode: bytes"))))
def test_a_file_cut_short_is_not_allowed_either(name, tmp_path, marker):
    content = FILES[name](marker)
    for cut in (1, 7, len(content) // 3):
        if len(content) - cut > 2:
            inspection = inspect_bytes(content[:-cut])
            assert inspection.answer != "allowed" or inspection.format in ("npy",), (cut, inspection)


@pytest.mark.parametrize("name", sorted(name for name in FILES if name.startswith("bomb")))
def test_a_bomb_takes_little_memory(name, marker):
    content = FILES[name](marker)
    tracemalloc.start()
    inspect_bytes(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300_000_000


def test_a_bomb_on_a_seekable_stream_is_bounded():
    from modelcheck.models.inspection import inspect_stream

    assert inspect_stream(io.BytesIO(bytes(10_000_000))).answer == "not_analysable"
