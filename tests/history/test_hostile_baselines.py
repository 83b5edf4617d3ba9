"""A stored baseline that was damaged or forged is refused in words; nothing else happens."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelcheck.errors import BaselineError
from modelcheck.history.baseline import read_baseline, write_baseline


@pytest.fixture
def folder(tmp_path: Path, make: Any) -> Path:
    """Return a folder with a whole baseline."""
    write_baseline(tmp_path, make(content=True))
    return tmp_path


def _change(folder: Path, **changes: Any) -> None:
    """Change values of the JSON by their dotted keys (a dot is written as two underscores)."""
    path = folder / "baseline.json"
    data = json.loads(path.read_text())
    for key, value in changes.items():
        *outer, last = key.split("__")
        part = data
        for name in outer:
            part = part[name]
        part[last] = value
    path.write_text(json.dumps(data))


def _forge(folder: Path, content: bytes, **changes: Any) -> None:
    """Put other bytes in the place of the outputs, with a JSON that vouches for them."""
    digest = hashlib.sha256(content).hexdigest()
    name = f"outputs-{digest[:16]}.parquet"
    for old in folder.glob("outputs-*.parquet"):
        old.unlink()
    (folder / name).write_bytes(content)
    _change(folder, outputs__file=name, outputs__sha256=digest, outputs__bytes=len(content), **changes)


def _refused(folder: Path, match: str = "can't be used") -> None:
    with pytest.raises(BaselineError, match=match):
        read_baseline(folder).read_outputs()


def _outputs(folder: Path) -> Path:
    (path,) = folder.glob("outputs-*.parquet")
    return path


def test_the_mending_words_name_the_command(folder: Path) -> None:
    (folder / "baseline.json").write_text("{")
    _refused(folder, r"baseline\.json can't be used: it isn't whole JSON .* --modelcheck-baseline=accept")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": "modelcheck/baseline/2"}, "a newer modelcheck wrote it"),
        ({"schema": "modelcheck/record/1"}, "its schema is 'modelcheck/record/1'"),
        ({"schema": None}, "its schema is None"),
        ({"task": "ranking"}, "task is 'ranking', one of binary, multiclass, regression"),
        ({"classes": ["a"]}, "a list of 2 different labels"),
        ({"classes": ["a", "a"]}, "different labels"),
        ({"classes": [["a"], {}]}, "different labels"),
        ({"task": "multiclass", "classes": [str(n) for n in range(2000)]}, "a list of 2 to 1,000"),
        ({"classes": 3}, "classes is 3, a list was expected"),
        ({"threshold": "0.5"}, "threshold is '0.5', a finite number"),
        ({"threshold": True}, "threshold is True"),
        ({"threshold": 10**400}, "threshold is 1000"),
        ({"created": "\x1b[31m"}, r"created is '\\x1b\[31m'"),
        ({"key_kind": "row"}, "one of key, content"),
        ({"metrics": {"a": 3}}, "metrics of 'a' is 3"),
        ({"metrics": {"a": {"value": "x"}}}, "value is 'x'"),
        ({"dataset": {}}, "dataset.sha256 is None"),
        ({"dataset__rows": 49}, "the dataset had 49 rows"),
        ({"dataset__rows": True}, "dataset.rows is True"),
        ({"outputs": []}, "outputs.file is None"),
        ({"outputs__rows": 51, "dataset__rows": 51}, "it claims 50 rows instead of 51"),
        ({"outputs__rows": 10**15, "dataset__rows": 10**15}, "it claims 50 rows"),
        ({"outputs__rows": 0, "dataset__rows": 0}, "outputs.rows is 0"),
        ({"outputs__rows": -1, "dataset__rows": -1}, "outputs.rows is -1"),
        ({"outputs__scores": 2}, "outputs.scores is 2 for a binary task"),
        ({"outputs__scores": 0}, "it has the columns"),
        ({"key_kind": "content"}, "it has the columns"),
        ({"name": "other"}, "it was written for other facts: in baseline.json one of name, task"),
        ({"classes": ["yes", "no"]}, "it was written for other facts"),
        ({"classes": ["no", "maybe"]}, "it was written for other facts"),
        ({"threshold": 0.001}, "it was written for other facts"),
        ({"columns": ["age"]}, "it was written for other facts"),
        ({"dataset__sha256": "e" * 64}, "it was written for other facts"),
        ({"outputs__bytes": 10**4000}, "outputs.bytes is 1000"),
        ({"outputs__rows": 10**4000, "dataset__rows": 10**4000}, "outputs.rows is 1000"),
        ({"outputs__bytes": 10}, "bytes instead of 10"),
        ({"outputs__sha256": "0" * 64}, "outputs.file is"),
        ({"outputs__file": "../secret.parquet"}, r"outputs.file is '\.\./secret"),
        ({"outputs__file": "/etc/passwd"}, "outputs.file is '/etc/passwd'"),
        ({"outputs__file": "outputs-0123456789abcdef.parquet"}, "outputs.file is"),
    ],
)
def test_what_the_json_says_is_checked(folder: Path, changes: dict[str, Any], words: str) -> None:
    _change(folder, **changes)
    _refused(folder, words)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x81", b"[" * 100_000, b'{"schema": NaN}', b"[]", b"3", b'{"n": ' + b"9" * 5000 + b"}"],
    ids=["empty", "not utf-8", "nested", "nan", "list", "number", "huge integer"],
)
def test_what_is_no_json_is_refused(folder: Path, content: bytes) -> None:
    (folder / "baseline.json").write_bytes(content)
    _refused(folder)


def test_outputs_that_are_missing_or_changed_are_refused(folder: Path) -> None:
    path = _outputs(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    _refused(folder, "bytes instead of")
    path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    _refused(folder, "the sha256 differs")
    path.unlink()
    _refused(folder, "it is missing")


def test_links_and_devices_are_not_followed(folder: Path, tmp_path: Path) -> None:
    path, elsewhere = _outputs(folder), tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    _refused(folder, "it is a link")
    path.unlink()
    os.mkfifo(path)
    _refused(folder, "it isn't a regular file")
    path.unlink()
    path.mkdir()
    _refused(folder, "it isn't a regular file|it can't be opened")
    (folder / "baseline.json").rename(tmp_path / "other.json")
    (folder / "baseline.json").symlink_to(tmp_path / "other.json")
    _refused(folder, "it is a link")


def _table(folder: Path) -> pa.Table:
    return pq.read_table(_outputs(folder))


def _bytes(table: pa.Table, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    plain = {"compression": "NONE", "use_dictionary": False, "store_schema": False}
    with pq.ParquetWriter(sink, table.schema, **(plain | options)) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(table.schema.metadata or {})
    return sink.getvalue().to_pybytes()


def _set(table: pa.Table, name: str, values: Any) -> pa.Table:
    place = table.schema.get_field_index(name)
    field = table.schema.field(name)
    return table.set_column(place, field, pa.array(values, field.type))


@pytest.mark.parametrize(
    ("forge", "words"),
    [
        (lambda table: table.drop_columns(["decision"]), "it has the columns"),
        (lambda table: table.rename_columns(["key_1", "key_0", *table.column_names[2:]]), "it has the columns"),
        (lambda table: table.cast(table.schema.set(4, pa.field("target", pa.string(), False))), "it has the columns"),
        (lambda table: table.append_column("more", pa.array(range(50))), "it has the columns"),
        (lambda table: table.slice(0, 49), "it claims 49 rows instead of 50"),
        (lambda table: _set(table, "score", [float("nan")] * 50), "column score holds values that are NaN"),
        (lambda table: _set(table, "score", [float("inf")] * 50), "column score holds values that are NaN or infinite"),
        (lambda table: _set(table, "decision", [2] * 50), "column decision holds codes from 2 to 2 for 2 classes"),
        (lambda table: _set(table, "target", [-1] * 50), "column target holds codes from -1"),
        (lambda table: _set(table, "score", [1.5] * 50), "column score holds values from 1.5 to 1.5, which are no"),
        (lambda table: _set(table, "score", [-0.1] * 50), "which are no probabilities"),
        (lambda table: table.replace_schema_metadata(None), "it was written for other facts"),
    ],
)
def test_outputs_of_another_shape_are_refused(folder: Path, forge: Any, words: str) -> None:
    _forge(folder, _bytes(forge(_table(folder))))
    _refused(folder, words)


def test_probabilities_that_do_not_sum_to_one_are_refused(tmp_path: Path, make: Any) -> None:
    write_baseline(tmp_path, make("multiclass"))
    _forge(tmp_path, _bytes(_set(_table(tmp_path), "score_1", [0.0] * 50)))
    _refused(tmp_path, "don't sum to one")


def test_the_outputs_of_another_baseline_are_refused(folder: Path, tmp_path: Path, make: Any) -> None:
    write_baseline(tmp_path / "other", make(content=True, classes=("yes", "no")))
    _forge(folder, _outputs(tmp_path / "other").read_bytes())
    _refused(folder, "it was written for other facts")


def test_a_file_that_unfolds_to_more_than_its_size_is_refused(folder: Path, make: Any) -> None:
    rows = 2_000_000
    schema = _table(folder).schema
    zeros = pa.table([pa.array(np.zeros(rows), field.type) for field in schema], schema=schema)
    for options in ({"compression": "zstd"}, {"use_dictionary": True}):
        content = _bytes(zeros, **options)
        assert len(content) < rows
        _forge(folder, content, dataset__rows=rows, outputs__rows=rows)
        _refused(folder, "2,000,000 rows need at least")


def test_missing_values_are_refused(folder: Path) -> None:
    table = _table(folder)
    fields = [field.with_nullable(True) for field in table.schema]
    _forge(folder, _bytes(table.cast(pa.schema(fields))))
    _refused(folder, "it has the columns")


def test_damage_anywhere_is_refused_or_does_no_harm(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for path in (_outputs(folder), folder / "baseline.json"):
        whole = path.read_bytes()
        for _ in range(300):
            _damage(path, whole, rng)
            try:
                stored = read_baseline(folder)
                assert len(stored.read_outputs()) == 50
            except BaselineError:
                continue
            # A byte of a name or a white space: still a whole baseline with the outputs that were accepted.
            assert path.name == "baseline.json"
        path.write_bytes(whole)


def test_damage_that_the_json_vouches_for_is_refused_or_gives_plain_numbers(folder: Path) -> None:
    rng = np.random.default_rng(1)
    whole = _outputs(folder).read_bytes()
    refused = 0
    for _ in range(400):
        path = folder / "draft"
        _damage(path, whole, rng, tail=0.7)
        _forge(folder, path.read_bytes())
        try:
            outputs = read_baseline(folder).read_outputs()
        except BaselineError:
            refused += 1
            continue
        assert len(outputs) == 50
        assert np.isfinite(outputs.score).all()
        assert set(np.unique(outputs.decision)) <= {0, 1}
    assert refused > 100


def _damage(path: Path, whole: bytes, rng: Any, tail: float = 0.0) -> None:
    """Write the bytes with some of them changed, dropped or cut off; `tail` of the times in the metadata at the end."""
    content = bytearray(whole)
    start = len(content) - 900 if tail and rng.random() < tail else 0
    for _ in range(rng.integers(1, 4)):
        place = int(rng.integers(max(start, 0), len(content)))
        match rng.integers(0, 10):
            case 0:
                del content[place:]
            case 1:
                del content[place : place + int(rng.integers(1, 9))]
            case _:
                content[place] ^= int(rng.integers(1, 256))
        if len(content) < 2:
            break
        start = min(start, len(content) - 1)
    # Two changes in one place can undo each other.
    path.write_bytes(bytes(content) if content != whole else whole[:-1])
